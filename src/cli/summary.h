/* SPDX-License-Identifier: MIT
 *
 * What the summary page says in words, and the run it shows.
 */
#ifndef FLOCKCAST_CLI_SUMMARY_H
#define FLOCKCAST_CLI_SUMMARY_H

#include "cli/evaluation.h"

/* The run with the middling r2 of the model shown; of two in the middle the worse one. nan counts as the worst. Errors:
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_summary_median(const fcast_evaluation *evaluation, size_t *run, fcast_error *err);

/* The ensemble in one line, as far as its files say it: particles, box, runs, frames. The caller frees it with
 * fcast_free; NULL where memory is short. */
char *fcast_summary_ensemble(const fcast_evaluation *evaluation);

/* Program, version and configuration, likewise. */
char *fcast_summary_provenance(const fcast_evaluation *evaluation);

#endif
