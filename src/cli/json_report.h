/* SPDX-License-Identifier: MIT
 *
 * What --json prints: one document on standard output. docs/json.md has every key.
 */
#ifndef FLOCKCAST_CLI_JSON_REPORT_H
#define FLOCKCAST_CLI_JSON_REPORT_H

#include "flockcast/status.h"

#include <jansson.h>

/* A number; null where there is none, as JSON has neither nan nor inf. */
json_t *fcast_json_number(double value);

/* Print `body`, an object, behind the name of the command and the version, and release it. NULL means that memory was
 * short. Errors: FCAST_E_NOMEM, also for text that is not UTF-8. */
FCAST_MUST_CHECK fcast_status fcast_json_print(const char *command, json_t *body, fcast_error *err);

#endif
