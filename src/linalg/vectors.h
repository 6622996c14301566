/* SPDX-License-Identifier: MIT
 *
 * A matrix times one vector, where linalg/products.h would spend its time packing. Sums of eight interleaved parts in a
 * fixed order, on the calling thread: the same bits on every machine.
 */
#ifndef FLOCKCAST_LINALG_VECTORS_H
#define FLOCKCAST_LINALG_VECTORS_H

#include <stddef.h>

double fcast__norm(const double *x, size_t n);

/* out[m] = a[m, n] x[n]; `out` and `x` must not overlap. */
void fcast__matrix_vector(const double *a, size_t m, size_t n, const double *x, double *out);

/* x[n] -= a[m, n]^T weights[m]. */
void fcast__subtract_rows(const double *a, size_t m, size_t n, const double *weights, double *x);

#endif
