/* SPDX-License-Identifier: MIT
 *
 * --set section.key=value, up to four, one a line: a failing one leaves the configuration as it was.
 */
#include "fuzz.h"
#include "io/config.h"

#include <string.h>

enum { MAX_LINE = 256, MAX_LINES = 4 };

static void set_one(fcast_config *config, const char *line) {
  fcast_error err = {FCAST_OK, ""};
  json_t *before = fcast_config_json(config);
  const fcast_status status = fcast_config_set(config, line, &err);
  json_t *after = fcast_config_json(config);
  fuzz_require_told(status, &err);
  fuzz_require(status == FCAST_OK || status == FCAST_E_CONFIG);
  fuzz_require(before != NULL && after != NULL && (status == FCAST_OK || json_equal(before, after)));
  json_decref(before);
  json_decref(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fcast_error err = {FCAST_OK, ""};
  fcast_config config;
  fcast_config_default(&config);
  size_t start = 0;
  int n_lines = 0;
  for (size_t i = 0; i <= n && n_lines < MAX_LINES; i++) {
    if (i == n || bytes[i] == '\n' || i - start == MAX_LINE - 1) {
      char line[MAX_LINE] = "";
      if (i > start) {
        memcpy(line, bytes + start, i - start);
      }
      set_one(&config, line);
      start = i + 1;
      n_lines++;
    }
  }
  const fcast_status status = fcast_config_check(&config, &err);
  fuzz_require_told(status, &err);
  fuzz_require(status == FCAST_OK || status == FCAST_E_CONFIG);
  return 0;
}
