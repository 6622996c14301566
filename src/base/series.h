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

/* Frames of runs [first, last). */
size_t fcast__series_n_frames(const fcast_series_source *source, size_t first, size_t last);

/* How one run is read; called from several threads at once, each with its own i_run. */
typedef fcast_status (*fcast_read_run)(void *context, size_t i_run, double *frames, fcast_error *err);

/* For the `read` of a source whose runs are read one by one: runs [first, last) one behind the other into `frames`,
 * several at a time. On failure the error is that of the lowest run that failed. */
FCAST_MUST_CHECK fcast_status fcast__series_read_each(const size_t *n_frames, size_t width, size_t first, size_t last,
                                                      fcast_read_run read, void *context, double *frames,
                                                      fcast_error *err);

/* Runs [first, last) of a source, as a source of their own: fill in the members, which are borrowed. */
typedef struct fcast_series_part {
  const fcast_series_source *whole;
  size_t first, last;
} fcast_series_part;

fcast_series_source fcast__series_part(fcast_series_part *part);

#endif
