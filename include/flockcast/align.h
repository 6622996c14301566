/* SPDX-License-Identifier: MIT
 *
 * Reduce: frames of a periodic box moved to where a reference is, and the modes of frames so aligned.
 *
 * Waves that travel need many fixed modes and few that move along. A frame is moved by a phase on each of its Fourier
 * coefficients, which changes neither its mass nor its energy, to where its correlation with a reference is largest.
 * The reference is the mean of the aligned frames. Sources: Rowley and Marsden 2000 (template fitting); Reiss,
 * Schulze, Sesterhenn and Mehrmann 2018 (shifted POD); docs/forecasting.md.
 *
 * Shifts are (x, y) in cells, towards larger x and y.
 */
#ifndef FLOCKCAST_ALIGN_H
#define FLOCKCAST_ALIGN_H

#include "flockcast/fourier.h"
#include "flockcast/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Move a frame of which these are the first `n_modes` Fourier coefficients by `shift`, in place. Exact: the frame is
 * what its sum of cosines and sines says between the cells. */
FCAST_API void fcast_align_move(const fcast_fourier *fourier, size_t n_modes, const double shift[2],
                                double *coefficients);

/* shifts[frame, 2]: how far the reference has to be moved to lie on each of coefficients[frame, mode], where their
 * correlation is largest: at the cells first, then by Newton's method on the exact sum of cosines and sines, so that of
 * two tops of nearly one height it is that with the higher cell. Each is within half a box. Of a frame that correlates
 * with the reference nowhere, 0; where the top is a ridge, as of a stripe, a cell on it. Results do not depend on the
 * number of threads. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_align_find(const fcast_fourier *fourier, size_t n_modes,
                                                         const double *reference, const double *coefficients,
                                                         size_t n_frames, double *shifts, fcast_error *err);

/* A reference[mode] for coefficients[frame, mode]: the frame of the largest energy, then six times the mean of the
 * frames aligned to the last one. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_align_reference(const fcast_fourier *fourier, size_t n_modes,
                                                              const double *coefficients, size_t n_frames,
                                                              double *reference, fcast_error *err);

/* increments[frame, 2] of consecutive frames of one run: the shortest way round the box from the frame before; the
 * first repeats the second. */
FCAST_API void fcast_align_increments(const fcast_fourier *fourier, const double *shifts, size_t n_frames,
                                      double *increments);

/* states[run, frame, 2 + n_modes] and shifts[run, frame, 2] of frames[run, frame, cell], consecutive frames of each of
 * several runs, for a state of aligned modes. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_aligned_project(const fcast_state *state, const double *frames,
                                                              size_t n_runs, size_t n_frames, double *states,
                                                              double *shifts, fcast_error *err);

/* frames[frame, cell] of states, each moved by its shift; the increments in the states do not matter. Errors:
 * FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_aligned_lift(const fcast_state *state, const double *states,
                                                           const double *shifts, size_t n_frames, double *frames,
                                                           fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
