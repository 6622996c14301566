/* SPDX-License-Identifier: MIT
 *
 * Forecast: latent models of any state, from known frames to density forecasts.
 */
#ifndef FLOCKCAST_LATENT_H
#define FLOCKCAST_LATENT_H

#include "flockcast/mvar.h"
#include "flockcast/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of negative cells of a lifted frame; the sum over the frame is kept in each case. */
typedef enum fcast_lift {
  FCAST_LIFT_NONE,   /* they stay */
  FCAST_LIFT_CLAMP,  /* they become zero, and the rest is scaled to the mass */
  FCAST_LIFT_SIMPLEX /* the nearest frame without negative cells, in the sum of squares (Michelot 1986) */
} fcast_lift;

/* Apply it to frames[frame, cell]. A frame whose sum is not positive and finite is left alone. Thread-safe. */
FCAST_API void fcast_lift_apply(fcast_lift lift, double *frames, size_t n_frames, size_t n_space);

/* A state and the law that steps it forward. Owner: whoever made or read it calls fcast_latent_clear. */
typedef struct fcast_latent {
  fcast_state state;
  fcast_mvar mvar; /* mvar.n_modes = fcast_state_size(&state) */
  fcast_lift lift;
} fcast_latent;

/* Forecasts of several runs from known[run, n_known, 1 + 2 n_moments, cell], the oldest frame first, into
 * prediction[run, n_forecast, cell]: project, roll out from the last `mvar.lag` known frames, lift the density. With
 * aligned modes the frames are lifted where the last known shift and the forecast ways from there put them. Where the
 * state is of the square root, the lifted frames are squared and scaled to the mass of the last known frame of their
 * run. Thread-safe. Errors: FCAST_E_SHAPE where fewer frames are known than the lag, or state and law differ in size;
 * FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_latent_forecast(const fcast_latent *model, const double *known,
                                                              size_t n_runs, size_t n_known, size_t n_forecast,
                                                              double *prediction, fcast_error *err);

/* The best this state could make of consecutive frames[frame, cell] of one run: projected and lifted again, each with
 * its own shift and mass, negative cells left. Thread-safe. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_latent_reconstruct(const fcast_latent *model, const double *frames,
                                                                 size_t n_frames, double *out, fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_latent_clear(fcast_latent *model);

#ifdef __cplusplus
}
#endif
#endif
