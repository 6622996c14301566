/* SPDX-License-Identifier: MIT */
#include "forecast/scatter.h"

#include "base/cpu.h"

#if FCAST_CPU_X86
#define FOR_LEVEL(features) __attribute__((target(features)))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* Vectorised along a row, where the values are independent. */
static ALWAYS_INLINE void scatter(const fcast_stencil *stencil, size_t stride, double x, double y,
                                  double *restrict halo_x, double *restrict halo_y) {
  const size_t width = 2 * stencil->half_x + 1;
  const size_t height = 2 * stencil->half_y + 1;
  const double *last_component = stencil->weight + (stencil->n_components - 1) * height * width;
  for (size_t row = 0; row < height; row++) {
    const size_t first = stencil->first[row];
    const size_t n = stencil->last[row] > first ? stencil->last[row] - first : 0;
    const double *weight_x = stencil->weight + row * width + first;
    const double *weight_y = last_component + row * width + first;
    double *restrict to_x = halo_x + row * stride + first;
    double *restrict to_y = halo_y + row * stride + first;
    for (size_t i = 0; i < n; i++) {
      to_x[i] += weight_x[i] * x;
      to_y[i] += weight_y[i] * y;
    }
  }
}

static void scatter_plain(const fcast_stencil *stencil, size_t stride, double x, double y, double *restrict halo_x,
                          double *restrict halo_y) {
  scatter(stencil, stride, x, y, halo_x, halo_y);
}

#if FCAST_CPU_X86
FOR_LEVEL("avx2")
static void scatter_avx2(const fcast_stencil *stencil, size_t stride, double x, double y, double *restrict halo_x,
                         double *restrict halo_y) {
  scatter(stencil, stride, x, y, halo_x, halo_y);
}

FOR_LEVEL("avx512f")
static void scatter_avx512(const fcast_stencil *stencil, size_t stride, double x, double y, double *restrict halo_x,
                           double *restrict halo_y) {
  scatter(stencil, stride, x, y, halo_x, halo_y);
}
#endif

fcast_scatter *fcast__scatter(void) {
#if FCAST_CPU_X86
  const fcast_cpu_level level = fcast__cpu_level();
  if (level == FCAST_CPU_AVX512) {
    return scatter_avx512;
  }
  if (level == FCAST_CPU_AVX2) {
    return scatter_avx2;
  }
#endif
  return scatter_plain;
}
