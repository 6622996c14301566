/* SPDX-License-Identifier: MIT
 *
 * Field models, tracks of one frame, and simulated runs to learn from, for tests.
 */
#ifndef FLOCKCAST_TESTS_FIELD_H
#define FLOCKCAST_TESTS_FIELD_H

#include "check.h"

#include "flockcast/interaction.h"

/* A model of a box: `parts` cells of the state along each side of a cell of the density, alignment that falls off over
 * `reach`, speed 1, order 0.9, frames 0.1 apart. Owner: the caller, fcast_field_model_clear. */
fcast_field_model field_model_make(const fcast_density_options *density, int64_t parts, double state_bandwidth,
                                   double reach);

/* Forces that push near agents apart and pull far ones together, over `reach`. Steering: mu = 0.7. */
void field_model_push(fcast_field_model *model, fcast_field_force kind, double reach, double strength);

/* Agents anywhere in the box of `density`, headings within `spread` of pi either way of 0.6, speeds from 0.5 to 1.5. */
fcast_tracks field_tracks_make(const fcast_density_options *density, size_t n_agents, double spread, uint64_t seed);

/* Runs in memory. Owner: the caller, field_runs_clear. */
typedef struct field_runs {
  size_t n_runs;
  fcast_tracks *tracks; /* [run] */
} field_runs;

/* Runs of all initial conditions in turn, seeds from `seed` on. */
field_runs field_runs_simulate(const fcast_simulate_options *options, size_t n_runs, uint64_t seed);
void field_runs_clear(field_runs *runs);

/* Borrows the runs; every read is a copy. */
fcast_tracks_source field_runs_source(field_runs *runs);

/* Density of the box of a simulation on n x n cells, two cells wide. */
fcast_density_options field_density_of(const fcast_simulate_options *options, int64_t n);

/* The law of motion of `n_runs` simulated runs, with densities on n x n cells; the listener must hear of all of it.
 * Owner: the caller, fcast_field_model_clear. */
fcast_field_model field_learn(const fcast_simulate_options *options, int64_t n, size_t n_runs, uint64_t seed);

/* Within a part of the truth, which is inside the interval, or no farther out than half of it is wide. */
void field_check_estimate(const fcast_estimate *found, double truth, double part);

/* The largest magnitude. */
double field_largest(const double *values, size_t n);

#endif
