/* SPDX-License-Identifier: MIT
 *
 * Arnoldi's method: a growing orthonormal basis in which a large matrix that is not symmetric, known by its products
 * with vectors alone, has Hessenberg form. Its outermost eigenvalues are found early; all of them once the basis is
 * complete. Sources: Arnoldi 1951; Saad 2011, chapter 6; orthogonalisation repeated as in Daniel et al. 1976.
 */
#ifndef FLOCKCAST_LINALG_ARNOLDI_H
#define FLOCKCAST_LINALG_ARNOLDI_H

#include "flockcast/status.h"

#include <stddef.h>

/* image[n] = a vector[n]; the two do not overlap. */
typedef struct fcast_operator {
  void (*apply)(const void *context, const double *vector, double *image);
  const void *context;
  size_t n;
} fcast_operator;

typedef struct fcast_arnoldi {
  fcast_operator a;
  size_t n_vectors;   /* vectors whose images are known */
  size_t capacity;    /* vectors there is room for, besides the next one */
  double *basis;      /* [capacity + 1, n]: orthonormal rows; the one behind n_vectors is the next to take */
  double *hessenberg; /* column j of basis a basis^T, packed: j + 2 numbers, the last one below the diagonal */
  double *components; /* workspace: [capacity + 1] */
} fcast_arnoldi;

/* A first basis vector in the direction of start[n], which must be finite and not zero. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__arnoldi_create(fcast_operator a, const double *start, fcast_arnoldi *arnoldi,
                                                    fcast_error *err);
void fcast__arnoldi_clear(fcast_arnoldi *arnoldi);

/* Take vectors until the basis has n_vectors of them (at most n). Where the space is invariant already, it goes on with
 * a random direction, the same every time. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__arnoldi_grow(fcast_arnoldi *arnoldi, size_t n_vectors, fcast_error *err);

/* The eigenvalues of the matrix seen in the basis, largest modulus first, a conjugate pair side by side with the
 * positive imaginary part in front: real[n_vectors] and imaginary[n_vectors]. `residual` gets the largest
 * ||a x - value x|| / |value| of the first n_leading (with both of a pair), 0 where the basis is complete, infinity
 * where a vector was not found. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__arnoldi_values(const fcast_arnoldi *arnoldi, size_t n_leading, double *real,
                                                    double *imaginary, double *residual, fcast_error *err);

#endif
