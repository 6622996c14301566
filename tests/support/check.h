/* SPDX-License-Identifier: MIT
 *
 * What cmocka lacks: comparisons of doubles with tolerances.
 */
#ifndef FLOCKCAST_TESTS_CHECK_H
#define FLOCKCAST_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "flockcast/array.h"

/* |found - expected| <= absolute + relative * |expected|; prints both where it fails. */
#define check_close(found, expected, absolute, relative)                                                               \
  check_close_at((found), (expected), (absolute), (relative), #found, __FILE__, __LINE__)
void check_close_at(double found, double expected, double absolute, double relative, const char *what, const char *file,
                    int line);

/* The status is FCAST_OK; prints the error where it is not. */
#define check_ok(status, err) check_ok_at((status), (err), __FILE__, __LINE__)
void check_ok_at(fcast_status status, const fcast_error *err, const char *file, int line);

/* What a listener was told: shares from 0 to 1, which test_hear sees to. */
typedef struct test_heard {
  double largest;
  size_t n;
} test_heard;

/* The listener; its context is a test_heard, zero at first. */
void test_hear(void *context, double share);

/* Deterministic numbers for tests: uniform on [-1, 1), a pure function of its state. */
double test_uniform(uint64_t *state);

#endif
