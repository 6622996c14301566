/* SPDX-License-Identifier: MIT
 *
 * The noise limit of test runs: their density as far as the state at the last known frame decides it. The mean over an
 * ensemble of members simulated on from that state, each with other noise, is what no forecast can do better than in
 * the mean square, however it is made.
 */
#ifndef FLOCKCAST_CLI_NOISE_LIMIT_H
#define FLOCKCAST_CLI_NOISE_LIMIT_H

#include "cli/progress.h"
#include "flockcast/density.h"
#include "io/limit_file.h"
#include "io/run_files.h"

/* One run on its way: zero-initialise. */
typedef struct fcast_limit_run {
  const char *directory; /* borrowed */
  fcast_run_facts facts;
  fcast_simulate_options simulate;
  fcast_density_options density;
  fcast_tracks tracks;
  bool is_there; /* limit.npz is whole and of these numbers: nothing to do */
  fcast_limit limit;
  double *positions; /* [frame, member, agent, component]: members of one round */
} fcast_limit_run;

/* Read what is needed of a run, or see that its limit is there. Errors: those of the files, FCAST_E_FORMAT where
 * metadata.json does not say the physics or the seed, FCAST_E_CONFIG where the run has no frames but known ones,
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_limit_run_open(const char *directory, size_t n_members, size_t n_known,
                                                   fcast_limit_run *out, fcast_error *err);
void fcast_limit_run_close(fcast_limit_run *run);

/* Bytes that fcast_limit_compute takes for all members of a run at once. */
double fcast_limit_run_bytes(const fcast_limit_run *run);

/* Fill in the limits of runs that are not there, on all cores: of several runs whose bytes are within `max_bytes`
 * together, or of one run, as many members at a time as fit (at least one). So the result depends neither on the number
 * of threads nor on which runs come together. Stops early after a signal (interrupt.h), when
 * limits are not whole. `progress` counts members. Errors: FCAST_E_FORMAT, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_limit_compute(fcast_limit_run *runs, size_t n_runs, double max_bytes,
                                                  fcast_progress *progress, fcast_error *err);

#endif
