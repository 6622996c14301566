/* SPDX-License-Identifier: MIT
 *
 * JSON files whose root is an object. We write a member "checksum" at the end. It is of the content rather than the
 * bytes, so that laying a file out anew does no harm, and leaves the provenance out, so that equal results have equal
 * checksums. Reading looks at it and does not pass it on; a file without one is of another program.
 */
#ifndef FLOCKCAST_IO_JSON_FILE_H
#define FLOCKCAST_IO_JSON_FILE_H

#include "flockcast/status.h"

#include <jansson.h>

/* Read a file of at most 64 MB; the caller calls json_decref. Errors: FCAST_E_MISSING, FCAST_E_FORMAT naming line and
 * column or a checksum that is wrong, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_json_read(const char *path, json_t **out, fcast_error *err);

/* Write `value`, indented, whole or not at all. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_json_write(const char *path, const json_t *value, fcast_error *err);

#endif
