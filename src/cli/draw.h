/* SPDX-License-Identifier: MIT
 *
 * Every figure and film of the local stage, drawn in parallel.
 */
#ifndef FLOCKCAST_CLI_DRAW_H
#define FLOCKCAST_CLI_DRAW_H

#include "cli/evaluation.h"

/* Draw best_runs/TYPE/ and plots/ under `output_dir`; with_pdf: every figure as PDF too.
 * Errors: those of the files and of fcast_figure_ and fcast_film_ functions. */
FCAST_MUST_CHECK fcast_status fcast_draw_evaluation(const fcast_evaluation *evaluation, const char *output_dir,
                                                    bool with_pdf, fcast_error *err);

#endif
