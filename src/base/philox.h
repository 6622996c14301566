/* SPDX-License-Identifier: MIT
 *
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): numbers as a pure function of (seed, stream, step, index).
 */
#ifndef FLOCKCAST_BASE_PHILOX_H
#define FLOCKCAST_BASE_PHILOX_H

#include "flockcast/random.h"

/* All but the index, in the form of counter words: (pair of indices, step, stream and high bits, 0). Streams and the
 * high bits of step and pair share the third word, so that no two (stream, step, pair) meet. */
typedef struct fcast_philox_key {
  uint64_t seed;
  uint32_t step_word;
  uint32_t stream_word;
} fcast_philox_key;

fcast_philox_key fcast__philox_key(uint64_t seed, fcast_random_stream stream, uint64_t step);

/* Fill out[0..n). Steps and indices are taken modulo 2^48 and 2^41. */
void fcast__philox_uniform(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out);
void fcast__philox_normal(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out);

/* The two for one level of base/cpu.h; only the levels that exist for the machine compiled for are there. */
typedef struct fcast_philox_kernels {
  void (*uniform)(const fcast_philox_key *key, size_t n, double *out);
  void (*normal)(const fcast_philox_key *key, size_t n, double *out);
} fcast_philox_kernels;

extern const fcast_philox_kernels fcast__philox_baseline;
extern const fcast_philox_kernels fcast__philox_avx2;
extern const fcast_philox_kernels fcast__philox_avx512;

#endif
