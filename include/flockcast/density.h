/* SPDX-License-Identifier: MIT
 *
 * Density: particle positions to smooth density fields.
 *
 * The histogram over the cell area, smoothed by a sampled, normalised Gaussian cut at four standard deviations: the
 * same numbers as scipy.ndimage.gaussian_filter. Source: docs/method.md, "Densities".
 */
#ifndef FLOCKCAST_DENSITY_H
#define FLOCKCAST_DENSITY_H

#include "flockcast/array.h"
#include "flockcast/simulate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fcast_density_options {
  int64_t nx, ny;          /* cells, at least 1 each */
  double bandwidth;        /* sigma in cells; 0: the bare histogram */
  double box_x, box_y;     /* length units */
  fcast_boundary boundary; /* periodic wraps, reflecting repeats the edge cell */
} fcast_density_options;

/* FCAST_OK where the options are usable. Errors: FCAST_E_CONFIG, naming the key. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_density_options_check(const fcast_density_options *options,
                                                                    fcast_error *err);

/* Density of every frame of `tracks`. Positions outside the box do not count, as in numpy.histogram2d, nor agents that
 * are not there. The sum of a frame times the cell area is the number of those there in a periodic box; at walls, where
 * the edge cell is repeated, only for agents farther from them than the kernel reaches. `out` is allocated here; the
 * caller clears it; empty on failure. Thread-safe. Errors: FCAST_E_CONFIG, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_density_estimate(const fcast_tracks *tracks,
                                                               const fcast_density_options *options, fcast_fields *out,
                                                               fcast_error *err);

/* Moments of the headings of every frame, on the same cells with the same kernel: out[frame, 2 * n_moments, y, x] gets
 * the densities of |v| cos n theta and |v| sin n theta for n = 1 (the momentum), 2 (the nematic tensor), ...
 * n_moments, the angular Fourier components of the one-particle distribution (Bertin, Droz and Gregoire 2006).
 * Thread-safe. Errors: FCAST_E_ARG without velocities, FCAST_E_CONFIG, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_density_moments(const fcast_tracks *tracks,
                                                              const fcast_density_options *options, size_t n_moments,
                                                              double *out, fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
