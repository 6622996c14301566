/* SPDX-License-Identifier: MIT */
#include "render/axes.h"

#include <math.h>

static const double tick_length = 3.0, minor_length = 1.6, gap = 3.0;

/* --- layout --- */

/* Width of the widest label, or height of the highest. */
static double label_extent(fcast__canvas *canvas, const fcast__ticks *ticks, bool want_width) {
  double extent = 0.0;
  for (size_t i = 0; i < ticks->n; i++) {
    const fcast__box box = fcast__text_extent(canvas, FCAST__STYLE_TICK, ticks->label[i]);
    extent = fmax(extent, want_width ? box.width : box.height);
  }
  return extent;
}

/* The least distance of two ticks as a share of the axis. */
static double least_spacing(const fcast__range *range, const fcast__ticks *ticks) {
  double least = 1.0;
  for (size_t i = 1; i < ticks->n; i++) {
    least = fmin(least, fcast__range_place(range, ticks->at[i]) - fcast__range_place(range, ticks->at[i - 1]));
  }
  return least;
}

/* As many ticks on x as can stand side by side. */
static void find_x_ticks(fcast__canvas *canvas, const fcast__range *range, double width, fcast__ticks *ticks) {
  for (size_t n_wanted = 9; n_wanted >= 2; n_wanted--) {
    fcast__ticks_find(range, n_wanted, ticks);
    if (ticks->n < 2) {
      break;
    }
    if (label_extent(canvas, ticks, true) + 8.0 <= width * least_spacing(range, ticks)) {
      return;
    }
  }
  fcast__ticks_find(range, 2, ticks);
}

static void find_y_ticks(const fcast__range *range, double height, fcast__ticks *ticks) {
  const double n_wanted = fmin(fmax(floor(height / 22.0), 2.0), range->kind == FCAST__SYMLOG ? 10.0 : 7.0);
  fcast__ticks_find(range, (size_t)n_wanted, ticks);
}

double fcast__axes_x(const fcast__axes *axes, double value) {
  return axes->inner.x + axes->inner.width * fcast__range_place(&axes->x, value);
}

double fcast__axes_y(const fcast__axes *axes, double value) {
  return axes->inner.y + axes->inner.height * (1.0 - fcast__range_place(&axes->y, value));
}

static void draw_x_ticks(const fcast__axes *axes, const fcast__ticks *ticks) {
  const double bottom = axes->inner.y + axes->inner.height;
  for (size_t i = 0; i < ticks->n_minor; i++) {
    const double x = fcast__axes_x(axes, ticks->minor[i]);
    fcast__stroke_line(axes->canvas, x, bottom, x, bottom + minor_length, FCAST__COLOUR_AXIS, 0.5);
  }
  for (size_t i = 0; i < ticks->n; i++) {
    const double x = fcast__axes_x(axes, ticks->at[i]);
    fcast__stroke_line(axes->canvas, x, bottom, x, bottom + tick_length, FCAST__COLOUR_AXIS, 0.7);
    if (axes->x_label != NULL) {
      (void)fcast__text_draw(axes->canvas, FCAST__STYLE_TICK, x, bottom + tick_length + 1.0, 0.5, 0.0, ticks->label[i]);
    }
  }
}

static void draw_y_ticks(const fcast__axes *axes, const fcast__ticks *ticks) {
  const fcast__box inner = axes->inner;
  for (size_t i = 0; i < ticks->n_minor; i++) {
    const double y = fcast__axes_y(axes, ticks->minor[i]);
    fcast__stroke_line(axes->canvas, inner.x - minor_length, y, inner.x, y, FCAST__COLOUR_AXIS, 0.5);
  }
  for (size_t i = 0; i < ticks->n; i++) {
    const double y = fcast__axes_y(axes, ticks->at[i]);
    fcast__stroke_line(axes->canvas, inner.x, y, inner.x + inner.width, y, FCAST__COLOUR_GRID, 0.5);
    fcast__stroke_line(axes->canvas, inner.x - tick_length, y, inner.x, y, FCAST__COLOUR_AXIS, 0.7);
    (void)fcast__text_draw(axes->canvas, FCAST__STYLE_TICK, inner.x - tick_length - gap, y, 1.0, 0.5, ticks->label[i]);
  }
}

static void draw_labels(const fcast__axes *axes, fcast__box outer) {
  const fcast__box inner = axes->inner;
  if (axes->y_label != NULL) {
    fcast__text_style style = FCAST__STYLE_LABEL;
    style.upwards = true;
    style.max_width = outer.height;
    (void)fcast__text_draw(axes->canvas, style, outer.x, inner.y + inner.height / 2.0, 0.0, 0.5, axes->y_label);
  }
  if (axes->x_label != NULL) {
    fcast__text_style style = FCAST__STYLE_LABEL;
    style.max_width = inner.width;
    (void)fcast__text_draw(axes->canvas, style, inner.x + inner.width / 2.0, outer.y + outer.height, 0.5, 1.0,
                           axes->x_label);
  }
}

void fcast__axes_draw(fcast__axes *axes, fcast__box outer) {
  fcast__canvas *canvas = axes->canvas;
  const double tick_height = fcast__text_extent(canvas, FCAST__STYLE_TICK, "10<sup>1</sup>").height;
  const double label_height = fcast__text_extent(canvas, FCAST__STYLE_LABEL, "x").height;
  double below = tick_length;
  if (axes->x_label != NULL) {
    below += tick_height + label_height;
  }
  const double above = tick_height / 2.0; /* the top label of y stands half above the frame */
  fcast__ticks x_ticks = {0}, y_ticks = {0};
  if (!axes->y_is_bare) {
    find_y_ticks(&axes->y, outer.height - above - below, &y_ticks);
  }
  double left = axes->y_is_bare ? 2.0 : label_extent(canvas, &y_ticks, true) + tick_length + gap;
  if (axes->y_label != NULL) {
    left += label_height + gap;
  }
  const double right = axes->x_label == NULL || axes->x_categories ? 2.0 : 12.0; /* half a label of x */
  axes->inner = (fcast__box){.x = outer.x + left,
                             .y = outer.y + above,
                             .width = fmax(outer.width - left - right, 10.0),
                             .height = fmax(outer.height - above - below, 10.0)};
  fcast__fill_box(canvas, axes->inner, (fcast__rgb){1.0, 1.0, 1.0}, 1.0);
  draw_y_ticks(axes, &y_ticks);
  if (!axes->x_categories) {
    find_x_ticks(canvas, &axes->x, axes->inner.width, &x_ticks);
    draw_x_ticks(axes, &x_ticks);
  }
  draw_labels(axes, outer);
  fcast__stroke_box(canvas, axes->inner, FCAST__COLOUR_AXIS, 0.7);
}

/* --- data --- */

static void clip_to_frame(const fcast__axes *axes) {
  cairo_save(axes->canvas->cairo);
  cairo_rectangle(axes->canvas->cairo, axes->inner.x, axes->inner.y, axes->inner.width, axes->inner.height);
  cairo_clip(axes->canvas->cairo);
}

fcast__line fcast__line_of(const fcast__look *look) {
  return (fcast__line){.name = look->name, .colour = look->colour, .stroke = look->stroke, .width = 1.8, .band = 0.15};
}

void fcast__axes_record(const fcast__axes *axes, const char *name, const double *values, size_t n_values) {
  const char *const words[] = {axes->panel, name};
  const size_t first = axes->panel != NULL ? 0 : 1;
  fcast__record_row(&axes->canvas->record, words + first, 2 - first, values, n_values);
}

static void record_line(const fcast__axes *axes, const fcast__line *line) {
  for (size_t i = 0; line->name != NULL && i < line->n; i++) {
    const double lo = line->lo != NULL ? line->lo[i] : (double)NAN, hi = line->hi != NULL ? line->hi[i] : (double)NAN;
    fcast__axes_record(axes, line->name, (const double[4]){line->x[i], line->y[i], lo, hi}, 4);
  }
}

static void draw_band(const fcast__axes *axes, const double *x, const double *lo, const double *hi, size_t n,
                      fcast__rgb colour, double alpha) {
  cairo_t *cairo = axes->canvas->cairo;
  clip_to_frame(axes);
  const double half_width = n == 1 ? 3.0 : 0.0; /* a single time still shows as a bar */
  for (size_t i = 0; i < n; i++) {
    cairo_line_to(cairo, fcast__axes_x(axes, x[i]) - half_width, fcast__axes_y(axes, hi[i]));
  }
  for (size_t i = n; i-- > 0;) {
    if (n == 1) {
      cairo_line_to(cairo, fcast__axes_x(axes, x[i]) + half_width, fcast__axes_y(axes, hi[i]));
    }
    cairo_line_to(cairo, fcast__axes_x(axes, x[i]) + half_width, fcast__axes_y(axes, lo[i]));
  }
  if (n == 1) {
    cairo_line_to(cairo, fcast__axes_x(axes, x[0]) - half_width, fcast__axes_y(axes, lo[0]));
  }
  cairo_close_path(cairo);
  fcast__set_colour(axes->canvas, colour, alpha);
  cairo_fill(cairo);
  cairo_restore(cairo);
}

void fcast__axes_line(const fcast__axes *axes, const fcast__line *line) {
  cairo_t *cairo = axes->canvas->cairo;
  if (axes->canvas->record.is_on) {
    record_line(axes, line);
    return;
  }
  if (line->lo != NULL) {
    draw_band(axes, line->x, line->lo, line->hi, line->n, line->colour, line->band);
  }
  clip_to_frame(axes);
  fcast__set_colour(axes->canvas, line->colour, 1.0);
  cairo_set_line_width(cairo, line->width);
  cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
  fcast__set_stroke(axes->canvas, line->stroke);
  bool pen_down = false;
  for (size_t i = 0; i < line->n; i++) {
    const double x = fcast__axes_x(axes, line->x[i]), y = fcast__axes_y(axes, line->y[i]);
    if (!isfinite(x) || !isfinite(y)) {
      pen_down = false;
    } else if (pen_down) {
      cairo_line_to(cairo, x, y);
    } else {
      cairo_move_to(cairo, x, y);
      pen_down = true;
    }
  }
  cairo_stroke(cairo);
  cairo_restore(cairo);
  for (size_t i = 0; i < line->n && line->markers > 0.0; i++) {
    fcast__axes_dot(axes, line->x[i], line->y[i], line->markers, line->colour, 1.0);
  }
}

static void draw_straight(const fcast__axes *axes, const double ends[4], fcast__rgb colour, double width,
                          fcast__stroke stroke) {
  clip_to_frame(axes);
  fcast__set_stroke(axes->canvas, stroke);
  fcast__stroke_line(axes->canvas, ends[0], ends[1], ends[2], ends[3], colour, width);
  cairo_restore(axes->canvas->cairo);
}

void fcast__axes_horizontal(const fcast__axes *axes, double y, fcast__rgb colour, double width, fcast__stroke stroke) {
  const double at = fcast__axes_y(axes, y);
  if (isfinite(at)) {
    draw_straight(axes, (const double[4]){axes->inner.x, at, axes->inner.x + axes->inner.width, at}, colour, width,
                  stroke);
  }
}

void fcast__axes_vertical(const fcast__axes *axes, double x, fcast__rgb colour, double width, fcast__stroke stroke) {
  const double at = fcast__axes_x(axes, x);
  if (isfinite(at)) {
    draw_straight(axes, (const double[4]){at, axes->inner.y, at, axes->inner.y + axes->inner.height}, colour, width,
                  stroke);
  }
}

void fcast__axes_shade(const fcast__axes *axes, double x0, double x1, fcast__rgb colour) {
  const double from = fcast__axes_x(axes, x0), to = fcast__axes_x(axes, x1);
  if (isfinite(from) && isfinite(to)) {
    clip_to_frame(axes);
    fcast__fill_box(axes->canvas,
                    (fcast__box){.x = from, .y = axes->inner.y, .width = to - from, .height = axes->inner.height},
                    colour, 1.0);
    cairo_restore(axes->canvas->cairo);
  }
}

void fcast__axes_bar(const fcast__axes *axes, double x0, double x1, double y0, double y1, fcast__rgb colour,
                     double alpha) {
  const double left = fcast__axes_x(axes, x0), right = fcast__axes_x(axes, x1);
  const double bottom = fcast__axes_y(axes, y0), top = fcast__axes_y(axes, y1);
  if (isfinite(left) && isfinite(right) && isfinite(bottom) && isfinite(top)) {
    clip_to_frame(axes);
    fcast__fill_box(axes->canvas, (fcast__box){.x = left, .y = top, .width = right - left, .height = bottom - top},
                    colour, alpha);
    cairo_restore(axes->canvas->cairo);
  }
}

void fcast__axes_dot(const fcast__axes *axes, double x, double y, double radius, fcast__rgb colour, double alpha) {
  const double place_x = fcast__range_place(&axes->x, x), place_y = fcast__range_place(&axes->y, y);
  if (!(place_x >= 0.0 && place_x <= 1.0 && place_y >= 0.0 && place_y <= 1.0)) {
    return;
  }
  fcast__set_colour(axes->canvas, colour, alpha);
  cairo_new_sub_path(axes->canvas->cairo);
  cairo_arc(axes->canvas->cairo, fcast__axes_x(axes, x), fcast__axes_y(axes, y), radius, 0.0, 2.0 * G_PI);
  cairo_fill(axes->canvas->cairo);
}

/* A triangle with its tip at (x, y). */
static void draw_triangle(fcast__canvas *canvas, double x, double y, bool upwards, fcast__rgb colour) {
  const double side = upwards ? 5.5 : -5.5;
  fcast__set_colour(canvas, colour, 1.0);
  cairo_move_to(canvas->cairo, x, y);
  cairo_line_to(canvas->cairo, x - 3.0, y + side);
  cairo_line_to(canvas->cairo, x + 3.0, y + side);
  cairo_close_path(canvas->cairo);
  cairo_fill(canvas->cairo);
}

void fcast__axes_outside(const fcast__axes *axes, double x, bool above, fcast__rgb colour) {
  const double at = fcast__axes_x(axes, x);
  if (isfinite(at)) {
    const double edge = above ? axes->inner.y + 1.5 : axes->inner.y + axes->inner.height - 1.5;
    draw_triangle(axes->canvas, at, edge, above, colour);
  }
}
