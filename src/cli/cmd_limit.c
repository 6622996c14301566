/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json_report.h"
#include "cli/noise_limit.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "io/file.h"
#include "io/provenance.h"

#include <stdio.h>

/* Memory for the runs in hand, and how many there may be: enough for many cores, few enough to stop soon. */
static const double batch_bytes = 256 << 20;
enum { MAX_BATCH = 64 };

typedef struct limit_job {
  const fcast_config *config;
  const char *test_dir;
  size_t n_members;
  fcast_run_list list;
  size_t n_there, n_written;
} limit_job;

/* Runs in hand. */
typedef struct batch {
  size_t n_runs;
  char *directory[MAX_BATCH];
  fcast_limit_run run[MAX_BATCH];
} batch;

static void batch_clear(batch *b) {
  for (size_t i = 0; i < MAX_BATCH; i++) {
    fcast_limit_run_close(&b->run[i]);
    fcast_free(b->directory[i]);
    b->directory[i] = NULL;
  }
  b->n_runs = 0;
}

/* Open runs from `first` on, as many as memory allows together. One that would be too many is opened again. */
static fcast_status batch_open(const limit_job *job, size_t first, batch *out, fcast_error *err) {
  double bytes = 0.0;
  for (size_t i = 0; i < MAX_BATCH && first + i < job->list.n_runs; i++) {
    out->directory[i] = fcast_format("%s/%s", job->test_dir, job->list.names[first + i]);
    if (out->directory[i] == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", job->test_dir);
    }
    const fcast_status status =
        fcast_limit_run_open(out->directory[i], job->n_members, (size_t)job->config->rom.p_lag, &out->run[i], err);
    if (status != FCAST_OK) {
      return status;
    }
    bytes += fcast_limit_run_bytes(&out->run[i]);
    if (i > 0 && bytes > batch_bytes) {
      return FCAST_OK;
    }
    out->n_runs = i + 1;
  }
  return FCAST_OK;
}

/* Write the limits of a batch. They wait for the disk together. */
static fcast_status batch_write(limit_job *job, const batch *b, fcast_error *err) {
  fcast_status status = FCAST_OK;
  size_t n_written = 0;
#pragma omp parallel for schedule(dynamic) num_threads((int)b->n_runs) reduction(+ : n_written)
  for (size_t i = 0; i < b->n_runs; i++) {
    fcast_error run_error = {FCAST_OK, ""};
    fcast_status run_status = FCAST_OK;
    if (!b->run[i].is_there) {
      fcast_directory_sweep(b->directory[i]);
      run_status = fcast_run_write_limit(b->directory[i], job->config->output, &b->run[i].limit, &run_error);
    }
    if (run_status == FCAST_OK) {
      n_written++;
      continue;
    }
#pragma omp critical(fcast_limit_write_failure)
    if (status == FCAST_OK) {
      *err = run_error;
      status = run_status;
    }
  }
  job->n_written += n_written;
  return status;
}

/* Runs of a batch that need nothing are done with all their members. */
static void count_there(limit_job *job, const batch *b, fcast_progress *progress) {
  for (size_t i = 0; i < b->n_runs; i++) {
    if (b->run[i].is_there) {
      job->n_there++;
      fcast_progress_add(progress, job->n_members);
      fcast_explain("keep", "%s/limit.npz: whole, and of these numbers", b->directory[i]);
    }
  }
}

static fcast_status make_limits(limit_job *job, fcast_error *err) {
  batch b = {0};
  const double start = fcast_clock_monotonic();
  fcast_progress progress;
  fcast_status status = FCAST_OK;
  fcast_explain("noise limit",
                "%zu members of each of %zu runs from frame %lld on, by all threads, as many runs at once "
                "as fit into %.0f MB",
                job->n_members, job->list.n_runs, (long long)job->config->rom.p_lag, batch_bytes / (1 << 20));
  fcast_progress_begin(&progress, "noise limit", "members", job->list.n_runs * job->n_members);
  fcast_progress_then(&progress, "the densities of the last ones");
  for (size_t first = 0; status == FCAST_OK && first < job->list.n_runs;) {
    status = batch_open(job, first, &b, err);
    if (status == FCAST_OK) {
      count_there(job, &b, &progress);
      status = fcast_limit_compute(b.run, b.n_runs, batch_bytes, &progress, err);
    }
    if (status == FCAST_OK && fcast_interrupt_signal() != 0) {
      status = fcast_fail(err, FCAST_E_INTERRUPTED,
                          "stopped by signal %d after %zu of %zu runs, all of them whole; the same command makes the "
                          "rest",
                          fcast_interrupt_signal(), job->n_written, job->list.n_runs);
    }
    if (status == FCAST_OK) {
      status = batch_write(job, &b, err);
    }
    first += b.n_runs;
    batch_clear(&b);
  }
  fcast_progress_end(&progress, false);
  if (status == FCAST_OK) {
    fcast_say("noise limit", "%zu of %zu in %.2f s", job->n_written, job->list.n_runs, fcast_clock_monotonic() - start);
  }
  return status;
}

/* Write limit.npz of every test run: `n_test` of them, or all that are there where it is 0, the mean over `n_members`
 * members that begin at frame rom.p_lag - 1. Those that are there, whole and of these numbers, are kept. */
static fcast_status limit(const fcast_config *config, const char *oscar_dir, size_t n_test, size_t n_members,
                          bool as_json, fcast_error *err) {
  limit_job job = {.config = config, .n_members = n_members};
  char *test_dir = fcast_format("%s/test", oscar_dir);
  fcast_status status = test_dir == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                         : fcast_run_list_read(test_dir, FCAST_MODE_TEST, &job.list, err);
  job.test_dir = test_dir;
  if (status == FCAST_OK) {
    status = fcast_run_list_require(&job.list, test_dir, FCAST_MODE_TEST, n_test, err);
  }
  if (status == FCAST_OK) {
    fcast_interrupt_watch();
    status = make_limits(&job, err);
  }
  if (status == FCAST_OK && job.n_there > 0) {
    fcast_say("", "%zu of them were there, whole and of this configuration", job.n_there);
  }
  if (status == FCAST_OK && as_json) {
    status = fcast_json_print("limit",
                              json_pack("{s:s, s:I, s:I, s:I, s:I}", "path", test_dir, "n_runs",
                                        (json_int_t)job.list.n_runs, "n_kept", (json_int_t)job.n_there, "n_members",
                                        (json_int_t)n_members, "n_known", (json_int_t)config->rom.p_lag),
                              err);
  } else if (status == FCAST_OK) {
    printf("limit.npz is in %zu runs of %s: means over %zu members from frame %lld on. To see them beside the "
           "forecast:\n  flockcast local --oscar_dir %s\n",
           job.list.n_runs, test_dir, n_members, (long long)config->rom.p_lag, oscar_dir);
  }
  fcast_run_list_clear(&job.list);
  fcast_free(test_dir);
  return status;
}

/* --- the command --- */

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const char *oscar_dir = fcast_argument(arguments, "oscar_dir");
  const char *text = fcast_argument(arguments, "members");
  int64_t n_members = 0;
  fcast_arguments resolved;
  if (!fcast_parse_int64(text, &n_members) || n_members < 1 || n_members > FCAST_MAX_MEMBERS) {
    return fcast_fail(err, FCAST_E_ARG, "--members: found '%s', expected an integer from 1 to %d", text,
                      FCAST_MAX_MEMBERS);
  }
  const fcast_status status = fcast_arguments_configure_beside(arguments, oscar_dir, &resolved, err);
  const fcast_config *config = &resolved.config;
  return status == FCAST_OK ? limit(config, oscar_dir, config->m_test_given ? (size_t)config->ensemble.m_test : 0,
                                    (size_t)n_members, arguments->wants_json, err)
                            : status;
}

static const fcast_option options[] = {
    {"oscar_dir", "DIR", "the directory with test/", NULL, true},
    {"members", "N", "runs the mean is over", "100", false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast limit --oscar_dir oscar_outputs", "a hundred members for every test run"},
    {"flockcast limit --oscar_dir oscar_outputs --members 1000 --json", "more of them, and a report for a program"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/test/test_000/limit.npz", "the mean density over the members"},
    {"DIR/config.yml", "the configuration that is used unless --config names another"},
    {NULL, NULL},
};

static const char *const see_also[] = {"local", "run", NULL};

const fcast_command fcast_command_limit = {
    .name = "limit",
    .summary = "how good a forecast of the test runs can be, by simulating them on with other noise",
    .about = "Takes the particles of every test run at the last known frame (rom.p_lag - 1), simulates the run on from "
             "there N times\n"
             "with other noise and writes the mean density into its limit.npz: the best that a forecast can do that "
             "knows the true\n"
             "state and not the noise. Those that are there are kept. The configuration is DIR/config.yml, which run "
             "and submit write,\n"
             "unless --config names another; of it only rom.p_lag and ensemble.m_test matter.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
