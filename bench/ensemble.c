/* SPDX-License-Identifier: MIT */
#include "ensemble.h"

#include <string.h>

static fcast_status make_run(const bench_ensemble *ensemble, size_t i_run, uint64_t seed, fcast_error *err) {
  fcast_tracks tracks;
  fcast_fields fields = {0};
  fcast_status status =
      fcast_simulate(&ensemble->simulate, (fcast_ic_type)(i_run % FCAST_IC_COUNT), seed, &tracks, err);
  if (status == FCAST_OK) {
    status = fcast_density_estimate(&tracks, &ensemble->density, &fields, err);
  }
  if (status == FCAST_OK) {
    const size_t n = ensemble->n_frames * ensemble->n_space;
    memcpy(ensemble->rho + i_run * n, fields.rho, n * sizeof *fields.rho);
  }
  fcast_fields_clear(&fields);
  fcast_tracks_clear(&tracks);
  return status;
}

fcast_status bench_ensemble_create(size_t n_runs, size_t n_cells, size_t n_steps, uint64_t first_seed,
                                   bench_ensemble *out, fcast_error *err) {
  *out = (bench_ensemble){.simulate = fcast_simulate_options_default(), .n_runs = n_runs, .n_space = n_cells * n_cells};
  out->simulate.total_time = out->simulate.dt * (double)n_steps;
  out->n_frames = fcast_simulate_n_frames(&out->simulate);
  out->density = (fcast_density_options){.nx = (int64_t)n_cells,
                                         .ny = (int64_t)n_cells,
                                         .bandwidth = 2.0,
                                         .box_x = out->simulate.box_x,
                                         .box_y = out->simulate.box_y,
                                         .boundary = out->simulate.boundary};
  out->rho = fcast_alloc_unfilled(n_runs * out->n_frames, out->n_space * sizeof *out->rho);
  out->n_frames_of = fcast_alloc_array(n_runs, sizeof *out->n_frames_of);
  fcast_status status = FCAST_OK;
  if (out->rho == NULL || out->n_frames_of == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", n_runs);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_runs; i++) {
    out->n_frames_of[i] = out->n_frames;
    status = make_run(out, i, first_seed + i, err);
  }
  if (status != FCAST_OK) {
    bench_ensemble_clear(out);
  }
  return status;
}

void bench_ensemble_clear(bench_ensemble *ensemble) {
  fcast_free(ensemble->rho);
  fcast_free(ensemble->n_frames_of);
  *ensemble = (bench_ensemble){0};
}

static fcast_status read_densities(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  (void)err;
  const bench_ensemble *ensemble = context;
  const size_t n = ensemble->n_frames * ensemble->n_space;
  memcpy(frames, ensemble->rho + first * n, (last - first) * n * sizeof *frames);
  return FCAST_OK;
}

fcast_series_source bench_ensemble_source(bench_ensemble *ensemble) {
  return (fcast_series_source){.n_runs = ensemble->n_runs,
                               .width = ensemble->n_space,
                               .n_frames = ensemble->n_frames_of,
                               .context = ensemble,
                               .read = read_densities};
}

fcast_status bench_coefficients_create(const bench_ensemble *ensemble, const fcast_pod *pod, bench_coefficients *out,
                                       fcast_error *err) {
  const size_t n_frames = ensemble->n_runs * ensemble->n_frames;
  *out = (bench_coefficients){.n_frames = ensemble->n_frames, .n_modes = pod->n_modes};
  out->values = fcast_alloc_unfilled(n_frames, pod->n_modes * sizeof *out->values);
  if (out->values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the coefficients of %zu frames", n_frames);
  }
  const fcast_status status = fcast_pod_project(pod, ensemble->rho, n_frames, out->values, err);
  if (status != FCAST_OK) {
    bench_coefficients_clear(out);
  }
  return status;
}

void bench_coefficients_clear(bench_coefficients *coefficients) {
  fcast_free(coefficients->values);
  *coefficients = (bench_coefficients){0};
}

static fcast_status read_coefficients(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  (void)err;
  const bench_coefficients *coefficients = context;
  const size_t n = coefficients->n_frames * coefficients->n_modes;
  memcpy(frames, coefficients->values + first * n, (last - first) * n * sizeof *frames);
  return FCAST_OK;
}

fcast_series_source bench_coefficients_source(bench_coefficients *coefficients, const bench_ensemble *ensemble) {
  return (fcast_series_source){.n_runs = ensemble->n_runs,
                               .width = coefficients->n_modes,
                               .n_frames = ensemble->n_frames_of,
                               .context = coefficients,
                               .read = read_coefficients};
}

fcast_status bench_models_fit(bench_ensemble *ensemble, double target_energy, bench_models *out, fcast_error *err) {
  *out = (bench_models){0};
  const fcast_series_source densities = bench_ensemble_source(ensemble);
  bench_coefficients coefficients = {0};
  fcast_status status = fcast_pod_fit(&densities, target_energy, &out->pod, err);
  if (status == FCAST_OK) {
    status = bench_coefficients_create(ensemble, &out->pod, &coefficients, err);
  }
  if (status == FCAST_OK) {
    const fcast_series_source source = bench_coefficients_source(&coefficients, ensemble);
    status = fcast_mvar_fit(&source, BENCH_LAG, BENCH_RIDGE_ALPHA, &out->mvar, err);
  }
  bench_coefficients_clear(&coefficients);
  if (status != FCAST_OK) {
    bench_models_clear(out);
  }
  return status;
}

void bench_models_clear(bench_models *models) {
  fcast_pod_clear(&models->pod);
  fcast_mvar_clear(&models->mvar);
}
