/* SPDX-License-Identifier: MIT
 *
 * Which BLAS is really loaded, and whether it gives right numbers.
 */
#ifndef FLOCKCAST_LINALG_BLAS_FACTS_H
#define FLOCKCAST_LINALG_BLAS_FACTS_H

#include "flockcast/status.h"

#include <stdbool.h>

enum { FCAST_BLAS_NAME = 256 };

/* Name and version as the library says them, or the file it was loaded from. */
void fcast__blas_name(char text[FCAST_BLAS_NAME]);

/* Threads that it would use on its own (we ask for one); 0 where it does not say. */
int fcast__blas_threads(void);

/* Whether it is an OpenBLAS whose threads are OpenMP's, which waits badly beside ours. */
bool fcast__blas_is_openmp(void);

/* A product by dgemm, one by our own kernel, and the eigenvalues of a second-difference matrix, each against what is
 * known of it. Errors: FCAST_E_NUMERIC with the numbers, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__blas_check(fcast_error *err);

#endif
