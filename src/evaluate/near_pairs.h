/* SPDX-License-Identifier: MIT
 *
 * All pairs of agents at most some distance apart, each once, by cells of that size.
 */
#ifndef FLOCKCAST_EVALUATE_NEAR_PAIRS_H
#define FLOCKCAST_EVALUATE_NEAR_PAIRS_H

#include "flockcast/structure.h"

typedef void (*fcast__pair_visitor)(void *context, size_t i, size_t j, double distance_squared);

/* Call `visit` for every pair of agents that are there and at most `reach` apart, however small the box. Errors:
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__near_pairs(const double *positions, size_t n_agents, fcast_domain domain,
                                                double reach, fcast__pair_visitor visit, void *context,
                                                fcast_error *err);

#endif
