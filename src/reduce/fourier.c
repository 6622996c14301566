/* SPDX-License-Identifier: MIT */
#include "flockcast/fourier.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586476925286766559;

/* Shares below this of a particle's spectrum are not worth a mode. */
static const double smallest_share = 0.01;

/* Lengths that differ by less are equal: rounding, not geometry. */
static const double equal_lengths = 1e-9;

typedef struct wave {
  int64_t kx, ky;
  double length2; /* (kx / Lx)^2 + (ky / Ly)^2 */
} wave;

static int compare_waves(const void *a, const void *b) {
  const wave *left = a;
  const wave *right = b;
  if (fabs(left->length2 - right->length2) > equal_lengths * right->length2) {
    return left->length2 < right->length2 ? -1 : 1;
  }
  if (left->ky != right->ky) {
    return left->ky < right->ky ? -1 : 1;
  }
  return (left->kx > right->kx) - (left->kx < right->kx);
}

/* exp(-(k sigma)^2) for a sampled kernel of `bandwidth` cells along each side. */
static bool is_resolved(int64_t kx, int64_t ky, size_t nx, size_t ny, double bandwidth) {
  const double x = two_pi * (double)kx / (double)nx * bandwidth;
  const double y = two_pi * (double)ky / (double)ny * bandwidth;
  return exp(-(x * x + y * y)) >= smallest_share;
}

/* One of each pair +-k below the grid's limit; returns how many. */
static size_t list_waves(size_t ny, size_t nx, double box_x, double box_y, double bandwidth, wave *waves) {
  const int64_t last_x = ((int64_t)nx - 1) / 2;
  const int64_t last_y = ((int64_t)ny - 1) / 2;
  size_t n = 0;
  for (int64_t ky = 0; ky <= last_y; ky++) {
    for (int64_t kx = ky == 0 ? 1 : -last_x; kx <= last_x; kx++) {
      if (is_resolved(kx, ky, nx, ny, bandwidth)) {
        const double x = (double)kx / box_x;
        const double y = (double)ky / box_y;
        waves[n++] = (wave){kx, ky, x * x + y * y};
      }
    }
  }
  return n;
}

static fcast_status allocate(size_t n_waves, fcast_fourier *out, fcast_error *err) {
  out->waves = fcast_alloc_array(2 * n_waves, sizeof *out->waves);
  out->direction = fcast_alloc_array(2 * n_waves, sizeof *out->direction);
  out->shell_start = fcast_alloc_array(n_waves + 1, sizeof *out->shell_start);
  if (out->waves == NULL || out->direction == NULL || out->shell_start == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu wavevectors", n_waves);
  }
  out->n_waves = n_waves;
  return FCAST_OK;
}

/* Fill in the directions and shells of waves sorted by length. */
static void group_into_shells(const wave *waves, double box_x, double box_y, fcast_fourier *out) {
  for (size_t w = 0; w < out->n_waves; w++) {
    out->waves[2 * w] = waves[w].kx;
    out->waves[2 * w + 1] = waves[w].ky;
    out->direction[2 * w] = (double)waves[w].kx / box_x / sqrt(waves[w].length2);
    out->direction[2 * w + 1] = (double)waves[w].ky / box_y / sqrt(waves[w].length2);
    if (w == 0 || fabs(waves[w].length2 - waves[w - 1].length2) > equal_lengths * waves[w].length2) {
      out->shell_start[out->n_shells++] = w;
    }
  }
  out->shell_start[out->n_shells] = out->n_waves;
}

/* At most as many as there may be modes for, never part of a shell. */
static size_t cut_to_limit(const wave *waves, size_t n_waves) {
  size_t n = n_waves;
  if (n > FCAST_FOURIER_MODES / 2) {
    n = FCAST_FOURIER_MODES / 2;
    while (n > 0 && fabs(waves[n].length2 - waves[n - 1].length2) <= equal_lengths * waves[n].length2) {
      n--;
    }
  }
  return n;
}

fcast_status fcast_fourier_create(size_t ny, size_t nx, double box_x, double box_y, double bandwidth,
                                  fcast_fourier *out, fcast_error *err) {
  *out = (fcast_fourier){.ny = ny, .nx = nx};
  wave *waves = fcast_alloc_array(nx * ny, sizeof *waves);
  if (waves == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the wavevectors of %zu x %zu cells", ny, nx);
  }
  size_t n_waves = list_waves(ny, nx, box_x, box_y, bandwidth, waves);
  qsort(waves, n_waves, sizeof *waves, compare_waves);
  n_waves = cut_to_limit(waves, n_waves);
  fcast_status status = n_waves == 0
                            ? fcast_fail(err, FCAST_E_SHAPE, "no wavevector is resolved by %zu x %zu cells", ny, nx)
                            : allocate(n_waves, out, err);
  if (status == FCAST_OK) {
    group_into_shells(waves, box_x, box_y, out);
  } else {
    fcast_fourier_clear(out);
  }
  fcast_free(waves);
  return status;
}

/* One of each pair +-k below the limits of the grid. */
static bool is_on_grid(const int64_t *k, size_t ny, size_t nx) {
  const int64_t last_x = ((int64_t)nx - 1) / 2;
  const int64_t last_y = ((int64_t)ny - 1) / 2;
  return k[0] >= -last_x && k[0] <= last_x && k[1] <= last_y && (k[1] > 0 || (k[1] == 0 && k[0] > 0));
}

fcast_status fcast_fourier_from_waves(const int64_t *waves, size_t n_waves, size_t ny, size_t nx, double box_x,
                                      double box_y, fcast_fourier *out, fcast_error *err) {
  *out = (fcast_fourier){.ny = ny, .nx = nx};
  wave *sorted = fcast_alloc_array(n_waves, sizeof *sorted);
  fcast_status status = sorted == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu wavevectors", n_waves)
                                       : allocate(n_waves, out, err);
  for (size_t w = 0; status == FCAST_OK && w < n_waves; w++) {
    const double x = (double)waves[2 * w] / box_x;
    const double y = (double)waves[2 * w + 1] / box_y;
    sorted[w] = (wave){waves[2 * w], waves[2 * w + 1], x * x + y * y};
    if (sorted[w].length2 == 0.0 || !is_on_grid(waves + 2 * w, ny, nx) ||
        (w > 0 && compare_waves(&sorted[w - 1], &sorted[w]) >= 0)) {
      status = fcast_fail(err, FCAST_E_SHAPE,
                          "wavevectors: number %zu is (%lld, %lld), expected those of the grid by length", w,
                          (long long)waves[2 * w], (long long)waves[2 * w + 1]);
    }
  }
  if (status == FCAST_OK) {
    group_into_shells(sorted, box_x, box_y, out);
  } else {
    fcast_fourier_clear(out);
  }
  fcast_free(sorted);
  return status;
}

/* cos and sin of 2 pi j / n, every one from its own argument. */
static void turns(size_t n, double *cosines, double *sines) {
  for (size_t j = 0; j < n; j++) {
    cosines[j] = cos(two_pi * (double)j / (double)n);
    sines[j] = sin(two_pi * (double)j / (double)n);
  }
}

static size_t turn_of(int64_t k, size_t cell, size_t n) {
  const int64_t turn = k * (int64_t)cell % (int64_t)n;
  return (size_t)(turn < 0 ? turn + (int64_t)n : turn);
}

fcast_status fcast_fourier_basis(const fcast_fourier *fourier, size_t n_modes, double mean, fcast_pod *out,
                                 fcast_error *err) {
  const size_t ny = fourier->ny;
  const size_t nx = fourier->nx;
  *out = (fcast_pod){.n_space = ny * nx, .n_modes = n_modes, .energy = 1.0, .target_energy = 1.0};
  if (n_modes > 2 * fourier->n_waves || n_modes == 0) {
    return fcast_fail(err, FCAST_E_ARG, "%zu Fourier modes: expected 1 to %zu", n_modes, 2 * fourier->n_waves);
  }
  double *x_turns = fcast_alloc_array(2 * nx, sizeof *x_turns);
  double *y_turns = fcast_alloc_array(2 * ny, sizeof *y_turns);
  out->modes = fcast_alloc_unfilled(ny * nx * n_modes, sizeof(double));
  out->singular_values = fcast_alloc_array(n_modes, sizeof(double));
  out->mean = fcast_alloc_array(ny * nx, sizeof(double));
  fcast_status status = FCAST_OK;
  if (x_turns == NULL || y_turns == NULL || out->modes == NULL || out->singular_values == NULL || out->mean == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu Fourier modes of %zu cells", n_modes, ny * nx);
    fcast_pod_clear(out);
    goto cleanup;
  }
  turns(nx, x_turns, x_turns + nx);
  turns(ny, y_turns, y_turns + ny);
  const double length = sqrt(2.0 / (double)(ny * nx));
  for (size_t cell = 0; cell < ny * nx; cell++) {
    out->mean[cell] = mean;
    for (size_t mode = 0; mode < n_modes; mode++) {
      const int64_t *k = fourier->waves + 2 * (mode / 2);
      const size_t x = turn_of(k[0], cell % nx, nx);
      const size_t y = turn_of(k[1], cell / nx, ny);
      out->modes[cell * n_modes + mode] =
          length * (mode % 2 == 0 ? x_turns[x] * y_turns[y] - x_turns[nx + x] * y_turns[ny + y]
                                  : x_turns[nx + x] * y_turns[y] + x_turns[x] * y_turns[ny + y]);
    }
  }
cleanup:
  fcast_free(x_turns);
  fcast_free(y_turns);
  return status;
}

void fcast_fourier_longitudinal(const fcast_fourier *fourier, size_t n_modes, size_t n_moments, const double *in,
                                size_t n_frames, double *out) {
  for (size_t frame = 0; frame < n_frames; frame++) {
    const double *from = in + frame * (1 + 2 * n_moments) * n_modes;
    double *to = out + frame * (1 + n_moments) * n_modes;
    memcpy(to, from, n_modes * sizeof *to);
    for (size_t w = 0; w < n_modes / 2; w++) {
      const double *u = fourier->direction + 2 * w;
      double c = u[0]; /* cosine and sine of n times the direction */
      double s = u[1];
      for (size_t n = 1; n <= n_moments; n++) {
        const double *x = from + (2 * n - 1) * n_modes + 2 * w;
        const double *y = from + 2 * n * n_modes + 2 * w;
        const double along_cosine = c * x[0] + s * y[0];
        const double along_sine = c * x[1] + s * y[1];
        to[n * n_modes + 2 * w] = n % 2 == 1 ? along_sine : along_cosine;
        to[n * n_modes + 2 * w + 1] = n % 2 == 1 ? -along_cosine : along_sine;
        const double turned = c * u[0] - s * u[1];
        s = c * u[1] + s * u[0];
        c = turned;
      }
    }
  }
}

void fcast_fourier_clear(fcast_fourier *fourier) {
  fcast_free(fourier->waves);
  fcast_free(fourier->direction);
  fcast_free(fourier->shell_start);
  *fourier = (fcast_fourier){0};
}
