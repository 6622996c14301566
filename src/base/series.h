/* SPDX-License-Identifier: MIT
 *
 * Reading many runs in parallel, in blocks of bounded size.
 */
#ifndef FLOCKCAST_BASE_SERIES_H
#define FLOCKCAST_BASE_SERIES_H

#include "flockcast/array.h"

/* The block of whole runs that begins at run `first`: the fewest with at least `min_frames` frames together. `last`
 * gets the run behind it; returns its frames. */
size_t fcast__series_block(const fcast_series_source *source, size_t first, size_t min_frames, size_t *last);

/* Frames of the largest such block. */
size_t fcast__series_largest_block(const fcast_series_source *source, size_t min_frames);

/* Read runs [first, last) one behind the other into `frames`, several at a time. On failure the error is that of the
 * lowest run that failed. */
FCAST_MUST_CHECK fcast_status fcast__series_read(const fcast_series_source *source, size_t first, size_t last,
                                                 double *frames, fcast_error *err);

#endif
