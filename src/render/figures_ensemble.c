/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/panels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_TYPES = 16 };

/* Axes with one slot of width 1 for every type. */
typedef struct type_slots {
  fcast__axes *axes;
  fcast__legend *legend;
  const fcast_run_view *runs;
  size_t n_runs;
  const char *types[MAX_TYPES];
  size_t n_types;
} type_slots;

static type_slots slots_of(fcast__axes *axes, fcast__legend *legend, const fcast_run_view *runs, size_t n_runs) {
  type_slots slots = {.axes = axes, .legend = legend, .runs = runs, .n_runs = n_runs};
  slots.n_types = fcast__types_list(runs, n_runs, slots.types, MAX_TYPES);
  axes->x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = (double)slots.n_types};
  axes->x_label = " "; /* keeps the room for the names */
  axes->x_categories = true;
  return slots;
}

/* A point of a type into the table. */
static void record_point(const type_slots *slots, const char *name, size_t i_type, const char *run,
                         const double *values, size_t n_values) {
  const char *const words[] = {slots->axes->panel, name, slots->types[i_type], run};
  const size_t first = slots->axes->panel != NULL ? 0 : 1;
  fcast__record_row(&slots->axes->canvas->record, words + first, 4 - first, values, n_values);
}

static const char *model_of(const fcast_run_view *runs) {
  return runs[0].model != NULL ? runs[0].model : "";
}

/* --- slots --- */

static size_t count_runs(const type_slots *slots, size_t i_type) {
  size_t n = 0;
  for (size_t i = 0; i < slots->n_runs; i++) {
    n += strcmp(slots->runs[i].ic_type, slots->types[i_type]) == 0 ? 1 : 0;
  }
  return n;
}

/* Points of equal x side by side, the same way in every picture: steps of the golden section never bunch up. */
static double spread(size_t i, double width) {
  return (fmod(0.618033988749895 * (double)i, 1.0) - 0.5) * width;
}

static const double square = 5.0, square_gap = 2.5;

/* The name of a type as it fits into its slot beside its square: smaller, then in two lines. */
static fcast__text_style name_style(const type_slots *slots, size_t i_type, char *name, size_t size) {
  fcast__text_style style = FCAST__STYLE_TICK;
  fcast__type_name(slots->types[i_type], name, size);
  style.max_width = fmax(slots->axes->inner.width / (double)slots->n_types - square - square_gap - 3.0, 1.0);
  if (fcast__text_extent(slots->axes->canvas, FCAST__STYLE_TICK, name).width > style.max_width) {
    style.size = 7.0;
  }
  style.wrap = style.max_width > 24.0; /* half a word, or a letter a line, is no help */
  style.most_lines = 2;
  return style;
}

static double tallest_name(const type_slots *slots) {
  double height = 0.0;
  for (size_t i = 0; i < slots->n_types; i++) {
    char name[192];
    const fcast__text_style style = name_style(slots, i, name, sizeof name);
    height = fmax(height, fcast__text_extent(slots->axes->canvas, style, name).height);
  }
  return height;
}

/* Names of the types under their slots, each with its square, and a number below them in the colour of what it is of.
 */
static void label_slot(const type_slots *slots, size_t i_type, const char *second_line, fcast__rgb colour) {
  const fcast__axes *axes = slots->axes;
  char name[192];
  fcast__text_style style = name_style(slots, i_type, name, sizeof name);
  const double x = fcast__axes_x(axes, (double)i_type + 0.5), y = axes->inner.y + axes->inner.height + 4.0;
  const fcast__box box = fcast__text_draw(axes->canvas, style, x + (square + square_gap) / 2.0, y, 0.5, 0.0, name);
  const fcast__box key = {
      .x = box.x - square - square_gap, .y = y + (box.height - square) / 2.0, .width = square, .height = square};
  fcast__fill_box(axes->canvas, key, fcast__look_named(slots->types[i_type], FCAST__OTHER_TYPE)->colour, 1.0);
  fcast__stroke_box(axes->canvas, key, FCAST__COLOUR_AXIS, 0.5);
  style = FCAST__STYLE_NOTE;
  style.colour = colour;
  style.max_width = fmax(axes->inner.width / (double)slots->n_types, 1.0);
  if (fcast__text_extent(axes->canvas, FCAST__STYLE_NOTE, second_line).width > style.max_width) {
    style.size = 6.0;
  }
  if (style.max_width > 36.0) {
    (void)fcast__text_draw(axes->canvas, style, x, y + tallest_name(slots) + 1.0, 0.5, 0.0, second_line);
  }
  if (i_type > 0) {
    fcast__axes_vertical(axes, (double)i_type, FCAST__COLOUR_GRID, 0.5, FCAST__SOLID);
  }
}

static fcast_status open_type_page(fcast__figure *figure, const char *path, fcast_figure_format format,
                                   const fcast_run_view *runs, size_t n_runs, const char *title, const char *measure,
                                   fcast_error *err) {
  *figure = (fcast__figure){0};
  const fcast_status status = fcast__views_check(runs, n_runs, err);
  if (status != FCAST_OK) {
    return status;
  }
  char subtitle[192];
  (void)snprintf(subtitle, sizeof subtitle, "%zu test run%s; %s", n_runs, n_runs == 1 ? "" : "s", measure);
  return fcast__figure_open(figure, path, format, title, subtitle, err);
}

/* --- r2 --- */

static const char *r2_label(const fcast_run_view *run, fcast__r2_kind kind) {
  return kind == FCAST__R2_PERSISTENCE   ? FCAST__PERSISTENCE_LABEL
         : kind == FCAST__R2_PROJECTION  ? fcast__projection_limit_label(run)
         : kind == FCAST__R2_NOISE_LIMIT ? FCAST__NOISE_LIMIT_LABEL
                                         : fcast__r2_line(run, kind).name;
}

/* Where in the slot of width 1 a kind stands, and how wide it may be; whether it is shown at all. */
static bool r2_place(const type_slots *slots, size_t kind, double *offset, double *width) {
  size_t n = 0;
  size_t place = 0;
  for (size_t k = 0; k < FCAST__N_R2_KINDS; k++) {
    place = k == kind ? n : place;
    n += fcast__r2_is_shown(&slots->runs[0], (fcast__r2_kind)k) ? 1 : 0;
  }
  *offset = 0.08 + 0.84 * ((double)place + 0.5) / (double)n;
  *width = fmin(0.84 / (double)n, 40.0 / (slots->axes->inner.width / (double)slots->n_types));
  return fcast__r2_is_shown(&slots->runs[0], (fcast__r2_kind)kind);
}

/* Linear where it stays legible; an unstable model gives -10^23, so beyond -1.5 symlog, cut at -10^4. */
static fcast__range r2_range(const type_slots *slots) {
  double least = 0.0;
  for (size_t i = 0; i < slots->n_runs; i++) {
    for (size_t k = 0; k < FCAST__N_R2_KINDS; k++) {
      const double r2 = fcast__r2_of(&slots->runs[i], (fcast__r2_kind)k);
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
static double draw_r2_column(const type_slots *slots, size_t i_type, size_t k, r2_summary *summary) {
  const fcast__axes *axes = slots->axes;
  const fcast__line line = fcast__r2_line(&slots->runs[0], (fcast__r2_kind)k);
  double offset = 0.0, width = 0.0;
  if (!r2_place(slots, k, &offset, &width)) {
    return (double)NAN;
  }
  const double centre = (double)i_type + offset;
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < slots->n_runs; i++) {
    if (strcmp(slots->runs[i].ic_type, slots->types[i_type]) != 0) {
      continue;
    }
    const double r2 = fcast__r2_of(&slots->runs[i], (fcast__r2_kind)k), x = centre + spread(n, 0.7 * width);
    record_point(slots, line.name, i_type, slots->runs[i].run_name, &r2, 1);
    if (isnan(r2)) {
      summary->n_undefined++;
      continue;
    }
    if (r2 < axes->y.lo) {
      summary->n_below++;
      fcast__axes_outside(axes, x, false, line.colour);
    }
    summary->least = fmin(summary->least, r2);
    fcast__axes_dot(axes, x, r2, 1.9, line.colour, 0.55);
    sum += r2;
    n++;
  }
  const double mean = sum / (double)n; /* nan where there is none */
  record_point(slots, line.name, i_type, "mean", &mean, 1);
  if (mean >= axes->y.lo) {
    const double y = fcast__axes_y(axes, mean);
    fcast__stroke_line(axes->canvas, fcast__axes_x(axes, centre - 0.45 * width), y,
                       fcast__axes_x(axes, centre + 0.45 * width), y, line.colour, 2.2);
  }
  return mean;
}

static void explain_r2(const type_slots *slots, const r2_summary *summary) {
  const fcast__look *training_mean = fcast__look_of(FCAST__TRAINING_MEAN);
  fcast__legend *legend = slots->legend;
  for (size_t k = 0; k < FCAST__N_R2_KINDS; k++) {
    if (fcast__r2_is_shown(&slots->runs[0], (fcast__r2_kind)k)) {
      fcast__legend_add(legend, FCAST__LEGEND_DOT, fcast__r2_line(&slots->runs[0], (fcast__r2_kind)k).colour, 1.0, "%s",
                        r2_label(&slots->runs[0], (fcast__r2_kind)k));
    }
  }
  fcast__legend_add(legend, FCAST__LEGEND_OF(training_mean), FCAST__TRAINING_MEAN_LABEL);
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    "Dots: runs. Bars: mean of a type. Numbers under the types: means of the %s.",
                    fcast__line_of_model(slots->runs[0].model).name);
  if (slots->axes->y.kind == FCAST__SYMLOG) {
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

void fcast__panel_types(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_run_view *runs,
                        size_t n_runs) {
  const type_slots slots = slots_of(axes, legend, runs, n_runs);
  const fcast__look *training_mean = fcast__look_of(FCAST__TRAINING_MEAN);
  axes->y = r2_range(&slots);
  axes->y_label = "r² over forecast frames";
  fcast__axes_draw(axes, outer);
  fcast__axes_horizontal(axes, 0.0, training_mean->colour, 1.2, training_mean->stroke);
  r2_summary summary = {0};
  for (size_t i_type = 0; i_type < slots.n_types; i_type++) {
    double forecast_mean = (double)NAN;
    for (size_t k = 0; k < FCAST__N_R2_KINDS; k++) {
      const double mean = draw_r2_column(&slots, i_type, k, &summary);
      forecast_mean = k == FCAST__R2_FORECAST ? mean : forecast_mean;
    }
    char number[96], text[128];
    fcast__text_number(forecast_mean, number, sizeof number);
    (void)snprintf(text, sizeof text, isnan(forecast_mean) ? "undefined" : "mean %s", number);
    label_slot(&slots, i_type, text, fcast__line_of_model(runs[0].model).colour);
  }
  explain_r2(&slots, &summary);
}

fcast_status fcast_figure_r2_by_ic_type(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                        size_t n_runs, fcast_error *err) {
  fcast__figure figure;
  fcast_status status = open_type_page(&figure, path, format, runs, n_runs, "r² by initial condition",
                                       "r² = 1 − squared error / squared distance from the training mean", err);
  if (status == FCAST_OK) {
    fcast__record_columns(&figure.canvas.record, "series,ic_type,run,r2");
    fcast__panel_types(&figure.axes, fcast__figure_box(), &figure.legend, runs, n_runs);
    status = fcast__figure_finish(&figure, err);
  }
  fcast__figure_clear(&figure);
  return status;
}

/* --- errors by type --- */

typedef struct spread_of_errors {
  double lo, median, hi;
} spread_of_errors;

static fcast_status summarise(const type_slots *slots, size_t i_type, fcast__value_of value_of, spread_of_errors *out,
                              fcast_error *err) {
  double *values = NULL;
  size_t n = 0;
  fcast_status status =
      fcast__values_pooled(slots->runs, slots->n_runs, slots->types[i_type], value_of, &values, &n, err);
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

static void draw_error_column(const type_slots *slots, size_t i_type, double offset, const spread_of_errors *errors,
                              const fcast__line *line) {
  const fcast__axes *axes = slots->axes;
  const double x = (double)i_type + offset;
  record_point(slots, line->name, i_type, "all", (const double[3]){errors->median, errors->lo, errors->hi}, 3);
  fcast__axes_bar(axes, x - 0.09, x + 0.09, fmin(errors->lo, axes->y.hi), fmin(errors->hi, axes->y.hi), line->colour,
                  0.3);
  if (errors->hi > axes->y.hi) {
    fcast__axes_outside(axes, x, true, line->colour);
  }
  if (errors->median <= axes->y.hi) {
    const double y = fcast__axes_y(axes, errors->median);
    fcast__stroke_line(axes->canvas, fcast__axes_x(axes, x - 0.11), y, fcast__axes_x(axes, x + 0.11), y, line->colour,
                       2.2);
  }
}

static void draw_run_medians(const type_slots *slots, size_t i_type, const fcast__line *line) {
  size_t n = 0;
  for (size_t i = 0; i < slots->n_runs; i++) {
    if (strcmp(slots->runs[i].ic_type, slots->types[i_type]) == 0) {
      const double median = fcast__error_drawn(slots->runs[i].scores->median_e2);
      fcast__axes_dot(slots->axes, (double)i_type + 0.32 + spread(n++, 0.2), median, 1.7, line->colour, 0.8);
      record_point(slots, line->name, i_type, slots->runs[i].run_name, &median, 1);
    }
  }
}

static void explain_errors(const type_slots *slots, const fcast__line *forecast, const fcast__line *persistence,
                           bool any_above) {
  fcast__legend *legend = slots->legend;
  fcast__legend_add(legend, FCAST__LEGEND_LINE, forecast->colour, 1.0, "median of the %s", forecast->name);
  fcast__legend_add(legend, FCAST__LEGEND_PATCH, forecast->colour, 0.3, "p10 to p90 of the %s", forecast->name);
  fcast__legend_add(legend, FCAST__LEGEND_DOT, forecast->colour, 0.8, "median of one run");
  fcast__legend_add(legend, FCAST__LEGEND_LINE, persistence->colour, 1.0, "median of %s", FCAST__PERSISTENCE_LABEL);
  fcast__legend_add(legend, FCAST__LEGEND_PATCH, persistence->colour, 0.3, "p10 to p90 of persistence");
  if (any_above) {
    fcast__legend_add(legend, FCAST__LEGEND_ABOVE, FCAST__COLOUR_NOTE, 1.0, "continues above the axis");
  }
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    "Over all forecast frames of a type. Known frames are not counted.");
}

static void draw_error_by_type(const type_slots *slots, fcast__box outer, const spread_of_errors *forecast,
                               const spread_of_errors *persistence) {
  const fcast__line own = fcast__line_of_model(slots->runs[0].model);
  const fcast__line held = fcast__line_of(fcast__look_of(FCAST__PERSISTENCE));
  fcast__axes *axes = slots->axes;
  fcast__bounds bounds;
  fcast__bounds_init(&bounds);
  for (size_t i = 0; i < slots->n_types; i++) {
    fcast__bounds_add(&bounds, (const double[4]){forecast[i].lo, forecast[i].hi, persistence[i].lo, persistence[i].hi},
                      4);
  }
  for (size_t i = 0; i < slots->n_runs; i++) {
    fcast__bounds_add(&bounds, (const double[1]){fcast__error_drawn(slots->runs[i].scores->median_e2)}, 1);
  }
  axes->y = fcast__bounds_axis(&bounds);
  axes->y_label = "e<sub>2</sub>, relative error of a frame";
  fcast__axes_draw(axes, outer);
  bool any_above = false;
  for (size_t i = 0; i < slots->n_types; i++) {
    draw_error_column(slots, i, 0.32, &forecast[i], &own);
    draw_error_column(slots, i, 0.68, &persistence[i], &held);
    draw_run_medians(slots, i, &own);
    any_above = any_above || forecast[i].hi > axes->y.hi || persistence[i].hi > axes->y.hi;
    const size_t n = count_runs(slots, i);
    char text[48];
    (void)snprintf(text, sizeof text, "%zu run%s", n, n == 1 ? "" : "s");
    label_slot(slots, i, text, FCAST__COLOUR_NOTE);
  }
  explain_errors(slots, &own, &held, any_above);
}

fcast_status fcast_figure_error_by_ic_type(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                           size_t n_runs, fcast_error *err) {
  fcast__figure figure;
  spread_of_errors forecast[MAX_TYPES] = {{0}}, persistence[MAX_TYPES] = {{0}};
  fcast_status status = open_type_page(&figure, path, format, runs, n_runs, "Forecast error by initial condition",
                                       "e<sub>2</sub> = size of the error / size of the true density, of a frame", err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  const type_slots slots = slots_of(&figure.axes, &figure.legend, runs, n_runs);
  for (size_t i = 0; status == FCAST_OK && i < slots.n_types; i++) {
    status = summarise(&slots, i, fcast__e2_of, &forecast[i], err);
    if (status == FCAST_OK) {
      status = summarise(&slots, i, fcast__persistence_of, &persistence[i], err);
    }
  }
  if (status == FCAST_OK) {
    fcast__record_columns(&figure.canvas.record, "series,ic_type,run,e2 (median over frames),p10,p90");
    draw_error_by_type(&slots, fcast__figure_box(), forecast, persistence);
    status = fcast__figure_finish(&figure, err);
  }
cleanup:
  fcast__figure_clear(&figure);
  return status;
}

/* --- growth of the error --- */

static void draw_growth(fcast__figure *figure, const double *times, const fcast__band *band, fcast__line line,
                        size_t n_runs) {
  line.x = times;
  line.y = band->median;
  line.n = band->n;
  line.markers = fcast__markers(band->n, 1.8);
  if (n_runs > 1) {
    line.lo = band->lo;
    line.hi = band->hi;
  }
  fcast__axes_line(&figure->axes, &line);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_OF(&line), n_runs > 1 ? "%s: median over runs" : "%s", line.name);
  if (n_runs > 1) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_PATCH, line.colour, line.band, "%s: p10 to p90", line.name);
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
  const fcast__line own = fcast__line_of_model(longest->model);
  fcast__record_columns(&figure->canvas.record, "series,t (time),e2 (median over runs),p10,p90");
  draw_growth(figure, times, persistence, fcast__line_of(fcast__look_of(FCAST__PERSISTENCE)), n_runs);
  draw_growth(figure, times, forecast, own, n_runs);
  fcast__axes_horizontal(&figure->axes, FCAST_TAU_TOLERANCE, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DASHED);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0, "tolerance %.2f",
                    FCAST_TAU_TOLERANCE);
  if (fcast__axes_mark_above(&figure->axes, times, forecast->hi, forecast->n, own.colour) > 0) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_ABOVE, own.colour, 1.0, "p90 is above the axis");
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
