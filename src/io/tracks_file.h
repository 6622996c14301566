/* SPDX-License-Identifier: MIT
 *
 * traj.npz: the tracks of a run.
 *
 * An agent that is not there in a frame has nan for its position and its velocity. A file with such agents has a member
 * n_present (T,), how many are there in each frame, which must agree; without it every number must be finite.
 */
#ifndef FLOCKCAST_IO_TRACKS_FILE_H
#define FLOCKCAST_IO_TRACKS_FILE_H

#include "flockcast/array.h"
#include "flockcast/simulate.h"
#include "io/npz.h"

#include <jansson.h>

/* Write tracks, with velocities, into the temporary file of `path`, which the caller commits or abandons. Errors:
 * FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_tracks_put(const char *path, fcast_npz_format format, const fcast_tracks *tracks,
                                               const json_t *config, fcast_outfile *file, fcast_error *err);

/* Read a file. Without velocities in it they come from differences of the positions in the box of the given size.
 * Errors: FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_tracks_read(const char *path, double box_x, double box_y, fcast_boundary boundary,
                                                fcast_tracks *out, fcast_error *err);

#endif
