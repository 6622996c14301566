/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "cli/command.h"
#include "io/provenance.h"
#include "linalg/blas_facts.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, OPTION_COLUMN = 29, COMMAND_COLUMN = 13, LONGEST_OPTION = 64, LONGEST_HELP = 256 };

/* Text, whose line breaks count as spaces, in lines of at most WIDTH that begin at a column; the first is there. */
static void print_wrapped(const char *text, int column) {
  int at = column;
  while (*text != '\0') {
    const int length = (int)strcspn(text, " \n");
    if (at > column && at + 1 + length > WIDTH) {
      printf("\n%*s", column, "");
      at = column;
    } else if (at > column) {
      printf(" ");
      at++;
    }
    printf("%.*s", length, text);
    at += length;
    text += length;
    text += strspn(text, " \n");
  }
  printf("\n");
}

static void print_option(const fcast_option *option) {
  char left[LONGEST_OPTION];
  char text[LONGEST_HELP];
  (void)snprintf(left, sizeof left, "--%s%s%s", option->name, option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
  (void)snprintf(text, sizeof text, "%s%s%s%s%s", option->help, option->preset != NULL ? " (default: " : "",
                 option->preset != NULL ? option->preset : "", option->preset != NULL ? ")" : "",
                 option->is_required ? " (required)" : "");
  printf("  %-*s ", OPTION_COLUMN - 3, left);
  print_wrapped(text, OPTION_COLUMN);
}

void fcast_command_synopsis(const fcast_command *command, char text[FCAST_SYNOPSIS]) {
  size_t used = (size_t)snprintf(text, FCAST_SYNOPSIS, "%s", command->name);
  if (command->operands != NULL) {
    used += (size_t)snprintf(text + used, FCAST_SYNOPSIS - used, " %s", command->operands);
  }
  for (const fcast_option *option = command->options; option->name != NULL; option++) {
    if (option->is_required && used < FCAST_SYNOPSIS) {
      used += (size_t)snprintf(text + used, FCAST_SYNOPSIS - used, " --%s %s", option->name, option->argument);
    }
  }
  if (used < FCAST_SYNOPSIS) {
    (void)snprintf(text + used, FCAST_SYNOPSIS - used, " [OPTIONS]");
  }
}

void fcast_command_help(const fcast_command *command) {
  const size_t n_own = fcast_n_own_options(command);
  const size_t n_all = fcast_n_options(command);
  char synopsis[FCAST_SYNOPSIS];
  fcast_command_synopsis(command, synopsis);
  printf("Usage: flockcast %s\n\n", synopsis);
  print_wrapped(command->about, 0);
  for (size_t i = 0; i < n_all; i++) {
    if (i == 0 || i == n_own) {
      printf("\n%s:\n", i < n_own ? "Options" : "Common options");
    }
    print_option(fcast_option_at(command, i));
  }
  printf("\nA dash in place of an underscore means the same.\n\nExample%s:\n",
         command->examples[1].name != NULL ? "s" : "");
  for (const fcast_note *example = command->examples; example->name != NULL; example++) {
    printf("  %s\n", example->name);
  }
  printf("\nMore: man flockcast-%s\n", command->name);
}

void fcast_program_help(void) {
  printf("flockcast simulates flocks, learns models of their density, and their law, from\n"
         "many runs, forecasts unseen runs, and shows how good the forecasts are.\n\nUsage: flockcast COMMAND "
         "[OPTIONS]\n\nCommands:\n");
  for (size_t i = 0; i < fcast_n_commands(); i++) {
    printf("  %-10s ", fcast_command_at(i)->name);
    print_wrapped(fcast_command_at(i)->summary, COMMAND_COLUMN);
  }
  printf("\n'flockcast COMMAND --help' says more, 'man flockcast' all; 'flockcast --version'\n"
         "names this build, and 'flockcast doctor' says what works here.\n\nExample:\n  flockcast run --set "
         "ensemble.n_train=200\n");
}

void fcast_program_version(void) {
  char blas[FCAST_BLAS_NAME];
  fcast__blas_name(blas);
  printf("flockcast %s\n", fcast_build());
#ifdef FCAST_WITH_RENDER
  printf("figures and films: yes\n");
#else
  printf("figures and films: no (built with -DFCAST_RENDER=OFF)\n");
#endif
  printf("BLAS: %s\nvector instructions: %s\n", blas, fcast__cpu_level_name(fcast__cpu_level()));
}
