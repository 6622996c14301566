/* SPDX-License-Identifier: MIT
 *
 * Cell list: every pair within the radius, once, in any box.
 *
 * Cells are at least the radius wide, so that the neighbours of an agent lie in its own and the touching cells. A
 * periodic box with fewer than three cells along a side has each of them visited once, not twice. Agents are copied in
 * the order of their cells, so that the agents of neighbouring cells lie side by side in memory. Source: Allen and
 * Tildesley 2017, 5.3.
 */
#ifndef FLOCKCAST_SIMULATE_CELLS_H
#define FLOCKCAST_SIMULATE_CELLS_H

#include "simulate/state.h"

typedef struct fcast_cells {
  size_t n_agents;
  size_t n_x, n_y; /* cells along each side */
  double box_x, box_y;
  fcast_boundary boundary;
  double largest_square;         /* pairs with dx^2 + dy^2 up to this are neighbours: sqrt of it is still <= R */
  size_t *start;                 /* [n_x * n_y + 1]: first agent of each cell in the sorted arrays */
  size_t *cell_of;               /* [agent] */
  size_t *sorted_agent;          /* [place]: which agent sits there; ascending within a cell */
  double *x, *y;                 /* [place] */
  double *heading_x, *heading_y; /* [place] */
} fcast_cells;

FCAST_MUST_CHECK fcast_status fcast__cells_alloc(const fcast_simulate_options *options, fcast_cells *cells,
                                                 fcast_error *err);
void fcast__cells_clear(fcast_cells *cells);

/* Sort the agents of `state` into the cells. */
void fcast__cells_build(const fcast_state *state, fcast_cells *cells);

/* Sum of the headings of all agents within the radius of each agent, itself included, into state->mean_x, mean_y. */
void fcast__cells_sum_headings(const fcast_cells *cells, fcast_state *state);

/* The largest square of a distance that counts as within `radius`. */
double fcast__largest_square(double radius);

/* Minimum image of a coordinate difference |d| < length in a periodic box. */
static inline double fcast__minimum_image(double d, double length) {
  return d > 0.5 * length ? d - length : (d < -0.5 * length ? d + length : d);
}

#endif
