/* SPDX-License-Identifier: MIT
 *
 * Tables of positions as trackers write them: a line for each agent in each frame, columns separated by commas,
 * semicolons or white space.
 *
 * Empty lines and lines that begin with # are left out. Everything else must be a whole line of numbers: files are
 * treated as hostile, and every line that is wrong is one message with file and line number.
 */
#ifndef FLOCKCAST_IO_SIGHTINGS_H
#define FLOCKCAST_IO_SIGHTINGS_H

#include "flockcast/array.h"

#include <stdbool.h>
#include <stdint.h>

/* What a column holds. */
typedef enum fcast_column_kind {
  FCAST_COLUMN_ID,
  FCAST_COLUMN_FRAME,
  FCAST_COLUMN_X,
  FCAST_COLUMN_Y,
  FCAST_COLUMN_VX,
  FCAST_COLUMN_VY,
  FCAST_COLUMN_KINDS,
  FCAST_COLUMN_SKIPPED = FCAST_COLUMN_KINDS
} fcast_column_kind;

enum { FCAST_MAX_COLUMNS = 64 };

typedef struct fcast_columns {
  size_t n;
  fcast_column_kind kinds[FCAST_MAX_COLUMNS];
  bool has_velocities;
} fcast_columns;

/* Read "id,frame,x,y,z": the columns of a file in their order, z or - for one that does not matter. Errors: FCAST_E_ARG
 * where id, frame, x or y is missing, only one of vx and vy is there, or one is there twice. */
FCAST_MUST_CHECK fcast_status fcast_columns_parse(const char *text, fcast_columns *out, fcast_error *err);

/* One agent in one frame. */
typedef struct fcast_sighting {
  int64_t id, frame;
  double position[2], velocity[2]; /* as in the file */
  size_t line;                     /* of the file, from 1 */
} fcast_sighting;

typedef struct fcast_sightings {
  size_t n;
  bool has_velocities;
  fcast_sighting *rows; /* by id, then by frame; each pair once */
} fcast_sightings;

/* Take a table apart, leaving out the first `n_skipped` lines. bytes[n] is followed by a 0 byte, and is changed. `name`
 * is for messages, `listener` may be NULL. The caller clears `out`. Errors: FCAST_E_FORMAT naming file and line,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_sightings_parse(const char *name, char *bytes, size_t n,
                                                    const fcast_columns *columns, size_t n_skipped,
                                                    const fcast_listener *listener, fcast_sightings *out,
                                                    fcast_error *err);

/* Read a file. Errors: as above; FCAST_E_MISSING, FCAST_E_IO. */
FCAST_MUST_CHECK fcast_status fcast_sightings_read(const char *path, const fcast_columns *columns, size_t n_skipped,
                                                   const fcast_listener *listener, fcast_sightings *out,
                                                   fcast_error *err);
void fcast_sightings_clear(fcast_sightings *sightings);

/* All sightings as tracks, agents in the order of their ids and nan where one was not seen, frames from the first to
 * the last in steps of the greatest common divisor of their distances, at frame / frames_per_second; lengths times
 * `scale`, velocities too where there are any (else tracks->velocities is allocated and zero). The caller clears `out`.
 * Errors: FCAST_E_FORMAT where there are more frames than a recording has, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_sightings_tracks(const char *name, const fcast_sightings *sightings, double scale,
                                                     double frames_per_second, fcast_tracks *out, fcast_error *err);

#endif
