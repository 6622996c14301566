/* SPDX-License-Identifier: MIT
 *
 * What this build can do on this machine: the findings of `doctor`.
 */
#ifndef FLOCKCAST_CLI_DOCTOR_H
#define FLOCKCAST_CLI_DOCTOR_H

#include "flockcast/status.h"

#include <stddef.h>

typedef enum fcast_health {
  FCAST_HEALTH_OK,
  FCAST_HEALTH_NOTE,    /* works, but something is worth knowing */
  FCAST_HEALTH_MISSING, /* a half of the workflow does not work */
} fcast_health;

enum { FCAST_MOST_FINDINGS = 48 };

typedef struct fcast_finding {
  const char *name; /* stable: the key in JSON */
  fcast_health health;
  char found[192];
  char advice[256]; /* what to do, or what it means; "" where there is nothing to do */
} fcast_finding;

typedef struct fcast_findings {
  size_t n;
  fcast_finding list[FCAST_MOST_FINDINGS];
} fcast_findings;

/* Add a finding with a printf-formatted text; `advice` (constant) is kept where the health is not ok. */
void fcast_findings_add(fcast_findings *findings, const char *name, fcast_health health, const char *advice,
                        const char *format, ...) FCAST_PRINTF(5, 6);

/* Program, compiler, BLAS, vector instructions, a small known problem, libraries. */
void fcast_doctor_build(fcast_findings *findings);

/* Cores, threads, memory, disk, the current directory. */
void fcast_doctor_machine(fcast_findings *findings);

/* Fonts and films; Slurm, ssh and rsync; Python with NumPy. */
void fcast_doctor_light(fcast_findings *findings);
void fcast_doctor_programs(fcast_findings *findings);

#endif
