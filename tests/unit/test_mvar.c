/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/mvar.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { N_MODES = 3, LAG = 2 };

/* A stable model: A_1 a damped rotation with a drift, A_2 small. */
static const double truth[LAG][N_MODES][N_MODES] = {
    {{0.6, -0.5, 0.1}, {0.5, 0.6, 0.0}, {0.0, 0.1, 0.4}},
    {{0.1, 0.0, -0.1}, {0.0, -0.2, 0.1}, {0.1, 0.0, 0.2}},
};

/* Runs that follow the model from random starts, with noise in every step. */
static void fill_runs(double *series, const size_t *n_frames, size_t n_runs, double noise, uint64_t *random) {
  for (size_t run = 0; run < n_runs; run++) {
    for (size_t t = 0; t < n_frames[run]; t++, series += N_MODES) {
      for (size_t k = 0; k < N_MODES; k++) {
        series[k] = t < LAG ? test_uniform(random) : noise * test_uniform(random);
        for (size_t lag = 1; t >= LAG && lag <= LAG; lag++) {
          for (size_t m = 0; m < N_MODES; m++) {
            series[k] += truth[lag - 1][k][m] * series[(ptrdiff_t)m - (ptrdiff_t)(lag * N_MODES)];
          }
        }
      }
    }
  }
}

static size_t sum_of(const size_t *values, size_t n) {
  size_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i];
  }
  return sum;
}

/* Runs of unequal length, some too short for a window. Without noise the coefficients come back exactly; a window
 * across two runs would break that, since every run starts afresh. */
static void test_known_coefficients_come_back(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 5;
  const size_t n_frames[] = {9, 2, 5, 1, 30, 3, 12};
  const size_t n_runs = sizeof n_frames / sizeof n_frames[0];
  double *series = fcast_alloc_array(sum_of(n_frames, n_runs) * N_MODES, sizeof *series);
  fill_runs(series, n_frames, n_runs, 0.0, &random);
  fcast_memory_series memory = {series, n_frames, N_MODES};
  test_heard heard = {0};
  fcast_series_source source = fcast_memory_source(&memory, n_runs);
  source.listener = (fcast_listener){test_hear, &heard};
  fcast_mvar mvar;
  check_ok(fcast_mvar_fit(&source, LAG, 0.0, &mvar, &err), &err);
  assert_true(heard.n >= 2 && heard.largest >= 0.75);
  assert_int_equal(mvar.n_windows, 7 + 3 + 28 + 1 + 10);
  for (size_t i = 0; i < LAG * N_MODES * N_MODES; i++) {
    check_close(mvar.coefficients[i], (&truth[0][0][0])[i], 1e-9, 0.0);
  }
  check_close(mvar.train_r2, 1.0, 1e-12, 0.0);
  check_close(mvar.train_rmse, 0.0, 1e-9, 0.0);
  assert_true(mvar.condition >= 1.0);
  fcast_mvar_clear(&mvar);
  fcast_free(series);
}

/* With noise the error falls as one over the root of the number of windows. */
static void test_error_falls_with_data(void **state) {
  (void)state;
  fcast_error err;
  double error[2];
  for (size_t size = 0; size < 2; size++) {
    uint64_t random = 6;
    const size_t n_frames = size == 0 ? 400 : 40000;
    double *series = fcast_alloc_array(n_frames * N_MODES, sizeof *series);
    fill_runs(series, &n_frames, 1, 1.0, &random);
    fcast_memory_series memory = {series, &n_frames, N_MODES};
    const fcast_series_source source = fcast_memory_source(&memory, 1);
    fcast_mvar mvar;
    check_ok(fcast_mvar_fit(&source, LAG, 1e-6, &mvar, &err), &err);
    error[size] = 0.0;
    for (size_t i = 0; i < LAG * N_MODES * N_MODES; i++) {
      error[size] = fmax(error[size], fabs(mvar.coefficients[i] - (&truth[0][0][0])[i]));
    }
    fcast_mvar_clear(&mvar);
    fcast_free(series);
  }
  assert_true(error[0] < 0.3);
  assert_true(error[1] < 0.03);
  assert_true(error[1] < error[0] / 3.0); /* sqrt(100) = 10 expected */
}

/* A large penalty pulls every coefficient to zero. */
static void test_ridge_shrinks(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 7;
  const size_t n_frames = 50;
  double series[50 * N_MODES];
  fill_runs(series, &n_frames, 1, 1.0, &random);
  fcast_memory_series memory = {series, &n_frames, N_MODES};
  const fcast_series_source source = fcast_memory_source(&memory, 1);
  fcast_mvar mvar;
  check_ok(fcast_mvar_fit(&source, LAG, 1e12, &mvar, &err), &err);
  for (size_t i = 0; i < LAG * N_MODES * N_MODES; i++) {
    check_close(mvar.coefficients[i], 0.0, 1e-9, 0.0);
  }
  fcast_mvar_clear(&mvar);
}

static void test_singular_systems_are_refused(void **state) {
  (void)state;
  fcast_error err;
  fcast_mvar mvar;
  const size_t n_frames = 20;
  double series[20 * N_MODES] = {0.0}; /* all zero: nothing to learn from */
  fcast_memory_series memory = {series, &n_frames, N_MODES};
  const fcast_series_source source = fcast_memory_source(&memory, 1);
  assert_int_equal(fcast_mvar_fit(&source, LAG, 0.0, &mvar, &err), FCAST_E_NUMERIC);
  assert_non_null(strstr(err.text, "rom.ridge_alpha"));
  assert_null(mvar.coefficients);
  assert_int_equal(fcast_mvar_fit(&source, 20, 1.0, &mvar, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_mvar_fit(&source, 0, 1.0, &mvar, &err), FCAST_E_ARG);
  assert_int_equal(fcast_mvar_fit(&source, 1, -1.0, &mvar, &err), FCAST_E_ARG);
}

/* The rollout of the true model is the run itself. */
static void test_rollout_follows_the_model(void **state) {
  (void)state;
  uint64_t random = 8;
  const size_t n_frames = 25;
  double series[25 * N_MODES];
  double rolled[23 * N_MODES];
  double twice[2 * LAG * N_MODES];
  double rolled_twice[2 * 23 * N_MODES];
  fcast_error err;
  fill_runs(series, &n_frames, 1, 0.0, &random);
  double coefficients[LAG * N_MODES * N_MODES];
  memcpy(coefficients, truth, sizeof coefficients);
  const fcast_mvar mvar = {.lag = LAG, .n_modes = N_MODES, .coefficients = coefficients};
  check_ok(fcast_mvar_rollout(&mvar, series, 1, 23, rolled, &err), &err);
  for (size_t i = 0; i < 23 * N_MODES; i++) {
    check_close(rolled[i], series[LAG * N_MODES + i], 1e-14, 1e-14);
  }
  /* a run among others gets the same bits as alone */
  memcpy(twice, series + N_MODES, LAG * N_MODES * sizeof *twice);
  memcpy(twice + LAG * N_MODES, series, LAG * N_MODES * sizeof *twice);
  check_ok(fcast_mvar_rollout(&mvar, twice, 2, 23, rolled_twice, &err), &err);
  assert_memory_equal(rolled_twice + 23 * N_MODES, rolled, sizeof rolled);
}

static void test_threads_do_not_matter(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 9;
  enum { RUNS = 60, FRAMES = 90 };
  size_t n_frames[RUNS];
  for (size_t i = 0; i < RUNS; i++) {
    n_frames[i] = FRAMES;
  }
  double *series = fcast_alloc_array((size_t)RUNS * FRAMES * N_MODES, sizeof *series);
  fill_runs(series, n_frames, RUNS, 1.0, &random);
  fcast_memory_series memory = {series, n_frames, N_MODES};
  const fcast_series_source source = fcast_memory_source(&memory, RUNS);
  fcast_mvar one;
  omp_set_num_threads(1);
  check_ok(fcast_mvar_fit(&source, LAG, 1e-6, &one, &err), &err);
  for (int n_threads = 2; n_threads <= 7; n_threads += 5) {
    fcast_mvar many;
    omp_set_num_threads(n_threads);
    check_ok(fcast_mvar_fit(&source, LAG, 1e-6, &many, &err), &err);
    assert_memory_equal(one.coefficients, many.coefficients, sizeof truth);
    assert_true(one.train_r2 == many.train_r2 && one.condition == many.condition);
    fcast_mvar_clear(&many);
  }
  fcast_mvar_clear(&one);
  fcast_free(series);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_coefficients_come_back),
      cmocka_unit_test(test_error_falls_with_data),
      cmocka_unit_test(test_ridge_shrinks),
      cmocka_unit_test(test_singular_systems_are_refused),
      cmocka_unit_test(test_rollout_follows_the_model),
      cmocka_unit_test(test_threads_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
