/* SPDX-License-Identifier: MIT */
#include "flockcast/align.h"

#include <string.h>

/* Increments in front of the coefficients of a state. */
enum { SHIFT = FCAST_SHIFT_COMPONENTS };

static double mean_of(const fcast_pod *pod) {
  double mean = 0.0;
  for (size_t i = 0; i < pod->n_space; i++) {
    mean += pod->mean[i] / (double)pod->n_space;
  }
  return mean;
}

/* The Fourier coefficients of frames[frame, cell], each frame moved by `sign` times its shift. */
static fcast_status move_frames(const fcast_state *state, const double *shifts, double sign, size_t n_frames,
                                double *coefficients, const fcast_pod *waves, double *frames, fcast_error *err) {
  const size_t n_waves = waves->n_modes;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n_frames; i++) {
    fcast_align_move(&state->fourier, n_waves, (const double[2]){sign * shifts[2 * i], sign * shifts[2 * i + 1]},
                     coefficients + i * n_waves);
  }
  return fcast_pod_lift(waves, coefficients, n_frames, frames, err);
}

static void fill_states(const fcast_state *state, const double *shifts, const double *aligned, size_t n_runs,
                        size_t n_frames, double *increments, double *states) {
  const size_t size = fcast_state_size(state);
  for (size_t run = 0; run < n_runs; run++) {
    fcast_align_increments(&state->fourier, shifts + run * n_frames * 2, n_frames, increments);
    for (size_t i = 0; i < n_frames; i++) {
      double *to = states + (run * n_frames + i) * size;
      for (size_t side = 0; side < SHIFT; side++) {
        to[side] = increments[SHIFT * i + side] * state->scale[1];
      }
      for (size_t k = 0; k < state->n_modes; k++) {
        to[SHIFT + k] = aligned[(run * n_frames + i) * state->n_modes + k] * state->scale[0];
      }
    }
  }
}

fcast_status fcast_aligned_project(const fcast_state *state, const double *frames, size_t n_runs, size_t n_frames,
                                   double *states, double *shifts, fcast_error *err) {
  const size_t n_waves = 2 * state->fourier.n_waves;
  const size_t n = n_runs * n_frames;
  double *coefficients = fcast_alloc_unfilled(n * n_waves, sizeof *coefficients);
  double *moved = fcast_alloc_unfilled(n * state->pods[0].n_space, sizeof *moved);
  double *aligned = fcast_alloc_unfilled(n * state->n_modes, sizeof *aligned);
  double *increments = fcast_alloc_unfilled(SHIFT * n_frames, sizeof *increments);
  fcast_pod waves = {0};
  fcast_status status = coefficients == NULL || moved == NULL || aligned == NULL || increments == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to align %zu frames", n)
                            : fcast_fourier_basis(&state->fourier, n_waves, mean_of(&state->pods[0]), &waves, err);
  if (status == FCAST_OK) {
    status = fcast_fourier_project(&state->fourier, n_waves, frames, n, coefficients, err);
  }
  if (status == FCAST_OK) {
    status = fcast_align_find(&state->fourier, n_waves, state->reference, coefficients, n, shifts, err);
  }
  if (status == FCAST_OK) {
    status = move_frames(state, shifts, -1.0, n, coefficients, &waves, moved, err);
  }
  if (status == FCAST_OK) {
    status = fcast_pod_project(&state->pods[0], moved, n, aligned, err);
  }
  if (status == FCAST_OK) {
    fill_states(state, shifts, aligned, n_runs, n_frames, increments, states);
  }
  fcast_pod_clear(&waves);
  fcast_free(coefficients);
  fcast_free(moved);
  fcast_free(aligned);
  fcast_free(increments);
  return status;
}

fcast_status fcast_aligned_lift(const fcast_state *state, const double *states, const double *shifts, size_t n_frames,
                                double *frames, fcast_error *err) {
  const size_t n_waves = 2 * state->fourier.n_waves;
  double *aligned = fcast_alloc_unfilled(n_frames * state->n_modes, sizeof *aligned);
  double *coefficients = fcast_alloc_unfilled(n_frames * n_waves, sizeof *coefficients);
  fcast_pod waves = {0};
  fcast_status status = aligned == NULL || coefficients == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to align %zu frames", n_frames)
                            : fcast_fourier_basis(&state->fourier, n_waves, mean_of(&state->pods[0]), &waves, err);
  for (size_t i = 0; status == FCAST_OK && i < n_frames * state->n_modes; i++) {
    aligned[i] = states[i / state->n_modes * fcast_state_size(state) + SHIFT + i % state->n_modes] / state->scale[0];
  }
  if (status == FCAST_OK) {
    status = fcast_pod_lift(&state->pods[0], aligned, n_frames, frames, err);
  }
  if (status == FCAST_OK) {
    status = fcast_fourier_project(&state->fourier, n_waves, frames, n_frames, coefficients, err);
  }
  if (status == FCAST_OK) {
    status = move_frames(state, shifts, 1.0, n_frames, coefficients, &waves, frames, err);
  }
  fcast_pod_clear(&waves);
  fcast_free(aligned);
  fcast_free(coefficients);
  return status;
}
