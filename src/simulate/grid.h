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

enum { GRID_MAX_REACH = 16 };

typedef struct fcast_grid {
  double box_x, box_y;
  fcast_boundary boundary;
  double largest_square;                /* pairs with dx^2 + dy^2 up to this count: sqrt of it is still <= the radius */
  uint32_t n_x, n_y;                    /* cells along each side */
  double per_x, per_y;                  /* cells per unit length */
  uint32_t reach_y;                     /* rows above and below in which neighbours can be */
  uint32_t reach_x[GRID_MAX_REACH + 1]; /* [rows apart]: columns to the left and right */
  bool takes_all_rows;                  /* a periodic side too short for that: each row is taken once, */
  bool takes_all_columns;               /* each column likewise; the image is then chosen pair by pair */
} fcast_grid;

/* Where neighbours to align with are. */
fcast_grid fcast__grid(const fcast_simulate_options *options);

/* Where agents up to `cutoff` are that exert forces, in the cells of `grid`. Where these can be anywhere, all cells are
 * one row, to be taken as a whole. */
fcast_grid fcast__grid_of_forces(const fcast_grid *grid, double cutoff);

/* The largest square of a distance that counts as within `radius`. */
double fcast__largest_square(double radius);

/* Places [first, first + n) of agents sorted by cell: neighbouring cells of one row. Where the box repeats, the nearest
 * image of an agent there is at (x + shift_x, y + shift_y). */
typedef struct fcast_run_of_places {
  size_t first, n;
  double shift_x, shift_y;
} fcast_run_of_places;

enum { GRID_MAX_RUNS = 2 * (2 * GRID_MAX_REACH + 1) };

/* How the difference to an agent of a run is taken: as it is, less the shift, or to the nearest image, pair by pair. */
typedef enum fcast_image_rule { FCAST_IMAGE_NONE, FCAST_IMAGE_SHIFTED, FCAST_IMAGE_NEAREST } fcast_image_rule;

/* Where the neighbours of the agents in one cell are. */
typedef struct fcast_neighbourhood {
  fcast_image_rule rule; /* for all runs */
  size_t n_runs;
  size_t n_own_runs; /* the first of them, of fcast__grid_forward, which may hold agents before the own ones */
  fcast_run_of_places run[GRID_MAX_RUNS]; /* in a fixed order; some may be empty */
} fcast_neighbourhood;

/* start[c] is the first place of cell c. */
void fcast__grid_neighbourhood(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                               fcast_neighbourhood *out);

/* The half of it that holds each pair once: the runs of the own row come first, n_own_runs of them, and of those only
 * agents in places behind the own one count; then those of the rows after it. Where all rows are taken, all are own. */
void fcast__grid_forward(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                         fcast_neighbourhood *out);

#endif
