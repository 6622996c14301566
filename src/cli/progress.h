/* SPDX-License-Identifier: MIT
 *
 * What commands say on standard error while they work: a bar on a terminal, a plain line now and then in a log, and
 * lines beside it that never tear it.
 */
#ifndef FLOCKCAST_CLI_PROGRESS_H
#define FLOCKCAST_CLI_PROGRESS_H

#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

/* One stage that may take long. It lives where it was begun until fcast_progress_end, which every way out must pass. */
typedef struct fcast_progress {
  const char *label;      /* borrowed, as the other two */
  const char *unit;       /* what is counted: "runs"; without a number of them, a remark */
  const char *then;       /* what is left to do when all are counted; NULL: nothing */
  size_t n_done, n_total; /* n_total 0: nobody knows how many */
  double share;           /* of the work done, where it is not counted; below 0: it is */
  double start;           /* monotonic seconds, as all of these; of `then`, once that goes on */
  double last_shown;      /* when it was shown last */
  double mark_time[2];    /* when there were mark_amount done: the rate is taken from the older mark on */
  double mark_amount[2];
} fcast_progress;

/* Begin a stage of `n_total` units (0: not known). One stage at a time. */
void fcast_progress_begin(fcast_progress *progress, const char *label, const char *unit, size_t n_total);

/* What is left to do when all units are counted, instead of nothing. Borrowed. */
void fcast_progress_then(fcast_progress *progress, const char *then);

/* `n` more are done. Safe from several threads, and with NULL, which is no stage. */
void fcast_progress_add(fcast_progress *progress, size_t n);

/* The share of the work that is done, 0 to 1, of a stage that counts nothing (any more). Safe from several threads.
 * `progress` is a fcast_progress: this is a callback of the stages. */
void fcast_progress_share(void *progress, double share);

/* The end, good or bad: the bar goes away. `with_line`: and a line says how many in how long. */
void fcast_progress_end(fcast_progress *progress, bool with_line);

/* Whether fcast_explain says anything: --verbose. */
void fcast_explain_all(bool is_verbose);

/* A line under a label of at most 22 characters ("" for one that goes on, NULL for none), on standard error. */
void fcast_say(const char *label, const char *format, ...) FCAST_PRINTF(2, 3);

/* The same with --verbose alone: what is being done, and why. */
void fcast_explain(const char *label, const char *format, ...) FCAST_PRINTF(2, 3);

#endif
