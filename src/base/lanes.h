/* SPDX-License-Identifier: MIT
 *
 * Eight doubles at a time, whatever the machine: one AVX-512 register, two of AVX2, four of the baseline.
 *
 * A file that includes this is compiled for one level: it first includes base/level_baseline.h, level_avx2.h or
 * level_avx512.h. Every function does the same IEEE operations lane by lane at every level and none fuses a multiply
 * with an add, so that results are equal bit for bit.
 */
#ifndef FLOCKCAST_BASE_LANES_H
#define FLOCKCAST_BASE_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { LANES = 8, LANES_PARTS = LANES / FCAST_PART_LANES };

/* A function of the level in hand, and one that disappears in its callers. */
#define FCAST_KERNEL static FCAST_TARGET
#define FCAST_INLINE static inline __attribute__((always_inline)) FCAST_TARGET

#if defined(__clang__)
#define FCAST_UNROLL _Pragma("unroll")
#else
#define FCAST_UNROLL _Pragma("GCC unroll 8")
#endif
#define FCAST_EACH_PART FCAST_UNROLL for (size_t p = 0; p < LANES_PARTS; p++)

/* What one register holds. */
typedef double lanes_part __attribute__((vector_size(8 * FCAST_PART_LANES)));
typedef uint64_t bits_part __attribute__((vector_size(8 * FCAST_PART_LANES)));
typedef uint32_t half_part __attribute__((vector_size(4 * FCAST_PART_LANES)));

typedef struct lanes {
  lanes_part part[LANES_PARTS];
} lanes;

typedef struct lanes_bits {
  bits_part part[LANES_PARTS];
} lanes_bits;

/* --- memory; no alignment is asked for. Part by part: compilers move a whole struct through memory --- */

FCAST_INLINE lanes lanes_load(const double *from) {
  lanes loaded;
  FCAST_EACH_PART {
    memcpy(&loaded.part[p], from + p * FCAST_PART_LANES, sizeof loaded.part[p]);
  }
  return loaded;
}

FCAST_INLINE void lanes_store(double *to, lanes a) {
  FCAST_EACH_PART {
    memcpy(to + p * FCAST_PART_LANES, &a.part[p], sizeof a.part[p]);
  }
}

FCAST_INLINE lanes lanes_splat(double value) {
  lanes all;
  FCAST_EACH_PART {
    all.part[p] = value - (lanes_part){0};
  }
  return all;
}

FCAST_INLINE lanes_bits bits_load32(const uint32_t *from) {
  lanes_bits loaded;
  FCAST_EACH_PART {
    half_part half;
    memcpy(&half, from + p * FCAST_PART_LANES, sizeof half);
    loaded.part[p] = __builtin_convertvector(half, bits_part);
  }
  return loaded;
}

FCAST_INLINE void bits_store32(uint32_t *to, lanes_bits a) {
  FCAST_EACH_PART {
    const half_part half = __builtin_convertvector(a.part[p], half_part);
    memcpy(to + p * FCAST_PART_LANES, &half, sizeof half);
  }
}

FCAST_INLINE lanes_bits bits_splat(uint64_t value) {
  lanes_bits all;
  FCAST_EACH_PART {
    all.part[p] = value - (bits_part){0};
  }
  return all;
}

/* --- arithmetic --- */

#define FCAST_LANES_OPERATION(type, name, operator)                                                                    \
  FCAST_INLINE type name(type a, type b) {                                                                             \
    FCAST_EACH_PART {                                                                                                  \
      a.part[p] = a.part[p] operator b.part[p];                                                                        \
    }                                                                                                                  \
    return a;                                                                                                          \
  }
FCAST_LANES_OPERATION(lanes, lanes_add, +)
FCAST_LANES_OPERATION(lanes, lanes_sub, -)
FCAST_LANES_OPERATION(lanes, lanes_mul, *)
FCAST_LANES_OPERATION(lanes, lanes_div, /)
FCAST_LANES_OPERATION(lanes_bits, bits_add, +)
FCAST_LANES_OPERATION(lanes_bits, bits_and, &)
FCAST_LANES_OPERATION(lanes_bits, bits_or, |)
FCAST_LANES_OPERATION(lanes_bits, bits_xor, ^)
#undef FCAST_LANES_OPERATION

FCAST_INLINE lanes_bits bits_right(lanes_bits a, int n) {
  FCAST_EACH_PART {
    a.part[p] = a.part[p] >> n;
  }
  return a;
}

FCAST_INLINE lanes_bits bits_left(lanes_bits a, int n) {
  FCAST_EACH_PART {
    a.part[p] = a.part[p] << n;
  }
  return a;
}

/* The lower 32 bits of each, multiplied to 64. */
FCAST_INLINE lanes_bits bits_mul32(lanes_bits a, lanes_bits b) {
  FCAST_EACH_PART {
#if FCAST_PART_LANES == 8
    a.part[p] = (bits_part)_mm512_mul_epu32((__m512i)a.part[p], (__m512i)b.part[p]);
#elif FCAST_PART_LANES == 4
    a.part[p] = (bits_part)_mm256_mul_epu32((__m256i)a.part[p], (__m256i)b.part[p]);
#elif defined(__SSE2__)
    a.part[p] = (bits_part)_mm_mul_epu32((__m128i)a.part[p], (__m128i)b.part[p]);
#else
    a.part[p] = (a.part[p] & 0xffffffff) * (b.part[p] & 0xffffffff);
#endif
  }
  return a;
}

FCAST_INLINE lanes lanes_sqrt(lanes a) {
  FCAST_EACH_PART {
#if FCAST_PART_LANES == 8
    a.part[p] = (lanes_part)_mm512_sqrt_pd((__m512d)a.part[p]);
#elif FCAST_PART_LANES == 4
    a.part[p] = (lanes_part)_mm256_sqrt_pd((__m256d)a.part[p]);
#elif defined(__SSE2__)
    a.part[p] = (lanes_part)_mm_sqrt_pd((__m128d)a.part[p]);
#else
    a.part[p] = (lanes_part){sqrt(a.part[p][0]), sqrt(a.part[p][1])};
#endif
  }
  return a;
}

/* 1 / sqrt(a) by a root and a division in single precision. */
FCAST_INLINE lanes lanes_inverse_root_rough(lanes a) {
  FCAST_EACH_PART {
#if FCAST_PART_LANES == 8
    const __m256 root = _mm256_sqrt_ps(_mm512_cvtpd_ps((__m512d)a.part[p]));
    a.part[p] = (lanes_part)_mm512_cvtps_pd(_mm256_div_ps(_mm256_set1_ps(1.0f), root));
#elif FCAST_PART_LANES == 4
    const __m128 root = _mm_sqrt_ps(_mm256_cvtpd_ps((__m256d)a.part[p]));
    a.part[p] = (lanes_part)_mm256_cvtps_pd(_mm_div_ps(_mm_set1_ps(1.0f), root));
#elif defined(__SSE2__)
    const __m128 root = _mm_sqrt_ps(_mm_cvtpd_ps((__m128d)a.part[p]));
    a.part[p] = (lanes_part)_mm_cvtps_pd(_mm_div_ps(_mm_set1_ps(1.0f), root));
#else
    a.part[p] = (lanes_part){1.0f / sqrtf((float)a.part[p][0]), 1.0f / sqrtf((float)a.part[p][1])};
#endif
  }
  return a;
}

/* a where a > b, else b; b where one of them is not a number. */
FCAST_INLINE lanes lanes_max(lanes a, lanes b) {
  FCAST_EACH_PART {
#if FCAST_PART_LANES == 8
    a.part[p] = (lanes_part)_mm512_max_pd((__m512d)a.part[p], (__m512d)b.part[p]);
#elif FCAST_PART_LANES == 4
    a.part[p] = (lanes_part)_mm256_max_pd((__m256d)a.part[p], (__m256d)b.part[p]);
#elif defined(__SSE2__)
    a.part[p] = (lanes_part)_mm_max_pd((__m128d)a.part[p], (__m128d)b.part[p]);
#else
    for (size_t k = 0; k < FCAST_PART_LANES; k++) {
      a.part[p][k] = a.part[p][k] > b.part[p][k] ? a.part[p][k] : b.part[p][k];
    }
#endif
  }
  return a;
}

FCAST_INLINE lanes_bits lanes_as_bits(lanes a) {
  lanes_bits bits;
  FCAST_EACH_PART {
    bits.part[p] = (bits_part)a.part[p];
  }
  return bits;
}

FCAST_INLINE lanes bits_as_lanes(lanes_bits a) {
  lanes doubles;
  FCAST_EACH_PART {
    doubles.part[p] = (lanes_part)a.part[p];
  }
  return doubles;
}

FCAST_INLINE lanes lanes_abs(lanes a) {
  return bits_as_lanes(bits_and(lanes_as_bits(a), bits_splat(0x7fffffffffffffff)));
}

FCAST_INLINE lanes lanes_negate(lanes a) {
  return bits_as_lanes(bits_xor(lanes_as_bits(a), bits_splat(0x8000000000000000)));
}

/* The one order in which eight lanes become a sum: halves, quarters, eighths. */
FCAST_INLINE double lanes_total(lanes a) {
  double lane[LANES];
  lanes_store(lane, a);
  const double sum_0 = lane[0] + lane[4];
  const double sum_1 = lane[1] + lane[5];
  const double sum_2 = lane[2] + lane[6];
  const double sum_3 = lane[3] + lane[7];
  return (sum_0 + sum_2) + (sum_1 + sum_3);
}

/* How many of eight bits are set. */
FCAST_INLINE unsigned bits_count(unsigned bits) {
#if FCAST_PART_LANES > 2
  return (unsigned)__builtin_popcount(bits);
#else
  const unsigned pairs = bits - ((bits >> 1) & 0x55U);
  const unsigned fours = (pairs & 0x33U) + ((pairs >> 2) & 0x33U);
  return (fours + (fours >> 4)) & 15U;
#endif
}

/* --- masks: one bit a lane where the machine has mask registers, else all bits of the lane --- */

#if FCAST_PART_LANES == 8

typedef __mmask8 lanes_mask;

FCAST_INLINE lanes_mask lanes_le(lanes a, lanes b) {
  return _mm512_cmp_pd_mask((__m512d)a.part[0], (__m512d)b.part[0], _CMP_LE_OQ);
}

FCAST_INLINE lanes_mask lanes_lt(lanes a, lanes b) {
  return _mm512_cmp_pd_mask((__m512d)a.part[0], (__m512d)b.part[0], _CMP_LT_OQ);
}

/* The first n <= 8 lanes. */
FCAST_INLINE lanes_mask mask_first(size_t n) {
  return (lanes_mask)((1U << n) - 1U);
}

/* The first n < 8 lanes alone; the others are 0, and memory behind them is left alone. */
FCAST_INLINE lanes lanes_load_first(const double *from, size_t n) {
  return (lanes){{(lanes_part)_mm512_maskz_loadu_pd(mask_first(n), from)}};
}

FCAST_INLINE void lanes_store_first(double *to, size_t n, lanes a) {
  _mm512_mask_storeu_pd(to, mask_first(n), (__m512d)a.part[0]);
}

/* Bit k for lane k. */
FCAST_INLINE unsigned mask_bits(lanes_mask a) {
  return a;
}

/* The lanes whose bits are set, one behind the other; what follows them is overwritten up to eight. */
FCAST_INLINE void lanes_compress(unsigned bits, lanes a, double *to) {
  _mm512_storeu_pd(to, _mm512_maskz_compress_pd((__mmask8)bits, (__m512d)a.part[0]));
}

/* The way back: numbers one behind the other to the lanes whose bits are set, 0 to the others. Eight are read. */
FCAST_INLINE lanes lanes_expand(unsigned bits, const double *from) {
  return (lanes){{(lanes_part)_mm512_maskz_expand_pd((__mmask8)bits, _mm512_loadu_pd(from))}};
}

FCAST_INLINE lanes_mask mask_of_odd(lanes_bits a) {
  return _mm512_test_epi64_mask((__m512i)a.part[0], _mm512_set1_epi64(1));
}

FCAST_INLINE lanes_mask mask_and(lanes_mask a, lanes_mask b) {
  return (lanes_mask)(a & b);
}

FCAST_INLINE int mask_all(lanes_mask a) {
  return a == 0xff;
}

FCAST_INLINE lanes lanes_choose(lanes_mask mask, lanes a, lanes b) {
  return (lanes){{(lanes_part)_mm512_mask_blend_pd(mask, (__m512d)b.part[0], (__m512d)a.part[0])}};
}

/* sum + a in the lanes of the mask; sum, which is never -0, in the others. */
FCAST_INLINE lanes lanes_add_where(lanes_mask mask, lanes sum, lanes a) {
  const __m512d old = (__m512d)sum.part[0];
  return (lanes){{(lanes_part)_mm512_mask_add_pd(old, mask, old, (__m512d)a.part[0])}};
}

#else

typedef lanes_bits lanes_mask;

FCAST_INLINE lanes_mask lanes_le(lanes a, lanes b) {
  lanes_mask mask;
  FCAST_EACH_PART {
    mask.part[p] = (bits_part)(a.part[p] <= b.part[p]);
  }
  return mask;
}

FCAST_INLINE lanes_mask lanes_lt(lanes a, lanes b) {
  lanes_mask mask;
  FCAST_EACH_PART {
    mask.part[p] = (bits_part)(a.part[p] < b.part[p]);
  }
  return mask;
}

/* The first n <= 8 lanes. */
FCAST_INLINE lanes_mask mask_first(size_t n) {
  static const int64_t window[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  lanes_mask mask;
  FCAST_EACH_PART {
    memcpy(&mask.part[p], window + LANES - n + p * FCAST_PART_LANES, sizeof mask.part[p]);
  }
  return mask;
}

/* The first n < 8 lanes alone; the others are 0, and memory behind them is left alone. */
FCAST_INLINE lanes lanes_load_first(const double *from, size_t n) {
#if FCAST_PART_LANES == 4
  const lanes_mask mask = mask_first(n);
  lanes loaded;
  FCAST_EACH_PART {
    loaded.part[p] = (lanes_part)_mm256_maskload_pd(from + p * FCAST_PART_LANES, (__m256i)mask.part[p]);
  }
  return loaded;
#else
  double lane[LANES] = {0};
  for (size_t k = 0; k < n; k++) {
    lane[k] = from[k];
  }
  return lanes_load(lane);
#endif
}

FCAST_INLINE void lanes_store_first(double *to, size_t n, lanes a) {
#if FCAST_PART_LANES == 4
  const lanes_mask mask = mask_first(n);
  FCAST_EACH_PART {
    _mm256_maskstore_pd(to + p * FCAST_PART_LANES, (__m256i)mask.part[p], (__m256d)a.part[p]);
  }
#else
  double lane[LANES];
  lanes_store(lane, a);
  for (size_t k = 0; k < n; k++) {
    to[k] = lane[k];
  }
#endif
}

/* Bit k for lane k. */
FCAST_INLINE unsigned mask_bits(lanes_mask a) {
  unsigned bits = 0;
  FCAST_EACH_PART {
#if FCAST_PART_LANES == 4
    bits |= (unsigned)_mm256_movemask_pd((__m256d)a.part[p]) << (p * FCAST_PART_LANES);
#elif defined(__SSE2__)
    bits |= (unsigned)_mm_movemask_pd((__m128d)a.part[p]) << (p * FCAST_PART_LANES);
#else
    bits |= (unsigned)((a.part[p][0] & 1) | (a.part[p][1] & 2)) << (p * FCAST_PART_LANES);
#endif
  }
  return bits;
}

#if FCAST_PART_LANES == 4
/* Doubles as pairs of what is permuted. [bits] which lanes come first; [lowest three bits] the rank of each lane. */
#define FCAST_ORDER(a, b, c, d)                                                                                        \
  { 2 * (a), 2 * (a) + 1, 2 * (b), 2 * (b) + 1, 2 * (c), 2 * (c) + 1, 2 * (d), 2 * (d) + 1 }
static const int32_t lanes_compressed[16][8] = {
    FCAST_ORDER(0, 0, 0, 0), FCAST_ORDER(0, 0, 0, 0), FCAST_ORDER(1, 0, 0, 0), FCAST_ORDER(0, 1, 0, 0),
    FCAST_ORDER(2, 0, 0, 0), FCAST_ORDER(0, 2, 0, 0), FCAST_ORDER(1, 2, 0, 0), FCAST_ORDER(0, 1, 2, 0),
    FCAST_ORDER(3, 0, 0, 0), FCAST_ORDER(0, 3, 0, 0), FCAST_ORDER(1, 3, 0, 0), FCAST_ORDER(0, 1, 3, 0),
    FCAST_ORDER(2, 3, 0, 0), FCAST_ORDER(0, 2, 3, 0), FCAST_ORDER(1, 2, 3, 0), FCAST_ORDER(0, 1, 2, 3)};
static const int32_t lanes_expanded[8][8] = {FCAST_ORDER(0, 0, 0, 0), FCAST_ORDER(0, 1, 1, 1), FCAST_ORDER(0, 0, 1, 1),
                                             FCAST_ORDER(0, 1, 2, 2), FCAST_ORDER(0, 0, 0, 1), FCAST_ORDER(0, 1, 1, 2),
                                             FCAST_ORDER(0, 0, 1, 2), FCAST_ORDER(0, 1, 2, 3)};
#undef FCAST_ORDER
#endif

/* The lanes whose bits are set, one behind the other; what follows them is overwritten up to eight. */
FCAST_INLINE void lanes_compress(unsigned bits, lanes a, double *to) {
#if FCAST_PART_LANES == 4
  FCAST_EACH_PART {
    const unsigned own = (bits >> (p * FCAST_PART_LANES)) & 15U;
    const __m256i order = _mm256_loadu_si256((const __m256i *)(const void *)lanes_compressed[own]);
    _mm256_storeu_pd(to, (__m256d)_mm256_permutevar8x32_ps((__m256)a.part[p], order));
    to += bits_count(own);
  }
#else
  double lane[LANES];
  lanes_store(lane, a);
  FCAST_UNROLL
  for (size_t k = 0; k < LANES; k++) {
    *to = lane[k];
    to += (bits >> k) & 1U;
  }
#endif
}

/* The way back: numbers one behind the other to the lanes whose bits are set, 0 to the others. Eight are read. */
FCAST_INLINE lanes lanes_expand(unsigned bits, const double *from) {
#if FCAST_PART_LANES == 4
  lanes all;
  FCAST_EACH_PART {
    const unsigned own = (bits >> (p * FCAST_PART_LANES)) & 15U;
    const __m256i order = _mm256_loadu_si256((const __m256i *)(const void *)lanes_expanded[own & 7U]);
    const __m256i each = _mm256_setr_epi64x(1, 2, 4, 8);
    const __m256i is_set = _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(own), each), each);
    const __m256 moved = _mm256_permutevar8x32_ps((__m256)_mm256_loadu_pd(from), order);
    all.part[p] = (lanes_part)_mm256_and_pd((__m256d)moved, (__m256d)is_set);
    from += bits_count(own);
  }
  return all;
#else
  double lane[LANES];
  FCAST_UNROLL
  for (size_t k = 0; k < LANES; k++) {
    const unsigned is_set = (bits >> k) & 1U;
    lane[k] = is_set != 0 ? *from : 0.0;
    from += is_set;
  }
  return lanes_load(lane);
#endif
}

FCAST_INLINE lanes_mask mask_of_odd(lanes_bits a) {
  FCAST_EACH_PART {
    a.part[p] = -(a.part[p] & 1);
  }
  return a;
}

FCAST_INLINE lanes_mask mask_and(lanes_mask a, lanes_mask b) {
  return bits_and(a, b);
}

FCAST_INLINE int mask_all(lanes_mask a) {
  bits_part all = a.part[0];
  FCAST_EACH_PART {
    all &= a.part[p];
  }
  uint64_t lane[FCAST_PART_LANES];
  memcpy(lane, &all, sizeof lane);
  uint64_t both = lane[0];
  for (size_t k = 1; k < FCAST_PART_LANES; k++) {
    both &= lane[k];
  }
  return both != 0;
}

FCAST_INLINE lanes lanes_choose(lanes_mask mask, lanes a, lanes b) {
  const lanes_bits bits_a = lanes_as_bits(a);
  const lanes_bits bits_b = lanes_as_bits(b);
  lanes_bits chosen;
  FCAST_EACH_PART {
    chosen.part[p] = (mask.part[p] & bits_a.part[p]) | (~mask.part[p] & bits_b.part[p]);
  }
  return bits_as_lanes(chosen);
}

/* sum + a in the lanes of the mask; sum, which is never -0, in the others. */
FCAST_INLINE lanes lanes_add_where(lanes_mask mask, lanes sum, lanes a) {
  return lanes_add(sum, bits_as_lanes(bits_and(mask, lanes_as_bits(a))));
}

#endif

/* --- integers and doubles --- */

/* Integers below 2^53 as doubles, exactly: the upper and the lower half in the mantissas of 2^84 and 2^52. */
FCAST_INLINE lanes bits_to_double(lanes_bits a) {
  const lanes_bits high = bits_or(bits_right(a, 32), bits_splat(0x4530000000000000));
  const lanes_bits low = bits_or(bits_and(a, bits_splat(0xffffffff)), bits_splat(0x4330000000000000));
  return lanes_add(lanes_sub(bits_as_lanes(high), lanes_splat(0x1.00000001p84)), bits_as_lanes(low));
}

/* Adding this rounds |a| < 2^51 to an integer, which then stands in the lowest bits of the double. */
#define FCAST_ROUNDER 0x1.8p52

/* a, at least 0 and below 2^32, without its fraction, as an integer. */
FCAST_INLINE lanes_bits lanes_truncate(lanes a) {
  const lanes rounder = lanes_splat(FCAST_ROUNDER);
  const lanes nearest = lanes_sub(lanes_add(a, rounder), rounder);
  const lanes lower = lanes_choose(lanes_lt(a, nearest), lanes_sub(nearest, lanes_splat(1.0)), nearest);
  return bits_and(lanes_as_bits(lanes_add(lower, rounder)), bits_splat(0xffffffff));
}

#endif
