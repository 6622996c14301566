/* SPDX-License-Identifier: MIT
 *
 * What Slurm's commands print. Byte 0 chooses squeue, sacct, scontrol or sbatch. Whatever stands there, a number is one
 * that Slurm gives, a text is one line, and the runs of a task are a range that no index leaves on the wrong side.
 */
#include "cluster/slurm.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char tag[] = "fc";

static void require_id(const char *job_id) {
  const size_t length = strlen(job_id);
  fuzz_require(length > 0 && length < 32 && strspn(job_id, "0123456789") == length);
}

static void require_line(const char *text, size_t size) {
  fuzz_require(memchr(text, '\0', size) != NULL);
  for (; *text != '\0'; text++) {
    fuzz_require((unsigned char)*text >= ' ' && *text != 0x7f);
  }
}

static void require_jobs(const fcast_queue *queue, size_t n_lines) {
  fuzz_require(queue->n_jobs <= n_lines);
  for (size_t i = 0; i < queue->n_jobs; i++) {
    const fcast_queued *job = &queue->jobs[i];
    fcast_mode mode = FCAST_MODE_TRAIN;
    int64_t first = 0;
    int64_t end = 0;
    require_id(job->job_id);
    require_line(job->name, sizeof job->name);
    require_line(job->reason, sizeof job->reason);
    fuzz_require(job->task >= -1 && strncmp(job->name, tag, strlen(tag)) == 0);
    if (fcast_queued_runs(job, tag, &mode, &first, &end)) {
      fuzz_require(job->task >= 0 && first >= 0 && end >= first);
      fuzz_require(mode == FCAST_MODE_TRAIN || mode == FCAST_MODE_TEST);
    }
  }
}

typedef fcast_status (*jobs_parser)(char *text, const char *prefix, fcast_queue *out, fcast_error *err);

static void parse_jobs(char *text, size_t n, jobs_parser parse) {
  fcast_error err = {FCAST_OK, ""};
  fcast_queue queue;
  const fcast_status status = parse(text, tag, &queue, &err);
  fuzz_require_told(status, &err);
  fuzz_require(status == FCAST_OK);
  require_jobs(&queue, n + 1);
  fcast_queue_clear(&queue);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  if (n == 0) {
    return 0;
  }
  char job_id[32];
  char *text = calloc(n, 1);
  fuzz_require(text != NULL);
  memcpy(text, bytes + 1, n - 1);
  switch (bytes[0] % 4) {
  case 0:
    parse_jobs(text, n, fcast_slurm_parse_queue);
    break;
  case 1:
    parse_jobs(text, n, fcast_slurm_parse_failures);
    break;
  case 2: {
    const int64_t size = fcast_slurm_parse_max_array_size(text);
    fuzz_require(size > 1 && size <= INT32_MAX);
    break;
  }
  default:
    if (fcast_slurm_parse_job_id(text, job_id)) {
      require_id(job_id);
    }
  }
  free(text);
  return 0;
}
