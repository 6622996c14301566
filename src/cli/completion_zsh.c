/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <stdio.h>

/* Text inside '...' where [ ] and : mean something to _arguments. */
static void print_escaped(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\'') {
      printf("'\\''");
    } else if (*text == '[' || *text == ']' || *text == ':' || *text == '\\') {
      printf("\\%c", *text);
    } else {
      (void)putchar(*text);
    }
  }
}

/* ":WHAT:ACTION" for an option or operand. */
static void print_action(const char *argument) {
  printf(":");
  print_escaped(argument);
  switch (fcast_value_kind_of(argument)) {
  case FCAST_VALUE_FILE:
    printf(":_files");
    break;
  case FCAST_VALUE_DIR:
    printf(":_files -/");
    break;
  case FCAST_VALUE_WORDS:
    printf(":(");
    fcast_print_words(argument, " ");
    printf(")");
    break;
  case FCAST_VALUE_SETTING:
    printf(":_flockcast_setting");
    break;
  default:
    printf(": ");
    break;
  }
}

static void print_command(const fcast_command *command) {
  printf("    %s)\n      _arguments", command->name);
  for (size_t k = 0; k < fcast_n_options(command); k++) {
    const fcast_option *option = fcast_option_at(command, k);
    const bool repeats = fcast_value_kind_of(option->argument) == FCAST_VALUE_SETTING;
    printf(" \\\n        '%s--%s%s[", repeats ? "*" : "", option->name, option->argument != NULL ? "=" : "");
    print_escaped(option->help);
    printf("]");
    if (option->argument != NULL) {
      print_action(option->argument);
    }
    printf("'");
  }
  if (command->operands != NULL) {
    printf(" \\\n        '*");
    print_action(command->operands);
    printf("'");
  }
  printf("\n      ;;\n");
}

static void print_settings(void) {
  fcast_setting setting;
  printf("_flockcast_setting() {\n  if compset -P '*='; then\n    case ${${IPREFIX%%=}##*=} in\n");
  for (size_t i = 0; fcast_setting_at(i, &setting); i++) {
    if (setting.words[0] != '\0') {
      printf("      %s) compadd -- %s ;;\n", setting.name, setting.words);
    }
  }
  printf("    esac\n    return\n  fi\n  local -a keys=(\n");
  for (size_t i = 0; fcast_setting_at(i, &setting); i++) {
    printf("    '%s:", setting.name);
    print_escaped(setting.comment);
    printf("'\n");
  }
  printf("  )\n  _describe 'key of the configuration' keys -S = -q\n}\n\n");
}

void fcast_completion_zsh(void) {
  printf("#compdef flockcast\n# Completes flockcast in zsh. Made by 'flockcast completion zsh'.\n\n");
  print_settings();
  printf("_flockcast() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    printf("      '%s:", fcast_command_at(i)->name);
    print_escaped(fcast_command_at(i)->summary);
    printf("'\n");
  }
  printf("    )\n    _describe command commands\n    compadd -- --help --version\n    return\n  fi\n"
         "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    print_command(fcast_command_at(i));
  }
  printf("  esac\n}\n\n"
         "if [[ $funcstack[1] == _flockcast ]]; then\n  _flockcast \"$@\"\nelse\n  compdef _flockcast flockcast\nfi\n");
}
