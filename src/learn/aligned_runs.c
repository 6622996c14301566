/* SPDX-License-Identifier: MIT */
#include "learn/aligned_runs.h"

#include "base/series.h"
#include "flockcast/spectrum.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* Frames read and projected at a time. */
enum { BLOCK_FRAMES = 256, SHIFT = FCAST_SHIFT_COMPONENTS };

size_t fcast__aligned_first(const fcast_aligned_runs *runs, size_t run) {
  size_t n = 0;
  for (size_t i = 0; i < run; i++) {
    n += runs->n_frames[i];
  }
  return n;
}

/* --- collecting --- */

static fcast_status allocate(const fcast_series_source *density, fcast_aligned_runs *out, fcast_error *err) {
  const size_t n = fcast__series_n_frames(density, 0, density->n_runs);
  out->n_frames = fcast_alloc_array(out->n_runs, sizeof(size_t));
  out->reference = fcast_alloc_array(out->n_modes, sizeof(double));
  out->aligned = fcast_alloc_unfilled(n * out->n_modes, sizeof(double));
  out->shifts = fcast_alloc_array(n * SHIFT, sizeof(double));
  out->increments = fcast_alloc_array(n * SHIFT, sizeof(double));
  out->outside = fcast_alloc_array(n, sizeof(double));
  out->deviation = fcast_alloc_array(n, sizeof(double));
  if (out->n_frames == NULL || out->reference == NULL || out->aligned == NULL || out->shifts == NULL ||
      out->increments == NULL || out->outside == NULL || out->deviation == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to align %zu runs", out->n_runs);
  }
  memcpy(out->n_frames, density->n_frames, out->n_runs * sizeof *out->n_frames);
  return FCAST_OK;
}

/* Energies of one frame: about the training mean, and outside the modes, about the mean density of the box. */
static void measure(const double *rho, const double *mean, double uniform, size_t n_space, const double *coefficients,
                    size_t n_modes, double *outside, double *deviation) {
  double energy = 0.0;
  *deviation = 0.0;
  for (size_t i = 0; i < n_space; i++) {
    energy += (rho[i] - uniform) * (rho[i] - uniform);
    *deviation += (rho[i] - mean[i]) * (rho[i] - mean[i]);
  }
  for (size_t k = 0; k < n_modes; k++) {
    energy -= coefficients[k] * coefficients[k];
  }
  *outside = fmax(energy, 0.0);
}

static fcast_status project_all(const fcast_series_source *density, const fcast_fourier *fourier, const double *mean,
                                fcast_aligned_runs *out, fcast_error *err) {
  const size_t n_space = density->width;
  double uniform = 0.0;
  for (size_t i = 0; i < n_space; i++) {
    uniform += mean[i] / (double)n_space;
  }
  double *frames = fcast_alloc_unfilled(fcast__series_largest_block(density, BLOCK_FRAMES) * n_space, sizeof *frames);
  fcast_status status =
      frames == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to align %zu runs", out->n_runs) : FCAST_OK;
  size_t at = 0;
  for (size_t first = 0, last = 0; status == FCAST_OK && first < density->n_runs; first = last) {
    const size_t n = fcast__series_block(density, first, BLOCK_FRAMES, &last);
    status = density->read(density->context, first, last, frames, err);
    if (status == FCAST_OK) {
      status = fcast_fourier_project(fourier, out->n_modes, frames, n, out->aligned + at * out->n_modes, err);
    }
    for (size_t i = 0; status == FCAST_OK && i < n; i++) {
      measure(frames + i * n_space, mean, uniform, n_space, out->aligned + (at + i) * out->n_modes, out->n_modes,
              &out->outside[at + i], &out->deviation[at + i]);
    }
    at += n;
  }
  fcast_free(frames);
  return status;
}

static fcast_status align_all(const fcast_fourier *fourier, fcast_aligned_runs *out, fcast_error *err) {
  const size_t n = fcast__aligned_first(out, out->n_runs);
  fcast_status status = fcast_align_reference(fourier, out->n_modes, out->aligned, n, out->reference, err);
  if (status == FCAST_OK) {
    status = fcast_align_find(fourier, out->n_modes, out->reference, out->aligned, n, out->shifts, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < n; i++) {
    fcast_align_move(fourier, out->n_modes, (const double[2]){-out->shifts[2 * i], -out->shifts[2 * i + 1]},
                     out->aligned + i * out->n_modes);
  }
  size_t at = 0;
  for (size_t run = 0; status == FCAST_OK && run < out->n_runs; at += out->n_frames[run++]) {
    fcast_align_increments(fourier, out->shifts + SHIFT * at, out->n_frames[run], out->increments + SHIFT * at);
  }
  return status;
}

fcast_status fcast_aligned_runs_collect(const fcast_series_source *density, const fcast_fourier *fourier,
                                        const double *mean, fcast_aligned_runs *out, fcast_error *err) {
  *out = (fcast_aligned_runs){.n_runs = density->n_runs, .n_modes = 2 * fourier->n_waves};
  fcast_status status = allocate(density, out, err);
  if (status == FCAST_OK) {
    status = project_all(density, fourier, mean, out, err);
  }
  if (status == FCAST_OK) {
    status = align_all(fourier, out, err);
  }
  if (status != FCAST_OK) {
    fcast_aligned_runs_clear(out);
  }
  return status;
}

void fcast_aligned_runs_clear(fcast_aligned_runs *runs) {
  fcast_free(runs->n_frames);
  fcast_free(runs->reference);
  fcast_free(runs->aligned);
  fcast_free(runs->shifts);
  fcast_free(runs->increments);
  fcast_free(runs->outside);
  fcast_free(runs->deviation);
  *runs = (fcast_aligned_runs){0};
}

/* --- modes --- */

/* The aligned frames of the runs that are not in a fold. */
typedef struct kept_frames {
  const fcast_aligned_runs *runs;
  size_t *run; /* [part run]: its place among all */
} kept_frames;

static fcast_status read_frames(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const kept_frames *kept = context;
  (void)err;
  for (size_t i = first; i < last; i++) {
    const size_t run = kept->run[i];
    const size_t n_values = kept->runs->n_frames[run] * kept->runs->n_modes;
    memcpy(frames, kept->runs->aligned + fcast__aligned_first(kept->runs, run) * kept->runs->n_modes,
           n_values * sizeof *frames);
    frames += n_values;
  }
  return FCAST_OK;
}

fcast_status fcast__aligned_pod(const fcast_aligned_runs *runs, size_t without, size_t n_modes, fcast_pod *out,
                                fcast_error *err) {
  kept_frames kept = {runs, fcast_alloc_array(runs->n_runs, sizeof(size_t))};
  size_t *n_frames = fcast_alloc_array(runs->n_runs, sizeof *n_frames);
  fcast_series_source source = {.width = runs->n_modes, .n_frames = n_frames, .context = &kept, .read = read_frames};
  fcast_pod all = {0};
  fcast_status status = kept.run == NULL || n_frames == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the modes of %zu runs", runs->n_runs)
                            : FCAST_OK;
  for (size_t run = 0; status == FCAST_OK && run < runs->n_runs; run++) {
    if (fcast_fold_of(run, runs->n_runs) != without) {
      n_frames[source.n_runs] = runs->n_frames[run];
      kept.run[source.n_runs++] = run;
    }
  }
  if (status == FCAST_OK) {
    status = fcast_pod_fit(&source, 1.0, &all, err);
  }
  if (status == FCAST_OK) {
    status = fcast_pod_truncate(&all, all.n_modes < n_modes ? all.n_modes : n_modes, out, err);
  }
  fcast_pod_clear(&all);
  fcast_free(kept.run);
  fcast_free(n_frames);
  return status;
}

/* --- states --- */

static double energy_of(const double *values, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i] * values[i];
  }
  return sum;
}

fcast_status fcast__aligned_states(const fcast_aligned_runs *runs, const fcast_pod *pod, double *states, double *scale,
                                   fcast_error *err) {
  const size_t n = fcast__aligned_first(runs, runs->n_runs);
  const size_t width = SHIFT + pod->n_modes;
  double *coefficients = fcast_alloc_unfilled(n * pod->n_modes, sizeof *coefficients);
  const fcast_status status = coefficients == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu states", n)
                                                   : fcast_pod_project(pod, runs->aligned, n, coefficients, err);
  if (status == FCAST_OK) {
    const double moving = energy_of(runs->increments, SHIFT * n);
    *scale = moving > 0.0 ? sqrt(energy_of(coefficients, n * pod->n_modes) / moving) : 1.0;
    for (size_t i = 0; i < n; i++) {
      states[i * width] = *scale * runs->increments[SHIFT * i];
      states[i * width + 1] = *scale * runs->increments[SHIFT * i + 1];
      memcpy(states + i * width + SHIFT, coefficients + i * pod->n_modes, pod->n_modes * sizeof *states);
    }
  }
  fcast_free(coefficients);
  return status;
}

static fcast_status read_states(void *context, size_t first, size_t last, double *states, fcast_error *err) {
  const fcast_kept_states *kept = context;
  const size_t start = fcast__aligned_first(kept->runs, first);
  const size_t end = fcast__aligned_first(kept->runs, last);
  (void)err;
  memcpy(states, kept->states + start * kept->width, (end - start) * kept->width * sizeof *states);
  return FCAST_OK;
}

fcast_series_source fcast__kept_states_source(fcast_kept_states *kept) {
  return (fcast_series_source){.n_runs = kept->runs->n_runs,
                               .width = kept->width,
                               .n_frames = kept->runs->n_frames,
                               .context = kept,
                               .read = read_states};
}

/* --- the chosen one, for all runs --- */

/* The modes as fields: U of the Fourier coefficients times the cosines and sines. */
static fcast_status spread_modes(const fcast_fourier *fourier, const fcast_pod *pod, double uniform, fcast_pod *out,
                                 fcast_error *err) {
  fcast_pod waves = {0};
  fcast_status status = fcast_fourier_basis(fourier, pod->n_space, uniform, &waves, err);
  *out = (fcast_pod){.n_space = waves.n_space,
                     .n_modes = pod->n_modes,
                     .energy = pod->energy,
                     .target_energy = pod->target_energy,
                     .modes = fcast_alloc_unfilled(waves.n_space * pod->n_modes, sizeof(double)),
                     .singular_values = fcast_alloc_array(pod->n_modes, sizeof(double)),
                     .mean = fcast_alloc_array(waves.n_space, sizeof(double))};
  if (status == FCAST_OK && (out->modes == NULL || out->singular_values == NULL || out->mean == NULL)) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes", pod->n_modes);
  }
  if (status == FCAST_OK) {
    memcpy(out->singular_values, pod->singular_values, pod->n_modes * sizeof(double));
    status = fcast__multiply(waves.modes, pod->modes, waves.n_space, pod->n_space, pod->n_modes, NULL, out->modes, err);
  }
  if (status == FCAST_OK) {
    status = fcast_pod_lift(&waves, pod->mean, 1, out->mean, err);
  }
  fcast_pod_clear(&waves);
  return status;
}

static fcast_status fit_law(const fcast_aligned_runs *runs, const fcast_pod *pod, const fcast_candidate *candidate,
                            double *scale, fcast_mvar *out, fcast_error *err) {
  const size_t width = SHIFT + pod->n_modes;
  double *states = fcast_alloc_unfilled(fcast__aligned_first(runs, runs->n_runs) * width, sizeof *states);
  fcast_kept_states kept = {runs, states, width};
  const fcast_series_source source = fcast__kept_states_source(&kept);
  fcast_spectrum spectrum = {0};
  fcast_status status = states == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for states of %zu modes", width)
                                       : fcast__aligned_states(runs, pod, states, scale, err);
  if (status == FCAST_OK) {
    status = fcast_mvar_fit(&source, candidate->lag, candidate->ridge_alpha, out, err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_spectrum(out, 0, &spectrum, err);
    out->spectral_radius = spectrum.radius;
  }
  fcast_spectrum_clear(&spectrum);
  fcast_free(states);
  return status;
}

fcast_status fcast_fit_aligned(const fcast_aligned_runs *runs, const fcast_fourier *fourier, double uniform,
                               const fcast_candidate *candidate, fcast_state *state, fcast_mvar *mvar,
                               fcast_error *err) {
  fcast_pod pod = {0};
  *state = (fcast_state){.basis = FCAST_BASIS_ALIGNED, .n_fields = 1, .scale = {1.0, 1.0}};
  fcast_status status = fcast__aligned_pod(runs, FCAST_FOLDS, candidate->n_modes, &pod, err);
  state->n_modes = pod.n_modes;
  if (status == FCAST_OK) {
    status = fit_law(runs, &pod, candidate, &state->scale[1], mvar, err);
  }
  if (status == FCAST_OK) {
    status = spread_modes(fourier, &pod, uniform, &state->pods[0], err);
  }
  if (status == FCAST_OK) {
    state->reference = fcast_alloc_array(runs->n_modes, sizeof(double));
    status = state->reference == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a reference") : FCAST_OK;
  }
  if (status == FCAST_OK) {
    memcpy(state->reference, runs->reference, runs->n_modes * sizeof(double));
  }
  fcast_pod_clear(&pod);
  if (status != FCAST_OK) {
    fcast_state_clear(state);
    fcast_mvar_clear(mvar);
  }
  return status;
}
