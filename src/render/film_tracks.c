/* SPDX-License-Identifier: MIT */
#include "flockcast/recording.h"
#include "flockcast/render.h"

#include "render/film.h"
#include "render/image.h"

#include <math.h>

static const double left = 48.0, top = 46.0, largest_map = 284.0, side_room = 74.0;

enum {
  N_HUES = 48,    /* arrows of one hue are filled together: 2,000 particles cost no more than 48 */
  N_TAIL = 8,     /* frames that a tail reaches back */
  NO_HUE = N_HUES /* at rest, or not finite */
};

typedef struct tracks_film {
  fcast__film film;
  fcast__extent extent;
  fcast__box map;
  double arrow; /* length in points */
} tracks_film;

static const double *position_of(const tracks_film *film, size_t frame, size_t i_agent) {
  const fcast_tracks *tracks = film->film.run->tracks;
  return tracks->positions + 2 * (frame * tracks->n_agents + i_agent);
}

static double point_x(const tracks_film *film, double x) {
  return film->map.x + film->map.width * (x - film->extent.x0) / (film->extent.x1 - film->extent.x0);
}

static double point_y(const tracks_film *film, double y) {
  return film->map.y + film->map.height * (film->extent.y1 - y) / (film->extent.y1 - film->extent.y0);
}

/* The direction of motion, y upwards; false for a particle without one or outside the numbers. */
static bool heading_of(const tracks_film *film, size_t frame, size_t i_agent, double *angle) {
  const fcast_tracks *tracks = film->film.run->tracks;
  const double *position = position_of(film, frame, i_agent);
  if (tracks->velocities == NULL || !isfinite(position[0]) || !isfinite(position[1])) {
    return false;
  }
  const double *velocity = tracks->velocities + 2 * (frame * tracks->n_agents + i_agent);
  *angle = atan2(velocity[1], velocity[0]);
  return isfinite(*angle) && (velocity[0] != 0.0 || velocity[1] != 0.0);
}

static size_t hue_of(double angle) {
  const double turn = angle / (2.0 * G_PI);
  return (size_t)((turn - floor(turn)) * N_HUES) % N_HUES;
}

static fcast__rgb colour_of_hue(size_t hue) {
  return hue == NO_HUE ? FCAST__COLOUR_REST : fcast__colour_of_angle(((double)hue + 0.5) * 2.0 * G_PI / N_HUES);
}

/* A slim dart about its centre of mass; the path is left to the caller to fill. */
static void add_arrow(cairo_t *cairo, double x, double y, double angle, double length) {
  const double along_x = cos(angle) * length, along_y = -sin(angle) * length; /* y points down on the canvas */
  const double across_x = -along_y * 0.36, across_y = along_x * 0.36;
  cairo_move_to(cairo, x + 0.6 * along_x, y + 0.6 * along_y);
  cairo_line_to(cairo, x - 0.4 * along_x + across_x, y - 0.4 * along_y + across_y);
  cairo_line_to(cairo, x - 0.18 * along_x, y - 0.18 * along_y);
  cairo_line_to(cairo, x - 0.4 * along_x - across_x, y - 0.4 * along_y - across_y);
  cairo_close_path(cairo);
}

/* From one frame to the next, unless the particle went through the wall of a periodic box. */
static void add_tail_piece(const tracks_film *film, size_t frame, size_t i_agent) {
  const double *from = position_of(film, frame - 1, i_agent), *to = position_of(film, frame, i_agent);
  const double half_x = (film->extent.x1 - film->extent.x0) / 2.0, half_y = (film->extent.y1 - film->extent.y0) / 2.0;
  if (fabs(to[0] - from[0]) < half_x && fabs(to[1] - from[1]) < half_y) {
    cairo_move_to(film->film.frame.cairo, point_x(film, from[0]), point_y(film, from[1]));
    cairo_line_to(film->film.frame.cairo, point_x(film, to[0]), point_y(film, to[1]));
  }
}

static void draw_tails(tracks_film *film, size_t frame) {
  const size_t n_agents = film->film.run->tracks->n_agents;
  cairo_t *cairo = film->film.frame.cairo;
  cairo_set_line_cap(cairo, CAIRO_LINE_CAP_BUTT);
  const size_t reach = frame < N_TAIL ? frame : N_TAIL;
  for (size_t age = reach; age-- > 0;) {
    for (size_t i = 0; i < n_agents; i++) {
      add_tail_piece(film, frame - age, i);
    }
    fcast__set_colour(&film->film.frame, FCAST__COLOUR_REST, 0.6 * (1.0 - (double)age / N_TAIL));
    cairo_set_line_width(cairo, film->arrow * 0.13);
    cairo_stroke(cairo);
  }
}

static void draw_arrows(tracks_film *film, size_t frame, size_t hue) {
  const size_t n_agents = film->film.run->tracks->n_agents;
  cairo_t *cairo = film->film.frame.cairo;
  for (size_t i = 0; i < n_agents; i++) {
    double angle = 0.0;
    const bool moves = heading_of(film, frame, i, &angle);
    const double *position = position_of(film, frame, i);
    if ((moves ? hue_of(angle) : NO_HUE) != hue || !isfinite(position[0]) || !isfinite(position[1])) {
      continue;
    }
    const double x = point_x(film, position[0]), y = point_y(film, position[1]);
    if (moves) {
      add_arrow(cairo, x, y, angle, film->arrow);
    } else {
      cairo_new_sub_path(cairo);
      cairo_arc(cairo, x, y, film->arrow * 0.25, 0.0, 2.0 * G_PI);
    }
  }
  fcast__set_colour(&film->film.frame, colour_of_hue(hue), 1.0);
  cairo_fill_preserve(cairo);
  fcast__set_colour(&film->film.frame, FCAST__COLOUR_AXIS, 1.0);
  cairo_set_line_width(cairo, fmin(0.035 * film->arrow, 0.4));
  cairo_stroke(cairo);
}

static void draw_agents(tracks_film *film, size_t i, bool has_tails) {
  fcast__canvas *canvas = &film->film.frame;
  cairo_save(canvas->cairo);
  cairo_rectangle(canvas->cairo, film->map.x, film->map.y, film->map.width, film->map.height);
  cairo_clip(canvas->cairo);
  if (has_tails) {
    draw_tails(film, i);
  }
  for (size_t hue = 0; hue <= N_HUES; hue++) {
    draw_arrows(film, i, hue);
  }
  cairo_restore(canvas->cairo);
  fcast__stroke_box(canvas, film->map, FCAST__COLOUR_AXIS, 0.7);
}

static void draw_frame(void *context, size_t i) {
  tracks_film *film = context;
  fcast__canvas *canvas = &film->film.frame;
  draw_agents(film, i, true);
  const fcast_order_params *order = film->film.run->order;
  if (order != NULL && order->polarization != NULL && i < order->n_frames) {
    char number[96];
    fcast__text_number(order->polarization[i], number, sizeof number);
    (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, film->map.x + film->map.width + 10.0, film->map.y + 134.0, 0.0,
                           0.0, number);
  }
}

/* The hue circle with its axes: which colour flies where. */
static void draw_wheel(fcast__canvas *canvas, double x, double y, double radius) {
  for (size_t hue = 0; hue < N_HUES; hue++) {
    const double from = (double)hue * 2.0 * G_PI / N_HUES, to = (double)(hue + 1) * 2.0 * G_PI / N_HUES;
    cairo_arc(canvas->cairo, x, y, radius, -to, -from + 0.01); /* a hair over the next one: no white seams */
    cairo_arc_negative(canvas->cairo, x, y, 0.55 * radius, -from + 0.01, -to);
    cairo_close_path(canvas->cairo);
    fcast__set_colour(canvas, colour_of_hue(hue), 1.0);
    cairo_fill(canvas->cairo);
  }
  (void)fcast__text_draw(canvas, FCAST__STYLE_NOTE, x + radius + 3.0, y, 0.0, 0.5, "x");
  (void)fcast__text_draw(canvas, FCAST__STYLE_NOTE, x, y - radius - 1.0, 0.5, 1.0, "y");
}

/* "N = 40", or "N = 14 to 16" where agents come and go. */
static void write_number(const fcast_tracks *tracks, size_t size, char *text) {
  size_t fewest = tracks->n_agents;
  size_t most = 0;
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    const size_t n = fcast_tracks_n_present(tracks, frame);
    fewest = n < fewest ? n : fewest;
    most = n > most ? n : most;
  }
  (void)snprintf(text, size, fewest == most ? "N = %zu" : "N = %zu to %zu", fewest, most);
}

static void draw_background(tracks_film *film) {
  fcast__canvas *canvas = &film->film.background;
  const fcast__box map = film->map;
  const fcast_run_view *run = film->film.run;
  fcast__map_axes(canvas, map, film->extent, true, true);
  const double side = map.x + map.width + 10.0;
  (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, side, map.y, 0.0, 0.0, "heading");
  draw_wheel(canvas, side + 22.0, map.y + 46.0, 20.0);
  char text[48];
  write_number(run->tracks, sizeof text, text);
  (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, side, map.y + 92.0, 0.0, 0.0, text);
  if (run->order != NULL && run->order->polarization != NULL) {
    (void)fcast__text_draw(canvas, FCAST__STYLE_TICK, side, map.y + 122.0, 0.0, 0.0, "polarization");
  }
}

static double arrow_length(fcast__box map, size_t n_agents) {
  const double spacing = sqrt(map.width * map.height / fmax((double)n_agents, 1.0));
  return fmin(fmax(0.32 * spacing, 3.5), 11.0);
}

fcast_status fcast_figure_tracks(const char *path, fcast_figure_format format, const fcast_tracks *tracks, size_t frame,
                                 double box_x, double box_y, fcast_error *err) {
  const double small_left = 40.0, edge = 8.0, below = 34.0, largest = 130.0;
  if (frame >= tracks->n_frames || tracks->n_agents == 0) {
    return fcast_fail(err, FCAST_E_ARG, "frame %zu: found %zu frames of %zu agents", frame, tracks->n_frames,
                      tracks->n_agents);
  }
  const fcast_run_view run = {.tracks = tracks};
  tracks_film film = {.film = {.run = &run}, .extent = {0.0, box_x, 0.0, box_y}};
  film.map = fcast__extent_fit(film.extent, largest, largest);
  film.map.x = small_left;
  film.map.y = edge;
  film.arrow = arrow_length(film.map, tracks->n_agents);
  fcast__canvas *const canvas = &film.film.frame;
  fcast_status status =
      fcast__canvas_open(canvas, path, format, small_left + film.map.width + edge, edge + film.map.height + below, err);
  if (status == FCAST_OK) {
    fcast__map_axes(canvas, film.map, film.extent, true, true);
    draw_agents(&film, frame, false);
    status = fcast__canvas_finish(canvas, err);
  }
  fcast__canvas_clear(canvas);
  return status;
}

fcast_status fcast_film_tracks(const char *path, const fcast_run_view *run, fcast_error *err) {
  fcast_status status = fcast__views_check(run, 1, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (run->tracks == NULL || run->tracks->n_frames != run->truth->n_frames) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s: %zu frames of tracks, expected %zu as in the density", run->run_name,
                      run->tracks == NULL ? 0 : run->tracks->n_frames, run->truth->n_frames);
  }
  tracks_film film = {.extent = fcast__extent_of(run->truth)};
  film.map = fcast__extent_fit(film.extent, largest_map, largest_map);
  const double slot = fmax(film.map.width, 180.0); /* room for the name of the run */
  film.map.x = left + (slot - film.map.width) / 2.0;
  film.map.y = top;
  film.arrow = arrow_length(film.map, run->tracks->n_agents);
  status = fcast__film_open(&film.film, run, "true trajectories", left + slot + side_room,
                            top + fmax(film.map.height, 150.0) + 36.0, err);
  if (status != FCAST_OK) {
    return status;
  }
  film.film.known_badge = run->prediction == NULL ? NULL : "given to the model";
  film.film.forecast_badge = "to be forecast"; /* these are true tracks in either period */
  draw_background(&film);
  status = fcast__film_encode(&film.film, path, draw_frame, &film, err);
  fcast__film_clear(&film.film);
  return status;
}
