/* SPDX-License-Identifier: MIT */
#include "render/film.h"

#include "render/video.h"

#include <math.h>

static const double pixels_per_point = 2.0, margin = 9.0;
enum { LEAST_SECONDS = 5, MOST_SECONDS = 12, LEAST_RATE = 4, MOST_RATE = 25 };

int fcast__film_rate(size_t n_frames) {
  const double seconds = fmin(fmax((double)n_frames / 10.0, LEAST_SECONDS), MOST_SECONDS);
  /* Whole numbers, on the side that keeps the film between its limits. */
  const double exact = (double)n_frames / seconds;
  const double rate = seconds < MOST_SECONDS ? floor(exact + 1e-9) : ceil(exact - 1e-9);
  return (int)fmin(fmax(rate, LEAST_RATE), MOST_RATE);
}

size_t fcast__film_repeats(size_t i, size_t n_frames) {
  const size_t n_least = (size_t)LEAST_SECONDS * (size_t)fcast__film_rate(n_frames);
  if (n_frames >= n_least) {
    return 1;
  }
  const size_t each = n_least / n_frames;
  return i + 1 < n_frames ? each : n_least - each * (n_frames - 1); /* the last one is held for what is missing */
}

fcast_status fcast__film_open(fcast__film *film, const fcast_run_view *run, const char *what, double width,
                              double height, fcast_error *err) {
  *film = (fcast__film){.run = run, .known_badge = "known", .forecast_badge = "forecast"};
  fcast_status status = fcast__canvas_open_frame(&film->background, width, height, pixels_per_point, err);
  if (status == FCAST_OK) {
    status = fcast__canvas_open_frame(&film->frame, width, height, pixels_per_point, err);
  }
  if (status != FCAST_OK) {
    fcast__film_clear(film);
    return status;
  }
  char name[512];
  fcast__view_name(run, name, sizeof name);
  fcast__title_draw(&film->background, margin, 6.0, width - 2.0 * margin - 120.0, name, what);
  return FCAST_OK;
}

void fcast__film_clear(fcast__film *film) {
  fcast__canvas_clear(&film->background);
  fcast__canvas_clear(&film->frame);
}

static void start_frame(fcast__film *film) {
  cairo_t *cairo = film->frame.cairo;
  cairo_set_source_surface(cairo, film->background.surface, 0.0, 0.0);
  cairo_set_operator(cairo, CAIRO_OPERATOR_SOURCE);
  cairo_paint(cairo);
  cairo_set_operator(cairo, CAIRO_OPERATOR_OVER);
}

/* Time and period at the top right. */
static void draw_time(fcast__film *film, size_t i) {
  fcast__canvas *canvas = &film->frame;
  char time[64], text[96];
  fcast__view_time(film->run, i, time, sizeof time);
  (void)snprintf(text, sizeof text, "t = %s", time);
  const double right = canvas->width - margin;
  const fcast__box box = fcast__text_draw(canvas, FCAST__STYLE_TITLE, right, 6.0, 1.0, 0.0, text);
  const bool known = i < film->run->scores->n_known;
  if (film->known_badge == NULL) {
    return;
  }
  fcast__badge_draw(canvas, right, 6.0 + box.height + 9.0,
                    known ? FCAST__COLOUR_KNOWN : fcast__line_of_model(film->run->model).colour,
                    known ? FCAST__COLOUR_TEXT : (fcast__rgb){1.0, 1.0, 1.0},
                    known ? film->known_badge : film->forecast_badge);
}

fcast_status fcast__film_encode(fcast__film *film, const char *path, fcast__film_draw draw, void *context,
                                fcast_error *err) {
  cairo_surface_t *surface = film->frame.surface;
  const size_t n_frames = film->run->truth->n_frames;
  fcast__video *video = NULL;
  fcast_status status = fcast__canvas_check(&film->background, err);
  if (status != FCAST_OK) {
    return status;
  }
  status = fcast__video_create(&video, path, cairo_image_surface_get_width(surface),
                               cairo_image_surface_get_height(surface), fcast__film_rate(n_frames), err);
  for (size_t i = 0; i < n_frames && status == FCAST_OK; i++) {
    start_frame(film);
    draw_time(film, i);
    draw(context, i);
    status = fcast__canvas_check(&film->frame, err);
    if (status == FCAST_OK) {
      cairo_surface_flush(surface);
      status = fcast__video_add(video, (const uint32_t *)(const void *)cairo_image_surface_get_data(surface),
                                (size_t)cairo_image_surface_get_stride(surface) / sizeof(uint32_t),
                                fcast__film_repeats(i, n_frames), err);
    }
  }
  if (status == FCAST_OK) {
    status = fcast__video_finish(video, err);
  }
  fcast__video_free(video);
  return status;
}
