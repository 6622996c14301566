/* SPDX-License-Identifier: MIT
 *
 * Every figure and film of the local stage, drawn in parallel.
 */
#ifndef FLOCKCAST_CLI_DRAW_H
#define FLOCKCAST_CLI_DRAW_H

#include "cli/evaluation.h"
#include "cli/figure_files.h"

/* Draw what came of an evaluation: best_runs/TYPE/ and plots/ under `output_dir`; every figure in these formats.
 * Errors: those of the files and of fcast_figure_ and fcast_film_ functions. */
FCAST_MUST_CHECK fcast_status fcast_draw_evaluation(const fcast_evaluation *evaluation, const char *output_dir,
                                                    const fcast_figure_formats *formats, fcast_error *err);

#endif
