/* SPDX-License-Identifier: MIT
 *
 * Cost against the size of a problem, one size at a time; run.py fits the exponents. Parameters are NAME=SIZE.
 */
#include "ensemble.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>

static fcast_status measure(const bench_plan *plan, const char *problem, const char *name, size_t size,
                            bench_function function, void *context, fcast_error *err) {
  bench_case measured = {
      .problem = problem, .tool = "flockcast", .unit = "ms", .n_threads = plan->n_threads, .amount = 1e3};
  (void)snprintf(measured.parameters, sizeof measured.parameters, "%s=%zu", name, size);
  return bench_measure(plan, &measured, function, context, err);
}

/* --- simulation over particles, at one density --- */

static fcast_status simulate(void *context, fcast_error *err) {
  const fcast_simulate_options *options = context;
  fcast_tracks tracks;
  const fcast_status status = fcast_simulate(options, FCAST_IC_UNIFORM, 1, &tracks, err);
  fcast_tracks_clear(&tracks);
  return status;
}

static fcast_status over_particles(const bench_plan *plan, fcast_error *err) {
  static const size_t sizes[] = {10000, 30000, 100000, 300000, 1000000};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof sizes / sizeof sizes[0]; i++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = (int64_t)sizes[i];
    options.box_x = sqrt((double)sizes[i] / 10.0); /* 10 particles in a unit of area, 31 neighbours */
    options.box_y = options.box_x;
    options.radius = 1.0;
    options.total_time = 5.0 * options.dt;
    options.save_every = 5;
    options.rng = FCAST_RANDOM_PHILOX;
    status = measure(plan, "simulate 5 steps", "particles", sizes[i], simulate, &options, err);
  }
  return status;
}

/* --- density over cells and frames --- */

typedef struct smoothing {
  fcast_tracks tracks;
  fcast_density_options options;
} smoothing;

static fcast_status estimate(void *context, fcast_error *err) {
  const smoothing *s = context;
  fcast_fields fields;
  const fcast_status status = fcast_density_estimate(&s->tracks, &s->options, &fields, err);
  fcast_fields_clear(&fields);
  return status;
}

static fcast_status measure_density(const bench_plan *plan, const char *problem, const char *name, size_t size,
                                    size_t n_frames, size_t n_side, fcast_error *err) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.total_time = options.dt * (double)(n_frames - 1);
  smoothing s = {.options = {.nx = (int64_t)n_side,
                             .ny = (int64_t)n_side,
                             .bandwidth = 2.0,
                             .box_x = options.box_x,
                             .box_y = options.box_y,
                             .boundary = options.boundary}};
  fcast_status status = fcast_simulate(&options, FCAST_IC_UNIFORM, 1, &s.tracks, err);
  if (status == FCAST_OK) {
    status = measure(plan, problem, name, size, estimate, &s, err);
  }
  fcast_tracks_clear(&s.tracks);
  return status;
}

static fcast_status over_density(const bench_plan *plan, fcast_error *err) {
  static const size_t frames[] = {21, 81, 321, 1281};
  static const size_t sides[] = {32, 64, 128, 256};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof frames / sizeof frames[0]; i++) {
    status = measure_density(plan, "density 64x64", "frames", frames[i], frames[i], 64, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < sizeof sides / sizeof sides[0]; i++) {
    status = measure_density(plan, "density 21 frames", "cells", sides[i] * sides[i], 21, sides[i], err);
  }
  return status;
}

/* --- basis over runs and cells --- */

static fcast_status fit_pod(void *context, fcast_error *err) {
  const fcast_series_source *source = context;
  fcast_pod pod;
  const fcast_status status = fcast_pod_fit(source, 0.9, &pod, err);
  fcast_pod_clear(&pod);
  return status;
}

static fcast_status measure_pod(const bench_plan *plan, const char *problem, const char *name, size_t size,
                                size_t n_runs, size_t n_side, fcast_error *err) {
  bench_ensemble ensemble;
  fcast_status status = bench_ensemble_create(n_runs, n_side, BENCH_STEPS, BENCH_TRAINING_SEED, &ensemble, err);
  if (status == FCAST_OK) {
    fcast_series_source source = bench_ensemble_source(&ensemble);
    status = measure(plan, problem, name, size, fit_pod, &source, err);
  }
  bench_ensemble_clear(&ensemble);
  return status;
}

static fcast_status over_pod(const bench_plan *plan, fcast_error *err) {
  static const size_t few[] = {12, 25, 50, 100};        /* fewer frames than cells: the frames' Gram matrix */
  static const size_t many[] = {200, 800, 3200, 12800}; /* more: the covariance, block by block */
  static const size_t sides[] = {64, 96, 128, 192};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof few / sizeof few[0]; i++) {
    status = measure_pod(plan, "pod_fit 64x64 few runs", "runs", few[i], few[i], 64, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < sizeof many / sizeof many[0]; i++) {
    status = measure_pod(plan, "pod_fit 16x16 many runs", "runs", many[i], many[i], 16, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < sizeof sides / sizeof sides[0]; i++) {
    status = measure_pod(plan, "pod_fit 50 runs", "cells", sides[i] * sides[i], 50, sides[i], err);
  }
  return status;
}

/* --- model and forecast over modes, forecast over frames --- */

static fcast_status fit_mvar(void *context, fcast_error *err) {
  const fcast_series_source *source = context;
  fcast_mvar mvar;
  const fcast_status status = fcast_mvar_fit(source, BENCH_LAG, BENCH_RIDGE_ALPHA, &mvar, err);
  fcast_mvar_clear(&mvar);
  return status;
}

typedef struct forecasting {
  const bench_models *models;
  const double *frames; /* one long run; how it goes on does not matter for the time */
  double *prediction;   /* room for the projection behind it */
  size_t n_frames;
} forecasting;

static fcast_status forecast(void *context, fcast_error *err) {
  const forecasting *f = context;
  const size_t lag = f->models->mvar.lag;
  return fcast_forecast_densities(&f->models->pod, &f->models->mvar, f->frames, 1, f->n_frames + lag, f->prediction,
                                  f->prediction + f->n_frames * f->models->pod.n_space, err);
}

/* The first n_modes of a basis: as if it had been fitted for less energy. */
static fcast_status cut_pod(const fcast_pod *whole, size_t n_modes, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){.n_space = whole->n_space, .n_modes = n_modes};
  out->modes = fcast_alloc_array(whole->n_space * n_modes, sizeof *out->modes);
  out->singular_values = fcast_alloc_array(n_modes, sizeof *out->singular_values);
  out->mean = fcast_alloc_array(whole->n_space, sizeof *out->mean);
  if (out->modes == NULL || out->singular_values == NULL || out->mean == NULL) {
    fcast_pod_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a basis of %zu modes", n_modes);
  }
  for (size_t c = 0; c < whole->n_space; c++) {
    out->mean[c] = whole->mean[c];
    for (size_t k = 0; k < n_modes; k++) {
      out->modes[c * n_modes + k] = whole->modes[c * whole->n_modes + k];
    }
  }
  return FCAST_OK;
}

static fcast_status measure_modes(const bench_plan *plan, const bench_ensemble *ensemble, const fcast_pod *whole,
                                  size_t n_modes, double *prediction, fcast_error *err) {
  bench_models models = {0};
  bench_coefficients coefficients = {0};
  fcast_series_source source;
  fcast_status status = cut_pod(whole, n_modes, &models.pod, err);
  if (status == FCAST_OK) {
    status = bench_coefficients_create(ensemble, &models.pod, &coefficients, err);
  }
  if (status == FCAST_OK) {
    source = bench_coefficients_source(&coefficients, ensemble);
    status = measure(plan, "mvar_fit 100 runs", "modes", n_modes, fit_mvar, &source, err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_fit(&source, BENCH_LAG, BENCH_RIDGE_ALPHA, &models.mvar, err);
  }
  forecasting f = {.models = &models, .frames = ensemble->rho, .prediction = prediction, .n_frames = 100};
  if (status == FCAST_OK) {
    status = measure(plan, "forecast 100 frames", "modes", n_modes, forecast, &f, err);
  }
  for (size_t n = 50; status == FCAST_OK && n_modes == 64 && n <= 400; n *= 2) {
    f.n_frames = n;
    status = measure(plan, "forecast 64 modes", "frames", n, forecast, &f, err);
  }
  bench_coefficients_clear(&coefficients);
  bench_models_clear(&models);
  return status;
}

static fcast_status over_modes(const bench_plan *plan, fcast_error *err) {
  static const size_t modes[] = {16, 32, 64, 128, 256};
  bench_ensemble ensemble;
  fcast_pod pod = {0};
  double *prediction = NULL;
  fcast_status status =
      bench_ensemble_create(BENCH_TRAINING_RUNS, BENCH_CELLS, BENCH_STEPS, BENCH_TRAINING_SEED, &ensemble, err);
  if (status == FCAST_OK) {
    const fcast_series_source source = bench_ensemble_source(&ensemble);
    status = fcast_pod_fit(&source, BENCH_TARGET_ENERGY, &pod, err);
  }
  if (status == FCAST_OK) {
    prediction = fcast_alloc_unfilled(800, ensemble.n_space * sizeof *prediction);
    status = prediction == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast") : FCAST_OK;
  }
  for (size_t i = 0; status == FCAST_OK && i < sizeof modes / sizeof modes[0] && modes[i] <= pod.n_modes; i++) {
    status = measure_modes(plan, &ensemble, &pod, modes[i], prediction, err);
  }
  fcast_free(prediction);
  fcast_pod_clear(&pod);
  bench_ensemble_clear(&ensemble);
  return status;
}

fcast_status bench_scaling(const bench_plan *plan, fcast_error *err) {
  fcast_status status = over_particles(plan, err);
  if (status == FCAST_OK) {
    status = over_density(plan, err);
  }
  if (status == FCAST_OK) {
    status = over_pod(plan, err);
  }
  if (status == FCAST_OK) {
    status = over_modes(plan, err);
  }
  return status;
}
