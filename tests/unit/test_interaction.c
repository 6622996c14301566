/* SPDX-License-Identifier: MIT
 *
 * What is learned of simulated flocks against what they were simulated with.
 */
#include "field.h"

#include <math.h>
#include <string.h>

enum { N_RUNS = 8, N_CELLS = 24 };

/* --- alignment, speed and noise --- */

/* A flock: what is not here is as by default. */
typedef struct flock {
  double radius, speed, eta;
  int64_t n_agents;
  double box_x, box_y;
  fcast_boundary boundary;
  fcast_noise_kind noise;
} flock;

static fcast_simulate_options options_of(const flock *of) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.radius = of->radius;
  options.speed = of->speed;
  options.eta = of->eta;
  options.n_agents = of->n_agents;
  options.box_x = of->box_x;
  options.box_y = of->box_y;
  options.boundary = of->boundary;
  options.noise_kind = of->noise;
  return options;
}

static fcast_field_model learn(const fcast_simulate_options *options, size_t n_runs) {
  return field_learn(options, N_CELLS, n_runs, 1000);
}

/* 1 to the edge, but for the shell that it lies in, and 0 behind. */
static void check_disk(const fcast_radial *kernel, double edge) {
  double inside = 0.0;
  size_t n_inside = 0;
  for (size_t k = 0; k < kernel->n_shells; k++) {
    if ((double)(k + 1) * kernel->width <= edge) {
      inside += kernel->value[k];
      n_inside++;
    }
    assert_true((double)k * kernel->width < 1.1 * edge || fabs(kernel->value[k]) < 0.3);
  }
  check_close(inside / (double)n_inside, 1.0, 0.1, 0.0);
}

/* The mean cosine of the noise: of normal angles of variance eta^2/12, and of uniform ones to eta/2 either way. */
static double order_of(const flock *of) {
  return of->noise == FCAST_NOISE_GAUSSIAN ? exp(-of->eta * of->eta / 24.0) : sin(of->eta / 2.0) / (of->eta / 2.0);
}

/* Nobody within reach of anybody: the law is each agent's own heading. */
static void loners_tell_of_no_neighbour(void **state) {
  (void)state;
  const flock loners = {0.02, 0.05, 0.5, 40, 150.0, 150.0, FCAST_PERIODIC, FCAST_NOISE_GAUSSIAN};
  const fcast_simulate_options options = options_of(&loners);
  fcast_field_model model = learn(&options, N_RUNS);
  assert_false(fcast_field_has_neighbours(&model));
  field_check_estimate(&model.speed, loners.speed, 1e-6);
  field_check_estimate(&model.order, order_of(&loners), 0.01);
  fcast_field_model_clear(&model);
}

static void flocks_give_back_their_law(void **state) {
  (void)state;
  const flock flocks[] = {
      {2.0, 1.0, 0.3, 40, 15.0, 15.0, FCAST_PERIODIC, FCAST_NOISE_GAUSSIAN},
      {1.2, 0.5, 0.8, 70, 9.0, 12.0, FCAST_REFLECTING, FCAST_NOISE_GAUSSIAN},
      {1.5, 2.0, 0.1, 50, 15.0, 15.0, FCAST_PERIODIC, FCAST_NOISE_GAUSSIAN},
      {3.0, 1.0, 1.5, 40, 20.0, 16.0, FCAST_PERIODIC, FCAST_NOISE_GAUSSIAN},
      {2.0, 1.0, 1.0, 30, 12.0, 12.0, FCAST_PERIODIC, FCAST_NOISE_UNIFORM},
  };
  for (size_t i = 0; i < sizeof flocks / sizeof flocks[0]; i++) {
    const fcast_simulate_options options = options_of(&flocks[i]);
    fcast_field_model model = learn(&options, N_RUNS);
    field_check_estimate(&model.edge, flocks[i].radius, 0.05);
    field_check_estimate(&model.speed, flocks[i].speed, 1e-6);
    field_check_estimate(&model.order, order_of(&flocks[i]), 0.01);
    check_disk(&model.alignment, flocks[i].radius);
    assert_true(fcast_field_has_neighbours(&model));
    check_close(model.interval, options.dt, 0.0, 1e-12);
    assert_int_equal(model.force_kind, FCAST_FIELD_NO_FORCE);
    assert_int_equal(model.n_runs, N_RUNS);
    assert_true(model.n_transitions > 0 && model.n_transitions <= N_RUNS * 20 * (size_t)options.n_agents);
    fcast_field_model_clear(&model);
  }
}

/* Forces that are switched on but do nothing to a flock of constant speed are not found. */
static void idle_forces_are_not_found(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.forces.enabled = true;
  options.speed_mode = FCAST_SPEED_CONSTANT;
  fcast_field_model model = learn(&options, N_RUNS);
  assert_int_equal(model.force_kind, FCAST_FIELD_NO_FORCE);
  assert_int_equal(model.force.n_shells, 0);
  fcast_field_model_clear(&model);
}

/* One run has no other to hold against: a model, but no intervals, and no way to say which shells do not matter. */
static void one_run_has_no_intervals(void **state) {
  (void)state;
  const fcast_simulate_options options = fcast_simulate_options_default();
  fcast_field_model model = learn(&options, 1);
  check_close(model.speed.value, 1.0, 0.0, 1e-9);
  check_close(model.order.value, exp(-0.09 / 24.0), 0.0, 0.01);
  assert_true(isnan(model.edge.lo) && isnan(model.edge.hi) && isnan(model.speed.lo) && isnan(model.order.hi));
  fcast_field_model_clear(&model);
}

/* --- errors --- */

enum { N_KNOWN = 4 };

static void expect_refusal(field_runs *runs, const fcast_density_options *density, fcast_status expected,
                           const char *reason) {
  fcast_error err;
  fcast_field_model model;
  const fcast_tracks_source source = field_runs_source(runs);
  assert_int_equal(fcast_field_learn(&source, density, &model, &err), expected);
  if (strstr(err.text, reason) == NULL) {
    print_error("%s\n", err.text);
    fail();
  }
  assert_null(model.alignment.value);
  assert_null(model.force.value);
}

static void tracks_that_say_nothing_are_refused(void **state) {
  (void)state;
  fcast_error err;
  double mean[N_CELLS * N_CELLS] = {0.0};
  fcast_simulate_options options = fcast_simulate_options_default();
  options.total_time = 0.5;
  const fcast_density_options density = field_density_of(&options, N_CELLS);
  field_runs runs = field_runs_simulate(&options, 3, 1);
  fcast_field_model model = field_model_make(&density, 1, 0.5, 2.0);
  const fcast_tracks_source source = field_runs_source(&runs);
  assert_int_equal(fcast_field_choose_state(&source, 6, mean, &model, &err), FCAST_E_SHAPE); /* nothing to forecast */
  assert_int_equal(fcast_field_measure_errors(&source, 6, mean, &model, &err), FCAST_E_SHAPE);
  model.speed.value = 1e6;
  assert_int_equal(fcast_field_choose_state(&source, N_KNOWN, mean, &model, &err), FCAST_E_NUMERIC);
  assert_non_null(strstr(err.text, "unphysical"));
  assert_int_equal(fcast_field_measure_errors(&source, N_KNOWN, mean, &model, &err), FCAST_E_NUMERIC);
  assert_int_equal(model.errors.n_leads, 0);
  fcast_field_model_clear(&model);
  runs.tracks[1].times[3] += 0.01;
  expect_refusal(&runs, &density, FCAST_E_SHAPE, "frames 2 and 3 are");
  runs.tracks[1].times[3] -= 0.01;
  for (size_t i = 0; i < runs.tracks[2].n_frames; i++) {
    runs.tracks[2].times[i] *= 2.0;
  }
  expect_refusal(&runs, &density, FCAST_E_SHAPE, "apart, expected 0.1 as in the first");
  for (size_t i = 0; i < 3; i++) {
    runs.tracks[i].n_frames = 1;
  }
  expect_refusal(&runs, &density, FCAST_E_SHAPE, "found a run of 1 frames, expected at least 2");
  field_runs_clear(&runs);
}

static void flocks_that_stand_still_are_refused(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.total_time = 0.5;
  const fcast_density_options density = field_density_of(&options, N_CELLS);
  field_runs runs = field_runs_simulate(&options, 3, 1);
  for (size_t run = 0; run < 3; run++) {
    fcast_tracks *tracks = &runs.tracks[run];
    for (size_t i = 0; i < 2 * tracks->n_frames * tracks->n_agents; i++) {
      tracks->positions[i] = tracks->positions[i % (2 * tracks->n_agents)];
    }
  }
  expect_refusal(&runs, &density, FCAST_E_NUMERIC, "no agent moves");
  for (size_t run = 0; run < 3; run++) {
    runs.tracks[run].n_agents = 0;
  }
  expect_refusal(&runs, &density, FCAST_E_NUMERIC, "no agent moves");
  field_runs_clear(&runs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flocks_give_back_their_law),          cmocka_unit_test(loners_tell_of_no_neighbour),
      cmocka_unit_test(idle_forces_are_not_found),           cmocka_unit_test(one_run_has_no_intervals),
      cmocka_unit_test(tracks_that_say_nothing_are_refused), cmocka_unit_test(flocks_that_stand_still_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
