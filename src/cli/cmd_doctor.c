/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/json_report.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const words[] = {"ok", "note", "missing"};

void fcast_findings_add(fcast_findings *findings, const char *name, fcast_health health, const char *advice,
                        const char *format, ...) {
  va_list arguments;
  if (findings->n == FCAST_MOST_FINDINGS) {
    return;
  }
  fcast_finding *out = &findings->list[findings->n++];
  *out = (fcast_finding){.name = name, .health = health};
  va_start(arguments, format);
  (void)vsnprintf(out->found, sizeof out->found, format, arguments);
  va_end(arguments);
  (void)snprintf(out->advice, sizeof out->advice, "%s", health == FCAST_HEALTH_OK ? "" : advice);
}

static size_t count(const fcast_findings *findings, fcast_health health) {
  size_t n = 0;
  for (size_t i = 0; i < findings->n; i++) {
    n += findings->list[i].health == health;
  }
  return n;
}

static void print_text(const fcast_findings *findings) {
  for (size_t i = 0; i < findings->n; i++) {
    const fcast_finding *found = &findings->list[i];
    printf("%-8s %-20s %s\n", words[found->health], found->name, found->found);
    if (found->advice[0] != '\0') {
      printf("%-8s %-20s -> %s\n", "", "", found->advice);
    }
  }
  const size_t n_missing = count(findings, FCAST_HEALTH_MISSING);
  if (n_missing == 0) {
    printf("All that simulating, training, predicting and drawing need is here.\n");
  }
}

static fcast_status print_json(const fcast_findings *findings, fcast_error *err) {
  json_t *checks = json_array();
  for (size_t i = 0; i < findings->n; i++) {
    const fcast_finding *found = &findings->list[i];
    (void)json_array_append_new(checks,
                                json_pack("{s:s, s:s, s:s, s:s}", "name", found->name, "health", words[found->health],
                                          "found", found->found, "advice", found->advice));
  }
  return fcast_json_print(
      "doctor", json_pack("{s:b, s:o}", "is_ok", count(findings, FCAST_HEALTH_MISSING) == 0, "checks", checks), err);
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  fcast_findings findings = {0};
  fcast_status status = FCAST_OK;
  fcast_doctor_build(&findings);
  fcast_doctor_machine(&findings);
  fcast_doctor_light(&findings);
  fcast_doctor_programs(&findings);
  if (arguments->wants_json) {
    status = print_json(&findings, err);
  } else {
    print_text(&findings);
  }
  const size_t n_missing = count(&findings, FCAST_HEALTH_MISSING);
  return status == FCAST_OK && n_missing > 0
             ? fcast_fail(err, FCAST_E_IO, "%zu thing%s missing, expected none: the lines above say what to do",
                          n_missing, n_missing == 1 ? " is" : "s are")
             : status;
}

static const fcast_option options[] = {{NULL, NULL, NULL, NULL, false}};

static const fcast_note examples[] = {
    {"flockcast doctor", "before the first run on a new machine"},
    {"flockcast doctor --json > doctor.json", "for a report of a problem"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {".flockcast-doctor-*", "made and removed again, to see whether the current directory can be written"},
    {NULL, NULL},
};

static const char *const see_also[] = {"config", "run", "submit", NULL};

const fcast_command fcast_command_doctor = {
    .name = "doctor",
    .summary = "what works on this machine, what is missing, and how to get it",
    .about =
        "Looks at this build and this machine: the BLAS that is really loaded and whether it gives right numbers "
        "for a small known\n"
        "problem, vector instructions, cores and threads, memory, disk, fonts, the film encoder, libraries, Slurm, "
        "ssh, rsync,\n"
        "Python. Every line is ok, note (works, but worth knowing) or missing, with what to do. Exit status 0: all "
        "that simulating,\n"
        "training, predicting and drawing need is here; 1: something of it is missing.",
    .has_json = true,
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
