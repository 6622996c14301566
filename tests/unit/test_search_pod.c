/* SPDX-License-Identifier: MIT
 *
 * The search over POD modes against its definition by plain loops: fit without a fold, with a basis that did not see it
 * where frames are few, roll out its runs, take r2 over cells.
 */
#include "judge.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static const fcast_search_space space = {.n_known = JUDGE_N_KNOWN, .n_alphas = JUDGE_N_ALPHAS, .alphas = judge_alphas};

/* --- the judge --- */

/* Visit all windows but those of one fold: normal equations, component by component. */
static void fit_plainly(judged *j, size_t without_fold, double alpha) {
  const size_t n = j->lag * j->n_state;
  double *normal = fcast_alloc_array(n * n, sizeof *normal);
  double *copy = fcast_alloc_array(n * n, sizeof *copy);
  memset(j->law, 0, j->n_state * n * sizeof *j->law);
  for (size_t run = 0; run < j->runs->n_runs; run++) {
    for (size_t t = JUDGE_N_KNOWN; t < j->runs->n_frames[run]; t++) {
      const double *frame = j->series + (judge_first_frame(j->runs, run) + t) * j->n_state;
      for (size_t i = 0; fcast_fold_of(run, j->runs->n_runs) != without_fold && i < n; i++) {
        for (size_t k = 0; k < n; k++) {
          normal[i * n + k] += judge_regressor(j, frame, i) * judge_regressor(j, frame, k);
        }
        for (size_t a = 0; a < j->n_state; a++) {
          j->law[a * n + i] += frame[a] * judge_regressor(j, frame, i);
        }
      }
    }
  }
  for (size_t i = 0; i < n; i++) {
    normal[i * n + i] += alpha;
  }
  for (size_t a = 0; a < j->n_state; a++) {
    memcpy(copy, normal, n * n * sizeof *copy);
    (void)solve_plainly(copy, j->law + a * n, n);
  }
  fcast_free(normal);
  fcast_free(copy);
}

/* log |Sigma|, Sigma the mean outer product of the one-step residuals of the law over all windows. */
static double residual_determinant(const judged *j) {
  const size_t r = j->n_state;
  double *sigma = fcast_alloc_array(r * r, sizeof *sigma);
  double *residual = fcast_alloc_array(r, sizeof *residual);
  double n_windows = 0.0;
  for (size_t run = 0; run < j->runs->n_runs; run++) {
    for (size_t t = JUDGE_N_KNOWN; t < j->runs->n_frames[run]; t++, n_windows += 1.0) {
      const double *frame = j->series + (judge_first_frame(j->runs, run) + t) * r;
      for (size_t a = 0; a < r; a++) {
        residual[a] = frame[a] - judge_predict(j, frame, a);
      }
      for (size_t i = 0; i < r * r; i++) {
        sigma[i] += residual[i / r] * residual[i % r];
      }
    }
  }
  for (size_t i = 0; i < r * r; i++) {
    sigma[i] /= n_windows;
  }
  const double log_determinant = solve_plainly(sigma, residual, r);
  fcast_free(sigma);
  fcast_free(residual);
  return log_determinant;
}

/* Sum of |frame - mean|^2 of one field over all runs. */
static double energy_of(const ensemble *runs, size_t field) {
  double *frames = fcast_alloc_array(runs->n_frames_total * runs->n_space, sizeof *frames);
  double *mean = fcast_alloc_array(runs->n_space, sizeof *mean);
  const size_t n = ensemble_field(runs, field, FCAST_FOLDS, frames, NULL);
  double energy = 0.0;
  judge_mean(frames, n, runs->n_space, mean);
  for (size_t i = 0; i < n * runs->n_space; i++) {
    energy += (frames[i] - mean[i % runs->n_space]) * (frames[i] - mean[i % runs->n_space]);
  }
  fcast_free(frames);
  fcast_free(mean);
  return energy;
}

/* A basis of one field from the runs outside a fold. */
static fcast_pod fit_field(const ensemble *runs, size_t field, size_t without_fold) {
  fcast_error err;
  fcast_pod pod;
  size_t *n_frames = fcast_alloc_array(runs->n_runs, sizeof *n_frames);
  double *frames = fcast_alloc_array(runs->n_frames_total * runs->n_space, sizeof *frames);
  (void)ensemble_field(runs, field, without_fold, frames, n_frames);
  size_t n_taken = 0;
  for (size_t run = 0; run < runs->n_runs; run++) {
    n_taken += fcast_fold_of(run, runs->n_runs) != without_fold ? 1 : 0;
  }
  fcast_memory_series series = {frames, n_frames, runs->n_space};
  const fcast_series_source source = fcast_memory_source(&series, n_taken);
  check_ok(fcast_pod_fit(&source, 0.99999, &pod, &err), &err);
  fcast_free(frames);
  fcast_free(n_frames);
  return pod;
}

/* Coefficients of one field of all runs by plain dot products, into their place in the state. */
static void project_field(judged *j, const fcast_pod *pod, size_t field, double scale) {
  const ensemble *runs = j->runs;
  for (size_t i = 0; i < runs->n_frames_total; i++) {
    const double *frame = runs->frames + (i * runs->n_fields + field) * runs->n_space;
    for (size_t k = 0; k < j->n_density; k++) {
      double sum = 0.0;
      for (size_t cell = 0; cell < runs->n_space; cell++) {
        sum += (frame[cell] - pod->mean[cell]) * pod->modes[cell * pod->n_modes + k];
      }
      j->series[i * j->n_state + field * j->n_density + k] = scale * sum;
    }
  }
}

/* r2 of the judged runs of one fold (FCAST_FOLDS: none, the determinant instead), with bases that did not see them
 * where `has_own`. */
static void judge_pod_fold(judged *j, const fcast_selection *selection, const fcast_candidate *c, size_t fold,
                           bool has_own, const double *training_mean, double *r2) {
  const ensemble *runs = j->runs;
  fcast_pod density = {0};
  const double density_energy = energy_of(runs, 0);
  for (size_t field = 0; field < runs->n_fields; field++) {
    fcast_pod pod = fit_field(runs, field, has_own ? fold : FCAST_FOLDS);
    project_field(j, &pod, field, sqrt(density_energy / energy_of(runs, field)));
    if (field == 0) {
      density = pod;
    } else {
      fcast_pod_clear(&pod);
    }
  }
  j->modes = density.modes;
  j->n_stored = density.n_modes;
  j->mean = density.mean;
  fit_plainly(j, fold, c->ridge_alpha);
  for (size_t i = 0; i < selection->n_judged; i++) {
    const size_t run = selection->judged[i];
    if (fcast_fold_of(run, runs->n_runs) == fold) {
      r2[i] = 1.0 - judge_roll_out(j, run) / judge_deviation(runs, run, training_mean);
    }
  }
  if (fold == FCAST_FOLDS) {
    j->log_determinant = residual_determinant(j);
  }
  fcast_pod_clear(&density);
}

static void judge_pod(const ensemble *runs, const fcast_selection *selection, size_t i_candidate, bool has_own,
                      const double *training_mean) {
  const fcast_candidate *c = &selection->candidates[i_candidate];
  const size_t r = runs->n_fields * c->n_modes;
  judged j = {.runs = runs, .n_state = r, .n_density = c->n_modes, .lag = c->lag};
  double *r2 = fcast_alloc_array(selection->n_judged, sizeof *r2);
  j.series = fcast_alloc_array(runs->n_frames_total * r, sizeof(double));
  j.law = fcast_alloc_array(r * r * c->lag, sizeof(double));
  assert_int_equal(c->basis, FCAST_BASIS_POD);
  assert_int_equal(c->n_moments, (runs->n_fields - 1) / 2);
  assert_int_equal(c->n_parameters, r * r * c->lag);
  assert_int_equal(c->n_windows, judge_count_windows(runs));
  for (size_t fold = 0; fold <= FCAST_FOLDS; fold++) {
    judge_pod_fold(&j, selection, c, fold, has_own, training_mean, r2);
  }
  for (size_t i = 0; i < selection->n_judged; i++) {
    check_close(selection->run_r2[i_candidate * selection->n_judged + i], r2[i], 1e-8, 0.0);
  }
  judge_check_criteria(c, j.log_determinant, r, c->lag * r);
  fcast_free(r2);
  fcast_free(j.series);
  fcast_free(j.law);
}

/* Search and judge every candidate that was tried. */
static void check_pod_search(ensemble *runs, bool has_own, size_t n_expected) {
  fcast_error err;
  fcast_selection selection;
  double *training_mean = fcast_alloc_array(runs->n_space, sizeof *training_mean);
  const fcast_series_source source = ensemble_source(runs);
  fcast_pod pod = fit_field(runs, 0, FCAST_FOLDS);
  double *rho = fcast_alloc_array(runs->n_frames_total * runs->n_space, sizeof *rho);
  judge_mean(rho, ensemble_field(runs, 0, FCAST_FOLDS, rho, NULL), runs->n_space, training_mean);
  assert_true((runs->n_frames_total <= runs->n_space) == has_own);
  check_ok(fcast_selection_create(runs->n_frames, runs->n_runs, JUDGE_N_KNOWN, &selection, &err), &err);
  check_ok(fcast_search_pod(&source, (runs->n_fields - 1) / 2, &pod, &space, &selection, &err), &err);
  assert_int_equal(selection.n_candidates, n_expected);
  for (size_t i = 0; i < selection.n_candidates; i++) {
    judge_pod(runs, &selection, i, has_own, training_mean);
  }
  fcast_selection_clear(&selection);
  fcast_pod_clear(&pod);
  fcast_free(rho);
  fcast_free(training_mean);
}

/* --- tests --- */

/* 11 runs of 9 to 12 frames, one of them too short to be judged: every fold has a basis of its own. */
static void test_pod_with_own_bases(void **state) {
  (void)state;
  ensemble runs = ensemble_make(11, 9, 12, 1, 144, 41);
  runs.n_frames_total -= runs.n_frames[10] - 2;
  runs.n_frames[10] = 2;
  check_pod_search(&runs, true, 10); /* 5, 10 and 20 modes, two lags, two penalties; no 20 modes of lag 2 */
  ensemble_clear(&runs);
}

static void test_pod_with_one_basis(void **state) {
  (void)state;
  ensemble runs = ensemble_make(20, 8, 13, 1, 60, 42);
  check_pod_search(&runs, false, 12);
  ensemble_clear(&runs);
}

/* With the momentum: three fields, 252 frames for 5 modes of each. */
static void test_pod_with_momentum(void **state) {
  (void)state;
  ensemble own = ensemble_make(21, 11, 13, 3, 270, 43);
  check_pod_search(&own, true, 8);
  ensemble_clear(&own);
  ensemble one = ensemble_make(21, 11, 13, 3, 70, 44);
  check_pod_search(&one, false, 8);
  ensemble_clear(&one);
}

/* Fewer runs than folds: one run each. */
static void test_pod_with_three_runs(void **state) {
  (void)state;
  ensemble runs = ensemble_make(3, 20, 22, 1, 100, 45);
  check_pod_search(&runs, true, 6);
  ensemble_clear(&runs);
}

/* Replace the moments by two strong patterns and noise of the given size; 0: by what never changes. */
static void replace_moments(ensemble *runs, double strength, double noise) {
  uint64_t random = 48;
  const size_t n = 2 * runs->n_space;
  double *patterns = fcast_alloc_array(2 * n, sizeof *patterns);
  for (size_t i = 0; i < 2 * n; i++) {
    patterns[i] = test_uniform(&random);
  }
  for (size_t frame = 0; frame < runs->n_frames_total; frame++) {
    const double weights[2] = {strength * test_uniform(&random), strength * test_uniform(&random)};
    double *moments = runs->frames + (frame * runs->n_fields + 1) * runs->n_space;
    for (size_t i = 0; i < n; i++) {
      moments[i] = weights[0] * patterns[2 * i] + weights[1] * patterns[2 * i + 1] + noise * test_uniform(&random);
    }
  }
  fcast_free(patterns);
}

/* Moments that two modes hold as well as five hold the density: what is judged with five modes is fitted with five. */
static void test_the_fitted_state_is_the_judged_one(void **state) {
  (void)state;
  fcast_error err;
  for (size_t n_space = 70; n_space <= 270; n_space += 200) {
    ensemble runs = ensemble_make(21, 11, 13, 3, n_space, 49);
    replace_moments(&runs, 1.0, 0.01);
    check_pod_search(&runs, n_space == 270, 8);
    const fcast_series_source source = ensemble_source(&runs);
    fcast_pod pod = fit_field(&runs, 0, FCAST_FOLDS);
    fcast_state made;
    check_ok(fcast_state_fit_pod(&source, 1, &pod, 5, &made, &err), &err);
    assert_int_equal(made.n_modes, 5);
    for (size_t field = 0; field < 3; field++) {
      assert_int_equal(made.pods[field].n_modes, 5);
      check_close(made.scale[field], sqrt(energy_of(&runs, 0) / energy_of(&runs, field)), 0.0, 1e-9);
    }
    fcast_state_clear(&made);
    fcast_pod_clear(&pod);
    ensemble_clear(&runs);
  }
}

/* Agents at rest have no momentum: no candidate, and no failure. */
static void test_moments_that_never_change(void **state) {
  (void)state;
  for (size_t n_space = 70; n_space <= 270; n_space += 200) {
    ensemble runs = ensemble_make(21, 11, 13, 3, n_space, 50);
    replace_moments(&runs, 0.0, 0.0);
    check_pod_search(&runs, n_space == 270, 0);
    ensemble_clear(&runs);
  }
}

/* --- threads --- */

static fcast_selection search_pods(ensemble *runs) {
  fcast_error err;
  fcast_selection selection;
  const fcast_series_source source = ensemble_source(runs);
  fcast_pod pod = fit_field(runs, 0, FCAST_FOLDS);
  check_ok(fcast_selection_create(runs->n_frames, runs->n_runs, JUDGE_N_KNOWN, &selection, &err), &err);
  check_ok(fcast_search_pod(&source, (runs->n_fields - 1) / 2, &pod, &space, &selection, &err), &err);
  fcast_pod_clear(&pod);
  return selection;
}

static void test_threads_change_nothing(void **state) {
  (void)state;
  const int counts[] = {1, 2, 3, 7};
  const int n_before = omp_get_max_threads();
  ensemble one_basis = ensemble_make(21, 11, 13, 3, 70, 46);
  ensemble own_bases = ensemble_make(12, 9, 12, 1, 150, 47);
  fcast_selection first[2] = {{0}};
  for (size_t i = 0; i < 4; i++) {
    omp_set_num_threads(counts[i]);
    fcast_selection one = search_pods(&one_basis);
    fcast_selection own = search_pods(&own_bases);
    if (i == 0) {
      first[0] = one;
      first[1] = own;
      continue;
    }
    judge_check_same(&one, &first[0]);
    judge_check_same(&own, &first[1]);
    fcast_selection_clear(&one);
    fcast_selection_clear(&own);
  }
  omp_set_num_threads(n_before);
  fcast_selection_clear(&first[0]);
  fcast_selection_clear(&first[1]);
  ensemble_clear(&one_basis);
  ensemble_clear(&own_bases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pod_with_own_bases),
      cmocka_unit_test(test_pod_with_one_basis),
      cmocka_unit_test(test_pod_with_momentum),
      cmocka_unit_test(test_pod_with_three_runs),
      cmocka_unit_test(test_the_fitted_state_is_the_judged_one),
      cmocka_unit_test(test_moments_that_never_change),
      cmocka_unit_test(test_threads_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
