/* SPDX-License-Identifier: MIT
 *
 * Factorisations: symmetric eigenproblem, orthonormal rows, Cholesky solve.
 */
#ifndef FLOCKCAST_LINALG_FACTOR_H
#define FLOCKCAST_LINALG_FACTOR_H

#include "flockcast/listener.h"
#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A symmetric matrix reduced to tridiagonal form. Eigenvalues come first; the number of vectors can then be chosen. */
typedef struct fcast_eigen {
  size_t n;
  double *values;       /* [n], decreasing */
  double *reduced;      /* borrowed: the matrix given, overwritten by the reflections */
  double *diagonal;     /* [n] */
  double *off_diagonal; /* [n] */
  double *tau;          /* [n] */
} fcast_eigen;

/* All eigenvalues of the symmetric a[n, n] (its lower triangle), which is overwritten and must outlive `eigen`.
 * `listener`: or NULL. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__eigen_create(double *a, size_t n, const fcast_listener *listener,
                                                  fcast_eigen *eigen, fcast_error *err);

/* Orthonormal eigenvectors of the `k` largest eigenvalues, largest first, into vectors[k, n]. Once for an `eigen`.
 * `listener`: or NULL. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__eigen_vectors(fcast_eigen *eigen, size_t k, const fcast_listener *listener,
                                                   double *vectors, fcast_error *err);
void fcast__eigen_clear(fcast_eigen *eigen);

/* Make the rows of a[k, n], k <= n, orthonormal: each row keeps its direction up to sign after those before it
 * (Householder). Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__orthonormalise_rows(double *a, size_t k, size_t n, fcast_error *err);

/* out[k, n] = the rows of a[k, n] made orthonormal in order, where gram[k, k] = a a^T (its lower triangle) is known,
 * which is overwritten: l^-1 a with l l^T = gram, many times faster than Householder's way. `done` is false, and `out`
 * is not touched, where the rows are so nearly dependent that the result would not be orthonormal to about 1e-9: call
 * twice, or the function above. `listener`: or NULL. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__orthonormalise_by_gram(const double *a, double *gram, size_t k, size_t n,
                                                            const fcast_listener *listener, double *out, bool *done,
                                                            fcast_error *err);

/* Solve (s + alpha I) x_j = b_j for the rows b_j of b[n_right, n] in place. s[n, n] (its lower triangle) has row stride
 * `stride_s`, b has `stride_b`; s is overwritten. `condition` gets the estimated 1-norm condition number.
 * Errors: FCAST_E_NUMERIC where s + alpha I is not positive definite, with the order at which it failed in the text;
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__cholesky_solve(double *s, size_t n, size_t stride_s, double alpha, double *b,
                                                    size_t n_right, size_t stride_b, double *condition,
                                                    fcast_error *err);

#endif
