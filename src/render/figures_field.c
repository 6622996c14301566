/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/panels.h"

#include <math.h>

enum { MAX_SNAPSHOTS = 5 };

typedef struct snapshot_page {
  fcast__canvas canvas;
  const fcast_run_view *run;
  fcast__extent extent;
  fcast__palette palette;
  fcast__outside outside;
  fcast__box first;   /* the truth at the top left */
  double column, row; /* from map to map */
  size_t n_columns;
  size_t frames[MAX_SNAPSHOTS];
  fcast__rgb colour; /* of the model */
} snapshot_page;

size_t fcast__snapshot_frames(const fcast_run_view *run, size_t n_most, size_t *frames) {
  const size_t last = run->truth->n_frames - 1, known = run->scores->n_known - 1;
  const size_t n_all = run->scores->n_forecast + 1;
  const size_t n = n_all < n_most ? n_all : n_most; /* at least 2 */
  for (size_t i = 0; i < n; i++) {
    frames[i] = known + ((last - known) * i + (n - 1) / 2) / (n - 1);
  }
  return n;
}

fcast__field fcast__snapshot_of(const fcast_run_view *run, size_t frame, bool is_forecast) {
  const fcast_fields *truth = run->truth;
  const size_t n_space = fcast_fields_n_space(truth), n_known = run->scores->n_known;
  return (fcast__field){.values = is_forecast && frame >= n_known ? run->prediction + (frame - n_known) * n_space
                                                                  : truth->rho + frame * n_space,
                        .ny = truth->ny,
                        .nx = truth->nx,
                        .stride = 1};
}

static void draw_column(snapshot_page *page, size_t i) {
  fcast__canvas *canvas = &page->canvas;
  const fcast_run_view *run = page->run;
  const size_t frame = page->frames[i];
  const bool known = frame < run->scores->n_known;
  const double e2 = known ? (double)NAN : run->scores->e2[frame - run->scores->n_known];
  fcast__record_row(&canvas->record, NULL, 0, (const double[3]){(double)frame, run->truth->times[frame], e2}, 3);
  fcast__box above = page->first, below = page->first;
  above.x = below.x = page->first.x + page->column * (double)i;
  below.y += page->row;
  fcast__field_draw(canvas, above, fcast__snapshot_of(run, frame, false), &page->palette);
  fcast__map_axes(canvas, above, page->extent, false, i == 0);
  fcast__field_draw(canvas, below, fcast__snapshot_of(run, frame, true), &page->palette);
  fcast__map_axes(canvas, below, page->extent, true, i == 0);
  char number[96], text[160];
  fcast__view_time(run, frame, number, sizeof number);
  (void)snprintf(text, sizeof text, "t = %s", number);
  const double centre = above.x + above.width / 2.0;
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.max_width = page->column - 4.0;
  (void)fcast__text_draw(canvas, style, centre, above.y - 2.0, 0.5, 1.0, text);
  style = FCAST__STYLE_TICK;
  style.max_width = page->column - 4.0;
  if (known) {
    style.colour = FCAST__COLOUR_NOTE;
    (void)snprintf(text, sizeof text, "last known frame");
  } else {
    style.colour = page->colour;
    fcast__text_number(e2, number, sizeof number);
    (void)snprintf(text, sizeof text, "e<sub>2</sub> = %s", number);
    fcast__stroke_box(canvas, below, page->colour, 1.4);
  }
  (void)fcast__text_draw(canvas, style, centre, below.y - 2.0, 0.5, 1.0, text);
}

static double lay_out_snapshots(snapshot_page *page, double *height) {
  page->n_columns = fcast__snapshot_frames(page->run, MAX_SNAPSHOTS, page->frames);
  const fcast__box map = fcast__extent_fit(page->extent, 112.0, 150.0);
  page->first = (fcast__box){.x = 66.0, .y = 54.0, .width = map.width, .height = map.height};
  page->column = fmax(map.width, 76.0) + 18.0;
  page->row = fmax(map.height, 52.0) + 24.0; /* the label of y is 50 points long */
  *height = page->first.y + fmax(page->row + map.height, FCAST__DENSITY_BAR) + 40.0;
  return fmax(page->first.x + page->column * (double)page->n_columns + 76.0, 300.0);
}

/* The truth and the model at the left of their rows. */
static void label_rows(snapshot_page *page) {
  for (size_t row = 0; row < 2; row++) {
    fcast__text_style style = FCAST__STYLE_LABEL;
    style.bold = true;
    style.upwards = true;
    const fcast__line line = fcast__line_of_model(page->run->model);
    style.colour = row == 0 ? fcast__look_of(FCAST__TRUTH)->colour : line.colour;
    (void)fcast__text_draw(&page->canvas, style, FCAST__MARGIN,
                           page->first.y + page->row * (double)row + page->first.height / 2.0, 0.0, 0.5,
                           row == 0 ? "truth" : line.name);
  }
}

fcast_status fcast_figure_snapshots(const char *path, fcast_figure_format format, const fcast_run_view *run,
                                    fcast_error *err) {
  fcast_status status = fcast__view_check_fields(run, err);
  if (status != FCAST_OK) {
    return status;
  }
  snapshot_page page = {.run = run,
                        .extent = fcast__extent_of(run->truth),
                        .palette = fcast__palette_of_truth(run->truth),
                        .colour = fcast__line_of_model(run->model).colour};
  double height = 0.0;
  const double width = lay_out_snapshots(&page, &height);
  const size_t n_space = fcast_fields_n_space(run->truth);
  char title[512];
  status = fcast__canvas_open(&page.canvas, path, format, width, height, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  fcast__view_name(run, title, sizeof title);
  fcast__title_draw(&page.canvas, FCAST__MARGIN, 6.0, width - 2.0 * FCAST__MARGIN, "Density: truth and forecast",
                    title);
  label_rows(&page);
  fcast__record_columns(&page.canvas.record, "frame,t (time),e2");
  for (size_t i = 0; i < page.n_columns; i++) {
    draw_column(&page, i);
  }
  for (size_t i = 0; i < run->scores->n_forecast; i++) {
    fcast__outside_scan(&page.palette, run->prediction + i * n_space, n_space, &page.outside);
  }
  fcast__colour_bar(&page.canvas,
                    (fcast__box){.x = page.first.x + page.column * (double)page.n_columns,
                                 .y = page.first.y,
                                 .height = fmax(page.row + page.first.height, FCAST__DENSITY_BAR)},
                    &page.palette, page.outside, FCAST__DENSITY_LABEL);
  status = fcast__canvas_finish(&page.canvas, err);
cleanup:
  fcast__canvas_clear(&page.canvas);
  return status;
}
