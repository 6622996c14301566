/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "cluster/ensemble.h"

#include <string.h>

static void test_members_follow_the_specification(void **state) {
  (void)state;
  fcast_error err;
  fcast_config config;
  fcast_member member;
  fcast_config_default(&config);
  check_ok(fcast_config_check(&config, &err), &err);
  check_ok(fcast_ensemble_member(&config, FCAST_MODE_TRAIN, 6, &member, &err), &err);
  assert_string_equal(member.run_name, "train_006");
  assert_int_equal(member.ic_type, FCAST_IC_RING);
  assert_int_equal(member.seed, 1006);
  check_ok(fcast_ensemble_member(&config, FCAST_MODE_TEST, 19, &member, &err), &err);
  assert_string_equal(member.run_name, "test_019");
  assert_int_equal(member.seed, 2019);
  assert_int_equal(fcast_ensemble_member(&config, FCAST_MODE_TEST, 20, &member, &err), FCAST_E_ARG);
  assert_non_null(strstr(err.text, "ensemble.m_test"));
}

static void test_names_grow_with_the_ensemble(void **state) {
  (void)state;
  fcast_error err;
  fcast_config config;
  fcast_member member;
  fcast_config_default(&config);
  const struct {
    int64_t n_train;
    const char *name;
  } rows[] = {{1000, "train_007"}, {1001, "train_0007"}, {10000, "train_0007"}, {10001, "train_00007"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    config.ensemble.n_train = rows[i].n_train;
    check_ok(fcast_ensemble_member(&config, FCAST_MODE_TRAIN, 7, &member, &err), &err);
    assert_string_equal(member.run_name, rows[i].name);
  }
}

static void test_ranges(void **state) {
  (void)state;
  fcast_error err;
  int64_t first = 0;
  int64_t last = 0;
  check_ok(fcast_ensemble_range("7", &first, &last, &err), &err);
  assert_true(first == 7 && last == 7);
  check_ok(fcast_ensemble_range("0-99", &first, &last, &err), &err);
  assert_true(first == 0 && last == 99);
  const char *const wrong[] = {"", "-", "-3", "3-", "5-3", "a", "1-b", "1.5", "1-2-3", " 1", "99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(fcast_ensemble_range(wrong[i], &first, &last, &err), FCAST_E_ARG);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members_follow_the_specification),
      cmocka_unit_test(test_names_grow_with_the_ensemble),
      cmocka_unit_test(test_ranges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
