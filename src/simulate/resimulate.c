/* SPDX-License-Identifier: MIT */
#include "flockcast/simulate.h"

#include "simulate/steps.h"

#include <math.h>
#include <string.h>

/* A run has at most 1e9 steps, so member m may have those of Philox from (m + 1) 2^32 on: none meets another member's,
 * nor those of a run that was itself made by Philox. Steps are 48 bits there. */
static const unsigned steps_shift = 32;

static fcast_status check_start(const fcast_simulate_options *options, const fcast_tracks *tracks, size_t frame,
                                uint64_t member, fcast_error *err) {
  if (tracks->velocities == NULL || tracks->n_agents != (size_t)options->n_agents || frame >= tracks->n_frames) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "tracks to go on from: found %zu frames of %zu agents%s, expected velocities, more than %zu "
                      "frames and %lld agents",
                      tracks->n_frames, tracks->n_agents, tracks->velocities == NULL ? " without velocities" : "",
                      frame, (long long)options->n_agents);
  }
  if (member >= FCAST_MAX_MEMBERS) {
    return fcast_fail(err, FCAST_E_ARG, "member: found %llu, expected less than %d", (unsigned long long)member,
                      FCAST_MAX_MEMBERS);
  }
  return FCAST_OK;
}

/* A position that was rounded may lie on the far side of a wall. */
static double put_inside(double position, double length, fcast_boundary boundary) {
  return boundary == FCAST_PERIODIC ? fcast__wrap(position, length) : fmin(fmax(position, 0.0), length);
}

static fcast_status take_state(const fcast_simulate_options *options, const fcast_tracks *tracks, size_t frame,
                               fcast_state *state, fcast_error *err) {
  const double *position = tracks->positions + 2 * frame * tracks->n_agents;
  const double *velocity = tracks->velocities + 2 * frame * tracks->n_agents;
  for (size_t i = 0; i < tracks->n_agents; i++) {
    const double speed = hypot(velocity[2 * i], velocity[2 * i + 1]);
    if (!(speed > 0.0) && (options->speed > 0.0 || state->speed != NULL)) {
      return fcast_fail(err, FCAST_E_FORMAT, "velocities: agent %zu of frame %zu has none, expected a heading", i,
                        frame);
    }
    state->x[i] = put_inside(position[2 * i], options->box_x, options->boundary);
    state->y[i] = put_inside(position[2 * i + 1], options->box_y, options->boundary);
    if (state->speed != NULL) {
      state->speed[i] = speed;
    }
    /* Agents of a flock that stands still have no heading to tell, and need none. */
    state->heading_x[i] = speed > 0.0 ? velocity[2 * i] / speed : 1.0;
    state->heading_y[i] = speed > 0.0 ? velocity[2 * i + 1] / speed : 0.0;
  }
  return FCAST_OK;
}

fcast_status fcast_resimulate(const fcast_simulate_options *options, const fcast_tracks *tracks, size_t frame,
                              uint64_t seed, uint64_t member, fcast_tracks *out, fcast_error *err) {
  *out = (fcast_tracks){0};
  fcast_vicsek vicsek = {0};
  const size_t n_threads = fcast__n_threads(options);
  fcast_status status = fcast_simulate_options_check(options, err);
  if (status == FCAST_OK) {
    status = check_start(options, tracks, frame, member, err);
  }
  if (status == FCAST_OK) {
    status = fcast__vicsek_alloc(options, n_threads, &vicsek, err);
  }
  if (status == FCAST_OK) {
    status = take_state(options, tracks, frame, &vicsek.state, err);
  }
  if (status == FCAST_OK) {
    status = fcast_tracks_alloc(tracks->n_frames - frame, tracks->n_agents, out, err);
  }
  if (status == FCAST_OK) {
    memcpy(out->times, tracks->times + frame, out->n_frames * sizeof *out->times);
    fcast_random_init(&vicsek.random, FCAST_RANDOM_PHILOX, seed);
    fcast__steps(options, n_threads, (member + 1) << steps_shift, &vicsek, out);
  }
  fcast__vicsek_clear(&vicsek);
  return status;
}
