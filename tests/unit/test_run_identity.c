/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "io/run_identity.h"

#include <stdio.h>
#include <string.h>

/* Whether metadata, given as JSON, may be of the run in a directory. */
static fcast_status judge(const char *directory, const char *text, fcast_error *err) {
  json_t *metadata = json_loads(text, 0, NULL);
  assert_non_null(metadata);
  const fcast_status status = fcast_run_check_identity(directory, metadata, err);
  json_decref(metadata);
  return status;
}

static void test_what_agrees_or_says_nothing_is_accepted(void **state) {
  (void)state;
  const char *const rows[][2] = {
      {"a/train_003", "{}"},
      {"a/train_003", "{\"run_name\": \"train_003\", \"mode\": \"train\"}"},
      {"a/train_0003", "{\"run_name\": \"train_003\"}"},
      {"train_003///", "{\"run_name\": \"train_003\"}"},
      {"a/a_copy", "{\"run_name\": \"train_003\", \"mode\": \"test\"}"},
      {"a/train_003.old", "{\"run_name\": \"train_001\"}"},
      {"a/train_", "{\"run_name\": \"train_001\"}"},
      {"a/train_99999999999999999999", "{\"run_name\": \"train_001\"}"},
      {"", "{\"run_name\": \"train_001\"}"},
      {"/", "{\"run_name\": \"train_001\"}"},
      {"a/train_003", "{\"run_name\": \"my flock\", \"mode\": \"fast\"}"},
      {"a/train_003", "{\"run_name\": 7, \"mode\": null, \"seed\": \"x\", \"config\": []}"},
      {"a/train_003", "{\"seed\": 7, \"config\": {\"ensemble\": {\"train_seed\": 1000}}}"},
      {"a/train_003", "{\"config_hash\": \"0\", \"seed\": 1003, \"config\": {\"ensemble\": {\"train_seed\": 1000}}}"},
      {"a/test_003", "{\"config_hash\": \"0\", \"seed\": 3, \"config\": {\"ensemble\": {\"train_seed\": 1000}}}"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fcast_error err = {FCAST_OK, ""};
    check_ok(judge(rows[i][0], rows[i][1], &err), &err);
  }
}

static void test_what_contradicts_is_refused(void **state) {
  (void)state;
  const struct {
    const char *directory, *metadata, *said;
  } rows[] = {
      {"a/train_003", "{\"run_name\": \"train_001\"}", "run_name: found 'train_001', expected 'train_003'"},
      {"a/train_003", "{\"run_name\": \"test_003\"}", "run_name: found 'test_003', expected 'train_003'"},
      {"a/test_003/", "{\"run_name\": \"test_030\"}", "run_name: found 'test_030', expected 'test_003'"},
      {"a/test_003", "{\"mode\": \"train\"}", "mode: found 'train', expected 'test'"},
      {"a/train_003", "{\"config_hash\": \"0\", \"seed\": 1001, \"config\": {\"ensemble\": {\"train_seed\": 1000}}}",
       "seed: found 1001, expected 1003"},
      {"a/test_003", "{\"config_hash\": \"0\", \"seed\": 1003, \"config\": {\"ensemble\": {\"test_seed\": 2000}}}",
       "seed: found 1003, expected 2003"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fcast_error err = {FCAST_OK, ""};
    assert_int_equal(judge(rows[i].directory, rows[i].metadata, &err), FCAST_E_FORMAT);
    if (strstr(err.text, rows[i].said) == NULL) {
      fail_msg("found '%s', expected '%s'", err.text, rows[i].said);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_agrees_or_says_nothing_is_accepted),
      cmocka_unit_test(test_what_contradicts_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
