/* SPDX-License-Identifier: MIT
 *
 * Vector logarithm, power of two, sine and cosine against the C library's long double ones.
 */
#include "check.h"

#include "base/level_baseline.h"

#include "base/vector_math.h"

#include <float.h>
#include <math.h>

/* |found - expected| in units of the last place of `expected`. */
static double error_in_ulp(double found, long double expected) {
  const double magnitude = fabs((double)expected);
  const double ulp = magnitude < DBL_MIN ? nextafter(0.0, 1.0) : nextafter(magnitude, INFINITY) - magnitude;
  return (double)(fabsl(found - expected) / ulp);
}

/* What log is used for: (0, 1] in steps of 2^-53; and all other normal numbers. */
static void test_log(void **state) {
  (void)state;
  uint64_t random = 1;
  double worst = 0.0;
  for (int trial = 0; trial < 400000; trial++) {
    double a[LANES];
    double found[LANES];
    for (size_t k = 0; k < LANES; k++) {
      const double u = fabs(test_uniform(&random));
      const double any = ldexp(1.0 + u, (int)(1000.0 * test_uniform(&random)));
      a[k] = trial % 4 == 0 ? any : (trial % 4 == 1 ? 1.0 - u : (trial % 4 == 2 ? 1.0 - u * u * u * u : 1.0 + u * u));
      a[k] = a[k] > 0.0 ? a[k] : 0x1p-53;
    }
    lanes_store(found, lanes_log(lanes_load(a)));
    for (size_t k = 0; k < LANES; k++) {
      worst = fmax(worst, error_in_ulp(found[k], logl((long double)a[k])));
    }
  }
  print_message("log: at most %.3f ulp\n", worst);
  assert_true(worst < 1.0);
  double one[LANES] = {1.0, 1.0, 1.0, 1.0, 0x1p-53, 0x1p-53, 0.5, 0.5};
  lanes_store(one, lanes_log(lanes_load(one)));
  assert_true(one[0] == 0.0);
  check_close(one[4], -53.0 * log(2.0), 0.0, 1e-16);
}

/* From 2^0 to the smallest normal number; below it, that. */
static void test_power_of_two(void **state) {
  (void)state;
  uint64_t random = 4;
  double worst = 0.0;
  for (int trial = 0; trial < 200000; trial++) {
    double t[LANES];
    double found[LANES];
    for (size_t k = 0; k < LANES; k++) {
      const double u = fabs(test_uniform(&random));
      t[k] = trial % 3 == 0 ? -1022.0 * u : (trial % 3 == 1 ? -20.0 * u : -0.5 * floor(2000.0 * u) * (1.0 + 1e-15));
    }
    lanes_store(found, lanes_exp2_of_negative(lanes_load(t)));
    for (size_t k = 0; k < LANES; k++) {
      worst = fmax(worst, error_in_ulp(found[k], exp2l((long double)t[k])));
    }
  }
  print_message("power of two: at most %.3f ulp\n", worst);
  assert_true(worst < 4.0);
  double some[LANES] = {0.0, -0.0, -1.0, -10.0, -1022.0, -1e4, -INFINITY, -1e300};
  lanes_store(some, lanes_exp2_of_negative(lanes_load(some)));
  const double expected[LANES] = {1.0, 1.0, 0.5, 0x1p-10, 0x1p-1022, 0x1p-1022, 0x1p-1022, 0x1p-1022};
  assert_memory_equal(some, expected, sizeof some);
}

/* What squares of distances may be. */
static void test_inverse_root(void **state) {
  (void)state;
  uint64_t random = 5;
  double worst = 0.0;
  for (int trial = 0; trial < 200000; trial++) {
    double a[LANES];
    double found[LANES];
    for (size_t k = 0; k < LANES; k++) {
      const double u = test_uniform(&random);
      a[k] = trial % 2 == 0 ? pow(10.0, 0.5 + 37.0 * u) : 1.0 + 3.0 * fabs(u);
    }
    lanes_store(found, lanes_inverse_root(lanes_load(a)));
    for (size_t k = 0; k < LANES; k++) {
      worst = fmax(worst, error_in_ulp(found[k], 1.0L / sqrtl((long double)a[k])));
    }
  }
  print_message("inverse root: at most %.3f ulp\n", worst);
  assert_true(worst < 2.0);
  double some[LANES] = {1.0, 4.0, 0.25, 1e-12, 0x1p-120, 0x1p120, 16.0, 0x1p-2};
  const double expected[LANES] = {1.0, 0.5, 2.0, 1e6, 0x1p60, 0x1p-60, 0.25, 2.0};
  lanes_store(some, lanes_inverse_root(lanes_load(some)));
  assert_memory_equal(some, expected, 3 * sizeof some[0]);
  assert_memory_equal(some + 4, expected + 4, 4 * sizeof some[0]);
  check_close(some[3], expected[3], 0.0, 3e-16);
}

/* Every choice of eight lanes, there and back. */
static void test_lanes_close_up_and_part(void **state) {
  (void)state;
  const double a[LANES] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0};
  for (unsigned bits = 0; bits < 256; bits++) {
    double close[LANES] = {0};
    double back[LANES];
    size_t n = 0;
    lanes_compress(bits, lanes_load(a), close);
    lanes_store(back, lanes_expand(bits, close));
    for (size_t k = 0; k < LANES; k++) {
      const bool is_set = (bits >> k & 1U) != 0;
      assert_true(back[k] == (is_set ? a[k] : 0.0));
      if (is_set) {
        assert_true(close[n] == a[k]);
        n++;
      }
    }
    assert_int_equal(bits_count(bits), n);
  }
}

/* From tiny angles past the million at which the C library takes over, and next to multiples of pi/2. */
static void test_sincos(void **state) {
  (void)state;
  uint64_t random = 2;
  double worst = 0.0;
  for (int trial = 0; trial < 400000; trial++) {
    double a[LANES];
    double sine[LANES];
    double cosine[LANES];
    for (size_t k = 0; k < LANES; k++) {
      const double u = test_uniform(&random);
      const double multiple = 1.5707963267948966 * floor(1e5 * u) * (1.0 + 1e-15 * floor(3.0 * u));
      a[k] = trial % 3 == 0 ? 10.0 * u : (trial % 3 == 1 ? u * pow(10.0, 8.0 * test_uniform(&random)) : multiple);
    }
    lanes s;
    lanes c;
    lanes_sincos(lanes_load(a), &s, &c);
    lanes_store(sine, s);
    lanes_store(cosine, c);
    for (size_t k = 0; k < LANES; k++) {
      worst = fmax(worst, error_in_ulp(sine[k], sinl((long double)a[k])));
      worst = fmax(worst, error_in_ulp(cosine[k], cosl((long double)a[k])));
    }
  }
  print_message("sine and cosine: at most %.3f ulp\n", worst);
  assert_true(worst < 1.0);
}

static void test_sincos_of_what_is_no_angle(void **state) {
  (void)state;
  const double a[LANES] = {NAN, INFINITY, 0.0, -0.0, 1e300, -1e22, 1.0, 1e6};
  double sine[LANES];
  double cosine[LANES];
  lanes s;
  lanes c;
  lanes_sincos(lanes_load(a), &s, &c);
  lanes_store(sine, s);
  lanes_store(cosine, c);
  assert_true(isnan(sine[0]) && isnan(cosine[0]) && isnan(sine[1]) && isnan(cosine[1]));
  assert_true(sine[2] == 0.0 && cosine[2] == 1.0 && sine[3] == 0.0 && cosine[3] == 1.0);
  for (size_t k = 4; k < LANES; k++) {
    check_close(sine[k], sin(a[k]), 0.0, 2e-16);
    check_close(cosine[k], cos(a[k]), 0.0, 2e-16);
  }
}

static void test_sincos_of_a_turn(void **state) {
  (void)state;
  const long double two_pi = 6.283185307179586476925286766559L;
  uint64_t random = 3;
  double worst = 0.0;
  for (int trial = 0; trial < 400000; trial++) {
    double u[LANES];
    double sine[LANES];
    double cosine[LANES];
    for (size_t k = 0; k < LANES; k++) {
      const double near = 0.25 * floor(4.0 * fabs(test_uniform(&random))) + 1e-4 * fabs(test_uniform(&random));
      u[k] = ldexp(floor(ldexp(trial % 2 == 0 ? near : fabs(test_uniform(&random)), 53)), -53);
    }
    lanes s;
    lanes c;
    lanes_sincos_of_turn(lanes_load(u), &s, &c);
    lanes_store(sine, s);
    lanes_store(cosine, c);
    for (size_t k = 0; k < LANES; k++) {
      /* quarters taken off exactly here too: 2 pi u itself is too coarse near multiples of pi */
      const int quarter = (int)rint(4.0 * u[k]);
      const long double rest = two_pi * (long double)(u[k] - 0.25 * quarter);
      const long double turned[4] = {sinl(rest), cosl(rest), -sinl(rest), -cosl(rest)};
      worst = fmax(worst, error_in_ulp(sine[k], turned[quarter % 4]));
      worst = fmax(worst, error_in_ulp(cosine[k], turned[(quarter + 1) % 4]));
    }
  }
  print_message("sine and cosine of a turn: at most %.3f ulp\n", worst);
  assert_true(worst < 1.0);
  const double quarters[LANES] = {0.0, 0.25, 0.5, 0.75, 1.0, 0.0, 0.25, 0.5};
  double sine[LANES];
  double cosine[LANES];
  lanes s;
  lanes c;
  lanes_sincos_of_turn(lanes_load(quarters), &s, &c);
  lanes_store(sine, s);
  lanes_store(cosine, c);
  for (size_t k = 0; k < LANES; k++) {
    const int quarter = (int)(4.0 * quarters[k]) % 4;
    assert_true(sine[k] == (quarter == 1 ? 1.0 : (quarter == 3 ? -1.0 : 0.0)));
    assert_true(cosine[k] == (quarter == 0 ? 1.0 : (quarter == 2 ? -1.0 : 0.0)));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log),
      cmocka_unit_test(test_power_of_two),
      cmocka_unit_test(test_inverse_root),
      cmocka_unit_test(test_lanes_close_up_and_part),
      cmocka_unit_test(test_sincos),
      cmocka_unit_test(test_sincos_of_what_is_no_angle),
      cmocka_unit_test(test_sincos_of_a_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
