/* SPDX-License-Identifier: MIT
 *
 * The cells of a box, and which of them can hold neighbours of an agent.
 *
 * Rows of cells run along x. Where many agents are within the radius, cells are a fraction of it: the band of rows
 * around an agent is then closer to a disc. Source: Allen and Tildesley 2017, 5.3.
 */
#ifndef FLOCKCAST_SIMULATE_GRID_H
#define FLOCKCAST_SIMULATE_GRID_H

#include "flockcast/simulate.h"

enum { GRID_MAX_REACH = 4 };

typedef struct fcast_grid {
  double box_x, box_y;
  fcast_boundary boundary;
  double largest_square;                /* pairs with dx^2 + dy^2 up to this are neighbours: sqrt of it is still <= R */
  uint32_t n_x, n_y;                    /* cells along each side */
  double per_x, per_y;                  /* cells per unit length */
  uint32_t reach_y;                     /* rows above and below in which neighbours can be */
  uint32_t reach_x[GRID_MAX_REACH + 1]; /* [rows apart]: columns to the left and right */
  bool takes_all_rows;                  /* a periodic side too short for that: each row is taken once, */
  bool takes_all_columns;               /* each column likewise; the image is then chosen pair by pair */
} fcast_grid;

fcast_grid fcast__grid(const fcast_simulate_options *options);

/* The largest square of a distance that counts as within `radius`. */
double fcast__largest_square(double radius);

/* Places [first, first + n) of agents sorted by cell: neighbouring cells of one row. A neighbour there lies at
 * (x + shift_x, y + shift_y) of the box that repeats. */
typedef struct fcast_run_of_places {
  size_t first, n;
  double shift_x, shift_y;
} fcast_run_of_places;

enum { GRID_MAX_RUNS = 2 * (2 * GRID_MAX_REACH + 1) };

/* Where the neighbours of the agents in a cell are, in a fixed order; start[c] is the first place of cell c. Returns
 * how many runs, up to GRID_MAX_RUNS; empty ones are left out. */
size_t fcast__grid_runs(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                        fcast_run_of_places *runs);

#endif
