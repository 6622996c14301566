/* SPDX-License-Identifier: MIT */
#include "flockcast/field.h"

#include "forecast/field_rollout.h"

#include <math.h>

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

/* Cells that a kernel may reach over: more are not worth their time. */
enum { LARGEST_REACH = 32 };

/* The grid that a kernel is summed on: the state's, or one on which it reaches over fewer cells. */
static fcast_field_grid coarser(const fcast_field_grid *state, const fcast_radial *radial,
                                const fcast_density_options *box) {
  const double reach = radial->width * (double)radial->n_shells;
  const double most_x = fmax(LARGEST_REACH * box->box_x / fmax(reach, 1e-300), 1.0);
  const double most_y = fmax(LARGEST_REACH * box->box_y / fmax(reach, 1e-300), 1.0);
  return fcast__field_grid((double)state->nx > most_x ? (size_t)most_x : state->nx,
                           (double)state->ny > most_y ? (size_t)most_y : state->ny, box);
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
  plan->neighbours = coarser(&plan->state, &model->alignment, density);
  plan->pushers = coarser(&plan->state, &model->force, density);
  status = fcast__stencil_create(&model->alignment, contraction(model, &plan->neighbours), false, &plan->neighbours,
                                 &plan->alignment, err);
  if (status == FCAST_OK && model->force_kind != FCAST_FIELD_NO_FORCE) {
    status = fcast__stencil_create(&model->force, 1.0, true, &plan->pushers, &plan->force, err);
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

fcast_status fcast_field_forecast(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame,
                                  size_t n_forecast, double *prediction, double *polarization, fcast_error *err) {
  const size_t n_space = plan->density.nx * plan->density.ny;
  fcast_rollout roll;
  fcast_status status = fcast__rollout_create(plan, tracks, frame, &roll, err);
  for (size_t i = 0; status == FCAST_OK && i < n_forecast; i++) {
    fcast__rollout_place(&roll);
    status = fcast__rollout_step(&roll, i, err);
    if (status == FCAST_OK) {
      fcast__rollout_draw(&roll, prediction + i * n_space);
    }
    if (status == FCAST_OK && polarization != NULL) {
      polarization[i] = fcast__rollout_polarization(&roll);
    }
  }
  fcast__rollout_clear(&roll);
  return status;
}

fcast_status fcast_field_reconstruct(const fcast_field_plan *plan, const fcast_tracks *tracks, size_t frame,
                                     double *out, fcast_error *err) {
  fcast_rollout roll;
  const fcast_status status = fcast__rollout_create(plan, tracks, frame, &roll, err);
  if (status == FCAST_OK) {
    fcast__rollout_draw(&roll, out);
  }
  fcast__rollout_clear(&roll);
  return status;
}
