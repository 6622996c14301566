/* SPDX-License-Identifier: MIT */
#include "flockcast/simulate.h"

#include "simulate/vicsek.h"

static void save_frame(const fcast_state *state, double speed, double time, size_t frame, fcast_tracks *tracks) {
  double *position = tracks->positions + 2 * frame * state->n_agents;
  double *velocity = tracks->velocities + 2 * frame * state->n_agents;
  for (size_t i = 0; i < state->n_agents; i++) {
    position[2 * i] = state->x[i];
    position[2 * i + 1] = state->y[i];
    velocity[2 * i] = speed * state->heading_x[i];
    velocity[2 * i + 1] = speed * state->heading_y[i];
  }
  tracks->times[frame] = time;
}

static void run(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed, fcast_cells *cells,
                fcast_state *state, fcast_tracks *tracks) {
  const size_t n_steps = fcast_simulate_n_steps(options);
  const size_t save_every = (size_t)options->save_every;
  fcast_random random;
  fcast_random_init(&random, options->rng, seed);
  fcast__state_initialise(options, type, &random, state);
  save_frame(state, options->speed, 0.0, 0, tracks);
  for (size_t step = 1; step <= n_steps; step++) {
    fcast__vicsek_step(options, step, &random, cells, state);
    if (step % save_every == 0) {
      save_frame(state, options->speed, (double)step * options->dt, step / save_every, tracks);
    }
  }
}

fcast_status fcast_simulate(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed, fcast_tracks *out,
                            fcast_error *err) {
  *out = (fcast_tracks){0};
  fcast_state state = {0};
  fcast_cells cells = {0};
  fcast_status status = fcast_simulate_options_check(options, err);
  if (status == FCAST_OK && fcast_ic_type_name(type) == NULL) {
    status = fcast_fail(err, FCAST_E_ARG, "initial-condition type %d: no such type", (int)type);
  }
  if (status == FCAST_OK) {
    status = fcast__state_alloc((size_t)options->n_agents, &state, err);
  }
  if (status == FCAST_OK) {
    status = fcast__cells_alloc(options, &cells, err);
  }
  if (status == FCAST_OK) {
    status = fcast_tracks_alloc(fcast_simulate_n_frames(options), (size_t)options->n_agents, out, err);
  }
  if (status == FCAST_OK) {
    run(options, type, seed, &cells, &state, out);
  }
  fcast__cells_clear(&cells);
  fcast__state_clear(&state);
  return status;
}
