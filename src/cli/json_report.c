/* SPDX-License-Identifier: MIT */
#include "cli/json_report.h"

#include "flockcast/array.h"
#include "io/json_file.h"
#include "io/provenance.h"

#include <math.h>
#include <stdio.h>

json_t *fcast_json_number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

fcast_status fcast_json_print(const char *command, json_t *body, fcast_error *err) {
  json_t *document = json_pack("{s:s, s:s}", "command", command, "version", fcast_version());
  char *text = NULL;
  if (body != NULL && document != NULL && json_object_update(document, body) == 0) {
    text = fcast_json_text(document, JSON_INDENT(2) | JSON_REAL_PRECISION(16));
  }
  json_decref(body);
  json_decref(document);
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "the report cannot be made: out of memory, or a name in it is not UTF-8");
  }
  printf("%s\n", text);
  fcast_free(text);
  return FCAST_OK;
}
