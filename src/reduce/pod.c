/* SPDX-License-Identifier: MIT */
#include "flockcast/pod.h"

#include "linalg/factor.h"
#include "linalg/leading.h"
#include "linalg/products.h"
#include "reduce/snapshots.h"

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

/* Modes as rows: eigenvectors of the covariance as they are, or those of the frames' Gram matrix carried over by the
 * frames (Sirovich's method of snapshots). Made orthonormal to rounding in either case. */
static fcast_status mode_rows(const fcast_snapshots *snapshots, const fcast_leading *leading, double *rows,
                              fcast_error *err) {
  const size_t n_modes = leading->n_pairs;
  const size_t n_space = snapshots->n_space;
  if (snapshots->frames == NULL) {
    memcpy(rows, leading->vectors, n_modes * n_space * sizeof *rows);
    return FCAST_OK;
  }
  const fcast_status status =
      fcast__multiply(leading->vectors, snapshots->frames, n_modes, snapshots->n_frames, n_space, rows, err);
  if (status != FCAST_OK) {
    return status;
  }
  for (size_t k = 0; k < n_modes; k++) {
    const double length = sqrt(leading->values[k]);
    for (size_t j = 0; j < n_space; j++) {
      rows[k * n_space + j] /= length;
    }
  }
  return FCAST_OK;
}

/* Rows of length 1 that are orthogonal as far as the Gram matrix knew, made so to rounding. */
static fcast_status orthonormalise(double *rows, size_t n_modes, size_t n_space, fcast_error *err) {
  double *gram = fcast_alloc_unfilled(n_modes * n_modes, sizeof *gram);
  double *exact = fcast_alloc_unfilled(n_modes * n_space, sizeof *exact);
  bool done = false;
  fcast_status status = FCAST_OK;
  if (gram == NULL || exact == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu cells", n_modes, n_space);
  }
  if (status == FCAST_OK) {
    status = fcast__gram_of_rows(rows, n_modes, n_space, gram, err);
  }
  if (status == FCAST_OK) {
    status = fcast__orthonormalise_by_gram(rows, gram, n_modes, n_space, exact, &done, err);
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

static fcast_status assemble(const fcast_snapshots *snapshots, const fcast_leading *leading, fcast_pod *out,
                             fcast_error *err) {
  const size_t n_space = snapshots->n_space;
  const size_t n_modes = leading->n_pairs;
  out->n_space = n_space;
  out->n_modes = n_modes;
  out->energy = leading->share;
  out->modes = fcast_alloc_unfilled(n_space * n_modes, sizeof(double));
  out->singular_values = fcast_alloc_array(n_modes, sizeof(double));
  out->mean = fcast_alloc_array(n_space, sizeof(double));
  double *rows = fcast_alloc_unfilled(n_modes * n_space, sizeof(double));
  fcast_status status = FCAST_OK;
  if (out->modes == NULL || out->singular_values == NULL || out->mean == NULL || rows == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu cells", n_modes, n_space);
    goto cleanup;
  }
  status = mode_rows(snapshots, leading, rows, err);
  if (status == FCAST_OK) {
    status = orthonormalise(rows, n_modes, n_space, err);
  }
  if (status == FCAST_OK) {
    fix_signs(rows, n_modes, n_space);
    transpose(rows, n_modes, n_space, out->modes);
    memcpy(out->mean, snapshots->mean, n_space * sizeof(double));
    for (size_t k = 0; k < n_modes; k++) {
      out->singular_values[k] = sqrt(leading->values[k]);
    }
  }
cleanup:
  fcast_free(rows);
  return status;
}

fcast_status fcast_pod_fit(const fcast_series_source *source, double target_energy, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){.target_energy = target_energy};
  if (!(target_energy > 0.0 && target_energy <= 1.0)) {
    return fcast_fail(err, FCAST_E_ARG, "rom.target_energy: found %g, expected a number above 0 and up to 1",
                      target_energy);
  }
  fcast_snapshots snapshots = {0};
  fcast_leading leading = {0};
  fcast_status status = fcast__snapshots_read(source, &snapshots, err);
  if (status == FCAST_OK) {
    status = fcast__leading_pairs(snapshots.gram, snapshots.gram_order, target_energy, &leading, err);
  }
  if (status == FCAST_OK && leading.n_pairs == 0) {
    status = fcast_fail(err, FCAST_E_NUMERIC,
                        "POD: the %zu training frames are all equal (or not finite), expected frames that vary",
                        snapshots.n_frames);
  }
  if (status == FCAST_OK) {
    status = assemble(&snapshots, &leading, out, err);
  }
  fcast__leading_clear(&leading);
  fcast__snapshots_clear(&snapshots);
  if (status != FCAST_OK) {
    fcast_pod_clear(out);
  }
  return status;
}

void fcast_pod_clear(fcast_pod *pod) {
  fcast_free(pod->modes);
  fcast_free(pod->singular_values);
  fcast_free(pod->mean);
  *pod = (fcast_pod){0};
}
