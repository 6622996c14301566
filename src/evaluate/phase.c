/* SPDX-License-Identifier: MIT */
#include "flockcast/phase.h"

#include <math.h>

fcast_phase_run fcast_phase_of_run(const double *values, size_t n) {
  fcast_phase_run run = {.n_frames = n};
  double halves[2] = {0.0, 0.0};
  const size_t half = n / 2;
  for (size_t i = 0; i < n; i++) {
    const double square = values[i] * values[i];
    run.m1 += values[i];
    run.m2 += square;
    run.m4 += square * square;
    halves[0] += i < half ? values[i] : 0.0;
    halves[1] += i >= n - half ? values[i] : 0.0;
  }
  run.m1 /= (double)n;
  run.m2 /= (double)n;
  run.m4 /= (double)n;
  run.drift = half > 0 ? (halves[1] - halves[0]) / (double)half : (double)NAN;
  return run;
}

/* The quantities in the order of fcast_phase. */
enum { MEAN, VARIANCE, SUSCEPTIBILITY, BINDER, DRIFT, N_QUANTITIES };

/* All of them from the runs but run `left_out` (n_runs: none). */
static void evaluate(const fcast_phase_run *runs, size_t n_runs, size_t left_out, double n_agents,
                     double out[N_QUANTITIES]) {
  const double n = (double)(left_out < n_runs ? n_runs - 1 : n_runs);
  double m1 = 0.0;
  double m2 = 0.0;
  double m4 = 0.0;
  double drift = 0.0;
  for (size_t i = 0; i < n_runs; i++) {
    const double weight = i == left_out ? 0.0 : 1.0 / n;
    m1 += weight * runs[i].m1;
    m2 += weight * runs[i].m2;
    m4 += weight * runs[i].m4;
    drift += weight * runs[i].drift;
  }
  out[MEAN] = m1;
  out[VARIANCE] = fmax(m2 - m1 * m1, 0.0);
  out[SUSCEPTIBILITY] = n_agents * out[VARIANCE];
  out[BINDER] = 1.0 - m4 / (3.0 * m2 * m2);
  out[DRIFT] = drift;
}

fcast_phase fcast_phase_of_runs(const fcast_phase_run *runs, size_t n_runs, double n_agents) {
  double all[N_QUANTITIES];
  double sum[N_QUANTITIES] = {0.0};
  double squares[N_QUANTITIES] = {0.0};
  double without[N_QUANTITIES];
  fcast_measured estimates[N_QUANTITIES];
  evaluate(runs, n_runs, n_runs, n_agents, all);
  for (size_t i = 0; n_runs > 1 && i < n_runs; i++) {
    evaluate(runs, n_runs, i, n_agents, without);
    for (size_t q = 0; q < N_QUANTITIES; q++) {
      sum[q] += without[q] - all[q]; /* near 0: nothing cancels below */
      squares[q] += (without[q] - all[q]) * (without[q] - all[q]);
    }
  }
  const double n = (double)n_runs;
  for (size_t q = 0; q < N_QUANTITIES; q++) {
    const double spread = squares[q] - sum[q] * sum[q] / n; /* below 0 by rounding alone; nan where a value is */
    estimates[q] =
        (fcast_measured){all[q], n_runs > 1 ? sqrt(spread < 0.0 ? 0.0 : (n - 1.0) / n * spread) : (double)NAN};
  }
  return (fcast_phase){.mean = estimates[MEAN],
                       .variance = estimates[VARIANCE],
                       .susceptibility = estimates[SUSCEPTIBILITY],
                       .binder = estimates[BINDER],
                       .drift = estimates[DRIFT]};
}
