/* SPDX-License-Identifier: MIT
 *
 * We read what we and what NumPy write: every type, order, version and shape. What is not there, or is something else
 * than expected, is an error that says what was found.
 */
#include "archives.h"

#include <math.h>
#include <string.h>

static void test_ours_comes_back(void **state) {
  (void)state;
  fcast_npz *npz = archive_open("ours.npz");
  fcast_npy_info info;
  double *values = NULL;
  double scalar = 0;
  int64_t integer = 0;
  json_t *config = NULL;
  assert_int_equal(fcast_npz_n_members(npz), 8);
  assert_string_equal(fcast_npz_member_name(npz, 0), "cube");
  assert_true(fcast_npz_has(npz, "deep"));
  assert_false(fcast_npz_has(npz, "deep.npy"));
  assert_int_equal(fcast_npz_read(npz, "cube", &info, &values, NULL), FCAST_OK);
  assert_string_equal(info.type, "<f8");
  assert_int_equal(info.n_dimensions, 3);
  assert_int_equal(info.shape[1], 5);
  assert_int_equal(info.n_values, 60);
  for (size_t i = 0; i < 60; i++) {
    assert_true(values[i] == archive_value(i));
  }
  fcast_free(values);
  assert_int_equal(fcast_npz_read(npz, "none", &info, &values, NULL), FCAST_OK);
  assert_int_equal(info.n_values, 0);
  fcast_free(values);
  assert_int_equal(fcast_npz_read_scalar(npz, "scalar", &scalar, NULL), FCAST_OK);
  assert_true(scalar == 0.1);
  assert_int_equal(fcast_npz_read_scalar(npz, "nan", &scalar, NULL), FCAST_OK);
  assert_true(isnan(scalar));
  assert_int_equal(fcast_npz_read_integer(npz, "integer", &integer, NULL), FCAST_OK);
  assert_true(integer == INT64_MIN + 1);
  assert_int_equal(fcast_npz_read_object(npz, "config", &config, NULL), FCAST_OK);
  assert_int_equal(json_integer_value(json_object_get(json_object_get(config, "sim"), "N")), 40);
  json_decref(config);
  fcast_npz_close(npz);
}

static void test_shapes(void **state) {
  (void)state;
  fcast_npz *npz = archive_open("ours.npz");
  fcast_error err = {0};
  double *values = NULL;
  double into[60];
  size_t any[3] = {0, 5, 0};
  size_t wrong[3] = {3, 6, 0};
  assert_int_equal(fcast_npz_read_shaped(npz, "cube", 3, any, &values, NULL), FCAST_OK);
  assert_int_equal(any[0], 3);
  assert_int_equal(any[2], 4);
  fcast_free(values);
  assert_int_equal(fcast_npz_read_shaped(npz, "cube", 3, wrong, &values, &err), FCAST_E_SHAPE);
  assert_null(values);
  assert_memory_equal(err.text, archive_ours, strlen(archive_ours));
  assert_string_equal(err.text + strlen(archive_ours), ": 'cube': shape (3, 5, 4), expected (3, 6, any)");
  assert_int_equal(fcast_npz_read_shaped(npz, "cube", 1, any, &values, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "expected (3,)"));
  assert_int_equal(fcast_npz_read_into(npz, "cube", 60, into, NULL), FCAST_OK);
  assert_true(into[59] == archive_value(59));
  assert_int_equal(fcast_npz_read_into(npz, "cube", 59, into, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "shape (3, 5, 4), expected 59 values"));
  assert_int_equal(fcast_npz_read_scalar(npz, "row", into, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "shape (3,), expected 1 value"));
  fcast_npz_close(npz);
}

static void test_missing(void **state) {
  (void)state;
  fcast_npz *npz = archive_open("ours.npz");
  fcast_npz *none = NULL;
  fcast_error err = {0};
  fcast_npy_info info;
  double *values = NULL;
  assert_int_equal(fcast_npz_info(npz, "rho", &info, &err), FCAST_E_MISSING);
  assert_non_null(strstr(err.text, "no member 'rho' (it holds cube, row, none, deep, scalar"));
  assert_int_equal(fcast_npz_read(npz, "rho", NULL, &values, NULL), FCAST_E_MISSING);
  fcast_npz_close(npz);
  assert_int_equal(fcast_npz_open("/nowhere/x.npz", &none, &err), FCAST_E_MISSING);
  assert_string_equal(err.text, "/nowhere/x.npz: No such file or directory");
  assert_int_equal(fcast_npz_open(archive_directory, &none, &err), FCAST_E_FORMAT);
  assert_null(none);
  fcast_npz_close(NULL);
}

/* Every type, order and version in one archive, stored and deflated: member NAME holds what 'wanted_NAME' says. */
static const char make_numpy[] =
    "import sys, io, zipfile, numpy as np\n"
    "base = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5) - 40\n"
    "arrays = {}\n"
    "for t in ('f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8'):\n"
    "    for order in '<>':\n"
    "        a = (base if t[0] != 'u' else base + 40).astype(order + t)\n"
    "        arrays[t + ('le' if order == '<' else 'be')] = a / 8 if t[0] == 'f' else a\n"
    "        arrays[t + order + 'F'] = np.asfortranarray(arrays[t + ('le' if order == '<' else 'be')])\n"
    "        arrays[t + order + 'F'] = arrays[t + order + 'F'].astype(order + t, order='F')\n"
    "arrays['bool'] = base % 3 == 0\n"
    "arrays['empty'] = np.zeros((0, 3), order='F')\n"
    "arrays['long'] = np.arange(5000, dtype='f4')\n"
    "arrays['eight'] = np.asfortranarray(np.arange(256.).reshape((2,) * 8))\n"
    "arrays['row'] = np.asfortranarray(np.arange(7, dtype='>i2'))\n"
    "arrays['nonfinite'] = np.array([np.nan, np.inf, -np.inf])\n"
    "arrays['extremes'] = np.array([-2**63, 2**63 - 1])\n"
    "wanted = {'wanted_' + k: np.ascontiguousarray(v, dtype='<f8').reshape(v.shape) for k, v in arrays.items()}\n"
    "np.savez(sys.argv[1] + '/stored.npz', **arrays, **wanted)\n"
    "np.savez_compressed(sys.argv[1] + '/deflated.npz', **arrays, **wanted)\n"
    "with zipfile.ZipFile(sys.argv[1] + '/versions.npz', 'w') as z:\n"
    "    for version in ((1, 0), (2, 0), (3, 0)):\n"
    "        b = io.BytesIO(); np.lib.format.write_array(b, np.arange(5.), version=version)\n"
    "        z.writestr('v%d.npy' % version[0], b.getvalue())\n"
    "        z.writestr('wanted_v%d.npy' % version[0], b.getvalue())\n"
    "    def raw(name, header, data):\n"
    "        z.writestr(name + '.npy', b'\\x93NUMPY\\x01\\x00' + len(header).to_bytes(2, 'little') + header + data)\n"
    "        b = io.BytesIO(); np.save(b, np.arange(2.)); z.writestr('wanted_' + name + '.npy', b.getvalue())\n"
    "    data = np.arange(2.).tobytes()\n"
    "    raw('order', b\"{'shape': (2,), 'fortran_order': False, 'descr': '<f8'}\\n\", data)\n"
    "    raw('quotes', b'{\"shape\":(2L,),\"fortran_order\":True,\"descr\":\"=f8\"}', data)\n"
    "    raw('space', b\"  {  'descr' : '<f8' ,\\n'fortran_order':False , 'shape': ( 2 , ) , }  \\n\\n\", data)\n"
    "np.savez(sys.argv[1] + '/scalars.npz', i=np.int64(2**53 + 1), u=np.uint64(2**63), f=np.float64(7), h=0.5, "
    "m=-2**63,\n"
    "         n=np.nan, big=1e300, b=True, one=np.array([[3]]), s='text', c=1j, t=np.array([(1, 2.)], 'i4,f8'),\n"
    "         d=np.datetime64('2020-01-01'), f2=np.float16(1), o=np.array({'a': (1, np.float64(2.5))}, dtype=object),\n"
    "         two=np.array([{}, {}], dtype=object), p=np.longdouble(1), v=np.void(b'ab'))\n";

static void compare_archive(const char *name) {
  fcast_npz *npz = archive_open(name);
  size_t n_compared = 0;
  for (size_t i = 0; i < fcast_npz_n_members(npz); i++) {
    const char *member = fcast_npz_member_name(npz, i);
    if (strncmp(member, "wanted_", 7) != 0) {
      continue;
    }
    double *found = NULL;
    double *wanted = NULL;
    fcast_npy_info found_info;
    fcast_npy_info wanted_info;
    fcast_error err = {0};
    if (fcast_npz_read(npz, member + 7, &found_info, &found, &err) != FCAST_OK ||
        fcast_npz_read(npz, member, &wanted_info, &wanted, &err) != FCAST_OK) {
      fail_msg("%s", err.text);
    }
    assert_int_equal(found_info.n_dimensions, wanted_info.n_dimensions);
    assert_memory_equal(found_info.shape, wanted_info.shape, sizeof found_info.shape);
    if (memcmp(found, wanted, wanted_info.n_values * sizeof *wanted) != 0) {
      fail_msg("%s: %s differs", name, member + 7);
    }
    fcast_free(found);
    fcast_free(wanted);
    n_compared++;
  }
  fcast_npz_close(npz);
  assert_in_range(n_compared, 5, 100);
}

static void test_reads_numpy(void **state) {
  (void)state;
  assert_int_equal(scratch_python(archive_directory, make_numpy), 0);
  compare_archive("stored.npz");
  compare_archive("deflated.npz");
  compare_archive("versions.npz");
}

static void expect_integer_error(fcast_npz *npz, const char *name, const char *reason) {
  int64_t integer = 0;
  fcast_error err = {0};
  const fcast_status status = fcast_npz_read_integer(npz, name, &integer, &err);
  assert_true(status == FCAST_E_FORMAT);
  if (strstr(err.text, reason) == NULL) {
    fail_msg("found '%s', expected '%s' in it", err.text, reason);
  }
}

static void test_scalars(void **state) {
  (void)state;
  fcast_npz *npz = archive_open("scalars.npz");
  int64_t integer = 0;
  double real = 0;
  assert_int_equal(fcast_npz_read_integer(npz, "i", &integer, NULL), FCAST_OK);
  assert_true(integer == ((int64_t)1 << 53) + 1); /* no double in between */
  assert_int_equal(fcast_npz_read_integer(npz, "f", &integer, NULL), FCAST_OK);
  assert_true(integer == 7);
  assert_int_equal(fcast_npz_read_integer(npz, "m", &integer, NULL), FCAST_OK);
  assert_true(integer == INT64_MIN);
  assert_int_equal(fcast_npz_read_integer(npz, "b", &integer, NULL), FCAST_OK);
  assert_true(integer == 1);
  assert_int_equal(fcast_npz_read_integer(npz, "one", &integer, NULL), FCAST_OK);
  assert_true(integer == 3);
  assert_int_equal(fcast_npz_read_scalar(npz, "u", &real, NULL), FCAST_OK);
  assert_true(real == 9223372036854775808.0);
  expect_integer_error(npz, "u", "value 9.2233720368547758e+18, expected a 64-bit integer");
  expect_integer_error(npz, "h", "value 0.5");
  expect_integer_error(npz, "n", "nan");
  expect_integer_error(npz, "big", "1e+300");
  expect_integer_error(npz, "s", "type <U4, expected real numbers");
  expect_integer_error(npz, "c", "type <c16, expected");
  expect_integer_error(npz, "t", "type [('f0', '<i4'), ('f1', , expected");
  expect_integer_error(npz, "d", "type <M8[D], expected");
  expect_integer_error(npz, "f2", "type <f2, expected");
  expect_integer_error(npz, "p", "type <f16, expected");
  expect_integer_error(npz, "v", "type |V2, expected");
  expect_integer_error(npz, "o", "type |O, expected");
  fcast_npz_close(npz);
}

static void test_objects(void **state) {
  (void)state;
  fcast_npz *npz = archive_open("scalars.npz");
  json_t *value = NULL;
  json_t *wanted = json_pack("{s:[i, f]}", "a", 1, 2.5);
  fcast_error err = {0};
  assert_int_equal(fcast_npz_read_object(npz, "o", &value, NULL), FCAST_OK);
  assert_true(json_equal(value, wanted));
  json_decref(value);
  json_decref(wanted);
  assert_int_equal(fcast_npz_read_object(npz, "two", &value, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_npz_read_object(npz, "i", &value, &err), FCAST_E_FORMAT);
  assert_non_null(strstr(err.text, "type <i8, expected an object"));
  assert_null(value);
  fcast_npz_close(npz);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ours_comes_back), cmocka_unit_test(test_shapes),  cmocka_unit_test(test_missing),
      cmocka_unit_test(test_reads_numpy),     cmocka_unit_test(test_scalars), cmocka_unit_test(test_objects),
  };
  return cmocka_run_group_tests(tests, archives_make, archives_remove);
}
