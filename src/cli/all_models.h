/* SPDX-License-Identifier: MIT
 *
 * The models of one training, all of them.
 */
#ifndef FLOCKCAST_CLI_ALL_MODELS_H
#define FLOCKCAST_CLI_ALL_MODELS_H

#include "io/latent_files.h"

#include "flockcast/field.h"
#include "flockcast/mvar.h"
#include "flockcast/pod.h"

#include <jansson.h>

typedef struct fcast_models {
  fcast_pod pod;
  fcast_mvar mvar;
  bool has_chosen;
  fcast_chosen chosen;
  bool has_field;
  fcast_field_model field;
} fcast_models;

/* Read all models under `oscar_dir`, and see that they fit each other: modes, cells, and no more known frames than the
 * specified model has. The caller then asks fcast_training_check_files, and calls fcast_models_clear; on failure `out`
 * is empty. Errors: FCAST_E_SHAPE where they do not fit, and those of the files, each naming one; FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_models_read(const char *oscar_dir, fcast_models *out, fcast_error *err);
size_t fcast_models_count(const fcast_models *models);
void fcast_models_clear(fcast_models *models);

/* Whether the files of the models under `oscar_dir` are there, as `report` (fcast_training_read) says, with
 * `with_tables` the CSV files too; nothing in them is read. `n_models` counts the models. Errors: FCAST_E_MISSING,
 * FCAST_E_FORMAT, FCAST_E_IO, each naming a file, and FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_models_look(const char *oscar_dir, const json_t *report, bool with_tables,
                                                size_t *n_models, fcast_error *err);

#endif
