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

/* Cut `line` at each separator; false where there are fewer fields. What is behind the last is left out. */
static bool split_fields(char *line, char separator, char *fields[], size_t n_fields) {
  for (size_t i = 0; i < n_fields; i++) {
    fields[i] = line;
    char *bar = line == NULL ? NULL : strchr(line, separator);
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

/* Digits up to one of the letters in `ends` or the end of the text; false for none or too many. */
static bool parse_id(const char *text, const char *ends, char job_id[32]) {
  const size_t length = strspn(text, "0123456789");
  if (length == 0 || length >= 32 || (text[length] != '\0' && strchr(ends, text[length]) == NULL)) {
    return false;
  }
  (void)snprintf(job_id, 32, "%.*s", (int)length, text);
  return true;
}

static bool parse_task(const char *text, int64_t *task) {
  return fcast_parse_int64(text, task) && *task >= 0 && *task <= INT32_MAX;
}

/* What Slurm says is shown on terminals and in errors of one line. */
static void copy_text(char *to, size_t size, const char *text) {
  (void)snprintf(to, size, "%s", text);
  for (; *to != '\0'; to++) {
    *to = (unsigned char)*to < ' ' || *to == 0x7f ? '?' : *to;
  }
}

typedef bool (*line_parser)(char *line, const char *prefix, fcast_queued *job);

/* A line of squeue: "ARRAY_JOB|TASK or N/A|STATE|NAME|REASON|". */
static bool parse_queued(char *line, const char *prefix, fcast_queued *job) {
  char *fields[N_FIELDS];
  *job = (fcast_queued){.task = -1};
  if (!split_fields(line, '|', fields, N_FIELDS) || strncmp(fields[3], prefix, strlen(prefix)) != 0 ||
      !parse_id(fields[0], "", job->job_id)) {
    return false;
  }
  if (strcmp(fields[1], "N/A") != 0 && !parse_task(fields[1], &job->task)) {
    return false;
  }
  job->is_running = strcmp(fields[2], "PENDING") != 0;
  copy_text(job->name, sizeof job->name, fields[3]);
  copy_text(job->reason, sizeof job->reason, fields[4]);
  return true;
}

/* A line of sacct: "JOB_TASK or JOB|NAME|STATE". Tasks that never began stand as "JOB_[4-7]" and are left out. */
static bool parse_failed(char *line, const char *prefix, fcast_queued *job) {
  char *fields[3];
  *job = (fcast_queued){.task = -1};
  if (!split_fields(line, '|', fields, 3) || strncmp(fields[1], prefix, strlen(prefix)) != 0 ||
      !parse_id(fields[0], "_", job->job_id)) {
    return false;
  }
  const char *task = strchr(fields[0], '_');
  if (task != NULL && !parse_task(task + 1, &job->task)) {
    return false;
  }
  copy_text(job->name, sizeof job->name, fields[1]);
  copy_text(job->reason, sizeof job->reason, fields[2]);
  return true;
}

static size_t count_lines(const char *text) {
  size_t n = 1;
  for (; *text != '\0'; text++) {
    n += *text == '\n';
  }
  return n;
}

static fcast_status parse_jobs(char *text, const char *prefix, line_parser parse, fcast_queue *out, fcast_error *err) {
  *out = (fcast_queue){.answers = true};
  out->jobs = fcast_alloc_array(count_lines(text), sizeof *out->jobs);
  if (out->jobs == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the queue");
  }
  for (char *line = NULL; (line = next_line(&text)) != NULL;) {
    out->n_jobs += parse(line, prefix, &out->jobs[out->n_jobs]);
  }
  return FCAST_OK;
}

fcast_status fcast_slurm_parse_queue(char *text, const char *prefix, fcast_queue *out, fcast_error *err) {
  return parse_jobs(text, prefix, parse_queued, out, err);
}

fcast_status fcast_slurm_parse_failures(char *text, const char *prefix, fcast_queue *out, fcast_error *err) {
  return parse_jobs(text, prefix, parse_failed, out, err);
}

/* The jobs in what a command prints, a line each; an empty list where it fails, is not there or does not answer. */
static fcast_status read_jobs(const char *const *argv, const char *prefix, line_parser parse, fcast_queue *out,
                              fcast_error *err) {
  *out = (fcast_queue){0};
  fcast_process_result result;
  fcast_status status = fcast_process_run(argv, NULL, false, query_seconds, &result, err);
  if (status == FCAST_OK && result.exit_status == 0 && !result.timed_out) {
    status = parse_jobs(result.output, prefix, parse, out, err);
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

bool fcast_queued_runs(const fcast_queued *job, const char *tag, fcast_mode *mode, int64_t *first, int64_t *end) {
  char words[sizeof job->name];
  char *fields[3];
  int64_t runs_per_task = 0;
  int64_t first_task = 0;
  const size_t length = strlen(tag);
  if (job->task < 0 || strncmp(job->name, tag, length) != 0 || job->name[length] != '-') {
    return false;
  }
  (void)snprintf(words, sizeof words, "%s", job->name + length + 1);
  /* parse_task: so small that the products below cannot overflow */
  if (!split_fields(words, '-', fields, 3) || fcast_mode_parse(fields[0], mode, NULL) != FCAST_OK ||
      !parse_task(fields[1], &runs_per_task) || !parse_task(fields[2], &first_task)) {
    return false;
  }
  *first = (first_task + job->task) * runs_per_task;
  *end = *first + runs_per_task;
  return true;
}

int64_t fcast_slurm_parse_max_array_size(const char *text) {
  const char *found = strstr(text, "MaxArraySize");
  const char *equals = found == NULL ? NULL : strchr(found, '=');
  const long long size = equals == NULL ? 0 : strtoll(equals + 1, NULL, 10);
  return size > 1 && size <= INT32_MAX ? size : DEFAULT_MAX_ARRAY;
}

bool fcast_slurm_parse_job_id(const char *text, char job_id[32]) {
  return parse_id(text, ";\n", job_id);
}

fcast_status fcast_slurm_max_array_size(int64_t *size, fcast_error *err) {
  const char *const argv[] = {"scontrol", "show", "config", NULL};
  fcast_process_result result;
  *size = DEFAULT_MAX_ARRAY;
  const fcast_status status = fcast_process_run(argv, NULL, false, query_seconds, &result, err);
  if (status != FCAST_OK) {
    return status;
  }
  *size = fcast_slurm_parse_max_array_size(result.output);
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
  if (result.exit_status == NOT_FOUND) {
    status = fcast_fail(err, FCAST_E_IO, "sbatch: not found: submit from a machine with Slurm, or load its module");
  } else if (result.timed_out) {
    status = fcast_fail(err, FCAST_E_IO, "sbatch: no answer in %.0f s; is the controller up? ('sinfo' tells)",
                        submit_seconds);
  } else if (result.exit_status != 0 || !fcast_slurm_parse_job_id(result.output, job_id)) {
    status = fcast_fail(err, FCAST_E_IO, "sbatch: %s", first_line(result.errors));
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
