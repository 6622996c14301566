/* SPDX-License-Identifier: MIT
 *
 * Matrix products of row-major matrices, cut into fixed tiles that run in parallel: the same bits for any number of
 * threads.
 */
#ifndef FLOCKCAST_LINALG_PRODUCTS_H
#define FLOCKCAST_LINALG_PRODUCTS_H

#include <stddef.h>

/* gram[m, m] = a a^T for a[m, n]; the lower triangle (column <= row) only. */
void fcast__gram_of_rows(const double *a, size_t m, size_t n, double *gram);

/* gram[n, n] += a^T a for a[m, n]; the lower triangle (column <= row) only. */
void fcast__gram_of_columns_add(const double *a, size_t m, size_t n, double *gram);

/* c[m, n] = a[m, k] b[k, n]. */
void fcast__multiply(const double *a, const double *b, size_t m, size_t k, size_t n, double *c);

/* c[m, n] = a[m, k] b[n, k]^T. */
void fcast__multiply_transposed(const double *a, const double *b, size_t m, size_t k, size_t n, double *c);

/* Sum of a[i] * b[i]: eight partial sums and a fixed tree, the same bits for every compiler and machine. */
double fcast__dot(const double *a, const double *b, size_t n);

#endif
