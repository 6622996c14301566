/* SPDX-License-Identifier: MIT
 *
 * Progress on standard error: a bar on a terminal, a plain line now and then in a log.
 */
#ifndef FLOCKCAST_CLI_PROGRESS_H
#define FLOCKCAST_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fcast_progress {
  const char *label; /* borrowed */
  size_t n_done, n_total;
  double start, last_shown; /* monotonic seconds */
  bool is_terminal;
} fcast_progress;

void fcast_progress_begin(fcast_progress *progress, const char *label, size_t n_total);

/* One more is done. Safe from several threads. */
void fcast_progress_add(fcast_progress *progress);

/* The closing line: how many in how long. */
void fcast_progress_end(fcast_progress *progress);

#endif
