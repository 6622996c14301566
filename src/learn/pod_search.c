/* SPDX-License-Identifier: MIT */
#include "flockcast/select.h"

#include "base/listen.h"
#include "base/series.h"
#include "learn/candidates.h"
#include "learn/pod_folds.h"
#include "linalg/factor.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* Modes of a field that are tried. */
static const size_t mode_counts[] = {5, 10, 20, 30, 40, 60, 80, 120, 160, 240};
enum { N_MODE_COUNTS = sizeof mode_counts / sizeof mode_counts[0], LARGEST_STATE = 240 };

/* More modes than this many times the root of the number of frames, or regressors than this share of them, are not
 * worth trying: they follow the noise. */
static const double modes_by_root_of_frames = 2.0;
static const double largest_share_of_regressors = 0.3;

/* What is tried: modes of every field, lag, penalty. */
typedef struct trial {
  size_t n_modes, lag;
  double ridge_alpha;
} trial;

typedef struct search {
  const fcast_series_source *source;
  const fcast_pod_folds *folds;
  const fcast_selection *selection;
  size_t n_known;
  size_t n_trials;
  trial *trials;
  size_t *first_frame;     /* [judged run]: place of its first frame among theirs */
  double *run_r2;          /* [trial, judged run] */
  double *log_determinant; /* [trial] */
  fcast_search_work work;
} search;

/* --- one trial on one fold --- */

/* Place of component i of a state of t->n_modes modes a field, `back` frames before the target, in a window. */
static size_t place_of(const search *s, const trial *t, size_t back, size_t i) {
  const size_t r = s->folds->n_fields * s->folds->n_modes;
  return (s->n_known - back) * r + i / t->n_modes * s->folds->n_modes + i % t->n_modes;
}

/* law[component out, lag, component in], the oldest frame first: the same regression as fcast_mvar_fit on a part of the
 * moments. `has_law` says whether it has a solution. */
static fcast_status fit_trial(const search *s, const trial *t, const double *moments, double *normal, double *law,
                              bool *has_law, fcast_error *err) {
  const size_t r = s->folds->n_fields * t->n_modes;
  const size_t n = t->lag * r;
  const size_t width = s->folds->width;
  double condition = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double *row = moments + place_of(s, t, t->lag - i / r, i % r) * width;
    for (size_t j = 0; j <= i; j++) {
      normal[i * n + j] = row[place_of(s, t, t->lag - j / r, j % r)];
    }
  }
  for (size_t k = 0; k < r; k++) {
    const double *row = moments + place_of(s, t, 0, k) * width;
    for (size_t j = 0; j < n; j++) {
      law[k * n + j] = row[place_of(s, t, t->lag - j / r, j % r)];
    }
  }
  const fcast_status status = fcast__cholesky_solve(normal, n, n, t->ridge_alpha, law, r, n, &condition, err);
  *has_law = status == FCAST_OK;
  return status == FCAST_E_NUMERIC ? FCAST_OK : status;
}

/* Copy the components of a trial out of a frame of the series. */
static void copy_state(const search *s, const trial *t, const double *frame, double *state) {
  for (size_t field = 0; field < s->folds->n_fields; field++) {
    memcpy(state + field * t->n_modes, frame + field * s->folds->n_modes, t->n_modes * sizeof *state);
  }
}

/* Squared error of a density forecast: of its modes, and all that they do not hold. */
static double frame_error(const double *predicted, const double *truth, double energy, size_t n_modes) {
  double error = energy;
  for (size_t k = 0; k < n_modes; k++) {
    error += (predicted[k] - truth[k]) * (predicted[k] - truth[k]) - truth[k] * truth[k];
  }
  return error;
}

/* The judged runs of one fold, rolled out together. */
typedef struct judged_fold {
  size_t n_runs;
  size_t longest;            /* frames of the longest */
  size_t *run;               /* [n_runs]: their places among the judged */
  double *window;            /* [n_runs, lag, component] */
  double *next;              /* [n_runs, component] */
  double *error, *deviation; /* [n_runs] */
} judged_fold;

static fcast_status fold_create(const search *s, size_t fold, size_t lag, size_t r, judged_fold *out,
                                fcast_error *err) {
  const size_t n_judged = s->selection->n_judged;
  out->run = fcast_alloc_array(n_judged, sizeof *out->run);
  for (size_t i = 0; out->run != NULL && i < n_judged; i++) {
    const size_t run = s->selection->judged[i];
    if (fcast_fold_of(run, s->source->n_runs) == fold) {
      out->run[out->n_runs++] = i;
      out->longest = s->source->n_frames[run] > out->longest ? s->source->n_frames[run] : out->longest;
    }
  }
  out->window = fcast_alloc_array(out->n_runs * lag * r, sizeof(double));
  out->next = fcast_alloc_array(out->n_runs * r, sizeof(double));
  out->error = fcast_alloc_array(out->n_runs, sizeof(double));
  out->deviation = fcast_alloc_array(out->n_runs, sizeof(double));
  return out->run == NULL || out->window == NULL || out->next == NULL || out->error == NULL || out->deviation == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to judge %zu runs", n_judged)
             : FCAST_OK;
}

static void fold_clear(judged_fold *fold) {
  fcast_free(fold->run);
  fcast_free(fold->window);
  fcast_free(fold->next);
  fcast_free(fold->error);
  fcast_free(fold->deviation);
}

/* Add one forecast frame of a run to its error; frames behind its end do not count. */
static void judge_frame(const search *s, const trial *t, size_t basis, size_t frame, size_t i, judged_fold *fold) {
  const fcast_pod_folds *folds = s->folds;
  const size_t judged = fold->run[i];
  const size_t stride = folds->n_fields * folds->n_modes;
  const size_t at = s->first_frame[judged] + frame;
  if (frame < s->source->n_frames[s->selection->judged[judged]]) {
    fold->error[i] += frame_error(fold->next + i * folds->n_fields * t->n_modes,
                                  folds->series + (basis * folds->n_frames + at) * stride,
                                  folds->energy[basis * folds->n_frames + at], t->n_modes);
    fold->deviation[i] += folds->energy[(folds->n_bases - 1) * folds->n_frames + at];
  }
}

/* r2 of the forecasts of all judged runs of a fold, in closed loop from their known frames. */
static fcast_status judge(const search *s, size_t i_trial, const double *law, size_t basis, judged_fold *fold,
                          fcast_error *err) {
  const trial *t = &s->trials[i_trial];
  const size_t r = s->folds->n_fields * t->n_modes;
  const size_t n = t->lag * r;
  const size_t stride = s->folds->n_fields * s->folds->n_modes;
  for (size_t i = 0; i < fold->n_runs; i++) {
    const double *series = s->folds->series + (basis * s->folds->n_frames + s->first_frame[fold->run[i]]) * stride;
    for (size_t back = 0; back < t->lag; back++) {
      copy_state(s, t, series + (s->n_known - t->lag + back) * stride, fold->window + i * n + back * r);
    }
  }
  for (size_t frame = s->n_known; frame < fold->longest; frame++) {
    const fcast_status status = fcast__multiply_transposed(fold->window, law, fold->n_runs, n, r, fold->next, err);
    if (status != FCAST_OK) {
      return status;
    }
    for (size_t i = 0; i < fold->n_runs; i++) {
      judge_frame(s, t, basis, frame, i, fold);
      memmove(fold->window + i * n, fold->window + i * n + r, (n - r) * sizeof(double));
      memcpy(fold->window + i * n + n - r, fold->next + i * r, r * sizeof(double));
    }
  }
  for (size_t i = 0; i < fold->n_runs; i++) {
    s->run_r2[i_trial * s->selection->n_judged + fold->run[i]] = 1.0 - fold->error[i] / fold->deviation[i];
  }
  return FCAST_OK;
}

/* log |Sigma| of the one-step residuals: with S L^T = B^T - alpha L^T for the law L, regressors S and right sides B,
 * the sum of their squares is T - B L^T - alpha L L^T. */
static fcast_status measure_residuals(const search *s, const trial *t, const double *moments, const double *law,
                                      double *out, fcast_error *err) {
  const size_t r = s->folds->n_fields * t->n_modes;
  const size_t n = t->lag * r;
  const size_t width = s->folds->width;
  double *right_side = fcast_alloc_unfilled(r * n, sizeof *right_side);
  double *sum = fcast_alloc_unfilled(r * r, sizeof *sum);
  fcast_status status = right_side == NULL || sum == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the residuals of %zu modes", r)
                            : FCAST_OK;
  for (size_t k = 0; status == FCAST_OK && k < r; k++) {
    const double *row = moments + place_of(s, t, 0, k) * width;
    for (size_t j = 0; j < n; j++) {
      right_side[k * n + j] = row[place_of(s, t, t->lag - j / r, j % r)] + t->ridge_alpha * law[k * n + j];
    }
  }
  if (status == FCAST_OK) {
    status = fcast__multiply_transposed(right_side, law, r, n, r, sum, err);
  }
  for (size_t k = 0; status == FCAST_OK && k < r; k++) {
    for (size_t j = 0; j <= k; j++) {
      const double targets = moments[place_of(s, t, 0, k) * width + place_of(s, t, 0, j)];
      sum[k * r + j] = (targets - sum[k * r + j]) / (double)s->folds->n_windows;
      sum[j * r + k] = sum[k * r + j];
    }
  }
  *out = status == FCAST_OK ? fcast__log_determinant(sum, r) : (double)NAN;
  fcast_free(right_side);
  fcast_free(sum);
  return status;
}

/* Try one model on the judged runs of a fold; the last fold, which is none, gives the criteria instead. A model that
 * cannot be fitted has the r2 nan, which is no failure. */
static fcast_status try_on_fold(search *s, size_t i_trial, size_t fold, fcast_error *err) {
  const trial *t = &s->trials[i_trial];
  const double *moments = s->folds->moments + fold * s->folds->width * s->folds->width;
  const size_t r = s->folds->n_fields * t->n_modes;
  const size_t n = t->lag * r;
  judged_fold runs = {0};
  double *normal = fcast_alloc_unfilled(n * n, sizeof *normal);
  double *law = fcast_alloc_unfilled(r * n, sizeof *law);
  fcast_status status = normal == NULL || law == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a model of %zu regressors", n)
                            : fold_create(s, fold, t->lag, r, &runs, err);
  bool has_law = false;
  if (status == FCAST_OK) {
    status = fit_trial(s, t, moments, normal, law, &has_law, err);
  }
  for (size_t i = 0; i < runs.n_runs; i++) {
    s->run_r2[i_trial * s->selection->n_judged + runs.run[i]] = NAN;
  }
  if (fold == FCAST_FOLDS) {
    s->log_determinant[i_trial] = NAN;
  }
  if (has_law) {
    status = fold == FCAST_FOLDS ? measure_residuals(s, t, moments, law, &s->log_determinant[i_trial], err)
                                 : judge(s, i_trial, law, fold % s->folds->n_bases, &runs, err);
  }
  fold_clear(&runs);
  fcast_free(normal);
  fcast_free(law);
  return status;
}

/* Multiplications of a trial, about: its normal equations are most of it. */
static double cost_of(const search *s, const trial *t) {
  const double r = (double)(s->folds->n_fields * t->n_modes);
  const double n = (double)t->lag * r;
  return n * n * (n / 3.0 + 2.0 * r);
}

static fcast_status try_all_on_fold(search *s, size_t fold, fcast_error *err) {
  fcast_status status = FCAST_OK;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = s->n_trials; i > 0; i--) { /* the largest first */
    fcast_error trial_error = {FCAST_OK, ""};
    const fcast_status trial_status = try_on_fold(s, i - 1, fold, &trial_error);
    fcast__search_advance(&s->work, cost_of(s, &s->trials[i - 1]));
    if (trial_status != FCAST_OK) {
#pragma omp critical(fcast_pod_search_failure)
      {
        status = trial_status;
        *err = trial_error;
      }
    }
  }
  return status;
}

/* --- all trials --- */

static void list_trials(const fcast_search_space *space, search *s) {
  const double n_windows = (double)fcast__series_n_frames(s->source, 0, s->source->n_runs);
  for (size_t i = 0; i < N_MODE_COUNTS && mode_counts[i] <= s->folds->n_modes; i++) {
    for (size_t lag = 1; lag <= s->n_known; lag++) {
      if ((double)(lag * mode_counts[i] * s->folds->n_fields) > largest_share_of_regressors * n_windows) {
        continue;
      }
      for (size_t alpha = 0; alpha < space->n_alphas; alpha++) {
        s->trials[s->n_trials] = (trial){mode_counts[i], lag, space->alphas[alpha]};
        s->work.all += (FCAST_FOLDS + 1) * cost_of(s, &s->trials[s->n_trials++]);
      }
    }
  }
}

static fcast_status allocate(const fcast_search_space *space, search *s, fcast_error *err) {
  const size_t n_trials = N_MODE_COUNTS * space->n_known * space->n_alphas;
  const size_t n_judged = s->selection->n_judged;
  s->trials = fcast_alloc_array(n_trials, sizeof *s->trials);
  s->first_frame = fcast_alloc_array(n_judged, sizeof *s->first_frame);
  s->run_r2 = fcast_alloc_array(n_trials * n_judged, sizeof(double));
  s->log_determinant = fcast_alloc_array(n_trials, sizeof(double));
  if (s->trials == NULL || s->first_frame == NULL || s->run_r2 == NULL || s->log_determinant == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to search POD models of %zu modes", s->folds->n_modes);
  }
  for (size_t i = 1; i < n_judged; i++) {
    s->first_frame[i] = s->first_frame[i - 1] + s->source->n_frames[s->selection->judged[i - 1]];
  }
  return FCAST_OK;
}

static fcast_status add_candidates(const search *s, fcast_selection *selection, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < s->n_trials; i++) {
    const trial *t = &s->trials[i];
    const size_t r = s->folds->n_fields * t->n_modes;
    fcast_candidate candidate = {.basis = FCAST_BASIS_POD,
                                 .n_moments = s->folds->n_fields > 1 ? 1 : 0,
                                 .n_modes = t->n_modes,
                                 .lag = t->lag,
                                 .ridge_alpha = t->ridge_alpha,
                                 .n_parameters = t->lag * r * r,
                                 .n_windows = s->folds->n_windows};
    fcast__criteria(&candidate, s->log_determinant[i], r, t->lag * r);
    status = fcast__selection_add(selection, &candidate, s->run_r2 + i * selection->n_judged, err);
  }
  return status;
}

static size_t largest_modes(const fcast_series_source *fields, size_t n_moments) {
  const double n_frames = (double)fcast__series_n_frames(fields, 0, fields->n_runs);
  const double worth_trying = fmax(modes_by_root_of_frames * sqrt(n_frames), (double)mode_counts[0]);
  return (size_t)fmin(worth_trying, LARGEST_STATE) / (1 + 2 * n_moments);
}

fcast_status fcast_search_pod(const fcast_series_source *fields, size_t n_moments, const fcast_pod *pod,
                              const fcast_search_space *space, fcast_selection *selection, fcast_error *err) {
  fcast_pod_folds folds = {0};
  fcast_search_space told = *space;
  fcast_part part = {&space->listener, 0.0, 0.5};
  told.listener = fcast__listen_to(&part);
  search s = {
      .source = fields, .folds = &folds, .selection = selection, .n_known = space->n_known, .work = {.space = &told}};
  fcast_error why = {FCAST_OK, ""};
  fcast_status status = fcast__pod_folds_create(fields, n_moments, pod, largest_modes(fields, n_moments),
                                                space->n_known, selection, &told.listener, &folds, &why);
  if (status == FCAST_E_NUMERIC && n_moments > 0) {
    return FCAST_OK; /* a moment that never changes, as of agents at rest, has no modes: no candidate */
  }
  if (status != FCAST_OK) {
    return fcast_fail(err, status, "%s", why.text);
  }
  status = allocate(space, &s, err);
  if (status == FCAST_OK) {
    part = (fcast_part){&space->listener, folds.n_bases > 1 ? 0.5 : 0.0, 1.0};
    list_trials(space, &s);
  }
  for (size_t fold = 0; status == FCAST_OK && fold <= FCAST_FOLDS; fold++) {
    status = try_all_on_fold(&s, fold, err);
  }
  if (status == FCAST_OK) {
    status = add_candidates(&s, selection, err);
  }
  fcast_free(s.trials);
  fcast_free(s.first_frame);
  fcast_free(s.run_r2);
  fcast_free(s.log_determinant);
  fcast__pod_folds_clear(&folds);
  return status;
}
