/* SPDX-License-Identifier: MIT
 *
 * Reduce: the state that a latent model steps forward, made of the density and moments of the headings.
 *
 * Fields are projected each on modes of its own and scaled to the energy of the density, so that a ridge penalty weighs
 * all alike. With Fourier modes only the longitudinal part of a moment belongs to the state (flockcast/fourier.h).
 */
#ifndef FLOCKCAST_STATE_H
#define FLOCKCAST_STATE_H

#include "flockcast/fourier.h"
#include "flockcast/pod.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fcast_basis { FCAST_BASIS_POD, FCAST_BASIS_FOURIER } fcast_basis;

/* Moments of the headings a state may carry: the momentum, the nematic tensor. A frame has two fields for each, a state
 * of Fourier modes one. */
#define FCAST_LARGEST_MOMENTS 2
#define FCAST_LARGEST_FIELDS (1 + 2 * FCAST_LARGEST_MOMENTS)

/* Owner: whoever made or read it calls fcast_state_clear. */
typedef struct fcast_state {
  fcast_basis basis;
  size_t n_moments;                     /* 0: the density alone */
  size_t n_fields;                      /* 1 + 2 n_moments with POD modes, 1 + n_moments with Fourier modes */
  size_t n_modes;                       /* of every field */
  fcast_pod pods[FCAST_LARGEST_FIELDS]; /* of every field; with Fourier modes the first serves for all */
  fcast_fourier fourier;                /* empty with POD modes */
  double scale[FCAST_LARGEST_FIELDS];   /* [field]: factor on its coefficients */
} fcast_state;

/* Components of a state: n_fields * n_modes, field by field, the density first. */
static inline size_t fcast_state_size(const fcast_state *state) {
  return state->n_fields * state->n_modes;
}

/* POD modes for frames[frame, 1 + 2 n_moments, cell]: the first `n_modes` of `pod`, which is the basis of the density,
 * and as many of every other field; fewer where one has fewer. Errors: those of the source, FCAST_E_NOMEM,
 * FCAST_E_NUMERIC. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_state_fit_pod(const fcast_series_source *fields, size_t n_moments,
                                                            const fcast_pod *pod, size_t n_modes, fcast_state *out,
                                                            fcast_error *err);

/* states[frame, field, mode] of frames[frame, 1 + 2 n_moments, cell]. Thread-safe. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_state_project(const fcast_state *state, const double *frames,
                                                            size_t n_frames, double *states, fcast_error *err);

/* The states of all frames of a source, as a source; borrows both. Fill in the members and ask for
 * fcast_state_source. */
typedef struct fcast_state_projection {
  const fcast_series_source *fields;
  const fcast_state *state;
} fcast_state_projection;

FCAST_API fcast_series_source fcast_state_source(fcast_state_projection *projection);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_state_clear(fcast_state *state);

#ifdef __cplusplus
}
#endif
#endif
