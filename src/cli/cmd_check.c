/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/all_models.h"
#include "cli/command.h"
#include "cli/index_mapping.h"
#include "cli/json_report.h"
#include "cli/progress.h"
#include "cli/run_seeds.h"
#include "cli/stages.h"
#include "cli/training_moments.h"
#include "cluster/ensemble.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/run_check.h"
#include "io/run_files.h"
#include "io/training_files.h"

#include "flockcast/array.h"

#include <stdio.h>
#include <string.h>

static bool ends_with(const char *text, const char *suffix) {
  const size_t length = strlen(text);
  const size_t suffix_length = strlen(suffix);
  return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/* --- one file --- */

static const char *const no_names[] = {NULL};

static fcast_status check_json(const char *path, fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_json_read(path, &value, err);
  json_decref(value);
  return status;
}

static fcast_status check_file(const char *path, fcast_error *err) {
  if (ends_with(path, ".npz")) {
    return fcast_archive_check(path, no_names, err);
  }
  if (ends_with(path, ".json")) {
    return check_json(path, err);
  }
  return fcast_fail(err, FCAST_E_ARG, "%s: expected a directory, an .npz or a .json file", path);
}

/* --- an ensemble --- */

/* What is wrong so far: every problem is a line on standard output, and the first decides the exit status. For JSON
 * nothing is printed: problems and parts are collected. */
typedef struct findings {
  size_t n_problems;
  fcast_status first;
  json_t *problems, *parts; /* NULL: they are printed */
} findings;

static void add_finding(findings *found, fcast_status status, const char *text) {
#pragma omp critical(fcast_check_finding)
  {
    if (found->problems == NULL) {
      printf("  %s\n", text);
    } else {
      (void)json_array_append_new(found->problems, json_string(text)); /* none at all where memory is short */
    }
    found->first = found->n_problems == 0 ? status : found->first;
    found->n_problems++;
  }
}

/* One part of a tree: how many of its files or runs are whole. */
static void add_part(findings *found, const char *name, size_t n_whole, size_t n, const char *unit) {
  if (found->parts == NULL) {
    printf("%-9s %zu of %zu %s whole\n", name, n_whole, n, unit);
  } else {
    (void)json_object_set_new(found->parts, name,
                              json_pack("{s:I, s:I}", "n_whole", (json_int_t)n_whole, "n", (json_int_t)n));
  }
}

/* What all runs of a tree are held against. */
typedef struct expectation {
  size_t n_train, m_test;
  char config_hash[17]; /* of the runs the models were trained on; "" where nothing says it */
  size_t ny, nx;        /* of the first run whose density can be read; 0 until there is one */
  bool is_quick;
} expectation;

static void check_member(const char *directory, const char *name, const expectation *expected, size_t *n_whole,
                         findings *found) {
  fcast_error why = {FCAST_OK, ""};
  char *run = fcast_format("%s/%s", directory, name);
  const fcast_run_demand demand = {.config_hash = expected->config_hash[0] != '\0' ? expected->config_hash : NULL,
                                   .needs_limit_whole = true,
                                   .ny = expected->ny,
                                   .nx = expected->nx,
                                   .is_quick = expected->is_quick};
  if (run == NULL) {
    add_finding(found, FCAST_E_NOMEM, "out of memory");
  } else if (fcast_run_check(run, &demand, &why) == FCAST_RUN_WHOLE) {
    (*n_whole)++;
  } else {
    add_finding(found, why.code, why.text);
  }
  fcast_free(run);
}

/* The cells that all runs must have, where no run before these has said so. */
static void find_cells(const char *directory, const fcast_run_list *list, expectation *expected) {
  for (size_t i = 0; expected->nx == 0 && !expected->is_quick && i < list->n_runs; i++) {
    fcast_error ignored;
    size_t shape[3] = {0};
    char *run = fcast_format("%s/%s", directory, list->names[i]);
    if (run != NULL && fcast_run_read_density_shape(run, shape, &ignored) == FCAST_OK) {
      expected->ny = shape[1];
      expected->nx = shape[2];
    }
    fcast_free(run);
  }
}

static void check_ensemble(const char *oscar_dir, const char *folder, fcast_mode mode, expectation *expected,
                           findings *found) {
  fcast_error err = {FCAST_OK, ""};
  fcast_run_list list = {0};
  const size_t n_expected = mode == FCAST_MODE_TRAIN ? expected->n_train : expected->m_test;
  char *directory = fcast_format("%s/%s", oscar_dir, folder);
  fcast_status status = directory == NULL ? fcast_fail(&err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                          : fcast_run_list_read(directory, mode, &list, &err);
  const size_t n_there = list.n_runs;
  if (status == FCAST_OK) {
    status = fcast_run_list_require(&list, directory, mode, n_expected, &err);
    list.n_runs = n_there;
  }
  if (status != FCAST_OK) {
    add_finding(found, status, err.text);
  }
  find_cells(directory, &list, expected);
  size_t n_whole = 0;
  fcast_progress progress;
  fcast_progress_begin(&progress, mode == FCAST_MODE_TRAIN ? "check training runs" : "check test runs", "runs",
                       list.n_runs);
#pragma omp parallel for schedule(dynamic) reduction(+ : n_whole)
  for (size_t i = 0; i < list.n_runs; i++) {
    check_member(directory, list.names[i], expected, &n_whole, found);
    fcast_progress_add(&progress, 1);
  }
  fcast_progress_end(&progress, false);
  add_part(found, folder, n_whole, n_expected > list.n_runs ? n_expected : list.n_runs, "runs");
  fcast_run_list_clear(&list);
  fcast_free(directory);
}

/* The seeds of the runs of one mode; those that cannot be read, which others report, are not known. */
typedef struct seed_list {
  fcast_run_list runs;
  char *directory;
  int64_t *seeds;
} seed_list;

static void seed_list_clear(seed_list *list) {
  fcast_run_list_clear(&list->runs);
  fcast_free(list->directory);
  fcast_free(list->seeds);
}

static int64_t read_seed(const char *directory, const char *name) {
  fcast_run_facts facts = {0};
  char *path = fcast_format("%s/%s", directory, name);
  const int64_t seed =
      path != NULL && fcast_run_read_facts(path, &facts, NULL) == FCAST_OK ? fcast_run_seed(&facts) : -1;
  fcast_run_facts_clear(&facts);
  fcast_free(path);
  return seed;
}

static void read_seeds(const char *oscar_dir, const char *folder, fcast_mode mode, seed_list *out) {
  *out = (seed_list){.directory = fcast_format("%s/%s", oscar_dir, folder)};
  if (out->directory == NULL || fcast_run_list_read(out->directory, mode, &out->runs, NULL) != FCAST_OK) {
    return;
  }
  out->seeds = fcast_alloc_array(out->runs.n_runs, sizeof *out->seeds);
  for (size_t i = 0; out->seeds != NULL && i < out->runs.n_runs; i++) {
    out->seeds[i] = read_seed(out->directory, out->runs.names[i]);
  }
}

/* Runs of a list that have the seed of one before them, or of one that is trained on. */
static void compare_seeds(const seed_list *list, const seed_list *trained, findings *found) {
  for (size_t i = 0; list->seeds != NULL && i < list->runs.n_runs; i++) {
    fcast_error why = {FCAST_OK, ""};
    const int64_t seed = list->seeds[i];
    const size_t n_trained = trained->seeds != NULL ? trained->runs.n_runs : 0;
    const size_t twin = fcast_run_seed_find(list->seeds, i, seed);
    const size_t training = fcast_run_seed_find(trained->seeds, n_trained, seed);
    char *directory = fcast_format("%s/%s", list->directory, list->runs.names[i]);
    if (directory != NULL && twin < i) {
      add_finding(found, fcast_run_seed_refuse(directory, seed, list->runs.names[twin], &why), why.text);
    }
    if (directory != NULL && training < n_trained) {
      add_finding(found, fcast_run_seed_refuse_trained(directory, seed, trained->runs.names[training], &why), why.text);
    }
    fcast_free(directory);
  }
}

static void check_seeds(const char *oscar_dir, findings *found) {
  const seed_list none = {.seeds = NULL};
  seed_list training;
  seed_list test;
  read_seeds(oscar_dir, "training", FCAST_MODE_TRAIN, &training);
  read_seeds(oscar_dir, "test", FCAST_MODE_TEST, &test);
  compare_seeds(&training, &none, found);
  compare_seeds(&test, &training, found);
  seed_list_clear(&training);
  seed_list_clear(&test);
}

/* Moments beside training runs whose densities were not kept. */
static void check_moments(const char *oscar_dir, bool is_quick, findings *found) {
  fcast_error err = {FCAST_OK, ""};
  size_t n_whole = 0;
  char *directory = fcast_format("%s/training", oscar_dir);
  if (directory == NULL) {
    add_finding(found, FCAST_E_NOMEM, "out of memory");
  } else if (fcast_directory_exists(directory)) {
    const fcast_status status = fcast_training_moments_check(directory, is_quick, &n_whole, &err);
    if (status != FCAST_OK) {
      add_finding(found, status, err.text);
    }
  }
  if (n_whole > 0) {
    add_part(found, "moments", n_whole, n_whole, "files");
  }
  fcast_free(directory);
}

/* Members of the specified model that no reader asks for. */
static fcast_status check_specified(const char *models, fcast_error *err) {
  static const char *const names[] = {"pod_model.npz", "mvar_model.npz"};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof names / sizeof names[0]; i++) {
    char *path = fcast_format("%s/%s", models, names[i]);
    status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", models)
                          : fcast_archive_check(path, no_names, err);
    fcast_free(path);
  }
  return status;
}

/* All that is in the files of the models, one by one and together. */
static fcast_status check_whole_models(const char *oscar_dir, const char *models, const json_t *report,
                                       size_t *n_models, fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = true};
  fcast_models all;
  fcast_status status = fcast_models_read(oscar_dir, &all, err);
  if (status == FCAST_OK) {
    *n_models = fcast_models_count(&all);
    status = check_specified(models, err);
  }
  fcast_models_clear(&all);
  if (status == FCAST_OK) {
    status = fcast_index_mapping_check(oscar_dir, report, err);
  }
  return fcast_training_check_files(models, report, &demand, status, err);
}

static fcast_status check_models(const char *oscar_dir, const char *models, bool is_quick, size_t *n_models,
                                 fcast_error *err) {
  json_t *report = NULL;
  fcast_status status = fcast_training_read(models, &report, err);
  if (status == FCAST_OK) {
    status = is_quick ? fcast_models_look(oscar_dir, report, true, n_models, err)
                      : check_whole_models(oscar_dir, models, report, n_models, err);
  }
  json_decref(report);
  return status;
}

/* Runs of one kind: as the user says or the configuration beside them, else as the models were trained on, which may
 * not be known (0: those that are there); without any of these, the default. */
static size_t expect_runs(bool is_given, int64_t configured, const json_t *report, const json_t *reported) {
  const json_int_t n = json_integer_value(reported);
  return is_given || report == NULL ? (size_t)configured : n > 0 ? (size_t)n : 0;
}

/* What there should be. `given` is what the user says, `config` that with the configuration beside the runs. Runs that
 * models were trained on belong to them unless the user says otherwise. */
static expectation read_expectation(const char *models, const fcast_config *given, const fcast_config *config,
                                    bool is_quick) {
  json_t *report = NULL;
  fcast_error ignored;
  if (fcast_training_read(models, &report, &ignored) != FCAST_OK) {
    report = NULL; /* what is wrong with it, check_models finds */
  }
  const json_t *trained = json_object_get(report, "N_train");
  const json_t *tested = json_object_get(json_object_get(json_object_get(report, "config"), "ensemble"), "m_test");
  const char *hash = json_string_value(json_object_get(report, "config_hash"));
  expectation expected = {
      .n_train = expect_runs(config->n_train_given, config->ensemble.n_train, report, trained),
      .m_test = expect_runs(config->m_test_given, config->ensemble.m_test, report, tested),
      .is_quick = is_quick,
  };
  if (!given->n_train_given && json_integer_value(trained) > (json_int_t)expected.n_train) {
    expected.n_train = (size_t)json_integer_value(trained);
  }
  (void)snprintf(expected.config_hash, sizeof expected.config_hash, "%s", hash != NULL ? hash : "");
  json_decref(report);
  return expected;
}

static void explain_expectation(const expectation *expected) {
  char numbers[2][FCAST_NUMBER_SIZE] = {"all", "all"};
  const size_t n[2] = {expected->n_train, expected->m_test};
  for (int mode = 0; mode < 2; mode++) {
    if (n[mode] > 0) {
      (void)snprintf(numbers[mode], sizeof numbers[mode], "%zu", n[mode]);
    }
  }
  fcast_explain("check", "expected %s training and %s test runs%s%s; %s", numbers[0], numbers[1],
                expected->config_hash[0] != '\0' ? ", of the configuration the models were trained on: "
                                                 : ", of any configuration",
                expected->config_hash,
                expected->is_quick ? "metadata and the presence of files alone"
                                   : "every member is read: checksums, shapes, finite values, and whether files agree");
}

static void find_all(const char *oscar_dir, const char *models, expectation *expected, findings *found) {
  size_t n_models = 0;
  fcast_error why = {FCAST_OK, ""};
  check_ensemble(oscar_dir, "training", FCAST_MODE_TRAIN, expected, found);
  check_ensemble(oscar_dir, "test", FCAST_MODE_TEST, expected, found);
  check_seeds(oscar_dir, found);
  check_moments(oscar_dir, expected->is_quick, found);
  const fcast_status status = check_models(oscar_dir, models, expected->is_quick, &n_models, &why);
  if (status != FCAST_OK) {
    add_finding(found, status, why.text);
  }
  add_part(found, "models", status == FCAST_OK ? n_models : 0, n_models > 0 ? n_models : 1, "models");
}

static fcast_status print_json(const char *oscar_dir, bool is_quick, const findings *found, fcast_error *err) {
  return fcast_json_print("check",
                          json_pack("{s:s, s:b, s:b, s:o, s:o}", "path", oscar_dir, "is_whole", found->n_problems == 0,
                                    "is_quick", (int)is_quick, "parts", found->parts, "problems", found->problems),
                          err);
}

fcast_status fcast_check_tree(const fcast_arguments *arguments, const char *oscar_dir, bool is_quick, bool as_json,
                              fcast_error *err) {
  fcast_arguments resolved;
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_arguments_configure_beside(arguments, oscar_dir, &resolved, err);
  if (status == FCAST_OK) {
    findings found = {.problems = as_json ? json_array() : NULL, .parts = as_json ? json_object() : NULL};
    expectation expected = read_expectation(models, &arguments->config, &resolved.config, is_quick);
    explain_expectation(&expected);
    find_all(oscar_dir, models, &expected, &found);
    status = as_json ? print_json(oscar_dir, is_quick, &found, err) : FCAST_OK;
    if (status == FCAST_OK && found.n_problems > 0) {
      status = fcast_fail(err, found.first, "%s: found %zu problem%s, expected none", oscar_dir, found.n_problems,
                          found.n_problems == 1 ? "" : "s");
    }
  }
  fcast_free(models);
  return status;
}

/* --- the command --- */

/* A directory that has one of the files of a run is a run, else a tree of them. */
static fcast_status is_run(const char *directory, bool *answer, fcast_error *err) {
  static const char *const names[] = {"density.npz", "metadata.json"};
  fcast_status status = FCAST_OK;
  *answer = false;
  for (size_t i = 0; status == FCAST_OK && !*answer && i < sizeof names / sizeof names[0]; i++) {
    fcast_path_kind kind = FCAST_PATH_NOTHING;
    status = fcast_path_look_in(directory, names[i], &kind, err);
    *answer = kind == FCAST_PATH_FILE;
  }
  return status;
}

/* One run or one file: whole, or `status` with what err says. */
static fcast_status report_one(const char *path, bool as_json, fcast_status status, fcast_error *err) {
  fcast_status printed = FCAST_OK;
  fcast_error ignored;
  if (as_json && fcast_status_exit(status) != 2) {
    json_t *problems = status == FCAST_OK ? json_array() : json_pack("[s]", err != NULL ? err->text : "");
    printed = fcast_json_print(
        "check", json_pack("{s:s, s:b, s:o}", "path", path, "is_whole", status == FCAST_OK, "problems", problems),
        status == FCAST_OK ? err : &ignored);
  } else if (status == FCAST_OK) {
    printf("%s: whole\n", path);
  }
  return status == FCAST_OK ? printed : status;
}

static fcast_status check_directory(const fcast_arguments *arguments, const char *path, fcast_error *err) {
  const bool is_quick = fcast_argument(arguments, "quick") != NULL;
  const bool as_json = arguments->wants_json;
  bool is_one_run = false;
  const fcast_status status = is_run(path, &is_one_run, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (!is_one_run) {
    return fcast_check_tree(arguments, path, is_quick, as_json, err);
  }
  const fcast_run_demand demand = {.needs_limit_whole = true, .is_quick = is_quick};
  const bool is_whole = fcast_run_check(path, &demand, err) == FCAST_RUN_WHOLE;
  return report_one(path, as_json, is_whole ? FCAST_OK : err->code, err);
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const char *path = arguments->operand[0];
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  fcast_status status = fcast_path_look(path, &kind, err);
  if (status == FCAST_OK && kind == FCAST_PATH_NOTHING) {
    return fcast_fail(err, FCAST_E_MISSING, "%s: not there, expected a directory or a file", path);
  }
  if (status == FCAST_OK && kind == FCAST_PATH_DIRECTORY) {
    return check_directory(arguments, path, err);
  }
  return status == FCAST_OK ? report_one(path, arguments->wants_json, check_file(path, err), err) : status;
}

static const fcast_option options[] = {
    {"quick", NULL, "look at metadata and the presence of files, read no arrays", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast check oscar_outputs", "every file of an ensemble"},
    {"flockcast check oscar_outputs --json", "the same, and every problem, for a program"},
    {"flockcast check oscar_outputs/test/test_003", "one run"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/config.yml", "says what runs there should be, unless --config names another"},
    {"DIR/models/training_metadata.json", "says so where there is no DIR/config.yml, and which files the models are"},
    {NULL, NULL},
};

static const char *const see_also[] = {"info", "status", NULL};

const fcast_command fcast_command_check = {
    .name = "check",
    .summary = "is everything there, whole and consistent",
    .operands = "DIR|FILE",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "Reads every file under an output directory (or one run, or one file): checksums, shapes, finiteness; "
        "that a density has\n"
        "the cells of its metadata and of the other runs, no negative value and the mass of its agents, that "
        "positions are inside\n"
        "the box and the polarization is that of the velocities; that every run is the one its directory is named "
        "after, none is\n"
        "there twice or both trained on and test run, all are of the configuration the models were trained on, and "
        "the files of\n"
        "the models are those of one training.\n"
        "Exit status 0: all is well; 3: something is missing,\n"
        "incomplete or corrupt, with a line for each problem.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
