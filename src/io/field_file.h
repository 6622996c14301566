/* SPDX-License-Identifier: MIT
 *
 * field_model.npz: the learned field model (docs/files.md).
 */
#ifndef FLOCKCAST_IO_FIELD_FILE_H
#define FLOCKCAST_IO_FIELD_FILE_H

#include "flockcast/files.h"
#include "io/file.h"

#include <stdbool.h>

/* As fcast_field_write, into the temporary file of `path`, which the caller commits or abandons; `file` is empty on
 * failure. */
FCAST_MUST_CHECK fcast_status fcast_field_put(const char *path, const fcast_field_model *model, fcast_outfile *file,
                                              fcast_error *err);

/* As fcast_field_read, of `models_dir`/field_model.npz, which may not be there: `is_there` says so. */
FCAST_MUST_CHECK fcast_status fcast_field_find(const char *models_dir, fcast_field_model *out, bool *is_there,
                                               fcast_error *err);

#endif
