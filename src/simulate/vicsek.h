/* SPDX-License-Identifier: MIT
 *
 * Steps of the Vicsek model (SPEC section 2, "Vicsek step"; Vicsek et al. 1995), by one thread or a team.
 */
#ifndef FLOCKCAST_SIMULATE_VICSEK_H
#define FLOCKCAST_SIMULATE_VICSEK_H

#include "simulate/vicsek_kernels.h"

#include <stdatomic.h>

/* What a thread of the team shows the others, on a cache line of its own. */
typedef struct fcast_share {
  _Alignas(64) atomic_size_t next_piece; /* of its part of the places; others help when theirs is done */
  size_t n_in_band;
} fcast_share;

/* One run. The arrays of `state` and `cells` are one set that the threads work on together. */
typedef struct fcast_vicsek {
  fcast_speed_mode speed_mode; /* constant where there are no forces */
  fcast_force force;           /* where it is not */
  fcast_motion motion;
  fcast_random random;
  fcast_state state; /* positions as moved last, in the order of the sort before that */
  fcast_cells cells; /* the same sorted: what the next step starts from */
  const fcast_vicsek_kernels *kernels;
  size_t n_threads;
  fcast_share *shares;     /* [n_threads] */
  atomic_size_t next_band; /* of forces, for whichever thread is free */
} fcast_vicsek;

/* Allocate for up to `n_threads` threads. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__vicsek_alloc(const fcast_simulate_options *options, size_t n_threads,
                                                  fcast_vicsek *vicsek, fcast_error *err);
void fcast__vicsek_clear(fcast_vicsek *vicsek);

/* Make ready for step 1 by a team of `n_threads`, state being the initial one. By one thread. */
void fcast__vicsek_begin(fcast_vicsek *vicsek, size_t n_threads);

/* One thread's part in the run. Each thread has its own, since which array holds what changes from step to step. */
typedef struct fcast_vicsek_thread {
  fcast_vicsek *vicsek;
  size_t index;
  fcast_state state;
  fcast_cells cells;
} fcast_vicsek_thread;

fcast_vicsek_thread fcast__vicsek_thread(fcast_vicsek *vicsek, size_t index);

/* Advance the state from step - 1 to `step` (>= 1): align with all neighbours at once, add noise, move, apply the
 * boundary. thread->state then holds the outcome until all threads have gone through fcast__vicsek_sort. The threads of
 * the team call both, in turn; where there are several they are those of the enclosing OpenMP region. */
void fcast__vicsek_advance(fcast_vicsek_thread *thread, uint64_t step, bool is_last);
void fcast__vicsek_sort(fcast_vicsek_thread *thread);

/* The places [first, last) of one thread where work is split evenly. */
void fcast__vicsek_places(const fcast_vicsek_thread *thread, size_t *first, size_t *last);

#endif
