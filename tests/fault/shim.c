/* SPDX-License-Identifier: MIT
 *
 * A system that fails on request, for LD_PRELOAD. The calls of one kind on files under FAULT_UNDER are counted, and the
 * FAULT_AT-th fails with FAULT_ERRNO (from there on every one, with FAULT_FROM_THERE). FAULT_CALL: open, read, write,
 * fsync, close, rename, unlink, mkdir, opendir, readdir, stat or malloc; FAULT_CALL=write with FAULT_ERRNO=0 writes one
 * byte of what it was given, and FAULT_CALL=any means every kind but malloc. With FAULT_KILL the process is killed
 * there, before the call has done anything. The number of calls is written to the file
 * FAULT_COUNT at the end; with FAULT_AT=0 nothing fails, and it says how many there are to fail.
 *
 * Calls that C's streams make inside libc cannot be seen from here: fopen counts as open, fread as read, fwrite as
 * write, and fclose and fflush, which write what is left, as both write and close.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 1024, MAX_STREAMS = 256 };

static const char *under, *call, *count_path;
static long fail_at;
static int fail_with;
static bool from_there_on, kills;
static atomic_long n_calls;
static atomic_bool watched[MAX_DESCRIPTORS];
static _Atomic(void *) streams[MAX_STREAMS]; /* FILE and DIR on files that are watched */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("FAULT_AT");
  const char *with = getenv("FAULT_ERRNO");
  under = getenv("FAULT_UNDER");
  count_path = getenv("FAULT_COUNT");
  fail_at = at == NULL ? 0 : strtol(at, NULL, 10);
  fail_with = with == NULL ? EIO : (int)strtol(with, NULL, 10);
  from_there_on = getenv("FAULT_FROM_THERE") != NULL;
  kills = getenv("FAULT_KILL") != NULL;
  call = getenv("FAULT_CALL"); /* last: from here on calls fail */
}

__attribute__((destructor)) static void end(void) {
  call = NULL;
  FILE *to = count_path == NULL ? NULL : REAL(fopen)(count_path, "w");
  if (to != NULL) {
    (void)fprintf(to, "%ld\n", atomic_load(&n_calls));
    (void)REAL(fclose)(to);
  }
}

/* Whether this call is the one that fails; then errno is set. */
static bool fails(const char *which) {
  if (call == NULL || (strcmp(call, which) != 0 && (strcmp(call, "any") != 0 || strcmp(which, "malloc") == 0))) {
    return false;
  }
  const long n = atomic_fetch_add(&n_calls, 1) + 1;
  if (fail_at == 0 || (n != fail_at && !(from_there_on && n > fail_at))) {
    return false;
  }
  if (kills) {
    (void)kill(getpid(), SIGKILL);
  }
  errno = fail_with;
  return true;
}

static bool is_watched_path(const char *path) {
  return under != NULL && path != NULL && strncmp(path, under, strlen(under)) == 0;
}

static bool is_watched(int descriptor) {
  return descriptor >= 0 && descriptor < MAX_DESCRIPTORS && atomic_load(&watched[descriptor]);
}

static void watch(int descriptor, bool is_on) {
  if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) {
    atomic_store(&watched[descriptor], is_on);
  }
}

static bool is_watched_stream(void *stream) {
  for (int i = 0; i < MAX_STREAMS; i++) {
    if (atomic_load(&streams[i]) == stream) {
      return true;
    }
  }
  return false;
}

static void replace_stream(void *from, void *to) {
  for (int i = 0; i < MAX_STREAMS; i++) {
    void *expected = from;
    if (atomic_compare_exchange_strong(&streams[i], &expected, to)) {
      return;
    }
  }
}

/* --- files by descriptor --- */

static int open_any(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  if (is_watched_path(path) && fails("open")) {
    return -1;
  }
  const int descriptor = real(path, flags, mode);
  watch(descriptor, is_watched_path(path));
  return descriptor;
}

#define DEFINE_OPEN(name)                                                                                              \
  int name(const char *path, int flags, ...) {                                                                         \
    va_list arguments;                                                                                                 \
    va_start(arguments, flags);                                                                                        \
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;                                        \
    va_end(arguments);                                                                                                 \
    return open_any(REAL(name), path, flags, mode);                                                                    \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

ssize_t read(int descriptor, void *bytes, size_t n) {
  return is_watched(descriptor) && fails("read") ? -1 : REAL(read)(descriptor, bytes, n);
}

ssize_t write(int descriptor, const void *bytes, size_t n) {
  if (is_watched(descriptor) && n > 0 && fails("write")) {
    return fail_with != 0 ? -1 : REAL(write)(descriptor, bytes, 1);
  }
  return REAL(write)(descriptor, bytes, n);
}

int fsync(int descriptor) {
  return is_watched(descriptor) && fails("fsync") ? -1 : REAL(fsync)(descriptor);
}

int close(int descriptor) {
  const bool is_failing = is_watched(descriptor) && fails("close");
  watch(descriptor, false);
  const int result = REAL(close)(descriptor);
  if (is_failing) {
    errno = fail_with;
  }
  return is_failing ? -1 : result;
}

/* --- files by name --- */

int rename(const char *from, const char *to) {
  return is_watched_path(to) && fails("rename") ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path) {
  return is_watched_path(path) && fails("unlink") ? -1 : REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
  return is_watched_path(path) && fails("mkdir") ? -1 : REAL(mkdir)(path, mode);
}

#define DEFINE_STAT(name, type)                                                                                        \
  int name(const char *path, struct type *info) {                                                                      \
    return is_watched_path(path) && fails("stat") ? -1 : REAL(name)(path, info);                                       \
  }
DEFINE_STAT(stat, stat)
DEFINE_STAT(stat64, stat64)

DIR *opendir(const char *path) {
  if (is_watched_path(path) && fails("opendir")) {
    return NULL;
  }
  DIR *stream = REAL(opendir)(path);
  if (is_watched_path(path)) {
    replace_stream(NULL, stream);
  }
  return stream;
}

struct dirent *readdir(DIR *stream) {
  return is_watched_stream(stream) && fails("readdir") ? NULL : REAL(readdir)(stream);
}

struct dirent64 *readdir64(DIR *stream) {
  return is_watched_stream(stream) && fails("readdir") ? NULL : REAL(readdir64)(stream);
}

int closedir(DIR *stream) {
  replace_stream(stream, NULL);
  return REAL(closedir)(stream);
}

/* --- streams --- */

static FILE *open_stream(FILE *(*real)(const char *, const char *), const char *path, const char *mode) {
  if (is_watched_path(path) && fails("open")) {
    return NULL;
  }
  FILE *stream = real(path, mode);
  if (is_watched_path(path) && stream != NULL) {
    replace_stream(NULL, stream);
  }
  return stream;
}

FILE *fopen(const char *path, const char *mode) {
  return open_stream(REAL(fopen), path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  return open_stream(REAL(fopen64), path, mode);
}

/* What glibc sets where a stream has failed; there is no call for it. */
enum { STREAM_ERROR = 0x20 };

static bool stream_fails(FILE *stream, const char *which) {
  if (!is_watched_stream(stream) || !fails(which)) {
    return false;
  }
  stream->_flags |= STREAM_ERROR;
  return true;
}

size_t fread(void *bytes, size_t size, size_t n, FILE *stream) {
  return stream_fails(stream, "read") ? 0 : REAL(fread)(bytes, size, n, stream);
}

size_t fwrite(const void *bytes, size_t size, size_t n, FILE *stream) {
  return fail_with != 0 && stream_fails(stream, "write") ? 0 : REAL(fwrite)(bytes, size, n, stream);
}

int fflush(FILE *stream) {
  return stream != NULL && fail_with != 0 && stream_fails(stream, "write") ? EOF : REAL(fflush)(stream);
}

int fclose(FILE *stream) {
  const bool is_failing = is_watched_stream(stream) && ((fail_with != 0 && fails("write")) || fails("close"));
  replace_stream(stream, NULL);
  const int result = REAL(fclose)(stream);
  if (is_failing) {
    errno = fail_with;
  }
  return is_failing ? EOF : result;
}

#ifndef FAULT_WITHOUT_MALLOC
/* --- memory --- */

/* Whose calls are counted: FAULT_CALLERS, the beginnings of names of programs and libraries, separated by commas. The
 * others end the process where memory is short: see docs/reliability.md. */
static bool is_counted(const void *caller) {
  Dl_info where;
  const char *names = getenv("FAULT_CALLERS");
  if (names == NULL || dladdr(caller, &where) == 0 || where.dli_fname == NULL) {
    return false;
  }
  const char *slash = strrchr(where.dli_fname, '/');
  const char *caller_name = slash == NULL ? where.dli_fname : slash + 1;
  while (*names != '\0') {
    const size_t length = strcspn(names, ",");
    if (strncmp(caller_name, names, length) == 0) {
      return true;
    }
    names += length + (names[length] == ',');
  }
  return false;
}

static bool has_no_memory(const void *caller) {
  return call != NULL && strcmp(call, "malloc") == 0 && is_counted(caller) && fails("malloc");
}

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *memory, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n) {
  return has_no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size) {
  return has_no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t n) {
  return has_no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, n);
}

void *aligned_alloc(size_t alignment, size_t n) {
  return has_no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, n);
}
#endif
