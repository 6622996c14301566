/* SPDX-License-Identifier: MIT
 *
 * Forces that change the speed of agents.
 */
#ifndef FLOCKCAST_LEARN_DRIVING_H
#define FLOCKCAST_LEARN_DRIVING_H

#include "flockcast/interaction.h"

/* See whether the speed of agents follows from forces, |v + g|, in a model without any so far; where it does, learn
 * them by Gauss and Newton's method. Errors: those of the source; FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__learn_driving(const fcast_tracks_source *source, fcast_field_model *model,
                                                   fcast_error *err);

#endif
