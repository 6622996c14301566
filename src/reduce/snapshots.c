/* SPDX-License-Identifier: MIT */
#include "reduce/snapshots.h"

#include "base/series.h"
#include "linalg/lapack.h"
#include "linalg/products.h"
#include "reduce/centre.h"

static fcast_status read_frames(const fcast_series_source *source, const fcast_listener *listener, fcast_snapshots *out,
                                fcast_error *err) {
  const size_t n = out->n_frames;
  out->mean = fcast_alloc_array(out->n_space, sizeof(double));
  out->frames = fcast_alloc_unfilled(n * out->n_space, sizeof(double));
  out->gram = fcast_alloc_unfilled(n * n, sizeof(double));
  if (out->mean == NULL || out->frames == NULL || out->gram == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for POD of %zu frames of %zu cells", n, out->n_space);
  }
  const fcast_status status = source->read(source->context, 0, source->n_runs, out->frames, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__add_frames(out->frames, n, out->n_space, out->mean);
  for (size_t j = 0; j < out->n_space; j++) {
    out->mean[j] /= (double)n;
  }
  fcast__subtract_from_frames(out->frames, n, out->n_space, out->mean);
  return fcast__gram_of_rows(out->frames, n, out->n_space, listener, out->gram, err);
}

fcast_status fcast__snapshots_read(const fcast_series_source *source, const fcast_listener *listener,
                                   fcast_snapshots *out, fcast_error *err) {
  *out = (fcast_snapshots){.n_frames = fcast__series_n_frames(source, 0, source->n_runs), .n_space = source->width};
  if (out->n_frames == 0 || out->n_space == 0) {
    return fcast_fail(err, FCAST_E_SHAPE, "POD: found %zu training frames of %zu cells, expected at least one of each",
                      out->n_frames, out->n_space);
  }
  fcast_status status = fcast__blas_size(out->n_frames, "POD: the smaller of training frames and cells", err);
  if (status == FCAST_OK) {
    status = read_frames(source, listener, out, err);
  }
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
