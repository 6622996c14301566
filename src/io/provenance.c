/* SPDX-License-Identifier: MIT */
#include "io/provenance.h"

#include <math.h>
#include <stdio.h>
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

json_t *fcast_provenance_json(double start_wall, double start_monotonic) {
  char host[256] = "unknown";
  char start[32];
  char end[32];
  (void)gethostname(host, sizeof host - 1);
  write_time(start_wall, start);
  write_time(fcast_clock_wall(), end);
  const double elapsed = round((fcast_clock_monotonic() - start_monotonic) * 1e6) / 1e6;
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f}", "program", "flockcast", "version", FCAST_VERSION,
                   "revision", FCAST_REVISION, "build", FCAST_BUILD, "host", host, "start_time", start, "end_time", end,
                   "wall_seconds", elapsed);
}
