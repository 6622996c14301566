/* SPDX-License-Identifier: MIT
 *
 * Random numbers: NumPy's Generator(PCG64(seed)) bit for bit, or a counter-based Philox generator.
 *
 * Sources: O'Neill 2014 (PCG XSL-RR 128/64); NumPy's SeedSequence and 256-layer ziggurat (Marsaglia and Tsang 2000);
 * Salmon, Moraes, Dror and Shaw 2011 (Philox4x32-10); docs/method.md, "Random numbers".
 */
#ifndef FLOCKCAST_RANDOM_H
#define FLOCKCAST_RANDOM_H

#include "flockcast/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fcast_random_kind { FCAST_RANDOM_PCG64, FCAST_RANDOM_PHILOX } fcast_random_kind;

/* What a draw is for. Philox gives each purpose numbers of its own; PCG64 is one stream and takes draws in order. */
typedef enum fcast_random_stream {
  FCAST_STREAM_POSITIONS = 1,
  FCAST_STREAM_RADII = 2,
  FCAST_STREAM_HEADINGS = 3,
  FCAST_STREAM_NOISE = 4,
  FCAST_STREAM_PARAMETERS = 5
} fcast_random_stream;

/* State of one generator; treat as opaque. Plain data: no allocation, copy to fork. */
typedef struct fcast_random {
  fcast_random_kind kind;
  uint64_t seed;
  uint64_t pcg_state[2];     /* low, high word */
  uint64_t pcg_increment[2]; /* low, high word */
} fcast_random;

/* Seed a generator as numpy.random.default_rng(seed) does (PCG64), or take the seed as the key (Philox). */
FCAST_API void fcast_random_init(fcast_random *random, fcast_random_kind kind, uint64_t seed);

/* The next 64 raw bits of PCG64, as numpy.random.PCG64.random_raw. Not for Philox. */
FCAST_API uint64_t fcast_random_raw(fcast_random *random);

/* Fill out[0..n) with uniform numbers on [0, 1). For Philox they are a pure function of (seed, stream, step, index). */
FCAST_API void fcast_random_uniform(fcast_random *random, fcast_random_stream stream, uint64_t step, size_t n,
                                    double *out);

/* Fill out[0..n) with standard normal numbers: NumPy's ziggurat for PCG64, Box and Muller 1958 for Philox. */
FCAST_API void fcast_random_normal(fcast_random *random, fcast_random_stream stream, uint64_t step, size_t n,
                                   double *out);

#ifdef __cplusplus
}
#endif
#endif
