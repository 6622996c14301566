/* SPDX-License-Identifier: MIT */
#include "flockcast/evaluate.h"

#include "flockcast/random.h"

#include <math.h>

enum { N_RESAMPLES = 10000 };

/* How much wider an interval of n > 1 values must be than their resampled means, which spread too little:
 * t_{n-1} / z sqrt(n / (n - 1)), the quantile of t by its series beyond ten degrees of freedom. */
static double widening(size_t n_values) {
  static const double few[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  const double z = 1.95996;
  const double n = (double)n_values;
  const double series = z + (z * z * z + z) / (4.0 * (n - 1.0));
  const double t = n_values - 2 < sizeof few / sizeof few[0] ? few[n_values - 2] : series;
  return t / z * sqrt(n / (n - 1.0));
}

fcast_status fcast_bootstrap_mean(const double *values, size_t n, double *lo, double *hi, fcast_error *err) {
  double *means = fcast_alloc_array(2 * N_RESAMPLES + n, sizeof *means);
  if (means == NULL || n == 0) {
    fcast_free(means);
    return n == 0 ? fcast_fail(err, FCAST_E_ARG, "bootstrap: found no values, expected at least one")
                  : fcast_fail(err, FCAST_E_NOMEM, "out of memory to resample %zu values", n);
  }
  double *draws = means + 2 * N_RESAMPLES;
  double mean = 0.0;
  for (size_t k = 0; k < n; k++) {
    mean += values[k] / (double)n;
  }
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
  const double factor = n > 1 ? widening(n) : 1.0;
  *lo = mean + factor * (fcast_percentile(means, N_RESAMPLES, 2.5, means + N_RESAMPLES) - mean);
  *hi = mean + factor * (fcast_percentile(means, N_RESAMPLES, 97.5, means + N_RESAMPLES) - mean);
  fcast_free(means);
  return FCAST_OK;
}
