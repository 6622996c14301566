/* SPDX-License-Identifier: MIT
 *
 * The closing words of the local stage: how the forecast did against its baselines, and why.
 */
#ifndef FLOCKCAST_CLI_REPORT_H
#define FLOCKCAST_CLI_REPORT_H

#include "cli/evaluation.h"

/* One line for every run on standard error, with --verbose. */
void fcast_report_runs(const fcast_evaluation *evaluation);

/* The same report as JSON, by the name of the command. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_report_json(const fcast_evaluation *evaluation, const char *command,
                                                const char *oscar_dir, const char *output_dir, fcast_error *err);

/* Scores of all models beside the baselines, and which is better by how much; where the better one loses to
 * persistence, the reason and settings to try; where to look. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_report_verdict(const fcast_evaluation *evaluation, const char *output_dir,
                                                   fcast_error *err);

/* What a model is, in one line: "chosen model: 332 Fourier modes of density, lag 1". */
void fcast_report_describe_model(const fcast_evaluation *evaluation, fcast_model_kind model, char text[128]);

/* The verdict on the model that is shown, as JSON has it ("beats_persistence"); NULL, and `err`, where memory is short.
 */
const char *fcast_report_verdict_key(const fcast_evaluation *evaluation, fcast_error *err);

#endif
