/* SPDX-License-Identifier: MIT
 *
 * One step of the Vicsek model (SPEC section 2, "Vicsek step"; Vicsek et al. 1995).
 */
#ifndef FLOCKCAST_SIMULATE_VICSEK_H
#define FLOCKCAST_SIMULATE_VICSEK_H

#include "simulate/cells.h"
#include "simulate/state.h"

/* Advance `state` from step - 1 to `step` (>= 1): align with all neighbours at once, add noise, move, apply the
 * boundary. `cells` is workspace. */
void fcast__vicsek_step(const fcast_simulate_options *options, uint64_t step, fcast_random *random, fcast_cells *cells,
                        fcast_state *state);

#endif
