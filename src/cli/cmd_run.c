/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/figure_files.h"
#include "cli/stages.h"
#include "io/file.h"
#include "io/provenance.h"

/* The directories of the workflow under oscar_dir. */
typedef struct workflow_paths {
  char *training, *test, *models;
} workflow_paths;

static fcast_status simulate_and_train(const fcast_config *config, const char *oscar_dir, const workflow_paths *paths,
                                       fcast_error *err) {
  const fcast_ensemble_options *ensemble = &config->ensemble;
  fcast_status status =
      fcast_stage_spare_others(config, FCAST_MODE_TRAIN, 0, ensemble->n_train - 1, paths->training, err);
  if (status == FCAST_OK) {
    status = fcast_stage_spare_others(config, FCAST_MODE_TEST, 0, ensemble->m_test - 1, paths->test, err);
  }
  if (status == FCAST_OK) {
    status = fcast_stage_write_config(config, oscar_dir, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  status = fcast_stage_simulate(config, FCAST_MODE_TRAIN, 0, ensemble->n_train - 1, paths->training, false, err);
  if (status == FCAST_OK) {
    status = fcast_stage_simulate(config, FCAST_MODE_TEST, 0, ensemble->m_test - 1, paths->test, true, err);
  }
  return status == FCAST_OK ? fcast_stage_train(config, paths->training, paths->models, (size_t)ensemble->n_train, err)
                            : status;
}

fcast_status fcast_stage_check_frames(const fcast_config *config, fcast_error *err) {
  const fcast_simulate_options test = fcast_config_run_options(config, true, 0, 0);
  const size_t n_training = fcast_simulate_n_frames(&config->simulate);
  const size_t n_test = fcast_simulate_n_frames(&test);
  const size_t n_frames = n_training < n_test ? n_training : n_test;
  return n_frames > (size_t)config->rom.p_lag
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_CONFIG,
                          "rom.p_lag: found %lld, expected less than the frames of a run, %zu (sim.T, sim.dt, "
                          "sim.save_every, ensemble.test_T)",
                          (long long)config->rom.p_lag, n_frames);
}

/* What is known to fail at the end is said before the start. */
static fcast_status check_plan(const fcast_arguments *arguments, fcast_error *err) {
  const char *output_dir = fcast_argument(arguments, "output_dir");
  fcast_figure_formats formats;
  fcast_status status = fcast_figure_formats_parse(fcast_argument(arguments, "formats"), &formats, err);
  if (status == FCAST_OK) {
    status = fcast_stage_check_frames(&arguments->config, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (fcast_file_exists(output_dir)) {
    return fcast_fail(err, FCAST_E_IO, "%s: is a file, expected a directory or nothing", output_dir);
  }
  return FCAST_OK;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const double start = fcast_clock_monotonic();
  const char *oscar_dir = fcast_argument(arguments, "oscar_dir");
  const workflow_paths paths = {.training = fcast_format("%s/training", oscar_dir),
                                .test = fcast_format("%s/test", oscar_dir),
                                .models = fcast_format("%s/models", oscar_dir)};
  fcast_status status = check_plan(arguments, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  if (paths.training == NULL || paths.test == NULL || paths.models == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
  } else {
    status = simulate_and_train(&arguments->config, oscar_dir, &paths, err);
  }
  if (status == FCAST_OK) {
    const fcast_local_options local = {
        .command = arguments->command->name,
        .as_json = arguments->wants_json,
        .oscar_dir = oscar_dir,
        .output_dir = fcast_argument(arguments, "output_dir"),
        .n_test = (size_t)arguments->config.ensemble.m_test,
        .formats = fcast_argument(arguments, "formats"),
        .workflow_start = start,
    };
    status = fcast_stage_local(&local, err);
  }
cleanup:
  fcast_free(paths.training);
  fcast_free(paths.test);
  fcast_free(paths.models);
  return status;
}

static const fcast_option options[] = {
    {"oscar_dir", "DIR", "where runs and models go", "oscar_outputs", false},
    {"output_dir", "DIR", "where tables, figures and films go", "outputs/local_pipeline", false},
    FCAST_FORMATS_OPTION,
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast run --set ensemble.n_train=200 --set rom.target_energy=0.9", "the whole workflow with fewer modes"},
    {"flockcast run --config configs/flock.yml --oscar_dir flock --output_dir flock_figures",
     "another regime, in directories of its own"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"oscar_outputs/", "runs and models, as simulate and train write them"},
    {"oscar_outputs/config.yml", "the configuration, every key"},
    {"outputs/local_pipeline/", "tables, figures and films, as local writes them"},
    {NULL, NULL},
};

static const char *const see_also[] = {"simulate", "train", "local", "config", NULL};

const fcast_command fcast_command_run = {
    .name = "run",
    .summary = "everything on this machine: simulate, train, predict, score, draw",
    .about = "Simulates the training and test runs, trains the POD and MVAR models, forecasts the test runs, scores "
             "and draws\n"
             "them. Ends by saying how good the forecast was and where to look.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
