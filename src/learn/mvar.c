/* SPDX-License-Identifier: MIT */
#include "flockcast/mvar.h"

#include "base/listen.h"
#include "learn/windows.h"
#include "linalg/factor.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* What listeners are told, roughly: when the normal equations are there, and when they are solved. */
static const double share_of_moments = 0.3, share_when_solved = 0.75;

/* Ridge regression: (Z^T Z + alpha I) W = Z^T B, with W[mode out] a row over the regressors, oldest lag first. */
static fcast_status solve(const fcast_windows *block, double *moments, fcast_mvar *out, double *weights,
                          fcast_error *err) {
  const size_t n_regressors = block->lag * block->n_modes;
  double *right_side = moments + n_regressors * block->width;
  fcast_error inner = {0};
  const fcast_status status = fcast__cholesky_solve(moments, n_regressors, block->width, out->ridge_alpha, right_side,
                                                    block->n_modes, block->width, &out->condition, &inner);
  if (status != FCAST_OK) {
    return fcast_fail(err, status,
                      "MVAR with %zu regressors on %zu windows, rom.ridge_alpha %g: %s; expected a larger "
                      "rom.ridge_alpha or fewer modes (rom.target_energy)",
                      n_regressors, out->n_windows, out->ridge_alpha, inner.text);
  }
  for (size_t k = 0; k < block->n_modes; k++) {
    memcpy(weights + k * n_regressors, right_side + k * block->width, n_regressors * sizeof(double));
    for (size_t lag = 0; lag < block->lag; lag++) {
      memcpy(out->coefficients + (lag * block->n_modes + k) * block->n_modes,
             weights + k * n_regressors + (block->lag - 1 - lag) * block->n_modes, block->n_modes * sizeof(double));
    }
  }
  return FCAST_OK;
}

/* Second pass: one-step residuals themselves, not a difference of large moments. */
static fcast_status measure_fit(const fcast_series_source *source, fcast_windows *block, const double *weights,
                                const double *target_sum, fcast_mvar *out, fcast_error *err) {
  const size_t n_regressors = block->lag * block->n_modes;
  double residual_sum = 0.0;
  double deviation_sum = 0.0;
  const size_t n_block_windows = fcast__windows_largest(source);
  double *regressors = fcast_alloc_unfilled(n_block_windows * n_regressors, sizeof(double));
  double *predicted = fcast_alloc_unfilled(n_block_windows * block->n_modes, sizeof(double));
  fcast_status status = FCAST_OK;
  if (regressors == NULL || predicted == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for the residuals of %zu modes", block->n_modes);
    goto cleanup;
  }
  for (size_t first = 0, last = 0; first < source->n_runs; first = last) {
    status = fcast__windows_read(source, first, &last, block, err);
    if (status != FCAST_OK) {
      goto cleanup;
    }
    fcast__tell(&source->listener,
                share_when_solved + (1.0 - share_when_solved) * (double)first / (double)source->n_runs);
    for (size_t i = 0; i < block->n_windows; i++) {
      memcpy(regressors + i * n_regressors, block->windows + i * block->width, n_regressors * sizeof(double));
    }
    status =
        fcast__multiply_transposed(regressors, weights, block->n_windows, n_regressors, block->n_modes, predicted, err);
    if (status != FCAST_OK) {
      goto cleanup;
    }
    for (size_t i = 0; i < block->n_windows; i++) {
      const double *target = block->windows + i * block->width + n_regressors;
      for (size_t k = 0; k < block->n_modes; k++) {
        const double residual = target[k] - predicted[i * block->n_modes + k];
        const double deviation = target[k] - target_sum[k] / (double)out->n_windows;
        residual_sum += residual * residual;
        deviation_sum += deviation * deviation;
      }
    }
  }
  out->train_r2 = 1.0 - residual_sum / deviation_sum;
  out->train_rmse = sqrt(residual_sum / ((double)out->n_windows * (double)block->n_modes));
cleanup:
  fcast_free(regressors);
  fcast_free(predicted);
  return status;
}

static fcast_status check_arguments(const fcast_series_source *source, size_t lag, double ridge_alpha,
                                    fcast_error *err) {
  if (lag < 1) {
    return fcast_fail(err, FCAST_E_ARG, "rom.p_lag: found %zu, expected an integer of at least 1", lag);
  }
  if (!(ridge_alpha >= 0.0)) {
    return fcast_fail(err, FCAST_E_ARG, "rom.ridge_alpha: found %g, expected a number of at least 0", ridge_alpha);
  }
  size_t longest = 0;
  for (size_t i = 0; i < source->n_runs; i++) {
    longest = source->n_frames[i] > longest ? source->n_frames[i] : longest;
  }
  if (longest <= lag) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "the longest training run has %zu frames, expected at least %zu (rom.p_lag + 1)", longest,
                      lag + 1);
  }
  return FCAST_OK;
}

fcast_status fcast_mvar_fit(const fcast_series_source *source, size_t lag, double ridge_alpha, fcast_mvar *out,
                            fcast_error *err) {
  const size_t n_modes = source->width;
  *out = (fcast_mvar){.lag = lag, .n_modes = n_modes, .ridge_alpha = ridge_alpha};
  fcast_status status = check_arguments(source, lag, ridge_alpha, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_windows block = {0};
  const size_t width = (lag + 1) * n_modes;
  double *moments = fcast_alloc_array(width * width, sizeof(double));
  double *target_sum = fcast_alloc_array(n_modes, sizeof(double));
  double *weights = fcast_alloc_unfilled(n_modes * lag * n_modes, sizeof(double));
  out->coefficients = fcast_alloc_array(lag * n_modes * n_modes, sizeof(double));
  if (moments == NULL || target_sum == NULL || weights == NULL || out->coefficients == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for an MVAR model of %zu modes and lag %zu", n_modes, lag);
    goto cleanup;
  }
  status = fcast__windows_create(source, lag, &block, err);
  fcast_part part = {&source->listener, 0.0, share_of_moments};
  const fcast_listener listener = fcast__listen_to(&part);
  if (status == FCAST_OK) {
    status = fcast__windows_moments(source, &block, &listener, moments, target_sum, &out->n_windows, err);
  }
  if (status == FCAST_OK) {
    status = solve(&block, moments, out, weights, err);
  }
  if (status == FCAST_OK) {
    status = measure_fit(source, &block, weights, target_sum, out, err);
  }
cleanup:
  fcast__windows_clear(&block);
  fcast_free(moments);
  fcast_free(target_sum);
  fcast_free(weights);
  if (status != FCAST_OK) {
    fcast_mvar_clear(out);
  }
  return status;
}

void fcast_mvar_clear(fcast_mvar *mvar) {
  fcast_free(mvar->coefficients);
  *mvar = (fcast_mvar){0};
}
