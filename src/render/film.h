/* SPDX-License-Identifier: MIT
 *
 * Film: what both films share: a background that is drawn once, the pace, the head line of every frame.
 */
#ifndef FLOCKCAST_RENDER_FILM_H
#define FLOCKCAST_RENDER_FILM_H

#include "render/view.h"

/* A film in the making. Owner: whoever opened the canvases calls fcast__film_clear. */
typedef struct fcast__film {
  const fcast_run_view *run;
  const char *known_badge, *forecast_badge; /* what the period is called; preset by fcast__film_open; NULL: nothing */
  fcast__canvas background;                 /* what never changes */
  fcast__canvas frame;                      /* a copy of it with what does */
} fcast__film;

/* Both canvases, with the name of the run and `what` the film shows at the top left. */
FCAST_MUST_CHECK fcast_status fcast__film_open(fcast__film *film, const fcast_run_view *run, const char *what,
                                               double width, double height, fcast_error *err);
void fcast__film_clear(fcast__film *film);

/* Draw frame `i` onto film->frame, which already holds the background, its time and whether it is known. */
typedef void (*fcast__film_draw)(void *context, size_t i);

/* Draw and encode all frames of the run. */
FCAST_MUST_CHECK fcast_status fcast__film_encode(fcast__film *film, const char *path, fcast__film_draw draw,
                                                 void *context, fcast_error *err);

/* Frames per second, 4..25, so that n frames last 5 to 12 seconds or as near as that allows. */
int fcast__film_rate(size_t n_frames);

/* How often frame i of n is shown: once, or as often as a film of five seconds needs. */
size_t fcast__film_repeats(size_t i, size_t n_frames);

#endif
