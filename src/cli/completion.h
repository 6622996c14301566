/* SPDX-License-Identifier: MIT
 *
 * Scripts that complete command lines in a shell, made from the tables of the commands and of the configuration.
 */
#ifndef FLOCKCAST_CLI_COMPLETION_H
#define FLOCKCAST_CLI_COMPLETION_H

#include "cli/command.h"

/* What may stand where an option or operand is described by "DIR", "train|test", ... */
typedef enum fcast_value_kind {
  FCAST_VALUE_NONE,    /* a switch */
  FCAST_VALUE_ANY,     /* a number or a name that no shell can guess */
  FCAST_VALUE_FILE,    /* a file or a directory */
  FCAST_VALUE_DIR,     /* a directory */
  FCAST_VALUE_WORDS,   /* one of "train|test" */
  FCAST_VALUE_SETTING, /* section.key=value of the configuration */
} fcast_value_kind;

fcast_value_kind fcast_value_kind_of(const char *argument);

/* Print the words of "train|test" with `separator` between them. */
void fcast_print_words(const char *argument, const char *separator);

/* Keys of the configuration: "sim.bc", its meaning, and the words that it may be, with spaces between them; "" where it
 * is a number or a text. False behind the last. */
typedef struct fcast_setting {
  char name[64];
  const char *comment;
  char words[256];
} fcast_setting;

bool fcast_setting_at(size_t i, fcast_setting *out);

/* The scripts, on standard output. */
void fcast_completion_bash(void);
void fcast_completion_zsh(void);
void fcast_completion_fish(void);

#endif
