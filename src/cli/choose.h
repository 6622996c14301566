/* SPDX-License-Identifier: MIT
 *
 * The choice of a model for a training set: which searches run, and the chosen model fitted to all runs.
 */
#ifndef FLOCKCAST_CLI_CHOOSE_H
#define FLOCKCAST_CLI_CHOOSE_H

#include "cli/training_set.h"
#include "io/config.h"
#include "io/latent_files.h"

/* Search what rom.basis and rom.state allow, and fit the chosen candidate. `pod` is the specified basis. Where there is
 * nothing to choose by (fewer than two runs to judge) or from (no candidate gives a finite forecast) `is_chosen` is
 * false and `reason`, of at least 256 bytes, says why. The caller clears `out`. Errors: those of the runs;
 * FCAST_E_CONFIG where Fourier modes are asked for and the box has walls, FCAST_E_SHAPE where the grid resolves none;
 * FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_choose_model(const fcast_config *config, fcast_training_set *set,
                                                 const fcast_pod *pod, fcast_chosen *out, bool *is_chosen, char *reason,
                                                 fcast_error *err);

/* Write selection.csv: a line for every candidate. The caller commits or abandons `file`, which is empty on failure.
 * Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_selection_put(const char *path, const fcast_selection *selection,
                                                  fcast_outfile *file, fcast_error *err);

#endif
