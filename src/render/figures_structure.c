/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"

#include <math.h>
#include <stdio.h>

static const double page_width = 475.0, panel_height = 158.0;
enum { MOST_POINTS = 64, PER_DECADE = 8 };

/* A panel is called after what it shows against what: that is where its table has its units. */
static fcast__axes panel_axes(fcast__canvas *canvas, size_t place, const char *panel, const char *x_label,
                              const char *y_label, fcast__range x, fcast__range y) {
  const double width = (page_width - 3.0 * FCAST__MARGIN) / 2.0;
  fcast__axes axes = {.canvas = canvas, .x = x, .y = y, .x_label = x_label, .y_label = y_label, .panel = panel};
  fcast__axes_draw(&axes, (fcast__box){.x = FCAST__MARGIN + (double)(place % 2) * (width + FCAST__MARGIN),
                                       .y = FCAST__HEADER + (double)(place / 2) * (panel_height + FCAST__MARGIN),
                                       .width = width,
                                       .height = panel_height});
  return axes;
}

/* A key in the panel, in the `row`-th line from its top right corner. */
static void draw_key(const fcast__axes *axes, size_t row, fcast__rgb colour, const char *text) {
  fcast__text_style style = FCAST__STYLE_NOTE;
  style.colour = colour;
  (void)fcast__text_draw(axes->canvas, style, axes->inner.x + axes->inner.width - 4.0,
                         axes->inner.y + 4.0 + 9.0 * (double)row, 1.0, 0.0, text);
}

static void draw_order(fcast__canvas *canvas, const fcast_structure_view *view) {
  const struct {
    const fcast_order_line *of_runs;
    const char *name;
  } lines[] = {{&view->polarization, "polarization"},
               {&view->nematic, "nematic order"},
               {&view->angular_momentum, "angular momentum"}};
  const size_t n_lines = sizeof lines / sizeof lines[0];
  const fcast__axes axes =
      panel_axes(canvas, 0, "order against t (time)", "t (time)",
                 view->n_runs > 1 ? "order: mean, p10 to p90" : "order parameters",
                 fcast__range_linear(view->times[0], view->times[view->n_frames - 1]),
                 (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.35}); /* room for the keys */
  for (size_t k = 0; k < n_lines; k++) {
    const fcast__rgb colour = fcast__colour_of_line(k, n_lines);
    fcast__axes_line(&axes, &(fcast__line){.name = lines[k].name,
                                           .x = view->times,
                                           .y = lines[k].of_runs->mean,
                                           .lo = lines[k].of_runs->lo,
                                           .hi = lines[k].of_runs->hi,
                                           .n = view->n_frames,
                                           .colour = colour,
                                           .width = 1.4,
                                           .band = 0.18});
    draw_key(&axes, k, colour, lines[k].name);
  }
}

static void draw_pairs(fcast__canvas *canvas, const fcast_structure_view *view) {
  double highest = 1.5;
  for (size_t k = 0; k < view->n_bins; k++) {
    const double error = isfinite(view->g_error[k]) ? view->g_error[k] : 0.0;
    highest = isfinite(view->g[k]) ? fmax(highest, view->g[k] + error) : highest;
  }
  const fcast__axes axes =
      panel_axes(canvas, 1, "pair correlation g against r (length)", "r (length)", "pair correlation g(r)",
                 (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = view->r[view->n_bins - 1] + view->r[0]},
                 (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.25 * highest});
  const fcast__look *truth = fcast__look_of(FCAST__TRUTH);
  fcast__axes_horizontal(&axes, 1.0, FCAST__COLOUR_NOTE, 0.8, FCAST__DASHED);
  for (size_t k = 0; k < view->n_bins; k++) {
    const double x[2] = {view->r[k], view->r[k]};
    const double y[2] = {view->g[k] - view->g_error[k], view->g[k] + view->g_error[k]};
    fcast__axes_line(&axes, &(fcast__line){.x = x, .y = y, .n = 2, .colour = truth->colour, .width = 0.8});
    fcast__axes_record(&axes, "pairs", (const double[4]){view->r[k], view->g[k], y[0], y[1]}, 4);
  }
  fcast__axes_line(
      &axes, &(fcast__line){
                 .x = view->r, .y = view->g, .n = view->n_bins, .colour = truth->colour, .width = 1.2, .markers = 1.2});
  draw_key(&axes, 0, FCAST__COLOUR_NOTE, "dashed: independent, uniform agents");
  if (view->n_runs > 1) {
    draw_key(&axes, 1, FCAST__COLOUR_NOTE, "bars: standard error over runs");
  }
}

/* A logarithmic range that holds values[n] that are above 0; where there is none, 1 to 10. */
static fcast__range log_range(const double *values, size_t n) {
  double lo = INFINITY;
  double hi = 0.0;
  for (size_t i = 0; i < n; i++) {
    lo = values[i] > 0.0 ? fmin(lo, values[i]) : lo;
    hi = values[i] > 0.0 ? fmax(hi, values[i]) : hi;
  }
  const double margin = hi < 3.0 * lo ? 3.0 : 1.5; /* one value in the middle of a power of ten */
  return hi > 0.0 ? (fcast__range){.kind = FCAST__LOG, .lo = lo / margin, .hi = hi * margin}
                  : (fcast__range){.kind = FCAST__LOG, .lo = 1.0, .hi = 10.0};
}

static void draw_numbers(fcast__canvas *canvas, const fcast_structure_view *view) {
  double mean[MOST_POINTS], std[MOST_POINTS], root[MOST_POINTS];
  const size_t n = view->n_divisions < MOST_POINTS ? view->n_divisions : MOST_POINTS;
  for (size_t d = 0; d < n; d++) {
    mean[d] = fcast_numbers_mean(&view->numbers[d]);
    std[d] = fcast_numbers_std(&view->numbers[d]);
    root[d] = sqrt(mean[d]);
  }
  const double exponent = fcast_numbers_exponent(view->numbers, view->n_divisions);
  const fcast__axes axes = panel_axes(
      canvas, 2, "standard deviation of the number in a part of the box against its mean",
      "mean number in a part of the box", "standard deviation of the number", log_range(mean, n), log_range(std, n));
  char text[96];
  fcast__axes_line(&axes, &(fcast__line){.name = "independent agents",
                                         .x = mean,
                                         .y = root,
                                         .n = n,
                                         .colour = FCAST__COLOUR_NOTE,
                                         .width = 0.9,
                                         .stroke = FCAST__DASHED});
  fcast__axes_line(&axes, &(fcast__line){.name = "agents",
                                         .x = mean,
                                         .y = std,
                                         .n = n,
                                         .colour = fcast__look_of(FCAST__TRUTH)->colour,
                                         .width = 1.0,
                                         .markers = 2.0});
  (void)snprintf(text, sizeof text, isfinite(exponent) ? "exponent %.2f" : "too few agents for an exponent", exponent);
  fcast__text_style style = FCAST__STYLE_NOTE;
  (void)fcast__text_draw(canvas, style, axes.inner.x + 5.0, axes.inner.y + 4.0, 0.0, 0.0, text);
  style.colour = FCAST__COLOUR_NOTE;
  (void)fcast__text_draw(canvas, style, axes.inner.x + 5.0, axes.inner.y + 13.0, 0.0, 0.0,
                         "dashed: independent agents (1/2)");
}

/* Clusters of about one size, PER_DECADE logarithmic bins in each power of ten: their mean number for one size. */
static size_t bin_sizes(const fcast_structure_view *view, double *sizes, double *counts) {
  double total = 0.0;
  size_t n = 0;
  for (size_t size = 1; size < view->n_sizes; size++) {
    total += view->cluster_sizes[size];
  }
  for (size_t first = 1, last = 0; first < view->n_sizes && n < MOST_POINTS; first = last + 1) {
    double count = 0.0;
    last = (size_t)fmax((double)first, floor((double)first * pow(10.0, 1.0 / PER_DECADE)) - 1.0);
    for (size_t size = first; size <= last && size < view->n_sizes; size++) {
      count += view->cluster_sizes[size];
    }
    if (count > 0.0) {
      sizes[n] = sqrt((double)first * (double)last);
      counts[n++] = count / (double)(last - first + 1) / total;
    }
  }
  return n;
}

static void draw_clusters(fcast__canvas *canvas, const fcast_structure_view *view) {
  double sizes[MOST_POINTS], counts[MOST_POINTS];
  const size_t n = bin_sizes(view, sizes, counts);
  const fcast__axes axes =
      panel_axes(canvas, 3, "share of the clusters per size against agents in a cluster", "agents in a cluster",
                 "share of the clusters, per size", log_range(sizes, n), log_range(counts, n));
  for (size_t i = 0; i < n; i++) {
    fcast__axes_dot(&axes, sizes[i], counts[i], 2.2, fcast__look_of(FCAST__TRUTH)->colour, 1.0);
    fcast__axes_record(&axes, "clusters", (const double[2]){sizes[i], counts[i]}, 2);
  }
}

fcast_status fcast_figure_structure(const char *path, fcast_figure_format format, const fcast_structure_view *view,
                                    fcast_error *err) {
  if (view->n_frames == 0 || view->n_bins == 0 || view->n_divisions == 0) {
    return fcast_fail(err, FCAST_E_ARG, "%s: there is nothing to draw", path);
  }
  fcast__canvas canvas = {0};
  char title[256];
  fcast_status status = fcast__canvas_open(&canvas, path, format, page_width,
                                           FCAST__HEADER + 2.0 * (panel_height + FCAST__MARGIN) + FCAST__MARGIN, err);
  if (status == FCAST_OK) {
    fcast__text_escape(view->subtitle, title, sizeof title);
    fcast__title_draw(&canvas, FCAST__MARGIN, 6.0, page_width - 2.0 * FCAST__MARGIN, "Order and structure", title);
    fcast__record_columns(&canvas.record, "panel,series,x,y,lo,hi");
    draw_order(&canvas, view);
    draw_pairs(&canvas, view);
    draw_numbers(&canvas, view);
    draw_clusters(&canvas, view);
    status = fcast__canvas_finish(&canvas, err);
  }
  fcast__canvas_clear(&canvas);
  return status;
}
