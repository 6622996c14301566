/* SPDX-License-Identifier: MIT
 *
 * What every submission to Slurm begins with: who we are and where everything is.
 */
#ifndef FLOCKCAST_CLI_SUBMISSION_H
#define FLOCKCAST_CLI_SUBMISSION_H

#include "cluster/plan.h"

/* The paths a submission borrows. */
typedef struct fcast_submission_paths {
  char *program, *directory, *logs, *config;
} fcast_submission_paths;

/* Absolute paths, and the tag of the configuration: the jobs read DIRECTORY/config.yml. The caller clears `paths`,
 * whatever happens. Errors: FCAST_E_ARG for a log directory that Slurm cannot take, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_submission_create(const fcast_config *config, const char *directory,
                                                      const char *log_dir, fcast_submission_paths *paths,
                                                      fcast_submission *out, fcast_error *err);
void fcast_submission_paths_clear(fcast_submission_paths *paths);

/* Submit a script to Slurm, or print it as job number `number`; `what` says in words what it is. With `jobs`, an array,
 * nothing is printed: the job goes into it. The script is freed; NULL means memory was short. Errors: those of
 * fcast_slurm_submit, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_submission_send(char *script, const char *what, bool is_dry_run, size_t number,
                                                    json_t *jobs, char job_id[32], fcast_error *err);

#endif
