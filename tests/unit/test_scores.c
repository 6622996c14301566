/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/evaluate.h"
#include "flockcast/random.h"

#include <math.h>
#include <stdbool.h>

enum { N_SPACE = 4, N_FRAMES = 6, N_KNOWN = 2, N_FORECAST = 4 };

/* One mode along the first two cells, mean 1 everywhere. */
static double mode[N_SPACE] = {0.8, 0.6, 0.0, 0.0};
static double mean[N_SPACE] = {1.0, 1.0, 1.0, 1.0};
static void fill_truth(double *truth) {
  uint64_t random = 3;
  for (size_t i = 0; i < N_FRAMES * N_SPACE; i++) {
    truth[i] = 2.0 + test_uniform(&random);
  }
}

/* The forecast frames of the truth on the mode. */
static void project(const double *truth, double *projected) {
  for (size_t i = 0; i < N_FORECAST; i++) {
    const double *frame = truth + (N_KNOWN + i) * N_SPACE;
    const double coefficient = (frame[0] - 1.0) * mode[0] + (frame[1] - 1.0) * mode[1];
    for (size_t j = 0; j < N_SPACE; j++) {
      projected[i * N_SPACE + j] = mean[j] + coefficient * mode[j];
    }
  }
}

static fcast_scores score(const double *truth, const double *prediction) {
  fcast_error err;
  fcast_scores scores;
  double projected[N_FORECAST * N_SPACE];
  project(truth, projected);
  check_ok(fcast_scores_compute(mean, N_SPACE, truth, N_FRAMES, N_KNOWN, prediction, projected, &scores, &err), &err);
  return scores;
}

static void test_a_perfect_forecast(void **state) {
  (void)state;
  double truth[N_FRAMES * N_SPACE];
  fill_truth(truth);
  fcast_scores scores = score(truth, truth + N_KNOWN * N_SPACE);
  check_close(scores.r2, 1.0, 0.0, 0.0);
  check_close(scores.r2_padded, 1.0, 0.0, 0.0);
  check_close(scores.rmse, 0.0, 0.0, 0.0);
  assert_int_equal(scores.n_forecast, N_FORECAST);
  assert_int_equal(scores.tau_tol, N_FORECAST);
  fcast_scores_clear(&scores);
}

/* Each baseline, handed in as the forecast, scores what is reported for it. */
static void test_baselines_are_scored_as_forecasts(void **state) {
  (void)state;
  double truth[N_FRAMES * N_SPACE];
  double held[N_FORECAST * N_SPACE];
  double projected[N_FORECAST * N_SPACE];
  double flat[N_FORECAST * N_SPACE];
  fill_truth(truth);
  project(truth, projected);
  for (size_t i = 0; i < N_FORECAST; i++) {
    for (size_t j = 0; j < N_SPACE; j++) {
      held[i * N_SPACE + j] = truth[(N_KNOWN - 1) * N_SPACE + j];
      flat[i * N_SPACE + j] = 1.0;
    }
  }
  fcast_scores persistence = score(truth, held);
  fcast_scores limit = score(truth, projected);
  fcast_scores average = score(truth, flat);
  check_close(persistence.r2, persistence.r2_persistence, 0.0, 1e-14);
  check_close(limit.r2, limit.r2_pod, 0.0, 1e-13);
  check_close(average.r2, 0.0, 1e-15, 0.0);
  check_close(average.r2_mean, 0.0, 0.0, 0.0);
  for (size_t i = 0; i < N_FORECAST; i++) {
    check_close(persistence.e2[i], persistence.e2_persistence[i], 0.0, 1e-14);
  }
  assert_true(average.r2_padded < 0.999 && average.r2_padded > 0.0); /* the known frames flatter it */
  fcast_scores_clear(&persistence);
  fcast_scores_clear(&limit);
  fcast_scores_clear(&average);
}

static void test_norms_and_mass_by_hand(void **state) {
  (void)state;
  double truth[N_FRAMES * N_SPACE];
  double prediction[N_FORECAST * N_SPACE];
  for (size_t i = 0; i < N_FRAMES * N_SPACE; i++) {
    truth[i] = 2.0;
  }
  for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
    prediction[i] = i % N_SPACE == 0 ? -1.0 : 2.0; /* one cell of four is 3 too low */
  }
  fcast_scores scores = score(truth, prediction);
  check_close(scores.e1[1], 3.0 / 8.0, 0.0, 1e-15);
  check_close(scores.e2[1], 3.0 / 4.0, 0.0, 1e-15);
  check_close(scores.einf[1], 3.0 / 2.0, 0.0, 1e-15);
  check_close(scores.median_e2, 0.75, 0.0, 1e-15);
  check_close(scores.p10_e2, 0.75, 0.0, 1e-15);
  check_close(scores.mean_mass_error, 3.0 / 8.0, 0.0, 1e-15);
  check_close(scores.max_mass_error, 3.0 / 8.0, 0.0, 1e-15);
  check_close(scores.min_density, -1.0, 0.0, 0.0);
  check_close(scores.rmse, 1.5, 0.0, 1e-15);
  assert_int_equal(scores.tau_tol, 0);
  fcast_scores_clear(&scores);
}

/* tau_tol counts forecast frames, and the mean runs over min(10, n) of them. */
static void test_tolerance_time(void **state) {
  (void)state;
  fcast_error err;
  enum { FRAMES = 31, FORECAST = 30 };
  double truth[FRAMES * N_SPACE];
  double prediction[FORECAST * N_SPACE];
  for (size_t i = 0; i < FRAMES * N_SPACE; i++) {
    truth[i] = 1.0;
  }
  for (size_t i = 0; i < FORECAST; i++) {
    for (size_t j = 0; j < N_SPACE; j++) {
      prediction[i * N_SPACE + j] = 1.0 + (i >= 20 ? 0.16 : 0.0); /* e2 = 0 before frame 20, 0.16 from there */
    }
  }
  fcast_scores scores;
  check_ok(fcast_scores_compute(mean, N_SPACE, truth, FRAMES, 1, prediction, prediction, &scores, &err), &err);
  assert_int_equal(scores.tau_tol, 17); /* 7 of frames 17 to 26 at 0.16: 0.112; 6 of 16 to 25: 0.096 */
  fcast_scores_clear(&scores);
}

static void test_nothing_to_score_is_refused(void **state) {
  (void)state;
  fcast_error err;
  fcast_scores scores;
  double truth[N_FRAMES * N_SPACE];
  fill_truth(truth);
  assert_int_equal(fcast_scores_compute(mean, N_SPACE, truth, 2, 2, truth, truth, &scores, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_scores_compute(mean, N_SPACE, truth, 2, 0, truth, truth, &scores, &err), FCAST_E_SHAPE);
  assert_null(scores.e2);
}

/* An unstable model overflows: the scores say so and nothing breaks. */
static void test_overflow_is_reported(void **state) {
  (void)state;
  double truth[N_FRAMES * N_SPACE];
  double prediction[N_FORECAST * N_SPACE];
  fill_truth(truth);
  for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
    prediction[i] = i < N_SPACE ? 1e200 : (double)NAN;
  }
  fcast_scores scores = score(truth, prediction);
  const bool is_finite = isfinite(scores.r2) || isfinite(scores.rmse);
  assert_false(is_finite);
  assert_int_equal(scores.tau_tol, 0);
  fcast_scores_clear(&scores);
}

static void test_percentiles_are_numpys(void **state) {
  (void)state;
  const double values[] = {3.0, 1.0, 4.0, 1.5, 9.0};
  double scratch[5];
  check_close(fcast_percentile(values, 5, 50.0, scratch), 3.0, 0.0, 0.0);
  check_close(fcast_percentile(values, 5, 10.0, scratch), 1.2, 1e-15, 0.0);
  check_close(fcast_percentile(values, 5, 90.0, scratch), 7.0, 1e-15, 0.0);
  check_close(fcast_percentile(values, 1, 90.0, scratch), 3.0, 0.0, 0.0);
  assert_true(isnan(fcast_percentile(values, 0, 90.0, scratch)));
}

/* --- single leads, skill, horizon --- */

/* r2 of every frame by its definition, for the forecast, the last known frame and the projection; pooled, they give r2.
 */
static void test_r2_of_single_leads(void **state) {
  (void)state;
  uint64_t random = 4;
  double truth[N_FRAMES * N_SPACE];
  double prediction[N_FORECAST * N_SPACE];
  double projected[N_FORECAST * N_SPACE];
  double lead[N_FORECAST];
  fill_truth(truth);
  project(truth, projected);
  for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
    prediction[i] = truth[N_KNOWN * N_SPACE + i] + 0.5 * test_uniform(&random);
  }
  fcast_scores scores = score(truth, prediction);
  double error[3] = {0.0};
  double deviation = 0.0;
  for (size_t i = 0; i < N_FORECAST; i++) {
    double frame_error[3] = {0.0};
    double frame_deviation = 0.0;
    for (size_t j = 0; j < N_SPACE; j++) {
      const double rho = truth[(N_KNOWN + i) * N_SPACE + j];
      const double found[3] = {prediction[i * N_SPACE + j], truth[(N_KNOWN - 1) * N_SPACE + j],
                               projected[i * N_SPACE + j]};
      frame_deviation += pow(rho - mean[j], 2.0);
      for (size_t k = 0; k < 3; k++) {
        frame_error[k] += pow(rho - found[k], 2.0);
      }
    }
    check_close(scores.r2_lead[i], 1.0 - frame_error[0] / frame_deviation, 1e-14, 1e-14);
    check_close(scores.r2_lead_persistence[i], 1.0 - frame_error[1] / frame_deviation, 1e-14, 1e-14);
    check_close(scores.r2_lead_pod[i], 1.0 - frame_error[2] / frame_deviation, 1e-14, 1e-14);
    deviation += frame_deviation;
    for (size_t k = 0; k < 3; k++) {
      error[k] += frame_error[k];
    }
  }
  const double r2[3] = {1.0 - error[0] / deviation, 1.0 - error[1] / deviation, 1.0 - error[2] / deviation};
  check_close(scores.r2, r2[0], 1e-14, 0.0);
  check_close(scores.skill, (r2[0] - r2[1]) / (r2[2] - r2[1]), 1e-12, 1e-12);
  check_close(fcast_r2_of_frames(mean, N_SPACE, truth + N_KNOWN * N_SPACE, prediction, N_FORECAST, lead), r2[0], 1e-14,
              0.0);
  for (size_t i = 0; i < N_FORECAST; i++) {
    check_close(lead[i], scores.r2_lead[i], 1e-14, 0.0);
  }
  fcast_scores_clear(&scores);
}

/* Persistence has skill 0, the projection skill 1. */
static void test_skill_of_the_baselines(void **state) {
  (void)state;
  double truth[N_FRAMES * N_SPACE];
  double held[N_FORECAST * N_SPACE];
  double projected[N_FORECAST * N_SPACE];
  fill_truth(truth);
  project(truth, projected);
  for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
    held[i] = truth[(N_KNOWN - 1) * N_SPACE + i % N_SPACE];
  }
  fcast_scores persistence = score(truth, held);
  fcast_scores limit = score(truth, projected);
  check_close(persistence.skill, 0.0, 1e-13, 0.0);
  check_close(limit.skill, 1.0, 1e-13, 0.0);
  fcast_scores_clear(&persistence);
  fcast_scores_clear(&limit);
}

/* The first frame below one half ends it, whatever comes behind; with overflow at once. */
static void test_horizon(void **state) {
  (void)state;
  double truth[N_FRAMES * N_SPACE];
  double prediction[N_FORECAST * N_SPACE];
  fill_truth(truth);
  for (size_t bad = 0; bad <= N_FORECAST; bad++) {
    for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
      const double rho = truth[N_KNOWN * N_SPACE + i];
      const bool is_bad = i / N_SPACE == bad || i / N_SPACE == bad + 2;
      /* r2 of a frame is 1 - share^2, around one half */
      prediction[i] = rho + (is_bad ? 0.71 : 0.70) * (1.0 - rho);
    }
    fcast_scores scores = score(truth, prediction);
    assert_int_equal(scores.horizon, bad);
    fcast_scores_clear(&scores);
  }
  prediction[0] = (double)NAN;
  fcast_scores scores = score(truth, prediction);
  assert_int_equal(scores.horizon, 0);
  fcast_scores_clear(&scores);
}

/* --- the interval of a mean --- */

static void test_bootstrap_of_a_mean(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 9;
  double values[400];
  double lo;
  double hi;
  double lo_again;
  double hi_again;
  double sum = 0.0;
  double squares = 0.0;
  const size_t sizes[] = {1, 2, 3, 20, 400};
  for (size_t i = 0; i < 400; i++) {
    values[i] = test_uniform(&random);
    sum += values[i];
    squares += values[i] * values[i];
  }
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    double mean_of_these = 0.0;
    for (size_t k = 0; k < sizes[i]; k++) {
      mean_of_these += values[k] / (double)sizes[i];
    }
    check_ok(fcast_bootstrap_mean(values, sizes[i], &lo, &hi, &err), &err);
    check_ok(fcast_bootstrap_mean(values, sizes[i], &lo_again, &hi_again, &err), &err);
    assert_true(lo == lo_again && hi == hi_again);
    assert_true(lo <= mean_of_these + 1e-15 && mean_of_these - 1e-15 <= hi);
  }
  /* many values: the normal interval, 1.96 standard errors to both sides; 10,000 draws know it to some 2 % */
  const double mean_of_all = sum / 400.0;
  const double error = sqrt((squares / 400.0 - mean_of_all * mean_of_all) / 400.0);
  check_close(lo, mean_of_all - 1.96 * error, 0.1 * error, 0.0);
  check_close(hi, mean_of_all + 1.96 * error, 0.1 * error, 0.0);
  for (size_t i = 0; i < 7; i++) {
    values[i] = 0.25;
  }
  check_ok(fcast_bootstrap_mean(values, 7, &lo, &hi, &err), &err);
  assert_true(lo == 0.25 && hi == 0.25);
  assert_int_equal(fcast_bootstrap_mean(values, 0, &lo, &hi, &err), FCAST_E_ARG);
}

/* Of two values 0 and 1 the means are 0, 1/2, 1/2, 1 with equal chance: the percentiles are all of it. Of ten, one of
 * which is 1, the number of ones drawn is binomial (10, 0.1): P(0) = 0.349, P(3 or fewer) = 0.987. Both are stretched
 * about the mean by Student's t of one and of nine degrees of freedom. */
static void test_bootstrap_percentiles(void **state) {
  (void)state;
  fcast_error err;
  double values[10] = {0.0, 1.0};
  double lo;
  double hi;
  check_ok(fcast_bootstrap_mean(values, 2, &lo, &hi, &err), &err);
  const double stretch_two = 12.706 / 1.95996 * sqrt(2.0);
  check_close(lo, 0.5 - 0.5 * stretch_two, 1e-12, 0.0);
  check_close(hi, 0.5 + 0.5 * stretch_two, 1e-12, 0.0);
  check_ok(fcast_bootstrap_mean(values, 10, &lo, &hi, &err), &err);
  const double stretch_ten = 2.262 / 1.95996 * sqrt(10.0 / 9.0);
  check_close(lo, 0.1 - 0.1 * stretch_ten, 1e-12, 0.0);
  check_close(hi, 0.1 + 0.2 * stretch_ten, 1e-12, 0.0);
}

/* Intervals of means of normal numbers, mean 0, hold it 19 times out of 20 however few they are. */
static void test_bootstrap_holds_what_it_says(void **state) {
  (void)state;
  enum { N_SAMPLES = 200, LARGEST = 12 };
  const size_t sizes[] = {3, 6, LARGEST};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    fcast_error err;
    fcast_random random;
    double values[LARGEST];
    size_t n_held = 0;
    fcast_random_init(&random, FCAST_RANDOM_PHILOX, 5);
    for (size_t sample = 0; sample < N_SAMPLES; sample++) {
      double lo;
      double hi;
      fcast_random_normal(&random, FCAST_STREAM_NOISE, sample, sizes[i], values);
      check_ok(fcast_bootstrap_mean(values, sizes[i], &lo, &hi, &err), &err);
      n_held += lo <= 0.0 && 0.0 <= hi;
    }
    /* the binomial distribution has a deviation of 0.015 */
    check_close((double)n_held / N_SAMPLES, 0.95, 0.045, 0.0);
  }
}

/* --- order parameters --- */

static fcast_order_params order_of(size_t n_agents, const double *positions, const double *velocities,
                                   fcast_boundary boundary) {
  fcast_error err;
  fcast_tracks tracks;
  fcast_order_params order;
  check_ok(fcast_tracks_alloc(1, n_agents, &tracks, &err), &err);
  for (size_t i = 0; i < 2 * n_agents; i++) {
    tracks.positions[i] = positions[i];
    tracks.velocities[i] = velocities[i];
  }
  check_ok(fcast_order_params_compute(&tracks, 10.0, 10.0, boundary, &order, &err), &err);
  fcast_tracks_clear(&tracks);
  return order;
}

/* Two lanes in opposite directions: no polarization, perfect nematic order. */
static void test_two_lanes(void **state) {
  (void)state;
  const double positions[] = {1.0, 4.0, 2.0, 6.0};
  const double velocities[] = {2.0, 0.0, -4.0, 0.0};
  fcast_order_params order = order_of(2, positions, velocities, FCAST_REFLECTING);
  check_close(order.polarization[0], 0.0, 1e-15, 0.0);
  check_close(order.nematic[0], 1.0, 1e-15, 0.0);
  check_close(order.mean_speed[0], 3.0, 1e-15, 0.0);
  check_close(order.speed_std[0], 1.0, 1e-15, 0.0);
  fcast_order_params_clear(&order);
}

/* A mill across the corner of a periodic box: all the angular momentum there can be. */
static void test_a_mill_across_the_boundary(void **state) {
  (void)state;
  enum { N = 12 };
  double positions[2 * N];
  double velocities[2 * N];
  for (size_t i = 0; i < N; i++) {
    const double angle = 0.1 + 2.0 * 3.14159265358979323846 * (double)i / N;
    positions[2 * i] = fmod(10.0 + cos(angle), 10.0);
    positions[2 * i + 1] = fmod(10.0 + sin(angle), 10.0);
    velocities[2 * i] = -sin(angle);
    velocities[2 * i + 1] = cos(angle);
  }
  fcast_order_params order = order_of(N, positions, velocities, FCAST_PERIODIC);
  check_close(order.angular_momentum[0], 1.0, 1e-12, 0.0);
  check_close(order.polarization[0], 0.0, 1e-12, 0.0);
  fcast_order_params_clear(&order);
  order = order_of(1, positions, velocities, FCAST_PERIODIC);
  assert_true(order.angular_momentum[0] == 0.0 && order.polarization[0] == 1.0);
  fcast_order_params_clear(&order);
}

static void test_velocities_from_positions(void **state) {
  (void)state;
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_tracks_alloc(3, 1, &tracks, &err), &err);
  const double x[] = {9.8, 0.1, 0.5};      /* across the boundary of a box of 10 */
  const double speeds[] = {3.0, 3.0, 4.0}; /* those an agent arrived with; the first is the second's */
  for (size_t frame = 0; frame < 3; frame++) {
    tracks.positions[2 * frame] = x[frame];
    tracks.times[frame] = 0.1 * (double)frame;
  }
  fcast_tracks_differentiate(&tracks, 10.0, 10.0, FCAST_PERIODIC);
  for (size_t frame = 0; frame < 3; frame++) {
    check_close(tracks.velocities[2 * frame], speeds[frame], 1e-12, 0.0);
    check_close(tracks.velocities[2 * frame + 1], 0.0, 1e-12, 0.0);
  }
  assert_true(tracks.is_differentiated);
  fcast_tracks_clear(&tracks);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_perfect_forecast),           cmocka_unit_test(test_baselines_are_scored_as_forecasts),
      cmocka_unit_test(test_norms_and_mass_by_hand),       cmocka_unit_test(test_tolerance_time),
      cmocka_unit_test(test_nothing_to_score_is_refused),  cmocka_unit_test(test_overflow_is_reported),
      cmocka_unit_test(test_percentiles_are_numpys),       cmocka_unit_test(test_r2_of_single_leads),
      cmocka_unit_test(test_skill_of_the_baselines),       cmocka_unit_test(test_horizon),
      cmocka_unit_test(test_bootstrap_of_a_mean),          cmocka_unit_test(test_bootstrap_percentiles),
      cmocka_unit_test(test_bootstrap_holds_what_it_says), cmocka_unit_test(test_two_lanes),
      cmocka_unit_test(test_a_mill_across_the_boundary),   cmocka_unit_test(test_velocities_from_positions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
