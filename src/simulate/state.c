/* SPDX-License-Identifier: MIT */
#include "simulate/state.h"

#include <math.h>

fcast_status fcast__state_alloc(size_t n_agents, fcast_state *state, fcast_error *err) {
  *state = (fcast_state){.n_agents = n_agents};
  double **arrays[] = {&state->x,      &state->y,      &state->heading_x, &state->heading_y,
                       &state->mean_x, &state->mean_y, &state->draw};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
    *arrays[i] = fcast_alloc_array(n_agents, arrays[i] == &state->draw ? 2 * sizeof(double) : sizeof(double));
    if (*arrays[i] == NULL) {
      fcast__state_clear(state);
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu agents", n_agents);
    }
  }
  return FCAST_OK;
}

void fcast__state_clear(fcast_state *state) {
  fcast_free(state->x);
  fcast_free(state->y);
  fcast_free(state->heading_x);
  fcast_free(state->heading_y);
  fcast_free(state->mean_x);
  fcast_free(state->mean_y);
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
