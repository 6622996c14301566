/* SPDX-License-Identifier: MIT
 *
 * Pickles of plain data: NumPy's 0-d object arrays holding dicts, lists, strings, numbers, booleans and None.
 *
 * The reader is an interpreter for protocols 2 to 5 that knows the names of NumPy's arrays and scalars and of a few
 * classes of Python whose values are plain data, and refuses every other; it builds JSON values and never runs
 * anything.
 */
#ifndef FLOCKCAST_IO_PICKLE_H
#define FLOCKCAST_IO_PICKLE_H

#include "flockcast/status.h"

#include <jansson.h>
#include <stddef.h>

/* Pickle (protocol 3) of a 0-d object ndarray that holds `value`. The caller frees `*bytes` with fcast_free.
 * Errors: FCAST_E_NOMEM, FCAST_E_ARG for a string with a 0 byte or data nested deeper than 64. */
FCAST_MUST_CHECK fcast_status fcast_pickle_write(const json_t *value, unsigned char **bytes, size_t *n,
                                                 fcast_error *err);

/* The data in a pickle: the content of a 0-d object array, or a bare dict, list, string or number. NumPy scalars become
 * numbers, tuples and sets lists; float infinities and nan the strings "inf", "-inf", "nan"; what JSON has no place for
 * (arrays, bytes, complex numbers, integers of more than 64 bits, dates, paths) the string "(not shown)". A key that is
 * no text becomes the text of its JSON, and has a number behind it where a key before it or a text is called so:
 * {1: "a", "1": "b"} is {"1": "b", "1 (2)": "a"}. The caller calls json_decref. Errors: FCAST_E_FORMAT naming what was
 * refused, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_pickle_read(const unsigned char *bytes, size_t n, json_t **value, fcast_error *err);

#endif
