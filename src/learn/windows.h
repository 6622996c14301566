/* SPDX-License-Identifier: MIT
 *
 * Training windows: lag + 1 consecutive frames of one run in the order of time, the regressors, oldest first, then the
 * target; never across the end of a run.
 */
#ifndef FLOCKCAST_LEARN_WINDOWS_H
#define FLOCKCAST_LEARN_WINDOWS_H

#include "flockcast/array.h"

/* A block of runs and its windows. */
typedef struct fcast_windows {
  size_t lag, n_modes;
  size_t width;     /* (lag + 1) * n_modes */
  double *series;   /* [frame, mode] of the runs in the block */
  double *windows;  /* [window, width] */
  size_t n_windows; /* in the block */
} fcast_windows;

/* Room for the largest block of `source`. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__windows_create(const fcast_series_source *source, size_t lag, fcast_windows *out,
                                                    fcast_error *err);
void fcast__windows_clear(fcast_windows *windows);

/* Windows of the largest block. */
size_t fcast__windows_largest(const fcast_series_source *source);

/* Read the runs from `first` on and cut each into windows. `last` gets the run behind the block. Errors: those of the
 * source. */
FCAST_MUST_CHECK fcast_status fcast__windows_read(const fcast_series_source *source, size_t first, size_t *last,
                                                  fcast_windows *windows, fcast_error *err);

/* moments[width, width] += the sum of the outer products of all windows (its lower triangle), and target_sum[mode] +=
 * the sum of the targets; `n_windows` gets their number. `listener`: or NULL. Errors: those of the source,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__windows_moments(const fcast_series_source *source, fcast_windows *windows,
                                                     const fcast_listener *listener, double *moments,
                                                     double *target_sum, size_t *n_windows, fcast_error *err);

/* moments[width, width] += those of the windows of runs [first, last) alone, and `n_windows` += their number. Errors:
 * as above. */
FCAST_MUST_CHECK fcast_status fcast__windows_add(const fcast_series_source *source, size_t first, size_t last,
                                                 size_t lag, double *moments, size_t *n_windows, fcast_error *err);

#endif
