/* SPDX-License-Identifier: MIT
 *
 * Learn: how agents act on each other, from tracks alone.
 *
 * Where an agent goes next is compared with the headings of those around it, shell by shell of distance: the weights of
 * the shells are those for which the expected direction d(theta) agrees best with where agents went, by the largest
 * mean cosine of the angle between the two. That is consistent for any noise that is symmetric about d, however strong,
 * and needs no derivative of anything: a displacement is the integral of the velocity over a frame. Forces are found in
 * the same fit. How far the interaction reaches, and whether forces act, is decided by cross-validation over runs;
 * shells that do not matter are dropped and the rest fitted again. Sources: Fisher 1993, section 6.2 (circular
 * regression); Messenger and Bortz 2022 (sparse regression of interaction kernels from particle data, integrated form);
 * Efron and Tibshirani 1993, section 8.5 (resampling in blocks); docs/field-model.md.
 */
#ifndef FLOCKCAST_INTERACTION_H
#define FLOCKCAST_INTERACTION_H

#include "flockcast/field.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tracks of many runs, read one at a time; `read` allocates `out`, with velocities, and is called from several threads
 * at once. The struct borrows what it points to. */
typedef struct fcast_tracks_source {
  size_t n_runs;
  void *context;
  fcast_status (*read)(void *context, size_t i_run, fcast_tracks *out, fcast_error *err);
  fcast_listener listener; /* to fcast_field_learn */
} fcast_tracks_source;

/* Learn a field model from the runs of a source (at most 200 of them, evenly spread) in the box of `density`: all of it
 * but the bandwidth of the state, for which half that of the density stands. `out` is allocated here; the caller clears
 * it; empty on failure. Results do not depend on the number of threads. Errors: those of the source; FCAST_E_SHAPE
 * where no run has two frames or frames are unevenly spaced; FCAST_E_NUMERIC where nothing moves or the fit does not
 * settle; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_learn(const fcast_tracks_source *source,
                                                          const fcast_density_options *density, fcast_field_model *out,
                                                          fcast_error *err);

/* Choose the bandwidth of a learned model's state: the one with the largest mean r2 of closed-loop forecasts from frame
 * n_known - 1 to the end of (at most 20) runs of the source, where mean[cell] is the training mean. A bandwidth with an
 * unphysical forecast is out. Errors: as above; FCAST_E_NUMERIC where all are, with the reason. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_choose_state(const fcast_tracks_source *source, size_t n_known,
                                                                 const double *mean, fcast_field_model *model,
                                                                 fcast_error *err);

/* Measure how wrong the forecasts of a model are on (at most 20) runs of the source, for as many leads as the first of
 * them has, into model->errors, which is allocated here. Errors: as above; FCAST_E_NUMERIC where an ensemble is
 * unphysical. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_field_measure_errors(const fcast_tracks_source *source, size_t n_known,
                                                                   const double *mean, fcast_field_model *model,
                                                                   fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
