/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/choose.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/eigenvalues.h"
#include "cli/learn_field.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "cli/state_names.h"
#include "cli/training_moments.h"
#include "cli/training_report.h"
#include "cli/training_set.h"
#include "cli/unheeded.h"
#include "io/field_file.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/model_files.h"
#include "io/provenance.h"
#include "io/training_files.h"

#include "flockcast/mvar.h"
#include "flockcast/spectrum.h"

#include <stdio.h>

/* --- the stage --- */

/* Everything that training makes. */
typedef struct trained {
  fcast_training_set set;
  fcast_pod pod;
  fcast_mvar mvar;
  fcast_spectrum spectrum; /* of mvar: its leading eigenvalues */
  bool is_chosen;          /* a model by cross-validation too */
  fcast_chosen chosen;
  bool has_field;
  fcast_field_model field;
} trained;

enum { MOST_FILES = 9 };

typedef struct model_paths {
  char *pod, *mvar, *chosen_pod, *chosen_mvar, *selection, *field, *eigenvalues, *index, *report;
} model_paths;

static fcast_status paths_create(const char *directory, model_paths *paths, fcast_error *err) {
  paths->pod = fcast_format("%s/pod_model.npz", directory);
  paths->mvar = fcast_format("%s/mvar_model.npz", directory);
  paths->chosen_pod = fcast_format("%s/pod_selected.npz", directory);
  paths->chosen_mvar = fcast_format("%s/mvar_selected.npz", directory);
  paths->selection = fcast_format("%s/selection.csv", directory);
  paths->field = fcast_format("%s/field_model.npz", directory);
  paths->eigenvalues = fcast_format("%s/eigenvalues.csv", directory);
  paths->index = fcast_format("%s/index_mapping.csv", directory);
  paths->report = fcast_format("%s/training_metadata.json", directory);
  if (paths->pod == NULL || paths->mvar == NULL || paths->chosen_pod == NULL || paths->chosen_mvar == NULL ||
      paths->selection == NULL || paths->field == NULL || paths->eigenvalues == NULL || paths->index == NULL ||
      paths->report == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory);
  }
  return FCAST_OK;
}

static void paths_clear(model_paths *paths) {
  fcast_free(paths->pod);
  fcast_free(paths->mvar);
  fcast_free(paths->chosen_pod);
  fcast_free(paths->chosen_mvar);
  fcast_free(paths->selection);
  fcast_free(paths->field);
  fcast_free(paths->eigenvalues);
  fcast_free(paths->index);
  fcast_free(paths->report);
}

static fcast_status measure_stability(fcast_mvar *mvar, fcast_spectrum *spectrum, fcast_error *err) {
  const size_t order = mvar->lag * mvar->n_modes;
  fcast_progress progress;
  char what[96];
  (void)snprintf(what, sizeof what, "eigenvalues of order %zu", order);
  fcast_progress_begin(&progress, "MVAR", what, 0);
  const fcast_status status =
      fcast_mvar_spectrum(mvar, order < FCAST_LISTED_EIGENVALUES ? order : FCAST_LISTED_EIGENVALUES, spectrum, err);
  fcast_progress_end(&progress, false);
  mvar->spectral_radius = spectrum->radius;
  return status;
}

/* Fit the specified model and see whether it is stable. `reads`: the coefficients are not kept. */
static fcast_status fit_mvar(const fcast_config *config, bool reads, fcast_series_source *coefficients, trained *all,
                             fcast_error *err) {
  const size_t lag = (size_t)config->rom.p_lag;
  fcast_mvar *mvar = &all->mvar;
  fcast_progress progress;
  char what[96];
  (void)snprintf(what, sizeof what, "normal equations of %zu regressors", lag * all->pod.n_modes);
  fcast_progress_begin(&progress, "MVAR", reads ? "runs" : what, reads ? coefficients->n_runs : 0);
  fcast_progress_then(&progress, what);
  all->set.progress = reads ? &progress : NULL;
  coefficients->listener = (fcast_listener){fcast_progress_share, &progress};
  fcast_status status = fcast_mvar_fit(coefficients, lag, config->rom.ridge_alpha, mvar, err);
  all->set.progress = NULL;
  coefficients->listener = (fcast_listener){0};
  fcast_progress_end(&progress, false);
  if (status == FCAST_OK) {
    status = measure_stability(mvar, &all->spectrum, err);
  }
  if (status == FCAST_OK) {
    const size_t n_regressors = lag * mvar->n_modes;
    fcast_explain("MVAR", "%zu regressors (%zu modes x %zu lags) on %zu windows, %.3g windows a regressor%s",
                  n_regressors, mvar->n_modes, lag, mvar->n_windows, (double)mvar->n_windows / (double)n_regressors,
                  mvar->n_windows < 10 * n_regressors ? ": fewer than ten follow the noise" : "");
    fcast_explain("", "condition of the normal equations %.3g with rom.ridge_alpha = %g; spectral radius %.6g",
                  mvar->condition, mvar->ridge_alpha, mvar->spectral_radius);
  }
  return status;
}

static fcast_status fit(const fcast_config *config, trained *all, fcast_error *err) {
  fcast_training_set *set = &all->set;
  fcast_pod *pod = &all->pod;
  fcast_training_projection projection = {0};
  fcast_status status = fcast_training_fit_pod(set, config->rom.target_energy, pod, err);
  if (status == FCAST_OK) {
    status = fcast_training_projection_create(set, pod, &projection, err);
  }
  if (status == FCAST_OK) {
    fcast_series_source coefficients = fcast_training_projection_source(&projection);
    status = fit_mvar(config, projection.kept == NULL, &coefficients, all, err);
  }
  fcast_training_projection_clear(&projection);
  return status;
}

/* Files of one training before they have their names. */
typedef struct put_files {
  fcast_outfile files[MOST_FILES];
  size_t n;
} put_files;

/* The next file; empty until it is put. */
static fcast_outfile *next_file(put_files *out) {
  return &out->files[out->n++];
}

static fcast_status put_chosen(const model_paths *paths, const fcast_chosen *chosen, put_files *out, fcast_error *err) {
  fcast_outfile *both = &out->files[out->n];
  out->n += 2;
  const fcast_status status = fcast_chosen_put(paths->chosen_pod, paths->chosen_mvar, chosen, both, err);
  return status == FCAST_OK ? fcast_selection_put(paths->selection, &chosen->selection, next_file(out), err) : status;
}

/* global_idx,run_name,ic_type,time_idx: one line for every training snapshot. */
static fcast_status put_index_mapping(const char *path, const fcast_training_set *set, fcast_outfile *file,
                                      fcast_error *err) {
  fcast_csv csv;
  *file = (fcast_outfile){0};
  const fcast_status status = fcast_csv_begin(&csv, path, err);
  if (status != FCAST_OK) {
    return status;
  }
  size_t global_idx = 0;
  (void)fprintf(csv.stream, "global_idx,run_name,ic_type,time_idx\n");
  for (size_t run = 0; run < set->runs.n_runs; run++) {
    for (size_t frame = 0; frame < set->n_frames[run]; frame++) {
      (void)fprintf(csv.stream, "%zu,%s,%s,%zu\n", global_idx++, set->runs.names[run], set->facts[run].ic_type, frame);
    }
  }
  return fcast_csv_put(&csv, path, status, file, err);
}

/* In the order in which they are to get their names: first one that no older script writes, so that a training that was
 * killed does not look like models of theirs, which may lack a report. */
static fcast_status put_models(const model_paths *paths, const trained *all, put_files *out, fcast_error *err) {
  fcast_status status =
      fcast_eigenvalues_put(paths->eigenvalues, &all->spectrum, all->is_chosen ? &all->chosen.model : NULL,
                            all->set.interval, next_file(out), err);
  if (status == FCAST_OK) {
    status = fcast_pod_put(paths->pod, &all->pod, next_file(out), err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_put(paths->mvar, &all->mvar, next_file(out), err);
  }
  if (status == FCAST_OK && all->is_chosen) {
    status = put_chosen(paths, &all->chosen, out, err);
  }
  if (status == FCAST_OK && all->has_field) {
    status = fcast_field_put(paths->field, &all->field, next_file(out), err);
  }
  return status == FCAST_OK ? put_index_mapping(paths->index, &all->set, next_file(out), err) : status;
}

/* The report, which lists the other files. */
static fcast_status put_report(const char *path, json_t *report, put_files *out, fcast_error *err) {
  json_t *list = NULL;
  fcast_status status = fcast_training_list_files(out->files, out->n, &list, err);
  if (status == FCAST_OK && json_object_set_new(report, "files", list) != 0) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  return status == FCAST_OK ? fcast_json_put(path, report, next_file(out), err) : status;
}

/* Of an earlier training: its report, before anything else changes, and models that this one has none of. */
static fcast_status remove_earlier(const model_paths *paths, const trained *all, fcast_error *err) {
  const char *const old[] = {paths->report, all->is_chosen ? NULL : paths->chosen_mvar,
                             all->is_chosen ? NULL : paths->chosen_pod, all->is_chosen ? NULL : paths->selection,
                             all->has_field ? NULL : paths->field};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof old / sizeof old[0]; i++) {
    status = old[i] == NULL ? FCAST_OK : fcast_file_remove(old[i], err);
  }
  return status;
}

/* Everything is on disk under other names before the models of an earlier training are touched; training_metadata.json
 * goes first and comes last. */
static fcast_status write_models(const model_paths *paths, const trained *all, json_t *report, fcast_error *err) {
  put_files out = {0};
  fcast_status status = put_models(paths, all, &out, err);
  if (status == FCAST_OK) {
    status = put_report(paths->report, report, &out, err);
  }
  if (status == FCAST_OK) {
    status = remove_earlier(paths, all, err);
  }
  if (status == FCAST_OK) {
    status = fcast_outfile_commit_all(out.files, out.n, err);
  }
  for (size_t i = 0; i < out.n; i++) {
    fcast_outfile_abandon(&out.files[i]);
  }
  return status;
}

static void explain_choice(const fcast_selection *selection) {
  const fcast_candidate *best = &selection->candidates[selection->best];
  fcast_explain("",
                "judged by closed-loop forecasts of %zu runs held out in %d folds; the best had r2 %.4f +- %.4f with "
                "%zu coefficients",
                selection->n_judged, FCAST_FOLDS, best->r2, best->standard_error, best->n_parameters);
  fcast_explain("",
                selection->chosen == selection->best
                    ? "that one is taken: none simpler is within one standard error of it"
                    : "taken is the simplest one within one standard error of it, with %zu coefficients",
                selection->candidates[selection->chosen].n_parameters);
}

/* Choose a model where that is asked for, and say which. */
static fcast_status choose(const fcast_config *config, trained *all, fcast_error *err) {
  const double start = fcast_clock_monotonic();
  char reason[256] = "";
  if (config->rom.select == FCAST_SELECT_NONE) {
    return FCAST_OK;
  }
  const fcast_status status =
      fcast_choose_model(config, &all->set, &all->pod, &all->chosen, &all->is_chosen, reason, err);
  if (status == FCAST_OK && !all->is_chosen) {
    fcast_say("choose a model", "no model is chosen: %s", reason);
  } else if (status == FCAST_OK) {
    const fcast_selection *selection = &all->chosen.selection;
    const fcast_candidate *c = &selection->candidates[selection->chosen];
    fcast_say("choose a model", "of %zu: %zu %s modes of %s, lag %zu; r2 %.3f +- %.3f on held-out runs, in %.2f s",
              selection->n_candidates, c->n_modes, fcast_basis_in_words(c->basis), fcast_state_in_words(c->n_moments),
              c->lag, c->r2, c->standard_error, fcast_clock_monotonic() - start);
    explain_choice(selection);
  }
  return status;
}

/* Learn the field model where that is asked for, and say what it is. */
static fcast_status learn_field(const fcast_config *config, trained *all, fcast_error *err) {
  const double start = fcast_clock_monotonic();
  char reason[256] = "";
  if (!config->rom.field) {
    return FCAST_OK;
  }
  const fcast_status status = fcast_learn_field(&all->set, config->density.bandwidth, (size_t)config->rom.p_lag,
                                                all->pod.mean, &all->field, &all->has_field, reason, err);
  if (status == FCAST_OK && all->has_field) {
    fcast_report_field(&all->field, fcast_clock_monotonic() - start);
  } else if (status == FCAST_OK) {
    fcast_say("learn the field model", "no field model is learned: %s", reason);
  }
  return status;
}

static void report_training(const trained *all, double start) {
  fcast_say("train POD and MVAR", "%zu runs, %zu frames: %zu modes (energy %.4f), lag %zu, train r2 %.4f, in %.2f s",
            all->set.runs.n_runs, all->set.n_frames_total, all->pod.n_modes, all->pod.energy, all->mvar.lag,
            all->mvar.train_r2, fcast_clock_monotonic() - start);
}

/* Write everything into the directory, which is made. */
static fcast_status write_all(const fcast_config *config, const trained *all, const char *output_dir,
                              json_t *provenance, fcast_error *err) {
  model_paths paths = {0};
  json_t *report = fcast_training_report(config, &all->set, &all->pod, &all->mvar, all->is_chosen ? &all->chosen : NULL,
                                         all->has_field ? &all->field : NULL, provenance);
  fcast_status status = report == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir) : FCAST_OK;
  if (status == FCAST_OK) {
    status = fcast_directory_make(output_dir, err);
    fcast_directory_sweep(output_dir);
  }
  if (status == FCAST_OK) {
    status = paths_create(output_dir, &paths, err);
  }
  if (status == FCAST_OK) {
    status = write_models(&paths, all, report, err);
  }
  json_decref(report);
  paths_clear(&paths);
  return status;
}

/* Fourier modes leave out the mean density, and roots are scaled to the mass of the last known frame: neither goes with
 * agents that come and go. What is asked for outright is refused, and what is left to the program falls on POD modes.
 */
static fcast_status adapt_to_runs(const fcast_training_set *set, fcast_config *config, fcast_error *err) {
  bool comes_and_goes = false;
  for (size_t i = 0; i < set->runs.n_runs; i++) {
    comes_and_goes = comes_and_goes || set->facts[i].comes_and_goes;
  }
  if (!comes_and_goes) {
    return FCAST_OK;
  }
  const char *refused = config->rom.basis == FCAST_CHOOSE_FOURIER       ? "rom.basis: found fourier"
                        : config->rom.align == FCAST_ALIGN_SHIFT        ? "rom.align: found shift"
                        : config->rom.transform != FCAST_TRANSFORM_NONE ? "rom.transform: found sqrt"
                                                                        : NULL;
  if (refused != NULL) {
    return fcast_fail(err, FCAST_E_CONFIG, "%s for runs whose number of agents changes, expected %s", refused,
                      config->rom.basis == FCAST_CHOOSE_FOURIER ? "auto or pod" : "none");
  }
  config->rom.basis = FCAST_CHOOSE_POD;
  return FCAST_OK;
}

fcast_status fcast_stage_train(const fcast_config *given, const char *train_dir, const char *output_dir, size_t n_train,
                               fcast_error *err) {
  const double start_wall = fcast_clock_wall();
  const double start_monotonic = fcast_clock_monotonic();
  trained all = {0};
  fcast_config adapted = *given;
  const fcast_config *config = &adapted;
  fcast_status status = fcast_file_exists(output_dir)
                            ? fcast_fail(err, FCAST_E_IO, "%s: is a file, expected a directory or nothing", output_dir)
                            : fcast_training_set_open(train_dir, n_train, &all.set, err);
  if (status == FCAST_OK) {
    status = adapt_to_runs(&all.set, &adapted, err);
  }
  if (status == FCAST_OK) {
    status = fit(config, &all, err);
  }
  if (status == FCAST_OK) {
    report_training(&all, start_monotonic);
    status = choose(config, &all, err);
  }
  if (status == FCAST_OK) {
    status = learn_field(config, &all, err);
  }
  if (status == FCAST_OK) {
    status = write_all(config, &all, output_dir, fcast_provenance_json(start_wall, start_monotonic), err);
  }
  fcast_spectrum_clear(&all.spectrum);
  fcast_field_model_clear(&all.field);
  fcast_chosen_clear(&all.chosen);
  fcast_mvar_clear(&all.mvar);
  fcast_pod_clear(&all.pod);
  fcast_training_set_close(&all.set);
  return status;
}

/* --- the command --- */

/* How many runs to ask for: --n_train, else what the configuration says outright, else whatever is there. */
static fcast_status wanted_runs(const fcast_arguments *arguments, size_t *n_train, fcast_error *err) {
  const char *text = fcast_argument(arguments, "n_train");
  int64_t number = arguments->config.n_train_given ? arguments->config.ensemble.n_train : 0;
  if (text != NULL && (!fcast_parse_int64(text, &number) || number < 1)) {
    return fcast_fail(err, FCAST_E_ARG, "--n_train: found '%s', expected an integer of at least 1", text);
  }
  *n_train = (size_t)number;
  return FCAST_OK;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  size_t n_train = 0;
  const char *output_dir = fcast_argument(arguments, "output_dir");
  fcast_status status = wanted_runs(arguments, &n_train, err);
  if (status == FCAST_OK) {
    status = fcast_stage_train(&arguments->config, fcast_argument(arguments, "train_dir"), output_dir, n_train, err);
  }
  return status == FCAST_OK ? fcast_unheeded_say(arguments, output_dir, err) : status;
}

static const fcast_option options[] = {
    {"train_dir", "DIR", "the directory that holds train_000, train_001, ...", NULL, true},
    {"output_dir", "DIR", "where the models go", NULL, true},
    {"n_train", "N",
     "train on the first N runs (default: ensemble.n_train where the configuration sets it, else all that are there)",
     NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast train --train_dir oscar_outputs/training --output_dir oscar_outputs/models",
     "train on all runs that are there"},
    {"flockcast train --train_dir oscar_outputs/training --output_dir oscar_outputs/models --set rom.select=none --set "
     "rom.field=false",
     "the specified model alone"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"pod_model.npz, mvar_model.npz", "the model as it was specified"},
    {"pod_selected.npz, mvar_selected.npz, selection.csv",
     "the model chosen by cross-validation, and all that were tried"},
    {"field_model.npz", "the law of motion, learned from the tracks"},
    {"eigenvalues.csv", "leading eigenvalues of the models"},
    {"index_mapping.csv", "which run and frame every training snapshot is"},
    {"training_metadata.json",
     "what was trained on what, which files belong to it, and provenance; removed first and written last"},
    {NULL, NULL},
};

static const char *const see_also[] = {"simulate", "local", NULL};

const fcast_command fcast_command_train = {
    .name = "train",
    .summary = "learn POD, MVAR, a chosen and a field model from training runs",
    .about =
        "Reads density.npz of every training run and writes pod_model.npz, mvar_model.npz, eigenvalues.csv,\n"
        "index_mapping.csv and training_metadata.json; unless rom.select is none, also the model that forecasts best "
        "by cross-validation\n"
        "over the runs: pod_selected.npz, mvar_selected.npz and selection.csv; unless rom.field is false, the field "
        "model\n"
        "learned from the tracks: field_model.npz. A run that is missing or not whole, "
        "that is\n"
        "not the one its directory is named after, or that is there twice is an error: nothing is left out in silence.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
