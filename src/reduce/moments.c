/* SPDX-License-Identifier: MIT */
#include "flockcast/moments.h"

#include "base/series.h"
#include "linalg/lapack.h"
#include "linalg/products.h"
#include "reduce/centre.h"

/* Frames that enter the covariance at a time: enough for matrix products at full speed, little beside the matrix. */
enum { BLOCK_FRAMES = 1024 };

/* Frames minus the mean of the first block enter the covariance: a shift near the mean, so that taking out the rest of
 * the mean at the end cancels nothing. */
static fcast_status accumulate_blocks(const fcast_series_source *source, double *block, double *shift, double *sum,
                                      double *gram, fcast_error *err) {
  const size_t n_space = source->width;
  for (size_t first = 0, last = 0; first < source->n_runs; first = last) {
    const size_t n_frames = fcast__series_block(source, first, BLOCK_FRAMES, &last);
    fcast_status status = source->read(source->context, first, last, block, err);
    if (status != FCAST_OK) {
      return status;
    }
    if (first == 0) {
      fcast__add_frames(block, n_frames, n_space, shift);
      for (size_t j = 0; j < n_space; j++) {
        shift[j] /= (double)(n_frames > 0 ? n_frames : 1);
      }
    }
    fcast__subtract_from_frames(block, n_frames, n_space, shift);
    fcast__add_frames(block, n_frames, n_space, sum);
    status = fcast__gram_of_columns_add(block, n_frames, n_space, gram, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  return FCAST_OK;
}

/* gram -= scale * a a^T, the lower triangle. */
static void subtract_outer_product(const double *a, size_t n, double scale, double *gram) {
#pragma omp parallel for schedule(dynamic, 64)
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      gram[i * n + j] -= a[i] * a[j] * scale;
    }
  }
}

static fcast_status collect(const fcast_series_source *source, fcast_moments *out, fcast_error *err) {
  const size_t n_space = out->n_space;
  double *block = fcast_alloc_unfilled(fcast__series_largest_block(source, BLOCK_FRAMES) * n_space, sizeof(double));
  double *shift = fcast_alloc_array(n_space, sizeof(double));
  double *sum = fcast_alloc_array(n_space, sizeof(double));
  out->mean = fcast_alloc_array(n_space, sizeof(double));
  out->gram = fcast_alloc_array(n_space * n_space, sizeof(double));
  fcast_status status = FCAST_OK;
  if (block == NULL || shift == NULL || sum == NULL || out->mean == NULL || out->gram == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for the covariance of %zu cells", n_space);
    goto cleanup;
  }
  status = accumulate_blocks(source, block, shift, sum, out->gram, err);
  if (status == FCAST_OK) {
    for (size_t i = 0; i < n_space; i++) {
      out->mean[i] = shift[i] + sum[i] / (double)out->n_frames;
    }
    subtract_outer_product(sum, n_space, 1.0 / (double)out->n_frames, out->gram);
  }
cleanup:
  fcast_free(block);
  fcast_free(shift);
  fcast_free(sum);
  return status;
}

fcast_status fcast_moments_collect(const fcast_series_source *source, fcast_moments *out, fcast_error *err) {
  *out = (fcast_moments){.n_frames = fcast__series_n_frames(source, 0, source->n_runs), .n_space = source->width};
  fcast_status status = fcast__blas_size(out->n_space, "cells of the covariance", err);
  if (out->n_frames == 0 || out->n_space == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "covariance: found %zu frames of %zu cells, expected at least one of each",
                        out->n_frames, out->n_space);
  }
  if (status == FCAST_OK) {
    status = collect(source, out, err);
  }
  if (status != FCAST_OK) {
    fcast_moments_clear(out);
  }
  return status;
}

fcast_status fcast_moments_merge(fcast_moments *sum, fcast_moments *other, fcast_error *err) {
  if (sum->n_frames == 0) {
    fcast_moments_clear(sum);
    *sum = *other;
    *other = (fcast_moments){0};
    return FCAST_OK;
  }
  const size_t n_space = sum->n_space;
  if (other->n_space != n_space) {
    return fcast_fail(err, FCAST_E_SHAPE, "moments of %zu cells do not go with those of %zu", other->n_space, n_space);
  }
  double *difference = other->mean; /* of the means; `other` is given up */
  const double n_sum = (double)sum->n_frames;
  const double n_other = (double)other->n_frames;
  for (size_t i = 0; i < n_space; i++) {
    difference[i] -= sum->mean[i];
    sum->mean[i] += difference[i] * (n_other / (n_sum + n_other));
  }
#pragma omp parallel for schedule(dynamic, 64)
  for (size_t i = 0; i < n_space; i++) {
    for (size_t j = 0; j <= i; j++) {
      sum->gram[i * n_space + j] += other->gram[i * n_space + j];
    }
  }
  subtract_outer_product(difference, n_space, -n_sum * n_other / (n_sum + n_other), sum->gram);
  sum->n_frames += other->n_frames;
  fcast_moments_clear(other);
  return FCAST_OK;
}

void fcast_moments_clear(fcast_moments *moments) {
  fcast_free(moments->mean);
  fcast_free(moments->gram);
  *moments = (fcast_moments){0};
}
