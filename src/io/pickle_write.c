/* SPDX-License-Identifier: MIT
 *
 * The writing half of pickle.h: the bytes numpy.save makes for a 0-d object array, without memo opcodes. Opcodes are
 * those of Python's pickletools; protocol 3 and the old module name are what every NumPy can read.
 */
#include "io/pickle.h"

#include "base/text.h"
#include "flockcast/array.h"

#include <stdint.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

static void put_opcode(fcast_buffer *to, unsigned char opcode) {
  fcast_buffer_put(to, &opcode, 1);
}

/* `size` bytes of `value`, lowest first. */
static void put_little_endian(fcast_buffer *to, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; i++) {
    put_opcode(to, (unsigned char)(value >> (8 * i)));
  }
}

static void put_string(fcast_buffer *to, const char *text) {
  const size_t length = strlen(text);
  put_opcode(to, 'X'); /* BINUNICODE */
  put_little_endian(to, length, 4);
  fcast_buffer_put(to, text, length);
}

static void put_integer(fcast_buffer *to, int64_t value) {
  if (value >= 0 && value <= UINT8_MAX) {
    put_opcode(to, 'K'); /* BININT1 */
    put_little_endian(to, (uint64_t)value, 1);
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    put_opcode(to, 'J'); /* BININT */
    put_little_endian(to, (uint64_t)value, 4);
  } else {
    put_opcode(to, 0x8a); /* LONG1 */
    put_opcode(to, 8);
    put_little_endian(to, (uint64_t)value, 8);
  }
}

static void put_real(fcast_buffer *to, double value) {
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  put_opcode(to, 'G'); /* BINFLOAT, highest byte first */
  for (size_t i = sizeof bits; i-- > 0;) {
    put_opcode(to, (unsigned char)(bits >> (8 * i)));
  }
}

static fcast_status check_string(const char *text, size_t length, fcast_error *err) {
  if (strlen(text) != length || length > INT32_MAX) {
    return fcast_fail(err, FCAST_E_ARG, "cannot pickle a string with a 0 byte or of more than 2 GB");
  }
  return FCAST_OK;
}

static fcast_status put_value(fcast_buffer *to, const json_t *value, int depth, fcast_error *err);

static fcast_status put_list(fcast_buffer *to, const json_t *list, int depth, fcast_error *err) {
  const size_t n = json_array_size(list);
  put_opcode(to, ']');
  if (n == 0) {
    return FCAST_OK;
  }
  put_opcode(to, '(');
  for (size_t i = 0; i < n; i++) {
    const fcast_status status = put_value(to, json_array_get(list, i), depth + 1, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  put_opcode(to, 'e'); /* APPENDS */
  return FCAST_OK;
}

static fcast_status put_dict(fcast_buffer *to, const json_t *dict, int depth, fcast_error *err) {
  put_opcode(to, '}');
  /* jansson's iterators want a json_t they could change; these do not change it. */
  void *iterator = json_object_iter((json_t *)dict);
  if (iterator == NULL) {
    return FCAST_OK;
  }
  put_opcode(to, '(');
  while (iterator != NULL) {
    const char *key = json_object_iter_key(iterator);
    fcast_status status = check_string(key, strlen(key), err);
    if (status == FCAST_OK) {
      put_string(to, key);
      status = put_value(to, json_object_iter_value(iterator), depth + 1, err);
    }
    if (status != FCAST_OK) {
      return status;
    }
    iterator = json_object_iter_next((json_t *)dict, iterator);
  }
  put_opcode(to, 'u'); /* SETITEMS */
  return FCAST_OK;
}

static fcast_status put_value(fcast_buffer *to, const json_t *value, int depth, fcast_error *err) {
  if (depth > MAX_DEPTH) {
    return fcast_fail(err, FCAST_E_ARG, "cannot pickle data nested deeper than %d", MAX_DEPTH);
  }
  fcast_status status = FCAST_OK;
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return put_dict(to, value, depth, err);
  case JSON_ARRAY:
    return put_list(to, value, depth, err);
  case JSON_STRING:
    status = check_string(json_string_value(value), json_string_length(value), err);
    if (status == FCAST_OK) {
      put_string(to, json_string_value(value));
    }
    return status;
  case JSON_INTEGER:
    put_integer(to, json_integer_value(value));
    break;
  case JSON_REAL:
    put_real(to, json_real_value(value));
    break;
  case JSON_TRUE:
    put_opcode(to, 0x88);
    break;
  case JSON_FALSE:
    put_opcode(to, 0x89);
    break;
  case JSON_NULL:
    put_opcode(to, 'N');
    break;
  }
  return FCAST_OK;
}

/* _reconstruct(ndarray, (0,), b'b') makes an array; the state that follows gives it version 1, shape (), dtype object,
 * C order and the list of its one element. */
static void put_array_head(fcast_buffer *to) {
  fcast_buffer_put_text(to, "\x80\x03"); /* PROTO 3 */
  fcast_buffer_put_text(to, "cnumpy.core.multiarray\n_reconstruct\n");
  fcast_buffer_put_text(to, "cnumpy\nndarray\n");
  fcast_buffer_put(to, "K\x00\x85", 3);
  fcast_buffer_put_text(to, "C\x01"
                            "b\x87R");
  fcast_buffer_put_text(to, "(K\x01)");
  fcast_buffer_put_text(to, "cnumpy\ndtype\n");
  put_string(to, "O8");
  fcast_buffer_put_text(to, "\x89\x88\x87R");
  fcast_buffer_put_text(to, "(K\x03");
  put_string(to, "|");
  fcast_buffer_put_text(to, "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb");
  fcast_buffer_put_text(to, "\x89]");
}

fcast_status fcast_pickle_write(const json_t *value, unsigned char **bytes, size_t *n, fcast_error *err) {
  *bytes = NULL;
  *n = 0;
  fcast_buffer to = {0};
  put_array_head(&to);
  fcast_status status = put_value(&to, value, 1, err);
  fcast_buffer_put_text(&to, "atb."); /* APPEND to the list, TUPLE of the state, BUILD, STOP */
  if (status == FCAST_OK && to.has_failed) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a pickle");
  }
  if (status != FCAST_OK) {
    fcast_free(to.bytes);
    return status;
  }
  *bytes = to.bytes;
  *n = to.n;
  return FCAST_OK;
}
