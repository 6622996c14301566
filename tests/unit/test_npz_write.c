/* SPDX-License-Identifier: MIT
 *
 * NumPy reads what we write in every format, equal content gives equal bytes, and what cannot be written is an error.
 */
#include "archives.h"

#include "io/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void test_numpy_reads_ours(void **state) {
  (void)state;
  assert_int_equal(archive_write_ours(archive_ours, NULL), FCAST_OK);
  assert_int_equal(
      scratch_python(
          archive_directory,
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
  scratch_path(archive_directory, "again.npz", path);
  for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
    assert_int_equal(setenv("TZ", zones[i], 1), 0);
    tzset();
    assert_int_equal(archive_write_ours(path, NULL), FCAST_OK);
    assert_same_file(archive_ours, path);
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
  assert_int_equal(fcast_npz_writer_save(writer, scratch_path(archive_directory, "large.npz", path), NULL), FCAST_OK);
  fcast_free(values);
  assert_int_equal(scratch_python(archive_directory,
                                  "import sys, zipfile, numpy as np\n"
                                  "path = sys.argv[1] + '/large.npz'\n"
                                  "z = np.load(path)\n"
                                  "for name, n in zip('abcde', (150001, 3, 150000, 8168, 1)):\n"
                                  "    assert np.array_equal(z[name], np.arange(n, dtype=float) ** 2), name\n"
                                  "f = zipfile.ZipFile(path)\n"
                                  "assert f.testzip() is None and len(f.infolist()) == 5\n"),
                   0);
}

static void write_formatted(const char *name, fcast_npz_format format) {
  enum { N_VALUES = 40000 };
  char path[SCRATCH_PATH];
  static const size_t shape[2] = {N_VALUES / 8, 8};
  static double values[N_VALUES];
  fcast_npz_writer *writer = NULL;
  fcast_error err = {0};
  for (size_t i = 0; i < N_VALUES; i++) {
    values[i] = i % 3 == 0 ? 0.0 : archive_value(i);
  }
  json_t *config = json_pack("{s:i}", "N", 40);
  assert_int_equal(fcast_npz_writer_create(format, &writer, NULL), FCAST_OK);
  fcast_npz_add_large_array(writer, "large", 2, shape, values);
  fcast_npz_add_array(writer, "small", 1, &shape[1], values);
  fcast_npz_add_scalar(writer, "scalar", 0.1);
  fcast_npz_add_object(writer, "config", config);
  json_decref(config);
  if (fcast_npz_writer_save(writer, scratch_path(archive_directory, name, path), &err) != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  fcast_npz *npz = archive_open(name);
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
    scratch_path(archive_directory, name, first);
    (void)snprintf(name, sizeof name, "format_%d.npz", i);
    write_formatted(name, format);
    assert_same_file(first, scratch_path(archive_directory, name, second));
  }
  assert_int_equal(
      scratch_python(archive_directory,
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

static void test_writer_errors(void **state) {
  (void)state;
  static const size_t shape[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const double value = 1.0;
  fcast_npz_writer *writer = NULL;
  fcast_error err = {0};
  char path[SCRATCH_PATH];
  scratch_path(archive_directory, "never.npz", path);
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
  assert_int_equal(archive_write_ours("/nowhere/x.npz", &err), FCAST_E_IO);
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
  const fcast_status status = fcast_npz_writer_save(writer, archive_ours, &err);
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
  fcast_npz_close(archive_open("ours.npz")); /* the old one is still whole */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numpy_reads_ours), cmocka_unit_test(test_equal_content_gives_equal_bytes),
      cmocka_unit_test(test_writer_errors),    cmocka_unit_test(test_full_disk),
      cmocka_unit_test(test_large_archive),    cmocka_unit_test(test_formats),
  };
  return cmocka_run_group_tests(tests, archives_make, archives_remove);
}
