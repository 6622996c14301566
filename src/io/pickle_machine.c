/* SPDX-License-Identifier: MIT */
#include "io/pickle_machine.h"

#include "flockcast/array.h"

#include <string.h>

const char *const fcast__pickle_kind_names[N_PICKLE_KINDS] = {"a mark",
                                                              "None",
                                                              "a boolean",
                                                              "an integer",
                                                              "a float",
                                                              "a string",
                                                              "bytes",
                                                              "a string",
                                                              "a list",
                                                              "a tuple",
                                                              "a dict",
                                                              "a class or function",
                                                              "a value that is not shown",
                                                              "a dtype",
                                                              "an array"};

fcast_status fcast__pickle_refuse(pickle_machine *m, const char *what) {
  return fcast_fail(m->err, FCAST_E_FORMAT, "pickle refused: %s", what);
}

fcast_status fcast__pickle_fail_memory(pickle_machine *m) {
  return fcast_fail(m->err, FCAST_E_NOMEM, "out of memory for a pickle");
}

fcast_status fcast__pickle_grow(pickle_machine *m, pickle_object ***items, size_t n, size_t *capacity) {
  if (n < *capacity) {
    return FCAST_OK;
  }
  if (n >= MAX_PICKLE_OBJECTS) {
    return fcast__pickle_refuse(m, "too many values");
  }
  const size_t larger = *capacity == 0 ? 8 : 2 * *capacity;
  pickle_object **moved = fcast_alloc_array(larger > n ? larger : n + 1, sizeof *moved);
  if (moved == NULL) {
    return fcast__pickle_fail_memory(m);
  }
  if (*capacity > 0) {
    memcpy(moved, *items, *capacity * sizeof *moved);
  }
  fcast_free(*items);
  *items = moved;
  *capacity = larger > n ? larger : n + 1;
  return FCAST_OK;
}

fcast_status fcast__pickle_append(pickle_machine *m, pickle_object *to, pickle_object *item) {
  const fcast_status status = fcast__pickle_grow(m, &to->items, to->n_items, &to->capacity);
  if (status == FCAST_OK) {
    to->items[to->n_items++] = item;
  }
  return status;
}

fcast_status fcast__pickle_push(pickle_machine *m, pickle_object *item) {
  const fcast_status status = fcast__pickle_grow(m, &m->stack.items, m->stack.n, &m->stack.capacity);
  if (status == FCAST_OK) {
    m->stack.items[m->stack.n++] = item;
  }
  return status;
}

fcast_status fcast__pickle_push_new(pickle_machine *m, pickle_kind which, pickle_object **out) {
  if (m->n_objects == MAX_PICKLE_OBJECTS) {
    return fcast__pickle_refuse(m, "too many values");
  }
  pickle_object *made = fcast_alloc_array(1, sizeof *made);
  if (made == NULL) {
    return fcast__pickle_fail_memory(m);
  }
  made->kind = which;
  made->allocated_before = m->last_allocated;
  m->last_allocated = made;
  m->n_objects++;
  *out = made;
  return fcast__pickle_push(m, made);
}

fcast_status fcast__pickle_top(pickle_machine *m, pickle_object **out) {
  if (m->stack.n == 0 || m->stack.items[m->stack.n - 1]->kind == KIND_MARK) {
    return fcast__pickle_refuse(m, "an opcode finds too few values");
  }
  *out = m->stack.items[m->stack.n - 1];
  return FCAST_OK;
}

fcast_status fcast__pickle_pop(pickle_machine *m, pickle_object **out) {
  const fcast_status status = fcast__pickle_top(m, out);
  if (status == FCAST_OK) {
    m->stack.n--;
  }
  return status;
}

fcast_status fcast__pickle_find_mark(pickle_machine *m, size_t *first) {
  for (size_t i = m->stack.n; i-- > 0;) {
    if (m->stack.items[i]->kind == KIND_MARK) {
      *first = i + 1;
      return FCAST_OK;
    }
  }
  return fcast__pickle_refuse(m, "an opcode finds no mark");
}

fcast_status fcast__pickle_take_items(pickle_machine *m, size_t first, pickle_object *to) {
  fcast_status status = FCAST_OK;
  for (size_t i = first; i < m->stack.n && status == FCAST_OK; i++) {
    status = fcast__pickle_append(m, to, m->stack.items[i]);
  }
  m->stack.n = first;
  return status;
}

bool fcast__pickle_is_text(const pickle_object *value) {
  return value->kind == KIND_STRING || value->kind == KIND_OLD_STRING;
}

fcast_status fcast__pickle_take_bytes(pickle_machine *m, uint64_t n, const unsigned char **bytes) {
  if (n > (uint64_t)(m->end - m->next)) {
    return fcast__pickle_refuse(m, "it ends early");
  }
  *bytes = m->next;
  m->next += n;
  return FCAST_OK;
}

fcast_status fcast__pickle_push_integer(pickle_machine *m, pickle_kind which, int64_t value) {
  pickle_object *made = NULL;
  const fcast_status status = fcast__pickle_push_new(m, which, &made);
  if (status == FCAST_OK) {
    made->integer = value;
  }
  return status;
}

fcast_status fcast__pickle_push_hidden(pickle_machine *m) {
  pickle_object *made = NULL;
  return fcast__pickle_push_new(m, KIND_HIDDEN, &made);
}

void fcast__pickle_clear(pickle_machine *m) {
  while (m->last_allocated != NULL) {
    pickle_object *last = m->last_allocated;
    m->last_allocated = last->allocated_before;
    fcast_free(last->owned_bytes);
    fcast_free(last->items);
    fcast_free(last);
  }
  fcast_free(m->stack.items);
  fcast_free(m->memo.items);
}
