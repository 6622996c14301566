/* SPDX-License-Identifier: MIT
 *
 * A file is there whole or not at all, whatever goes wrong on the way.
 */
#include "flockcast/array.h"
#include "io/file.h"
#include "scratch.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char target[SCRATCH_PATH];

static int make_directory(void **state) {
  const int status = scratch_set_up(state);
  scratch_path(scratch_directory, "target.npz", target);
  return status;
}

static size_t count_entries(void) {
  size_t n = 0;
  DIR *listing = opendir(scratch_directory);
  assert_non_null(listing);
  while (readdir(listing) != NULL) {
    n++;
  }
  assert_int_equal(closedir(listing), 0);
  return n - 2;
}

static void assert_content(const char *path, const char *expected) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  assert_int_equal(fcast_file_read(path, 1000, &bytes, &n, NULL), FCAST_OK);
  assert_int_equal(n, strlen(expected));
  assert_string_equal((char *)bytes, expected);
  fcast_free(bytes);
}

static void test_write_and_read(void **state) {
  (void)state;
  assert_int_equal(fcast_file_write(target, "first", 5, NULL), FCAST_OK);
  assert_content(target, "first");
  assert_int_equal(fcast_file_write(target, "", 0, NULL), FCAST_OK);
  assert_content(target, "");
  assert_int_equal(fcast_file_write(target, "second", 6, NULL), FCAST_OK);
  assert_content(target, "second");
  assert_int_equal(count_entries(), 1);
}

static void test_large_file(void **state) {
  (void)state;
  const size_t n = 3000001;
  unsigned char *bytes = fcast_alloc_array(n, 1);
  unsigned char *back = NULL;
  size_t n_back = 0;
  for (size_t i = 0; i < n; i++) {
    bytes[i] = (unsigned char)(i * 31 >> 3);
  }
  assert_int_equal(fcast_file_write(target, bytes, n, NULL), FCAST_OK);
  assert_int_equal(fcast_file_read(target, n, &back, &n_back, NULL), FCAST_OK);
  assert_int_equal(n_back, n);
  assert_memory_equal(bytes, back, n);
  fcast_free(back);
  fcast_error err = {0};
  assert_int_equal(fcast_file_read(target, n - 1, &back, &n_back, &err), FCAST_E_FORMAT);
  assert_null(back);
  assert_non_null(strstr(err.text, "larger than 3000000 bytes"));
  fcast_free(bytes);
}

static void test_relative_path(void **state) {
  (void)state;
  char before[SCRATCH_PATH];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(scratch_directory), 0);
  assert_int_equal(fcast_file_write("plain", "x", 1, NULL), FCAST_OK);
  assert_content("plain", "x");
  assert_int_equal(unlink("plain"), 0);
  assert_int_equal(chdir(before), 0);
}

static void test_temporary_name(void **state) {
  (void)state;
  fcast_outfile file = {0};
  fcast_outfile twin = {0};
  assert_int_equal(fcast_outfile_begin(target, &file, NULL), FCAST_OK);
  assert_int_equal(fcast_outfile_begin(target, &twin, NULL), FCAST_OK);
  const size_t length = strlen(file.temporary_path);
  assert_memory_equal(file.temporary_path, scratch_directory, strlen(scratch_directory));
  assert_int_equal(file.temporary_path[strlen(scratch_directory) + 1], '.');
  assert_string_equal(file.temporary_path + length - 4, ".npz");
  assert_string_not_equal(file.temporary_path, twin.temporary_path);
  fcast_outfile_abandon(&file);
  fcast_outfile_abandon(&file);
  fcast_outfile_abandon(&twin);
  assert_int_equal(count_entries(), 1);
}

static void test_long_name(void **state) {
  (void)state;
  char name[240];
  char path[SCRATCH_PATH];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  memcpy(name + sizeof name - 5, ".png", 4);
  assert_int_equal(fcast_file_write(scratch_path(scratch_directory, name, path), "x", 1, NULL), FCAST_OK);
  assert_content(path, "x");
  assert_int_equal(unlink(path), 0);
}

static void test_final_name_is_untouched_until_commit(void **state) {
  (void)state;
  fcast_outfile file = {0};
  assert_int_equal(fcast_file_write(target, "old", 3, NULL), FCAST_OK);
  assert_int_equal(fcast_outfile_begin(target, &file, NULL), FCAST_OK);
  FILE *stream = fopen(file.temporary_path, "w");
  assert_non_null(stream);
  assert_true(fputs("new", stream) >= 0);
  assert_int_equal(fclose(stream), 0);
  assert_content(target, "old");
  assert_int_equal(fcast_outfile_commit(&file, NULL), FCAST_OK);
  assert_null(file.final_path);
  assert_content(target, "new");
}

static void test_temporary_file_lost(void **state) {
  (void)state;
  fcast_outfile file = {0};
  fcast_error err = {0};
  assert_int_equal(fcast_file_write(target, "old", 3, NULL), FCAST_OK);
  assert_int_equal(fcast_outfile_begin(target, &file, NULL), FCAST_OK);
  assert_int_equal(unlink(file.temporary_path), 0);
  assert_int_equal(fcast_outfile_commit(&file, &err), FCAST_E_IO);
  assert_memory_equal(err.text, target, strlen(target));
  assert_non_null(strstr(err.text, "No such file or directory"));
  assert_content(target, "old");
}

static fcast_outfile begin_with(const char *path, const char *text) {
  fcast_outfile file = {0};
  assert_int_equal(fcast_outfile_begin(path, &file, NULL), FCAST_OK);
  const size_t n_first = strlen(text) / 2; /* in two pieces, the second first */
  assert_int_equal(fcast_outfile_write(&file, text + n_first, strlen(text) - n_first, n_first, NULL), FCAST_OK);
  assert_int_equal(fcast_outfile_write(&file, text, n_first, 0, NULL), FCAST_OK);
  return file;
}

/* The last file vouches for the others: it never appears without them. */
static void test_commit_all(void **state) {
  (void)state;
  char paths[3][SCRATCH_PATH];
  for (size_t lost = 0; lost <= 3; lost++) {
    const size_t n_before = count_entries();
    fcast_outfile files[3];
    fcast_error err = {0};
    for (size_t i = 0; i < 3; i++) {
      char name[16];
      (void)snprintf(name, sizeof name, "file_%zu", i);
      files[i] = begin_with(scratch_path(scratch_directory, name, paths[i]), name);
    }
    if (lost < 3) {
      assert_int_equal(unlink(files[lost].temporary_path), 0);
      assert_int_equal(fcast_outfile_commit_all(files, 3, &err), FCAST_E_IO);
      assert_memory_equal(err.text, paths[lost], strlen(paths[lost]));
      assert_false(fcast_file_exists(paths[2]));
    } else {
      assert_int_equal(fcast_outfile_commit_all(files, 3, &err), FCAST_OK);
      assert_content(paths[0], "file_0");
      assert_content(paths[2], "file_2");
    }
    for (size_t i = 0; i < 3; i++) {
      assert_null(files[i].temporary_path);
      (void)unlink(paths[i]); /* those renamed before the failure */
    }
    assert_int_equal(count_entries(), n_before);
  }
}

static void expect_io_error(const char *path, const char *reason) {
  fcast_error err = {0};
  assert_int_equal(fcast_file_write(path, "x", 1, &err), FCAST_E_IO);
  assert_memory_equal(err.text, path, strlen(path));
  if (strstr(err.text, reason) == NULL) {
    fail_msg("found '%s', expected '%s' in it", err.text, reason);
  }
}

static void test_bad_places(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  expect_io_error(scratch_path(scratch_directory, "nowhere/x.npz", path), "No such file or directory");
  expect_io_error(scratch_path(scratch_directory, "target.npz/x.npz", path), "Not a directory");
  expect_io_error(scratch_directory, "not a regular file");
  expect_io_error(scratch_path(scratch_directory, "slash/", path), "not the name of a file");
  expect_io_error("/dev/full", "not a regular file"); /* root could replace the device by a file */
  expect_io_error("", "not the name of a file");
}

static void test_read_only_directory(void **state) {
  (void)state;
  char locked[SCRATCH_PATH];
  char path[SCRATCH_PATH];
  if (geteuid() == 0) {
    skip(); /* nothing is read-only to root */
  }
  scratch_path(scratch_directory, "locked", locked);
  assert_int_equal(mkdir(locked, 0500), 0);
  expect_io_error(scratch_path(locked, "x.npz", path), "Permission denied");
  assert_int_equal(rmdir(locked), 0);
}

/* A full disk, played by a limit on the size of files: in a child, as the limit cannot be lifted again. */
static int write_beyond_limit(void) {
  const struct rlimit limit = {1 << 16, 1 << 16};
  const size_t n = 1 << 20;
  void *bytes = fcast_alloc_array(n, 1);
  fcast_error err = {0};
  if (bytes == NULL || signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return 1;
  }
  const fcast_status status = fcast_file_write(target, bytes, n, &err);
  fcast_free(bytes);
  return status == FCAST_E_IO && strstr(err.text, "File too large") != NULL ? 0 : 2;
}

static void test_full_disk(void **state) {
  (void)state;
  assert_int_equal(fcast_file_write(target, "old", 3, NULL), FCAST_OK);
  const size_t n_before = count_entries();
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    _exit(write_beyond_limit());
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_content(target, "old");
  assert_int_equal(count_entries(), n_before);
}

static void *write_many(void *argument) {
  const char *text = argument;
  for (int i = 0; i < 50; i++) {
    if (fcast_file_write(target, text, strlen(text), NULL) != FCAST_OK) {
      return argument;
    }
  }
  return NULL;
}

static void test_threads_write_one_file(void **state) {
  (void)state;
  static char texts[4][8] = {"aaaaaaa", "bbbbbbb", "ccccccc", "ddddddd"};
  pthread_t threads[4];
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, write_many, texts[i]), 0);
  }
  for (size_t i = 0; i < 4; i++) {
    void *failed = NULL;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  unsigned char *bytes = NULL;
  size_t n = 0;
  assert_int_equal(fcast_file_read(target, 100, &bytes, &n, NULL), FCAST_OK);
  assert_int_equal(n, 7);
  assert_int_equal(bytes[0], bytes[6]);
  fcast_free(bytes);
  assert_int_equal(count_entries(), 1);
}

static void test_read_errors(void **state) {
  (void)state;
  unsigned char *bytes = NULL;
  size_t n = 0;
  fcast_error err = {0};
  char path[SCRATCH_PATH];
  assert_int_equal(fcast_file_read("/nowhere/x", 10, &bytes, &n, &err), FCAST_E_MISSING);
  assert_string_equal(err.text, "/nowhere/x: No such file or directory");
  assert_int_equal(fcast_file_read(scratch_path(scratch_directory, "target.npz/x", path), 10, &bytes, &n, &err),
                   FCAST_E_MISSING);
  assert_int_equal(fcast_file_read(scratch_directory, 10, &bytes, &n, &err), FCAST_E_IO);
  assert_non_null(strstr(err.text, "Is a directory"));
  assert_int_equal(fcast_file_read("/dev/zero", 1000, &bytes, &n, &err), FCAST_E_FORMAT);
  assert_int_equal(fcast_file_read("/dev/null", 0, &bytes, &n, &err), FCAST_OK);
  assert_int_equal(n, 0);
  fcast_free(bytes);
}

static void test_directories(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  fcast_error err = {0};
  assert_int_equal(fcast_directory_make(scratch_path(scratch_directory, "a/b/c", path), NULL), FCAST_OK);
  assert_true(fcast_directory_exists(path));
  assert_int_equal(fcast_directory_make(path, NULL), FCAST_OK);
  assert_int_equal(fcast_directory_make(scratch_path(scratch_directory, "a//d/", path), NULL), FCAST_OK);
  assert_true(fcast_directory_exists(path));
  assert_int_equal(fcast_directory_make(scratch_path(scratch_directory, "target.npz/e", path), &err), FCAST_E_IO);
  assert_non_null(strstr(err.text, "target.npz: Not a directory"));
  assert_int_equal(fcast_directory_make("/", NULL), FCAST_OK);
  assert_false(fcast_directory_exists(target));
  assert_true(fcast_file_exists(target));
  assert_false(fcast_file_exists(scratch_directory));
  assert_false(fcast_file_exists("/nowhere"));
}

static void test_remove(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  fcast_error err = {0};
  assert_int_equal(fcast_file_write(scratch_path(scratch_directory, "gone", path), "x", 1, NULL), FCAST_OK);
  assert_int_equal(fcast_file_remove(path, NULL), FCAST_OK);
  assert_false(fcast_file_exists(path));
  assert_int_equal(fcast_file_remove(path, NULL), FCAST_OK);
  assert_int_equal(fcast_file_remove(scratch_path(scratch_directory, "target.npz/x", path), &err), FCAST_E_IO);
  assert_non_null(strstr(err.text, "target.npz/x: Not a directory"));
  assert_true(fcast_file_exists(target));
}

static void test_format(void **state) {
  (void)state;
  char *text = fcast_format("%s/%s_%03d", "dir", "train", 7);
  assert_string_equal(text, "dir/train_007");
  fcast_free(text);
  text = fcast_format("%1000d", 1);
  assert_int_equal(strlen(text), 1000);
  fcast_free(text);
}

/* A process killed in the middle leaves its temporary file; the sweep takes that and nothing else. */
static void test_leftovers_are_swept(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  scratch_path(scratch_directory, "swept.npz", path);
  const size_t n_before = count_entries();
  const pid_t child = fork();
  if (child == 0) {
    fcast_outfile file;
    if (fcast_outfile_begin(path, &file, NULL) == FCAST_OK) {
      (void)raise(SIGKILL);
    }
    _exit(1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  fcast_outfile at_work;
  assert_int_equal(fcast_outfile_begin(path, &at_work, NULL), FCAST_OK);
  assert_int_equal(fcast_file_write(path, "whole", 5, NULL), FCAST_OK);
  assert_int_equal(count_entries(), n_before + 3);
  fcast_directory_sweep(scratch_directory);
  assert_int_equal(count_entries(), n_before + 2);
  assert_content(path, "whole");
  assert_true(fcast_file_exists(at_work.temporary_path));
  fcast_outfile_abandon(&at_work);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_write_and_read),
      cmocka_unit_test(test_large_file),
      cmocka_unit_test(test_relative_path),
      cmocka_unit_test(test_temporary_name),
      cmocka_unit_test(test_long_name),
      cmocka_unit_test(test_final_name_is_untouched_until_commit),
      cmocka_unit_test(test_temporary_file_lost),
      cmocka_unit_test(test_commit_all),
      cmocka_unit_test(test_bad_places),
      cmocka_unit_test(test_read_only_directory),
      cmocka_unit_test(test_full_disk),
      cmocka_unit_test(test_threads_write_one_file),
      cmocka_unit_test(test_read_errors),
      cmocka_unit_test(test_directories),
      cmocka_unit_test(test_remove),
      cmocka_unit_test(test_format),
      cmocka_unit_test(test_leftovers_are_swept),
  };
  return cmocka_run_group_tests(tests, make_directory, scratch_tear_down);
}
