/* SPDX-License-Identifier: MIT */
#include "learn/driving.h"

#include "base/each.h"
#include "learn/least_squares.h"
#include "learn/resample.h"

#include <math.h>
#include <string.h>

enum { SHELLS = 40, TRANSITIONS = 25000, MOST_STEPS = 20 };
static const double affordable_pairs = 5e7;

/* What forces must explain more than nothing would. Real ones give thousands: speeds have no noise. */
static const double negligible = 10.0;

/* Speeds that differ by less than this part are the same. */
static const double same_speed = 1e-6;

typedef struct fitting {
  const fcast_transitions *transitions;
  double *weight; /* [shell] */
  fcast_scoring scoring;
} fitting;

static bool speeds_differ(const fcast_transitions *transitions) {
  double least = INFINITY;
  double most = 0.0;
  for (size_t i_run = 0; i_run < transitions->n_runs; i_run++) {
    for (size_t i = 0; i < transitions->runs[i_run].n; i++) {
      least = fmin(least, transitions->runs[i_run].travel[i]);
      most = fmax(most, transitions->runs[i_run].travel[i]);
    }
  }
  return most - least > same_speed * most;
}

/* First weights: what is added to the speed, along the velocity before. */
static fcast_status start(fitting *fit, double *f_statistic, fcast_error *err) {
  const size_t n = fit->transitions->forces.n;
  fcast_least_squares sums;
  fcast_status status = fcast__least_squares_create(n, &sums, err);
  for (size_t i_run = 0; status == FCAST_OK && i_run < fit->transitions->n_runs; i_run++) {
    const fcast_run_transitions *run = &fit->transitions->runs[i_run];
    for (size_t i = 0; i < run->n; i++) {
      const double *away = run->away + 2 * i * n;
      const double *velocity = run->velocity + 2 * i;
      const double speed = hypot(velocity[0], velocity[1]);
      for (size_t k = 0; k < n; k++) {
        sums.row[k] = speed > 0.0 ? (velocity[0] * away[k] + velocity[1] * away[n + k]) / speed : 0.0;
      }
      fcast__least_squares_add(&sums, 1.0, run->travel[i] - speed);
    }
  }
  if (status == FCAST_OK) {
    status = fcast__least_squares_solve(&sums, f_statistic, err);
  }
  if (status == FCAST_OK) {
    memcpy(fit->weight, sums.right, n * sizeof *fit->weight);
  }
  fcast__least_squares_clear(&sums);
  return status;
}

/* Gradient and Hessian of half the squared errors of the speeds of one run. */
static fcast_status score_run(void *context, size_t i_run, fcast_error *err) {
  const fitting *fit = context;
  const fcast_run_transitions *run = &fit->transitions->runs[i_run];
  const size_t n = fit->transitions->forces.n;
  double *gradient = fit->scoring.gradient + i_run * n;
  double *hessian = fit->scoring.hessian + i_run * n * n;
  double *row = fcast_alloc_array(n, sizeof *row);
  if (row == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu shells", n);
  }
  memset(gradient, 0, n * sizeof *gradient);
  memset(hessian, 0, n * n * sizeof *hessian);
  for (size_t i = 0; i < run->n; i++) {
    const double *away = run->away + 2 * i * n;
    double x = run->velocity[2 * i];
    double y = run->velocity[2 * i + 1];
    for (size_t k = 0; k < n; k++) {
      x += fit->weight[k] * away[k];
      y += fit->weight[k] * away[n + k];
    }
    const double speed = fmax(hypot(x, y), 1e-300);
    for (size_t k = 0; k < n; k++) {
      row[k] = (x * away[k] + y * away[n + k]) / speed;
      gradient[k] += (run->travel[i] - speed) * row[k];
    }
    fcast__add_outer(row, n, 1.0, hessian);
  }
  fcast_free(row);
  return FCAST_OK;
}

/* Steps until they are small. */
static fcast_status settle(fitting *fit, fcast_error *err) {
  const size_t n = fit->transitions->forces.n;
  double *step = fcast_alloc_array(n, sizeof *step);
  double *hessian = fcast_alloc_array(n, n * sizeof *hessian);
  double change = INFINITY;
  double most = 0.0;
  fcast_status status =
      step == NULL || hessian == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu shells", n) : FCAST_OK;
  for (int i = 0; status == FCAST_OK && i < MOST_STEPS && change > 1e-9 * most; i++) {
    status = fcast__for_each(fit->transitions->n_runs, score_run, fit, err);
    if (status == FCAST_OK) {
      fcast__scoring_sum(&fit->scoring, NULL, step, hessian);
      status = fcast__solve_held(hessian, n, step, err);
    }
    change = 0.0;
    for (size_t k = 0; status == FCAST_OK && k < n; k++) {
      fit->weight[k] += step[k];
      change = fmax(change, fabs(step[k]));
      most = fmax(most, fabs(fit->weight[k]));
    }
  }
  fcast_free(step);
  fcast_free(hessian);
  return status;
}

static fcast_status fill_in(const fitting *fit, fcast_field_model *model, fcast_error *err) {
  const fcast_shells *shells = &fit->transitions->forces;
  fcast_status status = fcast_radial_create(shells->n, shells->width, &model->force, err);
  if (status == FCAST_OK) {
    memcpy(model->force.value, fit->weight, shells->n * sizeof *fit->weight);
    model->force_kind = FCAST_FIELD_DRIVING;
    status = fcast__resample_parameters(fit->weight, &fit->scoring, model->force.lo, model->force.hi, err);
  }
  return status;
}

fcast_status fcast__learn_driving(const fcast_tracks_source *source, fcast_field_model *model, fcast_error *err) {
  const double half_box = fmin(model->density.box_x, model->density.box_y) / 2.0;
  const fcast_transition_options options = {.shells = {model->alignment.n_shells, model->alignment.width},
                                            .forces = {SHELLS, half_box / SHELLS},
                                            .most = TRANSITIONS,
                                            .most_pairs = affordable_pairs};
  fcast_transitions transitions = {0};
  fitting fit = {.transitions = &transitions, .weight = fcast_alloc_array(SHELLS, sizeof(double))};
  double f_statistic = 0.0;
  if (fit.weight == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %d shells", SHELLS);
  }
  fcast_status status = fcast__transitions_collect(source, &model->density, &options, &transitions, err);
  const bool is_worth_it = status == FCAST_OK && speeds_differ(&transitions);
  if (is_worth_it) {
    status = start(&fit, &f_statistic, err);
  }
  if (status == FCAST_OK && is_worth_it && f_statistic > negligible) {
    status = fcast__scoring_create(transitions.n_runs, SHELLS, &fit.scoring, err);
    if (status == FCAST_OK) {
      status = settle(&fit, err);
    }
    if (status == FCAST_OK) {
      status = fill_in(&fit, model, err);
    }
  }
  fcast__scoring_clear(&fit.scoring);
  fcast__transitions_clear(&transitions);
  fcast_free(fit.weight);
  return status;
}
