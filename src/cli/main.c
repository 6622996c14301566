/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/waiting.h"
#include "io/provenance.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SETS = 64 };

/* What every command has in common, said with --verbose. */
static void explain_arguments(const fcast_arguments *arguments) {
  const char *sets[MOST_SETS];
  const size_t n_sets = fcast_argument_all(arguments, "set", MOST_SETS, sets);
  fcast_explain("program", "flockcast %s", fcast_build());
  fcast_explain("machine", "%d threads, vector instructions up to %s", omp_get_max_threads(),
                fcast__cpu_level_name(fcast__cpu_level()));
  fcast_explain("configuration", "%s%s, %zu --set%s",
                arguments->config_path != NULL ? "the defaults, then " : "the defaults",
                arguments->config_path != NULL ? arguments->config_path : "", n_sets, n_sets > 0 ? ":" : "");
  for (size_t i = 0; i < n_sets; i++) {
    fcast_explain("", "%s", sets[i]);
  }
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
  fcast_explain_all(arguments.is_verbose);
  explain_arguments(&arguments);
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
  (void)signal(SIGXFSZ, SIG_IGN); /* at the limit on the size of a file a write fails, as on a full disk */
  fcast_threads_prefer(argv);
  fcast_threads_fit();
  keep_small_arrays();
  fcast_interrupt_rest();
  if (argc < 2) {
    status = fcast_fail(&err, FCAST_E_ARG, "expected a command; see 'flockcast --help'");
  } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (strcmp(name, "help") == 0 && argc == 2)) {
    fcast_program_help();
  } else if (strcmp(name, "help") == 0) {
    const fcast_command *about = fcast_command_find(argv[2], &err);
    status = err.code;
    if (about != NULL) {
      fcast_command_help(about);
    }
  } else if (strcmp(name, "--version") == 0) {
    fcast_program_version();
  } else {
    command = fcast_command_find(name, &err);
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
