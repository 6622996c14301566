/* SPDX-License-Identifier: MIT
 *
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): numbers as a pure function of (seed, stream, step, index).
 */
#ifndef FLOCKCAST_BASE_PHILOX_H
#define FLOCKCAST_BASE_PHILOX_H

#include "flockcast/random.h"

/* The bare block function: `counter` is encrypted in place. */
void fcast__philox_block(uint32_t counter[4], uint64_t key);

/* Steps and indices are taken modulo 2^48 and 2^40. */
void fcast__philox_uniform(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out);
void fcast__philox_normal(uint64_t seed, fcast_random_stream stream, uint64_t step, size_t n, double *out);

#endif
