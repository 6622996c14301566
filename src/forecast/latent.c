/* SPDX-License-Identifier: MIT */
#include "flockcast/latent.h"

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

fcast_status fcast_latent_forecast(const fcast_latent *model, const double *known, size_t n_runs, size_t n_known,
                                   size_t n_forecast, double *prediction, fcast_error *err) {
  const fcast_state *state = &model->state;
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
  double *density = fcast_alloc_unfilled(n_runs * n_forecast * state->n_modes, sizeof *density);
  fcast_status status = FCAST_OK;
  if (states == NULL || start == NULL || rolled == NULL || density == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu frames", n_forecast);
    goto cleanup;
  }
  status = fcast_state_project(state, known, n_runs * n_known, states, err);
  if (status == FCAST_OK) {
    take_last(states, n_runs, n_known, lag, size, start);
    status = fcast_mvar_rollout(&model->mvar, start, n_runs, n_forecast, rolled, err);
  }
  if (status == FCAST_OK) {
    take_density(state, rolled, n_runs * n_forecast, density);
    status = fcast_pod_lift(&state->pods[0], density, n_runs * n_forecast, prediction, err);
  }
  if (status == FCAST_OK) {
    fcast_lift_apply(model->lift, prediction, n_runs * n_forecast, state->pods[0].n_space);
  }
cleanup:
  fcast_free(states);
  fcast_free(start);
  fcast_free(rolled);
  fcast_free(density);
  return status;
}

void fcast_latent_clear(fcast_latent *model) {
  fcast_state_clear(&model->state);
  fcast_mvar_clear(&model->mvar);
  *model = (fcast_latent){0};
}
