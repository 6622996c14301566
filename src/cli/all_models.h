/* SPDX-License-Identifier: MIT
 *
 * The models of one training, all of them.
 */
#ifndef FLOCKCAST_CLI_ALL_MODELS_H
#define FLOCKCAST_CLI_ALL_MODELS_H

#include "flockcast/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether the files of the models under `oscar_dir` are there, as `report` (fcast_training_read) says, with
 * `with_tables` the CSV files too; nothing in them is read. `n_models` counts the models. Errors: FCAST_E_MISSING,
 * FCAST_E_FORMAT, FCAST_E_IO, each naming a file, and FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_models_look(const char *oscar_dir, const json_t *report, bool with_tables,
                                                size_t *n_models, fcast_error *err);

#endif
