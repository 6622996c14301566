/* SPDX-License-Identifier: MIT
 *
 * Agents sorted by cell, so that the agents of neighbouring cells of a row lie side by side in memory.
 *
 * Sorting is a counting sort that keeps the order of agents within a cell, done by any number of threads: each owns a
 * band of rows and looks for its agents among the places of the sort before, where those rows and the rows an agent can
 * come from were. The outcome does not depend on the bands.
 */
#ifndef FLOCKCAST_SIMULATE_CELLS_H
#define FLOCKCAST_SIMULATE_CELLS_H

#include "simulate/grid.h"
#include "simulate/state.h"

typedef struct fcast_cells {
  size_t n_agents;
  fcast_grid grid;
  uint32_t *start;      /* [n_x * n_y + 1]: first place of each cell */
  uint32_t *next_start; /* that of the sort under way */
  double *x, *y;        /* [place], with PLACES_BEYOND as in fcast_state */
  double *heading_x, *heading_y;
  double *speed;   /* NULL as in fcast_state */
  uint32_t *agent; /* [place]: who stands there */
  void *block;     /* owns all of them */
} fcast_cells;

FCAST_MUST_CHECK fcast_status fcast__cells_alloc(const fcast_simulate_options *options, fcast_cells *cells,
                                                 fcast_error *err);
void fcast__cells_clear(fcast_cells *cells);

/* Sort agents in any order; state->cell says where they are. */
void fcast__cells_sort(const fcast_state *state, fcast_cells *cells);

/* The part of one thread in sorting again agents that stand in the order of `cells`, having moved by at most `step`
 * since. */
typedef struct fcast_band {
  size_t first_row, last_row; /* rows of cells [first, last) to fill */
  size_t n_sources;
  struct {
    size_t first, last; /* places [first, last) to look through */
  } source[2];
} fcast_band;

/* Band `i` of `n`: about equally many agents in each. */
fcast_band fcast__cells_band(const fcast_cells *cells, double step, size_t i, size_t n);

/* Count the agents of each cell of the band. Returns how many there are in all. */
size_t fcast__cells_count(const fcast_band *band, const uint32_t *cell, fcast_cells *cells);

/* Then, when all bands are counted: put the agents of the band in place, the first in place `first`. The new start
 * stands in cells->next_start. */
void fcast__cells_place(const fcast_band *band, size_t first, const fcast_state *state, fcast_cells *cells);

#endif
