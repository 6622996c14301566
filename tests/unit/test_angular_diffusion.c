/* SPDX-License-Identifier: MIT
 *
 * Angular diffusion against what is known of it, and that it converges as dt -> 0.
 */
#include "check.h"

#include "base/cpu.h"
#include "flockcast/evaluate.h"
#include "flockcast/simulate.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static fcast_simulate_options diffusion(double rate, double diffusion, double dt, double total_time) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.model = FCAST_MODEL_ANGULAR_DIFFUSION;
  options.alignment_rate = rate;
  options.angular_diffusion = diffusion;
  options.dt = dt;
  options.total_time = total_time;
  return options;
}

static fcast_tracks simulate(const fcast_simulate_options *options, uint64_t seed) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_simulate(options, FCAST_IC_UNIFORM, seed, &tracks, &err), &err);
  return tracks;
}

/* From velocity a to b, -pi to pi. */
static double angle_between(const double *a, const double *b) {
  return atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
}

/* Two agents turn towards each other: delta' = -2 rate sin(delta/2), so tan(delta/4) falls as e^{-rate t}. */
static double error_of_a_pair(double dt) {
  fcast_simulate_options options = diffusion(2.0, 0.0, dt, 1.0);
  options.n_agents = 2;
  options.radius = 100.0;
  fcast_tracks tracks = simulate(&options, 5);
  const double *const last = tracks.velocities + 4 * (tracks.n_frames - 1);
  const double before = angle_between(tracks.velocities, tracks.velocities + 2);
  const double expected = 4.0 * atan(tan(before / 4.0) * exp(-2.0));
  const double error = angle_between(last, last + 2) - expected;
  assert_true(fabs(before) > 1.0); /* no small angles */
  fcast_tracks_clear(&tracks);
  return fabs(error);
}

static void test_a_pair_aligns_as_it_should(void **state) {
  (void)state;
  const double coarse = error_of_a_pair(0.05);
  const double fine = error_of_a_pair(0.025);
  const double finest = error_of_a_pair(0.0125);
  print_message("error of a pair: %.2e, %.2e, %.2e\n", coarse, fine, finest);
  assert_true(coarse < 0.05);
  check_close(coarse / fine, 2.0, 0.1, 0.0); /* order one */
  check_close(fine / finest, 2.0, 0.05, 0.0);
}

/* A lone agent is a persistent random walk: <cos dtheta> = e^{-D t}, <r^2> = 2 (v/D)^2 (D t - 1 + e^{-D t}), whatever
 * dt up to O(dt). Bounds at five standard errors of 4,000 agents. */
static void test_lone_agents_diffuse(void **state) {
  (void)state;
  const double steps[] = {0.1, 0.02};
  for (size_t s = 0; s < 2; s++) {
    fcast_simulate_options options = diffusion(5.0, 0.5, steps[s], 3.0);
    options.n_agents = 4000;
    options.box_x = options.box_y = 1e5;
    options.radius = 0.2; /* hardly anybody meets anybody */
    fcast_tracks tracks = simulate(&options, 6);
    const size_t last = 2 * tracks.n_agents * (tracks.n_frames - 1);
    double cosine = 0.0;
    double square = 0.0;
    for (size_t i = 0; i < 2 * tracks.n_agents; i += 2) {
      const double *const from = tracks.positions + i;
      const double *const to = tracks.positions + last + i;
      cosine += cos(angle_between(tracks.velocities + i, tracks.velocities + last + i)) / 4000.0;
      square += (pow(remainder(to[0] - from[0], 1e5), 2) + pow(remainder(to[1] - from[1], 1e5), 2)) / 4000.0;
    }
    check_close(cosine, exp(-1.5), 0.06, 0.0);
    check_close(square, 2.0 / 0.25 * (1.5 - 1.0 + exp(-1.5)), 0.0, 0.06 + 0.5 * steps[s]);
    fcast_tracks_clear(&tracks);
  }
}

/* I_n(x), modified Bessel functions of the first kind, from their integral. */
static double bessel(int n, double x) {
  const double pi = 3.14159265358979323846;
  double sum = 0.0;
  for (int k = 0; k < 400; k++) {
    const double theta = pi * (k + 0.5) / 400.0;
    sum += exp(x * cos(theta)) * cos(n * theta) / 400.0;
  }
  return sum;
}

/* Mean polarization of agents that all see all, from t = 3 on. */
static double stationary_order(double dt) {
  fcast_error err;
  fcast_order_params order;
  fcast_simulate_options options = diffusion(4.0, 2.0, dt, 20.0);
  options.n_agents = 600;
  options.radius = 30.0;
  options.rng = FCAST_RANDOM_PHILOX;
  fcast_tracks tracks = simulate(&options, 7);
  check_ok(fcast_order_params_compute(&tracks, 15.0, 15.0, FCAST_PERIODIC, &order, &err), &err);
  const size_t first = order.n_frames * 3 / 20;
  double mean = 0.0;
  for (size_t frame = first; frame < order.n_frames; frame++) {
    mean += order.polarization[frame] / (double)(order.n_frames - first);
  }
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&tracks);
  return mean;
}

/* Headings are then distributed as e^{(rate/D) cos} (Degond and Motsch 2008), of order I1/I0. The error falls with dt.
 */
static void test_the_stationary_order_is_that_of_von_mises(void **state) {
  (void)state;
  const double expected = bessel(1, 2.0) / bessel(0, 2.0);
  const double coarse = expected - stationary_order(0.16);
  const double fine = expected - stationary_order(0.04);
  const double finest = expected - stationary_order(0.01);
  print_message("order %.4f; at dt 0.16, 0.04, 0.01 less by %.4f, %.4f, %.4f\n", expected, coarse, fine, finest);
  assert_true(coarse > 0.05 && fine < 0.5 * coarse);
  check_close(finest, 0.0, 0.02, 0.0);
}

/* The obvious step, kept as the judge: heading turned by dt (rate sin(mean - theta) + mu_t F across it). Two agents,
 * the force on each along the line between them. */
static void test_forces_turn_and_speed_up(void **state) {
  (void)state;
  for (int mode = FCAST_SPEED_CONSTANT; mode <= FCAST_SPEED_VARIABLE; mode++) {
    fcast_simulate_options options = diffusion(3.0, 0.0, 0.1, 3.0);
    options.n_agents = 2;
    options.box_x = options.box_y = 4.0;
    options.forces.enabled = true;
    options.speed_mode = (fcast_speed_mode)mode;
    fcast_tracks tracks = simulate(&options, 8);
    for (size_t frame = 0; frame + 1 < tracks.n_frames; frame++) {
      const double *const x = tracks.positions + 4 * frame;
      const double *const v = tracks.velocities + 4 * frame;
      const double d[2] = {remainder(x[0] - x[2], 4.0), remainder(x[1] - x[3], 4.0)};
      const double r = hypot(d[0], d[1]);
      const double pull = (2.0 / 0.5 * exp(-r / 0.5) - 1.0 / 1.5 * exp(-r / 1.5)) / r;
      for (size_t i = 0; i < 2; i++) {
        const double sign = i == 0 ? 1.0 : -1.0;
        const double speed = hypot(v[2 * i], v[2 * i + 1]);
        const double heading[2] = {v[2 * i] / speed, v[2 * i + 1] / speed};
        const double force[2] = {sign * pull * d[0], sign * pull * d[1]};
        const double to_other = angle_between(v + 2 * i, v + 2 - 2 * i);
        double turn = r <= options.radius ? 3.0 * sin(to_other / 2.0) : 0.0;
        if (mode == FCAST_SPEED_CONSTANT_WITH_FORCES) {
          turn += 0.5 * (heading[0] * force[1] - heading[1] * force[0]);
        }
        check_close(angle_between(v + 2 * i, v + 4 + 2 * i), 0.1 * turn, 1e-12, 0.0);
        const double pushed = hypot(v[2 * i] + 0.1 * 0.5 * force[0], v[2 * i + 1] + 0.1 * 0.5 * force[1]);
        check_close(hypot(v[4 + 2 * i], v[5 + 2 * i]), mode == FCAST_SPEED_VARIABLE ? pushed : 1.0, 1e-12, 0.0);
      }
    }
    fcast_tracks_clear(&tracks);
  }
}

static void test_results_depend_on_nothing_else(void **state) {
  (void)state;
  fcast_simulate_options options = diffusion(5.0, 0.1, 0.1, 0.5);
  options.n_agents = 5003;
  options.box_x = options.box_y = 60.0;
  options.forces.enabled = true;
  for (int choice = 0; choice < 6; choice++) {
    options.speed_mode = (fcast_speed_mode)(choice % 3);
    options.rng = choice < 3 ? FCAST_RANDOM_PCG64 : FCAST_RANDOM_PHILOX;
    fcast__cpu_set_level(FCAST_CPU_BASELINE);
    omp_set_num_threads(1);
    fcast_tracks expected = simulate(&options, 9);
    for (int level = 0; level <= (int)fcast__cpu_highest(); level++) {
      fcast__cpu_set_level((fcast_cpu_level)level);
      omp_set_num_threads(2 + level + choice % 2);
      fcast_tracks found = simulate(&options, 9);
      assert_memory_equal(found.positions, expected.positions,
                          2 * found.n_frames * found.n_agents * sizeof *found.positions);
      fcast_tracks_clear(&found);
    }
    fcast_tracks_clear(&expected);
  }
}

static void test_steps_that_overshoot_are_refused(void **state) {
  (void)state;
  fcast_error err;
  const fcast_simulate_options options = diffusion(11.0, 0.1, 0.1, 1.0);
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "model.alignment_rate"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_pair_aligns_as_it_should),
      cmocka_unit_test(test_lone_agents_diffuse),
      cmocka_unit_test(test_the_stationary_order_is_that_of_von_mises),
      cmocka_unit_test(test_forces_turn_and_speed_up),
      cmocka_unit_test(test_results_depend_on_nothing_else),
      cmocka_unit_test(test_steps_that_overshoot_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
