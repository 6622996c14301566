/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/panels.h"
#include "render/view.h"

#include <math.h>
#include <stdio.h>

/* --- what was learned, against distance --- */

/* Both ends of every shell, and zero from there on. */
typedef struct steps {
  size_t n;
  double *x, *value, *lo, *hi; /* [n] */
} steps;

static fcast_status steps_create(const fcast_radial *radial, steps *out, fcast_error *err) {
  const size_t n_ends = 2 * radial->n_shells;
  out->n = n_ends + 2;
  out->x = fcast_alloc_array(4 * out->n, sizeof *out->x);
  if (out->x == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu shells", radial->n_shells);
  }
  out->value = out->x + out->n;
  out->lo = out->value + out->n;
  out->hi = out->lo + out->n;
  for (size_t i = 0; i < n_ends; i++) {
    out->x[i] = (double)((i + 1) / 2) * radial->width;
    out->value[i] = radial->value[i / 2];
    out->lo[i] = radial->lo[i / 2];
    out->hi[i] = radial->hi[i / 2];
  }
  out->x[n_ends] = (double)radial->n_shells * radial->width;
  out->x[n_ends + 1] = 10.0 * out->x[n_ends]; /* beyond the frame, which cuts it */
  return FCAST_OK;
}

static void widen(const steps *line, double *lo, double *hi) {
  for (size_t i = 0; i < line->n; i++) {
    const double values[] = {line->value[i], line->lo[i], line->hi[i]};
    for (size_t k = 0; k < 3; k++) {
      *lo = isfinite(values[k]) ? fmin(*lo, values[k]) : *lo;
      *hi = isfinite(values[k]) ? fmax(*hi, values[k]) : *hi;
    }
  }
}

/* Drawn as steps that go on beyond the frame, in the table as the shells they are. */
static void draw_steps(const fcast__axes *axes, fcast__legend *legend, const fcast_radial *radial, const steps *line,
                       fcast__stroke stroke, const char *name, const char *label) {
  fcast__line drawn = fcast__line_of(fcast__look_of(FCAST__FIELD_MODEL));
  drawn.name = NULL;
  drawn.x = line->x;
  drawn.y = line->value;
  drawn.lo = line->lo;
  drawn.hi = line->hi;
  drawn.n = line->n;
  drawn.band = 0.25;
  drawn.stroke = stroke;
  fcast__axes_line(axes, &drawn);
  fcast__legend_add(legend, FCAST__LEGEND_OF(&drawn), "%s", label);
  for (size_t k = 0; k < radial->n_shells; k++) {
    fcast__axes_record(
        axes, name,
        (const double[4]){((double)k + 0.5) * radial->width, radial->value[k], radial->lo[k], radial->hi[k]}, 4);
  }
}

static const double radius_mark = 14.0; /* length of the mark of the true radius, from the top of the frame */

/* The edge with its interval, and above it the true radius: neither covers the other, however near they are. */
static void mark_radii(const fcast__axes *axes, const fcast_field_model *model, double true_radius) {
  const fcast__box inner = axes->inner;
  const double mark = isfinite(true_radius) ? fmin(radius_mark, 0.4 * inner.height) : 0.0;
  fcast__axes below = *axes; /* the same x in what the mark leaves of the frame */
  below.inner.y += mark;
  below.inner.height -= mark;
  fcast__axes_bar(&below, model->edge.lo, model->edge.hi, axes->y.lo, axes->y.hi, FCAST__COLOUR_TOLERANCE, 0.25);
  fcast__axes_vertical(&below, model->edge.value, FCAST__COLOUR_TOLERANCE, 1.2, FCAST__DASHED);
  below.inner = inner;
  below.inner.height = mark;
  fcast__axes_vertical(&below, true_radius, fcast__look_of(FCAST__TRUTH)->colour, 2.0, FCAST__SOLID);
}

/* As many decimals as show both ends of an interval. */
static int decimals_of(const fcast_estimate *estimate) {
  const double width = estimate->hi - estimate->lo;
  return width > 0.0 && isfinite(width) ? (int)fmin(fmax(1.0 - floor(log10(width)), 0.0), 12.0) : 3;
}

static void explain_radii(const fcast__axes *axes, fcast__legend *legend, const fcast_field_model *model,
                          double true_radius) {
  const fcast_estimate *edge = &model->edge;
  const int decimals = decimals_of(edge);
  fcast__axes_record(axes, "edge of K", (const double[4]){edge->value, (double)NAN, edge->lo, edge->hi}, 4);
  fcast__legend_add(legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0, "edge of K: %.*f (%.*f to %.*f)",
                    decimals, edge->value, decimals, edge->lo, decimals, edge->hi);
  if (isfinite(true_radius)) {
    fcast__axes_record(axes, "radius of the simulation", &true_radius, 1);
    fcast__legend_add(legend, FCAST__LEGEND_LINE, fcast__look_of(FCAST__TRUTH)->colour, 1.0,
                      "at the top: radius of the simulation, %.4g", true_radius);
  }
}

/* The edge by itself, so that its interval can be seen beside the true radius. */
static void draw_strip(fcast__canvas *canvas, const fcast_field_model *model, double true_radius) {
  const fcast_estimate *edge = &model->edge;
  const double lo = isfinite(true_radius) ? fmin(edge->lo, true_radius) : edge->lo;
  const double hi = isfinite(true_radius) ? fmax(edge->hi, true_radius) : edge->hi;
  if (!isfinite(lo) || !isfinite(hi)) {
    return;
  }
  fcast__axes strip = {.canvas = canvas,
                       .x = fcast__range_linear(lo - 0.35 * (hi - lo), hi + 0.35 * (hi - lo)),
                       .y = {.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.0},
                       .x_label = "the edge, enlarged",
                       .y_is_bare = true};
  fcast__axes_draw(&strip, fcast__figure_strip());
  mark_radii(&strip, model, true_radius);
}

static void draw_kernel(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_field_model *model,
                        const steps *alignment, const steps *force, double true_radius) {
  double lo = 0.0;
  double hi = 1.0;
  widen(alignment, &lo, &hi);
  widen(force, &lo, &hi);
  double reach = fmax(alignment->x[alignment->n - 2], model->edge.value) * 1.25;
  reach = force->n > 0 ? fmax(reach, force->x[force->n - 2]) : reach;
  axes->x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = reach * 1.02};
  axes->y = (fcast__range){.kind = FCAST__LINEAR, .lo = lo < 0.0 ? 1.15 * lo : 0.0, .hi = 1.12 * hi};
  axes->x_label = "distance r (length)";
  axes->y_label = force->n > 0 ? "K, and f by scale" : "K(r)";
  fcast__axes_draw(axes, outer);
  draw_steps(axes, legend, &model->alignment, alignment, FCAST__SOLID, "K", "K: weight of a neighbour's heading");
  if (force->n > 0) {
    draw_steps(axes, legend, &model->force, force, FCAST__DASHED, "f",
               model->force_kind == FCAST_FIELD_STEERING ? "f: force that turns, largest 1"
                                                         : "f: change of speed in a frame");
    fcast__axes_horizontal(axes, 0.0, FCAST__COLOUR_NOTE, 0.9, FCAST__SOLID);
  }
  mark_radii(axes, model, true_radius);
  explain_radii(axes, legend, model, true_radius);
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "speed %.4g, order %.4f (%.4f to %.4f)",
                    model->speed.value, model->order.value, model->order.lo, model->order.hi);
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    "Bands: 95 %% over resampled runs, also of the edge.");
}

fcast_status fcast__panel_kernel(fcast__axes *axes, fcast__box outer, fcast__legend *legend,
                                 const fcast_field_model *model, double true_radius, fcast_error *err) {
  steps alignment = {0};
  steps force = {0};
  fcast_status status = steps_create(&model->alignment, &alignment, err);
  if (status == FCAST_OK && model->force_kind != FCAST_FIELD_NO_FORCE) {
    status = steps_create(&model->force, &force, err);
  }
  if (status == FCAST_OK) {
    draw_kernel(axes, outer, legend, model, &alignment, &force, true_radius);
  }
  fcast_free(alignment.x);
  fcast_free(force.x);
  return status;
}

fcast_status fcast_figure_field_kernel(const char *path, fcast_figure_format format, const fcast_field_model *model,
                                       double true_radius, fcast_error *err) {
  static const char *const equations[] = {
      "d = K∗P/|K∗P|, carried at order × speed",
      "d ∝ K∗P/|K∗P| + μ F/|F|, F = f∗ρ, carried at order × speed",
      "d = K∗P/|K∗P|, carried at order × |v + f∗ρ|",
  };
  fcast__figure figure = {0};
  char subtitle[192];
  (void)snprintf(subtitle, sizeof subtitle, "%s; %zu transitions of %zu runs", equations[model->force_kind],
                 model->n_transitions, model->n_runs);
  fcast_status status = fcast__figure_open(&figure, path, format, "What the field model has learned", subtitle, err);
  if (status == FCAST_OK) {
    fcast__record_columns(&figure.canvas.record, "series,distance (length),value,lo,hi");
    status = fcast__panel_kernel(&figure.axes, fcast__figure_box(), &figure.legend, model, true_radius, err);
    draw_strip(&figure.canvas, model, true_radius);
  }
  if (status == FCAST_OK) {
    status = fcast__figure_finish(&figure, err);
  }
  fcast__figure_clear(&figure);
  return status;
}

/* --- one step and many --- */

static double missing_of_rollout(const fcast_run_view *run, size_t i) {
  return run->field != NULL && i < run->field->n_forecast ? 1.0 - run->field->r2_lead[i] : (double)NAN;
}

static double missing_of_step(const fcast_run_view *run, size_t i) {
  return run->r2_one_step != NULL && i < run->scores->n_forecast ? 1.0 - run->r2_one_step[i] : (double)NAN;
}

static double missing_of_state(const fcast_run_view *run, size_t i) {
  return run->field != NULL && i < run->field->n_forecast ? 1.0 - run->field->r2_lead_pod[i] : (double)NAN;
}

static double missing_of_limit(const fcast_run_view *run, size_t i) {
  return run->r2_lead_limit != NULL && i < run->scores->n_forecast ? 1.0 - run->r2_lead_limit[i] : (double)NAN;
}

static const struct error_line {
  fcast__value_of value_of;
  fcast__thing thing;
  const char *label;
} error_lines[] = {
    {missing_of_state, FCAST__PROJECTION_LIMIT, "projection limit: no step, from the true agents"},
    {missing_of_step, FCAST__FIELD_MODEL, "field model, one step from the true agents of the frame before"},
    {missing_of_limit, FCAST__NOISE_LIMIT, "noise limit, from the last known frame"},
    {missing_of_rollout, FCAST__FIELD_MODEL, "field model, from the last known frame"},
};
enum { N_ERROR_LINES = sizeof error_lines / sizeof error_lines[0] };

/* One step is the field model too, but no forecast: dashed and paler. */
static fcast__line error_line(size_t k) {
  fcast__line line = fcast__line_of(fcast__look_of(error_lines[k].thing));
  if (error_lines[k].value_of == missing_of_step) {
    line.name = "field model, one step";
    line.stroke = FCAST__DASHED;
    line.colour = fcast__tint(line.colour, 0.6);
  }
  return line;
}

/* The frame, from the least to the largest median that is drawn, and a legend entry for each line. */
static void draw_errors(fcast__figure *figure, const fcast_run_view *longest, const double *leads,
                        const fcast__band bands[N_ERROR_LINES], size_t n) {
  double least = 1.0;
  double most = 1e-6;
  for (size_t k = 0; k < N_ERROR_LINES; k++) {
    for (size_t i = 0; i < n; i++) {
      least = bands[k].lo[i] > 0.0 ? fmin(least, bands[k].lo[i]) : least;
      most = isfinite(bands[k].hi[i]) ? fmax(most, bands[k].hi[i]) : most;
    }
  }
  figure->axes.x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = leads[n - 1] * 1.02};
  figure->axes.y = (fcast__range){.kind = FCAST__LOG, .lo = fmax(0.7 * least, 1e-8), .hi = fmin(1.4 * most, 1e3)};
  figure->axes.x_label = "lead: time since the last known frame";
  figure->axes.y_label = "1 − r² of a frame";
  fcast__figure_draw_axes(figure);
  fcast__record_columns(&figure->canvas.record, "series,lead (time),1 - r2 (median over runs),p10,p90");
  for (size_t k = 0; k < N_ERROR_LINES; k++) {
    if (error_lines[k].value_of == missing_of_limit && longest->r2_lead_limit == NULL) {
      continue;
    }
    fcast__line line = error_line(k);
    line.x = leads;
    line.y = bands[k].median;
    line.lo = bands[k].lo;
    line.hi = bands[k].hi;
    line.n = n;
    fcast__axes_line(&figure->axes, &line);
    fcast__legend_add(&figure->legend, FCAST__LEGEND_OF(&line), "%s", error_lines[k].label);
  }
  fcast__legend_add(&figure->legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    "Lines: median over runs. Bands: p10 to p90.");
}

fcast_status fcast_figure_field_errors(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                       size_t n_runs, fcast_error *err) {
  fcast_status status = fcast__views_check(runs, n_runs, err);
  if (status != FCAST_OK) {
    return status;
  }
  const fcast_run_view *longest = fcast__views_longest(runs, n_runs);
  const size_t n = longest->scores->n_forecast;
  const double *times = longest->truth->times + longest->scores->n_known;
  fcast__figure figure = {0};
  fcast__band bands[N_ERROR_LINES] = {{0}};
  char subtitle[64];
  double *leads = fcast_alloc_array(n, sizeof *leads);
  if (leads == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu leads", n);
  }
  for (size_t i = 0; i < n; i++) {
    leads[i] = times[i] - times[-1];
  }
  for (size_t k = 0; status == FCAST_OK && k < N_ERROR_LINES; k++) {
    status = fcast__band_over_runs(runs, n_runs, n, error_lines[k].value_of, &bands[k], err);
  }
  (void)snprintf(subtitle, sizeof subtitle, "%zu test run%s of all initial conditions", n_runs, n_runs == 1 ? "" : "s");
  if (status == FCAST_OK) {
    status = fcast__figure_open(&figure, path, format, "Where the field model goes wrong", subtitle, err);
  }
  if (status == FCAST_OK) {
    draw_errors(&figure, longest, leads, bands, n);
    status = fcast__figure_finish(&figure, err);
  }
  fcast__figure_clear(&figure);
  for (size_t k = 0; k < N_ERROR_LINES; k++) {
    fcast__band_clear(&bands[k]);
  }
  fcast_free(leads);
  return status;
}
