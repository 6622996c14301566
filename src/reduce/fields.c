/* SPDX-License-Identifier: MIT */
#include "flockcast/fields.h"

#include "base/series.h"

#include <string.h>

/* Frames read whole at a time. */
enum { BLOCK_FRAMES = 256 };

static fcast_status read_block(const fcast_field_picker *picker, size_t first, size_t last, double *whole,
                               double **next, fcast_error *err) {
  const fcast_series_source *fields = picker->fields;
  const size_t n_space = fields->width / picker->n_fields;
  const fcast_status status = fields->read(fields->context, first, last, whole, err);
  const size_t n_frames = status == FCAST_OK ? fcast__series_n_frames(fields, first, last) : 0;
  for (size_t frame = 0; frame < n_frames; frame++) {
    memcpy(*next, whole + frame * fields->width + picker->field * n_space, n_space * sizeof **next);
    *next += n_space;
  }
  return status;
}

static fcast_status read_picked(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const fcast_field_picker *picker = context;
  const fcast_series_source *fields = picker->fields;
  if (picker->n_fields == 1) {
    return fields->read(fields->context, first, last, frames, err);
  }
  double *whole =
      fcast_alloc_unfilled(fcast__series_largest_block(fields, BLOCK_FRAMES) * fields->width, sizeof *whole);
  if (whole == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to read %zu fields of %zu runs", picker->n_fields,
                      last - first);
  }
  fcast_status status = FCAST_OK;
  double *next = frames;
  for (size_t run = first, end = first; status == FCAST_OK && run < last; run = end) {
    (void)fcast__series_block(fields, run, BLOCK_FRAMES, &end);
    end = end < last ? end : last;
    status = read_block(picker, run, end, whole, &next, err);
  }
  fcast_free(whole);
  return status;
}

fcast_series_source fcast_field_source(fcast_field_picker *picker) {
  return (fcast_series_source){.n_runs = picker->fields->n_runs,
                               .width = picker->fields->width / picker->n_fields,
                               .n_frames = picker->fields->n_frames,
                               .context = picker,
                               .read = read_picked};
}
