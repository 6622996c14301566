/* SPDX-License-Identifier: MIT
 *
 * The closing words of the local stage: how the forecast did against its baselines, and why.
 */
#ifndef FLOCKCAST_CLI_REPORT_H
#define FLOCKCAST_CLI_REPORT_H

#include "cli/evaluation.h"

/* One line for every run on standard output. */
void fcast_report_runs(const fcast_evaluation *evaluation);

/* Scores beside the baselines; where the forecast loses to persistence, the reason and settings to try; where to look.
 */
void fcast_report_verdict(const fcast_evaluation *evaluation, const char *output_dir);

#endif
