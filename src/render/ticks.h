/* SPDX-License-Identifier: MIT
 *
 * Ticks: round numbers along an axis, and how they are written.
 */
#ifndef FLOCKCAST_RENDER_TICKS_H
#define FLOCKCAST_RENDER_TICKS_H

#include <stddef.h>

typedef enum fcast__scale_kind {
  FCAST__LINEAR,
  FCAST__LOG,
  FCAST__SYMLOG /* linear on [-1, 1], logarithmic beyond */
} fcast__scale_kind;

/* The values an axis runs over; lo < hi, and 0 < lo where it is logarithmic. */
typedef struct fcast__range {
  fcast__scale_kind kind;
  double lo, hi;
} fcast__range;

enum {
  FCAST__MAX_TICKS = 16,
  FCAST__MINOR_DECADES = 5, /* beyond them no axis has room for minor ticks */
  FCAST__MAX_MINOR = 8 * FCAST__MINOR_DECADES
};

typedef struct fcast__ticks {
  size_t n;
  double at[FCAST__MAX_TICKS];
  char label[FCAST__MAX_TICKS][64]; /* Pango markup */
  size_t n_minor;                   /* without a label, on logarithmic axes only */
  double minor[FCAST__MAX_MINOR];
} fcast__ticks;

/* Where a value lies: 0 at lo, 1 at hi, cut to [-1, 2]; not finite for nan. */
double fcast__range_place(const fcast__range *range, double value);

/* At most `n_wanted` (2..12) ticks inside the range: multiples of 1, 2 or 5 times a power of ten; on a logarithmic axis
 * 1, 2 and 5 times powers of ten where they find room, else powers, and minor ticks between them. */
void fcast__ticks_find(const fcast__range *range, size_t n_wanted, fcast__ticks *ticks);

/* A range that holds [lo, hi]; where they are equal or not finite, one that can still be drawn. */
fcast__range fcast__range_linear(double lo, double hi);

/* `value` rounded up to 1, 2 or 5 times a power of ten, and to two digits. */
double fcast__round_up(double value);

#endif
