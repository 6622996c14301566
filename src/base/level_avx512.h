/* SPDX-License-Identifier: MIT
 *
 * Include before base/lanes.h: what follows is compiled for AVX-512 F and DQ.
 */
#define FCAST_LEVEL(name) name##_avx512
#define FCAST_PART_LANES 8
#define FCAST_TARGET __attribute__((target("avx512f,avx512dq")))
