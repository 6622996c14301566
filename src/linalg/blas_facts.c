/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_DEFAULT, dladdr */
#include "linalg/blas_facts.h"

#include "flockcast/array.h"
#include "linalg/factor.h"
#include "linalg/lapack.h"
#include "linalg/products.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void dgemm_(const char *transa, const char *transb, const fcast_blas_int *m, const fcast_blas_int *n,
            const fcast_blas_int *k, const double *alpha, const double *a, const fcast_blas_int *lda, const double *b,
            const fcast_blas_int *ldb, const double *beta, double *c, const fcast_blas_int *ldc);

typedef const char *(*get_text)(void);
typedef int (*get_number)(void);
typedef void (*fill_text)(char *text, int size);

/* Copies the address of a function of the loaded BLAS; false where it has none of that name. */
static bool look_up(const char *name, void *function, size_t size) {
  void *const found = dlsym(RTLD_DEFAULT, name);
  if (found != NULL) {
    memcpy(function, &found, size); /* ISO C has no cast from object to function pointer */
  }
  return found != NULL;
}

void fcast__blas_name(char text[FCAST_BLAS_NAME]) {
  get_text get;
  fill_text fill;
  void (*const gemm)(const char *, const char *, const fcast_blas_int *, const fcast_blas_int *, const fcast_blas_int *,
                     const double *, const double *, const fcast_blas_int *, const double *, const fcast_blas_int *,
                     const double *, double *, const fcast_blas_int *) = dgemm_;
  void *address;
  Dl_info file;
  memcpy(&address, &gemm, sizeof address);
  if (look_up("openblas_get_config", &get, sizeof get)) {
    (void)snprintf(text, FCAST_BLAS_NAME, "%s", get());
  } else if (look_up("bli_info_get_version_str", &get, sizeof get)) {
    (void)snprintf(text, FCAST_BLAS_NAME, "BLIS %s", get());
  } else if (look_up("MKL_Get_Version_String", &fill, sizeof fill)) {
    fill(text, FCAST_BLAS_NAME);
    text[FCAST_BLAS_NAME - 1] = '\0';
  } else {
    (void)snprintf(text, FCAST_BLAS_NAME, "%s",
                   dladdr(address, &file) != 0 && file.dli_fname != NULL ? file.dli_fname : "unknown");
  }
  for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--) {
    text[n - 1] = '\0';
  }
}

int fcast__blas_threads(void) {
  static const char *const readers[] = {"openblas_get_num_threads", "MKL_Get_Max_Threads",
                                        "bli_thread_get_num_threads"};
  get_number get;
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
    if (look_up(readers[i], &get, sizeof get)) {
      return get();
    }
  }
  return 0;
}

bool fcast__blas_is_openmp(void) {
  get_number get;
  return look_up("openblas_get_parallel", &get, sizeof get) && get() == 2;
}

/* --- what it gives --- */

enum { ORDER = 96 };

/* a[i, j] = i + 2 j times b[i, j] = i - j: small integers, so that every order of summation gives the same. */
static fcast_status check_products(fcast_error *err) {
  const fcast_blas_int n = ORDER;
  const double one = 1.0;
  const double zero = 0.0;
  double *a = fcast_alloc_array((size_t)4 * ORDER * ORDER, sizeof *a);
  fcast_status status =
      a == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for matrices of order %d", ORDER) : FCAST_OK;
  double *const b = a + ORDER * ORDER;
  double *const by_blas = b + ORDER * ORDER;
  double *const by_kernel = by_blas + ORDER * ORDER;
  for (int i = 0; status == FCAST_OK && i < ORDER * ORDER; i++) {
    a[i] = i / ORDER + 2 * (i % ORDER);
    b[i] = i / ORDER - i % ORDER;
  }
  if (status == FCAST_OK) {
    status = fcast__multiply(a, b, ORDER, ORDER, ORDER, NULL, by_kernel, err);
  }
  if (status == FCAST_OK) {
    dgemm_("N", "N", &n, &n, &n, &one, b, &n, a, &n, &zero, by_blas, &n); /* rows are its columns: (B^T A^T)^T */
  }
  for (int i = 0; status == FCAST_OK && i < ORDER * ORDER; i++) {
    double sum = 0.0;
    for (int k = 0; k < ORDER; k++) {
      sum += a[i / ORDER * ORDER + k] * b[k * ORDER + i % ORDER];
    }
    if (by_blas[i] != sum || by_kernel[i] != sum) {
      status = fcast_fail(err, FCAST_E_NUMERIC, "product: found %.17g by dgemm and %.17g by the kernel, expected %.17g",
                          by_blas[i], by_kernel[i], sum);
    }
  }
  fcast_free(a);
  return status;
}

/* 2 on the diagonal, -1 beside it: the eigenvalues are 2 - 2 cos(k pi / (n + 1)), the largest first. */
static fcast_status check_eigenvalues(fcast_error *err) {
  const double pi = 3.14159265358979323846;
  double *a = fcast_alloc_array((size_t)ORDER * ORDER, sizeof *a);
  fcast_eigen eigen = {0};
  for (size_t i = 0; a != NULL && i < ORDER; i++) {
    a[i * ORDER + i] = 2.0;
    if (i > 0) {
      a[i * ORDER + i - 1] = -1.0;
    }
  }
  fcast_status status = a == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a matrix of order %d", ORDER)
                                  : fcast__eigen_create(a, ORDER, NULL, &eigen, err);
  for (size_t k = 0; status == FCAST_OK && k < ORDER; k++) {
    const double known = 2.0 - 2.0 * cos((double)(ORDER - k) * pi / (ORDER + 1));
    if (!(fabs(eigen.values[k] - known) < 1e-13 * ORDER)) {
      status =
          fcast_fail(err, FCAST_E_NUMERIC, "eigenvalue %zu: found %.17g, expected %.17g", k, eigen.values[k], known);
    }
  }
  fcast__eigen_clear(&eigen);
  fcast_free(a);
  return status;
}

fcast_status fcast__blas_check(fcast_error *err) {
  const fcast_status status = check_products(err);
  return status == FCAST_OK ? check_eigenvalues(err) : status;
}
