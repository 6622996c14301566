/* SPDX-License-Identifier: MIT
 *
 * Moments: count, mean and covariance of density frames, which can be collected in parts and merged.
 *
 * What a POD of more frames than cells needs of them, however many there are. Source: Chan, Golub and LeVeque 1979.
 */
#ifndef FLOCKCAST_MOMENTS_H
#define FLOCKCAST_MOMENTS_H

#include "flockcast/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Owner: whoever collected or read them calls fcast_moments_clear. */
typedef struct fcast_moments {
  size_t n_frames;
  size_t n_space;          /* cells of a frame */
  double *mean;            /* [cell] */
  double *gram;            /* [cell, cell], lower triangle: sum over the frames of (frame - mean) (frame - mean)^T */
  fcast_listener listener; /* to what is made of them */
} fcast_moments;

/* Collect the moments of all runs of `source`, which is read once, in blocks: memory does not depend on the number of
 * runs, nor do results on the number of threads. `out` is allocated here; empty on failure.
 * Errors: those of the source; FCAST_E_SHAPE where there is no frame; FCAST_E_NUMERIC beyond 23,000 cells;
 * FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_moments_collect(const fcast_series_source *source, fcast_moments *out,
                                                              fcast_error *err);

/* Make `sum` the moments of the frames of both. An empty `sum` becomes `other`, which is left empty then.
 * Errors: FCAST_E_SHAPE where the cells differ. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_moments_merge(fcast_moments *sum, fcast_moments *other, fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_moments_clear(fcast_moments *moments);

#ifdef __cplusplus
}
#endif
#endif
