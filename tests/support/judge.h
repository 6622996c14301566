/* SPDX-License-Identifier: MIT
 *
 * What judges of a search do, by plain loops: roll out a law, take errors over cells, compare what was found.
 */
#ifndef FLOCKCAST_TESTS_JUDGE_H
#define FLOCKCAST_TESTS_JUDGE_H

#include "ensemble.h"

#include "flockcast/select.h"

enum { JUDGE_N_KNOWN = 2, JUDGE_N_ALPHAS = 2 };

extern const double judge_alphas[JUDGE_N_ALPHAS];

/* The state series[frame, component] of all runs, and what a forecast of its density is measured by. */
typedef struct judged {
  const ensemble *runs;
  size_t n_state;      /* components */
  size_t n_density;    /* the first of them, the density's */
  double *series;      /* [frame, n_state] */
  const double *modes; /* [cell, n_stored] of the density */
  size_t n_stored;     /* columns of `modes` */
  const double *mean;  /* [cell]: lifted frames are mean + modes * coefficients */
  double *law;         /* [n_state, lag * n_state], the newest frame first */
  size_t lag;
  double log_determinant; /* of the covariance of the one-step residuals over all runs, where nothing is left out */
} judged;

/* Where a run begins among the frames of all. */
size_t judge_first_frame(const ensemble *runs, size_t run);

/* The i-th number that a frame of the series is predicted from. */
double judge_regressor(const judged *j, const double *frame, size_t i);

/* A component of a frame by the law. */
double judge_predict(const judged *j, const double *frame, size_t component);

/* Squared error of the closed loop of one run, over its frames behind the known ones. */
double judge_roll_out(const judged *j, size_t run);

/* Sum over the forecast frames of |rho - training mean|^2. */
double judge_deviation(const ensemble *runs, size_t run, const double *training_mean);

/* The mean of frames[n, n_space]. */
void judge_mean(const double *frames, size_t n, size_t n_space, double *mean);

size_t judge_count_windows(const ensemble *runs);

/* The criteria are those from log |Sigma|, as the books write them. */
void judge_check_criteria(const fcast_candidate *c, double log_determinant, size_t n_state, size_t n_regressors);

/* Two searches found the same, bit by bit. */
void judge_check_same(const fcast_selection *a, const fcast_selection *b);

#endif
