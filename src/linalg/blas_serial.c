/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "linalg/lapack.h"

#include <dlfcn.h>
#include <string.h>

/* Which BLAS is linked is known at run time only (Debian's alternatives, MKL's dispatcher), so its switch is looked up
 * by name. A BLAS without one obeys its environment variable. */
static const char *const switches[] = {"openblas_set_num_threads", "MKL_Set_Num_Threads", "bli_thread_set_num_threads"};
static const char *const readers[] = {"openblas_get_num_threads", "MKL_Get_Max_Threads", "bli_thread_get_num_threads"};

typedef void (*set_threads)(int n_threads);
typedef int (*get_threads)(void);

void fcast__blas_serial(void) {
  for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
    void *const setter = dlsym(RTLD_DEFAULT, switches[i]);
    void *const reader = dlsym(RTLD_DEFAULT, readers[i]);
    if (setter == NULL || reader == NULL) {
      continue;
    }
    set_threads set;
    get_threads get;
    memcpy(&set, &setter, sizeof set); /* ISO C has no cast from object to function pointer */
    memcpy(&get, &reader, sizeof get);
    if (get() != 1) {
      set(1);
    }
    return;
  }
}
