/* SPDX-License-Identifier: MIT */
#include "flockcast/align.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double two_pi = 6.283185307179586476925286766559;

/* Means that the reference is made in. */
enum { REFERENCE_PASSES = 6 };

/* Newton's method ends after so many steps, or below so many cells; a step that does not climb is halved. */
enum { NEWTON_STEPS = 30, HALVINGS = 20 };
static const double smallest_step = 1e-10;

/* --- moving --- */

void fcast_align_move(const fcast_fourier *fourier, size_t n_modes, const double shift[2], double *coefficients) {
  const double x = two_pi * shift[0] / (double)fourier->nx;
  const double y = two_pi * shift[1] / (double)fourier->ny;
  for (size_t w = 0; w < n_modes / 2; w++) {
    const double turn = (double)fourier->waves[2 * w] * x + (double)fourier->waves[2 * w + 1] * y;
    const double c = cos(turn);
    const double s = sin(turn);
    const double a = coefficients[2 * w];
    const double b = coefficients[2 * w + 1];
    coefficients[2 * w] = a * c - b * s;
    coefficients[2 * w + 1] = a * s + b * c;
  }
}

/* --- correlation --- */

/* What is the same for all frames: cosines and sines of 2 pi k cell / n for k = 0..largest along both sides. */
typedef struct aligner {
  const fcast_fourier *fourier;
  size_t n_waves;
  const double *reference;
  size_t n_kx;     /* largest |kx| + 1 */
  double *x_turns; /* [cell, kx, 2] */
  double *y_turns; /* [wave, cell, 2] */
} aligner;

/* Memory for one frame: of each wave, the part of the correlation that goes with cos(k s), and that with sin(k s). */
typedef struct correlation {
  double *even, *odd; /* [wave] */
  double *row;        /* [kx, 2] */
} correlation;

static double turn_of(int64_t k, size_t cell, size_t n) {
  return two_pi * (double)(k * (int64_t)cell % (int64_t)n) / (double)n;
}

static fcast_status aligner_create(const fcast_fourier *fourier, size_t n_modes, const double *reference, aligner *out,
                                   fcast_error *err) {
  *out = (aligner){.fourier = fourier, .n_waves = n_modes / 2, .reference = reference, .n_kx = 1};
  for (size_t w = 0; w < out->n_waves; w++) {
    const int64_t kx = fourier->waves[2 * w];
    const size_t n = (size_t)(kx < 0 ? -kx : kx) + 1;
    out->n_kx = n > out->n_kx ? n : out->n_kx;
  }
  out->x_turns = fcast_alloc_array(fourier->nx * out->n_kx * 2, sizeof(double));
  out->y_turns = fcast_alloc_array(out->n_waves * fourier->ny * 2, sizeof(double));
  if (out->x_turns == NULL || out->y_turns == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to align frames of %zu modes", n_modes);
  }
  for (size_t i = 0; i < fourier->nx * out->n_kx; i++) {
    const double turn = turn_of((int64_t)(i % out->n_kx), i / out->n_kx, fourier->nx);
    out->x_turns[2 * i] = cos(turn);
    out->x_turns[2 * i + 1] = sin(turn);
  }
  for (size_t i = 0; i < out->n_waves * fourier->ny; i++) {
    const double turn = turn_of(fourier->waves[2 * (i / fourier->ny) + 1], i % fourier->ny, fourier->ny);
    out->y_turns[2 * i] = cos(turn);
    out->y_turns[2 * i + 1] = sin(turn);
  }
  return FCAST_OK;
}

static void aligner_clear(aligner *a) {
  fcast_free(a->x_turns);
  fcast_free(a->y_turns);
}

static bool correlation_create(const aligner *a, correlation *out) {
  out->even = fcast_alloc_array(a->n_waves, sizeof(double));
  out->odd = fcast_alloc_array(a->n_waves, sizeof(double));
  out->row = fcast_alloc_array(2 * a->n_kx, sizeof(double));
  return out->even != NULL && out->odd != NULL && out->row != NULL;
}

static void correlation_clear(correlation *c) {
  fcast_free(c->even);
  fcast_free(c->odd);
  fcast_free(c->row);
}

/* The largest value over the cells: for one y the waves of equal |kx| make one cosine and one sine in x. */
static void climb_over_cells(const aligner *a, const correlation *c, double shift[2]) {
  const fcast_fourier *fourier = a->fourier;
  double largest = 0.0;
  shift[0] = 0.0;
  shift[1] = 0.0;
  for (size_t y = 0; y < fourier->ny; y++) {
    memset(c->row, 0, 2 * a->n_kx * sizeof *c->row);
    for (size_t w = 0; w < a->n_waves; w++) {
      const int64_t kx = fourier->waves[2 * w];
      const double *turn = a->y_turns + 2 * (w * fourier->ny + y);
      double *to = c->row + 2 * (size_t)(kx < 0 ? -kx : kx);
      const double along_sine = c->odd[w] * turn[0] - c->even[w] * turn[1];
      to[0] += c->even[w] * turn[0] + c->odd[w] * turn[1];
      to[1] += kx < 0 ? -along_sine : along_sine;
    }
    for (size_t x = 0; x < fourier->nx; x++) {
      const double *turns = a->x_turns + x * 2 * a->n_kx;
      double sum = 0.0;
      for (size_t k = 0; k < 2 * a->n_kx; k++) {
        sum += c->row[k] * turns[k];
      }
      if (sum > largest) {
        largest = sum;
        shift[0] = (double)x;
        shift[1] = (double)y;
      }
    }
  }
}

/* The correlation at a shift, with its gradient (x, y) and second derivatives (xx, xy, yy). */
static double value_at(const aligner *a, const correlation *c, const double shift[2], double gradient[2],
                       double second[3]) {
  const double x = two_pi / (double)a->fourier->nx;
  const double y = two_pi / (double)a->fourier->ny;
  double sum = 0.0;
  memset(gradient, 0, 2 * sizeof *gradient);
  memset(second, 0, 3 * sizeof *second);
  for (size_t w = 0; w < a->n_waves; w++) {
    const double kx = (double)a->fourier->waves[2 * w] * x;
    const double ky = (double)a->fourier->waves[2 * w + 1] * y;
    const double cosine = cos(kx * shift[0] + ky * shift[1]);
    const double sine = sin(kx * shift[0] + ky * shift[1]);
    const double value = c->even[w] * cosine + c->odd[w] * sine;
    const double slope = c->odd[w] * cosine - c->even[w] * sine;
    sum += value;
    gradient[0] += kx * slope;
    gradient[1] += ky * slope;
    second[0] -= kx * kx * value;
    second[1] -= kx * ky * value;
    second[2] -= ky * ky * value;
  }
  return sum;
}

/* From the highest cell to the top. Where the correlation does not curve down it is flat: a stripe, say, which may lie
 * anywhere along itself. */
static void climb_between_cells(const aligner *a, const correlation *c, double shift[2]) {
  double gradient[2];
  double second[3];
  double value = value_at(a, c, shift, gradient, second);
  for (size_t i = 0; i < NEWTON_STEPS; i++) {
    const double determinant = second[0] * second[2] - second[1] * second[1];
    if (!(determinant > 1e-12 * second[0] * second[0]) || !(second[0] < 0.0)) {
      return;
    }
    double step[2] = {(second[1] * gradient[1] - second[2] * gradient[0]) / determinant,
                      (second[1] * gradient[0] - second[0] * gradient[1]) / determinant};
    double next[2] = {shift[0] + step[0], shift[1] + step[1]};
    double higher = value_at(a, c, next, gradient, second);
    for (size_t k = 0; k < HALVINGS && !(higher >= value); k++) {
      step[0] *= 0.5;
      step[1] *= 0.5;
      next[0] = shift[0] + step[0];
      next[1] = shift[1] + step[1];
      higher = value_at(a, c, next, gradient, second);
    }
    if (!(higher >= value)) {
      return; /* rounding: as high as it gets */
    }
    value = higher;
    memcpy(shift, next, sizeof next);
    if (fabs(step[0]) + fabs(step[1]) < smallest_step) {
      return;
    }
  }
}

/* The shortest way round a side of n cells. */
static double shortest(double distance, size_t n) {
  return distance - (double)n * nearbyint(distance / (double)n);
}

static void find_one(const aligner *a, const double *coefficients, const correlation *c, double shift[2]) {
  for (size_t w = 0; w < a->n_waves; w++) {
    const double *r = a->reference + 2 * w;
    const double *f = coefficients + 2 * w;
    c->even[w] = f[0] * r[0] + f[1] * r[1];
    c->odd[w] = f[1] * r[0] - f[0] * r[1];
  }
  climb_over_cells(a, c, shift);
  climb_between_cells(a, c, shift);
  shift[0] = shortest(shift[0], a->fourier->nx);
  shift[1] = shortest(shift[1], a->fourier->ny);
}

fcast_status fcast_align_find(const fcast_fourier *fourier, size_t n_modes, const double *reference,
                              const double *coefficients, size_t n_frames, double *shifts, fcast_error *err) {
  aligner a = {0};
  bool is_short = false;
  fcast_status status = aligner_create(fourier, n_modes, reference, &a, err);
  if (status == FCAST_OK) {
#pragma omp parallel
    {
      correlation c = {0};
      const bool has_memory = correlation_create(&a, &c);
#pragma omp for schedule(static)
      for (size_t i = 0; i < n_frames; i++) {
        if (has_memory) {
          find_one(&a, coefficients + i * n_modes, &c, shifts + 2 * i);
        } else {
#pragma omp atomic write
          is_short = true;
        }
      }
      correlation_clear(&c);
    }
  }
  aligner_clear(&a);
  return is_short ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to align %zu frames", n_frames) : status;
}

/* --- the reference --- */

static size_t most_concentrated(const double *coefficients, size_t n_frames, size_t n_modes) {
  size_t best = 0;
  double largest = -1.0;
  for (size_t i = 0; i < n_frames; i++) {
    double energy = 0.0;
    for (size_t k = 0; k < n_modes; k++) {
      energy += coefficients[i * n_modes + k] * coefficients[i * n_modes + k];
    }
    if (energy > largest) {
      largest = energy;
      best = i;
    }
  }
  return best;
}

fcast_status fcast_align_reference(const fcast_fourier *fourier, size_t n_modes, const double *coefficients,
                                   size_t n_frames, double *reference, fcast_error *err) {
  double *shifts = fcast_alloc_array(2 * n_frames, sizeof *shifts);
  double *moved = fcast_alloc_array(n_modes, sizeof *moved);
  fcast_status status = shifts == NULL || moved == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to align %zu frames", n_frames)
                            : FCAST_OK;
  if (status == FCAST_OK) {
    memcpy(reference, coefficients + most_concentrated(coefficients, n_frames, n_modes) * n_modes,
           n_modes * sizeof *reference);
  }
  for (size_t pass = 0; status == FCAST_OK && pass < REFERENCE_PASSES; pass++) {
    status = fcast_align_find(fourier, n_modes, reference, coefficients, n_frames, shifts, err);
    memset(reference, 0, n_modes * sizeof *reference);
    for (size_t i = 0; status == FCAST_OK && i < n_frames; i++) {
      memcpy(moved, coefficients + i * n_modes, n_modes * sizeof *moved);
      fcast_align_move(fourier, n_modes, (const double[2]){-shifts[2 * i], -shifts[2 * i + 1]}, moved);
      for (size_t k = 0; k < n_modes; k++) {
        reference[k] += moved[k] / (double)n_frames;
      }
    }
  }
  fcast_free(shifts);
  fcast_free(moved);
  return status;
}

void fcast_align_increments(const fcast_fourier *fourier, const double *shifts, size_t n_frames, double *increments) {
  for (size_t i = 1; i < n_frames; i++) {
    increments[2 * i] = shortest(shifts[2 * i] - shifts[2 * i - 2], fourier->nx);
    increments[2 * i + 1] = shortest(shifts[2 * i + 1] - shifts[2 * i - 1], fourier->ny);
  }
  for (size_t side = 0; side < 2; side++) {
    increments[side] = n_frames > 1 ? increments[2 + side] : 0.0;
  }
}
