/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out: of functions with small inputs the first allocation fails, then the second, until they succeed.
 * Each time an error with one line of text, nothing leaked, nothing crashed.
 *
 * malloc and its kin are defined here and so stand before those of libc for all libraries of the process. Calls of the
 * program, libzip, jansson, libyaml and libc fail; those of OpenMP and BLAS do not, since they end the process where
 * memory is short. Only the programs test_memory_* are linked with it.
 */
#ifndef FLOCKCAST_TESTS_FAILING_MEMORY_H
#define FLOCKCAST_TESTS_FAILING_MEMORY_H

#include "check.h"

/* A call of a function, which releases what it gets. */
typedef struct failing_use {
  const char *name; /* of the function, for the table */
  fcast_status (*use)(fcast_error *err);
  size_t stride; /* every stride-th allocation fails: 1, or more where all of them take long */
} failing_use;

/* Try them all. With FCAST_TABLE set in the environment the counts are printed, a row of docs/reliability.md for each.
 */
void failing_memory_try(const failing_use *uses, size_t n_uses);

/* For what a use looks at behind its call: until the next one, nothing fails and nothing is counted. */
void failing_memory_disarm(void);

#endif
