/* SPDX-License-Identifier: MIT */
#include "flockcast/random.h"

#include "base/pcg64.h"
#include "base/philox.h"

void fcast_random_init(fcast_random *random, fcast_random_kind kind, uint64_t seed) {
  *random = (fcast_random){.kind = kind, .seed = seed};
  if (kind == FCAST_RANDOM_PCG64) {
    fcast__pcg64_seed(random, seed);
  }
}

uint64_t fcast_random_raw(fcast_random *random) {
  return fcast__pcg64_next(random);
}

void fcast_random_uniform(fcast_random *random, fcast_random_stream stream, uint64_t step, size_t n, double *out) {
  if (random->kind == FCAST_RANDOM_PCG64) {
    fcast__pcg64_uniform(random, n, out);
  } else {
    fcast__philox_uniform(random->seed, stream, step, n, out);
  }
}

void fcast_random_normal(fcast_random *random, fcast_random_stream stream, uint64_t step, size_t n, double *out) {
  if (random->kind == FCAST_RANDOM_PCG64) {
    fcast__pcg64_normal(random, n, out);
  } else {
    fcast__philox_normal(random->seed, stream, step, n, out);
  }
}
