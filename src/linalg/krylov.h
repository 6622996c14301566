/* SPDX-License-Identifier: MIT
 *
 * Block Lanczos: a growing orthonormal basis in which the leading eigenvectors of a large matrix are found early.
 */
#ifndef FLOCKCAST_LINALG_KRYLOV_H
#define FLOCKCAST_LINALG_KRYLOV_H

#include "flockcast/status.h"

#include <stddef.h>

/* Vectors added in a step: enough for products at full speed, few enough for a space of high degree. */
enum { FCAST_KRYLOV_BLOCK = 48 };

typedef struct fcast_krylov {
  const double *a; /* borrowed: [n, n], both triangles */
  size_t n;
  size_t capacity;    /* vectors there is room for */
  size_t n_vectors;   /* vectors whose images are known: a multiple of the block */
  double *basis;      /* [capacity, n]: orthonormal rows; the block behind n_vectors is the next to take */
  double *projected;  /* [capacity, capacity], lower triangle: basis a basis^T */
  double *remainder;  /* [block, block], lower triangle: Gram matrix of the part of the last images outside the basis */
  double *gram;       /* workspace: [block, block] */
  double *images;     /* workspace: [block, n] */
  double *components; /* workspace: [capacity, block] */
} fcast_krylov;

/* Room for `capacity` vectors (a multiple of the block, less than n) and a first random block, the same every time.
 * Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__krylov_create(const double *a, size_t n, size_t capacity, fcast_krylov *krylov,
                                                   fcast_error *err);
void fcast__krylov_clear(fcast_krylov *krylov);

/* Take one block more; at most capacity / block times. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__krylov_step(fcast_krylov *krylov, fcast_error *err);

/* How far a vector of the space is from being an eigenvector: ||a v - value v|| for the eigenvector of `projected` with
 * the given coordinates[n_vectors]. */
double fcast__krylov_residual(const fcast_krylov *krylov, const double *coordinates);

#endif
