/* SPDX-License-Identifier: MIT
 *
 * What kernels over pairs share: differences of positions, eight at a time, and the way from cell to cell.
 */
#ifndef FLOCKCAST_SIMULATE_PAIRS_LANES_H
#define FLOCKCAST_SIMULATE_PAIRS_LANES_H

#include "base/lanes.h"
#include "simulate/vicsek_kernels.h"

FCAST_INLINE lanes nearest_image(lanes d, double length) {
  const lanes all = lanes_splat(length);
  const lanes half = lanes_splat(0.5 * length);
  const lanes lowered = lanes_choose(lanes_lt(half, d), lanes_sub(d, all), d);
  return lanes_choose(lanes_lt(d, lanes_negate(half)), lanes_add(d, all), lowered);
}

FCAST_INLINE lanes difference(lanes a, const double *b, double shift, double length, fcast_image_rule rule) {
  const lanes d = lanes_sub(a, lanes_load(b));
  return rule == FCAST_IMAGE_NONE
             ? d
             : (rule == FCAST_IMAGE_SHIFTED ? lanes_sub(d, lanes_splat(shift)) : nearest_image(d, length));
}

/* A cell on the way through all of them. */
typedef struct cell_walk {
  size_t cell;
  uint32_t column, row;
} cell_walk;

/* The cell that holds a place. */
FCAST_KERNEL cell_walk walk_from(const uint32_t *start, const fcast_grid *grid, size_t place) {
  size_t first = 0;
  size_t last = (size_t)grid->n_x * grid->n_y;
  while (last - first > 1) {
    const size_t middle = first + (last - first) / 2;
    if (start[middle] <= place) {
      first = middle;
    } else {
      last = middle;
    }
  }
  return (cell_walk){first, (uint32_t)(first % grid->n_x), (uint32_t)(first / grid->n_x)};
}

FCAST_INLINE void walk_on(const fcast_grid *grid, cell_walk *walk) {
  walk->cell++;
  walk->column++;
  if (walk->column == grid->n_x) {
    walk->column = 0;
    walk->row++;
  }
}

#endif
