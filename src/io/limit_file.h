/* SPDX-License-Identifier: MIT
 *
 * limit.npz of a run: the density to expect of it, where the state at the last known frame is known exactly and the
 * noise behind it is not. The mean over an ensemble of members that were simulated on from there.
 */
#ifndef FLOCKCAST_IO_LIMIT_FILE_H
#define FLOCKCAST_IO_LIMIT_FILE_H

#include "io/npz.h"

/* Owner: whoever fills it calls fcast_limit_clear. */
typedef struct fcast_limit {
  size_t n_members;     /* runs the mean is over; 0: there is no limit.npz */
  size_t n_known;       /* frames before the first of these; the members start from the last of them */
  size_t n_frames;      /* frames here: those of the run less the known ones */
  size_t ny, nx;        /* cells */
  double *rho;          /* [frame, y, x]: the mean over the members; particles per unit area */
  double *times;        /* [frame]: as in the run */
  char config_hash[17]; /* of the run's metadata.json; "" where it has none */
} fcast_limit;

void fcast_limit_clear(fcast_limit *limit);

/* Write DIRECTORY/limit.npz, whole or not at all; rho is float64 whatever the format says. Errors: FCAST_E_IO,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_write_limit(const char *directory, fcast_npz_format format,
                                                    const fcast_limit *limit, fcast_error *err);

/* Read DIRECTORY/limit.npz of a run whose density has `shape` (frames, rows, columns) and whose metadata.json has
 * `config_hash`. `out` is allocated here; without the file, FCAST_OK and an empty struct. Errors: FCAST_E_FORMAT where
 * a value is not finite, times do not increase, or it is of another configuration; FCAST_E_SHAPE, FCAST_E_MISSING (a
 * member), FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_read_limit(const char *directory, const size_t shape[3],
                                                   const char *config_hash, fcast_limit *out, fcast_error *err);

#endif
