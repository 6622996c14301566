/* SPDX-License-Identifier: MIT
 *
 * Counts in cells to a smooth field, one frame at a time.
 */
#ifndef FLOCKCAST_DENSITY_SMOOTH_H
#define FLOCKCAST_DENSITY_SMOOTH_H

#include "flockcast/simulate.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct fcast_smoother fcast_smoother;

/* A smoother for frames of ny x nx cells, with kernels (density/kernel.h) of up to `largest_sigma` cells, aimed at that
 * one. Owner: the caller, fcast__smoother_destroy. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__smoother_create(size_t ny, size_t nx, double largest_sigma,
                                                     fcast_boundary boundary, fcast_smoother **out, fcast_error *err);
void fcast__smoother_destroy(fcast_smoother *smoother);

/* Smooth with another sigma, at most the largest, from now on. */
void fcast__smoother_aim(fcast_smoother *smoother, double sigma);

/* Add to a cell of the frame that is being counted. */
void fcast__smoother_add(fcast_smoother *smoother, size_t row, size_t column, double amount);

/* The smoothed frame into out[ny, nx]; the counts are zero again for the next one. */
void fcast__smoother_finish(fcast_smoother *smoother, double *out);

#endif
