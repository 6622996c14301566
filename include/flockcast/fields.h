/* SPDX-License-Identifier: MIT
 *
 * Frames of several fields side by side, and one of them picked out.
 */
#ifndef FLOCKCAST_FIELDS_H
#define FLOCKCAST_FIELDS_H

#include "flockcast/array.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One field of the frames[frame, field, cell] of a source. Borrows the source; fill in the three members and ask for
 * fcast_field_source. */
typedef struct fcast_field_picker {
  const fcast_series_source *fields;
  size_t n_fields; /* in a frame */
  size_t field;    /* the one wanted */
} fcast_field_picker;

/* The picked field as a source of its own, which borrows the picker. Its `read` needs memory for the whole frames of
 * the runs asked for. */
FCAST_API fcast_series_source fcast_field_source(fcast_field_picker *picker);

#ifdef __cplusplus
}
#endif
#endif
