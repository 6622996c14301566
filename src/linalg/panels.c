/* SPDX-License-Identifier: MIT */
#include "linalg/panels.h"

#include "base/cpu.h"

#include <math.h>
#include <string.h>
#if FCAST_CPU_X86
#include <immintrin.h>
#endif

void fcast__panel_pack(const fcast_slices *slices, size_t panel, size_t first_inner, size_t n_inner, double *packed) {
  const size_t first = panel * FCAST_PANEL;
  const size_t n = slices->n - first < FCAST_PANEL ? slices->n - first : FCAST_PANEL;
  const double *base = slices->base + first * slices->step + first_inner * slices->inner_step;
  if (n < FCAST_PANEL) {
    memset(packed, 0, n_inner * FCAST_PANEL * sizeof *packed);
  }
  if (slices->step == 1) {
    for (size_t k = 0; k < n_inner; k++) {
      memcpy(packed + k * FCAST_PANEL, base + k * slices->inner_step, n * sizeof *packed);
    }
    return;
  }
  enum { BLOCK = 8 }; /* a cache line of each vector at a time */
  for (size_t block = 0; block < n_inner; block += BLOCK) {
    const size_t end = block + BLOCK < n_inner ? block + BLOCK : n_inner;
    for (size_t i = 0; i < n; i++) {
      for (size_t k = block; k < end; k++) {
        packed[k * FCAST_PANEL + i] = base[i * slices->step + k * slices->inner_step];
      }
    }
  }
}

/* Each variant fills sum[8][24] from whole strips and panels. */
typedef void (*strip_kernel)(const double *const rows[FCAST_STRIP], size_t inner_step, const double *panel,
                             size_t n_inner, double *c, size_t stride);

static void multiply_portable(const double *const rows[FCAST_STRIP], size_t inner_step, const double *panel,
                              size_t n_inner, double *c, size_t stride) {
  for (size_t i = 0; i < FCAST_STRIP; i++) {
    double sum[FCAST_PANEL] = {0.0};
    for (size_t k = 0; k < n_inner; k++) {
      for (size_t j = 0; j < FCAST_PANEL; j++) {
        sum[j] = fma(rows[i][k * inner_step], panel[k * FCAST_PANEL + j], sum[j]);
      }
    }
    for (size_t j = 0; j < FCAST_PANEL; j++) {
      c[i * stride + j] += sum[j];
    }
  }
}

#if FCAST_CPU_X86
/* Four rows by twelve columns at a time: what fits the sixteen registers. */
__attribute__((target("avx2,fma"))) static void multiply_quarter(const double *const rows[4], size_t inner_step,
                                                                 const double *panel, size_t n_inner, double *c,
                                                                 size_t stride) {
  __m256d sum[4][3];
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < 3; j++) {
      sum[i][j] = _mm256_setzero_pd();
    }
  }
  for (size_t k = 0; k < n_inner; k++) {
    const double *right = panel + k * FCAST_PANEL;
    const __m256d right_0 = _mm256_loadu_pd(right);
    const __m256d right_1 = _mm256_loadu_pd(right + 4);
    const __m256d right_2 = _mm256_loadu_pd(right + 8);
    for (size_t i = 0; i < 4; i++) {
      const __m256d left = _mm256_broadcast_sd(rows[i] + k * inner_step);
      sum[i][0] = _mm256_fmadd_pd(left, right_0, sum[i][0]);
      sum[i][1] = _mm256_fmadd_pd(left, right_1, sum[i][1]);
      sum[i][2] = _mm256_fmadd_pd(left, right_2, sum[i][2]);
    }
  }
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < 3; j++) {
      double *place = c + i * stride + 4 * j;
      _mm256_storeu_pd(place, _mm256_add_pd(_mm256_loadu_pd(place), sum[i][j]));
    }
  }
}

static void multiply_avx2(const double *const rows[FCAST_STRIP], size_t inner_step, const double *panel, size_t n_inner,
                          double *c, size_t stride) {
  for (size_t i = 0; i < FCAST_STRIP; i += 4) {
    for (size_t j = 0; j < FCAST_PANEL; j += 12) {
      multiply_quarter(rows + i, inner_step, panel + j, n_inner, c + i * stride + j, stride);
    }
  }
}

__attribute__((target("avx512f"))) static void multiply_avx512(const double *const rows[FCAST_STRIP], size_t inner_step,
                                                               const double *panel, size_t n_inner, double *c,
                                                               size_t stride) {
  __m512d sum[FCAST_STRIP][3];
  const double *row[FCAST_STRIP];
#pragma GCC unroll 8
  for (size_t i = 0; i < FCAST_STRIP; i++) {
    row[i] = rows[i];
    sum[i][0] = sum[i][1] = sum[i][2] = _mm512_setzero_pd();
  }
  for (size_t k = 0; k < n_inner; k++) {
    const double *right = panel + k * FCAST_PANEL;
    const __m512d right_0 = _mm512_loadu_pd(right);
    const __m512d right_1 = _mm512_loadu_pd(right + 8);
    const __m512d right_2 = _mm512_loadu_pd(right + 16);
#pragma GCC unroll 8
    for (size_t i = 0; i < FCAST_STRIP; i++) {
      const __m512d left = _mm512_set1_pd(row[i][k * inner_step]);
      sum[i][0] = _mm512_fmadd_pd(left, right_0, sum[i][0]);
      sum[i][1] = _mm512_fmadd_pd(left, right_1, sum[i][1]);
      sum[i][2] = _mm512_fmadd_pd(left, right_2, sum[i][2]);
    }
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < FCAST_STRIP; i++) {
    for (size_t j = 0; j < 3; j++) {
      double *place = c + i * stride + 8 * j;
      _mm512_storeu_pd(place, _mm512_add_pd(_mm512_loadu_pd(place), sum[i][j]));
    }
  }
}
#endif

static strip_kernel best_kernel(void) {
#if FCAST_CPU_X86
  const fcast_cpu_level level = fcast__cpu_level();
  if (level == FCAST_CPU_AVX512) {
    return multiply_avx512;
  }
  if (level == FCAST_CPU_AVX2) {
    return multiply_avx2;
  }
#endif
  return multiply_portable;
}

void fcast__panel_multiply(const double *left, size_t left_step, size_t left_inner_step, const double *panel,
                           size_t n_inner, size_t n_rows, size_t n_columns, double *c, size_t stride) {
  const strip_kernel multiply = best_kernel();
  const double *rows[FCAST_STRIP];
  for (size_t i = 0; i < FCAST_STRIP; i++) {
    rows[i] = left + (i < n_rows ? i : 0) * left_step; /* rows that are not there repeat the first */
  }
  if (n_rows >= FCAST_STRIP && n_columns >= FCAST_PANEL) {
    multiply(rows, left_inner_step, panel, n_inner, c, stride);
    return;
  }
  double whole[FCAST_STRIP * FCAST_PANEL] = {0.0};
  multiply(rows, left_inner_step, panel, n_inner, whole, FCAST_PANEL);
  for (size_t i = 0; i < n_rows && i < FCAST_STRIP; i++) {
    for (size_t j = 0; j < n_columns && j < FCAST_PANEL; j++) {
      c[i * stride + j] += whole[i * FCAST_PANEL + j];
    }
  }
}
