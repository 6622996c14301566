/* SPDX-License-Identifier: MIT
 *
 * Turning and moving agents, eight places at a time.
 */
#ifndef FLOCKCAST_SIMULATE_MOTION_LANES_H
#define FLOCKCAST_SIMULATE_MOTION_LANES_H

#include "base/philox_lanes.h"
#include "simulate/vicsek_kernels.h"

/* --- cells --- */

/* floor(a * per_length) as a cell number below n, whatever a is: a wall at L belongs to the last cell. */
FCAST_INLINE lanes_bits cell_number(lanes a, double per_length, uint32_t n) {
  const lanes last = lanes_splat((double)(n - 1));
  const lanes zero = lanes_splat(0.0);
  lanes number = lanes_mul(a, lanes_splat(per_length));
  number = lanes_choose(lanes_lt(number, last), number, last);
  return lanes_truncate(lanes_choose(lanes_lt(zero, number), number, zero));
}

FCAST_INLINE void store_cells(const fcast_grid *grid, lanes x, lanes y, uint32_t *cell) {
  const lanes_bits row = cell_number(y, grid->per_y, grid->n_y);
  const lanes_bits column = cell_number(x, grid->per_x, grid->n_x);
  bits_store32(cell, bits_add(bits_mul32(row, bits_splat(grid->n_x)), column));
}

FCAST_KERNEL void locate(const fcast_grid *grid, size_t n, fcast_state *state) {
  for (size_t place = 0; place < n; place += LANES) {
    store_cells(grid, lanes_load(state->x + place), lanes_load(state->y + place), state->cell + place);
  }
}

/* --- boundaries --- */

/* fcast__wrap, which most agents need at most once around for. */
FCAST_INLINE lanes wrap(lanes a, double length) {
  const lanes all = lanes_splat(length);
  const lanes zero = lanes_splat(0.0);
  const lanes_mask is_near = mask_and(lanes_lt(lanes_negate(all), a), lanes_lt(a, lanes_splat(2.0 * length)));
  if (mask_all(is_near)) {
    const lanes lowered = lanes_choose(lanes_le(all, a), lanes_sub(a, all), a);
    const lanes wrapped = lanes_choose(lanes_lt(a, zero), lanes_add(a, all), lowered);
    return lanes_choose(lanes_lt(wrapped, all), wrapped, zero);
  }
  double lane[LANES];
  lanes_store(lane, a);
  for (size_t k = 0; k < LANES; k++) {
    lane[k] = fcast__wrap(lane[k], length);
  }
  return lanes_load(lane);
}

/* Mirror what left [0, length] and turn its heading; a step may be longer than the box. */
FCAST_INLINE void reflect(lanes *a, lanes *heading, double length) {
  const lanes all = lanes_splat(length);
  const lanes zero = lanes_splat(0.0);
  const lanes_mask is_below = lanes_lt(*a, zero);
  const lanes_mask is_above = lanes_lt(all, *a);
  const lanes turned = lanes_negate(*heading);
  *heading = lanes_choose(is_above, turned, lanes_choose(is_below, turned, *heading));
  const lanes from_above = lanes_sub(lanes_splat(2.0 * length), *a);
  *a = lanes_choose(is_above, from_above, lanes_choose(is_below, lanes_negate(*a), *a));
  *a = lanes_choose(lanes_lt(*a, zero), zero, *a);
  *a = lanes_choose(lanes_lt(all, *a), all, *a);
}

/* --- one step --- */

/* Where the headings of a neighbourhood cancel, their direction is rounding: keep the own heading. */
#define SMALLEST_SUM 1e-12

/* Forces stop no agent altogether, so that it keeps a heading. */
#define SMALLEST_SPEED 1e-12

/* Noise angles of the agents in places [first, last). A loop of its own: the chain of operations behind a number is
 * long, and two short loops overlap where one long one waits. */
FCAST_INLINE void make_angles(const fcast_cells *cells, const fcast_motion *motion, const fcast_noise_source *noise,
                              size_t first, size_t last, bool is_normal, double *angle) {
  const lanes shift = lanes_splat(motion->noise_shift);
  const lanes scale = lanes_splat(motion->noise_scale);
  for (size_t place = first; place < last; place += LANES) {
    const lanes_bits agent = bits_load32(cells->agent + place);
    const lanes number = is_normal ? lanes_philox_normal(&noise->key, agent) : lanes_philox_uniform(&noise->key, agent);
    lanes_store(angle + (place - first), lanes_add(shift, lanes_mul(scale, number)));
  }
}

FCAST_INLINE void take_angles(const fcast_cells *cells, const fcast_motion *motion, const fcast_noise_source *noise,
                              size_t first, size_t last, double *angle) {
  for (size_t place = first; place < last; place++) {
    angle[place - first] = motion->noise_shift + motion->noise_scale * noise->draw[cells->agent[place]];
  }
  for (size_t k = last - first; k % LANES != 0; k++) {
    angle[k] = 0.0;
  }
}

FCAST_KERNEL void noise_angles(const fcast_cells *cells, const fcast_motion *motion, const fcast_noise_source *noise,
                               size_t first, size_t last, double *angle) {
  if (noise->draw != NULL) {
    take_angles(cells, motion, noise, first, last, angle);
  } else if (motion->is_normal) {
    make_angles(cells, motion, noise, first, last, true, angle);
  } else {
    make_angles(cells, motion, noise, first, last, false, angle);
  }
}

/* x and y to length one where they are long enough to have a direction, else the others. */
FCAST_INLINE void normalise(lanes *x, lanes *y, lanes other_x, lanes other_y) {
  const lanes length = lanes_sqrt(lanes_add(lanes_mul(*x, *x), lanes_mul(*y, *y)));
  const lanes_mask is_usable = lanes_lt(lanes_splat(SMALLEST_SUM), length);
  *x = lanes_choose(is_usable, lanes_div(*x, length), other_x);
  *y = lanes_choose(is_usable, lanes_div(*y, length), other_y);
}

/* --- forces --- */

/* The whole force on the agents in eight places. */
FCAST_INLINE void whole_force(const fcast_force *force, size_t place, lanes *x, lanes *y) {
  *x = lanes_add(lanes_load(force->x + place), lanes_load(force->x_before + place));
  *y = lanes_add(lanes_load(force->y + place), lanes_load(force->y_before + place));
}

FCAST_KERNEL void steer(const fcast_cells *cells, const fcast_motion *motion, const fcast_force *force, size_t first,
                        size_t last, double *sum_x, double *sum_y) {
  const lanes zero = lanes_splat(0.0);
  const lanes steering = lanes_splat(motion->steering);
  for (size_t place = first; place < last; place += LANES) {
    const size_t k = place - first;
    lanes x;
    lanes y;
    lanes mean_x = lanes_load(sum_x + k);
    lanes mean_y = lanes_load(sum_y + k);
    whole_force(force, place, &x, &y);
    normalise(&x, &y, zero, zero);
    normalise(&mean_x, &mean_y, lanes_load(cells->heading_x + place), lanes_load(cells->heading_y + place));
    x = lanes_add(mean_x, lanes_mul(steering, x));
    y = lanes_add(mean_y, lanes_mul(steering, y));
    normalise(&x, &y, mean_x, mean_y);
    lanes_store(sum_x + k, x);
    lanes_store(sum_y + k, y);
  }
}

FCAST_KERNEL void accelerate(const fcast_cells *cells, const fcast_motion *motion, const fcast_force *force,
                             size_t first, size_t last, fcast_state *state) {
  const lanes push = lanes_splat(motion->push);
  for (size_t place = first; place < last; place += LANES) {
    lanes force_x;
    lanes force_y;
    const lanes speed = lanes_load(cells->speed + place);
    const lanes along_x = lanes_mul(speed, lanes_load(cells->heading_x + place));
    const lanes along_y = lanes_mul(speed, lanes_load(cells->heading_y + place));
    whole_force(force, place, &force_x, &force_y);
    const lanes x = lanes_add(along_x, lanes_mul(push, force_x));
    const lanes y = lanes_add(along_y, lanes_mul(push, force_y));
    const lanes length = lanes_sqrt(lanes_add(lanes_mul(x, x), lanes_mul(y, y)));
    lanes_store(state->speed + place, lanes_max(length, lanes_splat(SMALLEST_SPEED)));
  }
}

/* --- moving --- */

/* The headings of eight places after aligning and turning. */
FCAST_INLINE void turn(lanes sum_x, lanes sum_y, lanes angle, lanes *heading_x, lanes *heading_y) {
  lanes mean_x = sum_x;
  lanes mean_y = sum_y;
  normalise(&mean_x, &mean_y, *heading_x, *heading_y);
  lanes sine;
  lanes cosine;
  lanes_sincos(angle, &sine, &cosine);
  *heading_x = lanes_sub(lanes_mul(cosine, mean_x), lanes_mul(sine, mean_y));
  *heading_y = lanes_add(lanes_mul(sine, mean_x), lanes_mul(cosine, mean_y));
}

FCAST_KERNEL void turn_and_move(const fcast_cells *cells, const fcast_motion *motion, size_t first, size_t last,
                                const double *angle, const double *sum_x, const double *sum_y, fcast_state *state) {
  const fcast_grid *const grid = &cells->grid;
  const bool is_periodic = grid->boundary == FCAST_PERIODIC;
  const lanes dt = lanes_splat(motion->dt);
  for (size_t place = first; place < last; place += LANES) {
    const size_t k = place - first;
    lanes heading_x = lanes_load(cells->heading_x + place);
    lanes heading_y = lanes_load(cells->heading_y + place);
    turn(lanes_load(sum_x + k), lanes_load(sum_y + k), lanes_load(angle + k), &heading_x, &heading_y);
    const lanes speed = state->speed == NULL ? lanes_splat(motion->speed) : lanes_load(state->speed + place);
    lanes x = lanes_add(lanes_load(cells->x + place), lanes_mul(dt, lanes_mul(speed, heading_x)));
    lanes y = lanes_add(lanes_load(cells->y + place), lanes_mul(dt, lanes_mul(speed, heading_y)));
    if (is_periodic) {
      x = wrap(x, grid->box_x);
      y = wrap(y, grid->box_y);
    } else {
      reflect(&x, &heading_x, grid->box_x);
      reflect(&y, &heading_y, grid->box_y);
    }
    lanes_store(state->x + place, x);
    lanes_store(state->y + place, y);
    lanes_store(state->heading_x + place, heading_x);
    lanes_store(state->heading_y + place, heading_y);
    store_cells(grid, x, y, state->cell + place);
  }
}

#endif
