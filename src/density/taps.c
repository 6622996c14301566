/* SPDX-License-Identifier: MIT */
#include "density/taps.h"

#include "base/cpu.h"

#include <string.h>

#if FCAST_CPU_X86
#define FOR_LEVEL(features) __attribute__((target(features)))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

enum { TOGETHER = 4 }; /* taps to one pass over `out`, which stays in a register meanwhile */

/* out (zeros where `is_first`) plus four taps. */
static ALWAYS_INLINE void add_four(const fcast_tap *taps, size_t n, int is_first, double *restrict out) {
  const double *const a0 = taps[0].before, *const b0 = taps[0].behind;
  const double *const a1 = taps[1].before, *const b1 = taps[1].behind;
  const double *const a2 = taps[2].before, *const b2 = taps[2].behind;
  const double *const a3 = taps[3].before, *const b3 = taps[3].behind;
  const double w0 = taps[0].weight, w1 = taps[1].weight, w2 = taps[2].weight, w3 = taps[3].weight;
  for (size_t i = 0; i < n; i++) {
    double sum = is_first ? 0.0 : out[i];
    sum += w0 * (a0[i] + b0[i]);
    sum += w1 * (a1[i] + b1[i]);
    sum += w2 * (a2[i] + b2[i]);
    sum += w3 * (a3[i] + b3[i]);
    out[i] = sum;
  }
}

static ALWAYS_INLINE void add_one(const fcast_tap *tap, size_t n, double *restrict out) {
  const double *const a = tap->before, *const b = tap->behind;
  const double w = tap->weight;
  for (size_t i = 0; i < n; i++) {
    out[i] += w * (a[i] + b[i]);
  }
}

/* The compiler vectorises along i, where the values are independent: how many go together changes none of them. Fused
 * multiply and add would, so the build forbids contraction. */
static ALWAYS_INLINE void sum_taps(const fcast_tap *taps, size_t n_taps, size_t n, double *restrict out) {
  size_t i_tap = 0;
  if (n_taps >= TOGETHER) {
    add_four(taps, n, 1, out);
    i_tap = TOGETHER;
  } else {
    memset(out, 0, n * sizeof *out);
  }
  for (; i_tap + TOGETHER <= n_taps; i_tap += TOGETHER) {
    add_four(taps + i_tap, n, 0, out);
  }
  for (; i_tap < n_taps; i_tap++) {
    add_one(taps + i_tap, n, out);
  }
}

static void sum_plain(const fcast_tap *taps, size_t n_taps, size_t n, double *restrict out) {
  sum_taps(taps, n_taps, n, out);
}

#if FCAST_CPU_X86
FOR_LEVEL("avx2") static void sum_avx2(const fcast_tap *taps, size_t n_taps, size_t n, double *restrict out) {
  sum_taps(taps, n_taps, n, out);
}

FOR_LEVEL("avx512f")
static void sum_avx512(const fcast_tap *taps, size_t n_taps, size_t n, double *restrict out) {
  sum_taps(taps, n_taps, n, out);
}
#endif

fcast_taps_sum *fcast__taps_sum(void) {
#if FCAST_CPU_X86
  const fcast_cpu_level level = fcast__cpu_level();
  if (level == FCAST_CPU_AVX512) {
    return sum_avx512;
  }
  if (level == FCAST_CPU_AVX2) {
    return sum_avx2;
  }
#endif
  return sum_plain;
}
