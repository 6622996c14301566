/* SPDX-License-Identifier: MIT
 *
 * How threads wait for each other, and which there are.
 */
#ifndef FLOCKCAST_CLI_WAITING_H
#define FLOCKCAST_CLI_WAITING_H

/* Have threads that wait sleep rather than spin, and OpenBLAS start none of its own. Both are read from the environment
 * before main begins, so the program starts itself once more, with OMP_WAIT_POLICY=passive and OPENBLAS_NUM_THREADS=1,
 * unless the user has said something of them or the system does not let it.
 *
 * On a machine that is shared, threads that spin take the time of those they wait for. OpenBLAS is called on one thread
 * anyway; its others ask for 128 MB each when they begin, and ask again for ever where there is no room for that, and
 * the end of the program waits for them. */
void fcast_threads_prefer(char **argv);

/* The most threads that find room where address space is limited (ulimit -v), at least 1; INT_MAX where it is not. A
 * thread asks for up to 200 MB of it, a stack, an arena of malloc and OpenBLAS's buffer, most of which it never
 * touches. */
int fcast_threads_most(void);

/* Have OpenMP start no more than that. */
void fcast_threads_fit(void);

#endif
