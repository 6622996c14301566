/* SPDX-License-Identifier: MIT
 *
 * Reduce: proper orthogonal decomposition of the training snapshots.
 *
 * Sources: Sirovich 1987 (method of snapshots); SPEC section 2, "POD".
 */
#ifndef FLOCKCAST_POD_H
#define FLOCKCAST_POD_H

#include "flockcast/array.h"
#include "flockcast/moments.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A basis: density = modes * coefficients + mean. Owner: whoever fitted or read it calls fcast_pod_clear. */
typedef struct fcast_pod {
  size_t n_space;          /* cells of a frame */
  size_t n_modes;          /* R_POD */
  double *modes;           /* U: [cell, mode], orthonormal columns; entry of largest magnitude positive */
  double *singular_values; /* S: [mode], decreasing */
  double *mean;            /* [cell]: mean over all training snapshots */
  double energy;           /* share of the squared singular values the modes hold */
  double target_energy;    /* what was asked for */
  bool is_lanczos;         /* fitted by block Lanczos; by the whole reduction, or read from a file, where it is false */
} fcast_pod;

/* Fit a basis with the fewest modes whose squared singular values reach `target_energy` (0 < target <= 1) of the total,
 * from all frames of `source`.
 *
 * Memory: where there are at most as many frames as cells, all frames and their Gram matrix; where there are more, the
 * cells x cells covariance matrix and a block of runs, however many runs there are. The source is read once.
 * Singular values are right to 1e-8 of the largest, the modes orthonormal to 1e-12. Results do not depend on the
 * number of threads. `out` is allocated here; the caller clears it; empty on failure.
 * Errors: FCAST_E_ARG; FCAST_E_NOMEM; FCAST_E_NUMERIC, also where all frames are equal; those of the source. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_fit(const fcast_series_source *source, double target_energy,
                                                      fcast_pod *out, fcast_error *err);

/* The same from the moments of the frames, whose covariance is overwritten: for ensembles collected in parts. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_fit_moments(fcast_moments *moments, double target_energy,
                                                              fcast_pod *out, fcast_error *err);

/* Coefficients [frame, mode] = (frames - mean) * modes of `n_frames` frames [frame, cell]. Thread-safe.
 * Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_project(const fcast_pod *pod, const double *frames, size_t n_frames,
                                                          double *coefficients, fcast_error *err);

/* Frames [frame, cell] = coefficients * modes^T + mean. Thread-safe. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_lift(const fcast_pod *pod, const double *coefficients,
                                                       size_t n_frames, double *frames, fcast_error *err);

/* The share of the total energy that the first `n_modes` modes hold, or all of them where they are fewer; 0 where there
 * is none. */
FCAST_API double fcast_pod_share(const fcast_pod *pod, size_t n_modes);

/* A copy of the first `n_modes` modes (1 to pod->n_modes). Errors: FCAST_E_ARG, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pod_truncate(const fcast_pod *pod, size_t n_modes, fcast_pod *out,
                                                           fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_pod_clear(fcast_pod *pod);

#ifdef __cplusplus
}
#endif
#endif
