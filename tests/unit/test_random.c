/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/cpu.h"
#include "flockcast/random.h"

#include <math.h>
#include <string.h>

/* numpy.random.PCG64(seed).random_raw(3), NumPy 1.24. */
static void test_pcg64_raw_is_numpys(void **state) {
  (void)state;
  const struct {
    uint64_t seed, raw[3];
  } rows[] = {
      {0, {11749869230777074271U, 4976686463289251617U, 755828109848996024U}},
      {1000, {9617869272108170671U, 11138916012721840909U, 8687342808816414416U}},
      {1099511627781U, {87427594128977387U, 6872972437549564694U, 10832470946844950135U}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    fcast_random random;
    fcast_random_init(&random, FCAST_RANDOM_PCG64, rows[i].seed);
    for (size_t k = 0; k < 3; k++) {
      assert_true(fcast_random_raw(&random) == rows[i].raw[k]);
    }
  }
}

/* Philox4x32-10 word by word, kept as the judge of the vectors. */
static void philox_block(uint32_t counter[4], uint64_t key) {
  uint32_t key_low = (uint32_t)key;
  uint32_t key_high = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    const uint64_t product_0 = (uint64_t)0xD2511F53U * counter[0];
    const uint64_t product_1 = (uint64_t)0xCD9E8D57U * counter[2];
    const uint32_t next_0 = (uint32_t)(product_1 >> 32) ^ counter[1] ^ key_low;
    const uint32_t next_2 = (uint32_t)(product_0 >> 32) ^ counter[3] ^ key_high;
    counter[1] = (uint32_t)product_1;
    counter[3] = (uint32_t)product_0;
    counter[0] = next_0;
    counter[2] = next_2;
    key_low += 0x9E3779B9U;
    key_high += 0xBB67AE85U;
  }
}

/* The known answers that Random123 publishes for philox4x32-10. */
static void test_philox_known_answers(void **state) {
  (void)state;
  const struct {
    uint32_t counter[4];
    uint64_t key;
    uint32_t expected[4];
  } rows[] = {
      {{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       0xffffffffffffffffU,
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       0x299f31d0a4093822U,
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint32_t word[4];
    memcpy(word, rows[i].counter, sizeof word);
    philox_block(word, rows[i].key);
    assert_memory_equal(word, rows[i].expected, sizeof word);
  }
}

/* The two uniform numbers of indices 2 * pair and 2 * pair + 1. */
static void philox_pair(uint64_t seed, fcast_random_stream stream, uint64_t step, uint64_t pair, double out[2]) {
  uint32_t word[4] = {(uint32_t)pair, (uint32_t)step,
                      (uint32_t)stream << 24 | (uint32_t)(step >> 32) << 8 | (uint32_t)(pair >> 32), 0};
  philox_block(word, seed);
  for (size_t i = 0; i < 2; i++) {
    out[i] = ldexp((double)(((uint64_t)word[2 * i + 1] << 32 | word[2 * i]) >> 11), -53);
  }
}

/* Whatever instructions fill them: uniform numbers are the judge's bit for bit, normal numbers those of Box and Muller
 * to rounding and equal among the levels. */
static void test_philox_vectors_are_the_blocks(void **state) {
  (void)state;
  enum { N = 4099 };
  static double baseline[N];
  static double x[N];
  const uint64_t steps[] = {0, 1, 77, 0x123456789abcU};
  for (uint64_t trial = 0; trial < 4; trial++) {
    const uint64_t seed = trial * 0x9E3779B97F4A7C15U;
    fcast_random random;
    fcast_random_init(&random, FCAST_RANDOM_PHILOX, seed);
    for (int level = 0; level <= (int)fcast__cpu_highest(); level++) {
      const size_t n = N - (size_t)trial;
      double pair[2];
      fcast__cpu_set_level((fcast_cpu_level)level);
      fcast_random_uniform(&random, FCAST_STREAM_NOISE, steps[trial], n, x);
      for (size_t i = 0; i < n; i++) {
        philox_pair(seed, FCAST_STREAM_NOISE, steps[trial], i / 2, pair);
        assert_true(x[i] == pair[i % 2]);
      }
      fcast_random_normal(&random, FCAST_STREAM_NOISE, steps[trial], n, x);
      for (size_t i = 0; i < n; i++) {
        philox_pair(seed, FCAST_STREAM_NOISE, steps[trial], i / 2, pair);
        const double radius = sqrt(-2.0 * log1p(-pair[0]));
        const double angle = 6.283185307179586476925286766559 * pair[1];
        check_close(x[i], radius * (i % 2 == 0 ? cos(angle) : sin(angle)), 2e-15 * radius, 0.0);
      }
      if (level == 0) {
        memcpy(baseline, x, sizeof x);
      }
      assert_memory_equal(baseline, x, n * sizeof *x);
    }
  }
}

/* A pure function: asking again, or for fewer numbers, gives the same; another stream or step gives others. */
static void test_philox_depends_on_its_arguments_alone(void **state) {
  (void)state;
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, 42);
  double a[9];
  double b[9];
  fcast_random_normal(&random, FCAST_STREAM_NOISE, 7, 9, a);
  fcast_random_normal(&random, FCAST_STREAM_NOISE, 8, 9, b);
  assert_true(a[0] != b[0]);
  fcast_random_normal(&random, FCAST_STREAM_HEADINGS, 7, 9, b);
  assert_true(a[0] != b[0]);
  fcast_random_normal(&random, FCAST_STREAM_NOISE, 7, 5, b);
  assert_memory_equal(a, b, 5 * sizeof *a);
}

/* Mean, variance and fourth moment of a million draws: bounds at five standard errors. */
static void test_normal_moments(void **state) {
  (void)state;
  enum { N = 1000000 };
  double *x = fcast_alloc_array(N, sizeof *x);
  assert_non_null(x);
  for (int kind = FCAST_RANDOM_PCG64; kind <= FCAST_RANDOM_PHILOX; kind++) {
    fcast_random random;
    fcast_random_init(&random, (fcast_random_kind)kind, 11);
    fcast_random_normal(&random, FCAST_STREAM_NOISE, 1, N, x);
    double mean = 0.0;
    double square = 0.0;
    double fourth = 0.0;
    for (size_t i = 0; i < N; i++) {
      mean += x[i] / N;
      square += x[i] * x[i] / N;
      fourth += x[i] * x[i] * x[i] * x[i] / N;
    }
    check_close(mean, 0.0, 5.0 / sqrt(N), 0.0);
    check_close(square, 1.0, 5.0 * sqrt(2.0 / N), 0.0);
    check_close(fourth, 3.0, 5.0 * sqrt(96.0 / N), 0.0);
  }
  fcast_free(x);
}

static void test_uniform_lies_in_the_half_open_interval(void **state) {
  (void)state;
  enum { N = 100000 };
  double x[16];
  for (int kind = FCAST_RANDOM_PCG64; kind <= FCAST_RANDOM_PHILOX; kind++) {
    fcast_random random;
    double mean = 0.0;
    fcast_random_init(&random, (fcast_random_kind)kind, 5);
    for (uint64_t step = 0; step < N / 16; step++) {
      fcast_random_uniform(&random, FCAST_STREAM_POSITIONS, step, 16, x);
      for (size_t i = 0; i < 16; i++) {
        assert_true(x[i] >= 0.0 && x[i] < 1.0);
        mean += x[i] / N;
      }
    }
    check_close(mean, 0.5, 5.0 / sqrt(12.0 * N), 0.0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pcg64_raw_is_numpys),
      cmocka_unit_test(test_philox_known_answers),
      cmocka_unit_test(test_philox_vectors_are_the_blocks),
      cmocka_unit_test(test_philox_depends_on_its_arguments_alone),
      cmocka_unit_test(test_normal_moments),
      cmocka_unit_test(test_uniform_lies_in_the_half_open_interval),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
