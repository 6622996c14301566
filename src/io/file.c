/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "io/file.h"

#include "base/text.h"
#include "flockcast/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  MAX_TEMPORARY_TRIES = 1000,
  MAX_NAME_IN_TEMPORARY = 140, /* with the host leaves room under the usual NAME_MAX of 255 */
  MAX_HOST = 48,
  MAX_SUFFIX = 16,
  READ_STEP = 1 << 12,
  MARK_BLOCK = 1 << 16
};

char *fcast_format(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  char *text = length < 0 ? NULL : fcast_alloc_array((size_t)length + 1, 1);
  if (text != NULL) {
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
  }
  return text;
}

/* "PATH: the system's reason". */
static fcast_status fail_with_reason(fcast_error *err, fcast_status code, const char *path, int reason) {
  char text[128];
  if (strerror_r(reason, text, sizeof text) != 0) {
    (void)snprintf(text, sizeof text, "system error %d", reason);
  }
  return fcast_fail(err, code, "%s: %s", path, text);
}

static int open_retrying(const char *path, int flags, mode_t mode) {
  int descriptor = -1;
  do {
    descriptor = open(path, flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/* Sync an open file to disk and close it; 0 or the errno of the failure. */
static int sync_and_close(int descriptor) {
  int reason = 0;
  while (fsync(descriptor) != 0) {
    reason = errno;
    if (reason != EINTR) {
      break;
    }
    reason = 0;
  }
  /* Network file systems report a full disk as late as here. */
  if (close(descriptor) != 0 && reason == 0 && errno != EINTR) {
    reason = errno;
  }
  return reason;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/* ".npz" of "traj.npz"; "" where there is none. */
static const char *suffix_of(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot == NULL || dot == name || strlen(dot) > MAX_SUFFIX ? "" : dot;
}

/* The name of this machine; "unknown" where it has none. */
static void read_host(char host[MAX_HOST]) {
  if (gethostname(host, MAX_HOST) != 0) {
    (void)snprintf(host, MAX_HOST, "unknown");
  }
  host[MAX_HOST - 1] = '\0';
}

/* Another thread, a process on another host or the leftovers of a killed job may hold a name: O_EXCL tells, and the
 * next number is tried. */
static fcast_status create_temporary(const char *path, fcast_outfile *file, fcast_error *err) {
  const char *name = base_name(path);
  const int directory_length = (int)(name - path);
  char host[MAX_HOST];
  read_host(host);
  for (int i_try = 0; i_try < MAX_TEMPORARY_TRIES; i_try++) {
    char *candidate = fcast_format("%.*s.%.*s@%s.%ld-%d.tmp%s", directory_length, path, MAX_NAME_IN_TEMPORARY, name,
                                   host, (long)getpid(), i_try, suffix_of(name));
    if (candidate == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
    }
    const int descriptor = open_retrying(candidate, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (descriptor >= 0) {
      file->temporary_path = candidate;
      file->descriptor = descriptor;
      return FCAST_OK;
    }
    const int reason = errno;
    fcast_free(candidate);
    if (reason != EEXIST) {
      return fail_with_reason(err, FCAST_E_IO, path, reason);
    }
  }
  return fcast_fail(err, FCAST_E_IO, "%s: no free temporary name beside it after %d tries", path, MAX_TEMPORARY_TRIES);
}

fcast_status fcast_outfile_begin(const char *path, fcast_outfile *file, fcast_error *err) {
  *file = (fcast_outfile){0};
  struct stat info;
  if (*base_name(path) == '\0' || strlen(path) > INT32_MAX) {
    return fcast_fail(err, FCAST_E_IO, "%s: not the name of a file", path);
  }
  /* A rename would replace a device or a pipe by a file. */
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
    return fcast_fail(err, FCAST_E_IO, "%s: exists and is not a regular file", path);
  }
  fcast_status status = create_temporary(path, file, err);
  if (status == FCAST_OK) {
    file->final_path = fcast_format("%s", path);
    if (file->final_path == NULL) {
      status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
      fcast_outfile_abandon(file);
    }
  }
  return status;
}

static fcast_status sync_directory_of(const char *path, fcast_error *err) {
  const int length = (int)(base_name(path) - path);
  char *directory = length == 0 ? fcast_format(".") : fcast_format("%.*s", length, path);
  if (directory == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  const int descriptor = open_retrying(directory, O_RDONLY | O_DIRECTORY, 0);
  const int reason = descriptor < 0 ? errno : sync_and_close(descriptor);
  /* Some network file systems cannot sync a directory, and a directory may be writable but not readable. */
  const int is_failure = reason != 0 && reason != EINVAL && reason != ENOTSUP && reason != EACCES;
  const fcast_status status = is_failure ? fail_with_reason(err, FCAST_E_IO, directory, reason) : FCAST_OK;
  fcast_free(directory);
  return status;
}

static fcast_status sync_outfile(fcast_outfile *file, fcast_error *err) {
  const int reason = sync_and_close(file->descriptor);
  file->descriptor = -1;
  return reason == 0 ? FCAST_OK : fail_with_reason(err, FCAST_E_IO, file->final_path, reason);
}

static fcast_status rename_outfile(fcast_outfile *file, fcast_error *err) {
  if (rename(file->temporary_path, file->final_path) != 0) {
    return fail_with_reason(err, FCAST_E_IO, file->final_path, errno);
  }
  fcast_free(file->temporary_path);
  file->temporary_path = NULL;
  return FCAST_OK;
}

/* Data first: the first sync takes the news of all the files to disk, and the others find little left to do. */
fcast_status fcast_outfile_commit_all(fcast_outfile *files, size_t n_files, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = 0; i < n_files && status == FCAST_OK; i++) {
    status = sync_outfile(&files[i], err);
  }
  for (size_t i = 0; i < n_files && status == FCAST_OK; i++) {
    status = rename_outfile(&files[i], err);
    if (status == FCAST_OK && i + 2 >= n_files) { /* the last one, and those before it */
      status = sync_directory_of(files[i].final_path, err);
    }
  }
  for (size_t i = 0; i < n_files; i++) {
    fcast_outfile_abandon(&files[i]);
  }
  return status;
}

fcast_status fcast_outfile_commit(fcast_outfile *file, fcast_error *err) {
  return fcast_outfile_commit_all(file, 1, err);
}

/* Whether a process has ended: it is gone, or a zombie that nobody has waited for yet (where /proc tells). */
static bool has_ended(long pid) {
  char path[64];
  char text[512];
  if (kill((pid_t)pid, 0) != 0) {
    return errno == ESRCH;
  }
  (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  const int descriptor = open_retrying(path, O_RDONLY, 0);
  const ssize_t n = descriptor < 0 ? -1 : read(descriptor, text, sizeof text - 1);
  if (descriptor >= 0) {
    (void)close(descriptor);
  }
  text[n > 0 ? n : 0] = '\0';
  const char *name_end = strrchr(text, ')'); /* "PID (NAME) STATE ..." */
  return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'Z';
}

/* Whether a name is that of a temporary file of ours whose process is gone: of this machine, and no longer alive. One
 * of another machine may still be at work. */
static bool is_leftover(const char *name, const char *host) {
  const char *at = strrchr(name, '@');
  const char *end = at == NULL ? NULL : strstr(at, ".tmp");
  const size_t host_length = strlen(host);
  if (name[0] != '.' || end == NULL || strncmp(at + 1, host, host_length) != 0 || at[1 + host_length] != '.') {
    return false;
  }
  char *behind = NULL;
  const long pid = strtol(at + 2 + host_length, &behind, 10);
  return *behind == '-' && pid > 0 && has_ended(pid);
}

void fcast_directory_sweep(const char *path) {
  char host[MAX_HOST];
  DIR *stream = opendir(path);
  if (stream == NULL) {
    return;
  }
  read_host(host);
  for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
    if (is_leftover(entry->d_name, host)) {
      (void)unlinkat(dirfd(stream), entry->d_name, 0);
    }
  }
  (void)closedir(stream);
}

void fcast_outfile_abandon(fcast_outfile *file) {
  if (file->temporary_path != NULL) {
    if (file->descriptor >= 0) {
      (void)close(file->descriptor);
    }
    (void)unlink(file->temporary_path); /* it may be gone with its directory */
  }
  fcast_free(file->final_path);
  fcast_free(file->temporary_path);
  *file = (fcast_outfile){0};
}

fcast_status fcast_outfile_write(const fcast_outfile *file, const void *bytes, size_t n, uint64_t offset,
                                 fcast_error *err) {
  const unsigned char *next = bytes;
  while (n > 0) { /* the kernel may take less than all */
    const ssize_t n_written = pwrite(file->descriptor, next, n, (off_t)offset);
    if (n_written < 0 && errno != EINTR) {
      return fail_with_reason(err, FCAST_E_IO, file->final_path, errno);
    }
    if (n_written > 0) {
      next += n_written;
      offset += (uint64_t)n_written;
      n -= (size_t)n_written;
    }
  }
  return FCAST_OK;
}

fcast_status fcast_file_put(const char *path, const void *bytes, size_t n, fcast_outfile *file, fcast_error *err) {
  fcast_status status = fcast_outfile_begin(path, file, err);
  if (status == FCAST_OK) {
    status = fcast_outfile_write(file, bytes, n, 0, err);
  }
  if (status != FCAST_OK) {
    fcast_outfile_abandon(file);
  }
  return status;
}

fcast_status fcast_file_write(const char *path, const void *bytes, size_t n, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_file_put(path, bytes, n, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}

/* Room for at least `needed` bytes and the 0 byte behind them. */
static int grow(unsigned char **bytes, size_t *capacity, size_t n, size_t needed) {
  if (needed < *capacity) {
    return 1;
  }
  const size_t doubled = *capacity > SIZE_MAX / 2 ? SIZE_MAX : *capacity * 2;
  const size_t larger = doubled > needed ? doubled : needed + 1;
  unsigned char *moved = fcast_alloc_array(larger, 1);
  if (moved == NULL) {
    return 0;
  }
  if (n > 0) {
    memcpy(moved, *bytes, n);
  }
  fcast_free(*bytes);
  *bytes = moved;
  *capacity = larger;
  return 1;
}

/* Read to the end of the file: a size asked for beforehand would be wrong for pipes and for files still growing. */
static fcast_status read_all(const char *path, int descriptor, size_t max_bytes, unsigned char **bytes, size_t *n,
                             fcast_error *err) {
  size_t capacity = 0;
  size_t n_read = 0;
  struct stat info;
  if (fstat(descriptor, &info) != 0) {
    return fail_with_reason(err, FCAST_E_IO, path, errno);
  }
  const size_t expected = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : 0;
  for (;;) {
    if (n_read > max_bytes || expected > max_bytes) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: larger than %zu bytes", path, max_bytes);
    }
    const size_t needed = n_read == 0 ? expected + READ_STEP : n_read + 1;
    if (!grow(bytes, &capacity, n_read, needed)) {
      return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for %zu bytes", path, needed);
    }
    const ssize_t n_now = read(descriptor, *bytes + n_read, capacity - 1 - n_read);
    if (n_now < 0 && errno != EINTR) {
      return fail_with_reason(err, FCAST_E_IO, path, errno);
    }
    if (n_now == 0) {
      (*bytes)[n_read] = 0;
      *n = n_read;
      return FCAST_OK;
    }
    n_read += n_now > 0 ? (size_t)n_now : 0;
  }
}

static fcast_status open_to_read(const char *path, int *descriptor, fcast_error *err) {
  *descriptor = open_retrying(path, O_RDONLY, 0);
  if (*descriptor >= 0) {
    return FCAST_OK;
  }
  const int reason = errno;
  const int is_missing = reason == ENOENT || reason == ENOTDIR;
  return fail_with_reason(err, is_missing ? FCAST_E_MISSING : FCAST_E_IO, path, reason);
}

fcast_status fcast_file_read(const char *path, size_t max_bytes, unsigned char **bytes, size_t *n, fcast_error *err) {
  *bytes = NULL;
  *n = 0;
  int descriptor;
  const fcast_status opened = open_to_read(path, &descriptor, err);
  if (opened != FCAST_OK) {
    return opened;
  }
  const fcast_status status = read_all(path, descriptor, max_bytes, bytes, n, err);
  (void)close(descriptor); /* only read from */
  if (status != FCAST_OK) {
    fcast_free(*bytes);
    *bytes = NULL;
  }
  return status;
}

fcast_status fcast_file_mark_read(const char *path, fcast_file_mark *out, fcast_error *err) {
  unsigned char block[MARK_BLOCK];
  int descriptor;
  *out = (fcast_file_mark){0, FCAST_HASH_START};
  fcast_status status = open_to_read(path, &descriptor, err);
  if (status != FCAST_OK) {
    return status;
  }
  for (;;) {
    const ssize_t n = read(descriptor, block, sizeof block);
    if (n == 0) {
      break;
    }
    if (n < 0 && errno != EINTR) {
      status = fail_with_reason(err, FCAST_E_IO, path, errno);
      break;
    }
    if (n > 0) {
      out->hash = fcast_hash_bytes(out->hash, block, (size_t)n);
      out->n_bytes += (uint64_t)n;
    }
  }
  (void)close(descriptor); /* only read from */
  return status;
}

fcast_status fcast_file_remove(const char *path, fcast_error *err) {
  return unlink(path) == 0 || errno == ENOENT ? FCAST_OK : fail_with_reason(err, FCAST_E_IO, path, errno);
}

/* Two jobs may make the same directory at once: what counts is that it is there afterwards. */
static fcast_status make_one(const char *path, fcast_error *err) {
  if (mkdir(path, 0777) == 0) {
    return FCAST_OK;
  }
  const int reason = errno;
  if (fcast_directory_exists(path)) {
    return FCAST_OK;
  }
  return fail_with_reason(err, FCAST_E_IO, path, reason == EEXIST ? ENOTDIR : reason);
}

fcast_status fcast_directory_make(const char *path, fcast_error *err) {
  if (mkdir(path, 0777) == 0 || fcast_directory_exists(path)) {
    return FCAST_OK;
  }
  char *partial = fcast_format("%s", path);
  if (partial == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  fcast_status status = FCAST_OK;
  for (char *slash = strchr(partial + (*partial == '/'), '/'); slash != NULL && status == FCAST_OK;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    status = make_one(partial, err);
    *slash = '/';
  }
  if (status == FCAST_OK) {
    status = make_one(partial, err);
  }
  fcast_free(partial);
  return status;
}

fcast_status fcast_path_look(const char *path, fcast_path_kind *kind, fcast_error *err) {
  struct stat info;
  *kind = FCAST_PATH_NOTHING;
  if (stat(path, &info) == 0) {
    *kind = S_ISREG(info.st_mode) ? FCAST_PATH_FILE : S_ISDIR(info.st_mode) ? FCAST_PATH_DIRECTORY : FCAST_PATH_OTHER;
    return FCAST_OK;
  }
  return errno == ENOENT || errno == ENOTDIR ? FCAST_OK : fail_with_reason(err, FCAST_E_IO, path, errno);
}

fcast_status fcast_path_look_in(const char *directory, const char *name, fcast_path_kind *kind, fcast_error *err) {
  *kind = FCAST_PATH_NOTHING;
  char *path = fcast_format("%s/%s", directory, name);
  const fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : fcast_path_look(path, kind, err);
  fcast_free(path);
  return status;
}

int fcast_directory_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int fcast_file_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

fcast_status fcast_path_absolute(const char *path, char **out, fcast_error *err) {
  char *resolved = realpath(path, NULL);
  char *here = resolved == NULL && path[0] != '/' ? realpath(".", NULL) : NULL;
  if (resolved != NULL || path[0] == '/') {
    *out = fcast_format("%s", resolved != NULL ? resolved : path);
  } else if (here != NULL) {
    *out = fcast_format("%s/%s", here, path);
  } else {
    return fail_with_reason(err, FCAST_E_IO, path, errno);
  }
  free(resolved);
  free(here);
  return *out == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path) : FCAST_OK;
}
