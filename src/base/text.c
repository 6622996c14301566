/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "flockcast/array.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words longer than this are not keys: fcast_nearest then finds nothing. */
enum { MAX_WORD = 63 };

static const char *skip_sign(const char *text) {
  return *text == '+' || *text == '-' ? text + 1 : text;
}

static const char *skip_digits(const char *text) {
  while (*text >= '0' && *text <= '9') {
    text++;
  }
  return text;
}

/* strtod also takes white space, hexadecimal numbers, "inf" and "nan": the text must look like a decimal number. */
static bool is_decimal(const char *text) {
  const char *integer = skip_sign(text);
  const char *end = skip_digits(integer);
  size_t n_digits = (size_t)(end - integer);
  if (*end == '.') {
    const char *fraction = end + 1;
    end = skip_digits(fraction);
    n_digits += (size_t)(end - fraction);
  }
  if (n_digits == 0) {
    return false;
  }
  if (*end == 'e' || *end == 'E') {
    const char *exponent = skip_sign(end + 1);
    end = skip_digits(exponent);
    if (end == exponent) {
      return false;
    }
  }
  return *end == '\0';
}

bool fcast_parse_double(const char *text, double *value) {
  if (!is_decimal(text)) {
    return false;
  }
  char *end = NULL;
  const double parsed = strtod(text, &end);
  if (*end != '\0' || !isfinite(parsed)) {
    return false;
  }
  *value = parsed;
  return true;
}

bool fcast_parse_int64(const char *text, int64_t *value) {
  const char *digits = skip_sign(text);
  const char *digits_end = skip_digits(digits);
  if (digits_end == digits || *digits_end != '\0') {
    return false;
  }
  errno = 0;
  const long long parsed = strtoll(text, NULL, 10);
  if (errno != 0) {
    return false;
  }
  *value = parsed;
  return true;
}

static char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Levenshtein distance with neighbours that changed places as one change (optimal string alignment), one row at a time.
 */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t rows[3][MAX_WORD + 1]; /* of i: i % 3 */
  for (size_t j = 0; j <= b_length; j++) {
    rows[0][j] = j;
  }
  for (size_t i = 1; i <= a_length; i++) {
    const size_t *above = rows[(i + 2) % 3];
    size_t *row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      const size_t substituted = above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
      row[j] = smaller(substituted, smaller(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = smaller(row[j], rows[(i + 1) % 3][j - 2] + 1);
      }
    }
  }
  return rows[a_length % 3][b_length];
}

const char *fcast_nearest(const char *word, const char *const *candidates, size_t n_candidates) {
  const char *nearest = NULL;
  size_t nearest_distance = SIZE_MAX;
  const size_t word_length = strlen(word);
  if (word_length > MAX_WORD) {
    return NULL;
  }
  for (size_t i = 0; i < n_candidates; i++) {
    const size_t length = strlen(candidates[i]);
    if (length > MAX_WORD) {
      continue;
    }
    const size_t distance = edit_distance(word, word_length, candidates[i], length);
    const size_t longer = length > word_length ? length : word_length;
    if (distance * 3 <= longer && distance < nearest_distance) {
      nearest = candidates[i];
      nearest_distance = distance;
    }
  }
  return nearest;
}

/* Room for `n` more bytes and a 0 behind them. */
static bool make_room(fcast_buffer *buffer, size_t n) {
  const size_t limit = SIZE_MAX / 4;
  if (buffer->has_failed || n > limit || buffer->n > limit) {
    return false;
  }
  const size_t needed = buffer->n + n + 1;
  if (needed <= buffer->capacity) {
    return true;
  }
  unsigned char *moved = fcast_alloc_array(2 * needed, 1);
  if (moved == NULL) {
    return false;
  }
  if (buffer->n > 0) {
    memcpy(moved, buffer->bytes, buffer->n);
  }
  fcast_free(buffer->bytes);
  buffer->bytes = moved;
  buffer->capacity = 2 * needed;
  return true;
}

/* Bytes of the character that begins here; 0 where none does. */
static size_t utf8_length(const unsigned char *bytes, size_t n) {
  /* Lengths, and the range of the second byte, by the range of the first: RFC 3629, section 4. */
  static const struct {
    unsigned char first, last, length, second_first, second_last;
  } forms[] = {{0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
               {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
               {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f}};
  size_t i = 0;
  while (i < sizeof forms / sizeof forms[0] && (bytes[0] < forms[i].first || bytes[0] > forms[i].last)) {
    i++;
  }
  if (i == sizeof forms / sizeof forms[0] || forms[i].length > n) {
    return 0;
  }
  if (forms[i].length > 1 && (bytes[1] < forms[i].second_first || bytes[1] > forms[i].second_last)) {
    return 0;
  }
  for (size_t k = 2; k < forms[i].length; k++) {
    if (bytes[k] < 0x80 || bytes[k] > 0xbf) {
      return 0;
    }
  }
  return forms[i].length;
}

void fcast_number_text(double value, char text[FCAST_NUMBER_SIZE]) {
  if (!isfinite(value)) {
    (void)snprintf(text, FCAST_NUMBER_SIZE, "%s", isnan(value) ? "nan" : value > 0.0 ? "inf" : "-inf");
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(text, FCAST_NUMBER_SIZE, "%.*g", digits, value);
    if (strtod(text, NULL) == value) {
      break;
    }
  }
}

bool fcast_is_utf8(const unsigned char *bytes, size_t n) {
  size_t at = 0;
  while (at < n) {
    const size_t length = utf8_length(bytes + at, n - at);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

uint64_t fcast_hash_bytes(uint64_t hash, const unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) {
    hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  }
  return hash;
}

uint64_t fcast_hash_text(uint64_t hash, const char *text) {
  return fcast_hash_bytes(hash, (const unsigned char *)text, strlen(text));
}

void fcast_buffer_put(fcast_buffer *buffer, const void *bytes, size_t n) {
  if (!make_room(buffer, n)) {
    buffer->has_failed = true;
    return;
  }
  if (n > 0) {
    memcpy(buffer->bytes + buffer->n, bytes, n);
  }
  buffer->n += n;
  buffer->bytes[buffer->n] = 0;
}

void fcast_buffer_put_text(fcast_buffer *buffer, const char *text) {
  fcast_buffer_put(buffer, text, strlen(text));
}
