/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t noted_signal = 0; /* a handler has nowhere else to put it */

static void note(int signal_number) {
  noted_signal = signal_number;
}

void fcast_interrupt_watch(void) {
  static const int watched[] = {SIGTERM, SIGINT, SIGUSR1};
  struct sigaction action = {0};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
  (void)sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
    (void)sigaction(watched[i], &action, NULL); /* fails for no signal in the list */
  }
}

int fcast_interrupt_signal(void) {
  return noted_signal;
}
