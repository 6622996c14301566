/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <math.h>
#include <string.h>

const double judge_alphas[JUDGE_N_ALPHAS] = {1e-3, 1.0};

size_t judge_first_frame(const ensemble *runs, size_t run) {
  size_t frame = 0;
  for (size_t i = 0; i < run; i++) {
    frame += runs->n_frames[i];
  }
  return frame;
}

double judge_regressor(const judged *j, const double *frame, size_t i) {
  return frame[(ptrdiff_t)(i % j->n_state) - (ptrdiff_t)((i / j->n_state + 1) * j->n_state)];
}

double judge_predict(const judged *j, const double *frame, size_t component) {
  const size_t n = j->lag * j->n_state;
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += j->law[component * n + i] * judge_regressor(j, frame, i);
  }
  return sum;
}

/* |truth - mean - modes * coefficients|^2 over the cells. */
static double frame_error(const judged *j, const double *truth, const double *coefficients) {
  double error = 0.0;
  for (size_t cell = 0; cell < j->runs->n_space; cell++) {
    double rho = j->mean[cell];
    for (size_t k = 0; k < j->n_density; k++) {
      rho += j->modes[cell * j->n_stored + k] * coefficients[k];
    }
    error += (truth[cell] - rho) * (truth[cell] - rho);
  }
  return error;
}

double judge_roll_out(const judged *j, size_t run) {
  const size_t n_frames = j->runs->n_frames[run];
  const size_t width = j->runs->n_fields * j->runs->n_space;
  double *rolled = fcast_alloc_array(n_frames * j->n_state, sizeof *rolled);
  double error = 0.0;
  memcpy(rolled, j->series + judge_first_frame(j->runs, run) * j->n_state, JUDGE_N_KNOWN * j->n_state * sizeof *rolled);
  for (size_t t = JUDGE_N_KNOWN; t < n_frames; t++) {
    for (size_t a = 0; a < j->n_state; a++) {
      rolled[t * j->n_state + a] = judge_predict(j, rolled + t * j->n_state, a);
    }
    error += frame_error(j, j->runs->frames + (judge_first_frame(j->runs, run) + t) * width, rolled + t * j->n_state);
  }
  fcast_free(rolled);
  return error;
}

double judge_deviation(const ensemble *runs, size_t run, const double *training_mean) {
  double sum = 0.0;
  for (size_t t = JUDGE_N_KNOWN; t < runs->n_frames[run]; t++) {
    const double *rho = runs->frames + (judge_first_frame(runs, run) + t) * runs->n_fields * runs->n_space;
    for (size_t cell = 0; cell < runs->n_space; cell++) {
      sum += (rho[cell] - training_mean[cell]) * (rho[cell] - training_mean[cell]);
    }
  }
  return sum;
}

void judge_mean(const double *frames, size_t n, size_t n_space, double *mean) {
  for (size_t cell = 0; cell < n_space; cell++) {
    mean[cell] = 0.0;
    for (size_t i = 0; i < n; i++) {
      mean[cell] += frames[i * n_space + cell] / (double)n;
    }
  }
}

size_t judge_count_windows(const ensemble *runs) {
  size_t n = 0;
  for (size_t run = 0; run < runs->n_runs; run++) {
    n += runs->n_frames[run] > JUDGE_N_KNOWN ? runs->n_frames[run] - JUDGE_N_KNOWN : 0;
  }
  return n;
}

void judge_check_criteria(const fcast_candidate *c, double log_determinant, size_t n_state, size_t n_regressors) {
  const double n = (double)c->n_windows;
  const double k = (double)c->n_parameters;
  const double m = (double)n_regressors;
  const double allowed = 1e-7 * (1.0 + fabs(log_determinant));
  check_close(c->aic, log_determinant + 2.0 * k / n, allowed, 0.0);
  check_close(c->bic, log_determinant + log(n) * k / n, allowed, 0.0);
  check_close(c->hqic, log_determinant + 2.0 * log(log(n)) * k / n, allowed, 0.0);
  check_close(c->log_fpe, log_determinant + (double)n_state * log((n + m + 1.0) / (n - m - 1.0)), allowed, 0.0);
}

void judge_check_same(const fcast_selection *a, const fcast_selection *b) {
  assert_int_equal(a->n_candidates, b->n_candidates);
  assert_memory_equal(a->run_r2, b->run_r2, a->n_candidates * a->n_judged * sizeof *a->run_r2);
  for (size_t i = 0; i < a->n_candidates; i++) {
    const fcast_candidate *x = &a->candidates[i];
    const fcast_candidate *y = &b->candidates[i];
    const double of_x[] = {x->ridge_alpha, x->r2, x->standard_error, x->aic, x->bic, x->hqic, x->log_fpe};
    const double of_y[] = {y->ridge_alpha, y->r2, y->standard_error, y->aic, y->bic, y->hqic, y->log_fpe};
    assert_memory_equal(of_x, of_y, sizeof of_x);
    assert_true(x->n_modes == y->n_modes && x->lag == y->lag && x->n_moments == y->n_moments);
  }
}
