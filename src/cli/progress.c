/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include "io/provenance.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, LABEL_WIDTH = 22, DEFAULT_COLUMNS = 80, LINE = 256 };

/* Seconds between two looks of a bar, and before the first: what is over at once needs none. In a log a line comes
 * after ten seconds and then whenever a tenth of the time has passed again, so that a job of a day has a hundred. */
static const double bar_interval = 0.2;
static const double log_interval = 10.0;
static const double log_growth = 0.1;

/* A process has one standard error: whose bar stands on it, and what may be said there. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t over;
  pthread_t ticker;
  bool ticks;
  bool is_verbose;
  bool is_drawn; /* a bar stands on the line of the cursor */
  fcast_progress *stage;
} terminal = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};

/* --- how it looks --- */

static bool is_terminal(void) {
  const char *kind = getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (kind == NULL || strcmp(kind, "dumb") != 0);
}

static size_t n_columns(void) {
  struct winsize size = {0};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : DEFAULT_COLUMNS;
}

/* "7 s", "3 min 20 s", "2 h 05 min". */
static void write_duration(double seconds, char text[32]) {
  const long whole = lround(fmin(fmax(seconds, 0.0), 3.6e8));
  if (whole < 60) {
    (void)snprintf(text, 32, "%ld s", whole);
  } else if (whole < 3600) {
    (void)snprintf(text, 32, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    (void)snprintf(text, 32, "%ld h %02ld min", whole / 3600, whole % 3600 / 60);
  }
}

/* "364/s", "2.1/s", "14/min". */
static void write_rate(double per_second, char text[32]) {
  if (per_second >= 1.0) {
    (void)snprintf(text, 32, per_second < 9.95 ? "%.1f/s" : "%.0f/s", per_second);
  } else {
    (void)snprintf(text, 32, "%.2g/min", 60.0 * per_second);
  }
}

static bool is_counted(const fcast_progress *progress) {
  return progress->share < 0.0;
}

/* Done so far, and in all: 0 where nobody knows. */
static double amount_done(const fcast_progress *progress) {
  return is_counted(progress) ? (double)progress->n_done : progress->share;
}

static double amount_in_all(const fcast_progress *progress) {
  return is_counted(progress) ? (double)progress->n_total : 1.0;
}

/* All is counted, and something else is going on. */
static bool is_over(const fcast_progress *progress) {
  return is_counted(progress) && progress->n_total > 0 && progress->n_done >= progress->n_total &&
         progress->then != NULL;
}

/* The rate of late, since runs that are there already go by much faster than those that are made: marks are set when a
 * quarter of the time has passed since the last one, and the rate is from the one before it. */
static double current_rate(fcast_progress *progress, double now) {
  const double done = amount_done(progress);
  if (now - progress->mark_time[1] > fmax(2.0, 0.25 * (now - progress->start))) {
    progress->mark_time[0] = progress->mark_time[1];
    progress->mark_amount[0] = progress->mark_amount[1];
    progress->mark_time[1] = now;
    progress->mark_amount[1] = done;
  }
  const double of_late = (done - progress->mark_amount[0]) / fmax(now - progress->mark_time[0], 1e-9);
  return of_late > 0.0 ? of_late : done / fmax(now - progress->start, 1e-9);
}

/* What stands behind the label or bar: how much, how fast, how long. */
static void write_state(fcast_progress *progress, double now, char text[LINE]) {
  const double done = amount_done(progress);
  const double all = amount_in_all(progress);
  const double per_second = current_rate(progress, now);
  char elapsed[32];
  char rate[32];
  char left[48] = "";
  write_duration(now - progress->start, elapsed);
  write_rate(per_second, rate);
  if (all > 0.0 && per_second > 0.0) {
    char duration[32];
    write_duration((all - done) / per_second, duration);
    (void)snprintf(left, sizeof left, ", %s left", duration);
  }
  if (is_over(progress)) {
    (void)snprintf(text, LINE, "%s, %s", progress->then, elapsed);
  } else if (!is_counted(progress)) {
    const char *what = progress->then != NULL ? progress->then : progress->unit;
    (void)snprintf(text, LINE, "%s, %.0f %% in %s%s", what, 100.0 * done, elapsed, left);
  } else if (all > 0.0 && done == 0.0) {
    (void)snprintf(text, LINE, "0 of %zu %s, %s", progress->n_total, progress->unit, elapsed);
  } else if (all > 0.0) {
    (void)snprintf(text, LINE, "%zu of %zu %s, %s%s", progress->n_done, progress->n_total, progress->unit, rate, left);
  } else if (done > 0.0) {
    (void)snprintf(text, LINE, "%zu %s, %s", progress->n_done, progress->unit, elapsed);
  } else {
    (void)snprintf(text, LINE, "%s, %s", progress->unit, elapsed);
  }
}

/* --- showing it; the lock is held --- */

static void erase(void) {
  if (terminal.is_drawn) {
    (void)fprintf(stderr, "\r\033[K");
    terminal.is_drawn = false;
  }
}

/* A line that is longer than the terminal is wide would not be taken back by the next one. */
static void draw_bar(fcast_progress *progress, double now) {
  char state[LINE];
  char line[LINE + BAR_WIDTH + 64];
  char bar[BAR_WIDTH + 1];
  const double all = is_over(progress) ? 0.0 : amount_in_all(progress);
  write_state(progress, now, state);
  const size_t others = LABEL_WIDTH + 4 + strlen(state);
  const size_t columns = n_columns();
  const size_t free_columns = columns > others + 1 ? columns - others - 1 : 0;
  const size_t width = all > 0.0 ? (free_columns < BAR_WIDTH ? free_columns : BAR_WIDTH) : 0;
  const size_t n_filled = width > 0 ? (size_t)(fmin(amount_done(progress) / all, 1.0) * (double)width) : 0;
  for (size_t i = 0; i < width; i++) {
    bar[i] = i < n_filled ? '#' : '.';
  }
  bar[width] = '\0';
  (void)snprintf(line, sizeof line, "%-*s %s%s%s%s", LABEL_WIDTH, progress->label, width > 0 ? "[" : "", bar,
                 width > 0 ? "] " : "", state);
  (void)fprintf(stderr, "\r%.*s\033[K", (int)(columns - 1), line);
  terminal.is_drawn = true;
}

static void show_if_due(fcast_progress *progress) {
  const double now = fcast_clock_monotonic();
  const bool is_bar = is_terminal();
  const double interval = is_bar ? bar_interval : fmax(log_interval, log_growth * (now - progress->start));
  if (now - progress->last_shown < interval) {
    return;
  }
  progress->last_shown = now;
  if (is_bar) {
    draw_bar(progress, now);
  } else {
    char state[LINE];
    write_state(progress, now, state);
    (void)fprintf(stderr, "%-*s %s\n", LABEL_WIDTH, progress->label, state);
  }
}

/* Shows that time passes where nothing else does, as in one long call. */
static void *tick(void *unused) {
  (void)unused;
  (void)pthread_mutex_lock(&terminal.lock);
  while (terminal.stage != NULL) {
    struct timespec until = {0};
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(bar_interval * 1e9);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&terminal.over, &terminal.lock, &until);
    if (terminal.stage != NULL) {
      show_if_due(terminal.stage);
    }
  }
  (void)pthread_mutex_unlock(&terminal.lock);
  return NULL;
}

/* --- stages --- */

/* The ticker takes no signals: they are for the thread that works. Without a ticker the bar moves with the work alone.
 */
static void start_ticker(void) {
  sigset_t all;
  sigset_t before;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  terminal.ticks = pthread_create(&terminal.ticker, NULL, tick, NULL) == 0;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void fcast_progress_begin(fcast_progress *progress, const char *label, const char *unit, size_t n_total) {
  const double now = fcast_clock_monotonic();
  *progress = (fcast_progress){.label = label,
                               .unit = unit,
                               .n_total = n_total,
                               .share = -1.0,
                               .start = now,
                               .last_shown = now,
                               .mark_time = {now, now}};
  (void)pthread_mutex_lock(&terminal.lock);
  terminal.stage = progress;
  (void)pthread_mutex_unlock(&terminal.lock);
  start_ticker();
}

void fcast_progress_then(fcast_progress *progress, const char *then) {
  (void)pthread_mutex_lock(&terminal.lock);
  progress->then = then;
  (void)pthread_mutex_unlock(&terminal.lock);
}

void fcast_progress_add(fcast_progress *progress, size_t n) {
  if (progress == NULL) {
    return;
  }
  (void)pthread_mutex_lock(&terminal.lock);
  progress->n_done += n;
  if (is_over(progress)) {
    progress->start = fcast_clock_monotonic(); /* of what is left to do */
  }
  if (!terminal.ticks) {
    show_if_due(progress);
  }
  (void)pthread_mutex_unlock(&terminal.lock);
}

void fcast_progress_share(void *progress, double share) {
  fcast_progress *stage = progress;
  (void)pthread_mutex_lock(&terminal.lock);
  if (is_counted(stage)) { /* from here on it counts no more: what was counted says nothing about the rest */
    stage->start = fcast_clock_monotonic();
    stage->mark_time[0] = stage->mark_time[1] = stage->start;
    stage->mark_amount[0] = stage->mark_amount[1] = 0.0;
  }
  if (share > stage->share) {
    stage->share = fmin(share, 1.0);
  }
  (void)pthread_mutex_unlock(&terminal.lock);
}

void fcast_progress_end(fcast_progress *progress, bool with_line) {
  (void)pthread_mutex_lock(&terminal.lock);
  erase();
  terminal.stage = NULL;
  (void)pthread_cond_broadcast(&terminal.over);
  (void)pthread_mutex_unlock(&terminal.lock);
  if (terminal.ticks) {
    (void)pthread_join(terminal.ticker, NULL);
    terminal.ticks = false;
  }
  if (with_line) {
    fcast_say(progress->label, "%zu of %zu in %.2f s", progress->n_done, progress->n_total,
              fcast_clock_monotonic() - progress->start);
  }
}

/* --- lines --- */

void fcast_explain_all(bool is_verbose) {
  terminal.is_verbose = is_verbose;
}

FCAST_PRINTF(2, 0)
static void say(const char *label, const char *format, va_list arguments) {
  (void)pthread_mutex_lock(&terminal.lock);
  erase();
  if (label != NULL) {
    (void)fprintf(stderr, "%-*s ", LABEL_WIDTH, label);
  }
  (void)vfprintf(stderr, format, arguments);
  (void)fprintf(stderr, "\n");
  (void)pthread_mutex_unlock(&terminal.lock);
}

void fcast_say(const char *label, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say(label, format, arguments);
  va_end(arguments);
}

void fcast_explain(const char *label, const char *format, ...) {
  va_list arguments;
  if (!terminal.is_verbose) {
    return;
  }
  va_start(arguments, format);
  say(label, format, arguments);
  va_end(arguments);
}
