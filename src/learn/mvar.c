/* SPDX-License-Identifier: MIT */
#include "flockcast/mvar.h"

#include "base/series.h"
#include "linalg/factor.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* Frames whose windows are formed at a time. */
enum { BLOCK_FRAMES = 2048 };

/* A block of runs and its windows. A window is lag + 1 consecutive frames of one run in the order of time: the
 * regressors, oldest first, then the target. */
typedef struct window_block {
  size_t lag, n_modes;
  size_t window_width; /* (lag + 1) * n_modes */
  double *series;      /* [frame, mode] of the runs in the block */
  double *windows;     /* [window, window_width] */
  size_t n_windows;
} window_block;

static fcast_status block_create(const fcast_series_source *source, size_t lag, window_block *block, fcast_error *err) {
  *block = (window_block){.lag = lag, .n_modes = source->width, .window_width = (lag + 1) * source->width};
  const size_t n_frames = fcast__series_largest_block(source, BLOCK_FRAMES);
  block->series = fcast_alloc_unfilled(n_frames * block->n_modes, sizeof(double));
  block->windows = fcast_alloc_unfilled(n_frames * block->window_width, sizeof(double));
  if (block->series == NULL || block->windows == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for windows of %zu frames of %zu modes", lag + 1,
                      block->n_modes);
  }
  return FCAST_OK;
}

static void block_clear(window_block *block) {
  fcast_free(block->series);
  fcast_free(block->windows);
}

/* Read the runs from `first` on and cut each into windows, never across its end. `last` gets the run behind the block.
 */
static fcast_status block_read(const fcast_series_source *source, size_t first, size_t *last, window_block *block,
                               fcast_error *err) {
  (void)fcast__series_block(source, first, BLOCK_FRAMES, last);
  const fcast_status status = source->read(source->context, first, *last, block->series, err);
  if (status != FCAST_OK) {
    return status;
  }
  block->n_windows = 0;
  const double *run_series = block->series;
  for (size_t run = first; run < *last; run++) {
    for (size_t frame = block->lag; frame < source->n_frames[run]; frame++) {
      /* lag + 1 consecutive frames lie side by side in memory already */
      memcpy(block->windows + block->n_windows * block->window_width,
             run_series + (frame - block->lag) * block->n_modes, block->window_width * sizeof(double));
      block->n_windows++;
    }
    run_series += source->n_frames[run] * block->n_modes;
  }
  return FCAST_OK;
}

/* First pass: moments[window_width, window_width] = sum of the windows' outer products, and the sum of the targets. */
static fcast_status accumulate_moments(const fcast_series_source *source, window_block *block, double *moments,
                                       double *target_sum, size_t *n_windows, fcast_error *err) {
  const size_t target = block->lag * block->n_modes;
  for (size_t first = 0, last = 0; first < source->n_runs; first = last) {
    fcast_status status = block_read(source, first, &last, block, err);
    if (status == FCAST_OK) {
      status = fcast__gram_of_columns_add(block->windows, block->n_windows, block->window_width, moments, err);
    }
    if (status != FCAST_OK) {
      return status;
    }
    for (size_t i = 0; i < block->n_windows; i++) {
      for (size_t k = 0; k < block->n_modes; k++) {
        target_sum[k] += block->windows[i * block->window_width + target + k];
      }
    }
    *n_windows += block->n_windows;
  }
  return FCAST_OK;
}

/* Ridge regression: (Z^T Z + alpha I) W = Z^T B, with W[mode out] a row over the regressors, oldest lag first. */
static fcast_status solve(const window_block *block, double *moments, fcast_mvar *out, double *weights,
                          fcast_error *err) {
  const size_t n_regressors = block->lag * block->n_modes;
  double *right_side = moments + n_regressors * block->window_width;
  fcast_error inner = {0};
  const fcast_status status =
      fcast__cholesky_solve(moments, n_regressors, block->window_width, out->ridge_alpha, right_side, block->n_modes,
                            block->window_width, &out->condition, &inner);
  if (status != FCAST_OK) {
    return fcast_fail(err, status,
                      "MVAR with %zu regressors on %zu windows, rom.ridge_alpha %g: %s; expected a larger "
                      "rom.ridge_alpha or fewer modes (rom.target_energy)",
                      n_regressors, out->n_windows, out->ridge_alpha, inner.text);
  }
  for (size_t k = 0; k < block->n_modes; k++) {
    memcpy(weights + k * n_regressors, right_side + k * block->window_width, n_regressors * sizeof(double));
    for (size_t lag = 0; lag < block->lag; lag++) {
      memcpy(out->coefficients + (lag * block->n_modes + k) * block->n_modes,
             weights + k * n_regressors + (block->lag - 1 - lag) * block->n_modes, block->n_modes * sizeof(double));
    }
  }
  return FCAST_OK;
}

/* Second pass: one-step residuals themselves, not a difference of large moments. */
static fcast_status measure_fit(const fcast_series_source *source, window_block *block, const double *weights,
                                const double *target_sum, fcast_mvar *out, fcast_error *err) {
  const size_t n_regressors = block->lag * block->n_modes;
  double residual_sum = 0.0;
  double deviation_sum = 0.0;
  const size_t n_block_windows = fcast__series_largest_block(source, BLOCK_FRAMES);
  double *regressors = fcast_alloc_unfilled(n_block_windows * n_regressors, sizeof(double));
  double *predicted = fcast_alloc_unfilled(n_block_windows * block->n_modes, sizeof(double));
  fcast_status status = FCAST_OK;
  if (regressors == NULL || predicted == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for the residuals of %zu modes", block->n_modes);
    goto cleanup;
  }
  for (size_t first = 0, last = 0; first < source->n_runs; first = last) {
    status = block_read(source, first, &last, block, err);
    if (status != FCAST_OK) {
      goto cleanup;
    }
    for (size_t i = 0; i < block->n_windows; i++) {
      memcpy(regressors + i * n_regressors, block->windows + i * block->window_width, n_regressors * sizeof(double));
    }
    status =
        fcast__multiply_transposed(regressors, weights, block->n_windows, n_regressors, block->n_modes, predicted, err);
    if (status != FCAST_OK) {
      goto cleanup;
    }
    for (size_t i = 0; i < block->n_windows; i++) {
      const double *target = block->windows + i * block->window_width + n_regressors;
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
  window_block block = {0};
  const size_t width = (lag + 1) * n_modes;
  double *moments = fcast_alloc_array(width * width, sizeof(double));
  double *target_sum = fcast_alloc_array(n_modes, sizeof(double));
  double *weights = fcast_alloc_unfilled(n_modes * lag * n_modes, sizeof(double));
  out->coefficients = fcast_alloc_array(lag * n_modes * n_modes, sizeof(double));
  if (moments == NULL || target_sum == NULL || weights == NULL || out->coefficients == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for an MVAR model of %zu modes and lag %zu", n_modes, lag);
    goto cleanup;
  }
  status = block_create(source, lag, &block, err);
  if (status == FCAST_OK) {
    status = accumulate_moments(source, &block, moments, target_sum, &out->n_windows, err);
  }
  if (status == FCAST_OK) {
    status = solve(&block, moments, out, weights, err);
  }
  if (status == FCAST_OK) {
    status = measure_fit(source, &block, weights, target_sum, out, err);
  }
cleanup:
  block_clear(&block);
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
