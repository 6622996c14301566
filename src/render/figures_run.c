/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/view.h"

#include <math.h>

/* --- errors against time --- */

/* In the order of the legend, which they are drawn in too: e1 is often as large as e2, and shows as pale dashes on it.
 */
enum { E2, E1, EINF, PERSISTENCE, N_LINES };

static void set_lines(const fcast_run_view *run, fcast__line lines[N_LINES]) {
  const fcast__line forecast = fcast__line_of_model(run->model);
  for (size_t k = 0; k < N_LINES; k++) {
    lines[k] = k == PERSISTENCE ? fcast__line_of(fcast__look_of(FCAST__PERSISTENCE)) : forecast;
    lines[k].x = run->truth->times + run->scores->n_known;
    lines[k].n = run->scores->n_forecast;
    lines[k].width = k == E2 ? 2.4 : k == PERSISTENCE ? 1.5 : 1.1;
    lines[k].markers = fcast__markers(lines[k].n, lines[k].width);
  }
  lines[E1].colour = fcast__tint(forecast.colour, 0.5);
  lines[E2].markers = fmin(lines[E2].markers, 2.0);
  lines[E1].stroke = FCAST__DASHED;
  lines[E1].markers = lines[E1].n == 1 ? lines[E1].width : 0.0;
  lines[EINF].colour = fcast__tint(forecast.colour, 0.75);
  lines[EINF].stroke = FCAST__DOTTED;
}

static const char *norm_name(size_t k, bool as_markup) {
  static const char *const names[N_LINES][2] = {
      {"e2", "e<sub>2</sub>"}, {"e1", "e<sub>1</sub>"}, {"einf", "e<sub>∞</sub>"}, {"e2", "e<sub>2</sub>"}};
  return names[k][as_markup ? 1 : 0];
}

static void draw_lines(fcast__figure *figure, fcast__line lines[N_LINES]) {
  for (size_t k = 0; k < N_LINES; k++) {
    char name[96];
    const char *whose = lines[k].name;
    (void)snprintf(name, sizeof name, "%s of %s", norm_name(k, false), whose);
    lines[k].name = name;
    fcast__axes_line(&figure->axes, &lines[k]);
    lines[k].name = whose;
  }
  for (size_t k = 0; k < N_LINES; k++) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_OF(&lines[k]), "%s of %s%s", norm_name(k, true),
                      k == PERSISTENCE ? "" : "the ", lines[k].name);
  }
}

/* Say how far the values go that the axis does not hold. */
static void note_above(fcast__figure *figure, const fcast__line lines[N_LINES]) {
  double largest = 0.0;
  size_t n_above = 0;
  for (size_t k = 0; k < N_LINES; k++) {
    n_above += fcast__axes_mark_above(&figure->axes, lines[k].x, lines[k].y, lines[k].n, lines[k].colour);
    for (size_t i = 0; i < lines[k].n; i++) {
      largest = fmax(largest, lines[k].y[i]);
    }
  }
  if (n_above > 0) {
    char text[96];
    fcast__text_number(largest < FCAST__HUGE ? largest : HUGE_VAL, text, sizeof text);
    fcast__legend_add(&figure->legend, FCAST__LEGEND_ABOVE, FCAST__COLOUR_NOTE, 1.0, "above the axis (up to %s)", text);
  }
}

static void draw_tolerance(fcast__figure *figure, const fcast_run_view *run) {
  const fcast_scores *scores = run->scores;
  const size_t n_window = scores->n_forecast < FCAST_TAU_WINDOW ? scores->n_forecast : FCAST_TAU_WINDOW;
  const char *plural = n_window == 1 ? "" : "s";
  fcast__axes_horizontal(&figure->axes, FCAST_TAU_TOLERANCE, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DASHED);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0, "tolerance %.2f",
                    FCAST_TAU_TOLERANCE);
  if (scores->tau_tol < scores->n_forecast) {
    const double time = run->truth->times[scores->n_known + scores->tau_tol];
    char text[96];
    fcast__view_time(run, scores->n_known + scores->tau_tol, text, sizeof text);
    fcast__axes_vertical(&figure->axes, time, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DOTTED);
    fcast__legend_add(
        &figure->legend, FCAST__LEGEND_DOTTED, FCAST__COLOUR_TOLERANCE, 1.0,
        "τ<sub>tol</sub> = %zu, the first forecast frame (t = %s) from which the mean of e<sub>2</sub> over "
        "the next %zu frame%s reaches the tolerance",
        scores->tau_tol, text, n_window, plural);
  } else {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                      "The mean of e<sub>2</sub> over %zu frame%s stays below the tolerance: τ<sub>tol</sub> = %zu, "
                      "all forecast frames.",
                      n_window, plural, scores->n_forecast);
  }
}

/* Logarithmic where the curves lie far apart, since the lower ones could not be told from each other. */
static fcast__range error_axis(const fcast__bounds *bounds) {
  const double least = fmax(bounds->least_positive, 1e-3), most_linear = 5.0;
  return bounds->largest <= 4.0 && bounds->largest > most_linear * least
             ? (fcast__range){.kind = FCAST__LOG, .lo = 0.8 * least, .hi = 1.2 * bounds->largest}
             : fcast__bounds_axis(bounds);
}

static void draw_error_time(fcast__figure *figure, const fcast_run_view *run, size_t n_peers,
                            fcast__line lines[N_LINES]) {
  fcast__bounds bounds;
  fcast__bounds_init(&bounds);
  for (size_t k = 0; k < N_LINES; k++) {
    fcast__bounds_add(&bounds, lines[k].y, lines[k].n);
  }
  if (lines[E2].hi != NULL) {
    fcast__bounds_add(&bounds, lines[E2].hi, lines[E2].n);
  }
  fcast__bounds_add(&bounds, (const double[2]){FCAST_TAU_TOLERANCE, 1.2 * FCAST_TAU_TOLERANCE}, 2);
  figure->axes.x = fcast__view_times(run);
  figure->axes.y = error_axis(&bounds);
  figure->axes.x_label = "t (time)";
  figure->axes.y_label = "relative error of the density";
  fcast__figure_draw_axes(figure);
  fcast__view_mark_known(&figure->axes, run, &figure->legend);
  fcast__record_columns(&figure->canvas.record, "series,t (time),relative error,p10 of this type,p90 of this type");
  draw_lines(figure, lines);
  if (lines[E2].hi != NULL) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_PATCH, lines[E2].colour, lines[E2].band,
                      "e<sub>2</sub> of all %zu runs of this type, p10 to p90", n_peers);
  }
  draw_tolerance(figure, run);
  note_above(figure, lines);
}

fcast_status fcast_figure_error_time(const char *path, fcast_figure_format format, const fcast_run_view *run,
                                     const fcast_run_view *peers, size_t n_peers, fcast_error *err) {
  fcast_status status = fcast__views_check(run, 1, err);
  if (status != FCAST_OK || (status = fcast__views_check(peers, n_peers, err)) != FCAST_OK) {
    return status;
  }
  const fcast_scores *scores = run->scores;
  const double *const raw[N_LINES] = {scores->e2, scores->e1, scores->einf, scores->e2_persistence};
  const size_t n = scores->n_forecast;
  fcast__line lines[N_LINES];
  char title[512];
  fcast__figure figure = {0};
  fcast__band band = {0};
  double *drawn = fcast_alloc_array(n, N_LINES * sizeof *drawn);
  if (drawn == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for the errors of %zu frames", n);
    goto cleanup;
  }
  set_lines(run, lines);
  for (size_t k = 0; k < N_LINES; k++) {
    lines[k].y = drawn + k * n;
    for (size_t i = 0; i < n; i++) {
      drawn[k * n + i] = fcast__error_drawn(raw[k][i]);
    }
  }
  status = fcast__band_over_runs(peers, n_peers, n, fcast__e2_of, &band, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  if (n_peers > 1) {
    lines[E2].lo = band.lo;
    lines[E2].hi = band.hi;
  }
  fcast__view_name(run, title, sizeof title);
  status = fcast__figure_open(&figure, path, format, "Forecast error against time", title, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  draw_error_time(&figure, run, n_peers, lines);
  status = fcast__figure_finish(&figure, err);
cleanup:
  fcast__figure_clear(&figure);
  fcast__band_clear(&band);
  fcast_free(drawn);
  return status;
}

/* --- histogram of errors --- */

enum { N_BINS = 16 };

typedef struct histogram {
  double percent[N_BINS];
  size_t n_above; /* values the axis does not hold */
  double median;  /* of all values */
} histogram;

static fcast_status count_values(const double *values, size_t n, const fcast__range *range, histogram *out,
                                 fcast_error *err) {
  *out = (histogram){0};
  double *scratch = fcast_alloc_array(n, sizeof *scratch);
  if (scratch == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a histogram of %zu values", n);
  }
  out->median = fcast_percentile(values, n, 50.0, scratch);
  for (size_t i = 0; i < n; i++) {
    if (values[i] > range->hi) {
      out->n_above++;
    } else {
      const double place = fmax(fcast__range_place(range, values[i]), 0.0) * N_BINS;
      const size_t bin = (size_t)place;
      out->percent[bin < N_BINS ? bin : N_BINS - 1] += 100.0 / (double)n;
    }
  }
  fcast_free(scratch);
  return FCAST_OK;
}

/* The value at the left edge of a bin: bins are equally wide on the axis. */
static double bin_edge(const fcast__range *range, size_t bin) {
  const double part = (double)bin / N_BINS;
  return range->kind == FCAST__LOG ? range->lo * pow(range->hi / range->lo, part)
                                   : range->lo + (range->hi - range->lo) * part;
}

static void draw_bars(const fcast__figure *figure, const histogram *counts, fcast__rgb colour) {
  for (size_t bin = 0; bin < N_BINS; bin++) {
    if (counts->percent[bin] > 0.0) {
      fcast__axes_bar(&figure->axes, bin_edge(&figure->axes.x, bin), bin_edge(&figure->axes.x, bin + 1), 0.0,
                      counts->percent[bin], colour, 0.25);
    }
  }
}

static void draw_steps(const fcast__figure *figure, const histogram *counts, fcast__rgb colour) {
  double x[2 * N_BINS + 2], y[2 * N_BINS + 2];
  size_t n = 0;
  x[n] = bin_edge(&figure->axes.x, 0);
  y[n++] = 0.0;
  for (size_t bin = 0; bin < N_BINS; bin++) {
    for (size_t side = 0; side < 2; side++) {
      x[n] = bin_edge(&figure->axes.x, bin + side);
      y[n++] = counts->percent[bin];
    }
  }
  x[n] = bin_edge(&figure->axes.x, N_BINS);
  y[n++] = 0.0;
  fcast__axes_line(&figure->axes, &(fcast__line){.x = x, .y = y, .n = n, .colour = colour, .width = 1.8});
}

/* Bins, then what is beyond the axis. */
static void record_bins(const fcast__figure *figure, const histogram *counts, const char *name, size_t n_values) {
  const fcast__range *range = &figure->axes.x;
  for (size_t bin = 0; bin < N_BINS; bin++) {
    fcast__axes_record(&figure->axes, name,
                       (const double[3]){bin_edge(range, bin), bin_edge(range, bin + 1), counts->percent[bin]}, 3);
  }
  fcast__axes_record(
      &figure->axes, name,
      (const double[3]){bin_edge(range, N_BINS), HUGE_VAL, 100.0 * (double)counts->n_above / (double)n_values}, 3);
}

static void draw_median(fcast__figure *figure, const histogram *counts, fcast__rgb colour, fcast__stroke stroke,
                        const char *whose) {
  char text[96];
  fcast__text_number(counts->median < FCAST__HUGE ? counts->median : HUGE_VAL, text, sizeof text);
  if (counts->median <= figure->axes.x.hi) {
    fcast__axes_vertical(&figure->axes, counts->median, colour, 1.4, stroke);
  }
  fcast__legend_add(&figure->legend, (fcast__legend_kind)stroke, colour, 1.0, "median of %s: %s", whose, text);
}

static void draw_error_hist(fcast__figure *figure, const fcast_run_view *run, size_t n_peers, const histogram *own,
                            const histogram *all) {
  const fcast__rgb colour = fcast__line_of_model(run->model).colour;
  double highest = 0.0;
  for (size_t bin = 0; bin < N_BINS; bin++) {
    highest = fmax(highest, fmax(own->percent[bin], all->percent[bin]));
  }
  figure->axes.y = (fcast__range){
      .kind = FCAST__LINEAR, .lo = 0.0, .hi = highest > 0.0 ? fmin(fcast__round_up(1.05 * highest), 105.0) : 100.0};
  figure->axes.x_label = "e<sub>2</sub>, relative error of a forecast frame";
  figure->axes.y_label = "share of the forecast frames (%)";
  fcast__figure_draw_axes(figure);
  draw_bars(figure, all, colour);
  draw_steps(figure, own, colour);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_LINE, colour, 1.0, "this run (%zu forecast frames)",
                    run->scores->n_forecast);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_PATCH, colour, 0.25,
                    n_peers == 1 ? "the only run of this type" : "all %zu runs of this type", n_peers);
  draw_median(figure, own, colour, FCAST__DASHED, "this run");
  draw_median(figure, all, colour, FCAST__DOTTED, "this type");
  if (own->n_above + all->n_above > 0) {
    fcast__legend_add(&figure->legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                      "Beyond the axis: %zu frames of this run, %zu of all.", own->n_above, all->n_above);
  }
  fcast__legend_add(&figure->legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "Known frames are not counted.");
}

fcast_status fcast_figure_error_hist(const char *path, fcast_figure_format format, const fcast_run_view *run,
                                     const fcast_run_view *peers, size_t n_peers, fcast_error *err) {
  fcast_status status = fcast__views_check(run, 1, err);
  if (status != FCAST_OK || (status = fcast__views_check(peers, n_peers, err)) != FCAST_OK) {
    return status;
  }
  fcast__figure figure = {0};
  double *own_values = NULL, *all_values = NULL;
  size_t n_own = 0, n_all = 0;
  histogram own, all;
  char title[512];
  fcast__bounds bounds;
  fcast__bounds_init(&bounds);
  if ((status = fcast__values_pooled(run, 1, NULL, fcast__e2_of, &own_values, &n_own, err)) != FCAST_OK ||
      (status = fcast__values_pooled(peers, n_peers, NULL, fcast__e2_of, &all_values, &n_all, err)) != FCAST_OK) {
    goto cleanup;
  }
  fcast__bounds_add(&bounds, own_values, n_own);
  fcast__bounds_add(&bounds, all_values, n_all);
  fcast__view_name(run, title, sizeof title);
  status = fcast__figure_open(&figure, path, format, "Distribution of the forecast error", title, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  figure.axes.x = fcast__bounds_axis(&bounds);
  if ((status = count_values(own_values, n_own, &figure.axes.x, &own, err)) != FCAST_OK ||
      (status = count_values(all_values, n_all, &figure.axes.x, &all, err)) != FCAST_OK) {
    goto cleanup;
  }
  draw_error_hist(&figure, run, n_peers, &own, &all);
  fcast__record_columns(&figure.canvas.record, "series,e2 from,e2 to,share of the forecast frames (%)");
  record_bins(&figure, &own, "this run", n_own);
  record_bins(&figure, &all, "all runs of this type", n_all);
  status = fcast__figure_finish(&figure, err);
cleanup:
  fcast__figure_clear(&figure);
  fcast_free(own_values);
  fcast_free(all_values);
  return status;
}
