/* SPDX-License-Identifier: MIT */
#include "base/philox.h"

#include <math.h>

static const double two_pi = 6.283185307179586476925286766559;

void fcast__philox_block(uint32_t counter[4], uint64_t key) {
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

/* Two uniform numbers on [0, 1) for the pair of indices 2 * pair and 2 * pair + 1. Streams and the high bits of step
 * and pair share the last counter word, so that no two (stream, step, pair) meet. */
static void uniform_pair(uint64_t seed, fcast_random_stream stream, uint64_t step, uint64_t pair, double out[2]) {
  uint32_t word[4] = {(uint32_t)pair, (uint32_t)step,
                      (uint32_t)stream << 24 | (uint32_t)((step >> 32) & 0xffff) << 8 | (uint32_t)((pair >> 32) & 0xff),
                      0};
  fcast__philox_block(word, seed);
  for (size_t i = 0; i < 2; i++) {
    const uint64_t bits = (uint64_t)word[2 * i + 1] << 32 | word[2 * i];
    out[i] = (double)(bits >> 11) * (1.0 / 9007199254740992.0);
  }
}

static void store_pair(const double pair[2], size_t i_pair, size_t n, double *out) {
  out[2 * i_pair] = pair[0];
  if (2 * i_pair + 1 < n) {
    out[2 * i_pair + 1] = pair[1];
  }
}

void fcast__philox_uniform(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out) {
  for (size_t i_pair = 0; i_pair < (n + 1) / 2; i_pair++) {
    double pair[2];
    uniform_pair(seed, stream, step, i_pair, pair);
    store_pair(pair, i_pair, n, out);
  }
}

void fcast__philox_normal(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out) {
  for (size_t i_pair = 0; i_pair < (n + 1) / 2; i_pair++) {
    double pair[2];
    uniform_pair(seed, stream, step, i_pair, pair);
    const double radius = sqrt(-2.0 * log1p(-pair[0])); /* Box and Muller 1958; 1 - u is never 0 */
    const double angle = two_pi * pair[1];
    pair[0] = radius * cos(angle);
    pair[1] = radius * sin(angle);
    store_pair(pair, i_pair, n, out);
  }
}
