/* SPDX-License-Identifier: MIT
 *
 * Talking to Slurm through its commands, each with a time limit: a controller that is down must not hang us.
 */
#ifndef FLOCKCAST_CLUSTER_SLURM_H
#define FLOCKCAST_CLUSTER_SLURM_H

#include "cluster/ensemble.h"
#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One job of ours in the queue, or one task of an array. */
typedef struct fcast_queued {
  char job_id[32]; /* of the job or of the array */
  int64_t task;    /* array index; -1 for a job that is no array */
  bool is_running; /* else pending */
  char name[96];
  char reason[64]; /* why it waits, or how it ended, as Slurm says it */
} fcast_queued;

typedef struct fcast_queue {
  bool answers; /* false: no Slurm here, or it does not answer; then the list is empty */
  size_t n_jobs;
  fcast_queued *jobs;
} fcast_queue;

/* The jobs of this user in the queue whose names begin with `prefix`. A queue that does not answer is no error.
 * Errors: FCAST_E_NOMEM, FCAST_E_IO. */
FCAST_MUST_CHECK fcast_status fcast_queue_read(const char *prefix, fcast_queue *out, fcast_error *err);
void fcast_queue_clear(fcast_queue *queue);

/* The runs [first, end) that a task makes, by its job's name "TAG-MODE-RUNS_PER_TASK-FIRST_TASK" and its array index;
 * both are at least 0, but may lie beyond the ensemble. False for a job that is no array of the submission `tag`. */
bool fcast_queued_runs(const fcast_queued *job, const char *tag, fcast_mode *mode, int64_t *first, int64_t *end);

/* Jobs and tasks of ours that the accounting database calls failed (failed, timed out, out of memory, cancelled),
 * oldest first. Without a database, or one that does not answer, the list is empty. Errors: as fcast_queue_read. */
FCAST_MUST_CHECK fcast_status fcast_failures_read(const char *prefix, fcast_queue *out, fcast_error *err);

/* The largest array index Slurm takes is this minus one; 1001 where it does not say. */
FCAST_MUST_CHECK fcast_status fcast_slurm_max_array_size(int64_t *size, fcast_error *err);

/* Submit a script; job_id gets its number. Errors: FCAST_E_IO with what sbatch said. */
FCAST_MUST_CHECK fcast_status fcast_slurm_submit(const char *script, char job_id[32], fcast_error *err);

/* What the commands print, taken apart; `text` is cut up in place. Lines that are not whole, that name other jobs, or
 * whose numbers are none of Slurm's are left out. In what is kept, job_id is digits and no text holds a control
 * character. The caller clears `out`. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_slurm_parse_queue(char *text, const char *prefix, fcast_queue *out,
                                                      fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast_slurm_parse_failures(char *text, const char *prefix, fcast_queue *out,
                                                         fcast_error *err);
/* Of `scontrol show config`; 1001 where it does not say. */
int64_t fcast_slurm_parse_max_array_size(const char *text);
/* Of `sbatch --parsable`: "123" or "123;cluster". False for anything else. */
bool fcast_slurm_parse_job_id(const char *text, char job_id[32]);

/* Cancel a job. Errors: FCAST_E_IO with what scancel said. */
FCAST_MUST_CHECK fcast_status fcast_slurm_cancel(const char *job_id, fcast_error *err);

#endif
