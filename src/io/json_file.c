/* SPDX-License-Identifier: MIT */
#include "io/json_file.h"

#include "flockcast/array.h"
#include "io/file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_JSON_BYTES = 64 << 20, REAL_DIGITS = 16 };

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
  *out = value;
  return FCAST_OK;
}

fcast_status fcast_json_put(const char *path, const json_t *value, fcast_outfile *file, fcast_error *err) {
  *file = (fcast_outfile){0};
  char *text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));
  char *line = text == NULL ? NULL : fcast_format("%s\n", text);
  fcast_status status =
      line == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path) : fcast_outfile_begin(path, file, err);
  if (status == FCAST_OK) {
    status = fcast_outfile_write(file, line, strlen(line), 0, err);
  }
  if (status != FCAST_OK) {
    fcast_outfile_abandon(file);
  }
  free(text);
  fcast_free(line);
  return status;
}

fcast_status fcast_json_write(const char *path, const json_t *value, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_json_put(path, value, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}
