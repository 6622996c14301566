/* SPDX-License-Identifier: MIT
 *
 * What training_metadata.json says of a training.
 */
#ifndef FLOCKCAST_CLI_TRAINING_REPORT_H
#define FLOCKCAST_CLI_TRAINING_REPORT_H

#include "cli/training_set.h"
#include "io/config.h"
#include "io/latent_files.h"

#include "flockcast/field.h"
#include "flockcast/mvar.h"

#include <jansson.h>

/* The report, but for the list of the other files. `chosen` and `field` are NULL where there is no such model;
 * `provenance` is taken over. NULL where memory is short. */
json_t *fcast_training_report(const fcast_config *config, const fcast_training_set *set, const fcast_pod *pod,
                              const fcast_mvar *mvar, const fcast_chosen *chosen, const fcast_field_model *field,
                              json_t *provenance);

#endif
