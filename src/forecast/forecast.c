/* SPDX-License-Identifier: MIT */
#include "flockcast/mvar.h"

#include "linalg/products.h"

#include <string.h>

void fcast_mvar_rollout(const fcast_mvar *mvar, const double *known, size_t n_forecast, double *out) {
  const size_t r = mvar->n_modes;
  for (size_t step = 0; step < n_forecast; step++) {
    double *next = out + step * r;
    memset(next, 0, r * sizeof *next);
    for (size_t lag = 1; lag <= mvar->lag; lag++) {
      const double *past = step >= lag ? out + (step - lag) * r : known + (mvar->lag + step - lag) * r;
      const double *matrix = mvar->coefficients + (lag - 1) * r * r;
      for (size_t k = 0; k < r; k++) {
        next[k] += fcast__dot(matrix + k * r, past, r);
      }
    }
  }
}

fcast_status fcast_forecast_density(const fcast_pod *pod, const fcast_mvar *mvar, const double *frames,
                                    size_t n_forecast, double *out, fcast_error *err) {
  if (pod->n_modes != mvar->n_modes) {
    return fcast_fail(err, FCAST_E_SHAPE, "the basis has %zu modes and the model %zu, expected as many", pod->n_modes,
                      mvar->n_modes);
  }
  double *known = fcast_alloc_array(mvar->lag * pod->n_modes, sizeof *known);
  double *coefficients = fcast_alloc_array(n_forecast * pod->n_modes, sizeof *coefficients);
  fcast_status status = FCAST_OK;
  if (known == NULL || coefficients == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu frames", n_forecast);
  } else {
    status = fcast_pod_project(pod, frames, mvar->lag, known, err);
  }
  if (status == FCAST_OK) {
    fcast_mvar_rollout(mvar, known, n_forecast, coefficients);
    status = fcast_pod_lift(pod, coefficients, n_forecast, out, err);
  }
  fcast_free(known);
  fcast_free(coefficients);
  return status;
}
