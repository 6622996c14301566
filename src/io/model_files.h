/* SPDX-License-Identifier: MIT
 *
 * The files of the models: pod_model.npz and mvar_model.npz (SPEC section 1, "NPZ members"), and of the moments that a
 * basis can be made of. Files of older scripts, which lack what flockcast adds, are read too.
 */
#ifndef FLOCKCAST_IO_MODEL_FILES_H
#define FLOCKCAST_IO_MODEL_FILES_H

#include "flockcast/files.h"
#include "flockcast/moments.h"
#include "io/file.h"

#include <stdint.h>

/* Write the file of a model into the temporary file of `path`, which the caller commits or abandons; `file` is empty on
 * failure. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_pod_put(const char *path, const fcast_pod *pod, fcast_outfile *file,
                                            fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast_mvar_put(const char *path, const fcast_mvar *mvar, fcast_outfile *file,
                                             fcast_error *err);

/* Moments of the training runs [first_run, last_run] that share a configuration. */
typedef struct fcast_moments_file {
  int64_t first_run, last_run;
  char config_hash[17]; /* fcast_config_fingerprint */
  fcast_moments moments;
} fcast_moments_file;

/* Write and read moments; the covariance as its lower triangle, row by row. All values must be finite. `out` is
 * allocated here: the caller clears out->moments. Errors: as above. */
FCAST_MUST_CHECK fcast_status fcast_moments_write(const char *path, const fcast_moments_file *file, fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast_moments_read(const char *path, fcast_moments_file *out, fcast_error *err);

#endif
