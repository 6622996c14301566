/* SPDX-License-Identifier: MIT */
#include "cli/run_seeds.h"

#include <inttypes.h>

int64_t fcast_run_seed(const fcast_run_facts *facts) {
  return facts->config_hash[0] != '\0' ? facts->seed : -1;
}

size_t fcast_run_seed_find(const int64_t *seeds, size_t n, int64_t seed) {
  size_t i = 0;
  while (i < n && (seed < 0 || seeds[i] != seed)) {
    i++;
  }
  return i;
}

fcast_status fcast_run_seed_refuse(const char *directory, int64_t seed, const char *other, fcast_error *err) {
  return fcast_fail(err, FCAST_E_FORMAT,
                    "%s/metadata.json: seed: found %" PRId64 ", expected one that no other run has: %s has it; remove "
                    "one of them, or make it with other seeds",
                    directory, seed, other);
}

fcast_status fcast_run_seed_refuse_trained(const char *directory, int64_t seed, const char *other, fcast_error *err) {
  return fcast_fail(err, FCAST_E_FORMAT,
                    "%s/metadata.json: seed: found %" PRId64 ", expected one that no training run has: %s has it; make "
                    "the test runs again with another ensemble.test_seed",
                    directory, seed, other);
}
