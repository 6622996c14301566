/* SPDX-License-Identifier: MIT
 *
 * Sums of the forces on agents, and what they do to speed and direction, eight at a time.
 *
 * The partners of an agent are gathered first, then the force of each is found, then all are added, once to the agent
 * and once, with the other sign, to the partner: the chain of operations behind a force is long, and short loops
 * overlap where one long one waits. The order of all additions is fixed. The two forces of a pair are exact opposites.
 */
#ifndef FLOCKCAST_SIMULATE_FORCE_LANES_H
#define FLOCKCAST_SIMULATE_FORCE_LANES_H

#include "base/vector_math.h"
#include "simulate/pairs_lanes.h"

/* Partners of one agent handled in one go, and the runs of places they stand in. */
enum { MAX_PARTNERS = 512 };

typedef struct partners {
  size_t n, n_runs;
  struct {
    size_t place, n;
    bool is_next; /* of the next band */
  } run[GRID_MAX_RUNS];
  double dx[MAX_PARTNERS + LANES], dy[MAX_PARTNERS + LANES]; /* from the partner to the agent */
  double square[MAX_PARTNERS + LANES];                       /* of their distance; then force over distance */
} partners;

/* Differences to n agents from `place` on. */
FCAST_INLINE void gather(const fcast_cells *cells, const fcast_force *force, const fcast_run_of_places *run,
                         fcast_image_rule rule, size_t agent, size_t place, size_t n, partners *p) {
  const lanes x = lanes_splat(cells->x[agent]);
  const lanes y = lanes_splat(cells->y[agent]);
  for (size_t k = 0; k < n; k += LANES) {
    const lanes dx = difference(x, cells->x + place + k, run->shift_x, force->grid.box_x, rule);
    const lanes dy = difference(y, cells->y + place + k, run->shift_y, force->grid.box_y, rule);
    lanes_store(p->dx + p->n + k, dx);
    lanes_store(p->dy + p->n + k, dy);
    lanes_store(p->square + p->n + k, lanes_add(lanes_mul(dx, dx), lanes_mul(dy, dy)));
  }
  p->n += n;
}

/* Squares of distances to forces over distances; beyond the cut-off there are none. */
FCAST_INLINE void find_forces(const fcast_force *force, partners *p) {
  const lanes smallest = lanes_splat(SMALLEST_DISTANCE * SMALLEST_DISTANCE);
  const lanes largest = lanes_splat(force->grid.largest_square);
  for (size_t k = 0; k < p->n; k += LANES) {
    const lanes square = lanes_load(p->square + k);
    const lanes distance = lanes_sqrt(lanes_max(square, smallest));
    const lanes repulsion = lanes_exp2_of_negative(lanes_mul(distance, lanes_splat(force->repulsion_rate)));
    const lanes attraction = lanes_exp2_of_negative(lanes_mul(distance, lanes_splat(force->attraction_rate)));
    const lanes strength = lanes_sub(lanes_mul(lanes_splat(force->repulsion), repulsion),
                                     lanes_mul(lanes_splat(force->attraction), attraction));
    const lanes_mask is_near = lanes_le(square, largest);
    lanes_store(p->square + k, lanes_choose(is_near, lanes_div(strength, distance), lanes_splat(0.0)));
  }
}

/* Add eight products to `sum` and take them, or the first n < 8 of them, off `opposite`. */
FCAST_INLINE void exert(lanes force, size_t n, lanes *sum, double *opposite) {
  if (n >= LANES) {
    *sum = lanes_add(*sum, force);
    lanes_store(opposite, lanes_sub(lanes_load(opposite), force));
    return;
  }
  *sum = lanes_add_where(mask_first(n), *sum, force);
  lanes_store_first(opposite, n, lanes_sub(lanes_load_first(opposite, n), force));
}

/* Forces between the agent and its partners. */
FCAST_INLINE void exert_all(const fcast_force *force, size_t agent, const partners *p) {
  lanes sum_x = lanes_splat(0.0);
  lanes sum_y = lanes_splat(0.0);
  size_t first = 0;
  for (size_t r = 0; r < p->n_runs; r++) {
    const size_t n = p->run[r].n;
    double *const x = (p->run[r].is_next ? force->x_before : force->x) + p->run[r].place;
    double *const y = (p->run[r].is_next ? force->y_before : force->y) + p->run[r].place;
    for (size_t k = 0; k < n; k += LANES) {
      const lanes pull = lanes_load(p->square + first + k);
      exert(lanes_mul(pull, lanes_load(p->dx + first + k)), n - k, &sum_x, x + k);
      exert(lanes_mul(pull, lanes_load(p->dy + first + k)), n - k, &sum_y, y + k);
    }
    first += n;
  }
  force->x[agent] += lanes_total(sum_x);
  force->y[agent] += lanes_total(sum_y);
}

FCAST_INLINE void flush(const fcast_force *force, size_t agent, partners *p) {
  find_forces(force, p);
  exert_all(force, agent, p);
  p->n = 0;
  p->n_runs = 0;
}

/* All pairs of an agent that are its own to look at: with agents behind it in its row, or anywhere behind it where all
 * rows are taken, and with all agents of the other runs. */
FCAST_INLINE void pair_agent(const fcast_cells *cells, const fcast_force *force, const fcast_neighbourhood *around,
                             fcast_image_rule rule, size_t agent, size_t next_first, size_t next_last, partners *p) {
  p->n = 0;
  p->n_runs = 0;
  for (size_t r = 0; r < around->n_runs; r++) {
    const fcast_run_of_places *const run = &around->run[r];
    const size_t end = run->first + run->n;
    size_t place = r < around->n_own_runs && run->first <= agent ? agent + 1 : run->first;
    while (place < end) {
      const size_t n = end - place < MAX_PARTNERS - p->n ? end - place : MAX_PARTNERS - p->n;
      p->run[p->n_runs].place = place;
      p->run[p->n_runs].n = n;
      p->run[p->n_runs++].is_next = place >= next_first && place < next_last;
      gather(cells, force, run, rule, agent, place, n, p);
      place += n;
      if (p->n == MAX_PARTNERS) {
        flush(force, agent, p);
      }
    }
  }
  if (p->n > 0) {
    flush(force, agent, p);
  }
}

FCAST_INLINE void pair_cell(const fcast_cells *cells, const fcast_force *force, const fcast_neighbourhood *around,
                            size_t first, size_t last, size_t next_first, size_t next_last, partners *p) {
  for (size_t agent = first; agent < last; agent++) {
    if (around->rule == FCAST_IMAGE_NONE) {
      pair_agent(cells, force, around, FCAST_IMAGE_NONE, agent, next_first, next_last, p);
    } else if (around->rule == FCAST_IMAGE_SHIFTED) {
      pair_agent(cells, force, around, FCAST_IMAGE_SHIFTED, agent, next_first, next_last, p);
    } else {
      pair_agent(cells, force, around, FCAST_IMAGE_NEAREST, agent, next_first, next_last, p);
    }
  }
}

FCAST_KERNEL void sum_forces(const fcast_cells *cells, const fcast_force *force, size_t band) {
  const fcast_grid *const grid = &force->grid;
  const size_t next = (band + 1) % force->n_bands;
  const size_t first_row = fcast__band_first_row(force, band);
  const size_t last_row = fcast__band_first_row(force, band + 1);
  const size_t first = cells->start[first_row * grid->n_x];
  const size_t last = cells->start[last_row * grid->n_x];
  const bool has_next = force->n_bands > 1;
  const size_t next_first = has_next ? cells->start[fcast__band_first_row(force, next) * grid->n_x] : last;
  const size_t next_last = has_next ? cells->start[fcast__band_first_row(force, next + 1) * grid->n_x] : last;
  partners p;
  memset(force->x + first, 0, (last - first) * sizeof(double));
  memset(force->y + first, 0, (last - first) * sizeof(double));
  memset(force->x_before + next_first, 0, (next_last - next_first) * sizeof(double));
  memset(force->y_before + next_first, 0, (next_last - next_first) * sizeof(double));
  for (size_t row = first_row; row < last_row; row++) {
    const uint32_t *const start = cells->start + row * grid->n_x;
    for (size_t column = 0; column < grid->n_x; column++) {
      if (start[column] < start[column + 1]) {
        fcast_neighbourhood around;
        fcast__grid_forward(grid, cells->start, (uint32_t)column, (uint32_t)row, &around);
        pair_cell(cells, force, &around, start[column], start[column + 1], next_first, next_last, &p);
      }
    }
  }
}

#endif
