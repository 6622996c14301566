/* SPDX-License-Identifier: MIT
 *
 * Sums of the headings of neighbours, eight candidates at a time.
 *
 * The order of the additions is fixed: the runs of places around a cell one after the other, candidate k of a run in
 * lane k modulo 8, the lanes in the end as in lanes_total.
 */
#ifndef FLOCKCAST_SIMULATE_ALIGN_LANES_H
#define FLOCKCAST_SIMULATE_ALIGN_LANES_H

#include "base/lanes.h"
#include "simulate/vicsek_kernels.h"

/* How the difference to a candidate is taken: as it is, from the box that repeats, or to its nearest image. */
typedef enum image_rule { AS_IT_IS, SHIFTED, NEAREST } image_rule;

FCAST_INLINE lanes nearest_image(lanes d, double length) {
  const lanes all = lanes_splat(length);
  const lanes half = lanes_splat(0.5 * length);
  const lanes lowered = lanes_choose(lanes_lt(half, d), lanes_sub(d, all), d);
  return lanes_choose(lanes_lt(d, lanes_negate(half)), lanes_add(d, all), lowered);
}

FCAST_INLINE lanes difference(lanes a, const double *b, double shift, double length, image_rule rule) {
  const lanes d = lanes_sub(a, lanes_load(b));
  return rule == AS_IT_IS ? d : (rule == SHIFTED ? lanes_sub(d, lanes_splat(shift)) : nearest_image(d, length));
}

/* Agents of one cell that look at the same candidates together. */
enum { MAX_GROUP = 4 };

typedef struct heading_sums {
  lanes x[MAX_GROUP], y[MAX_GROUP]; /* of the looking agents */
  lanes sum_x[MAX_GROUP], sum_y[MAX_GROUP];
} heading_sums;

/* Candidates in `places`, of which only the first n <= 8 count where is_last. */
FCAST_INLINE void add_eight(const fcast_cells *cells, const fcast_run_of_places *run, size_t place, bool is_last,
                            size_t n, image_rule rule, size_t group, heading_sums *sums) {
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

FCAST_INLINE void add_run(const fcast_cells *cells, const fcast_run_of_places *run, image_rule rule, size_t group,
                          heading_sums *sums) {
  size_t place = run->first;
  size_t n = run->n;
  for (; n > LANES; n -= LANES, place += LANES) {
    add_eight(cells, run, place, false, LANES, rule, group, sums);
  }
  add_eight(cells, run, place, true, n, rule, group, sums);
}

/* The sums of the `group` agents in places from `place` on. */
FCAST_INLINE void sum_group(const fcast_cells *cells, const fcast_run_of_places *runs, size_t n_runs, size_t place,
                            size_t group, double *sum_x, double *sum_y) {
  const bool takes_nearest = cells->grid.takes_all_rows || cells->grid.takes_all_columns;
  heading_sums sums;
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    sums.x[g] = lanes_splat(cells->x[place + g]);
    sums.y[g] = lanes_splat(cells->y[place + g]);
    sums.sum_x[g] = lanes_splat(0.0);
    sums.sum_y[g] = lanes_splat(0.0);
  }
  for (size_t r = 0; r < n_runs; r++) {
    if (takes_nearest) {
      add_run(cells, &runs[r], NEAREST, group, &sums);
    } else if (runs[r].shift_x != 0.0 || runs[r].shift_y != 0.0) {
      add_run(cells, &runs[r], SHIFTED, group, &sums);
    } else {
      add_run(cells, &runs[r], AS_IT_IS, group, &sums);
    }
  }
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    sum_x[g] = lanes_total(sums.sum_x[g]);
    sum_y[g] = lanes_total(sums.sum_y[g]);
  }
}

/* The cell that holds a place. */
FCAST_KERNEL size_t cell_of_place(const fcast_cells *cells, size_t place) {
  size_t first = 0;
  size_t last = (size_t)cells->grid.n_x * cells->grid.n_y;
  while (last - first > 1) {
    const size_t middle = first + (last - first) / 2;
    if (cells->start[middle] <= place) {
      first = middle;
    } else {
      last = middle;
    }
  }
  return first;
}

FCAST_KERNEL void sum_headings(const fcast_cells *cells, size_t first, size_t last, double *sum_x, double *sum_y) {
  const uint32_t n_x = cells->grid.n_x;
  size_t place = first;
  for (size_t cell = cell_of_place(cells, first); place < last; cell++) {
    const size_t end = cells->start[cell + 1] < last ? cells->start[cell + 1] : last;
    if (place == end) {
      continue;
    }
    fcast_run_of_places runs[GRID_MAX_RUNS];
    const size_t n_runs =
        fcast__grid_runs(&cells->grid, cells->start, (uint32_t)(cell % n_x), (uint32_t)(cell / n_x), runs);
    for (; place + 2 <= end; place += 2) {
      sum_group(cells, runs, n_runs, place, 2, sum_x + (place - first), sum_y + (place - first));
    }
    for (; place < end; place++) {
      sum_group(cells, runs, n_runs, place, 1, sum_x + (place - first), sum_y + (place - first));
    }
  }
}

#endif
