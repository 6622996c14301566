/* SPDX-License-Identifier: MIT
 *
 * Small systems from sums over many rows.
 */
#ifndef FLOCKCAST_LEARN_LEAST_SQUARES_H
#define FLOCKCAST_LEARN_LEAST_SQUARES_H

#include "flockcast/status.h"

#include <stddef.h>

/* matrix[n, n] += factor * row row^T, lower triangle. */
void fcast__add_outer(const double *restrict row, size_t n, double factor, double *restrict matrix);

/* Solve matrix * x = x in place, lower triangle, with the lines along which nothing changes held fast: a billionth of
 * the mean of the diagonal is added to it. x = 0 where the matrix is. The matrix is overwritten. Errors:
 * FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__solve_held(double *matrix, size_t n, double *x, fcast_error *err);

/* A least-squares problem of n unknowns: fill `row`, add it with a factor and a target, and again. Owner: the caller.
 */
typedef struct fcast_least_squares {
  size_t n;
  double *normal, *right, *row; /* [n, n], [n], [n] */
  double squares, rows;         /* of the targets, and how many, each by its factor */
} fcast_least_squares;

/* Errors: FCAST_E_NOMEM; the caller clears it whatever happens. */
FCAST_MUST_CHECK fcast_status fcast__least_squares_create(size_t n, fcast_least_squares *out, fcast_error *err);
void fcast__least_squares_clear(fcast_least_squares *sums);
void fcast__least_squares_add(fcast_least_squares *sums, double factor, double target);

/* `right` becomes the solution. `f_statistic` says how much more the unknowns explain than as many that have nothing to
 * do with the targets would: about 1 for those. Errors: FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__least_squares_solve(fcast_least_squares *sums, double *f_statistic,
                                                         fcast_error *err);

#endif
