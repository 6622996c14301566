/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include "base/text.h"
#include "cli/progress.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const fcast_option common_options[] = {
    {"config", "FILE", "YAML configuration; see 'flockcast config --defaults'", NULL, false},
    {"set", "SECTION.KEY=VALUE", "override one key of the configuration; may be given again", NULL, false},
    {"verbose", NULL, "say on standard error what is being done, and why", NULL, false},
    {"help", NULL, "print this and stop", NULL, false},
    {"json", NULL, "print the report as one JSON document and nothing else", NULL, false}, /* of commands with one */
};
enum { N_COMMON = 5, LONGEST_OPTION = 64 };
enum { COMMON_CONFIG, COMMON_SET, COMMON_VERBOSE, COMMON_HELP, COMMON_JSON };

size_t fcast_n_own_options(const fcast_command *command) {
  size_t n = 0;
  while (command->options[n].name != NULL) {
    n++;
  }
  return n;
}

size_t fcast_n_options(const fcast_command *command) {
  return fcast_n_own_options(command) + (command->has_json ? N_COMMON : COMMON_JSON);
}

const fcast_option *fcast_option_at(const fcast_command *command, size_t i_option) {
  const size_t n_own = fcast_n_own_options(command);
  return i_option < n_own ? &command->options[i_option] : &common_options[i_option - n_own];
}

/* getopt_long's table: the command's options first, the common ones behind. Returns how many are its own. */
static size_t fill_long_options(const fcast_command *command, struct option table[FCAST_MAX_OPTIONS + N_COMMON + 1]) {
  const size_t n_own = fcast_n_own_options(command);
  const size_t n_all = fcast_n_options(command);
  assert(n_own <= FCAST_MAX_OPTIONS);
  for (size_t i = 0; i < n_all; i++) {
    const fcast_option *option = fcast_option_at(command, i);
    table[i] =
        (struct option){option->name, option->argument != NULL ? required_argument : no_argument, NULL, 256 + (int)i};
  }
  table[n_all] = (struct option){NULL, 0, NULL, 0};
  return n_own;
}

/* Spell "--output-dir" as "--output_dir", in place: the two mean the same. */
static void use_underscores(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0) {
      return;
    }
    if (strncmp(argv[i], "--", 2) == 0) {
      for (char *c = argv[i] + 2; *c != '\0' && *c != '='; c++) {
        *c = *c == '-' ? '_' : *c;
      }
    }
  }
}

static fcast_status unknown_option(const fcast_command *command, const char *text, fcast_error *err) {
  char name[LONGEST_OPTION];
  const char *candidates[FCAST_MAX_OPTIONS + N_COMMON];
  const size_t n_all = fcast_n_options(command);
  for (size_t i = 0; i < n_all; i++) {
    candidates[i] = fcast_option_at(command, i)->name;
  }
  (void)snprintf(name, sizeof name, "%s", strncmp(text, "--", 2) == 0 ? text + 2 : text);
  name[strcspn(name, "=")] = '\0';
  const char *nearest = fcast_nearest(name, candidates, n_all);
  return fcast_fail(err, FCAST_E_ARG, "%s: unknown option%s%s%s see 'flockcast %s --help'", text,
                    nearest != NULL ? ", did you mean --" : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "?" : ";", command->name);
}

/* One common option. The configuration file comes before every --set, wherever it stands, so --set waits. */
static void take_common(size_t which, fcast_arguments *out) {
  switch (which) {
  case COMMON_CONFIG:
    out->config_path = optarg;
    break;
  case COMMON_VERBOSE:
    out->is_verbose = true;
    break;
  case COMMON_HELP:
    out->wants_help = true;
    break;
  case COMMON_JSON:
    out->wants_json = true;
    break;
  default:
    break;
  }
}

static fcast_status walk(const fcast_command *command, int argc, char **argv, fcast_arguments *out, fcast_error *err) {
  struct option table[FCAST_MAX_OPTIONS + N_COMMON + 1];
  const size_t n_own = fill_long_options(command, table);
  opterr = 0;
  optind = 1;
  for (int code = 0; (code = getopt_long(argc, argv, ":h", table, NULL)) != -1;) {
    if (code == ':') {
      return fcast_fail(err, FCAST_E_ARG, "%s: expected a value behind it", argv[optind - 1]);
    }
    if (code == '?') {
      return unknown_option(command, argv[optind - 1], err);
    }
    if (optarg != NULL && optarg[0] == '\0' && code != 'h') {
      return fcast_fail(err, FCAST_E_ARG, "--%s: found nothing, expected %s", table[code - 256].name,
                        fcast_option_at(command, (size_t)code - 256)->argument);
    }
    const size_t index = code == 'h' ? n_own + COMMON_HELP : (size_t)code - 256;
    if (index < n_own) {
      out->value[index] = optarg != NULL ? optarg : "";
    } else {
      take_common(index - n_own, out);
    }
  }
  out->first_operand = optind;
  return FCAST_OK;
}

/* What is no option; getopt has put it last. */
static fcast_status take_operands(const fcast_command *command, fcast_arguments *out, fcast_error *err) {
  for (int i = out->first_operand; i < out->argc; i++) {
    if (out->n_operands == command->max_operands) {
      const char *suffix = strrchr(out->argv[i], '.');
      const bool is_yaml = suffix != NULL && (strcmp(suffix, ".yml") == 0 || strcmp(suffix, ".yaml") == 0);
      return fcast_fail(err, FCAST_E_ARG, "%s: unexpected%s%s%s see 'flockcast %s --help'", out->argv[i],
                        is_yaml ? ", did you mean --config " : "", is_yaml ? out->argv[i] : "", is_yaml ? "?" : ";",
                        command->name);
    }
    out->operand[out->n_operands++] = out->argv[i];
  }
  return FCAST_OK;
}

static fcast_status apply_sets(const fcast_command *command, int argc, char **argv, fcast_config *config,
                               fcast_error *err) {
  struct option table[FCAST_MAX_OPTIONS + N_COMMON + 1];
  const size_t n_own = fill_long_options(command, table);
  fcast_status status = FCAST_OK;
  optind = 1;
  for (int code = 0; status == FCAST_OK && (code = getopt_long(argc, argv, ":h", table, NULL)) != -1;) {
    if (code == 256 + (int)n_own + COMMON_SET) {
      status = fcast_config_set(config, optarg, err);
    }
  }
  return status;
}

static fcast_status require(const fcast_command *command, fcast_arguments *out, fcast_error *err) {
  for (size_t i = 0; command->options[i].name != NULL; i++) {
    const fcast_option *option = &command->options[i];
    if (out->value[i] == NULL) {
      out->value[i] = option->preset;
    }
    if (out->value[i] == NULL && option->is_required) {
      return fcast_fail(err, FCAST_E_ARG, "--%s: missing, expected --%s %s; see 'flockcast %s --help'", option->name,
                        option->name, option->argument, command->name);
    }
  }
  if (out->n_operands < command->min_operands) {
    return fcast_fail(err, FCAST_E_ARG, "expected %s; see 'flockcast %s --help'", command->operands, command->name);
  }
  return FCAST_OK;
}

/* Make arguments->config anew: defaults, then `path` (NULL: no file), then each --set. */
static fcast_status configure(fcast_arguments *arguments, const char *path, fcast_error *err) {
  fcast_status status = FCAST_OK;
  fcast_config_default(&arguments->config);
  if (path != NULL) {
    status = fcast_config_read(&arguments->config, path, err);
  }
  if (status == FCAST_OK) {
    status = apply_sets(arguments->command, arguments->argc, arguments->argv, &arguments->config, err);
  }
  return status == FCAST_OK ? fcast_config_check(&arguments->config, err) : status;
}

fcast_status fcast_arguments_configure_beside(const fcast_arguments *arguments, const char *oscar_dir,
                                              fcast_arguments *out, fcast_error *err) {
  *out = *arguments;
  char *path = fcast_format("%s/config.yml", oscar_dir);
  if (path == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
  }
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  fcast_status status = arguments->config_path == NULL ? fcast_path_look(path, &kind, err) : FCAST_OK;
  if (status == FCAST_OK && kind == FCAST_PATH_FILE) {
    fcast_explain("configuration", "%s, which lies beside the data, then every --set", path);
    status = configure(out, path, err);
  }
  fcast_free(path);
  return status;
}

fcast_status fcast_arguments_parse(const fcast_command *command, int argc, char **argv, fcast_arguments *out,
                                   fcast_error *err) {
  *out = (fcast_arguments){.command = command, .argc = argc, .argv = argv};
  use_underscores(argc, argv);
  fcast_status status = walk(command, argc, argv, out, err);
  if (status != FCAST_OK || out->wants_help) {
    return status;
  }
  status = configure(out, out->config_path, err); /* "--set key value" is a wrong --set first */
  if (status != FCAST_OK && status != FCAST_E_NOMEM) {
    return FCAST_E_CONFIG; /* a file named by --config that is missing or cannot be read is wrong usage */
  }
  if (status == FCAST_OK) {
    status = take_operands(command, out, err);
  }
  return status == FCAST_OK ? require(command, out, err) : status;
}

const char *fcast_argument(const fcast_arguments *arguments, const char *name) {
  size_t i = 0;
  while (strcmp(arguments->command->options[i].name, name) != 0) {
    i++;
    assert(arguments->command->options[i].name != NULL);
  }
  return arguments->value[i];
}

size_t fcast_argument_all(const fcast_arguments *arguments, const char *name, size_t max_values, const char **values) {
  struct option table[FCAST_MAX_OPTIONS + N_COMMON + 1];
  (void)fill_long_options(arguments->command, table);
  size_t n = 0;
  optind = 1;
  for (int code = 0; (code = getopt_long(arguments->argc, arguments->argv, ":h", table, NULL)) != -1;) {
    if (code >= 256 && strcmp(table[code - 256].name, name) == 0 && n < max_values) {
      values[n++] = optarg;
    }
  }
  return n;
}
