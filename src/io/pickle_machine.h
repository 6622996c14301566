/* SPDX-License-Identifier: MIT
 *
 * The machine behind fcast_pickle_read: its objects, its stack and the opcodes that stand for names and calls. Internal
 * to src/io/pickle*.c.
 *
 * Objects live in one list until the end and are never freed one by one, so shared references cost nothing and cycles
 * do no harm; only the conversion to JSON at the end follows references, and it counts what it makes.
 */
#ifndef FLOCKCAST_IO_PICKLE_MACHINE_H
#define FLOCKCAST_IO_PICKLE_MACHINE_H

#include "io/pickle.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_PICKLE_OBJECTS = 1 << 20 }; /* also of the stack and the memo */

typedef enum pickle_kind {
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
  KIND_HIDDEN, /* harmless data that JSON has no place for: known to be there, its content is not kept */
  KIND_DTYPE,
  KIND_ARRAY, /* object array: its state, once BUILD has given it one element */
  N_PICKLE_KINDS
} pickle_kind;

typedef struct pickle_object {
  pickle_kind kind;
  bool is_open; /* being converted: meeting it again means that it contains itself */
  struct pickle_object *allocated_before;
  int64_t integer; /* integer, boolean, global */
  double real;
  const unsigned char *bytes; /* string, bytes; of a dtype its name ("f8"); not ended by 0 */
  size_t n_bytes;
  unsigned char *owned_bytes;   /* where they are not a part of the pickle */
  struct pickle_object **items; /* list, tuple, dict; of an array its one element */
  size_t n_items, capacity;
  char byte_order; /* dtype: '<', '>' or '|' */
} pickle_object;

typedef struct pickle_pointers {
  pickle_object **items;
  size_t n, capacity;
} pickle_pointers;

typedef struct pickle_machine {
  const unsigned char *next, *end;
  pickle_object *last_allocated;
  size_t n_objects;
  pickle_pointers stack, memo;
  int version;
  pickle_object *result; /* set by STOP */
  fcast_error *err;
} pickle_machine;

/* What stands in JSON for bytes and for values of KIND_HIDDEN. */
#define FCAST__PICKLE_HIDDEN "(not shown)"

/* "a list", for messages. */
extern const char *const fcast__pickle_kind_names[N_PICKLE_KINDS];

/* FCAST_E_FORMAT "pickle refused: WHAT". */
fcast_status fcast__pickle_refuse(pickle_machine *m, const char *what);
fcast_status fcast__pickle_fail_memory(pickle_machine *m);

/* Room for items[n]; new places are NULL. */
FCAST_MUST_CHECK fcast_status fcast__pickle_grow(pickle_machine *m, pickle_object ***items, size_t n, size_t *capacity);

/* Add to the items of a list, tuple, dict or array. */
FCAST_MUST_CHECK fcast_status fcast__pickle_append(pickle_machine *m, pickle_object *to, pickle_object *item);

/* Put on the stack an object; a new one; a new one with an integer in it; one whose content is not kept. */
FCAST_MUST_CHECK fcast_status fcast__pickle_push(pickle_machine *m, pickle_object *item);
FCAST_MUST_CHECK fcast_status fcast__pickle_push_new(pickle_machine *m, pickle_kind which, pickle_object **out);
FCAST_MUST_CHECK fcast_status fcast__pickle_push_integer(pickle_machine *m, pickle_kind which, int64_t value);
FCAST_MUST_CHECK fcast_status fcast__pickle_push_hidden(pickle_machine *m);

/* The topmost object, which must be there and be no mark; pop takes it off. */
FCAST_MUST_CHECK fcast_status fcast__pickle_top(pickle_machine *m, pickle_object **out);
FCAST_MUST_CHECK fcast_status fcast__pickle_pop(pickle_machine *m, pickle_object **out);

/* Where the values above the last mark begin. */
FCAST_MUST_CHECK fcast_status fcast__pickle_find_mark(pickle_machine *m, size_t *first);

/* Move stack[first..] to the end of `to`. */
FCAST_MUST_CHECK fcast_status fcast__pickle_take_items(pickle_machine *m, size_t first, pickle_object *to);

/* The next n bytes of the pickle. */
FCAST_MUST_CHECK fcast_status fcast__pickle_take_bytes(pickle_machine *m, uint64_t n, const unsigned char **bytes);

bool fcast__pickle_is_text(const pickle_object *value);

/* Free all objects, the stack and the memo. */
void fcast__pickle_clear(pickle_machine *m);

/* GLOBAL, STACK_GLOBAL, REDUCE and BUILD, for the names NumPy needs (pickle_names.c). */
FCAST_MUST_CHECK fcast_status fcast__pickle_run_global(pickle_machine *m, unsigned char opcode);
FCAST_MUST_CHECK fcast_status fcast__pickle_run_stack_global(pickle_machine *m, unsigned char opcode);
FCAST_MUST_CHECK fcast_status fcast__pickle_run_reduce(pickle_machine *m, unsigned char opcode);
FCAST_MUST_CHECK fcast_status fcast__pickle_run_build(pickle_machine *m, unsigned char opcode);

/* The result as JSON (pickle_json.c). */
FCAST_MUST_CHECK fcast_status fcast__pickle_to_json(pickle_machine *m, json_t **value);

#endif
