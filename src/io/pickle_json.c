/* SPDX-License-Identifier: MIT */
#include "io/pickle_machine.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/json_file.h"

#include <math.h>
#include <string.h>

enum {
  MAX_DEPTH = 65,        /* data as deep as we write, 64, and the array around it */
  MAX_OUTPUT = 32 << 20, /* bytes of JSON, about */
  NODE_COST = 32         /* of a value in that count, beside its text */
};

/* What the conversion may still do: a value referred to twice is made twice, so a small pickle can mean a lot. */
typedef struct conversion {
  size_t budget;
  int depth;
  pickle_machine *m;
} conversion;

static fcast_status convert(conversion *c, pickle_object *from, json_t **to);

static fcast_status keep(conversion *c, json_t *made, json_t **to) {
  *to = made;
  return made == NULL ? fcast__pickle_fail_memory(c->m) : FCAST_OK;
}

static fcast_status spend(conversion *c, size_t cost) {
  if (cost > c->budget) {
    return fcast__pickle_refuse(c->m, "more data than a configuration can hold");
  }
  c->budget -= cost;
  return FCAST_OK;
}

static fcast_status convert_text(conversion *c, const pickle_object *from, json_t **to) {
  if (from->n_bytes > 0 && memchr(from->bytes, 0, from->n_bytes) != NULL) {
    return fcast__pickle_refuse(c->m, "a string with a 0 byte");
  }
  if (!fcast_is_utf8(from->bytes, from->n_bytes)) {
    return fcast__pickle_refuse(c->m, "a string that is not UTF-8");
  }
  return keep(c, json_stringn_nocheck(from->n_bytes > 0 ? (const char *)from->bytes : "", from->n_bytes), to);
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

static fcast_status convert_list(conversion *c, const pickle_object *from, json_t **to) {
  fcast_status status = keep(c, json_array(), to);
  for (size_t i = 0; i < from->n_items && status == FCAST_OK; i++) {
    json_t *item = NULL;
    status = convert(c, from->items[i], &item);
    if (status == FCAST_OK && json_array_append_new(*to, item) != 0) {
      status = fcast__pickle_fail_memory(c->m);
    }
  }
  return status;
}

/* A key that is no text becomes the JSON of it: 1, null, [1,2]. */
static fcast_status convert_key(conversion *c, pickle_object *from, json_t **to) {
  fcast_status status = convert(c, from, to);
  if (status != FCAST_OK || json_is_string(*to)) {
    return status;
  }
  char *text = fcast_json_text(*to, JSON_COMPACT | JSON_ENCODE_ANY);
  json_decref(*to);
  *to = NULL;
  status = text == NULL ? fcast__pickle_fail_memory(c->m) : spend(c, strlen(text));
  if (status == FCAST_OK) {
    status = keep(c, json_string(text), to);
  }
  fcast_free(text);
  return status;
}

/* A key of its own where `taken` has this one: "1 (2)". The number only goes up, so that thousands of keys that are not
 * shown take no longer than others. */
static fcast_status tell_apart(conversion *c, const json_t *taken, size_t *number, json_t **key) {
  fcast_status status = FCAST_OK;
  json_t *plain = json_incref(*key);
  while (status == FCAST_OK && json_object_get(taken, json_string_value(*key)) != NULL) {
    json_decref(*key);
    status = keep(c, json_sprintf("%s (%zu)", json_string_value(plain), ++*number), key);
    if (status == FCAST_OK) {
      status = spend(c, json_string_length(*key));
    }
  }
  json_decref(plain);
  return status;
}

static fcast_status convert_entry(conversion *c, pickle_object *const *entry, size_t *number, json_t *to) {
  json_t *key = NULL;
  json_t *value = NULL;
  fcast_status status = convert_key(c, entry[0], &key);
  if (status == FCAST_OK && !fcast__pickle_is_text(entry[0])) {
    status = tell_apart(c, to, number, &key);
  }
  if (status == FCAST_OK) {
    status = convert(c, entry[1], &value);
  }
  if (status == FCAST_OK && json_object_set_new(to, json_string_value(key), value) != 0) {
    status = fcast__pickle_fail_memory(c->m);
  }
  json_decref(key);
  return status;
}

/* Keys that are text come first and keep their names; of two that are the same the later entry counts, as in Python.
 * Then come the others, told apart. */
static fcast_status convert_dict(conversion *c, const pickle_object *from, json_t **to) {
  fcast_status status = keep(c, json_object(), to);
  size_t number = 1;
  for (int is_text = 1; is_text >= 0; is_text--) {
    for (size_t i = 0; i + 1 < from->n_items && status == FCAST_OK; i += 2) {
      if (fcast__pickle_is_text(from->items[i]) == is_text) {
        status = convert_entry(c, &from->items[i], &number, *to);
      }
    }
  }
  return status;
}

static fcast_status convert_array(conversion *c, const pickle_object *from, json_t **to) {
  return from->n_items == 1 ? convert(c, from->items[0], to) : fcast__pickle_refuse(c->m, "an array without values");
}

static fcast_status convert_by_kind(conversion *c, const pickle_object *from, json_t **to) {
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
  case KIND_BYTES:
  case KIND_HIDDEN:
  case KIND_GLOBAL:
  case KIND_DTYPE:
    return keep(c, json_string(FCAST__PICKLE_HIDDEN), to);
  default:
    return fcast_fail(c->m->err, FCAST_E_FORMAT, "pickle refused: %s in the data",
                      fcast__pickle_kind_names[from->kind]);
  }
}

/* On failure `*to` is NULL. */
static fcast_status convert(conversion *c, pickle_object *from, json_t **to) {
  *to = NULL;
  if (from->is_open || c->depth == MAX_DEPTH) {
    return fcast__pickle_refuse(c->m, from->is_open ? "data that contains itself" : "data nested too deep");
  }
  fcast_status status = spend(c, NODE_COST + from->n_bytes);
  if (status != FCAST_OK) {
    return status;
  }
  from->is_open = true;
  c->depth++;
  status = convert_by_kind(c, from, to);
  c->depth--;
  from->is_open = false;
  if (status != FCAST_OK) {
    json_decref(*to);
    *to = NULL;
  }
  return status;
}

fcast_status fcast__pickle_to_json(pickle_machine *m, json_t **value) {
  conversion c = {.budget = MAX_OUTPUT, .m = m};
  return convert(&c, m->result, value);
}
