/* SPDX-License-Identifier: MIT
 *
 * Runs that are there twice: a seed stands for one run, whatever its directory is called.
 */
#ifndef FLOCKCAST_CLI_RUN_SEEDS_H
#define FLOCKCAST_CLI_RUN_SEEDS_H

#include "io/run_files.h"

/* The seed of a run that this program has made; -1 of others, whose seeds may be of anything. */
int64_t fcast_run_seed(const fcast_run_facts *facts);

/* The first of `n` seeds; `n` where it is not there, or not known. */
size_t fcast_run_seed_find(const int64_t *seeds, size_t n, int64_t seed);

/* That the run in `directory` has the seed of another. */
fcast_status fcast_run_seed_refuse(const char *directory, int64_t seed, const char *other, fcast_error *err);

/* That the test run in `directory` has the seed of a training run. */
fcast_status fcast_run_seed_refuse_trained(const char *directory, int64_t seed, const char *other, fcast_error *err);

#endif
