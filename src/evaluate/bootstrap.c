/* SPDX-License-Identifier: MIT */
#include "flockcast/evaluate.h"

#include "flockcast/random.h"

enum { N_RESAMPLES = 10000 };

fcast_status fcast_bootstrap_mean(const double *values, size_t n, double *lo, double *hi, fcast_error *err) {
  double *means = fcast_alloc_array(2 * N_RESAMPLES + n, sizeof *means);
  if (means == NULL || n == 0) {
    fcast_free(means);
    return n == 0 ? fcast_fail(err, FCAST_E_ARG, "bootstrap: found no values, expected at least one")
                  : fcast_fail(err, FCAST_E_NOMEM, "out of memory to resample %zu values", n);
  }
  double *draws = means + 2 * N_RESAMPLES;
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, 0);
  for (size_t i = 0; i < N_RESAMPLES; i++) {
    fcast_random_uniform(&random, FCAST_STREAM_POSITIONS, i, n, draws);
    double sum = 0.0;
    for (size_t k = 0; k < n; k++) {
      sum += values[(size_t)(draws[k] * (double)n)];
    }
    means[i] = sum / (double)n;
  }
  *lo = fcast_percentile(means, N_RESAMPLES, 2.5, means + N_RESAMPLES);
  *hi = fcast_percentile(means, N_RESAMPLES, 97.5, means + N_RESAMPLES);
  fcast_free(means);
  return FCAST_OK;
}
