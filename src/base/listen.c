/* SPDX-License-Identifier: MIT */
#include "base/listen.h"

static void advance_whole(void *context, double share) {
  const fcast_part *part = context;
  fcast__tell(part->whole, part->from + share * (part->to - part->from));
}

fcast_listener fcast__listen_to(fcast_part *part) {
  return (fcast_listener){advance_whole, part};
}
