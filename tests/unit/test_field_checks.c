/* SPDX-License-Identifier: MIT
 *
 * What the field model refuses, and the spread of its ensembles.
 */
#include "field.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const fcast_density_options density = {
    .nx = 12, .ny = 10, .bandwidth = 1.5, .box_x = 6.0, .box_y = 5.0, .boundary = FCAST_PERIODIC};
enum { N_SPACE = 120, N_FORECAST = 8, N_MEMBERS = 6 };

static fcast_field_plan *plan_of(const fcast_field_model *model) {
  fcast_error err;
  fcast_field_plan *plan = NULL;
  check_ok(fcast_field_plan_create(model, &plan, &err), &err);
  return plan;
}

/* --- refusals --- */

static void forecasts_that_cannot_be_are_refused(void **state) {
  (void)state;
  fcast_error err;
  double rho[N_FORECAST * N_SPACE];
  double polarization[N_FORECAST];
  fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
  fcast_tracks tracks = field_tracks_make(&density, 10, 1.0, 3);
  fcast_field_plan *plan = plan_of(&model);
  assert_int_equal(fcast_field_forecast(plan, &tracks, 1, 1, rho, NULL, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "found 1 frames, expected at least 2"));
  assert_int_equal(fcast_field_reconstruct(plan, &tracks, 7, rho, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_field_spread(plan, &tracks, 1, 1, 2, 0, rho, polarization, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_field_spread(plan, &tracks, 0, 1, 1, 0, rho, polarization, &err), FCAST_E_ARG);
  double *velocities = tracks.velocities;
  tracks.velocities = NULL;
  assert_int_equal(fcast_field_forecast(plan, &tracks, 0, 1, rho, NULL, &err), FCAST_E_ARG);
  assert_non_null(strstr(err.text, "without velocities"));
  assert_int_equal(fcast_field_reconstruct(plan, &tracks, 0, rho, &err), FCAST_E_ARG);
  assert_int_equal(fcast_field_spread(plan, &tracks, 0, 1, 2, 0, rho, polarization, &err), FCAST_E_ARG);
  tracks.velocities = velocities;
  check_ok(fcast_field_forecast(plan, &tracks, 0, N_FORECAST, rho, NULL, NULL), NULL);
  fcast_field_plan_destroy(plan);
  fcast_field_plan_destroy(NULL);
  fcast_tracks_clear(&tracks);
  fcast_field_model_clear(&model);
}

/* A model that runs away says in which step, and does the same in its ensembles. */
static void unphysical_models_are_refused(void **state) {
  (void)state;
  fcast_error err;
  double rho[N_FORECAST * N_SPACE];
  double polarization[N_FORECAST];
  const double strengths[] = {1e3, 1e200};
  fcast_tracks tracks = field_tracks_make(&density, 10, 1.0, 3);
  for (size_t i = 0; i < 3; i++) {
    fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
    if (i < 2) {
      field_model_push(&model, FCAST_FIELD_DRIVING, 1.5, strengths[i]);
    } else {
      model.speed.value = 1e149;
    }
    fcast_field_plan *plan = plan_of(&model);
    assert_int_equal(fcast_field_forecast(plan, &tracks, 0, N_FORECAST, rho, NULL, &err), FCAST_E_NUMERIC);
    assert_non_null(strstr(err.text, "in step 1 something moves by"));
    assert_int_equal(fcast_field_spread(plan, &tracks, 0, N_FORECAST, 2, 0, rho, polarization, &err), FCAST_E_NUMERIC);
    check_ok(fcast_field_reconstruct(plan, &tracks, 0, rho, &err), &err); /* takes no step */
    fcast_field_plan_destroy(plan);
    fcast_field_model_clear(&model);
  }
  fcast_tracks_clear(&tracks);
}

/* Agents that are nowhere in the box leave an empty one. */
static void agents_outside_do_not_count(void **state) {
  (void)state;
  fcast_error err;
  double rho[N_SPACE];
  fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
  fcast_tracks tracks = field_tracks_make(&density, 4, 1.0, 3);
  fcast_field_plan *plan = plan_of(&model);
  for (size_t i = 0; i < 4; i++) {
    tracks.positions[2 * i] = i % 2 == 0 ? -0.1 : (double)NAN;
  }
  check_ok(fcast_field_forecast(plan, &tracks, 0, 1, rho, NULL, &err), &err);
  assert_true(field_largest(rho, N_SPACE) == 0.0);
  tracks.positions[0] = 0.1;
  check_ok(fcast_field_forecast(plan, &tracks, 0, 1, rho, NULL, &err), &err);
  double mass = 0.0;
  for (size_t i = 0; i < N_SPACE; i++) {
    mass += rho[i] * 0.25;
  }
  check_close(mass, 1.0, 0.0, 1e-12);
  fcast_field_plan_destroy(plan);
  fcast_tracks_clear(&tracks);
  fcast_field_model_clear(&model);
}

/* --- the check --- */

/* One bad member, and the name it goes by. */
typedef struct bad_member {
  const char *name;
  fcast_status status;
  void (*spoil)(fcast_field_model *model);
} bad_member;

#define SPOIL(function, statement)                                                                                     \
  static void function(fcast_field_model *model) {                                                                     \
    statement;                                                                                                         \
  }
SPOIL(flat_box, model->density.box_x = 0.0)
SPOIL(endless_box, model->density.box_y = INFINITY)
SPOIL(no_cells, model->density.nx = 0)
SPOIL(wild_bandwidth, model->density.bandwidth = (double)NAN)
SPOIL(no_interval, model->interval = 0.0)
SPOIL(nan_interval, model->interval = (double)NAN)
SPOIL(nan_edge, model->edge.value = (double)NAN)
SPOIL(backward, model->speed.value = -1.0)
SPOIL(infinite_speed, model->speed.value = INFINITY)
SPOIL(much_order, model->order.value = 1.0 + 1e-9)
SPOIL(nan_order, model->order.value = (double)NAN)
SPOIL(away_from_it, model->steering.value = -0.1)
SPOIL(force_of_no_kind, model->force_kind = (fcast_field_force)3)
SPOIL(wide_state, model->state_bandwidth = 5.5)
SPOIL(negative_state, model->state_bandwidth = -0.1)
SPOIL(no_state, model->state_nx = 0)
SPOIL(large_state, model->state_ny = 4097)
SPOIL(no_shells, model->alignment.n_shells = 0)
SPOIL(thin_shells, model->alignment.width = 0.0)
SPOIL(wide_shells, model->alignment.width = 5.0)
SPOIL(nan_shell, model->alignment.value[3] = (double)NAN)
SPOIL(infinite_force, model->force.value[11] = INFINITY)
SPOIL(wide_force, model->force.width = (double)NAN)

static void every_bad_member_is_named(void **state) {
  (void)state;
  const bad_member members[] = {
      {"density", FCAST_E_CONFIG, no_cells},
      {"density", FCAST_E_CONFIG, wild_bandwidth},
      {"extent", FCAST_E_NUMERIC, flat_box},
      {"extent", FCAST_E_NUMERIC, endless_box},
      {"interval", FCAST_E_NUMERIC, no_interval},
      {"interval", FCAST_E_NUMERIC, nan_interval},
      {"edge", FCAST_E_NUMERIC, nan_edge},
      {"speed", FCAST_E_NUMERIC, backward},
      {"speed", FCAST_E_NUMERIC, infinite_speed},
      {"order", FCAST_E_NUMERIC, much_order},
      {"order", FCAST_E_NUMERIC, nan_order},
      {"steering", FCAST_E_NUMERIC, away_from_it},
      {"force_kind", FCAST_E_NUMERIC, force_of_no_kind},
      {"state_bandwidth", FCAST_E_NUMERIC, wide_state},
      {"state_bandwidth", FCAST_E_NUMERIC, negative_state},
      {"state_cells", FCAST_E_SHAPE, no_state},
      {"state_cells", FCAST_E_SHAPE, large_state},
      {"alignment_value", FCAST_E_SHAPE, no_shells},
      {"alignment_width", FCAST_E_NUMERIC, thin_shells},
      {"alignment_width", FCAST_E_NUMERIC, wide_shells},
      {"alignment_value", FCAST_E_NUMERIC, nan_shell},
      {"force_value", FCAST_E_NUMERIC, infinite_force},
      {"force_width", FCAST_E_NUMERIC, wide_force},
  };
  fcast_error err;
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
    field_model_push(&model, FCAST_FIELD_STEERING, 1.5, 1.0);
    fcast_field_plan *plan = NULL;
    check_ok(fcast_field_model_check(&model, &err), &err);
    members[i].spoil(&model);
    const fcast_status status = fcast_field_model_check(&model, &err);
    if (status != members[i].status || strstr(err.text, members[i].name) == NULL) {
      print_error("%s: status %d: %s\n", members[i].name, (int)status, err.text);
      fail();
    }
    assert_int_equal(fcast_field_plan_create(&model, &plan, NULL), status);
    assert_null(plan);
    fcast_field_model_clear(&model);
  }
}

/* --- the spread --- */

typedef struct spread {
  double variance[N_FORECAST * N_SPACE];
  double polarization[N_FORECAST];
} spread;

static void find_spread(const fcast_field_model *model, const fcast_tracks *tracks, uint64_t seed, spread *out) {
  fcast_error err;
  fcast_field_plan *plan = plan_of(model);
  check_ok(fcast_field_spread(plan, tracks, 0, N_FORECAST, N_MEMBERS, seed, out->variance, out->polarization, &err),
           &err);
  fcast_field_plan_destroy(plan);
}

static double total(const spread *of, size_t lead) {
  double sum = 0.0;
  for (size_t i = 0; i < N_SPACE; i++) {
    sum += of->variance[lead * N_SPACE + i];
  }
  return sum;
}

static void the_spread_is_a_function_of_the_seed(void **state) {
  (void)state;
  static spread found, again, other;
  fcast_tracks tracks = field_tracks_make(&density, 25, 0.2, 9);
  for (int force = 0; force < 3; force++) {
    fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
    if (force > 0) {
      field_model_push(&model, (fcast_field_force)force, 1.5, 0.02);
    }
    find_spread(&model, &tracks, 7, &found);
    find_spread(&model, &tracks, 7, &again);
    find_spread(&model, &tracks, 8, &other);
    assert_memory_equal(&found, &again, sizeof found);
    assert_memory_not_equal(&found, &other, sizeof found);
    for (size_t i = 0; i < N_FORECAST * N_SPACE; i++) {
      assert_true(found.variance[i] >= 0.0 && isfinite(found.variance[i]));
    }
    for (size_t lead = 0; lead < N_FORECAST; lead++) {
      assert_true(found.polarization[lead] >= 0.0 && total(&found, lead) > 0.0);
    }
    fcast_field_model_clear(&model);
  }
  fcast_tracks_clear(&tracks);
}

/* Full order is no noise, so all members are one; less order is more spread, and so is a longer forecast. */
static void noise_spreads_and_grows(void **state) {
  (void)state;
  static spread found;
  const double orders[] = {1.0, 0.999, 0.97, 0.8};
  fcast_tracks tracks = field_tracks_make(&density, 25, 0.2, 9);
  double before = -1.0;
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
    model.order.value = orders[i];
    model.interval = 0.05;
    find_spread(&model, &tracks, 7, &found);
    assert_true(total(&found, N_FORECAST - 1) > before);
    before = total(&found, N_FORECAST - 1);
    for (size_t lead = 0; lead < N_FORECAST; lead++) {
      if (i == 0) {
        assert_true(total(&found, lead) == 0.0 && found.polarization[lead] == 0.0);
      } else {
        assert_true(lead == 0 || total(&found, lead) > total(&found, lead - 1));
      }
    }
    fcast_field_model_clear(&model);
  }
  fcast_tracks_clear(&tracks);
}

/* --- measured errors --- */

/* Variances are inflated lead by lead, the last known one for all leads beyond, and lie above the floor. */
static void errors_are_applied_lead_by_lead(void **state) {
  (void)state;
  enum { N_LEADS = 2, N = 3, N_CELLS = 2 };
  fcast_error err;
  fcast_field_errors errors;
  const double prediction[N * N_CELLS] = {0.0, 2.0, 1.0, -3.0, 0.5, 4.0};
  double variance[N * N_CELLS] = {1.0, 1.0, 1.0, 2.0, 3.0, 0.0};
  const double expected[N * N_CELLS] = {2.0, 2.0 + 0.2, 5.0 + 0.1, 10.0, 15.0 + 0.05, 0.4};
  check_ok(fcast_field_errors_create(N_LEADS, &errors, &err), &err);
  errors.floor = 0.1;
  errors.inflation[0] = 2.0;
  errors.inflation[1] = 5.0;
  fcast_field_errors_apply(&errors, prediction, N, N_CELLS, variance);
  for (size_t i = 0; i < N * N_CELLS; i++) {
    check_close(variance[i], expected[i], 1e-15, 1e-15);
  }
  fcast_field_errors_clear(&errors);
  fcast_field_errors_clear(&errors);
  assert_int_equal(errors.n_leads, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forecasts_that_cannot_be_are_refused), cmocka_unit_test(unphysical_models_are_refused),
      cmocka_unit_test(agents_outside_do_not_count),          cmocka_unit_test(every_bad_member_is_named),
      cmocka_unit_test(the_spread_is_a_function_of_the_seed), cmocka_unit_test(noise_spreads_and_grows),
      cmocka_unit_test(errors_are_applied_lead_by_lead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
