/* SPDX-License-Identifier: MIT */
#include "cli/waiting.h"

#include <stdlib.h>
#include <unistd.h>

void fcast_wait_asleep(char **argv) {
  if (getenv("OMP_WAIT_POLICY") == NULL && getenv("GOMP_SPINCOUNT") == NULL && getenv("KMP_BLOCKTIME") == NULL &&
      setenv("OMP_WAIT_POLICY", "passive", 1) == 0) {
    (void)execv("/proc/self/exe", argv); /* comes back only where it cannot: then they spin */
  }
}
