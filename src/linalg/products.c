/* SPDX-License-Identifier: MIT */
#include "linalg/products.h"

#include "linalg/lapack.h"

enum { TILE = 512 };

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Row-major c[m, n] = beta c + op(a) op(b): the column-major product with the factors exchanged. */
static void gemm(const char *trans_a, const char *trans_b, size_t m, size_t n, size_t k, const double *a, size_t lda,
                 const double *b, size_t ldb, double beta, double *c, size_t ldc) {
  const fcast_blas_int rows = (fcast_blas_int)m;
  const fcast_blas_int columns = (fcast_blas_int)n;
  const fcast_blas_int inner = (fcast_blas_int)k;
  const fcast_blas_int stride_a = (fcast_blas_int)lda;
  const fcast_blas_int stride_b = (fcast_blas_int)ldb;
  const fcast_blas_int stride_c = (fcast_blas_int)ldc;
  const double one = 1.0;
  dgemm_(trans_b, trans_a, &columns, &rows, &inner, &one, b, &stride_b, a, &stride_a, &beta, c, &stride_c);
}

/* Tile number t of the lower triangle: row and column of tiles. */
static void lower_tile(size_t t, size_t *row, size_t *column) {
  *row = 0;
  while ((*row + 1) * (*row + 2) / 2 <= t) {
    (*row)++;
  }
  *column = t - *row * (*row + 1) / 2;
}

/* gram[order, order] = beta gram + the products of slices of `a`, tile by tile of the lower triangle. Slice k begins at
 * a + k * step; `trans` and `other` say how a slice enters on the left and on the right. */
static void gram_tiles(const char *trans, const char *other, const double *a, size_t stride, size_t step, size_t order,
                       size_t n_inner, double beta, double *gram) {
  fcast__blas_serial();
  const size_t n_tiles = (order + TILE - 1) / TILE;
#pragma omp parallel for schedule(dynamic)
  for (size_t t = 0; t < n_tiles * (n_tiles + 1) / 2; t++) {
    size_t row;
    size_t column;
    lower_tile(t, &row, &column);
    gemm(trans, other, smaller(TILE, order - row * TILE), smaller(TILE, order - column * TILE), n_inner,
         a + row * TILE * step, stride, a + column * TILE * step, stride, beta,
         gram + row * TILE * order + column * TILE, order);
  }
}

void fcast__gram_of_rows(const double *a, size_t m, size_t n, double *gram) {
  gram_tiles("N", "T", a, n, n, m, n, 0.0, gram);
}

void fcast__gram_of_columns_add(const double *a, size_t m, size_t n, double *gram) {
  gram_tiles("T", "N", a, n, 1, n, m, 1.0, gram);
}

void fcast__multiply(const double *a, const double *b, size_t m, size_t k, size_t n, double *c) {
  fcast__blas_serial();
#pragma omp parallel for schedule(dynamic)
  for (size_t first = 0; first < m; first += TILE) {
    gemm("N", "N", smaller(TILE, m - first), n, k, a + first * k, k, b, n, 0.0, c + first * n, n);
  }
}

void fcast__multiply_transposed(const double *a, const double *b, size_t m, size_t k, size_t n, double *c) {
  fcast__blas_serial();
#pragma omp parallel for schedule(dynamic)
  for (size_t first = 0; first < m; first += TILE) {
    gemm("N", "T", smaller(TILE, m - first), n, k, a + first * k, k, b, k, 0.0, c + first * n, n);
  }
}

double fcast__dot(const double *a, const double *b, size_t n) {
  double lane[8] = {0.0};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (size_t j = 0; j < 8; j++) {
      lane[j] += a[i + j] * b[i + j];
    }
  }
  for (size_t j = 0; i < n; i++, j++) {
    lane[j] += a[i] * b[i];
  }
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}
