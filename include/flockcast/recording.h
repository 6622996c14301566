/* SPDX-License-Identifier: MIT
 *
 * Evaluate: tracks that were recorded rather than simulated, made into runs: gaps, velocities, a box, windows.
 *
 * Agents come and go: one that is not there in a frame has nan for its position and its velocity. Call the steps in
 * the order of this file.
 */
#ifndef FLOCKCAST_RECORDING_H
#define FLOCKCAST_RECORDING_H

#include "flockcast/structure.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill gaps of at most `max_gap` frames between two frames in which an agent is there, linearly in time, across a
 * periodic boundary the short way; velocities too where there are any. Longer gaps stay. Returns the positions filled.
 */
FCAST_API size_t fcast_recording_fill_gaps(fcast_tracks *tracks, fcast_domain domain, size_t max_gap);

/* Velocities by central differences over `half_width` frames to either side, as many as the agent is there for without
 * a gap: fewer on either side near the ends, so that they become one-sided there. Periodic boundaries: each step the
 * short way. tracks->velocities must be allocated. An agent that is there for a single frame has no velocity and is
 * taken out: returns how many positions that were. */
FCAST_API size_t fcast_recording_differentiate(fcast_tracks *tracks, fcast_domain domain, size_t half_width);

/* Move positions so that (origin[0], origin[1]) is the corner of the box at (0, 0). In a periodic box they are then
 * wrapped into it; between walls agents outside are not there. Returns how many positions were outside. */
FCAST_API size_t fcast_recording_confine(fcast_tracks *tracks, fcast_domain domain, const double origin[2]);

/* Frames first, first + step, ... `n_frames` of them, as tracks of their own with times from 0: the agents that are
 * there in one of them at least, in the order they had. `out` is allocated here; the caller clears it. Errors:
 * FCAST_E_SHAPE where nobody is there or the frames do not exist; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_recording_window(const fcast_tracks *tracks, size_t first, size_t step,
                                                               size_t n_frames, fcast_tracks *out, fcast_error *err);

/* Agents that are there in a frame. */
FCAST_API size_t fcast_tracks_n_present(const fcast_tracks *tracks, size_t frame);

#ifdef __cplusplus
}
#endif
#endif
