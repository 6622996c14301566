/* SPDX-License-Identifier: MIT */
#include "flockcast/spectrum.h"

#include "flockcast/random.h"
#include "linalg/arnoldi.h"
#include "linalg/vectors.h"

#include <float.h>
#include <stdbool.h>
#include <string.h>

/* Up to this order all eigenvalues are computed at once. */
enum { LARGEST_WHOLE = 256, FIRST_LOOK = 64 };

static const double largest_residual = 1e-8;

/* Multiplications that rolling out may take, and steps that it has all the same. */
static const double most_fading = 1.5e9;
enum { FEWEST_STEPS = 64 };

/* The companion matrix, known by what it does: top[mode out, lag, mode in] acts on the last frames, newest first, and
 * these move down by one. */
typedef struct companion {
  size_t lag; /* without the trailing lags whose matrix is zero: these only add eigenvalues zero */
  size_t n_modes;
  double unit; /* eigenvalues are in units of this */
  double *top;
} companion;

/* --- scaling --- */

/* The root mean square of the singular values, ||A||_F / sqrt(r): the modulus of the eigenvalues of a scaled rotation,
 * and near the largest of a random matrix. */
static double typical_modulus(const double *a, size_t n_modes) {
  double largest = 0.0;
  double squares = 0.0;
  for (size_t i = 0; i < n_modes * n_modes; i++) {
    largest = fmax(largest, fabs(a[i]));
  }
  for (size_t i = 0; largest > 0.0 && i < n_modes * n_modes; i++) {
    squares += (a[i] / largest) * (a[i] / largest);
  }
  return fmin(largest * sqrt(squares / (double)n_modes), DBL_MAX);
}

/* With frame t - i counted in units of unit^-i the matrices are A_i / unit^i. The unit of which none is large makes old
 * and new frames weigh alike, keeps numbers in range, and makes the eigenvalues near one. Returns the lag. */
static size_t choose_unit(const fcast_mvar *mvar, double *unit) {
  size_t lag = 0;
  *unit = 0.0;
  for (size_t i = 0; i < mvar->lag; i++) {
    const double modulus = typical_modulus(mvar->coefficients + i * mvar->n_modes * mvar->n_modes, mvar->n_modes);
    if (modulus > 0.0) {
      lag = i + 1;
      *unit = fmax(*unit, pow(modulus, 1.0 / (double)lag));
    }
  }
  return lag;
}

static fcast_status companion_create(const fcast_mvar *mvar, companion *out, fcast_error *err) {
  const size_t r = mvar->n_modes;
  *out = (companion){.n_modes = r};
  for (size_t i = 0; i < mvar->lag * r * r; i++) {
    if (!isfinite(mvar->coefficients[i])) {
      return fcast_fail(err, FCAST_E_ARG, "coefficient %zu of the model: found %g, expected a finite number", i,
                        mvar->coefficients[i]);
    }
  }
  out->lag = choose_unit(mvar, &out->unit);
  out->top = fcast_alloc_unfilled(r * out->lag * r, sizeof *out->top);
  if (out->top == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a companion matrix of %zu modes", r);
  }
  for (size_t lag = 0; lag < out->lag; lag++) {
    for (size_t k = 0; k < r; k++) {
      for (size_t m = 0; m < r; m++) {
        double value = mvar->coefficients[(lag * r + k) * r + m];
        for (size_t i = 0; i <= lag; i++) {
          value /= out->unit; /* one at a time: the power itself may leave the range of a double */
        }
        out->top[(k * out->lag + lag) * r + m] = value;
      }
    }
  }
  return FCAST_OK;
}

/* One frame on: the new frame in front, the oldest dropped. */
static void advance(const void *context, const double *frames, double *advanced) {
  const companion *c = context;
  const size_t n = c->lag * c->n_modes;
  fcast__matrix_vector(c->top, c->n_modes, n, frames, advanced);
  memcpy(advanced + c->n_modes, frames, (n - c->n_modes) * sizeof *frames);
}

/* --- the search --- */

/* Steps to roll out: as many as the order, unless a step is dear. */
static size_t count_steps(const companion *c) {
  const double n = (double)(c->lag * c->n_modes);
  return (size_t)fmin(n, fmax(FEWEST_STEPS, most_fading / ((double)c->n_modes * n)));
}

/* Roll random frames out, so that what fades is gone from the first vector and the space is left for what does not: the
 * default model of order 1052 needs 216 vectors instead of 486 after a quarter of the steps. */
static void fade(const companion *c, size_t n_steps, double *frames, double *scratch) {
  const size_t n = c->lag * c->n_modes;
  for (size_t i = 0; i < n_steps; i++) {
    advance(c, frames, scratch);
    const double length = fcast__norm(scratch, n);
    if (!(length > 0.0)) {
      return;
    }
    for (size_t k = 0; k < n; k++) {
      frames[k] = scratch[k] / length;
    }
  }
}

static fcast_status start_space(const companion *c, fcast_arnoldi *space, fcast_error *err) {
  const size_t n = c->lag * c->n_modes;
  double *start = fcast_alloc_unfilled(2 * n, sizeof *start);
  if (start == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for an eigenproblem of order %zu", n);
  }
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, 1);
  fcast_random_normal(&random, FCAST_STREAM_POSITIONS, 0, n, start);
  if (n > LARGEST_WHOLE) {
    fade(c, count_steps(c), start, start + n);
  }
  const fcast_operator map = {.apply = advance, .context = c, .n = n};
  const fcast_status status = fcast__arnoldi_create(map, start, space, err);
  fcast_free(start);
  return status;
}

/* real and imaginary[n] get the values in units of c->unit. */
static fcast_status search(const companion *c, size_t n_leading, double *real, double *imaginary, fcast_spectrum *out,
                           fcast_error *err) {
  const size_t n = c->lag * c->n_modes;
  fcast_arnoldi space = {0};
  fcast_status status = start_space(c, &space, err);
  size_t look_when = n <= LARGEST_WHOLE ? n : FIRST_LOOK;
  bool is_found = false;
  while (status == FCAST_OK && !is_found) {
    status = fcast__arnoldi_grow(&space, look_when, err);
    if (status == FCAST_OK) {
      status = fcast__arnoldi_values(&space, n_leading, real, imaginary, &out->residual, err);
    }
    out->n_vectors = look_when;
    is_found = look_when == n || (look_when >= n_leading && out->residual <= largest_residual);
    look_when = look_when + look_when / 2 < n ? look_when + look_when / 2 : n;
  }
  fcast__arnoldi_clear(&space);
  return status;
}

fcast_status fcast_mvar_spectrum(const fcast_mvar *mvar, size_t n_leading, fcast_spectrum *out, fcast_error *err) {
  const size_t n_all = mvar->lag * mvar->n_modes;
  *out = (fcast_spectrum){.n_values = n_leading < n_all ? n_leading : n_all};
  companion c;
  double *values = fcast_alloc_array(2 * n_all, sizeof *values); /* zero where the lag was cut */
  fcast_status status = companion_create(mvar, &c, err);
  out->real = fcast_alloc_array(out->n_values, sizeof(double));
  out->imaginary = fcast_alloc_array(out->n_values, sizeof(double));
  if (status == FCAST_OK && (values == NULL || out->real == NULL || out->imaginary == NULL)) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu eigenvalues", n_all);
  }
  if (status == FCAST_OK && c.lag > 0) {
    status = search(&c, n_leading > 0 ? n_leading : 1, values, values + n_all, out, err);
  }
  if (status == FCAST_OK) {
    out->radius = c.unit * hypot(values[0], values[n_all]);
    for (size_t i = 0; i < out->n_values; i++) {
      out->real[i] = c.unit * values[i];
      out->imaginary[i] = c.unit * values[n_all + i];
    }
  }
  fcast_free(values);
  fcast_free(c.top);
  if (status != FCAST_OK) {
    fcast_spectrum_clear(out);
  }
  return status;
}

void fcast_mvar_stabilise(fcast_mvar *mvar, double radius) {
  mvar->spectral_radius = fmin(radius, 1.0);
  const size_t n = mvar->n_modes * mvar->n_modes;
  double factor = 1.0;
  for (size_t lag = 0; radius > 1.0 && lag < mvar->lag; lag++) {
    factor /= radius;
    for (size_t i = 0; i < n; i++) {
      mvar->coefficients[lag * n + i] *= factor;
    }
  }
}

void fcast_spectrum_clear(fcast_spectrum *spectrum) {
  fcast_free(spectrum->real);
  fcast_free(spectrum->imaginary);
  *spectrum = (fcast_spectrum){0};
}
