/* SPDX-License-Identifier: MIT */
#include "linalg/vectors.h"

#include <math.h>

enum { PARTS = 8 };

static double dot(const double *a, const double *b, size_t n) {
  double part[PARTS] = {0.0};
  size_t i = 0;
  for (; i + PARTS <= n; i += PARTS) {
    for (size_t k = 0; k < PARTS; k++) {
      part[k] += a[i + k] * b[i + k];
    }
  }
  for (size_t k = 0; i + k < n; k++) {
    part[k] += a[i + k] * b[i + k];
  }
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

double fcast__norm(const double *x, size_t n) {
  return sqrt(dot(x, x, n));
}

void fcast__matrix_vector(const double *a, size_t m, size_t n, const double *x, double *out) {
  for (size_t i = 0; i < m; i++) {
    out[i] = dot(a + i * n, x, n);
  }
}

void fcast__subtract_rows(const double *a, size_t m, size_t n, const double *weights, double *x) {
  size_t i = 0;
  for (; i + 4 <= m; i += 4) { /* four rows at a time: x passes through the registers less often */
    const double *row = a + i * n;
    for (size_t j = 0; j < n; j++) {
      x[j] -= (weights[i] * row[j] + weights[i + 1] * row[n + j]) +
              (weights[i + 2] * row[2 * n + j] + weights[i + 3] * row[3 * n + j]);
    }
  }
  for (; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      x[j] -= weights[i] * a[i * n + j];
    }
  }
}
