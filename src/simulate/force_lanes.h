/* SPDX-License-Identifier: MIT
 *
 * Sums of the forces on agents, eight pairs at a time.
 *
 * Pairs are looked at three times. First, the candidates of one agent after the other are gone through, and squares of
 * the distances of those near enough are put one behind the other. When some hundred are together, all are turned into
 * forces: that is most of the work, and none is spent on what is too far. In the end forces go back to their lanes,
 * zero elsewhere, and are added, once to the agent and once, with the other sign, to the partner. The order of all
 * additions is fixed. The two forces of a pair are exact opposites.
 */
#ifndef FLOCKCAST_SIMULATE_FORCE_LANES_H
#define FLOCKCAST_SIMULATE_FORCE_LANES_H

#include "base/vector_math.h"
#include "simulate/pairs_lanes.h"

/* Pairs looked at in one go, runs of places their candidates stand in, and groups of agents that look. */
enum { MAX_PAIRS = 1024, MAX_PIECES = 256, MAX_LOOKERS = 256 };

/* Agents of one cell that look at the same candidates together: so many, else two, else one. */
enum { FORCE_GROUP = 4 };

typedef struct piece {
  size_t place, n;
  double shift_x, shift_y;
  bool is_next; /* of the next band */
} piece;

typedef struct lookers {
  size_t agent, group, n_pieces;
  fcast_image_rule rule;
} lookers;

typedef struct pairs {
  size_t n_lookers, n_pieces, n_eights, n_pairs, n_near;
  lookers lookers[MAX_LOOKERS];
  piece pieces[MAX_PIECES];
  uint8_t near[MAX_PAIRS / LANES + FORCE_GROUP * MAX_PIECES]; /* [eight candidates of an agent] bits of those near */
  double inverse[MAX_PAIRS + LANES];                          /* [near candidate] of the distance */
  double pull[MAX_PAIRS + LANES];                             /* its square; then it; then force over distance */
} pairs;

/* Lanes of the first eight candidates that count for an agent of the group: all but itself and those of the group
 * before it, which have looked at it already. */
FCAST_INLINE unsigned first_lanes(size_t place, size_t agent, size_t g) {
  const bool is_of_group = place > agent && place <= agent + g;
  return is_of_group ? 0xffU << (agent + g + 1 - place) : 0xffU;
}

/* Squares of the distances of candidates that are near. */
FCAST_INLINE void gather(const fcast_cells *cells, const fcast_force *force, piece from, fcast_image_rule rule,
                         size_t agent, size_t group, pairs *p) {
  const lanes largest = lanes_splat(force->grid.largest_square);
  uint8_t *near = p->near + p->n_eights;
  double *square = p->pull + p->n_near;
  lanes x[FORCE_GROUP];
  lanes y[FORCE_GROUP];
  unsigned first[FORCE_GROUP];
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    x[g] = lanes_splat(cells->x[agent + g]);
    y[g] = lanes_splat(cells->y[agent + g]);
    first[g] = first_lanes(from.place, agent, g);
  }
  for (size_t k = 0; k < from.n; k += LANES) {
    const unsigned counts = from.n - k < LANES ? (1U << (from.n - k)) - 1U : 0xffU;
    FCAST_UNROLL
    for (size_t g = 0; g < group; g++) {
      const lanes dx = difference(x[g], cells->x + from.place + k, from.shift_x, force->grid.box_x, rule);
      const lanes dy = difference(y[g], cells->y + from.place + k, from.shift_y, force->grid.box_y, rule);
      const lanes both = lanes_add(lanes_mul(dx, dx), lanes_mul(dy, dy));
      const unsigned bits = mask_bits(lanes_le(both, largest)) & counts & (k == 0 ? first[g] : 0xffU);
      lanes_compress(bits, both, square);
      *near++ = (uint8_t)bits;
      square += bits_count(bits);
    }
  }
  p->n_eights = (size_t)(near - p->near);
  p->n_near = (size_t)(square - p->pull);
}

/* Squares of distances to distances and their inverses. */
FCAST_INLINE void find_distances(pairs *p) {
  const lanes smallest = lanes_splat(SMALLEST_DISTANCE * SMALLEST_DISTANCE);
  const size_t n = p->n_near;
  lanes_store(p->pull + n, smallest);
  for (size_t k = 0; k < n; k += LANES) {
    const lanes square = lanes_max(lanes_load(p->pull + k), smallest);
    const lanes inverse = lanes_inverse_root(square);
    lanes_store(p->inverse + k, inverse);
    lanes_store(p->pull + k, lanes_mul(square, inverse));
  }
}

/* Distances to forces over distances. Where one length is `power` times the other, not 0, one exponential is a power of
 * the other, which saves a third of the work. */
FCAST_INLINE void find_pulls(const fcast_force *force, int power, pairs *p) {
  const lanes far_rate = lanes_splat(force->far_rate);
  const lanes near_rate = lanes_splat(force->near_rate);
  const lanes far_peak = lanes_splat(force->far_peak);
  const lanes near_peak = lanes_splat(force->near_peak);
  const size_t n = p->n_near;
  for (size_t k = 0; k < n; k += LANES) {
    const lanes distance = lanes_load(p->pull + k);
    const lanes far = lanes_exp2_of_negative(lanes_mul(distance, far_rate));
    lanes near = power == 0 ? lanes_exp2_of_negative(lanes_mul(distance, near_rate)) : far;
    for (int factor = 1; factor < power; factor++) {
      near = lanes_mul(near, far);
    }
    const lanes strength = lanes_add(lanes_mul(far_peak, far), lanes_mul(near_peak, near));
    lanes_store(p->pull + k, lanes_mul(strength, lanes_load(p->inverse + k)));
  }
}

FCAST_KERNEL void find_forces(const fcast_force *force, pairs *p) {
  find_distances(p);
  if (force->power == 0) {
    find_pulls(force, 0, p);
  } else if (force->power == 3) { /* the default */
    find_pulls(force, 3, p);
  } else {
    find_pulls(force, force->power, p);
  }
}

/* Take eight forces, or the first n < 8 of them, off those on the partners. */
FCAST_INLINE void oppose(lanes x, lanes y, size_t n, double *force_x, double *force_y) {
  if (n >= LANES) {
    lanes_store(force_x, x);
    lanes_store(force_y, y);
  } else {
    lanes_store_first(force_x, n, x);
    lanes_store_first(force_y, n, y);
  }
}

typedef struct force_sums {
  lanes at_x[FORCE_GROUP], at_y[FORCE_GROUP]; /* of the agents */
  lanes x[FORCE_GROUP], y[FORCE_GROUP];
  const uint8_t *near;
  const double *pull;
} force_sums;

/* Forces between a group of agents and its partners in one run of places. */
FCAST_INLINE void exert(const fcast_cells *cells, const fcast_force *force, piece from, fcast_image_rule rule,
                        size_t group, force_sums *sums) {
  double *const force_x = (from.is_next ? force->x_before : force->x) + from.place;
  double *const force_y = (from.is_next ? force->y_before : force->y) + from.place;
  for (size_t k = 0; k < from.n; k += LANES) {
    const size_t n = from.n - k;
    lanes x = n >= LANES ? lanes_load(force_x + k) : lanes_load_first(force_x + k, n);
    lanes y = n >= LANES ? lanes_load(force_y + k) : lanes_load_first(force_y + k, n);
    FCAST_UNROLL
    for (size_t g = 0; g < group; g++) {
      const lanes pull = lanes_expand(*sums->near, sums->pull);
      const lanes dx = difference(sums->at_x[g], cells->x + from.place + k, from.shift_x, force->grid.box_x, rule);
      const lanes dy = difference(sums->at_y[g], cells->y + from.place + k, from.shift_y, force->grid.box_y, rule);
      const lanes own_x = lanes_mul(pull, dx);
      const lanes own_y = lanes_mul(pull, dy);
      sums->x[g] = lanes_add(sums->x[g], own_x);
      sums->y[g] = lanes_add(sums->y[g], own_y);
      x = lanes_sub(x, own_x);
      y = lanes_sub(y, own_y);
      sums->pull += bits_count(*sums->near);
      sums->near++;
    }
    oppose(x, y, n, force_x + k, force_y + k);
  }
}

FCAST_INLINE void exert_all(const fcast_cells *cells, const fcast_force *force, const piece *pieces, size_t n_pieces,
                            fcast_image_rule rule, size_t agent, size_t group, force_sums *shared) {
  force_sums sums = *shared;
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    sums.at_x[g] = lanes_splat(cells->x[agent + g]);
    sums.at_y[g] = lanes_splat(cells->y[agent + g]);
    sums.x[g] = lanes_splat(0.0);
    sums.y[g] = lanes_splat(0.0);
  }
  for (size_t i = 0; i < n_pieces; i++) {
    exert(cells, force, pieces[i], rule, group, &sums);
  }
  FCAST_UNROLL
  for (size_t g = 0; g < group; g++) {
    force->x[agent + g] += lanes_total(sums.x[g]);
    force->y[agent + g] += lanes_total(sums.y[g]);
  }
  shared->near = sums.near;
  shared->pull = sums.pull;
}

FCAST_INLINE void exert_lookers(const fcast_cells *cells, const fcast_force *force, const piece *pieces,
                                const lookers *by, fcast_image_rule rule, force_sums *sums) {
  if (by->group == FORCE_GROUP) {
    exert_all(cells, force, pieces, by->n_pieces, rule, by->agent, FORCE_GROUP, sums);
  } else if (by->group == 2) {
    exert_all(cells, force, pieces, by->n_pieces, rule, by->agent, 2, sums);
  } else {
    exert_all(cells, force, pieces, by->n_pieces, rule, by->agent, 1, sums);
  }
}

/* What was gathered becomes forces, and room for more. */
FCAST_KERNEL void flush(const fcast_cells *cells, const fcast_force *force, pairs *p) {
  force_sums sums = {.near = p->near, .pull = p->pull};
  const piece *pieces = p->pieces;
  find_forces(force, p);
  for (size_t i = 0; i < p->n_lookers; i++) {
    const lookers *const by = &p->lookers[i];
    if (by->rule == FCAST_IMAGE_NONE) {
      exert_lookers(cells, force, pieces, by, FCAST_IMAGE_NONE, &sums);
    } else if (by->rule == FCAST_IMAGE_SHIFTED) {
      exert_lookers(cells, force, pieces, by, FCAST_IMAGE_SHIFTED, &sums);
    } else {
      exert_lookers(cells, force, pieces, by, FCAST_IMAGE_NEAREST, &sums);
    }
    pieces += by->n_pieces;
  }
  p->n_lookers = p->n_pieces = p->n_eights = p->n_pairs = p->n_near = 0;
}

/* Where the own pairs of an agent begin in a run: behind it in its row, or anywhere behind it where all rows are taken,
 * and with all agents of the other runs. */
FCAST_INLINE size_t first_partner(const fcast_neighbourhood *around, size_t r, size_t agent) {
  const size_t first = around->run[r].first;
  return r < around->n_own_runs && first <= agent ? agent + 1 : first;
}

/* Room for the pairs of a group of agents, or, if they are too many, all there is. */
FCAST_INLINE void make_room(const fcast_cells *cells, const fcast_force *force, const fcast_neighbourhood *around,
                            size_t agent, size_t group, pairs *p) {
  size_t n = 0;
  for (size_t r = 0; r < around->n_runs; r++) {
    const size_t end = around->run[r].first + around->run[r].n;
    const size_t first = first_partner(around, r, agent);
    n += first < end ? end - first : 0;
  }
  if (p->n_pairs + group * n > MAX_PAIRS || p->n_pieces + around->n_runs > MAX_PIECES || p->n_lookers == MAX_LOOKERS) {
    flush(cells, force, p);
  }
}

FCAST_INLINE lookers *begin_looking(size_t agent, size_t group, fcast_image_rule rule, pairs *p) {
  p->lookers[p->n_lookers] = (lookers){.agent = agent, .group = group, .rule = rule};
  return &p->lookers[p->n_lookers++];
}

/* The own pairs of a group of agents. */
FCAST_INLINE void look(const fcast_cells *cells, const fcast_force *force, const fcast_neighbourhood *around,
                       fcast_image_rule rule, size_t agent, size_t group, size_t next_first, size_t next_last,
                       pairs *p) {
  make_room(cells, force, around, agent, group, p);
  lookers *by = begin_looking(agent, group, rule, p);
  for (size_t r = 0; r < around->n_runs; r++) {
    const fcast_run_of_places *const run = &around->run[r];
    const size_t end = run->first + run->n;
    size_t place = first_partner(around, r, agent);
    while (place < end) {
      const size_t room = (MAX_PAIRS - p->n_pairs) / group;
      if (room == 0) {
        flush(cells, force, p);
        by = begin_looking(agent, group, rule, p);
        continue;
      }
      piece *const from = &p->pieces[p->n_pieces++];
      *from = (piece){place, end - place < room ? end - place : room, run->shift_x, run->shift_y,
                      place >= next_first && place < next_last};
      by->n_pieces++;
      gather(cells, force, *from, rule, agent, group, p);
      p->n_pairs += group * from->n;
      place += from->n;
    }
  }
}

FCAST_INLINE void look_from_cell(const fcast_cells *cells, const fcast_force *force, const fcast_neighbourhood *around,
                                 fcast_image_rule rule, size_t agent, size_t last, size_t next_first, size_t next_last,
                                 pairs *p) {
  for (; agent + FORCE_GROUP <= last; agent += FORCE_GROUP) {
    look(cells, force, around, rule, agent, FORCE_GROUP, next_first, next_last, p);
  }
  for (; agent + 2 <= last; agent += 2) {
    look(cells, force, around, rule, agent, 2, next_first, next_last, p);
  }
  for (; agent < last; agent++) {
    look(cells, force, around, rule, agent, 1, next_first, next_last, p);
  }
}

FCAST_INLINE void pair_cell(const fcast_cells *cells, const fcast_force *force, const fcast_neighbourhood *around,
                            size_t first, size_t last, size_t next_first, size_t next_last, pairs *p) {
  if (around->rule == FCAST_IMAGE_NONE) {
    look_from_cell(cells, force, around, FCAST_IMAGE_NONE, first, last, next_first, next_last, p);
  } else if (around->rule == FCAST_IMAGE_SHIFTED) {
    look_from_cell(cells, force, around, FCAST_IMAGE_SHIFTED, first, last, next_first, next_last, p);
  } else {
    look_from_cell(cells, force, around, FCAST_IMAGE_NEAREST, first, last, next_first, next_last, p);
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
  pairs p;
  p.n_lookers = p.n_pieces = p.n_eights = p.n_pairs = p.n_near = 0;
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
  flush(cells, force, &p);
}

#endif
