/* SPDX-License-Identifier: MIT
 *
 * field_model.npz: what is written comes back bit for bit, and what is damaged is refused by name.
 */
#include "field.h"
#include "scratch.h"

#include "io/field_file.h"
#include "io/file.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_LEADS = 4 };

/* With everything that a file may hold. */
static fcast_field_model whole_model(fcast_field_force kind, fcast_boundary boundary) {
  fcast_error err;
  const fcast_density_options density = {
      .nx = 8, .ny = 6, .bandwidth = 1.5, .box_x = 7.0 / 3.0, .box_y = 1.9, .boundary = boundary};
  fcast_field_model model = field_model_make(&density, 2, 0.31, 0.9);
  if (kind != FCAST_FIELD_NO_FORCE) {
    field_model_push(&model, kind, 0.8, 0.123456789012345678);
  }
  model.interval = 1.0 / 3.0;
  model.edge = (fcast_estimate){0.7, 0.69, 0.1 + 0.61};
  model.n_runs = 200;
  model.n_transitions = 40001;
  model.n_tried = 3;
  for (size_t i = 0; i < model.n_tried; i++) {
    model.tried_bandwidth[i] = 0.3 / (double)(i + 1);
    model.tried_r2[i] = i == 1 ? (double)NAN : 0.9 - 0.01 * (double)i; /* one was unphysical */
    model.tried_standard_error[i] = 1e-3 * (double)i;
  }
  check_ok(fcast_field_errors_create(N_LEADS, &model.errors, &err), &err);
  model.errors.floor = 0.017;
  for (size_t lead = 0; lead < N_LEADS; lead++) {
    model.errors.inflation[lead] = 1.1 + 0.3 * (double)lead;
    model.errors.polarization_inflation[lead] = 0.9 / (double)(lead + 1);
    for (size_t k = 0; k < 3; k++) {
      model.errors.expected_r2[3 * lead + k] = 0.5 - 0.1 * (double)lead + 0.2 * (double)k;
    }
  }
  return model;
}

/* --- round trip --- */

static void check_same_radial(const fcast_radial *found, const fcast_radial *expected) {
  assert_int_equal(found->n_shells, expected->n_shells);
  assert_memory_equal(&found->width, &expected->width, sizeof found->width);
  if (expected->n_shells > 0) {
    assert_memory_equal(found->value, expected->value, expected->n_shells * sizeof(double));
    assert_memory_equal(found->lo, expected->lo, expected->n_shells * sizeof(double));
    assert_memory_equal(found->hi, expected->hi, expected->n_shells * sizeof(double));
  }
}

static void check_same_errors(const fcast_field_errors *found, const fcast_field_errors *expected) {
  assert_int_equal(found->n_leads, expected->n_leads);
  if (expected->n_leads > 0) {
    const size_t n = expected->n_leads * sizeof(double);
    assert_memory_equal(&found->floor, &expected->floor, sizeof found->floor);
    assert_memory_equal(found->inflation, expected->inflation, n);
    assert_memory_equal(found->polarization_inflation, expected->polarization_inflation, n);
    assert_memory_equal(found->expected_r2, expected->expected_r2, 3 * n);
  }
}

static void check_same_model(const fcast_field_model *found, const fcast_field_model *expected) {
  check_same_radial(&found->alignment, &expected->alignment);
  check_same_radial(&found->force, &expected->force);
  check_same_errors(&found->errors, &expected->errors);
  assert_int_equal(found->density.nx, expected->density.nx);
  assert_int_equal(found->density.ny, expected->density.ny);
  assert_int_equal(found->density.boundary, expected->density.boundary);
  assert_memory_equal(&found->density.bandwidth, &expected->density.bandwidth, 3 * sizeof(double)); /* and the box */
  assert_memory_equal(&found->interval, &expected->interval, sizeof found->interval);
  assert_memory_equal(&found->edge, &expected->edge, sizeof found->edge);
  assert_memory_equal(&found->speed, &expected->speed, sizeof found->speed);
  assert_memory_equal(&found->order, &expected->order, sizeof found->order);
  assert_memory_equal(&found->steering, &expected->steering, sizeof found->steering);
  assert_memory_equal(&found->state_bandwidth, &expected->state_bandwidth, sizeof found->state_bandwidth);
  assert_int_equal(found->force_kind, expected->force_kind);
  assert_int_equal(found->state_nx, expected->state_nx);
  assert_int_equal(found->state_ny, expected->state_ny);
  assert_int_equal(found->n_runs, expected->n_runs);
  assert_int_equal(found->n_transitions, expected->n_transitions);
  assert_int_equal(found->n_tried, expected->n_tried);
  assert_memory_equal(found->tried_bandwidth, expected->tried_bandwidth, sizeof found->tried_bandwidth);
  assert_memory_equal(found->tried_r2, expected->tried_r2, sizeof found->tried_r2);
  assert_memory_equal(found->tried_standard_error, expected->tried_standard_error, sizeof found->tried_standard_error);
}

static void what_is_written_comes_back(void **state) {
  (void)state;
  char directory[SCRATCH_PATH];
  char path[SCRATCH_PATH];
  char again[SCRATCH_PATH];
  fcast_error err;
  scratch_make(directory);
  (void)scratch_path(directory, "field_model.npz", path);
  (void)scratch_path(directory, "again.npz", again);
  for (int i = 0; i < 12; i++) {
    fcast_field_model model = whole_model((fcast_field_force)(i % 3), i % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING);
    fcast_field_model found;
    unsigned char *bytes[2];
    size_t n_bytes[2];
    if (i >= 6) { /* nothing tried, nothing measured, one run only: no intervals */
      fcast_field_errors_clear(&model.errors);
      model.n_tried = 0;
      memset(model.tried_bandwidth, 0, sizeof model.tried_bandwidth);
      memset(model.tried_r2, 0, sizeof model.tried_r2);
      memset(model.tried_standard_error, 0, sizeof model.tried_standard_error);
      model.edge.lo = model.speed.hi = model.alignment.lo[0] = NAN;
    }
    check_ok(fcast_field_write(path, &model, &err), &err);
    check_ok(fcast_field_read(path, &found, &err), &err);
    check_same_model(&found, &model);
    check_ok(fcast_field_write(again, &found, &err), &err);
    check_ok(fcast_file_read(path, 1 << 20, &bytes[0], &n_bytes[0], &err), &err);
    check_ok(fcast_file_read(again, 1 << 20, &bytes[1], &n_bytes[1], &err), &err);
    assert_int_equal(n_bytes[0], n_bytes[1]);
    assert_memory_equal(bytes[0], bytes[1], n_bytes[0]);
    fcast_free(bytes[0]);
    fcast_free(bytes[1]);
    fcast_field_model_clear(&found);
    fcast_field_model_clear(&model);
  }
  scratch_remove(directory);
}

static void a_file_that_is_not_there_is_no_error_to_find(void **state) {
  (void)state;
  char directory[SCRATCH_PATH];
  char path[SCRATCH_PATH];
  fcast_error err;
  fcast_field_model model;
  bool is_there = true;
  scratch_make(directory);
  check_ok(fcast_field_find(directory, &model, &is_there, &err), &err);
  assert_false(is_there);
  fcast_field_model_clear(&model);
  assert_int_equal(fcast_field_read(scratch_path(directory, "field_model.npz", path), &model, &err), FCAST_E_MISSING);
  assert_non_null(strstr(err.text, "field_model.npz"));
  check_ok(fcast_file_write(path, "nonsense", 8, &err), &err);
  assert_int_equal(fcast_field_find(directory, &model, &is_there, &err), FCAST_E_FORMAT);
  assert_false(is_there);
  assert_non_null(strstr(err.text, "field_model.npz"));
  assert_null(model.alignment.value);
  scratch_remove(directory);
}

/* --- damage --- */

/* Files MEMBER~DAMAGE.npz, each field_model.npz with one member damaged. */
static const char *const damage_program =
    "import sys, os, numpy as np\n"
    "root = sys.argv[1]\n"
    "whole = dict(np.load(root + '/field_model.npz'))\n"
    "def save(name, what, members):\n"
    "    np.savez(f'{root}/damaged/{name}~{what}.npz', **members)\n"
    "def put(name, what, value):\n"
    "    save(name, what, {**whole, name: value})\n"
    "os.mkdir(root + '/damaged')\n"
    "late = {'error_floor', 'polarization_inflation', 'expected_r2'}\n"
    "checked = 'alignment_value alignment_width edge speed order force_value force_width steering interval extent "
    "cells bandwidth '\n"
    "checked += 'state_cells state_bandwidth error_floor spread_inflation polarization_inflation is_periodic "
    "force_kind n_runs n_transitions'\n"
    "for name, value in whole.items():\n"
    "    if name != 'spread_inflation':\n"
    "        save(name, 'missing', {m: v for m, v in whole.items() if m != name})\n"
    "    put(name, 'text', np.array('x'))\n"
    "    put(name, 'object', np.array({'a': 1}, dtype=object))\n"
    "    put(name, 'complex', value.astype(complex))\n"
    "    put(name, 'empty', np.zeros(0) if name != 'tried_bandwidth' else np.zeros((0, 2)))\n"
    "    put(name, 'row_of_rows', np.zeros((2, 2, 2)))\n"
    "    if value.ndim:\n"
    "        put(name, 'deeper', value[None])\n"
    "    if name == 'tried_bandwidth':\n"
    "        save('tried_r2', 'of_none', {**whole, name: np.zeros(0)})\n"
    "    if value.ndim and name not in ('alignment_value', 'force_value', 'spread_inflation', 'tried_bandwidth'):\n"
    "        put(name, 'one_more', np.concatenate([value, value[-1:]]))\n"
    "        put(name, 'one_less', value[:-1])\n"
    "    if name in checked.split():\n"
    "        put(name, 'nan', np.full(value.shape, np.nan))\n"
    "        put(name, 'infinite', np.full(value.shape, np.inf))\n"
    "    if name in checked.split() and name not in ('alignment_value', 'force_value'):\n"
    "        put(name, 'negative', -1 - value)\n"
    "for name in ('alignment', 'force'):\n"
    "    put(name + '_value', 'nan_in_the_middle', np.where(np.arange(12) == 5, np.nan, whole[name + '_value']))\n"
    "    put(name + '_width', 'zero', 0.0)\n"
    "    put(name + '_width', 'wider_than_the_box', 1.0)\n"
    "put('order', 'above_one', np.array([1.5, 1.4, 1.6]))\n"
    "put('cells', 'half', np.array([6.0, 7.5]))\n"
    "put('cells', 'zero', np.array([0.0, 8.0]))\n"
    "put('cells', 'many', np.array([6.0, 1e300]))\n"
    "put('state_cells', 'half', np.array([12.0, 15.5]))\n"
    "put('state_cells', 'many', np.array([12.0, 5000.0]))\n"
    "put('extent', 'corner', np.array([1.0, 3.0, 0.0, 2.0]))\n"
    "put('extent', 'flat', np.array([0.0, 3.0, 0.0, 0.0]))\n"
    "put('state_bandwidth', 'wider_than_the_box', 2.0)\n"
    "put('force_kind', 'three', np.int64(3))\n"
    "put('is_periodic', 'two', np.int64(2))\n"
    "put('n_runs', 'half', np.float64(0.5))\n"
    "put('tried_bandwidth', 'six', np.ones(6))\n";

static void damaged_members_are_refused_by_name(void **state) {
  (void)state;
  char directory[SCRATCH_PATH];
  char damaged[SCRATCH_PATH];
  char path[SCRATCH_PATH];
  fcast_error err;
  scratch_make(directory);
  fcast_field_model model = whole_model(FCAST_FIELD_STEERING, FCAST_PERIODIC);
  check_ok(fcast_field_write(scratch_path(directory, "field_model.npz", path), &model, &err), &err);
  fcast_field_model_clear(&model);
  assert_int_equal(scratch_python(directory, damage_program), 0);
  DIR *listing = opendir(scratch_path(directory, "damaged", damaged));
  assert_non_null(listing);
  size_t n = 0;
  size_t n_wrong = 0;
  for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    const char *tilde = strchr(entry->d_name, '~');
    if (tilde == NULL) {
      continue;
    }
    char member[64];
    (void)snprintf(member, sizeof member, "%.*s", (int)(tilde - entry->d_name), entry->d_name);
    err = (fcast_error){FCAST_OK, ""};
    const fcast_status status = fcast_field_read(scratch_path(damaged, entry->d_name, path), &model, &err);
    const char *behind_the_file = strstr(err.text, entry->d_name);
    if (status == FCAST_OK || status != err.code || fcast_status_exit(status) != 3 || behind_the_file == NULL ||
        strstr(behind_the_file + strlen(entry->d_name), member) == NULL || strchr(err.text, '\n') != NULL) {
      print_error("%s: status %d: %s\n", entry->d_name, (int)status, err.text);
      n_wrong++;
    }
    assert_true(status == FCAST_OK || (model.alignment.value == NULL && model.errors.inflation == NULL));
    fcast_field_model_clear(&model);
    n++;
  }
  assert_int_equal(closedir(listing), 0);
  assert_int_equal(n_wrong, 0);
  assert_true(n > 200);
  scratch_remove(directory);
}

/* Files of one member more, of another order, type or byte order are the same model. */
static void other_forms_are_read(void **state) {
  (void)state;
  char directory[SCRATCH_PATH];
  char path[SCRATCH_PATH];
  const char *const names[] = {"more.npz", "reversed.npz", "deflated.npz", "big.npz"};
  fcast_error err;
  scratch_make(directory);
  fcast_field_model model = whole_model(FCAST_FIELD_DRIVING, FCAST_REFLECTING);
  check_ok(fcast_field_write(scratch_path(directory, "field_model.npz", path), &model, &err), &err);
  assert_int_equal(scratch_python(directory, "import sys, numpy as np\n"
                                             "root = sys.argv[1]\n"
                                             "whole = dict(np.load(root + '/field_model.npz'))\n"
                                             "np.savez(root + '/more.npz', **whole, note=np.array('x'))\n"
                                             "np.savez(root + '/reversed.npz', **dict(reversed(whole.items())))\n"
                                             "np.savez_compressed(root + '/deflated.npz', **whole)\n"
                                             "np.savez(root + '/big.npz', **{n: v.astype(v.dtype.newbyteorder('>'))"
                                             " for n, v in whole.items()})\n"),
                   0);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    fcast_field_model found;
    check_ok(fcast_field_read(scratch_path(directory, names[i], path), &found, &err), &err);
    check_same_model(&found, &model);
    fcast_field_model_clear(&found);
  }
  fcast_field_model_clear(&model);
  scratch_remove(directory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_comes_back),
      cmocka_unit_test(a_file_that_is_not_there_is_no_error_to_find),
      cmocka_unit_test(damaged_members_are_refused_by_name),
      cmocka_unit_test(other_forms_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
