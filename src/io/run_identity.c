/* SPDX-License-Identifier: MIT */
#include "io/run_identity.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a name such as train_003 stands for; train_0003 stands for the same. */
typedef struct run_label {
  const char *mode;
  int64_t number;
} run_label;

static const char *const modes[] = {"train", "test", NULL};

static const char *find_mode(const char *text, size_t length) {
  for (size_t i = 0; modes[i] != NULL; i++) {
    if (strlen(modes[i]) == length && strncmp(text, modes[i], length) == 0) {
      return modes[i];
    }
  }
  return NULL;
}

static bool parse_label(const char *name, run_label *out) {
  const size_t length = strcspn(name, "_");
  const char *digits = name + length + (name[length] == '_');
  out->mode = find_mode(name, length);
  return out->mode != NULL && digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits) &&
         fcast_parse_int64(digits, &out->number);
}

/* The last component of a path, without slashes at its end; "" where it is longer than any run's. */
static void copy_last_component(const char *path, char name[64]) {
  size_t end = strlen(path);
  while (end > 0 && path[end - 1] == '/') {
    end--;
  }
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') {
    start--;
  }
  const size_t length = end - start;
  (void)snprintf(name, 64, "%.*s", length < 64 ? (int)length : 0, path + start);
}

static fcast_status check_seed(const char *directory, const run_label *expected, const json_t *metadata,
                               fcast_error *err) {
  char key[16];
  (void)snprintf(key, sizeof key, "%s_seed", expected->mode);
  const json_t *seed = json_object_get(metadata, "seed");
  const json_t *base = json_object_get(json_object_get(json_object_get(metadata, "config"), "ensemble"), key);
  const uint64_t sum = (uint64_t)json_integer_value(base) + (uint64_t)expected->number;
  /* who writes no fingerprint may count seeds in another way */
  if (!json_is_string(json_object_get(metadata, "config_hash")) || !json_is_integer(seed) || !json_is_integer(base) ||
      (uint64_t)json_integer_value(seed) == sum) {
    return FCAST_OK;
  }
  return fcast_fail(err, FCAST_E_FORMAT,
                    "%s/metadata.json: seed: found %" JSON_INTEGER_FORMAT ", expected %" PRIu64
                    ", config.ensemble.%s and the number of the run: remove it and make it again",
                    directory, json_integer_value(seed), sum, key);
}

fcast_status fcast_run_check_identity(const char *directory, const json_t *metadata, fcast_error *err) {
  char name[64];
  run_label expected;
  run_label found;
  const char *run_name = json_string_value(json_object_get(metadata, "run_name"));
  const char *mode = json_string_value(json_object_get(metadata, "mode"));
  copy_last_component(directory, name);
  if (!parse_label(name, &expected)) {
    return FCAST_OK;
  }
  if (run_name != NULL && parse_label(run_name, &found) &&
      (found.mode != expected.mode || found.number != expected.number)) {
    return fcast_fail(err, FCAST_E_FORMAT,
                      "%s/metadata.json: run_name: found '%.40s', expected '%s', the name of the directory: remove "
                      "this copy of another run, and make or fetch the run itself",
                      directory, run_name, name);
  }
  if (mode != NULL && find_mode(mode, strlen(mode)) != NULL && strcmp(mode, expected.mode) != 0) {
    return fcast_fail(err, FCAST_E_FORMAT,
                      "%s/metadata.json: mode: found '%s', expected '%s' as the directory is named: remove this copy "
                      "of another run, and make or fetch the run itself",
                      directory, mode, expected.mode);
  }
  return check_seed(directory, &expected, metadata, err);
}
