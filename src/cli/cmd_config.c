/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "io/json_file.h"

#include "flockcast/array.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static fcast_status print_defaults(fcast_error *err) {
  fcast_config config;
  fcast_config_default(&config);
  char *text = fcast_config_yaml(&config);
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the configuration");
  }
  (void)fputs(text, stdout);
  fcast_free(text);
  return FCAST_OK;
}

static fcast_status print_resolved(const fcast_config *config, fcast_error *err) {
  json_t *json = fcast_config_json(config);
  char *text = json == NULL ? NULL : fcast_json_text(json, JSON_INDENT(2) | JSON_REAL_PRECISION(16));
  json_decref(json);
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the configuration");
  }
  printf("%s\n", text);
  fcast_free(text);
  return FCAST_OK;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  return fcast_argument(arguments, "defaults") != NULL ? print_defaults(err) : print_resolved(&arguments->config, err);
}

static const fcast_option options[] = {
    {"defaults", NULL, "print the commented reference configuration", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast config --defaults > config.yml", "a file to begin with"},
    {"flockcast config --config config.yml --set sim.N=100", "what is in force"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"configs/", "regimes with and without forces, beside the source"},
    {NULL, NULL},
};

static const char *const see_also[] = {"run", "submit", NULL};

const fcast_command fcast_command_config = {
    .name = "config",
    .summary = "print the commented reference configuration, or the one in force",
    .about = "With --defaults prints the reference configuration as YAML, every key with its meaning. Without it, "
             "checks the\n"
             "configuration given by --config and --set and prints it as JSON (which is YAML too).",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
