/* SPDX-License-Identifier: MIT */
#include "flockcast/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* nan last, so that finite values keep their ranks. */
static int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  if (isnan(x) || isnan(y)) {
    return (isnan(x) != 0) - (isnan(y) != 0);
  }
  return (x > y) - (x < y);
}

double fcast_percentile(const double *values, size_t n, double q, double *scratch) {
  if (n == 0) {
    return NAN;
  }
  memcpy(scratch, values, n * sizeof *values);
  qsort(scratch, n, sizeof *scratch, compare_doubles);
  const double rank = q / 100.0 * (double)(n - 1);
  const size_t below = (size_t)rank;
  const size_t above = below + 1 < n ? below + 1 : below;
  const double share = rank - (double)below;
  /* an exact rank must not touch its neighbour, which may be infinite */
  return share > 0.0 ? scratch[below] + (scratch[above] - scratch[below]) * share : scratch[below];
}
