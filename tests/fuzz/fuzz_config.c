/* SPDX-License-Identifier: MIT
 *
 * config.yml: a configuration that is accepted, written as YAML and read again, is the same.
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/config.h"

#include <string.h>

static void check_written(const fcast_config *config) {
  fcast_error err = {FCAST_OK, ""};
  char hash[17];
  char hash_again[17];
  fcast_config again;
  char *yaml = fcast_config_yaml(config);
  fuzz_require(yaml != NULL);
  fcast_config_default(&again);
  const fcast_status status = fcast_config_read(&again, fuzz_file(1, (const uint8_t *)yaml, strlen(yaml)), &err);
  fuzz_require_told(status, &err);
  fuzz_require(status == FCAST_OK && fcast_config_check(&again, &err) == FCAST_OK);
  json_t *json = fcast_config_json(config);
  json_t *json_again = fcast_config_json(&again);
  fuzz_require(json != NULL && json_equal(json, json_again));
  fuzz_require(memcmp(&config->cluster, &again.cluster, sizeof config->cluster) == 0);
  fuzz_require(fcast_config_fingerprint(config, hash, &err) == FCAST_OK &&
               fcast_config_fingerprint(&again, hash_again, &err) == FCAST_OK && strcmp(hash, hash_again) == 0);
  json_decref(json);
  json_decref(json_again);
  fcast_free(yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fcast_error err = {FCAST_OK, ""};
  fcast_config config;
  fcast_config_default(&config);
  fcast_status status = fcast_config_read(&config, fuzz_file(0, bytes, n), &err);
  fuzz_require_told(status, &err);
  if (status != FCAST_OK) {
    return 0;
  }
  status = fcast_config_check(&config, &err);
  fuzz_require_told(status, &err);
  fuzz_require(status == FCAST_OK || status == FCAST_E_CONFIG);
  if (status == FCAST_OK) {
    check_written(&config);
  }
  return 0;
}
