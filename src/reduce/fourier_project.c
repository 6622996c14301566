/* SPDX-License-Identifier: MIT */
#include "flockcast/fourier.h"

#include "linalg/products.h"

#include <math.h>
#include <string.h>

/* Frames whose rows are transformed in one product. */
enum { BLOCK_FRAMES = 64 };

static const double two_pi = 6.283185307179586476925286766559;

/* Largest |component| of the wavevectors of the first `n_modes` modes along one side. */
static size_t largest_component(const fcast_fourier *fourier, size_t n_modes, size_t side) {
  int64_t largest = 0;
  for (size_t w = 0; w < (n_modes + 1) / 2; w++) {
    const int64_t k = fourier->waves[2 * w + side];
    largest = k > largest ? k : -k > largest ? -k : largest;
  }
  return (size_t)largest;
}

/* table[cell, 2 (k_max + 1)]: cos and sin of 2 pi k cell / n for k = 0..k_max. */
static void fill_table(size_t n, size_t k_max, double *table) {
  for (size_t cell = 0; cell < n; cell++) {
    for (size_t k = 0; k <= k_max; k++) {
      const double turn = two_pi * (double)(k * cell % n) / (double)n;
      table[cell * 2 * (k_max + 1) + 2 * k] = cos(turn);
      table[cell * 2 * (k_max + 1) + 2 * k + 1] = sin(turn);
    }
  }
}

/* plane[y function, x function] = sum over y of y_table[y, y function] * rows[y, x function]. */
static void transform_columns(const double *rows, const double *y_table, size_t ny, size_t n_y, size_t n_x,
                              double *plane) {
  memset(plane, 0, n_y * n_x * sizeof *plane);
  for (size_t y = 0; y < ny; y++) {
    const double *row = rows + y * n_x;
    for (size_t i = 0; i < n_y; i++) {
      const double factor = y_table[y * n_y + i];
      double *out = plane + i * n_x;
      for (size_t j = 0; j < n_x; j++) {
        out[j] += factor * row[j];
      }
    }
  }
}

/* cos(a + b) = cos a cos b - sin a sin b and sin(a + b) = sin a cos b + cos a sin b; a negative kx turns sin a. */
static void combine(const fcast_fourier *fourier, size_t n_modes, const double *plane, size_t n_x, double length,
                    double *coefficients) {
  for (size_t mode = 0; mode < n_modes; mode++) {
    const int64_t kx = fourier->waves[2 * (mode / 2)];
    const size_t x = 2 * (size_t)(kx < 0 ? -kx : kx);
    const size_t y = 2 * (size_t)fourier->waves[2 * (mode / 2) + 1];
    const double sign = kx < 0 ? -1.0 : 1.0;
    const double cos_cos = plane[y * n_x + x];
    const double sin_sin = sign * plane[(y + 1) * n_x + x + 1];
    const double sin_cos = sign * plane[y * n_x + x + 1];
    const double cos_sin = plane[(y + 1) * n_x + x];
    coefficients[mode] = length * (mode % 2 == 0 ? cos_cos - sin_sin : sin_cos + cos_sin);
  }
}

fcast_status fcast_fourier_project(const fcast_fourier *fourier, size_t n_modes, const double *frames, size_t n_frames,
                                   double *coefficients, fcast_error *err) {
  const size_t ny = fourier->ny;
  const size_t nx = fourier->nx;
  const size_t x_max = largest_component(fourier, n_modes, 0);
  const size_t y_max = largest_component(fourier, n_modes, 1);
  const size_t n_x = 2 * (x_max + 1);
  const size_t n_y = 2 * (y_max + 1);
  double *x_table = fcast_alloc_array(nx * n_x, sizeof *x_table);
  double *y_table = fcast_alloc_array(ny * n_y, sizeof *y_table);
  double *rows = fcast_alloc_unfilled(BLOCK_FRAMES * ny * n_x, sizeof *rows);
  double *planes = fcast_alloc_unfilled(BLOCK_FRAMES * n_y * n_x, sizeof *planes);
  fcast_status status = x_table == NULL || y_table == NULL || rows == NULL || planes == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu Fourier modes", n_modes)
                            : FCAST_OK;
  if (status == FCAST_OK) {
    fill_table(nx, x_max, x_table);
    fill_table(ny, y_max, y_table);
  }
  const double length = sqrt(2.0 / (double)(ny * nx));
  for (size_t first = 0; status == FCAST_OK && first < n_frames; first += BLOCK_FRAMES) {
    const size_t n = n_frames - first < BLOCK_FRAMES ? n_frames - first : BLOCK_FRAMES;
    status = fcast__multiply(frames + first * ny * nx, x_table, n * ny, nx, n_x, NULL, rows, err);
    if (status != FCAST_OK) {
      break;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
      transform_columns(rows + i * ny * n_x, y_table, ny, n_y, n_x, planes + i * n_y * n_x);
      combine(fourier, n_modes, planes + i * n_y * n_x, n_x, length, coefficients + (first + i) * n_modes);
    }
  }
  fcast_free(x_table);
  fcast_free(y_table);
  fcast_free(rows);
  fcast_free(planes);
  return status;
}
