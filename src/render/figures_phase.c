/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"

#include <math.h>
#include <stdio.h>

static const double page_width = 475.0, panel_height = 150.0;

/* The panels; the last is there where forecasts were made. */
enum { POLARIZATION, SUSCEPTIBILITY, BINDER, FORECAST, N_PANELS };

static const char *const panel_labels[N_PANELS] = {"polarization", "susceptibility", "Binder cumulant",
                                                   "r² of the best model"};

static const char *const panel_names[N_PANELS] = {"polarization", "susceptibility", "Binder cumulant",
                                                  "r2 of the best model"}; /* in the table */

static fcast_measured estimate_of(const fcast_phase_diagram *diagram, size_t panel, size_t i) {
  const fcast_phase *phase = &diagram->phases[i];
  switch (panel) {
  case POLARIZATION:
    return phase->mean;
  case SUSCEPTIBILITY:
    return phase->susceptibility;
  case BINDER:
    return phase->binder;
  default:
    return diagram->r2[i];
  }
}

/* Slots of width 1 for names; else logarithmic where the values are positive and span two powers of ten. */
static fcast__range x_range(const fcast_phase_diagram *diagram) {
  double lo = INFINITY;
  double hi = -INFINITY;
  for (size_t i = 0; i < diagram->n_x; i++) {
    lo = fmin(lo, diagram->x[i]);
    hi = fmax(hi, diagram->x[i]);
  }
  if (diagram->x_names != NULL) {
    return (fcast__range){.kind = FCAST__LINEAR, .lo = lo - 0.5, .hi = hi + 0.5};
  }
  if (lo > 0.0 && hi >= 100.0 * lo) {
    return (fcast__range){.kind = FCAST__LOG, .lo = lo / 1.2, .hi = hi * 1.2};
  }
  const double margin = 0.03 * (hi - lo);
  return fcast__range_linear(lo - margin, hi + margin);
}

static fcast__range y_range(const fcast_phase_diagram *diagram, size_t panel) {
  double lo = 0.0;
  double hi = panel == SUSCEPTIBILITY ? 0.0 : panel == BINDER ? 0.7 : 1.0;
  for (size_t i = 0; i < diagram->n_x * diagram->n_lines; i++) {
    const fcast_measured e = estimate_of(diagram, panel, i);
    const double error = isfinite(e.error) ? e.error : 0.0;
    hi = isfinite(e.value) && panel == SUSCEPTIBILITY ? fmax(hi, e.value + error) : hi;
    lo = isfinite(e.value) && panel != SUSCEPTIBILITY ? fmin(lo, e.value - error) : lo;
  }
  lo = fmax(lo, -1.0); /* an unstable forecast must not flatten the others */
  return (fcast__range){.kind = FCAST__LINEAR, .lo = lo, .hi = hi > 0.0 ? 1.05 * hi : 1.0};
}

/* Where the parameter has names for values, they stand in its column. */
static void record_point(const fcast__axes *axes, const fcast_phase_diagram *diagram, size_t line, size_t i,
                         fcast_measured e) {
  const bool is_named = diagram->x_names != NULL;
  const char *const words[] = {axes->panel, diagram->names[line], is_named ? diagram->x_names[i] : ""};
  const double values[] = {diagram->x[i], e.value, e.error};
  fcast__record_row(&axes->canvas->record, words, is_named ? 3 : 2, values + (is_named ? 1 : 0), is_named ? 2 : 3);
}

/* Colours of many lines are near to each other: every other one is dotted then. */
static fcast__stroke stroke_of_line(const fcast_phase_diagram *diagram, size_t line) {
  enum { TOLD_APART = 4 };
  return diagram->n_lines > TOLD_APART && line % 2 == 1 ? FCAST__DOTTED : FCAST__SOLID;
}

static void draw_line(const fcast__axes *axes, const fcast_phase_diagram *diagram, size_t panel, size_t line,
                      double *values) {
  const fcast__rgb colour = fcast__colour_of_line(line, diagram->n_lines);
  for (size_t i = 0; i < diagram->n_x; i++) {
    const fcast_measured e = estimate_of(diagram, panel, line * diagram->n_x + i);
    values[i] = e.value;
    record_point(axes, diagram, line, i, e);
    if (isfinite(e.error)) {
      const double x[2] = {diagram->x[i], diagram->x[i]};
      const double y[2] = {e.value - e.error, e.value + e.error};
      fcast__axes_line(axes, &(fcast__line){.x = x, .y = y, .n = 2, .colour = colour, .width = 1.0});
    }
  }
  const bool is_joined = diagram->x_names == NULL; /* nothing is between two names */
  for (size_t i = 0; !is_joined && i < diagram->n_x; i++) {
    fcast__axes_dot(axes, diagram->x[i], values[i], 2.2, colour, 1.0);
  }
  if (is_joined) {
    fcast__axes_line(axes, &(fcast__line){.x = diagram->x,
                                          .y = values,
                                          .n = diagram->n_x,
                                          .colour = colour,
                                          .stroke = stroke_of_line(diagram, line),
                                          .width = 1.2,
                                          .markers = 1.8});
  }
}

static fcast__box panel_box(size_t place) {
  const double width = (page_width - 3.0 * FCAST__MARGIN) / 2.0;
  return (fcast__box){.x = FCAST__MARGIN + (double)(place % 2) * (width + FCAST__MARGIN),
                      .y = FCAST__HEADER + (double)(place / 2) * (panel_height + FCAST__MARGIN),
                      .width = width,
                      .height = panel_height};
}

/* The names under their slots, where numbers would stand. */
static void write_names(const fcast__axes *axes, const fcast_phase_diagram *diagram) {
  fcast__text_style style = FCAST__STYLE_TICK;
  style.max_width = axes->inner.width / (double)diagram->n_x - 3.0;
  for (size_t i = 0; i < diagram->n_x; i++) {
    char name[160];
    fcast__text_escape(diagram->x_names[i], name, sizeof name);
    (void)fcast__text_draw(axes->canvas, style, fcast__axes_x(axes, diagram->x[i]),
                           axes->inner.y + axes->inner.height + 4.0, 0.5, 0.0, name);
  }
}

static void draw_panel(fcast__canvas *canvas, const fcast_phase_diagram *diagram, size_t panel, double *values) {
  char label[160];
  fcast__text_escape(diagram->x_label, label, sizeof label);
  fcast__axes axes = {.canvas = canvas,
                      .x = x_range(diagram),
                      .y = y_range(diagram, panel),
                      .x_label = label,
                      .y_label = panel_labels[panel],
                      .x_categories = diagram->x_names != NULL,
                      .panel = panel_names[panel]};
  fcast__axes_draw(&axes, panel_box(panel));
  if (diagram->x_names != NULL) {
    write_names(&axes, diagram);
  }
  if (panel == BINDER) {
    fcast__axes_horizontal(&axes, 2.0 / 3.0, FCAST__COLOUR_NOTE, 0.7, FCAST__DASHED);
    fcast__axes_horizontal(&axes, 1.0 / 3.0, FCAST__COLOUR_NOTE, 0.7, FCAST__DASHED);
  }
  for (size_t line = 0; line < diagram->n_lines; line++) {
    draw_line(&axes, diagram, panel, line, values);
  }
}

static size_t count_named(const fcast_phase_diagram *diagram) {
  const size_t most_lines = FCAST__MAX_LEGEND - 2;
  return diagram->n_lines < most_lines ? diagram->n_lines : most_lines;
}

/* Behind the last panel. */
static void draw_legend(fcast__canvas *canvas, const fcast_phase_diagram *diagram, size_t place) {
  fcast__legend legend = {0};
  const size_t n_named = count_named(diagram);
  for (size_t line = 0; diagram->n_lines > 1 && line < n_named; line++) {
    char name[180];
    fcast__text_escape(diagram->names[line], name, sizeof name);
    fcast__legend_add(&legend, (fcast__legend_kind)stroke_of_line(diagram, line),
                      fcast__colour_of_line(line, diagram->n_lines), 1.0, "%s", name);
  }
  if (diagram->n_lines > n_named) {
    fcast__legend_add(&legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "and %zu more lines, lighter and lighter",
                      diagram->n_lines - n_named);
  }
  fcast__legend_add(&legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_NOTE, 1.0,
                    "Binder cumulant: 2/3 where order is perfect, 1/3 for many agents without any");
  const fcast__box box = panel_box(place);
  fcast__legend_draw(canvas, &legend, box.x + FCAST__MARGIN, box.y + 6.0, box.width - FCAST__MARGIN);
}

fcast_status fcast_figure_phase_diagram(const char *path, fcast_figure_format format,
                                        const fcast_phase_diagram *diagram, fcast_error *err) {
  if (diagram->n_x == 0 || diagram->n_lines == 0) {
    return fcast_fail(err, FCAST_E_ARG, "%s: there is no point to draw", path);
  }
  const size_t n_panels = diagram->r2 != NULL ? N_PANELS : N_PANELS - 1;
  /* the legend takes the place of the fourth panel, or stands below */
  const double below = diagram->r2 != NULL ? 15.0 * (double)(count_named(diagram) + 3) : 0.0;
  fcast__canvas canvas = {0};
  double *values = fcast_alloc_array(diagram->n_x, sizeof *values);
  fcast_status status =
      values == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu points", diagram->n_x)
          : fcast__canvas_open(&canvas, path, format, page_width,
                               FCAST__HEADER + 2.0 * (panel_height + FCAST__MARGIN) + below + FCAST__MARGIN, err);
  if (status == FCAST_OK) {
    fcast__title_draw(&canvas, FCAST__MARGIN, 6.0, page_width - 2.0 * FCAST__MARGIN, "Phase diagram",
                      diagram->subtitle);
    char columns[192];
    (void)snprintf(columns, sizeof columns, "panel,series,%s,value,standard error", diagram->x_label);
    fcast__record_columns(&canvas.record, columns);
    for (size_t panel = 0; panel < n_panels; panel++) {
      draw_panel(&canvas, diagram, panel, values);
    }
    draw_legend(&canvas, diagram, n_panels);
    status = fcast__canvas_finish(&canvas, err);
  }
  fcast__canvas_clear(&canvas);
  fcast_free(values);
  return status;
}
