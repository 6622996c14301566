/* SPDX-License-Identifier: MIT */
#include "render/colour.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* The electro-optical functions of sRGB (IEC 61966-2-1). */
static double encode(double linear) {
  const double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
  return fmin(fmax(value, 0.0), 1.0);
}

static double decode(double value) {
  return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double cube(double value) {
  return value * value * value;
}

/* The matrices of Ottosson 2020, "A perceptual color space for image processing". */
fcast__rgb fcast__oklab_to_rgb(fcast__oklab colour) {
  const double l = cube(colour.lightness + 0.3963377774 * colour.a + 0.2158037573 * colour.b);
  const double m = cube(colour.lightness - 0.1055613458 * colour.a - 0.0638541728 * colour.b);
  const double s = cube(colour.lightness - 0.0894841775 * colour.a - 1.2914855480 * colour.b);
  return (fcast__rgb){.red = encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                      .green = encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                      .blue = encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

fcast__oklab fcast__rgb_to_oklab(fcast__rgb colour) {
  const double red = decode(colour.red), green = decode(colour.green), blue = decode(colour.blue);
  const double l = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const double m = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const double s = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return (fcast__oklab){.lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                        .a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                        .b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static fcast__oklab polar(double lightness, double chroma, double hue_degrees) {
  const double hue = hue_degrees * pi / 180.0;
  return (fcast__oklab){.lightness = lightness, .a = chroma * cos(hue), .b = chroma * sin(hue)};
}

static double distance(fcast__oklab from, fcast__oklab to) {
  const double d_lightness = to.lightness - from.lightness, d_a = to.a - from.a, d_b = to.b - from.b;
  return sqrt(d_lightness * d_lightness + d_a * d_a + d_b * d_b);
}

/* Half a turn of hue while the lightness rises; the chroma keeps inside sRGB at every point. */
static fcast__oklab density_path(double t) {
  return polar(0.15 + 0.82 * t, 0.07 + 0.09 * t * t, 290.0 - 180.0 * t);
}

void fcast__map_density(fcast__rgb map[FCAST__MAP_SIZE]) {
  enum { PIECES = 4096 };
  double length[PIECES + 1];
  length[0] = 0.0;
  for (size_t i = 1; i <= PIECES; i++) {
    length[i] = length[i - 1] + distance(density_path((double)(i - 1) / PIECES), density_path((double)i / PIECES));
  }
  /* Walk the path in steps of equal length rather than of equal t. */
  size_t piece = 1;
  for (size_t i = 0; i < FCAST__MAP_SIZE; i++) {
    const double wanted = length[PIECES] * (double)i / (FCAST__MAP_SIZE - 1);
    while (piece < PIECES && length[piece] < wanted) {
      piece++;
    }
    const double part = (wanted - length[piece - 1]) / (length[piece] - length[piece - 1]);
    map[i] = fcast__oklab_to_rgb(density_path(((double)(piece - 1) + part) / PIECES));
  }
}

void fcast__map_diverging(fcast__rgb map[FCAST__MAP_SIZE]) {
  const fcast__oklab neutral = polar(0.97, 0.0, 0.0);
  const fcast__oklab below = polar(0.45, 0.125, 255.0), above = polar(0.45, 0.125, 45.0);
  for (size_t i = 0; i < FCAST__MAP_SIZE; i++) {
    const double signed_part = 2.0 * (double)i / (FCAST__MAP_SIZE - 1) - 1.0;
    const fcast__oklab end = signed_part < 0.0 ? below : above;
    const double part = fabs(signed_part);
    map[i] = fcast__oklab_to_rgb((fcast__oklab){
        .lightness = neutral.lightness + part * (end.lightness - neutral.lightness),
        .a = part * end.a,
        .b = part * end.b,
    });
  }
}

/* --- things --- */

static const fcast__look looks[FCAST__N_THINGS] = {
    [FCAST__TRUTH] = {"truth", {0.000, 0.000, 0.000}, FCAST__SOLID},
    [FCAST__SPECIFIED_MODEL] = {"specified model", {0.725, 0.533, 0.031}, FCAST__SOLID},
    [FCAST__CHOSEN_MODEL] = {"chosen model", {0.435, 0.129, 0.314}, FCAST__SOLID},
    [FCAST__FIELD_MODEL] = {"field model", {0.749, 0.247, 0.024}, FCAST__SOLID},
    [FCAST__PERSISTENCE] = {"persistence", {0.243, 0.298, 0.635}, FCAST__DASHED},
    [FCAST__TRAINING_MEAN] = {"training mean", {0.612, 0.612, 0.612}, FCAST__DASHED},
    [FCAST__PROJECTION_LIMIT] = {"projection limit", {0.173, 0.510, 0.443}, FCAST__DOTTED},
    [FCAST__NOISE_LIMIT] = {"noise limit", {0.098, 0.725, 0.941}, FCAST__DOTTED},
    [FCAST__UNIFORM] = {"uniform", {0.647, 0.749, 0.478}, FCAST__SOLID},
    [FCAST__GAUSSIAN_CLUSTER] = {"gaussian_cluster", {0.851, 0.565, 0.745}, FCAST__SOLID},
    [FCAST__RING] = {"ring", {0.655, 0.910, 0.682}, FCAST__SOLID},
    [FCAST__TWO_CLUSTERS] = {"two_clusters", {0.933, 0.698, 0.973}, FCAST__SOLID},
    [FCAST__OTHER_TYPE] = {"other", {0.965, 0.914, 1.000}, FCAST__SOLID},
};

const fcast__look *fcast__look_of(fcast__thing thing) {
  return &looks[thing];
}

const fcast__look *fcast__look_named(const char *name, fcast__thing otherwise) {
  for (size_t i = 0; name != NULL && i < FCAST__N_THINGS; i++) {
    if (strcmp(looks[i].name, name) == 0) {
      return &looks[i];
    }
  }
  return &looks[otherwise];
}

fcast__rgb fcast__tint(fcast__rgb colour, double share) {
  return (fcast__rgb){1.0 - share * (1.0 - colour.red), 1.0 - share * (1.0 - colour.green),
                      1.0 - share * (1.0 - colour.blue)};
}

fcast__rgb fcast__colour_of_line(size_t i, size_t n) {
  return fcast__oklab_to_rgb(density_path(n > 1 ? 0.05 + 0.57 * (double)i / (double)(n - 1) : 0.05));
}

fcast__rgb fcast__colour_of_angle(double angle) {
  return fcast__oklab_to_rgb(polar(0.68, 0.112, angle * 180.0 / pi + 30.0));
}

fcast__rgb fcast__colour_negative(void) {
  return fcast__oklab_to_rgb(polar(0.40, 0.105, 12.0));
}

fcast__rgb fcast__colour_not_finite(void) {
  return fcast__oklab_to_rgb(polar(0.62, 0.0, 0.0));
}

static uint32_t byte_of(double value) {
  return (uint32_t)lround(value * 255.0);
}

uint32_t fcast__rgb_to_pixel(fcast__rgb colour) {
  return 0xff000000u | byte_of(colour.red) << 16 | byte_of(colour.green) << 8 | byte_of(colour.blue);
}
