/* SPDX-License-Identifier: MIT
 *
 * The tables of the local stage: metrics_all_runs.csv and metrics_by_ic_type.csv of the specified model,
 * metrics_selected.csv, metrics_selected_by_ic_type.csv and uncertainty.csv of the chosen one, metrics_field.csv and
 * metrics_field_by_ic_type.csv of the field model, r2_by_lead.csv of all.
 */
#ifndef FLOCKCAST_CLI_METRICS_CSV_H
#define FLOCKCAST_CLI_METRICS_CSV_H

#include "cli/evaluation.h"

#include <jansson.h>

/* The end of the name of a model's table, metrics_SUFFIX.csv. */
const char *fcast_metrics_suffix(fcast_model_kind model);

/* One line for each run: every score of SPEC section 2 with the baselines beside it. */
FCAST_MUST_CHECK fcast_status fcast_metrics_write_runs(const char *path, const fcast_evaluation *evaluation,
                                                       fcast_model_kind model, fcast_error *err);

/* One line for each initial-condition type, over its runs. */
FCAST_MUST_CHECK fcast_status fcast_metrics_write_types(const char *path, const fcast_evaluation *evaluation,
                                                        fcast_model_kind model, fcast_error *err);

/* One line for each model and lead: r2 of single frames, mean and p10 to p90 over runs, with the baselines beside it.
 */
FCAST_MUST_CHECK fcast_status fcast_metrics_write_leads(const char *path, const fcast_evaluation *evaluation,
                                                        fcast_error *err);

/* One line for each run: how the intervals of a model's forecasts did, which must be there. */
FCAST_MUST_CHECK fcast_status fcast_metrics_write_intervals(const char *path, const fcast_evaluation *evaluation,
                                                            fcast_model_kind model, fcast_error *err);

/* The lines of fcast_metrics_write_runs as JSON: an array with an object for every run, whose keys are the columns.
 * NULL where memory is short. The caller calls json_decref. */
json_t *fcast_metrics_json(const fcast_evaluation *evaluation, fcast_model_kind model);

/* Means of the columns r2 to min_density over the runs, likewise. */
json_t *fcast_metrics_means_json(const fcast_evaluation *evaluation, fcast_model_kind model);

#endif
