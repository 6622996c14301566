/* SPDX-License-Identifier: MIT
 *
 * JSON files, and metadata.json as the facts of a run: names that come out of it are safe in paths and tables.
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/json_file.h"
#include "io/run_files.h"

#include <string.h>

static void check_name(const char *name) {
  fuzz_require(name[0] != '\0' && name[0] != '.');
  fuzz_require(strpbrk(name, "/\\,\"'\n\r\t") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fcast_error err = {FCAST_OK, ""};
  json_t *value = NULL;
  fcast_status status = fcast_json_read(fuzz_file(0, bytes, n), &value, &err);
  fuzz_require_told(status, &err);
  fuzz_require(status != FCAST_OK || json_is_object(value));
  if (status != FCAST_OK) {
    return 0;
  }
  json_decref(value);

  fcast_run_facts facts;
  status = fcast_run_read_facts(fuzz_directory(0, "metadata.json"), &facts, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    check_name(facts.run_name);
    check_name(facts.ic_type);
    fuzz_require(strlen(facts.config_hash) < sizeof facts.config_hash);
  }
  fcast_run_facts_clear(&facts);
  return 0;
}
