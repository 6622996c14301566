/* SPDX-License-Identifier: MIT
 *
 * Forecasts of test runs by every model, and their scores.
 */
#ifndef FLOCKCAST_CLI_EVALUATION_SCORE_H
#define FLOCKCAST_CLI_EVALUATION_SCORE_H

#include "cli/evaluation.h"

/* Read, forecast and score the runs that are listed, in groups on all threads, and let their fields go. Errors: those
 * of the files, FCAST_E_SHAPE where a run does not fit the models, FCAST_E_NOMEM; of the lowest run that failed. */
FCAST_MUST_CHECK fcast_status fcast_evaluation_score(fcast_evaluation *evaluation, fcast_error *err);

#endif
