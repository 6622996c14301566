/* SPDX-License-Identifier: MIT
 *
 * Run another program and wait for it, but not for ever.
 */
#ifndef FLOCKCAST_CLUSTER_PROCESS_H
#define FLOCKCAST_CLUSTER_PROCESS_H

#include "flockcast/status.h"

#include <stdbool.h>

typedef struct fcast_process_result {
  int exit_status; /* 127: there is no such program; 128 + signal where one ended it */
  bool timed_out;  /* ended by us */
  char *output;    /* standard output, 0-terminated, at most 16 MB; never NULL on FCAST_OK */
  char *errors;    /* standard error, likewise */
} fcast_process_result;

/* Run argv[0] (looked up in PATH; argv ends with NULL) with `input` (may be NULL) on its standard input; kill it after
 * `timeout_seconds`. With `shows_output` its standard output is ours and not kept. The caller calls
 * fcast_process_clear. Errors: FCAST_E_IO where no process can be made, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_process_run(const char *const *argv, const char *input, bool shows_output,
                                                double timeout_seconds, fcast_process_result *out, fcast_error *err);
void fcast_process_clear(fcast_process_result *result);

#endif
