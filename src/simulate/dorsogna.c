/* SPDX-License-Identifier: MIT */
#include "simulate/dorsogna.h"

#include <math.h>
#include <string.h>

/* All arrays hold pairs, agent by agent. */
typedef struct flow {
  const fcast_simulate_options *options;
  fcast_vicsek *vicsek; /* its state holds the positions of a stage, in the box */
  size_t n_threads;
  double *position, *velocity;
  double *stage_position, *stage_velocity;
  double *slope_position, *slope_velocity; /* at the stage */
  double *sum_position, *sum_velocity;     /* weighted slopes of the step so far */
  double *block;                           /* owns all of them */
} flow;

static fcast_status alloc(size_t n_agents, flow *f, fcast_error *err) {
  const size_t n = 2 * n_agents;
  double **const arrays[] = {&f->position,       &f->velocity,       &f->stage_position, &f->stage_velocity,
                             &f->slope_position, &f->slope_velocity, &f->sum_position,   &f->sum_velocity};
  f->block = fcast_alloc_array(n, sizeof arrays / sizeof arrays[0] * sizeof *f->block);
  if (f->block == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the slopes of %zu agents", n_agents);
  }
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
    *arrays[i] = f->block + i * n;
  }
  return FCAST_OK;
}

/* Into [0, length]; whether the velocity turns round. */
static bool put_inside(double *position, double length, fcast_boundary boundary) {
  if (boundary == FCAST_PERIODIC) {
    *position = fcast__wrap(*position, length);
    return false;
  }
  const bool is_out = *position < 0.0 || *position > length;
  const double mirrored = *position < 0.0 ? -*position : 2.0 * length - *position;
  *position = is_out ? fmin(fmax(mirrored, 0.0), length) : *position;
  return is_out;
}

/* Forces at the stage. Outside a wall an agent feels what its mirror image feels. */
static void find_forces(flow *f) {
  const fcast_simulate_options *const options = f->options;
  const fcast_vicsek_kernels *const kernels = f->vicsek->kernels;
  fcast_state *const stage = &f->vicsek->state;
  fcast_cells *const cells = &f->vicsek->cells;
  for (size_t i = 0; i < stage->n_agents; i++) {
    stage->x[i] = f->stage_position[2 * i];
    stage->y[i] = f->stage_position[2 * i + 1];
    (void)put_inside(&stage->x[i], options->box_x, options->boundary);
    (void)put_inside(&stage->y[i], options->box_y, options->boundary);
  }
  kernels->locate(&cells->grid, stage->n_agents, stage);
  fcast__cells_sort(stage, cells);
  uint32_t *const start = cells->next_start;
  cells->next_start = cells->start;
  cells->start = start;
#pragma omp parallel for schedule(dynamic) num_threads((int)f->n_threads)
  for (size_t band = 0; band < f->vicsek->force.n_bands; band++) {
    kernels->sum_forces(cells, &f->vicsek->force, band);
  }
}

static void find_slopes(flow *f) {
  const fcast_force *const force = &f->vicsek->force;
  find_forces(f);
  for (size_t place = 0; place < f->vicsek->state.n_agents; place++) {
    const size_t i = f->vicsek->cells.agent[place];
    const double *const v = f->stage_velocity + 2 * i;
    const double gain = f->options->propulsion - f->options->friction * (v[0] * v[0] + v[1] * v[1]);
    f->slope_position[2 * i] = v[0];
    f->slope_position[2 * i + 1] = v[1];
    f->slope_velocity[2 * i] = gain * v[0] + (force->x[place] + force->x_before[place]);
    f->slope_velocity[2 * i + 1] = gain * v[1] + (force->y[place] + force->y_before[place]);
  }
}

static void step(flow *f) {
  static const double ahead[] = {0.0, 0.5, 0.5, 1.0};
  static const double weight[] = {1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};
  const size_t n = 2 * f->vicsek->state.n_agents;
  const double box[2] = {f->options->box_x, f->options->box_y};
  const double dt = f->options->dt;
  memset(f->slope_position, 0, 4 * n * sizeof(double)); /* and the arrays behind it */
  for (size_t s = 0; s < 4; s++) {
    for (size_t k = 0; k < n; k++) {
      f->stage_position[k] = f->position[k] + ahead[s] * dt * f->slope_position[k];
      f->stage_velocity[k] = f->velocity[k] + ahead[s] * dt * f->slope_velocity[k];
    }
    find_slopes(f);
    for (size_t k = 0; k < n; k++) {
      f->sum_position[k] += weight[s] * f->slope_position[k];
      f->sum_velocity[k] += weight[s] * f->slope_velocity[k];
    }
  }
  for (size_t k = 0; k < n; k++) {
    f->position[k] += dt * f->sum_position[k];
    f->velocity[k] += dt * f->sum_velocity[k];
    if (put_inside(&f->position[k], box[k % 2], f->options->boundary)) {
      f->velocity[k] = -f->velocity[k];
    }
  }
}

fcast_status fcast__dorsogna_steps(const fcast_simulate_options *options, size_t n_threads, fcast_vicsek *vicsek,
                                   fcast_tracks *tracks, fcast_error *err) {
  const fcast_state *const state = &vicsek->state;
  const size_t n = state->n_agents;
  const size_t save_every = (size_t)options->save_every;
  flow f = {.options = options, .vicsek = vicsek, .n_threads = n_threads};
  const fcast_status status = alloc(n, &f, err);
  for (size_t i = 0; status == FCAST_OK && i < n; i++) {
    f.position[2 * i] = state->x[i];
    f.position[2 * i + 1] = state->y[i];
    f.velocity[2 * i] = state->speed[i] * state->heading_x[i];
    f.velocity[2 * i + 1] = state->speed[i] * state->heading_y[i];
  }
  for (size_t frame = 0; status == FCAST_OK && frame < tracks->n_frames; frame++) {
    for (size_t k = 0; frame > 0 && k < save_every; k++) {
      step(&f);
    }
    memcpy(tracks->positions + 2 * n * frame, f.position, 2 * n * sizeof(double));
    memcpy(tracks->velocities + 2 * n * frame, f.velocity, 2 * n * sizeof(double));
  }
  fcast_free(f.block);
  return status;
}
