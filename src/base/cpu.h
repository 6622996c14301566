/* SPDX-License-Identifier: MIT
 *
 * Which vector instructions this machine has. Kernels are compiled once for each level and chosen at run time; all
 * levels work in the same lanes and order (base/lanes.h), so that they give equal bits.
 */
#ifndef FLOCKCAST_BASE_CPU_H
#define FLOCKCAST_BASE_CPU_H

#if defined(__x86_64__) && defined(__GNUC__)
#define FCAST_CPU_X86 1
#else
#define FCAST_CPU_X86 0
#endif

typedef enum fcast_cpu_level {
  FCAST_CPU_BASELINE, /* what the compiler may assume anyway */
  FCAST_CPU_AVX2,
  FCAST_CPU_AVX512, /* F and DQ */
  FCAST_CPU_LEVELS
} fcast_cpu_level;

/* The highest level this machine has. */
fcast_cpu_level fcast__cpu_highest(void);

/* The level kernels are to use: the highest, or what fcast__cpu_set_level asked for. */
fcast_cpu_level fcast__cpu_level(void);

/* "AVX2", ...; never NULL. */
const char *fcast__cpu_level_name(fcast_cpu_level level);

/* For tests: use `level` or, where the machine lacks it, the highest, for the calls that begin after this one. */
void fcast__cpu_set_level(fcast_cpu_level level);

#endif
