/* SPDX-License-Identifier: MIT
 *
 * The Morse force, made ready for the kernels (SPEC section 2, "Morse force").
 *
 * Each pair is looked at once, from the agent whose row of cells comes first (Newton's third law). So that threads can
 * share the work, rows are cut into bands at least as high as forces reach: those of a band act on each other and on
 * the next band, whose agents collect both kinds of forces apart. Bands depend on the grid alone, and so do sums.
 */
#ifndef FLOCKCAST_SIMULATE_FORCE_H
#define FLOCKCAST_SIMULATE_FORCE_H

#include "simulate/grid.h"

/* Distances are taken to be at least this. */
#define SMALLEST_DISTANCE 1e-6

typedef struct fcast_force {
  fcast_grid grid;             /* the cells of the agents, as far as forces reach */
  size_t n_bands;              /* of its rows */
  double far_peak, near_peak;  /* Cr/lr and -Ca/la: that of the longer length, and that of the shorter */
  double far_rate, near_rate;  /* e^{-r/length} is 2^{rate r} */
  int power;                   /* the longer length is this many times the shorter; 0: no whole number up to 8 */
  double *x, *y;               /* [place] forces by agents of the own band */
  double *x_before, *y_before; /* [place] and by those of the band before; not their own */
  void *block;                 /* owns all of them */
} fcast_force;

/* The distance up to which pairs exert forces. */
double fcast__cutoff(const fcast_force_options *options);

/* For agents in the cells of `grid`. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__force_alloc(const fcast_simulate_options *options, const fcast_grid *grid,
                                                 fcast_force *force, fcast_error *err);
void fcast__force_clear(fcast_force *force);

/* Rows [first, last) of band i; the agents of row r are in places [start[r * n_x], start[(r + 1) * n_x]). */
size_t fcast__band_first_row(const fcast_force *force, size_t i);

#endif
