/* SPDX-License-Identifier: MIT */
#include "render/axes.h"

#include <math.h>
#include <stdarg.h>

static const double key_width = 16.0, key_gap = 6.0, entry_gap = 4.0;

void fcast__legend_add(fcast__legend *legend, fcast__legend_kind kind, fcast__rgb colour, double alpha,
                       const char *format, ...) {
  if (legend->n == FCAST__MAX_LEGEND) {
    return;
  }
  fcast__legend_entry *entry = &legend->entries[legend->n];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(entry->text, sizeof entry->text, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof entry->text) {
    return; /* half a markup text would be none */
  }
  entry->kind = kind;
  entry->colour = colour;
  entry->alpha = alpha;
  legend->n++;
}

static void draw_key(fcast__canvas *canvas, const fcast__legend_entry *entry, double x, double y) {
  cairo_t *cairo = canvas->cairo;
  fcast__set_colour(canvas, entry->colour, entry->alpha);
  switch (entry->kind) {
  case FCAST__LEGEND_LINE:
  case FCAST__LEGEND_DASHED:
  case FCAST__LEGEND_DOTTED:
    cairo_save(cairo);
    fcast__set_stroke(canvas, (fcast__stroke)entry->kind);
    cairo_set_line_width(cairo, 1.6);
    cairo_move_to(cairo, x, y);
    cairo_line_to(cairo, x + key_width, y);
    cairo_stroke(cairo);
    cairo_restore(cairo);
    break;
  case FCAST__LEGEND_PATCH:
    fcast__fill_box(canvas, (fcast__box){.x = x, .y = y - 4.0, .width = key_width, .height = 8.0}, entry->colour,
                    entry->alpha);
    break;
  case FCAST__LEGEND_DOT:
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + key_width / 2.0, y, 2.6, 0.0, 2.0 * G_PI);
    cairo_fill(cairo);
    break;
  case FCAST__LEGEND_ABOVE:
  case FCAST__LEGEND_BELOW: {
    const double side = entry->kind == FCAST__LEGEND_ABOVE ? 3.0 : -3.0;
    cairo_move_to(cairo, x + key_width / 2.0, y - side);
    cairo_line_to(cairo, x + key_width / 2.0 - 3.0, y + side);
    cairo_line_to(cairo, x + key_width / 2.0 + 3.0, y + side);
    cairo_close_path(cairo);
    cairo_fill(cairo);
    break;
  }
  case FCAST__LEGEND_NOTE:
    break;
  }
}

void fcast__legend_draw(fcast__canvas *canvas, const fcast__legend *legend, double x, double y, double width) {
  const double line_height = fcast__text_extent(canvas, FCAST__STYLE_TICK, "x").height;
  for (size_t i = 0; i < legend->n; i++) {
    const fcast__legend_entry *entry = &legend->entries[i];
    const bool is_note = entry->kind == FCAST__LEGEND_NOTE;
    fcast__text_style style = is_note ? FCAST__STYLE_NOTE : FCAST__STYLE_TICK;
    const double indent = is_note ? 0.0 : key_width + key_gap;
    style.wrap = true;
    style.max_width = width - indent;
    draw_key(canvas, entry, x, y + line_height / 2.0);
    y += fcast__text_draw(canvas, style, x + indent, y, 0.0, 0.0, entry->text).height + entry_gap;
  }
}

void fcast__title_draw(fcast__canvas *canvas, double x, double y, double width, const char *title,
                       const char *subtitle) {
  fcast__text_style style = FCAST__STYLE_TITLE;
  style.max_width = width;
  const fcast__box box = fcast__text_draw(canvas, style, x, y, 0.0, 0.0, title);
  style = FCAST__STYLE_TICK;
  style.colour = FCAST__COLOUR_NOTE;
  style.max_width = width;
  (void)fcast__text_draw(canvas, style, x, y + box.height + 1.0, 0.0, 0.0, subtitle);
}
