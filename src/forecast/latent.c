/* SPDX-License-Identifier: MIT */
#include "flockcast/latent.h"

#include "flockcast/align.h"

#include <string.h>

/* The last `lag` of the known states of every run, one run behind the other. */
static void take_last(const double *states, size_t n_runs, size_t n_known, size_t lag, size_t size, double *out) {
  for (size_t run = 0; run < n_runs; run++) {
    memcpy(out + run * lag * size, states + (run * n_known + n_known - lag) * size, lag * size * sizeof *out);
  }
}

/* The density's coefficients of states[frame, field, mode], without their scale. */
static void take_density(const fcast_state *state, const double *states, size_t n_frames, double *out) {
  for (size_t i = 0; i < n_frames; i++) {
    for (size_t k = 0; k < state->n_modes; k++) {
      out[i * state->n_modes + k] = states[i * fcast_state_size(state) + k] / state->scale[0];
    }
  }
}

/* --- the way to a state and back --- */

/* The states of runs of `n` frames each; with aligned modes the shifts of the frames too. */
static fcast_status project(const fcast_state *state, const double *frames, size_t n_runs, size_t n, double *states,
                            double *shifts, fcast_error *err) {
  const size_t n_space = state->pods[0].n_space;
  if (state->basis == FCAST_BASIS_ALIGNED) {
    return fcast_aligned_project(state, frames, n_runs, n, states, shifts, err);
  }
  if (state->transform == FCAST_TRANSFORM_NONE) {
    return fcast_state_project(state, frames, n_runs * n, states, err);
  }
  double *roots = fcast_alloc_unfilled(n_runs * n * n_space, sizeof *roots);
  fcast_status status = FCAST_E_NOMEM;
  if (roots == NULL) {
    return fcast_fail(err, status, "out of memory to transform %zu frames", n_runs * n);
  }
  memcpy(roots, frames, n_runs * n * n_space * sizeof *roots);
  fcast_transform_sqrt(roots, n_runs * n * n_space);
  status = fcast_state_project(state, roots, n_runs * n, states, err);
  fcast_free(roots);
  return status;
}

static fcast_status lift(const fcast_state *state, const double *states, const double *shifts, size_t n_frames,
                         double *frames, fcast_error *err) {
  if (state->basis == FCAST_BASIS_ALIGNED) {
    return fcast_aligned_lift(state, states, shifts, n_frames, frames, err);
  }
  double *density = fcast_alloc_unfilled(n_frames * state->n_modes, sizeof *density);
  fcast_status status = FCAST_E_NOMEM;
  if (density == NULL) {
    return fcast_fail(err, status, "out of memory to lift %zu frames", n_frames);
  }
  take_density(state, states, n_frames, density);
  status = fcast_pod_lift(&state->pods[0], density, n_frames, frames, err);
  fcast_free(density);
  return status;
}

static double mass_of(const double *frame, size_t n_space) {
  double mass = 0.0;
  for (size_t i = 0; i < n_space; i++) {
    mass += frame[i];
  }
  return mass;
}

/* The square of a lifted root, scaled to a mass; a root of zero stays zero. */
static void square(double *frame, size_t n_space, double mass) {
  double sum = 0.0;
  for (size_t i = 0; i < n_space; i++) {
    frame[i] *= frame[i];
    sum += frame[i];
  }
  for (size_t i = 0; sum > 0.0 && i < n_space; i++) {
    frame[i] *= mass / sum;
  }
}

/* --- forecasts --- */

/* Where the forecast ways lead from the last known shift of every run. */
static void integrate(const fcast_state *state, const double *known_shifts, const double *rolled, size_t n_runs,
                      size_t n_known, size_t n_forecast, double *shifts) {
  for (size_t run = 0; state->basis == FCAST_BASIS_ALIGNED && run < n_runs; run++) {
    const double *last = known_shifts + 2 * (run * n_known + n_known - 1);
    double at[2] = {last[0], last[1]};
    for (size_t i = run * n_forecast; i < (run + 1) * n_forecast; i++) {
      for (size_t side = 0; side < 2; side++) {
        at[side] += rolled[i * fcast_state_size(state) + side] / state->scale[1];
        shifts[2 * i + side] = at[side];
      }
    }
  }
}

fcast_status fcast_latent_forecast(const fcast_latent *model, const double *known, size_t n_runs, size_t n_known,
                                   size_t n_forecast, double *prediction, fcast_error *err) {
  const fcast_state *state = &model->state;
  const size_t n_space = state->pods[0].n_space;
  const size_t size = fcast_state_size(state);
  const size_t lag = model->mvar.lag;
  if (size != model->mvar.n_modes || n_known < lag) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%zu known frames and a state of %zu components for a model of %zu components and lag %zu: "
                      "expected as many components and at least as many frames as the lag",
                      n_known, size, model->mvar.n_modes, lag);
  }
  double *states = fcast_alloc_unfilled(n_runs * n_known * size, sizeof *states);
  double *start = fcast_alloc_unfilled(n_runs * lag * size, sizeof *start);
  double *rolled = fcast_alloc_unfilled(n_runs * n_forecast * size, sizeof *rolled);
  double *known_shifts = fcast_alloc_unfilled(n_runs * n_known * 2, sizeof *known_shifts);
  double *shifts = fcast_alloc_unfilled(n_runs * n_forecast * 2, sizeof *shifts);
  fcast_status status = FCAST_OK;
  if (states == NULL || start == NULL || rolled == NULL || known_shifts == NULL || shifts == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu frames", n_forecast);
    goto cleanup;
  }
  status = project(state, known, n_runs, n_known, states, known_shifts, err);
  if (status == FCAST_OK) {
    take_last(states, n_runs, n_known, lag, size, start);
    status = fcast_mvar_rollout(&model->mvar, start, n_runs, n_forecast, rolled, err);
  }
  if (status == FCAST_OK) {
    integrate(state, known_shifts, rolled, n_runs, n_known, n_forecast, shifts);
    status = lift(state, rolled, shifts, n_runs * n_forecast, prediction, err);
  }
  for (size_t i = 0; status == FCAST_OK && state->transform == FCAST_TRANSFORM_SQRT && i < n_runs * n_forecast; i++) {
    const double *last = known + ((i / n_forecast + 1) * n_known - 1) * n_space;
    square(prediction + i * n_space, n_space, mass_of(last, n_space));
  }
  if (status == FCAST_OK) {
    fcast_lift_apply(model->lift, prediction, n_runs * n_forecast, n_space);
  }
cleanup:
  fcast_free(states);
  fcast_free(start);
  fcast_free(rolled);
  fcast_free(known_shifts);
  fcast_free(shifts);
  return status;
}

/* The density alone on its own modes: moments have no say in it. */
fcast_status fcast_latent_reconstruct(const fcast_latent *model, const double *frames, size_t n_frames, double *out,
                                      fcast_error *err) {
  fcast_state density = model->state; /* borrowed */
  density.n_moments = 0;
  density.n_fields = 1;
  const size_t n_space = density.pods[0].n_space;
  double *states = fcast_alloc_unfilled(n_frames * fcast_state_size(&density), sizeof *states);
  double *shifts = fcast_alloc_unfilled(n_frames * 2, sizeof *shifts);
  fcast_status status = states == NULL || shifts == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu frames", n_frames)
                            : project(&density, frames, 1, n_frames, states, shifts, err);
  if (status == FCAST_OK) {
    status = lift(&density, states, shifts, n_frames, out, err);
  }
  for (size_t i = 0; status == FCAST_OK && density.transform == FCAST_TRANSFORM_SQRT && i < n_frames; i++) {
    square(out + i * n_space, n_space, mass_of(frames + i * n_space, n_space));
  }
  fcast_free(states);
  fcast_free(shifts);
  return status;
}

void fcast_latent_clear(fcast_latent *model) {
  fcast_state_clear(&model->state);
  fcast_mvar_clear(&model->mvar);
  *model = (fcast_latent){0};
}
