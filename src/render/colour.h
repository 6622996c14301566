/* SPDX-License-Identifier: MIT
 *
 * Colour: the one colour language of all figures and films.
 *
 * The maps are paths in OKLab (Ottosson 2020), where equal distances look equally different. The colours of things were
 * chosen so that they stay apart in that space for readers without one kind of cone (Machado, Oliveira and Fernandes
 * 2009) and in grey; docs/figures.md says how far.
 */
#ifndef FLOCKCAST_RENDER_COLOUR_H
#define FLOCKCAST_RENDER_COLOUR_H

#include <stddef.h>
#include <stdint.h>

/* sRGB, each component in [0, 1]. */
typedef struct fcast__rgb {
  double red, green, blue;
} fcast__rgb;

typedef struct fcast__oklab {
  double lightness, a, b;
} fcast__oklab;

/* Lines: models are solid, forecasts that anybody can make dashed, limits dotted. */
typedef enum fcast__stroke { FCAST__SOLID, FCAST__DASHED, FCAST__DOTTED } fcast__stroke;

/* What has one look in every figure, film and page. */
typedef enum fcast__thing {
  FCAST__TRUTH,
  FCAST__SPECIFIED_MODEL,
  FCAST__CHOSEN_MODEL,
  FCAST__FIELD_MODEL,
  FCAST__PERSISTENCE,
  FCAST__TRAINING_MEAN,
  FCAST__PROJECTION_LIMIT,
  FCAST__NOISE_LIMIT,
  FCAST__UNIFORM, /* types of initial conditions: fills, with an outline */
  FCAST__GAUSSIAN_CLUSTER,
  FCAST__RING,
  FCAST__TWO_CLUSTERS,
  FCAST__OTHER_TYPE, /* runs of somebody's own */
  FCAST__N_THINGS
} fcast__thing;

typedef struct fcast__look {
  const char *name; /* as figures, tables and reports call it */
  fcast__rgb colour;
  fcast__stroke stroke;
} fcast__look;

/* The one table. */
const fcast__look *fcast__look_of(fcast__thing thing);

/* The look of a model or a type by its name; `otherwise` where the name is NULL or not in the table. */
const fcast__look *fcast__look_named(const char *name, fcast__thing otherwise);

/* A colour mixed with white: `share` 0 is white, 1 the colour itself. */
fcast__rgb fcast__tint(fcast__rgb colour, double share);

/* Line `i` of `n` that have no look of their own: from dark to light, so that their order can be seen. */
fcast__rgb fcast__colour_of_line(size_t i, size_t n);

/* The page itself. */
#define FCAST__COLOUR_TOLERANCE ((fcast__rgb){0.25, 0.25, 0.25})
#define FCAST__COLOUR_REST ((fcast__rgb){0.45, 0.45, 0.45})  /* tails, and particles without a direction */
#define FCAST__COLOUR_KNOWN ((fcast__rgb){0.96, 0.92, 0.82}) /* sand: no grey, since bands of the truth are grey */
#define FCAST__COLOUR_TEXT ((fcast__rgb){0.1, 0.1, 0.1})
#define FCAST__COLOUR_NOTE ((fcast__rgb){0.35, 0.35, 0.35})
#define FCAST__COLOUR_GRID ((fcast__rgb){0.88, 0.88, 0.88})
#define FCAST__COLOUR_AXIS ((fcast__rgb){0.3, 0.3, 0.3})

enum { FCAST__MAP_SIZE = 256 };

/* Conversions between OKLab and sRGB; a colour outside sRGB is cut to it. */
fcast__rgb fcast__oklab_to_rgb(fcast__oklab colour);
fcast__oklab fcast__rgb_to_oklab(fcast__rgb colour);

/* Density: dark blue over teal to pale yellow; equal steps, lightness rising from end to end. */
void fcast__map_density(fcast__rgb map[FCAST__MAP_SIZE]);

/* Signed quantities: blue below, white at zero (between the two middle entries), orange above. */
void fcast__map_diverging(fcast__rgb map[FCAST__MAP_SIZE]);

/* A direction in radians: the hue circle at one lightness and one chroma. */
fcast__rgb fcast__colour_of_angle(double angle);

/* Flat colours no map contains: a density below zero, and a value that is not finite. */
fcast__rgb fcast__colour_negative(void);
fcast__rgb fcast__colour_not_finite(void);

/* A pixel of cairo's CAIRO_FORMAT_RGB24. */
uint32_t fcast__rgb_to_pixel(fcast__rgb colour);

#endif
