/* SPDX-License-Identifier: MIT
 *
 * Include before base/lanes.h: what follows uses only instructions that every machine of this kind has.
 */
#define FCAST_LEVEL(name) name##_baseline
#define FCAST_PART_LANES 2
#define FCAST_TARGET
