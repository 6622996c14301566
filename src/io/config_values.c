/* SPDX-License-Identifier: MIT */
#include "io/config_values.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a number, and for two with dots between them. */
enum { NUMBER_TEXT = 32, RANGE_TEXT = 2 * NUMBER_TEXT + 2 };

/* "1.5..2", ascending. */
static bool parse_range(const char *text, double value[2]) {
  char first[NUMBER_TEXT];
  const char *const dots = strstr(text, "..");
  if ((size_t)(dots - text) >= sizeof first) {
    return false;
  }
  (void)snprintf(first, sizeof first, "%.*s", (int)(dots - text), text);
  return fcast_parse_double(first, &value[0]) && fcast_parse_double(dots + 2, &value[1]) && value[0] <= value[1];
}

const char *fcast__values_parse(const char *const *texts, size_t n_texts, fcast_values *out) {
  *out = (fcast_values){.n = n_texts};
  if (n_texts > FCAST_MAX_VALUES) {
    return "a longer list";
  }
  if (n_texts == 1 && strstr(texts[0], "..") != NULL) {
    out->n = 2;
    out->is_range = true;
    return parse_range(texts[0], out->value) ? NULL : texts[0];
  }
  for (size_t i = 0; i < n_texts; i++) {
    if (!fcast_parse_double(texts[i], &out->value[i])) {
      return texts[i];
    }
  }
  return NULL;
}

/* The shortest decimal that reads back as `value`. */
static void print_number(double value, char text[NUMBER_TEXT]) {
  int n_digits = 1;
  do {
    (void)snprintf(text, NUMBER_TEXT, "%.*g", n_digits, value);
  } while (strtod(text, NULL) != value && n_digits++ < 17);
}

json_t *fcast__values_json(const fcast_values *values) {
  char first[NUMBER_TEXT];
  char last[NUMBER_TEXT];
  char range[RANGE_TEXT];
  if (values->is_range) {
    print_number(values->value[0], first);
    print_number(values->value[1], last);
    (void)snprintf(range, sizeof range, "%s..%s", first, last);
    return json_string(range);
  }
  if (values->n == 1) {
    return json_real(values->value[0]);
  }
  json_t *list = json_array();
  for (size_t i = 0; i < values->n && list != NULL; i++) {
    if (json_array_append_new(list, json_real(values->value[i])) != 0) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}
