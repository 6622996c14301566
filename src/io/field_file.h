/* SPDX-License-Identifier: MIT
 *
 * field_model.npz: the learned field model (docs/files.md).
 */
#ifndef FLOCKCAST_IO_FIELD_FILE_H
#define FLOCKCAST_IO_FIELD_FILE_H

#include "flockcast/field.h"

#include <stdbool.h>

/* Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_field_write(const char *path, const fcast_field_model *model, fcast_error *err);

/* Read a model, which is checked (fcast_field_model_check). The caller clears `out`; empty on failure. Errors:
 * FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE, FCAST_E_NOMEM, naming file and member. */
FCAST_MUST_CHECK fcast_status fcast_field_read(const char *path, fcast_field_model *out, fcast_error *err);

/* The same of `models_dir`/field_model.npz, which may not be there. */
FCAST_MUST_CHECK fcast_status fcast_field_find(const char *models_dir, fcast_field_model *out, bool *is_there,
                                               fcast_error *err);

#endif
