/* SPDX-License-Identifier: MIT */
#include "io/config_table.h"

#include "base/text.h"
#include "io/config_values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a FCAST__TEXT may hold besides letters, digits and spaces. */
static const char text_punctuation[] = "._-+=,:/@%[]";

enum { FOUND_TEXT = 64 };

/* --- texts to values --- */

void fcast__config_expected(const fcast__config_row *row, char *text, size_t size) {
  static const char *const integers[] = {"an integer", "an integer of at least 0", "an integer of at least 1",
                                         "an integer of at least 1", "1"};
  static const char *const reals[] = {"a number", "a number of at least 0", "a number of at least 1",
                                      "a number above 0", "a number above 0 and at most 1"};
  size_t length = 0;
  switch (row->kind) {
  case FCAST__INTEGER:
    (void)snprintf(text, size, "%s", integers[row->range]);
    break;
  case FCAST__REAL:
    (void)snprintf(text, size, "%s", reals[row->range]);
    break;
  case FCAST__BOOLEAN:
    (void)snprintf(text, size, "true or false");
    break;
  case FCAST__TEXT:
    (void)snprintf(text, size, "letters, digits, spaces and any of %s", text_punctuation);
    break;
  case FCAST__IC_TYPES:
    length = (size_t)snprintf(text, size, "1 to %d of", FCAST_MAX_IC_TYPES);
    for (int i = 0; i < FCAST_IC_COUNT && length < size; i++) {
      length += (size_t)snprintf(text + length, size - length, "%s %s", i > 0 ? "," : "",
                                 fcast_ic_type_name((fcast_ic_type)i));
    }
    break;
  case FCAST__VALUES:
    (void)snprintf(text, size, "%s, a list of them, a range as 1..2, or []", reals[row->range]);
    break;
  case FCAST__CHOICE:
    length = (size_t)snprintf(text, size, row->choices[1] == NULL ? "" : "one of ");
    for (size_t i = 0; row->choices[i] != NULL && length < size; i++) {
      length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "", row->choices[i]);
    }
    break;
  }
}

/* "WHERE: found 'abc', expected an integer of at least 1". */
static fcast_status fail_found(const fcast__config_row *row, const char *found, const char *where, fcast_error *err) {
  char expected[160];
  char printed[FOUND_TEXT];
  (void)snprintf(printed, sizeof printed, "%s", found);
  for (char *letter = printed; *letter != '\0'; letter++) {
    *letter = (unsigned char)*letter < ' ' ? ' ' : *letter; /* one line */
  }
  fcast__config_expected(row, expected, sizeof expected);
  return fcast_fail(err, FCAST_E_CONFIG, "%s: found '%s', expected %s", where, printed, expected);
}

static bool is_in_range(fcast__config_range range, double value) {
  switch (range) {
  case FCAST__FROM_0:
    return value >= 0.0;
  case FCAST__FROM_1:
    return value >= 1.0;
  case FCAST__ABOVE_0:
    return value > 0.0;
  case FCAST__SHARE:
    return value > 0.0 && value <= 1.0;
  case FCAST__ANY:
    break;
  }
  return true;
}

/* 2, 2.0 and 2e2 are integers. 010 is 8 to some readers of YAML and 10 to others, so to us it is nothing. */
static bool parse_integer(const char *text, int64_t *value) {
  const double exact_limit = 9007199254740992.0; /* 2^53 */
  const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
  if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') {
    return false;
  }
  double real = 0;
  if (fcast_parse_int64(text, value)) {
    return true;
  }
  if (!fcast_parse_double(text, &real) || fabs(real) > exact_limit || real != floor(real)) {
    return false;
  }
  *value = (int64_t)real;
  return true;
}

static bool equals_ignoring_case(const char *text, const char *word) {
  while (*text != '\0' && (*text == *word || (*text >= 'A' && *text <= 'Z' && *text - 'A' + 'a' == *word))) {
    text++;
    word++;
  }
  return *text == '\0' && *word == '\0';
}

static bool parse_boolean(const char *text, bool *value) {
  static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (equals_ignoring_case(text, words[i])) {
      *value = i % 2 == 1;
      return true;
    }
  }
  return false;
}

static bool parse_choice(const fcast__config_row *row, const char *text, int *value) {
  for (int i = 0; row->choices[i] != NULL; i++) {
    if (strcmp(row->choices[i], text) == 0) {
      *value = i;
      return true;
    }
  }
  return false;
}

static bool parse_ic_type(const char *text, fcast_ic_type *type) {
  for (int i = 0; i < FCAST_IC_COUNT; i++) {
    if (strcmp(fcast_ic_type_name((fcast_ic_type)i), text) == 0) {
      *type = (fcast_ic_type)i;
      return true;
    }
  }
  return false;
}

static fcast_status assign_ic_types(fcast_config *config, const fcast__config_row *row, const char *const *texts,
                                    size_t n_texts, const char *where, fcast_error *err) {
  fcast_ic_type types[FCAST_MAX_IC_TYPES];
  if (n_texts == 0 || n_texts > FCAST_MAX_IC_TYPES) {
    return fail_found(row, n_texts == 0 ? "[]" : "a longer list", where, err);
  }
  for (size_t i = 0; i < n_texts; i++) {
    if (!parse_ic_type(texts[i], &types[i])) {
      return fail_found(row, texts[i], where, err);
    }
  }
  memcpy(config->ensemble.ic_types, types, n_texts * sizeof types[0]);
  config->ensemble.n_ic_types = n_texts;
  return FCAST_OK;
}

static fcast_status assign_values(fcast_config *config, const fcast__config_row *row, const char *const *texts,
                                  size_t n_texts, const char *where, fcast_error *err) {
  fcast_values values;
  const char *const wrong = fcast__values_parse(texts, n_texts, &values);
  if (wrong != NULL) {
    return fail_found(row, wrong, where, err);
  }
  for (size_t i = 0; i < values.n; i++) {
    if (!is_in_range(row->range, values.value[i])) {
      return fail_found(row, texts[values.is_range ? 0 : i], where, err);
    }
  }
  memcpy((char *)config + row->offset, &values, sizeof values);
  return FCAST_OK;
}

static bool store_number(const fcast__config_row *row, const char *text, void *member) {
  int64_t integer = 0;
  double real = 0;
  if (row->kind == FCAST__INTEGER) {
    if (!parse_integer(text, &integer) || !is_in_range(row->range, (double)integer)) {
      return false;
    }
    memcpy(member, &integer, sizeof integer);
    return true;
  }
  if (!fcast_parse_double(text, &real) || !is_in_range(row->range, real)) {
    return false;
  }
  memcpy(member, &real, sizeof real);
  return true;
}

/* Such a text stands in a script for the shell, so nothing that means something there. */
static bool store_text(const char *text, void *member) {
  const size_t length = strlen(text);
  for (size_t i = 0; i < length; i++) {
    const bool is_word = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                         (text[i] >= '0' && text[i] <= '9') || text[i] == ' ';
    if (!is_word && strchr(text_punctuation, text[i]) == NULL) {
      return false;
    }
  }
  return length < FCAST_CONFIG_TEXT && snprintf(member, FCAST_CONFIG_TEXT, "%s", text) >= 0;
}

static bool store_word(const fcast__config_row *row, const char *text, void *member) {
  bool boolean = false;
  int choice = 0;
  if (row->kind == FCAST__TEXT) {
    return store_text(text, member);
  }
  if (row->kind == FCAST__BOOLEAN) {
    if (!parse_boolean(text, &boolean)) {
      return false;
    }
    memcpy(member, &boolean, sizeof boolean);
    return true;
  }
  if (!parse_choice(row, text, &choice)) {
    return false;
  }
  memcpy(member, &choice, sizeof choice);
  return true;
}

/* Store `text` at `member`; false where it is no value of the row. */
static bool store(const fcast__config_row *row, const char *text, void *member) {
  const bool is_number = row->kind == FCAST__INTEGER || row->kind == FCAST__REAL;
  return is_number ? store_number(row, text, member) : store_word(row, text, member);
}

fcast_status fcast__config_assign(fcast_config *config, const fcast__config_row *row, const char *const *texts,
                                  size_t n_texts, bool is_list, const char *where, fcast_error *err) {
  fcast_status status = FCAST_OK;
  if (row->kind == FCAST__IC_TYPES) {
    status = assign_ic_types(config, row, texts, n_texts, where, err);
  } else if (row->kind == FCAST__VALUES) {
    status = assign_values(config, row, texts, n_texts, where, err);
  } else if (is_list || n_texts != 1) {
    status = fail_found(row, "a list", where, err);
  } else if (!store(row, texts[0], (char *)config + row->offset)) {
    status = fail_found(row, texts[0], where, err);
  }
  if (status == FCAST_OK && row->given_offset != 0) {
    const bool given = true;
    memcpy((char *)config + row->given_offset, &given, sizeof given);
  }
  return status;
}

/* --- values --- */

static json_t *ic_types_value(const fcast_ensemble_options *ensemble) {
  json_t *list = json_array();
  for (size_t i = 0; i < ensemble->n_ic_types && list != NULL; i++) {
    if (json_array_append_new(list, json_string(fcast_ic_type_name(ensemble->ic_types[i]))) != 0) {
      json_decref(list);
      list = NULL;
    }
  }
  return list;
}

json_t *fcast__config_value(const fcast_config *config, const fcast__config_row *row) {
  const char *member = (const char *)config + row->offset;
  int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  int choice = 0;
  fcast_values values;
  switch (row->kind) {
  case FCAST__INTEGER:
    memcpy(&integer, member, sizeof integer);
    return json_integer(integer);
  case FCAST__REAL:
    memcpy(&real, member, sizeof real);
    return json_real(real);
  case FCAST__BOOLEAN:
    memcpy(&boolean, member, sizeof boolean);
    return json_boolean(boolean);
  case FCAST__CHOICE:
    memcpy(&choice, member, sizeof choice);
    return json_string(row->choices[choice]);
  case FCAST__TEXT:
    return json_string(member);
  case FCAST__IC_TYPES:
    return ic_types_value(&config->ensemble);
  case FCAST__VALUES:
    memcpy(&values, member, sizeof values);
    return fcast__values_json(&values);
  }
  return NULL;
}

fcast_status fcast__config_row_check(const fcast_config *config, const fcast__config_row *row, fcast_error *err) {
  const char *member = (const char *)config + row->offset;
  char name[FCAST__CONFIG_NAME];
  char found[FOUND_TEXT];
  int64_t integer = 0;
  double real = 0;
  if (row->kind == FCAST__INTEGER) {
    memcpy(&integer, member, sizeof integer);
    real = (double)integer;
    (void)snprintf(found, sizeof found, "%lld", (long long)integer);
  } else if (row->kind == FCAST__REAL) {
    memcpy(&real, member, sizeof real);
    (void)snprintf(found, sizeof found, "%g", real);
  } else {
    return FCAST_OK; /* no range */
  }
  if (isfinite(real) && is_in_range(row->range, real)) {
    return FCAST_OK;
  }
  fcast__config_row_name(row, name);
  return fail_found(row, found, name, err);
}
