/* SPDX-License-Identifier: MIT
 *
 * The BLAS itself, to know what the machine reaches without us.
 */
#ifndef FLOCKCAST_BENCH_BLAS_H
#define FLOCKCAST_BENCH_BLAS_H

#include "linalg/lapack.h"

void dgemm_(const char *trans_a, const char *trans_b, const fcast_blas_int *m, const fcast_blas_int *n,
            const fcast_blas_int *k, const double *alpha, const double *a, const fcast_blas_int *lda, const double *b,
            const fcast_blas_int *ldb, const double *beta, double *c, const fcast_blas_int *ldc);
void dsyrk_(const char *uplo, const char *trans, const fcast_blas_int *n, const fcast_blas_int *k, const double *alpha,
            const double *a, const fcast_blas_int *lda, const double *beta, double *c, const fcast_blas_int *ldc);

#endif
