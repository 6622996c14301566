/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "cluster/ensemble.h"

#include <math.h>
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

static void set(fcast_config *config, const char *assignment) {
  fcast_error err;
  check_ok(fcast_config_set(config, assignment, &err), &err);
}

static fcast_member member_of(const fcast_config *config, fcast_mode mode, int64_t sim_id) {
  fcast_error err;
  fcast_member member;
  check_ok(fcast_ensemble_member(config, mode, sim_id, &member, &err), &err);
  return member;
}

/* Each type goes through a list by itself; a range is filled, by the seed alone; test runs follow their own. */
static void test_where_agents_start_differs_from_run_to_run(void **state) {
  (void)state;
  fcast_config config;
  fcast_config_default(&config);
  assert_true(isnan(member_of(&config, FCAST_MODE_TRAIN, 3).simulate.initial.spread));
  set(&config, "initial.spread=[1, 2, 3]");
  set(&config, "initial.n_clusters=2..4");
  set(&config, "initial.ring_radius=1.5..2.5");
  set(&config, "initial.test.spread=7");
  set(&config, "ensemble.test_T=5");
  int64_t n_of[5] = {0};
  double least = INFINITY;
  double most = -INFINITY;
  for (int64_t i = 0; i < 100; i++) {
    const fcast_member member = member_of(&config, FCAST_MODE_TRAIN, i);
    const fcast_initial_options *const initial = &member.simulate.initial;
    assert_true(initial->spread == (double)(i / 4 % 3 + 1));
    assert_true(initial->n_clusters == 2.0 || initial->n_clusters == 3.0 || initial->n_clusters == 4.0);
    n_of[(size_t)initial->n_clusters]++;
    least = fmin(least, initial->ring_radius);
    most = fmax(most, initial->ring_radius);
    assert_true(isnan(initial->centre_x) && member.simulate.total_time == 2.0);
  }
  assert_true(n_of[2] > 15 && n_of[3] > 15 && n_of[4] > 15);
  assert_true(least >= 1.5 && least < 1.6 && most <= 2.5 && most > 2.4);
  const fcast_member test = member_of(&config, FCAST_MODE_TEST, 5);
  assert_true(test.simulate.initial.spread == 7.0 && test.simulate.total_time == 5.0);
  set(&config, "ensemble.test_seed=1000"); /* a range knows the seed, not the ensemble */
  const double of_training = member_of(&config, FCAST_MODE_TRAIN, 5).simulate.initial.ring_radius;
  assert_true(member_of(&config, FCAST_MODE_TEST, 5).simulate.initial.ring_radius == of_training);
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
      cmocka_unit_test(test_where_agents_start_differs_from_run_to_run),
      cmocka_unit_test(test_ranges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
