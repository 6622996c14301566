/* SPDX-License-Identifier: MIT
 *
 * The training runs that a field model's forecasts are judged by.
 */
#ifndef FLOCKCAST_LEARN_JUDGED_H
#define FLOCKCAST_LEARN_JUDGED_H

#include "flockcast/interaction.h"

/* How many runs are judged: those of the source, at most 20, evenly spread. */
size_t fcast__judged_runs(const fcast_tracks_source *source);

/* Read judged run i, cut to the known frames and 60 more: it must be longer than the known ones. The caller clears
 * `out` whatever happens. Errors: those of the source, FCAST_E_SHAPE. */
FCAST_MUST_CHECK fcast_status fcast__judged_read(const fcast_tracks_source *source, size_t i, size_t n_known,
                                                 fcast_tracks *out, fcast_error *err);

/* r2 of some frames against mean[cell] (SPEC section 2). */
double fcast__judged_r2(const double *mean, size_t n_space, const double *truth, const double *prediction,
                        size_t n_frames);

#endif
