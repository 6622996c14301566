/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/view.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_TYPES = 16 };

/* Axes with one slot of width 1 for every type. */
typedef struct type_page {
  fcast__figure figure;
  const fcast_run_view *runs;
  size_t n_runs;
  const char *types[MAX_TYPES];
  size_t n_types;
} type_page;

static const char *model_of(const fcast_run_view *runs) {
  return runs[0].model != NULL ? runs[0].model : "";
}

/* --- slots --- */

static size_t count_runs(const type_page *page, size_t i_type) {
  size_t n = 0;
  for (size_t i = 0; i < page->n_runs; i++) {
    n += strcmp(page->runs[i].ic_type, page->types[i_type]) == 0 ? 1 : 0;
  }
  return n;
}

/* Points of equal x side by side, the same way in every picture: steps of the golden section never bunch up. */
static double spread(size_t i, double width) {
  return (fmod(0.618033988749895 * (double)i, 1.0) - 0.5) * width;
}

/* Names of the types under their slots and a number below them. */
static void label_slot(type_page *page, size_t i_type, const char *second_line) {
  fcast__axes *axes = &page->figure.axes;
  char name[192];
  fcast__type_name(page->types[i_type], name, sizeof name);
  const double slot = axes->inner.width / (double)page->n_types;
  fcast__text_style style = FCAST__STYLE_TICK;
  if (fcast__text_extent(axes->canvas, style, name).width > slot - 3.0) {
    style.size = 7.0;
  }
  style.max_width = slot - 3.0;
  const double x = fcast__axes_x(axes, (double)i_type + 0.5), y = axes->inner.y + axes->inner.height + 4.0;
  const fcast__box box = fcast__text_draw(axes->canvas, style, x, y, 0.5, 0.0, name);
  style = FCAST__STYLE_NOTE;
  style.max_width = slot - 4.0;
  (void)fcast__text_draw(axes->canvas, style, x, y + box.height + 1.0, 0.5, 0.0, second_line);
  if (i_type > 0) {
    fcast__axes_vertical(axes, (double)i_type, FCAST__COLOUR_GRID, 0.5, 0.0);
  }
}

static fcast_status open_type_page(type_page *page, const char *path, fcast_figure_format format,
                                   const fcast_run_view *runs, size_t n_runs, const char *title, fcast_error *err) {
  *page = (type_page){.runs = runs, .n_runs = n_runs};
  fcast_status status = fcast__views_check(runs, n_runs, err);
  if (status != FCAST_OK) {
    return status;
  }
  char subtitle[96];
  (void)snprintf(subtitle, sizeof subtitle, "%s%s%zu test run%s by initial condition", model_of(runs),
                 runs[0].model != NULL ? ", " : "", n_runs, n_runs == 1 ? "" : "s");
  page->n_types = fcast__types_list(runs, n_runs, page->types, MAX_TYPES);
  page->figure.axes = (fcast__axes){0};
  status = fcast__figure_open(&page->figure, path, format, title, subtitle, err);
  page->figure.axes.x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = (double)page->n_types};
  page->figure.axes.x_label = " "; /* keeps the room for the names */
  page->figure.axes.x_categories = true;
  return status;
}

/* --- r2 --- */

/* What is shown of a run, in this order; other models are left out where there are none. */
enum { R2_FORECAST, R2_OTHER, R2_SECOND_OTHER, R2_PERSISTENCE, R2_PROJECTION, R2_LIMIT, N_R2_KINDS };

static fcast__rgb r2_colour(size_t kind) {
  const fcast__rgb colours[N_R2_KINDS] = {FCAST__COLOUR_FORECAST,     FCAST__COLOUR_OTHER,
                                          FCAST__COLOUR_SECOND_OTHER, FCAST__COLOUR_PERSISTENCE,
                                          FCAST__COLOUR_PROJECTION,   FCAST__COLOUR_LIMIT};
  return colours[kind];
}

static const char *r2_label(const fcast_run_view *run, size_t kind) {
  const char *labels[N_R2_KINDS] = {run->model != NULL ? run->model : "forecast",
                                    run->others[0].model,
                                    run->others[1].model,
                                    "persistence (last known frame held)",
                                    fcast__view_limit(run),
                                    "noise limit (simulated on from the true particles)"};
  return labels[kind];
}

static double r2_of(const fcast_run_view *run, size_t kind) {
  const fcast_scores *scores = run->scores;
  const double values[N_R2_KINDS] = {scores->r2,
                                     run->n_others > 0 ? run->others[0].scores->r2 : (double)NAN,
                                     run->n_others > 1 ? run->others[1].scores->r2 : (double)NAN,
                                     scores->r2_persistence,
                                     scores->r2_pod,
                                     run->r2_lead_limit != NULL ? run->r2_limit : (double)NAN};
  return values[kind];
}

static bool r2_is_shown(const type_page *page, size_t kind) {
  switch (kind) {
  case R2_OTHER:
    return page->runs[0].n_others > 0;
  case R2_SECOND_OTHER:
    return page->runs[0].n_others > 1;
  case R2_LIMIT:
    return page->runs[0].r2_lead_limit != NULL;
  default:
    return true;
  }
}

/* Whether the kind is shown, and where in the slot of width 1 it stands. */
static bool r2_place(const type_page *page, size_t kind, double *offset) {
  size_t n = 0;
  size_t place = 0;
  for (size_t k = 0; k < N_R2_KINDS; k++) {
    place = k == kind ? n : place;
    n += r2_is_shown(page, k) ? 1 : 0;
  }
  *offset = 0.08 + 0.84 * ((double)place + 0.5) / (double)n;
  return r2_is_shown(page, kind);
}

/* Linear where it stays legible; an unstable model gives -10^23, so beyond -1.5 symlog, cut at -10^4. */
static fcast__range r2_range(const type_page *page) {
  double least = 0.0;
  for (size_t i = 0; i < page->n_runs; i++) {
    for (size_t k = 0; k < N_R2_KINDS; k++) {
      const double r2 = r2_of(&page->runs[i], k);
      least = isnan(r2) ? least : fmin(least, r2);
    }
  }
  if (least >= -1.5) {
    return (fcast__range){.kind = FCAST__LINEAR, .lo = floor(least * 5.0 - 0.3) / 5.0, .hi = 1.05};
  }
  return (fcast__range){.kind = FCAST__SYMLOG, .lo = -pow(10.0, ceil(log10(fmin(-least, 1e4)))), .hi = 1.05};
}

typedef struct r2_summary {
  size_t n_below, n_undefined;
  double least;
} r2_summary;

/* One type, one kind: every run as a point, the mean as a bar. Returns the mean. */
static double draw_r2_column(type_page *page, size_t i_type, size_t k, r2_summary *summary) {
  const fcast__axes *axes = &page->figure.axes;
  double offset = 0.0;
  if (!r2_place(page, k, &offset)) {
    return (double)NAN;
  }
  const double centre = (double)i_type + offset;
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < page->n_runs; i++) {
    if (strcmp(page->runs[i].ic_type, page->types[i_type]) != 0) {
      continue;
    }
    const double r2 = r2_of(&page->runs[i], k), x = centre + spread(n, 0.16);
    if (isnan(r2)) {
      summary->n_undefined++;
      continue;
    }
    if (r2 < axes->y.lo) {
      summary->n_below++;
      fcast__axes_outside(axes, x, false, r2_colour(k));
    }
    summary->least = fmin(summary->least, r2);
    fcast__axes_dot(axes, x, r2, 1.9, r2_colour(k), 0.55);
    sum += r2;
    n++;
  }
  const double mean = sum / (double)n; /* nan where there is none */
  if (mean >= axes->y.lo) {
    const double y = fcast__axes_y(axes, mean);
    fcast__stroke_line(axes->canvas, fcast__axes_x(axes, centre - 0.11), y, fcast__axes_x(axes, centre + 0.11), y,
                       r2_colour(k), 2.2);
  }
  return mean;
}

static void explain_r2(type_page *page, const r2_summary *summary) {
  fcast__legend *legend = &page->figure.legend;
  for (size_t k = 0; k < N_R2_KINDS; k++) {
    double offset = 0.0;
    if (r2_place(page, k, &offset)) {
      fcast__legend_add(legend, FCAST__LEGEND_DOT, r2_colour(k), 1.0, "%s", r2_label(&page->runs[0], k));
    }
  }
  fcast__legend_add(legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_MEAN, 1.0, "training mean: r² = 0");
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "Dots: runs. Bars: mean of a type.");
  if (page->figure.axes.y.kind == FCAST__SYMLOG) {
    fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "Logarithmic below \u22121.");
  }
  if (summary->n_below > 0) {
    char text[96];
    fcast__text_number(summary->least, text, sizeof text);
    fcast__legend_add(legend, FCAST__LEGEND_BELOW, FCAST__COLOUR_NOTE, 1.0, "%zu below the axis, lowest %s",
                      summary->n_below, text);
  }
  if (summary->n_undefined > 0) {
    fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "Undefined and not shown: %zu.",
                      summary->n_undefined);
  }
}

fcast_status fcast_figure_r2_by_ic_type(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                        size_t n_runs, fcast_error *err) {
  type_page page;
  fcast_status status =
      open_type_page(&page, path, format, runs, n_runs, "Skill of the forecast: r² against the training mean", err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  page.figure.axes.y = r2_range(&page);
  page.figure.axes.y_label = "r² over forecast frames";
  fcast__figure_draw_axes(&page.figure);
  fcast__axes_horizontal(&page.figure.axes, 0.0, FCAST__COLOUR_MEAN, 1.2, 4.0);
  r2_summary summary = {0};
  for (size_t i_type = 0; i_type < page.n_types; i_type++) {
    double forecast_mean = (double)NAN;
    for (size_t k = 0; k < N_R2_KINDS; k++) {
      const double mean = draw_r2_column(&page, i_type, k, &summary);
      forecast_mean = k == 0 ? mean : forecast_mean;
    }
    char number[96], text[128];
    fcast__text_number(forecast_mean, number, sizeof number);
    (void)snprintf(text, sizeof text, isnan(forecast_mean) ? "undefined" : "mean %s", number);
    label_slot(&page, i_type, text);
  }
  explain_r2(&page, &summary);
  status = fcast__figure_finish(&page.figure, err);
cleanup:
  fcast__figure_clear(&page.figure);
  return status;
}

/* --- errors by type --- */

typedef struct spread_of_errors {
  double lo, median, hi;
} spread_of_errors;

static fcast_status summarise(const type_page *page, size_t i_type, fcast__value_of value_of, spread_of_errors *out,
                              fcast_error *err) {
  double *values = NULL;
  size_t n = 0;
  fcast_status status = fcast__values_pooled(page->runs, page->n_runs, page->types[i_type], value_of, &values, &n, err);
  if (status != FCAST_OK) {
    return status;
  }
  double *scratch = fcast_alloc_array(n, sizeof *scratch);
  if (scratch == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for the percentiles of %zu errors", n);
    goto cleanup;
  }
  out->lo = fcast_percentile(values, n, 10.0, scratch);
  out->median = fcast_percentile(values, n, 50.0, scratch);
  out->hi = fcast_percentile(values, n, 90.0, scratch);
cleanup:
  fcast_free(scratch);
  fcast_free(values);
  return status;
}

static void draw_error_column(type_page *page, double x, const spread_of_errors *errors, fcast__rgb colour) {
  const fcast__axes *axes = &page->figure.axes;
  fcast__axes_bar(axes, x - 0.09, x + 0.09, fmin(errors->lo, axes->y.hi), fmin(errors->hi, axes->y.hi), colour, 0.3);
  if (errors->hi > axes->y.hi) {
    fcast__axes_outside(axes, x, true, colour);
  }
  if (errors->median <= axes->y.hi) {
    const double y = fcast__axes_y(axes, errors->median);
    fcast__stroke_line(axes->canvas, fcast__axes_x(axes, x - 0.11), y, fcast__axes_x(axes, x + 0.11), y, colour, 2.2);
  }
}

static void draw_run_medians(type_page *page, size_t i_type) {
  size_t n = 0;
  for (size_t i = 0; i < page->n_runs; i++) {
    if (strcmp(page->runs[i].ic_type, page->types[i_type]) == 0) {
      fcast__axes_dot(&page->figure.axes, (double)i_type + 0.32 + spread(n++, 0.2),
                      fcast__error_drawn(page->runs[i].scores->median_e2), 1.7, FCAST__COLOUR_FORECAST, 0.8);
    }
  }
}

static void explain_errors(type_page *page, bool any_above) {
  fcast__legend *legend = &page->figure.legend;
  fcast__legend_add(legend, FCAST__LEGEND_LINE, FCAST__COLOUR_FORECAST, 1.0, "median of the forecast");
  fcast__legend_add(legend, FCAST__LEGEND_PATCH, FCAST__COLOUR_FORECAST, 0.3, "p10 to p90 of the forecast");
  fcast__legend_add(legend, FCAST__LEGEND_DOT, FCAST__COLOUR_FORECAST, 0.8, "median of one run");
  fcast__legend_add(legend, FCAST__LEGEND_LINE, FCAST__COLOUR_PERSISTENCE, 1.0,
                    "median of persistence (last known frame held)");
  fcast__legend_add(legend, FCAST__LEGEND_PATCH, FCAST__COLOUR_PERSISTENCE, 0.3, "p10 to p90 of persistence");
  if (any_above) {
    fcast__legend_add(legend, FCAST__LEGEND_ABOVE, FCAST__COLOUR_NOTE, 1.0, "continues above the axis");
  }
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    "Over all forecast frames of a type. Known frames are not counted.");
}

static void draw_error_by_type(type_page *page, const spread_of_errors *forecast, const spread_of_errors *persistence) {
  fcast__bounds bounds;
  fcast__bounds_init(&bounds);
  for (size_t i = 0; i < page->n_types; i++) {
    fcast__bounds_add(&bounds, (const double[4]){forecast[i].lo, forecast[i].hi, persistence[i].lo, persistence[i].hi},
                      4);
  }
  for (size_t i = 0; i < page->n_runs; i++) {
    fcast__bounds_add(&bounds, (const double[1]){fcast__error_drawn(page->runs[i].scores->median_e2)}, 1);
  }
  page->figure.axes.y = fcast__bounds_axis(&bounds);
  page->figure.axes.y_label = "e<sub>2</sub>, relative error of a frame";
  fcast__figure_draw_axes(&page->figure);
  bool any_above = false;
  for (size_t i = 0; i < page->n_types; i++) {
    draw_error_column(page, (double)i + 0.32, &forecast[i], FCAST__COLOUR_FORECAST);
    draw_error_column(page, (double)i + 0.68, &persistence[i], FCAST__COLOUR_PERSISTENCE);
    draw_run_medians(page, i);
    any_above = any_above || forecast[i].hi > page->figure.axes.y.hi || persistence[i].hi > page->figure.axes.y.hi;
    const size_t n = count_runs(page, i);
    char text[48];
    (void)snprintf(text, sizeof text, "%zu run%s", n, n == 1 ? "" : "s");
    label_slot(page, i, text);
  }
  explain_errors(page, any_above);
}

fcast_status fcast_figure_error_by_ic_type(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                           size_t n_runs, fcast_error *err) {
  type_page page;
  spread_of_errors forecast[MAX_TYPES] = {{0}}, persistence[MAX_TYPES] = {{0}};
  fcast_status status = open_type_page(&page, path, format, runs, n_runs, "Forecast error by initial condition", err);
  for (size_t i = 0; status == FCAST_OK && i < page.n_types; i++) {
    status = summarise(&page, i, fcast__e2_of, &forecast[i], err);
    if (status == FCAST_OK) {
      status = summarise(&page, i, fcast__persistence_of, &persistence[i], err);
    }
  }
  if (status == FCAST_OK) {
    draw_error_by_type(&page, forecast, persistence);
    status = fcast__figure_finish(&page.figure, err);
  }
  fcast__figure_clear(&page.figure);
  return status;
}

/* --- growth of the error --- */

static void draw_growth(fcast__figure *figure, const double *times, const fcast__band *band, fcast__rgb colour,
                        double dash, const char *label, size_t n_runs) {
  if (n_runs > 1) {
    fcast__axes_band(&figure->axes, times, band->lo, band->hi, band->n, colour, 0.18);
  }
  fcast__axes_line(&figure->axes, &(fcast__line){.x = times,
                                                 .y = band->median,
                                                 .n = band->n,
                                                 .colour = colour,
                                                 .width = 1.8,
                                                 .dash = dash,
                                                 .markers = band->n < FCAST__DENSE_FRAMES ? 1.8 : 0.0});
  fcast__legend_add(&figure->legend, dash > 0.0 ? FCAST__LEGEND_DASHED : FCAST__LEGEND_LINE, colour, 1.0,
                    n_runs > 1 ? "%s: median over runs" : "%s", label);
  if (n_runs > 1) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_PATCH, colour, 0.18, "%s: p10 to p90", label);
  }
}

static void draw_error_growth(fcast__figure *figure, const fcast_run_view *longest, const fcast__band *forecast,
                              const fcast__band *persistence, size_t n_runs) {
  const double *times = longest->truth->times + longest->scores->n_known;
  fcast__bounds bounds;
  fcast__bounds_init(&bounds);
  fcast__bounds_add(&bounds, forecast->lo, forecast->n);
  fcast__bounds_add(&bounds, forecast->hi, forecast->n);
  fcast__bounds_add(&bounds, persistence->hi, persistence->n);
  fcast__bounds_add(&bounds, (const double[2]){FCAST_TAU_TOLERANCE, 1.2 * FCAST_TAU_TOLERANCE}, 2);
  figure->axes.x = fcast__view_times(longest);
  figure->axes.y = fcast__bounds_axis(&bounds);
  figure->axes.x_label = "t (time)";
  figure->axes.y_label = "e<sub>2</sub>, relative error of a frame";
  fcast__figure_draw_axes(figure);
  fcast__view_mark_known(&figure->axes, longest, &figure->legend);
  draw_growth(figure, times, persistence, FCAST__COLOUR_PERSISTENCE, 4.5, "persistence", n_runs);
  draw_growth(figure, times, forecast, FCAST__COLOUR_FORECAST, 0.0, "forecast", n_runs);
  fcast__axes_horizontal(&figure->axes, FCAST_TAU_TOLERANCE, FCAST__COLOUR_TOLERANCE, 0.9, 3.0);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0, "tolerance %.2f",
                    FCAST_TAU_TOLERANCE);
  if (fcast__axes_mark_above(&figure->axes, times, forecast->hi, forecast->n, FCAST__COLOUR_FORECAST) > 0) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_ABOVE, FCAST__COLOUR_FORECAST, 1.0, "p90 is above the axis");
  }
}

fcast_status fcast_figure_error_growth(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                       size_t n_runs, fcast_error *err) {
  fcast_status status = fcast__views_check(runs, n_runs, err);
  if (status != FCAST_OK) {
    return status;
  }
  const fcast_run_view *longest = fcast__views_longest(runs, n_runs);
  const size_t n = longest->scores->n_forecast;
  fcast__figure figure = {0};
  fcast__band forecast = {0}, persistence = {0};
  char subtitle[96];
  if ((status = fcast__band_over_runs(runs, n_runs, n, fcast__e2_of, &forecast, err)) != FCAST_OK ||
      (status = fcast__band_over_runs(runs, n_runs, n, fcast__persistence_of, &persistence, err)) != FCAST_OK) {
    goto cleanup;
  }
  (void)snprintf(subtitle, sizeof subtitle, "%s%s%zu test run%s of all initial conditions", model_of(runs),
                 runs[0].model != NULL ? ", " : "", n_runs, n_runs == 1 ? "" : "s");
  status = fcast__figure_open(&figure, path, format, "Growth of the forecast error", subtitle, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  draw_error_growth(&figure, longest, &forecast, &persistence, n_runs);
  status = fcast__figure_finish(&figure, err);
cleanup:
  fcast__figure_clear(&figure);
  fcast__band_clear(&forecast);
  fcast__band_clear(&persistence);
  return status;
}
