/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cluster/ensemble.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/model_files.h"
#include "io/npz.h"
#include "io/run_files.h"

#include "flockcast/array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Mass may differ from frame to frame by rounding, more so in float32 files. Only in a periodic box: at walls the
 * kernel repeats the edge cell, as SciPy does, and mass depends on how many agents are near them. */
static const double mass_tolerance = 1e-5;

static bool ends_with(const char *text, const char *suffix) {
  const size_t length = strlen(text);
  const size_t suffix_length = strlen(suffix);
  return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/* --- one file --- */

static fcast_status check_npz(const char *path, fcast_error *err) {
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  for (size_t i = 0; status == FCAST_OK && i < fcast_npz_n_members(npz); i++) {
    const char *name = fcast_npz_member_name(npz, i);
    fcast_npy_info info;
    double *values = NULL;
    json_t *object = NULL;
    status = fcast_npz_info(npz, name, &info, err);
    if (status == FCAST_OK && strcmp(info.type, "|O") == 0) {
      status = fcast_npz_read_object(npz, name, &object, err);
    } else if (status == FCAST_OK) {
      status = fcast_npz_read(npz, name, NULL, &values, err);
    }
    json_decref(object);
    fcast_free(values);
  }
  fcast_npz_close(npz);
  return status;
}

static fcast_status check_json(const char *path, fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_json_read(path, &value, err);
  json_decref(value);
  return status;
}

static fcast_status check_file(const char *path, fcast_error *err) {
  if (ends_with(path, ".npz")) {
    return check_npz(path, err);
  }
  if (ends_with(path, ".json")) {
    return check_json(path, err);
  }
  return fcast_fail(err, FCAST_E_ARG, "%s: expected a directory, an .npz or a .json file", path);
}

/* --- one run --- */

static fcast_status check_mass(const char *directory, const fcast_fields *fields, fcast_error *err) {
  const size_t n_space = fcast_fields_n_space(fields);
  double first = 0.0;
  for (size_t frame = 0; frame < fields->n_frames; frame++) {
    double sum = 0.0;
    for (size_t j = 0; j < n_space; j++) {
      sum += fields->rho[frame * n_space + j];
    }
    first = frame == 0 ? sum : first;
    if (fabs(sum - first) > mass_tolerance * fabs(first)) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s/density.npz: rho: frame %zu sums to %g, expected %g as frame 0",
                        directory, frame, sum, first);
    }
  }
  return FCAST_OK;
}

static fcast_status check_run(const char *directory, fcast_error *err) {
  fcast_run_facts facts = {0};
  fcast_fields fields = {0};
  fcast_tracks tracks = {0};
  fcast_order_params order = {0};
  fcast_status status = fcast_run_read_facts(directory, &facts, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_density(directory, &fields, err);
  }
  if (status == FCAST_OK && facts.boundary == FCAST_PERIODIC) {
    status = check_mass(directory, &fields, err);
  }
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(directory, fields.x_edges[fields.nx] - fields.x_edges[0],
                                   fields.y_edges[fields.ny] - fields.y_edges[0], facts.boundary, &tracks, err);
  }
  if (status == FCAST_OK && tracks.n_frames != fields.n_frames) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames, expected %zu as in density.npz", directory,
                        tracks.n_frames, fields.n_frames);
  }
  if (status == FCAST_OK) {
    status = fcast_run_read_order(directory, &order, err);
  }
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&tracks);
  fcast_fields_clear(&fields);
  fcast_run_facts_clear(&facts);
  return status;
}

/* --- an ensemble --- */

/* What is wrong so far: every problem is a line on standard output, and the first decides the exit status. */
typedef struct findings {
  size_t n_problems;
  fcast_status first;
} findings;

static void add_finding(findings *found, fcast_status status, const char *text) {
#pragma omp critical(fcast_check_finding)
  {
    printf("  %s\n", text);
    found->first = found->n_problems == 0 ? status : found->first;
    found->n_problems++;
  }
}

static void check_ensemble(const char *oscar_dir, const char *folder, fcast_mode mode, size_t n_expected,
                           findings *found) {
  fcast_error err = {FCAST_OK, ""};
  fcast_run_list list = {0};
  char *directory = fcast_format("%s/%s", oscar_dir, folder);
  fcast_status status = directory == NULL ? fcast_fail(&err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                          : fcast_run_list_read(directory, mode, &list, &err);
  if (status == FCAST_OK) {
    fcast_error gap = {FCAST_OK, ""};
    const size_t n_there = list.n_runs;
    if (fcast_run_list_require(&list, directory, mode, n_expected, &gap) != FCAST_OK) {
      add_finding(found, gap.code, gap.text);
    }
    list.n_runs = n_there;
  } else {
    add_finding(found, status, err.text);
  }
  size_t n_whole = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : n_whole)
  for (size_t i = 0; i < list.n_runs; i++) {
    fcast_error run_error = {FCAST_OK, ""};
    char *run = fcast_format("%s/%s", directory, list.names[i]);
    const fcast_status run_status = run == NULL ? fcast_fail(&run_error, FCAST_E_NOMEM, "%s: out of memory", directory)
                                                : check_run(run, &run_error);
    if (run_status == FCAST_OK) {
      n_whole++;
    } else {
      add_finding(found, run_status, run_error.text);
    }
    fcast_free(run);
  }
  printf("%-9s %zu of %zu runs whole\n", folder, n_whole, n_expected > list.n_runs ? n_expected : list.n_runs);
  fcast_run_list_clear(&list);
  fcast_free(directory);
}

static fcast_status check_models(const char *oscar_dir, fcast_error *err) {
  fcast_pod pod = {0};
  fcast_mvar mvar = {0};
  char *pod_path = fcast_format("%s/models/pod_model.npz", oscar_dir);
  char *mvar_path = fcast_format("%s/models/mvar_model.npz", oscar_dir);
  char *report_path = fcast_format("%s/models/training_metadata.json", oscar_dir);
  fcast_status status = FCAST_OK;
  if (pod_path == NULL || mvar_path == NULL || report_path == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
  } else {
    status = fcast_pod_read(pod_path, &pod, err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_read(mvar_path, &mvar, err);
  }
  if (status == FCAST_OK && pod.n_modes != mvar.n_modes) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: r is %zu, expected %zu, the modes of pod_model.npz", mvar_path,
                        mvar.n_modes, pod.n_modes);
  }
  if (status == FCAST_OK) {
    status = check_json(report_path, err);
  }
  fcast_mvar_clear(&mvar);
  fcast_pod_clear(&pod);
  fcast_free(pod_path);
  fcast_free(mvar_path);
  fcast_free(report_path);
  return status;
}

/* Runs that training and test ensembles should have: what the user says, else what the models were trained on. */
static void expected_sizes(const char *oscar_dir, const fcast_config *config, size_t *n_train, size_t *m_test) {
  char *path = fcast_format("%s/models/training_metadata.json", oscar_dir);
  json_t *report = NULL;
  fcast_error ignored;
  *n_train = (size_t)config->ensemble.n_train;
  *m_test = (size_t)config->ensemble.m_test;
  if (path != NULL && fcast_json_read(path, &report, &ignored) == FCAST_OK) {
    const json_int_t trained = json_integer_value(json_object_get(report, "N_train"));
    const json_int_t tested =
        json_integer_value(json_object_get(json_object_get(json_object_get(report, "config"), "ensemble"), "m_test"));
    *n_train = !config->n_train_given && trained > 0 ? (size_t)trained : *n_train;
    *m_test = !config->m_test_given && tested > 0 ? (size_t)tested : *m_test;
  }
  json_decref(report);
  fcast_free(path);
}

static fcast_status check_tree(const char *oscar_dir, const fcast_config *config, fcast_error *err) {
  findings found = {0};
  fcast_error model_error = {FCAST_OK, ""};
  size_t n_train = 0;
  size_t m_test = 0;
  expected_sizes(oscar_dir, config, &n_train, &m_test);
  check_ensemble(oscar_dir, "training", FCAST_MODE_TRAIN, n_train, &found);
  check_ensemble(oscar_dir, "test", FCAST_MODE_TEST, m_test, &found);
  const fcast_status status = check_models(oscar_dir, &model_error);
  if (status != FCAST_OK) {
    add_finding(&found, status, model_error.text);
  }
  printf("%-9s %s\n", "models", status == FCAST_OK ? "2 of 2 whole" : "not whole");
  if (found.n_problems > 0) {
    return fcast_fail(err, found.first, "%s: found %zu problem%s, expected none", oscar_dir, found.n_problems,
                      found.n_problems == 1 ? "" : "s");
  }
  return FCAST_OK;
}

/* --- the command --- */

static bool has_file(const char *directory, const char *name) {
  char *path = fcast_format("%s/%s", directory, name);
  const bool is_there = path != NULL && fcast_file_exists(path);
  fcast_free(path);
  return is_there;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const char *path = arguments->operand[0];
  fcast_status status = FCAST_OK;
  if (!fcast_directory_exists(path)) {
    status = fcast_file_exists(path)
                 ? check_file(path, err)
                 : fcast_fail(err, FCAST_E_MISSING, "%s: not there, expected a directory or a file", path);
  } else if (has_file(path, "density.npz") || has_file(path, "metadata.json")) {
    status = check_run(path, err);
  } else {
    return check_tree(path, &arguments->config, err);
  }
  if (status == FCAST_OK) {
    printf("%s: whole\n", path);
  }
  return status;
}

static const fcast_option options[] = {{NULL, NULL, NULL, NULL, false}};

const fcast_command fcast_command_check = {
    .name = "check",
    .summary = "is everything there, whole and consistent",
    .operands = "DIR|FILE",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "Reads every file under an output directory (or one run, or one file) with its checksums, shapes, finiteness "
        "and mass.\n"
        "Exit status 0: all is well; 3: something is missing, incomplete or corrupt, with a line for each problem.",
    .example = "flockcast check oscar_outputs",
    .options = options,
    .run = run,
};
