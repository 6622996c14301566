/* SPDX-License-Identifier: MIT */
#include "io/provenance.h"

#include "build_facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

const char *fcast_version(void) {
  return FCAST_VERSION;
}

const char *fcast_build(void) {
  return FCAST_VERSION " (" FCAST_REVISION ", " FCAST_BUILD ")";
}

static double seconds(clockid_t clock) {
  struct timespec now = {0};
  (void)clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double fcast_clock_wall(void) {
  return seconds(CLOCK_REALTIME);
}

double fcast_clock_monotonic(void) {
  return seconds(CLOCK_MONOTONIC);
}

static void write_time(double wall, char text[32]) {
  const time_t whole = (time_t)floor(wall);
  struct tm parts;
  if (gmtime_r(&whole, &parts) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    (void)snprintf(text, 32, "unknown");
  }
}

/* What Slurm says of the job this runs in; NULL outside. */
static json_t *slurm_ids(void) {
  static const char *const names[][2] = {{"SLURM_JOB_ID", "job_id"},
                                         {"SLURM_ARRAY_JOB_ID", "array_job_id"},
                                         {"SLURM_ARRAY_TASK_ID", "array_task_id"},
                                         {"SLURM_CLUSTER_NAME", "cluster_name"},
                                         {"SLURM_RESTART_COUNT", "restart_count"}};
  json_t *ids = json_object();
  for (size_t i = 0; ids != NULL && i < sizeof names / sizeof names[0]; i++) {
    const char *value = getenv(names[i][0]);
    if (value != NULL && json_object_set_new(ids, names[i][1], json_string(value)) != 0) {
      json_decref(ids); /* not UTF-8: better nothing than half */
      ids = NULL;
    }
  }
  if (json_object_size(ids) == 0) {
    json_decref(ids);
    return NULL;
  }
  return ids;
}

json_t *fcast_provenance_json(double start_wall, double start_monotonic) {
  char host[256] = "unknown";
  char start[32];
  char end[32];
  (void)gethostname(host, sizeof host - 1);
  write_time(start_wall, start);
  write_time(fcast_clock_wall(), end);
  const double elapsed = round((fcast_clock_monotonic() - start_monotonic) * 1e6) / 1e6;
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:o*}", "program", "flockcast", "version", FCAST_VERSION,
                   "revision", FCAST_REVISION, "build", FCAST_BUILD, "host", host, "start_time", start, "end_time", end,
                   "wall_seconds", elapsed, "slurm", slurm_ids());
}
