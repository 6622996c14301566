/* SPDX-License-Identifier: MIT
 *
 * The reading half of pickle.h: the stack machine of Python's pickle module, cut down to data. Opcodes: Python's
 * pickletools.
 */
#include "io/pickle.h"

#include "io/npy.h"
#include "io/pickle_machine.h"

#include <string.h>

/* --- arguments in the byte stream --- */

/* `size` bytes, lowest first. */
static fcast_status take_number(pickle_machine *m, size_t size, uint64_t *value) {
  const unsigned char *bytes = NULL;
  const fcast_status status = fcast__pickle_take_bytes(m, size, &bytes);
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

static fcast_status run_none(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  return fcast__pickle_push_integer(m, KIND_NONE, 0);
}

static fcast_status run_boolean(pickle_machine *m, unsigned char opcode) {
  return fcast__pickle_push_integer(m, KIND_BOOL, opcode == 0x88);
}

/* BININT1, BININT2 (unsigned), BININT (signed). */
static fcast_status run_integer(pickle_machine *m, unsigned char opcode) {
  const size_t size = opcode == 'K' ? 1 : opcode == 'M' ? 2 : 4;
  uint64_t bits = 0;
  const fcast_status status = take_number(m, size, &bits);
  if (status != FCAST_OK) {
    return status;
  }
  return fcast__pickle_push_integer(m, KIND_INTEGER, opcode == 'J' ? sign_extend(bits, size) : (int64_t)bits);
}

/* LONG1, LONG4: more than 64 bits are passed over. */
static fcast_status run_long(pickle_machine *m, unsigned char opcode) {
  uint64_t size = 0;
  uint64_t bits = 0;
  const unsigned char *bytes = NULL;
  fcast_status status = take_number(m, opcode == 0x8a ? 1 : 4, &size);
  if (status == FCAST_OK && size > sizeof bits) {
    status = fcast__pickle_take_bytes(m, size, &bytes);
    return status == FCAST_OK ? fcast__pickle_push_hidden(m) : status;
  }
  if (status == FCAST_OK) {
    status = take_number(m, (size_t)size, &bits);
  }
  if (status != FCAST_OK) {
    return status;
  }
  return fcast__pickle_push_integer(m, KIND_INTEGER, size == 0 ? 0 : sign_extend(bits, (size_t)size));
}

static fcast_status run_float(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  const unsigned char *bytes = NULL;
  pickle_object *made = NULL;
  fcast_status status = fcast__pickle_take_bytes(m, sizeof(double), &bytes);
  if (status == FCAST_OK) {
    status = fcast__pickle_push_new(m, KIND_REAL, &made);
  }
  if (status == FCAST_OK) {
    fcast_npy_decode((fcast_npy_type){'f', sizeof(double), true}, bytes, 1, &made->real);
  }
  return status;
}

/* Strings and bytes: the opcode tells what they are and how wide their length is. */
static fcast_status run_text(pickle_machine *m, unsigned char opcode) {
  static const struct {
    unsigned char opcode, length_size;
    pickle_kind which;
  } forms[] = {
      {'X', 4, KIND_STRING}, {0x8c, 1, KIND_STRING},    {0x8d, 8, KIND_STRING},
      {'C', 1, KIND_BYTES},  {'B', 4, KIND_BYTES},      {0x8e, 8, KIND_BYTES},
      {0x96, 8, KIND_BYTES}, {'U', 1, KIND_OLD_STRING}, {'T', 4, KIND_OLD_STRING},
  };
  size_t i_form = 0;
  while (forms[i_form].opcode != opcode) {
    i_form++;
  }
  uint64_t length = 0;
  const unsigned char *bytes = NULL;
  pickle_object *made = NULL;
  fcast_status status = take_number(m, forms[i_form].length_size, &length);
  if (status == FCAST_OK) {
    status = fcast__pickle_take_bytes(m, length, &bytes);
  }
  if (status == FCAST_OK) {
    status = fcast__pickle_push_new(m, forms[i_form].which, &made);
  }
  if (status == FCAST_OK) {
    made->bytes = bytes;
    made->n_bytes = (size_t)length;
  }
  return status;
}

/* --- opcodes for containers --- */

static fcast_status run_empty(pickle_machine *m, unsigned char opcode) {
  pickle_object *made = NULL;
  return fcast__pickle_push_new(m,
                                opcode == ']' || opcode == 0x8f ? KIND_LIST
                                : opcode == '}'                 ? KIND_DICT
                                                                : KIND_TUPLE,
                                &made);
}

static fcast_status run_mark(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  pickle_object *made = NULL;
  return fcast__pickle_push_new(m, KIND_MARK, &made);
}

/* The items of a list or dict that `to` grows by are stack[first..]. */
static fcast_status extend(pickle_machine *m, pickle_object *to, size_t first) {
  if (to->kind == KIND_DICT && (m->stack.n - first) % 2 != 0) {
    return fcast__pickle_refuse(m, "a dict with a key but no value");
  }
  return fcast__pickle_take_items(m, first, to);
}

/* A new tuple, list, set or dict of all values above the mark. */
static fcast_status run_collect(pickle_machine *m, unsigned char opcode) {
  size_t first = 0;
  pickle_object *made = NULL;
  fcast_status status = fcast__pickle_find_mark(m, &first);
  if (status == FCAST_OK) {
    status = fcast__pickle_push_new(m, opcode == 't' ? KIND_TUPLE : opcode == 'd' ? KIND_DICT : KIND_LIST, &made);
  }
  if (status == FCAST_OK) {
    m->stack.n--;
    status = extend(m, made, first);
  }
  if (status == FCAST_OK) {
    m->stack.n = first - 1; /* the mark */
    status = fcast__pickle_push(m, made);
  }
  return status;
}

/* TUPLE1, TUPLE2, TUPLE3. */
static fcast_status run_short_tuple(pickle_machine *m, unsigned char opcode) {
  const size_t n = (size_t)(opcode - 0x84);
  for (size_t i = 1; i <= n; i++) {
    if (m->stack.n < i || m->stack.items[m->stack.n - i]->kind == KIND_MARK) {
      return fcast__pickle_refuse(m, "an opcode finds too few values");
    }
  }
  const size_t first = m->stack.n - n;
  pickle_object *made = NULL;
  fcast_status status = fcast__pickle_push_new(m, KIND_TUPLE, &made);
  if (status == FCAST_OK) {
    m->stack.n--;
    status = fcast__pickle_take_items(m, first, made);
  }
  return status == FCAST_OK ? fcast__pickle_push(m, made) : status;
}

/* APPEND and SETITEM take one entry, APPENDS, ADDITEMS and SETITEMS all above the mark. */
static fcast_status run_extend(pickle_machine *m, unsigned char opcode) {
  const pickle_kind expected = opcode == 's' || opcode == 'u' ? KIND_DICT : KIND_LIST;
  const bool has_mark = opcode != 'a' && opcode != 's';
  const size_t n_values = expected == KIND_LIST ? 1 : 2;
  size_t first = 0;
  if (has_mark) {
    const fcast_status status = fcast__pickle_find_mark(m, &first);
    if (status != FCAST_OK) {
      return status;
    }
  } else if (m->stack.n < n_values) {
    return fcast__pickle_refuse(m, "an opcode finds too few values");
  } else {
    first = m->stack.n - n_values;
  }
  const size_t target = first - (has_mark ? 1 : 0); /* the container is the value below this one */
  if (target == 0 || m->stack.items[target - 1]->kind != expected) {
    return fcast__pickle_refuse(m, "items added to what is neither a list nor a dict");
  }
  for (size_t i = first; i < m->stack.n; i++) {
    if (m->stack.items[i]->kind == KIND_MARK) {
      return fcast__pickle_refuse(m, "a mark among the items");
    }
  }
  const fcast_status status = extend(m, m->stack.items[target - 1], first);
  m->stack.n = target;
  return status;
}

static fcast_status run_pop(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  if (m->stack.n == 0) {
    return fcast__pickle_refuse(m, "an opcode finds too few values");
  }
  m->stack.n--;
  return FCAST_OK;
}

static fcast_status run_pop_mark(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  size_t first = 0;
  const fcast_status status = fcast__pickle_find_mark(m, &first);
  if (status == FCAST_OK) {
    m->stack.n = first - 1;
  }
  return status;
}

static fcast_status run_duplicate(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  pickle_object *top = NULL;
  const fcast_status status = fcast__pickle_top(m, &top);
  return status == FCAST_OK ? fcast__pickle_push(m, top) : status;
}

/* --- opcodes for the memo --- */

static fcast_status memo_put(pickle_machine *m, uint64_t index) {
  pickle_object *top = NULL;
  fcast_status status = fcast__pickle_top(m, &top);
  if (status == FCAST_OK && index >= MAX_PICKLE_OBJECTS) {
    return fcast__pickle_refuse(m, "too many values");
  }
  if (status == FCAST_OK) {
    status = fcast__pickle_grow(m, &m->memo.items, (size_t)index, &m->memo.capacity);
  }
  if (status == FCAST_OK) {
    m->memo.n += m->memo.items[index] == NULL;
    m->memo.items[index] = top;
  }
  return status;
}

/* BINPUT, LONG_BINPUT. */
static fcast_status run_put(pickle_machine *m, unsigned char opcode) {
  uint64_t index = 0;
  const fcast_status status = take_number(m, opcode == 'q' ? 1 : 4, &index);
  return status == FCAST_OK ? memo_put(m, index) : status;
}

/* MEMOIZE: under the number of values in the memo. */
static fcast_status run_memoize(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  return memo_put(m, m->memo.n);
}

/* BINGET, LONG_BINGET. */
static fcast_status run_get(pickle_machine *m, unsigned char opcode) {
  uint64_t index = 0;
  const fcast_status status = take_number(m, opcode == 'h' ? 1 : 4, &index);
  if (status != FCAST_OK) {
    return status;
  }
  if (index >= m->memo.capacity || m->memo.items[index] == NULL) {
    return fcast__pickle_refuse(m, "a reference to a value that is not there");
  }
  return fcast__pickle_push(m, m->memo.items[index]);
}

/* --- the machine --- */

static fcast_status run_protocol(pickle_machine *m, unsigned char opcode) {
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
static fcast_status run_frame(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  uint64_t length = 0;
  const fcast_status status = take_number(m, 8, &length);
  if (status == FCAST_OK && length > (uint64_t)(m->end - m->next)) {
    return fcast__pickle_refuse(m, "it ends early");
  }
  return status;
}

static fcast_status run_stop(pickle_machine *m, unsigned char opcode) {
  (void)opcode;
  pickle_object *result = NULL;
  const fcast_status status = fcast__pickle_pop(m, &result);
  if (status != FCAST_OK) {
    return status;
  }
  if (m->stack.n != 0 || m->next != m->end) {
    return fcast__pickle_refuse(m, "something is left over at its end");
  }
  m->result = result;
  return FCAST_OK;
}

/* What is not here, or has no function, is refused. */
static const struct {
  unsigned char code;
  const char *name;
  fcast_status (*run)(pickle_machine *m, unsigned char opcode);
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
    {0x8b, "LONG4", run_long},
    {'G', "BINFLOAT", run_float},
    {'X', "BINUNICODE", run_text},
    {0x8c, "SHORT_BINUNICODE", run_text},
    {0x8d, "BINUNICODE8", run_text},
    {'C', "SHORT_BINBYTES", run_text},
    {'B', "BINBYTES", run_text},
    {0x8e, "BINBYTES8", run_text},
    {0x96, "BYTEARRAY8", run_text},
    {'U', "SHORT_BINSTRING", run_text},
    {'T', "BINSTRING", run_text},
    {']', "EMPTY_LIST", run_empty},
    {')', "EMPTY_TUPLE", run_empty},
    {'}', "EMPTY_DICT", run_empty},
    {0x8f, "EMPTY_SET", run_empty}, /* a set is a list here */
    {0x90, "ADDITEMS", run_extend},
    {0x91, "FROZENSET", run_collect},
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
    {'c', "GLOBAL", fcast__pickle_run_global},
    {0x93, "STACK_GLOBAL", fcast__pickle_run_stack_global},
    {'R', "REDUCE", fcast__pickle_run_reduce},
    {'b', "BUILD", fcast__pickle_run_build},
    {'i', "INST", NULL},
    {'o', "OBJ", NULL},
    {0x81, "NEWOBJ", NULL},
    {0x92, "NEWOBJ_EX", NULL},
    {'P', "PERSID", NULL},
    {'Q', "BINPERSID", NULL},
    {0x82, "EXT1", NULL},
    {0x83, "EXT2", NULL},
    {0x84, "EXT4", NULL},
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

static fcast_status run_one(pickle_machine *m, unsigned char code) {
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

static fcast_status run(pickle_machine *m) {
  fcast_status status = FCAST_OK;
  while (m->result == NULL && status == FCAST_OK) {
    if (m->next == m->end) {
      return fcast__pickle_refuse(m, "it ends early");
    }
    const unsigned char code = *m->next++;
    if (m->version == 0 && code != 0x80) {
      return fcast__pickle_refuse(m, "it does not begin with protocol 2 to 5");
    }
    status = run_one(m, code);
  }
  return status;
}

fcast_status fcast_pickle_read(const unsigned char *bytes, size_t n, json_t **value, fcast_error *err) {
  *value = NULL;
  pickle_machine m = {.next = bytes, .end = bytes + n, .err = err};
  fcast_status status = run(&m);
  if (status == FCAST_OK) {
    status = fcast__pickle_to_json(&m, value);
  }
  fcast__pickle_clear(&m);
  return status;
}
