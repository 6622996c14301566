/* SPDX-License-Identifier: MIT
 *
 * Text: checked numbers, numbers written, "did you mean", a hash, and bytes that grow.
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

/* The shortest decimal that reads back as the same number; nan, inf and -inf as NumPy and pandas read them. */
enum { FCAST_NUMBER_SIZE = 32 };
void fcast_number_text(double value, char text[FCAST_NUMBER_SIZE]);

/* Whether these bytes are UTF-8 (RFC 3629: no surrogates, nothing longer than it need be). */
bool fcast_is_utf8(const unsigned char *bytes, size_t n);

/* The candidate nearest to `word` in letters left out, added, replaced or swapped with the next, upper and lower case
 * being the same, or NULL where none is near (more than a third of the longer one would have to change). */
const char *fcast_nearest(const char *word, const char *const *candidates, size_t n_candidates);

/* `hash` with `text` or bytes taken in: FNV-1a, 64 bits. Begin with FCAST_HASH_START. It finds accidents, not forgers.
 */
#define FCAST_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t fcast_hash_text(uint64_t hash, const char *text);
uint64_t fcast_hash_bytes(uint64_t hash, const unsigned char *bytes, size_t n);

/* Bytes that grow, with a 0 byte behind them that does not count; zero-initialise, and release `bytes` with fcast_free.
 * Where memory runs out, everything after that is dropped and `has_failed` says so: put all and look once. */
typedef struct fcast_buffer {
  unsigned char *bytes;
  size_t n, capacity;
  bool has_failed;
} fcast_buffer;

void fcast_buffer_put(fcast_buffer *buffer, const void *bytes, size_t n);
void fcast_buffer_put_text(fcast_buffer *buffer, const char *text);

#endif
