/* SPDX-License-Identifier: MIT */
#include "flockcast/select.h"

#include "base/series.h"
#include "learn/aligned_runs.h"
#include "learn/candidates.h"
#include "learn/windows.h"
#include "linalg/factor.h"
#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* Modes that are tried. */
static const size_t mode_counts[] = {2, 5, 10, 20, 40, 80};
enum { N_MODE_COUNTS = sizeof mode_counts / sizeof mode_counts[0], SHIFT = FCAST_SHIFT_COMPONENTS };

/* More regressors than this share of the frames are not worth trying. */
static const double largest_share_of_regressors = 0.3;

/* What is tried: modes, lag, penalty. */
typedef struct trial {
  size_t n_modes, lag;
  double ridge_alpha;
} trial;

/* One fold: modes made without it, all frames on them, and the windows of the other folds. */
typedef struct aligned_fold {
  size_t fold;
  fcast_pod pod;
  size_t width;    /* of a state */
  double scale;    /* on the increments */
  double *states;  /* [frame, width] */
  double *moments; /* [(n_known + 1) width, (n_known + 1) width], lower triangle; the oldest frame first */
  size_t n_windows;
} aligned_fold;

typedef struct search {
  const fcast_aligned_runs *runs;
  const fcast_fourier *fourier;
  const fcast_selection *selection;
  size_t n_known;
  size_t n_trials;
  trial *trials;
  size_t n_windows;
  double *run_r2;          /* [trial, judged run] */
  double *log_determinant; /* [trial] */
  fcast_search_work work;
} search;

/* --- one fold --- */

static void fold_clear(aligned_fold *fold) {
  fcast_pod_clear(&fold->pod);
  fcast_free(fold->states);
  fcast_free(fold->moments);
}

static fcast_status fold_create(const search *s, size_t fold, aligned_fold *out, fcast_error *err) {
  const size_t n_frames = fcast__aligned_first(s->runs, s->runs->n_runs);
  *out = (aligned_fold){.fold = fold};
  fcast_status status = fcast__aligned_pod(s->runs, fold, mode_counts[N_MODE_COUNTS - 1], &out->pod, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->width = SHIFT + out->pod.n_modes;
  const size_t n = (s->n_known + 1) * out->width;
  out->states = fcast_alloc_unfilled(n_frames * out->width, sizeof(double));
  out->moments = fcast_alloc_array(n * n, sizeof(double));
  status = out->states == NULL || out->moments == NULL
               ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu aligned modes", out->pod.n_modes)
               : fcast__aligned_states(s->runs, &out->pod, out->states, &out->scale, err);
  fcast_kept_states kept = {s->runs, out->states, out->width};
  const fcast_series_source states = fcast__kept_states_source(&kept);
  for (size_t first = 0, last = 0; status == FCAST_OK && first < s->runs->n_runs; first = last) {
    const size_t of_first = fcast_fold_of(first, s->runs->n_runs);
    while (last < s->runs->n_runs && fcast_fold_of(last, s->runs->n_runs) == of_first) {
      last++;
    }
    status = of_first == fold
                 ? FCAST_OK
                 : fcast__windows_add(&states, first, last, s->n_known, out->moments, &out->n_windows, err);
  }
  if (status != FCAST_OK) {
    fold_clear(out);
  }
  return status;
}

/* --- one trial on one fold --- */

/* Place of regressor j of a trial in a window: the last frame first, each the first components of a state. */
static size_t place_of(const search *s, const aligned_fold *fold, size_t r, size_t j) {
  return (s->n_known - 1 - j / r) * fold->width + j % r;
}

/* law[component, regressor] by ridge regression. `has_law` says whether it has a solution. */
static fcast_status fit_trial(const search *s, const aligned_fold *fold, const trial *t, double *normal, double *law,
                              bool *has_law, fcast_error *err) {
  const size_t r = SHIFT + t->n_modes;
  const size_t n = t->lag * r;
  const size_t stride = (s->n_known + 1) * fold->width;
  double condition = 0.0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      const size_t a = place_of(s, fold, r, i);
      const size_t b = place_of(s, fold, r, j);
      normal[i * n + j] = fold->moments[a > b ? a * stride + b : b * stride + a];
    }
  }
  for (size_t k = 0; k < r; k++) {
    for (size_t j = 0; j < n; j++) {
      law[k * n + j] = fold->moments[(s->n_known * fold->width + k) * stride + place_of(s, fold, r, j)];
    }
  }
  const fcast_status status = fcast__cholesky_solve(normal, n, n, t->ridge_alpha, law, r, n, &condition, err);
  *has_law = status == FCAST_OK;
  return status == FCAST_E_NUMERIC ? FCAST_OK : status;
}

/* The law as a model, for a rollout. */
static void spread_law(const double *law, fcast_mvar *out) {
  const size_t r = out->n_modes;
  for (size_t k = 0; k < r; k++) {
    for (size_t j = 0; j < out->lag * r; j++) {
      out->coefficients[(j / r * r + k) * r + j % r] = law[k * out->lag * r + j];
    }
  }
}

/* Memory to judge runs with, of `longest` forecast frames at most. */
typedef struct judge_memory {
  double *known;     /* [lag, r] */
  double *rolled;    /* [frame, r] */
  double *aligned;   /* [frame, mode of the fold] */
  double *predicted; /* [frame, Fourier mode] */
} judge_memory;

static bool memory_create(const search *s, const trial *t, judge_memory *out) {
  size_t longest = 0;
  for (size_t i = 0; i < s->selection->n_judged; i++) {
    const size_t n = s->runs->n_frames[s->selection->judged[i]];
    longest = n > longest ? n : longest;
  }
  out->known = fcast_alloc_array(t->lag * (SHIFT + t->n_modes), sizeof(double));
  out->rolled = fcast_alloc_array(longest * (SHIFT + t->n_modes), sizeof(double));
  out->aligned = fcast_alloc_array(longest * t->n_modes, sizeof(double));
  out->predicted = fcast_alloc_array(longest * s->runs->n_modes, sizeof(double));
  return out->known != NULL && out->rolled != NULL && out->aligned != NULL && out->predicted != NULL;
}

static void memory_clear(judge_memory *memory) {
  fcast_free(memory->known);
  fcast_free(memory->rolled);
  fcast_free(memory->aligned);
  fcast_free(memory->predicted);
}

/* 1 - SSE / sum |rho - mean|^2: the forecast, moved by how far its shift is off, against the aligned truth, which is as
 * far from it as both are where they belong; and what no mode holds. */
static double score(const search *s, const aligned_fold *fold, size_t run, const double *rolled, size_t r,
                    double *predicted) {
  const size_t n_waves = s->runs->n_modes;
  const size_t first = fcast__aligned_first(s->runs, run) + s->n_known;
  const double *shifts = s->runs->shifts + SHIFT * first;
  double at[SHIFT] = {shifts[-2], shifts[-1]};
  double error = 0.0;
  double deviation = 0.0;
  for (size_t i = 0; i < s->runs->n_frames[run] - s->n_known; i++) {
    at[0] += rolled[i * r] / fold->scale;
    at[1] += rolled[i * r + 1] / fold->scale;
    double *frame = predicted + i * n_waves;
    const double *truth = s->runs->aligned + (first + i) * n_waves;
    fcast_align_move(s->fourier, n_waves, (const double[2]){at[0] - shifts[2 * i], at[1] - shifts[2 * i + 1]}, frame);
    for (size_t k = 0; k < n_waves; k++) {
      error += (frame[k] - truth[k]) * (frame[k] - truth[k]);
    }
    error += s->runs->outside[first + i];
    deviation += s->runs->deviation[first + i];
  }
  return 1.0 - error / deviation;
}

static fcast_status judge_run(const search *s, const aligned_fold *fold, const fcast_pod *pod, const fcast_mvar *mvar,
                              size_t run, judge_memory *memory, double *r2, fcast_error *err) {
  const size_t r = mvar->n_modes;
  const size_t first = fcast__aligned_first(s->runs, run) + s->n_known - mvar->lag;
  const size_t n_forecast = s->runs->n_frames[run] - s->n_known;
  for (size_t i = 0; i < mvar->lag; i++) {
    memcpy(memory->known + i * r, fold->states + (first + i) * fold->width, r * sizeof(double));
  }
  fcast_status status = fcast_mvar_rollout(mvar, memory->known, 1, n_forecast, memory->rolled, err);
  for (size_t i = 0; status == FCAST_OK && i < n_forecast; i++) {
    memcpy(memory->aligned + i * pod->n_modes, memory->rolled + i * r + SHIFT, pod->n_modes * sizeof(double));
  }
  if (status == FCAST_OK) {
    status = fcast_pod_lift(pod, memory->aligned, n_forecast, memory->predicted, err);
  }
  if (status == FCAST_OK) {
    *r2 = score(s, fold, run, memory->rolled, r, memory->predicted);
  }
  return status;
}

/* r2 of all judged runs of the fold. */
static fcast_status judge(search *s, const aligned_fold *fold, size_t i_trial, const double *law, fcast_error *err) {
  const trial *t = &s->trials[i_trial];
  const size_t r = SHIFT + t->n_modes;
  fcast_mvar mvar = {.lag = t->lag, .n_modes = r, .coefficients = fcast_alloc_array(t->lag * r * r, sizeof(double))};
  judge_memory memory = {0};
  fcast_pod pod = {0};
  fcast_status status = !memory_create(s, t, &memory) || mvar.coefficients == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to judge a model of %zu modes", r)
                            : fcast_pod_truncate(&fold->pod, t->n_modes, &pod, err);
  if (status == FCAST_OK) {
    spread_law(law, &mvar);
  }
  for (size_t i = 0; status == FCAST_OK && i < s->selection->n_judged; i++) {
    const size_t run = s->selection->judged[i];
    if (fcast_fold_of(run, s->runs->n_runs) == fold->fold) {
      status = judge_run(s, fold, &pod, &mvar, run, &memory, &s->run_r2[i_trial * s->selection->n_judged + i], err);
    }
  }
  fcast_mvar_clear(&mvar);
  memory_clear(&memory);
  fcast_pod_clear(&pod);
  return status;
}

/* log |Sigma| of the one-step residuals: with S L^T = B^T - alpha L^T for the law L, regressors S and right sides B,
 * the sum of their squares is T - B L^T - alpha L L^T. */
static fcast_status measure_residuals(search *s, const aligned_fold *fold, size_t i_trial, const double *law,
                                      fcast_error *err) {
  const trial *t = &s->trials[i_trial];
  const size_t r = SHIFT + t->n_modes;
  const size_t n = t->lag * r;
  const size_t stride = (s->n_known + 1) * fold->width;
  const double *targets = fold->moments + s->n_known * fold->width * stride;
  double *right_side = fcast_alloc_unfilled(r * n, sizeof *right_side);
  double *sum = fcast_alloc_unfilled(r * r, sizeof *sum);
  fcast_status status = right_side == NULL || sum == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the residuals of %zu modes", r)
                            : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < r * n; i++) {
    right_side[i] = targets[i / n * stride + place_of(s, fold, r, i % n)] + t->ridge_alpha * law[i];
  }
  if (status == FCAST_OK) {
    status = fcast__multiply_transposed(right_side, law, r, n, r, sum, err);
  }
  for (size_t k = 0; status == FCAST_OK && k < r; k++) {
    for (size_t j = 0; j <= k; j++) {
      sum[k * r + j] = (targets[k * stride + s->n_known * fold->width + j] - sum[k * r + j]) / (double)s->n_windows;
      sum[j * r + k] = sum[k * r + j];
    }
  }
  s->log_determinant[i_trial] = status == FCAST_OK ? fcast__log_determinant(sum, r) : (double)NAN;
  fcast_free(right_side);
  fcast_free(sum);
  return status;
}

/* Try one model on the judged runs of a fold; the last, which is none, gives the criteria instead. A model that cannot
 * be fitted, or has more modes than there are, keeps the r2 nan, which is no failure. */
static fcast_status try_on_fold(search *s, const aligned_fold *fold, size_t i_trial, fcast_error *err) {
  const trial *t = &s->trials[i_trial];
  const size_t r = SHIFT + t->n_modes;
  const size_t n = t->lag * r;
  if (t->n_modes > fold->pod.n_modes) {
    return FCAST_OK;
  }
  double *normal = fcast_alloc_unfilled(n * n, sizeof *normal);
  double *law = fcast_alloc_unfilled(r * n, sizeof *law);
  fcast_status status = normal == NULL || law == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a model of %zu regressors", n)
                            : FCAST_OK;
  bool has_law = false;
  if (status == FCAST_OK) {
    status = fit_trial(s, fold, t, normal, law, &has_law, err);
  }
  if (has_law) {
    status =
        fold->fold == FCAST_FOLDS ? measure_residuals(s, fold, i_trial, law, err) : judge(s, fold, i_trial, law, err);
  }
  fcast_free(normal);
  fcast_free(law);
  return status;
}

static fcast_status try_all_on_fold(search *s, size_t fold, fcast_error *err) {
  aligned_fold at = {0};
  fcast_status status = fold_create(s, fold, &at, err);
  if (status != FCAST_OK) {
    return status;
  }
  s->n_windows = at.n_windows; /* of the last: of all runs */
#pragma omp parallel for schedule(dynamic)
  for (size_t i = s->n_trials; i > 0; i--) { /* the largest first */
    fcast_error trial_error = {FCAST_OK, ""};
    const fcast_status trial_status = try_on_fold(s, &at, i - 1, &trial_error);
    fcast__search_advance(&s->work, 1.0);
    if (trial_status != FCAST_OK) {
#pragma omp critical(fcast_aligned_search_failure)
      {
        status = trial_status;
        *err = trial_error;
      }
    }
  }
  fold_clear(&at);
  return status;
}

/* --- all trials --- */

static fcast_status list_trials(const fcast_search_space *space, search *s, fcast_error *err) {
  const size_t n_trials = N_MODE_COUNTS * space->n_known * space->n_alphas;
  const double n_frames = (double)fcast__aligned_first(s->runs, s->runs->n_runs);
  s->trials = fcast_alloc_array(n_trials, sizeof *s->trials);
  s->run_r2 = fcast_alloc_array(n_trials * s->selection->n_judged, sizeof(double));
  s->log_determinant = fcast_alloc_array(n_trials, sizeof(double));
  if (s->trials == NULL || s->run_r2 == NULL || s->log_determinant == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to search %zu aligned models", n_trials);
  }
  for (size_t i = 0; i < N_MODE_COUNTS; i++) {
    for (size_t lag = 1; lag <= space->n_known; lag++) {
      const bool is_worth = (double)(lag * (SHIFT + mode_counts[i])) <= largest_share_of_regressors * n_frames;
      for (size_t alpha = 0; is_worth && alpha < space->n_alphas; alpha++) {
        s->trials[s->n_trials++] = (trial){mode_counts[i], lag, space->alphas[alpha]};
      }
    }
  }
  for (size_t i = 0; i < n_trials * s->selection->n_judged; i++) {
    s->run_r2[i] = NAN;
  }
  for (size_t i = 0; i < n_trials; i++) {
    s->log_determinant[i] = NAN;
  }
  return FCAST_OK;
}

static fcast_status add_candidates(const search *s, fcast_selection *selection, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < s->n_trials; i++) {
    const trial *t = &s->trials[i];
    const size_t r = SHIFT + t->n_modes;
    fcast_candidate candidate = {.basis = FCAST_BASIS_ALIGNED,
                                 .n_modes = t->n_modes,
                                 .lag = t->lag,
                                 .ridge_alpha = t->ridge_alpha,
                                 .n_parameters = t->lag * r * r,
                                 .n_windows = s->n_windows};
    fcast__criteria(&candidate, s->log_determinant[i], r, t->lag * r);
    status = fcast__selection_add(selection, &candidate, s->run_r2 + i * selection->n_judged, err);
  }
  return status;
}

fcast_status fcast_search_aligned(const fcast_aligned_runs *runs, const fcast_fourier *fourier,
                                  const fcast_search_space *space, fcast_selection *selection, fcast_error *err) {
  search s = {
      .runs = runs, .fourier = fourier, .selection = selection, .n_known = space->n_known, .work = {.space = space}};
  fcast_status status = list_trials(space, &s, err);
  s.work.all = (double)(s.n_trials * (FCAST_FOLDS + 1));
  for (size_t fold = 0; status == FCAST_OK && fold <= FCAST_FOLDS; fold++) {
    status = try_all_on_fold(&s, fold, err);
  }
  if (status == FCAST_OK) {
    status = add_candidates(&s, selection, err);
  }
  fcast_free(s.trials);
  fcast_free(s.run_r2);
  fcast_free(s.log_determinant);
  return status;
}
