/* SPDX-License-Identifier: MIT */
#include "cluster/slurm.h"

#include "base/text.h"
#include "cluster/process.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_MAX_ARRAY = 1001, NOT_FOUND = 127, N_FIELDS = 6 };

/* A query may fail quickly; a submission is worth waiting for. */
static const double query_seconds = 20.0;
static const double submit_seconds = 60.0;

/* The next line of `*text`, cut out in place; NULL at the end. */
static char *next_line(char **text) {
  char *line = *text;
  if (line == NULL || *line == '\0') {
    return NULL;
  }
  char *end = strchr(line, '\n');
  *text = end == NULL ? NULL : end + 1;
  if (end != NULL) {
    *end = '\0';
  }
  return line;
}

/* Cut `line` at each '|'; false where there are fewer fields. */
static bool split_fields(char *line, char *fields[], size_t n_fields) {
  for (size_t i = 0; i < n_fields; i++) {
    fields[i] = line;
    char *bar = line == NULL ? NULL : strchr(line, '|');
    if (line == NULL || (bar == NULL && i + 1 < n_fields)) {
      return false;
    }
    if (bar != NULL) {
      *bar = '\0';
      line = bar + 1;
    } else {
      line = NULL;
    }
  }
  return true;
}

typedef bool (*line_parser)(char *line, const char *prefix, fcast_queued *job);

/* A line of squeue: "ARRAY_JOB|TASK or N/A|STATE|NAME|REASON|". */
static bool parse_queued(char *line, const char *prefix, fcast_queued *job) {
  char *fields[N_FIELDS];
  if (!split_fields(line, fields, N_FIELDS) || strncmp(fields[3], prefix, strlen(prefix)) != 0) {
    return false;
  }
  *job = (fcast_queued){.task = -1};
  const bool is_array = strcmp(fields[1], "N/A") != 0;
  (void)snprintf(job->job_id, sizeof job->job_id, "%s", fields[0]);
  if (is_array && !fcast_parse_int64(fields[1], &job->task)) {
    return false;
  }
  job->is_running = strcmp(fields[2], "PENDING") != 0;
  (void)snprintf(job->name, sizeof job->name, "%s", fields[3]);
  (void)snprintf(job->reason, sizeof job->reason, "%s", fields[4]);
  return true;
}

/* A line of sacct: "JOB_TASK or JOB|NAME|STATE". Tasks that never began stand as "JOB_[4-7]" and are left out. */
static bool parse_failed(char *line, const char *prefix, fcast_queued *job) {
  char *fields[3];
  if (!split_fields(line, fields, 3) || strncmp(fields[1], prefix, strlen(prefix)) != 0) {
    return false;
  }
  *job = (fcast_queued){.task = -1};
  const size_t length = strcspn(fields[0], "_");
  (void)snprintf(job->job_id, sizeof job->job_id, "%.*s", (int)length, fields[0]);
  if (fields[0][length] == '_' && !fcast_parse_int64(fields[0] + length + 1, &job->task)) {
    return false;
  }
  (void)snprintf(job->name, sizeof job->name, "%s", fields[1]);
  (void)snprintf(job->reason, sizeof job->reason, "%s", fields[2]);
  return true;
}

static size_t count_lines(const char *text) {
  size_t n = 1;
  for (; *text != '\0'; text++) {
    n += *text == '\n';
  }
  return n;
}

/* The jobs in what a command prints, a line each; an empty list where it fails, is not there or does not answer. */
static fcast_status read_jobs(const char *const *argv, const char *prefix, line_parser parse, fcast_queue *out,
                              fcast_error *err) {
  *out = (fcast_queue){0};
  fcast_process_result result;
  fcast_status status = fcast_process_run(argv, NULL, false, query_seconds, &result, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->answers = result.exit_status == 0 && !result.timed_out;
  if (out->answers) {
    out->jobs = fcast_alloc_array(count_lines(result.output), sizeof *out->jobs);
    status = out->jobs == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the queue") : FCAST_OK;
  }
  char *rest = result.output;
  for (char *line = NULL; status == FCAST_OK && out->answers && (line = next_line(&rest)) != NULL;) {
    out->n_jobs += parse(line, prefix, &out->jobs[out->n_jobs]);
  }
  fcast_process_clear(&result);
  return status;
}

fcast_status fcast_queue_read(const char *prefix, fcast_queue *out, fcast_error *err) {
  char user[32];
  (void)snprintf(user, sizeof user, "%ld", (long)getuid());
  /* -r: a line for each task of an array, pending ones too */
  const char *const argv[] = {"squeue", "-h", "-r", "-u", user, "-o", "%F|%K|%T|%j|%r|", NULL};
  return read_jobs(argv, prefix, parse_queued, out, err);
}

fcast_status fcast_failures_read(const char *prefix, fcast_queue *out, fcast_error *err) {
  const char *const argv[] = {"sacct", "-n",
                              "-X",    "-P",
                              "-S",    "now-30days",
                              "-E",    "now",
                              "-s",    "F,TO,OOM,NF,CA,DL",
                              "-o",    "JobID,JobName%96,State",
                              NULL};
  return read_jobs(argv, prefix, parse_failed, out, err);
}

void fcast_queue_clear(fcast_queue *queue) {
  fcast_free(queue->jobs);
  *queue = (fcast_queue){0};
}

fcast_status fcast_slurm_max_array_size(int64_t *size, fcast_error *err) {
  const char *const argv[] = {"scontrol", "show", "config", NULL};
  fcast_process_result result;
  *size = DEFAULT_MAX_ARRAY;
  const fcast_status status = fcast_process_run(argv, NULL, false, query_seconds, &result, err);
  if (status != FCAST_OK) {
    return status;
  }
  const char *found = strstr(result.output, "MaxArraySize");
  const char *equals = found == NULL ? NULL : strchr(found, '=');
  if (equals != NULL) {
    const long long parsed = strtoll(equals + 1, NULL, 10);
    *size = parsed > 1 ? parsed : DEFAULT_MAX_ARRAY;
  }
  fcast_process_clear(&result);
  return FCAST_OK;
}

/* The first line of what a program said, for an error. */
static const char *first_line(char *text) {
  text[strcspn(text, "\n")] = '\0';
  return text[0] != '\0' ? text : "it said nothing";
}

fcast_status fcast_slurm_submit(const char *script, char job_id[32], fcast_error *err) {
  const char *const argv[] = {"sbatch", "--parsable", NULL};
  fcast_process_result result;
  fcast_status status = fcast_process_run(argv, script, false, submit_seconds, &result, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t length = strspn(result.output, "0123456789"); /* "123" or "123;cluster" */
  if (result.exit_status == NOT_FOUND) {
    status = fcast_fail(err, FCAST_E_IO, "sbatch: not found: submit from a machine with Slurm, or load its module");
  } else if (result.timed_out) {
    status = fcast_fail(err, FCAST_E_IO, "sbatch: no answer in %.0f s; is the controller up? ('sinfo' tells)",
                        submit_seconds);
  } else if (result.exit_status != 0 || length == 0 || length >= 32) {
    status = fcast_fail(err, FCAST_E_IO, "sbatch: %s", first_line(result.errors));
  } else {
    (void)snprintf(job_id, 32, "%.*s", (int)length, result.output);
  }
  fcast_process_clear(&result);
  return status;
}

fcast_status fcast_slurm_cancel(const char *job_id, fcast_error *err) {
  const char *const argv[] = {"scancel", job_id, NULL};
  fcast_process_result result;
  fcast_status status = fcast_process_run(argv, NULL, false, submit_seconds, &result, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (result.exit_status != 0) {
    status = fcast_fail(err, FCAST_E_IO, "scancel %s: %s", job_id, first_line(result.errors));
  }
  fcast_process_clear(&result);
  return status;
}
