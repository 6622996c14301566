/* SPDX-License-Identifier: MIT
 *
 * The steps of a run from a state that is there, whichever way it came about.
 */
#ifndef FLOCKCAST_SIMULATE_STEPS_H
#define FLOCKCAST_SIMULATE_STEPS_H

#include "simulate/vicsek.h"

/* Threads worth having for a run begun here: one where the caller is one of a team already. */
size_t fcast__n_threads(const fcast_simulate_options *options);

/* The state of `vicsek` into frame 0 of `tracks`, then as many steps as its other frames need. vicsek->random is ready;
 * the noise of the first step is that of step n_before + 1 (0 where it is PCG64, a stream that knows no steps).
 * Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__steps(const fcast_simulate_options *options, size_t n_threads, uint64_t n_before,
                                           fcast_vicsek *vicsek, fcast_tracks *tracks, fcast_error *err);

#endif
