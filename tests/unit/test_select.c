/* SPDX-License-Identifier: MIT
 *
 * The choice of a model: a law that is known comes back, folds, the rule of one standard error, criteria by hand.
 */
#include "check.h"

#include "flockcast/latent.h"
#include "flockcast/select.h"
#include "learn/candidates.h"

#include <math.h>
#include <string.h>

/* --- a law that is known --- */

enum { NY = 8, NX = 10, N_SPACE = NY * NX, N_RUNS = 8, LONGEST = 12, LAG = 2, N_KNOWN = 3, N_STATE_FIELDS = 2 };

/* Runs without noise of density and momentum that follow one law a shell. */
typedef struct lawful {
  fcast_fourier fourier;
  fcast_pod basis;
  double law[64][N_STATE_FIELDS][LAG][N_STATE_FIELDS]; /* [shell, field out, lag, field in] */
  size_t n_frames[N_RUNS];
  double frames[N_RUNS * LONGEST * 3 * N_SPACE];
  double mean[N_SPACE]; /* of the density over all runs */
} lawful;

/* Two damped waves: the density follows the divergence of the momentum, slower in longer shells. */
static void choose_law(lawful *made, uint64_t *random) {
  for (size_t shell = 0; shell < made->fourier.n_shells; shell++) {
    const double rate = 0.1 + 0.05 * (double)shell;
    const double law[2][2][2] = {{{0.95 - 0.1 * rate, -rate}, {0.02, 0.05}}, {{rate, 0.9}, {-0.03, -0.04}}};
    for (size_t i = 0; i < 8; i++) {
      made->law[shell][i / 4][i / 2 % 2][i % 2] = 0.95 * law[i / 4][i / 2 % 2][i % 2] + 0.01 * test_uniform(random);
    }
  }
}

/* One frame from coefficients[field of the state, mode]: the momentum lies along the wavevector, a quarter wave ahead
 * of its longitudinal part. */
static void lift_frame(const lawful *made, const double *coefficients, double *frame) {
  const size_t n_modes = made->basis.n_modes;
  for (size_t cell = 0; cell < N_SPACE; cell++) {
    frame[cell] = 2.0;
    frame[N_SPACE + cell] = 0.0;
    frame[2 * N_SPACE + cell] = 0.0;
    for (size_t mode = 0; mode < n_modes; mode++) {
      const double *u = made->fourier.direction + mode / 2 * 2;
      const double shape = made->basis.modes[cell * n_modes + mode];
      const double along = mode % 2 == 0 ? -coefficients[n_modes + mode + 1] : coefficients[n_modes + mode - 1];
      frame[cell] += shape * coefficients[mode];
      frame[N_SPACE + cell] += shape * along * u[0];
      frame[2 * N_SPACE + cell] += shape * along * u[1];
    }
  }
}

/* The next coefficients[field, mode] from the last LAG frames of them, the newest behind the others. */
static void step(const lawful *made, const double *past, double *next) {
  const size_t n_modes = made->basis.n_modes;
  const size_t r = N_STATE_FIELDS * n_modes;
  for (size_t shell = 0; shell < made->fourier.n_shells; shell++) {
    for (size_t m = 2 * made->fourier.shell_start[shell]; m < 2 * made->fourier.shell_start[shell + 1]; m++) {
      for (size_t to = 0; to < N_STATE_FIELDS; to++) {
        next[to * n_modes + m] = 0.0;
        for (size_t i = 0; i < LAG * N_STATE_FIELDS; i++) {
          next[to * n_modes + m] += made->law[shell][to][i / N_STATE_FIELDS][i % N_STATE_FIELDS] *
                                    past[(LAG - 1 - i / N_STATE_FIELDS) * r + i % N_STATE_FIELDS * n_modes + m];
        }
      }
    }
  }
}

static lawful *lawful_make(void) {
  fcast_error err;
  uint64_t random = 61;
  lawful *made = fcast_alloc_array(1, sizeof *made);
  check_ok(fcast_fourier_create(NY, NX, 10.0, 8.0, 0.8, &made->fourier, &err), &err);
  check_ok(fcast_fourier_basis(&made->fourier, 2 * made->fourier.n_waves, 2.0, &made->basis, &err), &err);
  assert_true(made->fourier.n_shells <= 64);
  choose_law(made, &random);
  const size_t r = N_STATE_FIELDS * made->basis.n_modes;
  double *series = fcast_alloc_array((LONGEST + 1) * r, sizeof *series);
  double *frame = made->frames;
  double n_all = 0.0;
  for (size_t run = 0; run < N_RUNS; run++) {
    made->n_frames[run] = LONGEST - run % 3;
    for (size_t i = 0; i < LAG * r; i++) {
      series[i] = test_uniform(&random);
    }
    for (size_t t = 0; t < made->n_frames[run]; t++, frame += 3 * N_SPACE, n_all += 1.0) {
      if (t >= LAG) {
        step(made, series + (t - LAG) * r, series + t * r);
      }
      lift_frame(made, series + t * r, frame);
      for (size_t cell = 0; cell < N_SPACE; cell++) {
        made->mean[cell] += frame[cell];
      }
    }
  }
  for (size_t cell = 0; cell < N_SPACE; cell++) {
    made->mean[cell] /= n_all;
  }
  fcast_free(series);
  return made;
}

static void lawful_clear(lawful *made) {
  fcast_fourier_clear(&made->fourier);
  fcast_pod_clear(&made->basis);
  fcast_free(made);
}

/* Coefficients between the scaled fields of the state. */
static void check_law(const lawful *made, const fcast_shell_sums *sums, const fcast_mvar *mvar) {
  const size_t n_modes = made->basis.n_modes;
  const size_t r = mvar->n_modes;
  double *expected = fcast_alloc_array(LAG * r * r, sizeof *expected);
  for (size_t shell = 0; shell < made->fourier.n_shells; shell++) {
    for (size_t i = 0; i < LAG * N_STATE_FIELDS * N_STATE_FIELDS; i++) {
      const size_t to = i / (LAG * N_STATE_FIELDS);
      const size_t lag = i / N_STATE_FIELDS % LAG;
      const size_t from = i % N_STATE_FIELDS;
      for (size_t m = 2 * made->fourier.shell_start[shell]; m < 2 * made->fourier.shell_start[shell + 1]; m++) {
        expected[(lag * r + to * n_modes + m) * r + from * n_modes + m] =
            made->law[shell][to][lag][from] * sums->scale[to] / sums->scale[from];
      }
    }
  }
  for (size_t i = 0; i < LAG * r * r; i++) {
    check_close(mvar->coefficients[i], expected[i], 1e-8, 0.0);
  }
  fcast_free(expected);
}

/* Forecasts of every run from its known frames are the run. */
static void check_rollout(const lawful *made, const fcast_latent *model) {
  fcast_error err;
  double prediction[LONGEST * N_SPACE];
  const double *frames = made->frames;
  for (size_t run = 0; run < N_RUNS; run++) {
    const size_t n_forecast = made->n_frames[run] - N_KNOWN;
    check_ok(fcast_latent_forecast(model, frames, 1, N_KNOWN, n_forecast, prediction, &err), &err);
    for (size_t i = 0; i < n_forecast * N_SPACE; i++) {
      check_close(prediction[i], frames[(N_KNOWN + i / N_SPACE) * 3 * N_SPACE + i % N_SPACE], 1e-8, 0.0);
    }
    frames += made->n_frames[run] * 3 * N_SPACE;
  }
}

/* Without noise the law comes back, its candidate forecasts exactly and is chosen, and the forecasts are the runs. */
static void test_a_known_law_comes_back(void **state) {
  (void)state;
  fcast_error err;
  lawful *made = lawful_make();
  const double alpha = 0.0;
  const fcast_search_space space = {.n_known = N_KNOWN, .largest_moments = 1, .n_alphas = 1, .alphas = &alpha};
  fcast_memory_series series = {made->frames, made->n_frames, 3 * N_SPACE};
  const fcast_series_source source = fcast_memory_source(&series, N_RUNS);
  fcast_selection selection;
  fcast_shell_sums sums;
  check_ok(fcast_selection_create(made->n_frames, N_RUNS, N_KNOWN, &selection, &err), &err);
  check_ok(fcast_shell_sums_collect(&source, 1, &made->fourier, made->mean, N_KNOWN, &selection, &sums, &err), &err);
  check_ok(fcast_search_fourier(&sums, &made->fourier, &space, N_RUNS, &selection, &err), &err);
  check_ok(fcast_selection_decide(&selection, &err), &err);
  const fcast_candidate *chosen = &selection.candidates[selection.chosen];
  assert_int_equal(chosen->basis, FCAST_BASIS_FOURIER);
  assert_int_equal(chosen->n_moments, 1);
  assert_int_equal(chosen->n_modes, made->basis.n_modes);
  assert_int_equal(chosen->lag, LAG);
  check_close(chosen->r2, 1.0, 1e-12, 0.0);
  fcast_latent model = {.state = {.basis = FCAST_BASIS_FOURIER,
                                  .n_moments = 1,
                                  .n_fields = 2,
                                  .n_modes = chosen->n_modes,
                                  .scale = {sums.scale[0], sums.scale[1]}}};
  double *values = fcast_alloc_array(chosen->n_modes, sizeof *values);
  check_ok(fcast_fit_fourier(&sums, &made->fourier, chosen, FCAST_FOLDS, false, &model.mvar, values, NULL, &err), &err);
  check_law(made, &sums, &model.mvar);
  check_close(model.mvar.train_r2, 1.0, 1e-12, 0.0);
  for (size_t shell = 0; shell < made->fourier.n_shells; shell++) {
    for (size_t m = 2 * made->fourier.shell_start[shell]; m < 2 * made->fourier.shell_start[shell + 1]; m++) {
      assert_true(values[m] > 0.0 && values[m] == values[2 * made->fourier.shell_start[shell]]);
    }
  }
  model.state.fourier = made->fourier;
  model.state.pods[0] = made->basis;
  check_rollout(made, &model);
  fcast_mvar_clear(&model.mvar);
  fcast_free(values);
  fcast_shell_sums_clear(&sums);
  fcast_selection_clear(&selection);
  lawful_clear(made);
}

/* --- folds --- */

/* Contiguous, of sizes that differ by one at most, as many as there are runs for. */
static void test_folds(void **state) {
  (void)state;
  for (size_t n_runs = 1; n_runs < 60; n_runs++) {
    size_t size[FCAST_FOLDS] = {0};
    size_t before = 0;
    for (size_t run = 0; run < n_runs; run++) {
      const size_t fold = fcast_fold_of(run, n_runs);
      assert_true(fold < FCAST_FOLDS && (fold == before || fold == before + 1));
      size[fold]++;
      before = fold;
    }
    const size_t n_folds = n_runs < FCAST_FOLDS ? n_runs : FCAST_FOLDS;
    assert_int_equal(before + 1, n_folds);
    for (size_t fold = 0; fold < n_folds; fold++) {
      assert_true(size[fold] == n_runs / n_folds || size[fold] == n_runs / n_folds + 1);
    }
  }
}

/* Runs of at most n_known frames are not judged. */
static void test_short_runs_are_not_judged(void **state) {
  (void)state;
  fcast_error err;
  fcast_selection selection;
  const size_t n_frames[] = {9, 3, 4, 1, 3, 7, 3, 30};
  const size_t expected[] = {0, 2, 5, 7};
  check_ok(fcast_selection_create(n_frames, 8, 3, &selection, &err), &err);
  assert_int_equal(selection.n_judged, 4);
  assert_memory_equal(selection.judged, expected, sizeof expected);
  assert_int_equal(selection.n_candidates, 0);
  fcast_selection_clear(&selection);
  assert_int_equal(fcast_selection_create(n_frames, 8, 10, &selection, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "found 1 training runs of more than 10 frames"));
  assert_null(selection.judged);
}

/* Of every fold its first runs that are long enough, and no more than there may be. */
static void test_as_many_are_judged_as_may_be(void **state) {
  (void)state;
  enum { N = FCAST_FOLDS * FCAST_FOLD_JUDGED + 35 };
  fcast_error err;
  fcast_selection selection;
  size_t n_frames[N];
  for (size_t run = 0; run < N; run++) {
    n_frames[run] = run == 3 || run == 200 ? 2 : 5;
  }
  check_ok(fcast_selection_create(n_frames, N, 2, &selection, &err), &err);
  assert_int_equal(selection.n_judged, FCAST_FOLDS * FCAST_FOLD_JUDGED);
  for (size_t i = 0; i < selection.n_judged; i++) {
    const size_t run = selection.judged[i];
    assert_true(n_frames[run] == 5 && (i == 0 || run > selection.judged[i - 1]));
    assert_int_equal(fcast_fold_of(run, N), i / FCAST_FOLD_JUDGED);
  }
  assert_int_equal(selection.judged[3], 4);
  fcast_selection_clear(&selection);
}

/* --- the rule of one standard error --- */

static fcast_selection selection_of(size_t n_judged) {
  fcast_error err;
  fcast_selection selection;
  size_t n_frames[16];
  for (size_t i = 0; i < n_judged; i++) {
    n_frames[i] = 2;
  }
  check_ok(fcast_selection_create(n_frames, n_judged, 1, &selection, &err), &err);
  return selection;
}

/* Four runs whose mean is r2 and whose standard error is `error`. */
static void add(fcast_selection *selection, size_t n_parameters, double alpha, double r2, double error) {
  fcast_error err;
  const double step = error * sqrt(3.0);
  const double run_r2[] = {r2 - step, r2 + step, r2 + step, r2 - step};
  const fcast_candidate candidate = {.n_parameters = n_parameters, .ridge_alpha = alpha};
  check_ok(fcast__selection_add(selection, &candidate, run_r2, &err), &err);
}

static void test_one_standard_error(void **state) {
  (void)state;
  fcast_error err;
  fcast_selection selection = selection_of(4);
  add(&selection, 10, 1.0, 0.70, 0.30);  /* its own error does not count */
  add(&selection, 400, 1.0, 0.80, 0.05); /* the best */
  add(&selection, 300, 1.0, 0.79, 0.05);
  add(&selection, 50, 1.0, 0.7501, 0.05); /* the simplest within */
  add(&selection, 20, 1.0, 0.7499, 0.05);
  check_ok(fcast_selection_decide(&selection, &err), &err);
  assert_int_equal(selection.best, 1);
  assert_int_equal(selection.chosen, 3);
  check_close(selection.candidates[1].r2, 0.80, 1e-15, 0.0);
  check_close(selection.candidates[1].standard_error, 0.05, 1e-15, 0.0);
  assert_int_equal(selection.candidates[3].n_parameters, 50);
  check_close(selection.run_r2[3 * 4 + 1], 0.7501 + 0.05 * sqrt(3.0), 1e-15, 0.0);
  /* of as many coefficients the one with more penalty; of equals the first */
  add(&selection, 50, 100.0, 0.76, 0.05);
  add(&selection, 50, 100.0, 0.77, 0.05);
  check_ok(fcast_selection_decide(&selection, &err), &err);
  assert_int_equal(selection.chosen, 5);
  fcast_selection_clear(&selection);
}

/* Where no other is near enough the best is chosen, however large. */
static void test_the_best_may_be_the_largest(void **state) {
  (void)state;
  fcast_error err;
  fcast_selection selection = selection_of(4);
  add(&selection, 5, 1.0, 0.1, 0.01);
  add(&selection, 5000, 1.0, 0.9, 0.01);
  check_ok(fcast_selection_decide(&selection, &err), &err);
  assert_int_equal(selection.best, 1);
  assert_int_equal(selection.chosen, 1);
  fcast_selection_clear(&selection);
}

/* A candidate that overflows or cannot be fitted, if on one run alone, is never chosen. */
static void test_what_overflows_is_never_chosen(void **state) {
  (void)state;
  fcast_error err;
  const double nan_r2[] = {0.99, (double)NAN, 0.99, 0.99};
  const double overflowed[] = {0.99, 0.99, -(double)INFINITY, 0.99};
  fcast_selection selection = selection_of(4);
  const fcast_candidate smallest = {.n_parameters = 1, .ridge_alpha = 1e9};
  assert_int_equal(fcast_selection_decide(&selection, &err), FCAST_E_NUMERIC);
  check_ok(fcast__selection_add(&selection, &smallest, nan_r2, &err), &err);
  check_ok(fcast__selection_add(&selection, &smallest, overflowed, &err), &err);
  assert_true(isinf(selection.candidates[0].r2) && selection.candidates[0].r2 < 0.0);
  assert_true(isinf(selection.candidates[1].r2) && selection.candidates[1].r2 < 0.0);
  assert_int_equal(fcast_selection_decide(&selection, &err), FCAST_E_NUMERIC);
  assert_non_null(strstr(err.text, "none of 2 candidates"));
  add(&selection, 100, 0.0, -3.0, 0.5);
  add(&selection, 200, 0.0, -2.9, 0.5);
  check_ok(fcast_selection_decide(&selection, &err), &err);
  assert_int_equal(selection.best, 3);
  assert_int_equal(selection.chosen, 2);
  fcast_selection_clear(&selection);
}

/* More candidates than there is room for at first. */
static void test_many_candidates(void **state) {
  (void)state;
  fcast_selection selection = selection_of(4);
  for (size_t i = 0; i < 1000; i++) {
    add(&selection, i, 1.0, (double)i, 0.1);
  }
  assert_int_equal(selection.n_candidates, 1000);
  for (size_t i = 0; i < 1000; i++) {
    assert_int_equal(selection.candidates[i].n_parameters, i);
    check_close(selection.run_r2[4 * i], (double)i - 0.1 * sqrt(3.0), 1e-12, 0.0);
  }
  fcast_selection_clear(&selection);
}

/* --- criteria --- */

/* A scalar AR(1) by hand: y = 2, 1, 1, 0 twice, windows (2, 1), (1, 1), (1, 0) twice. Without penalty a = 6/12 = 1/2,
 * residuals 0, 1/2, -1/2, so Sigma = 1/6. */
static void test_criteria_by_hand(void **state) {
  (void)state;
  double sigma = 1.0 / 6.0;
  fcast_candidate c = {.n_windows = 6, .n_parameters = 1};
  const double log_sigma = fcast__log_determinant(&sigma, 1);
  check_close(log_sigma, log(1.0 / 6.0), 1e-15, 0.0);
  fcast__criteria(&c, log_sigma, 1, 1);
  check_close(c.aic, -1.7917594692280550 + 2.0 / 6.0, 1e-14, 0.0);
  check_close(c.bic, -1.7917594692280550 + 1.7917594692280550 / 6.0, 1e-14, 0.0);
  check_close(c.hqic, -1.7917594692280550 + 2.0 * log(1.7917594692280550) / 6.0, 1e-14, 0.0);
  check_close(exp(c.log_fpe), (6.0 + 1.0 + 1.0) / (6.0 - 1.0 - 1.0) / 6.0, 1e-14, 0.0);
  c.n_windows = 2;
  fcast__criteria(&c, log_sigma, 1, 1);
  assert_true(isnan(c.log_fpe));
}

/* The same through the search: one wave in a box of one row, whose cosine and sine are two such series. */
static void test_criteria_of_a_scalar_model(void **state) {
  (void)state;
  enum { N = 4, CELLS = 4 };
  fcast_error err;
  const double y[N] = {2.0, 1.0, 1.0, 0.0};
  const double alpha = 0.0;
  const fcast_search_space space = {.n_known = 1, .n_alphas = 1, .alphas = &alpha};
  const size_t n_frames[2] = {N, N};
  double frames[2][N][CELLS];
  const double mean[CELLS] = {1.0, 1.0, 1.0, 1.0};
  fcast_fourier fourier;
  fcast_pod basis;
  fcast_selection selection;
  fcast_shell_sums sums;
  check_ok(fcast_fourier_create(1, CELLS, 1.0, 1.0, 0.0, &fourier, &err), &err);
  check_ok(fcast_fourier_basis(&fourier, 2, 1.0, &basis, &err), &err);
  for (size_t i = 0; i < 2 * N * CELLS; i++) {
    const size_t cell = i % CELLS;
    frames[i / (N * CELLS)][i / CELLS % N][cell] =
        1.0 + y[i / CELLS % N] * (basis.modes[2 * cell] - basis.modes[2 * cell + 1]);
  }
  fcast_memory_series series = {&frames[0][0][0], n_frames, CELLS};
  const fcast_series_source source = fcast_memory_source(&series, 2);
  check_ok(fcast_selection_create(n_frames, 2, 1, &selection, &err), &err);
  check_ok(fcast_shell_sums_collect(&source, 0, &fourier, mean, 1, &selection, &sums, &err), &err);
  check_ok(fcast_search_fourier(&sums, &fourier, &space, 2, &selection, &err), &err);
  assert_int_equal(selection.n_candidates, 1);
  const fcast_candidate *c = &selection.candidates[0];
  assert_int_equal(c->n_parameters, 1);
  assert_int_equal(c->n_windows, 6);
  check_close(c->aic, 2.0 * log(1.0 / 6.0) + 2.0 / 6.0, 1e-12, 0.0);
  check_close(c->bic, 2.0 * log(1.0 / 6.0) + log(6.0) / 6.0, 1e-12, 0.0);
  /* 1, 1/2, 1/4 behind the 2 instead of 1, 1, 0: errors 0, 1/4, 1/16 of 1 + 1 + 0 */
  check_close(c->r2, 1.0 - (0.25 + 0.0625) / 2.0, 1e-12, 0.0);
  fcast_shell_sums_clear(&sums);
  fcast_selection_clear(&selection);
  fcast_pod_clear(&basis);
  fcast_fourier_clear(&fourier);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_known_law_comes_back),
      cmocka_unit_test(test_folds),
      cmocka_unit_test(test_short_runs_are_not_judged),
      cmocka_unit_test(test_as_many_are_judged_as_may_be),
      cmocka_unit_test(test_one_standard_error),
      cmocka_unit_test(test_the_best_may_be_the_largest),
      cmocka_unit_test(test_what_overflows_is_never_chosen),
      cmocka_unit_test(test_many_candidates),
      cmocka_unit_test(test_criteria_by_hand),
      cmocka_unit_test(test_criteria_of_a_scalar_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
