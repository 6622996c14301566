/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"

#include <stdatomic.h>

static atomic_int wanted_level = FCAST_CPU_LEVELS;

fcast_cpu_level fcast__cpu_highest(void) {
#if FCAST_CPU_X86
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    return FCAST_CPU_AVX512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return FCAST_CPU_AVX2;
  }
#endif
  return FCAST_CPU_BASELINE;
}

fcast_cpu_level fcast__cpu_level(void) {
  const fcast_cpu_level highest = fcast__cpu_highest();
  const fcast_cpu_level wanted = (fcast_cpu_level)atomic_load_explicit(&wanted_level, memory_order_relaxed);
  return wanted < highest ? wanted : highest;
}

const char *fcast__cpu_level_name(fcast_cpu_level level) {
  static const char *const names[FCAST_CPU_LEVELS] = {FCAST_CPU_X86 ? "SSE2" : "baseline", "AVX2", "AVX-512"};
  return names[level];
}

void fcast__cpu_set_level(fcast_cpu_level level) {
  atomic_store_explicit(&wanted_level, (int)level, memory_order_relaxed);
}
