/* SPDX-License-Identifier: MIT
 *
 * The commands of the program: one table drives dispatch, parsing, --help and the usage test.
 */
#ifndef FLOCKCAST_CLI_COMMAND_H
#define FLOCKCAST_CLI_COMMAND_H

#include "io/config.h"

#include <stdbool.h>

enum { FCAST_MAX_OPTIONS = 16, FCAST_MAX_OPERANDS = 2 };

typedef struct fcast_option {
  const char *name;     /* "output_dir": given as --output_dir or --output-dir; NULL ends a table */
  const char *argument; /* "DIR", "FILE", "train|test", ...: what it is decides what shells complete; NULL: a switch */
  const char *help;     /* one line */
  const char *preset;   /* value where it is not given; NULL: none */
  bool is_required;
} fcast_option;

/* A thing and what it is; NULL ends a table. */
typedef struct fcast_note {
  const char *name, *text;
} fcast_note;

struct fcast_command;

/* A command line, read and checked. */
typedef struct fcast_arguments {
  const struct fcast_command *command;
  const char *value[FCAST_MAX_OPTIONS]; /* by the command's table; "" for a switch that is on; NULL: not given */
  int first_operand;                    /* in argv, as getopt has sorted it */
  const char *operand[FCAST_MAX_OPERANDS];
  size_t n_operands;
  bool wants_help;
  bool wants_json;         /* --json: one document on standard output and nothing else */
  bool is_verbose;         /* --verbose */
  const char *config_path; /* --config, or NULL */
  int argc;                /* the command line itself, for another look at each --set */
  char **argv;
  fcast_config config; /* defaults, then --config, then each --set; checked */
} fcast_arguments;

typedef struct fcast_command {
  const char *name;
  const char *summary;  /* one line for the list of commands */
  const char *operands; /* "FILE.npz" for the usage line; NULL: none */
  size_t min_operands, max_operands;
  const char *about; /* the paragraph --help prints */
  bool has_json;     /* its product is a report, which --json prints as JSON (docs/json.md) */
  const fcast_option *options;
  const fcast_note *examples;  /* command lines that work as they are, and what each does */
  const fcast_note *files;     /* what it reads and writes */
  const char *const *see_also; /* names of other commands, ended by NULL */
  fcast_status (*run)(const fcast_arguments *arguments, fcast_error *err);
} fcast_command;

extern const fcast_command fcast_command_run, fcast_command_simulate, fcast_command_train, fcast_command_local,
    fcast_command_limit, fcast_command_check, fcast_command_info, fcast_command_config, fcast_command_submit,
    fcast_command_status, fcast_command_sync, fcast_command_sweep, fcast_command_order, fcast_command_import,
    fcast_command_doctor, fcast_command_completion;

/* All commands, in the order of the workflow. */
size_t fcast_n_commands(void);
const fcast_command *fcast_command_at(size_t i_command);

/* The command of a name. NULL: there is none, and err says which is near. */
const fcast_command *fcast_command_find(const char *name, fcast_error *err);

/* The options of a command: its own, and behind them those of every command. Those behind `fcast_n_own_options` are
 * common. */
size_t fcast_n_own_options(const fcast_command *command);
size_t fcast_n_options(const fcast_command *command);
const fcast_option *fcast_option_at(const fcast_command *command, size_t i_option);

/* Read argv[1 ..] of a command (argv[0] is its name). Errors: FCAST_E_ARG, FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast_arguments_parse(const fcast_command *command, int argc, char **argv,
                                                    fcast_arguments *out, fcast_error *err);

/* The same command line with the configuration that lies beside the data, OSCAR_DIR/config.yml, where it is there and
 * --config says nothing else. Errors: FCAST_E_CONFIG, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_arguments_configure_beside(const fcast_arguments *arguments, const char *oscar_dir,
                                                               fcast_arguments *out, fcast_error *err);

/* The value of an option, or NULL; the option must be in the command's table. */
const char *fcast_argument(const fcast_arguments *arguments, const char *name);

/* The values of an option that may be given again, in the order of the command line: at most `max_values` of them.
 * Returns how many there are, at most `max_values`. */
size_t fcast_argument_all(const fcast_arguments *arguments, const char *name, size_t max_values, const char **values);

/* "simulate --mode train|test --sim_id N[-M] --output_dir DIR [OPTIONS]": what a command line must have. */
enum { FCAST_SYNOPSIS = 256 };
void fcast_command_synopsis(const fcast_command *command, char text[FCAST_SYNOPSIS]);

/* What --help prints for a command, for the program, and what --version prints. */
void fcast_command_help(const fcast_command *command);
void fcast_program_help(void);
void fcast_program_version(void);

#endif
