/* SPDX-License-Identifier: MIT */
#include "learn/shells.h"

#include "flockcast/array.h"
#include "linalg/factor.h"

#include <string.h>

static const double *values_at(const fcast_shell *shell, const double *series, size_t frame, size_t field) {
  return series + (frame * shell->n_fields_stored + field) * shell->n_modes_stored + shell->first_mode;
}

void fcast__shell_add(const fcast_shell *shell, const double *series, size_t n_frames, size_t lag, double *sums) {
  const size_t n_fields = shell->n_fields_stored;
  const size_t width = (lag + 1) * n_fields;
  for (size_t i = 0; i < width; i++) {
    for (size_t j = i; j < width; j++) {
      double sum = 0.0;
      for (size_t target = lag; target < n_frames; target++) {
        const double *a = values_at(shell, series, target - i / n_fields, i % n_fields);
        const double *b = values_at(shell, series, target - j / n_fields, j % n_fields);
        for (size_t m = 0; m < shell->n_modes; m++) {
          sum += a[m] * b[m];
        }
      }
      sums[i * width + j] += sum;
    }
  }
}

/* An entry of the symmetric sums, of which the upper triangle is there. */
static double sum_of(const double *sums, size_t width, size_t i, size_t j) {
  return i <= j ? sums[i * width + j] : sums[j * width + i];
}

/* Squared residuals: targets minus law times regressors. */
static void measure_residuals(const double *sums, size_t width, const size_t *place, size_t n_regressors,
                              size_t n_fields, const double *law, double *residuals) {
  for (size_t a = 0; a < n_fields; a++) {
    for (size_t b = 0; b < n_fields; b++) {
      double sum = sum_of(sums, width, a, b);
      for (size_t i = 0; i < n_regressors; i++) {
        sum -= law[a * n_regressors + i] * sum_of(sums, width, place[i], b);
        sum -= law[b * n_regressors + i] * sum_of(sums, width, place[i], a);
        for (size_t j = 0; j < n_regressors; j++) {
          sum += law[a * n_regressors + i] * law[b * n_regressors + j] * sum_of(sums, width, place[i], place[j]);
        }
      }
      residuals[a * n_fields + b] = sum;
    }
  }
}

fcast_status fcast__shell_fit(const double *sums, size_t width, size_t n_fields_stored, size_t n_fields, size_t lag,
                              double ridge_alpha, double *law, double *residuals, fcast_error *err) {
  const size_t n = lag * n_fields;
  double condition = 0.0;
  double *normal = fcast_alloc_unfilled(n * n, sizeof *normal);
  size_t *place = fcast_alloc_array(n, sizeof *place);
  fcast_status status = FCAST_OK;
  if (normal == NULL || place == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a law of %zu coefficients", n);
    goto cleanup;
  }
  for (size_t i = 0; i < n; i++) {
    place[i] = (i / n_fields + 1) * n_fields_stored + i % n_fields;
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      normal[i * n + j] = sum_of(sums, width, place[i], place[j]);
    }
    for (size_t a = 0; a < n_fields; a++) {
      law[a * n + i] = sum_of(sums, width, a, place[i]);
    }
  }
  status = fcast__cholesky_solve(normal, n, n, ridge_alpha, law, n_fields, n, &condition, err);
  if (status == FCAST_OK && residuals != NULL) {
    measure_residuals(sums, width, place, n, n_fields, law, residuals);
  }
cleanup:
  fcast_free(normal);
  fcast_free(place);
  return status;
}

void fcast__shell_errors(const fcast_shell *shell, const double *series, size_t n_frames, size_t n_known,
                         const double *law, size_t n_fields, size_t lag, double *workspace, double *errors) {
  const size_t n_modes = shell->n_modes;
  for (size_t frame = n_known - lag; frame < n_known; frame++) {
    for (size_t field = 0; field < n_fields; field++) {
      memcpy(workspace + (frame * n_fields + field) * n_modes, values_at(shell, series, frame, field),
             n_modes * sizeof *workspace);
    }
  }
  for (size_t frame = n_known; frame < n_frames; frame++) {
    for (size_t field = 0; field < n_fields; field++) {
      double *next = workspace + (frame * n_fields + field) * n_modes;
      memset(next, 0, n_modes * sizeof *next);
      for (size_t i = 0; i < lag * n_fields; i++) {
        const double weight = law[field * lag * n_fields + i];
        const double *past = workspace + ((frame - 1 - i / n_fields) * n_fields + i % n_fields) * n_modes;
        for (size_t m = 0; m < n_modes; m++) {
          next[m] += weight * past[m];
        }
      }
    }
    const double *predicted = workspace + frame * n_fields * n_modes;
    const double *truth = values_at(shell, series, frame, 0);
    double sum = 0.0;
    for (size_t m = 0; m < n_modes; m++) {
      sum += (predicted[m] - truth[m]) * (predicted[m] - truth[m]);
    }
    errors[frame - n_known] = sum;
  }
}
