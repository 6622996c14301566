/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <stdio.h>

/* Text between single quotes. */
static void print_quoted(const char *text) {
  printf("'");
  for (; *text != '\0'; text++) {
    if (*text == '\'' || *text == '\\') {
      (void)putchar('\\');
    }
    (void)putchar(*text);
  }
  printf("'");
}

/* What may stand for an option or an operand: the flags of `complete`. */
static void print_values(const char *argument) {
  switch (fcast_value_kind_of(argument)) {
  case FCAST_VALUE_NONE:
    break;
  case FCAST_VALUE_ANY:
    printf(" -x");
    break;
  case FCAST_VALUE_FILE:
    printf(" -F");
    break;
  case FCAST_VALUE_DIR:
    printf(" -x -a '(__fish_complete_directories)'");
    break;
  case FCAST_VALUE_WORDS:
    printf(" -x -a '");
    fcast_print_words(argument, " ");
    printf("'");
    break;
  case FCAST_VALUE_SETTING:
    printf(" -x -a '(__flockcast_settings)'");
    break;
  }
}

static void print_command(const fcast_command *command) {
  printf("\ncomplete -c flockcast -n __fish_use_subcommand -a %s -d ", command->name);
  print_quoted(command->summary);
  printf("\n");
  for (size_t k = 0; k < fcast_n_options(command); k++) {
    const fcast_option *option = fcast_option_at(command, k);
    printf("complete -c flockcast -n '__fish_seen_subcommand_from %s' -l %s%s", command->name, option->name,
           option->argument != NULL ? " -r" : "");
    print_values(option->argument);
    printf(" -d ");
    print_quoted(option->help);
    printf("\n");
  }
  if (command->operands != NULL) {
    printf("complete -c flockcast -n '__fish_seen_subcommand_from %s'", command->name);
    print_values(command->operands);
    printf("\n");
  }
}

static void print_settings(void) {
  fcast_setting setting;
  printf("function __flockcast_settings\n"
         "    set -l token (string replace -r '^--[a-z_-]*=' '' -- (commandline -ct))\n"
         "    switch (string replace -r '=.*' '=' -- $token)\n");
  for (size_t i = 0; fcast_setting_at(i, &setting); i++) {
    if (setting.words[0] != '\0') {
      printf("        case '%s='\n            printf '%s=%%s\\n' %s\n", setting.name, setting.name, setting.words);
    }
  }
  printf("        case '*'\n            printf '%%s\\t%%s\\n'");
  for (size_t i = 0; fcast_setting_at(i, &setting); i++) {
    printf(" \\\n                '%s=' ", setting.name);
    print_quoted(setting.comment);
  }
  printf("\n    end\nend\n");
}

void fcast_completion_fish(void) {
  printf("# Completes flockcast in fish. Made by 'flockcast completion fish'.\n\n");
  print_settings();
  printf("\ncomplete -c flockcast -f\ncomplete -c flockcast -n __fish_use_subcommand -l help -d 'the commands'\n"
         "complete -c flockcast -n __fish_use_subcommand -l version -d 'this build'\n");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    print_command(fcast_command_at(i));
  }
}
