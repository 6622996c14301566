/* SPDX-License-Identifier: MIT
 *
 * flockcast_bench GROUP DIRECTORY [--quick]: measure one group of problems through the library; CSV on standard output.
 * run.py calls it and puts NumPy, SciPy and Matplotlib beside it.
 */
#include "harness.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  fcast_status (*measure)(const bench_plan *plan, fcast_error *err);
} groups[] = {
    {"machine", bench_machine}, {"simulate", bench_simulate}, {"small", bench_small},
    {"density", bench_density}, {"train", bench_train},       {"forecast", bench_forecast},
    {"render", bench_render},   {"files", bench_files},       {"scaling", bench_scaling},
};
enum { N_GROUPS = sizeof groups / sizeof groups[0] };

static int usage(void) {
  fprintf(stderr, "usage: flockcast_bench GROUP DIRECTORY [--quick]; GROUP is one of");
  for (size_t i = 0; i < N_GROUPS; i++) {
    fprintf(stderr, " %s", groups[i].name);
  }
  fprintf(stderr, "\n");
  return 2;
}

int main(int argc, char **argv) {
  const bool is_quick = argc == 4 && strcmp(argv[3], "--quick") == 0;
  if (argc != 3 && !is_quick) {
    return usage();
  }
  const bench_plan plan = {
      .is_quick = is_quick,
      .n_threads = omp_get_max_threads(),
      .n_least = is_quick ? 1 : 3,
      .budget = is_quick ? 0.2 : 1.0,
      .directory = argv[2],
  };
  for (size_t i = 0; i < N_GROUPS; i++) {
    if (strcmp(argv[1], groups[i].name) == 0) {
      fcast_error error = {0};
      const fcast_status status = groups[i].measure(&plan, &error);
      if (status != FCAST_OK) {
        fprintf(stderr, "flockcast_bench %s: %s\n", argv[1], error.text);
      }
      return fcast_status_exit(status);
    }
  }
  return usage();
}
