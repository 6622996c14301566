/* SPDX-License-Identifier: MIT
 *
 * NumPy reads what we write, we read what NumPy writes, and a damaged or hostile archive gives an error and nothing
 * worse.
 */
#include "flockcast/array.h"
#include "io/file.h"
#include "io/npz.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_HOSTILE = 46 };

static char directory[SCRATCH_PATH];
static char ours_path[SCRATCH_PATH];

static int make_directory(void **state) {
  (void)state;
  scratch_make(directory);
  scratch_path(directory, "ours.npz", ours_path);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  scratch_remove(directory);
  return 0;
}

static double value_at(size_t i) {
  return sin((double)i) * 1e3 + 0.1;
}

/* One of everything we write; `n` values in the large array. */
static fcast_status write_ours(const char *path, fcast_error *err) {
  enum { N_VALUES = 3 * 5 * 4 };
  static const size_t cube[3] = {3, 5, 4};
  static const size_t none[2] = {0, 2};
  static const size_t deep[8] = {1, 1, 3, 1, 5, 1, 4, 1};
  double values[N_VALUES];
  fcast_npz_writer *writer = NULL;
  for (size_t i = 0; i < N_VALUES; i++) {
    values[i] = value_at(i);
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

static void test_numpy_reads_ours(void **state) {
  (void)state;
  assert_int_equal(write_ours(ours_path, NULL), FCAST_OK);
  assert_int_equal(
      scratch_python(
          directory,
          "import sys, io, zipfile, numpy as np\n"
          "path = sys.argv[1] + '/ours.npz'\n"
          "z = np.load(path, allow_pickle=True)\n"
          "values = np.sin(np.arange(60.)) * 1e3 + 0.1\n"
          "assert z.files == ['cube', 'row', 'none', 'deep', 'scalar', 'nan', 'integer', 'config'], z.files\n"
          "def same(name, shape, dtype='<f8'):\n"
          "    a = z[name]\n"
          "    assert a.shape == shape and a.dtype.str == dtype and a.flags.c_contiguous, (name, a.shape, a.dtype)\n"
          "    return a\n"
          "assert np.allclose(same('cube', (3, 5, 4)).ravel(), values, rtol=1e-14, atol=1e-11)\n"
          "assert np.array_equal(same('row', (3,)), z['cube'].ravel()[:3])\n"
          "assert same('none', (0, 2)).size == 0\n"
          "assert np.array_equal(same('deep', (1, 1, 3, 1, 5, 1, 4, 1)).ravel(), z['cube'].ravel())\n"
          "assert same('scalar', ()) == 0.1 and np.isnan(same('nan', ()))\n"
          "assert int(same('integer', (), '<i8')) == -2**63 + 1\n"
          "config = same('config', (), '|O').item()\n"
          "assert repr(config) == repr({'sim': {'N': 40, 'T': 2.0, 'bc': 'periodic'}, 'list': [True, None, -70000]})\n"
          "f = zipfile.ZipFile(path)\n"
          "assert f.testzip() is None\n"
          "for i in f.infolist():\n"
          "    assert i.date_time == (1980, 1, 1, 0, 0, 0) and i.compress_type == 0 and i.extra == b'', i\n"
          "    if i.filename != 'config.npy':\n"
          "        b = io.BytesIO(); np.save(b, z[i.filename[:-4]])\n"
          "        assert b.getvalue() == f.read(i.filename), i.filename\n"
          "def objects():\n"
          "    b = io.BytesIO(); np.save(b, z['config'], allow_pickle=True); return b.getvalue()[:128]\n"
          "assert f.read('config.npy')[:128] == objects()\n"),
      0);
}

static void assert_same_file(const char *a_path, const char *b_path) {
  unsigned char *a = NULL;
  unsigned char *b = NULL;
  size_t n_a = 0;
  size_t n_b = 0;
  assert_int_equal(fcast_file_read(a_path, 1 << 20, &a, &n_a, NULL), FCAST_OK);
  assert_int_equal(fcast_file_read(b_path, 1 << 20, &b, &n_b, NULL), FCAST_OK);
  assert_int_equal(n_a, n_b);
  assert_memory_equal(a, b, n_a);
  fcast_free(a);
  fcast_free(b);
}

/* libzip keeps local time: the archive must not. */
static void test_equal_content_gives_equal_bytes(void **state) {
  (void)state;
  static const char *const zones[] = {"UTC0", "EST5EDT", "Asia/Kolkata", "Pacific/Apia", "Africa/Monrovia"};
  char path[SCRATCH_PATH];
  scratch_path(directory, "again.npz", path);
  for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
    assert_int_equal(setenv("TZ", zones[i], 1), 0);
    tzset();
    assert_int_equal(write_ours(path, NULL), FCAST_OK);
    assert_same_file(ours_path, path);
  }
  assert_int_equal(unsetenv("TZ"), 0);
}

/* Archives larger than what the writer keeps in memory, whose headers are completed far behind its end. */
static void test_large_archive(void **state) {
  (void)state;
  enum { N_VALUES = 150001 };
  char path[SCRATCH_PATH];
  fcast_npz_writer *writer = NULL;
  double *values = fcast_alloc_array(N_VALUES, sizeof *values);
  assert_non_null(values);
  for (size_t i = 0; i < N_VALUES; i++) {
    values[i] = (double)(i * i);
  }
  assert_int_equal(fcast_npz_writer_create((fcast_npz_format){0}, &writer, NULL), FCAST_OK);
  static const size_t lengths[] = {N_VALUES, 3, N_VALUES - 1, 8192 - 16 - 8, 1}; /* one as long as the window */
  static const char *const names[] = {"a", "b", "c", "d", "e"};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    fcast_npz_add_array(writer, names[i], 1, &lengths[i], values);
  }
  assert_int_equal(fcast_npz_writer_save(writer, scratch_path(directory, "large.npz", path), NULL), FCAST_OK);
  fcast_free(values);
  assert_int_equal(scratch_python(directory,
                                  "import sys, zipfile, numpy as np\n"
                                  "path = sys.argv[1] + '/large.npz'\n"
                                  "z = np.load(path)\n"
                                  "for name, n in zip('abcde', (150001, 3, 150000, 8168, 1)):\n"
                                  "    assert np.array_equal(z[name], np.arange(n, dtype=float) ** 2), name\n"
                                  "f = zipfile.ZipFile(path)\n"
                                  "assert f.testzip() is None and len(f.infolist()) == 5\n"),
                   0);
}

static fcast_npz *open_file(const char *name) {
  char path[SCRATCH_PATH];
  fcast_npz *npz = NULL;
  fcast_error err = {0};
  if (fcast_npz_open(scratch_path(directory, name, path), &npz, &err) != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  return npz;
}

static void test_ours_comes_back(void **state) {
  (void)state;
  fcast_npz *npz = open_file("ours.npz");
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
    assert_true(values[i] == value_at(i));
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

static void write_formatted(const char *name, fcast_npz_format format) {
  enum { N_VALUES = 40000 };
  char path[SCRATCH_PATH];
  static const size_t shape[2] = {N_VALUES / 8, 8};
  static double values[N_VALUES];
  fcast_npz_writer *writer = NULL;
  fcast_error err = {0};
  for (size_t i = 0; i < N_VALUES; i++) {
    values[i] = i % 3 == 0 ? 0.0 : value_at(i);
  }
  json_t *config = json_pack("{s:i}", "N", 40);
  assert_int_equal(fcast_npz_writer_create(format, &writer, NULL), FCAST_OK);
  fcast_npz_add_large_array(writer, "large", 2, shape, values);
  fcast_npz_add_array(writer, "small", 1, &shape[1], values);
  fcast_npz_add_scalar(writer, "scalar", 0.1);
  fcast_npz_add_object(writer, "config", config);
  json_decref(config);
  if (fcast_npz_writer_save(writer, scratch_path(directory, name, path), &err) != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  fcast_npz *npz = open_file(name);
  fcast_npy_info info;
  double *read = NULL;
  assert_int_equal(fcast_npz_read(npz, "large", &info, &read, NULL), FCAST_OK);
  assert_string_equal(info.type, format.float32 ? "<f4" : "<f8");
  for (size_t i = 0; i < N_VALUES; i++) {
    assert_true(read[i] == (format.float32 ? (double)(float)values[i] : values[i]));
  }
  fcast_free(read);
  assert_int_equal(fcast_npz_read(npz, "small", &info, &read, NULL), FCAST_OK);
  assert_string_equal(info.type, "<f8");
  assert_memory_equal(read, values, 8 * sizeof *read);
  fcast_free(read);
  fcast_npz_close(npz);
}

/* Every format comes back to us and to NumPy, rounded where it says so, and the same content gives the same bytes. */
static void test_formats(void **state) {
  (void)state;
  char first[SCRATCH_PATH];
  char second[SCRATCH_PATH];
  for (int i = 0; i < 4; i++) {
    char name[16];
    const fcast_npz_format format = {.compress = (i & 1) != 0, .float32 = (i & 2) != 0};
    (void)snprintf(name, sizeof name, "again_%d.npz", i);
    write_formatted(name, format);
    scratch_path(directory, name, first);
    (void)snprintf(name, sizeof name, "format_%d.npz", i);
    write_formatted(name, format);
    assert_same_file(first, scratch_path(directory, name, second));
  }
  assert_int_equal(
      scratch_python(directory,
                     "import sys, os, zipfile, numpy as np\n"
                     "paths = [f'{sys.argv[1]}/format_{i}.npz' for i in range(4)]\n"
                     "first = np.load(paths[0])['large']\n"
                     "assert first.shape == (5000, 8) and first[0, 0] == 0 and first[0, 1] > 800\n"
                     "for i, path in enumerate(paths):\n"
                     "    z = np.load(path, allow_pickle=True)\n"
                     "    t = ('<f8', '<f4')[i >> 1]\n"
                     "    assert z['large'].dtype.str == t and np.array_equal(z['large'], first.astype(t))\n"
                     "    assert z['small'].dtype.str == '<f8' and z['scalar'] == 0.1\n"
                     "    assert z['config'].item() == {'N': 40}\n"
                     "    f = zipfile.ZipFile(path)\n"
                     "    assert f.testzip() is None\n"
                     "    assert all(m.compress_type == 8 * (i & 1) for m in f.infolist())\n"
                     "sizes = [os.path.getsize(path) for path in paths]\n"
                     "assert sizes[1] < sizes[0] and sizes[2] < 0.51 * sizes[0] and sizes[3] < sizes[2], sizes\n"),
      0);
}

static void test_shapes(void **state) {
  (void)state;
  fcast_npz *npz = open_file("ours.npz");
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
  assert_memory_equal(err.text, ours_path, strlen(ours_path));
  assert_string_equal(err.text + strlen(ours_path), ": 'cube': shape (3, 5, 4), expected (3, 6, any)");
  assert_int_equal(fcast_npz_read_shaped(npz, "cube", 1, any, &values, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "expected (3,)"));
  assert_int_equal(fcast_npz_read_into(npz, "cube", 60, into, NULL), FCAST_OK);
  assert_true(into[59] == value_at(59));
  assert_int_equal(fcast_npz_read_into(npz, "cube", 59, into, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "shape (3, 5, 4), expected 59 values"));
  assert_int_equal(fcast_npz_read_scalar(npz, "row", into, &err), FCAST_E_SHAPE);
  assert_non_null(strstr(err.text, "shape (3,), expected 1 value"));
  fcast_npz_close(npz);
}

static void test_missing(void **state) {
  (void)state;
  fcast_npz *npz = open_file("ours.npz");
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
  assert_int_equal(fcast_npz_open(directory, &none, &err), FCAST_E_FORMAT);
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
  fcast_npz *npz = open_file(name);
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
  assert_int_equal(scratch_python(directory, make_numpy), 0);
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
  fcast_npz *npz = open_file("scalars.npz");
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
  fcast_npz *npz = open_file("scalars.npz");
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

/* Archives that lie: bad0.npz, bad1.npz, ... each with one member 'x', and what the error must say. */
static const char make_hostile[] =
    "import sys, io, struct, zipfile, numpy as np\n"
    "k = 0\n"
    "def archive(members, method=zipfile.ZIP_STORED, change=lambda b: b):\n"
    "    global k\n"
    "    b = io.BytesIO()\n"
    "    with zipfile.ZipFile(b, 'w', method) as z:\n"
    "        for name, data in members: z.writestr(name, data)\n"
    "    open('%s/bad%d.npz' % (sys.argv[1], k), 'wb').write(change(b.getvalue()))\n"
    "    k += 1\n"
    "def npy(header, data=b'', version=b'\\x01\\x00', length=None):\n"
    "    n = len(header) if length is None else length\n"
    "    return b'\\x93NUMPY' + version + struct.pack('<H' if version[0] == 1 else '<I', n) + header + data\n"
    "def one(*a, **b): archive([('x.npy', npy(*a, **b))])\n"
    "def shaped(shape, data=bytes(16), descr=\"'<f8'\"):\n"
    "    one((\"{'descr': %s, 'fortran_order': False, 'shape': %s, }\\n\" % (descr, shape)).encode(), data)\n"
    "good = b\"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\\n\"\n"
    "shaped('(3,)')\n"                                             /* 0: too few values */
    "shaped('(1,)')\n"                                             /* 1: too many */
    "shaped('(4611686018427387904, 4)')\n"                         /* 2: product overflows */
    "shaped('(2305843009213693954,)')\n"                           /* 3: bytes overflow to 16 */
    "shaped('(99999999999999999999999,)')\n"                       /* 4: one length overflows */
    "shaped('(1,1,1,1,1,1,1,1,2)')\n"                              /* 5: nine dimensions */
    "shaped('(-2,)')\n"                                            /* 6 */
    "shaped('(2)')\n"                                              /* 7: no tuple */
    "shaped('[2]')\n"                                              /* 8 */
    "shaped('(2,,)')\n"                                            /* 9 */
    "shaped('(2, True)')\n"                                        /* 10 */
    "shaped('(2,')\n"                                              /* 11 */
    "shaped('(__import__(\"os\").system(\"true\"),)')\n"           /* 12 */
    "shaped('(2,)', descr=\"'|O'\", data=b'')\n"                   /* 13: values of no known size: refused when read */
    "shaped('(2,)', descr=\"'<f8\\\\n'\")\n"                       /* 14 */
    "shaped('(2,)', descr='<f8')\n"                                /* 15 */
    "shaped('(2,)', descr=\"[('a', '<f8'\")\n"                     /* 16 */
    "shaped('(2,)', descr=\"'\" + 'f' * 100 + \"'\")\n"            /* 17 */
    "one(b'{}', bytes(16))\n"                                      /* 18: no keys */
    "one(good[:-2] + b\"'shape': (2,)}\", bytes(16))\n"            /* 19: a key twice */
    "one(good[:-2] + b\"'extra': (2,)}\", bytes(16))\n"            /* 20: a key too many */
    "one(good[:-3] + b\"} + 1\", bytes(16))\n"                     /* 21: more behind it */
    "one(good.replace(b'False', b'0'), bytes(16))\n"               /* 22 */
    "one(good.replace(b'False', b'None'), bytes(16))\n"            /* 23 */
    "one(good, bytes(16), length=60000)\n"                         /* 24: header longer than the member */
    "one(good, bytes(16), length=5)\n"                             /* 25 */
    "one(good + b' ' * 70000, bytes(16), version=b'\\x02\\x00')\n" /* 26: header too long */
    "one(good, bytes(16), version=b'\\x02\\x00', length=0xffffffff)\n" /* 27 */
    "one(good, bytes(16), version=b'\\x04\\x00')\n"                    /* 28 */
    "one(good, bytes(16), version=b'\\x01\\x01')\n"                    /* 29 */
    "archive([('x.npy', b'')])\n"                                      /* 30 */
    "archive([('x.npy', b'\\x93NUMPY')])\n"                            /* 31 */
    "archive([('x', b'{\"a\": 1}')])\n"                                /* 32: a raw member */
    "full = npy(good, bytes(16))\n"
    "archive([('x.npy', full)], change=lambda b: b.replace(bytes(16), bytes(15) + b'A'))\n" /* 33: CRC */
    "def patch_sizes(compressed, size):\n"
    "    def change(b):\n"
    "        at = b.index(b'PK\\x01\\x02')\n"
    "        b = bytearray(b)\n"
    "        c, s = struct.unpack_from('<II', b, at + 20)\n"
    "        struct.pack_into('<II', b, at + 20, c if compressed is None else compressed, s if size is None else "
    "size)\n"
    "        return bytes(b)\n"
    "    return change\n"
    "archive([('x.npy', full)], change=patch_sizes(None, 0x7fffffff))\n"                      /* 34 */
    "archive([('x.npy', full)], change=patch_sizes(0x7fffffff, 0x7fffffff))\n"                /* 35 */
    "archive([('x.npy', full)], zipfile.ZIP_DEFLATED, patch_sizes(None, 0x7fffffff))\n"       /* 36 */
    "archive([('x.npy', full)], zipfile.ZIP_DEFLATED, patch_sizes(0x7fffffff, 0x7fffffff))\n" /* 37 */
    "big = b\"{'descr': '<f8', 'fortran_order': False, 'shape': (8000,), }\\n\"\n"
    "archive([('x.npy', npy(big, bytes(16)))], zipfile.ZIP_DEFLATED,\n"
    "        patch_sizes(None, len(npy(big)) + 64000))\n"                                  /* 38: ends early */
    "archive([('x.npy', full)], zipfile.ZIP_DEFLATED, patch_sizes(None, len(full) - 1))\n" /* 39 */
    "archive([('x.npy', full)], zipfile.ZIP_BZIP2)\n"                                      /* 40 */
    "archive([('x.npy', full)], zipfile.ZIP_LZMA)\n"                                       /* 41 */
    "def encrypt(b):\n"
    "    b = bytearray(b); b[6] |= 1; b[b.index(b'PK\\x01\\x02') + 8] |= 1; return bytes(b)\n"
    "archive([('x.npy', full)], change=encrypt)\n" /* 42 */
    "shaped('(0, 18446744073709551615, 2)')\n"     /* 43: empty, but not by that much */
    "shaped('(0,)')\n"                             /* 44 */
    "shaped('()')\n"                               /* 45 */
    "def keep(name, *a, **b):\n"
    "    global k\n"
    "    archive(*a, **b)\n"
    "    import os\n"
    "    k -= 1\n"
    "    os.rename('%s/bad%d.npz' % (sys.argv[1], k), '%s/%s' % (sys.argv[1], name))\n"
    "import warnings; warnings.simplefilter('ignore')\n"
    "keep('twice.npz', [('x.npy', full), ('x.npy', full)])\n"
    "keep('twice_raw.npz', [('x.npy', full), ('x', full)])\n"
    "keep('control.npz', [('x\\x1b[31m.npy', full)])\n"
    "keep('paths.npz', [('../../etc/x.npy', full), ('/abs.npy', full), ('dir/', b''), ('.npy', full)])\n"
    "keep('small.npz', [('x.npy', full), ('y.npy', npy(good, np.arange(2.).tobytes()))], zipfile.ZIP_DEFLATED)\n"
    "keep('nothing.npz', [])\n";

static void read_everything(fcast_npz *npz) {
  for (size_t i = 0; i < fcast_npz_n_members(npz); i++) {
    const char *name = fcast_npz_member_name(npz, i);
    fcast_npy_info info;
    double *values = NULL;
    json_t *object = NULL;
    int64_t integer = 0;
    double real = 0;
    (void)!fcast_npz_info(npz, name, &info, NULL);
    (void)!fcast_npz_read_scalar(npz, name, &real, NULL);
    (void)!fcast_npz_read_integer(npz, name, &integer, NULL);
    if (fcast_npz_read(npz, name, &info, &values, NULL) == FCAST_OK) {
      fcast_free(values);
    }
    if (fcast_npz_read_object(npz, name, &object, NULL) == FCAST_OK) {
      json_decref(object);
    }
  }
}

static void test_hostile_members(void **state) {
  (void)state;
  assert_int_equal(scratch_python(directory, make_hostile), 0);
  for (int i = 0; i < N_HOSTILE; i++) {
    char name[64];
    char path[SCRATCH_PATH];
    fcast_npz *npz = NULL;
    double *values = NULL;
    fcast_error err = {0};
    (void)snprintf(name, sizeof name, "bad%d.npz", i);
    fcast_status status = fcast_npz_open(scratch_path(directory, name, path), &npz, &err);
    if (status == FCAST_OK) {
      status = fcast_npz_read(npz, "x", NULL, &values, &err);
      read_everything(npz);
    }
    if (status != FCAST_E_FORMAT) {
      fail_msg("%s: status %d, %s", name, (int)status, err.text);
    }
    assert_memory_equal(err.text, path, strlen(path));
    assert_null(values);
    fcast_npz_close(npz);
  }
}

static void expect_open_error(const char *name, const char *reason) {
  char path[SCRATCH_PATH];
  fcast_npz *npz = NULL;
  fcast_error err = {0};
  assert_int_equal(fcast_npz_open(scratch_path(directory, name, path), &npz, &err), FCAST_E_FORMAT);
  assert_null(npz);
  assert_memory_equal(err.text, path, strlen(path));
  if (strstr(err.text, reason) == NULL) {
    fail_msg("found '%s', expected '%s' in it", err.text, reason);
  }
}

static void test_hostile_archives(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  expect_open_error("twice.npz", "is there twice");
  expect_open_error("twice_raw.npz", "is there twice");
  expect_open_error("control.npz", "control characters");
  assert_int_equal(fcast_file_write(scratch_path(directory, "empty.npz", path), "", 0, NULL), FCAST_OK);
  expect_open_error("empty.npz", "empty file");
  assert_int_equal(fcast_file_write(scratch_path(directory, "text.npz", path), "hello, world", 12, NULL), FCAST_OK);
  expect_open_error("text.npz", "not a readable NPZ archive");
  fcast_npz *npz = open_file("paths.npz");
  double value[2];
  assert_int_equal(fcast_npz_read_into(npz, "../../etc/x", 2, value, NULL), FCAST_OK);
  assert_int_equal(fcast_npz_read_into(npz, "/abs", 2, value, NULL), FCAST_OK);
  read_everything(npz);
  fcast_npz_close(npz);
  npz = open_file("nothing.npz");
  assert_int_equal(fcast_npz_n_members(npz), 0);
  fcast_npz_close(npz);
}

static void try_bytes(const unsigned char *bytes, size_t n) {
  char path[SCRATCH_PATH];
  fcast_npz *npz = NULL;
  FILE *file = fopen(scratch_path(directory, "try.npz", path), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  assert_int_equal(fclose(file), 0);
  if (fcast_npz_open(path, &npz, NULL) == FCAST_OK) {
    read_everything(npz);
    fcast_npz_close(npz);
  }
}

/* Cut anywhere, a file is no archive, as its directory is at its end; with any byte changed it does no harm. */
static void test_damaged_files(void **state) {
  (void)state;
  static const char *const names[] = {"small.npz", "ours.npz"};
  for (size_t i = 0; i < 2; i++) {
    char path[SCRATCH_PATH];
    unsigned char *bytes = NULL;
    size_t n = 0;
    assert_int_equal(fcast_file_read(scratch_path(directory, names[i], path), 1 << 20, &bytes, &n, NULL), FCAST_OK);
    for (size_t length = 1; length < n; length += i == 0 ? 1 : 13) {
      try_bytes(bytes, length);
      expect_open_error("try.npz", "not a readable NPZ archive");
    }
    for (size_t at = 0; at < n; at += i == 0 ? 1 : 7) {
      const unsigned char original = bytes[at];
      bytes[at] = (unsigned char)(original ^ (1u << at % 8));
      try_bytes(bytes, n);
      bytes[at] = 0xff;
      try_bytes(bytes, n);
      bytes[at] = original;
    }
    fcast_free(bytes);
  }
}

static void test_writer_errors(void **state) {
  (void)state;
  static const size_t shape[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const double value = 1.0;
  fcast_npz_writer *writer = NULL;
  fcast_error err = {0};
  char path[SCRATCH_PATH];
  scratch_path(directory, "never.npz", path);
  assert_int_equal(fcast_npz_writer_create((fcast_npz_format){0}, &writer, NULL), FCAST_OK);
  fcast_npz_add_array(writer, "x", 9, shape, &value);
  fcast_npz_add_scalar(writer, "y", 1.0);
  assert_int_equal(fcast_npz_writer_save(writer, path, &err), FCAST_E_ARG);
  assert_non_null(strstr(err.text, "'x' has 9 dimensions, expected at most 8"));
  assert_int_equal(fcast_npz_writer_create((fcast_npz_format){0}, &writer, NULL), FCAST_OK);
  assert_int_equal(fcast_npz_writer_save(writer, path, &err), FCAST_E_ARG);
  assert_int_equal(fcast_npz_writer_create((fcast_npz_format){0}, &writer, NULL), FCAST_OK);
  fcast_npz_add_scalar(writer, "x", 1.0);
  fcast_npz_add_scalar(writer, "x", 2.0);
  assert_int_equal(fcast_npz_writer_save(writer, path, &err), FCAST_E_ARG);
  assert_int_equal(write_ours("/nowhere/x.npz", &err), FCAST_E_IO);
  assert_string_equal(err.text, "/nowhere/x.npz: No such file or directory");
  assert_false(fcast_file_exists(path));
}

/* A full disk, played by a limit on the size of files. */
static int save_beyond_limit(void) {
  const struct rlimit limit = {1 << 12, 1 << 12};
  const size_t n = 1 << 16;
  double *values = fcast_alloc_array(n, sizeof *values);
  fcast_npz_writer *writer = NULL;
  fcast_error err = {0};
  if (values == NULL || fcast_npz_writer_create((fcast_npz_format){0}, &writer, NULL) != FCAST_OK ||
      signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return 1;
  }
  fcast_npz_add_array(writer, "x", 1, &n, values);
  const fcast_status status = fcast_npz_writer_save(writer, ours_path, &err);
  fcast_free(values);
  return status == FCAST_E_IO && strstr(err.text, "File too large") != NULL ? 0 : 2;
}

static void test_full_disk(void **state) {
  (void)state;
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    _exit(save_beyond_limit());
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  fcast_npz_close(open_file("ours.npz")); /* the old one is still whole */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numpy_reads_ours), cmocka_unit_test(test_equal_content_gives_equal_bytes),
      cmocka_unit_test(test_ours_comes_back),  cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_missing),          cmocka_unit_test(test_reads_numpy),
      cmocka_unit_test(test_scalars),          cmocka_unit_test(test_objects),
      cmocka_unit_test(test_hostile_members),  cmocka_unit_test(test_hostile_archives),
      cmocka_unit_test(test_damaged_files),    cmocka_unit_test(test_writer_errors),
      cmocka_unit_test(test_full_disk),        cmocka_unit_test(test_large_archive),
      cmocka_unit_test(test_formats),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
