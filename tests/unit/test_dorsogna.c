/* SPDX-License-Identifier: MIT
 *
 * The D'Orsogna model: what is known exactly, the order of the method, and the patterns it is known for.
 */
#include "check.h"

#include "base/cpu.h"
#include "flockcast/evaluate.h"
#include "flockcast/simulate.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static fcast_simulate_options dorsogna(int64_t n_agents, double box, double dt, double total_time) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.model = FCAST_MODEL_DORSOGNA;
  options.n_agents = n_agents;
  options.box_x = options.box_y = box;
  options.dt = dt;
  options.total_time = total_time;
  options.forces = (fcast_force_options){.enabled = true,
                                         .repulsion_strength = 1.0,
                                         .attraction_strength = 0.5,
                                         .repulsion_length = 0.5,
                                         .attraction_length = 3.0,
                                         .cutoff_factor = 4.0};
  return options;
}

static fcast_tracks simulate(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_simulate(options, type, seed, &tracks, &err), &err);
  return tracks;
}

/* s' = (alpha - beta s^2) s: s^2 = (alpha/beta) / (1 + (alpha/beta/s0^2 - 1) e^{-2 alpha t}). */
static double error_of_the_speed(double dt) {
  fcast_simulate_options options = dorsogna(1, 100.0, dt, 2.0);
  options.speed = 0.3;
  fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 1);
  const double *const last = tracks.velocities + 2 * (tracks.n_frames - 1);
  const double final = 1.6 / 0.5;
  const double expected = sqrt(final / (1.0 + (final / 0.09 - 1.0) * exp(-2.0 * 1.6 * 2.0)));
  const double error = fabs(hypot(last[0], last[1]) - expected);
  fcast_tracks_clear(&tracks);
  return error;
}

static void test_a_lone_agent_takes_up_its_speed(void **state) {
  (void)state;
  const double coarse = error_of_the_speed(0.1);
  const double fine = error_of_the_speed(0.05);
  print_message("error of the speed: %.2e, %.2e\n", coarse, fine);
  assert_true(coarse < 1e-5);
  check_close(coarse / fine, 16.0, 4.0, 0.0); /* order four */
}

static double energy(const fcast_simulate_options *options, const fcast_tracks *tracks, size_t frame) {
  const size_t n = tracks->n_agents;
  const double *const x = tracks->positions + 2 * n * frame;
  const double *const v = tracks->velocities + 2 * n * frame;
  const fcast_force_options *const law = &options->forces;
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += 0.5 * (v[2 * i] * v[2 * i] + v[2 * i + 1] * v[2 * i + 1]);
    for (size_t j = 0; j < i; j++) {
      const double r =
          hypot(remainder(x[2 * i] - x[2 * j], options->box_x), remainder(x[2 * i + 1] - x[2 * j + 1], options->box_y));
      sum += law->repulsion_strength * exp(-r / law->repulsion_length) -
             law->attraction_strength * exp(-r / law->attraction_length);
    }
  }
  return sum;
}

static double drift_of_the_energy(double dt) {
  fcast_simulate_options options = dorsogna(30, 200.0, dt, 4.0);
  options.propulsion = options.friction = 0.0;
  options.speed = 0.3;
  options.forces.repulsion_length = 1.0;
  options.forces.cutoff_factor = 100.0; /* no pair comes or goes */
  fcast_error err;
  fcast_tracks start;
  uint64_t random = 2;
  check_ok(fcast_tracks_alloc(fcast_simulate_n_frames(&options), 30, &start, &err), &err);
  for (size_t k = 0; k < 60; k++) { /* a cloud in the middle, far from its images */
    start.positions[k] = 100.0 + 3.0 * test_uniform(&random);
    start.velocities[k] = 0.5 * test_uniform(&random);
  }
  fcast_tracks run;
  check_ok(fcast_resimulate(&options, &start, 0, 1, 0, &run, &err), &err);
  const size_t last = 60 * (run.n_frames - 1);
  for (size_t axis = 0; axis < 2; axis++) { /* momentum stays, to rounding */
    double change = 0.0;
    for (size_t i = 0; i < 30; i++) {
      change += run.velocities[last + 2 * i + axis] - run.velocities[2 * i + axis];
    }
    check_close(change, 0.0, 1e-11, 0.0);
  }
  const double drift = fabs(energy(&options, &run, run.n_frames - 1) - energy(&options, &run, 0));
  fcast_tracks_clear(&run);
  fcast_tracks_clear(&start);
  return drift;
}

/* Without propulsion and friction energy and momentum are conserved. */
static void test_energy_and_momentum_without_propulsion(void **state) {
  (void)state;
  const double coarse = drift_of_the_energy(0.02);
  const double fine = drift_of_the_energy(0.01);
  print_message("drift of the energy: %.2e, %.2e\n", coarse, fine);
  assert_true(fine < 1e-6);
  assert_true(coarse / fine > 10.0); /* 16 to 32 */
}

/* --- patterns (D'Orsogna et al. 2006; Chuang et al. 2007, Physica D 232, 33; Carrillo, D'Orsogna and Panferov 2009)
 * --- */

typedef struct pattern {
  double polarization;
  double rotation; /* |sum r x v| / sum |r| |v|: all one way round */
  double rotating; /* sum |r x v| / sum |r| |v|: either way */
  double to_left;  /* share of agents that go round to the left */
  double spread;   /* root of the mean square distance from the centre */
  double mean_speed;
} pattern;

static pattern recognise(const fcast_simulate_options *options, const fcast_tracks *tracks) {
  fcast_error err;
  fcast_order_params order;
  const size_t n = tracks->n_agents;
  const double *const x = tracks->positions + 2 * n * (tracks->n_frames - 1);
  const double *const v = tracks->velocities + 2 * n * (tracks->n_frames - 1);
  const double two_pi = 6.283185307179586;
  check_ok(fcast_order_params_compute(tracks, options->box_x, options->box_y, options->boundary, &order, &err), &err);
  double centre[2];
  for (size_t axis = 0; axis < 2; axis++) {
    double c = 0.0;
    double s = 0.0;
    for (size_t i = 0; i < n; i++) {
      c += cos(two_pi * x[2 * i + axis] / options->box_x);
      s += sin(two_pi * x[2 * i + axis] / options->box_x);
    }
    centre[axis] = atan2(s, c) / two_pi * options->box_x;
  }
  pattern found = {.polarization = order.polarization[order.n_frames - 1],
                   .rotation = order.angular_momentum[order.n_frames - 1],
                   .mean_speed = order.mean_speed[order.n_frames - 1]};
  double product = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double r[2] = {remainder(x[2 * i] - centre[0], options->box_x),
                         remainder(x[2 * i + 1] - centre[1], options->box_y)};
    const double moment = r[0] * v[2 * i + 1] - r[1] * v[2 * i];
    found.rotating += fabs(moment);
    found.to_left += moment > 0.0 ? 1.0 / (double)n : 0.0;
    found.spread += (r[0] * r[0] + r[1] * r[1]) / (double)n;
    product += hypot(r[0], r[1]) * hypot(v[2 * i], v[2 * i + 1]);
  }
  found.rotating /= product;
  found.spread = sqrt(found.spread);
  fcast_order_params_clear(&order);
  return found;
}

static pattern run_pattern(const fcast_simulate_options *options) {
  fcast_tracks tracks = simulate(options, FCAST_IC_GAUSSIAN_CLUSTER, 1);
  const pattern found = recognise(options, &tracks);
  print_message("polarization %.3f, rotation %.3f of %.3f, to the left %.2f, spread %.2f, speed %.3f\n",
                found.polarization, found.rotation, found.rotating, found.to_left, found.spread, found.mean_speed);
  fcast_tracks_clear(&tracks);
  return found;
}

/* Attraction wider and weaker than repulsion: a ring that turns, its speed the one that propulsion and friction want.
 */
static void test_mill(void **state) {
  (void)state;
  fcast_simulate_options options = dorsogna(100, 20.0, 0.05, 150.0);
  options.propulsion = 1.0;
  options.save_every = 100;
  const pattern found = run_pattern(&options);
  assert_true(found.rotation > 0.9 && found.polarization < 0.1 && found.spread < 3.0);
  check_close(found.mean_speed, sqrt(1.0 / 0.5), 0.0, 0.03);
}

/* Softer cores let agents pass through each other: two mills in one place, one each way. */
static void test_double_mill(void **state) {
  (void)state;
  fcast_simulate_options options = dorsogna(100, 20.0, 0.05, 150.0);
  options.save_every = 100;
  options.forces.repulsion_strength = 0.5;
  options.forces.repulsion_length = 1.0;
  const pattern found = run_pattern(&options);
  assert_true(found.rotating > 0.9 && found.rotation < 0.4 && found.polarization < 0.1 && found.spread < 3.0);
  check_close(found.to_left, 0.5, 0.25, 0.0);
}

/* Where repulsion wins (C l^2 > 1, "H-stable") and agents are fast, nothing holds them: they fill the box. Uniform
 * would be a spread of L / sqrt(6); they start with L / 6 * sqrt(2). */
static void test_dispersal(void **state) {
  (void)state;
  fcast_simulate_options options = dorsogna(100, 20.0, 0.05, 100.0);
  options.save_every = 100;
  options.forces.repulsion_strength = 2.0;
  options.forces.repulsion_length = 1.5;
  options.forces.attraction_length = 1.0;
  const pattern found = run_pattern(&options);
  assert_true(found.rotation < 0.3 && found.polarization < 0.5 && found.spread > 7.0);
  check_close(found.mean_speed, sqrt(1.6 / 0.5), 0.0, 0.1);
}

/* Agents that set out in about one direction become a flock: one velocity, its speed sqrt(alpha/beta), a fixed shape.
 */
static void test_flock(void **state) {
  (void)state;
  fcast_simulate_options options = dorsogna(60, 30.0, 0.05, 100.0);
  fcast_error err;
  fcast_tracks start;
  fcast_tracks run;
  uint64_t random = 4;
  options.propulsion = 1.0;
  options.save_every = 200;
  check_ok(fcast_tracks_alloc(fcast_simulate_n_frames(&options), 60, &start, &err), &err);
  for (size_t i = 0; i < 60; i++) {
    const double angle = 0.5 * test_uniform(&random);
    start.positions[2 * i] = 15.0 + 2.0 * test_uniform(&random);
    start.positions[2 * i + 1] = 15.0 + 2.0 * test_uniform(&random);
    start.velocities[2 * i] = cos(angle);
    start.velocities[2 * i + 1] = sin(angle);
  }
  check_ok(fcast_resimulate(&options, &start, 0, 1, 0, &run, &err), &err);
  const pattern found = recognise(&options, &run);
  check_close(found.polarization, 1.0, 1e-6, 0.0);
  check_close(found.mean_speed, sqrt(2.0), 1e-6, 0.0);
  assert_true(found.spread < 3.0);
  const double *const now = run.positions + 2 * 60 * (run.n_frames - 1);
  const double *const before = now - 2 * 60;
  for (size_t k = 2; k < 2 * 60; k++) {
    const double moved = remainder((now[k] - now[k % 2]) - (before[k] - before[k % 2]), 30.0);
    check_close(moved, 0.0, 0.01, 0.0); /* while all went 14 length units */
  }
  fcast_tracks_clear(&run);
  fcast_tracks_clear(&start);
}

/* --- the rest --- */

static void test_walls_keep_energy(void **state) {
  (void)state;
  fcast_simulate_options options = dorsogna(1, 3.0, 0.1, 50.0);
  options.boundary = FCAST_REFLECTING;
  options.propulsion = options.friction = 0.0;
  fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 3);
  for (size_t frame = 0; frame < tracks.n_frames; frame++) {
    for (size_t axis = 0; axis < 2; axis++) {
      const double free_path = tracks.positions[axis] + (double)frame * options.dt * tracks.velocities[axis];
      check_close(tracks.positions[2 * frame + axis], fabs(remainder(free_path, 6.0)), 1e-10, 0.0);
      check_close(fabs(tracks.velocities[2 * frame + axis]), fabs(tracks.velocities[axis]), 1e-12, 0.0);
    }
  }
  fcast_tracks_clear(&tracks);
}

static void test_results_depend_on_nothing_else(void **state) {
  (void)state;
  for (int boundary = FCAST_PERIODIC; boundary <= FCAST_REFLECTING; boundary++) {
    fcast_simulate_options options = dorsogna(4100, 60.0, 0.05, 0.2);
    options.boundary = (fcast_boundary)boundary;
    options.forces.attraction_length = 1.0;
    fcast__cpu_set_level(FCAST_CPU_BASELINE);
    omp_set_num_threads(1);
    fcast_tracks expected = simulate(&options, FCAST_IC_UNIFORM, 5);
    for (int level = 0; level <= (int)fcast__cpu_highest(); level++) {
      fcast__cpu_set_level((fcast_cpu_level)level);
      omp_set_num_threads(2 + level);
      fcast_tracks found = simulate(&options, FCAST_IC_UNIFORM, 5);
      const size_t n_bytes = 2 * found.n_frames * found.n_agents * sizeof(double);
      assert_memory_equal(found.positions, expected.positions, n_bytes);
      assert_memory_equal(found.velocities, expected.velocities, n_bytes);
      fcast_tracks_clear(&found);
    }
    fcast_tracks_clear(&expected);
  }
}

/* There is no noise: a run goes on from its frames as it did. */
static void test_runs_go_on_from_their_frames(void **state) {
  (void)state;
  fcast_error err;
  const fcast_simulate_options options = dorsogna(40, 20.0, 0.05, 2.0);
  fcast_tracks tracks = simulate(&options, FCAST_IC_RING, 6);
  fcast_tracks again;
  check_ok(fcast_resimulate(&options, &tracks, 20, 9, 3, &again, &err), &err);
  for (size_t k = 0; k < 2 * again.n_frames * again.n_agents; k++) {
    check_close(again.velocities[k], tracks.velocities[20 * 2 * tracks.n_agents + k], 1e-9, 0.0);
  }
  fcast_tracks_clear(&again);
  fcast_tracks_clear(&tracks);
}

static void test_it_needs_forces(void **state) {
  (void)state;
  fcast_error err;
  fcast_simulate_options options = dorsogna(40, 20.0, 0.05, 2.0);
  options.speed = 1e3; /* nobody aligns, so a step may be longer than R / 2 */
  check_ok(fcast_simulate_options_check(&options, &err), &err);
  options.forces.enabled = false;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "forces.enabled: found false with model.type dorsogna"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_lone_agent_takes_up_its_speed),
      cmocka_unit_test(test_energy_and_momentum_without_propulsion),
      cmocka_unit_test(test_mill),
      cmocka_unit_test(test_double_mill),
      cmocka_unit_test(test_dispersal),
      cmocka_unit_test(test_flock),
      cmocka_unit_test(test_walls_keep_energy),
      cmocka_unit_test(test_results_depend_on_nothing_else),
      cmocka_unit_test(test_runs_go_on_from_their_frames),
      cmocka_unit_test(test_it_needs_forces),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
