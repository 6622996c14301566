/* SPDX-License-Identifier: MIT
 *
 * The list of files in training_metadata.json: what is refused by it, and what models without one are held against.
 */
#include "io/training_files.h"

#include "check.h"
#include "io/json_file.h"
#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { N_NAMES = 8 };
static const char *const names[N_NAMES] = {"eigenvalues.csv",  "pod_model.npz",     "mvar_model.npz",
                                           "pod_selected.npz", "mvar_selected.npz", "selection.csv",
                                           "field_model.npz",  "index_mapping.csv"};

static void put_text(const char *name, const char *text) {
  char path[SCRATCH_PATH];
  fcast_error err;
  check_ok(fcast_file_write(scratch_path(scratch_directory, name, path), text, strlen(text), &err), &err);
}

static void take_away(const char *name) {
  char path[SCRATCH_PATH];
  assert_int_equal(unlink(scratch_path(scratch_directory, name, path)), 0);
}

/* All files, each with its name as content, and a report with `sections` that lists the first `n_listed`. */
static void make_training(size_t n_listed, json_t *sections) {
  char path[SCRATCH_PATH];
  fcast_error err;
  fcast_outfile files[N_NAMES];
  json_t *list = NULL;
  for (size_t i = 0; i < N_NAMES; i++) {
    (void)scratch_path(scratch_directory, names[i], path);
    check_ok(fcast_file_put(path, names[i], strlen(names[i]), &files[i], &err), &err);
  }
  if (n_listed > 0) {
    check_ok(fcast_training_list_files(files, n_listed, &list, &err), &err);
    assert_int_equal(json_object_size(list), n_listed);
    assert_int_equal(json_object_set_new(sections, "files", list), 0);
  }
  check_ok(fcast_outfile_commit_all(files, N_NAMES, &err), &err);
  check_ok(fcast_json_write(scratch_path(scratch_directory, "training_metadata.json", path), sections, &err), &err);
  json_decref(sections);
}

/* Status of reading and checking; `err` names the file that is at fault. */
static fcast_status check_with(bool with_tables, fcast_status so_far, fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = with_tables};
  json_t *report = NULL;
  fcast_status status = fcast_training_read(scratch_directory, &report, err);
  if (status == FCAST_OK) {
    status = fcast_training_check_files(scratch_directory, report, &demand, so_far, err);
  }
  json_decref(report);
  return status;
}

static void check_refused(bool with_tables, fcast_status expected, const char *name, const char *words) {
  fcast_error err = {FCAST_OK, ""};
  assert_int_equal(check_with(with_tables, FCAST_OK, &err), expected);
  if (strstr(err.text, name) == NULL || strstr(err.text, words) == NULL) {
    fail_msg("found '%s', expected %s and '%s' in it", err.text, name, words);
  }
}

static bool is_table(const char *name) {
  return strstr(name, ".csv") != NULL;
}

static void what_is_listed_is_there_as_it_was(void **state) {
  (void)state;
  fcast_error err = {FCAST_OK, ""};
  for (size_t i = 0; i < N_NAMES; i++) {
    make_training(N_NAMES, json_object());
    check_ok(check_with(true, FCAST_OK, &err), &err);
    char other[64];
    (void)snprintf(other, sizeof other, "%s", names[i]);
    other[0] ^= 1; /* of the same length */
    put_text(names[i], other);
    check_refused(true, FCAST_E_FORMAT, names[i], "expected");
    put_text(names[i], "");
    check_refused(true, FCAST_E_FORMAT, names[i], "found 0 bytes");
    take_away(names[i]);
    check_refused(true, FCAST_E_MISSING, names[i], "not there");
    if (is_table(names[i])) {
      check_ok(check_with(false, FCAST_OK, &err), &err);
    } else {
      check_refused(false, FCAST_E_MISSING, names[i], "not there");
    }
  }
}

static fcast_status look(fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = true, .is_quick = true};
  json_t *report = NULL;
  check_ok(fcast_training_read(scratch_directory, &report, err), err);
  const fcast_status status = fcast_training_check_files(scratch_directory, report, &demand, FCAST_OK, err);
  json_decref(report);
  return status;
}

static void quickly_what_is_listed_is_there(void **state) {
  (void)state;
  fcast_error err = {FCAST_OK, ""};
  for (size_t i = 0; i < N_NAMES; i++) {
    make_training(N_NAMES, json_object());
    put_text(names[i], "");
    check_ok(look(&err), &err);
    take_away(names[i]);
    assert_int_equal(look(&err), FCAST_E_MISSING);
    assert_non_null(strstr(err.text, names[i]));
  }
  make_training(N_NAMES - 1, json_object());
  assert_int_equal(look(&err), FCAST_E_FORMAT);
  assert_non_null(strstr(err.text, "index_mapping.csv: is there"));
}

static void what_is_not_listed_is_not_there(void **state) {
  (void)state;
  make_training(N_NAMES - 1, json_object());
  check_refused(true, FCAST_E_FORMAT, "index_mapping.csv", "is there");
  take_away("index_mapping.csv");
  fcast_error err = {FCAST_OK, ""};
  check_ok(check_with(true, FCAST_OK, &err), &err);
}

static void a_list_of_no_known_kind_is_refused(void **state) {
  (void)state;
  make_training(0, json_pack("{s:[]}", "files"));
  check_refused(false, FCAST_E_FORMAT, "training_metadata.json", "files");
  make_training(0, json_pack("{s:{s:i, s:i}}", "files", "pod_model.npz", 3, "mvar_model.npz", 4));
  check_refused(false, FCAST_E_FORMAT, "pod_model.npz", "expected 0 with none");
}

/* Earlier versions and older scripts: sections of the report, or nothing, say what there is. */
static void without_a_list_sections_count(void **state) {
  (void)state;
  fcast_error err = {FCAST_OK, ""};
  make_training(0, json_pack("{s:{}, s:{}}", "selected", "field"));
  put_text("pod_model.npz", "something else");
  check_ok(check_with(true, FCAST_OK, &err), &err);
  take_away("field_model.npz");
  check_refused(false, FCAST_E_MISSING, "field_model.npz", "not there");
  make_training(0, json_pack("{s:{}}", "selected"));
  check_refused(false, FCAST_E_FORMAT, "field_model.npz", "is there");
  take_away("field_model.npz");
  check_ok(check_with(true, FCAST_OK, &err), &err);
  take_away("eigenvalues.csv"); /* versions before it was written */
  check_ok(check_with(true, FCAST_OK, &err), &err);
  make_training(0, json_pack("{s:{}}", "field"));
  check_refused(false, FCAST_E_FORMAT, "pod_selected.npz", "is there");
}

static void without_a_report_nothing_of_ours_is_there(void **state) {
  (void)state;
  fcast_error err = {FCAST_OK, ""};
  make_training(N_NAMES, json_object());
  take_away("training_metadata.json");
  for (size_t i = 0; i < N_NAMES; i++) {
    take_away(names[i]);
  }
  check_ok(check_with(true, FCAST_OK, &err), &err);
  for (size_t i = 0; i < N_NAMES; i++) {
    put_text(names[i], "x");
    if (strcmp(names[i], "pod_model.npz") == 0 || strcmp(names[i], "mvar_model.npz") == 0 ||
        strcmp(names[i], "index_mapping.csv") == 0) { /* these older scripts write, perhaps without a report */
      check_ok(check_with(true, FCAST_OK, &err), &err);
    } else {
      check_refused(true, FCAST_E_MISSING, "training_metadata.json", names[i]);
    }
    take_away(names[i]);
  }
}

static void files_that_do_not_fit_are_first_of_all_of_two_trainings(void **state) {
  (void)state;
  fcast_error err = {FCAST_OK, ""};
  make_training(N_NAMES, json_object());
  assert_int_equal(check_with(false, fcast_fail(&err, FCAST_E_SHAPE, "of no fit"), &err), FCAST_E_SHAPE);
  assert_string_equal(err.text, "of no fit");
  put_text("mvar_model.npz", "another");
  assert_int_equal(check_with(false, fcast_fail(&err, FCAST_E_SHAPE, "of no fit"), &err), FCAST_E_FORMAT);
  assert_non_null(strstr(err.text, "mvar_model.npz: found 7 bytes"));
  assert_int_equal(check_with(false, fcast_fail(&err, FCAST_E_FORMAT, "damaged"), &err), FCAST_E_FORMAT);
  assert_string_equal(err.text, "damaged");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_listed_is_there_as_it_was),
      cmocka_unit_test(quickly_what_is_listed_is_there),
      cmocka_unit_test(what_is_not_listed_is_not_there),
      cmocka_unit_test(a_list_of_no_known_kind_is_refused),
      cmocka_unit_test(without_a_list_sections_count),
      cmocka_unit_test(without_a_report_nothing_of_ours_is_there),
      cmocka_unit_test(files_that_do_not_fit_are_first_of_all_of_two_trainings),
  };
  return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
