/* SPDX-License-Identifier: MIT
 *
 * Matrix products of row-major matrices: our own kernel (linalg/panels.h), run in parallel over tiles of the result.
 * Every entry is summed in one fixed order, so that neither the number of threads, nor the machine's vector
 * instructions, nor the BLAS at hand changes a bit.
 *
 * Errors of all: FCAST_E_NOMEM.
 */
#ifndef FLOCKCAST_LINALG_PRODUCTS_H
#define FLOCKCAST_LINALG_PRODUCTS_H

#include "flockcast/listener.h"
#include "flockcast/status.h"

#include <stddef.h>

/* gram[m, m] = a a^T for a[m, n]; the lower triangle (column <= row), and no value above it that means anything.
 * `listener`: or NULL. */
FCAST_MUST_CHECK fcast_status fcast__gram_of_rows(const double *a, size_t m, size_t n, const fcast_listener *listener,
                                                  double *gram, fcast_error *err);

/* gram[n, n] += a^T a for a[m, n]; the lower triangle (column <= row) only. */
FCAST_MUST_CHECK fcast_status fcast__gram_of_columns_add(const double *a, size_t m, size_t n, double *gram,
                                                         fcast_error *err);

/* c[m, n] = a[m, k] b[k, n]. */
FCAST_MUST_CHECK fcast_status fcast__multiply(const double *a, const double *b, size_t m, size_t k, size_t n,
                                              const fcast_listener *listener, double *c, fcast_error *err);

/* c[m, n] = a[m, k] b[n, k]^T. */
FCAST_MUST_CHECK fcast_status fcast__multiply_transposed(const double *a, const double *b, size_t m, size_t k, size_t n,
                                                         double *c, fcast_error *err);

/* c[m, n] += a[k, m]^T b[k, n]. */
FCAST_MUST_CHECK fcast_status fcast__multiply_columns_add(const double *a, const double *b, size_t k, size_t m,
                                                          size_t n, double *c, fcast_error *err);

#endif
