/* SPDX-License-Identifier: MIT
 *
 * Canvas: a page measured in points (1/72 inch) that becomes a PNG, a PDF, an SVG or a film frame, and text on it; or
 * that leaves nothing but the numbers drawn on it.
 */
#ifndef FLOCKCAST_RENDER_CANVAS_H
#define FLOCKCAST_RENDER_CANVAS_H

#include "flockcast/render.h"
#include "render/colour.h"
#include "render/record.h"

#include <cairo.h>
#include <pango/pangocairo.h>
#include <stdio.h>

/* A page. Owner: whoever opened it calls fcast__canvas_clear. */
typedef struct fcast__canvas {
  double width, height; /* points, y downwards */
  cairo_surface_t *surface;
  cairo_t *cairo;
  PangoLayout *layout;
  const char *path; /* borrowed; NULL for a film frame */
  FILE *file;
  fcast_figure_format format;
  fcast_buffer svg;     /* what cairo writes of an SVG */
  fcast__record record; /* on where the format is FCAST_FIGURE_CSV: then nothing is drawn */
} fcast__canvas;

typedef struct fcast__box {
  double x, y, width, height; /* points; the top left corner */
} fcast__box;

typedef struct fcast__text_style {
  double size; /* points */
  bool bold;
  fcast__rgb colour;
  double max_width; /* 0: as wide as it is */
  bool wrap;        /* beyond max_width: a new line instead of an ellipsis */
  int most_lines;   /* and an ellipsis at the end of this one; 0: as many as it takes */
  bool upwards;     /* turned by 90 degrees, to be read from below */
} fcast__text_style;

/* Styles shared by all pictures. */
#define FCAST__STYLE_TITLE ((fcast__text_style){.size = 10.0, .bold = true, .colour = FCAST__COLOUR_TEXT})
#define FCAST__STYLE_LABEL ((fcast__text_style){.size = 9.0, .colour = FCAST__COLOUR_TEXT})
#define FCAST__STYLE_TICK ((fcast__text_style){.size = 8.0, .colour = FCAST__COLOUR_TEXT})
#define FCAST__STYLE_NOTE ((fcast__text_style){.size = 7.5, .colour = FCAST__COLOUR_NOTE})

/* Open a white page of width x height points that fcast__canvas_finish writes to `path`, a PNG at 150 dpi, a PDF, an
 * SVG, or the table of what is drawn on it. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__canvas_open(fcast__canvas *canvas, const char *path, fcast_figure_format format,
                                                 double width, double height, fcast_error *err);

/* Open a white page in memory with `scale` pixels a point; its pixel size is rounded up to even numbers. */
FCAST_MUST_CHECK fcast_status fcast__canvas_open_frame(fcast__canvas *canvas, double width, double height, double scale,
                                                       fcast_error *err);

/* Write the page. Errors: FCAST_E_IO, FCAST_E_NOMEM; FCAST_E_ARG for the table of a picture that has none. */
FCAST_MUST_CHECK fcast_status fcast__canvas_finish(fcast__canvas *canvas, fcast_error *err);

/* Release everything; an empty canvas is allowed. */
void fcast__canvas_clear(fcast__canvas *canvas);

/* FCAST_OK, or why cairo stopped drawing on this page. */
FCAST_MUST_CHECK fcast_status fcast__canvas_check(const fcast__canvas *canvas, fcast_error *err);

/* The space that Pango markup takes: width and height as drawn (turned where the style is upwards). */
fcast__box fcast__text_extent(fcast__canvas *canvas, fcast__text_style style, const char *markup);

/* Draw markup so that the point (anchor_x, anchor_y) of its extent, 0 = left or top and 1 = right or bottom, comes to
 * (x, y). Returns its extent. */
fcast__box fcast__text_draw(fcast__canvas *canvas, fcast__text_style style, double x, double y, double anchor_x,
                            double anchor_y, const char *markup);

/* Plain text of unknown origin as valid Pango markup in out[size]; cut where it does not fit. */
void fcast__text_escape(const char *text, char *out, size_t size);

/* A number for people: four digits at most, powers of ten as superscripts, typographic minus. */
void fcast__text_number(double value, char *out, size_t size);

/* How the next lines are stroked. */
void fcast__set_stroke(fcast__canvas *canvas, fcast__stroke stroke);

void fcast__set_colour(fcast__canvas *canvas, fcast__rgb colour, double alpha);
void fcast__fill_box(fcast__canvas *canvas, fcast__box box, fcast__rgb colour, double alpha);
void fcast__stroke_box(fcast__canvas *canvas, fcast__box box, fcast__rgb colour, double line_width);
void fcast__stroke_line(fcast__canvas *canvas, double x0, double y0, double x1, double y1, fcast__rgb colour,
                        double line_width);

/* A text in a rounded, filled label with its right edge at `right` and its middle at y. */
void fcast__badge_draw(fcast__canvas *canvas, double right, double y, fcast__rgb fill, fcast__rgb ink,
                       const char *markup);

/* The family that text is really set in; "" where the system has no font. */
void fcast__font_name(char name[FCAST_FACT]);

#endif
