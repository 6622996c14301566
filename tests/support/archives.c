/* SPDX-License-Identifier: MIT */
#include "archives.h"

#include <math.h>

char archive_directory[SCRATCH_PATH];
char archive_ours[SCRATCH_PATH];

int archives_make(void **state) {
  (void)state;
  scratch_make(archive_directory);
  scratch_path(archive_directory, "ours.npz", archive_ours);
  assert_int_equal(archive_write_ours(archive_ours, NULL), FCAST_OK);
  return 0;
}

int archives_remove(void **state) {
  (void)state;
  scratch_remove(archive_directory);
  return 0;
}

double archive_value(size_t i) {
  return sin((double)i) * 1e3 + 0.1;
}

fcast_status archive_write_ours(const char *path, fcast_error *err) {
  enum { N_VALUES = 3 * 5 * 4 };
  static const size_t cube[3] = {3, 5, 4};
  static const size_t none[2] = {0, 2};
  static const size_t deep[8] = {1, 1, 3, 1, 5, 1, 4, 1};
  double values[N_VALUES];
  fcast_npz_writer *writer = NULL;
  for (size_t i = 0; i < N_VALUES; i++) {
    values[i] = archive_value(i);
  }
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  json_t *config =
      json_pack("{s:{s:i, s:f, s:s}, s:[b, n, i]}", "sim", "N", 40, "T", 2.0, "bc", "periodic", "list", 1, -70000);
  fcast_npz_add_array(writer, "cube", 3, cube, values);
  fcast_npz_add_array(writer, "row", 1, cube, values);
  fcast_npz_add_array(writer, "none", 2, none, values);
  fcast_npz_add_array(writer, "deep", 8, deep, values);
  fcast_npz_add_scalar(writer, "scalar", 0.1);
  fcast_npz_add_scalar(writer, "nan", (double)NAN);
  fcast_npz_add_integer(writer, "integer", INT64_MIN + 1);
  fcast_npz_add_object(writer, "config", config);
  json_decref(config);
  return fcast_npz_writer_save(writer, path, err);
}

fcast_npz *archive_open(const char *name) {
  char path[SCRATCH_PATH];
  fcast_npz *npz = NULL;
  fcast_error err = {0};
  if (fcast_npz_open(scratch_path(archive_directory, name, path), &npz, &err) != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  return npz;
}
