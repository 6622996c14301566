/* SPDX-License-Identifier: MIT */
#include "flockcast/pod.h"

#include "base/listen.h"
#include "base/series.h"
#include "linalg/factor.h"
#include "linalg/leading.h"
#include "linalg/products.h"
#include "reduce/snapshots.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The sign rule of the SPEC: the entry of largest magnitude in each mode is positive. */
static void fix_signs(double *modes_by_row, size_t n_modes, size_t n_space) {
  for (size_t k = 0; k < n_modes; k++) {
    double *mode = modes_by_row + k * n_space;
    size_t largest = 0;
    for (size_t j = 1; j < n_space; j++) {
      if (fabs(mode[j]) > fabs(mode[largest])) {
        largest = j;
      }
    }
    if (mode[largest] < 0.0) {
      for (size_t j = 0; j < n_space; j++) {
        mode[j] = -mode[j];
      }
    }
  }
}

static void transpose(const double *rows, size_t n_rows, size_t n_columns, double *out) {
#pragma omp parallel for schedule(static)
  for (size_t j = 0; j < n_columns; j++) {
    for (size_t k = 0; k < n_rows; k++) {
      out[j * n_rows + k] = rows[k * n_columns + j];
    }
  }
}

/* Modes of the cells from eigenvectors of the frames' Gram matrix: rows of `vectors` times the frames, brought to
 * length 1 (Sirovich's method of snapshots). */
static fcast_status carry_over(const fcast_snapshots *snapshots, const fcast_leading *leading,
                               const fcast_listener *listener, double *rows, fcast_error *err) {
  const size_t n_space = snapshots->n_space;
  const fcast_status status = fcast__multiply(leading->vectors, snapshots->frames, leading->n_pairs,
                                              snapshots->n_frames, n_space, listener, rows, err);
  if (status != FCAST_OK) {
    return status;
  }
  for (size_t k = 0; k < leading->n_pairs; k++) {
    const double length = sqrt(leading->values[k]);
    for (size_t j = 0; j < n_space; j++) {
      rows[k * n_space + j] /= length;
    }
  }
  return FCAST_OK;
}

/* Rows of length 1 that are orthogonal as far as the Gram matrix knew, made so to rounding. */
static fcast_status orthonormalise(double *rows, size_t n_modes, size_t n_space, const fcast_listener *listener,
                                   fcast_error *err) {
  fcast_part part = {listener, 0.0, 0.4};
  const fcast_listener told = fcast__listen_to(&part);
  double *gram = fcast_alloc_unfilled(n_modes * n_modes, sizeof *gram);
  double *exact = fcast_alloc_unfilled(n_modes * n_space, sizeof *exact);
  bool done = false;
  fcast_status status = FCAST_OK;
  if (gram == NULL || exact == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu cells", n_modes, n_space);
  }
  if (status == FCAST_OK) {
    status = fcast__gram_of_rows(rows, n_modes, n_space, &told, gram, err);
  }
  if (status == FCAST_OK) {
    part.from = 0.4;
    part.to = 1.0;
    status = fcast__orthonormalise_by_gram(rows, gram, n_modes, n_space, &told, exact, &done, err);
  }
  if (status == FCAST_OK && done) {
    memcpy(rows, exact, n_modes * n_space * sizeof *rows);
  } else if (status == FCAST_OK) {
    status = fcast__orthonormalise_rows(rows, n_modes, n_space, err);
  }
  fcast_free(gram);
  fcast_free(exact);
  return status;
}

/* The basis from its modes as rows, which are overwritten. */
static fcast_status assemble(double *rows, const double *mean, size_t n_space, const fcast_leading *leading,
                             const fcast_listener *listener, fcast_pod *out, fcast_error *err) {
  const size_t n_modes = leading->n_pairs;
  out->n_space = n_space;
  out->n_modes = n_modes;
  out->energy = leading->share;
  out->is_lanczos = leading->is_lanczos;
  out->modes = fcast_alloc_unfilled(n_space * n_modes, sizeof(double));
  out->singular_values = fcast_alloc_array(n_modes, sizeof(double));
  out->mean = fcast_alloc_array(n_space, sizeof(double));
  if (out->modes == NULL || out->singular_values == NULL || out->mean == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu cells", n_modes, n_space);
  }
  const fcast_status status = orthonormalise(rows, n_modes, n_space, listener, err);
  if (status == FCAST_OK) {
    fix_signs(rows, n_modes, n_space);
    transpose(rows, n_modes, n_space, out->modes);
    memcpy(out->mean, mean, n_space * sizeof(double));
    for (size_t k = 0; k < n_modes; k++) {
      out->singular_values[k] = sqrt(leading->values[k]);
    }
  }
  return status;
}

static fcast_status check_target(double target_energy, fcast_error *err) {
  return target_energy > 0.0 && target_energy <= 1.0
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_ARG, "rom.target_energy: found %g, expected a number above 0 and up to 1",
                          target_energy);
}

/* What rounding leaves of equal frames when their mean is taken off is not variation: a few units in the last place of
 * every value, squared and summed. */
static double rounding_energy(const double *mean, size_t n_space, size_t n_frames) {
  const double unit = 16.0 * DBL_EPSILON;
  double mean_square = 0.0;
  for (size_t i = 0; i < n_space; i++) {
    mean_square += mean[i] * mean[i];
  }
  return unit * unit * mean_square * (double)n_frames;
}

/* What listeners are told, roughly: where the eigenpairs begin, where the modes begin, and where these are carried over
 * from frames to cells. Weights are times measured of some hundred to thousand modes, in units of n_frames^2 n_space:
 * Gram matrix 1/2, pairs 3 n_frames / n_space, carrying over 0.22, orthonormal modes 0.43. Of a covariance, which is
 * there already, in units of n_space^3. */
typedef struct shares {
  double pairs, modes, ready;
} shares;

static shares shares_of(size_t n_frames, size_t n_space, bool is_covariance) {
  const double gram = is_covariance ? 0.0 : 0.5;
  const double pairs = is_covariance ? 3.0 : 3.0 * (double)n_frames / (double)n_space;
  const double carried = is_covariance ? 0.0 : 0.22;
  const double orthonormal = is_covariance ? 0.3 : 0.43;
  const double all = gram + pairs + carried + orthonormal;
  return (shares){gram / all, (gram + pairs) / all, (gram + pairs + carried) / all};
}

/* Leading pairs of the Gram matrix or covariance of frames with the given mean; it is an error that there are none. */
static fcast_status find_pairs(double *gram, size_t order, double target_energy, double rounding, size_t n_frames,
                               const fcast_listener *listener, fcast_leading *out, fcast_error *err) {
  const fcast_status status = fcast__leading_pairs(gram, order, target_energy, listener, out, err);
  if (status == FCAST_OK && (out->n_pairs == 0 || !(out->values[0] > rounding))) {
    return fcast_fail(err, FCAST_E_NUMERIC,
                      "POD: the %zu training frames are all equal (or not finite), expected frames that vary",
                      n_frames);
  }
  return status;
}

fcast_status fcast_pod_fit_moments(fcast_moments *moments, double target_energy, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){.target_energy = target_energy};
  const shares steps = shares_of(moments->n_frames, moments->n_space, true);
  fcast_part part = {&moments->listener, 0.0, steps.modes};
  const fcast_listener listener = fcast__listen_to(&part);
  fcast_leading leading = {0};
  fcast_status status = check_target(target_energy, err);
  if (status == FCAST_OK) {
    const double rounding = rounding_energy(moments->mean, moments->n_space, moments->n_frames);
    status = find_pairs(moments->gram, moments->n_space, target_energy, rounding, moments->n_frames, &listener,
                        &leading, err);
  }
  if (status == FCAST_OK) {
    part.from = steps.modes;
    part.to = 1.0;
    status = assemble(leading.vectors, moments->mean, moments->n_space, &leading, &listener, out, err);
  }
  fcast__leading_clear(&leading);
  if (status != FCAST_OK) {
    fcast_pod_clear(out);
  }
  return status;
}

static fcast_status fit_snapshots(const fcast_series_source *source, double target_energy, fcast_pod *out,
                                  fcast_error *err) {
  const shares steps = shares_of(fcast__series_n_frames(source, 0, source->n_runs), source->width, false);
  fcast_part part = {&source->listener, 0.0, steps.pairs};
  const fcast_listener listener = fcast__listen_to(&part);
  fcast_snapshots snapshots = {0};
  fcast_leading leading = {0};
  double *rows = NULL;
  fcast_status status = fcast__snapshots_read(source, &listener, &snapshots, err);
  if (status == FCAST_OK) {
    const double rounding = rounding_energy(snapshots.mean, snapshots.n_space, snapshots.n_frames);
    part.from = steps.pairs;
    part.to = steps.modes;
    status = find_pairs(snapshots.gram, snapshots.n_frames, target_energy, rounding, snapshots.n_frames, &listener,
                        &leading, err);
  }
  if (status == FCAST_OK) {
    part.from = steps.modes;
    part.to = steps.ready;
    rows = fcast_alloc_unfilled(leading.n_pairs * snapshots.n_space, sizeof *rows);
    status = rows == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes", leading.n_pairs)
                          : carry_over(&snapshots, &leading, &listener, rows, err);
  }
  if (status == FCAST_OK) {
    part.from = steps.ready;
    part.to = 1.0;
    status = assemble(rows, snapshots.mean, snapshots.n_space, &leading, &listener, out, err);
  }
  fcast_free(rows);
  fcast__leading_clear(&leading);
  fcast__snapshots_clear(&snapshots);
  return status;
}

fcast_status fcast_pod_fit(const fcast_series_source *source, double target_energy, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){.target_energy = target_energy};
  fcast_status status = check_target(target_energy, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (fcast__series_n_frames(source, 0, source->n_runs) <= source->width) {
    status = fit_snapshots(source, target_energy, out, err);
  } else {
    fcast_moments moments = {0};
    status = fcast_moments_collect(source, &moments, err);
    moments.listener = source->listener;
    if (status == FCAST_OK) {
      status = fcast_pod_fit_moments(&moments, target_energy, out, err);
    }
    fcast_moments_clear(&moments);
  }
  if (status != FCAST_OK) {
    fcast_pod_clear(out);
  }
  return status;
}

double fcast_pod_share(const fcast_pod *pod, size_t n_modes) {
  double held = 0.0;
  double all = 0.0;
  for (size_t k = 0; k < pod->n_modes; k++) {
    const double square = pod->singular_values[k] * pod->singular_values[k];
    held += k < n_modes ? square : 0.0;
    all += square;
  }
  return all > 0.0 ? held / all * pod->energy : 0.0;
}

fcast_status fcast_pod_truncate(const fcast_pod *pod, size_t n_modes, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){.n_space = pod->n_space, .n_modes = n_modes, .target_energy = pod->target_energy};
  if (n_modes == 0 || n_modes > pod->n_modes) {
    return fcast_fail(err, FCAST_E_ARG, "%zu of %zu modes: expected at least 1 and at most all", n_modes, pod->n_modes);
  }
  out->modes = fcast_alloc_unfilled(pod->n_space * n_modes, sizeof(double));
  out->singular_values = fcast_alloc_array(n_modes, sizeof(double));
  out->mean = fcast_alloc_array(pod->n_space, sizeof(double));
  if (out->modes == NULL || out->singular_values == NULL || out->mean == NULL) {
    fcast_pod_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu cells", n_modes, pod->n_space);
  }
  out->energy = fcast_pod_share(pod, n_modes);
  memcpy(out->singular_values, pod->singular_values, n_modes * sizeof(double));
  memcpy(out->mean, pod->mean, pod->n_space * sizeof(double));
  for (size_t i = 0; i < pod->n_space; i++) {
    memcpy(out->modes + i * n_modes, pod->modes + i * pod->n_modes, n_modes * sizeof(double));
  }
  return FCAST_OK;
}

void fcast_pod_clear(fcast_pod *pod) {
  fcast_free(pod->modes);
  fcast_free(pod->singular_values);
  fcast_free(pod->mean);
  *pod = (fcast_pod){0};
}
