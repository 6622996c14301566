/* SPDX-License-Identifier: MIT */
#include "reduce/snapshots.h"

#include "base/series.h"
#include "linalg/lapack.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* Frames that go into the covariance at a time: enough for matrix products at full speed, little beside the matrix. */
enum { BLOCK_FRAMES = 1024 };

static size_t total_frames(const fcast_series_source *source) {
  size_t n = 0;
  for (size_t i = 0; i < source->n_runs; i++) {
    n += source->n_frames[i];
  }
  return n;
}

/* sum[cell] += frames - shift, in the order of the frames; columns are split among threads. */
static void add_to_sum(const double *frames, size_t n_frames, size_t n_space, double *sum) {
#pragma omp parallel for schedule(static)
  for (size_t first = 0; first < n_space; first += 512) {
    const size_t last = first + 512 < n_space ? first + 512 : n_space;
    for (size_t i = 0; i < n_frames; i++) {
      const double *frame = frames + i * n_space;
      for (size_t j = first; j < last; j++) {
        sum[j] += frame[j];
      }
    }
  }
}

static void subtract(double *frames, size_t n_frames, size_t n_space, const double *shift) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n_frames; i++) {
    for (size_t j = 0; j < n_space; j++) {
      frames[i * n_space + j] -= shift[j];
    }
  }
}

static fcast_status no_memory(const fcast_snapshots *snapshots, fcast_error *err) {
  return fcast_fail(err, FCAST_E_NOMEM, "out of memory for POD of %zu frames of %zu cells", snapshots->n_frames,
                    snapshots->n_space);
}

/* At most as many frames as cells: keep them, and form their Gram matrix. */
static fcast_status read_stacked(const fcast_series_source *source, fcast_snapshots *out, fcast_error *err) {
  const size_t n = out->n_frames;
  out->gram_order = n;
  out->frames = fcast_alloc_unfilled(n * out->n_space, sizeof(double));
  out->gram = fcast_alloc_unfilled(n * n, sizeof(double));
  if (out->frames == NULL || out->gram == NULL) {
    return no_memory(out, err);
  }
  const fcast_status status = source->read(source->context, 0, source->n_runs, out->frames, err);
  if (status != FCAST_OK) {
    return status;
  }
  add_to_sum(out->frames, n, out->n_space, out->mean);
  for (size_t j = 0; j < out->n_space; j++) {
    out->mean[j] /= (double)n;
  }
  subtract(out->frames, n, out->n_space, out->mean);
  return fcast__gram_of_rows(out->frames, n, out->n_space, out->gram, err);
}

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
      add_to_sum(block, n_frames, n_space, shift);
      for (size_t j = 0; j < n_space; j++) {
        shift[j] /= (double)(n_frames > 0 ? n_frames : 1);
      }
    }
    subtract(block, n_frames, n_space, shift);
    add_to_sum(block, n_frames, n_space, sum);
    status = fcast__gram_of_columns_add(block, n_frames, n_space, gram, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  return FCAST_OK;
}

/* More frames than cells: form the covariance block by block, however many runs there are. */
static fcast_status read_accumulated(const fcast_series_source *source, fcast_snapshots *out, fcast_error *err) {
  const size_t n_space = out->n_space;
  out->gram_order = n_space;
  out->gram = fcast_alloc_array(n_space * n_space, sizeof(double));
  double *block = fcast_alloc_unfilled(fcast__series_largest_block(source, BLOCK_FRAMES) * n_space, sizeof(double));
  double *shift = fcast_alloc_array(n_space, sizeof(double));
  double *sum = fcast_alloc_array(n_space, sizeof(double));
  fcast_status status = FCAST_OK;
  if (out->gram == NULL || block == NULL || shift == NULL || sum == NULL) {
    status = no_memory(out, err);
    goto cleanup;
  }
  status = accumulate_blocks(source, block, shift, sum, out->gram, err);
  if (status == FCAST_OK) {
    const double n = (double)out->n_frames;
    for (size_t i = 0; i < n_space; i++) {
      out->mean[i] = shift[i] + sum[i] / n;
      for (size_t j = 0; j <= i; j++) {
        out->gram[i * n_space + j] -= sum[i] * sum[j] / n;
      }
    }
  }
cleanup:
  fcast_free(block);
  fcast_free(shift);
  fcast_free(sum);
  return status;
}

fcast_status fcast__snapshots_read(const fcast_series_source *source, fcast_snapshots *out, fcast_error *err) {
  *out = (fcast_snapshots){.n_frames = total_frames(source), .n_space = source->width};
  if (out->n_frames == 0 || out->n_space == 0) {
    return fcast_fail(err, FCAST_E_SHAPE, "POD: found %zu training frames of %zu cells, expected at least one of each",
                      out->n_frames, out->n_space);
  }
  const size_t order = out->n_frames < out->n_space ? out->n_frames : out->n_space;
  fcast_status status = fcast__blas_size(order, "POD: the smaller of training frames and cells", err);
  if (status != FCAST_OK) {
    return status;
  }
  out->mean = fcast_alloc_array(out->n_space, sizeof(double));
  if (out->mean == NULL) {
    return no_memory(out, err);
  }
  status = out->n_frames <= out->n_space ? read_stacked(source, out, err) : read_accumulated(source, out, err);
  if (status != FCAST_OK) {
    fcast__snapshots_clear(out);
  }
  return status;
}

void fcast__snapshots_clear(fcast_snapshots *snapshots) {
  fcast_free(snapshots->mean);
  fcast_free(snapshots->frames);
  fcast_free(snapshots->gram);
  *snapshots = (fcast_snapshots){0};
}
