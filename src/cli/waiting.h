/* SPDX-License-Identifier: MIT
 *
 * How threads wait for each other.
 */
#ifndef FLOCKCAST_CLI_WAITING_H
#define FLOCKCAST_CLI_WAITING_H

/* Have threads that wait sleep rather than spin. OpenMP reads that from the environment before main begins, so the
 * program starts itself once more, with OMP_WAIT_POLICY=passive, unless the user has said something of it or the system
 * does not let it. On a machine that is shared, threads that spin take the time of those they wait for. */
void fcast_wait_asleep(char **argv);

#endif
