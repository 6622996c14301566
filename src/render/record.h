/* SPDX-License-Identifier: MIT
 *
 * Record: the numbers that a figure draws, as a table with commas.
 *
 * What draws a series puts its points here as well, so that the table beside a figure cannot differ from it. A record
 * that is not on takes nothing.
 */
#ifndef FLOCKCAST_RENDER_RECORD_H
#define FLOCKCAST_RENDER_RECORD_H

#include "base/text.h"

/* Stands for an error that is not finite: above every axis, and percentiles can still be taken. In a table: inf. */
#define FCAST__HUGE 1e300

/* Zero-initialise; release text.bytes with fcast_free. */
typedef struct fcast__record {
  bool is_on;
  size_t n_columns;
  fcast_buffer text;
} fcast__record;

/* The first line: "series,lead (time),r2,p10,p90". */
void fcast__record_columns(fcast__record *record, const char *names);

/* A line of words and numbers: nan in the columns that are left, and no number that no column is left for. */
void fcast__record_row(fcast__record *record, const char *const *words, size_t n_words, const double *values,
                       size_t n_values);

#endif
