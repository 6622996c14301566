/* SPDX-License-Identifier: MIT */
#include "simulate/state.h"

#include <math.h>

static const double two_pi = 6.283185307179586476925286766559;

const char *fcast_ic_type_name(fcast_ic_type type) {
  static const char *const names[FCAST_IC_COUNT] = {"uniform", "gaussian_cluster", "ring", "two_clusters"};
  return (size_t)type < FCAST_IC_COUNT ? names[type] : NULL;
}

static void place_uniform(const fcast_simulate_options *options, fcast_random *random, fcast_state *state) {
  fcast_random_uniform(random, FCAST_STREAM_POSITIONS, 0, 2 * state->n_agents, state->draw);
  for (size_t i = 0; i < state->n_agents; i++) {
    state->x[i] = options->box_x * state->draw[2 * i];
    state->y[i] = options->box_y * state->draw[2 * i + 1];
  }
}

/* Agents [first, last) normally about a centre; `draw` holds their standard normal pairs. */
static void place_cluster(double centre_x, double centre_y, double sigma, size_t first, size_t last,
                          fcast_state *state) {
  for (size_t i = first; i < last; i++) {
    state->x[i] = centre_x + sigma * state->draw[2 * i];
    state->y[i] = centre_y + sigma * state->draw[2 * i + 1];
  }
}

static void place_clusters(const fcast_simulate_options *options, fcast_ic_type type, fcast_random *random,
                           fcast_state *state) {
  const size_t n = state->n_agents;
  const double smaller_side = fmin(options->box_x, options->box_y);
  fcast_random_normal(random, FCAST_STREAM_POSITIONS, 0, 2 * n, state->draw);
  if (type == FCAST_IC_GAUSSIAN_CLUSTER) {
    place_cluster(options->box_x / 2, options->box_y / 2, smaller_side / 6, 0, n, state);
    return;
  }
  const double offset = options->box_x / 3 / 2;
  place_cluster(options->box_x / 2 - offset, options->box_y / 2, smaller_side / 8, 0, n / 2, state);
  place_cluster(options->box_x / 2 + offset, options->box_y / 2, smaller_side / 8, n / 2, n, state);
}

static void place_ring(const fcast_simulate_options *options, fcast_random *random, fcast_state *state) {
  const size_t n = state->n_agents;
  const double mean_radius = fmin(options->box_x, options->box_y) / 4;
  double *const angle = state->draw;
  double *const radius = state->draw + n;
  fcast_random_uniform(random, FCAST_STREAM_POSITIONS, 0, n, angle);
  fcast_random_normal(random, FCAST_STREAM_RADII, 0, n, radius);
  for (size_t i = 0; i < n; i++) {
    const double r = fabs(mean_radius + mean_radius / 10 * radius[i]);
    state->x[i] = options->box_x / 2 + r * cos(two_pi * angle[i]);
    state->y[i] = options->box_y / 2 + r * sin(two_pi * angle[i]);
  }
}

void fcast__state_initialise(const fcast_simulate_options *options, fcast_ic_type type, fcast_random *random,
                             size_t n_threads, fcast_state *state) {
  if (type == FCAST_IC_UNIFORM) {
    place_uniform(options, random, state);
  } else if (type == FCAST_IC_RING) {
    place_ring(options, random, state);
  } else {
    place_clusters(options, type, random, state);
  }
  fcast_random_uniform(random, FCAST_STREAM_HEADINGS, 0, state->n_agents, state->draw);
#pragma omp parallel for schedule(static) num_threads((int)n_threads)
  for (size_t i = 0; i < state->n_agents; i++) {
    state->x[i] = fcast__wrap(state->x[i], options->box_x);
    state->y[i] = fcast__wrap(state->y[i], options->box_y);
    state->heading_x[i] = cos(two_pi * state->draw[i]);
    state->heading_y[i] = sin(two_pi * state->draw[i]);
    if (state->speed != NULL) {
      state->speed[i] = options->speed;
    }
  }
}
