/* SPDX-License-Identifier: MIT */
#include "base/pcg64.h"

#include "base/ziggurat_tables.h"

#include <math.h>

__extension__ typedef unsigned __int128 uint128;

/* --- SeedSequence (O'Neill's seed_seq_fe, as NumPy has it), pool of four words --- */

enum { POOL_WORDS = 4 };

static uint32_t hash_word(uint32_t value, uint32_t *hash_constant, uint32_t multiplier) {
  value ^= *hash_constant;
  *hash_constant *= multiplier;
  value *= *hash_constant;
  return value ^ (value >> 16);
}

static uint32_t mix_words(uint32_t x, uint32_t y) {
  const uint32_t mixed = 0xca01f9ddU * x - 0x4973f715U * y;
  return mixed ^ (mixed >> 16);
}

static void seed_pool(uint64_t seed, uint32_t pool[POOL_WORDS]) {
  const uint32_t multiplier = 0x931e8875U;
  const uint32_t entropy[POOL_WORDS] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t hash_constant = 0x43b0d7e5U;
  for (size_t i = 0; i < POOL_WORDS; i++) {
    pool[i] = hash_word(entropy[i], &hash_constant, multiplier);
  }
  for (size_t source = 0; source < POOL_WORDS; source++) {
    for (size_t target = 0; target < POOL_WORDS; target++) {
      if (source != target) {
        pool[target] = mix_words(pool[target], hash_word(pool[source], &hash_constant, multiplier));
      }
    }
  }
}

static void generate_state(const uint32_t pool[POOL_WORDS], uint64_t state[4]) {
  uint32_t hash_constant = 0x8b51f9ddU;
  for (size_t i = 0; i < 4; i++) {
    const uint32_t low = hash_word(pool[(2 * i) % POOL_WORDS], &hash_constant, 0x58f38dedU);
    const uint32_t high = hash_word(pool[(2 * i + 1) % POOL_WORDS], &hash_constant, 0x58f38dedU);
    state[i] = (uint64_t)high << 32 | low;
  }
}

/* --- the generator --- */

static uint128 join(const uint64_t words[2]) {
  return (uint128)words[1] << 64 | words[0];
}

static void split(uint128 value, uint64_t words[2]) {
  words[0] = (uint64_t)value;
  words[1] = (uint64_t)(value >> 64);
}

static uint128 advance(uint128 state, uint128 increment) {
  const uint128 multiplier = (uint128)2549297995355413924ULL << 64 | 4865540595714422341ULL;
  return state * multiplier + increment;
}

static uint64_t output(uint128 state) {
  const uint64_t folded = (uint64_t)(state >> 64) ^ (uint64_t)state;
  const unsigned rotation = (unsigned)(state >> 122);
  return folded >> rotation | folded << ((64 - rotation) & 63);
}

void fcast__pcg64_seed(fcast_random *random, uint64_t seed) {
  uint32_t pool[POOL_WORDS];
  uint64_t words[4];
  seed_pool(seed, pool);
  generate_state(pool, words);
  const uint128 initial_state = (uint128)words[0] << 64 | words[1];
  const uint128 increment = ((uint128)words[2] << 64 | words[3]) << 1 | 1;
  uint128 state = advance(0, increment);
  state = advance(state + initial_state, increment);
  split(state, random->pcg_state);
  split(increment, random->pcg_increment);
}

uint64_t fcast__pcg64_next(fcast_random *random) {
  const uint128 state = advance(join(random->pcg_state), join(random->pcg_increment));
  split(state, random->pcg_state);
  return output(state);
}

static double next_double(fcast_random *random) {
  return (double)(fcast__pcg64_next(random) >> 11) * (1.0 / 9007199254740992.0);
}

void fcast__pcg64_uniform(fcast_random *random, size_t n, double *out) {
  for (size_t i = 0; i < n; i++) {
    out[i] = next_double(random);
  }
}

/* --- standard normal numbers: ziggurat --- */

static double normal_tail(fcast_random *random, int is_negative) {
  for (;;) {
    const double x = -ziggurat_tail_start_inverse * log1p(-next_double(random));
    const double y = -log1p(-next_double(random));
    if (y + y > x * x) {
      return is_negative ? -(ziggurat_tail_start + x) : ziggurat_tail_start + x;
    }
  }
}

static double next_normal(fcast_random *random) {
  for (;;) {
    uint64_t bits = fcast__pcg64_next(random);
    const size_t layer = bits & 0xff;
    bits >>= 8;
    const uint64_t magnitude = (bits >> 1) & 0x000fffffffffffffU;
    double x = (double)magnitude * ziggurat_edges[layer];
    if (bits & 1) {
      x = -x;
    }
    if (magnitude < ziggurat_accepts[layer]) {
      return x;
    }
    if (layer == 0) {
      return normal_tail(random, (int)(magnitude >> 8) & 1);
    }
    const double height =
        (ziggurat_heights[layer - 1] - ziggurat_heights[layer]) * next_double(random) + ziggurat_heights[layer];
    if (height < exp(-0.5 * x * x)) {
      return x;
    }
  }
}

void fcast__pcg64_normal(fcast_random *random, size_t n, double *out) {
  for (size_t i = 0; i < n; i++) {
    out[i] = next_normal(random);
  }
}
