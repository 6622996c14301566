/* SPDX-License-Identifier: MIT
 *
 * Telling listeners how far a computation is, and parts of it how far the whole is.
 */
#ifndef FLOCKCAST_BASE_LISTEN_H
#define FLOCKCAST_BASE_LISTEN_H

#include "flockcast/listener.h"

#include <stddef.h>

static inline void fcast__tell(const fcast_listener *listener, double share) {
  if (listener != NULL && listener->advance != NULL) {
    listener->advance(listener->context, share);
  }
}

/* A part of a computation, from one share of the whole to another. */
typedef struct fcast_part {
  const fcast_listener *whole;
  double from, to;
} fcast_part;

/* Who listens to a part, which outlives the listener: the whole hears its shares as shares of its own. */
fcast_listener fcast__listen_to(fcast_part *part);

#endif
