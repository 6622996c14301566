/* SPDX-License-Identifier: MIT */
#include "simulate/state.h"

#include <math.h>

fcast_status fcast__state_alloc(size_t n_agents, fcast_state *state, fcast_error *err) {
  const size_t n_places = n_agents + PLACES_BEYOND;
  *state = (fcast_state){.n_agents = n_agents,
                         .x = fcast_alloc_array(n_places, sizeof(double)),
                         .y = fcast_alloc_array(n_places, sizeof(double)),
                         .heading_x = fcast_alloc_array(n_places, sizeof(double)),
                         .heading_y = fcast_alloc_array(n_places, sizeof(double)),
                         .agent = fcast_alloc_array(n_places, sizeof(uint32_t)),
                         .cell = fcast_alloc_array(n_places, sizeof(uint32_t)),
                         .draw = fcast_alloc_array(n_agents, 2 * sizeof(double))};
  if (state->x == NULL || state->y == NULL || state->heading_x == NULL || state->heading_y == NULL ||
      state->agent == NULL || state->cell == NULL || state->draw == NULL) {
    fcast__state_clear(state);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu agents", n_agents);
  }
  for (size_t i = 0; i < n_agents; i++) {
    state->agent[i] = (uint32_t)i;
  }
  return FCAST_OK;
}

void fcast__state_clear(fcast_state *state) {
  fcast_free(state->x);
  fcast_free(state->y);
  fcast_free(state->heading_x);
  fcast_free(state->heading_y);
  fcast_free(state->agent);
  fcast_free(state->cell);
  fcast_free(state->draw);
  *state = (fcast_state){0};
}

double fcast__wrap(double value, double length) {
  double wrapped = fmod(value, length);
  if (wrapped < 0.0) {
    wrapped += length;
  }
  return wrapped < length ? wrapped : 0.0;
}
