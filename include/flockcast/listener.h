/* SPDX-License-Identifier: MIT
 *
 * How far a long computation is, for whoever wants to know.
 */
#ifndef FLOCKCAST_LISTENER_H
#define FLOCKCAST_LISTENER_H

/* `advance` is told now and then which share of the work is done, 0 to 1, maybe from several threads at once; it must
 * be quick. NULL: nobody asks. Shares are estimates, and the last one told may be below 1. */
typedef struct fcast_listener {
  void (*advance)(void *context, double share);
  void *context;
} fcast_listener;

#endif
