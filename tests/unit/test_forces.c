/* SPDX-License-Identifier: MIT
 *
 * Morse forces against all pairs, with every set of vector instructions this machine has, and runs under them.
 */
#include "check.h"

#include "base/cpu.h"
#include "simulate/vicsek_kernels.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* --- the obvious version, kept as the judge: every pair, minimum image, r <= rcut_factor * max(lr, la) --- */

static void displacement(const fcast_simulate_options *options, const double *a, const double *b, double d[2]) {
  const double box[2] = {options->box_x, options->box_y};
  for (size_t axis = 0; axis < 2; axis++) {
    d[axis] = a[axis] - b[axis];
    if (options->boundary == FCAST_PERIODIC) {
      d[axis] -= box[axis] * nearbyint(d[axis] / box[axis]);
    }
  }
}

static double cutoff(const fcast_simulate_options *options) {
  return options->forces.cutoff_factor * fmax(options->forces.repulsion_length, options->forces.attraction_length);
}

/* Forces [2 n] at positions [2 n]; the sum of the magnitudes, which says how exact a sum can be, into scale. */
static void sum_obviously(const fcast_simulate_options *options, const double *x, double *force, double *scale) {
  const size_t n = (size_t)options->n_agents;
  const fcast_force_options *const law = &options->forces;
  for (size_t i = 0; i < n; i++) {
    force[2 * i] = force[2 * i + 1] = scale[i] = 0.0;
    for (size_t j = 0; j < n; j++) {
      double d[2];
      displacement(options, x + 2 * i, x + 2 * j, d);
      const double distance = sqrt(d[0] * d[0] + d[1] * d[1]);
      const double r = fmax(distance, 1e-6);
      if (j != i && distance <= cutoff(options)) {
        const double repulsion = law->repulsion_strength / law->repulsion_length * exp(-r / law->repulsion_length);
        const double attraction = law->attraction_strength / law->attraction_length * exp(-r / law->attraction_length);
        force[2 * i] += (repulsion - attraction) * d[0] / r;
        force[2 * i + 1] += (repulsion - attraction) * d[1] / r;
        scale[i] += repulsion + attraction;
      }
    }
  }
}

/* Those of the kernels of the level in force, by agent. */
static void sum_fast(const fcast_simulate_options *options, const double *x, double *force) {
  const size_t n = (size_t)options->n_agents;
  const fcast_vicsek_kernels *const kernels = fcast__vicsek_kernels();
  fcast_error err;
  fcast_state agents;
  fcast_cells cells;
  fcast_force sums;
  check_ok(fcast__state_alloc(options, &agents, &err), &err);
  check_ok(fcast__cells_alloc(options, &cells, &err), &err);
  check_ok(fcast__force_alloc(options, &cells.grid, &sums, &err), &err);
  for (size_t i = 0; i < n; i++) {
    agents.x[i] = x[2 * i];
    agents.y[i] = x[2 * i + 1];
  }
  kernels->locate(&cells.grid, n, &agents);
  fcast__cells_sort(&agents, &cells);
  memcpy(cells.start, cells.next_start, ((size_t)cells.grid.n_x * cells.grid.n_y + 1) * sizeof *cells.start);
  for (size_t band = sums.n_bands; band-- > 0;) { /* in any order */
    kernels->sum_forces(&cells, &sums, band);
  }
  for (size_t place = 0; place < n; place++) {
    force[2 * cells.agent[place]] = sums.x[place] + sums.x_before[place];
    force[2 * cells.agent[place] + 1] = sums.y[place] + sums.y_before[place];
  }
  fcast__force_clear(&sums);
  fcast__cells_clear(&cells);
  fcast__state_clear(&agents);
}

/* Equal bits on all levels, all pairs to rounding, and no net force: the forces of a pair are opposites. */
static void compare_with_all_pairs(const fcast_simulate_options *options, const double *x) {
  const size_t n = (size_t)options->n_agents;
  double *const expected = fcast_alloc_array(7 * n, sizeof *expected);
  assert_non_null(expected);
  double *const scale = expected + 2 * n;
  double *const found = scale + n;
  double *const other = found + 2 * n;
  sum_obviously(options, x, expected, scale);
  fcast__cpu_set_level(FCAST_CPU_BASELINE);
  sum_fast(options, x, found);
  double net[2] = {0.0, 0.0};
  double total_scale = 0.0;
  for (size_t i = 0; i < 2 * n; i++) {
    check_close(found[i], expected[i], 1e-13 * scale[i / 2], 0.0);
    net[i % 2] += found[i];
    total_scale += scale[i / 2];
  }
  check_close(hypot(net[0], net[1]), 0.0, 1e-14 * total_scale, 0.0);
  for (int level = 1; level <= (int)fcast__cpu_highest(); level++) {
    fcast__cpu_set_level((fcast_cpu_level)level);
    sum_fast(options, x, other);
    assert_memory_equal(other, found, 2 * n * sizeof *found);
  }
  fcast_free(expected);
}

static fcast_simulate_options random_options(int trial, uint64_t *random) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.forces.enabled = true;
  options.speed_mode = trial % 3 == 0 ? FCAST_SPEED_VARIABLE : FCAST_SPEED_CONSTANT_WITH_FORCES;
  options.boundary = trial % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING;
  const double most = trial % 50 == 0 ? 2900.0 : (trial % 5 == 0 ? 900.0 : 90.0); /* more pairs than go at once */
  options.n_agents = 1 + (int64_t)(most * fabs(test_uniform(random)));
  options.box_x = 15.0 * pow(10.0, test_uniform(random));
  options.box_y = options.box_x * pow(4.0, test_uniform(random));
  options.radius = 2.0 * pow(10.0, test_uniform(random));
  options.forces.repulsion_length = options.box_x * pow(10.0, -1.5 + 1.5 * test_uniform(random));
  options.forces.attraction_length = options.forces.repulsion_length * pow(5.0, test_uniform(random));
  if (trial % 4 == 1) { /* one length a multiple of the other, either way */
    const double multiple = 1.0 + trial / 8 % 9;
    options.forces.attraction_length = options.forces.repulsion_length * (trial % 8 == 1 ? multiple : 1.0 / multiple);
  }
  options.forces.cutoff_factor = 5.0 * pow(5.0, test_uniform(random));
  return options;
}

static void test_random_boxes_and_cutoffs(void **state) {
  (void)state;
  enum { MOST = 3000 };
  static double x[2 * MOST];
  uint64_t random = 1;
  for (int trial = 0; trial < 500; trial++) {
    const fcast_simulate_options options = random_options(trial, &random);
    const double spread = trial % 4 == 3 ? 0.1 : 1.0; /* crowds, also across the sides */
    for (size_t i = 0; i < (size_t)options.n_agents; i++) {
      const double at[2] = {spread * test_uniform(&random), spread * test_uniform(&random)};
      const bool is_periodic = options.boundary == FCAST_PERIODIC;
      x[2 * i] = is_periodic ? fcast__wrap(options.box_x * at[0], options.box_x) : options.box_x * fabs(at[0]);
      x[2 * i + 1] = is_periodic ? fcast__wrap(options.box_y * at[1], options.box_y) : options.box_y * fabs(at[1]);
    }
    compare_with_all_pairs(&options, x);
  }
}

/* Crowds on both sides of a seam: what goes at once may be full when the candidates are the own group, or begin to be.
 */
static void test_crowds_at_a_seam(void **state) {
  (void)state;
  enum { FEWEST = 236, MOST = 276, BESIDE = 40 };
  static double x[2 * (MOST + BESIDE)];
  uint64_t random = 2;
  for (size_t n_left = FEWEST; n_left <= MOST; n_left++) {
    for (size_t n_right = 5; n_right <= BESIDE; n_right += 7) {
      fcast_simulate_options options = fcast_simulate_options_default();
      options.forces.enabled = true;
      options.speed_mode = FCAST_SPEED_VARIABLE;
      options.radius = 1.0;
      options.n_agents = (int64_t)(n_left + n_right);
      options.forces.repulsion_length = options.forces.attraction_length = 0.5;
      options.forces.cutoff_factor = 3.0;
      for (size_t i = 0; i < n_left + n_right; i++) {
        const double beyond = fabs(test_uniform(&random));
        x[2 * i] = i < n_left ? 14.5 + 0.5 * beyond : 0.3 * beyond;
        x[2 * i + 1] = 0.3 * fabs(test_uniform(&random));
      }
      compare_with_all_pairs(&options, x);
    }
  }
}

/* Lattices whose spacing is the cut-off or a part of it, pairs at the very distance; every third agent on top of the
 * one before, which neither feels. */
static void test_pairs_at_the_cutoff_and_on_one_spot(void **state) {
  (void)state;
  static double x[2 * 144];
  for (size_t n_side = 1; n_side <= 12; n_side++) {
    for (int choice = 0; choice < 8; choice++) {
      fcast_simulate_options options = fcast_simulate_options_default();
      options.forces.enabled = true;
      options.speed_mode = FCAST_SPEED_CONSTANT_WITH_FORCES;
      options.boundary = choice & 1 ? FCAST_REFLECTING : FCAST_PERIODIC;
      options.n_agents = (int64_t)(n_side * n_side);
      options.forces.attraction_length = 0.5; /* cut off at 2.5 */
      const double spacing = choice & 2 ? 2.5 : 1.25;
      options.box_x = options.box_y = (double)n_side * spacing + 0.75; /* no pair at exactly half the box */
      options.radius = choice & 4 ? 0.3 : 4.0;
      for (size_t i = 0; i < n_side * n_side; i++) {
        const size_t spot = i % 3 == 1 ? i - 1 : i;
        x[2 * i] = (double)(spot % n_side) * spacing;
        x[2 * i + 1] = (double)(spot / n_side) * spacing;
      }
      compare_with_all_pairs(&options, x);
    }
  }
}

/* Wherever a flock is in a periodic box, the forces in it are the same. */
static void test_forces_do_not_depend_on_the_place(void **state) {
  (void)state;
  enum { N = 150 };
  double x[2 * N];
  double moved[2 * N];
  double before[2 * N];
  double after[2 * N];
  uint64_t random = 3;
  for (int trial = 0; trial < 40; trial++) {
    fcast_simulate_options options = random_options(2 * trial, &random);
    options.n_agents = N;
    options.forces.repulsion_length = 0.05 * options.box_x;
    options.forces.attraction_length = 0.11 * options.box_x;
    options.forces.cutoff_factor = 30.0; /* no pair comes or goes by rounding */
    const double by[2] = {options.box_x * test_uniform(&random), options.box_y * test_uniform(&random)};
    for (size_t i = 0; i < 2 * N; i++) {
      const double length = i % 2 == 0 ? options.box_x : options.box_y;
      x[i] = 0.49 * length * fabs(test_uniform(&random)); /* nor flips at half the box */
      moved[i] = fcast__wrap(x[i] + by[i % 2], length);
    }
    sum_fast(&options, x, before);
    sum_fast(&options, moved, after);
    for (size_t i = 0; i < 2 * N; i++) {
      const double strength = options.forces.repulsion_strength / options.forces.repulsion_length;
      check_close(after[i], before[i], 1e-11 * N * strength, 0.0);
    }
  }
}

/* Twice the potential energy: the sum over i and j of Cr e^{-r/lr} - Ca e^{-r/la}. */
static double potential(const fcast_simulate_options *options, const double *x) {
  const fcast_force_options *const law = &options->forces;
  double energy = 0.0;
  for (size_t i = 0; i < (size_t)options->n_agents; i++) {
    for (size_t j = 0; j < i; j++) {
      double d[2];
      displacement(options, x + 2 * i, x + 2 * j, d);
      const double r = hypot(d[0], d[1]);
      energy += law->repulsion_strength * exp(-r / law->repulsion_length) -
                law->attraction_strength * exp(-r / law->attraction_length);
    }
  }
  return energy;
}

/* The force is minus the gradient of the Morse potential (D'Orsogna et al. 2006), by differences of it. */
static void test_forces_are_the_slope_of_the_potential(void **state) {
  (void)state;
  enum { N = 12 };
  double x[2 * N];
  double force[2 * N];
  uint64_t random = 4;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = N;
  options.forces.enabled = true;
  options.speed_mode = FCAST_SPEED_VARIABLE;
  options.forces.cutoff_factor = 100.0;
  for (size_t i = 0; i < 2 * N; i++) {
    x[i] = 5.0 + 2.0 * test_uniform(&random);
  }
  sum_fast(&options, x, force);
  for (size_t i = 0; i < 2 * N; i++) {
    const double at = x[i];
    const double h = 1e-5;
    x[i] = at + h;
    const double above = potential(&options, x);
    x[i] = at - h;
    const double below = potential(&options, x);
    x[i] = at;
    check_close(force[i], -(above - below) / (2.0 * h), 1e-7, 0.0);
  }
}

/* --- runs --- */

static fcast_tracks simulate(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_simulate(options, type, seed, &tracks, &err), &err);
  return tracks;
}

static void assert_same(const fcast_tracks *a, const fcast_tracks *b) {
  const size_t n_bytes = a->n_frames * a->n_agents * 2 * sizeof(double);
  assert_memory_equal(a->positions, b->positions, n_bytes);
  assert_memory_equal(a->velocities, b->velocities, n_bytes);
}

static void normalise(double a[2], const double other[2]) {
  const double length = hypot(a[0], a[1]);
  a[0] = length > 1e-12 ? a[0] / length : other[0];
  a[1] = length > 1e-12 ? a[1] / length : other[1];
}

/* Heading and speed of agent i one step on, before the noise. */
static double turn_obviously(const fcast_simulate_options *options, const double *x, const double *v,
                             const double *force, size_t i, double heading[2]) {
  const double own[2] = {v[2 * i] / hypot(v[2 * i], v[2 * i + 1]), v[2 * i + 1] / hypot(v[2 * i], v[2 * i + 1])};
  const double zero[2] = {0.0, 0.0};
  double mean[2] = {0.0, 0.0};
  for (size_t j = 0; j < (size_t)options->n_agents; j++) {
    double d[2];
    displacement(options, x + 2 * i, x + 2 * j, d);
    if (sqrt(d[0] * d[0] + d[1] * d[1]) <= options->radius) {
      const double speed = hypot(v[2 * j], v[2 * j + 1]);
      mean[0] += v[2 * j] / speed;
      mean[1] += v[2 * j + 1] / speed;
    }
  }
  normalise(mean, own);
  heading[0] = mean[0];
  heading[1] = mean[1];
  if (options->speed_mode == FCAST_SPEED_VARIABLE) {
    const double push = options->dt * options->forces.mobility;
    return fmax(hypot(v[2 * i] + push * force[2 * i], v[2 * i + 1] + push * force[2 * i + 1]), 1e-12);
  }
  double direction[2] = {force[2 * i], force[2 * i + 1]};
  normalise(direction, zero);
  heading[0] += options->forces.mobility * direction[0];
  heading[1] += options->forces.mobility * direction[1];
  normalise(heading, mean);
  return options->speed;
}

/* Each step of a run without noise from the frame before it, so that nothing grows. */
static void check_steps(const fcast_simulate_options *options) {
  enum { N = 60 };
  double force[2 * N];
  double scale[N];
  const double box[2] = {options->box_x, options->box_y};
  fcast_tracks tracks = simulate(options, FCAST_IC_UNIFORM, 21);
  for (size_t frame = 0; frame + 1 < tracks.n_frames; frame++) {
    const double *const x = tracks.positions + 2 * N * frame;
    const double *const v = tracks.velocities + 2 * N * frame;
    sum_obviously(options, x, force, scale);
    for (size_t i = 0; i < N; i++) {
      double heading[2];
      const double speed = turn_obviously(options, x, v, force, i, heading);
      for (size_t axis = 0; axis < 2; axis++) {
        const size_t k = 2 * i + axis;
        const double moved = x[k] + options->dt * speed * heading[axis];
        const bool is_out = moved < 0.0 || moved > box[axis];
        const double mirrored = !is_out ? moved : (moved < 0.0 ? -moved : 2.0 * box[axis] - moved);
        const bool is_periodic = options->boundary == FCAST_PERIODIC;
        const double expected = is_periodic ? moved : fmin(fmax(mirrored, 0.0), box[axis]);
        const double off = x[2 * N + k] - expected;
        check_close(is_periodic ? remainder(off, box[axis]) : off, 0.0, 1e-12 * fmax(box[axis], speed), 0.0);
        check_close(v[2 * N + k], speed * (is_out && !is_periodic ? -heading[axis] : heading[axis]), 1e-11, 1e-11);
      }
    }
  }
  fcast_tracks_clear(&tracks);
}

static void test_runs_are_the_obvious_ones(void **state) {
  (void)state;
  const double factors[] = {0.5, 2.0, 5.0, 20.0};
  for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
    for (int choice = 0; choice < 4; choice++) {
      fcast_simulate_options options = fcast_simulate_options_default();
      options.n_agents = 60;
      options.eta = 0.0;
      options.box_y = 11.0;
      options.boundary = choice & 1 ? FCAST_REFLECTING : FCAST_PERIODIC;
      options.forces.enabled = true;
      options.forces.cutoff_factor = factors[f];
      options.forces.mobility = 0.1;
      options.speed_mode = choice & 2 ? FCAST_SPEED_VARIABLE : FCAST_SPEED_CONSTANT_WITH_FORCES;
      check_steps(&options);
    }
  }
}

/* Forces that are not enabled, not heeded or too weak to matter leave a run as it is, bit for bit. */
static void test_forces_that_do_nothing(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  fcast_tracks plain = simulate(&options, FCAST_IC_RING, 8);
  for (int mode = FCAST_SPEED_CONSTANT; mode <= FCAST_SPEED_VARIABLE; mode++) {
    options.speed_mode = (fcast_speed_mode)mode;
    options.forces.enabled = mode == FCAST_SPEED_CONSTANT;
    fcast_tracks same = simulate(&options, FCAST_IC_RING, 8);
    assert_same(&plain, &same);
    fcast_tracks_clear(&same);
  }
  fcast_tracks_clear(&plain);
}

/* Whatever the instructions and the number of threads: equal bits. 5,000 agents are a team's, in several bands or in
 * one; forces strong enough to throw agents through the box. */
static void test_results_depend_on_nothing_else(void **state) {
  (void)state;
  const struct {
    int64_t n_agents;
    double box, length, strength;
  } cases[] = {{41, 15.0, 1.5, 2.0}, {350, 9.0, 0.3, 2.0}, {5003, 60.0, 0.4, 2.0}, {4100, 20.0, 0.5, 1e4}};
  const int n_threads[] = {1, 2, 3, 7};
  for (size_t i = 0; i < 8; i++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = cases[i / 2].n_agents;
    options.box_x = options.box_y = cases[i / 2].box;
    options.total_time = 0.5;
    options.boundary = i / 2 % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING;
    options.rng = i / 2 % 2 == 0 ? FCAST_RANDOM_PHILOX : FCAST_RANDOM_PCG64;
    options.forces.enabled = true;
    options.forces.attraction_length = cases[i / 2].length;
    options.forces.repulsion_length = 0.4 * cases[i / 2].length;
    options.forces.repulsion_strength = cases[i / 2].strength;
    options.speed_mode = i % 2 == 0 ? FCAST_SPEED_VARIABLE : FCAST_SPEED_CONSTANT_WITH_FORCES;
    fcast__cpu_set_level(FCAST_CPU_BASELINE);
    omp_set_num_threads(1);
    fcast_tracks expected = simulate(&options, FCAST_IC_UNIFORM, 5);
    for (int level = 0; level <= (int)fcast__cpu_highest(); level++) {
      fcast__cpu_set_level((fcast_cpu_level)level);
      omp_set_num_threads(n_threads[(i + (size_t)level) % 4]);
      fcast_tracks found = simulate(&options, FCAST_IC_UNIFORM, 5);
      assert_same(&expected, &found);
      fcast_tracks_clear(&found);
    }
    fcast_tracks_clear(&expected);
  }
}

/* Without noise a run goes on from a frame of it as it did, its speeds included. */
static void test_runs_go_on_from_their_frames(void **state) {
  (void)state;
  for (int mode = FCAST_SPEED_CONSTANT_WITH_FORCES; mode <= FCAST_SPEED_VARIABLE; mode++) {
    fcast_error err;
    fcast_simulate_options options = fcast_simulate_options_default();
    options.eta = 0.0;
    options.forces.enabled = true;
    options.speed_mode = (fcast_speed_mode)mode;
    fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 12);
    fcast_tracks again;
    check_ok(fcast_resimulate(&options, &tracks, 15, 1, 0, &again, &err), &err);
    for (size_t i = 0; i < 2 * again.n_frames * again.n_agents; i++) {
      const size_t k = 15 * 2 * tracks.n_agents + i;
      check_close(remainder(again.positions[i] - tracks.positions[k], 15.0), 0.0, 1e-9, 0.0);
      check_close(again.velocities[i], tracks.velocities[k], 1e-9, 1e-9);
    }
    fcast_tracks_clear(&again);
    tracks.velocities[2 * (2 * tracks.n_agents + 7)] = 0.0;
    tracks.velocities[2 * (2 * tracks.n_agents + 7) + 1] = 0.0;
    options.speed = 0.0;
    const fcast_status status = fcast_resimulate(&options, &tracks, 2, 1, 0, &again, &err);
    assert_int_equal(status, mode == FCAST_SPEED_VARIABLE ? FCAST_E_FORMAT : FCAST_OK);
    fcast_tracks_clear(&again);
    fcast_tracks_clear(&tracks);
  }
}

static void test_wrong_options_are_named(void **state) {
  (void)state;
  fcast_error err;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.forces.attraction_length = 0.0;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "forces.params.la"));
  options.forces.attraction_length = 1e300;
  options.forces.cutoff_factor = 1e300;
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "forces.params.rcut_factor"));
  options.forces = fcast_simulate_options_default().forces;
  options.forces.enabled = true;
  options.speed_mode = FCAST_SPEED_VARIABLE;
  options.forces.repulsion_strength = 1e100; /* times N, dt and mu over lr: 4e100 */
  assert_int_equal(fcast_simulate_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "a change of speed of up to 4e+100 in a step"));
  options.speed_mode = FCAST_SPEED_CONSTANT; /* forces change nothing */
  check_ok(fcast_simulate_options_check(&options, &err), &err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_boxes_and_cutoffs),
      cmocka_unit_test(test_crowds_at_a_seam),
      cmocka_unit_test(test_pairs_at_the_cutoff_and_on_one_spot),
      cmocka_unit_test(test_forces_do_not_depend_on_the_place),
      cmocka_unit_test(test_forces_are_the_slope_of_the_potential),
      cmocka_unit_test(test_runs_are_the_obvious_ones),
      cmocka_unit_test(test_forces_that_do_nothing),
      cmocka_unit_test(test_results_depend_on_nothing_else),
      cmocka_unit_test(test_runs_go_on_from_their_frames),
      cmocka_unit_test(test_wrong_options_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
