/* SPDX-License-Identifier: MIT */
#include "cli/unheeded.h"

#include "base/text.h"
#include "cli/progress.h"
#include "flockcast/array.h"
#include "io/config.h"
#include "io/file.h"
#include "io/json_file.h"

#include <string.h>

/* How many runs to take, and what is no property of runs or models. */
static bool is_heeded(const char *key) {
  static const char *const prefixes[] = {"ensemble.n_train", "ensemble.m_test", "output.", "cluster."};
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
    if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0) {
      return true;
    }
  }
  return false;
}

/* The value of "section.key"; NULL where it is not there. Changes `path` on the way and back. */
static const json_t *value_at(const json_t *config, char *path) {
  char *dot = strchr(path, '.');
  if (dot == NULL) {
    return json_object_get(config, path);
  }
  *dot = '\0';
  const json_t *value = value_at(json_object_get(config, path), dot + 1);
  *dot = '.';
  return value;
}

static void say_one(const json_t *own, const json_t *trained, char *key) {
  const json_t *asked = value_at(own, key);
  const json_t *found = value_at(trained, key);
  if (asked == NULL || found == NULL || fcast_json_agree(asked, found) || is_heeded(key)) {
    return;
  }
  char *text = fcast_json_shown(found);
  fcast_say(NULL, "--set %s changes nothing here: the models were trained with %s", key,
            text != NULL ? text : "another");
  fcast_free(text);
}

static fcast_status say_all(const fcast_arguments *arguments, const json_t *trained, fcast_error *err) {
  enum { MOST_SETS = 64 };
  const char *sets[MOST_SETS];
  const size_t n_sets = fcast_argument_all(arguments, "set", MOST_SETS, sets);
  json_t *own = fcast_config_json(&arguments->config);
  bool has_failed = own == NULL;
  for (size_t i = 0; !has_failed && i < n_sets; i++) {
    const char *name = sets[i] + strspn(sets[i], " ");
    char *key = fcast_format("%.*s", (int)strcspn(name, "= "), name);
    has_failed = key == NULL;
    if (key != NULL) {
      say_one(own, trained, key);
    }
    fcast_free(key);
  }
  json_decref(own);
  return has_failed ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to compare %zu settings", n_sets) : FCAST_OK;
}

fcast_status fcast_unheeded_say(const fcast_arguments *arguments, const char *models_dir, fcast_error *err) {
  json_t *report = NULL;
  char *path = fcast_format("%s/training_metadata.json", models_dir);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", models_dir)
                                     : fcast_json_read(path, &report, err);
  if (status == FCAST_OK) {
    status = say_all(arguments, json_object_get(report, "config"), err);
  }
  json_decref(report);
  fcast_free(path);
  return status == FCAST_E_MISSING ? FCAST_OK : status;
}
