/* SPDX-License-Identifier: MIT
 *
 * Figure: the page that all figures with one pair of axes share: title above, axes at the left, legend at the right.
 */
#ifndef FLOCKCAST_RENDER_FIGURE_H
#define FLOCKCAST_RENDER_FIGURE_H

#include "render/axes.h"

#define FCAST__MARGIN 9.0
#define FCAST__HEADER 34.0 /* title and subtitle */

typedef struct fcast__figure {
  fcast__canvas canvas;
  fcast__axes axes;
  fcast__legend legend;
} fcast__figure;

/* Open a standard page. Set axes.x, axes.y and the labels, then draw the axes and what is in them. Owner: whoever
 * opened it calls fcast__figure_clear. */
FCAST_MUST_CHECK fcast_status fcast__figure_open(fcast__figure *figure, const char *path, fcast_figure_format format,
                                                 const char *title, const char *subtitle, fcast_error *err);
void fcast__figure_draw_axes(fcast__figure *figure);

/* The place of the axes on the page. */
fcast__box fcast__figure_box(void);

/* Room for low axes at the foot of the legend's column; a long legend runs into it. */
fcast__box fcast__figure_strip(void);

/* Draw the legend and write the file. */
FCAST_MUST_CHECK fcast_status fcast__figure_finish(fcast__figure *figure, fcast_error *err);
void fcast__figure_clear(fcast__figure *figure);

#endif
