/* SPDX-License-Identifier: MIT
 *
 * Intervals of what a direction law says, from runs drawn anew with replacement.
 */
#ifndef FLOCKCAST_LEARN_RESAMPLE_H
#define FLOCKCAST_LEARN_RESAMPLE_H

#include "learn/scoring.h"

/* Weighted by area, the mean weight of the inner half of the shells: the height of a kernel's plateau. */
double fcast__plateau(const double *weight, size_t n_shells);

/* 95 % intervals of the weights of headings over their plateau, of the edge of that, of the weights of forces over
 * their largest magnitude, and of mu: a resample has one scoring step from the fit to all runs. lo and hi[size of the
 * law]. With one run there are none: nan. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__resample_law(const fcast_direction_law *law, const fcast_scoring *scoring,
                                                  double mean_cosine, double width, double *lo, double *hi,
                                                  fcast_estimate *edge, fcast_error *err);

/* 95 % intervals of parameters as they are, in the same way. lo and hi[free]. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__resample_parameters(const double *values, const fcast_scoring *scoring, double *lo,
                                                         double *hi, fcast_error *err);

/* A number that runs give, each as often as its multiplicity says. Called by several threads at once. */
typedef double fcast_number_of_runs(const void *context, const double *multiplicity);

/* The number of all runs and its 95 % interval. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__resample_number(fcast_number_of_runs *find, const void *context, size_t n_runs,
                                                     fcast_estimate *out, fcast_error *err);

/* That of the ratio of two sums over runs. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__resample_ratio(const double *above, const double *below, size_t n_runs,
                                                    fcast_estimate *out, fcast_error *err);

#endif
