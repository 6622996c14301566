/* SPDX-License-Identifier: MIT */
#include "flockcast/evaluate.h"

#include <math.h>
#include <string.h>

/* What one frame adds to the scores. */
typedef struct frame_sums {
  double squared_error;     /* sum (prediction - truth)^2 */
  double squared_deviation; /* sum (truth - training mean)^2 */
  double absolute_error;    /* sum |prediction - truth| */
  double largest_error;     /* max |prediction - truth| */
  double squared_truth, absolute_truth, largest_truth;
  double mass_error; /* sum prediction - sum truth */
  double mass;       /* sum truth */
  double smallest;   /* min prediction */
} frame_sums;

static frame_sums sum_frame(const double *truth, const double *prediction, const double *mean, size_t n_space) {
  frame_sums sums = {.smallest = INFINITY};
  double predicted_mass = 0.0;
  for (size_t j = 0; j < n_space; j++) {
    const double error = prediction[j] - truth[j];
    const double deviation = truth[j] - mean[j];
    sums.squared_error += error * error;
    sums.squared_deviation += deviation * deviation;
    sums.absolute_error += fabs(error);
    sums.largest_error = fabs(error) > sums.largest_error || isnan(error) ? fabs(error) : sums.largest_error;
    sums.squared_truth += truth[j] * truth[j];
    sums.absolute_truth += fabs(truth[j]);
    sums.largest_truth = fabs(truth[j]) > sums.largest_truth ? fabs(truth[j]) : sums.largest_truth;
    sums.mass += truth[j];
    predicted_mass += prediction[j];
    sums.smallest = prediction[j] < sums.smallest ? prediction[j] : sums.smallest;
  }
  sums.mass_error = predicted_mass - sums.mass;
  return sums;
}

static double squared_distance(const double *a, const double *b, size_t n) {
  double sum = 0.0;
  for (size_t j = 0; j < n; j++) {
    sum += (a[j] - b[j]) * (a[j] - b[j]);
  }
  return sum;
}

/* SPEC: the first forecast frame from which the mean of e2 over the next min(10, n) frames reaches the tolerance. */
static size_t tolerance_time(const double *e2, size_t n) {
  const size_t window = n < FCAST_TAU_WINDOW ? n : FCAST_TAU_WINDOW;
  for (size_t first = 0; first + window <= n; first++) {
    double sum = 0.0;
    for (size_t k = first; k < first + window; k++) {
      sum += e2[k];
    }
    if (!(sum / (double)window < FCAST_TAU_TOLERANCE)) {
      return first;
    }
  }
  return n;
}

static fcast_status allocate(size_t n_forecast, fcast_scores *out, fcast_error *err) {
  out->e1 = fcast_alloc_array(n_forecast, sizeof(double));
  out->e2 = fcast_alloc_array(n_forecast, sizeof(double));
  out->einf = fcast_alloc_array(n_forecast, sizeof(double));
  out->e2_persistence = fcast_alloc_array(n_forecast, sizeof(double));
  out->r2_lead = fcast_alloc_array(n_forecast, sizeof(double));
  out->r2_lead_persistence = fcast_alloc_array(n_forecast, sizeof(double));
  out->r2_lead_pod = fcast_alloc_array(n_forecast, sizeof(double));
  if (out->e1 == NULL || out->e2 == NULL || out->einf == NULL || out->e2_persistence == NULL || out->r2_lead == NULL ||
      out->r2_lead_persistence == NULL || out->r2_lead_pod == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the scores of %zu frames", n_forecast);
  }
  return FCAST_OK;
}

/* Sums over all forecast frames. */
typedef struct run_sums {
  double squared_error, squared_deviation, squared_persistence, squared_residual;
  double mass_error;
} run_sums;

static run_sums score_frames(const double *mean, size_t n_space, const double *truth, const double *prediction,
                             const double *projection, fcast_scores *out) {
  const double *last_known = truth + (out->n_known - 1) * n_space;
  run_sums run = {0};
  out->min_density = INFINITY;
  for (size_t i = 0; i < out->n_forecast; i++) {
    const double *frame = truth + (out->n_known + i) * n_space;
    const frame_sums sums = sum_frame(frame, prediction + i * n_space, mean, n_space);
    const double persistence = squared_distance(last_known, frame, n_space);
    out->e1[i] = sums.absolute_error / sums.absolute_truth;
    out->e2[i] = sqrt(sums.squared_error) / sqrt(sums.squared_truth);
    out->einf[i] = sums.largest_error / sums.largest_truth;
    out->e2_persistence[i] = sqrt(persistence) / sqrt(sums.squared_truth);
    run.squared_error += sums.squared_error;
    run.squared_deviation += sums.squared_deviation;
    run.squared_persistence += persistence;
    const double residual = squared_distance(frame, projection + i * n_space, n_space);
    run.squared_residual += residual;
    out->r2_lead[i] = 1.0 - sums.squared_error / sums.squared_deviation;
    out->r2_lead_persistence[i] = 1.0 - persistence / sums.squared_deviation;
    out->r2_lead_pod[i] = 1.0 - residual / sums.squared_deviation;
    const double mass_error = fabs(sums.mass_error) / fabs(sums.mass);
    run.mass_error += mass_error;
    out->max_mass_error = fmax(out->max_mass_error, mass_error);
    out->min_density = fmin(out->min_density, sums.smallest);
  }
  return run;
}

static void summarise(const double *mean, size_t n_space, const double *truth, const run_sums *run, double *scratch,
                      fcast_scores *out) {
  const size_t n = out->n_forecast;
  double known_deviation = 0.0;
  for (size_t i = 0; i < out->n_known; i++) {
    known_deviation += squared_distance(truth + i * n_space, mean, n_space);
  }
  out->r2 = 1.0 - run->squared_error / run->squared_deviation;
  out->r2_padded = 1.0 - run->squared_error / (run->squared_deviation + known_deviation);
  out->r2_persistence = 1.0 - run->squared_persistence / run->squared_deviation;
  out->r2_mean = 1.0 - run->squared_deviation / run->squared_deviation;
  out->r2_pod = 1.0 - run->squared_residual / run->squared_deviation;
  out->median_e1 = fcast_percentile(out->e1, n, 50.0, scratch);
  out->median_e2 = fcast_percentile(out->e2, n, 50.0, scratch);
  out->median_einf = fcast_percentile(out->einf, n, 50.0, scratch);
  out->p10_e2 = fcast_percentile(out->e2, n, 10.0, scratch);
  out->p90_e2 = fcast_percentile(out->e2, n, 90.0, scratch);
  out->skill = (out->r2 - out->r2_persistence) / (out->r2_pod - out->r2_persistence);
  while (out->horizon < n && out->r2_lead[out->horizon] >= FCAST_HORIZON_R2) {
    out->horizon++;
  }
  out->tau_tol = tolerance_time(out->e2, n);
  out->rmse = sqrt(run->squared_error / ((double)n * (double)n_space));
  out->mean_mass_error = run->mass_error / (double)n;
}

fcast_status fcast_scores_compute(const double *mean, size_t n_space, const double *truth, size_t n_frames,
                                  size_t n_known, const double *prediction, const double *projection, fcast_scores *out,
                                  fcast_error *err) {
  *out = (fcast_scores){.n_known = n_known};
  if (n_known < 1 || n_frames <= n_known) {
    return fcast_fail(err, FCAST_E_SHAPE, "found %zu frames, expected at least %zu (the model's lag and one to score)",
                      n_frames, n_known + 1);
  }
  out->n_forecast = n_frames - n_known;
  double *scratch = fcast_alloc_array(out->n_forecast, sizeof *scratch);
  fcast_status status = scratch == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for scores") : FCAST_OK;
  if (status == FCAST_OK) {
    status = allocate(out->n_forecast, out, err);
  }
  if (status == FCAST_OK) {
    const run_sums run = score_frames(mean, n_space, truth, prediction, projection, out);
    summarise(mean, n_space, truth, &run, scratch, out);
  }
  if (status != FCAST_OK) {
    fcast_scores_clear(out);
  }
  fcast_free(scratch);
  return status;
}

double fcast_r2_of_frames(const double *mean, size_t n_space, const double *truth, const double *prediction,
                          size_t n_frames, double *r2_lead) {
  double error_sum = 0.0;
  double deviation_sum = 0.0;
  for (size_t i = 0; i < n_frames; i++) {
    const double error = squared_distance(prediction + i * n_space, truth + i * n_space, n_space);
    const double deviation = squared_distance(truth + i * n_space, mean, n_space);
    r2_lead[i] = 1.0 - error / deviation;
    error_sum += error;
    deviation_sum += deviation;
  }
  return 1.0 - error_sum / deviation_sum;
}

void fcast_scores_clear(fcast_scores *scores) {
  fcast_free(scores->e1);
  fcast_free(scores->e2);
  fcast_free(scores->einf);
  fcast_free(scores->e2_persistence);
  fcast_free(scores->r2_lead);
  fcast_free(scores->r2_lead_persistence);
  fcast_free(scores->r2_lead_pod);
  *scores = (fcast_scores){0};
}
