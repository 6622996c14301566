/* SPDX-License-Identifier: MIT
 *
 * Is a run the one that its directory is named after: a run copied into another place reads as well as any.
 */
#ifndef FLOCKCAST_IO_RUN_IDENTITY_H
#define FLOCKCAST_IO_RUN_IDENTITY_H

#include "flockcast/status.h"

#include <jansson.h>

/* Hold run_name, mode and seed of metadata.json against a directory named as train_003 and against each other; what
 * metadata does not say, as that of older scripts, and a directory of any other name are no contradiction. Errors:
 * FCAST_E_FORMAT. */
FCAST_MUST_CHECK fcast_status fcast_run_check_identity(const char *directory, const json_t *metadata, fcast_error *err);

#endif
