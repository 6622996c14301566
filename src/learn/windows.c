/* SPDX-License-Identifier: MIT */
#include "learn/windows.h"

#include "base/listen.h"
#include "base/series.h"
#include "linalg/products.h"

#include <string.h>

/* Frames whose windows are formed at a time. */
enum { BLOCK_FRAMES = 2048 };

fcast_status fcast__windows_create(const fcast_series_source *source, size_t lag, fcast_windows *out,
                                   fcast_error *err) {
  *out = (fcast_windows){.lag = lag, .n_modes = source->width, .width = (lag + 1) * source->width};
  const size_t n_frames = fcast__windows_largest(source);
  out->series = fcast_alloc_unfilled(n_frames * out->n_modes, sizeof(double));
  out->windows = fcast_alloc_unfilled(n_frames * out->width, sizeof(double));
  if (out->series == NULL || out->windows == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for windows of %zu frames of %zu modes", lag + 1,
                      out->n_modes);
  }
  return FCAST_OK;
}

void fcast__windows_clear(fcast_windows *windows) {
  fcast_free(windows->series);
  fcast_free(windows->windows);
  *windows = (fcast_windows){0};
}

size_t fcast__windows_largest(const fcast_series_source *source) {
  return fcast__series_largest_block(source, BLOCK_FRAMES);
}

fcast_status fcast__windows_read(const fcast_series_source *source, size_t first, size_t *last, fcast_windows *windows,
                                 fcast_error *err) {
  (void)fcast__series_block(source, first, BLOCK_FRAMES, last);
  const fcast_status status = source->read(source->context, first, *last, windows->series, err);
  if (status != FCAST_OK) {
    return status;
  }
  windows->n_windows = 0;
  const double *run_series = windows->series;
  for (size_t run = first; run < *last; run++) {
    for (size_t frame = windows->lag; frame < source->n_frames[run]; frame++) {
      /* lag + 1 consecutive frames lie side by side in memory already */
      memcpy(windows->windows + windows->n_windows * windows->width,
             run_series + (frame - windows->lag) * windows->n_modes, windows->width * sizeof(double));
      windows->n_windows++;
    }
    run_series += source->n_frames[run] * windows->n_modes;
  }
  return FCAST_OK;
}

fcast_status fcast__windows_moments(const fcast_series_source *source, fcast_windows *windows,
                                    const fcast_listener *listener, double *moments, double *target_sum,
                                    size_t *n_windows, fcast_error *err) {
  const size_t target = windows->lag * windows->n_modes;
  *n_windows = 0;
  for (size_t first = 0, last = 0; first < source->n_runs; first = last) {
    fcast_status status = fcast__windows_read(source, first, &last, windows, err);
    if (status == FCAST_OK) {
      status = fcast__gram_of_columns_add(windows->windows, windows->n_windows, windows->width, moments, err);
    }
    if (status != FCAST_OK) {
      return status;
    }
    for (size_t i = 0; i < windows->n_windows; i++) {
      for (size_t k = 0; k < windows->n_modes; k++) {
        target_sum[k] += windows->windows[i * windows->width + target + k];
      }
    }
    *n_windows += windows->n_windows;
    fcast__tell(listener, (double)last / (double)source->n_runs);
  }
  return FCAST_OK;
}

fcast_status fcast__windows_add(const fcast_series_source *source, size_t first, size_t last, size_t lag,
                                double *moments, size_t *n_windows, fcast_error *err) {
  if (first == last) {
    return FCAST_OK;
  }
  fcast_series_part part = {source, first, last};
  const fcast_series_source runs = fcast__series_part(&part);
  fcast_windows windows = {0};
  size_t n = 0;
  double *target_sum = fcast_alloc_array(source->width, sizeof *target_sum);
  fcast_status status = target_sum == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for windows")
                                           : fcast__windows_create(&runs, lag, &windows, err);
  if (status == FCAST_OK) {
    status = fcast__windows_moments(&runs, &windows, NULL, moments, target_sum, &n, err);
  }
  *n_windows += n;
  fcast__windows_clear(&windows);
  fcast_free(target_sum);
  return status;
}
