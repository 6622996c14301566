/* SPDX-License-Identifier: MIT */
#include "io/npy.h"

#include "flockcast/array.h"

#include <stdio.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "flockcast reads and writes NPY members as little-endian machines hold them"
#endif

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum { HEADER_ALIGNMENT = 64 };

/* --- element types --- */

bool fcast_npy_type_parse(const char *descr, fcast_npy_type *type) {
  static const char *const known[] = {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
  if (descr[0] == '\0' || strchr("<>|=", descr[0]) == NULL) {
    return false;
  }
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strcmp(descr + 1, known[i]) == 0) {
      *type = (fcast_npy_type){known[i][0], (size_t)(known[i][1] - '0'), descr[0] == '>'};
      return true;
    }
  }
  return false;
}

/* The bits of one element, zero-extended. */
static uint64_t element_bits(fcast_npy_type type, const unsigned char *bytes) {
  uint64_t bits = 0;
  for (size_t i = 0; i < type.size; i++) {
    const size_t significance = type.is_big_endian ? type.size - 1 - i : i;
    bits |= (uint64_t)bytes[i] << (8 * significance);
  }
  return bits;
}

static double bits_to_float(uint64_t bits, size_t size) {
  if (size == sizeof(float)) {
    const uint32_t low = (uint32_t)bits;
    float value = 0;
    memcpy(&value, &low, sizeof value);
    return (double)value;
  }
  double value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Two's complement of `size` bytes. */
static int64_t bits_to_signed(uint64_t bits, size_t size) {
  const uint64_t sign = (uint64_t)1 << ((8 * size - 1) & 63);
  const uint64_t extended = (bits ^ sign) - sign;
  int64_t value = 0;
  memcpy(&value, &extended, sizeof value);
  return value;
}

void fcast_npy_decode(fcast_npy_type type, const unsigned char *bytes, size_t n, double *values) {
  if (type.kind == 'f' && type.size == sizeof(double) && !type.is_big_endian) {
    memmove(values, bytes, n * sizeof(double));
    return;
  }
  if (type.kind == 'f' && type.size == sizeof(float) && !type.is_big_endian) {
    for (size_t i = 0; i < n; i++) {
      float value = 0;
      memcpy(&value, bytes + i * sizeof value, sizeof value);
      values[i] = (double)value;
    }
    return;
  }
  for (size_t i = 0; i < n; i++) {
    const uint64_t bits = element_bits(type, bytes + i * type.size);
    switch (type.kind) {
    case 'f':
      values[i] = bits_to_float(bits, type.size);
      break;
    case 'i':
      values[i] = (double)bits_to_signed(bits, type.size);
      break;
    case 'b':
      values[i] = bits != 0 ? 1.0 : 0.0;
      break;
    default:
      values[i] = (double)bits;
      break;
    }
  }
}

bool fcast_npy_decode_integer(fcast_npy_type type, const unsigned char *bytes, int64_t *value) {
  const uint64_t bits = element_bits(type, bytes);
  if (type.kind == 'f') {
    const double real = bits_to_float(bits, type.size);
    /* 2^63 as a double; the comparison is false for nan. */
    if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0) || real != (double)(int64_t)real) {
      return false;
    }
    *value = (int64_t)real;
    return true;
  }
  if (type.kind == 'i') {
    *value = bits_to_signed(bits, type.size);
    return true;
  }
  if (type.kind == 'b') {
    *value = bits != 0;
    return true;
  }
  *value = (int64_t)(bits & INT64_MAX);
  return bits <= INT64_MAX;
}

/* --- reading a header --- */

fcast_status fcast_npy_prefix_parse(const unsigned char *bytes, size_t *n_prefix, size_t *n_text, fcast_error *err) {
  if (memcmp(bytes, magic, sizeof magic) != 0) {
    return fcast_fail(err, FCAST_E_FORMAT, "not a NumPy array");
  }
  const unsigned int major = bytes[6];
  const unsigned int minor = bytes[7];
  if (major < 1 || major > 3 || minor != 0) {
    return fcast_fail(err, FCAST_E_FORMAT, "NPY version %u.%u, expected 1.0, 2.0 or 3.0", major, minor);
  }
  *n_prefix = major == 1 ? FCAST_NPY_PREFIX_1 : FCAST_NPY_PREFIX_2;
  *n_text = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  return FCAST_OK;
}

/* What is left of the text, and where complaints go. */
typedef struct cursor {
  const char *next, *end;
  fcast_error *err;
} cursor;

static fcast_status fail_at(const cursor *at, const char *expected) {
  return fcast_fail(at->err, FCAST_E_FORMAT, "malformed NPY header, expected %s", expected);
}

static void skip_space(cursor *at) {
  while (at->next < at->end && (*at->next == ' ' || *at->next == '\n' || *at->next == '\t' || *at->next == '\r')) {
    at->next++;
  }
}

/* Step over `symbol` (and the white space before it) if it comes next. */
static bool take(cursor *at, char symbol) {
  skip_space(at);
  if (at->next < at->end && *at->next == symbol) {
    at->next++;
    return true;
  }
  return false;
}

static bool take_word(cursor *at, const char *word) {
  const size_t length = strlen(word);
  skip_space(at);
  if ((size_t)(at->end - at->next) < length || memcmp(at->next, word, length) != 0) {
    return false;
  }
  at->next += length;
  return true;
}

/* A quoted string of printable ASCII without backslashes, which is all that NumPy writes for our keys and types. */
static fcast_status parse_string(cursor *at, char *text, size_t size) {
  skip_space(at);
  const char quote = take(at, '\'') ? '\'' : '"';
  if (quote == '"' && !take(at, '"')) {
    return fail_at(at, "a string");
  }
  size_t n = 0;
  while (at->next < at->end && *at->next != quote) {
    const char letter = *at->next++;
    if (letter < ' ' || letter > '~' || letter == '\\' || n + 1 >= size) {
      return fail_at(at, "a short plain string");
    }
    text[n++] = letter;
  }
  text[n] = '\0';
  return take(at, quote) ? FCAST_OK : fail_at(at, "the end of a string");
}

/* The type of a structured array is a list: keep the start of it, to name it, and step over it. */
static fcast_status parse_structured(cursor *at, char *text, size_t size) {
  size_t n = 0;
  size_t depth = 0;
  char quote = '\0';
  while (at->next < at->end) {
    const char letter = *at->next++;
    if (n + 1 < size) {
      text[n++] = letter;
    }
    if (letter < ' ' || letter > '~') {
      break;
    }
    if (quote != '\0') {
      quote = letter == quote ? '\0' : quote;
    } else if (letter == '\'' || letter == '"') {
      quote = letter;
    } else if (letter == '[' || letter == '(') {
      depth++;
    } else if ((letter == ']' || letter == ')') && --depth == 0) {
      text[n] = '\0';
      return FCAST_OK;
    }
  }
  return fail_at(at, "the end of a list");
}

static fcast_status parse_type(cursor *at, fcast_npy_info *info) {
  skip_space(at);
  if (at->next < at->end && (*at->next == '[' || *at->next == '(')) {
    return parse_structured(at, info->type, sizeof info->type);
  }
  return parse_string(at, info->type, sizeof info->type);
}

static fcast_status parse_length(cursor *at, size_t *length) {
  skip_space(at);
  const char *start = at->next;
  size_t value = 0;
  while (at->next < at->end && *at->next >= '0' && *at->next <= '9') {
    const size_t digit = (size_t)(*at->next - '0');
    if (value > (SIZE_MAX - digit) / 10) {
      return fail_at(at, "a length that fits in memory");
    }
    value = value * 10 + digit;
    at->next++;
  }
  if (at->next == start) {
    return fail_at(at, "a length");
  }
  (void)take(at, 'L'); /* Python 2 wrote long integers so */
  *length = value;
  return FCAST_OK;
}

static fcast_status parse_shape(cursor *at, fcast_npy_info *info) {
  if (!take(at, '(')) {
    return fail_at(at, "a tuple as shape");
  }
  info->n_dimensions = 0;
  bool comma = true;
  while (!take(at, ')')) {
    if (!comma) {
      return fail_at(at, "a comma in the shape");
    }
    if (info->n_dimensions == FCAST_NPY_MAX_DIMENSIONS) {
      return fcast_fail(at->err, FCAST_E_FORMAT, "more than %d dimensions", FCAST_NPY_MAX_DIMENSIONS);
    }
    const fcast_status status = parse_length(at, &info->shape[info->n_dimensions]);
    if (status != FCAST_OK) {
      return status;
    }
    info->n_dimensions++;
    comma = take(at, ',');
  }
  /* (3) is a number in brackets; (3,) is a tuple. */
  return info->n_dimensions == 1 && !comma ? fail_at(at, "a comma in the shape") : FCAST_OK;
}

static fcast_status count_values(fcast_npy_info *info, fcast_error *err) {
  size_t product = 1;
  bool is_empty = false;
  for (size_t i = 0; i < info->n_dimensions; i++) {
    const size_t length = info->shape[i];
    is_empty = is_empty || length == 0;
    if (length != 0 && product > SIZE_MAX / length) {
      return fcast_fail(err, FCAST_E_FORMAT, "shape with more values than memory can hold");
    }
    product *= length == 0 ? 1 : length;
  }
  info->n_values = is_empty ? 0 : product;
  return FCAST_OK;
}

enum { KEY_DESCR = 1, KEY_FORTRAN = 2, KEY_SHAPE = 4, KEYS_ALL = 7 };

static fcast_status parse_item(cursor *at, fcast_npy_info *info, bool *is_fortran, int *keys) {
  char key[16];
  fcast_status status = parse_string(at, key, sizeof key);
  if (status != FCAST_OK) {
    return status;
  }
  if (!take(at, ':')) {
    return fail_at(at, "a colon after a key");
  }
  int found = 0;
  if (strcmp(key, "descr") == 0) {
    found = KEY_DESCR;
    status = parse_type(at, info);
  } else if (strcmp(key, "shape") == 0) {
    found = KEY_SHAPE;
    status = parse_shape(at, info);
  } else if (strcmp(key, "fortran_order") == 0) {
    found = KEY_FORTRAN;
    *is_fortran = take_word(at, "True");
    status = *is_fortran || take_word(at, "False") ? FCAST_OK : fail_at(at, "True or False");
  }
  if (status == FCAST_OK && (found == 0 || (*keys & found) != 0)) {
    return fail_at(at, "descr, fortran_order and shape, once each");
  }
  *keys |= found;
  return status;
}

fcast_status fcast_npy_header_parse(const char *text, size_t n, fcast_npy_info *info, bool *is_fortran,
                                    fcast_error *err) {
  cursor at = {text, text + n, err};
  int keys = 0;
  *info = (fcast_npy_info){0};
  *is_fortran = false;
  if (!take(&at, '{')) {
    return fail_at(&at, "a dictionary");
  }
  bool comma = true;
  while (!take(&at, '}')) {
    if (!comma) {
      return fail_at(&at, "a comma between keys");
    }
    const fcast_status status = parse_item(&at, info, is_fortran, &keys);
    if (status != FCAST_OK) {
      return status;
    }
    comma = take(&at, ',');
  }
  skip_space(&at);
  if (at.next != at.end) {
    return fail_at(&at, "nothing behind the dictionary");
  }
  if (keys != KEYS_ALL) {
    return fail_at(&at, "descr, fortran_order and shape, once each");
  }
  return count_values(info, err);
}

/* --- writing a header --- */

unsigned char *fcast_npy_header_create(const char *descr, size_t n_dimensions, const size_t *shape, size_t *n_bytes) {
  char shape_text[FCAST_NPY_MAX_DIMENSIONS * 24 + 1] = "";
  size_t length = 0;
  for (size_t i = 0; i < n_dimensions; i++) {
    length += (size_t)snprintf(shape_text + length, sizeof shape_text - length, i == 0 ? "%zu" : ", %zu", shape[i]);
  }
  char dictionary[sizeof shape_text + 128];
  const size_t n_text =
      (size_t)snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }",
                       descr, shape_text, n_dimensions == 1 ? "," : "");
  const size_t n_unpadded = FCAST_NPY_PREFIX_1 + n_text + 1;
  const size_t n = (n_unpadded + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
  unsigned char *header = fcast_alloc_array(n, 1);
  if (header == NULL) {
    return NULL;
  }
  memcpy(header, magic, sizeof magic);
  header[6] = 1; /* version 1.0 */
  header[8] = (unsigned char)((n - FCAST_NPY_PREFIX_1) & 0xff);
  header[9] = (unsigned char)((n - FCAST_NPY_PREFIX_1) >> 8);
  memset(header + FCAST_NPY_PREFIX_1, ' ', n - FCAST_NPY_PREFIX_1);
  memcpy(header + FCAST_NPY_PREFIX_1, dictionary, n_text);
  header[n - 1] = '\n';
  *n_bytes = n;
  return header;
}
