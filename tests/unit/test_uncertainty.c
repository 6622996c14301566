/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/uncertainty.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* Standard normal numbers in pairs of uniform ones (Box and Muller 1958). */
static double normal(uint64_t *random) {
  const double u = 0.5 * (1.0 + test_uniform(random));
  const double v = test_uniform(random);
  return sqrt(-2.0 * log(1.0 - u)) * cos(pi * v);
}

/* --- propagation --- */

/* AR(1): the variance at lead h is sigma^2 (1 - a^(2 h)) / (1 - a^2). */
static void scalar_model_has_the_closed_form(void **state) {
  (void)state;
  enum { N_LEADS = 12 };
  fcast_error err;
  double a = 0.83;
  const double variance = 1.7;
  const fcast_mvar mvar = {.lag = 1, .n_modes = 1, .coefficients = &a};
  double found[N_LEADS];
  check_ok(fcast_mvar_forecast_covariance(&mvar, &variance, N_LEADS, found, &err), &err);
  for (int h = 1; h <= N_LEADS; h++) {
    check_close(found[h - 1], variance * (1.0 - pow(a, 2.0 * h)) / (1.0 - a * a), 0.0, 1e-12);
  }
}

enum { N_MODES = 2, LAG = 2, N_LEADS = 6, N_MEMBERS = 40000 };

/* A_1, A_2, and a root of the covariance of the residuals. */
static double law[LAG][N_MODES][N_MODES] = {{{0.6, -0.4}, {0.5, 0.5}}, {{0.1, 0.0}, {-0.1, 0.2}}};
static const double root[N_MODES][N_MODES] = {{0.8, 0.0}, {0.3, 0.5}};

static fcast_mvar small_model(void) {
  return (fcast_mvar){.lag = LAG, .n_modes = N_MODES, .coefficients = &law[0][0][0]};
}

static void fill_covariance(double covariance[N_MODES][N_MODES]) {
  for (size_t i = 0; i < N_MODES; i++) {
    for (size_t j = 0; j < N_MODES; j++) {
      covariance[i][j] = root[i][0] * root[j][0] + root[i][1] * root[j][1];
    }
  }
}

/* One frame more, with a residual. */
static void step(double *frame, uint64_t *random) {
  const double noise[N_MODES] = {normal(random), normal(random)};
  for (size_t k = 0; k < N_MODES; k++) {
    frame[k] = root[k][0] * noise[0] + root[k][1] * noise[1];
    for (size_t lag = 0; lag < LAG; lag++) {
      for (size_t m = 0; m < N_MODES; m++) {
        frame[k] += law[lag][k][m] * *(frame - (lag + 1) * N_MODES + m);
      }
    }
  }
}

static void members_spread_as_the_covariance_says(void **state) {
  (void)state;
  fcast_error err;
  const fcast_mvar mvar = small_model();
  double covariance[N_MODES][N_MODES];
  double found[N_LEADS][N_MODES][N_MODES];
  double sums[N_LEADS][N_MODES][N_MODES] = {{{0.0}}};
  fill_covariance(covariance);
  check_ok(fcast_mvar_forecast_covariance(&mvar, &covariance[0][0], N_LEADS, &found[0][0][0], &err), &err);
  uint64_t random = 5;
  for (size_t member = 0; member < N_MEMBERS; member++) {
    double frames[(LAG + N_LEADS) * N_MODES] = {0.0};
    for (size_t lead = 0; lead < N_LEADS; lead++) {
      double *frame = frames + (LAG + lead) * N_MODES;
      step(frame, &random);
      for (size_t i = 0; i < N_MODES * N_MODES; i++) {
        sums[lead][i / N_MODES][i % N_MODES] += frame[i / N_MODES] * frame[i % N_MODES] / N_MEMBERS;
      }
    }
  }
  for (size_t lead = 0; lead < N_LEADS; lead++) {
    for (size_t i = 0; i < N_MODES * N_MODES; i++) {
      const double scale = sqrt(found[lead][i / N_MODES][i / N_MODES] * found[lead][i % N_MODES][i % N_MODES]);
      check_close(sums[lead][i / N_MODES][i % N_MODES], found[lead][i / N_MODES][i % N_MODES], 0.03 * scale, 0.0);
    }
  }
}

static void residuals_give_back_their_covariance(void **state) {
  (void)state;
  enum { N_RUNS = 2, LONG = 30000, SHORT = 200 };
  fcast_error err;
  const size_t n_frames[N_RUNS] = {LONG, SHORT};
  double *series = calloc((LONG + SHORT) * N_MODES, sizeof *series);
  assert_non_null(series);
  uint64_t random = 11;
  for (size_t frame = 0; frame < LONG + SHORT; frame++) {
    if (frame >= LAG && frame != LONG && frame != LONG + 1) {
      step(series + frame * N_MODES, &random);
    }
  }
  fcast_memory_series memory = {series, n_frames, N_MODES};
  const fcast_series_source source = fcast_memory_source(&memory, N_RUNS);
  const fcast_mvar mvar = small_model();
  double expected[N_MODES][N_MODES];
  double found[N_MODES][N_MODES];
  fill_covariance(expected);
  check_ok(fcast_mvar_residual_covariance(&source, &mvar, &found[0][0], &err), &err);
  for (size_t i = 0; i < N_MODES * N_MODES; i++) {
    check_close(found[i / N_MODES][i % N_MODES], expected[i / N_MODES][i % N_MODES], 0.02, 0.0);
  }
  const size_t too_short[N_RUNS] = {LAG, LAG};
  memory.n_frames = too_short;
  const fcast_series_source nothing = fcast_memory_source(&memory, N_RUNS);
  assert_int_equal(fcast_mvar_residual_covariance(&nothing, &mvar, &found[0][0], &err), FCAST_E_SHAPE);
  free(series);
}

static void threads_change_nothing(void **state) {
  (void)state;
  enum { R = 37, LEADS = 5 };
  fcast_error err;
  static double coefficients[2][R][R];
  static double covariance[R][R];
  static double found[2][LEADS][R][R];
  uint64_t random = 3;
  for (size_t i = 0; i < R * R; i++) {
    coefficients[0][i / R][i % R] = 0.1 * test_uniform(&random);
    coefficients[1][i / R][i % R] = 0.1 * test_uniform(&random);
    covariance[i / R][i % R] = i / R == i % R ? 1.0 : 0.0;
  }
  const fcast_mvar mvar = {.lag = 2, .n_modes = R, .coefficients = &coefficients[0][0][0]};
  const int n_threads = omp_get_max_threads();
  for (int k = 0; k < 2; k++) {
    omp_set_num_threads(k == 0 ? 1 : 4);
    check_ok(fcast_mvar_forecast_covariance(&mvar, &covariance[0][0], LEADS, &found[k][0][0][0], &err), &err);
  }
  omp_set_num_threads(n_threads);
  assert_memory_equal(found[0], found[1], sizeof found[0]);
}

/* A Fourier model's laws act shell by shell: the variance is that of the whole law, mode by mode. */
static void shells_agree_with_the_whole_law(void **state) {
  (void)state;
  enum { N = 16, N_FIELDS = 2, LEADS = 7 };
  fcast_error err;
  fcast_latent model = {.state = {.basis = FCAST_BASIS_FOURIER, .n_moments = 1, .n_fields = N_FIELDS}};
  fcast_state *s = &model.state;
  check_ok(fcast_fourier_create(N, N, 1.0, 1.0, 2.0 / N, &s->fourier, &err), &err);
  s->n_modes = 2 * s->fourier.shell_start[2];
  s->scale[0] = 2.0;
  s->scale[1] = 1.0;
  check_ok(fcast_fourier_basis(&s->fourier, s->n_modes, 1.0, &s->pods[0], &err), &err);
  const size_t r = fcast_state_size(s);
  double blocks[2][N_FIELDS][N_FIELDS] = {{{1.0, 0.2}, {0.2, 0.5}}, {{0.4, -0.1}, {-0.1, 0.3}}};
  const double laws[2][2][N_FIELDS][N_FIELDS] = {{{{0.7, 0.3}, {-0.3, 0.6}}, {{0.1, 0.0}, {0.05, 0.1}}},
                                                 {{{0.5, 0.2}, {-0.4, 0.5}}, {{0.0, 0.1}, {0.1, 0.0}}}};
  model.mvar = (fcast_mvar){.lag = 2, .n_modes = r, .coefficients = calloc(2 * r * r, sizeof(double))};
  double *covariance = calloc(r * r, sizeof *covariance);
  double *whole = calloc(LEADS * r * r, sizeof *whole);
  assert_true(model.mvar.coefficients != NULL && covariance != NULL && whole != NULL);
  for (size_t mode = 0; mode < s->n_modes; mode++) {
    const size_t shell = mode >= 2 * s->fourier.shell_start[1];
    for (size_t i = 0; i < N_FIELDS * N_FIELDS; i++) {
      const size_t at = (i / N_FIELDS * s->n_modes + mode) * r + i % N_FIELDS * s->n_modes + mode;
      covariance[at] = blocks[shell][i / N_FIELDS][i % N_FIELDS];
      for (size_t lag = 0; lag < 2; lag++) {
        model.mvar.coefficients[lag * r * r + at] = laws[shell][lag][i / N_FIELDS][i % N_FIELDS];
      }
    }
  }
  double variance[LEADS];
  check_ok(fcast_latent_variance(&model, &blocks[0][0][0], LEADS, variance, &err), &err);
  check_ok(fcast_mvar_forecast_covariance(&model.mvar, covariance, LEADS, whole, &err), &err);
  for (size_t lead = 0; lead < LEADS; lead++) {
    double expected = 0.0;
    for (size_t mode = 0; mode < s->n_modes; mode++) {
      expected += whole[(lead * r + mode) * r + mode] / (2.0 * 2.0 * N * N);
    }
    check_close(variance[lead], expected, 0.0, 1e-12);
  }
  free(covariance);
  free(whole);
  free(model.mvar.coefficients);
  model.mvar.coefficients = NULL;
  fcast_latent_clear(&model);
}

/* --- scores --- */

/* CRPS = integral of (F(y) - [y >= truth])^2 over y. */
static void crps_is_its_integral(void **state) {
  (void)state;
  static const double cases[][3] = {{0.0, 1.0, 0.0}, {0.3, 0.7, 2.1}, {-1.0, 2.5, -4.0}, {5.0, 0.1, 5.05}};
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    enum { STEPS = 200000 };
    const double mean = cases[c][0];
    const double std = cases[c][1];
    const double truth = cases[c][2];
    const double lo = fmin(mean - 12.0 * std, truth);
    const double hi = fmax(mean + 12.0 * std, truth);
    double sum = 0.0;
    for (int i = 0; i < STEPS; i++) {
      const double y = lo + (hi - lo) * (i + 0.5) / STEPS;
      const double below = 0.5 * erfc((mean - y) / std / sqrt(2.0)) - (y >= truth ? 1.0 : 0.0);
      sum += below * below * (hi - lo) / STEPS;
    }
    check_close(fcast_crps_gaussian(mean, std, truth), sum, 2e-4 * std, 0.0);
  }
  check_close(fcast_crps_gaussian(1.0, 0.0, 3.5), 2.5, 0.0, 0.0);
}

/* Truth drawn with the variance floor + slope * forecast around a forecast. */
static void draw_truth(const double *prediction, size_t n, double floor, double slope, uint64_t *random,
                       double *truth) {
  for (size_t i = 0; i < n; i++) {
    truth[i] = prediction[i] + sqrt(floor + slope * fmax(prediction[i], 0.0)) * normal(random);
  }
}

static void gaussian_truth_is_covered_as_named(void **state) {
  (void)state;
  enum { N_SPACE = 20000, N_FORECAST = 3, KNOWN = 1 };
  static double truth[(KNOWN + N_FORECAST) * N_SPACE];
  static double prediction[N_FORECAST * N_SPACE];
  fcast_error err;
  uint64_t random = 17;
  double spread[2 * 2] = {0.3, 1.2, 0.5, 2.0}; /* the third frame has that of the second */
  const fcast_uncertainty known = {.n_leads = 2, .spread = spread};
  double persistence = 0.0;
  double mean_std = 0.0;
  for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
    const size_t lead = i < N_SPACE ? 0 : 1;
    prediction[i] = 3.0 * test_uniform(&random);
    draw_truth(prediction + i, 1, spread[2 * lead], spread[2 * lead + 1], &random, truth + KNOWN * N_SPACE + i);
    persistence += fabs(truth[KNOWN * N_SPACE + i]) / (N_FORECAST * N_SPACE);
    mean_std += sqrt(spread[2 * lead] + spread[2 * lead + 1] * fmax(prediction[i], 0.0)) / (N_FORECAST * N_SPACE);
  }
  fcast_interval_scores scores;
  static double variance[N_FORECAST * N_SPACE];
  fcast_uncertainty_apply(&known, prediction, N_FORECAST, N_SPACE, variance);
  check_ok(fcast_interval_scores_compute(truth, KNOWN, prediction, variance, N_FORECAST, N_SPACE, &scores, &err), &err);
  check_close(scores.coverage_50, 0.5, 0.01, 0.0);
  check_close(scores.coverage_90, 0.9, 0.006, 0.0);
  check_close(scores.mean_std, mean_std, 0.0, 1e-12);
  check_close(scores.crps, mean_std / sqrt(pi), 0.0, 0.02); /* of a Gaussian truth */
  check_close(scores.crps_persistence, persistence, 0.0, 1e-12);
  assert_int_equal(fcast_interval_scores_compute(truth, 0, prediction, variance, N_FORECAST, N_SPACE, &scores, &err),
                   FCAST_E_SHAPE);
}

static void spread_is_found_again(void **state) {
  (void)state;
  enum { N = 200000 };
  static double truth[N];
  static double prediction[N];
  uint64_t random = 23;
  double spread[2];
  for (size_t i = 0; i < N; i++) {
    prediction[i] = 2.0 * test_uniform(&random);
  }
  draw_truth(prediction, N, 0.4, 1.5, &random, truth);
  fcast_spread_sums sums = {0};
  fcast_spread_add(truth, prediction, N / 2, &sums);
  fcast_spread_add(truth + N / 2, prediction + N / 2, N / 2, &sums);
  fcast_spread_fit(&sums, spread);
  check_close(spread[0], 0.4, 0.02, 0.0);
  check_close(spread[1], 1.5, 0.05, 0.0);
  check_close(spread[0] + spread[1] * sums.density / sums.n_cells, sums.error / sums.n_cells, 0.0, 1e-12);
}

/* Errors that fall with the density, and ones that would be negative where it is zero. */
static void spread_is_never_negative(void **state) {
  (void)state;
  enum { N = 4 };
  const double prediction[N] = {0.0, 1.0, 2.0, 3.0};
  const double falling[N] = {2.0, 2.0, 2.5, 3.0};
  const double steep[N] = {0.0, 1.0, 2.0, 9.0};
  double spread[2];
  fcast_spread_sums sums = {0};
  fcast_spread_add(falling, prediction, N, &sums);
  fcast_spread_fit(&sums, spread);
  check_close(spread[1], 0.0, 0.0, 0.0);
  check_close(spread[0], (4.0 + 1.0 + 0.25) / N, 0.0, 1e-12);
  sums = (fcast_spread_sums){0};
  fcast_spread_add(steep, prediction, N, &sums);
  fcast_spread_fit(&sums, spread);
  check_close(spread[0], 0.0, 1e-12, 0.0);
  check_close(spread[1], 36.0 / 6.0, 0.0, 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scalar_model_has_the_closed_form),
      cmocka_unit_test(members_spread_as_the_covariance_says),
      cmocka_unit_test(residuals_give_back_their_covariance),
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(shells_agree_with_the_whole_law),
      cmocka_unit_test(crps_is_its_integral),
      cmocka_unit_test(gaussian_truth_is_covered_as_named),
      cmocka_unit_test(spread_is_found_again),
      cmocka_unit_test(spread_is_never_negative),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
