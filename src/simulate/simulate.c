/* SPDX-License-Identifier: MIT */
#include "flockcast/simulate.h"

#include "simulate/steps.h"

#include <omp.h>

/* With fewer agents, threads wait for each other longer than they save. */
enum { AGENTS_FOR_THREADS = 4096 };

/* Places [first, last) of the state into frame `frame`. */
static void save_frame(const fcast_state *state, size_t first, size_t last, double speed, size_t frame,
                       fcast_tracks *tracks) {
  double *const position = tracks->positions + 2 * frame * state->n_agents;
  double *const velocity = tracks->velocities + 2 * frame * state->n_agents;
  for (size_t k = first; k < last; k++) {
    const size_t i = state->agent[k];
    position[2 * i] = state->x[k];
    position[2 * i + 1] = state->y[k];
    const double own_speed = state->speed == NULL ? speed : state->speed[k];
    velocity[2 * i] = own_speed * state->heading_x[k];
    velocity[2 * i + 1] = own_speed * state->heading_y[k];
  }
}

/* All steps, as thread `index` of the team. */
static void run_thread(const fcast_simulate_options *options, fcast_vicsek *vicsek, uint64_t n_before, size_t index,
                       fcast_tracks *tracks) {
  const size_t save_every = (size_t)options->save_every;
  const size_t n_steps = (tracks->n_frames - 1) * save_every;
  fcast_vicsek_thread thread = fcast__vicsek_thread(vicsek, index);
  size_t first;
  size_t last;
  fcast__vicsek_places(&thread, &first, &last);
  for (size_t step = 1; step <= n_steps; step++) {
    fcast__vicsek_advance(&thread, n_before + step, step == n_steps);
    if (step % save_every == 0) {
      save_frame(&thread.state, first, last, options->speed, step / save_every, tracks);
    }
    fcast__vicsek_sort(&thread);
  }
}

size_t fcast__n_threads(const fcast_simulate_options *options) {
  /* Runs of an ensemble are made side by side: there, one thread each. */
  const bool is_for_team = options->n_agents >= AGENTS_FOR_THREADS && !omp_in_parallel();
  return is_for_team ? (size_t)omp_get_max_threads() : 1;
}

void fcast__steps(const fcast_simulate_options *options, size_t n_threads, uint64_t n_before, fcast_vicsek *vicsek,
                  fcast_tracks *tracks) {
#pragma omp parallel for num_threads((int)n_threads)
  for (size_t i = 0; i < n_threads; i++) {
    const size_t n = vicsek->state.n_agents;
    save_frame(&vicsek->state, i * n / n_threads, (i + 1) * n / n_threads, options->speed, 0, tracks);
  }
  if (n_threads == 1) {
    fcast__vicsek_begin(vicsek, 1);
    run_thread(options, vicsek, n_before, 0, tracks);
    return;
  }
#pragma omp parallel num_threads((int)n_threads)
  {
#pragma omp single
    fcast__vicsek_begin(vicsek, (size_t)omp_get_num_threads());
    run_thread(options, vicsek, n_before, (size_t)omp_get_thread_num(), tracks);
  }
}

static void run(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed, size_t n_threads,
                fcast_vicsek *vicsek, fcast_tracks *tracks) {
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    tracks->times[frame] = (double)(frame * (size_t)options->save_every) * options->dt;
  }
  fcast_random_init(&vicsek->random, options->rng, seed);
  fcast__state_initialise(options, type, &vicsek->random, n_threads, &vicsek->state);
  fcast__steps(options, n_threads, 0, vicsek, tracks);
}

fcast_status fcast_simulate(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed, fcast_tracks *out,
                            fcast_error *err) {
  *out = (fcast_tracks){0};
  fcast_vicsek vicsek = {0};
  fcast_status status = fcast_simulate_options_check(options, err);
  if (status == FCAST_OK && fcast_ic_type_name(type) == NULL) {
    status = fcast_fail(err, FCAST_E_ARG, "initial-condition type %d: no such type", (int)type);
  }
  const size_t n_threads = fcast__n_threads(options);
  if (status == FCAST_OK) {
    status = fcast__vicsek_alloc(options, n_threads, &vicsek, err);
  }
  if (status == FCAST_OK) {
    status = fcast_tracks_alloc(fcast_simulate_n_frames(options), (size_t)options->n_agents, out, err);
  }
  if (status == FCAST_OK) {
    run(options, type, seed, n_threads, &vicsek, out);
  }
  fcast__vicsek_clear(&vicsek);
  return status;
}
