/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/command.h"
#include "cli/waiting.h"
#include "io/provenance.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <string.h>

static const fcast_command *const commands[] = {
    &fcast_command_run,    &fcast_command_simulate, &fcast_command_train, &fcast_command_local,  &fcast_command_limit,
    &fcast_command_submit, &fcast_command_status,   &fcast_command_sync,  &fcast_command_check,  &fcast_command_info,
    &fcast_command_config, &fcast_command_sweep,    &fcast_command_order, &fcast_command_import,
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(void) {
  printf("flockcast simulates flocks, learns a reduced-order model of their density from many runs, forecasts unseen\n"
         "runs, and shows how good the forecasts are.\n\nUsage: flockcast COMMAND [OPTIONS]\n\nCommands:\n");
  for (size_t i = 0; i < N_COMMANDS; i++) {
    printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
  }
  printf("\n'flockcast COMMAND --help' says more; 'flockcast --version' names this build.\n\nExample:\n"
         "  flockcast run --set ensemble.n_train=100\n");
}

static const fcast_command *find_command(const char *name, fcast_error *err) {
  const char *names[N_COMMANDS];
  for (size_t i = 0; i < N_COMMANDS; i++) {
    names[i] = commands[i]->name;
    if (strcmp(name, names[i]) == 0) {
      return commands[i];
    }
  }
  const char *nearest = fcast_nearest(name, names, N_COMMANDS);
  (void)fcast_fail(err, FCAST_E_ARG, "%s: unknown command%s%s%s; see 'flockcast --help'", name,
                   nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "'?" : "");
  return NULL;
}

static fcast_status run_command(const fcast_command *command, int argc, char **argv, fcast_error *err) {
  fcast_arguments arguments;
  const fcast_status status = fcast_arguments_parse(command, argc, argv, &arguments, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (arguments.wants_help) {
    fcast_command_help(command);
    return FCAST_OK;
  }
  fcast_wait_asleep(argv - 1); /* the whole command line */
  return command->run(&arguments, err);
}

/* A full disk under standard output is a failure, not a success. */
static fcast_status close_output(fcast_error *err) {
  if (fflush(stdout) != 0 || ferror(stdout) != 0) {
    return fcast_fail(err, FCAST_E_IO, "standard output: %s", strerror(errno));
  }
  return FCAST_OK;
}

/* Arrays of a run come and go by the thousand; given back to the system each time, their pages would cost more than the
 * work on them. Larger ones are mapped anyhow, in huge pages. */
static void keep_small_arrays(void) {
#ifdef __GLIBC__
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

int main(int argc, char **argv) {
  fcast_error err = {FCAST_OK, ""};
  fcast_status status = FCAST_OK;
  const char *name = argc > 1 ? argv[1] : "";
  const fcast_command *command = NULL;
  keep_small_arrays();
  if (argc < 2) {
    status = fcast_fail(&err, FCAST_E_ARG, "expected a command; see 'flockcast --help'");
  } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
    print_usage();
  } else if (strcmp(name, "--version") == 0) {
    printf("flockcast %s\n", fcast_build());
  } else {
    command = find_command(name, &err);
    status = command == NULL ? err.code : run_command(command, argc - 1, argv + 1, &err);
  }
  if (status == FCAST_OK) {
    status = close_output(&err);
  }
  if (status != FCAST_OK) {
    (void)fflush(stdout);
    (void)fprintf(stderr, "flockcast%s%s: %s\n", command != NULL ? " " : "", command != NULL ? command->name : "",
                  err.text);
  }
  return fcast_status_exit(status);
}
