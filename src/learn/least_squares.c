/* SPDX-License-Identifier: MIT */
#include "learn/least_squares.h"

#include "flockcast/array.h"
#include "linalg/factor.h"

#include <math.h>
#include <string.h>

void fcast__add_outer(const double *restrict row, size_t n, double factor, double *restrict matrix) {
  for (size_t k = 0; k < n; k++) {
    const double scaled = factor * row[k];
    for (size_t l = 0; l <= k; l++) {
      matrix[k * n + l] += scaled * row[l];
    }
  }
}

fcast_status fcast__solve_held(double *matrix, size_t n, double *x, fcast_error *err) {
  double trace = 0.0;
  double condition;
  for (size_t k = 0; k < n; k++) {
    trace += matrix[k * n + k];
  }
  if (!(trace > 0.0)) {
    memset(x, 0, n * sizeof *x);
    return FCAST_OK;
  }
  return fcast__cholesky_solve(matrix, n, n, 1e-9 * trace / (double)n, x, 1, n, &condition, err);
}

fcast_status fcast__least_squares_create(size_t n, fcast_least_squares *out, fcast_error *err) {
  *out = (fcast_least_squares){.n = n};
  out->normal = fcast_alloc_array(n, n * sizeof *out->normal);
  out->right = fcast_alloc_array(n, sizeof *out->right);
  out->row = fcast_alloc_array(n, sizeof *out->row);
  return out->normal == NULL || out->right == NULL || out->row == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu unknowns", n)
             : FCAST_OK;
}

void fcast__least_squares_clear(fcast_least_squares *sums) {
  fcast_free(sums->normal);
  fcast_free(sums->right);
  fcast_free(sums->row);
  *sums = (fcast_least_squares){0};
}

void fcast__least_squares_add(fcast_least_squares *sums, double factor, double target) {
  fcast__add_outer(sums->row, sums->n, factor, sums->normal);
  for (size_t k = 0; k < sums->n; k++) {
    sums->right[k] += factor * sums->row[k] * target;
  }
  sums->squares += factor * target * target;
  sums->rows += factor;
}

fcast_status fcast__least_squares_solve(fcast_least_squares *sums, double *f_statistic, fcast_error *err) {
  const size_t n = sums->n;
  memcpy(sums->row, sums->right, n * sizeof *sums->row);
  const fcast_status status = fcast__solve_held(sums->normal, n, sums->right, err);
  double explained = 0.0;
  for (size_t k = 0; k < n; k++) {
    explained += sums->row[k] * sums->right[k];
  }
  *f_statistic = explained / (double)n / fmax((sums->squares - explained) / fmax(sums->rows - (double)n, 1.0), 1e-300);
  return status;
}
