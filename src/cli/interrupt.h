/* SPDX-License-Identifier: MIT
 *
 * Signals that ask a job to stop: Slurm's before the time limit, a preemption, Ctrl-C.
 */
#ifndef FLOCKCAST_CLI_INTERRUPT_H
#define FLOCKCAST_CLI_INTERRUPT_H

/* From here on the first SIGTERM, SIGINT or SIGUSR1 is only noted; a second one of the same kind ends the process. */
void fcast_interrupt_watch(void);

/* From here on they end the process, and Ctrl-C says so: there is nothing to be finished first. */
void fcast_interrupt_rest(void);

/* The signal that came, or 0. */
int fcast_interrupt_signal(void);

#endif
