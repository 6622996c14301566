/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include "io/provenance.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

/* Seconds between two signs of life: often on a terminal, seldom in a log. */
static const double terminal_interval = 0.1;
static const double log_interval = 2.0;

void fcast_progress_begin(fcast_progress *progress, const char *label, size_t n_total) {
  const double now = fcast_clock_monotonic();
  *progress = (fcast_progress){
      .label = label, .n_total = n_total, .start = now, .last_shown = now, .is_terminal = isatty(STDERR_FILENO) == 1};
}

static void show_bar(const fcast_progress *progress, double elapsed) {
  char bar[BAR_WIDTH + 1];
  const size_t n_filled = progress->n_done * BAR_WIDTH / progress->n_total;
  for (size_t i = 0; i < BAR_WIDTH; i++) {
    bar[i] = i < n_filled ? '#' : '.';
  }
  bar[BAR_WIDTH] = '\0';
  const double left = elapsed / (double)progress->n_done * (double)(progress->n_total - progress->n_done);
  (void)fprintf(stderr, "\r%-22s [%s] %zu/%zu  %.0f s left ", progress->label, bar, progress->n_done, progress->n_total,
                left);
}

static void show_line(const fcast_progress *progress, double elapsed) {
  (void)fprintf(stderr, "%s: %zu of %zu after %.0f s\n", progress->label, progress->n_done, progress->n_total, elapsed);
}

void fcast_progress_add(fcast_progress *progress) {
#pragma omp critical(fcast_progress)
  {
    progress->n_done++;
    const double now = fcast_clock_monotonic();
    if (now - progress->last_shown >= (progress->is_terminal ? terminal_interval : log_interval)) {
      progress->last_shown = now;
      if (progress->is_terminal) {
        show_bar(progress, now - progress->start);
      } else {
        show_line(progress, now - progress->start);
      }
    }
  }
}

void fcast_progress_end(fcast_progress *progress) {
  (void)fprintf(stderr, "%s%-22s %zu of %zu in %.2f s%s\n", progress->is_terminal ? "\r" : "", progress->label,
                progress->n_done, progress->n_total, fcast_clock_monotonic() - progress->start,
                progress->is_terminal ? "\033[K" : "");
}
