/* SPDX-License-Identifier: MIT */
#include "simulate/vicsek.h"

#include "base/cpu.h"

#include <math.h>

static void swap_arrays(uint32_t **a, uint32_t **b) {
  uint32_t *const kept = *a;
  *a = *b;
  *b = kept;
}

/* Wait for the others, and see what they wrote. */
static void meet(const fcast_vicsek *vicsek) {
  if (vicsek->n_threads > 1) {
#pragma omp barrier
  }
}

fcast_status fcast__vicsek_alloc(const fcast_simulate_options *options, size_t n_threads, fcast_vicsek *vicsek,
                                 fcast_error *err) {
  *vicsek = (fcast_vicsek){.diffuses = options->model == FCAST_MODEL_ANGULAR_DIFFUSION,
                           .motion = fcast__motion(options),
                           .kernels = fcast__vicsek_kernels()};
  fcast_status status = fcast__state_alloc(options, &vicsek->state, err);
  if (status == FCAST_OK) {
    status = fcast__cells_alloc(options, &vicsek->cells, err);
  }
  if (status == FCAST_OK && fcast_simulate_has_forces(options)) {
    vicsek->speed_mode = options->speed_mode;
    status = fcast__force_alloc(options, &vicsek->cells.grid, &vicsek->force, err);
  }
  if (status == FCAST_OK) {
    vicsek->shares = fcast_alloc_array(n_threads, sizeof *vicsek->shares);
    if (vicsek->shares == NULL) {
      status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu threads", n_threads);
    }
  }
  if (status != FCAST_OK) {
    fcast__vicsek_clear(vicsek);
  }
  return status;
}

void fcast__vicsek_clear(fcast_vicsek *vicsek) {
  fcast__state_clear(&vicsek->state);
  fcast__cells_clear(&vicsek->cells);
  fcast__force_clear(&vicsek->force);
  fcast_free(vicsek->shares);
  *vicsek = (fcast_vicsek){0};
}

/* --- noise --- */

/* The half of state->draw that holds the numbers of a step; the other half is filled meanwhile. */
static double *draws_of_step(const fcast_vicsek *vicsek, uint64_t step) {
  return vicsek->state.draw + (step % 2) * vicsek->state.n_agents;
}

/* PCG64 is one stream, agent 0 first, so one thread draws for all. */
static void draw_noise(fcast_vicsek *vicsek, uint64_t step) {
  if (vicsek->random.kind != FCAST_RANDOM_PCG64) {
    return;
  }
  double *const draw = draws_of_step(vicsek, step);
  if (vicsek->motion.is_normal) {
    fcast_random_normal(&vicsek->random, FCAST_STREAM_NOISE, step, vicsek->state.n_agents, draw);
  } else {
    fcast_random_uniform(&vicsek->random, FCAST_STREAM_NOISE, step, vicsek->state.n_agents, draw);
  }
}

static fcast_noise_source noise_of_step(const fcast_vicsek *vicsek, uint64_t step) {
  return (fcast_noise_source){
      .draw = vicsek->random.kind == FCAST_RANDOM_PCG64 ? draws_of_step(vicsek, step) : NULL,
      .key = fcast__philox_key(vicsek->random.seed, FCAST_STREAM_NOISE, step),
  };
}

/* --- the steps --- */

static size_t n_pieces(const fcast_vicsek *vicsek) {
  return (vicsek->state.n_agents + PLACES_IN_PIECE - 1) / PLACES_IN_PIECE;
}

/* The first piece of thread i's part. */
static size_t first_piece(const fcast_vicsek *vicsek, size_t i) {
  return i * n_pieces(vicsek) / vicsek->n_threads;
}

void fcast__vicsek_begin(fcast_vicsek *vicsek, size_t n_threads) {
  vicsek->n_threads = n_threads;
  atomic_init(&vicsek->next_band, 0);
  for (size_t i = 0; i < n_threads; i++) {
    atomic_init(&vicsek->shares[i].next_piece, first_piece(vicsek, i));
  }
  vicsek->kernels->locate(&vicsek->cells.grid, vicsek->state.n_agents, &vicsek->state);
  fcast__cells_sort(&vicsek->state, &vicsek->cells);
  swap_arrays(&vicsek->cells.start, &vicsek->cells.next_start);
  draw_noise(vicsek, 1);
}

fcast_vicsek_thread fcast__vicsek_thread(fcast_vicsek *vicsek, size_t index) {
  return (fcast_vicsek_thread){.vicsek = vicsek, .index = index, .state = vicsek->state, .cells = vicsek->cells};
}

/* The sums of headings and the noise of a piece to what turn_and_move aligns with and turns by. */
static void choose_directions(fcast_vicsek_thread *thread, size_t first, size_t last, double *sum_x, double *sum_y,
                              double *angle) {
  const fcast_vicsek *const vicsek = thread->vicsek;
  const fcast_vicsek_kernels *const kernels = vicsek->kernels;
  const bool is_steered = vicsek->speed_mode == FCAST_SPEED_CONSTANT_WITH_FORCES;
  if (vicsek->speed_mode == FCAST_SPEED_VARIABLE) {
    kernels->accelerate(&thread->cells, &vicsek->motion, &vicsek->force, first, last, &thread->state);
  }
  if (vicsek->diffuses) {
    const fcast_force *const force = is_steered ? &vicsek->force : NULL;
    kernels->relax(&thread->cells, &vicsek->motion, force, first, last, sum_x, sum_y, angle);
  } else if (is_steered) {
    kernels->steer(&thread->cells, &vicsek->motion, &vicsek->force, first, last, sum_x, sum_y);
  }
}

static void advance_piece(fcast_vicsek_thread *thread, const fcast_noise_source *noise, size_t piece) {
  const fcast_vicsek *const vicsek = thread->vicsek;
  const size_t n = thread->state.n_agents;
  const size_t first = piece * PLACES_IN_PIECE;
  const size_t last = first + PLACES_IN_PIECE < n ? first + PLACES_IN_PIECE : n;
  double sum_x[PLACES_IN_PIECE];
  double sum_y[PLACES_IN_PIECE];
  double angle[PLACES_IN_PIECE];
  for (size_t k = last - first; k < PLACES_IN_PIECE && k < last - first + PLACES_BEYOND; k++) {
    sum_x[k] = 0.0;
    sum_y[k] = 0.0;
  }
  vicsek->kernels->sum_headings(&thread->cells, first, last, sum_x, sum_y);
  vicsek->kernels->noise_angles(&thread->cells, &vicsek->motion, noise, first, last, angle);
  choose_directions(thread, first, last, sum_x, sum_y, angle);
  vicsek->kernels->turn_and_move(&thread->cells, &vicsek->motion, first, last, angle, sum_x, sum_y, &thread->state);
}

/* The forces on all agents: bands as they come. */
static void find_forces(const fcast_vicsek_thread *thread) {
  fcast_vicsek *const vicsek = thread->vicsek;
  for (size_t band = atomic_fetch_add(&vicsek->next_band, 1); band < vicsek->force.n_bands;
       band = atomic_fetch_add(&vicsek->next_band, 1)) {
    vicsek->kernels->sum_forces(&thread->cells, &vicsek->force, band);
  }
  meet(vicsek);
}

void fcast__vicsek_advance(fcast_vicsek_thread *thread, uint64_t step, bool is_last) {
  fcast_vicsek *const vicsek = thread->vicsek;
  const fcast_noise_source noise = noise_of_step(vicsek, step);
  if (thread->index == 0 && !is_last) {
    draw_noise(vicsek, step + 1);
  }
  if (vicsek->speed_mode != FCAST_SPEED_CONSTANT) {
    find_forces(thread);
  }
  for (size_t i = 0; i < vicsek->n_threads; i++) {
    const size_t owner = (thread->index + i) % vicsek->n_threads;
    const size_t end = first_piece(vicsek, owner + 1);
    atomic_size_t *const next = &vicsek->shares[owner].next_piece;
    for (size_t piece = atomic_fetch_add(next, 1); piece < end; piece = atomic_fetch_add(next, 1)) {
      advance_piece(thread, &noise, piece);
    }
  }
  meet(vicsek);
  swap_arrays(&thread->state.agent, &thread->cells.agent); /* the state stands in the order of the cells */
}

void fcast__vicsek_sort(fcast_vicsek_thread *thread) {
  fcast_vicsek *const vicsek = thread->vicsek;
  fcast_share *const own = &vicsek->shares[thread->index];
  /* Agents with speeds of their own may have gone anywhere. */
  const double step_length = thread->state.speed == NULL ? vicsek->motion.speed * vicsek->motion.dt : INFINITY;
  const fcast_band band = fcast__cells_band(&thread->cells, step_length, thread->index, vicsek->n_threads);
  atomic_store(&own->next_piece, first_piece(vicsek, thread->index));
  if (thread->index == 0) {
    atomic_store(&vicsek->next_band, 0);
  }
  own->n_in_band = fcast__cells_count(&band, thread->state.cell, &thread->cells);
  meet(vicsek);
  size_t n_before = 0;
  for (size_t i = 0; i < thread->index; i++) {
    n_before += vicsek->shares[i].n_in_band;
  }
  fcast__cells_place(&band, n_before, &thread->state, &thread->cells);
  meet(vicsek);
  swap_arrays(&thread->cells.start, &thread->cells.next_start);
}

void fcast__vicsek_places(const fcast_vicsek_thread *thread, size_t *first, size_t *last) {
  const size_t n = thread->state.n_agents;
  const size_t n_threads = thread->vicsek->n_threads;
  *first = thread->index * n / n_threads;
  *last = (thread->index + 1) * n / n_threads;
}

/* --- settings --- */

fcast_motion fcast__motion(const fcast_simulate_options *options) {
  fcast_motion motion = {
      .speed = options->speed,
      .dt = options->dt,
      .is_normal = options->noise_kind == FCAST_NOISE_GAUSSIAN || options->model == FCAST_MODEL_ANGULAR_DIFFUSION,
      .alignment = options->alignment_rate * options->dt,
      .steering = options->forces.mobility,
      .push = options->dt * options->forces.mobility,
  };
  if (options->model == FCAST_MODEL_ANGULAR_DIFFUSION) {
    motion.noise_scale = sqrt(2.0 * options->angular_diffusion * options->dt);
  } else if (motion.is_normal) {
    motion.noise_scale = options->match_variance ? options->eta / sqrt(12.0) : options->eta;
  } else {
    motion.noise_shift = -options->eta / 2;
    motion.noise_scale = options->eta;
  }
  return motion;
}

const fcast_vicsek_kernels *fcast__vicsek_kernels(void) {
#if FCAST_CPU_X86
  static const fcast_vicsek_kernels *const levels[FCAST_CPU_LEVELS] = {&fcast__vicsek_baseline, &fcast__vicsek_avx2,
                                                                       &fcast__vicsek_avx512};
  return levels[fcast__cpu_level()];
#else
  return &fcast__vicsek_baseline;
#endif
}
