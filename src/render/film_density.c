/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/film.h"
#include "render/image.h"

#include <math.h>
#include <stdio.h>

static const double left = 52.0, top = 52.0, strip_height = 84.0, largest_map = 192.0, bar_room = 84.0;

typedef struct density_film {
  fcast__film film;
  fcast__extent extent;
  fcast__palette palette;
  fcast__outside outside;
  fcast__box truth, other, forecast; /* the maps; `other` is empty where there is none */
  fcast__axes strip;                 /* errors against time under them */
  double *e2, *persistence;          /* [n_forecast], as fcast__error_drawn */
  double *other_e2;                  /* the same of the model between, or NULL */
} density_film;

/* The errors under the maps, the model of the film last and on top. */
enum { PERSISTENCE, OTHER, OWN, N_CURVES };

/* The line of one of them; `y` is NULL where there is none. */
static fcast__line curve_of(const density_film *film, size_t kind) {
  const fcast_run_view *run = film->film.run;
  fcast__line line = kind == PERSISTENCE ? fcast__line_of(fcast__look_of(FCAST__PERSISTENCE))
                     : kind == OWN       ? fcast__line_of_model(run->model)
                                         : fcast__line_of_model(film->other_e2 != NULL ? run->others[0].model : NULL);
  line.x = run->truth->times + run->scores->n_known;
  line.y = kind == PERSISTENCE ? film->persistence : kind == OWN ? film->e2 : film->other_e2;
  line.n = run->scores->n_forecast;
  line.width = kind == PERSISTENCE ? 1.3 : 1.6;
  line.markers = line.n == 1 ? 2.0 : 0.0;
  return line;
}

/* The model between truth and forecast; NULL where there is none. */
static const fcast_other_view *other_of(const fcast_run_view *run) {
  return run->n_others > 0 && run->others[0].prediction != NULL ? &run->others[0] : NULL;
}

static void draw_strip(density_film *film, fcast__canvas *canvas, fcast__box outer) {
  fcast__bounds bounds;
  fcast__bounds_init(&bounds);
  for (size_t kind = 0; kind < N_CURVES; kind++) {
    const fcast__line line = curve_of(film, kind);
    fcast__bounds_add(&bounds, line.y, line.y != NULL ? line.n : 0);
  }
  film->strip = (fcast__axes){.canvas = canvas,
                              .x = fcast__view_times(film->film.run),
                              .y = fcast__bounds_axis(&bounds),
                              .x_label = "t (time)",
                              .y_label = "e<sub>2</sub>"};
  fcast__axes_draw(&film->strip, outer);
  fcast__view_mark_known(&film->strip, film->film.run, &(fcast__legend){0});
  for (size_t kind = 0; kind < N_CURVES; kind++) {
    const fcast__line line = curve_of(film, kind);
    if (line.y != NULL) {
      fcast__axes_line(&film->strip, &line);
      (void)fcast__axes_mark_above(&film->strip, line.x, line.y, line.n, line.colour);
    }
  }
}

static void draw_background(density_film *film, double width, double height) {
  fcast__canvas *canvas = &film->film.background;
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.bold = true;
  (void)fcast__text_draw(canvas, style, film->truth.x + film->truth.width / 2.0, film->truth.y - 3.0, 0.5, 1.0,
                         "truth");
  fcast__map_axes(canvas, film->truth, film->extent, true, true);
  if (film->other.width > 0.0) {
    fcast__map_axes(canvas, film->other, film->extent, true, false);
  }
  fcast__map_axes(canvas, film->forecast, film->extent, true, false);
  fcast__colour_bar(canvas,
                    (fcast__box){.x = film->forecast.x + film->forecast.width + 14.0,
                                 .y = film->truth.y,
                                 .height = fmax(film->truth.height, FCAST__DENSITY_BAR)},
                    &film->palette, film->outside, FCAST__DENSITY_LABEL);
  draw_strip(
      film, canvas,
      (fcast__box){.x = 8.0, .y = height - strip_height, .width = width - 8.0 - 130.0, .height = strip_height - 6.0});
}

/* The errors of this frame at the right of the strip, in the order of the maps; a known frame has none. */
static void draw_errors(density_film *film, size_t i) {
  fcast__canvas *canvas = &film->film.frame;
  const fcast_run_view *run = film->film.run;
  const bool known = i < run->scores->n_known;
  fcast__legend legend = {0};
  if (known) {
    fcast__legend_add(&legend, FCAST__LEGEND_PATCH, FCAST__COLOUR_KNOWN, 1.0, "known frame: no error");
  } else {
    fcast__legend_add(&legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "relative error e<sub>2</sub>");
  }
  static const size_t order[N_CURVES] = {OTHER, OWN, PERSISTENCE};
  for (size_t k = 0; k < N_CURVES; k++) {
    const fcast__line line = curve_of(film, order[k]);
    char number[96] = "";
    if (line.y != NULL && !known) {
      const double error = line.y[i - run->scores->n_known];
      fcast__text_number(error < FCAST__HUGE ? error : HUGE_VAL, number, sizeof number);
    }
    if (line.y != NULL) {
      fcast__legend_add(&legend, FCAST__LEGEND_OF(&line), known ? "e<sub>2</sub> %s%s" : "%s %s", line.name, number);
    }
  }
  fcast__legend_draw(canvas, &legend, canvas->width - 126.0, film->strip.inner.y, 120.0);
}

static void draw_cursor(density_film *film, size_t i) {
  const fcast_run_view *run = film->film.run;
  const double time = run->truth->times[i];
  fcast__axes strip = film->strip;
  strip.canvas = &film->film.frame;
  fcast__axes_vertical(&strip, time, FCAST__COLOUR_TEXT, 1.0, FCAST__SOLID);
  for (size_t kind = 0; kind < N_CURVES && i >= run->scores->n_known; kind++) {
    const fcast__line line = curve_of(film, kind);
    if (line.y != NULL) {
      fcast__axes_dot(&strip, time, line.y[i - run->scores->n_known], 2.6, line.colour, 1.0);
    }
  }
}

/* The map of a model: the truth while it is known, then what the model predicts. */
static void draw_model(density_film *film, size_t i, fcast__box box, const double *prediction, const char *model) {
  const fcast__line line = fcast__line_of_model(model);
  fcast__canvas *canvas = &film->film.frame;
  const fcast_run_view *run = film->film.run;
  const size_t n_space = fcast_fields_n_space(run->truth);
  const bool known = i < run->scores->n_known;
  const fcast__field field = {.values = known ? run->truth->rho + i * n_space
                                              : prediction + (i - run->scores->n_known) * n_space,
                              .ny = run->truth->ny,
                              .nx = run->truth->nx,
                              .stride = 1};
  fcast__field_draw(canvas, box, field, &film->palette);
  fcast__stroke_box(canvas, box, known ? FCAST__COLOUR_AXIS : line.colour, known ? 0.7 : 2.0);
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.bold = true;
  style.colour = known ? FCAST__COLOUR_NOTE : line.colour;
  (void)fcast__text_draw(canvas, style, box.x + box.width / 2.0, box.y - 3.0, 0.5, 1.0,
                         known ? "given to the model" : line.name);
}

static void draw_frame(void *context, size_t i) {
  density_film *film = context;
  fcast__canvas *canvas = &film->film.frame;
  const fcast_run_view *run = film->film.run;
  const size_t n_space = fcast_fields_n_space(run->truth);
  const fcast__field field = {
      .values = run->truth->rho + i * n_space, .ny = run->truth->ny, .nx = run->truth->nx, .stride = 1};
  fcast__field_draw(canvas, film->truth, field, &film->palette);
  fcast__stroke_box(canvas, film->truth, FCAST__COLOUR_AXIS, 0.7);
  if (film->other.width > 0.0) {
    draw_model(film, i, film->other, other_of(run)->prediction, other_of(run)->model);
  }
  draw_model(film, i, film->forecast, run->prediction, run->model);
  draw_cursor(film, i);
  draw_errors(film, i);
}

static fcast_status prepare(density_film *film, const fcast_run_view *run, fcast_error *err) {
  const size_t n = run->scores->n_forecast;
  const size_t n_values = n * fcast_fields_n_space(run->truth);
  const fcast_other_view *other = other_of(run);
  film->e2 = fcast_alloc_array(n, sizeof *film->e2);
  film->persistence = fcast_alloc_array(n, sizeof *film->persistence);
  film->other_e2 = other != NULL ? fcast_alloc_array(n, sizeof *film->other_e2) : NULL;
  if (film->e2 == NULL || film->persistence == NULL || (other != NULL && film->other_e2 == NULL)) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the errors of %zu frames", n);
  }
  film->extent = fcast__extent_of(run->truth);
  film->palette = fcast__palette_of_truth(run->truth);
  fcast__outside_scan(&film->palette, run->prediction, n_values, &film->outside);
  for (size_t i = 0; i < n; i++) {
    film->e2[i] = fcast__e2_of(run, i);
    film->persistence[i] = fcast__persistence_of(run, i);
  }
  if (other != NULL) {
    fcast__outside_scan(&film->palette, other->prediction, n_values, &film->outside);
    for (size_t i = 0; i < n; i++) {
      film->other_e2[i] = fcast__error_drawn(other->scores->e2[i]);
    }
  }
  return FCAST_OK;
}

/* Whose forecast it is, how good over all its frames, and what that is to be compared with. */
static void describe(const fcast_run_view *run, char *text, size_t size) {
  char own[96], held[96], basis[96], limit[96] = "", number[96], other[160] = "";
  fcast__text_number(run->scores->r2, own, sizeof own);
  fcast__text_number(run->scores->r2_persistence, held, sizeof held);
  fcast__text_number(run->scores->r2_pod, basis, sizeof basis);
  if (run->r2_lead_limit != NULL) {
    fcast__text_number(run->r2_limit, limit, sizeof limit);
  }
  if (run->n_others > 0) {
    fcast__text_number(run->others[0].scores->r2, number, sizeof number);
    (void)snprintf(other, sizeof other, ", %s %s", run->others[0].model, number);
  }
  (void)snprintf(text, size, "%s: r² %s%s · persistence %s, training mean 0, projection limit %s%s%s",
                 run->model != NULL ? run->model : "forecast", own, other, held, basis,
                 limit[0] != '\0' ? ", noise limit " : "", limit);
}

fcast_status fcast_film_density(const char *path, const fcast_run_view *run, fcast_error *err) {
  fcast_status status = fcast__view_check_fields(run, err);
  if (status != FCAST_OK) {
    return status;
  }
  density_film film = {0};
  status = prepare(&film, run, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  const fcast__box map = fcast__extent_fit(film.extent, largest_map, largest_map);
  const double slot = fmax(map.width, 110.0);
  film.truth = (fcast__box){.x = left + (slot - map.width) / 2.0, .y = top, .width = map.width, .height = map.height};
  film.forecast = film.truth;
  const size_t n_models = other_of(run) != NULL ? 2 : 1;
  if (n_models > 1) {
    film.other = film.truth;
    film.other.x += slot + 20.0;
  }
  film.forecast.x += (double)n_models * (slot + 20.0);
  const double width = left + slot + (double)n_models * (slot + 20.0) + bar_room;
  const double height = top + fmax(map.height, FCAST__DENSITY_BAR - 12.0) + 36.0 + strip_height;
  char what[512];
  describe(run, what, sizeof what);
  status = fcast__film_open(&film.film, run, what, width, height, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  draw_background(&film, width, height);
  status = fcast__film_encode(&film.film, path, draw_frame, &film, err);
cleanup:
  fcast__film_clear(&film.film);
  fcast_free(film.e2);
  fcast_free(film.persistence);
  fcast_free(film.other_e2);
  return status;
}
