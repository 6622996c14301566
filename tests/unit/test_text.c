/* SPDX-License-Identifier: MIT
 *
 * Numbers are taken whole or not at all, the nearest word is near, and bytes grow.
 */
#include "base/text.h"
#include "flockcast/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_doubles(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
  } good[] = {{"0", 0.0},    {"-1", -1.0},      {"+2.5", 2.5}, {".5", 0.5},        {"5.", 5.0},  {"1e3", 1e3},
              {"1E+3", 1e3}, {"1.5e-2", 0.015}, {"007", 7.0},  {"1e-320", 1e-320}, {"0.1", 0.1}, {"1e-400", 0.0}};
  static const char *const bad[] = {"",   " 1", "1 ", "1x",  "x",    "nan", "inf",   "-inf",  "1e",  "1e+",
                                    "e5", ".",  "+",  "--1", "0x10", "1,5", "1e400", "1.2.3", "1_0", "infinity"};
  double value = 0;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(fcast_parse_double(good[i].text, &value));
    assert_true(value == good[i].value);
  }
  value = 3.0;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (fcast_parse_double(bad[i], &value)) {
      fail_msg("'%s' was taken for a number", bad[i]);
    }
  }
  assert_true(value == 3.0);
}

static void test_integers(void **state) {
  (void)state;
  static const char *const bad[] = {
      "", " 1", "1 ", "1.0", "1e3", "0x1", "+", "-", "9223372036854775808", "a", "1a", "-9223372036854775809", "- 1"};
  int64_t value = 0;
  assert_true(fcast_parse_int64("9223372036854775807", &value));
  assert_true(value == INT64_MAX);
  assert_true(fcast_parse_int64("-9223372036854775808", &value));
  assert_true(value == INT64_MIN);
  assert_true(fcast_parse_int64("+12", &value));
  assert_true(value == 12);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (fcast_parse_int64(bad[i], &value)) {
      fail_msg("'%s' was taken for an integer", bad[i]);
    }
  }
  assert_true(value == 12);
}

static void test_nearest(void **state) {
  (void)state;
  static const char *const words[] = {"neighbor_rebuild", "N", "bandwidth", "train_seed", "test_seed", "run"};
  const size_t n = sizeof words / sizeof words[0];
  assert_string_equal(fcast_nearest("neighbour_rebuild", words, n), "neighbor_rebuild");
  assert_string_equal(fcast_nearest("n", words, n), "N");
  assert_string_equal(fcast_nearest("bandwith", words, n), "bandwidth");
  assert_string_equal(fcast_nearest("trainseed", words, n), "train_seed");
  assert_string_equal(fcast_nearest("test_sed", words, n), "test_seed");
  assert_string_equal(fcast_nearest("rnu", words, n), "run");
  assert_null(fcast_nearest("seed", words, n));
  assert_null(fcast_nearest("", words, n));
  assert_null(fcast_nearest("bandwidth", words, 0));
  assert_null(fcast_nearest("a_word_that_is_much_longer_than_any_key_of_any_configuration_could_ever_be", words, n));
}

static void test_utf8(void **state) {
  (void)state;
  static const char *const good[] = {
      "", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xa6", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"};
  static const char *const bad[] = {
      "\x80",      "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
      "a\xe2\x82", "\xff", "\xc3("};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(fcast_is_utf8((const unsigned char *)good[i], strlen(good[i])));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_false(fcast_is_utf8((const unsigned char *)bad[i], strlen(bad[i])));
  }
}

/* The published values of FNV-1a for these texts (Noll's tables). */
static void test_hash(void **state) {
  (void)state;
  assert_true(fcast_hash_text(FCAST_HASH_START, "") == UINT64_C(0xcbf29ce484222325));
  assert_true(fcast_hash_text(FCAST_HASH_START, "a") == UINT64_C(0xaf63dc4c8601ec8c));
  assert_true(fcast_hash_text(fcast_hash_text(FCAST_HASH_START, "foo"), "bar") == UINT64_C(0x85944171f73967e8));
  const unsigned char bytes[] = {'f', 'o', 'o', 'b', 'a', 'r'};
  assert_true(fcast_hash_bytes(FCAST_HASH_START, bytes, sizeof bytes) == UINT64_C(0x85944171f73967e8));
}

static void test_buffer(void **state) {
  (void)state;
  fcast_buffer buffer = {0};
  fcast_buffer_put_text(&buffer, "");
  assert_string_equal((char *)buffer.bytes, "");
  for (int i = 0; i < 1000; i++) {
    fcast_buffer_put(&buffer, "a\0b", 3);
  }
  assert_false(buffer.has_failed);
  assert_int_equal(buffer.n, 3000);
  assert_memory_equal(buffer.bytes + 2997, "a\0b", 4);
  fcast_buffer_put(&buffer, NULL, SIZE_MAX);
  assert_true(buffer.has_failed);
  fcast_buffer_put_text(&buffer, "dropped");
  assert_int_equal(buffer.n, 3000);
  fcast_free(buffer.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_doubles), cmocka_unit_test(test_integers), cmocka_unit_test(test_nearest),
      cmocka_unit_test(test_utf8),    cmocka_unit_test(test_hash),     cmocka_unit_test(test_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
