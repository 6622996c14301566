/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/command.h"

#include <string.h>

static const fcast_command *const commands[] = {
    &fcast_command_run,   &fcast_command_simulate, &fcast_command_train,  &fcast_command_local,
    &fcast_command_limit, &fcast_command_submit,   &fcast_command_status, &fcast_command_sync,
    &fcast_command_check, &fcast_command_info,     &fcast_command_config, &fcast_command_sweep,
    &fcast_command_order, &fcast_command_import,   &fcast_command_doctor, &fcast_command_completion,
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

size_t fcast_n_commands(void) {
  return N_COMMANDS;
}

const fcast_command *fcast_command_at(size_t i_command) {
  return commands[i_command];
}

const fcast_command *fcast_command_find(const char *name, fcast_error *err) {
  const char *names[N_COMMANDS];
  for (size_t i = 0; i < N_COMMANDS; i++) {
    names[i] = commands[i]->name;
    if (strcmp(name, names[i]) == 0) {
      return commands[i];
    }
  }
  const char *nearest = fcast_nearest(name, names, N_COMMANDS);
  (void)fcast_fail(err, FCAST_E_ARG, "%s: unknown command%s%s%s see 'flockcast --help'", name,
                   nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "'?" : ";");
  return NULL;
}
