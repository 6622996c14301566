/* SPDX-License-Identifier: MIT */
#include "cli/submission.h"

#include "cluster/slurm.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static fcast_status this_program(char **out, fcast_error *err) {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) {
    return fcast_fail(err, FCAST_E_IO, "/proc/self/exe: cannot be read, expected the path of this program");
  }
  path[length] = '\0';
  *out = fcast_format("%s", path);
  return *out == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory") : FCAST_OK;
}

/* The log directory stands in #SBATCH lines, where Slurm reads % as a pattern and nothing can be quoted. */
static fcast_status check_log_dir(const char *log_dir, fcast_error *err) {
  if (strpbrk(log_dir, "\n\r\"\\%") != NULL) {
    return fcast_fail(err, FCAST_E_ARG,
                      "--log_dir: found a path with a quote, backslash, %% or line break, which Slurm "
                      "cannot take; expected one without");
  }
  return FCAST_OK;
}

fcast_status fcast_submission_create(const fcast_config *config, const char *directory, const char *log_dir,
                                     fcast_submission_paths *paths, fcast_submission *out, fcast_error *err) {
  *paths = (fcast_submission_paths){0};
  fcast_status status = this_program(&paths->program, err);
  if (status == FCAST_OK) {
    status = fcast_path_absolute(directory, &paths->directory, err);
  }
  if (status == FCAST_OK) {
    status = fcast_path_absolute(log_dir, &paths->logs, err);
  }
  if (status == FCAST_OK) {
    status = check_log_dir(paths->logs, err);
  }
  if (status == FCAST_OK) {
    paths->config = fcast_format("%s/config.yml", paths->directory);
    status = paths->config == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory")
                                   : fcast_submission_tag(config, paths->directory, out->tag, err);
  }
  out->program = paths->program;
  out->oscar_dir = paths->directory;
  out->log_dir = paths->logs;
  out->config_path = paths->config;
  return status;
}

void fcast_submission_paths_clear(fcast_submission_paths *paths) {
  fcast_free(paths->program);
  fcast_free(paths->directory);
  fcast_free(paths->logs);
  fcast_free(paths->config);
  *paths = (fcast_submission_paths){0};
}

fcast_status fcast_submission_send(char *script, const char *what, bool is_dry_run, size_t number, json_t *jobs,
                                   char job_id[32], fcast_error *err) {
  if (script == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the script of the %s", what);
  }
  fcast_status status = FCAST_OK;
  if (is_dry_run) {
    (void)snprintf(job_id, 32, "ID_OF_JOB_%zu", number);
  } else {
    status = fcast_slurm_submit(script, job_id, err);
  }
  if (status == FCAST_OK && jobs != NULL) {
    json_t *job = json_pack("{s:s, s:s, s:s}", "job_id", job_id, "what", what, "script", script);
    status = json_array_append_new(jobs, job) == 0 ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "out of memory");
  } else if (status == FCAST_OK && is_dry_run) {
    printf("# job %zu, %s: sbatch --parsable <<'END'\n%sEND\n\n", number, what, script);
  } else if (status == FCAST_OK) {
    printf("job %-10s %s\n", job_id, what);
  }
  fcast_free(script);
  return status;
}
