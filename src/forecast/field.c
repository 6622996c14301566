/* SPDX-License-Identifier: MIT */
#include "flockcast/field.h"

#include "density/smooth.h"
#include "forecast/field_grid.h"
#include "forecast/parcels.h"

#include <math.h>
#include <string.h>

struct fcast_field_plan {
  const fcast_field_model *model;
  fcast_field_grid state;   /* where neighbours are summed */
  fcast_field_grid density; /* what is drawn */
  fcast_stencil alignment;
  fcast_stencil force; /* empty without forces */
};

/* Bilinear weights widen what they spread by h^2/6 on the average over places, reading by them as much again, and the
 * mean over a cell by h^2/12. */
static const double widening_of_grid = 1.0 / 6.0 + 1.0 / 6.0 + 1.0 / 12.0;

/* Mean square distance of a kernel. */
static double mean_square(const fcast_radial *radial) {
  double integral = 0.0;
  double second = 0.0;
  for (size_t k = 0; k < radial->n_shells; k++) {
    const double inner = (double)k * radial->width;
    const double outer = inner + radial->width;
    integral += radial->value[k] * (outer * outer - inner * inner) / 2.0;
    second += radial->value[k] * (pow(outer, 4.0) - pow(inner, 4.0)) / 4.0;
  }
  return second / integral;
}

/* The state is smoothed already, so what is applied to it must be narrower than K by as much: scaled so that the two
 * variances add to that of K. Variance of one axis: half the mean square distance. */
static double contraction(const fcast_field_model *model, const fcast_field_grid *grid) {
  const double of_state = model->state_bandwidth * model->state_bandwidth +
                          widening_of_grid * 0.5 * (grid->hx * grid->hx + grid->hy * grid->hy);
  const double left = 1.0 - 2.0 * of_state / mean_square(&model->alignment);
  return left > 0.25 ? sqrt(left) : 0.5; /* a kernel as narrow as the state, or one that is not positive */
}

fcast_status fcast_field_plan_create(const fcast_field_model *model, fcast_field_plan **out, fcast_error *err) {
  *out = NULL;
  fcast_status status = fcast_field_model_check(model, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_field_plan *plan = fcast_alloc_array(1, sizeof *plan);
  if (plan == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a field model");
  }
  const fcast_density_options *density = &model->density;
  plan->model = model;
  plan->state = fcast__field_grid((size_t)model->state_nx, (size_t)model->state_ny, density);
  plan->density = fcast__field_grid((size_t)density->nx, (size_t)density->ny, density);
  status = fcast__stencil_create(&model->alignment, contraction(model, &plan->state), false, &plan->state,
                                 &plan->alignment, err);
  if (status == FCAST_OK && model->force_kind != FCAST_FIELD_NO_FORCE) {
    status = fcast__stencil_create(&model->force, 1.0, true, &plan->state, &plan->force, err);
  }
  if (status != FCAST_OK) {
    fcast_field_plan_destroy(plan);
    return status;
  }
  *out = plan;
  return FCAST_OK;
}

void fcast_field_plan_destroy(fcast_field_plan *plan) {
  if (plan != NULL) {
    fcast__stencil_clear(&plan->alignment);
    fcast__stencil_clear(&plan->force);
    fcast_free(plan);
  }
}

/* --- one roll-out --- */

typedef struct rollout {
  const fcast_field_plan *plan;
  fcast_parcels parcels;
  fcast_field_place *places; /* [parcel]: on the grid of the state */
  double *sources[3];        /* [ny, nx] each: unit headings by mass, x and y, and mass */
  double *halo;
  double *aligned[2]; /* [ny, nx] each: K * P */
  double *pushed[2];  /* the same of the force; NULL without */
  double *move[2];    /* [parcel] each */
  fcast_smoother *smoother;
  double widened; /* variance that the noise of the headings has added on each axis; length units squared */
} rollout;

static double *cells_of(const fcast_field_plan *plan) {
  return fcast_alloc_array(plan->state.nx * plan->state.ny, sizeof(double));
}

static fcast_status rollout_create(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame, rollout *out,
                                   fcast_error *err) {
  const bool has_force = plan->force.weight != NULL;
  *out = (rollout){.plan = plan};
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
  size_t room = fcast__stencil_room(&plan->alignment, &plan->state);
  if (has_force && fcast__stencil_room(&plan->force, &plan->state) > room) {
    room = fcast__stencil_room(&plan->force, &plan->state);
  }
  out->places = fcast_alloc_array(out->parcels.n, sizeof *out->places);
  out->halo = fcast_alloc_array(2 * room, sizeof *out->halo);
  bool is_whole = out->places != NULL && out->halo != NULL;
  for (size_t i = 0; i < 2; i++) {
    out->aligned[i] = cells_of(plan);
    out->pushed[i] = has_force ? cells_of(plan) : NULL;
    out->move[i] = fcast_alloc_array(out->parcels.n, sizeof *out->move[i]);
    is_whole = is_whole && out->aligned[i] != NULL && out->move[i] != NULL && (!has_force || out->pushed[i] != NULL);
  }
  for (size_t i = 0; i < 3; i++) {
    out->sources[i] = cells_of(plan);
    is_whole = is_whole && out->sources[i] != NULL;
  }
  return is_whole ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast by the field model");
}

static void rollout_clear(rollout *roll) {
  fcast__parcels_clear(&roll->parcels);
  fcast__smoother_destroy(roll->smoother);
  fcast_free(roll->places);
  fcast_free(roll->halo);
  for (size_t i = 0; i < 2; i++) {
    fcast_free(roll->aligned[i]);
    fcast_free(roll->pushed[i]);
    fcast_free(roll->move[i]);
  }
  for (size_t i = 0; i < 3; i++) {
    fcast_free(roll->sources[i]);
  }
}

/* A value of each parcel by its mass onto the grid of the state, by bilinear weights. */
static void gather(const rollout *roll, const double *values, double *cells) {
  const fcast_field_grid *grid = &roll->plan->state;
  memset(cells, 0, grid->nx * grid->ny * sizeof *cells);
  for (size_t i = 0; i < roll->parcels.n; i++) {
    const fcast_field_place *at = &roll->places[i];
    const double amount = roll->parcels.mass[i] * (values != NULL ? values[i] : 1.0);
    double *near = cells + at->row[0] * grid->nx;
    double *far = cells + at->row[1] * grid->nx;
    near[at->column[0]] += (1.0 - at->x) * (1.0 - at->y) * amount;
    near[at->column[1]] += at->x * (1.0 - at->y) * amount;
    far[at->column[0]] += (1.0 - at->x) * at->y * amount;
    far[at->column[1]] += at->x * at->y * amount;
  }
}

static double read_at(const fcast_field_grid *grid, const fcast_field_place *at, const double *cells) {
  const double *near = cells + at->row[0] * grid->nx;
  const double *far = cells + at->row[1] * grid->nx;
  return (1.0 - at->y) * ((1.0 - at->x) * near[at->column[0]] + at->x * near[at->column[1]]) +
         at->y * ((1.0 - at->x) * far[at->column[0]] + at->x * far[at->column[1]]);
}

/* (x, y) made a unit vector; where there is no direction, the old one. */
static void normalise(double *x, double *y, double old_x, double old_y) {
  const double length = hypot(*x, *y);
  *x = length > 1e-12 ? *x / length : old_x;
  *y = length > 1e-12 ? *y / length : old_y;
}

/* The fields around the parcels: K * P, and the force. */
static void look_around(rollout *roll) {
  const fcast_field_plan *plan = roll->plan;
  fcast_parcels *parcels = &roll->parcels;
  for (size_t i = 0; i < parcels->n; i++) {
    roll->places[i] = fcast__field_place(&plan->state, parcels->x[i], parcels->y[i]);
  }
  gather(roll, parcels->heading_x, roll->sources[0]);
  gather(roll, parcels->heading_y, roll->sources[1]);
  const double *headings[2] = {roll->sources[0], roll->sources[1]};
  fcast__stencil_apply(&plan->alignment, &plan->state, headings, roll->halo, roll->aligned[0], roll->aligned[1]);
  if (roll->pushed[0] != NULL) {
    gather(roll, NULL, roll->sources[2]);
    const double *mass[2] = {roll->sources[2], NULL};
    fcast__stencil_apply(&plan->force, &plan->state, mass, roll->halo, roll->pushed[0], roll->pushed[1]);
  }
}

/* The new heading and velocity of one parcel. */
static void turn_parcel(rollout *roll, size_t i) {
  const fcast_field_model *model = roll->plan->model;
  const fcast_field_grid *grid = &roll->plan->state;
  fcast_parcels *parcels = &roll->parcels;
  double x = read_at(grid, &roll->places[i], roll->aligned[0]);
  double y = read_at(grid, &roll->places[i], roll->aligned[1]);
  double speed = model->speed.value;
  normalise(&x, &y, parcels->heading_x[i], parcels->heading_y[i]);
  if (model->force_kind != FCAST_FIELD_NO_FORCE) {
    double fx = read_at(grid, &roll->places[i], roll->pushed[0]);
    double fy = read_at(grid, &roll->places[i], roll->pushed[1]);
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
  parcels->heading_x[i] = x;
  parcels->heading_y[i] = y;
  parcels->velocity_x[i] = speed * x;
  parcels->velocity_y[i] = speed * y;
}

/* One step. Errors: FCAST_E_NUMERIC where a parcel moves too far. */
static fcast_status step(rollout *roll, size_t i_step, fcast_error *err) {
  const fcast_field_model *model = roll->plan->model;
  fcast_parcels *parcels = &roll->parcels;
  const double distance = model->order.value * model->interval; /* for a unit of speed */
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
  const double lost = 1.0 - model->order.value * model->order.value;
  roll->widened += mass > 0.0 ? 0.5 * lost * model->interval * model->interval * squares / mass : 0.0;
  return FCAST_OK;
}

/* The parcels as the density shows them: what the state and the grid have smoothed already is not smoothed again. */
static void draw(rollout *roll, double *out) {
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

/* Polarization of agents whose headings scatter about the field's. */
static double polarization_of(const rollout *roll) {
  const fcast_parcels *parcels = &roll->parcels;
  double x = 0.0;
  double y = 0.0;
  double mass = 0.0;
  for (size_t i = 0; i < parcels->n; i++) {
    x += parcels->mass[i] * parcels->heading_x[i];
    y += parcels->mass[i] * parcels->heading_y[i];
    mass += parcels->mass[i];
  }
  return roll->plan->model->order.value * hypot(x, y) / mass;
}

fcast_status fcast_field_forecast(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame,
                                  size_t n_forecast, double *prediction, double *polarization, fcast_error *err) {
  const size_t n_space = plan->density.nx * plan->density.ny;
  rollout roll;
  fcast_status status = rollout_create(plan, tracks, frame, &roll, err);
  for (size_t i = 0; status == FCAST_OK && i < n_forecast; i++) {
    status = step(&roll, i, err);
    if (status == FCAST_OK) {
      draw(&roll, prediction + i * n_space);
    }
    if (status == FCAST_OK && polarization != NULL) {
      polarization[i] = polarization_of(&roll);
    }
  }
  rollout_clear(&roll);
  return status;
}

fcast_status fcast_field_reconstruct(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame,
                                     double *out, fcast_error *err) {
  rollout roll;
  const fcast_status status = rollout_create(plan, tracks, frame, &roll, err);
  if (status == FCAST_OK) {
    draw(&roll, out);
  }
  rollout_clear(&roll);
  return status;
}
