/* SPDX-License-Identifier: MIT
 *
 * Provenance: which program made a file, where and when.
 */
#ifndef FLOCKCAST_IO_PROVENANCE_H
#define FLOCKCAST_IO_PROVENANCE_H

#include <jansson.h>

/* "0.1.0", and version, revision and compiler in one line. */
const char *fcast_version(void);
const char *fcast_build(void);

/* Seconds since the epoch, and seconds of a clock that only runs forward. */
double fcast_clock_wall(void);
double fcast_clock_monotonic(void);

/* An object with program, version, revision, build, host, start_time, end_time (UTC, ISO 8601) and wall_seconds for
 * work that began at `start_wall`, `start_monotonic` and ends now; in a Slurm job also slurm, the job's ids. NULL where
 * memory is short. The caller calls json_decref. */
json_t *fcast_provenance_json(double start_wall, double start_monotonic);

#endif
