/* SPDX-License-Identifier: MIT
 *
 * Test runs forecast and scored from memory, as `flockcast local` does it: several at once.
 */
#include "ensemble.h"
#include "harness.h"

#include "flockcast/evaluate.h"

#include <stdio.h>

typedef struct scoring {
  const bench_models *models;
  const bench_ensemble *test;
  size_t n_forecasts; /* the test runs are gone through again and again */
} scoring;

static fcast_status score_run(const scoring *s, size_t i_run, double *prediction, fcast_error *err) {
  const double *truth = s->test->rho + i_run * s->test->n_frames * s->test->n_space;
  const size_t lag = s->models->mvar.lag;
  fcast_scores scores = {0};
  fcast_status status =
      fcast_forecast_density(&s->models->pod, &s->models->mvar, truth, s->test->n_frames - lag, prediction, err);
  if (status == FCAST_OK) {
    status = fcast_scores_compute(&s->models->pod, truth, s->test->n_frames, lag, prediction, &scores, err);
  }
  fcast_scores_clear(&scores);
  return status;
}

static fcast_status score_all(void *context, fcast_error *err) {
  const scoring *s = context;
  fcast_status failure = FCAST_OK;
#pragma omp parallel
  {
    fcast_error error = {0};
    double *prediction = fcast_alloc_unfilled(s->test->n_frames, s->test->n_space * sizeof *prediction);
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < s->n_forecasts; i++) {
      const fcast_status status = prediction == NULL ? fcast_fail(&error, FCAST_E_NOMEM, "out of memory for a forecast")
                                                     : score_run(s, i % s->test->n_runs, prediction, &error);
      if (status != FCAST_OK) {
#pragma omp critical
        failure = fcast_fail(err, status, "%s", error.text);
      }
    }
    fcast_free(prediction);
  }
  return failure;
}

fcast_status bench_forecast(const bench_plan *plan, fcast_error *err) {
  bench_ensemble training = {0};
  bench_ensemble test = {0};
  bench_models models = {0};
  scoring s = {.models = &models, .test = &test, .n_forecasts = plan->is_quick ? 100 : 1000};
  fcast_status status =
      bench_ensemble_create(BENCH_TRAINING_RUNS, BENCH_CELLS, BENCH_STEPS, BENCH_TRAINING_SEED, &training, err);
  if (status == FCAST_OK) {
    status = bench_ensemble_create(20, BENCH_CELLS, BENCH_STEPS, BENCH_TEST_SEED, &test, err);
  }
  if (status == FCAST_OK) {
    status = bench_models_fit(&training, BENCH_TARGET_ENERGY, &models, err);
  }
  if (status == FCAST_OK) {
    bench_case measured = {.problem = "forecast_and_score",
                           .tool = "flockcast",
                           .unit = "us/run",
                           .n_threads = plan->n_threads,
                           .amount = 1e6 / (double)s.n_forecasts};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "%zu runs %zu modes", s.n_forecasts,
                   models.pod.n_modes);
    status = bench_measure(plan, &measured, score_all, &s, err);
  }
  bench_models_clear(&models);
  bench_ensemble_clear(&test);
  bench_ensemble_clear(&training);
  return status;
}
