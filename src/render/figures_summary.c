/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/panels.h"

#include <math.h>
#include <stdio.h>

/* Sixteen to nine. */
static const double page_width = 720.0, page_height = 405.0, margin = 14.0;
static const double side = 172.0; /* the column of the headline */
static const double top = 52.0, middle = 216.0, foot = 388.0;

enum { LEAST_MAPS = 2, MOST_MAPS = 4 }; /* in a row */

/* Mean r2 over the runs where it is a number, and how many they are. */
typedef struct mean_r2 {
  double mean, lo, hi; /* 95 % interval over runs, of the forecast alone; nan elsewhere */
  size_t n;
} mean_r2;

typedef struct summary_page {
  fcast__canvas canvas;
  const fcast_summary_view *view;
  mean_r2 means[FCAST__N_R2_KINDS];
} summary_page;

/* --- the headline --- */

static fcast_status mean_of(const fcast_summary_view *view, fcast__r2_kind kind, mean_r2 *out, fcast_error *err) {
  *out = (mean_r2){.mean = (double)NAN, .lo = (double)NAN, .hi = (double)NAN};
  double *values = fcast_alloc_array(view->n_runs, sizeof *values);
  if (values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the scores of %zu runs", view->n_runs);
  }
  double sum = 0.0;
  for (size_t i = 0; i < view->n_runs; i++) {
    const double r2 = fcast__r2_of(&view->runs[i], kind);
    if (isfinite(r2)) {
      values[out->n++] = r2;
      sum += r2;
    }
  }
  fcast_status status = FCAST_OK;
  if (out->n > 0) {
    out->mean = sum / (double)out->n;
  }
  if (out->n > 1 && kind == FCAST__R2_FORECAST) {
    status = fcast_bootstrap_mean(values, out->n, &out->lo, &out->hi, err);
    out->hi = out->hi > 1.0 ? 1.0 : out->hi; /* as r2 ends */
  }
  fcast_free(values);
  return status;
}

/* "not finite" where no run has a number. */
static void write_mean(const mean_r2 *found, char *out, size_t size) {
  if (found->n > 0) {
    fcast__text_number(found->mean, out, size);
  } else {
    (void)snprintf(out, size, "not finite");
  }
}

/* One line of text in the side column; returns where the next one goes. */
static double put_line(summary_page *page, fcast__text_style style, double y, const char *markup) {
  style.max_width = side;
  style.wrap = true;
  return y + fcast__text_draw(&page->canvas, style, margin, y, 0.0, 0.0, markup).height;
}

static double put_interval(summary_page *page, double y) {
  const mean_r2 *found = &page->means[FCAST__R2_FORECAST];
  char lo[96], hi[96], text[320];
  if (isfinite(found->lo) && isfinite(found->hi)) {
    fcast__text_number(found->lo, lo, sizeof lo);
    fcast__text_number(found->hi, hi, sizeof hi);
    (void)snprintf(text, sizeof text, "95 %% interval over %zu runs: %s to %s", found->n, lo, hi);
    y = put_line(page, FCAST__STYLE_TICK, y, text);
  } else if (found->n == 1) {
    y = put_line(page, FCAST__STYLE_TICK, y, "one run: no interval");
  }
  if (found->n < page->view->n_runs) {
    (void)snprintf(text, sizeof text, "%zu of %zu forecasts are not finite and do not count",
                   page->view->n_runs - found->n, page->view->n_runs);
    y = put_line(page, FCAST__STYLE_TICK, y, text);
  }
  return y;
}

/* How far the model goes from what anybody can do to what can be done at all. */
static double put_comparison(summary_page *page, double y) {
  const bool has_noise_limit = page->means[FCAST__R2_NOISE_LIMIT].n > 0;
  const mean_r2 *found = &page->means[FCAST__R2_FORECAST];
  const double held = page->means[FCAST__R2_PERSISTENCE].mean;
  const double limit = page->means[has_noise_limit ? FCAST__R2_NOISE_LIMIT : FCAST__R2_PROJECTION].mean;
  char text[160];
  if (found->n < page->view->n_runs || !(limit > held) || !(limit > 0.0)) {
    return y; /* nothing that can be compared */
  }
  if (found->mean < held) {
    return put_line(page, FCAST__STYLE_TICK, y, "worse than holding the last known frame");
  }
  (void)snprintf(text, sizeof text, "%.3g %% of the way from persistence to the %s limit",
                 100.0 * (found->mean - held) / (limit - held), has_noise_limit ? "noise" : "projection");
  return put_line(page, FCAST__STYLE_TICK, y, text);
}

static double draw_headline(summary_page *page) {
  const mean_r2 *found = &page->means[FCAST__R2_FORECAST];
  const fcast__line line = fcast__line_of_model(page->view->runs[0].model);
  char number[96], text[320];
  fcast__text_style style = {.bold = true, .colour = line.colour};
  write_mean(found, number, sizeof number);
  style.size = found->n > 0 && fabs(found->mean) < 1e4 ? 40.0 : 22.0; /* a number with a power of ten is long */
  double y = put_line(page, style, top - 10.0, number);
  (void)snprintf(text, sizeof text, "mean r² of the <b>%s</b>", line.name);
  style = FCAST__STYLE_TITLE;
  style.bold = false;
  y = put_line(page, style, y - 2.0, text);
  return put_comparison(page, put_interval(page, y + 2.0));
}

/* The key of the whole page, with the mean r2 of each thing in it. */
static double draw_row(summary_page *page, double y, const fcast__line *line, const char *value, bool is_bold) {
  fcast__canvas *canvas = &page->canvas;
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.bold = is_bold;
  const double height = fcast__text_extent(canvas, style, "x").height;
  fcast__set_stroke(canvas, line->stroke);
  fcast__stroke_line(canvas, margin, y + height / 2.0, margin + 18.0, y + height / 2.0, line->colour, 2.0);
  fcast__set_stroke(canvas, FCAST__SOLID);
  (void)fcast__text_draw(canvas, style, margin + 25.0, y, 0.0, 0.0, line->name);
  (void)fcast__text_draw(canvas, style, margin + side, y, 1.0, 0.0, value);
  return y + height + 5.5;
}

static void draw_key(summary_page *page, double y) {
  fcast__canvas *canvas = &page->canvas;
  const fcast_run_view *run = &page->view->runs[0];
  (void)fcast__text_draw(canvas, FCAST__STYLE_NOTE, margin + side, y, 1.0, 0.0, "mean r²");
  y += 12.0;
  for (size_t kind = 0; kind < FCAST__N_R2_KINDS; kind++) {
    const mean_r2 *found = &page->means[kind];
    char number[96];
    if (!fcast__r2_is_shown(run, (fcast__r2_kind)kind)) {
      continue;
    }
    const fcast__line line = fcast__r2_line(run, (fcast__r2_kind)kind);
    fcast__record_row(&canvas->record, &line.name, 1,
                      (const double[4]){found->mean, found->lo, found->hi, (double)found->n}, 4);
    write_mean(found, number, sizeof number);
    y = draw_row(page, y, &line, number, kind == FCAST__R2_FORECAST);
    if (kind == FCAST__R2_PERSISTENCE) {
      const fcast__line mean = fcast__line_of(fcast__look_of(FCAST__TRAINING_MEAN));
      y = draw_row(page, y, &mean, "0", false);
    }
  }
}

static void draw_notes(summary_page *page) {
  const bool has_noise_limit = fcast__r2_is_shown(&page->view->runs[0], FCAST__R2_NOISE_LIMIT);
  fcast__text_style style = FCAST__STYLE_NOTE;
  char text[640];
  style.size = 6.5;
  style.wrap = true;
  style.max_width = side;
  (void)snprintf(
      text, sizeof text,
      "r² = 1 − squared error / squared distance from the training mean, over forecast frames and cells. "
      "Persistence: the last known frame held. Projection limit: the truth as the model can show it at best. "
      "%sLines: medians over runs, bands p10 to p90. Dots: runs, bars: means; numbers under the types: means of the "
      "%s.",
      has_noise_limit ? "Noise limit: simulated on from the true particles. " : "",
      fcast__line_of_model(page->view->runs[0].model).name);
  (void)fcast__text_draw(&page->canvas, style, margin, foot, 0.0, 1.0, text);
}

/* --- maps of the median run --- */

static const double row_label = 15.0, bar_room = 50.0, map_gap = 5.0, above = 13.0, least_pitch = 72.0;

typedef struct map_grid {
  fcast__box outer, first; /* the map at the top left */
  double column, pitch;    /* from map to map, to the right and down */
  size_t n;
  size_t frames[MOST_MAPS];
  fcast__palette palette;
  fcast__line forecast;
} map_grid;

/* As many times as leave the maps large: fewer where the box is wide. */
static map_grid lay_out_maps(const fcast_run_view *run, fcast__box outer) {
  const fcast__extent extent = fcast__extent_of(run->truth);
  map_grid grid = {
      .outer = outer, .palette = fcast__palette_of_truth(run->truth), .forecast = fcast__line_of_model(run->model)};
  size_t n_best = LEAST_MAPS;
  double largest = 0.0;
  for (size_t n = LEAST_MAPS; n <= MOST_MAPS; n++) {
    const fcast__box map = fcast__extent_fit(extent, (outer.width - row_label - bar_room) / (double)n - map_gap,
                                             (outer.height - 2.0 * above) / 2.0);
    if (n == LEAST_MAPS || map.height >= 0.85 * largest) {
      largest = n == LEAST_MAPS ? map.height : largest;
      grid.first = map;
      n_best = n;
    }
  }
  grid.n = fcast__snapshot_frames(run, n_best, grid.frames);
  grid.column = fmax(grid.first.width, 54.0) + map_gap; /* room for its text */
  grid.pitch = fmax(grid.first.height + above, least_pitch);
  grid.first.x = outer.x + row_label + (grid.column - map_gap - grid.first.width) / 2.0;
  grid.first.y = outer.y + above;
  return grid;
}

static void draw_map(fcast__canvas *canvas, const map_grid *grid, const fcast_run_view *run, size_t i, size_t row) {
  const size_t frame = grid->frames[i];
  const bool is_forecast = row == 1 && frame >= run->scores->n_known;
  fcast__box map = grid->first;
  char number[96], text[160];
  fcast__text_style style = row == 0 ? FCAST__STYLE_TICK : FCAST__STYLE_NOTE;
  map.x += grid->column * (double)i;
  map.y += grid->pitch * (double)row;
  fcast__field_draw(canvas, map, fcast__snapshot_of(run, frame, is_forecast), &grid->palette);
  fcast__stroke_box(canvas, map, is_forecast ? grid->forecast.colour : FCAST__COLOUR_AXIS, is_forecast ? 1.4 : 0.7);
  if (row == 0) {
    fcast__view_time(run, frame, number, sizeof number);
    (void)snprintf(text, sizeof text, "t = %s", number);
  } else if (is_forecast) {
    fcast__text_number(run->scores->e2[frame - run->scores->n_known], number, sizeof number);
    (void)snprintf(text, sizeof text, "e<sub>2</sub> = %s", number);
    style.colour = grid->forecast.colour;
  } else {
    (void)snprintf(text, sizeof text, "last known");
  }
  style.max_width = grid->column;
  (void)fcast__text_draw(canvas, style, map.x + map.width / 2.0, map.y - 1.0, 0.5, 1.0, text);
}

static void draw_maps(fcast__canvas *canvas, const fcast_run_view *run, fcast__box outer) {
  const map_grid grid = lay_out_maps(run, outer);
  for (size_t row = 0; row < 2; row++) {
    fcast__text_style style = FCAST__STYLE_TICK;
    style.bold = true;
    style.upwards = true;
    style.colour = row == 0 ? fcast__look_of(FCAST__TRUTH)->colour : grid.forecast.colour;
    (void)fcast__text_draw(canvas, style, outer.x, grid.first.y + grid.first.height / 2.0 + (double)row * grid.pitch,
                           0.0, 0.5, row == 0 ? fcast__look_of(FCAST__TRUTH)->name : grid.forecast.name);
    for (size_t i = 0; i < grid.n; i++) {
      draw_map(canvas, &grid, run, i, row);
    }
  }
  fcast__outside outside = {0};
  fcast__outside_scan(&grid.palette, run->prediction, run->scores->n_forecast * fcast_fields_n_space(run->truth),
                      &outside);
  fcast__colour_bar(canvas,
                    (fcast__box){.x = outer.x + row_label + grid.column * (double)grid.n + 4.0,
                                 .y = grid.first.y,
                                 .height = grid.pitch + grid.first.height},
                    &grid.palette, outside, "density ρ", "");
}

/* --- the panels --- */

static void draw_title(summary_page *page, double x, double y, double width, const char *markup) {
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.bold = true;
  style.max_width = width;
  (void)fcast__text_draw(&page->canvas, style, x, y, 0.0, 0.0, markup);
}

static fcast_status draw_law(summary_page *page, fcast__box outer, fcast_error *err) {
  const fcast_summary_view *view = page->view;
  fcast__axes axes = {.canvas = &page->canvas};
  fcast__legend unused = {0};
  char title[192];
  const fcast__box below = {.x = outer.x, .y = outer.y + 14.0, .width = outer.width, .height = outer.height - 14.0};
  if (view->field != NULL) {
    (void)snprintf(title, sizeof title,
                   isfinite(view->true_radius) ? "Learned edge %.4g (true %.4g)" : "Learned edge %.4g",
                   view->field->edge.value, view->true_radius);
    draw_title(page, outer.x, outer.y, outer.width, title);
    return fcast__panel_kernel(&axes, below, &unused, view->field, view->true_radius, err);
  }
  (void)snprintf(title, sizeof title, "POD: %zu mode%s hold%s %.3g %%", view->pod->n_modes,
                 view->pod->n_modes == 1 ? "" : "s", view->pod->n_modes == 1 ? "s" : "", 100.0 * view->pod->energy);
  draw_title(page, outer.x, outer.y, outer.width, title);
  axes.y_label = "energy (share)";
  return fcast__panel_energy(&axes, below, &unused, view->pod, err);
}

static fcast_status draw_panels(summary_page *page, fcast_error *err) {
  const fcast_summary_view *view = page->view;
  const double left = margin + side + 18.0, gap = 16.0, width = page_width - margin - left;
  const double half = (width - gap) / 2.0, height = middle - top - 26.0;
  fcast__legend unused = {0};
  char name[512], number[96], title[640];
  fcast__axes leads = {.canvas = &page->canvas}, types = {.canvas = &page->canvas};
  draw_title(page, left, top - 4.0, half, "How far ahead the forecasts are of use");
  fcast_status status =
      fcast__panel_leads(&leads, (fcast__box){.x = left, .y = top + 10.0, .width = half, .height = height}, &unused,
                         view->runs, view->n_runs, false, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__panel_types(&types, (fcast__box){.x = left + half + gap, .y = top + 10.0, .width = half, .height = height},
                     &unused, view->runs, view->n_runs);
  draw_title(page, left + half + gap, top - 4.0, half,
             types.y.kind == FCAST__SYMLOG ? "r² by initial condition, logarithmic below \u22121"
                                           : "r² by initial condition");
  const double law = 168.0;
  fcast__view_name(view->median, name, sizeof name);
  fcast__text_number(view->median->scores->r2, number, sizeof number);
  (void)snprintf(title, sizeof title,
                 isfinite(view->median->scores->r2) ? "The median run: %s, r² %s" : "The median run: %s", name, number);
  draw_title(page, left, middle, width - law - gap, title);
  draw_maps(&page->canvas, view->median,
            (fcast__box){.x = left, .y = middle + 14.0, .width = width - law - gap, .height = foot - middle - 20.0});
  return draw_law(
      page, (fcast__box){.x = page_width - margin - law, .y = middle, .width = law, .height = foot - middle}, err);
}

static void draw_frame(summary_page *page) {
  fcast__canvas *canvas = &page->canvas;
  const fcast_summary_view *view = page->view;
  char text[1024];
  fcast__text_style style = {.size = 14.0, .bold = true, .colour = FCAST__COLOUR_TEXT};
  style.max_width = page_width - 2.0 * margin;
  (void)snprintf(text, sizeof text, "Forecast of %zu unseen run%s", view->n_runs, view->n_runs == 1 ? "" : "s");
  (void)fcast__text_draw(canvas, style, margin, 8.0, 0.0, 0.0, text);
  style = FCAST__STYLE_TICK;
  style.max_width = page_width - 2.0 * margin;
  fcast__text_escape(view->ensemble, text, sizeof text);
  (void)fcast__text_draw(canvas, style, margin, 26.0, 0.0, 0.0, text);
  style = (fcast__text_style){.size = 6.0, .colour = FCAST__COLOUR_NOTE};
  style.max_width = page_width - 2.0 * margin;
  fcast__text_escape(view->provenance, text, sizeof text);
  (void)fcast__text_draw(canvas, style, page_width - margin, page_height - 4.0, 1.0, 1.0, text);
}

fcast_status fcast_figure_summary(const char *path, fcast_figure_format format, const fcast_summary_view *view,
                                  fcast_error *err) {
  fcast_status status = fcast__views_check(view->runs, view->n_runs, err);
  if (status == FCAST_OK) {
    status = fcast__view_check_fields(view->median, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  summary_page page = {.view = view};
  status = fcast__canvas_open(&page.canvas, path, format, page_width, page_height, err);
  for (size_t kind = 0; status == FCAST_OK && kind < FCAST__N_R2_KINDS; kind++) {
    status = fcast__r2_is_shown(&view->runs[0], (fcast__r2_kind)kind)
                 ? mean_of(view, (fcast__r2_kind)kind, &page.means[kind], err)
                 : FCAST_OK;
  }
  if (status == FCAST_OK) {
    fcast__record_columns(&page.canvas.record, "series,mean r2,lo,hi,runs");
    draw_frame(&page);
    draw_key(&page, draw_headline(&page) + 8.0);
    draw_notes(&page);
  }
  if (status == FCAST_OK && !page.canvas.record.is_on) { /* the panels have tables of their own */
    status = draw_panels(&page, err);
  }
  if (status == FCAST_OK) {
    status = fcast__canvas_finish(&page.canvas, err);
  }
  fcast__canvas_clear(&page.canvas);
  return status;
}
