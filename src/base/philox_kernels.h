/* SPDX-License-Identifier: MIT
 *
 * Filling arrays with Philox numbers, for the level of base/lanes.h in hand.
 */
#ifndef FLOCKCAST_BASE_PHILOX_KERNELS_H
#define FLOCKCAST_BASE_PHILOX_KERNELS_H

#include "base/philox_lanes.h"

FCAST_INLINE void fill(const fcast_philox_key *key, size_t n, double *out, int is_normal) {
  static const uint32_t count[LANES] = {0, 1, 2, 3, 4, 5, 6, 7};
  for (size_t i = 0; i < n; i += LANES) {
    const lanes_bits index = bits_add(bits_splat(i), bits_load32(count));
    const lanes number = is_normal ? lanes_philox_normal(key, index) : lanes_philox_uniform(key, index);
    if (i + LANES <= n) {
      lanes_store(out + i, number);
    } else {
      double last[LANES];
      lanes_store(last, number);
      memcpy(out + i, last, (n - i) * sizeof *out);
    }
  }
}

FCAST_KERNEL void fill_uniform(const fcast_philox_key *key, size_t n, double *out) {
  fill(key, n, out, 0);
}

FCAST_KERNEL void fill_normal(const fcast_philox_key *key, size_t n, double *out) {
  fill(key, n, out, 1);
}

const fcast_philox_kernels FCAST_LEVEL(fcast__philox) = {.uniform = fill_uniform, .normal = fill_normal};

#endif
