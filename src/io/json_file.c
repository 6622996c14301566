/* SPDX-License-Identifier: MIT */
#include "io/json_file.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_JSON_BYTES = 64 << 20, REAL_DIGITS = 16, CHECKSUM_TEXT = 32 };

/* Into memory of our own: first how much, then the text. */
char *fcast_json_text(const json_t *value, size_t flags) {
  const size_t n = json_dumpb(value, NULL, 0, flags);
  char *text = n == 0 ? NULL : fcast_alloc_array(n + 1, 1);
  if (text != NULL && json_dumpb(value, text, n, flags) != n) {
    fcast_free(text);
    text = NULL;
  }
  return text;
}

char *fcast_json_shown(const json_t *value) {
  enum { SHOWN_DIGITS = 12 };
  return fcast_json_text(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(SHOWN_DIGITS));
}

bool fcast_json_agree(const json_t *a, const json_t *b) {
  return json_is_number(a) && json_is_number(b) ? json_number_value(a) == json_number_value(b) : json_equal(a, b) != 0;
}

/* --- the checksum: JSON itself has none, and a changed digit or letter is JSON too --- */

static const char checksum_key[] = "checksum";

/* jansson's copy leaves out what it finds no memory for, and says nothing. NULL where memory is short. */
static json_t *copy_object(const json_t *value) {
  json_t *copy = json_copy((json_t *)(uintptr_t)value); /* its type has no const */
  if (json_object_size(copy) != json_object_size(value)) {
    json_decref(copy);
    copy = NULL;
  }
  return copy;
}

/* Of the content, however it is laid out: the hash of `value` as compact JSON with sorted keys, without the provenance,
 * so that the same result has the same checksum. False where memory is short. */
static bool find_checksum(const json_t *value, char text[CHECKSUM_TEXT]) {
  json_t *result = copy_object(value);
  (void)json_object_del(result, "provenance"); /* it may have none */
  char *content = fcast_json_text(result, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(REAL_DIGITS));
  json_decref(result);
  if (content == NULL) {
    return false;
  }
  (void)snprintf(text, CHECKSUM_TEXT, "fnv1a:%016llx", (unsigned long long)fcast_hash_text(FCAST_HASH_START, content));
  fcast_free(content);
  return true;
}

/* Take the checksum out of `value` and compare. A file without one is of another program, or an older one. */
static fcast_status check_checksum(const char *path, json_t *value, fcast_error *err) {
  char expected[CHECKSUM_TEXT];
  json_t *found = json_incref(json_object_get(value, checksum_key));
  if (found == NULL) {
    return FCAST_OK;
  }
  fcast_status status = FCAST_OK;
  if (json_object_del(value, checksum_key) != 0 || !find_checksum(value, expected)) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  } else if (!json_is_string(found) || strcmp(json_string_value(found), expected) != 0) {
    status = fcast_fail(err, FCAST_E_FORMAT,
                        "%s: checksum: found '%.40s', expected '%s': changed since it was written "
                        "(where that was meant, delete its checksum)",
                        path, json_is_string(found) ? json_string_value(found) : "no text", expected);
  }
  json_decref(found);
  return status;
}

/* A copy of `value` with its checksum at the end; NULL where memory is short. */
static json_t *with_checksum(const json_t *value) {
  char text[CHECKSUM_TEXT];
  json_t *copy = copy_object(value);
  if (copy != NULL && (!find_checksum(copy, text) || json_object_set_new(copy, checksum_key, json_string(text)) != 0)) {
    json_decref(copy);
    copy = NULL;
  }
  return copy;
}

/* --- files --- */

fcast_status fcast_json_read(const char *path, json_t **out, fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n_bytes = 0;
  const fcast_status status = fcast_file_read(path, MAX_JSON_BYTES, &bytes, &n_bytes, err);
  if (status != FCAST_OK) {
    return status;
  }
  json_error_t where;
  json_t *value = json_loadb((const char *)bytes, n_bytes, JSON_REJECT_DUPLICATES, &where);
  fcast_free(bytes);
  if (value == NULL) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: line %d, column %d: %s, expected JSON", path, where.line, where.column,
                      where.text);
  }
  if (!json_is_object(value)) {
    json_decref(value);
    return fcast_fail(err, FCAST_E_FORMAT, "%s: expected a JSON object", path);
  }
  const fcast_status checked = check_checksum(path, value, err);
  if (checked != FCAST_OK) {
    json_decref(value);
    return checked;
  }
  *out = value;
  return FCAST_OK;
}

fcast_status fcast_json_put(const char *path, const json_t *value, fcast_outfile *file, fcast_error *err) {
  *file = (fcast_outfile){0};
  json_t *whole = with_checksum(value);
  char *text = whole == NULL ? NULL : fcast_json_text(whole, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));
  char *line = text == NULL ? NULL : fcast_format("%s\n", text);
  const fcast_status status = line == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path)
                                           : fcast_file_put(path, line, strlen(line), file, err);
  json_decref(whole);
  fcast_free(text);
  fcast_free(line);
  return status;
}

fcast_status fcast_json_write(const char *path, const json_t *value, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_json_put(path, value, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}
