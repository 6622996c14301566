/* SPDX-License-Identifier: MIT
 *
 * NumPy's PCG64 stream: SeedSequence, PCG XSL-RR 128/64, uniform doubles and ziggurat normals, bit for bit.
 */
#ifndef FLOCKCAST_BASE_PCG64_H
#define FLOCKCAST_BASE_PCG64_H

#include "flockcast/random.h"

/* Seed as numpy.random.PCG64(seed) does, through SeedSequence. */
void fcast__pcg64_seed(fcast_random *random, uint64_t seed);

uint64_t fcast__pcg64_next(fcast_random *random);
void fcast__pcg64_uniform(fcast_random *random, size_t n, double *out);
void fcast__pcg64_normal(fcast_random *random, size_t n, double *out);

#endif
