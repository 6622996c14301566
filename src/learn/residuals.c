/* SPDX-License-Identifier: MIT */
#include "flockcast/uncertainty.h"

#include "learn/windows.h"
#include "linalg/products.h"

#include <string.h>

/* weights[mode out, lag, mode in], the oldest frame first, as windows have it. */
static void order_weights(const fcast_mvar *mvar, double *weights) {
  const size_t r = mvar->n_modes;
  for (size_t k = 0; k < r; k++) {
    for (size_t lag = 0; lag < mvar->lag; lag++) {
      memcpy(weights + (k * mvar->lag + mvar->lag - 1 - lag) * r, mvar->coefficients + (lag * r + k) * r,
             r * sizeof *weights);
    }
  }
}

/* Memory of one block: its regressors side by side, and what the model makes of them. */
typedef struct fitted {
  double *weights, *regressors, *residuals;
} fitted;

/* Add the outer products of the residuals of one block. */
static fcast_status add_block(const fcast_windows *block, const fitted *memory, double *covariance, fcast_error *err) {
  const size_t r = block->n_modes;
  const size_t n = block->lag * r;
  for (size_t i = 0; i < block->n_windows; i++) {
    memcpy(memory->regressors + i * n, block->windows + i * block->width, n * sizeof(double));
  }
  const fcast_status status =
      fcast__multiply_transposed(memory->regressors, memory->weights, block->n_windows, n, r, memory->residuals, err);
  for (size_t i = 0; status == FCAST_OK && i < block->n_windows; i++) {
    for (size_t k = 0; k < r; k++) {
      memory->residuals[i * r + k] -= block->windows[i * block->width + n + k];
    }
  }
  return status == FCAST_OK ? fcast__gram_of_columns_add(memory->residuals, block->n_windows, r, covariance, err)
                            : status;
}

fcast_status fcast_mvar_residual_covariance(const fcast_series_source *source, const fcast_mvar *mvar,
                                            double *covariance, fcast_error *err) {
  const size_t r = mvar->n_modes;
  if (source->width != r) {
    return fcast_fail(err, FCAST_E_SHAPE, "found states of %zu components, expected %zu as in the model", source->width,
                      r);
  }
  const size_t n_block = fcast__windows_largest(source);
  size_t n_windows = 0;
  fcast_windows block = {0};
  fitted memory = {.weights = fcast_alloc_unfilled(r * mvar->lag * r, sizeof(double)),
                   .regressors = fcast_alloc_unfilled(n_block * mvar->lag * r, sizeof(double)),
                   .residuals = fcast_alloc_unfilled(n_block * r, sizeof(double))};
  fcast_status status = memory.weights == NULL || memory.regressors == NULL || memory.residuals == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the residuals of %zu modes", r)
                            : fcast__windows_create(source, mvar->lag, &block, err);
  if (status == FCAST_OK) {
    order_weights(mvar, memory.weights);
    memset(covariance, 0, r * r * sizeof *covariance);
  }
  for (size_t first = 0, last = 0; status == FCAST_OK && first < source->n_runs; first = last) {
    status = fcast__windows_read(source, first, &last, &block, err);
    if (status == FCAST_OK) {
      status = add_block(&block, &memory, covariance, err);
      n_windows += block.n_windows;
    }
  }
  if (status == FCAST_OK && n_windows == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "found no run of more than %zu frames to take residuals of", mvar->lag);
  }
  for (size_t i = 0; status == FCAST_OK && i < r; i++) {
    for (size_t j = 0; j <= i; j++) {
      covariance[i * r + j] /= (double)n_windows;
      covariance[j * r + i] = covariance[i * r + j];
    }
  }
  fcast__windows_clear(&block);
  fcast_free(memory.weights);
  fcast_free(memory.regressors);
  fcast_free(memory.residuals);
  return status;
}
