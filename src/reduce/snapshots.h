/* SPDX-License-Identifier: MIT
 *
 * At most as many training frames as cells: kept whole, with their Gram matrix (Sirovich's method of snapshots).
 */
#ifndef FLOCKCAST_REDUCE_SNAPSHOTS_H
#define FLOCKCAST_REDUCE_SNAPSHOTS_H

#include "flockcast/array.h"

typedef struct fcast_snapshots {
  size_t n_frames, n_space;
  double *mean;   /* [cell] */
  double *frames; /* [frame, cell], mean subtracted */
  double *gram;   /* [frame, frame], lower triangle: frames frames^T */
} fcast_snapshots;

/* Read all runs of `source` once, in parallel; the same bits for any number of threads. `listener` hears of what comes
 * after reading.
 * Errors: those of the source; FCAST_E_SHAPE where there is no frame; FCAST_E_NUMERIC beyond 23,000 frames;
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__snapshots_read(const fcast_series_source *source, const fcast_listener *listener,
                                                    fcast_snapshots *out, fcast_error *err);
void fcast__snapshots_clear(fcast_snapshots *snapshots);

#endif
