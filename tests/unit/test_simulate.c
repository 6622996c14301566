/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/evaluate.h"
#include "flockcast/simulate.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static fcast_tracks simulate(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_simulate(options, type, seed, &tracks, &err), &err);
  return tracks;
}

static void assert_same(const fcast_tracks *a, const fcast_tracks *b) {
  assert_int_equal(a->n_frames, b->n_frames);
  const size_t n_bytes = a->n_frames * a->n_agents * 2 * sizeof(double);
  assert_memory_equal(a->positions, b->positions, n_bytes);
  assert_memory_equal(a->velocities, b->velocities, n_bytes);
}

static void test_speed_is_constant_and_agents_stay_in_the_box(void **state) {
  (void)state;
  for (int type = 0; type < FCAST_IC_COUNT; type++) {
    for (int boundary = FCAST_PERIODIC; boundary <= FCAST_REFLECTING; boundary++) {
      fcast_simulate_options options = fcast_simulate_options_default();
      options.boundary = (fcast_boundary)boundary;
      options.speed = 3.0;
      options.total_time = 10.0;
      options.box_y = 9.0;
      fcast_tracks tracks = simulate(&options, (fcast_ic_type)type, 9);
      for (size_t i = 0; i < tracks.n_frames * tracks.n_agents; i++) {
        const double x = tracks.positions[2 * i];
        const double y = tracks.positions[2 * i + 1];
        check_close(hypot(tracks.velocities[2 * i], tracks.velocities[2 * i + 1]), 3.0, 0.0, 1e-13);
        assert_true(x >= 0.0 && y >= 0.0);
        assert_true(boundary == FCAST_PERIODIC ? x < 15.0 && y < 9.0 : x <= 15.0 && y <= 9.0);
      }
      fcast_tracks_clear(&tracks);
    }
  }
}

static void test_without_noise_a_connected_flock_aligns(void **state) {
  (void)state;
  fcast_error err;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.eta = 0.0;
  options.radius = 20.0;
  options.total_time = 1.0;
  fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 3);
  fcast_order_params order;
  check_ok(fcast_order_params_compute(&tracks, 15.0, 15.0, FCAST_PERIODIC, &order, &err), &err);
  assert_true(order.polarization[0] < 0.5);
  check_close(order.polarization[order.n_frames - 1], 1.0, 1e-12, 0.0);
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&tracks);
}

/* Without neighbours and noise an agent goes straight: x(t) = x(0) + t v, back and forth between walls. */
static void test_a_lone_agent_goes_straight(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = 1;
  options.eta = 0.0;
  options.boundary = FCAST_REFLECTING;
  options.total_time = 100.0;
  fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 3);
  for (size_t axis = 0; axis < 2; axis++) {
    for (size_t frame = 0; frame < tracks.n_frames; frame++) {
      const double free_path = tracks.positions[axis] + (double)frame * options.dt * tracks.velocities[axis];
      const double folded = fabs(remainder(free_path, 30.0)); /* reflections at 0 and 15 */
      check_close(tracks.positions[2 * frame + axis], folded, 1e-10, 0.0);
    }
  }
  fcast_tracks_clear(&tracks);
}

static void test_results_depend_on_nothing_else(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = 5000; /* enough for threads inside a run */
  options.total_time = 0.5;
  for (int kind = FCAST_RANDOM_PCG64; kind <= FCAST_RANDOM_PHILOX; kind++) {
    options.rng = (fcast_random_kind)kind;
    options.neighbor_rebuild = 1;
    omp_set_num_threads(1);
    fcast_tracks one = simulate(&options, FCAST_IC_RING, 8);
    const int n_threads[] = {2, 3, 7};
    for (size_t i = 0; i < 3; i++) {
      omp_set_num_threads(n_threads[i]);
      options.neighbor_rebuild = 5 * n_threads[i];
      fcast_tracks many = simulate(&options, FCAST_IC_RING, 8);
      assert_same(&one, &many);
      fcast_tracks_clear(&many);
    }
    fcast_tracks_clear(&one);
  }
}

/* Saving fewer frames must not change those that are saved. */
static void test_save_every_only_thins_out(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  fcast_tracks all = simulate(&options, FCAST_IC_TWO_CLUSTERS, 8);
  options.save_every = 3;
  fcast_tracks some = simulate(&options, FCAST_IC_TWO_CLUSTERS, 8);
  assert_int_equal(all.n_frames, 21);
  assert_int_equal(some.n_frames, 7);
  for (size_t frame = 0; frame < some.n_frames; frame++) {
    const size_t n = 2 * all.n_agents;
    assert_memory_equal(some.positions + frame * n, all.positions + 3 * frame * n, n * sizeof(double));
    check_close(some.times[frame], 0.3 * (double)frame, 1e-15, 1e-15);
  }
  fcast_tracks_clear(&all);
  fcast_tracks_clear(&some);
}

/* Mean distance from the centre tells the four types apart; bounds at about five standard errors for 4,000 agents. */
static void test_initial_condition_types_are_applied(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = 4000;
  options.total_time = 0.0;
  const double mean_radius[FCAST_IC_COUNT] = {15.0 * 0.3826, 2.5 * 1.2533, 3.75, 3.20};
  for (int type = 0; type < FCAST_IC_COUNT; type++) {
    fcast_tracks tracks = simulate(&options, (fcast_ic_type)type, 1);
    double mean = 0.0;
    for (size_t i = 0; i < tracks.n_agents; i++) {
      mean += hypot(tracks.positions[2 * i] - 7.5, tracks.positions[2 * i + 1] - 7.5) / 4000.0;
    }
    check_close(mean, mean_radius[type], 0.2, 0.0);
    fcast_tracks_clear(&tracks);
  }
}

static void test_wrong_options_are_named(void **state) {
  (void)state;
  fcast_error err;
  fcast_tracks tracks;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.speed = 11.0;
  assert_int_equal(fcast_simulate(&options, FCAST_IC_UNIFORM, 1, &tracks, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "sim.dt"));
  assert_null(tracks.positions);
  options = fcast_simulate_options_default();
  options.n_agents = 0;
  assert_int_equal(fcast_simulate(&options, FCAST_IC_UNIFORM, 1, &tracks, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "sim.N"));
  options = fcast_simulate_options_default();
  options.box_x = NAN;
  assert_int_equal(fcast_simulate(&options, FCAST_IC_UNIFORM, 1, &tracks, NULL), FCAST_E_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_speed_is_constant_and_agents_stay_in_the_box),
      cmocka_unit_test(test_without_noise_a_connected_flock_aligns),
      cmocka_unit_test(test_a_lone_agent_goes_straight),
      cmocka_unit_test(test_results_depend_on_nothing_else),
      cmocka_unit_test(test_save_every_only_thins_out),
      cmocka_unit_test(test_initial_condition_types_are_applied),
      cmocka_unit_test(test_wrong_options_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
