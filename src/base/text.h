/* SPDX-License-Identifier: MIT
 *
 * Text: checked numbers and "did you mean".
 */
#ifndef FLOCKCAST_BASE_TEXT_H
#define FLOCKCAST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of `text` as a finite number (an integer, without fraction or exponent); false where it is anything else.
 */
bool fcast_parse_double(const char *text, double *value);
bool fcast_parse_int64(const char *text, int64_t *value);

/* The candidate nearest to `word` in Levenshtein distance, upper and lower case being the same, or NULL where none is
 * near (more than a third of the longer one would have to change). */
const char *fcast_nearest(const char *word, const char *const *candidates, size_t n_candidates);

#endif
