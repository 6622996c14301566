/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t noted_signal = 0; /* a handler has nowhere else to put it */

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

void fcast_interrupt_watch(void) {
  set_action(note, SA_RESTART | (int)SA_RESETHAND);
}

void fcast_interrupt_rest(void) {
  set_action(SIG_DFL, 0);
}

int fcast_interrupt_signal(void) {
  return noted_signal;
}
