/* SPDX-License-Identifier: MIT
 *
 * States of aligned modes from the coefficients of aligned runs.
 */
#ifndef FLOCKCAST_LEARN_ALIGNED_RUNS_H
#define FLOCKCAST_LEARN_ALIGNED_RUNS_H

#include "flockcast/select.h"

/* Frames before run `run`. */
size_t fcast__aligned_first(const fcast_aligned_runs *runs, size_t run);

/* POD modes of the aligned frames of all runs but those of one fold (FCAST_FOLDS: of all), at most `n_modes` of them;
 * n_space is runs->n_modes. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__aligned_pod(const fcast_aligned_runs *runs, size_t without, size_t n_modes,
                                                 fcast_pod *out, fcast_error *err);

/* states[frame, 2 + mode] of all frames on such modes. `scale` gets the factor on the increments that gives them the
 * energy of the coefficients. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__aligned_states(const fcast_aligned_runs *runs, const fcast_pod *pod,
                                                    double *states, double *scale, fcast_error *err);

/* States of all runs in memory as a source; borrows both. */
typedef struct fcast_kept_states {
  const fcast_aligned_runs *runs;
  const double *states;
  size_t width;
} fcast_kept_states;

fcast_series_source fcast__kept_states_source(fcast_kept_states *kept);

#endif
