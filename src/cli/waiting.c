/* SPDX-License-Identifier: MIT */
#include "cli/waiting.h"

#include <stdbool.h>
#include <stdlib.h>
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
