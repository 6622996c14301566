/* SPDX-License-Identifier: MIT
 *
 * What the searches over Fourier and POD models share.
 */
#ifndef FLOCKCAST_LEARN_CANDIDATES_H
#define FLOCKCAST_LEARN_CANDIDATES_H

#include "flockcast/select.h"

/* Add a candidate with the r2 of every judged run; its mean and standard error are filled in. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__selection_add(fcast_selection *selection, const fcast_candidate *candidate,
                                                   const double *run_r2, fcast_error *err);

/* How far a search is: `done` of `all`, in any unit. Safe from several threads; `work` is more done now. */
typedef struct fcast_search_work {
  const fcast_search_space *space;
  double done, all;
} fcast_search_work;

void fcast__search_advance(fcast_search_work *progress, double work);

/* log |covariance| of a symmetric covariance[n, n], which is overwritten, by elimination; -inf where it is singular. */
double fcast__log_determinant(double *covariance, size_t n);

/* Fill in the information criteria from log |Sigma| of the one-step residuals of a state of `n_state` components. */
void fcast__criteria(fcast_candidate *candidate, double log_determinant, size_t n_state, size_t n_regressors);

#endif
