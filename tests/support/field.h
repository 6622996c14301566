/* SPDX-License-Identifier: MIT
 *
 * Field models and tracks of one frame for tests.
 */
#ifndef FLOCKCAST_TESTS_FIELD_H
#define FLOCKCAST_TESTS_FIELD_H

#include "check.h"

#include "flockcast/field.h"

/* A model of a box: `parts` cells of the state along each side of a cell of the density, alignment that falls off over
 * `reach`, speed 1, order 0.9, frames 0.1 apart. Owner: the caller, fcast_field_model_clear. */
fcast_field_model field_model_make(const fcast_density_options *density, int64_t parts, double state_bandwidth,
                                   double reach);

/* Forces that push near agents apart and pull far ones together, over `reach`. Steering: mu = 0.7. */
void field_model_push(fcast_field_model *model, fcast_field_force kind, double reach, double strength);

/* Agents anywhere in the box of `density`, headings within `spread` of pi either way of 0.6, speeds from 0.5 to 1.5. */
fcast_tracks field_tracks_make(const fcast_density_options *density, size_t n_agents, double spread, uint64_t seed);

/* The largest magnitude. */
double field_largest(const double *values, size_t n);

#endif
