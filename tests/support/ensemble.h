/* SPDX-License-Identifier: MIT
 *
 * Ensembles for tests of models: frames of several fields that follow a hidden law with noise.
 */
#ifndef FLOCKCAST_TESTS_ENSEMBLE_H
#define FLOCKCAST_TESTS_ENSEMBLE_H

#include "check.h"

/* frames[frame, field, cell] of runs one behind the other. Owner: the caller, ensemble_clear. */
typedef struct ensemble {
  size_t n_runs, n_fields, n_space;
  size_t n_frames_total;
  size_t *n_frames; /* [n_runs] */
  double *frames;
  fcast_memory_series series;
} ensemble;

/* Runs of shortest, shortest + 1, ... longest, shortest, ... frames. Fields are sums of patterns whose amplitudes fall
 * off, so that the leading modes stand apart, and whose weights are damped oscillations kept up by noise. */
ensemble ensemble_make(size_t n_runs, size_t shortest, size_t longest, size_t n_fields, size_t n_space, uint64_t seed);
void ensemble_clear(ensemble *runs);

/* Borrows the ensemble. */
fcast_series_source ensemble_source(ensemble *runs);

/* The frames of one field alone, [frame, cell], of all runs or of all but those of one fold; `n_frames` of the runs
 * taken is filled in where it is not NULL. Returns how many frames there are. `out` has room for all. */
size_t ensemble_field(const ensemble *runs, size_t field, size_t without_fold, double *out, size_t *n_frames);

/* x of matrix[n, n] x = right_side[n], by elimination with pivots: both are overwritten, the solution is in the right
 * side. The logarithm of the absolute determinant is returned. */
double solve_plainly(double *matrix, double *right_side, size_t n);

#endif
