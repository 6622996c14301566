/* SPDX-License-Identifier: MIT */
#include "small_inputs.h"

#include "io/field_file.h"
#include "io/file.h"
#include "io/model_files.h"
#include "io/pickle.h"
#include "io/run_files.h"

#include <string.h>

small_inputs small = {.n_frames = {SMALL_N_FRAMES, SMALL_N_FRAMES}};

static const double alphas[] = {1.0};
const fcast_search_space small_space = {
    .n_known = SMALL_LAG, .largest_moments = SMALL_N_MOMENTS, .n_alphas = 1, .alphas = alphas};

const char *small_path(const char *name) {
  static char path[SCRATCH_PATH];
  return scratch_path(small.directory, name, path);
}

const char *small_second_path(const char *name) {
  static char path[SCRATCH_PATH];
  return scratch_path(small.directory, name, path);
}

fcast_status small_write_chosen(const char *pod_path, const char *mvar_path, const fcast_chosen *chosen,
                                fcast_error *err) {
  fcast_outfile files[2];
  const fcast_status status = fcast_chosen_put(pod_path, mvar_path, chosen, files, err);
  return status == FCAST_OK ? fcast_outfile_commit_all(files, 2, err) : status;
}

fcast_series_source small_source(size_t width, size_t n_runs) {
  static fcast_memory_series held;
  held = (fcast_memory_series){.values = small.series, .n_frames = small.n_frames, .width = width};
  return fcast_memory_source(&held, n_runs);
}

fcast_series_source small_many_runs(size_t n_fields) {
  static double values[SMALL_N_MANY * SMALL_N_FEW_FRAMES * SMALL_N_GIVEN * SMALL_N_SPACE];
  static size_t lengths[SMALL_N_MANY];
  static fcast_memory_series held;
  uint64_t random = 8;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    values[i] = test_uniform(&random);
  }
  for (size_t run = 0; run < SMALL_N_MANY; run++) {
    lengths[run] = SMALL_N_FEW_FRAMES;
  }
  held = (fcast_memory_series){.values = values, .n_frames = lengths, .width = n_fields * SMALL_N_SPACE};
  return fcast_memory_source(&held, SMALL_N_MANY);
}

fcast_limit small_limit(void) {
  return (fcast_limit){.n_members = 1,
                       .n_known = SMALL_LAG,
                       .n_frames = SMALL_N_FRAMES - SMALL_LAG,
                       .ny = small.fields.ny,
                       .nx = small.fields.nx,
                       .rho = small.fields.rho + SMALL_LAG * SMALL_N_SPACE,
                       .times = small.fields.times + SMALL_LAG};
}

/* The chosen model of Fourier modes, of density and momentum, and the search that it may come from. */
static void make_chosen_fourier(const fcast_series_source *given) {
  fcast_error err = {FCAST_OK, ""};
  fcast_chosen *chosen = &small.chosen_fourier;
  fcast_state *made = &chosen->model.state;
  check_ok(fcast_selection_create(given->n_frames, SMALL_N_MANY, SMALL_LAG, &small.selection, &err), &err);
  check_ok(fcast_fourier_create(4, 4, 15.0, 15.0, 0.0, &made->fourier, &err), &err);
  check_ok(fcast_shell_sums_collect(given, SMALL_N_MOMENTS, &made->fourier, small.pod.mean, SMALL_LAG, &small.selection,
                                    &small.sums, &err),
           &err);
  check_ok(fcast_selection_create(given->n_frames, SMALL_N_MANY, SMALL_LAG, &chosen->selection, &err), &err);
  check_ok(fcast_search_fourier(&small.sums, &made->fourier, &small_space, SMALL_N_MANY, &chosen->selection, &err),
           &err);
  check_ok(fcast_selection_decide(&chosen->selection, &err), &err);
  made->basis = FCAST_BASIS_FOURIER;
  made->n_moments = SMALL_N_MOMENTS;
  made->n_fields = 1 + SMALL_N_MOMENTS;
  made->n_modes = 2 * made->fourier.n_waves;
  memcpy(made->scale, small.sums.scale, made->n_fields * sizeof made->scale[0]);
  check_ok(fcast_fourier_basis(&made->fourier, made->n_modes, 1.0, &made->pods[0], &err), &err);
  const fcast_candidate all_modes = {.basis = FCAST_BASIS_FOURIER,
                                     .n_moments = SMALL_N_MOMENTS,
                                     .n_modes = made->n_modes,
                                     .lag = SMALL_LAG,
                                     .ridge_alpha = 1};
  check_ok(fcast_fit_fourier(&small.sums, &made->fourier, &all_modes, FCAST_FOLDS, false, &chosen->model.mvar,
                             made->pods[0].singular_values, NULL, &err),
           &err);
  chosen->box_x = chosen->box_y = 15.0;
}

/* The same of POD modes; its search is of the density alone. */
static void make_chosen_pod(const fcast_series_source *given) {
  fcast_error err = {FCAST_OK, ""};
  fcast_chosen *chosen = &small.chosen_pod;
  fcast_state_projection projection = {given, &chosen->model.state};
  check_ok(fcast_state_fit_pod(given, SMALL_N_MOMENTS, &small.pod, small.pod.n_modes, &chosen->model.state, &err),
           &err);
  const fcast_series_source states = fcast_state_source(&projection);
  check_ok(fcast_mvar_fit(&states, SMALL_LAG, 1.0, &chosen->model.mvar, &err), &err);
  check_ok(fcast_selection_create(given->n_frames, SMALL_N_MANY, SMALL_LAG, &chosen->selection, &err), &err);
  const fcast_series_source density = small_many_runs(1);
  check_ok(fcast_search_pod(&density, 0, &small.pod, &small_space, &chosen->selection, &err), &err);
  check_ok(fcast_selection_decide(&chosen->selection, &err), &err);
}

static void make_field(void) {
  fcast_error err = {FCAST_OK, ""};
  fcast_simulate_options options = small.config.simulate;
  options.total_time = 0.4;
  options.box_x = options.box_y = 4.0;
  small.few_runs = field_runs_simulate(&options, 2, 5);
  small.field = field_model_make(&small.config.density, 2, 3.0, 4.0);
  field_model_push(&small.field, FCAST_FIELD_STEERING, 4.0, 1.0);
  check_ok(fcast_field_errors_create(3, &small.field.errors, &err), &err);
  check_ok(fcast_field_plan_create(&small.field, &small.field_plan, &err), &err);
}

static void make_config(void) {
  fcast_error err = {FCAST_OK, ""};
  fcast_config_default(&small.config);
  small.config.simulate.n_agents = 6;
  small.config.simulate.total_time = 1.1;
  small.config.density.nx = small.config.density.ny = 4;
  small.config.density.bandwidth = 1;
  check_ok(fcast_config_check(&small.config, &err), &err);
  small.config_json = fcast_config_json(&small.config);
  check_ok(fcast_pickle_write(small.config_json, &small.pickle, &small.n_pickle, &err), &err);
  char *yaml = fcast_config_yaml(&small.config);
  check_ok(fcast_file_write(small_path("config.yml"), yaml, strlen(yaml), &err), &err);
  fcast_free(yaml);
}

/* A run, in memory and as files. */
static void make_run(void) {
  fcast_error err = {FCAST_OK, ""};
  const fcast_npz_format format = {0};
  scratch_path(small.directory, "test_000", small.run_directory);
  check_ok(fcast_simulate(&small.config.simulate, FCAST_IC_RING, 3, &small.tracks, &err), &err);
  check_ok(fcast_density_estimate(&small.tracks, &small.config.density, &small.fields, &err), &err);
  check_ok(fcast_order_params_compute(&small.tracks, 15.0, 15.0, FCAST_PERIODIC, &small.order, &err), &err);
  small.metadata = json_pack("{s:s, s:s, s:O}", "run_name", "test_000", "ic_type", "ring", "config", small.config_json);
  assert_non_null(small.metadata);
  check_ok(fcast_run_write(small.run_directory, format, &small.tracks, &small.fields, &small.order, small.config_json,
                           small.metadata, &err),
           &err);
  const fcast_limit limit = small_limit();
  check_ok(fcast_run_write_limit(small.run_directory, format, &limit, &err), &err);
}

static void make_models(void) {
  fcast_error err = {FCAST_OK, ""};
  uint64_t random = 7;
  for (size_t i = 0; i < sizeof small.series / sizeof small.series[0]; i++) {
    small.series[i] = test_uniform(&random);
  }
  const fcast_series_source frames = small_source(SMALL_N_SPACE, SMALL_N_RUNS);
  check_ok(fcast_pod_fit(&frames, 0.9, &small.pod, &err), &err);
  const fcast_series_source coefficients = small_source(small.pod.n_modes, SMALL_N_RUNS);
  check_ok(fcast_mvar_fit(&coefficients, SMALL_LAG, 1.0, &small.mvar, &err), &err);
  const fcast_series_source given = small_many_runs(SMALL_N_GIVEN);
  make_chosen_fourier(&given);
  make_chosen_pod(&given);
  make_field();
}

static void write_models(void) {
  fcast_error err = {FCAST_OK, ""};
  check_ok(fcast_pod_write(small_path("pod.npz"), &small.pod, &err), &err);
  check_ok(fcast_mvar_write(small_path("mvar.npz"), &small.mvar, &err), &err);
  check_ok(small_write_chosen(small_path("pod_p.npz"), small_second_path("mvar_p.npz"), &small.chosen_pod, &err), &err);
  check_ok(small_write_chosen(small_path("pod_f.npz"), small_second_path("mvar_f.npz"), &small.chosen_fourier, &err),
           &err);
  check_ok(fcast_field_write(small_path("field_model.npz"), &small.field, &err), &err);
}

int small_inputs_make(void **state) {
  (void)state;
  scratch_make(small.directory);
  make_config();
  make_run();
  make_models();
  write_models();
  return 0;
}

int small_inputs_clear(void **state) {
  (void)state;
  fcast_free(small.pickle);
  json_decref(small.metadata);
  json_decref(small.config_json);
  fcast_chosen_clear(&small.chosen_pod);
  fcast_chosen_clear(&small.chosen_fourier);
  fcast_selection_clear(&small.selection);
  fcast_shell_sums_clear(&small.sums);
  fcast_field_plan_destroy(small.field_plan);
  fcast_field_model_clear(&small.field);
  field_runs_clear(&small.few_runs);
  fcast_mvar_clear(&small.mvar);
  fcast_pod_clear(&small.pod);
  fcast_order_params_clear(&small.order);
  fcast_fields_clear(&small.fields);
  fcast_tracks_clear(&small.tracks);
  scratch_remove(small.directory);
  return 0;
}
