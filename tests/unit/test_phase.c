/* SPDX-License-Identifier: MIT
 *
 * Moments of an order parameter: exact cases, the jackknife against an obvious one, and limits known in closed form.
 */
#include "check.h"

#include "flockcast/phase.h"
#include "flockcast/random.h"

#include <math.h>

static void test_of_run(void **state) {
  (void)state;
  const double values[] = {0.5, 1.0, 0.25, 0.75, 0.5};
  const fcast_phase_run run = fcast_phase_of_run(values, 5);
  assert_int_equal(run.n_frames, 5);
  check_close(run.m1, 3.0 / 5.0, 1e-15, 0.0);
  check_close(run.m2, (0.25 + 1.0 + 0.0625 + 0.5625 + 0.25) / 5.0, 1e-15, 0.0);
  check_close(run.m4, (0.0625 + 1.0 + 0.00390625 + 0.31640625 + 0.0625) / 5.0, 1e-15, 0.0);
  check_close(run.drift, (0.75 + 0.5) / 2.0 - (0.5 + 1.0) / 2.0, 1e-15, 0.0); /* the frame in the middle is neither's */
  const fcast_phase_run one = fcast_phase_of_run(values, 1);
  assert_true(one.m1 == 0.5 && one.m2 == 0.25 && one.m4 == 0.0625 && isnan(one.drift));
}

/* Perfect order: no variance, a Binder cumulant of 2/3. One run: nobody knows the error. */
static void test_perfect_order(void **state) {
  (void)state;
  const fcast_phase_run runs[] = {{10, 1.0, 1.0, 1.0, 0.0}, {10, 1.0, 1.0, 1.0, 0.0}};
  const fcast_phase two = fcast_phase_of_runs(runs, 2, 100.0);
  assert_true(two.mean.value == 1.0 && two.mean.error == 0.0 && two.variance.value == 0.0);
  check_close(two.binder.value, 2.0 / 3.0, 1e-15, 0.0);
  const fcast_phase one = fcast_phase_of_runs(runs, 1, 100.0);
  assert_true(one.mean.value == 1.0 && isnan(one.mean.error) && isnan(one.binder.error));
}

/* The jackknife of a mean is the textbook standard error; of the rest, what leaving out each run by hand gives. */
static void test_jackknife(void **state) {
  (void)state;
  enum { N = 7 };
  fcast_phase_run runs[N];
  fcast_phase_run others[N - 1];
  double series[20];
  uint64_t random = 3;
  double mean = 0.0;
  double squares = 0.0;
  for (size_t i = 0; i < N; i++) {
    for (size_t t = 0; t < 20; t++) {
      series[t] = 0.5 + 0.4 * test_uniform(&random);
    }
    runs[i] = fcast_phase_of_run(series, 20);
    mean += runs[i].m1 / N;
  }
  const fcast_phase all = fcast_phase_of_runs(runs, N, 50.0);
  double without[3][N];
  for (size_t i = 0; i < N; i++) {
    squares += (runs[i].m1 - mean) * (runs[i].m1 - mean);
    for (size_t k = 0; k < N - 1; k++) {
      others[k] = runs[k < i ? k : k + 1];
    }
    const fcast_phase part = fcast_phase_of_runs(others, N - 1, 50.0);
    without[0][i] = part.susceptibility.value;
    without[1][i] = part.binder.value;
    without[2][i] = part.drift.value;
  }
  check_close(all.mean.value, mean, 1e-15, 0.0);
  check_close(all.mean.error, sqrt(squares / (N * (N - 1.0))), 1e-14, 0.0);
  check_close(all.susceptibility.value, 50.0 * all.variance.value, 1e-14, 0.0);
  const double errors[3] = {all.susceptibility.error, all.binder.error, all.drift.error};
  for (size_t q = 0; q < 3; q++) {
    double sum = 0.0;
    double deviation = 0.0;
    for (size_t i = 0; i < N; i++) {
      sum += without[q][i] / N;
    }
    for (size_t i = 0; i < N; i++) {
      deviation += (without[q][i] - sum) * (without[q][i] - sum);
    }
    check_close(errors[q], sqrt((N - 1.0) / N * deviation), 1e-12, 1e-9);
  }
}

/* The length of a Gaussian vector in the plane: <m> = s sqrt(pi / 2), <m^2> = 2 s^2, a Binder cumulant of 1/3. */
static void test_disorder(void **state) {
  (void)state;
  enum { N = 40, FRAMES = 2000 };
  static double values[2 * FRAMES];
  fcast_random random;
  fcast_phase_run runs[N];
  fcast_random_init(&random, FCAST_RANDOM_PCG64, 11);
  for (size_t i = 0; i < N; i++) {
    fcast_random_normal(&random, FCAST_STREAM_NOISE, i, 2 * FRAMES, values);
    for (size_t t = 0; t < FRAMES; t++) {
      values[t] = 0.1 * hypot(values[2 * t], values[2 * t + 1]);
    }
    runs[i] = fcast_phase_of_run(values, FRAMES);
  }
  const fcast_phase phase = fcast_phase_of_runs(runs, N, 1.0);
  const double pi = acos(-1.0);
  check_close(phase.mean.value, 0.1 * sqrt(pi / 2.0), 4.0 * phase.mean.error, 0.0);
  check_close(phase.variance.value, 0.01 * (2.0 - pi / 2.0), 4.0 * phase.variance.error, 0.0);
  check_close(phase.binder.value, 1.0 / 3.0, 4.0 * phase.binder.error, 0.0);
  check_close(phase.drift.value, 0.0, 4.0 * phase.drift.error, 0.0);
  assert_true(phase.binder.error < 0.01 && phase.mean.error < 1e-3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_of_run),
      cmocka_unit_test(test_perfect_order),
      cmocka_unit_test(test_jackknife),
      cmocka_unit_test(test_disorder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
