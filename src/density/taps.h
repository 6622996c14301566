/* SPDX-License-Identifier: MIT
 *
 * The inner loop of smoothing: a weighted sum of pairs of rows, for every level of vector instructions.
 */
#ifndef FLOCKCAST_DENSITY_TAPS_H
#define FLOCKCAST_DENSITY_TAPS_H

#include <stddef.h>

/* One distance of a symmetric kernel: the rows that lie there on either side share its weight. */
typedef struct fcast_tap {
  double weight;
  const double *before, *behind;
} fcast_tap;

/* out[i] = sum over the taps, in their order, of weight * (before[i] + behind[i]), for i = 0..n-1; zeros without taps.
 * `out` must not overlap the rows. */
typedef void fcast_taps_sum(const fcast_tap *taps, size_t n_taps, size_t n, double *restrict out);

/* The sum compiled for the level of vector instructions in use (base/cpu.h). Every value is made of the same operations
 * in the same order, so all of them give the same bits. */
fcast_taps_sum *fcast__taps_sum(void);

#endif
