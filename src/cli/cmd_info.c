/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
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

static void print_range(const double *values, size_t n) {
  double smallest = INFINITY;
  double largest = -INFINITY;
  double sum = 0.0;
  size_t n_finite = 0;
  for (size_t i = 0; i < n; i++) {
    if (isfinite(values[i])) {
      smallest = fmin(smallest, values[i]);
      largest = fmax(largest, values[i]);
      sum += values[i];
      n_finite++;
    }
  }
  if (n == 1) {
    printf("%.10g", values[0]);
  } else if (n_finite > 0) {
    printf("min %.6g, mean %.6g, max %.6g", smallest, sum / (double)n_finite, largest);
  }
  if (n_finite < n && n > 1) {
    printf("%s%zu not finite", n_finite > 0 ? ", " : "", n - n_finite);
  }
  printf("\n");
}

static fcast_status print_object(fcast_npz *npz, const char *name, fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_npz_read_object(npz, name, &value, err);
  if (status != FCAST_OK) {
    return status;
  }
  char *text = fcast_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(16));
  json_decref(value);
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", name);
  }
  printf("%s\n", text);
  fcast_free(text);
  return FCAST_OK;
}

static fcast_status print_member(fcast_npz *npz, const char *name, fcast_error *err) {
  fcast_npy_info info;
  char shape[SHAPE_TEXT];
  fcast_status status = fcast_npz_info(npz, name, &info, err);
  if (status != FCAST_OK) {
    return status;
  }
  write_shape(&info, shape);
  printf("%-18s %-6s %-18s ", name, info.type, shape);
  if (strcmp(info.type, "|O") == 0) {
    return print_object(npz, name, err);
  }
  fcast_npy_type type;
  if (!fcast_npy_type_parse(info.type, &type)) {
    printf("(not real numbers)\n");
    return fcast_npz_verify(npz, name, err);
  }
  double *values = NULL;
  status = fcast_npz_read(npz, name, NULL, &values, err);
  if (status == FCAST_OK) {
    print_range(values, info.n_values);
  }
  fcast_free(values);
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(arguments->operand[0], &npz, err);
  if (status != FCAST_OK) {
    return status;
  }
  printf("%-18s %-6s %-18s %s\n", "member", "type", "shape", "values");
  for (size_t i = 0; status == FCAST_OK && i < fcast_npz_n_members(npz); i++) {
    status = print_member(npz, fcast_npz_member_name(npz, i), err);
  }
  fcast_npz_close(npz);
  return status;
}

static const fcast_option options[] = {{NULL, NULL, NULL, NULL, false}};

const fcast_command fcast_command_info = {
    .name = "info",
    .summary = "members, types, shapes and ranges of an NPZ file",
    .operands = "FILE.npz",
    .min_operands = 1,
    .max_operands = 1,
    .about = "Reads every member of an NPZ file, checks it against the file's checksums and prints a line for each. "
             "Pickled\n"
             "members are shown as data; nothing in them is ever run.",
    .example = "flockcast info oscar_outputs/models/pod_model.npz",
    .options = options,
    .run = run,
};
