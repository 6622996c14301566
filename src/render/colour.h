/* SPDX-License-Identifier: MIT
 *
 * Colour: the one colour language of all figures and films.
 *
 * The maps are paths in OKLab (Ottosson 2020), where equal distances look equally different. The line colours are those
 * of Okabe and Ito 2008, which colour-blind readers can tell apart.
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

/* One colour per thing, in every picture. */
#define FCAST__COLOUR_TRUTH ((fcast__rgb){0.0, 0.0, 0.0})
#define FCAST__COLOUR_FORECAST ((fcast__rgb){0.835, 0.369, 0.0})
#define FCAST__COLOUR_FORECAST_E1 ((fcast__rgb){0.902, 0.624, 0.0})
#define FCAST__COLOUR_FORECAST_EINF ((fcast__rgb){0.8, 0.475, 0.655})
#define FCAST__COLOUR_PERSISTENCE ((fcast__rgb){0.0, 0.447, 0.698})
#define FCAST__COLOUR_PROJECTION ((fcast__rgb){0.0, 0.62, 0.451})
#define FCAST__COLOUR_OTHER ((fcast__rgb){0.8, 0.475, 0.655})       /* the model beside the one that is shown */
#define FCAST__COLOUR_SECOND_OTHER ((fcast__rgb){0.55, 0.45, 0.33}) /* and a third */
#define FCAST__COLOUR_LIMIT ((fcast__rgb){0.337, 0.706, 0.914})     /* the noise limit */
#define FCAST__COLOUR_MEAN ((fcast__rgb){0.45, 0.45, 0.45})
#define FCAST__COLOUR_TOLERANCE ((fcast__rgb){0.25, 0.25, 0.25})
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
