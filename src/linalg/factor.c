/* SPDX-License-Identifier: MIT */
#include "linalg/factor.h"

#include "base/listen.h"
#include "flockcast/array.h"
#include "linalg/lapack.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* LAPACK's optimal workspace asks for n times a block size; this many columns suit every routine here. */
enum { BLOCK_COLUMNS = 64, LARGEST_ORDER = 23000 };

fcast_status fcast__blas_size(size_t n, const char *what, fcast_error *err) {
  if (n > LARGEST_ORDER) {
    return fcast_fail(err, FCAST_E_NUMERIC, "%s: found %zu, expected at most %d (the limit of 32-bit LAPACK)", what, n,
                      LARGEST_ORDER);
  }
  if (!fcast__blas_has_room()) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory: found no 136 MB of address space for the buffer of BLAS");
  }
  return FCAST_OK;
}

static fcast_status lapack_failed(const char *routine, fcast_blas_int info, fcast_error *err) {
  return fcast_fail(err, FCAST_E_NUMERIC, "LAPACK's %s did not succeed (info %d)", routine, info);
}

/* --- symmetric eigenproblem --- */

/* Columns that LAPACK's dsytrd reduces before it updates those that are left, all at once. */
enum { PANEL_COLUMNS = 32 };

/* Of the time that vectors take, at most: those of the tridiagonal matrix. */
enum { TRIDIAGONAL_PERCENT = 60 };

/* The last PANEL_COLUMNS of the first `n_left` columns are reduced, and the others updated. */
static void reduce_panel(fcast_eigen *eigen, fcast_blas_int n_left, double *work) {
  const fcast_blas_int n = (fcast_blas_int)eigen->n;
  const fcast_blas_int n_panel = PANEL_COLUMNS;
  const fcast_blas_int n_rest = n_left - n_panel;
  const double minus_one = -1.0;
  const double one = 1.0;
  double *panel = eigen->reduced + (size_t)n_rest * eigen->n;
  dlatrd_("U", &n_left, &n_panel, eigen->reduced, &n, eigen->off_diagonal, eigen->tau, work, &n);
  dsyr2k_("U", "N", &n_rest, &n_panel, &minus_one, panel, &n, work, &n, &one, eigen->reduced, &n);
  for (fcast_blas_int j = n_rest; j < n_left; j++) {
    double *column = eigen->reduced + (size_t)j * eigen->n;
    column[j - 1] = eigen->off_diagonal[j - 1];
    eigen->diagonal[j] = column[j];
  }
}

/* To tridiagonal form by Householder reflections, panel by panel as LAPACK's dsytrd does it, but telling of each. */
static fcast_status reduce(fcast_eigen *eigen, const fcast_listener *listener, fcast_error *err) {
  const fcast_blas_int n = (fcast_blas_int)eigen->n;
  fcast_blas_int n_left = n;
  fcast_blas_int info = 0;
  double *work = fcast_alloc_unfilled(eigen->n * PANEL_COLUMNS, sizeof *work);
  if (work == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for an eigenproblem of order %zu", eigen->n);
  }
  for (; n_left > PANEL_COLUMNS; n_left -= PANEL_COLUMNS) {
    reduce_panel(eigen, n_left, work);
    const double share_left = (double)(n_left - PANEL_COLUMNS) / (double)n;
    fcast__tell(listener, 1.0 - share_left * share_left * share_left);
  }
  dsytd2_("U", &n_left, eigen->reduced, &n, eigen->diagonal, eigen->off_diagonal, eigen->tau, &info);
  fcast_free(work);
  return info == 0 ? FCAST_OK : lapack_failed("dsytd2", info, err);
}

/* Eigenvalues of the tridiagonal matrix, decreasing; off_diagonal is kept. */
static fcast_status tridiagonal_values(fcast_eigen *eigen, fcast_error *err) {
  const size_t n = eigen->n;
  const fcast_blas_int order = (fcast_blas_int)n;
  double *off_diagonal = fcast_alloc_array(n, sizeof *off_diagonal);
  if (off_diagonal == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvalues", n);
  }
  memcpy(off_diagonal, eigen->off_diagonal, n * sizeof *off_diagonal);
  memcpy(eigen->values, eigen->diagonal, n * sizeof *eigen->values);
  fcast_blas_int info = 0;
  dsterf_(&order, eigen->values, off_diagonal, &info);
  fcast_free(off_diagonal);
  for (size_t i = 0; i < n / 2; i++) {
    const double swapped = eigen->values[i];
    eigen->values[i] = eigen->values[n - 1 - i];
    eigen->values[n - 1 - i] = swapped;
  }
  return info == 0 ? FCAST_OK : lapack_failed("dsterf", info, err);
}

fcast_status fcast__eigen_create(double *a, size_t n, const fcast_listener *listener, fcast_eigen *eigen,
                                 fcast_error *err) {
  *eigen = (fcast_eigen){.n = n, .reduced = a};
  fcast_status status = fcast__blas_size(n, "order of the eigenproblem", err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__blas_serial();
  eigen->values = fcast_alloc_array(n, sizeof(double));
  eigen->diagonal = fcast_alloc_array(n, sizeof(double));
  eigen->off_diagonal = fcast_alloc_array(n, sizeof(double));
  eigen->tau = fcast_alloc_array(n, sizeof(double));
  if (eigen->values == NULL || eigen->diagonal == NULL || eigen->off_diagonal == NULL || eigen->tau == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for an eigenproblem of order %zu", n);
  }
  if (status == FCAST_OK) {
    status = reduce(eigen, listener, err);
  }
  if (status == FCAST_OK) {
    status = tridiagonal_values(eigen, err);
  }
  if (status != FCAST_OK) {
    fcast__eigen_clear(eigen);
  }
  return status;
}

/* Vectors of the tridiagonal matrix for the k largest values, in increasing order of the values, by relatively robust
 * representations. `done` is false where the method gives up, as it may
 * on large clusters of equal values. */
static fcast_status vectors_by_representations(const double *diagonal, const double *off_diagonal, size_t n, size_t k,
                                               double *vectors, bool *done, fcast_error *err) {
  const fcast_blas_int order = (fcast_blas_int)n;
  const fcast_blas_int first = (fcast_blas_int)(n - k + 1);
  const fcast_blas_int n_wanted = (fcast_blas_int)k;
  const fcast_blas_int work_size = 18 * order;
  const fcast_blas_int integer_work_size = 10 * order;
  double *tridiagonal = fcast_alloc_array(2 * n, sizeof *tridiagonal);
  double *values = fcast_alloc_array(n, sizeof *values);
  double *work = fcast_alloc_array((size_t)work_size, sizeof *work);
  fcast_blas_int *integer_work = fcast_alloc_array((size_t)integer_work_size, sizeof *integer_work);
  fcast_blas_int *support = fcast_alloc_array(2 * k, sizeof *support);
  fcast_status status = FCAST_OK;
  if (tridiagonal == NULL || values == NULL || work == NULL || integer_work == NULL || support == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvectors of order %zu", k, n);
  } else {
    fcast_blas_int n_found = 0;
    fcast_blas_int try_high_accuracy = 1;
    fcast_blas_int info = 0;
    const double unused = 0.0;
    memcpy(tridiagonal, diagonal, n * sizeof *tridiagonal);
    memcpy(tridiagonal + n, off_diagonal, n * sizeof *tridiagonal);
    dstemr_("V", "I", &order, tridiagonal, tridiagonal + n, &unused, &unused, &first, &order, &n_found, values, vectors,
            &order, &n_wanted, support, &try_high_accuracy, work, &work_size, integer_work, &integer_work_size, &info);
    *done = info == 0 && n_found == n_wanted;
  }
  fcast_free(tridiagonal);
  fcast_free(values);
  fcast_free(work);
  fcast_free(integer_work);
  fcast_free(support);
  return status;
}

/* The same by implicit QR, which finds all vectors, takes longer and does not give up on clusters. */
static fcast_status vectors_by_iteration(fcast_eigen *eigen, size_t k, double *vectors, fcast_error *err) {
  const size_t n = eigen->n;
  const fcast_blas_int order = (fcast_blas_int)n;
  double *all = fcast_alloc_array(n * n, sizeof *all);
  double *work = fcast_alloc_array(2 * n, sizeof *work);
  fcast_blas_int info = 0;
  fcast_status status = FCAST_OK;
  if (all == NULL || work == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvectors of order %zu", n, n);
  } else {
    dsteqr_("I", &order, eigen->diagonal, eigen->off_diagonal, all, &order, work, &info);
    status = info == 0 ? FCAST_OK : lapack_failed("dsteqr", info, err);
  }
  if (status == FCAST_OK) {
    memcpy(vectors, all + (n - k) * n, k * n * sizeof *vectors);
  }
  fcast_free(all);
  fcast_free(work);
  return status;
}

static fcast_status tridiagonal_vectors(fcast_eigen *eigen, size_t k, double *vectors, fcast_error *err) {
  bool done = false;
  const fcast_status status =
      vectors_by_representations(eigen->diagonal, eigen->off_diagonal, eigen->n, k, vectors, &done, err);
  return status == FCAST_OK && !done ? vectors_by_iteration(eigen, k, vectors, err) : status;
}

static void reverse_rows(double *a, size_t n_rows, size_t n_columns) {
  for (size_t i = 0; i < n_rows / 2; i++) {
    double *upper = a + i * n_columns;
    double *lower = a + (n_rows - 1 - i) * n_columns;
    for (size_t j = 0; j < n_columns; j++) {
      const double swapped = upper[j];
      upper[j] = lower[j];
      lower[j] = swapped;
    }
  }
}

fcast_status fcast__eigen_vectors(fcast_eigen *eigen, size_t k, const fcast_listener *listener, double *vectors,
                                  fcast_error *err) {
  fcast__blas_serial();
  fcast_status status = tridiagonal_vectors(eigen, k, vectors, err);
  if (status != FCAST_OK) {
    return status;
  }
  /* The vectors are the columns LAPACK sees: transform a slice of them on each thread. */
  const fcast_blas_int order = (fcast_blas_int)eigen->n;
  int n_failed = 0;
  size_t n_done = 0;
  fcast__tell(listener, TRIDIAGONAL_PERCENT / 100.0);
#pragma omp parallel for schedule(dynamic) reduction(+ : n_failed)
  for (size_t first = 0; first < k; first += BLOCK_COLUMNS) {
    size_t n_here = 0;
    const fcast_blas_int n_columns = (fcast_blas_int)(k - first < BLOCK_COLUMNS ? k - first : BLOCK_COLUMNS);
    const fcast_blas_int work_size = n_columns * BLOCK_COLUMNS + 64 * 65;
    double *work = fcast_alloc_array((size_t)work_size, sizeof *work);
    fcast_blas_int info = work == NULL ? 1 : 0;
    if (work != NULL) {
      dormtr_("L", "U", "N", &order, &n_columns, eigen->reduced, &order, eigen->tau, vectors + first * eigen->n, &order,
              work, &work_size, &info);
    }
    n_failed += info != 0;
    fcast_free(work);
#pragma omp atomic capture
    n_here = n_done += (size_t)n_columns;
    fcast__tell(listener, (TRIDIAGONAL_PERCENT + (100 - TRIDIAGONAL_PERCENT) * (double)n_here / (double)k) / 100.0);
  }
  if (n_failed != 0) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvectors of order %zu", k, eigen->n);
  }
  reverse_rows(vectors, k, eigen->n);
  return FCAST_OK;
}

void fcast__eigen_clear(fcast_eigen *eigen) {
  fcast_free(eigen->values);
  fcast_free(eigen->diagonal);
  fcast_free(eigen->off_diagonal);
  fcast_free(eigen->tau);
  *eigen = (fcast_eigen){0};
}

/* --- orthonormal rows --- */

fcast_status fcast__orthonormalise_rows(double *a, size_t k, size_t n, fcast_error *err) {
  fcast__blas_serial();
  const fcast_blas_int n_long = (fcast_blas_int)n;
  const fcast_blas_int n_vectors = (fcast_blas_int)k;
  const fcast_blas_int work_size = n_vectors * BLOCK_COLUMNS;
  double *tau = fcast_alloc_array(k, sizeof *tau);
  double *work = fcast_alloc_array((size_t)work_size, sizeof *work);
  fcast_status status = FCAST_OK;
  fcast_blas_int info = 0;
  if (tau == NULL || work == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory to orthonormalise %zu modes", k);
    goto cleanup;
  }
  dgeqrf_(&n_long, &n_vectors, a, &n_long, tau, work, &work_size, &info);
  if (info == 0) {
    dorgqr_(&n_long, &n_vectors, &n_vectors, a, &n_long, tau, work, &work_size, &info);
  }
  if (info != 0) {
    status = lapack_failed("dgeqrf", info, err);
  }
cleanup:
  fcast_free(tau);
  fcast_free(work);
  return status;
}

/* Whether the diagonal of a Cholesky factor says that the rows behind it are far from dependent: their condition is at
 * least the ratio of its largest and smallest entry, and rounding in the Gram matrix enters by its square. */
static bool is_well_conditioned(const double *l, size_t k) {
  double smallest = INFINITY;
  double largest = 0.0;
  for (size_t i = 0; i < k; i++) {
    smallest = fmin(smallest, l[i * k + i]);
    largest = fmax(largest, l[i * k + i]);
  }
  return smallest > 1e-3 * largest;
}

fcast_status fcast__orthonormalise_by_gram(const double *a, double *gram, size_t k, size_t n,
                                           const fcast_listener *listener, double *out, bool *done, fcast_error *err) {
  const fcast_blas_int order = (fcast_blas_int)k;
  fcast_blas_int info = 0;
  *done = false;
  fcast__blas_serial();
  dpotrf_("U", &order, gram, &order, &info);
  if (info != 0 || !is_well_conditioned(gram, k)) {
    return FCAST_OK;
  }
  dtrtri_("U", "N", &order, gram, &order, &info);
  if (info != 0) {
    return FCAST_OK;
  }
  for (size_t i = 0; i < k; i++) {
    for (size_t j = i + 1; j < k; j++) {
      gram[i * k + j] = 0.0;
    }
  }
  *done = true;
  return fcast__multiply(gram, a, k, k, n, listener, out, err);
}

/* --- Cholesky --- */

/* The 1-norm of a symmetric matrix from its lower triangle; `sums` is workspace for n values. */
static double largest_column_sum(const double *s, size_t n, size_t stride, double *sums) {
  double largest = 0.0;
  for (size_t i = 0; i < n; i++) {
    sums[i] = 0.0;
    for (size_t j = 0; j < i; j++) {
      const double entry = fabs(s[i * stride + j]);
      sums[i] += entry;
      sums[j] += entry;
    }
    sums[i] += fabs(s[i * stride + i]);
  }
  for (size_t i = 0; i < n; i++) {
    largest = sums[i] > largest || isnan(sums[i]) ? sums[i] : largest;
  }
  return largest;
}

/* Factor s in place and estimate its condition. */
static fcast_status factor(double *s, fcast_blas_int n, fcast_blas_int stride, double *condition, fcast_error *err) {
  double *work = fcast_alloc_array(3 * (size_t)n, sizeof *work);
  fcast_blas_int *integer_work = fcast_alloc_array((size_t)n, sizeof *integer_work);
  fcast_status status = FCAST_OK;
  fcast_blas_int info = 0;
  double reciprocal = 0.0;
  if (work == NULL || integer_work == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a system of order %d", n);
    goto cleanup;
  }
  const double norm = largest_column_sum(s, (size_t)n, (size_t)stride, work);
  dpotrf_("U", &n, s, &stride, &info);
  if (info != 0 || !isfinite(norm)) {
    status = fcast_fail(err, FCAST_E_NUMERIC, "the matrix of order %d is not positive definite (pivot %d)", n, info);
  } else {
    dpocon_("U", &n, s, &stride, &norm, &reciprocal, work, integer_work, &info);
    *condition = reciprocal > 0.0 ? 1.0 / reciprocal : INFINITY;
  }
cleanup:
  fcast_free(work);
  fcast_free(integer_work);
  return status;
}

fcast_status fcast__cholesky_solve(double *s, size_t n, size_t stride_s, double alpha, double *b, size_t n_right,
                                   size_t stride_b, double *condition, fcast_error *err) {
  fcast_status status = fcast__blas_size(n, "order of the linear system", err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__blas_serial();
  for (size_t i = 0; i < n; i++) {
    s[i * stride_s + i] += alpha;
  }
  const fcast_blas_int order = (fcast_blas_int)n;
  const fcast_blas_int stride = (fcast_blas_int)stride_s;
  const fcast_blas_int stride_right = (fcast_blas_int)stride_b;
  const fcast_blas_int n_columns = (fcast_blas_int)n_right;
  fcast_blas_int info = 0;
  status = factor(s, order, stride, condition, err);
  if (status != FCAST_OK) {
    return status;
  }
  dpotrs_("U", &order, &n_columns, s, &stride, b, &stride_right, &info);
  return info == 0 ? FCAST_OK : lapack_failed("dpotrs", info, err);
}
