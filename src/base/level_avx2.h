/* SPDX-License-Identifier: MIT
 *
 * Include before base/lanes.h: what follows is compiled for AVX2, but without FMA, which would round differently.
 */
#define FCAST_LEVEL(name) name##_avx2
#define FCAST_PART_LANES 4
#define FCAST_TARGET __attribute__((target("avx2")))
