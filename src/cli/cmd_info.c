/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/json_report.h"
#include "io/json_file.h"
#include "io/npy.h"
#include "io/npz.h"

#include "flockcast/array.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPE_TEXT = 200 };

static void write_shape(const fcast_npy_info *info, char text[SHAPE_TEXT]) {
  size_t used = (size_t)snprintf(text, SHAPE_TEXT, "(");
  for (size_t i = 0; i < info->n_dimensions && used < SHAPE_TEXT; i++) {
    const char *separator = i + 1 < info->n_dimensions ? ", " : (info->n_dimensions == 1 ? "," : "");
    used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%zu%s", info->shape[i], separator);
  }
  if (used < SHAPE_TEXT) {
    (void)snprintf(text + used, SHAPE_TEXT - used, ")");
  }
}

/* What the values of a member are. */
typedef struct range {
  double smallest, largest, mean; /* of the finite ones; nan where there are none */
  size_t n_not_finite;
} range;

static range find_range(const double *values, size_t n) {
  double sum = 0.0;
  range found = {(double)INFINITY, -(double)INFINITY, 0.0, n};
  for (size_t i = 0; i < n; i++) {
    if (isfinite(values[i])) {
      found.smallest = fmin(found.smallest, values[i]);
      found.largest = fmax(found.largest, values[i]);
      sum += values[i];
      found.n_not_finite--;
    }
  }
  found.mean = sum / (double)(n - found.n_not_finite);
  return found;
}

static void print_range(const double *values, size_t n) {
  const range found = find_range(values, n);
  const bool any = found.n_not_finite < n;
  if (n == 1) {
    printf("%.10g", values[0]);
  } else if (any) {
    printf("min %.6g, mean %.6g, max %.6g", found.smallest, found.mean, found.largest);
  }
  if (found.n_not_finite > 0 && n > 1) {
    printf("%s%zu not finite", any ? ", " : "", found.n_not_finite);
  }
  printf("\n");
}

static fcast_status print_object(const json_t *value, const char *name, fcast_error *err) {
  char *text = fcast_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(16));
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", name);
  }
  printf("%s\n", text);
  fcast_free(text);
  return FCAST_OK;
}

/* A member as it is read: an object, or numbers, or neither. */
typedef struct member {
  const char *name;
  fcast_npy_info info;
  json_t *object;
  double *values;
} member;

static fcast_status read_member(fcast_npz *npz, const char *name, member *out, fcast_error *err) {
  fcast_npy_type type;
  *out = (member){.name = name};
  fcast_status status = fcast_npz_info(npz, name, &out->info, err);
  if (status == FCAST_OK && strcmp(out->info.type, "|O") == 0) {
    status = fcast_npz_read_object(npz, name, &out->object, err);
  } else if (status == FCAST_OK && fcast_npy_type_parse(out->info.type, &type)) {
    status = fcast_npz_read(npz, name, NULL, &out->values, err);
  } else if (status == FCAST_OK) {
    status = fcast_npz_verify(npz, name, err);
  }
  return status;
}

static fcast_status print_member(const member *m, int width, fcast_error *err) {
  char shape[SHAPE_TEXT];
  write_shape(&m->info, shape);
  printf("%-*s %-6s %-18s ", width, m->name, m->info.type, shape);
  if (m->object != NULL) {
    return print_object(m->object, m->name, err);
  }
  if (m->values == NULL) {
    printf("(not real numbers)\n");
  } else {
    print_range(m->values, m->info.n_values);
  }
  return FCAST_OK;
}

static json_t *member_json(const member *m) {
  json_t *shape = json_array();
  for (size_t i = 0; i < m->info.n_dimensions; i++) {
    (void)json_array_append_new(shape, json_integer((json_int_t)m->info.shape[i]));
  }
  json_t *json = json_pack("{s:s, s:s, s:o}", "name", m->name, "type", m->info.type, "shape", shape);
  if (m->object != NULL) {
    (void)json_object_set(json, "value", m->object);
  } else if (m->values != NULL) {
    const range found = find_range(m->values, m->info.n_values);
    (void)json_object_set_new(json, "min", fcast_json_number(found.smallest));
    (void)json_object_set_new(json, "mean", fcast_json_number(found.mean));
    (void)json_object_set_new(json, "max", fcast_json_number(found.largest));
    (void)json_object_set_new(json, "n_not_finite", json_integer((json_int_t)found.n_not_finite));
  }
  return json;
}

/* The column of the names: the longest has room, and most files look alike. */
static int name_width(const fcast_npz *npz) {
  enum { LEAST = 18, MOST = 40 };
  size_t width = LEAST;
  for (size_t i = 0; i < fcast_npz_n_members(npz); i++) {
    const size_t length = strlen(fcast_npz_member_name(npz, i));
    width = length > width && length <= MOST ? length : width;
  }
  return (int)width;
}

/* Every member: a line each, or into `members` where that is not NULL. */
static fcast_status walk(fcast_npz *npz, json_t *members, fcast_error *err) {
  const int width = name_width(npz);
  fcast_status status = FCAST_OK;
  if (members == NULL) {
    printf("%-*s %-6s %-18s %s\n", width, "member", "type", "shape", "values");
  }
  for (size_t i = 0; status == FCAST_OK && i < fcast_npz_n_members(npz); i++) {
    member m;
    status = read_member(npz, fcast_npz_member_name(npz, i), &m, err);
    if (status == FCAST_OK && members == NULL) {
      status = print_member(&m, width, err);
    } else if (status == FCAST_OK && json_array_append_new(members, member_json(&m)) != 0) {
      status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", m.name);
    }
    json_decref(m.object);
    fcast_free(m.values);
  }
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const char *path = arguments->operand[0];
  fcast_npz *npz = NULL;
  json_t *members = arguments->wants_json ? json_array() : NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = walk(npz, members, err);
  }
  if (status == FCAST_OK && arguments->wants_json) {
    status = fcast_json_print("info", json_pack("{s:s, s:O}", "path", path, "members", members), err);
  }
  json_decref(members);
  fcast_npz_close(npz);
  return status;
}

static const fcast_option options[] = {{NULL, NULL, NULL, NULL, false}};

static const fcast_note examples[] = {
    {"flockcast info oscar_outputs/models/pod_model.npz", "what is in a file"},
    {"flockcast info oscar_outputs/test/test_000/traj.npz --json", "the same for a program"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"FILE.npz", "an archive of arrays, as numpy.savez or this program writes it"},
    {NULL, NULL},
};

static const char *const see_also[] = {"check", NULL};

const fcast_command fcast_command_info = {
    .name = "info",
    .summary = "members, types, shapes and ranges of an NPZ file",
    .operands = "FILE.npz",
    .min_operands = 1,
    .max_operands = 1,
    .about = "Reads every member of an NPZ file, checks it against the file's checksums and prints a line for each. "
             "Pickled\n"
             "members are shown as data; nothing in them is ever run.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
