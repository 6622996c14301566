/* SPDX-License-Identifier: MIT */
#include "linalg/krylov.h"

#include "flockcast/array.h"
#include "flockcast/random.h"
#include "linalg/factor.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

enum { BLOCK = FCAST_KRYLOV_BLOCK };

fcast_status fcast__krylov_create(const double *a, size_t n, size_t capacity, fcast_krylov *krylov, fcast_error *err) {
  *krylov = (fcast_krylov){.a = a, .n = n, .capacity = capacity};
  krylov->basis = fcast_alloc_unfilled((capacity + BLOCK) * n, sizeof(double));
  krylov->projected = fcast_alloc_unfilled(capacity * capacity, sizeof(double));
  krylov->remainder = fcast_alloc_array((size_t)BLOCK * BLOCK, sizeof(double));
  krylov->gram = fcast_alloc_array((size_t)BLOCK * BLOCK, sizeof(double));
  krylov->images = fcast_alloc_unfilled(BLOCK * n, sizeof(double));
  krylov->components = fcast_alloc_unfilled((capacity + BLOCK) * BLOCK, sizeof(double));
  if (krylov->basis == NULL || krylov->projected == NULL || krylov->remainder == NULL || krylov->gram == NULL ||
      krylov->images == NULL || krylov->components == NULL) {
    fcast__krylov_clear(krylov);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu vectors of an eigenproblem of order %zu", capacity, n);
  }
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, 1);
  fcast_random_normal(&random, FCAST_STREAM_POSITIONS, 0, BLOCK * n, krylov->basis);
  const fcast_status status = fcast__orthonormalise_rows(krylov->basis, BLOCK, n, err);
  if (status != FCAST_OK) {
    fcast__krylov_clear(krylov);
  }
  return status;
}

void fcast__krylov_clear(fcast_krylov *krylov) {
  fcast_free(krylov->basis);
  fcast_free(krylov->projected);
  fcast_free(krylov->remainder);
  fcast_free(krylov->gram);
  fcast_free(krylov->images);
  fcast_free(krylov->components);
  *krylov = (fcast_krylov){0};
}

/* images[j, :] = a times the vectors of the last block. The matrix stays on the left, where it is read in place. */
static fcast_status multiply_last_block(const fcast_krylov *krylov, double *columns, fcast_error *err) {
  const size_t n = krylov->n;
  const double *last = krylov->basis + (krylov->n_vectors - BLOCK) * n;
  const fcast_status status = fcast__multiply_transposed(krylov->a, last, n, n, BLOCK, columns, err);
  if (status != FCAST_OK) {
    return status;
  }
  for (size_t j = 0; j < BLOCK; j++) {
    for (size_t i = 0; i < n; i++) {
      krylov->images[j * n + i] = columns[i * BLOCK + j];
    }
  }
  return FCAST_OK;
}

/* images -= their components along the basis, which are left in `components` with the opposite sign. */
static fcast_status remove_components(const fcast_krylov *krylov, fcast_error *err) {
  const size_t m = krylov->n_vectors;
  fcast_status status =
      fcast__multiply_transposed(krylov->basis, krylov->images, m, krylov->n, BLOCK, krylov->components, err);
  if (status != FCAST_OK) {
    return status;
  }
  for (size_t i = 0; i < m * BLOCK; i++) {
    krylov->components[i] = -krylov->components[i];
  }
  return fcast__multiply_columns_add(krylov->components, krylov->basis, m, BLOCK, krylov->n, krylov->images, err);
}

/* The rows of `projected` for the last block, from the components just removed. */
static void store_components(fcast_krylov *krylov) {
  const size_t first = krylov->n_vectors - BLOCK;
  for (size_t j = 0; j < BLOCK; j++) {
    double *row = krylov->projected + (first + j) * krylov->capacity;
    for (size_t i = 0; i <= first + j; i++) {
      row[i] = -krylov->components[i * BLOCK + j];
    }
  }
}

/* next = images with orthonormal rows. */
static fcast_status orthonormalise_images(fcast_krylov *krylov, double *next, fcast_error *err) {
  bool done = false;
  fcast_status status = fcast__gram_of_rows(krylov->images, BLOCK, krylov->n, NULL, krylov->gram, err);
  if (status == FCAST_OK) {
    status = fcast__orthonormalise_by_gram(krylov->images, krylov->gram, BLOCK, krylov->n, NULL, next, &done, err);
  }
  if (status == FCAST_OK && !done) {
    status = fcast__orthonormalise_rows(krylov->images, BLOCK, krylov->n, err);
    memcpy(next, krylov->images, BLOCK * krylov->n * sizeof *next);
  }
  return status;
}

fcast_status fcast__krylov_step(fcast_krylov *krylov, fcast_error *err) {
  const size_t n = krylov->n;
  krylov->n_vectors += BLOCK;
  double *next = krylov->basis + krylov->n_vectors * n;
  fcast_status status = multiply_last_block(krylov, next, err);
  if (status == FCAST_OK) {
    status = remove_components(krylov, err);
  }
  if (status == FCAST_OK) {
    store_components(krylov);
    status = fcast__gram_of_rows(krylov->images, BLOCK, n, NULL, krylov->remainder, err);
  }
  if (status == FCAST_OK) {
    status = orthonormalise_images(krylov, next, err);
  }
  if (status == FCAST_OK) {
    memcpy(krylov->images, next, BLOCK * n * sizeof *next);
    status = remove_components(krylov, err); /* what rounding left; "twice is enough": Parlett 1998, 6.9 */
  }
  return status == FCAST_OK ? orthonormalise_images(krylov, next, err) : status;
}

double fcast__krylov_residual(const fcast_krylov *krylov, const double *coordinates) {
  const double *last = coordinates + krylov->n_vectors - BLOCK;
  double square = 0.0;
  for (size_t i = 0; i < BLOCK; i++) {
    for (size_t j = 0; j <= i; j++) {
      square += (i == j ? 1.0 : 2.0) * last[i] * last[j] * krylov->remainder[i * BLOCK + j];
    }
  }
  return sqrt(fmax(square, 0.0));
}
