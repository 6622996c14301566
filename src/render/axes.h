/* SPDX-License-Identifier: MIT
 *
 * Axes: a frame with ticks, labels, lines, bands and points in data coordinates, and a legend beside it.
 */
#ifndef FLOCKCAST_RENDER_AXES_H
#define FLOCKCAST_RENDER_AXES_H

#include "render/canvas.h"
#include "render/ticks.h"

enum { FCAST__DENSE_FRAMES = 60 }; /* from here on a line carries no dots */

/* Axes on a canvas. Fill in the first block, then call fcast__axes_draw. */
typedef struct fcast__axes {
  fcast__canvas *canvas; /* borrowed */
  fcast__range x, y;
  const char *x_label; /* markup; NULL: neither label nor tick labels */
  const char *y_label; /* markup; NULL: no label */
  bool x_categories;   /* the caller writes the labels of x */
  bool y_is_bare;      /* y means nothing: neither ticks nor their labels */
  const char *panel;   /* its name, the first word of its rows in the table; NULL where a figure has one pair of axes */
  fcast__box inner;    /* set by fcast__axes_draw: the frame itself */
} fcast__axes;

/* Values over x, and a band about them; what is not finite is skipped, what is outside is cut at the frame. */
typedef struct fcast__line {
  const char *name; /* the first word of its points in the table; NULL: they are not in it */
  const double *x, *y;
  const double *lo, *hi; /* the band, or NULL */
  size_t n;
  fcast__rgb colour;
  double width;
  fcast__stroke stroke;
  double markers; /* radius of the dots on it in points; 0: none */
  double band;    /* opacity of the band */
} fcast__line;

/* Draw grid, frame, ticks and labels so that everything fits into `outer`. */
void fcast__axes_draw(fcast__axes *axes, fcast__box outer);

/* Data to points. */
double fcast__axes_x(const fcast__axes *axes, double value);
double fcast__axes_y(const fcast__axes *axes, double value);

/* A line that looks as the thing it is of. */
fcast__line fcast__line_of(const fcast__look *look);

/* Draw a line with its band, and put its points into the table: x, y, lo, hi. */
void fcast__axes_line(const fcast__axes *axes, const fcast__line *line);

/* Put a point that was drawn by other means into the table. */
void fcast__axes_record(const fcast__axes *axes, const char *name, const double *values, size_t n_values);
void fcast__axes_horizontal(const fcast__axes *axes, double y, fcast__rgb colour, double width, fcast__stroke stroke);
void fcast__axes_vertical(const fcast__axes *axes, double x, fcast__rgb colour, double width, fcast__stroke stroke);
void fcast__axes_shade(const fcast__axes *axes, double x0, double x1, fcast__rgb colour);
void fcast__axes_bar(const fcast__axes *axes, double x0, double x1, double y0, double y1, fcast__rgb colour,
                     double alpha);
void fcast__axes_dot(const fcast__axes *axes, double x, double y, double radius, fcast__rgb colour, double alpha);

/* A triangle at the edge of the frame, where a value lies above or below it. */
void fcast__axes_outside(const fcast__axes *axes, double x, bool above, fcast__rgb colour);

typedef enum fcast__legend_kind {
  FCAST__LEGEND_LINE = FCAST__SOLID,
  FCAST__LEGEND_DASHED = FCAST__DASHED,
  FCAST__LEGEND_DOTTED = FCAST__DOTTED,
  FCAST__LEGEND_PATCH,
  FCAST__LEGEND_DOT,
  FCAST__LEGEND_ABOVE, /* triangles */
  FCAST__LEGEND_BELOW,
  FCAST__LEGEND_NOTE /* text only */
} fcast__legend_kind;

typedef struct fcast__legend_entry {
  fcast__legend_kind kind;
  fcast__rgb colour;
  double alpha;
  char text[192]; /* markup */
} fcast__legend_entry;

enum { FCAST__MAX_LEGEND = 12 };

typedef struct fcast__legend {
  size_t n;
  fcast__legend_entry entries[FCAST__MAX_LEGEND];
} fcast__legend;

/* Add an entry; what does not fit is left out. */
void fcast__legend_add(fcast__legend *legend, fcast__legend_kind kind, fcast__rgb colour, double alpha,
                       const char *format, ...) FCAST_PRINTF(5, 6);

/* Add the key of a line. */
#define FCAST__LEGEND_OF(line) (fcast__legend_kind)(line)->stroke, (line)->colour, 1.0

/* Draw it from (x, y) downwards, wrapped to `width`. */
void fcast__legend_draw(fcast__canvas *canvas, const fcast__legend *legend, double x, double y, double width);

/* A title in bold and a line in grey under it, both cut at `width`. */
void fcast__title_draw(fcast__canvas *canvas, double x, double y, double width, const char *title,
                       const char *subtitle);

#endif
