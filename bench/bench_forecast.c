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

/* As many test runs at a time as `flockcast local` takes; `fields` has room for their predictions and projections. */
enum { GROUP = 10 };

static fcast_status score_group(const scoring *s, size_t first, double *fields, fcast_error *err) {
  const size_t n_frames = s->test->n_frames;
  const size_t n_space = s->test->n_space;
  const size_t lag = s->models->mvar.lag;
  const size_t forecast_size = (n_frames - lag) * n_space;
  const double *truth = s->test->rho + first * n_frames * n_space;
  double *projection = fields + GROUP * forecast_size;
  fcast_status status =
      fcast_forecast_densities(&s->models->pod, &s->models->mvar, truth, GROUP, n_frames, fields, projection, err);
  for (size_t i = 0; status == FCAST_OK && i < GROUP; i++) {
    fcast_scores scores = {0};
    status = fcast_scores_compute(s->models->pod.mean, n_space, truth + i * n_frames * n_space, n_frames, lag,
                                  fields + i * forecast_size, projection + i * forecast_size, &scores, err);
    fcast_scores_clear(&scores);
  }
  return status;
}

static fcast_status score_all(void *context, fcast_error *err) {
  const scoring *s = context;
  fcast_status failure = FCAST_OK;
#pragma omp parallel
  {
    fcast_error error = {0};
    double *fields = fcast_alloc_unfilled(2 * GROUP * s->test->n_frames, s->test->n_space * sizeof *fields);
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < s->n_forecasts; i += GROUP) {
      const fcast_status status = fields == NULL ? fcast_fail(&error, FCAST_E_NOMEM, "out of memory for a forecast")
                                                 : score_group(s, i % s->test->n_runs, fields, &error);
      if (status != FCAST_OK) {
#pragma omp critical
        failure = fcast_fail(err, status, "%s", error.text);
      }
    }
    fcast_free(fields);
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
