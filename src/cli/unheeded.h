/* SPDX-License-Identifier: MIT
 *
 * Settings that a command line asks for in vain: what was simulated and trained is said by the files.
 */
#ifndef FLOCKCAST_CLI_UNHEEDED_H
#define FLOCKCAST_CLI_UNHEEDED_H

#include "cli/command.h"

/* Say of every --set that training_metadata.json in `models_dir` contradicts that it changes nothing. Models without
 * that file, of older scripts, contradict nothing. Errors: those of fcast_json_read but FCAST_E_MISSING. */
FCAST_MUST_CHECK fcast_status fcast_unheeded_say(const fcast_arguments *arguments, const char *models_dir,
                                                 fcast_error *err);

#endif
