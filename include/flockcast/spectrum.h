/* SPDX-License-Identifier: MIT
 *
 * Stability of a model: the eigenvalues of its companion matrix.
 *
 * A model y_t = sum_i A_i y_{t-i} moves the last p frames, newest first, by the matrix with A_1 ... A_p in its first
 * block row and identities below. A mode of motion with eigenvalue z is multiplied by z every frame: it grows where
 * |z| > 1 and turns by arg z. The largest |z|, the spectral radius, says whether a closed loop can run for ever.
 * Source: Luetkepohl 2005, section 2.1.1.
 */
#ifndef FLOCKCAST_SPECTRUM_H
#define FLOCKCAST_SPECTRUM_H

#include "flockcast/mvar.h"

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A radius above this is called unstable; up to it, rounding. */
#define FCAST_UNSTABLE_RADIUS (1.0 + 1e-9)

/* Eigenvalues of the companion matrix. Owner: the caller, fcast_spectrum_clear. */
typedef struct fcast_spectrum {
  double radius;            /* the largest modulus, per frame; inf where it exceeds the range of a double */
  double residual;          /* see fcast_mvar_spectrum; 0 where all eigenvalues were computed */
  size_t n_vectors;         /* size of the basis in which they were found */
  size_t n_values;          /* eigenvalues listed */
  double *real, *imaginary; /* [n_values]: largest modulus first; of a pair, the positive imaginary part first */
} fcast_spectrum;

/* The spectral radius of a model, and its n_leading eigenvalues of largest modulus (0: the radius alone; at most p r;
 * the last one may be half of a pair).
 *
 * Accuracy: up to order p r = 256 all eigenvalues are computed, to rounding. Beyond, the values are found in a Krylov
 * space that grows until ||C x - z x|| <= 1e-8 |z| for each of them, where C is the companion matrix (its frames scaled
 * so that old and new weigh alike): each is an eigenvalue of a matrix within 1e-8 |z| of C. Where that takes the whole
 * order they are to rounding again. As always, a k-fold defective eigenvalue is known to the k-th root of that only;
 * and beyond order 256 a multiple one may be listed fewer times than its multiplicity.
 *
 * Works on the calling thread; the result depends on the model alone. Errors: FCAST_E_ARG where a coefficient is not
 * finite; FCAST_E_NOMEM; FCAST_E_NUMERIC where LAPACK gives up. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_mvar_spectrum(const fcast_mvar *mvar, size_t n_leading,
                                                            fcast_spectrum *out, fcast_error *err);

/* Make a model of the given spectral radius stable: where it is above 1, A_i is divided by radius^i, which divides
 * every eigenvalue of the companion matrix by the radius and leaves frequencies and relative growth as they are. */
FCAST_API void fcast_mvar_stabilise(fcast_mvar *mvar, double radius);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_spectrum_clear(fcast_spectrum *spectrum);

/* Growth rate of a motion of modulus `radius` per frame, frames `frame_interval` time units apart: ln(radius) /
 * frame_interval, per time unit. Positive: it grows; -inf for radius 0. */
static inline double fcast_growth_rate(double radius, double frame_interval) {
  return log(radius) / frame_interval;
}

/* Frequency of a motion with eigenvalue real + i imaginary: its argument / (2 pi frame_interval), in cycles per time
 * unit, from -1/2 to 1/2 cycle a frame. Faster motion is seen as slower: frames cannot tell. */
static inline double fcast_frequency(double real, double imaginary, double frame_interval) {
  const double two_pi = 6.283185307179586;
  return atan2(imaginary, real) / (two_pi * frame_interval);
}

#ifdef __cplusplus
}
#endif
#endif
