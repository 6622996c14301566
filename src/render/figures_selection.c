/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"

#include <math.h>
#include <stdio.h>

/* A basis with a state: one line of the picture. */
typedef struct family {
  fcast_basis basis;
  size_t n_moments;
  const char *label;
} family;

static const family families[] = {
    {FCAST_BASIS_POD, 0, "POD: density"},
    {FCAST_BASIS_POD, 1, "POD: density and momentum"},
    {FCAST_BASIS_POD, 2, "POD: density with momentum and nematic tensor"},
    {FCAST_BASIS_FOURIER, 0, "Fourier: density"},
    {FCAST_BASIS_FOURIER, 1, "Fourier: density and momentum"},
    {FCAST_BASIS_FOURIER, 2, "Fourier: density with momentum and nematic tensor"},
    {FCAST_BASIS_ALIGNED, 0, "aligned: density"},
};

enum { N_STATES = 3 };

/* Colours are the state's, strokes the basis's. */
static fcast__line line_of_family(const family *f) {
  return (fcast__line){.name = f->label,
                       .colour = fcast__colour_of_line(f->n_moments, N_STATES),
                       .stroke = f->basis == FCAST_BASIS_POD ? FCAST__DASHED : FCAST__SOLID,
                       .width = 1.6,
                       .markers = 1.8,
                       .band = 0.2};
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
    fcast__line line = line_of_family(f);
    line.x = modes;
    line.y = r2;
    line.lo = lo;
    line.hi = hi;
    line.n = n;
    fcast__axes_line(&figure->axes, &line);
    fcast__legend_add(&figure->legend, FCAST__LEGEND_OF(&line), "%s", f->label);
  }
}

static void mark(fcast__figure *figure, const fcast_candidate *c, const char *what, fcast__rgb colour, double radius) {
  fcast__axes_dot(&figure->axes, (double)c->n_modes, c->r2, radius, colour, 1.0);
  fcast__axes_record(&figure->axes, what,
                     (const double[4]){(double)c->n_modes, c->r2, c->r2 - c->standard_error, c->r2 + c->standard_error},
                     4);
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
  fcast__axes_horizontal(&figure->axes, best->r2 - best->standard_error, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DASHED);
  fcast__record_columns(&figure->canvas.record, "series,modes,r2 of held-out runs,lo,hi");
  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
    draw_family(figure, selection, &families[i]);
  }
  mark(figure, best, "best", FCAST__COLOUR_TEXT, 3.0);
  mark(figure, &selection->candidates[selection->chosen], "chosen", fcast__look_of(FCAST__CHOSEN_MODEL)->colour, 4.0);
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
