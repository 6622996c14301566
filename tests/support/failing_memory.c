/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_NEXT, dladdr */
#include "failing_memory.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- malloc and its kin --- */

enum { MAX_LIVE = 1 << 14, BOOT_BYTES = 1 << 14 };

typedef enum caller_kind { CALLER_OTHER, CALLER_OWN, CALLER_LIBC, CALLER_LIBRARY, N_CALLER_KINDS } caller_kind;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_armed;
static size_t n_calls, fail_at;
/* What was allocated while armed and is not free yet. */
static struct {
  void *memory;
  caller_kind kind;
} live[MAX_LIVE];
static size_t n_live[N_CALLER_KINDS];
static caller_kind failed_kind; /* whose call it was that failed */

/* Whose calls may fail: those of the program itself (test_memory_*), which libc's are too, and of three libraries. */
static caller_kind kind_of(const void *caller) {
  static const struct {
    const char *name;
    caller_kind kind;
  } known[] = {{"test_memory_", CALLER_OWN},
               {"libc.", CALLER_LIBC},
               {"libzip.", CALLER_LIBRARY},
               {"libjansson.", CALLER_LIBRARY},
               {"libyaml", CALLER_LIBRARY}};
  Dl_info where;
  if (dladdr(caller, &where) == 0 || where.dli_fname == NULL) {
    return CALLER_OTHER;
  }
  const char *slash = strrchr(where.dli_fname, '/');
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strncmp(slash == NULL ? where.dli_fname : slash + 1, known[i].name, strlen(known[i].name)) == 0) {
      return known[i].kind;
    }
  }
  return CALLER_OTHER;
}

/* Whether this call fails; if not, it is counted under `kind` until it is freed. */
static bool has_failed(const void *caller, caller_kind *found) {
  const caller_kind kind = is_armed ? kind_of(caller) : CALLER_OTHER;
  *found = kind;
  if (kind == CALLER_OTHER) {
    return false;
  }
  (void)pthread_mutex_lock(&lock);
  const bool fails = ++n_calls == fail_at;
  failed_kind = fails ? kind : failed_kind;
  (void)pthread_mutex_unlock(&lock);
  return fails;
}

static void *keep(void *memory, caller_kind kind) {
  if (kind == CALLER_OTHER || memory == NULL) {
    return memory;
  }
  (void)pthread_mutex_lock(&lock);
  size_t at = (size_t)memory / 16 % MAX_LIVE;
  for (size_t i = 0; i < MAX_LIVE && live[at].memory != NULL; i++) {
    at = (at + 1) % MAX_LIVE;
  }
  live[at].memory = memory;
  live[at].kind = kind;
  n_live[kind]++;
  (void)pthread_mutex_unlock(&lock);
  return memory;
}

static void forget(void *memory) {
  if (memory == NULL || n_live[CALLER_OWN] + n_live[CALLER_LIBC] + n_live[CALLER_LIBRARY] == 0) {
    return;
  }
  (void)pthread_mutex_lock(&lock);
  for (size_t i = 0, at = (size_t)memory / 16; i < MAX_LIVE; i++, at++) {
    if (live[at % MAX_LIVE].memory == memory) {
      live[at % MAX_LIVE].memory = NULL;
      n_live[live[at % MAX_LIVE].kind]--;
      break;
    }
  }
  (void)pthread_mutex_unlock(&lock);
}

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

FCAST_API void *malloc(size_t n) {
  static __typeof__(&malloc) real;
  caller_kind kind;
  real = real == NULL ? REAL(malloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  return keep(real(n), kind);
}

/* dlsym itself may ask for this before it can be found. */
FCAST_API void *calloc(size_t n, size_t size) {
  static __typeof__(&calloc) real;
  static bool is_looking;
  static char boot[BOOT_BYTES];
  static size_t n_boot;
  caller_kind kind;
  if (real == NULL && is_looking) {
    char *memory = boot + n_boot;
    n_boot += (n * size + 15) / 16 * 16;
    return memory;
  }
  is_looking = true;
  real = real == NULL ? REAL(calloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  return keep(real(n, size), kind);
}

FCAST_API void *realloc(void *memory, size_t n) {
  static __typeof__(&realloc) real;
  caller_kind kind;
  real = real == NULL ? REAL(realloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  forget(memory);
  return keep(real(memory, n), kind);
}

FCAST_API void *aligned_alloc(size_t alignment, size_t n) {
  static __typeof__(&aligned_alloc) real;
  caller_kind kind;
  real = real == NULL ? REAL(aligned_alloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  return keep(real(alignment, n), kind);
}

FCAST_API void free(void *memory) {
  static __typeof__(&free) real;
  real = real == NULL ? REAL(free) : real;
  forget(memory);
  real(memory);
}

/* --- every allocation in turn --- */

/* Files that are open: what libc allocates for them is not followed one by one. */
static size_t count_descriptors(void) {
  size_t n = 0;
  DIR *listing = opendir("/proc/self/fd");
  while (listing != NULL && readdir(listing) != NULL) {
    n++;
  }
  assert_true(listing != NULL && closedir(listing) == 0);
  return n;
}

/* One call with allocation `at` failing; false where there are fewer. */
static bool use_once(const failing_use *use, size_t at, size_t counts[4]) {
  fcast_error err = {FCAST_OK, ""};
  n_calls = 0;
  failed_kind = CALLER_OTHER;
  const size_t n_descriptors = count_descriptors();
  fail_at = at;
  is_armed = true;
  const fcast_status status = use->use(&err);
  is_armed = false;
  const bool has_fired = n_calls >= at;
  /* libzip 1.7.3 forgets a file that it has open where it or libc finds no memory: not ours to close. */
  const bool is_of_library = n_live[CALLER_OWN] == 0 && failed_kind != CALLER_OWN;
  const size_t n_leaked = n_live[CALLER_OWN] + n_live[CALLER_LIBRARY];
  memset(live, 0, sizeof live);
  memset(n_live, 0, sizeof n_live);
  if (!is_of_library) {
    assert_int_equal(count_descriptors(), n_descriptors);
  }
  if (n_leaked != 0 && !is_of_library) {
    fail_msg("%s: %zu allocations leaked where number %zu failed", use->name, n_leaked, at);
  }
  counts[3] += n_leaked != 0;
  if (status != FCAST_OK) {
    assert_true(has_fired);
    assert_int_equal(err.code, status);
    assert_true(err.text[0] != '\0' && strpbrk(err.text, "\n\r") == NULL);
  }
  counts[status == FCAST_OK ? 0 : status == FCAST_E_NOMEM ? 1 : 2] += has_fired;
  return has_fired;
}

/* Every allocation of a function in turn, and its line of the table. */
static void try_one(const failing_use *use) {
  size_t counts[4] = {0};
  fcast_error err = {FCAST_OK, ""};
  check_ok(use->use(&err), &err); /* what is allocated once and for all is, from here on */
  size_t at = 1;
  while (use_once(use, at, counts)) {
    at += use->stride;
  }
  check_ok(use->use(&err), &err); /* nothing is left broken */
  assert_true(at > 1);
  if (getenv("FCAST_TABLE") != NULL) {
    printf("| %s | %zu | %zu | %zu | %zu | %zu |\n", use->name, at - 1, counts[1], counts[2], counts[0], counts[3]);
  }
}

void failing_memory_try(const failing_use *uses, size_t n_uses) {
  for (size_t i = 0; i < n_uses; i++) {
    try_one(&uses[i]);
  }
}

void failing_memory_disarm(void) {
  is_armed = false;
}
