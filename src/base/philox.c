/* SPDX-License-Identifier: MIT */
#include "base/philox.h"

#include "base/cpu.h"

fcast_philox_key fcast__philox_key(uint64_t seed, fcast_random_stream stream, uint64_t step) {
  return (fcast_philox_key){.seed = seed,
                            .step_word = (uint32_t)step,
                            .stream_word = (uint32_t)stream << 24 | (uint32_t)((step >> 32) & 0xffff) << 8};
}

static const fcast_philox_kernels *kernels(void) {
#if FCAST_CPU_X86
  static const fcast_philox_kernels *const levels[FCAST_CPU_LEVELS] = {&fcast__philox_baseline, &fcast__philox_avx2,
                                                                       &fcast__philox_avx512};
  return levels[fcast__cpu_level()];
#else
  return &fcast__philox_baseline;
#endif
}

void fcast__philox_uniform(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out) {
  const fcast_philox_key key = fcast__philox_key(seed, stream, step);
  kernels()->uniform(&key, n, out);
}

void fcast__philox_normal(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out) {
  const fcast_philox_key key = fcast__philox_key(seed, stream, step);
  kernels()->normal(&key, n, out);
}
