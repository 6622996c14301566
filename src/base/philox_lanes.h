/* SPDX-License-Identifier: MIT
 *
 * Philox numbers of eight indices at a time, for kernels that need them where they stand.
 */
#ifndef FLOCKCAST_BASE_PHILOX_LANES_H
#define FLOCKCAST_BASE_PHILOX_LANES_H

#include "base/philox.h"
#include "base/vector_math.h"

/* Words (w0, w1) and (w2, w3) of the blocks of eight pairs of indices, joined to 64 bits. The upper halves of the
 * 64-bit lanes fill with what multiplication ignores, so they are cleared only at the end. */
FCAST_INLINE void lanes_philox_block(const fcast_philox_key *key, lanes_bits pair, lanes_bits *first,
                                     lanes_bits *second) {
  const lanes_bits multiplier_0 = bits_splat(0xD2511F53U);
  const lanes_bits multiplier_1 = bits_splat(0xCD9E8D57U);
  uint32_t key_low = (uint32_t)key->seed;
  uint32_t key_high = (uint32_t)(key->seed >> 32);
  lanes_bits word_0 = pair;
  lanes_bits word_1 = bits_splat(key->step_word);
  lanes_bits word_2 = bits_or(bits_splat(key->stream_word), bits_and(bits_right(pair, 32), bits_splat(0xff)));
  lanes_bits word_3 = bits_splat(0);
  FCAST_UNROLL
  for (int round = 0; round < 10; round++) {
    const lanes_bits product_0 = bits_mul32(word_0, multiplier_0);
    const lanes_bits product_1 = bits_mul32(word_2, multiplier_1);
    word_0 = bits_xor(bits_xor(bits_right(product_1, 32), word_1), bits_splat(key_low));
    word_2 = bits_xor(bits_xor(bits_right(product_0, 32), word_3), bits_splat(key_high));
    word_1 = product_1;
    word_3 = product_0;
    key_low += 0x9E3779B9U;
    key_high += 0xBB67AE85U;
  }
  const lanes_bits low = bits_splat(0xffffffff);
  *first = bits_or(bits_left(word_1, 32), bits_and(word_0, low));
  *second = bits_or(bits_left(word_3, 32), bits_and(word_2, low));
}

FCAST_INLINE lanes lanes_unit_interval(lanes_bits bits) {
  return lanes_mul(bits_to_double(bits_right(bits, 11)), lanes_splat(1.0 / 9007199254740992.0));
}

/* Uniform numbers on [0, 1) of eight indices; two indices share a block. */
FCAST_INLINE lanes lanes_philox_uniform(const fcast_philox_key *key, lanes_bits index) {
  lanes_bits first;
  lanes_bits second;
  lanes_philox_block(key, bits_right(index, 1), &first, &second);
  return lanes_choose(mask_of_odd(index), lanes_unit_interval(second), lanes_unit_interval(first));
}

/* Standard normal numbers of eight indices (Box and Muller 1958): cosine for even ones, sine for odd. 1 - u is exact
 * and never 0. */
FCAST_INLINE lanes lanes_philox_normal(const fcast_philox_key *key, lanes_bits index) {
  lanes_bits first;
  lanes_bits second;
  lanes sine;
  lanes cosine;
  lanes_philox_block(key, bits_right(index, 1), &first, &second);
  const lanes log_rest = lanes_log(lanes_sub(lanes_splat(1.0), lanes_unit_interval(first)));
  const lanes radius = lanes_sqrt(lanes_mul(lanes_splat(-2.0), log_rest));
  lanes_sincos_of_turn(lanes_unit_interval(second), &sine, &cosine);
  return lanes_mul(radius, lanes_choose(mask_of_odd(index), sine, cosine));
}

#endif
