/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/view.h"

#include <math.h>

static const double page_width = 475.0, panel_height = 124.0, legend_height = 40.0;

static double member(const fcast_run_view *run, const double *values, size_t i) {
  return values != NULL && i < run->order->n_frames ? values[i] : (double)NAN;
}

static double polarization_of(const fcast_run_view *run, size_t i) {
  return run->order == NULL ? (double)NAN : member(run, run->order->polarization, i);
}

static double nematic_of(const fcast_run_view *run, size_t i) {
  return run->order == NULL ? (double)NAN : member(run, run->order->nematic, i);
}

static double angular_momentum_of(const fcast_run_view *run, size_t i) {
  return run->order == NULL ? (double)NAN : member(run, run->order->angular_momentum, i);
}

static double mean_speed_of(const fcast_run_view *run, size_t i) {
  return run->order == NULL ? (double)NAN : member(run, run->order->mean_speed, i);
}

/* The four panels; the first three lie in [0, 1]. */
static const struct panel_kind {
  const char *label;
  fcast__value_of value_of;
  bool is_share;
} panel_kinds[] = {
    {"polarization", polarization_of, true},
    {"nematic order", nematic_of, true},
    {"angular momentum", angular_momentum_of, true},
    {"speed (length / time)", mean_speed_of, false},
};

enum { N_KINDS = sizeof panel_kinds / sizeof panel_kinds[0] };

/* The values of the run itself; false where there is none at all. */
static bool collect(const fcast_run_view *run, fcast__value_of value_of, double *values) {
  bool any = false;
  for (size_t i = 0; i < run->truth->n_frames; i++) {
    values[i] = value_of(run, i);
    any = any || isfinite(values[i]);
  }
  return any;
}

/* From zero to a little above everything that is drawn: speeds that hardly change should look so. */
static fcast__range speed_range(const double *values, const fcast__band *band) {
  double largest = 0.0;
  for (size_t i = 0; i < band->n; i++) {
    largest = isfinite(values[i]) ? fmax(largest, values[i]) : largest;
    largest = isfinite(band->hi[i]) ? fmax(largest, band->hi[i]) : largest;
  }
  return (fcast__range){
      .kind = FCAST__LINEAR, .lo = 0.0, .hi = largest > 1e-300 ? fcast__round_up(1.15 * largest) : 1.0};
}

typedef struct order_page {
  fcast__canvas canvas;
  const fcast_run_view *run, *peers;
  size_t n_peers;
  double *values; /* [frame], of one panel */
} order_page;

static const double half_width_90 = 1.6448536269514722; /* of the standard normal distribution */

/* The polarization that the field model forecasts, with its 90 % interval. */
static fcast_status draw_forecast(const fcast__axes *axes, const fcast_run_view *run, fcast_error *err) {
  const size_t n = run->scores->n_forecast;
  const double *times = run->truth->times + run->scores->n_known;
  double *edges = fcast_alloc_array(2 * n, sizeof *edges);
  if (edges == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the order parameters of %zu frames", n);
  }
  for (size_t i = 0; run->polarization_std != NULL && i < n; i++) {
    edges[i] = fmax(run->polarization[i] - half_width_90 * run->polarization_std[i], 0.0);
    edges[n + i] = fmin(run->polarization[i] + half_width_90 * run->polarization_std[i], 1.0);
  }
  fcast__line line = fcast__line_of(fcast__look_of(FCAST__FIELD_MODEL));
  line.x = times;
  line.y = run->polarization;
  line.n = n;
  line.width = 1.5;
  line.band = 0.25;
  if (run->polarization_std != NULL) {
    line.lo = edges;
    line.hi = edges + n;
  }
  fcast__axes_line(axes, &line);
  fcast_free(edges);
  return FCAST_OK;
}

static fcast_status draw_panel(order_page *page, const struct panel_kind *kind, fcast__box outer, fcast_error *err) {
  const fcast_run_view *run = page->run;
  const size_t n = run->truth->n_frames;
  fcast__band band = {0};
  const fcast_status status = fcast__band_over_runs(page->peers, page->n_peers, n, kind->value_of, &band, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__axes axes = {.canvas = &page->canvas,
                      .x = fcast__view_times(run),
                      .x_label = "t (time)",
                      .y_label = kind->label,
                      .panel = kind->label};
  axes.y =
      kind->is_share ? (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.05} : speed_range(page->values, &band);
  fcast__axes_draw(&axes, outer);
  fcast__view_mark_known(&axes, run, &(fcast__legend){0});
  fcast__line line = fcast__line_of(fcast__look_of(FCAST__TRUTH));
  line.x = run->truth->times;
  line.y = page->values;
  line.n = n;
  line.width = 1.5;
  line.markers = fcast__markers(n, 1.5);
  if (page->n_peers > 1) {
    line.lo = band.lo;
    line.hi = band.hi;
  }
  fcast__axes_line(&axes, &line);
  fcast__band_clear(&band);
  return kind->value_of == polarization_of && run->polarization != NULL ? draw_forecast(&axes, run, err) : FCAST_OK;
}

/* One line of keys under the title, side by side. */
static void draw_keys(order_page *page) {
  fcast__canvas *canvas = &page->canvas;
  static const double left[] = {0.0, 85.0, 290.0}; /* the second key is the longest */
  fcast__legend keys[3] = {{0}};
  const fcast__look *truth = fcast__look_of(FCAST__TRUTH), *field = fcast__look_of(FCAST__FIELD_MODEL);
  fcast__legend_add(&keys[0], FCAST__LEGEND_LINE, truth->colour, 1.0, "%s", truth->name);
  if (page->n_peers > 1) {
    fcast__legend_add(&keys[1], FCAST__LEGEND_PATCH, truth->colour, 0.15, "all %zu runs of this type, p10–p90",
                      page->n_peers);
  }
  if (page->run->polarization != NULL) {
    fcast__legend_add(&keys[0], FCAST__LEGEND_LINE, field->colour, 1.0, "%s", field->name);
    fcast__legend_add(&keys[1], FCAST__LEGEND_PATCH, field->colour, 0.25, "90 %% interval of the %s", field->name);
  }
  fcast__legend_add(&keys[2], FCAST__LEGEND_PATCH, FCAST__COLOUR_KNOWN, 1.0, "frames known to the forecast");
  for (size_t i = 0; i < 3; i++) {
    fcast__legend_draw(canvas, &keys[i], FCAST__MARGIN + left[i], FCAST__HEADER + 2.0, i == 1 ? 200.0 : 175.0);
  }
}

static fcast_status draw_panels(order_page *page, const size_t *kinds, size_t n_panels, fcast_error *err) {
  const double width = (page_width - 3.0 * FCAST__MARGIN) / 2.0;
  for (size_t i = 0; i < n_panels; i++) {
    const size_t row = i / 2;
    const fcast__box outer = {.x = FCAST__MARGIN + (double)(i % 2) * (width + FCAST__MARGIN),
                              .y = FCAST__HEADER + legend_height + (double)row * (panel_height + FCAST__MARGIN),
                              .width = width,
                              .height = panel_height};
    (void)collect(page->run, panel_kinds[kinds[i]].value_of, page->values);
    const fcast_status status = draw_panel(page, &panel_kinds[kinds[i]], outer, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  return FCAST_OK;
}

fcast_status fcast_figure_order_parameters(const char *path, fcast_figure_format format, const fcast_run_view *run,
                                           const fcast_run_view *peers, size_t n_peers, fcast_error *err) {
  fcast_status status = fcast__views_check(run, 1, err);
  if (status != FCAST_OK || (status = fcast__views_check(peers, n_peers, err)) != FCAST_OK) {
    return status;
  }
  order_page page = {.run = run, .peers = peers, .n_peers = n_peers};
  size_t kinds[N_KINDS], n_panels = 0;
  char title[512];
  page.values = fcast_alloc_array(run->truth->n_frames, sizeof *page.values);
  if (page.values == NULL) {
    status =
        fcast_fail(err, FCAST_E_NOMEM, "out of memory for the order parameters of %zu frames", run->truth->n_frames);
    goto cleanup;
  }
  for (size_t i = 0; i < N_KINDS; i++) {
    if (collect(run, panel_kinds[i].value_of, page.values)) {
      kinds[n_panels++] = i;
    }
  }
  const double n_rows = fmax(ceil((double)n_panels / 2.0), 1.0);
  const double height = FCAST__HEADER + legend_height + n_rows * (panel_height + FCAST__MARGIN);
  status = fcast__canvas_open(&page.canvas, path, format, page_width, height, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  fcast__view_name(run, title, sizeof title);
  fcast__title_draw(&page.canvas, FCAST__MARGIN, 6.0, page_width - 2.0 * FCAST__MARGIN,
                    n_panels > 0 ? "Order parameters" : "Order parameters: none in the data", title);
  fcast__record_columns(&page.canvas.record, "panel,series,t (time),value,lo,hi");
  draw_keys(&page);
  status = draw_panels(&page, kinds, n_panels, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  status = fcast__canvas_finish(&page.canvas, err);
cleanup:
  fcast__canvas_clear(&page.canvas);
  fcast_free(page.values);
  return status;
}
