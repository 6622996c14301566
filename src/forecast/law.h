/* SPDX-License-Identifier: MIT
 *
 * The matrices of a model as one that acts on the last frames side by side, the newest first: dense, or row by row
 * where most of its entries are zero, as with Fourier modes.
 */
#ifndef FLOCKCAST_FORECAST_LAW_H
#define FLOCKCAST_FORECAST_LAW_H

#include "flockcast/mvar.h"

typedef struct fcast_law {
  size_t n_modes; /* r */
  size_t width;   /* lag * r */
  double *dense;  /* [mode out, lag, mode in], or NULL */
  size_t *start;  /* [r + 1]: where the entries of a row begin */
  size_t *column; /* [entry] */
  double *value;  /* [entry] */
} fcast_law;

/* Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__law_create(const fcast_mvar *mvar, fcast_law *out, fcast_error *err);
void fcast__law_clear(fcast_law *law);

/* next[run, mode] = the law applied to window[run, lag, mode]. A run's values do not depend on the others.
 * Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__law_apply(const fcast_law *law, const double *window, size_t n_runs, double *next,
                                               fcast_error *err);

#endif
