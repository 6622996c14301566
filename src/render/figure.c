/* SPDX-License-Identifier: MIT */
#include "render/figure.h"

static const double page_width = 475.0, page_height = 262.0, legend_width = 132.0;
static const double strip_height = 62.0;

fcast_status fcast__figure_open(fcast__figure *figure, const char *path, fcast_figure_format format, const char *title,
                                const char *subtitle, fcast_error *err) {
  *figure = (fcast__figure){0};
  const fcast_status status = fcast__canvas_open(&figure->canvas, path, format, page_width, page_height, err);
  if (status != FCAST_OK) {
    return status;
  }
  figure->axes.canvas = &figure->canvas;
  fcast__title_draw(&figure->canvas, FCAST__MARGIN, 6.0, page_width - 2.0 * FCAST__MARGIN, title, subtitle);
  return FCAST_OK;
}

fcast__box fcast__figure_box(void) {
  return (fcast__box){.x = FCAST__MARGIN,
                      .y = FCAST__HEADER,
                      .width = page_width - 3.0 * FCAST__MARGIN - legend_width,
                      .height = page_height - FCAST__HEADER - FCAST__MARGIN + 3.0};
}

fcast__box fcast__figure_strip(void) {
  const fcast__box box = fcast__figure_box();
  return (fcast__box){.x = box.x + box.width + FCAST__MARGIN,
                      .y = box.y + box.height - strip_height,
                      .width = legend_width,
                      .height = strip_height};
}

void fcast__figure_draw_axes(fcast__figure *figure) {
  fcast__axes_draw(&figure->axes, fcast__figure_box());
}

fcast_status fcast__figure_finish(fcast__figure *figure, fcast_error *err) {
  fcast__legend_draw(&figure->canvas, &figure->legend, page_width - FCAST__MARGIN - legend_width,
                     figure->axes.inner.y + 1.0, legend_width);
  return fcast__canvas_finish(&figure->canvas, err);
}

void fcast__figure_clear(fcast__figure *figure) {
  fcast__canvas_clear(&figure->canvas);
}
