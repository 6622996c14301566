/* SPDX-License-Identifier: MIT
 *
 * Tables with commas: made in memory, written whole or not at all.
 */
#ifndef FLOCKCAST_CLI_CSV_H
#define FLOCKCAST_CLI_CSV_H

#include "io/file.h"

#include <stddef.h>
#include <stdio.h>

typedef struct fcast_csv {
  FILE *stream; /* print to it */
  char *text;
  size_t length;
} fcast_csv;

/* Begin a table that is to become `path`. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_csv_begin(fcast_csv *csv, const char *path, fcast_error *err);

/* Write the table into the temporary file of `path` where `status` is FCAST_OK, and release it; returns `status`, or
 * what went wrong here. The caller commits or abandons `file`, which is empty on failure. Errors: FCAST_E_IO,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_csv_put(fcast_csv *csv, const char *path, fcast_status status, fcast_outfile *file,
                                            fcast_error *err);

/* The same, and commit. */
FCAST_MUST_CHECK fcast_status fcast_csv_finish(fcast_csv *csv, const char *path, fcast_status status, fcast_error *err);

/* Print a comma and the shortest decimal that reads back as the same number; nan and inf as NumPy and pandas read them.
 */
void fcast_csv_number(FILE *stream, double value);

#endif
