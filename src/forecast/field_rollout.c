/* SPDX-License-Identifier: MIT */
#include "forecast/field_rollout.h"

#include <math.h>
#include <string.h>

static double *cells_of(const fcast_field_grid *grid) {
  return fcast_alloc_array(grid->nx * grid->ny, sizeof(double));
}

fcast_status fcast__rollout_create(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame,
                                   fcast_rollout *out, fcast_error *err) {
  const bool has_force = plan->force.weight != NULL;
  *out = (fcast_rollout){.plan = plan};
  if (tracks->velocities == NULL) {
    return fcast_fail(err, FCAST_E_ARG, "field model: found tracks without velocities");
  }
  if (frame >= tracks->n_frames) {
    return fcast_fail(err, FCAST_E_SHAPE, "field model: found %zu frames, expected at least %zu", tracks->n_frames,
                      frame + 1);
  }
  fcast_status status =
      fcast__parcels_create(&plan->state, plan->model->state_bandwidth, tracks, frame, &out->parcels, err);
  if (status == FCAST_OK) {
    status = fcast__smoother_create(plan->density.ny, plan->density.nx, plan->model->density.bandwidth,
                                    plan->model->density.boundary, &out->smoother, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  size_t room = fcast__stencil_room(&plan->alignment, &plan->neighbours);
  if (has_force && fcast__stencil_room(&plan->force, &plan->pushers) > room) {
    room = fcast__stencil_room(&plan->force, &plan->pushers);
  }
  out->places = fcast_alloc_array(out->parcels.n, sizeof *out->places);
  out->force_places = has_force ? fcast_alloc_array(out->parcels.n, sizeof *out->force_places) : NULL;
  out->halo = fcast_alloc_array(2 * room, sizeof *out->halo);
  out->sources[2] = has_force ? cells_of(&plan->pushers) : NULL;
  bool is_whole = out->places != NULL && out->halo != NULL &&
                  (!has_force || (out->force_places != NULL && out->sources[2] != NULL));
  for (size_t i = 0; i < 2; i++) {
    out->sources[i] = cells_of(&plan->neighbours);
    out->aligned[i] = cells_of(&plan->neighbours);
    out->pushed[i] = has_force ? cells_of(&plan->pushers) : NULL;
    out->move[i] = fcast_alloc_array(out->parcels.n, sizeof *out->move[i]);
    is_whole = is_whole && out->sources[i] != NULL && out->aligned[i] != NULL && out->move[i] != NULL &&
               (!has_force || out->pushed[i] != NULL);
  }
  return is_whole ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast by the field model");
}

void fcast__rollout_clear(fcast_rollout *roll) {
  fcast__parcels_clear(&roll->parcels);
  fcast__smoother_destroy(roll->smoother);
  fcast_free(roll->places);
  fcast_free(roll->force_places);
  fcast_free(roll->halo);
  for (size_t i = 0; i < 2; i++) {
    fcast_free(roll->aligned[i]);
    fcast_free(roll->pushed[i]);
    fcast_free(roll->move[i]);
  }
  for (size_t i = 0; i < 3; i++) {
    fcast_free(roll->sources[i]);
  }
  fcast_free(roll->turns);
}

void fcast__rollout_gather(const fcast_rollout *roll, const fcast_field_grid *grid, const fcast_field_place *places,
                           const double *values, double *cells) {
  memset(cells, 0, grid->nx * grid->ny * sizeof *cells);
  for (size_t i = 0; i < roll->parcels.n; i++) {
    const fcast_field_place *at = &places[i];
    const double amount = roll->parcels.mass[i] * (values != NULL ? values[i] : 1.0);
    double *near = cells + at->row[0] * grid->nx;
    double *far = cells + at->row[1] * grid->nx;
    near[at->column[0]] += (1.0 - at->x) * (1.0 - at->y) * amount;
    near[at->column[1]] += at->x * (1.0 - at->y) * amount;
    far[at->column[0]] += (1.0 - at->x) * at->y * amount;
    far[at->column[1]] += at->x * at->y * amount;
  }
}

/* (x, y) made a unit vector; where there is no direction, the old one. */
static void normalise(double *x, double *y, double old_x, double old_y) {
  const double length = hypot(*x, *y);
  *x = length > 1e-12 ? *x / length : old_x;
  *y = length > 1e-12 ? *y / length : old_y;
}

void fcast__rollout_place(fcast_rollout *roll) {
  for (size_t i = 0; i < roll->parcels.n; i++) {
    roll->places[i] = fcast__field_place(&roll->plan->neighbours, roll->parcels.x[i], roll->parcels.y[i]);
    if (roll->force_places != NULL) {
      roll->force_places[i] = fcast__field_place(&roll->plan->pushers, roll->parcels.x[i], roll->parcels.y[i]);
    }
  }
}

/* The fields around the parcels: K * P, and the force. */
static void look_around(fcast_rollout *roll) {
  const fcast_field_plan *plan = roll->plan;
  const fcast_parcels *parcels = &roll->parcels;
  fcast__rollout_gather(roll, &plan->neighbours, roll->places, parcels->heading_x, roll->sources[0]);
  fcast__rollout_gather(roll, &plan->neighbours, roll->places, parcels->heading_y, roll->sources[1]);
  const double *headings[2] = {roll->sources[0], roll->sources[1]};
  fcast__stencil_apply(&plan->alignment, &plan->neighbours, headings, roll->halo, roll->aligned[0], roll->aligned[1]);
  if (roll->pushed[0] != NULL) {
    fcast__rollout_gather(roll, &plan->pushers, roll->force_places, NULL, roll->sources[2]);
    const double *mass[2] = {roll->sources[2], NULL};
    fcast__stencil_apply(&plan->force, &plan->pushers, mass, roll->halo, roll->pushed[0], roll->pushed[1]);
  }
}

/* The new heading and velocity of one parcel. */
static void turn_parcel(fcast_rollout *roll, size_t i) {
  const fcast_field_model *model = roll->plan->model;
  const fcast_field_grid *grid = &roll->plan->neighbours;
  fcast_parcels *parcels = &roll->parcels;
  double x = fcast__field_read(grid, &roll->places[i], roll->aligned[0]);
  double y = fcast__field_read(grid, &roll->places[i], roll->aligned[1]);
  double speed = model->speed.value;
  normalise(&x, &y, parcels->heading_x[i], parcels->heading_y[i]);
  if (model->force_kind != FCAST_FIELD_NO_FORCE) {
    double fx = fcast__field_read(&roll->plan->pushers, &roll->force_places[i], roll->pushed[0]);
    double fy = fcast__field_read(&roll->plan->pushers, &roll->force_places[i], roll->pushed[1]);
    if (model->force_kind == FCAST_FIELD_DRIVING) {
      speed = hypot(parcels->velocity_x[i] + fx, parcels->velocity_y[i] + fy);
    } else {
      normalise(&fx, &fy, 0.0, 0.0);
      const double old_x = x;
      const double old_y = y;
      x += model->steering.value * fx;
      y += model->steering.value * fy;
      normalise(&x, &y, old_x, old_y);
    }
  }
  if (roll->turns != NULL) {
    const double cosine = cos(roll->turns[i]);
    const double sine = sin(roll->turns[i]);
    const double turned = x * cosine - y * sine;
    y = x * sine + y * cosine;
    x = turned;
  }
  parcels->heading_x[i] = x;
  parcels->heading_y[i] = y;
  parcels->velocity_x[i] = speed * x;
  parcels->velocity_y[i] = speed * y;
}

fcast_status fcast__rollout_step(fcast_rollout *roll, size_t i_step, fcast_error *err) {
  const fcast_field_model *model = roll->plan->model;
  fcast_parcels *parcels = &roll->parcels;
  const double order = roll->turns != NULL ? 1.0 : model->order.value;
  const double distance = order * model->interval; /* for a unit of speed */
  double squares = 0.0;
  double mass = 0.0;
  look_around(roll);
  for (size_t i = 0; i < parcels->n; i++) {
    turn_parcel(roll, i);
    roll->move[0][i] = distance * parcels->velocity_x[i];
    roll->move[1][i] = distance * parcels->velocity_y[i];
    if (!(fabs(roll->move[0][i]) <= roll->plan->state.box_x / 2.0 &&
          fabs(roll->move[1][i]) <= roll->plan->state.box_y / 2.0)) {
      return fcast_fail(err, FCAST_E_NUMERIC,
                        "the field model is unphysical: in step %zu something moves by (%g, %g), expected at most half "
                        "the box",
                        i_step + 1, roll->move[0][i], roll->move[1][i]);
    }
    squares += parcels->mass[i] *
               (parcels->velocity_x[i] * parcels->velocity_x[i] + parcels->velocity_y[i] * parcels->velocity_y[i]);
    mass += parcels->mass[i];
  }
  fcast__parcels_move(&roll->plan->state, roll->move[0], roll->move[1], parcels);
  const double lost = 1.0 - order * order;
  roll->widened += mass > 0.0 ? 0.5 * lost * model->interval * model->interval * squares / mass : 0.0;
  return FCAST_OK;
}

/* What the state and the grid have smoothed already is not smoothed again. */
void fcast__rollout_draw(fcast_rollout *roll, double *out) {
  const fcast_field_model *model = roll->plan->model;
  const fcast_field_grid *grid = &roll->plan->density;
  const fcast_parcels *parcels = &roll->parcels;
  const double cell_area = grid->hx * grid->hy;
  const double smoothed = (model->state_bandwidth * model->state_bandwidth - roll->widened) / cell_area + 1.0 / 6.0;
  const double bandwidth = model->density.bandwidth;
  for (size_t i = 0; i < parcels->n; i++) {
    const fcast_field_place at = fcast__field_place(grid, parcels->x[i], parcels->y[i]);
    const double amount = parcels->mass[i] / cell_area;
    fcast__smoother_add(roll->smoother, at.row[0], at.column[0], (1.0 - at.x) * (1.0 - at.y) * amount);
    fcast__smoother_add(roll->smoother, at.row[0], at.column[1], at.x * (1.0 - at.y) * amount);
    fcast__smoother_add(roll->smoother, at.row[1], at.column[0], (1.0 - at.x) * at.y * amount);
    fcast__smoother_add(roll->smoother, at.row[1], at.column[1], at.x * at.y * amount);
  }
  fcast__smoother_aim(roll->smoother, fmin(sqrt(fmax(bandwidth * bandwidth - smoothed, 0.0)), bandwidth));
  fcast__smoother_finish(roll->smoother, out);
}

/* Agents' headings scatter about the field's. */
double fcast__rollout_polarization(const fcast_rollout *roll) {
  const fcast_parcels *parcels = &roll->parcels;
  double x = 0.0;
  double y = 0.0;
  double mass = 0.0;
  for (size_t i = 0; i < parcels->n; i++) {
    x += parcels->mass[i] * parcels->heading_x[i];
    y += parcels->mass[i] * parcels->heading_y[i];
    mass += parcels->mass[i];
  }
  return (roll->turns != NULL ? 1.0 : roll->plan->model->order.value) * hypot(x, y) / mass;
}
