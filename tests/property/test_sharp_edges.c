/* SPDX-License-Identifier: MIT
 *
 * How exactly the reach of an interaction is found, from as many runs as that takes.
 */
#include "field.h"

#include <math.h>

enum { N_CELLS = 24 };

/* Radii at which no shell of the first look ends, and one so small that few have a neighbour, where the forces that
 * chance shows explain less than alignment does: a neighbour too many would pass for noise. */
static void edges_inside_a_shell_are_sharp(void **state) {
  (void)state;
  const struct {
    double radius, speed;
    size_t n_runs;
    uint64_t first_seed;
  } flocks[] = {{1.37, 1.0, 40, 1000}, {1.9, 1.0, 40, 1000}, {0.3, 0.3, 100, 5000}, {0.3, 0.3, 100, 9000}};
  for (size_t i = 0; i < sizeof flocks / sizeof flocks[0]; i++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.radius = flocks[i].radius;
    options.speed = flocks[i].speed;
    fcast_field_model model = field_learn(&options, N_CELLS, flocks[i].n_runs, flocks[i].first_seed);
    assert_int_equal(model.force_kind, FCAST_FIELD_NO_FORCE);
    field_check_estimate(&model.edge, flocks[i].radius, 5e-4);
    field_check_estimate(&model.order, exp(-options.eta * options.eta / 24.0), 5e-4);
    fcast_field_model_clear(&model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(edges_inside_a_shell_are_sharp),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
