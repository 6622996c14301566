/* SPDX-License-Identifier: MIT */
#include "linalg/arnoldi.h"

#include "flockcast/array.h"
#include "flockcast/random.h"
#include "linalg/lapack.h"
#include "linalg/vectors.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

/* Where column j of the packed Hessenberg matrix starts. */
static size_t column_start(size_t j) {
  return j * (j + 3) / 2;
}

/* --- the basis --- */

static fcast_status out_of_memory(const fcast_arnoldi *arnoldi, size_t n_vectors, fcast_error *err) {
  return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu vectors of an eigenproblem of order %zu", n_vectors,
                    arnoldi->a.n);
}

static fcast_status reserve(fcast_arnoldi *arnoldi, size_t capacity, fcast_error *err) {
  const size_t n = arnoldi->a.n;
  double *basis = fcast_alloc_unfilled(capacity + 1, n * sizeof *basis);
  double *hessenberg = fcast_alloc_unfilled(column_start(capacity), sizeof *hessenberg);
  double *components = fcast_alloc_unfilled(capacity + 1, sizeof *components);
  if (basis == NULL || hessenberg == NULL || components == NULL) {
    fcast_free(basis);
    fcast_free(hessenberg);
    fcast_free(components);
    return out_of_memory(arnoldi, capacity, err);
  }
  if (arnoldi->basis != NULL) {
    memcpy(basis, arnoldi->basis, (arnoldi->n_vectors + 1) * n * sizeof *basis);
    memcpy(hessenberg, arnoldi->hessenberg, column_start(arnoldi->n_vectors) * sizeof *hessenberg);
  }
  fcast_free(arnoldi->basis);
  fcast_free(arnoldi->hessenberg);
  fcast_free(arnoldi->components);
  arnoldi->basis = basis;
  arnoldi->hessenberg = hessenberg;
  arnoldi->components = components;
  arnoldi->capacity = capacity;
  return FCAST_OK;
}

static void scale(double *x, size_t n, double divisor) {
  for (size_t i = 0; i < n; i++) {
    x[i] /= divisor;
  }
}

fcast_status fcast__arnoldi_create(fcast_operator a, const double *start, fcast_arnoldi *arnoldi, fcast_error *err) {
  *arnoldi = (fcast_arnoldi){.a = a};
  const fcast_status status = reserve(arnoldi, a.n < FIRST_CAPACITY ? a.n : FIRST_CAPACITY, err);
  if (status == FCAST_OK) {
    memcpy(arnoldi->basis, start, a.n * sizeof *start);
    scale(arnoldi->basis, a.n, fcast__norm(start, a.n));
  }
  return status;
}

void fcast__arnoldi_clear(fcast_arnoldi *arnoldi) {
  fcast_free(arnoldi->basis);
  fcast_free(arnoldi->hessenberg);
  fcast_free(arnoldi->components);
  *arnoldi = (fcast_arnoldi){0};
}

/* A repeated pass is due where the one before took more than half of the square of the length. */
static const double passes_until = 0.7071;

/* Take from x what lies along the first m vectors, adding it to column[m] (NULL: nobody asks), until nothing of it is
 * left. Returns the length of the rest, 0 where that is rounding alone. */
static double orthogonalise(const fcast_arnoldi *arnoldi, size_t m, double *x, double *column) {
  const size_t n = arnoldi->a.n;
  const double whole = fcast__norm(x, n);
  double length = whole;
  double before;
  do {
    before = length;
    fcast__matrix_vector(arnoldi->basis, m, n, x, arnoldi->components);
    fcast__subtract_rows(arnoldi->basis, m, n, arnoldi->components, x);
    for (size_t i = 0; column != NULL && i < m; i++) {
      column[i] += arnoldi->components[i];
    }
    length = fcast__norm(x, n);
  } while (length < passes_until * before && length > DBL_EPSILON * whole);
  return length > DBL_EPSILON * whole ? length : 0.0;
}

/* x = a vector of length one, orthogonal to the first m < n. */
static void take_random_direction(const fcast_arnoldi *arnoldi, size_t m, double *x) {
  const size_t n = arnoldi->a.n;
  double length = 0.0;
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, 2);
  for (uint64_t attempt = 0; length == 0.0; attempt++) {
    fcast_random_normal(&random, FCAST_STREAM_POSITIONS, attempt, n, x);
    length = orthogonalise(arnoldi, m, x, NULL);
  }
  scale(x, n, length);
}

/* The image of the newest vector: its components become a column, its rest the next vector. */
static void step(fcast_arnoldi *arnoldi) {
  const size_t n = arnoldi->a.n;
  const size_t m = ++arnoldi->n_vectors;
  double *column = arnoldi->hessenberg + column_start(m - 1);
  double *next = arnoldi->basis + m * n;
  memset(column, 0, (m + 1) * sizeof *column);
  arnoldi->a.apply(arnoldi->a.context, next - n, next);
  const double length = orthogonalise(arnoldi, m, next, column);
  if (m == n) {
    return; /* the basis is complete */
  }
  if (length > 0.0) {
    column[m] = length;
    scale(next, n, length);
  } else {
    take_random_direction(arnoldi, m, next);
  }
}

fcast_status fcast__arnoldi_grow(fcast_arnoldi *arnoldi, size_t n_vectors, fcast_error *err) {
  if (n_vectors > arnoldi->capacity) {
    const size_t doubled = 2 * arnoldi->capacity < arnoldi->a.n ? 2 * arnoldi->capacity : arnoldi->a.n;
    const fcast_status status = reserve(arnoldi, n_vectors > doubled ? n_vectors : doubled, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  while (arnoldi->n_vectors < n_vectors) {
    step(arnoldi);
  }
  return FCAST_OK;
}

/* --- its eigenvalues --- */

/* What LAPACK works on: columns, as it wants them. */
typedef struct small_problem {
  fcast_blas_int m;
  double *hessenberg; /* [column, row] */
  double *real, *imaginary;
} small_problem;

static void small_problem_clear(small_problem *small) {
  fcast_free(small->hessenberg);
  fcast_free(small->real);
  fcast_free(small->imaginary);
}

static fcast_status unpack(const fcast_arnoldi *arnoldi, double *hessenberg, fcast_error *err) {
  const size_t m = arnoldi->n_vectors;
  memset(hessenberg, 0, m * m * sizeof *hessenberg);
  for (size_t j = 0; j < m; j++) {
    const double *column = arnoldi->hessenberg + column_start(j);
    memcpy(hessenberg + j * m, column, (j + 2 < m ? j + 2 : m) * sizeof *column);
    for (size_t i = 0; i < j + 2; i++) {
      if (!isfinite(column[i])) {
        return fcast_fail(err, FCAST_E_NUMERIC, "an eigenproblem of order %zu overflows", arnoldi->a.n);
      }
    }
  }
  return FCAST_OK;
}

static fcast_status solve(const fcast_arnoldi *arnoldi, small_problem *small, fcast_error *err) {
  const size_t m = arnoldi->n_vectors;
  *small = (small_problem){.m = (fcast_blas_int)m};
  small->hessenberg = fcast_alloc_unfilled(m * m, sizeof(double));
  small->real = fcast_alloc_array(m, sizeof(double));
  small->imaginary = fcast_alloc_array(m, sizeof(double));
  const fcast_blas_int first = 1;
  const fcast_blas_int no_vectors = 1;
  const fcast_blas_int work_size = 64 * small->m;
  fcast_blas_int info = 0;
  double *work = fcast_alloc_array((size_t)work_size, sizeof *work);
  fcast_status status = FCAST_OK;
  if (small->hessenberg == NULL || small->real == NULL || small->imaginary == NULL || work == NULL) {
    status = out_of_memory(arnoldi, m, err);
  } else {
    status = unpack(arnoldi, small->hessenberg, err);
  }
  if (status == FCAST_OK) {
    double unused = 0.0;
    dhseqr_("E", "N", &small->m, &first, &small->m, small->hessenberg, &small->m, small->real, small->imaginary,
            &unused, &no_vectors, work, &work_size, &info);
    status = info == 0 ? FCAST_OK : fcast_fail(err, FCAST_E_NUMERIC, "LAPACK's dhseqr did not succeed (info %d)", info);
  }
  fcast_free(work);
  return status;
}

typedef struct ranked {
  double modulus;
  size_t index;
} ranked;

static int compare_ranked(const void *left, const void *right) {
  const ranked *a = left;
  const ranked *b = right;
  if (a->modulus != b->modulus) {
    return a->modulus > b->modulus ? -1 : 1;
  }
  return a->index < b->index ? -1 : a->index > b->index;
}

static ranked *rank(const small_problem *small) {
  const size_t m = (size_t)small->m;
  ranked *order = fcast_alloc_array(m, sizeof *order);
  for (size_t i = 0; order != NULL && i < m; i++) {
    order[i] = (ranked){hypot(small->real[i], small->imaginary[i]), i};
  }
  if (order != NULL) {
    qsort(order, m, sizeof *order, compare_ranked);
  }
  return order;
}

/* ||a x - value x|| for the eigenvectors of the chosen values, by inverse iteration on the small matrix: what the last
 * coordinate carries out of the basis. */
static fcast_status measure_residual(const fcast_arnoldi *arnoldi, small_problem *small, fcast_blas_int *chosen,
                                     size_t n_chosen, double *residual, fcast_error *err) {
  const size_t m = arnoldi->n_vectors;
  const fcast_blas_int n_columns = (fcast_blas_int)n_chosen;
  double *vectors = fcast_alloc_array(n_chosen * m, sizeof *vectors);
  double *work = fcast_alloc_array((m + 2) * m, sizeof *work);
  fcast_blas_int *failed = fcast_alloc_array(n_chosen, sizeof *failed);
  fcast_status status = FCAST_OK;
  if (vectors == NULL || work == NULL || failed == NULL) {
    status = out_of_memory(arnoldi, m, err);
    goto cleanup;
  }
  status = unpack(arnoldi, small->hessenberg, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  const fcast_blas_int one = 1;
  fcast_blas_int n_found = 0;
  fcast_blas_int info = 0;
  fcast_blas_int unused_failed = 0;
  double unused = 0.0;
  dhsein_("R", "Q", "N", chosen, &small->m, small->hessenberg, &small->m, small->real, small->imaginary, &unused, &one,
          vectors, &small->m, &n_columns, &n_found, work, &unused_failed, failed, &info);
  *residual = info == 0 ? 0.0 : (double)INFINITY;
  const double carried = arnoldi->hessenberg[column_start(m) - 1];
  for (size_t i = 0, column = 0; i < m && info == 0; i++) {
    if (chosen[i] == 0) {
      continue;
    }
    const double *x = vectors + column * m;
    const int is_pair = small->imaginary[i] != 0.0;
    double length = fcast__norm(x, m);
    double last = fabs(x[m - 1]);
    if (is_pair) {
      length = hypot(length, fcast__norm(x + m, m));
      last = hypot(last, x[2 * m - 1]);
    }
    *residual = fmax(*residual, carried * last / length / hypot(small->real[i], small->imaginary[i]));
    column += is_pair ? 2 : 1;
  }
cleanup:
  fcast_free(vectors);
  fcast_free(work);
  fcast_free(failed);
  return status;
}

static fcast_status residual_of_leading(const fcast_arnoldi *arnoldi, small_problem *small, const ranked *order,
                                        size_t n_leading, double *residual, fcast_error *err) {
  fcast_blas_int *chosen = fcast_alloc_array(arnoldi->n_vectors, sizeof *chosen);
  size_t n_chosen = 0;
  if (chosen == NULL) {
    return out_of_memory(arnoldi, arnoldi->n_vectors, err);
  }
  for (size_t i = 0; i < n_leading && i < arnoldi->n_vectors; i++) {
    const double imaginary = small->imaginary[order[i].index];
    if (imaginary >= 0.0) { /* the other of a pair comes with the first */
      chosen[order[i].index] = 1;
      n_chosen += imaginary > 0.0 ? 2 : 1;
    }
  }
  const fcast_status status = measure_residual(arnoldi, small, chosen, n_chosen, residual, err);
  fcast_free(chosen);
  return status;
}

fcast_status fcast__arnoldi_values(const fcast_arnoldi *arnoldi, size_t n_leading, double *real, double *imaginary,
                                   double *residual, fcast_error *err) {
  const size_t m = arnoldi->n_vectors;
  small_problem small = {0};
  ranked *order = NULL;
  fcast_status status = fcast__blas_size(m, "order of the eigenproblem", err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__blas_serial();
  status = solve(arnoldi, &small, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  order = rank(&small);
  if (order == NULL) {
    status = out_of_memory(arnoldi, m, err);
    goto cleanup;
  }
  for (size_t i = 0; i < m; i++) {
    real[i] = small.real[order[i].index];
    imaginary[i] = small.imaginary[order[i].index];
  }
  *residual = 0.0;
  if (m < arnoldi->a.n) {
    status = residual_of_leading(arnoldi, &small, order, n_leading, residual, err);
  }
cleanup:
  small_problem_clear(&small);
  fcast_free(order);
  return status;
}
