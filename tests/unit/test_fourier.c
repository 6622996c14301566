/* SPDX-License-Identifier: MIT
 *
 * Fourier modes by their properties: orthonormal, whole shells, turned by shifts and permuted by rotations, and the
 * longitudinal part of a moment against the definition.
 */
#include "check.h"

#include "flockcast/fourier.h"
#include "flockcast/state.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586476925286766559;

/* Grids and boxes: square and oblong, odd and even. */
static const struct {
  size_t ny, nx;
  double box_x, box_y, bandwidth;
} grids[] = {
    {12, 12, 15.0, 15.0, 1.0}, {9, 9, 4.0, 4.0, 0.0},   {8, 13, 20.0, 10.0, 1.0},
    {7, 7, 9.0, 3.0, 0.5},     {16, 32, 2.0, 1.0, 2.0}, {20, 5, 1.0, 1.0, 0.0},
};
enum { N_GRIDS = sizeof grids / sizeof grids[0] };

static fcast_fourier fourier_of(size_t ny, size_t nx, double box_x, double box_y, double bandwidth) {
  fcast_error err;
  fcast_fourier fourier;
  check_ok(fcast_fourier_create(ny, nx, box_x, box_y, bandwidth, &fourier, &err), &err);
  return fourier;
}

static fcast_pod basis_of(const fcast_fourier *fourier, double mean) {
  fcast_error err;
  fcast_pod basis;
  check_ok(fcast_fourier_basis(fourier, 2 * fourier->n_waves, mean, &basis, &err), &err);
  return basis;
}

/* |k / 2 pi|^2 in the units of the box. */
static double length2(int64_t kx, int64_t ky, double box_x, double box_y) {
  return (double)(kx * kx) / (box_x * box_x) + (double)(ky * ky) / (box_y * box_y);
}

static bool is_same_length(double a, double b) {
  return fabs(a - b) <= 1e-9 * b;
}

static void fill(double *values, size_t n, uint64_t *random) {
  for (size_t i = 0; i < n; i++) {
    values[i] = test_uniform(random);
  }
}

/* --- wavevectors --- */

/* What a wavevector must be to belong: the judge by a walk over all of them, signs and all. */
static bool belongs(int64_t kx, int64_t ky, size_t i) {
  const double x = two_pi * (double)kx / (double)grids[i].nx * grids[i].bandwidth;
  const double y = two_pi * (double)ky / (double)grids[i].ny * grids[i].bandwidth;
  return (kx != 0 || ky != 0) && (size_t)(2 * llabs(kx)) < grids[i].nx && (size_t)(2 * llabs(ky)) < grids[i].ny &&
         exp(-x * x - y * y) >= 0.01;
}

static size_t count_waves(const fcast_fourier *fourier, int64_t kx, int64_t ky) {
  size_t n = 0;
  for (size_t w = 0; w < fourier->n_waves; w++) {
    n += fourier->waves[2 * w] == kx && fourier->waves[2 * w + 1] == ky;
  }
  return n;
}

/* One of each pair +-k, nothing else, by length, grouped where lengths are equal and nowhere else. */
static void test_one_of_each_pair(void **state) {
  (void)state;
  for (size_t i = 0; i < N_GRIDS; i++) {
    fcast_fourier fourier = fourier_of(grids[i].ny, grids[i].nx, grids[i].box_x, grids[i].box_y, grids[i].bandwidth);
    size_t n = 0;
    for (int64_t ky = -20; ky <= 20; ky++) {
      for (int64_t kx = -20; kx <= 20; kx++) {
        const size_t expected = belongs(kx, ky, i) ? 1 : 0;
        assert_int_equal(count_waves(&fourier, kx, ky) + count_waves(&fourier, -kx, -ky), expected);
        n += expected;
      }
    }
    assert_int_equal(2 * fourier.n_waves, n);
    fcast_fourier_clear(&fourier);
  }
}

static void test_shells_are_whole(void **state) {
  (void)state;
  for (size_t i = 0; i < N_GRIDS; i++) {
    fcast_fourier fourier = fourier_of(grids[i].ny, grids[i].nx, grids[i].box_x, grids[i].box_y, grids[i].bandwidth);
    assert_int_equal(fourier.shell_start[0], 0);
    assert_int_equal(fourier.shell_start[fourier.n_shells], fourier.n_waves);
    double before = 0.0;
    for (size_t shell = 0; shell < fourier.n_shells; shell++) {
      const int64_t *first = fourier.waves + 2 * fourier.shell_start[shell];
      const double length = length2(first[0], first[1], grids[i].box_x, grids[i].box_y);
      assert_true(length > before && !is_same_length(before, length));
      for (size_t w = fourier.shell_start[shell]; w < fourier.shell_start[shell + 1]; w++) {
        const double *u = fourier.direction + 2 * w;
        const double kx = (double)fourier.waves[2 * w] / grids[i].box_x;
        const double ky = (double)fourier.waves[2 * w + 1] / grids[i].box_y;
        assert_true(is_same_length(kx * kx + ky * ky, length));
        check_close(u[0] * u[0] + u[1] * u[1], 1.0, 1e-14, 0.0);
        check_close(u[0] * ky, u[1] * kx, 1e-14, 1e-14);
        assert_true(u[0] * kx + u[1] * ky > 0.0);
      }
      before = length;
    }
    fcast_fourier_clear(&fourier);
  }
}

/* In a square box (3, 4) and (5, 0) have the same length, and are eight directions: one shell of six pairs. */
static void test_a_shell_by_hand(void **state) {
  (void)state;
  fcast_fourier fourier = fourier_of(16, 16, 7.0, 7.0, 0.0);
  size_t shell = 0;
  while (!is_same_length(length2(fourier.waves[2 * fourier.shell_start[shell]],
                                 fourier.waves[2 * fourier.shell_start[shell] + 1], 7.0, 7.0),
                         25.0 / 49.0)) {
    shell++;
    assert_true(shell < fourier.n_shells);
  }
  assert_int_equal(fourier.shell_start[shell + 1] - fourier.shell_start[shell], 6);
  assert_int_equal(fourier.shell_start[1], 2); /* (1, 0) and (0, 1) */
  fcast_fourier_clear(&fourier);
}

/* A box of one row has waves along x alone; one of a single cell, or a kernel wider than it, none. */
static void test_narrow_grids(void **state) {
  (void)state;
  fcast_error err;
  fcast_fourier fourier = fourier_of(1, 9, 3.0, 1.0, 0.0);
  assert_int_equal(fourier.n_waves, 4);
  for (size_t w = 0; w < 4; w++) {
    assert_int_equal(fourier.waves[2 * w], w + 1);
    assert_int_equal(fourier.waves[2 * w + 1], 0);
  }
  fcast_fourier_clear(&fourier);
  fourier = fourier_of(6, 1, 3.0, 1.0, 0.0);
  assert_int_equal(fourier.n_waves, 2);
  assert_int_equal(fourier.waves[3], 2);
  fcast_fourier_clear(&fourier);
  const struct {
    size_t ny, nx;
    double bandwidth;
  } hopeless[] = {{1, 1, 0.0}, {2, 2, 0.0}, {1, 2, 0.0}, {8, 8, 4.0}};
  for (size_t i = 0; i < sizeof hopeless / sizeof hopeless[0]; i++) {
    assert_int_equal(
        fcast_fourier_create(hopeless[i].ny, hopeless[i].nx, 1.0, 1.0, hopeless[i].bandwidth, &fourier, &err),
        FCAST_E_SHAPE);
    assert_null(fourier.waves);
    assert_int_equal(fourier.n_waves, 0);
  }
}

/* Of a grid with more, as many as there may be, but a shell whole or not at all. */
static void test_the_limit_cuts_no_shell(void **state) {
  (void)state;
  const size_t sizes[] = {24, 25, 33, 40, 64};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const size_t n = sizes[i];
    fcast_fourier fourier = fourier_of(n, n, 5.0, 5.0, 0.0);
    assert_true(2 * fourier.n_waves <= FCAST_FOURIER_MODES && 2 * fourier.n_waves > FCAST_FOURIER_MODES - 32);
    const int64_t *last = fourier.waves + 2 * (fourier.n_waves - 1);
    const double longest = length2(last[0], last[1], 5.0, 5.0);
    const int64_t largest = ((int64_t)n - 1) / 2;
    size_t expected = 0;
    for (int64_t ky = -largest; ky <= largest; ky++) {
      for (int64_t kx = -largest; kx <= largest; kx++) {
        const double length = length2(kx, ky, 5.0, 5.0);
        expected += (kx != 0 || ky != 0) && (length < longest || is_same_length(length, longest));
      }
    }
    assert_int_equal(2 * fourier.n_waves, expected);
    fcast_fourier_clear(&fourier);
  }
}

static void check_equal(const fcast_fourier *a, const fcast_fourier *b) {
  assert_int_equal(a->n_waves, b->n_waves);
  assert_int_equal(a->n_shells, b->n_shells);
  assert_true(a->ny == b->ny && a->nx == b->nx);
  assert_memory_equal(a->waves, b->waves, 2 * a->n_waves * sizeof *a->waves);
  assert_memory_equal(a->direction, b->direction, 2 * a->n_waves * sizeof *a->direction);
  assert_memory_equal(a->shell_start, b->shell_start, (a->n_shells + 1) * sizeof *a->shell_start);
}

static void test_from_waves(void **state) {
  (void)state;
  fcast_error err;
  for (size_t i = 0; i < N_GRIDS; i++) {
    fcast_fourier fourier = fourier_of(grids[i].ny, grids[i].nx, grids[i].box_x, grids[i].box_y, grids[i].bandwidth);
    fcast_fourier again;
    check_ok(fcast_fourier_from_waves(fourier.waves, fourier.n_waves, grids[i].ny, grids[i].nx, grids[i].box_x,
                                      grids[i].box_y, &again, &err),
             &err);
    check_equal(&fourier, &again);
    fcast_fourier_clear(&again);
    fcast_fourier_clear(&fourier);
  }
  const int64_t wrong[][6] = {
      {1, 0, 0, 1, 0, 0},  /* no wave */
      {1, 1, 1, 0, 0, 1},  /* a longer one first */
      {1, 0, 1, 0, 0, 1},  /* twice the same */
      {0, 1, 1, 0, 1, 1},  /* out of order in its shell */
      {1, 0, 0, 1, 3, 0},  /* beyond the grid of 7 x 5 */
      {1, 0, 1, -1, 1, 1}, /* ky below zero */
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    fcast_fourier refused;
    assert_int_equal(fcast_fourier_from_waves(wrong[i], 3, 7, 5, 2.0, 2.0, &refused, &err), FCAST_E_SHAPE);
    assert_non_null(strstr(err.text, "wavevectors"));
    assert_null(refused.waves);
  }
}

/* --- modes --- */

static void test_modes_are_orthonormal_and_mean_free(void **state) {
  (void)state;
  for (size_t i = 0; i < N_GRIDS; i++) {
    const size_t n_space = grids[i].ny * grids[i].nx;
    fcast_fourier fourier = fourier_of(grids[i].ny, grids[i].nx, grids[i].box_x, grids[i].box_y, grids[i].bandwidth);
    fcast_pod basis = basis_of(&fourier, 0.75);
    const size_t n_modes = basis.n_modes;
    assert_int_equal(n_modes, 2 * fourier.n_waves);
    assert_int_equal(basis.n_space, n_space);
    for (size_t a = 0; a < n_modes; a++) {
      double sum = 0.0;
      for (size_t b = 0; b <= a; b++) {
        double product = 0.0;
        for (size_t j = 0; j < n_space; j++) {
          product += basis.modes[j * n_modes + a] * basis.modes[j * n_modes + b];
        }
        check_close(product, a == b ? 1.0 : 0.0, 1e-13, 0.0);
      }
      for (size_t j = 0; j < n_space; j++) {
        sum += basis.modes[j * n_modes + a];
      }
      check_close(sum, 0.0, 1e-12, 0.0);
    }
    for (size_t j = 0; j < n_space; j++) {
      assert_true(basis.mean[j] == 0.75);
    }
    fcast_pod_clear(&basis);
    fcast_fourier_clear(&fourier);
  }
}

/* The definition, cell by cell, and the modes that a basis of fewer has. */
static void test_modes_are_cosines_and_sines(void **state) {
  (void)state;
  fcast_error err;
  enum { NY = 8, NX = 13 };
  fcast_fourier fourier = fourier_of(NY, NX, 20.0, 10.0, 1.0);
  fcast_pod basis;
  check_ok(fcast_fourier_basis(&fourier, 6, 0.0, &basis, &err), &err);
  for (size_t cell = 0; cell < NY * NX; cell++) {
    for (size_t w = 0; w < 3; w++) {
      const double angle = two_pi * ((double)(fourier.waves[2 * w]) * (double)(cell % NX) / NX +
                                     (double)(fourier.waves[2 * w + 1]) * (double)(cell / NX) / NY);
      check_close(basis.modes[cell * 6 + 2 * w], sqrt(2.0 / (NY * NX)) * cos(angle), 1e-14, 0.0);
      check_close(basis.modes[cell * 6 + 2 * w + 1], sqrt(2.0 / (NY * NX)) * sin(angle), 1e-14, 0.0);
    }
  }
  fcast_pod_clear(&basis);
  assert_int_equal(fcast_fourier_basis(&fourier, 0, 0.0, &basis, &err), FCAST_E_ARG);
  assert_int_equal(fcast_fourier_basis(&fourier, 2 * fourier.n_waves + 1, 0.0, &basis, &err), FCAST_E_ARG);
  fcast_fourier_clear(&fourier);
}

/* Row by row and then column by column: what a product with the modes makes of the frames. */
static void test_projection_by_rows_and_columns(void **state) {
  (void)state;
  fcast_error err;
  uint64_t random = 24;
  for (size_t i = 0; i < N_GRIDS; i++) {
    enum { N_FRAMES = 70 };
    const size_t n_space = grids[i].ny * grids[i].nx;
    fcast_fourier fourier = fourier_of(grids[i].ny, grids[i].nx, grids[i].box_x, grids[i].box_y, grids[i].bandwidth);
    double *frames = fcast_alloc_array(N_FRAMES * n_space, sizeof *frames);
    double *found = fcast_alloc_array(N_FRAMES * 2 * fourier.n_waves, sizeof *found);
    double *expected = fcast_alloc_array(N_FRAMES * 2 * fourier.n_waves, sizeof *expected);
    fill(frames, N_FRAMES * n_space, &random);
    const size_t counts[] = {1, 3, 4, fourier.n_waves, 2 * fourier.n_waves};
    for (size_t k = 0; k < 5; k++) {
      fcast_pod basis;
      check_ok(fcast_fourier_basis(&fourier, counts[k], 0.7, &basis, &err), &err);
      check_ok(fcast_fourier_project(&fourier, counts[k], frames, N_FRAMES, found, &err), &err);
      check_ok(fcast_pod_project(&basis, frames, N_FRAMES, expected, &err), &err);
      for (size_t j = 0; j < N_FRAMES * counts[k]; j++) {
        check_close(found[j], expected[j], 1e-12, 0.0);
      }
      fcast_pod_clear(&basis);
    }
    fcast_free(frames);
    fcast_free(found);
    fcast_free(expected);
    fcast_fourier_clear(&fourier);
  }
}

/* --- states --- */

/* States of `n_moments` moments on all modes; takes the wavevectors. */
static fcast_state state_of(fcast_fourier fourier, size_t n_moments) {
  fcast_state made = {.basis = FCAST_BASIS_FOURIER,
                      .n_moments = n_moments,
                      .n_fields = 1 + n_moments,
                      .n_modes = 2 * fourier.n_waves,
                      .fourier = fourier,
                      .scale = {1.0, 0.5, 2.0}};
  made.pods[0] = basis_of(&fourier, 1.0);
  return made;
}

/* A field moved by whole cells through the periodic box. */
static void shift(const double *from, size_t ny, size_t nx, size_t dy, size_t dx, double *to) {
  for (size_t y = 0; y < ny; y++) {
    for (size_t x = 0; x < nx; x++) {
      to[(y + dy) % ny * nx + (x + dx) % nx] = from[y * nx + x];
    }
  }
}

/* Moving all fields turns every pair of cosine and sine by the phase k . d, in every field of the state alike. */
static void test_a_shift_turns_the_pairs(void **state) {
  (void)state;
  enum { NY = 9, NX = 12, FIELDS = 5 };
  fcast_error err;
  uint64_t random = 21;
  double frame[FIELDS * NY * NX];
  double moved[FIELDS * NY * NX];
  fcast_state model = state_of(fourier_of(NY, NX, 6.0, 5.0, 0.5), 2);
  const size_t n_modes = model.n_modes;
  double *before = fcast_alloc_array(3 * n_modes, sizeof *before);
  double *after = fcast_alloc_array(3 * n_modes, sizeof *after);
  fill(frame, FIELDS * NY * NX, &random);
  check_ok(fcast_state_project(&model, frame, 1, before, &err), &err);
  for (size_t trial = 0; trial < 6; trial++) {
    const size_t dy = trial * 4 % NY;
    const size_t dx = trial * 5 % NX;
    for (size_t field = 0; field < FIELDS; field++) {
      shift(frame + field * NY * NX, NY, NX, dy, dx, moved + field * NY * NX);
    }
    check_ok(fcast_state_project(&model, moved, 1, after, &err), &err);
    for (size_t field = 0; field < 3; field++) {
      for (size_t w = 0; w < n_modes / 2; w++) {
        const double phase = two_pi * ((double)model.fourier.waves[2 * w] * (double)dx / NX +
                                       (double)model.fourier.waves[2 * w + 1] * (double)dy / NY);
        const double *a = before + field * n_modes + 2 * w;
        const double *b = after + field * n_modes + 2 * w;
        check_close(b[0], a[0] * cos(phase) - a[1] * sin(phase), 1e-12, 0.0);
        check_close(b[1], a[0] * sin(phase) + a[1] * cos(phase), 1e-12, 0.0);
      }
    }
  }
  fcast_free(before);
  fcast_free(after);
  fcast_state_clear(&model);
}

/* Where the wavevector (kx, ky) or its opposite is in the list; `sign` says which. */
static size_t place_of(const fcast_fourier *fourier, int64_t kx, int64_t ky, double *sign) {
  for (size_t w = 0; w < fourier->n_waves; w++) {
    for (int s = -1; s <= 1; s += 2) {
      if (fourier->waves[2 * w] == s * kx && fourier->waves[2 * w + 1] == s * ky) {
        *sign = s;
        return w;
      }
    }
  }
  fail_msg("(%lld, %lld) is not among the wavevectors", (long long)kx, (long long)ky);
  return 0;
}

/* A square box turned by a right angle about the centre of cell 0: what was at (x, y) is at (-y, x), the momentum
 * (px, py) becomes (-py, px), the nematic tensor changes sign. The coefficients of (kx, ky) go to (-ky, kx); where that
 * one is stored as its opposite, the sine changes its sign. */
static void test_a_rotation_permutes_the_pairs(void **state) {
  (void)state;
  enum { N = 10, FIELDS = 5 };
  fcast_error err;
  uint64_t random = 22;
  double frame[FIELDS][N][N];
  double turned[FIELDS][N][N];
  fill(&frame[0][0][0], sizeof frame / sizeof(double), &random);
  for (size_t y = 0; y < N; y++) {
    for (size_t x = 0; x < N; x++) {
      const size_t to_y = x;
      const size_t to_x = (N - y) % N;
      turned[0][to_y][to_x] = frame[0][y][x];
      turned[1][to_y][to_x] = -frame[2][y][x];
      turned[2][to_y][to_x] = frame[1][y][x];
      turned[3][to_y][to_x] = -frame[3][y][x];
      turned[4][to_y][to_x] = -frame[4][y][x];
    }
  }
  fcast_state model = state_of(fourier_of(N, N, 3.0, 3.0, 0.0), 2);
  const size_t n_modes = model.n_modes;
  double *before = fcast_alloc_array(3 * n_modes, sizeof *before);
  double *after = fcast_alloc_array(3 * n_modes, sizeof *after);
  check_ok(fcast_state_project(&model, &frame[0][0][0], 1, before, &err), &err);
  check_ok(fcast_state_project(&model, &turned[0][0][0], 1, after, &err), &err);
  for (size_t field = 0; field < 3; field++) {
    for (size_t w = 0; w < n_modes / 2; w++) {
      double sign = 0.0;
      const size_t to = place_of(&model.fourier, -model.fourier.waves[2 * w + 1], model.fourier.waves[2 * w], &sign);
      check_close(after[field * n_modes + 2 * to], before[field * n_modes + 2 * w], 1e-12, 0.0);
      check_close(after[field * n_modes + 2 * to + 1], sign * before[field * n_modes + 2 * w + 1], 1e-12, 0.0);
    }
  }
  fcast_free(before);
  fcast_free(after);
  fcast_state_clear(&model);
}

/* --- the longitudinal part --- */

/* cos(k . r + phase) at the cell centres, the first of which is the origin of the modes. */
static void plane_wave(const int64_t *k, size_t ny, size_t nx, double phase, double factor, double *out) {
  for (size_t cell = 0; cell < ny * nx; cell++) {
    out[cell] = factor * cos(two_pi * ((double)k[0] * (double)(cell % nx) / (double)nx +
                                       (double)k[1] * (double)(cell / nx) / (double)ny) +
                             phase);
  }
}

/* The state of one plane wave of moment n, of amplitude `x` and `y` in its two components. */
static void project_wave(const fcast_state *model, size_t wave, size_t n, double x, double y, double *out) {
  enum { NY = 8, NX = 13 };
  fcast_error err;
  double frame[5 * NY * NX] = {0.0};
  const int64_t *k = model->fourier.waves + 2 * wave;
  double wave_of_x[NY * NX];
  double wave_of_y[NY * NX];
  plane_wave(k, NY, NX, 0.4, x, wave_of_x);
  plane_wave(k, NY, NX, 0.4, y, wave_of_y);
  for (size_t cell = 0; cell < NY * NX; cell++) {
    frame[(2 * n - 1) * NY * NX + cell] += wave_of_x[cell];
    frame[2 * n * NY * NX + cell] += wave_of_y[cell];
  }
  check_ok(fcast_state_project(model, frame, 1, out, &err), &err);
}

/* A wave of momentum along k has a divergence: with p = u cos(k r + a), div p / |k| = -sin(k r + a), a quarter wave
 * shifted; one across k has none. For the nematic tensor (n = 2) along is (cos 2 phi, sin 2 phi), in phase; for it
 * across is that turned by 45 degrees. */
static void test_waves_along_and_across(void **state) {
  (void)state;
  enum { NY = 8, NX = 13 };
  const double length = sqrt(NY * NX / 2.0); /* of the coefficients of a wave of amplitude 1 */
  fcast_state model = state_of(fourier_of(NY, NX, 20.0, 10.0, 0.5), 2);
  const size_t n_modes = model.n_modes;
  double *found = fcast_alloc_array(3 * n_modes, sizeof *found);
  for (size_t w = 0; w < n_modes / 2; w++) {
    const double *u = model.fourier.direction + 2 * w;
    const double angle = atan2(u[1], u[0]);
    for (size_t n = 1; n <= 2; n++) {
      project_wave(&model, w, n, cos((double)n * angle), sin((double)n * angle), found);
      const double phase = n == 1 ? 0.4 + two_pi / 4.0 : 0.4; /* cos(kr + a + 90 degrees) = -sin(kr + a) */
      for (size_t i = 0; i < 3 * n_modes; i++) {
        const bool is_cosine = i == n * n_modes + 2 * w;
        const bool is_sine = i == n * n_modes + 2 * w + 1;
        const double expected = is_cosine ? cos(phase) : (is_sine ? -sin(phase) : 0.0);
        check_close(found[i], expected * length * model.scale[n], 1e-12, 0.0);
      }
      project_wave(&model, w, n, -sin((double)n * angle), cos((double)n * angle), found);
      for (size_t i = 0; i < 3 * n_modes; i++) {
        check_close(found[i], 0.0, 1e-12, 0.0);
      }
    }
  }
  fcast_free(found);
  fcast_state_clear(&model);
}

/* The density, and what is not asked for, stay as they are. */
static void test_the_density_is_copied(void **state) {
  (void)state;
  fcast_fourier fourier = fourier_of(8, 8, 1.0, 1.0, 1.0);
  uint64_t random = 23;
  double in[2 * 3 * 4];
  double out[2 * 2 * 4 + 1];
  fill(in, 24, &random);
  out[16] = 17.0;
  fcast_fourier_longitudinal(&fourier, 4, 1, in, 2, out);
  assert_memory_equal(out, in, 4 * sizeof *in);
  assert_memory_equal(out + 8, in + 12, 4 * sizeof *in);
  assert_true(out[16] == 17.0);
  fcast_fourier_longitudinal(&fourier, 4, 0, in, 2, out);
  assert_memory_equal(out, in, 8 * sizeof *in);
  fcast_fourier_clear(&fourier);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_of_each_pair),
      cmocka_unit_test(test_shells_are_whole),
      cmocka_unit_test(test_a_shell_by_hand),
      cmocka_unit_test(test_narrow_grids),
      cmocka_unit_test(test_the_limit_cuts_no_shell),
      cmocka_unit_test(test_from_waves),
      cmocka_unit_test(test_modes_are_orthonormal_and_mean_free),
      cmocka_unit_test(test_modes_are_cosines_and_sines),
      cmocka_unit_test(test_projection_by_rows_and_columns),
      cmocka_unit_test(test_a_shift_turns_the_pairs),
      cmocka_unit_test(test_a_rotation_permutes_the_pairs),
      cmocka_unit_test(test_waves_along_and_across),
      cmocka_unit_test(test_the_density_is_copied),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
