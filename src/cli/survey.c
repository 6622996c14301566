/* SPDX-License-Identifier: MIT */
#include "cli/survey.h"

#include "base/text.h"
#include "cli/all_models.h"
#include "cli/progress.h"
#include "flockcast/array.h"
#include "io/file.h"
#include "io/training_files.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIRECTORY_TAG = 11 }; /* "fc-DIRHASH", the part of a tag that names the directory */

const char *fcast_progress_name(fcast_progress_state state) {
  static const char *const names[FCAST_N_PROGRESS_STATES] = {
      "done", "running", "pending", "failed", "missing", "of another configuration", "of another program", "corrupt"};
  return names[state];
}

/* --- files --- */

static void survey_run(const fcast_config *config, fcast_mode mode, int64_t run, const char *directory,
                       const fcast_run_demand *demand, fcast_mode_survey *out) {
  static const fcast_progress_state of_file[] = {[FCAST_RUN_WHOLE] = FCAST_RUN_IS_WHOLE,
                                                 [FCAST_RUN_MISSING] = FCAST_RUN_IS_MISSING,
                                                 [FCAST_RUN_STALE] = FCAST_RUN_IS_STALE,
                                                 [FCAST_RUN_FOREIGN] = FCAST_RUN_IS_FOREIGN,
                                                 [FCAST_RUN_CORRUPT] = FCAST_RUN_IS_CORRUPT};
  fcast_member member;
  fcast_error why = {FCAST_OK, ""};
  char *path = NULL;
  if (fcast_ensemble_member(config, mode, run, &member, &why) == FCAST_OK) {
    path = fcast_format("%s/%s", directory, member.run_name);
  }
  out->states[run] = path == NULL ? FCAST_RUN_IS_MISSING : of_file[fcast_run_check(path, demand, &why)];
  if (out->states[run] != FCAST_RUN_IS_WHOLE) {
    (void)snprintf(out->reasons[run], sizeof out->reasons[run], "%.255s", why.text);
  }
  fcast_free(path);
}

static fcast_status survey_files(const fcast_config *config, const char *oscar_dir, fcast_mode mode, bool is_quick,
                                 fcast_mode_survey *out, fcast_error *err) {
  char hash[17];
  fcast_status status = fcast_config_fingerprint(config, hash, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->n_runs = fcast_ensemble_size(config, mode);
  out->states = fcast_alloc_array((size_t)out->n_runs, sizeof *out->states);
  out->reasons = fcast_alloc_array((size_t)out->n_runs, sizeof *out->reasons);
  char *directory = fcast_format("%s/%s", oscar_dir, mode == FCAST_MODE_TRAIN ? "training" : "test");
  if (out->states == NULL || out->reasons == NULL || directory == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for %" PRId64 " runs", oscar_dir, out->n_runs);
    goto cleanup;
  }
  const fcast_run_demand demand = {.config_hash = hash,
                                   .needs_density = mode == FCAST_MODE_TEST || config->ensemble.keep_density,
                                   .is_quick = is_quick};
  fcast_progress progress;
  fcast_progress_begin(&progress, mode == FCAST_MODE_TRAIN ? "look at training runs" : "look at test runs", "runs",
                       (size_t)out->n_runs);
#pragma omp parallel for schedule(dynamic)
  for (int64_t run = 0; run < out->n_runs; run++) {
    survey_run(config, mode, run, directory, &demand, out);
    fcast_progress_add(&progress, 1);
  }
  fcast_progress_end(&progress, false);
cleanup:
  fcast_free(directory);
  return status;
}

/* --- the queue --- */

/* The runs of a task, as far as they are in the ensemble; false for a job that is no array of ours. */
static bool runs_of_task(const fcast_survey *survey, const fcast_queued *job, const char *tag, fcast_mode *mode,
                         int64_t *first, int64_t *end) {
  if (!fcast_queued_runs(job, tag, mode, first, end)) {
    return false;
  }
  const int64_t n_runs = survey->modes[*mode].n_runs;
  *end = *end < n_runs ? *end : n_runs;
  return true;
}

static void mark_runs(fcast_survey *survey, const fcast_queued *job, const char *tag) {
  fcast_mode mode;
  int64_t first = 0;
  int64_t end = 0;
  if (!runs_of_task(survey, job, tag, &mode, &first, &end)) {
    return;
  }
  for (int64_t run = first; run < end; run++) {
    if (survey->modes[mode].states[run] != FCAST_RUN_IS_WHOLE) {
      survey->modes[mode].states[run] = job->is_running ? FCAST_RUN_IS_RUNNING : FCAST_RUN_IS_PENDING;
    }
  }
}

/* A run that is missing, and whose task has failed at some time, has failed. */
static void mark_failures(fcast_survey *survey, const char *tag) {
  for (size_t i = 0; i < survey->failures.n_jobs; i++) {
    const fcast_queued *job = &survey->failures.jobs[i];
    fcast_mode mode;
    int64_t first = 0;
    int64_t end = 0;
    if (!runs_of_task(survey, job, tag, &mode, &first, &end)) {
      continue;
    }
    fcast_mode_survey *runs = &survey->modes[mode];
    for (int64_t run = first; run < end; run++) {
      if (runs->states[run] == FCAST_RUN_IS_MISSING) {
        runs->states[run] = FCAST_RUN_IS_FAILED;
        (void)snprintf(runs->reasons[run], sizeof runs->reasons[run],
                       "%s run %lld: job %s: %s; its log ends in %s_%lld.err", fcast_mode_name(mode), (long long)run,
                       job->job_id, job->reason, fcast_mode_name(mode), (long long)job->task);
      }
    }
  }
}

static void mark_queue(fcast_survey *survey, const char *tag) {
  const size_t tag_length = strlen(tag);
  for (size_t i = 0; i < survey->queue.n_jobs; i++) {
    const fcast_queued *job = &survey->queue.jobs[i];
    if (strncmp(job->name, tag, tag_length) != 0) {
      (void)snprintf(survey->other_job, sizeof survey->other_job, "%s", job->job_id);
    } else if (strcmp(job->name + tag_length, "-model") == 0) {
      (void)snprintf(survey->model_job, sizeof survey->model_job, "%s", job->job_id);
      survey->models = job->is_running ? FCAST_RUN_IS_RUNNING : FCAST_RUN_IS_PENDING;
      (void)snprintf(survey->models_reason, sizeof survey->models_reason, "job %s, %s", job->job_id, job->reason);
    } else {
      mark_runs(survey, job, tag);
    }
  }
}

/* --- the models --- */

/* Made from these runs with these settings, by their own report. */
static bool report_agrees(const json_t *report, const fcast_config *config, const char *hash) {
  json_t *own = fcast_config_json(config);
  const char *found = json_string_value(json_object_get(report, "config_hash"));
  const bool agrees =
      own != NULL && found != NULL && strcmp(found, hash) == 0 &&
      json_integer_value(json_object_get(report, "N_train")) == config->ensemble.n_train &&
      json_equal(json_object_get(json_object_get(report, "config"), "rom"), json_object_get(own, "rom")) != 0;
  json_decref(own);
  return agrees;
}

static fcast_status read_models(const char *oscar_dir, const char *directory, const json_t *report, fcast_error *why) {
  const fcast_training_demand demand = {.with_tables = false};
  fcast_models models;
  const fcast_status status = fcast_models_read(oscar_dir, &models, why);
  fcast_models_clear(&models);
  return fcast_training_check_files(directory, report, &demand, status, why);
}

static fcast_status survey_models(const fcast_config *config, const char *oscar_dir, bool is_quick, fcast_survey *out,
                                  fcast_error *err) {
  char hash[17];
  size_t n_models = 0;
  fcast_error why = {FCAST_OK, ""};
  json_t *report = NULL;
  fcast_status status = fcast_config_fingerprint(config, hash, err);
  char *models = fcast_format("%s/models", oscar_dir);
  if (status != FCAST_OK || models == NULL) {
    status = status != FCAST_OK ? status : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
    goto cleanup;
  }
  const fcast_status found = fcast_training_read(models, &report, &why);
  if (found == FCAST_OK && report == NULL) {
    out->models = FCAST_RUN_IS_MISSING;
    (void)fcast_fail(&why, FCAST_E_MISSING, "%s/training_metadata.json: not there", models);
  } else if (found != FCAST_OK) {
    out->models = found == FCAST_E_MISSING ? FCAST_RUN_IS_MISSING : FCAST_RUN_IS_CORRUPT;
  } else if (!report_agrees(report, config, hash)) {
    out->models = FCAST_RUN_IS_STALE;
    (void)fcast_fail(&why, FCAST_E_FORMAT, "%s/training_metadata.json: of other runs or settings", models);
  } else {
    const fcast_status read = is_quick ? fcast_models_look(oscar_dir, report, false, &n_models, &why)
                                       : read_models(oscar_dir, models, report, &why);
    out->models = read == FCAST_OK ? FCAST_RUN_IS_WHOLE : FCAST_RUN_IS_CORRUPT;
  }
  (void)snprintf(out->models_reason, sizeof out->models_reason, "%s", why.text);
cleanup:
  json_decref(report);
  fcast_free(models);
  return status;
}

/* --- all of it --- */

static fcast_status survey_import(const char *oscar_dir, fcast_survey *out, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  const fcast_status status = fcast_path_look_in(oscar_dir, "import.json", &kind, err);
  out->is_recorded = kind == FCAST_PATH_FILE;
  return status;
}

fcast_status fcast_survey_require_own(const fcast_survey *survey, const char *oscar_dir, fcast_error *err) {
  const int64_t n_foreign = survey->modes[FCAST_MODE_TRAIN].counts[FCAST_RUN_IS_FOREIGN] +
                            survey->modes[FCAST_MODE_TEST].counts[FCAST_RUN_IS_FOREIGN];
  if (survey->is_recorded) {
    return fcast_fail(err, FCAST_E_ARG,
                      "%s: holds runs that were imported, expected another directory; 'flockcast train' and "
                      "'flockcast local' use them",
                      oscar_dir);
  }
  if (n_foreign > 0) {
    return fcast_fail(err, FCAST_E_ARG,
                      "%s: holds %" PRId64 " runs of another program (no config_hash in metadata.json), expected "
                      "another directory; 'flockcast train' and 'flockcast local' use them as they are",
                      oscar_dir, n_foreign);
  }
  return FCAST_OK;
}

fcast_status fcast_survey_create(const fcast_config *config, const char *oscar_dir, const char *tag, bool is_quick,
                                 fcast_survey *out, fcast_error *err) {
  *out = (fcast_survey){0};
  char directory_tag[DIRECTORY_TAG + 1];
  (void)snprintf(directory_tag, sizeof directory_tag, "%.*s", DIRECTORY_TAG, tag);
  /* The queue first: a run that ends while we look is then seen as done rather than lost. */
  fcast_status status = fcast_queue_read(directory_tag, &out->queue, err);
  if (status == FCAST_OK) {
    status = fcast_failures_read(tag, &out->failures, err);
  }
  for (int mode = FCAST_MODE_TRAIN; status == FCAST_OK && mode <= FCAST_MODE_TEST; mode++) {
    status = survey_files(config, oscar_dir, (fcast_mode)mode, is_quick, &out->modes[mode], err);
  }
  if (status == FCAST_OK) {
    status = survey_models(config, oscar_dir, is_quick, out, err);
  }
  if (status == FCAST_OK) {
    status = survey_import(oscar_dir, out, err);
  }
  if (status != FCAST_OK) {
    fcast_survey_clear(out);
    return status;
  }
  mark_queue(out, tag);
  mark_failures(out, tag);
  for (int mode = FCAST_MODE_TRAIN; mode <= FCAST_MODE_TEST; mode++) {
    for (int64_t run = 0; run < out->modes[mode].n_runs; run++) {
      out->modes[mode].counts[out->modes[mode].states[run]]++;
    }
  }
  return FCAST_OK;
}

void fcast_survey_clear(fcast_survey *survey) {
  for (int mode = FCAST_MODE_TRAIN; mode <= FCAST_MODE_TEST; mode++) {
    fcast_free(survey->modes[mode].states);
    fcast_free(survey->modes[mode].reasons);
  }
  fcast_queue_clear(&survey->failures);
  fcast_queue_clear(&survey->queue);
  *survey = (fcast_survey){0};
}

bool fcast_survey_is_complete(const fcast_survey *survey) {
  return survey->models == FCAST_RUN_IS_WHOLE &&
         survey->modes[FCAST_MODE_TRAIN].counts[FCAST_RUN_IS_WHOLE] == survey->modes[FCAST_MODE_TRAIN].n_runs &&
         survey->modes[FCAST_MODE_TEST].counts[FCAST_RUN_IS_WHOLE] == survey->modes[FCAST_MODE_TEST].n_runs;
}
