/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "cluster/plan.h"
#include "cluster/process.h"

#include <string.h>

static fcast_config config_with(const char *assignment) {
  fcast_error err;
  fcast_config config;
  fcast_config_default(&config);
  if (assignment != NULL) {
    check_ok(fcast_config_set(&config, assignment, &err), &err);
  }
  check_ok(fcast_config_check(&config, &err), &err);
  return config;
}

static void assert_indices(const fcast_config *config, const char *wanted, int64_t first, int64_t n,
                           const char *expected) {
  fcast_error err;
  bool flags[64] = {false};
  fcast_array_plan array;
  for (size_t i = 0; wanted[i] != '\0'; i++) {
    flags[i] = wanted[i] == 'x';
  }
  check_ok(fcast_plan_array(config, FCAST_MODE_TRAIN, flags, first, n, &array, &err), &err);
  if (expected == NULL) {
    assert_null(array.indices);
  } else {
    assert_string_equal(array.indices, expected);
  }
  fcast_free(array.indices);
}

static void test_indices_name_the_wanted_tasks(void **state) {
  (void)state;
  const fcast_config config = config_with(NULL);
  assert_indices(&config, "xxxx", 0, 4, "0-3");
  assert_indices(&config, ".x.xx.", 0, 6, "1,3-4");
  assert_indices(&config, "....", 0, 4, NULL);
  assert_indices(&config, "xxx.xx", 2, 4, "0,2-3"); /* a later array counts from 0 again */
  const fcast_config throttled = config_with("cluster.max_running=7");
  assert_indices(&throttled, "xx", 0, 2, "0-1%7");
}

/* Every run is in exactly one task, whatever the size of a task. */
static void test_packing(void **state) {
  (void)state;
  const fcast_config automatic = config_with(NULL);
  assert_int_equal(fcast_plan_runs_per_task(&automatic, FCAST_MODE_TRAIN), 100); /* milliseconds each: one task */
  const fcast_config fixed = config_with("cluster.runs_per_task=7");
  assert_int_equal(fcast_plan_runs_per_task(&fixed, FCAST_MODE_TRAIN), 7);
  const fcast_config heavy = config_with("sim.N=2000000");
  assert_int_equal(fcast_plan_runs_per_task(&heavy, FCAST_MODE_TRAIN), 1);
}

static void test_scripts_hold_what_the_user_asked_for(void **state) {
  (void)state;
  fcast_error err;
  fcast_config config = config_with("cluster.modules=gcc/12 openblas");
  check_ok(fcast_config_set(&config, "cluster.extra=--qos=long --exclusive", &err), &err);
  check_ok(fcast_config_set(&config, "cluster.partition=batch", &err), &err);
  const fcast_submission submission = {.program = "/opt/it's here/flockcast",
                                       .oscar_dir = "/data/o",
                                       .log_dir = "/data/logs",
                                       .config_path = "/data/o/config.yml",
                                       .tag = "fc-1-2"};
  char indices[] = "0-3";
  const fcast_array_plan array = {.mode = FCAST_MODE_TRAIN, .runs_per_task = 10, .first_task = 11, .indices = indices};
  char *script = fcast_plan_array_script(&config, &submission, &array);
  assert_non_null(script);
  const char *const expected[] = {"#SBATCH --partition=batch\n",
                                  "#SBATCH --qos=long\n#SBATCH --exclusive\n",
                                  "module load gcc/12\nmodule load openblas\n",
                                  "#SBATCH --array=0-3\n",
                                  "#SBATCH --job-name=fc-1-2-train-10-11\n",
                                  "first=$(( (SLURM_ARRAY_TASK_ID + 11) * 10 ))\n",
                                  "exec '/opt/it'\\''s here/flockcast' simulate --mode train"};
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    assert_non_null(strstr(script, expected[i]));
  }
  assert_null(strstr(script, "--account"));
  fcast_free(script);
  script = fcast_plan_train_script(&config, &submission, "12:15");
  assert_non_null(strstr(script, "#SBATCH --dependency=afterok:12:15\n#SBATCH --kill-on-invalid-dep=yes\n"));
  fcast_free(script);
}

/* What stands in a script must not mean anything to a shell. */
static void test_shell_words_are_refused(void **state) {
  (void)state;
  fcast_error err;
  fcast_config config;
  fcast_config_default(&config);
  const char *const wrong[] = {"cluster.partition=a;b", "cluster.extra=$(id)", "cluster.modules=`id`",
                               "cluster.time=1\n2", "cluster.account=a\"b"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(fcast_config_set(&config, wrong[i], &err), FCAST_E_CONFIG);
  }
}

/* --- processes --- */

static fcast_process_result run_process(const char *const *argv, const char *input, double seconds) {
  fcast_error err;
  fcast_process_result result;
  check_ok(fcast_process_run(argv, input, false, seconds, &result, &err), &err);
  return result;
}

static void test_a_process_is_run(void **state) {
  (void)state;
  const char *const argv[] = {"sh", "-c", "cat; echo oops >&2; exit 3", NULL};
  fcast_process_result result = run_process(argv, "hello", 20.0);
  assert_int_equal(result.exit_status, 3);
  assert_string_equal(result.output, "hello");
  assert_string_equal(result.errors, "oops\n");
  fcast_process_clear(&result);
}

static void test_a_program_that_is_not_there(void **state) {
  (void)state;
  const char *const argv[] = {"no-such-program-anywhere", NULL};
  fcast_process_result result = run_process(argv, NULL, 20.0);
  assert_int_equal(result.exit_status, 127);
  fcast_process_clear(&result);
}

static void test_a_process_that_hangs_is_ended(void **state) {
  (void)state;
  const char *const argv[] = {"sleep", "1000", NULL};
  fcast_process_result result = run_process(argv, NULL, 0.2);
  assert_true(result.timed_out);
  fcast_process_clear(&result);
}

/* More than a pipe holds, both ways, and a child that does not listen. */
static void test_large_input_and_output(void **state) {
  (void)state;
  enum { LENGTH = 300000 };
  static char input[LENGTH + 1];
  memset(input, 'x', LENGTH);
  const char *const echo[] = {"cat", NULL};
  fcast_process_result result = run_process(echo, input, 20.0);
  assert_int_equal(strlen(result.output), LENGTH);
  fcast_process_clear(&result);
  const char *const deaf[] = {"true", NULL};
  result = run_process(deaf, input, 20.0);
  assert_int_equal(result.exit_status, 0);
  fcast_process_clear(&result);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_indices_name_the_wanted_tasks),
      cmocka_unit_test(test_packing),
      cmocka_unit_test(test_scripts_hold_what_the_user_asked_for),
      cmocka_unit_test(test_shell_words_are_refused),
      cmocka_unit_test(test_a_process_is_run),
      cmocka_unit_test(test_a_program_that_is_not_there),
      cmocka_unit_test(test_a_process_that_hangs_is_ended),
      cmocka_unit_test(test_large_input_and_output),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
