/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include "io/config_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

fcast_value_kind fcast_value_kind_of(const char *argument) {
  if (argument == NULL) {
    return FCAST_VALUE_NONE;
  }
  if (strstr(argument, "KEY=VALUE") != NULL) {
    return FCAST_VALUE_SETTING;
  }
  if (strstr(argument, "FILE") != NULL) {
    return FCAST_VALUE_FILE;
  }
  if (strstr(argument, "DIR") != NULL) {
    return FCAST_VALUE_DIR;
  }
  return islower((unsigned char)argument[0]) && strchr(argument, '|') != NULL ? FCAST_VALUE_WORDS : FCAST_VALUE_ANY;
}

void fcast_print_words(const char *argument, const char *separator) {
  for (const char *c = argument; *c != '\0'; c++) {
    if (*c == '|') {
      printf("%s", separator);
    } else {
      (void)putchar(*c);
    }
  }
}

static void add_word(fcast_setting *out, const char *word) {
  const size_t used = strlen(out->words);
  (void)snprintf(out->words + used, sizeof out->words - used, "%s%s", used > 0 ? " " : "", word);
}

bool fcast_setting_at(size_t i, fcast_setting *out) {
  if (i >= fcast__config_n_rows()) {
    return false;
  }
  const fcast__config_row *row = fcast__config_row_at(i);
  *out = (fcast_setting){.comment = row->comment};
  fcast__config_row_name(row, out->name);
  if (row->kind == FCAST__CHOICE) {
    for (size_t k = 0; row->choices[k] != NULL; k++) {
      add_word(out, row->choices[k]);
    }
  } else if (row->kind == FCAST__BOOLEAN) {
    add_word(out, "true");
    add_word(out, "false");
  } else if (row->kind == FCAST__IC_TYPES) {
    for (int type = 0; type < FCAST_IC_COUNT; type++) {
      add_word(out, fcast_ic_type_name((fcast_ic_type)type));
    }
  }
  return true;
}

/* --- the command --- */

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  static const struct {
    const char *shell;
    void (*print)(void);
  } scripts[] = {{"bash", fcast_completion_bash}, {"zsh", fcast_completion_zsh}, {"fish", fcast_completion_fish}};
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    if (strcmp(arguments->operand[0], scripts[i].shell) == 0) {
      scripts[i].print();
      return FCAST_OK;
    }
  }
  return fcast_fail(err, FCAST_E_ARG, "%s: expected one of bash, zsh, fish", arguments->operand[0]);
}

static const fcast_option options[] = {{NULL, NULL, NULL, NULL, false}};

static const fcast_note examples[] = {
    {"source <(flockcast completion bash)", "in bash or zsh, for this session; in ~/.bashrc for all"},
    {"flockcast completion fish > flockcast.fish", "fish reads it from ~/.config/fish/completions/"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"PREFIX/share/bash-completion/completions/flockcast", "installed for bash"},
    {"PREFIX/share/zsh/site-functions/_flockcast", "installed for zsh"},
    {"PREFIX/share/fish/vendor_completions.d/flockcast.fish", "installed for fish"},
    {NULL, NULL},
};

static const char *const see_also[] = {"config", NULL};

const fcast_command fcast_command_completion = {
    .name = "completion",
    .summary = "a script that completes command lines in bash, zsh or fish",
    .operands = "bash|zsh|fish",
    .min_operands = 1,
    .max_operands = 1,
    .about = "Prints a script for a shell that completes commands, options, files, and behind --set every key of the "
             "configuration and\n"
             "the values it may have. It is made from the same tables as --help and the man pages.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
