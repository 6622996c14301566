/* SPDX-License-Identifier: MIT
 *
 * Forces that turn agents.
 */
#ifndef FLOCKCAST_LEARN_STEERING_H
#define FLOCKCAST_LEARN_STEERING_H

#include "flockcast/interaction.h"

/* See whether forces steer the agents of a source, given a model with alignment alone, by cross-validation over runs;
 * where they do, learn both anew, together. With one run: no forces. Errors: those of the source; FCAST_E_NUMERIC,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__learn_steering(const fcast_tracks_source *source, fcast_field_model *model,
                                                    fcast_error *err);

#endif
