/* SPDX-License-Identifier: MIT
 *
 * metrics_all_runs.csv and metrics_by_ic_type.csv.
 */
#ifndef FLOCKCAST_CLI_METRICS_CSV_H
#define FLOCKCAST_CLI_METRICS_CSV_H

#include "cli/evaluation.h"

/* One line for each run: every score of SPEC section 2 with the baselines beside it. */
FCAST_MUST_CHECK fcast_status fcast_metrics_write_runs(const char *path, const fcast_evaluation *evaluation,
                                                       fcast_error *err);

/* One line for each initial-condition type, over its runs. */
FCAST_MUST_CHECK fcast_status fcast_metrics_write_types(const char *path, const fcast_evaluation *evaluation,
                                                        fcast_error *err);

#endif
