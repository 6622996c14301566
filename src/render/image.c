/* SPDX-License-Identifier: MIT */
#include "render/image.h"

#include "render/ticks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double tick_length = 3.0, gap = 3.0, bar_width = 11.0, triangle_height = 10.0;

/* --- palettes --- */

static void set_map(fcast__palette *palette, void (*fill)(fcast__rgb map[FCAST__MAP_SIZE])) {
  fcast__rgb map[FCAST__MAP_SIZE];
  fill(map);
  for (size_t i = 0; i < FCAST__MAP_SIZE; i++) {
    palette->map[i] = fcast__rgb_to_pixel(map[i]);
  }
  palette->under = fcast__rgb_to_pixel(fcast__colour_negative());
  palette->not_finite = fcast__rgb_to_pixel(fcast__colour_not_finite());
}

fcast__palette fcast__palette_of_values(const double *values, size_t n) {
  double largest = 0.0;
  for (size_t i = 0; i < n; i++) {
    if (isfinite(values[i]) && values[i] > largest) {
      largest = values[i];
    }
  }
  if (!(largest > 1e-300)) {
    largest = 1.0;
  }
  fcast__palette palette = {.lo = 0.0, .hi = largest, .has_under = true, .under_below = -0.01 * largest};
  set_map(&palette, fcast__map_density);
  return palette;
}

fcast__palette fcast__palette_of_truth(const fcast_fields *truth) {
  return fcast__palette_of_values(truth->rho, truth->n_frames * fcast_fields_n_space(truth));
}

fcast__palette fcast__palette_diverging(double limit) {
  const double half = isfinite(limit) && limit > 1e-300 ? limit : 1.0;
  fcast__palette palette = {.lo = -half, .hi = half};
  set_map(&palette, fcast__map_diverging);
  return palette;
}

uint32_t fcast__palette_pixel(const fcast__palette *palette, double value) {
  if (!isfinite(value)) {
    return palette->not_finite;
  }
  if (palette->has_under && value < palette->under_below) {
    return palette->under;
  }
  const double part = (value - palette->lo) / (palette->hi - palette->lo);
  return palette->map[(size_t)(fmin(fmax(part, 0.0), 1.0) * (FCAST__MAP_SIZE - 1) + 0.5)];
}

void fcast__outside_scan(const fcast__palette *palette, const double *values, size_t n, fcast__outside *outside) {
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(values[i])) {
      outside->not_finite = true;
    } else if (values[i] > palette->hi) {
      outside->over = true;
    } else if (palette->has_under && values[i] < palette->under_below) {
      outside->under = true;
    }
  }
}

/* --- fields --- */

/* Paint an image so that its pixels become crisp cells. */
static void paint_cells(fcast__canvas *canvas, fcast__box box, cairo_surface_t *cells, double n_columns,
                        double n_rows) {
  cairo_t *cairo = canvas->cairo;
  cairo_save(cairo);
  cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
  cairo_clip(cairo);
  cairo_translate(cairo, box.x, box.y);
  cairo_scale(cairo, box.width / n_columns, box.height / n_rows);
  cairo_set_source_surface(cairo, cells, 0.0, 0.0);
  cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
  cairo_paint(cairo);
  cairo_restore(cairo);
}

void fcast__field_draw(fcast__canvas *canvas, fcast__box box, fcast__field field, const fcast__palette *palette) {
  /* A surface that could not be made carries its error into the context, where fcast__canvas_check finds it. */
  cairo_surface_t *cells = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)field.nx, (int)field.ny);
  unsigned char *pixels = cairo_image_surface_get_data(cells);
  const size_t row_bytes = (size_t)cairo_image_surface_get_stride(cells);
  if (pixels != NULL) {
    for (size_t row = 0; row < field.ny; row++) {
      uint32_t *line = (uint32_t *)(void *)(pixels + (field.ny - 1 - row) * row_bytes);
      const double *values = field.values + row * field.nx * field.stride;
      for (size_t column = 0; column < field.nx; column++) {
        line[column] = fcast__palette_pixel(palette, values[column * field.stride]);
      }
    }
    cairo_surface_mark_dirty(cells);
  }
  paint_cells(canvas, box, cells, (double)field.nx, (double)field.ny);
  cairo_surface_destroy(cells);
}

/* --- maps --- */

fcast__extent fcast__extent_of(const fcast_fields *grid) {
  fcast__extent extent = {grid->x_edges[0], grid->x_edges[grid->nx], grid->y_edges[0], grid->y_edges[grid->ny]};
  if (!(isfinite(extent.x0) && isfinite(extent.x1) && extent.x1 > extent.x0)) {
    extent.x0 = 0.0;
    extent.x1 = 1.0;
  }
  if (!(isfinite(extent.y0) && isfinite(extent.y1) && extent.y1 > extent.y0)) {
    extent.y0 = 0.0;
    extent.y1 = 1.0;
  }
  return extent;
}

fcast__box fcast__extent_fit(fcast__extent extent, double width, double height) {
  const double least = 24.0;
  const double shape = (extent.y1 - extent.y0) / (extent.x1 - extent.x0);
  const double fitted_width = fmin(width, height / shape);
  return (fcast__box){.width = fmax(fitted_width, least), .height = fmax(fitted_width * shape, least)};
}

/* A scale of numbers along one side of a map or bar. */
typedef struct scale {
  double lo, hi; /* in units of 10^exponent */
  int exponent;
  fcast__ticks ticks;
} scale;

/* 0 for sizes people read as they are; otherwise a multiple of three. */
static int common_exponent(double largest) {
  return largest >= 1e4 || largest < 1e-2 ? 3 * (int)floor(log10(largest) / 3.0 + 1e-9) : 0;
}

/* Choose the ticks for a side of `length` points; fewer until the labels stand clear of each other. */
static void find_scale(fcast__canvas *canvas, double lo, double hi, double length, bool horizontal, scale *out) {
  out->exponent = common_exponent(fmax(fabs(lo), fabs(hi)));
  const double unit = pow(10.0, out->exponent);
  out->lo = lo / unit;
  out->hi = hi / unit;
  const fcast__range range = {.kind = FCAST__LINEAR, .lo = out->lo, .hi = out->hi};
  fcast__ticks *ticks = &out->ticks;
  for (size_t n_wanted = 6; n_wanted >= 2; n_wanted--) {
    fcast__ticks_find(&range, n_wanted, ticks);
    double extent = 0.0;
    for (size_t i = 0; i < ticks->n; i++) {
      const fcast__box box = fcast__text_extent(canvas, FCAST__STYLE_TICK, ticks->label[i]);
      extent = fmax(extent, horizontal ? box.width + 8.0 : box.height);
    }
    if (ticks->n < 2 || extent <= length * (ticks->at[1] - ticks->at[0]) / (out->hi - out->lo)) {
      return;
    }
  }
  ticks->n = ticks->n > 0 ? 1 : 0;
}

static double scale_part(const scale *side, size_t i) {
  return (side->ticks.at[i] - side->lo) / (side->hi - side->lo);
}

static double widest_label(fcast__canvas *canvas, const fcast__ticks *ticks) {
  double width = 0.0;
  for (size_t i = 0; i < ticks->n; i++) {
    width = fmax(width, fcast__text_extent(canvas, FCAST__STYLE_TICK, ticks->label[i]).width);
  }
  return width;
}

/* "x (length)", "x (10^6 length)", "mode amplitude", "mode amplitude (10^-3)". */
static void write_label(const char *name, const char *unit, int exponent, char *out, size_t size) {
  char power[48] = "";
  if (exponent != 0) {
    (void)snprintf(power, sizeof power, "10<sup>%s%d</sup>", exponent < 0 ? "\u2212" : "", abs(exponent));
  }
  const bool both = exponent != 0 && unit[0] != '\0', any = exponent != 0 || unit[0] != '\0';
  (void)snprintf(out, size, any ? "%s (%s%s%s)" : "%s%s%s%s", name, power, both ? " " : "", unit);
}

static void draw_map_x(fcast__canvas *canvas, fcast__box box, fcast__extent extent, bool with_label) {
  scale side;
  find_scale(canvas, extent.x0, extent.x1, box.width, true, &side);
  const double bottom = box.y + box.height;
  for (size_t i = 0; i < side.ticks.n; i++) {
    const double x = box.x + box.width * scale_part(&side, i);
    fcast__stroke_line(canvas, x, bottom, x, bottom + tick_length, FCAST__COLOUR_AXIS, 0.7);
    if (with_label) {
      /* A wide label at an edge moves inwards, clear of the map beside this one. */
      const double half = fcast__text_extent(canvas, FCAST__STYLE_TICK, side.ticks.label[i]).width / 2.0;
      const double centre = fmin(fmax(x, box.x + half - 8.0), box.x + box.width + 8.0 - half);
      (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, centre, bottom + tick_length + 1.0, 0.5, 0.0,
                             side.ticks.label[i]);
    }
  }
  if (with_label) {
    char label[96];
    write_label("x", "length", side.exponent, label, sizeof label);
    const double tick_height = fcast__text_extent(canvas, FCAST__STYLE_TICK, "0").height;
    (void)fcast__text_draw(canvas, FCAST__STYLE_LABEL, box.x + box.width / 2.0,
                           bottom + tick_length + tick_height + 2.0, 0.5, 0.0, label);
  }
}

static void draw_map_y(fcast__canvas *canvas, fcast__box box, fcast__extent extent, bool with_label) {
  scale side;
  find_scale(canvas, extent.y0, extent.y1, box.height, false, &side);
  for (size_t i = 0; i < side.ticks.n; i++) {
    const double y = box.y + box.height * (1.0 - scale_part(&side, i));
    fcast__stroke_line(canvas, box.x - tick_length, y, box.x, y, FCAST__COLOUR_AXIS, 0.7);
    if (with_label) {
      (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, box.x - tick_length - gap, y, 1.0, 0.5, side.ticks.label[i]);
    }
  }
  if (with_label) {
    char label[96];
    write_label("y", "length", side.exponent, label, sizeof label);
    fcast__text_style style = FCAST__STYLE_LABEL;
    style.upwards = true;
    (void)fcast__text_draw(canvas, style, box.x - tick_length - 2.0 * gap - widest_label(canvas, &side.ticks),
                           box.y + box.height / 2.0, 1.0, 0.5, label);
  }
}

void fcast__map_axes(fcast__canvas *canvas, fcast__box box, fcast__extent extent, bool label_x, bool label_y) {
  draw_map_x(canvas, box, extent, label_x);
  draw_map_y(canvas, box, extent, label_y);
  fcast__stroke_box(canvas, box, FCAST__COLOUR_AXIS, 0.7);
}

/* --- the colour bar --- */

static void set_pixel_colour(fcast__canvas *canvas, uint32_t pixel) {
  cairo_set_source_rgb(canvas->cairo, (double)(pixel >> 16 & 0xff) / 255.0, (double)(pixel >> 8 & 0xff) / 255.0,
                       (double)(pixel & 0xff) / 255.0);
}

/* A triangle on the bar's end: from the corner points at y to the tip. */
static void draw_end(fcast__canvas *canvas, fcast__box box, double y, double tip, uint32_t pixel) {
  cairo_move_to(canvas->cairo, box.x, y);
  cairo_line_to(canvas->cairo, box.x + bar_width, y);
  cairo_line_to(canvas->cairo, box.x + bar_width / 2.0, tip);
  cairo_close_path(canvas->cairo);
  set_pixel_colour(canvas, pixel);
  cairo_fill_preserve(canvas->cairo);
  fcast__set_colour(canvas, FCAST__COLOUR_AXIS, 1.0);
  cairo_set_line_width(canvas->cairo, 0.7);
  cairo_stroke(canvas->cairo);
}

static void draw_gradient(fcast__canvas *canvas, fcast__box bar, const fcast__palette *palette) {
  double ramp[FCAST__MAP_SIZE];
  for (size_t i = 0; i < FCAST__MAP_SIZE; i++) {
    ramp[i] = palette->lo + (palette->hi - palette->lo) * (double)i / (FCAST__MAP_SIZE - 1);
  }
  fcast__field_draw(canvas, bar, (fcast__field){.values = ramp, .ny = FCAST__MAP_SIZE, .nx = 1, .stride = 1}, palette);
  fcast__stroke_box(canvas, bar, FCAST__COLOUR_AXIS, 0.7);
}

/* Words beside the ends of the bar; `y` is the bottom of the bar's triangle. */
static void explain_outside(fcast__canvas *canvas, fcast__box box, const fcast__palette *palette,
                            fcast__outside outside) {
  const double x = box.x + bar_width + tick_length + gap;
  const double bottom = box.y + box.height;
  if (outside.under) {
    (void)fcast__text_draw(canvas, FCAST__STYLE_NOTE, x, bottom - 4.0, 0.0, 0.0, "negative");
  }
  if (outside.not_finite) {
    const fcast__box swatch = {.x = box.x, .y = bottom + 8.0, .width = bar_width, .height = 8.0};
    set_pixel_colour(canvas, palette->not_finite);
    cairo_rectangle(canvas->cairo, swatch.x, swatch.y, swatch.width, swatch.height);
    cairo_fill(canvas->cairo);
    (void)fcast__text_draw(canvas, FCAST__STYLE_NOTE, x, swatch.y + 4.0, 0.0, 0.5, "not finite");
  }
}

/* Ticks, numbers and the label at the right of the bar. */
static void draw_bar_scale(fcast__canvas *canvas, fcast__box bar, const fcast__palette *palette, const char *name,
                           const char *unit) {
  scale side;
  find_scale(canvas, palette->lo, palette->hi, bar.height, false, &side);
  const double x = bar.x + bar_width;
  for (size_t i = 0; i < side.ticks.n; i++) {
    const double y = bar.y + bar.height * (1.0 - scale_part(&side, i));
    fcast__stroke_line(canvas, x, y, x + tick_length, y, FCAST__COLOUR_AXIS, 0.7);
    (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, x + tick_length + gap, y, 0.0, 0.5, side.ticks.label[i]);
  }
  char label[96];
  write_label(name, unit, side.exponent, label, sizeof label);
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.upwards = true;
  (void)fcast__text_draw(canvas, style, x + tick_length + 2.0 * gap + widest_label(canvas, &side.ticks),
                         bar.y + bar.height / 2.0, 0.0, 0.5, label);
}

void fcast__colour_bar(fcast__canvas *canvas, fcast__box box, const fcast__palette *palette, fcast__outside outside,
                       const char *name, const char *unit) {
  fcast__box bar = {.x = box.x, .y = box.y, .width = bar_width, .height = box.height};
  if (outside.over) {
    bar.y += triangle_height;
    bar.height -= triangle_height;
    draw_end(canvas, bar, bar.y, box.y, palette->map[FCAST__MAP_SIZE - 1]);
  }
  if (palette->has_under && outside.under) {
    bar.height -= triangle_height;
    draw_end(canvas, bar, bar.y + bar.height, box.y + box.height, palette->under);
  }
  draw_gradient(canvas, bar, palette);
  draw_bar_scale(canvas, bar, palette, name, unit);
  explain_outside(canvas, box, palette, outside);
}
