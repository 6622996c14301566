/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_report.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "cli/submission.h"
#include "cli/survey.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What goes on while submitting. */
typedef struct submitting {
  const fcast_config *config;
  fcast_submission to;
  fcast_survey *survey;
  int64_t max_array_size;
  bool is_dry_run;
  fcast_buffer dependency; /* "12:15": the arrays of training runs that are queued now */
  size_t n_submitted;
  json_t *jobs; /* those submitted, for JSON; NULL: they are printed */
} submitting;

/* --- jobs --- */

static void add_dependency(submitting *work, const char *job_id) {
  fcast_buffer_put_text(&work->dependency, work->dependency.n > 0 ? ":" : "");
  fcast_buffer_put_text(&work->dependency, job_id);
}

/* Submit or print one script, which is freed. */
static fcast_status submit_script(submitting *work, char *script, const char *what, char job_id[32], fcast_error *err) {
  const fcast_status status =
      fcast_submission_send(script, what, work->is_dry_run, work->n_submitted + 1, work->jobs, job_id, err);
  work->n_submitted += status == FCAST_OK;
  return status;
}

/* Tasks with a run that is neither whole nor in the queue. */
static fcast_status wanted_tasks(const submitting *work, fcast_mode mode, bool **wanted, int64_t *n_tasks,
                                 fcast_error *err) {
  const fcast_mode_survey *runs = &work->survey->modes[mode];
  const int64_t runs_per_task = fcast_plan_runs_per_task(work->config, mode);
  *n_tasks = (runs->n_runs + runs_per_task - 1) / runs_per_task;
  *wanted = fcast_alloc_array((size_t)*n_tasks, sizeof **wanted);
  if (*wanted == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %" PRId64 " tasks", *n_tasks);
  }
  for (int64_t run = 0; run < runs->n_runs; run++) {
    const fcast_progress_state state = runs->states[run];
    (*wanted)[run / runs_per_task] |=
        state != FCAST_RUN_IS_WHOLE && state != FCAST_RUN_IS_RUNNING && state != FCAST_RUN_IS_PENDING;
  }
  return FCAST_OK;
}

static fcast_status submit_array(submitting *work, const fcast_array_plan *array, fcast_error *err) {
  char what[128];
  char job_id[32];
  (void)snprintf(what, sizeof what, "%s runs, %" PRId64 " in a task, tasks %s",
                 array->mode == FCAST_MODE_TRAIN ? "training" : "test", array->runs_per_task, array->indices);
  const fcast_status status =
      submit_script(work, fcast_plan_array_script(work->config, &work->to, array), what, job_id, err);
  if (status == FCAST_OK && array->mode == FCAST_MODE_TRAIN) {
    add_dependency(work, job_id);
  }
  return status;
}

/* The runs of a mode that are missing, in as many arrays as Slurm's largest index asks for. */
static fcast_status submit_mode(submitting *work, fcast_mode mode, fcast_error *err) {
  bool *wanted = NULL;
  int64_t n_tasks = 0;
  fcast_status status = wanted_tasks(work, mode, &wanted, &n_tasks, err);
  fcast_explain("submit",
                "%s runs: %" PRId64 " in a task%s; runs that are whole or in the queue are not submitted again",
                fcast_mode_name(mode), fcast_plan_runs_per_task(work->config, mode),
                work->config->cluster.runs_per_task > 0 ? ", as cluster.runs_per_task says" : ", by the cost of a run");
  for (int64_t first = 0; status == FCAST_OK && first < n_tasks; first += work->max_array_size) {
    const int64_t left = n_tasks - first;
    fcast_array_plan array;
    status = fcast_plan_array(work->config, mode, wanted, first,
                              left < work->max_array_size ? left : work->max_array_size, &array, err);
    if (status == FCAST_OK && array.indices != NULL) {
      status = submit_array(work, &array, err);
    }
    fcast_free(array.indices);
  }
  fcast_free(wanted);
  return status;
}

/* The arrays of training runs that were queued before. */
static void add_queued_arrays(submitting *work) {
  const fcast_queue *queue = &work->survey->queue;
  char prefix[64];
  const char *last = "";
  (void)snprintf(prefix, sizeof prefix, "%s-train-", work->to.tag);
  for (size_t i = 0; i < queue->n_jobs; i++) {
    const fcast_queued *job = &queue->jobs[i];
    if (strncmp(job->name, prefix, strlen(prefix)) == 0 && strcmp(job->job_id, last) != 0) {
      add_dependency(work, job->job_id);
      last = job->job_id;
    }
  }
}

/* The training job waits for every array of training runs. One that waits already is replaced where there are new ones.
 */
static fcast_status submit_training(submitting *work, bool has_new_arrays, fcast_error *err) {
  const fcast_survey *survey = work->survey;
  char job_id[32];
  if ((survey->models == FCAST_RUN_IS_WHOLE && work->dependency.n == 0) ||
      (survey->model_job[0] != '\0' && !has_new_arrays)) {
    return FCAST_OK;
  }
  if (survey->model_job[0] != '\0' && !work->is_dry_run) {
    const fcast_status status = fcast_slurm_cancel(survey->model_job, err);
    if (status != FCAST_OK) {
      return status;
    }
    fcast_say("cancel", "job %s, training: it did not wait for the new runs", survey->model_job);
  }
  fcast_buffer_put(&work->dependency, "", 1);
  if (work->dependency.has_failed) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the dependency of the training job");
  }
  const char *dependency = work->dependency.n > 1 ? (const char *)work->dependency.bytes : NULL;
  char what[128];
  (void)snprintf(what, sizeof what, dependency != NULL ? "training, after %.90s" : "training, at once", dependency);
  return submit_script(work, fcast_plan_train_script(work->config, &work->to, dependency), what, job_id, err);
}

/* --- the command --- */

fcast_status fcast_stage_write_config(const fcast_config *config, const char *directory, fcast_error *err) {
  char *yaml = fcast_config_yaml(config);
  char *path = fcast_format("%s/config.yml", directory);
  fcast_status status = fcast_directory_make(directory, err);
  if (status == FCAST_OK) {
    fcast_directory_sweep(directory);
    status = yaml == NULL || path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                                          : fcast_file_write(path, yaml, strlen(yaml), err);
  }
  fcast_free(yaml);
  fcast_free(path);
  return status;
}

static fcast_status prepare_directories(const submitting *work, fcast_error *err) {
  const fcast_status status = fcast_stage_write_config(work->config, work->to.oscar_dir, err);
  /* without the log directory Slurm fails every job and says nothing */
  return status == FCAST_OK ? fcast_directory_make(work->to.log_dir, err) : status;
}

static fcast_status submit_all(submitting *work, fcast_error *err) {
  fcast_status status = FCAST_OK;
  if (work->survey->other_job[0] != '\0') {
    return fcast_fail(
        err, FCAST_E_ARG,
        "%s: job %s of another configuration is in the queue for this directory: wait for it, or 'scancel %s'",
        work->to.oscar_dir, work->survey->other_job, work->survey->other_job);
  }
  if (!work->is_dry_run) {
    status = prepare_directories(work, err);
  }
  if (status == FCAST_OK) {
    status = fcast_slurm_max_array_size(&work->max_array_size, err);
  }
  if (status == FCAST_OK) {
    add_queued_arrays(work);
    status = submit_mode(work, FCAST_MODE_TRAIN, err);
  }
  const bool has_new_arrays = work->n_submitted > 0;
  if (status == FCAST_OK) {
    status = submit_mode(work, FCAST_MODE_TEST, err);
  }
  return status == FCAST_OK ? submit_training(work, has_new_arrays, err) : status;
}

static void print_next_steps(const submitting *work) {
  if (work->n_submitted == 0) {
    printf(fcast_survey_is_complete(work->survey) ? "Nothing to submit: everything is there.\n"
                                                  : "Nothing to submit: what is missing is in the queue.\n");
  }
  if (!work->is_dry_run) {
    printf("Watch:  flockcast status %s\n        squeue --me    tail %s/*.err\n", work->to.oscar_dir, work->to.log_dir);
  }
}

fcast_status fcast_stage_submit(const fcast_config *config, const char *oscar_dir, const char *log_dir, bool is_dry_run,
                                bool as_json, fcast_error *err) {
  fcast_submission_paths paths = {0};
  fcast_survey survey = {0};
  submitting work = {
      .config = config, .survey = &survey, .is_dry_run = is_dry_run, .jobs = as_json ? json_array() : NULL};
  fcast_status status = fcast_submission_create(config, oscar_dir, log_dir, &paths, &work.to, err);
  if (status == FCAST_OK) {
    status = fcast_survey_create(config, paths.directory, work.to.tag, false, &survey, err);
  }
  if (status == FCAST_OK) {
    status = fcast_survey_require_own(&survey, work.to.oscar_dir, err);
  }
  if (status == FCAST_OK) {
    status = submit_all(&work, err);
  }
  if (status == FCAST_OK && as_json) {
    status = fcast_json_print("submit",
                              json_pack("{s:s, s:s, s:b, s:b, s:O}", "path", work.to.oscar_dir, "log_dir",
                                        work.to.log_dir, "is_dry_run", (int)is_dry_run, "is_complete",
                                        (int)fcast_survey_is_complete(&survey), "jobs", work.jobs),
                              err);
  } else if (status == FCAST_OK) {
    print_next_steps(&work);
  }
  json_decref(work.jobs);
  fcast_survey_clear(&survey);
  fcast_free(work.dependency.bytes);
  fcast_submission_paths_clear(&paths);
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  return fcast_stage_submit(&arguments->config, fcast_argument(arguments, "oscar_dir"),
                            fcast_argument(arguments, "log_dir"), fcast_argument(arguments, "dry_run") != NULL,
                            arguments->wants_json, err);
}

static const fcast_option options[] = {
    {"oscar_dir", "DIR", "where runs and models go", "oscar_outputs", false},
    {"log_dir", "DIR", "where jobs write what they say", "logs", false},
    {"dry_run", NULL, "print the scripts instead of submitting them", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast submit --set cluster.partition=batch --dry-run", "what would be submitted"},
    {"flockcast submit --config config.yml --oscar_dir work/flock --json",
     "submit, and print the ids of the jobs for a program"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/config.yml", "the configuration, for the jobs and for status"},
    {"logs/", "what the jobs say"},
    {NULL, NULL},
};

static const char *const see_also[] = {"status", "sync", "simulate", "train", NULL};

const fcast_command fcast_command_submit = {
    .name = "submit",
    .summary = "the two arrays and the dependent training job, to Slurm",
    .about = "Submits what is missing of the training and test runs as array jobs, and the training job that waits for "
             "the training\n"
             "runs. Short runs share a task; arrays are split at Slurm's largest index. Runs that are whole or in the "
             "queue are not\n"
             "submitted again; recordings and runs of other programs are never replaced. Partition, account, time, "
             "memory and modules\n"
             "come from the cluster section of the configuration.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
