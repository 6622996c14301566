/* SPDX-License-Identifier: MIT */
#include "simulate/vicsek.h"

#include <math.h>

/* Where the headings of a neighbourhood cancel, their direction is rounding: keep the own heading. */
static const double smallest_sum = 1e-12;

static void normalise_means(fcast_state *state) {
  for (size_t i = 0; i < state->n_agents; i++) {
    const double length = sqrt(state->mean_x[i] * state->mean_x[i] + state->mean_y[i] * state->mean_y[i]);
    const int is_usable = length > smallest_sum;
    state->mean_x[i] = is_usable ? state->mean_x[i] / length : state->heading_x[i];
    state->mean_y[i] = is_usable ? state->mean_y[i] / length : state->heading_y[i];
  }
}

static void draw_noise(const fcast_simulate_options *options, uint64_t step, fcast_random *random, fcast_state *state) {
  double *const angle = state->draw;
  if (options->noise_kind == FCAST_NOISE_UNIFORM) {
    fcast_random_uniform(random, FCAST_STREAM_NOISE, step, state->n_agents, angle);
    for (size_t i = 0; i < state->n_agents; i++) {
      angle[i] = -options->eta / 2 + options->eta * angle[i];
    }
    return;
  }
  const double sigma = options->match_variance ? options->eta / sqrt(12.0) : options->eta;
  fcast_random_normal(random, FCAST_STREAM_NOISE, step, state->n_agents, angle);
  for (size_t i = 0; i < state->n_agents; i++) {
    angle[i] = 0.0 + sigma * angle[i];
  }
}

static void rotate_headings(fcast_state *state) {
  for (size_t i = 0; i < state->n_agents; i++) {
    const double cosine = cos(state->draw[i]);
    const double sine = sin(state->draw[i]);
    state->heading_x[i] = cosine * state->mean_x[i] - sine * state->mean_y[i];
    state->heading_y[i] = sine * state->mean_x[i] + cosine * state->mean_y[i];
  }
}

static void reflect(double *position, double *heading, double length) {
  if (*position < 0.0) {
    *position = -*position;
    *heading = -*heading;
  } else if (*position > length) {
    *position = 2.0 * length - *position;
    *heading = -*heading;
  }
  *position = fmin(fmax(*position, 0.0), length);
}

static void move(const fcast_simulate_options *options, fcast_state *state) {
  const int is_periodic = options->boundary == FCAST_PERIODIC;
  for (size_t i = 0; i < state->n_agents; i++) {
    const double x = state->x[i] + options->dt * (options->speed * state->heading_x[i]);
    const double y = state->y[i] + options->dt * (options->speed * state->heading_y[i]);
    state->x[i] = is_periodic ? fcast__wrap(x, options->box_x) : x;
    state->y[i] = is_periodic ? fcast__wrap(y, options->box_y) : y;
    if (!is_periodic) {
      reflect(&state->x[i], &state->heading_x[i], options->box_x);
      reflect(&state->y[i], &state->heading_y[i], options->box_y);
    }
  }
}

void fcast__vicsek_step(const fcast_simulate_options *options, uint64_t step, fcast_random *random, fcast_cells *cells,
                        fcast_state *state) {
  fcast__cells_build(state, cells);
  fcast__cells_sum_headings(cells, state);
  normalise_means(state);
  draw_noise(options, step, random, state);
  rotate_headings(state);
  move(options, state);
}
