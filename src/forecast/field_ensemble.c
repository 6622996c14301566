/* SPDX-License-Identifier: MIT */
#include "flockcast/field.h"

#include "base/philox.h"
#include "density/kernel.h"
#include "forecast/field_rollout.h"

#include <math.h>
#include <string.h>

/* Steps of one member have numbers below this. */
static const uint64_t steps_of_member = (uint64_t)1 << 24;

/* The noise turns what one agent has become as a whole: its angles hardly change over twice the width of the state. */
static const double width_of_noise = 2.0;

/* The noise of one step: angles on the grid of the state. */
typedef struct turning {
  const fcast_field_plan *plan;
  fcast_smoother *smoother;
  double to_unit;  /* makes the variance of a smoothed angle 1 */
  double strength; /* standard deviation of the angle of one agent; radians */
  double reach;    /* agents per unit of the mass of a cell that share an angle */
  double *angles;  /* [ny, nx] */
  double *mass;    /* [ny, nx] */
} turning;

static double sum_of_squares(const fcast_kernel *kernel) {
  double sum = kernel->weight[0] * kernel->weight[0];
  for (size_t k = 1; k <= kernel->radius; k++) {
    sum += 2.0 * kernel->weight[k] * kernel->weight[k];
  }
  return sum;
}

static fcast_status turning_create(const fcast_field_plan *plan, turning *out, fcast_error *err) {
  const double pi = 3.14159265358979323846;
  const fcast_field_grid *grid = &plan->neighbours;
  const double cell_area = grid->hx * grid->hy;
  const double width = width_of_noise * plan->model->state_bandwidth;
  fcast_kernel kernel = {0};
  *out = (turning){.plan = plan,
                   .strength = sqrt(-2.0 * log(fmin(fmax(plan->model->order.value, 1e-3), 1.0))),
                   .reach = 4.0 * pi * width * width / cell_area};
  fcast_status status = fcast__kernel_create(width / sqrt(cell_area), &kernel, err);
  if (status == FCAST_OK) {
    out->to_unit = 1.0 / sum_of_squares(&kernel); /* of two axes: the square of the root */
    status = fcast__smoother_create(grid->ny, grid->nx, width / sqrt(cell_area), plan->model->density.boundary,
                                    &out->smoother, err);
  }
  fcast__kernel_clear(&kernel);
  out->angles = fcast_alloc_array(grid->nx * grid->ny, sizeof *out->angles);
  out->mass = fcast_alloc_array(grid->nx * grid->ny, sizeof *out->mass);
  return status == FCAST_OK && (out->angles == NULL || out->mass == NULL)
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for an ensemble of the field model")
             : status;
}

static void turning_clear(turning *turn) {
  fcast__smoother_destroy(turn->smoother);
  fcast_free(turn->angles);
  fcast_free(turn->mass);
}

/* Angles for the next step of a member: a smooth random field, weaker where many agents share it. */
static void draw_turns(turning *turn, uint64_t seed, uint64_t step, fcast_rollout *roll) {
  const fcast_field_grid *grid = &turn->plan->neighbours;
  fcast__philox_normal(seed, FCAST_STREAM_NOISE, step, grid->nx * grid->ny, turn->angles);
  for (size_t cell = 0; cell < grid->nx * grid->ny; cell++) {
    fcast__smoother_add(turn->smoother, cell / grid->nx, cell % grid->nx, turn->angles[cell]);
  }
  fcast__smoother_finish(turn->smoother, turn->angles);
  fcast__rollout_gather(roll, grid, roll->places, NULL, turn->mass);
  for (size_t i = 0; i < roll->parcels.n; i++) {
    const double n_sharing = fmax(turn->reach * fcast__field_read(grid, &roll->places[i], turn->mass), 1.0);
    roll->turns[i] =
        turn->strength * turn->to_unit * fcast__field_read(grid, &roll->places[i], turn->angles) / sqrt(n_sharing);
  }
}

/* Running sums over the members (Welford 1962): mean and squares. */
typedef struct running {
  double *mean, *squares; /* [n_forecast, n_space + 1]: the density, then the polarization */
  double *frame;          /* [n_space + 1] */
  size_t n_space, n_forecast;
} running;

static fcast_status running_create(size_t n_space, size_t n_forecast, running *out, fcast_error *err) {
  *out = (running){.n_space = n_space, .n_forecast = n_forecast};
  out->mean = fcast_alloc_array(n_forecast * (n_space + 1), sizeof *out->mean);
  out->squares = fcast_alloc_array(n_forecast * (n_space + 1), sizeof *out->squares);
  out->frame = fcast_alloc_array(n_space + 1, sizeof *out->frame);
  return out->mean == NULL || out->squares == NULL || out->frame == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for an ensemble of %zu frames", n_forecast)
             : FCAST_OK;
}

static void running_clear(running *sums) {
  fcast_free(sums->mean);
  fcast_free(sums->squares);
  fcast_free(sums->frame);
}

static void running_add(running *sums, size_t lead, size_t i_member) {
  double *mean = sums->mean + lead * (sums->n_space + 1);
  double *squares = sums->squares + lead * (sums->n_space + 1);
  for (size_t i = 0; i <= sums->n_space; i++) {
    const double before = sums->frame[i] - mean[i];
    mean[i] += before / (double)(i_member + 1);
    squares[i] += before * (sums->frame[i] - mean[i]);
  }
}

static fcast_status roll_member(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame, uint64_t seed,
                                size_t i_member, turning *turn, running *sums, fcast_error *err) {
  fcast_rollout roll;
  fcast_status status = fcast__rollout_create(plan, tracks, frame, &roll, err);
  if (status == FCAST_OK) {
    roll.turns = fcast_alloc_array(roll.parcels.n, sizeof *roll.turns);
    status =
        roll.turns == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu parcels", roll.parcels.n) : FCAST_OK;
  }
  for (size_t lead = 0; status == FCAST_OK && lead < sums->n_forecast; lead++) {
    fcast__rollout_place(&roll);
    draw_turns(turn, seed, i_member * steps_of_member + lead, &roll);
    status = fcast__rollout_step(&roll, lead, err);
    if (status == FCAST_OK) {
      fcast__rollout_draw(&roll, sums->frame);
      sums->frame[sums->n_space] = fcast__rollout_polarization(&roll);
      running_add(sums, lead, i_member);
    }
  }
  fcast__rollout_clear(&roll);
  return status;
}

fcast_status fcast_field_spread(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame,
                                size_t n_forecast, size_t n_members, uint64_t seed, double *variance,
                                double *polarization_variance, fcast_error *err) {
  const size_t n_space = plan->density.nx * plan->density.ny;
  turning turn = {0};
  running sums = {0};
  if (n_members < 2) {
    return fcast_fail(err, FCAST_E_ARG, "an ensemble of %zu members has no spread, expected at least 2", n_members);
  }
  fcast_status status = turning_create(plan, &turn, err);
  if (status == FCAST_OK) {
    status = running_create(n_space, n_forecast, &sums, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_members; i++) {
    status = roll_member(plan, tracks, frame, seed, i, &turn, &sums, err);
  }
  for (size_t lead = 0; status == FCAST_OK && lead < n_forecast; lead++) {
    const double *squares = sums.squares + lead * (n_space + 1);
    for (size_t i = 0; i < n_space; i++) {
      variance[lead * n_space + i] = squares[i] / (double)(n_members - 1);
    }
    polarization_variance[lead] = squares[n_space] / (double)(n_members - 1);
  }
  running_clear(&sums);
  turning_clear(&turn);
  return status;
}
