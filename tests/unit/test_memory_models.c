/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out where the chosen model and the field model are learned, searched for and asked for forecasts
 * with their variance.
 */
#include "failing_memory.h"
#include "small_inputs.h"

#include <math.h>

static fcast_status use_pod_truncate(fcast_error *err) {
  fcast_pod made;
  const fcast_status status = fcast_pod_truncate(&small.pod, 2, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_fourier_create(fcast_error *err) {
  fcast_fourier made;
  const fcast_status status = fcast_fourier_create(4, 4, 15.0, 15.0, 0.5, &made, err);
  fcast_fourier_clear(&made);
  return status;
}

static fcast_status use_from_waves(fcast_error *err) {
  const fcast_fourier *fourier = &small.chosen_fourier.model.state.fourier;
  fcast_fourier made;
  const fcast_status status = fcast_fourier_from_waves(fourier->waves, fourier->n_waves, 4, 4, 15.0, 15.0, &made, err);
  fcast_fourier_clear(&made);
  return status;
}

static fcast_status use_fourier_basis(fcast_error *err) {
  fcast_pod made;
  const fcast_status status = fcast_fourier_basis(&small.chosen_fourier.model.state.fourier, 4, 1.0, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_fourier_project(fcast_error *err) {
  double made[SMALL_N_FRAMES * 4];
  return fcast_fourier_project(&small.chosen_fourier.model.state.fourier, 4, small.series, SMALL_N_FRAMES, made, err);
}

static fcast_status use_state_fit(fcast_error *err) {
  const fcast_series_source source = small_many_runs(SMALL_N_GIVEN);
  fcast_state made;
  const fcast_status status = fcast_state_fit_pod(&source, SMALL_N_MOMENTS, &small.pod, 4, &made, err);
  fcast_state_clear(&made);
  return status;
}

static fcast_status use_state_project(fcast_error *err) {
  double made[2 * SMALL_N_GIVEN * SMALL_N_SPACE];
  const fcast_status status = fcast_state_project(&small.chosen_pod.model.state, small.series, 2, made, err);
  return status == FCAST_OK ? fcast_state_project(&small.chosen_fourier.model.state, small.series, 2, made, err)
                            : status;
}

static fcast_status use_state_source(fcast_error *err) {
  const fcast_series_source source = small_many_runs(SMALL_N_GIVEN);
  fcast_state_projection projection = {&source, &small.chosen_pod.model.state};
  const fcast_series_source states = fcast_state_source(&projection);
  double made[SMALL_N_FEW_FRAMES * SMALL_N_GIVEN * SMALL_N_SPACE];
  return states.read(states.context, 0, 1, made, err);
}

static fcast_status use_selection_create(fcast_error *err) {
  fcast_selection made;
  const fcast_status status = fcast_selection_create(small.n_frames, SMALL_N_RUNS, SMALL_LAG, &made, err);
  fcast_selection_clear(&made);
  return status;
}

static fcast_status use_shell_sums(fcast_error *err) {
  const fcast_series_source source = small_many_runs(SMALL_N_GIVEN);
  fcast_shell_sums made;
  const fcast_status status =
      fcast_shell_sums_collect(&source, SMALL_N_MOMENTS, &small.chosen_fourier.model.state.fourier, small.pod.mean,
                               SMALL_LAG, &small.selection, &made, err);
  fcast_shell_sums_clear(&made);
  return status;
}

/* A search without an error is the search without a shortage. */
static void check_same_search(const fcast_selection *made, double *first_sum) {
  double sum = 0.0;
  for (size_t i = 0; i < made->n_candidates; i++) {
    sum += made->candidates[i].r2 + made->candidates[i].aic;
  }
  *first_sum = *first_sum == 0.0 ? sum : *first_sum;
  assert_true(isfinite(sum) && sum == *first_sum);
}

static fcast_status use_search_fourier(fcast_error *err) {
  fcast_selection made;
  fcast_status status =
      fcast_selection_create(small_many_runs(SMALL_N_GIVEN).n_frames, SMALL_N_MANY, SMALL_LAG, &made, err);
  if (status == FCAST_OK) {
    status = fcast_search_fourier(&small.sums, &small.chosen_fourier.model.state.fourier, &small_space, SMALL_N_MANY,
                                  &made, err);
  }
  if (status == FCAST_OK) {
    static double sum;
    check_same_search(&made, &sum);
  }
  fcast_selection_clear(&made);
  return status;
}

static fcast_status use_fit_fourier(fcast_error *err) {
  const fcast_candidate candidate = {.basis = FCAST_BASIS_FOURIER,
                                     .n_moments = SMALL_N_MOMENTS,
                                     .n_modes = small.chosen_fourier.model.state.n_modes,
                                     .lag = SMALL_LAG,
                                     .ridge_alpha = 1.0};
  double values[SMALL_N_SPACE];
  double covariance[SMALL_N_SPACE * 4];
  fcast_mvar made;
  const fcast_status status = fcast_fit_fourier(&small.sums, &small.chosen_fourier.model.state.fourier, &candidate,
                                                FCAST_FOLDS, true, &made, values, covariance, err);
  fcast_mvar_clear(&made);
  return status;
}

static fcast_status use_aligned(fcast_error *err) {
  const fcast_series_source source = small_many_runs(1);
  const fcast_fourier *fourier = &small.chosen_fourier.model.state.fourier;
  const fcast_candidate candidate = {.basis = FCAST_BASIS_ALIGNED, .n_modes = 2, .lag = SMALL_LAG, .ridge_alpha = 1.0};
  fcast_aligned_runs runs;
  fcast_selection made = {0};
  fcast_state state = {0};
  fcast_mvar law = {0};
  fcast_status status = fcast_aligned_runs_collect(&source, fourier, small.pod.mean, &runs, err);
  if (status == FCAST_OK) {
    status = fcast_selection_create(source.n_frames, SMALL_N_MANY, SMALL_LAG, &made, err);
  }
  if (status == FCAST_OK) {
    status = fcast_search_aligned(&runs, fourier, &small_space, &made, err);
  }
  if (status == FCAST_OK) {
    static double sum;
    check_same_search(&made, &sum);
  }
  if (status == FCAST_OK) {
    status = fcast_fit_aligned(&runs, fourier, 1.0, &candidate, &state, &law, err);
  }
  fcast_mvar_clear(&law);
  fcast_state_clear(&state);
  fcast_selection_clear(&made);
  fcast_aligned_runs_clear(&runs);
  return status;
}

static fcast_status search_pod(const fcast_series_source *source, double *sum, fcast_error *err) {
  fcast_selection made;
  fcast_status status = fcast_selection_create(source->n_frames, source->n_runs, SMALL_LAG, &made, err);
  if (status == FCAST_OK) {
    status = fcast_search_pod(source, 0, &small.pod, &small_space, &made, err);
  }
  if (status == FCAST_OK) {
    check_same_search(&made, sum);
  }
  fcast_selection_clear(&made);
  return status;
}

static fcast_status use_search_pod_many_frames(fcast_error *err) {
  const fcast_series_source source = small_many_runs(1);
  static double sum;
  return search_pod(&source, &sum, err);
}

/* As many frames as cells: every fold has a basis of its own. */
static fcast_status use_search_pod_few_frames(fcast_error *err) {
  static size_t short_runs[3] = {5, 5, 6};
  static fcast_memory_series held;
  held = (fcast_memory_series){.values = small.series, .n_frames = short_runs, .width = SMALL_N_SPACE};
  const fcast_series_source source = fcast_memory_source(&held, 3);
  static double sum;
  return search_pod(&source, &sum, err);
}

static fcast_status use_latent_forecast(fcast_error *err) {
  double made[3 * SMALL_N_SPACE];
  const fcast_status status = fcast_latent_forecast(&small.chosen_pod.model, small.series, 1, SMALL_LAG, 3, made, err);
  return status == FCAST_OK
             ? fcast_latent_forecast(&small.chosen_fourier.model, small.series, 1, SMALL_LAG, 3, made, err)
             : status;
}

static fcast_status use_residual_covariance(fcast_error *err) {
  double covariance[SMALL_N_SPACE * SMALL_N_SPACE];
  const fcast_series_source source = small_source(small.pod.n_modes, SMALL_N_RUNS);
  return fcast_mvar_residual_covariance(&source, &small.mvar, covariance, err);
}

static fcast_status use_forecast_covariance(fcast_error *err) {
  static double covariance[SMALL_N_SPACE * SMALL_N_SPACE];
  static double found[3 * SMALL_N_SPACE * SMALL_N_SPACE];
  return fcast_mvar_forecast_covariance(&small.mvar, covariance, 3, found, err);
}

static fcast_status use_latent_variance(fcast_error *err) {
  static double covariance[9 * SMALL_N_SPACE * SMALL_N_SPACE];
  double variance[3];
  const fcast_status status = fcast_latent_variance(&small.chosen_pod.model, covariance, 3, variance, err);
  return status == FCAST_OK ? fcast_latent_variance(&small.chosen_fourier.model, covariance, 3, variance, err) : status;
}

static fcast_status use_uncertainty_create(fcast_error *err) {
  fcast_uncertainty made;
  const fcast_status status = fcast_uncertainty_create(&small.chosen_pod.model.state, 3, &made, err);
  fcast_uncertainty_clear(&made);
  return status;
}

static fcast_status use_radial_create(fcast_error *err) {
  fcast_radial made;
  const fcast_status status = fcast_radial_create(4, 0.1, &made, err);
  fcast_radial_clear(&made);
  return status;
}

static fcast_status use_field_errors_create(fcast_error *err) {
  fcast_field_errors made;
  const fcast_status status = fcast_field_errors_create(4, &made, err);
  fcast_field_errors_clear(&made);
  return status;
}

static fcast_status use_field_plan(fcast_error *err) {
  fcast_field_plan *made = NULL;
  const fcast_status status = fcast_field_plan_create(&small.field, &made, err);
  fcast_field_plan_destroy(made);
  return status;
}

static fcast_status use_field_forecast(fcast_error *err) {
  double made[2 * SMALL_N_SPACE];
  double polarization[2];
  return fcast_field_forecast(small.field_plan, &small.tracks, 0, 2, made, polarization, err);
}

static fcast_status use_field_reconstruct(fcast_error *err) {
  double made[SMALL_N_SPACE];
  return fcast_field_reconstruct(small.field_plan, &small.tracks, 0, made, err);
}

static fcast_status use_field_spread(fcast_error *err) {
  double made[2 * SMALL_N_SPACE];
  double polarization[2];
  return fcast_field_spread(small.field_plan, &small.tracks, 0, 2, 2, 0, made, polarization, err);
}

/* The density of the box of the few runs. */
static fcast_density_options few_density(void) {
  fcast_density_options density = small.config.density;
  density.box_x = density.box_y = 4.0;
  return density;
}

static fcast_status use_field_learn(fcast_error *err) {
  fcast_field_model made;
  const fcast_density_options density = few_density();
  const fcast_tracks_source source = field_runs_source(&small.few_runs);
  const fcast_status status = fcast_field_learn(&source, &density, &made, err);
  fcast_field_model_clear(&made);
  return status;
}

/* A copy of the model's numbers for the box of the few runs; it borrows the kernels. */
static fcast_field_model few_model(void) {
  fcast_field_model model = small.field;
  model.density = few_density();
  model.alignment.width = model.force.width = 0.1;
  model.state_bandwidth = 0.7;
  model.errors = (fcast_field_errors){0};
  return model;
}

static fcast_status use_field_choose_state(fcast_error *err) {
  static const double mean[SMALL_N_SPACE];
  fcast_field_model model = few_model();
  const fcast_tracks_source source = field_runs_source(&small.few_runs);
  return fcast_field_choose_state(&source, SMALL_LAG, mean, &model, err);
}

static fcast_status use_field_measure_errors(fcast_error *err) {
  static const double mean[SMALL_N_SPACE];
  fcast_field_model model = few_model();
  const fcast_tracks_source source = field_runs_source(&small.few_runs);
  const fcast_status status = fcast_field_measure_errors(&source, SMALL_LAG, mean, &model, err);
  fcast_field_errors_clear(&model.errors);
  return status;
}

static const failing_use uses[] = {
    {"fcast_pod_truncate", use_pod_truncate, 1},
    {"fcast_fourier_create", use_fourier_create, 1},
    {"fcast_fourier_from_waves", use_from_waves, 1},
    {"fcast_fourier_basis", use_fourier_basis, 1},
    {"fcast_fourier_project", use_fourier_project, 1},
    {"fcast_state_fit_pod", use_state_fit, 1},
    {"fcast_state_project", use_state_project, 1},
    {"fcast_state_source", use_state_source, 1},
    {"fcast_selection_create", use_selection_create, 1},
    {"fcast_shell_sums_collect", use_shell_sums, 1},
    {"fcast_search_fourier", use_search_fourier, 1},
    {"fcast_fit_fourier", use_fit_fourier, 1},
    {"fcast_aligned_runs_collect, fcast_search_aligned, fcast_fit_aligned", use_aligned, 1},
    {"fcast_search_pod, more frames than cells", use_search_pod_many_frames, 1},
    {"fcast_search_pod, fewer frames than cells", use_search_pod_few_frames, 1},
    {"fcast_latent_forecast", use_latent_forecast, 1},
    {"fcast_mvar_residual_covariance", use_residual_covariance, 1},
    {"fcast_mvar_forecast_covariance", use_forecast_covariance, 1},
    {"fcast_latent_variance", use_latent_variance, 1},
    {"fcast_uncertainty_create", use_uncertainty_create, 1},
    {"fcast_radial_create", use_radial_create, 1},
    {"fcast_field_errors_create", use_field_errors_create, 1},
    {"fcast_field_plan_create", use_field_plan, 1},
    {"fcast_field_forecast", use_field_forecast, 1},
    {"fcast_field_reconstruct", use_field_reconstruct, 1},
    {"fcast_field_spread", use_field_spread, 1},
    {"fcast_field_learn", use_field_learn, 701},
    {"fcast_field_choose_state", use_field_choose_state, 7},
    {"fcast_field_measure_errors", use_field_measure_errors, 17},
};

static void test_every_allocation_may_fail(void **state) {
  (void)state;
  failing_memory_try(uses, sizeof uses / sizeof uses[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, small_inputs_make, small_inputs_clear);
}
