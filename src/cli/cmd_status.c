/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_report.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "cli/survey.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Runs that need attention, shown one by one up to here. */
enum { MOST_SHOWN = 20 };

static void print_counts(const char *folder, const fcast_mode_survey *runs) {
  const char *separator = "";
  printf("%-9s %" PRId64 " runs: ", folder, runs->n_runs);
  for (int state = 0; state < FCAST_N_PROGRESS_STATES; state++) {
    if (runs->counts[state] > 0) {
      printf("%s%" PRId64 " %s", separator, runs->counts[state], fcast_progress_name((fcast_progress_state)state));
      separator = ", ";
    }
  }
  printf("\n");
}

static void print_troubles(const fcast_mode_survey *runs) {
  int n_shown = 0;
  for (int64_t run = 0; run < runs->n_runs && n_shown < MOST_SHOWN; run++) {
    if (runs->states[run] == FCAST_RUN_IS_STALE || runs->states[run] == FCAST_RUN_IS_FOREIGN ||
        runs->states[run] == FCAST_RUN_IS_CORRUPT || runs->states[run] == FCAST_RUN_IS_FAILED) {
      printf("  %s\n", runs->reasons[run]);
      n_shown++;
    }
  }
}

static void print_missing(const char *prefix, const fcast_mode_survey *runs) {
  const char *separator = "";
  if (runs->counts[FCAST_RUN_IS_MISSING] == 0 || runs->counts[FCAST_RUN_IS_MISSING] == runs->n_runs) {
    return;
  }
  printf("  missing: %s ", prefix);
  for (int64_t first = 0, last = 0, n_shown = 0; first < runs->n_runs; first = last + 1) {
    last = first;
    if (runs->states[first] != FCAST_RUN_IS_MISSING) {
      continue;
    }
    while (last + 1 < runs->n_runs && runs->states[last + 1] == FCAST_RUN_IS_MISSING) {
      last++;
    }
    if (n_shown++ == MOST_SHOWN) {
      printf(", ...");
      break;
    }
    printf(last > first ? "%s%" PRId64 "-%" PRId64 : "%s%" PRId64, separator, first, last);
    separator = ",";
  }
  printf("\n");
}

static int64_t n_in_state(const fcast_survey *survey, fcast_progress_state state) {
  return survey->modes[FCAST_MODE_TRAIN].counts[state] + survey->modes[FCAST_MODE_TEST].counts[state];
}

static void print_survey(const fcast_survey *survey) {
  const bool is_whole = survey->models == FCAST_RUN_IS_WHOLE;
  print_counts("training", &survey->modes[FCAST_MODE_TRAIN]);
  print_missing("train", &survey->modes[FCAST_MODE_TRAIN]);
  print_troubles(&survey->modes[FCAST_MODE_TRAIN]);
  print_counts("test", &survey->modes[FCAST_MODE_TEST]);
  print_missing("test", &survey->modes[FCAST_MODE_TEST]);
  print_troubles(&survey->modes[FCAST_MODE_TEST]);
  printf("%-9s %s%s%s%s\n", "models", fcast_progress_name(survey->models), is_whole ? "" : " (",
         is_whole ? "" : survey->models_reason, is_whole ? "" : ")");
  if (survey->queue.answers) {
    printf("Slurm     %zu jobs and tasks in the queue\n", survey->queue.n_jobs);
  } else {
    printf("Slurm     does not answer here; this is from the files alone\n");
  }
}

/* A word of a command line, between quotes where the shell would take it apart. */
static void print_word(const char *word) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
    printf(" %s", word);
    return;
  }
  printf(" '");
  for (; *word != '\0'; word++) {
    if (*word == '\'') {
      printf("'\\''");
    } else {
      (void)putchar(*word);
    }
  }
  printf("'");
}

/* Whether all that is missing is in the queue. */
static bool is_all_queued(const fcast_survey *survey) {
  return n_in_state(survey, FCAST_RUN_IS_MISSING) == 0 && n_in_state(survey, FCAST_RUN_IS_FAILED) == 0 &&
         n_in_state(survey, FCAST_RUN_IS_STALE) == 0 && n_in_state(survey, FCAST_RUN_IS_FOREIGN) == 0 &&
         n_in_state(survey, FCAST_RUN_IS_CORRUPT) == 0 &&
         (survey->models == FCAST_RUN_IS_WHOLE || survey->model_job[0] != '\0');
}

/* Where no Slurm answers, run makes the same of the same configuration. */
static void print_run(const fcast_arguments *arguments, const char *oscar_dir) {
  enum { MOST_SETS = 64 };
  const char *sets[MOST_SETS];
  const size_t n_sets = fcast_argument_all(arguments, "set", MOST_SETS, sets);
  char *beside = fcast_format("%s/config.yml", oscar_dir);
  if (beside != NULL) {
    printf("Without Slurm, here: flockcast run --oscar_dir");
    print_word(oscar_dir);
    if (arguments->config_path != NULL || fcast_file_exists(beside)) {
      printf(" --config");
      print_word(arguments->config_path != NULL ? arguments->config_path : beside);
    }
    for (size_t i = 0; i < n_sets; i++) {
      printf(" --set");
      print_word(sets[i]);
    }
    printf("\n");
  }
  fcast_free(beside);
}

/* What to do next, in one command: the one that was given, the directory first, and --resubmit. */
static void print_repair(const fcast_survey *survey, const fcast_arguments *arguments, const char *oscar_dir) {
  fcast_error why;
  if (fcast_survey_is_complete(survey)) {
    printf("All is there. Next: flockcast local --oscar_dir");
    print_word(oscar_dir);
    printf("\n");
  } else if (fcast_survey_require_own(survey, arguments->operand[0], &why) != FCAST_OK) {
    printf("Nothing is made here again: %s\n", why.text);
  } else if (!is_all_queued(survey)) {
    printf("To make the rest: flockcast status");
    print_word(arguments->operand[0]);
    for (int i = 1; i < arguments->argc; i++) {
      if (arguments->argv[i] != arguments->operand[0] && strcmp(arguments->argv[i], "--") != 0) {
        print_word(arguments->argv[i]);
      }
    }
    printf(" --resubmit\n");
    if (!survey->queue.answers) {
      print_run(arguments, oscar_dir);
    }
  }
}

/* --- JSON --- */

static const char *const state_keys[FCAST_N_PROGRESS_STATES] = {"done",    "running", "pending", "failed",
                                                                "missing", "stale",   "foreign", "corrupt"};

/* Counts by state, and every run that is not done. */
static json_t *mode_json(const fcast_mode_survey *runs) {
  json_t *others = json_array();
  json_t *json = json_pack("{s:I}", "n_runs", (json_int_t)runs->n_runs);
  for (int state = 0; state < FCAST_N_PROGRESS_STATES; state++) {
    (void)json_object_set_new(json, state_keys[state], json_integer((json_int_t)runs->counts[state]));
  }
  for (int64_t run = 0; run < runs->n_runs; run++) {
    if (runs->states[run] != FCAST_RUN_IS_WHOLE) {
      (void)json_array_append_new(others, json_pack("{s:I, s:s, s:s}", "sim_id", (json_int_t)run, "state",
                                                    state_keys[runs->states[run]], "reason", runs->reasons[run]));
    }
  }
  return json_object_set_new(json, "not_done", others) == 0 ? json : NULL;
}

static fcast_status print_json(const fcast_survey *survey, const char *oscar_dir, fcast_error *err) {
  return fcast_json_print("status",
                          json_pack("{s:s, s:b, s:b, s:o, s:o, s:{s:s, s:s}, s:{s:b, s:I}}", "path", oscar_dir,
                                    "is_complete", (int)fcast_survey_is_complete(survey), "is_all_queued",
                                    (int)is_all_queued(survey), "training", mode_json(&survey->modes[FCAST_MODE_TRAIN]),
                                    "test", mode_json(&survey->modes[FCAST_MODE_TEST]), "models", "state",
                                    state_keys[survey->models], "reason", survey->models_reason, "slurm", "answers",
                                    (int)survey->queue.answers, "n_jobs", (json_int_t)survey->queue.n_jobs),
                          err);
}

/* --- the command --- */

static fcast_status look(const fcast_arguments *arguments, const char *oscar_dir, bool is_quick, fcast_error *err) {
  const fcast_config *config = &arguments->config;
  char tag[40];
  fcast_survey survey = {0};
  fcast_status status = fcast_submission_tag(config, oscar_dir, tag, err);
  if (status == FCAST_OK) {
    status = fcast_survey_create(config, oscar_dir, tag, is_quick, &survey, err);
  }
  if (status == FCAST_OK && arguments->wants_json) {
    status = print_json(&survey, oscar_dir, err);
  } else if (status == FCAST_OK) {
    print_survey(&survey);
    print_repair(&survey, arguments, oscar_dir);
  }
  if (status == FCAST_OK && !fcast_survey_is_complete(&survey)) {
    status =
        fcast_fail(err, FCAST_E_MISSING, "%s: found %" PRId64 " of %" PRId64 " runs whole and models %s, expected all",
                   oscar_dir, n_in_state(&survey, FCAST_RUN_IS_WHOLE), survey.modes[0].n_runs + survey.modes[1].n_runs,
                   fcast_progress_name(survey.models));
  }
  fcast_survey_clear(&survey);
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  char *oscar_dir = NULL;
  fcast_arguments resolved;
  fcast_status status = fcast_path_absolute(arguments->operand[0], &oscar_dir, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  status = fcast_path_look(oscar_dir, &kind, err);
  if (status == FCAST_OK && kind != FCAST_PATH_DIRECTORY) {
    status = fcast_fail(err, FCAST_E_MISSING, "%s: not there, expected the directory that was submitted",
                        arguments->operand[0]);
  }
  if (status == FCAST_OK) {
    status = fcast_arguments_configure_beside(arguments, oscar_dir, &resolved, err);
  }
  if (status == FCAST_OK && fcast_argument(arguments, "resubmit") != NULL) {
    status = fcast_stage_submit(&resolved.config, oscar_dir, fcast_argument(arguments, "log_dir"), false,
                                arguments->wants_json, err);
  } else if (status == FCAST_OK) {
    status = look(&resolved, oscar_dir, fcast_argument(arguments, "quick") != NULL, err);
  }
  fcast_free(oscar_dir);
  return status;
}

static const fcast_option options[] = {
    {"resubmit", NULL, "submit what is missing, and nothing else", NULL, false},
    {"log_dir", "DIR", "where resubmitted jobs write what they say", "logs", false},
    {"quick", NULL, "look at metadata and the presence of files, read no arrays", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast status oscar_outputs", "what is done and what to do next"},
    {"flockcast status oscar_outputs --resubmit", "submit what is missing"},
    {"flockcast status oscar_outputs --quick --json", "the same for a program, without reading arrays"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/config.yml", "the configuration that was submitted"},
    {NULL, NULL},
};

static const char *const see_also[] = {"submit", "check", "sync", NULL};

const fcast_command fcast_command_status = {
    .name = "status",
    .summary = "what is done, running, failed and missing, and how to make the rest",
    .operands = "DIR",
    .min_operands = 1,
    .max_operands = 1,
    .about = "Counts the runs and models under DIR that are done, running, pending, missing, corrupt or of another "
             "configuration or\n"
             "program: from the files first, from Slurm where it answers. The configuration is DIR/config.yml, which "
             "submit writes,\n"
             "unless --config names another. Exit status 0 only when all is there.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
