/* SPDX-License-Identifier: MIT
 *
 * Names in a pickle and the calls that stand for data. A name is looked up in a short table and stands for itself:
 * nothing is ever imported or called.
 */
#include "flockcast/array.h"
#include "io/npy.h"
#include "io/pickle_machine.h"

#include <string.h>

enum { MAX_GLOBAL = 64 }; /* letters of a name in a message */

/* HARMLESS: classes of values, which are not shown. */
typedef enum global { RECONSTRUCT, NDARRAY, DTYPE, SCALAR, ENCODE, ORDERED_DICT, SET, HARMLESS } global;

static const struct {
  const char *module, *name;
  global which;
} known_globals[] = {
    {"numpy.core.multiarray", "_reconstruct", RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", RECONSTRUCT},
    {"numpy.core.multiarray", "scalar", SCALAR},
    {"numpy._core.multiarray", "scalar", SCALAR},
    {"numpy", "ndarray", NDARRAY},
    {"numpy", "dtype", DTYPE},
    {"_codecs", "encode", ENCODE}, /* how protocol 2 spells bytes: encode(text, 'latin1') */
    {"collections", "OrderedDict", ORDERED_DICT},
    {"builtins", "set", SET},
    {"builtins", "frozenset", SET},
    {"__builtin__", "set", SET}, /* protocol 2 spells builtins as Python 2 does */
    {"__builtin__", "frozenset", SET},
    {"builtins", "complex", HARMLESS},
    {"builtins", "bytearray", HARMLESS},
    {"builtins", "range", HARMLESS},
    {"builtins", "slice", HARMLESS},
    {"__builtin__", "bytes", HARMLESS}, /* without any */
    {"__builtin__", "complex", HARMLESS},
    {"__builtin__", "bytearray", HARMLESS},
    {"__builtin__", "xrange", HARMLESS},
    {"__builtin__", "slice", HARMLESS},
    {"datetime", "datetime", HARMLESS},
    {"datetime", "date", HARMLESS},
    {"datetime", "time", HARMLESS},
    {"datetime", "timedelta", HARMLESS},
    {"datetime", "timezone", HARMLESS},
    {"decimal", "Decimal", HARMLESS},
    {"fractions", "Fraction", HARMLESS},
    {"pathlib", "PosixPath", HARMLESS},
    {"pathlib", "PurePosixPath", HARMLESS},
    {"pathlib", "WindowsPath", HARMLESS},
    {"pathlib", "PureWindowsPath", HARMLESS},
    {"pathlib._local", "PosixPath", HARMLESS}, /* Python 3.13 */
    {"pathlib._local", "PurePosixPath", HARMLESS},
    {"pathlib._local", "WindowsPath", HARMLESS},
    {"pathlib._local", "PureWindowsPath", HARMLESS},
    {"numpy.core.numeric", "_frombuffer", HARMLESS}, /* how protocol 5 spells arrays */
    {"numpy._core.numeric", "_frombuffer", HARMLESS},
};

static bool is_bytes(const pickle_object *value) {
  return value->kind == KIND_BYTES || value->kind == KIND_OLD_STRING;
}

static bool text_equals(const pickle_object *value, const char *text) {
  return fcast__pickle_is_text(value) && value->n_bytes == strlen(text) &&
         memcmp(value->bytes, text, value->n_bytes) == 0;
}

static bool is_global(const pickle_object *value, global which) {
  return value->kind == KIND_GLOBAL && value->integer == (int64_t)which;
}

/* --- names --- */

static bool name_equals(const unsigned char *bytes, size_t n, const char *name) {
  return n == strlen(name) && memcmp(bytes, name, n) == 0;
}

/* Copy a name for a message: what does not print becomes '?'. */
static void print_name(const unsigned char *bytes, size_t n, char text[MAX_GLOBAL + 1]) {
  const size_t length = n < MAX_GLOBAL ? n : MAX_GLOBAL;
  for (size_t i = 0; i < length; i++) {
    text[i] = bytes[i] > ' ' && bytes[i] <= '~' ? (char)bytes[i] : '?';
  }
  text[length] = '\0';
}

static fcast_status push_global(pickle_machine *m, const unsigned char *module, size_t n_module,
                                const unsigned char *name, size_t n_name) {
  for (size_t i = 0; i < sizeof known_globals / sizeof known_globals[0]; i++) {
    if (name_equals(module, n_module, known_globals[i].module) && name_equals(name, n_name, known_globals[i].name)) {
      return fcast__pickle_push_integer(m, KIND_GLOBAL, known_globals[i].which);
    }
  }
  char module_text[MAX_GLOBAL + 1];
  char name_text[MAX_GLOBAL + 1];
  print_name(module, n_module, module_text);
  print_name(name, n_name, name_text);
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: it names %s.%s, which is not plain data", module_text,
                    name_text);
}

static fcast_status take_line(pickle_machine *m, const unsigned char **line, size_t *length) {
  const unsigned char *newline = memchr(m->next, '\n', (size_t)(m->end - m->next));
  if (newline == NULL) {
    return fcast__pickle_refuse(m, "it ends early");
  }
  *line = m->next;
  *length = (size_t)(newline - m->next);
  m->next = newline + 1;
  return FCAST_OK;
}

fcast_status fcast__pickle_run_global(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  const unsigned char *module = NULL;
  const unsigned char *name = NULL;
  size_t n_module = 0;
  size_t n_name = 0;
  fcast_status status = take_line(m, &module, &n_module);
  if (status == FCAST_OK) {
    status = take_line(m, &name, &n_name);
  }
  return status == FCAST_OK ? push_global(m, module, n_module, name, n_name) : status;
}

fcast_status fcast__pickle_run_stack_global(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  pickle_object *module = NULL;
  pickle_object *name = NULL;
  fcast_status status = fcast__pickle_pop(m, &name);
  if (status == FCAST_OK) {
    status = fcast__pickle_pop(m, &module);
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (!fcast__pickle_is_text(module) || !fcast__pickle_is_text(name)) {
    return fcast__pickle_refuse(m, "a name that is not a string");
  }
  return push_global(m, module->bytes, module->n_bytes, name->bytes, name->n_bytes);
}

/* --- the calls that stand for data --- */

/* _reconstruct(ndarray, (0,), b'b'): an array that BUILD will fill. */
static fcast_status call_reconstruct(pickle_machine *m, const pickle_object *arguments) {
  pickle_object *made = NULL;
  if (arguments->n_items != 3 || !is_global(arguments->items[0], NDARRAY)) {
    return fcast__pickle_refuse(m, "_reconstruct of something else than an ndarray");
  }
  return fcast__pickle_push_new(m, KIND_ARRAY, &made);
}

/* dtype('f8', False, True). */
static fcast_status call_dtype(pickle_machine *m, const pickle_object *arguments) {
  pickle_object *made = NULL;
  if (arguments->n_items == 0 || !fcast__pickle_is_text(arguments->items[0])) {
    return fcast__pickle_refuse(m, "a dtype without a name");
  }
  const fcast_status status = fcast__pickle_push_new(m, KIND_DTYPE, &made);
  if (status == FCAST_OK) {
    made->bytes = arguments->items[0]->bytes;
    made->n_bytes = arguments->items[0]->n_bytes;
    made->byte_order = '|';
  }
  return status;
}

/* encode(text, 'latin1'): the bytes whose values are the code points of the text. */
static fcast_status call_encode(pickle_machine *m, const pickle_object *arguments) {
  if (arguments->n_items != 2 || !fcast__pickle_is_text(arguments->items[0]) ||
      !text_equals(arguments->items[1], "latin1")) {
    return fcast__pickle_refuse(m, "encode of something else than a string to latin1");
  }
  const pickle_object *text = arguments->items[0];
  pickle_object *made = NULL;
  const fcast_status status = fcast__pickle_push_new(m, KIND_BYTES, &made);
  if (status != FCAST_OK) {
    return status;
  }
  made->owned_bytes = fcast_alloc_array(text->n_bytes, 1);
  if (made->owned_bytes == NULL) {
    return fcast__pickle_fail_memory(m);
  }
  made->bytes = made->owned_bytes;
  for (size_t i = 0; i < text->n_bytes; i++) {
    unsigned int code = text->bytes[i];
    if (code >= 0x80) { /* U+0080 to U+00FF are two bytes in UTF-8: 110000xx 10xxxxxx */
      const bool is_latin = (code == 0xc2 || code == 0xc3) && i + 1 < text->n_bytes && text->bytes[i + 1] >> 6 == 2;
      if (!is_latin) {
        return fcast__pickle_refuse(m, "encode of a string that is not latin1");
      }
      code = (code & 3u) << 6 | (text->bytes[++i] & 0x3fu);
    }
    made->owned_bytes[made->n_bytes++] = (unsigned char)code;
  }
  return FCAST_OK;
}

static fcast_status fail_scalar(pickle_machine *m, const pickle_object *dtype) {
  char name[MAX_GLOBAL + 1];
  print_name(dtype->bytes, dtype->n_bytes, name);
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: a NumPy scalar of type %s", name);
}

/* A little-endian UCS-4 character in UTF-8; its bytes, 0 where it is no character. */
static size_t encode_utf8(uint32_t code, unsigned char *to) {
  if (code < 0x80) {
    to[0] = (unsigned char)code;
    return 1;
  }
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    return 0;
  }
  const size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = n; i-- > 1;) {
    to[i] = (unsigned char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  to[0] = (unsigned char)(lead[n] | code);
  return n;
}

/* numpy.str_: UCS-4, padded with zeros. */
static fcast_status push_numpy_string(pickle_machine *m, const pickle_object *dtype, const pickle_object *data) {
  pickle_object *made = NULL;
  if (data->n_bytes % 4 != 0 || dtype->byte_order == '>') {
    return fail_scalar(m, dtype);
  }
  const fcast_status status = fcast__pickle_push_new(m, KIND_STRING, &made);
  if (status != FCAST_OK) {
    return status;
  }
  made->owned_bytes = fcast_alloc_array(data->n_bytes, 1);
  if (made->owned_bytes == NULL) {
    return fcast__pickle_fail_memory(m);
  }
  made->bytes = made->owned_bytes;
  for (size_t i = 0; i < data->n_bytes; i += 4) {
    const unsigned char *at = data->bytes + i;
    const uint32_t code = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    if (code == 0) {
      break;
    }
    const size_t n = encode_utf8(code, made->owned_bytes + made->n_bytes);
    if (n == 0) {
      return fail_scalar(m, dtype);
    }
    made->n_bytes += n;
  }
  return FCAST_OK;
}

static fcast_status push_numpy_number(pickle_machine *m, fcast_npy_type type, const pickle_object *dtype,
                                      const pickle_object *data) {
  int64_t integer = 0;
  if (data->n_bytes != type.size) {
    return fail_scalar(m, dtype);
  }
  if (type.kind == 'f') {
    pickle_object *made = NULL;
    const fcast_status status = fcast__pickle_push_new(m, KIND_REAL, &made);
    if (status == FCAST_OK) {
      fcast_npy_decode(type, data->bytes, 1, &made->real);
    }
    return status;
  }
  if (!fcast_npy_decode_integer(type, data->bytes, &integer)) {
    return fcast__pickle_push_hidden(m); /* more than JSON's integers hold */
  }
  return fcast__pickle_push_integer(m, type.kind == 'b' ? KIND_BOOL : KIND_INTEGER, integer);
}

/* scalar(dtype, bytes); of a type that JSON has no place for it is not shown. */
static fcast_status call_scalar(pickle_machine *m, const pickle_object *arguments) {
  if (arguments->n_items != 2 || arguments->items[0]->kind != KIND_DTYPE || !is_bytes(arguments->items[1])) {
    return fcast__pickle_refuse(m, "a NumPy scalar that is not a dtype and bytes");
  }
  const pickle_object *dtype = arguments->items[0];
  const pickle_object *data = arguments->items[1];
  if (dtype->n_bytes > 0 && dtype->bytes[0] == 'U') {
    return push_numpy_string(m, dtype, data);
  }
  char descr[4] = {dtype->byte_order};
  fcast_npy_type type;
  if (dtype->n_bytes != 2) {
    return fcast__pickle_push_hidden(m);
  }
  memcpy(descr + 1, dtype->bytes, 2);
  return fcast_npy_type_parse(descr, &type) ? push_numpy_number(m, type, dtype, data) : fcast__pickle_push_hidden(m);
}

/* OrderedDict(), which SETITEMS fills; Python 2 gives it its entries, which are not shown. */
static fcast_status call_ordered_dict(pickle_machine *m, const pickle_object *arguments) {
  pickle_object *made = NULL;
  return fcast__pickle_push_new(m, arguments->n_items == 0 ? KIND_DICT : KIND_HIDDEN, &made);
}

/* set([...]) is the list. */
static fcast_status call_set(pickle_machine *m, const pickle_object *arguments) {
  if (arguments->n_items != 1 || arguments->items[0]->kind != KIND_LIST) {
    return fcast__pickle_refuse(m, "a set of something else than a list");
  }
  return fcast__pickle_push(m, arguments->items[0]);
}

fcast_status fcast__pickle_run_reduce(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  pickle_object *arguments = NULL;
  pickle_object *function = NULL;
  fcast_status status = fcast__pickle_pop(m, &arguments);
  if (status == FCAST_OK) {
    status = fcast__pickle_pop(m, &function);
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (function->kind == KIND_GLOBAL && arguments->kind == KIND_TUPLE) {
    switch ((global)function->integer) {
    case RECONSTRUCT:
      return call_reconstruct(m, arguments);
    case DTYPE:
      return call_dtype(m, arguments);
    case SCALAR:
      return call_scalar(m, arguments);
    case ENCODE:
      return call_encode(m, arguments);
    case ORDERED_DICT:
      return call_ordered_dict(m, arguments);
    case SET:
      return call_set(m, arguments);
    case HARMLESS:
      return fcast__pickle_push_hidden(m);
    case NDARRAY:
      break; /* an argument only */
    }
  }
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: a call of %s", fcast__pickle_kind_names[function->kind]);
}

/* The state of a dtype: (version, byte order, ...). */
static fcast_status build_dtype(pickle_machine *m, pickle_object *dtype, const pickle_object *state) {
  if (state->n_items < 2 || !fcast__pickle_is_text(state->items[1]) || state->items[1]->n_bytes != 1 ||
      memchr("<>|=", state->items[1]->bytes[0], 4) == NULL) {
    return fcast__pickle_refuse(m, "a dtype of no known byte order");
  }
  dtype->byte_order = (char)state->items[1]->bytes[0];
  return FCAST_OK;
}

static bool is_all_ones(const pickle_object *shape) {
  for (size_t i = 0; i < shape->n_items; i++) {
    if (shape->items[i]->kind != KIND_INTEGER || shape->items[i]->integer != 1) {
      return false;
    }
  }
  return true;
}

/* The state of an array: (1, shape, dtype, False, content). Of an object array with one element it is [element]; any
 * other is not shown. */
static fcast_status build_array(pickle_machine *m, pickle_object *array, const pickle_object *state) {
  if (state->n_items != 5 || state->items[1]->kind != KIND_TUPLE || state->items[2]->kind != KIND_DTYPE) {
    return fcast__pickle_refuse(m, "an array without shape and type");
  }
  const bool is_one_object = is_all_ones(state->items[1]) && state->items[2]->n_bytes > 0 &&
                             state->items[2]->bytes[0] == 'O' && state->items[4]->kind == KIND_LIST &&
                             state->items[4]->n_items == 1;
  if (!is_one_object) {
    array->kind = KIND_HIDDEN;
    return FCAST_OK;
  }
  array->n_items = 0;
  return fcast__pickle_append(m, array, state->items[4]->items[0]);
}

fcast_status fcast__pickle_run_build(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  pickle_object *state = NULL;
  pickle_object *target = NULL;
  fcast_status status = fcast__pickle_pop(m, &state);
  if (status == FCAST_OK) {
    status = fcast__pickle_top(m, &target);
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (state->kind == KIND_TUPLE && target->kind == KIND_DTYPE) {
    return build_dtype(m, target, state);
  }
  if (state->kind == KIND_TUPLE && target->kind == KIND_ARRAY) {
    return build_array(m, target, state);
  }
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: a state for %s", fcast__pickle_kind_names[target->kind]);
}
