/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/view.h"

#include <math.h>
#include <stdio.h>

/* --- r2 against lead time --- */

static double lead_value(const fcast_scores *scores, const double *values, size_t i) {
  return scores != NULL && i < scores->n_forecast ? values[i] : (double)NAN;
}

static double forecast_of(const fcast_run_view *run, size_t i) {
  return lead_value(run->scores, run->scores->r2_lead, i);
}

static double other_lead(const fcast_run_view *run, size_t k, size_t i) {
  return k < run->n_others ? lead_value(run->others[k].scores, run->others[k].scores->r2_lead, i) : (double)NAN;
}

static double first_other_of(const fcast_run_view *run, size_t i) {
  return other_lead(run, 0, i);
}

static double second_other_of(const fcast_run_view *run, size_t i) {
  return other_lead(run, 1, i);
}

static double persistence_of(const fcast_run_view *run, size_t i) {
  return lead_value(run->scores, run->scores->r2_lead_persistence, i);
}

static double projection_of(const fcast_run_view *run, size_t i) {
  return lead_value(run->scores, run->scores->r2_lead_pod, i);
}

static double limit_of(const fcast_run_view *run, size_t i) {
  return run->r2_lead_limit != NULL ? lead_value(run->scores, run->r2_lead_limit, i) : (double)NAN;
}

/* Everything that is drawn as a line with a band, the forecast last and on top. */
enum { LEAD_PROJECTION, LEAD_LIMIT, LEAD_PERSISTENCE, LEAD_SECOND_OTHER, LEAD_OTHER, LEAD_FORECAST, N_LEAD_SERIES };

typedef struct lead_page {
  fcast__figure figure;
  const fcast_run_view *longest;
  double *leads; /* [n]: time since the last known frame */
  double *edge;  /* [n]: of the band expected */
  size_t n, n_runs;
  fcast__band bands[N_LEAD_SERIES];
} lead_page;

static fcast_status collect(lead_page *page, const fcast_run_view *runs, fcast_error *err) {
  static const fcast__value_of values[N_LEAD_SERIES] = {projection_of,   limit_of,       persistence_of,
                                                        second_other_of, first_other_of, forecast_of};
  const double *times = page->longest->truth->times + page->longest->scores->n_known;
  page->leads = fcast_alloc_array(page->n, sizeof *page->leads);
  page->edge = fcast_alloc_array(page->n, sizeof *page->edge);
  fcast_status status = page->leads == NULL || page->edge == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu leads", page->n)
                            : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < page->n; i++) {
    page->leads[i] = times[i] - times[-1];
  }
  for (size_t k = 0; status == FCAST_OK && k < N_LEAD_SERIES; k++) {
    status = fcast__band_over_runs(runs, page->n_runs, page->n, values[k], &page->bands[k], err);
  }
  return status;
}

static void draw_series(lead_page *page, size_t k, const char *label) {
  const fcast__rgb colours[N_LEAD_SERIES] = {FCAST__COLOUR_PROJECTION,   FCAST__COLOUR_LIMIT, FCAST__COLOUR_PERSISTENCE,
                                             FCAST__COLOUR_SECOND_OTHER, FCAST__COLOUR_OTHER, FCAST__COLOUR_FORECAST};
  static const double dashes[N_LEAD_SERIES] = {1.5, 1.5, 4.5, 0.0, 0.0, 0.0};
  const fcast__band *band = &page->bands[k];
  if (page->n_runs > 1) {
    fcast__axes_band(&page->figure.axes, page->leads, band->lo, band->hi, band->n, colours[k], 0.15);
  }
  fcast__axes_line(&page->figure.axes, &(fcast__line){.x = page->leads,
                                                      .y = band->median,
                                                      .n = band->n,
                                                      .colour = colours[k],
                                                      .width = 1.8,
                                                      .dash = dashes[k],
                                                      .markers = band->n < FCAST__DENSE_FRAMES ? 1.8 : 0.0});
  fcast__legend_add(&page->figure.legend,
                    dashes[k] == 0.0   ? FCAST__LEGEND_LINE
                    : dashes[k] == 1.5 ? FCAST__LEGEND_DOTTED
                                       : FCAST__LEGEND_DASHED,
                    colours[k], 1.0, "%s", label);
}

/* The outline of p10 to p90 over judged training runs. */
static void draw_expected(lead_page *page, const fcast_run_view *run) {
  const size_t n = run->n_expected < page->n ? run->n_expected : page->n;
  for (size_t k = 0; k < 3; k += 2) {
    for (size_t i = 0; i < n; i++) {
      page->edge[i] = run->expected_r2[3 * i + k];
    }
    fcast__axes_line(
        &page->figure.axes,
        &(fcast__line){
            .x = page->leads, .y = page->edge, .n = n, .colour = FCAST__COLOUR_NOTE, .width = 0.9, .dash = 2.5});
  }
  fcast__legend_add(&page->figure.legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_NOTE, 1.0,
                    "expected from training runs (p10 to p90)");
}

/* Where the median of the forecast first falls below the threshold. */
static void draw_horizon(lead_page *page) {
  const fcast__band *band = &page->bands[LEAD_FORECAST];
  size_t i = 0;
  while (i < band->n && band->median[i] >= FCAST_HORIZON_R2) {
    i++;
  }
  fcast__axes_horizontal(&page->figure.axes, FCAST_HORIZON_R2, FCAST__COLOUR_TOLERANCE, 0.9, 3.0);
  if (i < band->n) {
    fcast__axes_vertical(&page->figure.axes, page->leads[i], FCAST__COLOUR_TOLERANCE, 0.9, 3.0);
    fcast__legend_add(&page->figure.legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0,
                      "horizon: r² below %.1f from lead %.3g on", FCAST_HORIZON_R2, page->leads[i]);
  } else {
    fcast__legend_add(&page->figure.legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0,
                      "r² = %.1f: the horizon is beyond the end", FCAST_HORIZON_R2);
  }
}

static void draw_leads(lead_page *page) {
  fcast__figure *figure = &page->figure;
  const double last = page->leads[page->n - 1];
  figure->axes.x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = last * 1.02};
  figure->axes.y = (fcast__range){.kind = FCAST__LINEAR, .lo = -1.0, .hi = 1.05};
  figure->axes.x_label = "lead: time since the last known frame";
  figure->axes.y_label = "r² of a frame";
  fcast__figure_draw_axes(figure);
  fcast__axes_horizontal(&figure->axes, 0.0, FCAST__COLOUR_MEAN, 1.0, 4.0);
  const fcast_run_view *run = page->longest;
  draw_series(page, LEAD_PROJECTION, fcast__view_limit(run));
  if (run->r2_lead_limit != NULL) {
    draw_series(page, LEAD_LIMIT, "noise limit (simulated on from the true particles)");
  }
  draw_series(page, LEAD_PERSISTENCE, "persistence (last known frame held)");
  for (size_t k = run->n_others; k-- > 0;) {
    draw_series(page, k == 0 ? LEAD_OTHER : LEAD_SECOND_OTHER, run->others[k].model);
  }
  draw_series(page, LEAD_FORECAST, run->model != NULL ? run->model : "forecast");
  if (run->n_expected > 0) {
    draw_expected(page, run);
  }
  fcast__legend_add(&figure->legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_MEAN, 1.0, "training mean: r² = 0");
  draw_horizon(page);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    page->n_runs > 1 ? "Lines: median over runs. Bands: p10 to p90. Cut at \u22121."
                                     : "One run. Cut at \u22121.");
}

fcast_status fcast_figure_r2_by_lead(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                     size_t n_runs, fcast_error *err) {
  fcast_status status = fcast__views_check(runs, n_runs, err);
  if (status != FCAST_OK) {
    return status;
  }
  const fcast_run_view *longest = fcast__views_longest(runs, n_runs);
  lead_page page = {.longest = longest, .n = longest->scores->n_forecast, .n_runs = n_runs};
  char subtitle[64];
  (void)snprintf(subtitle, sizeof subtitle, "%zu test run%s of all initial conditions", n_runs, n_runs == 1 ? "" : "s");
  status = collect(&page, runs, err);
  if (status == FCAST_OK) {
    status = fcast__figure_open(&page.figure, path, format, "How far ahead the forecast is of use", subtitle, err);
  }
  if (status == FCAST_OK) {
    draw_leads(&page);
    status = fcast__figure_finish(&page.figure, err);
  }
  fcast__figure_clear(&page.figure);
  for (size_t k = 0; k < N_LEAD_SERIES; k++) {
    fcast__band_clear(&page.bands[k]);
  }
  fcast_free(page.leads);
  fcast_free(page.edge);
  return status;
}

/* --- the search --- */

/* A basis with a state: one line of the picture. */
typedef struct family {
  fcast_basis basis;
  size_t n_moments;
  const char *label;
} family;

static const family families[] = {
    {FCAST_BASIS_POD, 0, "POD, density"},
    {FCAST_BASIS_POD, 1, "POD, density and momentum"},
    {FCAST_BASIS_POD, 2, "POD, momentum and nematic tensor"},
    {FCAST_BASIS_FOURIER, 0, "Fourier, density"},
    {FCAST_BASIS_FOURIER, 1, "Fourier, density and momentum"},
    {FCAST_BASIS_FOURIER, 2, "Fourier, momentum and nematic tensor"},
    {FCAST_BASIS_ALIGNED, 0, "aligned, density"},
};

/* Colours are the state's, dashes the basis's. */
static fcast__rgb family_colour(const family *f) {
  const fcast__rgb colours[] = {FCAST__COLOUR_PERSISTENCE, FCAST__COLOUR_PROJECTION, FCAST__COLOUR_FORECAST};
  return colours[f->n_moments];
}

static bool is_of(const fcast_candidate *c, const family *f) {
  return c->basis == f->basis && c->n_moments == f->n_moments;
}

/* The best candidate of a family with the fewest modes above `n_modes`; NULL where there is none. */
static const fcast_candidate *next_point(const fcast_selection *selection, const family *f, size_t n_modes) {
  const fcast_candidate *next = NULL;
  for (size_t i = 0; i < selection->n_candidates; i++) {
    const fcast_candidate *c = &selection->candidates[i];
    if (is_of(c, f) && c->n_modes > n_modes &&
        (next == NULL || c->n_modes < next->n_modes || (c->n_modes == next->n_modes && c->r2 > next->r2))) {
      next = c;
    }
  }
  return next;
}

enum { MOST_POINTS = 32 };

static void draw_family(fcast__figure *figure, const fcast_selection *selection, const family *f) {
  double modes[MOST_POINTS], r2[MOST_POINTS], lo[MOST_POINTS], hi[MOST_POINTS];
  size_t n = 0;
  for (const fcast_candidate *c = next_point(selection, f, 0); c != NULL && n < MOST_POINTS;
       c = next_point(selection, f, c->n_modes)) {
    modes[n] = (double)c->n_modes;
    r2[n] = isfinite(c->r2) ? c->r2 : (double)NAN;
    lo[n] = c->r2 - c->standard_error;
    hi[n] = c->r2 + c->standard_error;
    n++;
  }
  if (n > 0) {
    fcast__axes_band(&figure->axes, modes, lo, hi, n, family_colour(f), 0.2);
    fcast__axes_line(&figure->axes, &(fcast__line){.x = modes,
                                                   .y = r2,
                                                   .n = n,
                                                   .colour = family_colour(f),
                                                   .width = 1.6,
                                                   .dash = f->basis == FCAST_BASIS_POD ? 4.5 : 0.0,
                                                   .markers = 1.8});
    fcast__legend_add(&figure->legend, f->basis == FCAST_BASIS_POD ? FCAST__LEGEND_DASHED : FCAST__LEGEND_LINE,
                      family_colour(f), 1.0, "%s", f->label);
  }
}

static void mark(fcast__figure *figure, const fcast_candidate *c, const char *what, fcast__rgb colour, double radius) {
  fcast__axes_dot(&figure->axes, (double)c->n_modes, c->r2, radius, colour, 1.0);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_DOT, colour, 1.0, "%s: r² %.3f, %zu modes, lag %zu, ridge %.3g",
                    what, c->r2, c->n_modes, c->lag, c->ridge_alpha);
}

static void draw_selection(fcast__figure *figure, const fcast_selection *selection) {
  const fcast_candidate *best = &selection->candidates[selection->best];
  size_t most_modes = 1;
  for (size_t i = 0; i < selection->n_candidates; i++) {
    most_modes = selection->candidates[i].n_modes > most_modes ? selection->candidates[i].n_modes : most_modes;
  }
  figure->axes.x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.05 * (double)most_modes};
  figure->axes.y = (fcast__range){.kind = FCAST__LINEAR, .lo = fmin(-0.2, best->r2 - 0.2), .hi = fmax(1.0, best->r2)};
  figure->axes.x_label = "modes of the density";
  figure->axes.y_label = "r² of held-out runs, closed loop";
  fcast__figure_draw_axes(figure);
  fcast__axes_horizontal(&figure->axes, best->r2 - best->standard_error, FCAST__COLOUR_TOLERANCE, 0.9, 3.0);
  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
    draw_family(figure, selection, &families[i]);
  }
  mark(figure, best, "best", FCAST__COLOUR_TEXT, 3.0);
  mark(figure, &selection->candidates[selection->chosen], "chosen", FCAST__COLOUR_OTHER, 4.0);
  fcast__legend_add(&figure->legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0,
                    "one standard error below the best: the simplest above it is chosen");
  fcast__legend_add(&figure->legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    "Points: the best lag and penalty. Bands: one standard error over runs.");
}

fcast_status fcast_figure_selection(const char *path, fcast_figure_format format, const fcast_selection *selection,
                                    fcast_error *err) {
  if (selection->n_candidates == 0) {
    return fcast_fail(err, FCAST_E_ARG, "%s: there is no candidate to draw", path);
  }
  fcast__figure figure = {0};
  char subtitle[96];
  (void)snprintf(subtitle, sizeof subtitle, "%zu candidates, cross-validated over training runs",
                 selection->n_candidates);
  fcast_status status = fcast__figure_open(&figure, path, format, "The choice of a model", subtitle, err);
  if (status == FCAST_OK) {
    draw_selection(&figure, selection);
    status = fcast__figure_finish(&figure, err);
  }
  fcast__figure_clear(&figure);
  return status;
}
