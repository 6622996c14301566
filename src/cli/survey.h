/* SPDX-License-Identifier: MIT
 *
 * What is done, in the queue, and missing of an ensemble: from the files first, then from Slurm where it answers.
 */
#ifndef FLOCKCAST_CLI_SURVEY_H
#define FLOCKCAST_CLI_SURVEY_H

#include "cluster/plan.h"
#include "cluster/slurm.h"
#include "io/run_check.h"

typedef enum fcast_progress_state {
  FCAST_RUN_IS_WHOLE,
  FCAST_RUN_IS_RUNNING,
  FCAST_RUN_IS_PENDING,
  FCAST_RUN_IS_FAILED, /* missing, and the accounting database says its task failed */
  FCAST_RUN_IS_MISSING,
  FCAST_RUN_IS_STALE,
  FCAST_RUN_IS_FOREIGN, /* of another program: nothing makes it again */
  FCAST_RUN_IS_CORRUPT,
  FCAST_N_PROGRESS_STATES
} fcast_progress_state;

/* "done", "running", ... */
const char *fcast_progress_name(fcast_progress_state state);

typedef struct fcast_mode_survey {
  int64_t n_runs;
  fcast_progress_state *states; /* [run] */
  char (*reasons)[256];         /* [run]: why a run is not whole; "" where it is */
  int64_t counts[FCAST_N_PROGRESS_STATES];
} fcast_mode_survey;

typedef struct fcast_survey {
  fcast_mode_survey modes[2];  /* by fcast_mode */
  fcast_progress_state models; /* whole: made from these runs with these settings */
  char models_reason[1024];    /* a line of fcast_error */
  char model_job[32];          /* the training job in the queue, or "" */
  fcast_queue failures;        /* what the accounting database calls failed */
  fcast_queue queue;           /* jobs of this directory and configuration */
  bool is_recorded;            /* import.json is there: nothing makes these runs again */
  char other_job[32];          /* a job of another configuration in this directory, or "" */
} fcast_survey;

/* Look at `oscar_dir` and the queue. `tag` is that of fcast_submission_tag. Errors: FCAST_E_NOMEM, FCAST_E_IO. */
FCAST_MUST_CHECK fcast_status fcast_survey_create(const fcast_config *config, const char *oscar_dir, const char *tag,
                                                  bool is_quick, fcast_survey *out, fcast_error *err);
void fcast_survey_clear(fcast_survey *survey);

/* What is missing may be made: nothing that is there came from elsewhere. Errors: FCAST_E_ARG, saying what did. */
FCAST_MUST_CHECK fcast_status fcast_survey_require_own(const fcast_survey *survey, const char *oscar_dir,
                                                       fcast_error *err);

/* All runs and the models whole. */
bool fcast_survey_is_complete(const fcast_survey *survey);

#endif
