/* SPDX-License-Identifier: MIT */
#include "linalg/leading.h"

#include "base/listen.h"
#include "flockcast/array.h"
#include "linalg/factor.h"
#include "linalg/krylov.h"
#include "linalg/products.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Matrices of lower order are reduced whole in no time. */
enum { SMALLEST_KRYLOV = 768, FIRST_CHECK = 4 * FCAST_KRYLOV_BLOCK };

/* Of the first eigenvalue: what the whole reduction leaves too. */
static const double largest_residual = 1e-15;

/* Shares beyond this need nearly all pairs. */
static const double largest_krylov_share = 1.0 - 1e-9;

/* The fewest leading values whose sum reaches `share` of `total`; 0 where all of them do not. */
static size_t count_pairs(const double *values, size_t n, double share, double total, double *held) {
  const double smallest = values[0] * (double)n * DBL_EPSILON;
  double sum = 0.0;
  for (size_t i = 0; i < n && values[i] > smallest; i++) {
    sum += values[i];
    if (sum / total >= share) {
      *held = sum / total;
      return i + 1;
    }
  }
  return 0;
}

static double sum_of_positive(const double *values, size_t n) {
  const double smallest = values[0] * (double)n * DBL_EPSILON;
  double sum = 0.0;
  for (size_t i = 0; i < n && values[i] > smallest; i++) {
    sum += values[i];
  }
  return sum;
}

static fcast_status keep(const double *values, size_t n_pairs, size_t n, fcast_leading *out, fcast_error *err) {
  out->n = n;
  out->n_pairs = n_pairs;
  out->values = fcast_alloc_array(n_pairs, sizeof(double));
  out->vectors = fcast_alloc_unfilled(n_pairs * n, sizeof(double));
  if (out->values == NULL || out->vectors == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvectors of order %zu", n_pairs, n);
  }
  memcpy(out->values, values, n_pairs * sizeof(double));
  return FCAST_OK;
}

/* --- by the whole reduction --- */

static fcast_status leading_by_reduction(double *a, size_t n, double share, const fcast_listener *listener,
                                         fcast_leading *out, fcast_error *err) {
  fcast_eigen eigen = {0};
  fcast_part part = {listener, 0.0, 0.5}; /* of all pairs the vectors take as long as the reduction */
  const fcast_listener of_part = fcast__listen_to(&part);
  fcast_status status = fcast__eigen_create(a, n, &of_part, &eigen, err);
  if (status == FCAST_OK && eigen.values[0] > 0.0) {
    const double total = sum_of_positive(eigen.values, n);
    const size_t n_pairs = count_pairs(eigen.values, n, share, total, &out->share);
    status = keep(eigen.values, n_pairs, n, out, err);
  }
  if (status == FCAST_OK && out->n_pairs > 0) {
    part.from = 0.5;
    part.to = 1.0;
    status = fcast__eigen_vectors(&eigen, out->n_pairs, &of_part, out->vectors, err);
  }
  fcast__eigen_clear(&eigen);
  return status;
}

/* --- by block Lanczos --- */

/* What a look at the space tells. */
typedef struct look {
  size_t n_pairs;      /* pairs wanted; 0 where the space does not hold the share yet */
  double share;        /* that they hold, or that all of the space do */
  double first;        /* the largest value */
  double residual;     /* the largest of the wanted pairs */
  double *values;      /* [n_vectors] */
  double *coordinates; /* [n_pairs, n_vectors] */
} look;

static void look_clear(look *seen) {
  fcast_free(seen->values);
  fcast_free(seen->coordinates);
  *seen = (look){0};
}

/* Solve the projected problem. */
static fcast_status look_at(const fcast_krylov *krylov, double share, double total, look *seen, fcast_error *err) {
  const size_t m = krylov->n_vectors;
  *seen = (look){0};
  fcast_eigen eigen = {0};
  fcast_status status = FCAST_OK;
  double *projected = fcast_alloc_array(m * m, sizeof *projected);
  if (projected == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for an eigenproblem of order %zu", m);
  }
  for (size_t i = 0; i < m; i++) {
    memcpy(projected + i * m, krylov->projected + i * krylov->capacity, (i + 1) * sizeof *projected);
  }
  status = fcast__eigen_create(projected, m, NULL, &eigen, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  seen->first = eigen.values[0];
  seen->share = sum_of_positive(eigen.values, m) / total;
  seen->n_pairs = count_pairs(eigen.values, m, share, total, &seen->share);
  seen->coordinates = fcast_alloc_unfilled(seen->n_pairs * m, sizeof(double));
  seen->values = fcast_alloc_unfilled(m, sizeof(double));
  if (seen->coordinates == NULL || seen->values == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvectors of order %zu", seen->n_pairs, m);
    goto cleanup;
  }
  memcpy(seen->values, eigen.values, m * sizeof(double));
  if (seen->n_pairs > 0) {
    status = fcast__eigen_vectors(&eigen, seen->n_pairs, NULL, seen->coordinates, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < seen->n_pairs; i++) {
    seen->residual = fmax(seen->residual, fcast__krylov_residual(krylov, seen->coordinates + i * m));
  }
cleanup:
  fcast__eigen_clear(&eigen);
  fcast_free(projected);
  if (status != FCAST_OK) {
    look_clear(seen);
  }
  return status;
}

static bool is_converged(const look *seen) {
  return seen->n_pairs > 0 && seen->residual <= largest_residual * seen->first;
}

/* Vectors to have before the next look, a look being dear beside a step: residuals of densities fall by some 1.6
 * decades a step, once the share is held. */
static size_t next_look(const look *seen, size_t n_vectors) {
  if (seen->n_pairs == 0) {
    return n_vectors + n_vectors / 2;
  }
  const double decades = log10(seen->residual / (largest_residual * seen->first));
  return n_vectors + (size_t)fmax(1.0, decades / 1.6) * FCAST_KRYLOV_BLOCK;
}

/* Vectors that will do, as far as the last look can tell: the share that is missing falls by a factor with every
 * vector, more slowly towards the end. */
static double expect_vectors(const look *seen, double share, size_t n_vectors, size_t look_when) {
  const double decades = log(1.0 - share) / log(fmin(1.0 - seen->share, 0.999));
  return seen->n_pairs > 0 ? (double)look_when : (double)n_vectors * fmax(decades, 1.0) * 1.25;
}

static void mirror_lower_triangle(double *a, size_t n) {
  enum { TILE = 64 };
  const size_t n_tiles = (n + TILE - 1) / TILE;
#pragma omp parallel for schedule(dynamic)
  for (size_t tile = 0; tile < n_tiles; tile++) {
    const size_t last = (tile + 1) * TILE < n ? (tile + 1) * TILE : n;
    for (size_t block = 0; block < last; block += TILE) {
      for (size_t i = tile * TILE; i < last; i++) {
        for (size_t j = block; j < block + TILE && j < i; j++) {
          a[j * n + i] = a[i * n + j];
        }
      }
    }
  }
}

static fcast_status lift_pairs(const fcast_krylov *krylov, const look *seen, fcast_leading *out, fcast_error *err) {
  const fcast_status status = keep(seen->values, seen->n_pairs, krylov->n, out, err);
  out->share = seen->share;
  out->is_lanczos = true;
  return status != FCAST_OK ? status
                            : fcast__multiply(seen->coordinates, krylov->basis, seen->n_pairs, krylov->n_vectors,
                                              krylov->n, NULL, out->vectors, err);
}

/* Leaves `out` empty where the pairs wanted are not found within half the order: then the whole reduction is cheaper.
 */
static fcast_status leading_by_lanczos(double *a, size_t n, double share, double total, const fcast_listener *listener,
                                       fcast_leading *out, fcast_error *err) {
  const size_t capacity = n / 2 / FCAST_KRYLOV_BLOCK * FCAST_KRYLOV_BLOCK;
  fcast_krylov krylov = {0};
  look seen = {0};
  mirror_lower_triangle(a, n);
  fcast_status status = fcast__krylov_create(a, n, capacity, &krylov, err);
  size_t look_when = FIRST_CHECK;
  double expected = (double)capacity;
  while (status == FCAST_OK && !is_converged(&seen) && look_when <= capacity) {
    while (status == FCAST_OK && krylov.n_vectors < look_when) {
      status = fcast__krylov_step(&krylov, err);
      const double part = (double)krylov.n_vectors / expected;
      fcast__tell(listener, 0.9 * fmin(part * part, 1.0)); /* steps get dearer; the last look takes its time too */
    }
    if (status == FCAST_OK) {
      look_clear(&seen);
      status = look_at(&krylov, share, total, &seen, err);
      look_when = next_look(&seen, krylov.n_vectors);
      expected = expect_vectors(&seen, share, krylov.n_vectors, look_when);
    }
  }
  if (status == FCAST_OK && is_converged(&seen)) {
    status = lift_pairs(&krylov, &seen, out, err);
  }
  look_clear(&seen);
  fcast__krylov_clear(&krylov);
  return status;
}

static double trace(const double *a, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += a[i * n + i];
  }
  return sum;
}

fcast_status fcast__leading_pairs(double *a, size_t n, double share, const fcast_listener *listener, fcast_leading *out,
                                  fcast_error *err) {
  *out = (fcast_leading){.n = n};
  const double total = trace(a, n);
  fcast_status status = FCAST_OK;
  if (!isfinite(total) || total <= 0.0) {
    return FCAST_OK;
  }
  if (n >= SMALLEST_KRYLOV && share <= largest_krylov_share) {
    status = leading_by_lanczos(a, n, share, total, listener, out, err);
  }
  if (status == FCAST_OK && out->n_pairs == 0) {
    status = leading_by_reduction(a, n, share, listener, out, err);
  }
  if (status != FCAST_OK) {
    fcast__leading_clear(out);
  }
  return status;
}

void fcast__leading_clear(fcast_leading *leading) {
  fcast_free(leading->values);
  fcast_free(leading->vectors);
  *leading = (fcast_leading){0};
}
