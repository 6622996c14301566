/* SPDX-License-Identifier: MIT
 *
 * Image: a field as a map of coloured cells with physical axes, and its colour bar.
 */
#ifndef FLOCKCAST_RENDER_IMAGE_H
#define FLOCKCAST_RENDER_IMAGE_H

#include "render/canvas.h"

/* The label of every density bar, and the least height of a bar beside which it fits. */
#define FCAST__DENSITY_LABEL "density ρ", "particles / area"
#define FCAST__DENSITY_BAR 176.0

/* Values to pixels. Below `under_below` (if has_under) and what is not finite have flat colours; the rest is cut at
 * [lo, hi]. */
typedef struct fcast__palette {
  double lo, hi;
  bool has_under;
  double under_below;
  uint32_t under, not_finite;
  uint32_t map[FCAST__MAP_SIZE];
} fcast__palette;

/* Which values outside the scale a set of fields holds: what the colour bar has to explain. */
typedef struct fcast__outside {
  bool over, under, not_finite;
} fcast__outside;

/* A field as it lies in memory: value of (row, column) at values[(row * nx + column) * stride], row 0 lowest. */
typedef struct fcast__field {
  const double *values;
  size_t ny, nx, stride;
} fcast__field;

/* Physical bounds of a map. */
typedef struct fcast__extent {
  double x0, x1, y0, y1;
} fcast__extent;

/* 0 to the largest truth over all frames (1 where there is none), with a flat colour below -1 % of it. */
fcast__palette fcast__palette_of_truth(const fcast_fields *truth);

/* 0 to the largest of n values, for a mean field. */
fcast__palette fcast__palette_of_values(const double *values, size_t n);

/* -limit to limit, white at zero. */
fcast__palette fcast__palette_diverging(double limit);

/* The pixel of one value. */
uint32_t fcast__palette_pixel(const fcast__palette *palette, double value);

/* Look at n values and add what lies outside the scale. */
void fcast__outside_scan(const fcast__palette *palette, const double *values, size_t n, fcast__outside *outside);

/* Draw the cells into `box`, x to the right, y upwards. */
void fcast__field_draw(fcast__canvas *canvas, fcast__box box, fcast__field field, const fcast__palette *palette);

/* The bounds of a grid; 0..1 for those that are not finite or empty. */
fcast__extent fcast__extent_of(const fcast_fields *grid);

/* The largest box of the true shape of `extent` within width x height, at least 24 points either way. */
fcast__box fcast__extent_fit(fcast__extent extent, double width, double height);

/* Frame and ticks outside `box`, and where asked for their labels and "x (length)" below, "y (length)" at the left. Far
 * from 1 the numbers get a common power of ten, which goes into the label: "x (10^6 length)". */
void fcast__map_axes(fcast__canvas *canvas, fcast__box box, fcast__extent extent, bool label_x, bool label_y);

/* A vertical bar in `box` (its width is the bar's own), ticks and "NAME (UNIT)" to its right, triangles and flat
 * colours for what is outside. It takes about 70 points of width. */
void fcast__colour_bar(fcast__canvas *canvas, fcast__box box, const fcast__palette *palette, fcast__outside outside,
                       const char *name, const char *unit);

#endif
