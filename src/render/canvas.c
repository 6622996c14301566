/* SPDX-License-Identifier: MIT */
#include "render/canvas.h"

#include "render/png_file.h"
#include "render/svg_file.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char families[] = "DejaVu Sans, Helvetica, Arial, sans-serif";

static const double pixels_per_point = 150.0 / 72.0;

static fcast_status fail_in_cairo(const fcast__canvas *canvas, cairo_status_t status, fcast_error *err) {
  if (status == CAIRO_STATUS_NO_MEMORY) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a picture of %.0f x %.0f points", canvas->width,
                      canvas->height);
  }
  return fcast_fail(err, FCAST_E_IO, "%s: cannot draw: %s", canvas->path == NULL ? "film frame" : canvas->path,
                    cairo_status_to_string(status));
}

static cairo_status_t write_to_file(void *file, const unsigned char *data, unsigned int length) {
  return fwrite(data, 1, length, file) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t write_to_buffer(void *buffer, const unsigned char *data, unsigned int length) {
  fcast_buffer *text = buffer;
  fcast_buffer_put(text, data, length);
  return text->has_failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

/* An in-memory surface in pixels that is drawn on in points. The scale belongs to the surface and not to the matrix of
 * the context, since Pango would enlarge sub- and superscripts under the latter. */
static void open_raster(fcast__canvas *canvas, int width_pixels, int height_pixels, double scale) {
  canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_pixels, height_pixels);
  cairo_surface_set_device_scale(canvas->surface, scale, scale);
}

static void open_pdf(fcast__canvas *canvas) {
  canvas->surface = cairo_pdf_surface_create_for_stream(write_to_file, canvas->file, canvas->width, canvas->height);
  /* No date: the same data give the same bytes. */
  cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
}

/* Context, text layout and a white page on a surface that is there. */
static fcast_status start_drawing(fcast__canvas *canvas, fcast_error *err) {
  canvas->cairo = cairo_create(canvas->surface);
  fcast_status status = fcast__canvas_check(canvas, err);
  if (status != FCAST_OK) {
    return status;
  }
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  canvas->layout = pango_cairo_create_layout(canvas->cairo); /* its font map is this thread's own */
  if (canvas->layout != NULL) {
    PangoContext *context = pango_layout_get_context(canvas->layout);
    pango_cairo_context_set_resolution(context, 72.0);
    pango_cairo_context_set_font_options(context, options);
    pango_context_set_round_glyph_positions(context, FALSE); /* even spacing at every size and resolution */
    pango_layout_context_changed(canvas->layout);
  }
  cairo_font_options_destroy(options);
  if (canvas->layout == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the text of a picture");
  }
  cairo_set_source_rgb(canvas->cairo, 1.0, 1.0, 1.0);
  cairo_paint(canvas->cairo);
  return fcast__canvas_check(canvas, err);
}

fcast_status fcast__canvas_open(fcast__canvas *canvas, const char *path, fcast_figure_format format, double width,
                                double height, fcast_error *err) {
  *canvas = (fcast__canvas){.width = width, .height = height, .path = path, .format = format};
  canvas->file = fopen(path, "wb");
  if (canvas->file == NULL) {
    return fcast_fail(err, FCAST_E_IO, "%s: cannot create: %s", path, strerror(errno));
  }
  switch (format) {
  case FCAST_FIGURE_PDF:
    open_pdf(canvas);
    break;
  case FCAST_FIGURE_SVG:
    canvas->surface = cairo_svg_surface_create_for_stream(write_to_buffer, &canvas->svg, width, height);
    break;
  case FCAST_FIGURE_CSV:
    canvas->record.is_on = true;
    open_raster(canvas, 1, 1, 1.0); /* whatever is drawn on it costs nothing */
    break;
  case FCAST_FIGURE_PNG:
    open_raster(canvas, (int)lround(width * pixels_per_point), (int)lround(height * pixels_per_point),
                pixels_per_point);
    break;
  }
  const fcast_status status = start_drawing(canvas, err);
  if (status != FCAST_OK) {
    fcast__canvas_clear(canvas);
  }
  return status;
}

fcast_status fcast__canvas_open_frame(fcast__canvas *canvas, double width, double height, double scale,
                                      fcast_error *err) {
  *canvas = (fcast__canvas){.width = width, .height = height, .format = FCAST_FIGURE_PNG};
  open_raster(canvas, 2 * (int)ceil(width * scale / 2.0), 2 * (int)ceil(height * scale / 2.0), scale);
  const fcast_status status = start_drawing(canvas, err);
  if (status != FCAST_OK) {
    fcast__canvas_clear(canvas);
  }
  return status;
}

fcast_status fcast__canvas_check(const fcast__canvas *canvas, fcast_error *err) {
  cairo_status_t status = cairo_status(canvas->cairo);
  if (status == CAIRO_STATUS_SUCCESS) {
    status = cairo_surface_status(canvas->surface);
  }
  return status == CAIRO_STATUS_SUCCESS ? FCAST_OK : fail_in_cairo(canvas, status, err);
}

/* Only now does cairo write the whole page. */
static fcast_status finish_vectors(const fcast__canvas *canvas, fcast_error *err) {
  cairo_surface_finish(canvas->surface);
  const cairo_status_t drawn = cairo_surface_status(canvas->surface);
  return drawn == CAIRO_STATUS_SUCCESS ? FCAST_OK : fail_in_cairo(canvas, drawn, err);
}

static fcast_status write_record(const fcast__canvas *canvas, fcast_error *err) {
  const fcast_buffer *text = &canvas->record.text;
  if (text->has_failed) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for a table", canvas->path);
  }
  if (text->n == 0) {
    return fcast_fail(err, FCAST_E_ARG, "%s: this picture has no table of numbers", canvas->path);
  }
  return fwrite(text->bytes, 1, text->n, canvas->file) == text->n
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_IO, "%s: cannot write: %s", canvas->path, strerror(errno));
}

fcast_status fcast__canvas_finish(fcast__canvas *canvas, fcast_error *err) {
  fcast_status status = fcast__canvas_check(canvas, err);
  if (status != FCAST_OK) {
    return status;
  }
  switch (canvas->format) {
  case FCAST_FIGURE_PNG:
    cairo_surface_flush(canvas->surface);
    status = fcast__png_write(canvas->file, canvas->path, canvas->surface, err);
    break;
  case FCAST_FIGURE_CSV:
    status = write_record(canvas, err);
    break;
  case FCAST_FIGURE_PDF:
    status = finish_vectors(canvas, err);
    break;
  case FCAST_FIGURE_SVG:
    status = finish_vectors(canvas, err);
    if (status == FCAST_OK) {
      status = fcast__svg_write(canvas->file, canvas->path, &canvas->svg, err);
    }
    break;
  }
  FILE *file = canvas->file;
  canvas->file = NULL;
  if (fclose(file) != 0 && status == FCAST_OK) {
    status = fcast_fail(err, FCAST_E_IO, "%s: cannot write: %s", canvas->path, strerror(errno));
  }
  return status;
}

void fcast__canvas_clear(fcast__canvas *canvas) {
  if (canvas->layout != NULL) {
    g_object_unref(canvas->layout);
  }
  if (canvas->cairo != NULL) {
    cairo_destroy(canvas->cairo);
  }
  if (canvas->surface != NULL) {
    cairo_surface_destroy(canvas->surface);
  }
  if (canvas->file != NULL) {
    (void)fclose(canvas->file); /* given up: what went wrong before has been reported */
  }
  fcast_free(canvas->svg.bytes);
  fcast_free(canvas->record.text.bytes);
  *canvas = (fcast__canvas){0};
}

void fcast__font_name(char name[FCAST_FACT]) {
  PangoFontMap *fonts = pango_cairo_font_map_new();
  PangoContext *context = pango_font_map_create_context(fonts);
  PangoFontDescription *wanted = pango_font_description_from_string(families);
  PangoFont *found = pango_font_map_load_font(fonts, context, wanted);
  name[0] = '\0';
  if (found != NULL) {
    PangoFontDescription *description = pango_font_describe(found);
    (void)snprintf(name, FCAST_FACT, "%s", pango_font_description_get_family(description));
    pango_font_description_free(description);
    g_object_unref(found);
  }
  pango_font_description_free(wanted);
  g_object_unref(context);
  g_object_unref(fonts);
}

/* Set the layout to this text; its size comes in points, not turned. */
static fcast__box shape(fcast__canvas *canvas, fcast__text_style style, const char *markup) {
  if (canvas->record.is_on) {
    return (fcast__box){0}; /* nobody looks at it */
  }
  PangoFontDescription *font = pango_font_description_new();
  pango_font_description_set_family_static(font, families);
  pango_font_description_set_weight(font, style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_font_description_set_absolute_size(font, style.size * PANGO_SCALE);
  PangoLayout *layout = canvas->layout;
  pango_layout_set_font_description(layout, font);
  pango_font_description_free(font);
  pango_layout_set_width(layout, style.max_width > 0.0 ? (int)(style.max_width * PANGO_SCALE) : -1);
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  const bool is_cut = style.max_width > 0.0 && (!style.wrap || style.most_lines > 0);
  pango_layout_set_height(layout, style.wrap && style.most_lines > 0 ? -style.most_lines : -1);
  pango_layout_set_ellipsize(layout, is_cut ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  pango_layout_set_markup(layout, markup, -1);
  int width = 0, height = 0;
  pango_layout_get_size(layout, &width, &height);
  return (fcast__box){.width = (double)width / PANGO_SCALE, .height = (double)height / PANGO_SCALE};
}

fcast__box fcast__text_extent(fcast__canvas *canvas, fcast__text_style style, const char *markup) {
  const fcast__box flat = shape(canvas, style, markup);
  return style.upwards ? (fcast__box){.width = flat.height, .height = flat.width} : flat;
}

fcast__box fcast__text_draw(fcast__canvas *canvas, fcast__text_style style, double x, double y, double anchor_x,
                            double anchor_y, const char *markup) {
  fcast__box box = fcast__text_extent(canvas, style, markup);
  if (canvas->record.is_on) {
    return box;
  }
  box.x = x - anchor_x * box.width;
  box.y = y - anchor_y * box.height;
  cairo_save(canvas->cairo);
  fcast__set_colour(canvas, style.colour, 1.0);
  cairo_translate(canvas->cairo, box.x, style.upwards ? box.y + box.height : box.y);
  if (style.upwards) {
    cairo_rotate(canvas->cairo, -G_PI / 2.0);
  }
  cairo_move_to(canvas->cairo, 0.0, 0.0);
  pango_cairo_show_layout(canvas->cairo, canvas->layout);
  cairo_restore(canvas->cairo);
  cairo_new_path(canvas->cairo); /* or the next arc would start with a line from here */
  return box;
}

/* What stands for one character of plain text in markup; NULL for itself. */
static const char *markup_of(const char *text, gunichar character) {
  if (character == (gunichar)-1 || character == (gunichar)-2) {
    return "?"; /* not UTF-8 */
  }
  switch (*text) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  default:
    return g_unichar_iscntrl(character) ? " " : NULL;
  }
}

void fcast__text_escape(const char *text, char *out, size_t size) {
  size_t length = 0;
  while (*text != '\0') {
    const gunichar character = g_utf8_get_char_validated(text, -1);
    const char *replacement = markup_of(text, character);
    const size_t n_read = character >= (gunichar)-2 ? 1 : (size_t)(g_utf8_next_char(text) - text);
    const size_t n_written = replacement == NULL ? n_read : strlen(replacement);
    if (length + n_written + 1 > size) {
      break;
    }
    memcpy(out + length, replacement == NULL ? text : replacement, n_written);
    length += n_written;
    text += n_read;
  }
  out[length] = '\0';
}

/* The digits of `value` with a typographic minus. */
static void write_signed(char *out, size_t size, const char *digits, const char *tail) {
  const bool negative = digits[0] == '-';
  (void)snprintf(out, size, "%s%s%s", negative ? "\u2212" : "", negative ? digits + 1 : digits, tail);
}

void fcast__text_number(double value, char *out, size_t size) {
  char digits[40], tail[40] = "";
  if (!isfinite(value)) {
    (void)snprintf(out, size, "%s", isnan(value) ? "not a number" : value > 0.0 ? "∞" : "\u2212∞");
    return;
  }
  const double magnitude = fabs(value);
  if (magnitude != 0.0 && (magnitude >= 9999.5 || magnitude < 0.001)) {
    (void)snprintf(digits, sizeof digits, "%.1e", value);
    char *exponent = strchr(digits, 'e');
    const long power = strtol(exponent + 1, NULL, 10);
    *exponent = '\0';
    (void)snprintf(tail, sizeof tail, "×10<sup>%s%ld</sup>", power < 0 ? "\u2212" : "", labs(power));
  } else {
    (void)snprintf(digits, sizeof digits,
                   magnitude >= 99.95    ? "%.0f"
                   : magnitude >= 9.995  ? "%.1f"
                   : magnitude >= 0.9995 ? "%.2f"
                                         : "%.3f",
                   value);
  }
  write_signed(out, size, digits, tail);
}

void fcast__set_stroke(fcast__canvas *canvas, fcast__stroke stroke) {
  static const double patterns[][2] = {[FCAST__DASHED] = {4.5, 2.8}, [FCAST__DOTTED] = {1.5, 1.2}};
  cairo_set_dash(canvas->cairo, patterns[stroke], stroke == FCAST__SOLID ? 0 : 2, 0.0);
}

void fcast__set_colour(fcast__canvas *canvas, fcast__rgb colour, double alpha) {
  if (alpha < 1.0) {
    cairo_set_source_rgba(canvas->cairo, colour.red, colour.green, colour.blue, alpha);
  } else {
    cairo_set_source_rgb(canvas->cairo, colour.red, colour.green, colour.blue);
  }
}

void fcast__fill_box(fcast__canvas *canvas, fcast__box box, fcast__rgb colour, double alpha) {
  fcast__set_colour(canvas, colour, alpha);
  cairo_rectangle(canvas->cairo, box.x, box.y, box.width, box.height);
  cairo_fill(canvas->cairo);
}

void fcast__stroke_box(fcast__canvas *canvas, fcast__box box, fcast__rgb colour, double line_width) {
  fcast__set_colour(canvas, colour, 1.0);
  cairo_set_line_width(canvas->cairo, line_width);
  cairo_rectangle(canvas->cairo, box.x, box.y, box.width, box.height);
  cairo_stroke(canvas->cairo);
}

void fcast__stroke_line(fcast__canvas *canvas, double x0, double y0, double x1, double y1, fcast__rgb colour,
                        double line_width) {
  fcast__set_colour(canvas, colour, 1.0);
  cairo_set_line_width(canvas->cairo, line_width);
  cairo_move_to(canvas->cairo, x0, y0);
  cairo_line_to(canvas->cairo, x1, y1);
  cairo_stroke(canvas->cairo);
}

void fcast__badge_draw(fcast__canvas *canvas, double right, double y, fcast__rgb fill, fcast__rgb ink,
                       const char *markup) {
  const double padding = 4.0, radius = 3.0;
  fcast__text_style style = FCAST__STYLE_TICK;
  style.bold = true;
  style.colour = ink;
  const fcast__box text = fcast__text_extent(canvas, style, markup);
  const fcast__box box = {.x = right - text.width - 2.0 * padding,
                          .y = y - text.height / 2.0 - 2.0,
                          .width = text.width + 2.0 * padding,
                          .height = text.height + 4.0};
  cairo_new_sub_path(canvas->cairo);
  cairo_arc(canvas->cairo, box.x + box.width - radius, box.y + radius, radius, -G_PI / 2.0, 0.0);
  cairo_arc(canvas->cairo, box.x + box.width - radius, box.y + box.height - radius, radius, 0.0, G_PI / 2.0);
  cairo_arc(canvas->cairo, box.x + radius, box.y + box.height - radius, radius, G_PI / 2.0, G_PI);
  cairo_arc(canvas->cairo, box.x + radius, box.y + radius, radius, G_PI, 1.5 * G_PI);
  cairo_close_path(canvas->cairo);
  fcast__set_colour(canvas, fill, 1.0);
  cairo_fill(canvas->cairo);
  (void)fcast__text_draw(canvas, style, right - padding, y, 1.0, 0.5, markup);
}
