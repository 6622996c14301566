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

/* With aligned modes (flockcast/align.h) every frame is moved to where a reference is before its POD modes are taken.
 */
typedef enum fcast_basis { FCAST_BASIS_POD, FCAST_BASIS_FOURIER, FCAST_BASIS_ALIGNED } fcast_basis;

/* What the state is made of: the density, or its square root, which no forecast can make negative. */
typedef enum fcast_transform { FCAST_TRANSFORM_NONE, FCAST_TRANSFORM_SQRT } fcast_transform;

/* The way from the frame before, along x and y, that a state of aligned modes begins with. */
#define FCAST_SHIFT_COMPONENTS 2

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
  fcast_transform transform;            /* of the density, before anything else; without moments */
  fcast_pod pods[FCAST_LARGEST_FIELDS]; /* of every field; with Fourier modes the first serves for all */
  fcast_fourier fourier;                /* empty with POD modes */
  double *reference;                    /* [2 n_waves]: what frames are aligned to; NULL but with aligned modes */
  double scale[FCAST_LARGEST_FIELDS];   /* [field]: factor on its coefficients; with aligned modes the second is that on
                                         * the way in cells */
} fcast_state;

/* Components of a state: n_fields * n_modes, field by field, the density first; with aligned modes, the way from the
 * frame before and n_modes. */
static inline size_t fcast_state_size(const fcast_state *state) {
  return state->n_fields * state->n_modes + (state->basis == FCAST_BASIS_ALIGNED ? FCAST_SHIFT_COMPONENTS : 0);
}

/* The square roots of n values, where a negative one counts as 0. */
FCAST_API void fcast_transform_sqrt(double *values, size_t n);

/* POD modes for frames[frame, 1 + 2 n_moments, cell]: the first `n_modes` of `pod`, which is the basis of the density,
 * and as many of every other field; fewer where one has fewer. Errors: those of the source, FCAST_E_NOMEM,
 * FCAST_E_NUMERIC. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_state_fit_pod(const fcast_series_source *fields, size_t n_moments,
                                                            const fcast_pod *pod, size_t n_modes, fcast_state *out,
                                                            fcast_error *err);

/* states[frame, field, mode] of frames[frame, 1 + 2 n_moments, cell], already transformed, on POD or Fourier modes (for
 * aligned ones: fcast_aligned_project). Thread-safe. Errors: FCAST_E_NOMEM. */
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
