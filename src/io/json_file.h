/* SPDX-License-Identifier: MIT
 *
 * JSON files whose root is an object. We write a member "checksum" at the end. It is of the content rather than the
 * bytes, so that laying a file out anew does no harm, and leaves the provenance out, so that equal results have equal
 * checksums. Reading looks at it and does not pass it on; a file without one is of another program.
 */
#ifndef FLOCKCAST_IO_JSON_FILE_H
#define FLOCKCAST_IO_JSON_FILE_H

#include "flockcast/status.h"
#include "io/file.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* `value` as text, by the JSON_ flags of jansson; the caller frees it with fcast_free. NULL where memory is short.
 * json_dumps may then give a text that ends early, and say nothing. */
char *fcast_json_text(const json_t *value, size_t flags);

/* A value as it is shown to people: compact, numbers to 12 digits; the caller frees it. NULL where memory is short. */
char *fcast_json_shown(const json_t *value);

/* Whether two values are the same, numbers as numbers: 1 is 1.0. */
bool fcast_json_agree(const json_t *a, const json_t *b);

/* Read a file of at most 64 MB; the caller calls json_decref. Errors: FCAST_E_MISSING, FCAST_E_FORMAT naming line and
 * column or a checksum that is wrong, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_json_read(const char *path, json_t **out, fcast_error *err);

/* Write `value`, indented, into the temporary file of `path`, which the caller commits or abandons; `file` is empty on
 * failure. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_json_put(const char *path, const json_t *value, fcast_outfile *file,
                                             fcast_error *err);

/* The same, and commit. */
FCAST_MUST_CHECK fcast_status fcast_json_write(const char *path, const json_t *value, fcast_error *err);

#endif
