/* SPDX-License-Identifier: MIT */
#include "flockcast/select.h"

#include "base/listen.h"
#include "learn/candidates.h"

#include <math.h>
#include <string.h>

size_t fcast_fold_of(size_t run, size_t n_runs) {
  const size_t n_folds = n_runs < FCAST_FOLDS ? n_runs : FCAST_FOLDS;
  return run * n_folds / n_runs;
}

fcast_status fcast_selection_create(const size_t *n_frames, size_t n_runs, size_t n_known, fcast_selection *out,
                                    fcast_error *err) {
  *out = (fcast_selection){0};
  out->judged = fcast_alloc_array(n_runs, sizeof *out->judged);
  if (out->judged == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to choose from %zu runs", n_runs);
  }
  size_t in_fold = 0;
  for (size_t run = 0; run < n_runs; run++) {
    in_fold = run > 0 && fcast_fold_of(run, n_runs) == fcast_fold_of(run - 1, n_runs) ? in_fold : 0;
    if (in_fold < FCAST_FOLD_JUDGED && n_frames[run] > n_known) {
      out->judged[out->n_judged++] = run;
      in_fold++;
    }
  }
  if (out->n_judged < 2) {
    const size_t n_judged = out->n_judged;
    fcast_selection_clear(out);
    return fcast_fail(err, FCAST_E_SHAPE,
                      "found %zu training runs of more than %zu frames, expected at least 2 to choose a model by",
                      n_judged, n_known);
  }
  return FCAST_OK;
}

/* Room for one candidate more. */
static fcast_status grow(fcast_selection *selection, fcast_error *err) {
  if (selection->n_candidates < selection->capacity) {
    return FCAST_OK;
  }
  const size_t capacity = 2 * selection->capacity + 64;
  fcast_candidate *candidates = fcast_alloc_array(capacity, sizeof *candidates);
  double *run_r2 = fcast_alloc_array(capacity * selection->n_judged, sizeof *run_r2);
  if (candidates == NULL || run_r2 == NULL) {
    fcast_free(candidates);
    fcast_free(run_r2);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu candidates", capacity);
  }
  if (selection->n_candidates > 0) {
    memcpy(candidates, selection->candidates, selection->n_candidates * sizeof *candidates);
    memcpy(run_r2, selection->run_r2, selection->n_candidates * selection->n_judged * sizeof *run_r2);
  }
  fcast_free(selection->candidates);
  fcast_free(selection->run_r2);
  selection->candidates = candidates;
  selection->run_r2 = run_r2;
  selection->capacity = capacity;
  return FCAST_OK;
}

fcast_status fcast__selection_add(fcast_selection *selection, const fcast_candidate *candidate, const double *run_r2,
                                  fcast_error *err) {
  const fcast_status status = grow(selection, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t n = selection->n_judged;
  fcast_candidate *added = &selection->candidates[selection->n_candidates];
  *added = *candidate;
  memcpy(selection->run_r2 + selection->n_candidates * n, run_r2, n * sizeof *run_r2);
  selection->n_candidates++;
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += run_r2[i];
  }
  const double mean = sum / (double)n;
  double squares = 0.0;
  for (size_t i = 0; i < n; i++) {
    squares += (run_r2[i] - mean) * (run_r2[i] - mean);
  }
  added->r2 = isfinite(mean) ? mean : -INFINITY;
  added->standard_error = isfinite(mean) ? sqrt(squares / (double)(n - 1) / (double)n) : (double)INFINITY;
  return FCAST_OK;
}

double fcast__log_determinant(double *covariance, size_t n) {
  double sum = 0.0;
  for (size_t k = 0; k < n; k++) {
    const double pivot = covariance[k * n + k];
    sum += pivot > 0.0 ? log(pivot) : -(double)INFINITY;
    for (size_t i = k + 1; pivot > 0.0 && i < n; i++) {
      const double factor = covariance[i * n + k] / pivot;
      for (size_t j = k; j < n; j++) {
        covariance[i * n + j] -= factor * covariance[k * n + j];
      }
    }
  }
  return sum;
}

/* log |Sigma| plus a penalty for every coefficient (Luetkepohl 2005, equations 4.3.2, 4.3.8 and 4.3.9), and the
 * logarithm of his 4.3.1, where `n_regressors` coefficients go with each of the `n_state` components. */
void fcast__criteria(fcast_candidate *candidate, double log_determinant, size_t n_state, size_t n_regressors) {
  const double n = (double)candidate->n_windows;
  const double k = (double)candidate->n_parameters;
  const double regressors = (double)n_regressors;
  candidate->aic = log_determinant + 2.0 * k / n;
  candidate->bic = log_determinant + log(n) * k / n;
  candidate->hqic = log_determinant + 2.0 * log(log(n)) * k / n;
  candidate->log_fpe = n > regressors + 1.0
                           ? log_determinant + (double)n_state * log((n + regressors + 1.0) / (n - regressors - 1.0))
                           : (double)NAN;
}

void fcast__search_advance(fcast_search_work *progress, double work) {
  double done;
#pragma omp atomic capture
  done = progress->done += work;
  fcast__tell(&progress->space->listener, done / progress->all);
}

/* Fewer coefficients are simpler; of as many, the one with more penalty. */
static bool is_simpler(const fcast_candidate *a, const fcast_candidate *b) {
  return a->n_parameters != b->n_parameters ? a->n_parameters < b->n_parameters : a->ridge_alpha > b->ridge_alpha;
}

fcast_status fcast_selection_decide(fcast_selection *selection, fcast_error *err) {
  const fcast_candidate *candidates = selection->candidates;
  selection->best = 0;
  for (size_t i = 1; i < selection->n_candidates; i++) {
    if (candidates[i].r2 > candidates[selection->best].r2) {
      selection->best = i;
    }
  }
  if (selection->n_candidates == 0 || !isfinite(candidates[selection->best].r2)) {
    return fcast_fail(err, FCAST_E_NUMERIC, "choice of a model: none of %zu candidates gives a finite forecast",
                      selection->n_candidates);
  }
  const double enough = candidates[selection->best].r2 - candidates[selection->best].standard_error;
  selection->chosen = selection->best;
  for (size_t i = 0; i < selection->n_candidates; i++) {
    if (candidates[i].r2 >= enough && is_simpler(&candidates[i], &candidates[selection->chosen])) {
      selection->chosen = i;
    }
  }
  return FCAST_OK;
}

void fcast_selection_clear(fcast_selection *selection) {
  fcast_free(selection->candidates);
  fcast_free(selection->run_r2);
  fcast_free(selection->judged);
  *selection = (fcast_selection){0};
}
