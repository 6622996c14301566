/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <math.h>
#include <stdio.h>

void check_close_at(double found, double expected, double absolute, double relative, const char *what, const char *file,
                    int line) {
  if (!(fabs(found - expected) <= absolute + relative * fabs(expected))) {
    print_error("%s: found %.17g, expected %.17g within %g + %g relative\n", what, found, expected, absolute, relative);
    _fail(file, line);
  }
}

void check_ok_at(fcast_status status, const fcast_error *err, const char *file, int line) {
  if (status != FCAST_OK) {
    print_error("status %d: %s\n", (int)status, err != NULL ? err->text : fcast_status_text(status));
    _fail(file, line);
  }
}

void test_hear(void *context, double share) {
  test_heard *all = context;
  assert_true(share >= 0.0 && share <= 1.0 + 1e-12);
#pragma omp critical(test_hear)
  {
    all->largest = fmax(all->largest, share);
    all->n++;
  }
}

double test_uniform(uint64_t *state) {
  /* splitmix64 (Steele, Lea and Flood 2014) */
  uint64_t z = (*state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  z ^= z >> 31;
  return (double)(z >> 11) * 0x1p-52 - 1.0;
}
