/* SPDX-License-Identifier: MIT
 *
 * The cell list against all pairs: the same neighbours, each once, in boxes from smaller than the radius to huge, with
 * every set of vector instructions this machine has.
 */
#include "check.h"

#include "base/cpu.h"
#include "simulate/vicsek_kernels.h"

#include <math.h>
#include <string.h>

/* The obvious version, kept as the judge: every pair, minimum image, distance <= R. */
static double distance(const fcast_simulate_options *options, const fcast_state *agents, size_t i, size_t j) {
  double dx = agents->x[i] - agents->x[j];
  double dy = agents->y[i] - agents->y[j];
  if (options->boundary == FCAST_PERIODIC) {
    dx -= options->box_x * nearbyint(dx / options->box_x);
    dy -= options->box_y * nearbyint(dy / options->box_y);
  }
  return sqrt(dx * dx + dy * dy);
}

/* Headings stand for identity: agent j carries (a random label, 1), so that the number of neighbours and the sum of
 * their labels name them. Integers, so that sums are exact in any order. */
static void label_agents(fcast_state *agents, uint64_t *random) {
  for (size_t i = 0; i < agents->n_agents; i++) {
    agents->heading_x[i] = floor(1e6 * test_uniform(random));
    agents->heading_y[i] = 1.0;
  }
}

/* The sums of the kernels of the level in force, by agent. */
static void sum_fast(const fcast_simulate_options *options, fcast_state *agents, double *sum_x, double *sum_y) {
  const size_t n = agents->n_agents;
  const fcast_vicsek_kernels *const kernels = fcast__vicsek_kernels();
  fcast_error err;
  fcast_cells cells;
  check_ok(fcast__cells_alloc(options, &cells, &err), &err);
  kernels->locate(&cells.grid, n, agents);
  fcast__cells_sort(agents, &cells);
  memcpy(cells.start, cells.next_start, ((size_t)cells.grid.n_x * cells.grid.n_y + 1) * sizeof *cells.start);
  double *sums = fcast_alloc_array(2 * n, sizeof *sums);
  assert_non_null(sums);
  const size_t middle = n / 3; /* in two parts, which must not matter */
  kernels->sum_headings(&cells, 0, middle, sums, sums + n);
  kernels->sum_headings(&cells, middle, n, sums + middle, sums + n + middle);
  for (size_t place = 0; place < n; place++) {
    sum_x[cells.agent[place]] = sums[place];
    sum_y[cells.agent[place]] = sums[n + place];
  }
  fcast_free(sums);
  fcast__cells_clear(&cells);
}

static void compare_with_all_pairs(const fcast_simulate_options *options, fcast_state *agents, uint64_t *random) {
  const size_t n = agents->n_agents;
  double *sums = fcast_alloc_array(4 * n, sizeof *sums);
  assert_non_null(sums);
  label_agents(agents, random);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      const bool is_near = distance(options, agents, i, j) <= options->radius;
      sums[i] += is_near ? agents->heading_x[j] : 0.0;
      sums[n + i] += is_near ? 1.0 : 0.0;
    }
  }
  for (int level = 0; level <= (int)fcast__cpu_highest(); level++) {
    fcast__cpu_set_level((fcast_cpu_level)level);
    sum_fast(options, agents, sums + 2 * n, sums + 3 * n);
    assert_memory_equal(sums, sums + 2 * n, 2 * n * sizeof *sums);
  }
  fcast_free(sums);
}

static void test_random_boxes(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 1;
  for (int trial = 0; trial < 400; trial++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = 1 + (int64_t)(100.0 * fabs(test_uniform(&random)));
    options.box_x = 15.0 * pow(10.0, 2.0 * test_uniform(&random));
    options.box_y = options.box_x * pow(2.0, 2.0 * test_uniform(&random));
    options.radius = 15.0 * pow(10.0, 2.0 * test_uniform(&random));
    options.boundary = trial % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING;
    fcast_state agents;
    check_ok(fcast__state_alloc(&options, &agents, &err), &err);
    for (size_t i = 0; i < agents.n_agents; i++) {
      agents.x[i] = fcast__wrap(options.box_x * test_uniform(&random), options.box_x);
      agents.y[i] = fcast__wrap(options.box_y * test_uniform(&random), options.box_y);
    }
    compare_with_all_pairs(&options, &agents, &random);
    fcast__state_clear(&agents);
  }
}

/* Agents on a lattice, the box a multiple of the radius: many pairs at exactly R, on the edges of cells. */
static void test_pairs_at_exactly_the_radius(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 2;
  const double radii[] = {1.0, 2.0, 0.1, 0.3, 1.0 / 3.0};
  for (size_t r = 0; r < sizeof radii / sizeof radii[0]; r++) {
    for (size_t n_side = 1; n_side <= 12; n_side++) {
      for (int boundary = FCAST_PERIODIC; boundary <= FCAST_REFLECTING; boundary++) {
        fcast_simulate_options options = fcast_simulate_options_default();
        options.n_agents = (int64_t)(n_side * n_side);
        options.box_x = (double)n_side * radii[r];
        options.box_y = (double)n_side * radii[r];
        options.radius = radii[r];
        options.boundary = (fcast_boundary)boundary;
        fcast_state agents;
        check_ok(fcast__state_alloc(&options, &agents, &err), &err);
        for (size_t i = 0; i < n_side * n_side; i++) {
          agents.x[i] = nextafter((double)(i % n_side) * radii[r], i % 3 == 0 ? 0.0 : 1e300);
          agents.y[i] = (double)(i / n_side) * radii[r];
        }
        compare_with_all_pairs(&options, &agents, &random);
        fcast__state_clear(&agents);
      }
    }
  }
}

/* Reflecting walls hold agents at exactly L. */
static void test_agents_on_the_far_wall(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 3;
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = 8;
  options.boundary = FCAST_REFLECTING;
  fcast_state agents;
  check_ok(fcast__state_alloc(&options, &agents, &err), &err);
  for (size_t i = 0; i < 8; i++) {
    agents.x[i] = options.box_x;
    agents.y[i] = i % 2 == 0 ? options.box_y : 0.0;
  }
  compare_with_all_pairs(&options, &agents, &random);
  fcast__state_clear(&agents);
}

/* Many agents within the radius, so that cells are fractions of it; crowds and empty cells; long and flat boxes. */
static void test_crowds(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 5;
  for (int trial = 0; trial < 120; trial++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = 300 + trial;
    options.box_x = 15.0;
    options.box_y = 15.0 * pow(4.0, test_uniform(&random));
    options.radius = 5.0 * pow(5.0, test_uniform(&random));
    options.boundary = trial % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING;
    const double spread = pow(10.0, -2.0 * fabs(test_uniform(&random)));
    fcast_state agents;
    check_ok(fcast__state_alloc(&options, &agents, &err), &err);
    for (size_t i = 0; i < agents.n_agents; i++) {
      const double centre = i % 4 == 0 ? 0.0 : 0.31;
      agents.x[i] = fcast__wrap(options.box_x * (centre + spread * test_uniform(&random)), options.box_x);
      agents.y[i] = fcast__wrap(options.box_y * (centre + spread * test_uniform(&random)), options.box_y);
    }
    compare_with_all_pairs(&options, &agents, &random);
    fcast__state_clear(&agents);
  }
}

/* Move every agent by at most `step` and sort again, in `n_bands` bands one after the other. */
static void sort_in_bands(const fcast_state *moved, double step, size_t n_bands, fcast_cells *cells) {
  size_t n_before = 0;
  for (size_t i = 0; i < n_bands; i++) {
    const fcast_band band = fcast__cells_band(cells, step, i, n_bands);
    const size_t n = fcast__cells_count(&band, moved->cell, cells);
    fcast__cells_place(&band, n_before, moved, cells);
    n_before += n;
  }
  assert_int_equal(n_before, cells->n_agents);
}

static void move_in_place_order(const fcast_simulate_options *options, const fcast_cells *cells, double step,
                                uint64_t *random, fcast_state *moved) {
  for (size_t k = 0; k < cells->n_agents; k++) {
    const double y = cells->y[k] + step * test_uniform(random);
    moved->x[k] = fcast__wrap(cells->x[k] + step * test_uniform(random), options->box_x);
    moved->y[k] =
        options->boundary == FCAST_PERIODIC ? fcast__wrap(y, options->box_y) : fmin(fmax(y, 0.0), options->box_y);
    moved->agent[k] = cells->agent[k];
  }
  fcast__vicsek_kernels()->locate(&cells->grid, cells->n_agents, moved);
}

/* Whoever sorts, all agents of a cell stand together in the order they had. */
static void test_bands_of_threads_sort_alike(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 6;
  for (int trial = 0; trial < 60; trial++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = 500;
    options.box_y = 15.0 * pow(4.0, test_uniform(&random));
    options.radius = 2.0 * pow(4.0, test_uniform(&random));
    options.boundary = trial % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING;
    fcast_state agents;
    fcast_cells cells;
    check_ok(fcast__state_alloc(&options, &agents, &err), &err);
    check_ok(fcast__cells_alloc(&options, &cells, &err), &err);
    fcast_random philox;
    fcast_random_init(&philox, FCAST_RANDOM_PHILOX, (uint64_t)trial);
    fcast__state_initialise(&options, (fcast_ic_type)(trial % FCAST_IC_COUNT), &philox, (size_t)(1 + trial % 3),
                            &agents);
    fcast__vicsek_kernels()->locate(&cells.grid, 500, &agents);
    fcast__cells_sort(&agents, &cells);
    memcpy(cells.start, cells.next_start, ((size_t)cells.grid.n_x * cells.grid.n_y + 1) * sizeof *cells.start);
    move_in_place_order(&options, &cells, options.radius / 2.0, &random, &agents);
    fcast__cells_sort(&agents, &cells);
    uint32_t expected[500];
    memcpy(expected, cells.agent, sizeof expected);
    for (size_t n_bands = 1; n_bands <= 9; n_bands++) {
      memset(cells.agent, 0, sizeof expected);
      sort_in_bands(&agents, options.radius / 2.0, n_bands, &cells);
      assert_memory_equal(cells.agent, expected, sizeof expected);
    }
    fcast__state_clear(&agents);
    fcast__cells_clear(&cells);
  }
}

static void test_largest_square_is_the_last_inside(void **state) {
  (void)state;
  uint64_t random = 4;
  for (int trial = 0; trial < 10000; trial++) {
    const double radius = pow(10.0, 8.0 * test_uniform(&random));
    const double square = fcast__largest_square(radius);
    assert_true(sqrt(square) <= radius);
    assert_true(sqrt(nextafter(square, INFINITY)) > radius);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_boxes),
      cmocka_unit_test(test_pairs_at_exactly_the_radius),
      cmocka_unit_test(test_agents_on_the_far_wall),
      cmocka_unit_test(test_crowds),
      cmocka_unit_test(test_bands_of_threads_sort_alike),
      cmocka_unit_test(test_largest_square_is_the_last_inside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
