/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out where files are written, read and checked: configurations, runs, models. What is written without
 * an error is whole.
 */
#include "failing_memory.h"
#include "small_inputs.h"

#include "cluster/ensemble.h"
#include "io/field_file.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/model_files.h"
#include "io/npz.h"
#include "io/pickle.h"
#include "io/provenance.h"
#include "io/run_check.h"
#include "io/run_files.h"
#include "io/training_files.h"

#include <stdio.h>
#include <unistd.h>

/* What was written without an error is what is written without a shortage. */
static void check_same_bytes(const char *name, const char *expected_name) {
  fcast_error err = {FCAST_OK, ""};
  char path[SCRATCH_PATH];
  unsigned char *bytes = NULL;
  unsigned char *expected = NULL;
  size_t n = 0;
  size_t n_expected = 0;
  failing_memory_disarm();
  check_ok(fcast_file_read(scratch_path(small.directory, name, path), 1 << 20, &bytes, &n, &err), &err);
  check_ok(fcast_file_read(scratch_path(small.directory, expected_name, path), 1 << 20, &expected, &n_expected, &err),
           &err);
  assert_int_equal(n, n_expected);
  assert_memory_equal(bytes, expected, n);
  fcast_free(bytes);
  fcast_free(expected);
}

static fcast_status use_file_write(fcast_error *err) {
  return fcast_file_write(small_path("written"), "text", 4, err);
}

static fcast_status use_file_read(fcast_error *err) {
  unsigned char *bytes;
  size_t n;
  const fcast_status status = fcast_file_read(small_path("config.yml"), 1 << 20, &bytes, &n, err);
  fcast_free(bytes);
  return status;
}

static fcast_status use_directory_make(fcast_error *err) {
  const fcast_status status = fcast_directory_make(small_path("a/b/c"), err);
  (void)rmdir(small_path("a/b/c"));
  (void)rmdir(small_path("a/b"));
  (void)rmdir(small_path("a"));
  return status;
}

static fcast_status use_path_absolute(fcast_error *err) {
  char *path = NULL;
  const fcast_status status = fcast_path_absolute("../nowhere", &path, err);
  fcast_free(path);
  return status;
}

static fcast_status use_json_write(fcast_error *err) {
  const fcast_status status = fcast_json_write(small_path("written.json"), small.metadata, err);
  if (status == FCAST_OK) {
    json_t *again = NULL;
    failing_memory_disarm();
    check_ok(fcast_json_read(small_path("written.json"), &again, err), err);
    assert_true(json_equal(again, small.metadata)); /* whole, whatever jansson did without */
    json_decref(again);
  }
  return status;
}

static fcast_status use_json_read(fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_json_read(small_path("test_000/metadata.json"), &value, err);
  json_decref(value);
  return status;
}

static fcast_status use_pickle_write(fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n;
  const fcast_status status = fcast_pickle_write(small.config_json, &bytes, &n, err);
  fcast_free(bytes);
  return status;
}

static fcast_status use_pickle_read(fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_pickle_read(small.pickle, small.n_pickle, &value, err);
  json_decref(value);
  return status;
}

static fcast_status use_npz_read(fcast_error *err) {
  fcast_npz *npz = NULL;
  double *values = NULL;
  json_t *object = NULL;
  fcast_npy_info info;
  fcast_status status = fcast_npz_open(small_path("test_000/traj.npz"), &npz, err);
  if (status == FCAST_OK) {
    status = fcast_npz_info(npz, "times", &info, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_verify(npz, "positions", err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read(npz, "positions", NULL, &values, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_object(npz, "config", &object, err);
  }
  json_decref(object);
  fcast_free(values);
  fcast_npz_close(npz);
  return status;
}

static fcast_status use_config_read(fcast_error *err) {
  fcast_config read;
  fcast_config_default(&read);
  return fcast_config_read(&read, small_path("config.yml"), err);
}

static fcast_status use_config_set(fcast_error *err) {
  fcast_config read;
  fcast_config_default(&read);
  return fcast_config_set(&read, "ensemble.ic_types=[ring, uniform]", err);
}

static fcast_status use_config_json(fcast_error *err) {
  json_t *json = fcast_config_json(&small.config);
  json_decref(json);
  return json == NULL ? fcast_fail(err, FCAST_E_NOMEM, "no JSON") : FCAST_OK;
}

static fcast_status use_config_yaml(fcast_error *err) {
  char *yaml = fcast_config_yaml(&small.config);
  fcast_free(yaml);
  return yaml == NULL ? fcast_fail(err, FCAST_E_NOMEM, "no YAML") : FCAST_OK;
}

static fcast_status use_fingerprint(fcast_error *err) {
  char hash[17];
  return fcast_config_fingerprint(&small.config, hash, err);
}

static fcast_status use_provenance(fcast_error *err) {
  json_t *json = fcast_provenance_json(0.0, 0.0);
  json_decref(json);
  return json == NULL ? fcast_fail(err, FCAST_E_NOMEM, "no JSON") : FCAST_OK;
}

static fcast_status use_run_write(fcast_error *err) {
  static const char *const names[] = {"traj.npz", "density.npz", "order_params.npz", "metadata.json"};
  const fcast_status status = fcast_run_write(small_path("test_001"), (fcast_npz_format){0}, &small.tracks,
                                              &small.fields, &small.order, small.config_json, small.metadata, err);
  for (size_t i = 0; status == FCAST_OK && i < sizeof names / sizeof names[0]; i++) {
    char written[64];
    char expected[64];
    (void)snprintf(written, sizeof written, "test_001/%s", names[i]);
    (void)snprintf(expected, sizeof expected, "test_000/%s", names[i]);
    check_same_bytes(written, expected);
  }
  return status;
}

static fcast_status use_run_facts(fcast_error *err) {
  fcast_run_facts facts;
  const fcast_status status = fcast_run_read_facts(small.run_directory, &facts, err);
  fcast_run_facts_clear(&facts);
  return status;
}

static fcast_status use_run_density(fcast_error *err) {
  fcast_fields read;
  const fcast_status status = fcast_run_read_density(small.run_directory, &read, err);
  fcast_fields_clear(&read);
  return status;
}

static fcast_status use_run_tracks(fcast_error *err) {
  fcast_tracks read;
  const fcast_status status = fcast_run_read_tracks(small.run_directory, 15.0, 15.0, FCAST_PERIODIC, &read, err);
  fcast_tracks_clear(&read);
  return status;
}

static fcast_status use_run_order(fcast_error *err) {
  fcast_order_params read;
  const fcast_status status = fcast_run_read_order(small.run_directory, &read, err);
  fcast_order_params_clear(&read);
  return status;
}

static fcast_status use_limit_write(fcast_error *err) {
  const fcast_limit limit = small_limit();
  const fcast_status status = fcast_run_write_limit(small_path("."), (fcast_npz_format){0}, &limit, err);
  if (status == FCAST_OK) {
    check_same_bytes("limit.npz", "test_000/limit.npz");
  }
  return status;
}

static fcast_status use_limit_read(fcast_error *err) {
  const size_t shape[3] = {SMALL_N_FRAMES, small.fields.ny, small.fields.nx};
  fcast_limit read;
  const fcast_status status = fcast_run_read_limit(small.run_directory, shape, "", &read, err);
  fcast_limit_clear(&read);
  return status;
}

static fcast_status use_run_check(fcast_error *err) {
  const fcast_run_demand demand = {.needs_limit_whole = true};
  return fcast_run_check(small.run_directory, &demand, err) == FCAST_RUN_WHOLE ? FCAST_OK : err->code;
}

static fcast_status use_run_list(fcast_error *err) {
  fcast_run_list list;
  const fcast_status status = fcast_run_list_read(small.directory, FCAST_MODE_TEST, &list, err);
  fcast_run_list_clear(&list);
  return status;
}

static fcast_status use_pod_write(fcast_error *err) {
  const fcast_status status = fcast_pod_write(small_path("written.npz"), &small.pod, err);
  if (status == FCAST_OK) {
    check_same_bytes("written.npz", "pod.npz");
  }
  return status;
}

static fcast_status use_pod_read(fcast_error *err) {
  fcast_pod read;
  const fcast_status status = fcast_pod_read(small_path("pod.npz"), &read, err);
  fcast_pod_clear(&read);
  return status;
}

static fcast_status use_mvar_write(fcast_error *err) {
  const fcast_status status = fcast_mvar_write(small_path("written.npz"), &small.mvar, err);
  if (status == FCAST_OK) {
    check_same_bytes("written.npz", "mvar.npz");
  }
  return status;
}

static fcast_status use_mvar_read(fcast_error *err) {
  fcast_mvar read;
  const fcast_status status = fcast_mvar_read(small_path("mvar.npz"), &read, err);
  fcast_mvar_clear(&read);
  return status;
}

static fcast_status use_field_write(fcast_error *err) {
  const fcast_status status = fcast_field_write(small_path("field_again.npz"), &small.field, err);
  if (status == FCAST_OK) {
    check_same_bytes("field_again.npz", "field_model.npz");
  }
  return status;
}

static fcast_status use_field_find(fcast_error *err) {
  fcast_field_model read;
  bool is_there;
  const fcast_status status = fcast_field_find(small.directory, &read, &is_there, err);
  fcast_field_model_clear(&read);
  return status;
}

static fcast_status use_chosen_write_pod(fcast_error *err) {
  const fcast_status status =
      small_write_chosen(small_path("pod_w.npz"), small_second_path("mvar_w.npz"), &small.chosen_pod, err);
  if (status == FCAST_OK) {
    check_same_bytes("pod_w.npz", "pod_p.npz");
    check_same_bytes("mvar_w.npz", "mvar_p.npz");
  }
  return status;
}

static fcast_status use_chosen_write_fourier(fcast_error *err) {
  const fcast_status status =
      small_write_chosen(small_path("pod_w.npz"), small_second_path("mvar_w.npz"), &small.chosen_fourier, err);
  if (status == FCAST_OK) {
    check_same_bytes("pod_w.npz", "pod_f.npz");
    check_same_bytes("mvar_w.npz", "mvar_f.npz");
  }
  return status;
}

/* The list of one file as training makes it, and a directory of models against it. */
static fcast_status use_training_files(fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = true};
  fcast_outfile file = {0};
  json_t *list = NULL;
  json_t *report = NULL;
  json_t *found = NULL;
  fcast_status status = fcast_directory_make(small_path("listed"), err);
  if (status == FCAST_OK) {
    status = fcast_pod_put(small_path("listed/pod_model.npz"), &small.pod, &file, err);
  }
  if (status == FCAST_OK) {
    status = fcast_training_list_files(&file, 1, &list, err);
  }
  if (status == FCAST_OK) {
    status = fcast_outfile_commit(&file, err);
  }
  fcast_outfile_abandon(&file);
  report = status == FCAST_OK ? json_pack("{s:O}", "files", list) : NULL;
  if (status == FCAST_OK) {
    status = report == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory")
                            : fcast_json_write(small_path("listed/training_metadata.json"), report, err);
  }
  if (status == FCAST_OK) {
    status = fcast_training_read(small_path("listed"), &found, err);
  }
  if (status == FCAST_OK) {
    status = fcast_training_check_files(small_path("listed"), found, &demand, FCAST_OK, err);
  }
  json_decref(list);
  json_decref(report);
  json_decref(found);
  return status;
}

static fcast_status use_chosen_read_pod(fcast_error *err) {
  fcast_chosen made;
  const fcast_status status = fcast_chosen_read(small_path("pod_p.npz"), small_second_path("mvar_p.npz"), &made, err);
  fcast_chosen_clear(&made);
  return status;
}

static fcast_status use_chosen_read_fourier(fcast_error *err) {
  fcast_chosen made;
  const fcast_status status = fcast_chosen_read(small_path("pod_f.npz"), small_second_path("mvar_f.npz"), &made, err);
  fcast_chosen_clear(&made);
  return status;
}

static const failing_use uses[] = {
    {"fcast_file_write", use_file_write, 1},
    {"fcast_file_read", use_file_read, 1},
    {"fcast_directory_make", use_directory_make, 1},
    {"fcast_path_absolute", use_path_absolute, 1},
    {"fcast_json_write", use_json_write, 1},
    {"fcast_json_read", use_json_read, 1},
    {"fcast_pickle_write", use_pickle_write, 1},
    {"fcast_pickle_read", use_pickle_read, 1},
    {"fcast_npz_open, _info, _verify, _read, _read_object", use_npz_read, 1},
    {"fcast_config_read", use_config_read, 1},
    {"fcast_config_set", use_config_set, 1},
    {"fcast_config_json", use_config_json, 1},
    {"fcast_config_yaml", use_config_yaml, 1},
    {"fcast_config_fingerprint", use_fingerprint, 1},
    {"fcast_provenance_json", use_provenance, 1},
    {"fcast_run_write", use_run_write, 1},
    {"fcast_run_read_facts", use_run_facts, 1},
    {"fcast_run_read_density", use_run_density, 1},
    {"fcast_run_read_tracks", use_run_tracks, 1},
    {"fcast_run_read_order", use_run_order, 1},
    {"fcast_run_write_limit", use_limit_write, 1},
    {"fcast_run_read_limit", use_limit_read, 1},
    {"fcast_run_check", use_run_check, 1},
    {"fcast_run_list_read", use_run_list, 1},
    {"fcast_pod_write", use_pod_write, 1},
    {"fcast_pod_read", use_pod_read, 1},
    {"fcast_mvar_write", use_mvar_write, 1},
    {"fcast_mvar_read", use_mvar_read, 1},
    {"fcast_chosen_put, POD modes", use_chosen_write_pod, 1},
    {"fcast_chosen_put, Fourier modes", use_chosen_write_fourier, 1},
    {"fcast_chosen_read, POD modes", use_chosen_read_pod, 1},
    {"fcast_chosen_read, Fourier modes", use_chosen_read_fourier, 1},
    {"fcast_field_write", use_field_write, 1},
    {"fcast_training_list_files, fcast_training_read, fcast_training_check_files", use_training_files, 1},
    {"fcast_field_find, fcast_field_read", use_field_find, 1},
};

static void test_every_allocation_may_fail(void **state) {
  (void)state;
  failing_memory_try(uses, sizeof uses / sizeof uses[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, small_inputs_make, small_inputs_clear);
}
