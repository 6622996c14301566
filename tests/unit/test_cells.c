/* SPDX-License-Identifier: MIT
 *
 * The cell list against all pairs: the same neighbours, each once, in boxes from smaller than the radius to huge.
 */
#include "check.h"

#include "simulate/cells.h"

#include <math.h>

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

/* Headings stand for identity: agent j carries (2^-j', 1), so that sums name the neighbours. With many agents their
 * number and the sum of a random label do. */
static void compare_with_all_pairs(const fcast_simulate_options *options, fcast_state *agents, uint64_t *random) {
  fcast_error err;
  fcast_cells cells;
  for (size_t i = 0; i < agents->n_agents; i++) {
    agents->heading_x[i] = floor(1e6 * test_uniform(random)); /* integers: sums are exact in any order */
    agents->heading_y[i] = 1.0;
  }
  check_ok(fcast__cells_alloc(options, &cells, &err), &err);
  fcast__cells_build(agents, &cells);
  fcast__cells_sum_headings(&cells, agents);
  for (size_t i = 0; i < agents->n_agents; i++) {
    double label_sum = 0.0;
    double n_neighbours = 0.0;
    for (size_t j = 0; j < agents->n_agents; j++) {
      if (distance(options, agents, i, j) <= options->radius) {
        label_sum += agents->heading_x[j];
        n_neighbours += 1.0;
      }
    }
    assert_true(agents->mean_y[i] == n_neighbours);
    assert_true(agents->mean_x[i] == label_sum);
  }
  fcast__cells_clear(&cells);
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
    check_ok(fcast__state_alloc((size_t)options.n_agents, &agents, &err), &err);
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
        check_ok(fcast__state_alloc(n_side * n_side, &agents, &err), &err);
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
  check_ok(fcast__state_alloc(8, &agents, &err), &err);
  for (size_t i = 0; i < 8; i++) {
    agents.x[i] = options.box_x;
    agents.y[i] = i % 2 == 0 ? options.box_y : 0.0;
  }
  compare_with_all_pairs(&options, &agents, &random);
  fcast__state_clear(&agents);
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
      cmocka_unit_test(test_largest_square_is_the_last_inside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
