/* SPDX-License-Identifier: MIT
 *
 * The smoothing kernel and the cells of the density grid.
 */
#ifndef FLOCKCAST_DENSITY_KERNEL_H
#define FLOCKCAST_DENSITY_KERNEL_H

#include "flockcast/status.h"

#include <stddef.h>

/* A symmetric kernel: weight[k] at distance k = 0..radius; weight[0] + 2 * sum of the others = 1. */
typedef struct fcast_kernel {
  size_t radius;
  double *weight;
} fcast_kernel;

/* Sampled Gaussian of standard deviation `sigma` cells, cut at radius int(4 sigma + 0.5), normalised; sigma = 0 is the
 * identity. Source: SPEC section 2, "Density" (as scipy.ndimage.gaussian_filter1d). Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__kernel_create(double sigma, fcast_kernel *kernel, fcast_error *err);
void fcast__kernel_clear(fcast_kernel *kernel);

/* Make an existing kernel that of another sigma, at most the one it was created with. */
void fcast__kernel_aim(double sigma, fcast_kernel *kernel);

/* edges[0..n]: numpy.linspace(0, length, n + 1). */
void fcast__cell_edges(double length, size_t n, double *edges);

/* The cell that `position` falls in: edges[i] <= position < edges[i + 1], the last one closed, as numpy.histogram; n
 * where it lies outside. */
size_t fcast__cell_of(double position, double length, size_t n, const double *edges);

#endif
