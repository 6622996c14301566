/* SPDX-License-Identifier: MIT
 *
 * The model of D'Orsogna, Chuang, Bertozzi and Chayes 2006 (Phys. Rev. Lett. 96, 104302): agents of mass one that
 * propel themselves, are slowed down by friction and exert Morse forces on each other,
 *
 *   dx/dt = v,   dv/dt = (alpha - beta |v|^2) v + F(x),
 *
 * by the classical Runge-Kutta method of order four.
 */
#ifndef FLOCKCAST_SIMULATE_DORSOGNA_H
#define FLOCKCAST_SIMULATE_DORSOGNA_H

#include "simulate/vicsek.h"

/* The state of `vicsek`, agent i in place i, into frame 0 of `tracks`, then as many steps as its other frames need,
 * with its cells and forces. The number of threads changes nothing but the time. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__dorsogna_steps(const fcast_simulate_options *options, size_t n_threads,
                                                    fcast_vicsek *vicsek, fcast_tracks *tracks, fcast_error *err);

#endif
