/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "linalg/lapack.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

typedef int (*get_threads)(void);
typedef void (*set_threads)(int n_threads);

/* How a BLAS says and is told how many threads it may use. */
typedef struct thread_switch {
  get_threads get;
  set_threads set;
} thread_switch;

/* One without such a switch obeys its environment variable. */
#define SWITCHES(X)                                                                                                    \
  X(openblas_get_num_threads, openblas_set_num_threads)                                                                \
  X(MKL_Get_Max_Threads, MKL_Set_Num_Threads)                                                                          \
  X(bli_thread_get_num_threads, bli_thread_set_num_threads)

#ifdef FCAST_STATIC

/* In a static program nothing can be looked up: what its BLAS has is linked, the rest is NULL. */
#define DECLARE(get, set)                                                                                              \
  extern int get(void) __attribute__((weak));                                                                          \
  extern void set(int n_threads) __attribute__((weak));
#define LINKED(get, set) {get, set},
SWITCHES(DECLARE)

static thread_switch find(size_t i) {
  static const thread_switch linked[] = {SWITCHES(LINKED)};
  return linked[i];
}

#else

/* Which BLAS is linked is known at run time only (Debian's alternatives, MKL's dispatcher): look its switch up. */
static thread_switch find(size_t i) {
#define NAMES(get, set) {#get, #set},
  static const char *const names[][2] = {SWITCHES(NAMES)};
  void *const getter = dlsym(RTLD_DEFAULT, names[i][0]);
  void *const setter = dlsym(RTLD_DEFAULT, names[i][1]);
  thread_switch found;
  memcpy(&found.get, &getter, sizeof found.get); /* ISO C has no cast from object to function pointer */
  memcpy(&found.set, &setter, sizeof found.set);
  return found;
}

#endif

void fcast__blas_serial(void) {
#define COUNT(get, set) +1
  enum { N_SWITCHES = 0 SWITCHES(COUNT) };
  for (size_t i = 0; i < N_SWITCHES; i++) {
    const thread_switch found = find(i);
    if (found.get != NULL && found.set != NULL) {
      if (found.get() != 1) {
        found.set(1);
      }
      return;
    }
  }
}

bool fcast__blas_has_room(void) {
  static const size_t buffer = (size_t)136 << 20; /* OpenBLAS's 128 MB, and what comes with it */
  static atomic_bool had_room = false;
  if (!atomic_load(&had_room)) {
    void *const room = mmap(NULL, buffer, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
      return false;
    }
    (void)munmap(room, buffer);
    atomic_store(&had_room, true);
  }
  return true;
}
