/* SPDX-License-Identifier: MIT
 *
 * The files of the models: pod_model.npz and mvar_model.npz (SPEC section 1, "NPZ members"). Files of older scripts,
 * which lack what flockcast adds, are read too.
 */
#ifndef FLOCKCAST_IO_MODEL_FILES_H
#define FLOCKCAST_IO_MODEL_FILES_H

#include "flockcast/mvar.h"
#include "flockcast/pod.h"

/* Write `directory`/pod_model.npz and mvar_model.npz. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_pod_write(const char *path, const fcast_pod *pod, fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast_mvar_write(const char *path, const fcast_mvar *mvar, fcast_error *err);

/* Read them; all values must be finite. `out` is allocated here. Errors: FCAST_E_MISSING, FCAST_E_FORMAT,
 * FCAST_E_SHAPE, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_pod_read(const char *path, fcast_pod *out, fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast_mvar_read(const char *path, fcast_mvar *out, fcast_error *err);

#endif
