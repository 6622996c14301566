/* SPDX-License-Identifier: MIT
 *
 * field_model.npz: the learned field model (docs/files.md).
 */
#ifndef FLOCKCAST_IO_FIELD_FILE_H
#define FLOCKCAST_IO_FIELD_FILE_H

#include "flockcast/files.h"

#include <stdbool.h>

/* As fcast_field_read, of `models_dir`/field_model.npz, which may not be there: `is_there` says so. */
FCAST_MUST_CHECK fcast_status fcast_field_find(const char *models_dir, fcast_field_model *out, bool *is_there,
                                               fcast_error *err);

#endif
