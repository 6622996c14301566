/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* A handler has nowhere else to put it, or to find it. */
static volatile sig_atomic_t noted_signal = 0;
static volatile sig_atomic_t is_terminal = 0;

static void note(int signal_number) {
  noted_signal = signal_number;
}

static void set_action(void (*handler)(int), int flags) {
  static const int watched[] = {SIGTERM, SIGINT, SIGUSR1};
  struct sigaction action = {0};
  action.sa_handler = handler;
  action.sa_flags = flags;
  (void)sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
    (void)sigaction(watched[i], &action, NULL); /* fails for no signal in the list */
  }
}

static void put(const char *text, size_t n) {
  const ssize_t ignored = write(STDERR_FILENO, text, n); /* nothing can be done about it */
  (void)ignored;
}

/* Say so, on a line of its own, and end as the signal does. */
static void leave(int signal_number) {
  static const char erase[] = "\r\033[K";
  static const char text[] =
      "flockcast: interrupted; no file is half written, the same command does again what was not finished\n";
  if (is_terminal) {
    put(erase, sizeof erase - 1);
  }
  put(text, sizeof text - 1);
  (void)raise(signal_number); /* SA_RESETHAND: by default now, as soon as this returns */
}

void fcast_interrupt_watch(void) {
  set_action(note, SA_RESTART | (int)SA_RESETHAND);
}

void fcast_interrupt_rest(void) {
  struct sigaction action = {0};
  if (sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
    return; /* as whoever started the program wants it, for instance a shell in the background */
  }
  set_action(SIG_DFL, 0);
  is_terminal = isatty(STDERR_FILENO);
  action.sa_handler = leave;
  action.sa_flags = (int)SA_RESETHAND;
  (void)sigemptyset(&action.sa_mask);
  (void)sigaction(SIGINT, &action, NULL);
}

int fcast_interrupt_signal(void) {
  return noted_signal;
}
