/* SPDX-License-Identifier: MIT
 *
 * The leading eigenpairs of a symmetric matrix: as many as hold a given share of its trace, and no more.
 */
#ifndef FLOCKCAST_LINALG_LEADING_H
#define FLOCKCAST_LINALG_LEADING_H

#include "flockcast/listener.h"
#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct fcast_leading {
  size_t n; /* order of the matrix */
  size_t n_pairs;
  double *values;  /* [pair], decreasing */
  double *vectors; /* [pair, n], orthonormal rows */
  double share;    /* of all positive eigenvalues that `values` hold */
  bool is_lanczos; /* found by block Lanczos */
} fcast_leading;

/* The fewest largest eigenvalues of the positive semidefinite a[n, n] (its lower triangle) whose sum reaches `share`
 * (0 < share <= 1) of the sum of all, with their vectors; none where the matrix is zero or not finite. Eigenvalues
 * that are rounding beside the first do not count. `a` is overwritten.
 *
 * Block Lanczos with full reorthogonalisation (Golub and Underwood 1977; Golub and Van Loan 2013, 10.3.6) where few
 * pairs of a large matrix are wanted, residuals at most 1e-14 of the first eigenvalue; the whole tridiagonal
 * reduction otherwise. Results do not depend on the number of threads. `listener`: or NULL.
 * Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__leading_pairs(double *a, size_t n, double share, const fcast_listener *listener,
                                                   fcast_leading *out, fcast_error *err);
void fcast__leading_clear(fcast_leading *leading);

#endif
