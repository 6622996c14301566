/* SPDX-License-Identifier: MIT
 *
 * The plan of a submission: which runs go into which task of which array, and the sbatch scripts. Pure functions:
 * nothing here looks at a disk or a queue.
 */
#ifndef FLOCKCAST_CLUSTER_PLAN_H
#define FLOCKCAST_CLUSTER_PLAN_H

#include "cluster/ensemble.h"

/* Seconds one run takes, roughly: simulation, density, files. */
double fcast_plan_run_seconds(const fcast_config *config, fcast_mode mode);

/* Runs one array task makes: cluster.runs_per_task, or as many as take about a minute. Task t makes runs
 * [t * runs_per_task, (t + 1) * runs_per_task) of the ensemble, whatever else is submitted with it. */
int64_t fcast_plan_runs_per_task(const fcast_config *config, fcast_mode mode);

/* The same for any list of `n_runs` runs that take `run_seconds` each. */
int64_t fcast_plan_share(const fcast_config *config, double run_seconds, int64_t n_runs);

/* One array job: tasks [first_task, first_task + n_tasks) as indices 0 .. n_tasks - 1, since Slurm bounds the index. */
typedef struct fcast_array_plan {
  fcast_mode mode;
  int64_t runs_per_task;
  int64_t first_task;
  char *indices; /* "0-3,7%4": the tasks to make and the throttle; the caller frees it with fcast_free */
} fcast_array_plan;

/* The array for the tasks in wanted[first_task .. first_task + n_tasks), relative to first_task. Indices is NULL where
 * none is wanted. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_plan_array(const fcast_config *config, fcast_mode mode, const bool *wanted,
                                               int64_t first_task, int64_t n_tasks, fcast_array_plan *out,
                                               fcast_error *err);

/* "0-3,7%4" for the tasks in wanted[n_tasks]; NULL where none is. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_plan_indices(const fcast_config *config, const bool *wanted, int64_t n_tasks,
                                                 char **out, fcast_error *err);

/* Where everything is, in absolute paths, and who the jobs belong to. */
typedef struct fcast_submission {
  const char *program; /* this flockcast */
  const char *oscar_dir;
  const char *log_dir;
  const char *config_path; /* the configuration the jobs read */
  char tag[40];            /* "fc-DIRHASH-CONFIGHASH": begins the name of every job of this submission */
} fcast_submission;

/* Make the tag from directory and configuration. */
FCAST_MUST_CHECK fcast_status fcast_submission_tag(const fcast_config *config, const char *oscar_dir, char tag[40],
                                                   fcast_error *err);

/* The sbatch script of an array, or of the training job that waits for the job ids in `dependency` ("12:15", NULL: for
 * none). The caller frees it with fcast_free; NULL where memory is short. */
char *fcast_plan_array_script(const fcast_config *config, const fcast_submission *submission,
                              const fcast_array_plan *array);
char *fcast_plan_train_script(const fcast_config *config, const fcast_submission *submission, const char *dependency);

/* The scripts of a sweep: an array over its list of `n_runs` runs that calls `command` (words, ended by NULL) with
 * --part FIRST-LAST behind it, and the job that calls it without when the arrays in `dependency` are done. As above. */
char *fcast_plan_sweep_script(const fcast_config *config, const fcast_submission *submission,
                              const fcast_array_plan *array, int64_t n_runs, const char *const *command);
char *fcast_plan_table_script(const fcast_config *config, const fcast_submission *submission,
                              const char *const *command, const char *dependency);

#endif
