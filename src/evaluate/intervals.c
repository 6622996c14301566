/* SPDX-License-Identifier: MIT */
#include "flockcast/uncertainty.h"

#include <math.h>

/* Half widths of the central 50 % and 90 % intervals of the standard normal distribution. */
static const double half_width_50 = 0.67448975019608174;
static const double half_width_90 = 1.6448536269514722;

void fcast_spread_add(const double *truth, const double *prediction, size_t n_space, fcast_spread_sums *sums) {
  for (size_t i = 0; i < n_space; i++) {
    const double density = fmax(prediction[i], 0.0);
    const double error = (prediction[i] - truth[i]) * (prediction[i] - truth[i]);
    sums->density += density;
    sums->density_square += density * density;
    sums->error += error;
    sums->error_density += error * density;
  }
  sums->n_cells += (double)n_space;
}

/* Of one line through the means, what is negative at density 0 begins there at 0, and what falls is flat. */
void fcast_spread_fit(const fcast_spread_sums *sums, double spread[2]) {
  const double n = sums->n_cells;
  const double mean_error = sums->error / n;
  const double mean_density = sums->density / n;
  const double variance = sums->density_square / n - mean_density * mean_density;
  const double covariance = sums->error_density / n - mean_error * mean_density;
  const double steepest = mean_density > 0.0 ? mean_error / mean_density : 0.0;
  spread[1] = variance > 0.0 ? fmin(fmax(covariance / variance, 0.0), steepest) : 0.0;
  spread[0] = fmax(mean_error - spread[1] * mean_density, 0.0);
}

double fcast_crps_gaussian(double mean, double std, double truth) {
  const double error = fabs(truth - mean);
  if (!(std > 0.0)) {
    return error;
  }
  const double pi = 3.14159265358979323846;
  const double z = error / std;
  const double inside = erf(z / sqrt(2.0)); /* 2 Phi(z) - 1 */
  return std * (z * inside + sqrt(2.0 / pi) * exp(-0.5 * z * z) - 1.0 / sqrt(pi));
}

void fcast_uncertainty_apply(const fcast_uncertainty *uncertainty, const double *prediction, size_t n_forecast,
                             size_t n_space, double *variance) {
  for (size_t i = 0; i < n_forecast * n_space; i++) {
    const size_t lead = i / n_space < uncertainty->n_leads ? i / n_space : uncertainty->n_leads - 1;
    const double *spread = uncertainty->spread + 2 * lead;
    variance[i] = spread[0] + spread[1] * fmax(prediction[i], 0.0);
  }
}

fcast_status fcast_interval_scores_compute(const double *truth, size_t n_known, const double *prediction,
                                           const double *variance, size_t n_forecast, size_t n_space,
                                           fcast_interval_scores *out, fcast_error *err) {
  *out = (fcast_interval_scores){0};
  if (n_known < 1 || n_forecast < 1) {
    return fcast_fail(err, FCAST_E_SHAPE, "found %zu known and %zu forecast frames, expected at least 1 each", n_known,
                      n_forecast);
  }
  const double *last_known = truth + (n_known - 1) * n_space;
  const double n_cells = (double)n_forecast * (double)n_space;
  size_t n_50 = 0;
  size_t n_90 = 0;
  for (size_t i = 0; i < n_forecast * n_space; i++) {
    const double value = truth[n_known * n_space + i];
    const double std = sqrt(variance[i]);
    const double error = fabs(value - prediction[i]);
    out->crps += fcast_crps_gaussian(prediction[i], std, value) / n_cells;
    out->crps_persistence += fabs(value - last_known[i % n_space]) / n_cells;
    out->mean_std += std / n_cells;
    n_50 += error <= half_width_50 * std;
    n_90 += error <= half_width_90 * std;
  }
  out->coverage_50 = (double)n_50 / n_cells;
  out->coverage_90 = (double)n_90 / n_cells;
  return FCAST_OK;
}
