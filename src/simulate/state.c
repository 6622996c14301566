/* SPDX-License-Identifier: MIT */
#include "simulate/state.h"

#include "simulate/force.h"

#include <math.h>

void *fcast__block_take(fcast_block *block, size_t n, size_t size) {
  enum { LINE = 64 };
  void *const taken = block->memory == NULL ? NULL : block->memory + block->n_bytes;
  block->n_bytes += (n * size + LINE - 1) / LINE * LINE;
  return taken;
}

bool fcast__has_speeds(const fcast_simulate_options *options) {
  const bool changes_speed = options->model == FCAST_MODEL_DORSOGNA || options->speed_mode == FCAST_SPEED_VARIABLE;
  return fcast_simulate_has_forces(options) && changes_speed;
}

static void lay_out(bool has_speeds, fcast_state *state, fcast_block *block) {
  const size_t n_places = state->n_agents + PLACES_BEYOND;
  state->x = fcast__block_take(block, n_places, sizeof(double));
  state->y = fcast__block_take(block, n_places, sizeof(double));
  state->heading_x = fcast__block_take(block, n_places, sizeof(double));
  state->heading_y = fcast__block_take(block, n_places, sizeof(double));
  state->speed = has_speeds ? fcast__block_take(block, n_places, sizeof(double)) : NULL;
  state->agent = fcast__block_take(block, n_places, sizeof(uint32_t));
  state->cell = fcast__block_take(block, n_places, sizeof(uint32_t));
  state->draw = fcast__block_take(block, state->n_agents, 2 * sizeof(double));
}

fcast_status fcast__state_alloc(const fcast_simulate_options *options, fcast_state *state, fcast_error *err) {
  const size_t n_agents = (size_t)options->n_agents;
  const bool has_speeds = fcast__has_speeds(options);
  fcast_block block = {0};
  *state = (fcast_state){.n_agents = n_agents};
  lay_out(has_speeds, state, &block);
  state->block = fcast_alloc_array(block.n_bytes, 1);
  if (state->block == NULL) {
    fcast__state_clear(state);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu agents", n_agents);
  }
  block = (fcast_block){.memory = state->block};
  lay_out(has_speeds, state, &block);
  for (size_t i = 0; i < n_agents; i++) {
    state->agent[i] = (uint32_t)i;
  }
  return FCAST_OK;
}

void fcast__state_clear(fcast_state *state) {
  fcast_free(state->block);
  *state = (fcast_state){0};
}

double fcast__wrap(double value, double length) {
  double wrapped = fmod(value, length);
  if (wrapped < 0.0) {
    wrapped += length;
  }
  return wrapped < length ? wrapped : 0.0;
}
