/* SPDX-License-Identifier: MIT
 *
 * models/index_mapping.csv against the runs it lists.
 */
#ifndef FLOCKCAST_CLI_INDEX_MAPPING_H
#define FLOCKCAST_CLI_INDEX_MAPPING_H

#include "flockcast/status.h"

#include <jansson.h>

/* Whether index_mapping.csv under `oscar_dir` has one line for every frame of the runs that the report of the training
 * names, with the types those runs have. Where there is no report (NULL) or it names no runs, as that of other
 * programs, or a run cannot be read, nothing can be said, and that is FCAST_OK. Errors: FCAST_E_MISSING; FCAST_E_FORMAT
 * naming the first line that differs; FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_index_mapping_check(const char *oscar_dir, const json_t *report, fcast_error *err);

#endif
