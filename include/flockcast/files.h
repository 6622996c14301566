/* SPDX-License-Identifier: MIT
 *
 * Files: runs and models as the program leaves them on a cluster or here (docs/formats.md has every member).
 *
 * What is read may come from older scripts, which lack what flockcast adds. Files are treated as hostile: a damaged one
 * is an error that names file and member. What is written is there whole or not at all, and numpy.load reads it. Any
 * other archive of arrays: flockcast/npz.h.
 */
#ifndef FLOCKCAST_FILES_H
#define FLOCKCAST_FILES_H

#include "flockcast/array.h"
#include "flockcast/field.h"
#include "flockcast/mvar.h"
#include "flockcast/pod.h"
#include "flockcast/simulate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `directory`/traj.npz. Without velocities in the file they come from differences of the positions in the box of
 * the given size (length units). `out` is allocated here; the caller clears it; empty on failure. Thread-safe. Errors:
 * FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_run_read_tracks(const char *directory, double box_x, double box_y,
                                                              fcast_boundary boundary, fcast_tracks *out,
                                                              fcast_error *err);

/* Read `directory`/density.npz whole. Ownership, threads and errors as above. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_run_read_density(const char *directory, fcast_fields *out,
                                                               fcast_error *err);

/* Read a pod_model.npz and an mvar_model.npz; all values must be finite. Ownership, threads and errors as above. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_read(const char *path, fcast_pod *out, fcast_error *err);
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_read(const char *path, fcast_mvar *out, fcast_error *err);

/* Write them. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_write(const char *path, const fcast_pod *pod, fcast_error *err);
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_write(const char *path, const fcast_mvar *mvar, fcast_error *err);

/* Read a field_model.npz, and check it (fcast_field_model_check). Ownership, threads and errors as above. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_read(const char *path, fcast_field_model *out, fcast_error *err);

/* Write it. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_write(const char *path, const fcast_field_model *model,
                                                          fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
