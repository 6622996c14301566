/* SPDX-License-Identifier: MIT
 *
 * The field model as a whole, learned from simulated runs: on any number of threads, with the best state, and with
 * errors that are those of its forecasts.
 */
#include "field.h"

#include <math.h>
#include <omp.h>

enum { N_CELLS = 24 };

/* --- threads --- */

static void check_same_radial(const fcast_radial *found, const fcast_radial *expected) {
  assert_int_equal(found->n_shells, expected->n_shells);
  if (expected->n_shells > 0) {
    assert_memory_equal(found->value, expected->value, 3 * expected->n_shells * sizeof(double)); /* with its interval */
  }
}

static void check_same(const fcast_field_model *found, const fcast_field_model *expected) {
  check_same_radial(&found->alignment, &expected->alignment);
  check_same_radial(&found->force, &expected->force);
  assert_memory_equal(&found->edge, &expected->edge, sizeof found->edge);
  assert_memory_equal(&found->speed, &expected->speed, sizeof found->speed);
  assert_memory_equal(&found->order, &expected->order, sizeof found->order);
  assert_memory_equal(&found->steering, &expected->steering, sizeof found->steering);
  assert_memory_equal(found->tried_r2, expected->tried_r2, sizeof found->tried_r2);
  assert_int_equal(found->errors.n_leads, expected->errors.n_leads);
  assert_memory_equal(&found->errors.floor, &expected->errors.floor, sizeof(double));
  assert_memory_equal(found->errors.inflation, expected->errors.inflation,
                      5 * expected->errors.n_leads * sizeof(double));
}

enum { N_KNOWN = 4 };

/* Everything that is learned of some runs. */
static fcast_field_model learn_all(field_runs *runs, const fcast_density_options *density, const double *mean) {
  fcast_error err;
  fcast_field_model model;
  const fcast_tracks_source source = field_runs_source(runs);
  check_ok(fcast_field_learn(&source, density, &model, &err), &err);
  check_ok(fcast_field_choose_state(&source, N_KNOWN, mean, &model, &err), &err);
  check_ok(fcast_field_measure_errors(&source, N_KNOWN, mean, &model, &err), &err);
  return model;
}

/* The same bits on any number of threads; with forces of either kind too. */
static void threads_change_nothing(void **state) {
  (void)state;
  const struct { int mode, n_threads; } cases[] = {{0, 2}, {0, 7}, {1, 3}, {2, 2}};
  const int n_threads = omp_get_max_threads();
  double mean[N_CELLS * N_CELLS];
  fcast_field_model expected = {0};
  for (size_t i = 0; i < N_CELLS * N_CELLS; i++) {
    mean[i] = 14.0 / 49.0;
  }
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = 14;
    options.total_time = 0.7;
    options.box_x = options.box_y = 7.0;
    options.forces.enabled = cases[i].mode > 0;
    options.speed_mode = (fcast_speed_mode)cases[i].mode;
    const fcast_density_options density = field_density_of(&options, N_CELLS);
    field_runs runs = field_runs_simulate(&options, 5, 3);
    if (i == 0 || cases[i].mode != cases[i - 1].mode) {
      omp_set_num_threads(1);
      fcast_field_model_clear(&expected);
      expected = learn_all(&runs, &density, mean);
    }
    omp_set_num_threads(cases[i].n_threads);
    fcast_field_model found = learn_all(&runs, &density, mean);
    check_same(&found, &expected);
    fcast_field_model_clear(&found);
    field_runs_clear(&runs);
  }
  omp_set_num_threads(n_threads);
  fcast_field_model_clear(&expected);
}

/* --- the state and its errors --- */

/* r2 of a forecast against a constant mean, and the summed squared error of each lead. */
static double judge_run(const fcast_field_model *model, const fcast_tracks *tracks, double mean, double *errors) {
  fcast_error err;
  fcast_field_plan *plan = NULL;
  fcast_fields truth;
  const size_t n = (size_t)(model->density.nx * model->density.ny);
  const size_t n_forecast = tracks->n_frames - N_KNOWN;
  double *prediction = fcast_alloc_array(n_forecast * n, sizeof *prediction);
  assert_non_null(prediction);
  check_ok(fcast_density_estimate(tracks, &model->density, &truth, &err), &err);
  check_ok(fcast_field_plan_create(model, &plan, &err), &err);
  check_ok(fcast_field_forecast(plan, tracks, N_KNOWN - 1, n_forecast, prediction, NULL, &err), &err);
  double error = 0.0;
  double spread = 0.0;
  for (size_t i = 0; i < n_forecast * n; i++) {
    const double rho = truth.rho[N_KNOWN * n + i];
    errors[i / n] += (prediction[i] - rho) * (prediction[i] - rho);
    error += (prediction[i] - rho) * (prediction[i] - rho);
    spread += (rho - mean) * (rho - mean);
  }
  fcast_field_plan_destroy(plan);
  fcast_fields_clear(&truth);
  fcast_free(prediction);
  return 1.0 - error / spread;
}

/* Variance that a model expects, summed over the cells of each lead. */
static void expect_variance(const fcast_field_model *model, const fcast_tracks *tracks, uint64_t seed, double *sums) {
  fcast_error err;
  fcast_field_plan *plan = NULL;
  const size_t n = (size_t)(model->density.nx * model->density.ny);
  const size_t n_forecast = tracks->n_frames - N_KNOWN;
  double *prediction = fcast_alloc_array(2 * n_forecast * n + n_forecast, sizeof *prediction);
  assert_non_null(prediction);
  double *variance = prediction + n_forecast * n;
  check_ok(fcast_field_plan_create(model, &plan, &err), &err);
  check_ok(fcast_field_forecast(plan, tracks, N_KNOWN - 1, n_forecast, prediction, NULL, &err), &err);
  check_ok(fcast_field_spread(plan, tracks, N_KNOWN - 1, n_forecast, FCAST_FIELD_MEMBERS, seed, variance,
                              variance + n_forecast * n, &err),
           &err);
  fcast_field_errors_apply(&model->errors, prediction, n_forecast, n, variance);
  for (size_t i = 0; i < n_forecast * n; i++) {
    sums[i / n] += variance[i];
  }
  fcast_field_plan_destroy(plan);
  fcast_free(prediction);
}

/* The bandwidth of the state is the best of those tried, by forecasts made again here; and over the runs that errors
 * were measured on, the variance expected of each lead is the error it had. The last must be more than the floor. */
static void state_and_errors_are_those_of_the_forecasts(void **state) {
  (void)state;
  enum { N = 6, N_FRAMES = 21, LEADS = N_FRAMES - N_KNOWN };
  const fcast_simulate_options options = fcast_simulate_options_default();
  const fcast_density_options density = field_density_of(&options, N_CELLS);
  const double level = 40.0 / 225.0;
  double mean[N_CELLS * N_CELLS];
  double errors[LEADS] = {0.0};
  double variances[LEADS] = {0.0};
  double ignored[LEADS] = {0.0};
  for (size_t i = 0; i < N_CELLS * N_CELLS; i++) {
    mean[i] = level;
  }
  field_runs runs = field_runs_simulate(&options, N, 50);
  fcast_field_model model = learn_all(&runs, &density, mean);
  fcast_field_model other = model;
  assert_true(model.n_tried >= 2 && model.errors.n_leads == LEADS);
  for (size_t i = 0; i < model.n_tried; i++) {
    double r2 = 0.0;
    other.state_bandwidth = model.tried_bandwidth[i];
    for (size_t run = 0; run < N; run++) {
      r2 += judge_run(&other, &runs.tracks[run], level, ignored) / N;
    }
    check_close(model.tried_r2[i], r2, 1e-12, 0.0);
    assert_true(model.tried_r2[i] > 0.5 && model.tried_standard_error[i] > 0.0);
    if (model.tried_bandwidth[i] == model.state_bandwidth) {
      for (size_t k = 0; k < model.n_tried; k++) {
        assert_true(model.tried_r2[k] <= model.tried_r2[i]);
      }
    }
  }
  for (size_t run = 0; run < N; run++) {
    (void)judge_run(&model, &runs.tracks[run], level, errors);
    expect_variance(&model, &runs.tracks[run], run, variances);
  }
  for (size_t lead = 0; lead < LEADS; lead++) {
    if (model.errors.inflation[lead] > 0.0) {
      check_close(variances[lead], errors[lead], 0.0, 1e-9);
    } else {
      assert_true(variances[lead] >= errors[lead]); /* what the state cannot show is more than that already */
    }
    const double *r2 = model.errors.expected_r2 + 3 * lead;
    assert_true(r2[0] <= r2[1] && r2[1] <= r2[2] && r2[2] <= 1.0);
  }
  assert_true(model.errors.inflation[LEADS - 1] > 0.0);
  fcast_field_model_clear(&model);
  field_runs_clear(&runs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_change_nothing),
      cmocka_unit_test(state_and_errors_are_those_of_the_forecasts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
