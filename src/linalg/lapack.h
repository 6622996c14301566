/* SPDX-License-Identifier: MIT
 *
 * The few BLAS and LAPACK routines used here, by their Fortran names, which every BLAS has. Only linalg/ calls them,
 * and only linalg/ thinks in columns.
 *
 * Every call runs on one thread; parallel work is split by our own loops into fixed tiles, so that results do not
 * depend on the number of threads and two thread pools never compete.
 */
#ifndef FLOCKCAST_LINALG_LAPACK_H
#define FLOCKCAST_LINALG_LAPACK_H

#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef int fcast_blas_int; /* LP64 */

void dlatrd_(const char *uplo, const fcast_blas_int *n, const fcast_blas_int *nb, double *a, const fcast_blas_int *lda,
             double *e, double *tau, double *w, const fcast_blas_int *ldw);
void dsyr2k_(const char *uplo, const char *trans, const fcast_blas_int *n, const fcast_blas_int *k, const double *alpha,
             const double *a, const fcast_blas_int *lda, const double *b, const fcast_blas_int *ldb, const double *beta,
             double *c, const fcast_blas_int *ldc);
void dsytd2_(const char *uplo, const fcast_blas_int *n, double *a, const fcast_blas_int *lda, double *d, double *e,
             double *tau, fcast_blas_int *info);
void dsterf_(const fcast_blas_int *n, double *d, double *e, fcast_blas_int *info);
void dstemr_(const char *jobz, const char *range, const fcast_blas_int *n, double *d, double *e, const double *vl,
             const double *vu, const fcast_blas_int *il, const fcast_blas_int *iu, fcast_blas_int *m, double *w,
             double *z, const fcast_blas_int *ldz, const fcast_blas_int *nzc, fcast_blas_int *isuppz,
             fcast_blas_int *tryrac, double *work, const fcast_blas_int *lwork, fcast_blas_int *iwork,
             const fcast_blas_int *liwork, fcast_blas_int *info);
void dsteqr_(const char *compz, const fcast_blas_int *n, double *d, double *e, double *z, const fcast_blas_int *ldz,
             double *work, fcast_blas_int *info);
void dormtr_(const char *side, const char *uplo, const char *trans, const fcast_blas_int *m, const fcast_blas_int *n,
             const double *a, const fcast_blas_int *lda, const double *tau, double *c, const fcast_blas_int *ldc,
             double *work, const fcast_blas_int *lwork, fcast_blas_int *info);
void dgeqrf_(const fcast_blas_int *m, const fcast_blas_int *n, double *a, const fcast_blas_int *lda, double *tau,
             double *work, const fcast_blas_int *lwork, fcast_blas_int *info);
void dorgqr_(const fcast_blas_int *m, const fcast_blas_int *n, const fcast_blas_int *k, double *a,
             const fcast_blas_int *lda, const double *tau, double *work, const fcast_blas_int *lwork,
             fcast_blas_int *info);
void dpotrf_(const char *uplo, const fcast_blas_int *n, double *a, const fcast_blas_int *lda, fcast_blas_int *info);
void dtrtri_(const char *uplo, const char *diag, const fcast_blas_int *n, double *a, const fcast_blas_int *lda,
             fcast_blas_int *info);
void dpotrs_(const char *uplo, const fcast_blas_int *n, const fcast_blas_int *nrhs, const double *a,
             const fcast_blas_int *lda, double *b, const fcast_blas_int *ldb, fcast_blas_int *info);
void dpocon_(const char *uplo, const fcast_blas_int *n, const double *a, const fcast_blas_int *lda, const double *anorm,
             double *rcond, double *work, fcast_blas_int *iwork, fcast_blas_int *info);

void dhseqr_(const char *job, const char *compz, const fcast_blas_int *n, const fcast_blas_int *ilo,
             const fcast_blas_int *ihi, double *h, const fcast_blas_int *ldh, double *wr, double *wi, double *z,
             const fcast_blas_int *ldz, double *work, const fcast_blas_int *lwork, fcast_blas_int *info);
void dhsein_(const char *side, const char *eigsrc, const char *initv, fcast_blas_int *select, const fcast_blas_int *n,
             const double *h, const fcast_blas_int *ldh, double *wr, const double *wi, double *vl,
             const fcast_blas_int *ldvl, double *vr, const fcast_blas_int *ldvr, const fcast_blas_int *mm,
             fcast_blas_int *m, double *work, fcast_blas_int *ifaill, fcast_blas_int *ifailr, fcast_blas_int *info);

/* Ask the BLAS at hand to run on the calling thread alone. Cheap; called by every function in linalg/. */
void fcast__blas_serial(void);

/* Whether there is address space for the buffer that BLAS takes at its first call and keeps: OpenBLAS asks again for
 * ever where there is none. Looks until it has found room once. */
bool fcast__blas_has_room(void);

/* FCAST_OK where `n` fits LP64 LAPACK and its workspace formulas do not overflow (n <= 23,000), and
 * there is room for BLAS. `what` names it. Errors: FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__blas_size(size_t n, const char *what, fcast_error *err);

#endif
