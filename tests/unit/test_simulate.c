/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/cpu.h"
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

/* One setting of the runs that must not depend on the instructions or the number of threads. */
typedef struct run_case {
  int64_t n_agents;
  double box_x, box_y, radius, step, eta;
} run_case;

static void compare_levels(const fcast_simulate_options *options, fcast_ic_type type) {
  fcast__cpu_set_level(FCAST_CPU_BASELINE);
  omp_set_num_threads(1);
  fcast_tracks expected = simulate(options, type, 5);
  const int n_threads[] = {1, 2, 3, 7};
  const size_t n_teams = options->n_agents < 4096 ? 1 : 4; /* fewer agents are one thread's */
  for (int level = 0; level <= (int)fcast__cpu_highest(); level++) {
    fcast__cpu_set_level((fcast_cpu_level)level);
    for (size_t i = 0; i < n_teams; i++) {
      omp_set_num_threads(n_threads[i]);
      fcast_tracks found = simulate(options, type, 5);
      assert_same(&expected, &found);
      fcast_tracks_clear(&found);
    }
  }
  fcast_tracks_clear(&expected);
}

/* Whole runs, bit for bit: boxes of one, two and many cells, smaller than the radius or a step, crowded, nearly empty,
 * with every number of agents left over from eight. */
static void test_all_instructions_give_equal_bits(void **state) {
  (void)state;
  const run_case cases[] = {
      {1, 15.0, 15.0, 2.0, 0.1, 0.3},    {3, 0.3, 0.5, 2.0, 1.0, 0.3},     {17, 1.0, 1.7, 2.0, 0.9, 1.0},
      {40, 15.0, 15.0, 2.0, 0.1, 0.3},   {41, 4.0, 6.0, 2.0, 0.5, 40.0},   {62, 6.0, 4.1, 2.0, 1.0, 0.1},
      {95, 100.0, 2.5, 1.0, 0.5, 0.3},   {300, 2.0, 100.0, 1.0, 0.1, 0.3}, {404, 15.0, 15.0, 5.0, 2.5, 0.3},
      {229, 7.0, 7.0, 0.5, 0.25, 1e8},   {350, 9.0, 9.0, 4.4, 0.3, 0.0},   {5003, 15.0, 11.0, 0.3, 0.1, 0.3},
      {4101, 50.0, 50.0, 2.0, 1.0, 0.5}, {4096, 8.0, 8.0, 0.8, 0.4, 0.3},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int choice = 0; choice < 8; choice++) {
      fcast_simulate_options options = fcast_simulate_options_default();
      options.n_agents = cases[i].n_agents;
      options.box_x = cases[i].box_x;
      options.box_y = cases[i].box_y;
      options.radius = cases[i].radius;
      options.speed = cases[i].step / options.dt;
      options.eta = cases[i].eta;
      options.total_time = cases[i].n_agents < 4096 ? 2.0 : 0.3;
      options.boundary = choice & 1 ? FCAST_REFLECTING : FCAST_PERIODIC;
      options.noise_kind = choice & 2 ? FCAST_NOISE_UNIFORM : FCAST_NOISE_GAUSSIAN;
      options.rng = choice & 4 ? FCAST_RANDOM_PHILOX : FCAST_RANDOM_PCG64;
      compare_levels(&options, (fcast_ic_type)((i + (size_t)choice) % FCAST_IC_COUNT));
    }
  }
}

/* --- the obvious version, kept as the judge: all pairs, agent by agent, with the C library's functions --- */

static double nearest(double d, double length, fcast_boundary boundary) {
  return boundary == FCAST_PERIODIC ? d - length * nearbyint(d / length) : d;
}

static void step_obviously(const fcast_simulate_options *options, const double *noise, const double *x,
                           const double *heading, double *new_x, double *new_heading) {
  const size_t n = (size_t)options->n_agents;
  const double box[2] = {options->box_x, options->box_y};
  for (size_t i = 0; i < n; i++) {
    double sum[2] = {0.0, 0.0};
    for (size_t j = 0; j < n; j++) {
      const double dx = nearest(x[2 * i] - x[2 * j], box[0], options->boundary);
      const double dy = nearest(x[2 * i + 1] - x[2 * j + 1], box[1], options->boundary);
      if (sqrt(dx * dx + dy * dy) <= options->radius) {
        sum[0] += heading[2 * j];
        sum[1] += heading[2 * j + 1];
      }
    }
    const double angle = atan2(sum[1], sum[0]) + noise[i];
    const double turned[2] = {cos(angle), sin(angle)};
    for (size_t axis = 0; axis < 2; axis++) {
      const double moved = x[2 * i + axis] + options->dt * options->speed * turned[axis];
      const bool is_out = moved < 0.0 || moved > box[axis];
      if (options->boundary == FCAST_PERIODIC) {
        new_x[2 * i + axis] = moved - box[axis] * floor(moved / box[axis]);
        new_heading[2 * i + axis] = turned[axis];
      } else {
        new_x[2 * i + axis] = !is_out ? moved : (moved < 0.0 ? -moved : 2.0 * box[axis] - moved);
        new_heading[2 * i + axis] = is_out ? -turned[axis] : turned[axis];
      }
    }
  }
}

/* Each step of a run from the frame before it, so that nothing grows. Philox's noise of agent i in a step is number i
 * of that step's stream; PCG64's numbers are taken in the order of the agents. */
static void check_against_obvious_steps(const fcast_simulate_options *options, fcast_ic_type type) {
  enum { N = 200 };
  double noise[N];
  double x[2 * N];
  double heading[2 * N];
  double draw[2 * N];
  fcast_tracks tracks = simulate(options, type, 21);
  fcast_random random;
  fcast_random_init(&random, options->rng, 21);
  fcast_random_uniform(&random, FCAST_STREAM_POSITIONS, 0, 2 * N, draw); /* a uniform start takes 3 N numbers */
  fcast_random_uniform(&random, FCAST_STREAM_HEADINGS, 0, N, draw);
  for (size_t step = 1; step < tracks.n_frames; step++) {
    const size_t before = 2 * N * (step - 1);
    fcast_random_normal(&random, FCAST_STREAM_NOISE, step, N, noise);
    for (size_t i = 0; i < N; i++) {
      noise[i] *= options->eta / sqrt(12.0);
    }
    step_obviously(options, noise, tracks.positions + before, tracks.velocities + before, x, heading);
    for (size_t i = 0; i < 2 * N; i++) {
      const double length = i % 2 == 0 ? options->box_x : options->box_y;
      const double apart = nearest(tracks.positions[before + 2 * N + i] - x[i], length, options->boundary);
      check_close(apart, 0.0, 1e-13 * length, 0.0);
      check_close(tracks.velocities[before + 2 * N + i], options->speed * heading[i], 1e-12, 0.0);
    }
  }
  fcast_tracks_clear(&tracks);
}

static void test_runs_are_the_obvious_ones(void **state) {
  (void)state;
  const double radii[] = {0.4, 2.0, 5.0, 30.0};
  for (size_t r = 0; r < sizeof radii / sizeof radii[0]; r++) {
    for (int choice = 0; choice < 4; choice++) {
      fcast_simulate_options options = fcast_simulate_options_default();
      options.n_agents = 200;
      options.radius = radii[r];
      options.box_y = 11.0;
      options.boundary = choice & 1 ? FCAST_REFLECTING : FCAST_PERIODIC;
      options.rng = choice & 2 ? FCAST_RANDOM_PHILOX : FCAST_RANDOM_PCG64;
      check_against_obvious_steps(&options, FCAST_IC_UNIFORM);
    }
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

/* Mean and standard deviation of one coordinate of agents [first, last) at the start. */
static void moments_of(const fcast_tracks *tracks, size_t axis, size_t first, size_t last, double *mean,
                       double *spread) {
  double sum = 0.0;
  double squares = 0.0;
  for (size_t i = first; i < last; i++) {
    sum += tracks->positions[2 * i + axis];
    squares += pow(tracks->positions[2 * i + axis], 2);
  }
  *mean = sum / (double)(last - first);
  *spread = sqrt(squares / (double)(last - first) - *mean * *mean);
}

/* Bounds at five standard errors and more. */
static void test_initial_conditions_go_where_they_are_put(void **state) {
  (void)state;
  double mean = 0.0;
  double spread = 0.0;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = 4000;
  options.total_time = 0.0;
  options.box_x = options.box_y = 100.0;
  options.initial.centre_x = 40.0;
  options.initial.centre_y = 70.0;
  options.initial.spread = 2.0;
  fcast_tracks tracks = simulate(&options, FCAST_IC_GAUSSIAN_CLUSTER, 1);
  for (size_t axis = 0; axis < 2; axis++) {
    moments_of(&tracks, axis, 0, 4000, &mean, &spread);
    check_close(mean, axis == 0 ? 40.0 : 70.0, 0.2, 0.0);
    check_close(spread, 2.0, 0.15, 0.0);
  }
  fcast_tracks_clear(&tracks);
  options.initial.n_clusters = 3.0;
  options.initial.separation = 15.0;
  tracks = simulate(&options, FCAST_IC_TWO_CLUSTERS, 1);
  for (size_t i = 0; i < 3; i++) {
    moments_of(&tracks, 0, i * 4000 / 3, (i + 1) * 4000 / 3, &mean, &spread);
    check_close(mean, 25.0 + 15.0 * (double)i, 0.4, 0.0);
    check_close(spread, 2.0, 0.3, 0.0);
  }
  fcast_tracks_clear(&tracks);
  options.initial.ring_radius = 10.0;
  options.initial.ring_width = 0.5;
  tracks = simulate(&options, FCAST_IC_RING, 1);
  double squares = 0.0;
  for (size_t i = 0; i < 4000; i++) {
    const double r = hypot(tracks.positions[2 * i] - 40.0, tracks.positions[2 * i + 1] - 70.0);
    squares += (r - 10.0) * (r - 10.0) / 4000.0;
  }
  check_close(sqrt(squares), 0.5, 0.05, 0.0);
  fcast_tracks_clear(&tracks);
  fcast_error err;
  options.initial.n_clusters = 2.5;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "initial.n_clusters"));
  options.initial.n_clusters = 4001.0;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "initial.n_clusters: found 4001, expected an integer from 1 to sim.N, 4000"));
  options.initial.n_clusters = NAN;
  options.initial.centre_y = -3.0;
  check_ok(fcast_simulate_options_check(&options, &err), &err);
  options.boundary = FCAST_REFLECTING;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "initial.centre_y: found -3, expected 0 to 100, between the walls"));
  options.initial.centre_y = 100.0;
  options.initial.ring_width = -1.0;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "initial.ring_width"));
}

/* The types' own numbers, said aloud, are the types themselves, bit for bit. */
static void test_initial_conditions_by_default(void **state) {
  (void)state;
  for (int type = 0; type < FCAST_IC_COUNT; type++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.box_y = 11.0;
    fcast_tracks silent = simulate(&options, (fcast_ic_type)type, 1);
    options.initial = (fcast_initial_options){.centre_x = 7.5,
                                              .centre_y = 5.5,
                                              .spread = type == FCAST_IC_TWO_CLUSTERS ? 11.0 / 8.0 : 11.0 / 6.0,
                                              .ring_radius = 11.0 / 4.0,
                                              .ring_width = 11.0 / 4.0 / 10.0,
                                              .n_clusters = 2.0,
                                              .separation = 5.0};
    fcast_tracks said = simulate(&options, (fcast_ic_type)type, 1);
    assert_same(&silent, &said);
    fcast_tracks_clear(&silent);
    fcast_tracks_clear(&said);
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
      cmocka_unit_test(test_all_instructions_give_equal_bits),
      cmocka_unit_test(test_runs_are_the_obvious_ones),
      cmocka_unit_test(test_save_every_only_thins_out),
      cmocka_unit_test(test_initial_condition_types_are_applied),
      cmocka_unit_test(test_initial_conditions_go_where_they_are_put),
      cmocka_unit_test(test_initial_conditions_by_default),
      cmocka_unit_test(test_wrong_options_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
