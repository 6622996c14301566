/* SPDX-License-Identifier: MIT
 *
 * The reading half of pickle.h: the stack machine of Python's pickle module, cut down to data.
 *
 * Objects live in one list until the end and are never freed one by one, so shared references cost nothing and cycles
 * do no harm; only the conversion to JSON at the end follows references, and it counts what it makes. Names are looked
 * up in a short table and stand for themselves: nothing is ever imported or called. Opcodes: Python's pickletools.
 */
#include "io/pickle.h"

#include "flockcast/array.h"
#include "io/npy.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  MAX_DEPTH = 64,
  MAX_OBJECTS = 1 << 20, /* also of the stack and the memo */
  MAX_OUTPUT = 32 << 20, /* bytes of JSON, about */
  NODE_COST = 32,        /* of a value in that count, beside its text */
  MAX_GLOBAL = 64        /* letters in the name of a module or a class */
};

typedef enum global { RECONSTRUCT, NDARRAY, DTYPE, SCALAR, ENCODE } global;

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
};

typedef enum kind {
  KIND_MARK,
  KIND_NONE,
  KIND_BOOL,
  KIND_INTEGER,
  KIND_REAL,
  KIND_STRING,
  KIND_BYTES,
  KIND_OLD_STRING, /* of Python 2: text or bytes, as needed */
  KIND_LIST,
  KIND_TUPLE,
  KIND_DICT, /* keys and values in turn */
  KIND_GLOBAL,
  KIND_DTYPE,
  KIND_ARRAY, /* object array: its state, once BUILD has given it one element */
  N_KINDS
} kind;

static const char *const kind_names[N_KINDS] = {
    "a mark", "None",    "a boolean", "an integer",          "a float", "a string", "bytes", "a string",
    "a list", "a tuple", "a dict",    "a class or function", "a dtype", "an array"};

typedef struct object {
  kind kind;
  bool is_open; /* being converted: meeting it again means that it contains itself */
  struct object *allocated_before;
  int64_t integer; /* integer, boolean, global */
  double real;
  const unsigned char *bytes; /* string, bytes; of a dtype its name ("f8"); not ended by 0 */
  size_t n_bytes;
  unsigned char *owned_bytes; /* where they are not a part of the pickle */
  struct object **items;      /* list, tuple, dict; of an array its one element */
  size_t n_items, capacity;
  char byte_order; /* dtype: '<', '>' or '|' */
} object;

typedef struct pointers {
  object **items;
  size_t n, capacity;
} pointers;

typedef struct machine {
  const unsigned char *next, *end;
  object *last_allocated;
  size_t n_objects;
  pointers stack, memo;
  int version;
  object *result; /* set by STOP */
  fcast_error *err;
} machine;

/* --- objects and the stack --- */

static fcast_status refuse(machine *m, const char *what) {
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: %s", what);
}

static fcast_status fail_memory(machine *m) {
  return fcast_fail(m->err, FCAST_E_NOMEM, "out of memory for a pickle");
}

static fcast_status grow(machine *m, object ***items, size_t n, size_t *capacity) {
  if (n < *capacity) {
    return FCAST_OK;
  }
  if (n >= MAX_OBJECTS) {
    return refuse(m, "too many values");
  }
  const size_t larger = *capacity == 0 ? 8 : 2 * *capacity;
  object **moved = fcast_alloc_array(larger > n ? larger : n + 1, sizeof *moved);
  if (moved == NULL) {
    return fail_memory(m);
  }
  if (*capacity > 0) {
    memcpy(moved, *items, *capacity * sizeof *moved);
  }
  fcast_free(*items);
  *items = moved;
  *capacity = larger > n ? larger : n + 1;
  return FCAST_OK;
}

static fcast_status append_item(machine *m, object *to, object *item) {
  const fcast_status status = grow(m, &to->items, to->n_items, &to->capacity);
  if (status == FCAST_OK) {
    to->items[to->n_items++] = item;
  }
  return status;
}

static fcast_status push(machine *m, object *item) {
  const fcast_status status = grow(m, &m->stack.items, m->stack.n, &m->stack.capacity);
  if (status == FCAST_OK) {
    m->stack.items[m->stack.n++] = item;
  }
  return status;
}

/* A new object on the stack. */
static fcast_status push_new(machine *m, kind which, object **out) {
  if (m->n_objects == MAX_OBJECTS) {
    return refuse(m, "too many values");
  }
  object *made = fcast_alloc_array(1, sizeof *made);
  if (made == NULL) {
    return fail_memory(m);
  }
  made->kind = which;
  made->allocated_before = m->last_allocated;
  m->last_allocated = made;
  m->n_objects++;
  *out = made;
  return push(m, made);
}

/* The topmost object, which must be there and be no mark. */
static fcast_status look_at_top(machine *m, object **out) {
  if (m->stack.n == 0 || m->stack.items[m->stack.n - 1]->kind == KIND_MARK) {
    return refuse(m, "an opcode finds too few values");
  }
  *out = m->stack.items[m->stack.n - 1];
  return FCAST_OK;
}

static fcast_status pop(machine *m, object **out) {
  const fcast_status status = look_at_top(m, out);
  if (status == FCAST_OK) {
    m->stack.n--;
  }
  return status;
}

/* Where the values above the last mark begin. */
static fcast_status find_mark(machine *m, size_t *first) {
  for (size_t i = m->stack.n; i-- > 0;) {
    if (m->stack.items[i]->kind == KIND_MARK) {
      *first = i + 1;
      return FCAST_OK;
    }
  }
  return refuse(m, "an opcode finds no mark");
}

/* Move stack[first..] to the end of `to`. */
static fcast_status take_items(machine *m, size_t first, object *to) {
  fcast_status status = FCAST_OK;
  for (size_t i = first; i < m->stack.n && status == FCAST_OK; i++) {
    status = append_item(m, to, m->stack.items[i]);
  }
  m->stack.n = first;
  return status;
}

static bool is_text(const object *value) {
  return value->kind == KIND_STRING || value->kind == KIND_OLD_STRING;
}

static bool is_bytes(const object *value) {
  return value->kind == KIND_BYTES || value->kind == KIND_OLD_STRING;
}

static bool text_equals(const object *value, const char *text) {
  return is_text(value) && value->n_bytes == strlen(text) && memcmp(value->bytes, text, value->n_bytes) == 0;
}

static bool is_global(const object *value, global which) {
  return value->kind == KIND_GLOBAL && value->integer == (int64_t)which;
}

/* --- arguments in the byte stream --- */

static fcast_status take_bytes(machine *m, uint64_t n, const unsigned char **bytes) {
  if (n > (uint64_t)(m->end - m->next)) {
    return refuse(m, "it ends early");
  }
  *bytes = m->next;
  m->next += n;
  return FCAST_OK;
}

/* `size` bytes, lowest first. */
static fcast_status take_number(machine *m, size_t size, uint64_t *value) {
  const unsigned char *bytes = NULL;
  const fcast_status status = take_bytes(m, size, &bytes);
  *value = 0;
  for (size_t i = 0; i < size && status == FCAST_OK; i++) {
    *value |= (uint64_t)bytes[i] << (8 * i);
  }
  return status;
}

/* Two's complement of 1 to 8 bytes, lowest first. */
static int64_t sign_extend(uint64_t bits, size_t size) {
  const uint64_t sign = (uint64_t)1 << (8 * size - 1);
  const uint64_t extended = (bits ^ sign) - sign;
  int64_t value = 0;
  memcpy(&value, &extended, sizeof value);
  return value;
}

/* --- opcodes for plain values --- */

static fcast_status push_integer(machine *m, kind which, int64_t value) {
  object *made = NULL;
  const fcast_status status = push_new(m, which, &made);
  if (status == FCAST_OK) {
    made->integer = value;
  }
  return status;
}

static fcast_status run_none(machine *m, unsigned char opcode) {
  (void)opcode;
  return push_integer(m, KIND_NONE, 0);
}

static fcast_status run_boolean(machine *m, unsigned char opcode) {
  return push_integer(m, KIND_BOOL, opcode == 0x88);
}

/* BININT1, BININT2 (unsigned), BININT (signed). */
static fcast_status run_integer(machine *m, unsigned char opcode) {
  const size_t size = opcode == 'K' ? 1 : opcode == 'M' ? 2 : 4;
  uint64_t bits = 0;
  const fcast_status status = take_number(m, size, &bits);
  if (status != FCAST_OK) {
    return status;
  }
  return push_integer(m, KIND_INTEGER, opcode == 'J' ? sign_extend(bits, size) : (int64_t)bits);
}

static fcast_status run_long(machine *m, unsigned char opcode) {
  (void)opcode;
  uint64_t size = 0;
  uint64_t bits = 0;
  fcast_status status = take_number(m, 1, &size);
  if (status == FCAST_OK && size > sizeof bits) {
    return refuse(m, "an integer of more than 64 bits");
  }
  if (status == FCAST_OK) {
    status = take_number(m, (size_t)size, &bits);
  }
  if (status != FCAST_OK) {
    return status;
  }
  return push_integer(m, KIND_INTEGER, size == 0 ? 0 : sign_extend(bits, (size_t)size));
}

static fcast_status run_float(machine *m, unsigned char opcode) {
  (void)opcode;
  const unsigned char *bytes = NULL;
  object *made = NULL;
  fcast_status status = take_bytes(m, sizeof(double), &bytes);
  if (status == FCAST_OK) {
    status = push_new(m, KIND_REAL, &made);
  }
  if (status == FCAST_OK) {
    fcast_npy_decode((fcast_npy_type){'f', sizeof(double), true}, bytes, 1, &made->real);
  }
  return status;
}

/* Strings and bytes: the opcode tells what they are and how wide their length is. */
static fcast_status run_text(machine *m, unsigned char opcode) {
  static const struct {
    unsigned char opcode, length_size;
    kind which;
  } forms[] = {
      {'X', 4, KIND_STRING}, {0x8c, 1, KIND_STRING}, {0x8d, 8, KIND_STRING},    {'C', 1, KIND_BYTES},
      {'B', 4, KIND_BYTES},  {0x8e, 8, KIND_BYTES},  {'U', 1, KIND_OLD_STRING}, {'T', 4, KIND_OLD_STRING},
  };
  size_t i_form = 0;
  while (forms[i_form].opcode != opcode) {
    i_form++;
  }
  uint64_t length = 0;
  const unsigned char *bytes = NULL;
  object *made = NULL;
  fcast_status status = take_number(m, forms[i_form].length_size, &length);
  if (status == FCAST_OK) {
    status = take_bytes(m, length, &bytes);
  }
  if (status == FCAST_OK) {
    status = push_new(m, forms[i_form].which, &made);
  }
  if (status == FCAST_OK) {
    made->bytes = bytes;
    made->n_bytes = (size_t)length;
  }
  return status;
}

/* --- opcodes for containers --- */

static fcast_status run_empty(machine *m, unsigned char opcode) {
  object *made = NULL;
  return push_new(m, opcode == ']' ? KIND_LIST : opcode == '}' ? KIND_DICT : KIND_TUPLE, &made);
}

static fcast_status run_mark(machine *m, unsigned char opcode) {
  (void)opcode;
  object *made = NULL;
  return push_new(m, KIND_MARK, &made);
}

/* The items of a list or dict that `to` grows by are stack[first..]. */
static fcast_status extend(machine *m, object *to, size_t first) {
  if (to->kind == KIND_DICT) {
    if ((m->stack.n - first) % 2 != 0) {
      return refuse(m, "a dict with a key but no value");
    }
    for (size_t i = first; i < m->stack.n; i += 2) {
      if (!is_text(m->stack.items[i])) {
        return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: %s as the key of a dict",
                          kind_names[m->stack.items[i]->kind]);
      }
    }
  }
  return take_items(m, first, to);
}

/* A new tuple, list or dict of all values above the mark. */
static fcast_status run_collect(machine *m, unsigned char opcode) {
  size_t first = 0;
  object *made = NULL;
  fcast_status status = find_mark(m, &first);
  if (status == FCAST_OK) {
    status = push_new(m, opcode == 't' ? KIND_TUPLE : opcode == 'l' ? KIND_LIST : KIND_DICT, &made);
  }
  if (status == FCAST_OK) {
    m->stack.n--;
    status = extend(m, made, first);
  }
  if (status == FCAST_OK) {
    m->stack.n = first - 1; /* the mark */
    status = push(m, made);
  }
  return status;
}

/* TUPLE1, TUPLE2, TUPLE3. */
static fcast_status run_short_tuple(machine *m, unsigned char opcode) {
  const size_t n = (size_t)(opcode - 0x84);
  for (size_t i = 1; i <= n; i++) {
    if (m->stack.n < i || m->stack.items[m->stack.n - i]->kind == KIND_MARK) {
      return refuse(m, "an opcode finds too few values");
    }
  }
  const size_t first = m->stack.n - n;
  object *made = NULL;
  fcast_status status = push_new(m, KIND_TUPLE, &made);
  if (status == FCAST_OK) {
    m->stack.n--;
    status = take_items(m, first, made);
  }
  return status == FCAST_OK ? push(m, made) : status;
}

/* APPEND and SETITEM take one entry, APPENDS and SETITEMS all above the mark. */
static fcast_status run_extend(machine *m, unsigned char opcode) {
  const kind expected = opcode == 'a' || opcode == 'e' ? KIND_LIST : KIND_DICT;
  const bool has_mark = opcode == 'e' || opcode == 'u';
  const size_t n_values = expected == KIND_LIST ? 1 : 2;
  size_t first = 0;
  if (has_mark) {
    const fcast_status status = find_mark(m, &first);
    if (status != FCAST_OK) {
      return status;
    }
  } else if (m->stack.n < n_values) {
    return refuse(m, "an opcode finds too few values");
  } else {
    first = m->stack.n - n_values;
  }
  const size_t target = first - (has_mark ? 1 : 0); /* the container is the value below this one */
  if (target == 0 || m->stack.items[target - 1]->kind != expected) {
    return refuse(m, "items added to what is neither a list nor a dict");
  }
  for (size_t i = first; i < m->stack.n; i++) {
    if (m->stack.items[i]->kind == KIND_MARK) {
      return refuse(m, "a mark among the items");
    }
  }
  const fcast_status status = extend(m, m->stack.items[target - 1], first);
  m->stack.n = target;
  return status;
}

static fcast_status run_pop(machine *m, unsigned char opcode) {
  (void)opcode;
  if (m->stack.n == 0) {
    return refuse(m, "an opcode finds too few values");
  }
  m->stack.n--;
  return FCAST_OK;
}

static fcast_status run_pop_mark(machine *m, unsigned char opcode) {
  (void)opcode;
  size_t first = 0;
  const fcast_status status = find_mark(m, &first);
  if (status == FCAST_OK) {
    m->stack.n = first - 1;
  }
  return status;
}

static fcast_status run_duplicate(machine *m, unsigned char opcode) {
  (void)opcode;
  object *top = NULL;
  const fcast_status status = look_at_top(m, &top);
  return status == FCAST_OK ? push(m, top) : status;
}

/* --- opcodes for the memo --- */

static fcast_status memo_put(machine *m, uint64_t index) {
  object *top = NULL;
  fcast_status status = look_at_top(m, &top);
  if (status == FCAST_OK && index >= MAX_OBJECTS) {
    return refuse(m, "too many values");
  }
  if (status == FCAST_OK) {
    status = grow(m, &m->memo.items, (size_t)index, &m->memo.capacity);
  }
  if (status == FCAST_OK) {
    m->memo.n += m->memo.items[index] == NULL;
    m->memo.items[index] = top;
  }
  return status;
}

/* BINPUT, LONG_BINPUT. */
static fcast_status run_put(machine *m, unsigned char opcode) {
  uint64_t index = 0;
  const fcast_status status = take_number(m, opcode == 'q' ? 1 : 4, &index);
  return status == FCAST_OK ? memo_put(m, index) : status;
}

/* MEMOIZE: under the number of values in the memo. */
static fcast_status run_memoize(machine *m, unsigned char opcode) {
  (void)opcode;
  return memo_put(m, m->memo.n);
}

/* BINGET, LONG_BINGET. */
static fcast_status run_get(machine *m, unsigned char opcode) {
  uint64_t index = 0;
  const fcast_status status = take_number(m, opcode == 'h' ? 1 : 4, &index);
  if (status != FCAST_OK) {
    return status;
  }
  if (index >= m->memo.capacity || m->memo.items[index] == NULL) {
    return refuse(m, "a reference to a value that is not there");
  }
  return push(m, m->memo.items[index]);
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

static fcast_status push_global(machine *m, const unsigned char *module, size_t n_module, const unsigned char *name,
                                size_t n_name) {
  for (size_t i = 0; i < sizeof known_globals / sizeof known_globals[0]; i++) {
    if (name_equals(module, n_module, known_globals[i].module) && name_equals(name, n_name, known_globals[i].name)) {
      return push_integer(m, KIND_GLOBAL, known_globals[i].which);
    }
  }
  char module_text[MAX_GLOBAL + 1];
  char name_text[MAX_GLOBAL + 1];
  print_name(module, n_module, module_text);
  print_name(name, n_name, name_text);
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: it names %s.%s, which is not plain data", module_text,
                    name_text);
}

static fcast_status take_line(machine *m, const unsigned char **line, size_t *length) {
  const unsigned char *newline = memchr(m->next, '\n', (size_t)(m->end - m->next));
  if (newline == NULL) {
    return refuse(m, "it ends early");
  }
  *line = m->next;
  *length = (size_t)(newline - m->next);
  m->next = newline + 1;
  return FCAST_OK;
}

static fcast_status run_global(machine *m, unsigned char opcode) {
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

static fcast_status run_stack_global(machine *m, unsigned char opcode) {
  (void)opcode;
  object *module = NULL;
  object *name = NULL;
  fcast_status status = pop(m, &name);
  if (status == FCAST_OK) {
    status = pop(m, &module);
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (!is_text(module) || !is_text(name)) {
    return refuse(m, "a name that is not a string");
  }
  return push_global(m, module->bytes, module->n_bytes, name->bytes, name->n_bytes);
}

/* --- the four calls that stand for data --- */

/* _reconstruct(ndarray, (0,), b'b'): an array that BUILD will fill. */
static fcast_status call_reconstruct(machine *m, const object *arguments) {
  object *made = NULL;
  if (arguments->n_items != 3 || !is_global(arguments->items[0], NDARRAY)) {
    return refuse(m, "_reconstruct of something else than an ndarray");
  }
  return push_new(m, KIND_ARRAY, &made);
}

/* dtype('f8', False, True). */
static fcast_status call_dtype(machine *m, const object *arguments) {
  object *made = NULL;
  if (arguments->n_items == 0 || !is_text(arguments->items[0])) {
    return refuse(m, "a dtype without a name");
  }
  const fcast_status status = push_new(m, KIND_DTYPE, &made);
  if (status == FCAST_OK) {
    made->bytes = arguments->items[0]->bytes;
    made->n_bytes = arguments->items[0]->n_bytes;
    made->byte_order = '|';
  }
  return status;
}

/* encode(text, 'latin1'): the bytes whose values are the code points of the text. */
static fcast_status call_encode(machine *m, const object *arguments) {
  if (arguments->n_items != 2 || !is_text(arguments->items[0]) || !text_equals(arguments->items[1], "latin1")) {
    return refuse(m, "encode of something else than a string to latin1");
  }
  const object *text = arguments->items[0];
  object *made = NULL;
  const fcast_status status = push_new(m, KIND_BYTES, &made);
  if (status != FCAST_OK) {
    return status;
  }
  made->owned_bytes = fcast_alloc_array(text->n_bytes, 1);
  if (made->owned_bytes == NULL) {
    return fail_memory(m);
  }
  made->bytes = made->owned_bytes;
  for (size_t i = 0; i < text->n_bytes; i++) {
    unsigned int code = text->bytes[i];
    if (code >= 0x80) { /* U+0080 to U+00FF are two bytes in UTF-8: 110000xx 10xxxxxx */
      const bool is_latin = (code == 0xc2 || code == 0xc3) && i + 1 < text->n_bytes && text->bytes[i + 1] >> 6 == 2;
      if (!is_latin) {
        return refuse(m, "encode of a string that is not latin1");
      }
      code = (code & 3u) << 6 | (text->bytes[++i] & 0x3fu);
    }
    made->owned_bytes[made->n_bytes++] = (unsigned char)code;
  }
  return FCAST_OK;
}

static fcast_status fail_scalar(machine *m, const object *dtype) {
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
static fcast_status push_numpy_string(machine *m, const object *dtype, const object *data) {
  object *made = NULL;
  if (data->n_bytes % 4 != 0 || dtype->byte_order == '>') {
    return fail_scalar(m, dtype);
  }
  const fcast_status status = push_new(m, KIND_STRING, &made);
  if (status != FCAST_OK) {
    return status;
  }
  made->owned_bytes = fcast_alloc_array(data->n_bytes, 1);
  if (made->owned_bytes == NULL) {
    return fail_memory(m);
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

static fcast_status push_numpy_number(machine *m, fcast_npy_type type, const object *dtype, const object *data) {
  int64_t integer = 0;
  if (data->n_bytes != type.size) {
    return fail_scalar(m, dtype);
  }
  if (type.kind == 'f') {
    object *made = NULL;
    const fcast_status status = push_new(m, KIND_REAL, &made);
    if (status == FCAST_OK) {
      fcast_npy_decode(type, data->bytes, 1, &made->real);
    }
    return status;
  }
  if (!fcast_npy_decode_integer(type, data->bytes, &integer)) {
    return refuse(m, "an integer of more than 64 bits");
  }
  return push_integer(m, type.kind == 'b' ? KIND_BOOL : KIND_INTEGER, integer);
}

/* scalar(dtype, bytes). */
static fcast_status call_scalar(machine *m, const object *arguments) {
  if (arguments->n_items != 2 || arguments->items[0]->kind != KIND_DTYPE || !is_bytes(arguments->items[1])) {
    return refuse(m, "a NumPy scalar that is not a dtype and bytes");
  }
  const object *dtype = arguments->items[0];
  const object *data = arguments->items[1];
  if (dtype->n_bytes > 0 && dtype->bytes[0] == 'U') {
    return push_numpy_string(m, dtype, data);
  }
  char descr[4] = {dtype->byte_order};
  fcast_npy_type type;
  if (dtype->n_bytes != 2) {
    return fail_scalar(m, dtype);
  }
  memcpy(descr + 1, dtype->bytes, 2);
  return fcast_npy_type_parse(descr, &type) ? push_numpy_number(m, type, dtype, data) : fail_scalar(m, dtype);
}

static fcast_status run_reduce(machine *m, unsigned char opcode) {
  (void)opcode;
  object *arguments = NULL;
  object *function = NULL;
  fcast_status status = pop(m, &arguments);
  if (status == FCAST_OK) {
    status = pop(m, &function);
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
    case NDARRAY:
      break; /* an argument only */
    }
  }
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: a call of %s", kind_names[function->kind]);
}

/* The state of a dtype: (version, byte order, ...). */
static fcast_status build_dtype(machine *m, object *dtype, const object *state) {
  if (state->n_items < 2 || !is_text(state->items[1]) || state->items[1]->n_bytes != 1 ||
      memchr("<>|=", state->items[1]->bytes[0], 4) == NULL) {
    return refuse(m, "a dtype of no known byte order");
  }
  dtype->byte_order = (char)state->items[1]->bytes[0];
  return FCAST_OK;
}

static bool is_all_ones(const object *shape) {
  for (size_t i = 0; i < shape->n_items; i++) {
    if (shape->items[i]->kind != KIND_INTEGER || shape->items[i]->integer != 1) {
      return false;
    }
  }
  return shape->kind == KIND_TUPLE;
}

/* The state of an object array with one element: (1, (), dtype('O'), False, [element]). */
static fcast_status build_array(machine *m, object *array, const object *state) {
  const bool has_form = state->n_items == 5 && is_all_ones(state->items[1]) && state->items[2]->kind == KIND_DTYPE &&
                        state->items[2]->n_bytes > 0 && state->items[2]->bytes[0] == 'O' &&
                        state->items[4]->kind == KIND_LIST && state->items[4]->n_items == 1;
  if (!has_form) {
    return refuse(m, "an array that is not of one object");
  }
  array->n_items = 0;
  return append_item(m, array, state->items[4]->items[0]);
}

static fcast_status run_build(machine *m, unsigned char opcode) {
  (void)opcode;
  object *state = NULL;
  object *target = NULL;
  fcast_status status = pop(m, &state);
  if (status == FCAST_OK) {
    status = look_at_top(m, &target);
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
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: a state for %s", kind_names[target->kind]);
}

/* --- the machine --- */

static fcast_status run_protocol(machine *m, unsigned char opcode) {
  (void)opcode;
  uint64_t version = 0;
  const fcast_status status = take_number(m, 1, &version);
  if (status == FCAST_OK && (version < 2 || version > 5)) {
    return fcast_fail(m->err, FCAST_E_FORMAT, "pickle protocol %d, expected 2 to 5", (int)version);
  }
  m->version = (int)version;
  return status;
}

/* FRAME only tells how much to read ahead. */
static fcast_status run_frame(machine *m, unsigned char opcode) {
  (void)opcode;
  uint64_t length = 0;
  const fcast_status status = take_number(m, 8, &length);
  if (status == FCAST_OK && length > (uint64_t)(m->end - m->next)) {
    return refuse(m, "it ends early");
  }
  return status;
}

static fcast_status run_stop(machine *m, unsigned char opcode) {
  (void)opcode;
  object *result = NULL;
  const fcast_status status = pop(m, &result);
  if (status != FCAST_OK) {
    return status;
  }
  if (m->stack.n != 0 || m->next != m->end) {
    return refuse(m, "something is left over at its end");
  }
  m->result = result;
  return FCAST_OK;
}

/* What is not here, or has no function, is refused. */
static const struct {
  unsigned char code;
  const char *name;
  fcast_status (*run)(machine *m, unsigned char opcode);
} opcodes[] = {
    {0x80, "PROTO", run_protocol},
    {0x95, "FRAME", run_frame},
    {'.', "STOP", run_stop},
    {'N', "NONE", run_none},
    {0x88, "NEWTRUE", run_boolean},
    {0x89, "NEWFALSE", run_boolean},
    {'K', "BININT1", run_integer},
    {'M', "BININT2", run_integer},
    {'J', "BININT", run_integer},
    {0x8a, "LONG1", run_long},
    {'G', "BINFLOAT", run_float},
    {'X', "BINUNICODE", run_text},
    {0x8c, "SHORT_BINUNICODE", run_text},
    {0x8d, "BINUNICODE8", run_text},
    {'C', "SHORT_BINBYTES", run_text},
    {'B', "BINBYTES", run_text},
    {0x8e, "BINBYTES8", run_text},
    {'U', "SHORT_BINSTRING", run_text},
    {'T', "BINSTRING", run_text},
    {']', "EMPTY_LIST", run_empty},
    {')', "EMPTY_TUPLE", run_empty},
    {'}', "EMPTY_DICT", run_empty},
    {'(', "MARK", run_mark},
    {'t', "TUPLE", run_collect},
    {'l', "LIST", run_collect},
    {'d', "DICT", run_collect},
    {0x85, "TUPLE1", run_short_tuple},
    {0x86, "TUPLE2", run_short_tuple},
    {0x87, "TUPLE3", run_short_tuple},
    {'a', "APPEND", run_extend},
    {'e', "APPENDS", run_extend},
    {'s', "SETITEM", run_extend},
    {'u', "SETITEMS", run_extend},
    {'0', "POP", run_pop},
    {'1', "POP_MARK", run_pop_mark},
    {'2', "DUP", run_duplicate},
    {'q', "BINPUT", run_put},
    {'r', "LONG_BINPUT", run_put},
    {0x94, "MEMOIZE", run_memoize},
    {'h', "BINGET", run_get},
    {'j', "LONG_BINGET", run_get},
    {'c', "GLOBAL", run_global},
    {0x93, "STACK_GLOBAL", run_stack_global},
    {'R', "REDUCE", run_reduce},
    {'b', "BUILD", run_build},
    {'i', "INST", NULL},
    {'o', "OBJ", NULL},
    {0x81, "NEWOBJ", NULL},
    {0x92, "NEWOBJ_EX", NULL},
    {'P', "PERSID", NULL},
    {'Q', "BINPERSID", NULL},
    {0x82, "EXT1", NULL},
    {0x83, "EXT2", NULL},
    {0x84, "EXT4", NULL},
    {0x8b, "LONG4", NULL},
    {0x8f, "EMPTY_SET", NULL},
    {0x90, "ADDITEMS", NULL},
    {0x91, "FROZENSET", NULL},
    {0x96, "BYTEARRAY8", NULL},
    {0x97, "NEXT_BUFFER", NULL},
    {0x98, "READONLY_BUFFER", NULL},
    {'I', "INT", NULL},
    {'L', "LONG", NULL},
    {'F', "FLOAT", NULL},
    {'S', "STRING", NULL},
    {'V', "UNICODE", NULL},
    {'p', "PUT", NULL},
    {'g', "GET", NULL},
};

static fcast_status run_one(machine *m, unsigned char code) {
  for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
    if (opcodes[i].code == code && opcodes[i].run != NULL) {
      return opcodes[i].run(m, code);
    }
    if (opcodes[i].code == code) {
      return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: opcode %s", opcodes[i].name);
    }
  }
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: opcode 0x%02x", code);
}

static fcast_status run(machine *m) {
  fcast_status status = FCAST_OK;
  while (m->result == NULL && status == FCAST_OK) {
    if (m->next == m->end) {
      return refuse(m, "it ends early");
    }
    const unsigned char code = *m->next++;
    if (m->version == 0 && code != 0x80) {
      return refuse(m, "it does not begin with protocol 2 to 5");
    }
    status = run_one(m, code);
  }
  return status;
}

static void clear_machine(machine *m) {
  while (m->last_allocated != NULL) {
    object *last = m->last_allocated;
    m->last_allocated = last->allocated_before;
    fcast_free(last->owned_bytes);
    fcast_free(last->items);
    fcast_free(last);
  }
  fcast_free(m->stack.items);
  fcast_free(m->memo.items);
}

/* --- objects to JSON --- */

/* What the conversion may still do: a value referred to twice is made twice, so a small pickle can mean a lot. */
typedef struct conversion {
  size_t budget;
  int depth;
  machine *m;
} conversion;

static fcast_status convert(conversion *c, object *from, json_t **to);

static fcast_status keep(conversion *c, json_t *made, json_t **to) {
  *to = made;
  return made == NULL ? fail_memory(c->m) : FCAST_OK;
}

static fcast_status convert_text(conversion *c, const object *from, json_t **to) {
  if (from->n_bytes > 0 && memchr(from->bytes, 0, from->n_bytes) != NULL) {
    return refuse(c->m, "a string with a 0 byte");
  }
  *to = json_stringn(from->n_bytes > 0 ? (const char *)from->bytes : "", from->n_bytes);
  return *to == NULL ? refuse(c->m, "a string that is not UTF-8") : FCAST_OK;
}

static fcast_status convert_real(conversion *c, double value, json_t **to) {
  if (isnan(value)) {
    return keep(c, json_string("nan"), to);
  }
  if (isinf(value)) {
    return keep(c, json_string(value > 0 ? "inf" : "-inf"), to);
  }
  return keep(c, json_real(value), to);
}

static fcast_status convert_list(conversion *c, const object *from, json_t **to) {
  fcast_status status = keep(c, json_array(), to);
  for (size_t i = 0; i < from->n_items && status == FCAST_OK; i++) {
    json_t *item = NULL;
    status = convert(c, from->items[i], &item);
    if (status == FCAST_OK && json_array_append_new(*to, item) != 0) {
      status = fail_memory(c->m);
    }
  }
  return status;
}

static fcast_status convert_dict(conversion *c, const object *from, json_t **to) {
  fcast_status status = keep(c, json_object(), to);
  for (size_t i = 0; i + 1 < from->n_items && status == FCAST_OK; i += 2) {
    json_t *key = NULL;
    json_t *value = NULL;
    status = convert(c, from->items[i], &key);
    if (status == FCAST_OK) {
      status = convert(c, from->items[i + 1], &value);
    }
    if (status == FCAST_OK && json_object_set_new(*to, json_string_value(key), value) != 0) {
      status = fail_memory(c->m);
    }
    json_decref(key);
  }
  return status;
}

static fcast_status convert_array(conversion *c, const object *from, json_t **to) {
  return from->n_items == 1 ? convert(c, from->items[0], to) : refuse(c->m, "an array without values");
}

static fcast_status convert_by_kind(conversion *c, const object *from, json_t **to) {
  switch (from->kind) {
  case KIND_NONE:
    return keep(c, json_null(), to);
  case KIND_BOOL:
    return keep(c, json_boolean(from->integer), to);
  case KIND_INTEGER:
    return keep(c, json_integer(from->integer), to);
  case KIND_REAL:
    return convert_real(c, from->real, to);
  case KIND_STRING:
  case KIND_OLD_STRING:
    return convert_text(c, from, to);
  case KIND_LIST:
  case KIND_TUPLE:
    return convert_list(c, from, to);
  case KIND_DICT:
    return convert_dict(c, from, to);
  case KIND_ARRAY:
    return convert_array(c, from, to);
  default:
    return fcast_fail(c->m->err, FCAST_E_FORMAT, "pickle refused: %s in the data", kind_names[from->kind]);
  }
}

/* On failure `*to` is NULL. */
static fcast_status convert(conversion *c, object *from, json_t **to) {
  *to = NULL;
  if (from->is_open || c->depth == MAX_DEPTH) {
    return refuse(c->m, from->is_open ? "data that contains itself" : "data nested too deep");
  }
  const size_t cost = NODE_COST + from->n_bytes;
  if (cost > c->budget) {
    return refuse(c->m, "more data than a configuration can hold");
  }
  c->budget -= cost;
  from->is_open = true;
  c->depth++;
  const fcast_status status = convert_by_kind(c, from, to);
  c->depth--;
  from->is_open = false;
  if (status != FCAST_OK) {
    json_decref(*to);
    *to = NULL;
  }
  return status;
}

fcast_status fcast_pickle_read(const unsigned char *bytes, size_t n, json_t **value, fcast_error *err) {
  *value = NULL;
  machine m = {.next = bytes, .end = bytes + n, .err = err};
  fcast_status status = run(&m);
  if (status == FCAST_OK) {
    conversion c = {.budget = MAX_OUTPUT, .m = &m};
    status = convert(&c, m.result, value);
  }
  clear_machine(&m);
  return status;
}
