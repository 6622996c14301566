/* SPDX-License-Identifier: MIT
 *
 * Recorded tracks: gaps, velocities, boxes and windows, on tracks whose answer is known.
 */
#include "check.h"

#include "flockcast/density.h"
#include "flockcast/evaluate.h"
#include "flockcast/recording.h"

#include <math.h>

static const double gone = NAN;
static const fcast_domain walls = {10.0, 6.0, FCAST_REFLECTING};
static const fcast_domain torus = {10.0, 6.0, FCAST_PERIODIC};

/* One agent at x[n_frames] and y = 2, frames half a time unit apart. */
static void make_track(const double *x, size_t n_frames, fcast_tracks *out) {
  fcast_error err;
  check_ok(fcast_tracks_alloc(n_frames, 1, out, &err), &err);
  for (size_t k = 0; k < n_frames; k++) {
    out->positions[2 * k] = x[k];
    out->positions[2 * k + 1] = isnan(x[k]) ? gone : 2.0;
    out->times[k] = 0.5 * (double)k;
  }
}

static void check_track(const fcast_tracks *tracks, const double *values, const double *expected) {
  for (size_t k = 0; k < tracks->n_frames; k++) {
    assert_true(isnan(values[2 * k]) == isnan(expected[k]) && isnan(values[2 * k]) == isnan(values[2 * k + 1]));
    if (!isnan(expected[k])) {
      check_close(values[2 * k], expected[k], 1e-13, 0.0);
    }
  }
}

static void test_gaps(void **state) {
  (void)state;
  const double x[] = {gone, 1.0, gone, gone, 4.0, gone, gone, gone, 8.0, gone};
  const double two[] = {gone, 1.0, 2.0, 3.0, 4.0, gone, gone, gone, 8.0, gone};
  const double three[] = {gone, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, gone};
  const double *const expected[] = {x, x, two, three, three};
  const size_t n_filled[] = {0, 0, 2, 5, 5};
  for (size_t max_gap = 0; max_gap < 5; max_gap++) {
    fcast_tracks tracks;
    make_track(x, 10, &tracks);
    for (size_t k = 0; k < 20; k++) {
      tracks.velocities[k] = tracks.positions[k]; /* interpolated alike */
    }
    assert_int_equal(fcast_recording_fill_gaps(&tracks, walls, max_gap), n_filled[max_gap]);
    check_track(&tracks, tracks.positions, expected[max_gap]);
    check_track(&tracks, tracks.velocities, expected[max_gap]);
    fcast_tracks_clear(&tracks);
  }
}

/* From 9.5 to 0.5 it is a step of 1 through the boundary, or 9 back between walls. */
static void test_gaps_across_the_boundary(void **state) {
  (void)state;
  const double x[] = {9.5, gone, 0.5};
  fcast_tracks tracks;
  make_track(x, 3, &tracks);
  assert_int_equal(fcast_recording_fill_gaps(&tracks, torus, 1), 1);
  check_close(tracks.positions[2], 10.0, 1e-13, 0.0);
  const double origin[2] = {0.0, 0.0};
  assert_int_equal(fcast_recording_confine(&tracks, torus, origin), 0);
  assert_true(tracks.positions[2] == 0.0);
  fcast_tracks_clear(&tracks);
  make_track(x, 3, &tracks);
  assert_int_equal(fcast_recording_fill_gaps(&tracks, walls, 1), 1);
  check_close(tracks.positions[2], 5.0, 1e-13, 0.0);
  fcast_tracks_clear(&tracks);
}

static void test_velocities(void **state) {
  (void)state;
  /* squares of the frame: central differences are exact but for the ends; a lonely sighting at the end has none */
  const double x[] = {0.0, 1.0, 4.0, 9.0, gone, 1.0, 3.0, gone, 7.0};
  const double one[] = {2.0, 4.0, 8.0, 10.0, gone, 4.0, 4.0, gone, gone};
  const double two[] = {4.0, 6.0, 6.0, 8.0, gone, 4.0, 4.0, gone, gone};
  for (size_t half_width = 1; half_width <= 2; half_width++) {
    fcast_tracks tracks;
    make_track(x, 9, &tracks);
    assert_int_equal(fcast_recording_differentiate(&tracks, walls, half_width), 1);
    check_track(&tracks, tracks.velocities, half_width == 1 ? one : two);
    assert_true(isnan(tracks.positions[16])); /* the lonely one is taken out */
    fcast_tracks_clear(&tracks);
  }
}

/* Once round the torus and more at constant speed, wrapped or not. */
static void test_velocities_across_the_boundary(void **state) {
  (void)state;
  double x[30];
  for (size_t wrapped = 0; wrapped < 2; wrapped++) {
    for (size_t k = 0; k < 30; k++) {
      x[k] = 0.25 + 0.9 * (double)k;
      x[k] -= wrapped ? 10.0 * floor(x[k] / 10.0) : 0.0;
    }
    fcast_tracks tracks;
    make_track(x, 30, &tracks);
    assert_int_equal(fcast_recording_differentiate(&tracks, torus, 7), 0); /* 14 steps: 12.6, further than the box */
    for (size_t k = 0; k < 30; k++) {
      check_close(tracks.velocities[2 * k], 1.8, 1e-12, 0.0);
      check_close(tracks.velocities[2 * k + 1], 0.0, 1e-12, 0.0);
    }
    fcast_tracks_clear(&tracks);
  }
}

static void test_boxes(void **state) {
  (void)state;
  const double x[] = {2.9, 3.0, 8.0, 13.0, 13.1, gone, -7.5};
  const double origin[2] = {3.0, -1.0};
  const double between_walls[] = {gone, 0.0, 5.0, 10.0, gone, gone, gone};
  const double in_torus[] = {9.9, 0.0, 5.0, 0.0, 0.1, gone, 9.5};
  fcast_tracks tracks;
  make_track(x, 7, &tracks);
  assert_int_equal(fcast_recording_confine(&tracks, walls, origin), 3);
  check_track(&tracks, tracks.positions, between_walls);
  assert_true(tracks.positions[3] == 3.0 && isnan(tracks.velocities[0]));
  fcast_tracks_clear(&tracks);
  make_track(x, 7, &tracks);
  assert_int_equal(fcast_recording_confine(&tracks, torus, origin), 3);
  check_track(&tracks, tracks.positions, in_torus);
  fcast_tracks_clear(&tracks);
  const double tiny[] = {-1e-30};
  const double zero[2] = {0.0, 0.0};
  make_track(tiny, 1, &tracks);
  assert_int_equal(fcast_recording_confine(&tracks, torus, zero), 1);
  assert_true(tracks.positions[0] == 0.0); /* rounded up to the length of the box it would be outside */
  fcast_tracks_clear(&tracks);
}

/* Five agents, of which one is there in the window's frames, one in others only. */
static void test_windows(void **state) {
  (void)state;
  fcast_tracks tracks;
  fcast_tracks window;
  fcast_error err;
  check_ok(fcast_tracks_alloc(12, 3, &tracks, &err), &err);
  for (size_t k = 0; k < 12; k++) {
    tracks.times[k] = 5.0 + 0.25 * (double)k;
    for (size_t i = 0; i < 3; i++) {
      const bool is_there = i == 0 || (i == 1 && k % 2 == 0) || (i == 2 && k % 2 == 1);
      for (size_t axis = 0; axis < 2; axis++) {
        const size_t at = 2 * (3 * k + i) + axis;
        tracks.positions[at] = is_there ? (double)at : gone;
        tracks.velocities[at] = is_there ? -(double)at : gone;
      }
    }
  }
  assert_int_equal(fcast_tracks_n_present(&tracks, 0), 2);
  check_ok(fcast_recording_window(&tracks, 3, 2, 5, &window, &err), &err); /* frames 3, 5, 7, 9, 11: all odd */
  assert_true(window.n_frames == 5 && window.n_agents == 2);
  for (size_t k = 0; k < 5; k++) {
    check_close(window.times[k], 0.5 * (double)k, 1e-14, 0.0);
    for (size_t i = 0; i < 2; i++) {
      const size_t at = 2 * (3 * (3 + 2 * k) + 2 * i); /* agents 0 and 2 */
      assert_true(window.positions[2 * (2 * k + i)] == (double)at);
      assert_true(window.velocities[2 * (2 * k + i) + 1] == -(double)(at + 1));
    }
  }
  fcast_tracks_clear(&window);
  assert_int_equal(fcast_recording_window(&tracks, 4, 2, 5, &window, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_recording_window(&tracks, 12, 1, 1, &window, &err), FCAST_E_SHAPE);
  assert_int_equal(fcast_recording_window(&tracks, 0, 1, 0, &window, &err), FCAST_E_SHAPE);
  for (size_t i = 0; i < 2 * 12 * 3; i++) {
    tracks.positions[i] = gone;
  }
  assert_int_equal(fcast_recording_window(&tracks, 0, 1, 5, &window, &err), FCAST_E_SHAPE);
  fcast_tracks_clear(&tracks);
}

/* Whoever is not there changes nothing: densities, moments and order parameters are those of the others alone. */
static void test_absent_agents_count_nowhere(void **state) {
  (void)state;
  enum { N = 9, FRAMES = 4, N_SPACE = 35 };
  const fcast_density_options options = {7, 5, 1.0, torus.x, torus.y, FCAST_PERIODIC};
  fcast_tracks with;
  fcast_tracks without;
  fcast_fields rho[2];
  fcast_order_params order[2];
  static double moments[2][FRAMES * 4 * N_SPACE];
  fcast_error err;
  uint64_t random = 9;
  check_ok(fcast_tracks_alloc(FRAMES, 2 * N, &with, &err), &err);
  check_ok(fcast_tracks_alloc(FRAMES, N, &without, &err), &err);
  for (size_t i = 0; i < FRAMES * N; i++) {
    for (size_t axis = 0; axis < 2; axis++) {
      const double position = (axis == 0 ? 5.0 : 3.0) * (1.0 + test_uniform(&random));
      const double velocity = test_uniform(&random);
      const size_t even = 2 * (2 * (i % N) + 2 * N * (i / N)) + axis; /* every second of `with` is gone */
      with.positions[even] = without.positions[2 * i + axis] = position;
      with.velocities[even] = without.velocities[2 * i + axis] = velocity;
      with.positions[even + 2] = with.velocities[even + 2] = gone;
    }
  }
  const fcast_tracks *const tracks[2] = {&with, &without};
  for (size_t k = 0; k < 2; k++) {
    check_ok(fcast_density_estimate(tracks[k], &options, &rho[k], &err), &err);
    check_ok(fcast_density_moments(tracks[k], &options, 2, moments[k], &err), &err);
    check_ok(fcast_order_params_compute(tracks[k], torus.x, torus.y, FCAST_PERIODIC, &order[k], &err), &err);
  }
  for (size_t i = 0; i < FRAMES * N_SPACE; i++) {
    assert_true(rho[0].rho[i] == rho[1].rho[i]);
  }
  for (size_t i = 0; i < FRAMES * 4 * N_SPACE; i++) {
    assert_true(moments[0][i] == moments[1][i]);
  }
  for (size_t k = 0; k < FRAMES; k++) {
    assert_true(order[0].polarization[k] == order[1].polarization[k] && order[0].nematic[k] == order[1].nematic[k]);
    assert_true(order[0].mean_speed[k] == order[1].mean_speed[k] && order[0].speed_std[k] == order[1].speed_std[k]);
    assert_true(order[0].angular_momentum[k] == order[1].angular_momentum[k]);
  }
  for (size_t k = 0; k < 2; k++) {
    fcast_fields_clear(&rho[k]);
    fcast_order_params_clear(&order[k]);
  }
  fcast_tracks_clear(&with);
  fcast_tracks_clear(&without);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gaps),
      cmocka_unit_test(test_gaps_across_the_boundary),
      cmocka_unit_test(test_velocities),
      cmocka_unit_test(test_velocities_across_the_boundary),
      cmocka_unit_test(test_boxes),
      cmocka_unit_test(test_windows),
      cmocka_unit_test(test_absent_agents_count_nowhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
