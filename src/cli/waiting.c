/* SPDX-License-Identifier: MIT */
#include "cli/waiting.h"

#include <limits.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Whether a variable that nobody has set is set now. */
static bool prefer(const char *name, const char *value) {
  return getenv(name) == NULL && setenv(name, value, 1) == 0;
}

void fcast_threads_prefer(char **argv) {
  const bool sleeps =
      getenv("GOMP_SPINCOUNT") == NULL && getenv("KMP_BLOCKTIME") == NULL && prefer("OMP_WAIT_POLICY", "passive");
  const bool starts_none = prefer("OPENBLAS_NUM_THREADS", "1");
  if (sleeps || starts_none) {
    (void)execv("/proc/self/exe", argv); /* comes back only where it cannot: then they spin, and wait */
  }
}

/* Bytes of address space in use; 0 where nothing says it. */
static double used_space(void) {
  long n_pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file != NULL) {
    if (fscanf(file, "%ld", &n_pages) != 1) {
      n_pages = 0;
    }
    (void)fclose(file);
  }
  return (double)n_pages * (double)sysconf(_SC_PAGESIZE);
}

int fcast_threads_most(void) {
  static const double space_of_thread = 200.0 * 1024.0 * 1024.0;
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return INT_MAX;
  }
  const double n_threads = ((double)limit.rlim_cur - used_space()) / space_of_thread;
  return n_threads < 1.0 ? 1 : n_threads < (double)INT_MAX ? (int)n_threads : INT_MAX;
}

void fcast_threads_fit(void) {
  const int most = fcast_threads_most();
  if (most < omp_get_max_threads()) {
    omp_set_num_threads(most);
  }
}
