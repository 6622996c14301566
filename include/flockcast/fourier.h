/* SPDX-License-Identifier: MIT
 *
 * Reduce: Fourier modes of a periodic box, the POD basis of an ensemble together with all its translations.
 *
 * A flock in a periodic box does not care where it is: the average over all shifts of the training frames has a
 * covariance that commutes with shifts, and its eigenvectors are the Fourier modes. Nor does it care about direction:
 * modes of wavevectors of equal length (a shell) obey the same law. Sources: Holmes, Lumley, Berkooz and Rowley 2012,
 * section 3.3 (homogeneous directions); docs/forecasting.md.
 */
#ifndef FLOCKCAST_FOURIER_H
#define FLOCKCAST_FOURIER_H

#include "flockcast/pod.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Wavevectors 2 pi (kx / Lx, ky / Ly) by increasing length, one of each pair +-k, without k = 0: the mass never
 * changes. Wavevector w has the modes 2 w (cosine) and 2 w + 1 (sine). Owner: the caller, fcast_fourier_clear. */
typedef struct fcast_fourier {
  size_t ny, nx; /* cells of the grid */
  size_t n_waves;
  int64_t *waves;      /* [wave, 2]: kx, ky */
  double *direction;   /* [wave, 2]: unit vector along it */
  size_t n_shells;     /* groups of wavevectors of equal length */
  size_t *shell_start; /* [n_shells + 1]: first wavevector of each */
} fcast_fourier;

/* At most this many modes. */
#define FCAST_FOURIER_MODES 512

/* The wavevectors that a density of `ny` x `nx` cells and kernel `bandwidth` resolves: below the grid's own limit, and
 * those whose share of a single particle's spectrum is at least 1 % of the largest (exp(-(k sigma)^2) >= 0.01); at most
 * FCAST_FOURIER_MODES / 2 of them, never part of a shell. Errors: FCAST_E_SHAPE where none is left; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fourier_create(size_t ny, size_t nx, double box_x, double box_y,
                                                             double bandwidth, fcast_fourier *out, fcast_error *err);

/* The same from wavevectors in a file, which must be in order of their shells, one of each pair +-k, below the limit of
 * the grid. Errors: FCAST_E_SHAPE where they are not; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fourier_from_waves(const int64_t *waves, size_t n_waves, size_t ny,
                                                                 size_t nx, double box_x, double box_y,
                                                                 fcast_fourier *out, fcast_error *err);

/* The first `n_modes` modes as a basis: orthonormal cosines and sines at the cell centres, and `mean` (one value) in
 * every cell; singular values are zero until somebody knows them. Errors: FCAST_E_ARG, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fourier_basis(const fcast_fourier *fourier, size_t n_modes, double mean,
                                                            fcast_pod *out, fcast_error *err);

/* coefficients[frame, mode] of frames[frame, y, x] on the first `n_modes` of these modes: what fcast_pod_project makes
 * of them to rounding, row by row and then column by column, in a tenth of the time. Thread-safe; results do not depend
 * on the number of threads. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fourier_project(const fcast_fourier *fourier, size_t n_modes,
                                                              const double *frames, size_t n_frames,
                                                              double *coefficients, fcast_error *err);

/* From the coefficients of a density and the moments of its headings (fcast_density_moments) the part that a linear law
 * without a preferred direction or handedness can couple to the density: the component of each moment along the
 * wavevector, a quarter wave shifted for odd n. For the momentum (n = 1) that is its divergence over |k|.
 * in[frame, 1 + 2 n_moments, mode] to out[frame, 1 + n_moments, mode]. */
FCAST_API void fcast_fourier_longitudinal(const fcast_fourier *fourier, size_t n_modes, size_t n_moments,
                                          const double *in, size_t n_frames, double *out);

FCAST_API void fcast_fourier_clear(fcast_fourier *fourier);

#ifdef __cplusplus
}
#endif
#endif
