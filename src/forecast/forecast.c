/* SPDX-License-Identifier: MIT */
#include "flockcast/mvar.h"

#include "forecast/law.h"

#include <string.h>

/* window[run, lag, mode]: the newest frame goes in front, the oldest drops out. */
static void push_frame(double *window, size_t width, size_t n_modes, const double *frame) {
  memmove(window + n_modes, window, (width - n_modes) * sizeof *window);
  memcpy(window, frame, n_modes * sizeof *window);
}

fcast_status fcast_mvar_rollout(const fcast_mvar *mvar, const double *known, size_t n_runs, size_t n_forecast,
                                double *out, fcast_error *err) {
  const size_t r = mvar->n_modes;
  const size_t width = mvar->lag * r;
  fcast_law law = {0};
  double *window = fcast_alloc_unfilled(n_runs * width, sizeof *window);
  double *next = fcast_alloc_unfilled(n_runs * r, sizeof *next);
  fcast_status status = window == NULL || next == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu modes", r)
                            : fcast__law_create(mvar, &law, err);
  for (size_t run = 0; status == FCAST_OK && run < n_runs; run++) {
    for (size_t lag = 0; lag < mvar->lag; lag++) {
      push_frame(window + run * width, width, r, known + (run * mvar->lag + lag) * r);
    }
  }
  for (size_t step = 0; status == FCAST_OK && step < n_forecast; step++) {
    status = fcast__law_apply(&law, window, n_runs, next, err);
    for (size_t run = 0; status == FCAST_OK && run < n_runs; run++) {
      memcpy(out + (run * n_forecast + step) * r, next + run * r, r * sizeof *out);
      push_frame(window + run * width, width, r, next + run * r);
    }
  }
  fcast__law_clear(&law);
  fcast_free(window);
  fcast_free(next);
  return status;
}

/* Frames [first, last) of every run, one run behind the other. */
static void gather(const double *series, size_t n_runs, size_t n_frames, size_t width, size_t first, size_t last,
                   double *out) {
  const size_t n = (last - first) * width;
  for (size_t run = 0; run < n_runs; run++) {
    memcpy(out + run * n, series + (run * n_frames + first) * width, n * sizeof *out);
  }
}

fcast_status fcast_forecast_densities(const fcast_pod *pod, const fcast_mvar *mvar, const double *frames, size_t n_runs,
                                      size_t n_frames, double *prediction, double *projection, fcast_error *err) {
  const size_t r = pod->n_modes;
  if (r != mvar->n_modes || n_frames <= mvar->lag) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%zu frames, a basis of %zu modes and a model of %zu modes and lag %zu: expected as many modes "
                      "and more frames than the lag",
                      n_frames, r, mvar->n_modes, mvar->lag);
  }
  const size_t n_forecast = n_frames - mvar->lag;
  double *all = fcast_alloc_unfilled(n_runs * n_frames * r, sizeof *all);
  double *known = fcast_alloc_unfilled(n_runs * mvar->lag * r, sizeof *known);
  double *rolled = fcast_alloc_unfilled(n_runs * n_forecast * r, sizeof *rolled);
  fcast_status status = FCAST_OK;
  if (all == NULL || known == NULL || rolled == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu frames", n_forecast);
    goto cleanup;
  }
  status = fcast_pod_project(pod, frames, n_runs * n_frames, all, err);
  if (status == FCAST_OK) {
    gather(all, n_runs, n_frames, r, 0, mvar->lag, known);
    status = fcast_mvar_rollout(mvar, known, n_runs, n_forecast, rolled, err);
  }
  if (status == FCAST_OK) {
    status = fcast_pod_lift(pod, rolled, n_runs * n_forecast, prediction, err);
  }
  if (status == FCAST_OK) {
    gather(all, n_runs, n_frames, r, mvar->lag, n_frames, rolled);
    status = fcast_pod_lift(pod, rolled, n_runs * n_forecast, projection, err);
  }
cleanup:
  fcast_free(all);
  fcast_free(known);
  fcast_free(rolled);
  return status;
}
