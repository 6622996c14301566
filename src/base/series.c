/* SPDX-License-Identifier: MIT */
#include "base/series.h"

#include <string.h>

size_t fcast__series_block(const fcast_series_source *source, size_t first, size_t min_frames, size_t *last) {
  size_t n_frames = 0;
  size_t run = first;
  while (run < source->n_runs && n_frames < min_frames) {
    n_frames += source->n_frames[run++];
  }
  *last = run;
  return n_frames;
}

size_t fcast__series_n_frames(const fcast_series_source *source, size_t first, size_t last) {
  size_t n_frames = 0;
  for (size_t run = first; run < last; run++) {
    n_frames += source->n_frames[run];
  }
  return n_frames;
}

size_t fcast__series_largest_block(const fcast_series_source *source, size_t min_frames) {
  size_t largest = 0;
  for (size_t first = 0, last = 0; first < source->n_runs; first = last) {
    const size_t n_frames = fcast__series_block(source, first, min_frames, &last);
    largest = n_frames > largest ? n_frames : largest;
  }
  return largest;
}

fcast_status fcast__series_read_each(const size_t *n_frames, size_t width, size_t first, size_t last,
                                     fcast_read_run read, void *context, double *frames, fcast_error *err) {
  size_t *offset = fcast_alloc_array(last - first + 1, sizeof *offset);
  if (offset == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", last - first);
  }
  for (size_t run = first; run < last; run++) {
    offset[run - first + 1] = offset[run - first] + n_frames[run] * width;
  }
  fcast_status status = FCAST_OK;
  size_t failed_run = last;
#pragma omp parallel for schedule(dynamic)
  for (size_t run = first; run < last; run++) {
    fcast_error run_error;
    const fcast_status run_status = read(context, run, frames + offset[run - first], &run_error);
    if (run_status != FCAST_OK) {
#pragma omp critical(fcast_series_failure)
      if (run < failed_run) {
        failed_run = run;
        status = run_status;
        if (err != NULL) {
          *err = run_error;
        }
      }
    }
  }
  fcast_free(offset);
  return status;
}

static fcast_status read_part(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const fcast_series_part *part = context;
  return part->whole->read(part->whole->context, part->first + first, part->first + last, frames, err);
}

fcast_series_source fcast__series_part(fcast_series_part *part) {
  return (fcast_series_source){.n_runs = part->last - part->first,
                               .width = part->whole->width,
                               .n_frames = part->whole->n_frames + part->first,
                               .context = part,
                               .read = read_part};
}

static fcast_status read_memory(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const fcast_memory_series *series = context;
  size_t before = 0;
  size_t wanted = 0;
  (void)err;
  for (size_t run = 0; run < last; run++) {
    *(run < first ? &before : &wanted) += series->n_frames[run];
  }
  memcpy(frames, series->values + before * series->width, wanted * series->width * sizeof *frames);
  return FCAST_OK;
}

fcast_series_source fcast_memory_source(fcast_memory_series *series, size_t n_runs) {
  return (fcast_series_source){
      .n_runs = n_runs, .width = series->width, .n_frames = series->n_frames, .context = series, .read = read_memory};
}
