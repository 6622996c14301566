/* SPDX-License-Identifier: MIT
 *
 * The particles of one run at one time, as a structure of arrays.
 *
 * They stand in any order: place k holds agent[k]. Kernels work on eight places at a time and may read and write up to
 * PLACES_BEYOND places behind the last, which exist and hold nothing.
 */
#ifndef FLOCKCAST_SIMULATE_STATE_H
#define FLOCKCAST_SIMULATE_STATE_H

#include "flockcast/simulate.h"

enum { PLACES_BEYOND = 8 };

/* Arrays side by side in one piece of memory, which is large enough for huge pages long before each of them is. They
 * are laid out twice: with memory = NULL to learn n_bytes, then in memory of that size. */
typedef struct fcast_block {
  char *memory;
  size_t n_bytes;
} fcast_block;

/* The next n elements of `size` bytes, 64-byte aligned; NULL where there is no memory yet. n * size fits. */
void *fcast__block_take(fcast_block *block, size_t n, size_t size);

typedef struct fcast_state {
  size_t n_agents;
  double *x, *y;                 /* [place] positions */
  double *heading_x, *heading_y; /* [place] unit headings */
  double *speed;                 /* [place]; NULL where all agents have the same */
  uint32_t *agent;               /* [place] who stands there */
  uint32_t *cell;                /* [place] workspace: its cell */
  double *draw;                  /* workspace: [2 n_agents] random numbers */
  void *block;                   /* owns all of them */
} fcast_state;

/* All zero, agent i in place i. */
FCAST_MUST_CHECK fcast_status fcast__state_alloc(const fcast_simulate_options *options, fcast_state *state,
                                                 fcast_error *err);
void fcast__state_clear(fcast_state *state);

/* Whether agents have speeds of their own. */
bool fcast__has_speeds(const fcast_simulate_options *options);

/* Positions, headings and speeds of a type, in NumPy's order of draws (SPEC section 2, "Initial conditions" and "Random
 * numbers"), agent i in place i. Positions lie in the box. The number of
 * threads changes nothing but the time. */
void fcast__state_initialise(const fcast_simulate_options *options, fcast_ic_type type, fcast_random *random,
                             size_t n_threads, fcast_state *state);

/* `value` wrapped into [0, length): numpy's % except that a rounding up to `length` becomes 0. */
double fcast__wrap(double value, double length);

#endif
