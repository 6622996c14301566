/* SPDX-License-Identifier: MIT
 *
 * The training snapshots and the matrix whose eigenproblem gives the modes, by the way that needs less memory.
 */
#ifndef FLOCKCAST_REDUCE_SNAPSHOTS_H
#define FLOCKCAST_REDUCE_SNAPSHOTS_H

#include "flockcast/array.h"

typedef struct fcast_snapshots {
  size_t n_frames, n_space;
  double *mean;   /* [cell] */
  double *frames; /* [frame, cell], mean subtracted; NULL where there are more frames than cells */
  double *gram;   /* [gram_order, gram_order], lower triangle: frames frames^T, or frames^T frames without `frames` */
  size_t gram_order;
} fcast_snapshots;

/* Read all runs of `source` once, in parallel, and form mean and matrix; the same bits for any number of threads.
 * Errors: those of the source; FCAST_E_SHAPE where there is no frame; FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__snapshots_read(const fcast_series_source *source, fcast_snapshots *out,
                                                    fcast_error *err);
void fcast__snapshots_clear(fcast_snapshots *snapshots);

#endif
