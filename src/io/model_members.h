/* SPDX-License-Identifier: MIT
 *
 * Members that the files of specified and chosen models share.
 */
#ifndef FLOCKCAST_IO_MODEL_MEMBERS_H
#define FLOCKCAST_IO_MODEL_MEMBERS_H

#include "flockcast/mvar.h"
#include "flockcast/pod.h"
#include "io/npz.h"

/* Add the members of pod_model.npz and mvar_model.npz. The arrays are borrowed until the writer is done. */
void fcast_pod_add_members(fcast_npz_writer *writer, const fcast_pod *pod);
void fcast_mvar_add_members(fcast_npz_writer *writer, const fcast_mvar *mvar);

/* Read them; the caller clears `out` whatever happens. Errors: FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_pod_read_members(fcast_npz *npz, const char *path, fcast_pod *out,
                                                     fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast_mvar_read_members(fcast_npz *npz, const char *path, fcast_mvar *out,
                                                      fcast_error *err);

/* Errors: FCAST_E_FORMAT naming the first value that is not finite. */
FCAST_MUST_CHECK fcast_status fcast_require_finite(const char *path, const char *member, const double *values, size_t n,
                                                   fcast_error *err);

#endif
