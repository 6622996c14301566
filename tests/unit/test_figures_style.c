/* SPDX-License-Identifier: MIT
 *
 * What figures look like: colours and directions are right, scales come from the truth, ticks, numbers and text are for
 * people.
 */
#include "figures.h"

#include "render/colour.h"
#include "render/image.h"
#include "render/ticks.h"
#include "render/view.h"

#include <cairo.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The pixel of a PNG nearest to a point of the page in points. */
static uint32_t pixel_at(cairo_surface_t *picture, double x, double y) {
  const unsigned char *data = cairo_image_surface_get_data(picture);
  const int stride = cairo_image_surface_get_stride(picture);
  const int column = (int)(x * 150.0 / 72.0), row = (int)(y * 150.0 / 72.0);
  uint32_t pixel;
  memcpy(&pixel, data + row * stride + column * 4, sizeof pixel);
  return pixel | 0xff000000u;
}

/* One hot cell at low x and high y stands at the top left of the map, with the last colour of the scale; a cell of
 * the forecast below zero has the flat colour. In a square box the first map of the snapshots has its corner at
 * (66, 54) points and a side of 112. */
static void maps_have_x_to_the_right_and_y_upwards(void **state) {
  (void)state;
  figure_ensemble e;
  char path[128];
  figure_ensemble_make(&e, &(figure_recipe){.nx = 8, .ny = 8, .box_x = 5.0, .box_y = 5.0, .n_frames = 4});
  const size_t n_space = 64, hot = 6 * 8 + 1; /* row 6 of 8 from below, column 1 */
  for (size_t i = 0; i < e.truth[0].n_frames * n_space; i++) {
    e.truth[0].rho[i] = i % n_space == hot ? 2.0 : 0.0;
  }
  for (size_t i = 0; i < n_space; i++) {
    e.prediction[0][i] = i == hot ? -0.5 : i == 0 ? 1e9 : i == 1 ? (double)NAN : 0.0;
  }
  (void)figure_path("snapshots", FCAST_FIGURE_PNG, path, sizeof path);
  assert_int_equal(fcast_figure_snapshots(path, FCAST_FIGURE_PNG, &e.views[0], NULL), FCAST_OK);
  cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_density(map);
  const double cell = 112.0 / 8.0, left = 66.0, top = 54.0, column = 112.0 + 18.0, row = 112.0 + 24.0;
  assert_int_equal(pixel_at(picture, left + 1.5 * cell, top + 1.5 * cell),
                   fcast__rgb_to_pixel(map[FCAST__MAP_SIZE - 1]));
  assert_int_equal(pixel_at(picture, left + 6.5 * cell, top + 1.5 * cell), fcast__rgb_to_pixel(map[0]));
  assert_int_equal(pixel_at(picture, left + 1.5 * cell, top + 6.5 * cell), fcast__rgb_to_pixel(map[0]));
  const double forecast_left = left + column, forecast_top = top + row;
  assert_int_equal(pixel_at(picture, forecast_left + 1.5 * cell, forecast_top + 1.5 * cell),
                   fcast__rgb_to_pixel(fcast__colour_negative()));
  assert_int_equal(pixel_at(picture, forecast_left + 0.5 * cell, forecast_top + 7.5 * cell),
                   fcast__rgb_to_pixel(map[FCAST__MAP_SIZE - 1]));
  assert_int_equal(pixel_at(picture, forecast_left + 1.5 * cell, forecast_top + 7.5 * cell),
                   fcast__rgb_to_pixel(fcast__colour_not_finite()));
  cairo_surface_destroy(picture);
  assert_int_equal(unlink(path), 0);
  figure_ensemble_clear(&e);
}

/* The longest run of one colour down a column of pixels from `first` to before `last`; the column of it. */
static int longest_run(cairo_surface_t *picture, fcast__rgb colour, int first, int last, int *where) {
  const uint32_t wanted = fcast__rgb_to_pixel(colour);
  int longest = 0;
  for (int column = first; column < last; column++) {
    int run = 0;
    for (int row = 0; row < cairo_image_surface_get_height(picture); row++) {
      run = pixel_at(picture, (column + 0.5) * 72.0 / 150.0, (row + 0.5) * 72.0 / 150.0) == wanted ? run + 1 : 0;
      if (run > longest) {
        longest = run;
        *where = column;
      }
    }
  }
  return longest;
}

/* An edge that is the true radius to the last digit can be told from it, on the axes and in the strip beside them. */
static void edge_and_true_radius_are_both_seen(void **state) {
  (void)state;
  double numbers[6];
  char path[128];
  const fcast_field_model field = figure_field_make(numbers, 0.5);
  (void)figure_path("kernel", FCAST_FIGURE_PNG, path, sizeof path);
  assert_int_equal(fcast_figure_field_kernel(path, FCAST_FIGURE_PNG, &field, field.edge.value, NULL), FCAST_OK);
  cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  const int width = cairo_image_surface_get_width(picture), legend = width * 7 / 10;
  const int parts[][2] = {{0, legend}, {legend, width}};
  for (size_t i = 0; i < COUNT(parts); i++) {
    int edge = 0, truth = 0;
    assert_true(longest_run(picture, FCAST__COLOUR_TOLERANCE, parts[i][0], parts[i][1], &edge) >= 6);
    assert_true(longest_run(picture, fcast__look_of(FCAST__TRUTH)->colour, parts[i][0], parts[i][1], &truth) >= 20);
    assert_in_range(edge - truth + 3, 0, 6);
  }
  cairo_surface_destroy(picture);
  assert_int_equal(unlink(path), 0);
}

static size_t count_pixels(cairo_surface_t *picture, fcast__rgb colour, int first, int last) {
  const uint32_t wanted = fcast__rgb_to_pixel(colour);
  size_t n = 0;
  for (int column = first; column < last; column++) {
    for (int row = 0; row < cairo_image_surface_get_height(picture); row++) {
      n += pixel_at(picture, (column + 0.5) * 72.0 / 150.0, (row + 0.5) * 72.0 / 150.0) == wanted ? 1 : 0;
    }
  }
  return n;
}

/* Errors that are equal in both norms are seen as two lines. */
static void equal_errors_are_both_seen(void **state) {
  (void)state;
  figure_ensemble e;
  char path[128];
  figure_ensemble_make(&e, &(figure_recipe){.n_frames = 21});
  for (size_t k = 0; k < e.scores[0].n_forecast; k++) {
    e.scores[0].e1[k] = e.scores[0].e2[k] = 0.2;
  }
  e.views[0].model = "field model";
  (void)figure_path("errors", FCAST_FIGURE_PNG, path, sizeof path);
  assert_int_equal(fcast_figure_error_time(path, FCAST_FIGURE_PNG, &e.views[0], e.views, 1, NULL), FCAST_OK);
  cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  const fcast__rgb colour = fcast__look_of(FCAST__FIELD_MODEL)->colour;
  const int legend = cairo_image_surface_get_width(picture) * 2 / 3;
  assert_true(count_pixels(picture, colour, 0, legend) > 200);
  assert_true(count_pixels(picture, fcast__tint(colour, 0.5), 0, legend) > 100);
  cairo_surface_destroy(picture);
  assert_int_equal(unlink(path), 0);
  figure_ensemble_clear(&e);
}

static double step_between(fcast__rgb from, fcast__rgb to) {
  const fcast__oklab a = fcast__rgb_to_oklab(from), b = fcast__rgb_to_oklab(to);
  const double d_lightness = b.lightness - a.lightness, d_a = b.a - a.a, d_b = b.b - a.b;
  return sqrt(d_lightness * d_lightness + d_a * d_a + d_b * d_b);
}

/* The mean colour of a picture's points that are not grey, or 0 where there is none. */
static fcast__rgb mean_colour(const char *path) {
  cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  double sum[3] = {0.0, 0.0, 0.0};
  double n = 0.0;
  for (int row = 0; row < cairo_image_surface_get_height(picture); row++) {
    for (int column = 0; column < cairo_image_surface_get_width(picture); column++) {
      const uint32_t pixel = pixel_at(picture, (column + 0.5) * 72.0 / 150.0, (row + 0.5) * 72.0 / 150.0);
      const double part[3] = {(double)(pixel >> 16 & 255), (double)(pixel >> 8 & 255), (double)(pixel & 255)};
      if (fmax(part[0], fmax(part[1], part[2])) - fmin(part[0], fmin(part[1], part[2])) > 60.0) {
        sum[0] += part[0];
        sum[1] += part[1];
        sum[2] += part[2];
        n += 255.0;
      }
    }
  }
  cairo_surface_destroy(picture);
  n = fmax(n, 1.0);
  return (fcast__rgb){sum[0] / n, sum[1] / n, sum[2] / n};
}

/* The arrows of a still have the colour of where they fly, and agents without velocity none. */
static void stills_show_directions(void **state) {
  (void)state;
  fcast_error err = {0};
  fcast_tracks tracks;
  char path[128];
  assert_int_equal(fcast_tracks_alloc(2, 20, &tracks, &err), FCAST_OK);
  (void)figure_path("still", FCAST_FIGURE_PNG, path, sizeof path);
  for (size_t i = 0; i < 2 * 2 * 20; i++) {
    tracks.positions[i] = (double)(7 * i % 60) / 6.0;
  }
  for (int quarter = 0; quarter < 4; quarter++) {
    const double angle = 1.5707963267948966 * quarter;
    for (size_t i = 20; i < 40; i++) {
      tracks.velocities[2 * i] = cos(angle + 0.01);
      tracks.velocities[2 * i + 1] = sin(angle + 0.01);
    }
    assert_int_equal(fcast_figure_tracks(path, FCAST_FIGURE_PNG, &tracks, 1, 10.0, 10.0, &err), FCAST_OK);
    const fcast__rgb found = mean_colour(path);
    const fcast__rgb expected = fcast__colour_of_angle(angle);
    assert_true(fabs(found.red - expected.red) < 0.2 && fabs(found.green - expected.green) < 0.2 &&
                fabs(found.blue - expected.blue) < 0.2);
  }
  assert_int_equal(fcast_figure_tracks(path, FCAST_FIGURE_PNG, &tracks, 0, 10.0, 4.0, &err), FCAST_OK);
  assert_true(mean_colour(path).red == 0.0);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(fcast_figure_tracks(path, FCAST_FIGURE_PNG, &tracks, 2, 10.0, 4.0, &err), FCAST_E_ARG);
  assert_int_equal(fcast_figure_tracks("/nowhere/x.png", FCAST_FIGURE_PNG, &tracks, 0, 10.0, 4.0, &err), FCAST_E_IO);
  fcast_tracks_clear(&tracks);
}

static void density_map_is_uniform_and_gets_lighter(void **state) {
  (void)state;
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_density(map);
  const double mean = step_between(map[0], map[1]);
  for (size_t i = 1; i < FCAST__MAP_SIZE; i++) {
    const double step = step_between(map[i - 1], map[i]);
    assert_true(fabs(step / mean - 1.0) < 0.01);
    assert_true(fcast__rgb_to_oklab(map[i]).lightness > fcast__rgb_to_oklab(map[i - 1]).lightness);
  }
  assert_true(fcast__rgb_to_oklab(map[0]).lightness < 0.2);
  assert_true(fcast__rgb_to_oklab(map[FCAST__MAP_SIZE - 1]).lightness > 0.95);
}

static void diverging_map_is_symmetric_about_white(void **state) {
  (void)state;
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_diverging(map);
  for (size_t i = 0; i < FCAST__MAP_SIZE / 2; i++) {
    const fcast__oklab below = fcast__rgb_to_oklab(map[i]), above = fcast__rgb_to_oklab(map[FCAST__MAP_SIZE - 1 - i]);
    assert_true(fabs(below.lightness - above.lightness) < 1e-3);
    assert_true(fabs(hypot(below.a, below.b) - hypot(above.a, above.b)) < 1e-3);
    assert_true(below.lightness < fcast__rgb_to_oklab(map[i + 1]).lightness + 1e-9);
  }
  const fcast__palette palette = fcast__palette_diverging(2.0);
  const uint32_t zero = fcast__palette_pixel(&palette, 0.0);
  assert_true((zero & 0xff) > 240 && (zero >> 8 & 0xff) > 240 && (zero >> 16 & 0xff) > 240);
}

static void angle_map_is_cyclic_with_one_lightness(void **state) {
  (void)state;
  for (int degree = 0; degree < 360; degree++) {
    const double angle = (double)degree * G_PI / 180.0;
    const fcast__oklab colour = fcast__rgb_to_oklab(fcast__colour_of_angle(angle));
    assert_true(fabs(colour.lightness - 0.68) < 1e-3);
    assert_true(fabs(hypot(colour.a, colour.b) - 0.112) < 1e-3);
  }
  assert_true(step_between(fcast__colour_of_angle(-G_PI), fcast__colour_of_angle(G_PI)) < 1e-6);
}

/* Zero shows as the first colour, the largest truth as the last, and predictions never move either. */
static void scale_comes_from_the_truth(void **state) {
  (void)state;
  figure_ensemble e;
  figure_ensemble_make(&e, &(figure_recipe){.density = 3.0, .error = 50.0});
  fcast__palette palette = fcast__palette_of_truth(&e.truth[0]);
  double largest = 0.0;
  for (size_t i = 0; i < e.truth[0].n_frames * fcast_fields_n_space(&e.truth[0]); i++) {
    largest = fmax(largest, e.truth[0].rho[i]);
  }
  assert_true(palette.lo == 0.0 && palette.hi == largest);
  assert_int_equal(fcast__palette_pixel(&palette, 0.0), palette.map[0]);
  assert_int_equal(fcast__palette_pixel(&palette, -0.005 * largest), palette.map[0]);
  assert_int_equal(fcast__palette_pixel(&palette, -0.011 * largest), palette.under);
  assert_int_equal(fcast__palette_pixel(&palette, 1e300), palette.map[FCAST__MAP_SIZE - 1]);
  assert_int_equal(fcast__palette_pixel(&palette, (double)NAN), palette.not_finite);
  figure_ensemble_clear(&e);
}

static void ticks_are_round_numbers(void **state) {
  (void)state;
  fcast__ticks ticks;
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 15.0}, 4, &ticks);
  assert_int_equal(ticks.n, 4);
  assert_string_equal(ticks.label[1], "5");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LINEAR, .lo = -0.31, .hi = 0.3}, 5, &ticks);
  assert_int_equal(ticks.n, 3);
  assert_string_equal(ticks.label[0], "\u22120.2");
  assert_string_equal(ticks.label[1], "0.0");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 3e7}, 4, &ticks);
  assert_string_equal(ticks.label[1], "1×10<sup>7</sup>");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 1e-2, .hi = 1e6}, 5, &ticks);
  assert_int_equal(ticks.n, 5);
  assert_string_equal(ticks.label[4], "10<sup>6</sup>");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 0.25, .hi = 6.0}, 5, &ticks);
  assert_int_equal(ticks.n, 4);
  assert_string_equal(ticks.label[0], "0.5");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 3e5, .hi = 3e6}, 5, &ticks);
  assert_string_equal(ticks.label[0], "5×10<sup>5</sup>");
  assert_string_equal(ticks.label[1], "10<sup>6</sup>");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__SYMLOG, .lo = -100.0, .hi = 1.05}, 10, &ticks);
  assert_string_equal(ticks.label[0], "\u2212100");
  assert_string_equal(ticks.label[ticks.n - 1], "1");
}

static void check_labels(const fcast__ticks *ticks, const char *const *labels, size_t n) {
  assert_int_equal(ticks->n, n);
  for (size_t i = 0; i < n; i++) {
    assert_string_equal(ticks->label[i], labels[i]);
    assert_true(i == 0 || ticks->at[i] > ticks->at[i - 1]);
  }
}

/* Where two powers of ten are all that an axis has, what lies between them has labels too; further marks have none. */
static void logarithmic_axes_can_be_read(void **state) {
  (void)state;
  static const char *const between[] = {"0.01", "0.02", "0.05", "0.1"};
  static const char *const below[] = {"\u221210", "\u22125", "\u22122", "\u22121", "\u22120.5", "0", "0.5", "1"};
  static const char *const small[] = {"0.001", "0.002", "0.005"};
  fcast__ticks ticks;
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 0.0054, .hi = 0.13}, 7, &ticks);
  check_labels(&ticks, between, COUNT(between));
  assert_int_equal(ticks.n_minor, 4 + 8); /* 0.006 to 0.009, 0.02 to 0.09 */
  fcast__ticks_find(&(fcast__range){.kind = FCAST__SYMLOG, .lo = -10.0, .hi = 1.05}, 8, &ticks);
  check_labels(&ticks, below, COUNT(below));
  assert_int_equal(ticks.n_minor, 8); /* -2 to -9 */
  fcast__ticks_find(&(fcast__range){.kind = FCAST__SYMLOG, .lo = -10.0, .hi = 1.05}, 4, &ticks);
  assert_int_equal(ticks.n_minor, 8);
  assert_string_equal(ticks.label[1], "\u22121");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 0.001, .hi = 0.006}, 7, &ticks);
  check_labels(&ticks, small, COUNT(small));
  for (int decades = 1; decades < 300; decades++) {
    const fcast__range range = {.kind = FCAST__LOG, .lo = 0.7, .hi = pow(10.0, decades)};
    for (size_t n_wanted = 2; n_wanted <= 12; n_wanted++) {
      fcast__ticks_find(&range, n_wanted, &ticks);
      assert_in_range(ticks.n, 1, n_wanted);
      assert_true(ticks.n_minor <= FCAST__MAX_MINOR);
    }
  }
}

static void numbers_are_written_for_people(void **state) {
  (void)state;
  char text[64];
  static const struct {
    double value;
    const char *text;
  } cases[] = {{0.0, "0.000"},
               {0.123456, "0.123"},
               {-1.6204, "\u22121.62"},
               {123.4, "123"},
               {-4.12e23, "\u22124.1×10<sup>23</sup>"},
               {2.5e-7, "2.5×10<sup>\u22127</sup>"},
               {HUGE_VAL, "∞"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fcast__text_number(cases[i].value, text, sizeof text);
    assert_string_equal(text, cases[i].text);
  }
}

/* Text is cut only between whole characters and whole entities. */
static void text_is_escaped_and_cut_whole(void **state) {
  (void)state;
  char out[8];
  fcast__text_escape("a&b<c", out, sizeof out);
  assert_string_equal(out, "a&amp;b");
  fcast__text_escape("12345\xc3\xa9\xc3\xa9", out, sizeof out);
  assert_string_equal(out, "12345\xc3\xa9");
  fcast__text_escape("\xff\n", out, sizeof out);
  assert_string_equal(out, "? ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_have_x_to_the_right_and_y_upwards),
      cmocka_unit_test(edge_and_true_radius_are_both_seen),
      cmocka_unit_test(equal_errors_are_both_seen),
      cmocka_unit_test(stills_show_directions),
      cmocka_unit_test(density_map_is_uniform_and_gets_lighter),
      cmocka_unit_test(diverging_map_is_symmetric_about_white),
      cmocka_unit_test(angle_map_is_cyclic_with_one_lightness),
      cmocka_unit_test(scale_comes_from_the_truth),
      cmocka_unit_test(ticks_are_round_numbers),
      cmocka_unit_test(logarithmic_axes_can_be_read),
      cmocka_unit_test(numbers_are_written_for_people),
      cmocka_unit_test(text_is_escaped_and_cut_whole),
  };
  return cmocka_run_group_tests(tests, figure_folder_make, figure_folder_remove);
}
