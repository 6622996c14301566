/* SPDX-License-Identifier: MIT
 *
 * The inner loop of the field model: one source cell spread by a kernel, for every level of vector instructions.
 */
#ifndef FLOCKCAST_FORECAST_SCATTER_H
#define FLOCKCAST_FORECAST_SCATTER_H

#include "forecast/field_grid.h"

/* Add a source of strengths x and y, times the kernel's first and last component, to two fields of row length `stride`
 * at the corner of the kernel. */
typedef void fcast_scatter(const fcast_stencil *stencil, size_t stride, double x, double y, double *restrict halo_x,
                           double *restrict halo_y);

/* The loop compiled for the level of vector instructions in use (base/cpu.h). Every value is made of the same
 * operations in the same order, so all of them give the same bits. */
fcast_scatter *fcast__scatter(void);

#endif
