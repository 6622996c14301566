/* SPDX-License-Identifier: MIT
 *
 * A word about a model whose closed loop grows without end.
 */
#ifndef FLOCKCAST_CLI_STABILITY_H
#define FLOCKCAST_CLI_STABILITY_H

#include "cli/evaluation.h"

/* One line on standard error where the model is unstable: its spectral radius, from its file or computed, and how much
 * that makes of a forecast. Nothing is changed. Errors: those of fcast_mvar_spectrum. */
FCAST_MUST_CHECK fcast_status fcast_stability_warn(const fcast_evaluation *evaluation, fcast_error *err);

#endif
