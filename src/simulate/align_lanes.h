/* SPDX-License-Identifier: MIT
 *
 * Sums of the headings of neighbours, eight candidates at a time.
 *
 * The order of the additions is fixed: the runs of places around a cell one after the other, candidate k of a run in
 * lane k modulo 8, the lanes in the end as in lanes_total.
 */
#ifndef FLOCKCAST_SIMULATE_ALIGN_LANES_H
#define FLOCKCAST_SIMULATE_ALIGN_LANES_H

#include "simulate/pairs_lanes.h"

/* Agents of one cell that look at the same candidates together. */
enum { MAX_GROUP = 2 };

typedef struct heading_sums {
  lanes x[MAX_GROUP], y[MAX_GROUP]; /* of the looking agents */
  lanes sum_x[MAX_GROUP], sum_y[MAX_GROUP];
} heading_sums;

/* Candidates in `places`, of which only the first n <= 8 count where is_last. */
FCAST_INLINE void add_eight(const fcast_cells *cells, const fcast_run_of_places *run, size_t place, bool is_last,
                            size_t n, fcast_image_rule rule, size_t group, heading_sums *sums) {
  const lanes largest = lanes_splat(cells->grid.largest_square);
  const lanes heading_x = lanes_load(cells->heading_x + place);
  const lanes heading_y = lanes_load(cells->heading_y + place);
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    const lanes dx = difference(sums->x[g], cells->x + place, run->shift_x, cells->grid.box_x, rule);
    const lanes dy = difference(sums->y[g], cells->y + place, run->shift_y, cells->grid.box_y, rule);
    lanes_mask inside = lanes_le(lanes_add(lanes_mul(dx, dx), lanes_mul(dy, dy)), largest);
    if (is_last) {
      inside = mask_and(inside, mask_first(n));
    }
    sums->sum_x[g] = lanes_add_where(inside, sums->sum_x[g], heading_x);
    sums->sum_y[g] = lanes_add_where(inside, sums->sum_y[g], heading_y);
  }
}

FCAST_INLINE void add_run(const fcast_cells *cells, const fcast_run_of_places *run, fcast_image_rule rule, size_t group,
                          heading_sums *sums) {
  size_t place = run->first;
  size_t n = run->n;
  for (; n > LANES; n -= LANES, place += LANES) {
    add_eight(cells, run, place, false, LANES, rule, group, sums);
  }
  add_eight(cells, run, place, true, n, rule, group, sums);
}

/* The sums of the `group` agents in places from `place` on. */
FCAST_INLINE void sum_group(const fcast_cells *cells, const fcast_neighbourhood *around, fcast_image_rule rule,
                            size_t place, size_t group, double *sum_x, double *sum_y) {
  heading_sums sums;
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    sums.x[g] = lanes_splat(cells->x[place + g]);
    sums.y[g] = lanes_splat(cells->y[place + g]);
    sums.sum_x[g] = lanes_splat(0.0);
    sums.sum_y[g] = lanes_splat(0.0);
  }
  for (size_t r = 0; r < around->n_runs; r++) {
    add_run(cells, &around->run[r], rule, group, &sums);
  }
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    sum_x[g] = lanes_total(sums.sum_x[g]);
    sum_y[g] = lanes_total(sums.sum_y[g]);
  }
}

/* The sums of the agents in places [place, end), all of one cell. */
FCAST_INLINE void sum_cell(const fcast_cells *cells, const fcast_neighbourhood *around, fcast_image_rule rule,
                           size_t place, size_t end, double *sum_x, double *sum_y) {
  for (; place + MAX_GROUP <= end; place += MAX_GROUP, sum_x += MAX_GROUP, sum_y += MAX_GROUP) {
    sum_group(cells, around, rule, place, MAX_GROUP, sum_x, sum_y);
  }
  for (; place < end; place++, sum_x++, sum_y++) {
    sum_group(cells, around, rule, place, 1, sum_x, sum_y);
  }
}

FCAST_KERNEL void sum_headings(const fcast_cells *cells, size_t first, size_t last, double *sum_x, double *sum_y) {
  const fcast_grid *const grid = &cells->grid;
  cell_walk walk = walk_from(cells->start, grid, first);
  for (size_t place = first; place < last; walk_on(grid, &walk)) {
    const size_t end = cells->start[walk.cell + 1] < last ? cells->start[walk.cell + 1] : last;
    if (place < end) {
      fcast_neighbourhood around;
      double *const cell_x = sum_x + (place - first);
      double *const cell_y = sum_y + (place - first);
      fcast__grid_neighbourhood(grid, cells->start, walk.column, walk.row, &around);
      if (around.rule == FCAST_IMAGE_NONE) {
        sum_cell(cells, &around, FCAST_IMAGE_NONE, place, end, cell_x, cell_y);
      } else if (around.rule == FCAST_IMAGE_SHIFTED) {
        sum_cell(cells, &around, FCAST_IMAGE_SHIFTED, place, end, cell_x, cell_y);
      } else {
        sum_cell(cells, &around, FCAST_IMAGE_NEAREST, place, end, cell_x, cell_y);
      }
      place = end;
    }
  }
}

#endif
