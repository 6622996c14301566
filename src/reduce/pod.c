/* SPDX-License-Identifier: MIT */
#include "flockcast/pod.h"

#include "linalg/factor.h"
#include "linalg/products.h"
#include "reduce/snapshots.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The fewest modes whose eigenvalues reach the target share of the total, and that share. Eigenvalues that are rounding
 * beside the first are no modes. */
static size_t count_modes(const double *eigenvalues, size_t n, double target_energy, double *energy) {
  const double smallest = eigenvalues[0] * (double)n * DBL_EPSILON;
  double total = 0.0;
  for (size_t i = 0; i < n && eigenvalues[i] > smallest; i++) {
    total += eigenvalues[i];
  }
  double sum = 0.0;
  for (size_t i = 0; i < n && eigenvalues[i] > smallest; i++) {
    sum += eigenvalues[i];
    if (sum / total >= target_energy) {
      *energy = sum / total;
      return i + 1;
    }
  }
  return 0;
}

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
static fcast_status mode_rows(const fcast_snapshots *snapshots, fcast_eigen *eigen, size_t n_modes, double *rows,
                              fcast_error *err) {
  fcast_status status = FCAST_OK;
  if (snapshots->frames == NULL) {
    status = fcast__eigen_vectors(eigen, n_modes, rows, err);
  } else {
    double *vectors = fcast_alloc_unfilled(n_modes * eigen->n, sizeof *vectors);
    if (vectors == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes", n_modes);
    }
    status = fcast__eigen_vectors(eigen, n_modes, vectors, err);
    if (status == FCAST_OK) {
      fcast__multiply(vectors, snapshots->frames, n_modes, snapshots->n_frames, snapshots->n_space, rows);
    }
    fcast_free(vectors);
    /* Before orthonormalising, bring the rows to length 1, or Householder sees columns of wildly different size. */
    for (size_t k = 0; k < n_modes; k++) {
      const double length = sqrt(eigen->values[k]);
      for (size_t j = 0; j < snapshots->n_space; j++) {
        rows[k * snapshots->n_space + j] /= length;
      }
    }
  }
  return status == FCAST_OK ? fcast__orthonormalise_rows(rows, n_modes, snapshots->n_space, err) : status;
}

static fcast_status assemble(const fcast_snapshots *snapshots, fcast_eigen *eigen, size_t n_modes, fcast_pod *out,
                             fcast_error *err) {
  const size_t n_space = snapshots->n_space;
  out->n_space = n_space;
  out->n_modes = n_modes;
  out->modes = fcast_alloc_unfilled(n_space * n_modes, sizeof(double));
  out->singular_values = fcast_alloc_array(n_modes, sizeof(double));
  out->mean = fcast_alloc_array(n_space, sizeof(double));
  double *rows = fcast_alloc_unfilled(n_modes * n_space, sizeof(double));
  fcast_status status = FCAST_OK;
  if (out->modes == NULL || out->singular_values == NULL || out->mean == NULL || rows == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu cells", n_modes, n_space);
    goto cleanup;
  }
  status = mode_rows(snapshots, eigen, n_modes, rows, err);
  if (status == FCAST_OK) {
    fix_signs(rows, n_modes, n_space);
    transpose(rows, n_modes, n_space, out->modes);
    memcpy(out->mean, snapshots->mean, n_space * sizeof(double));
    for (size_t k = 0; k < n_modes; k++) {
      out->singular_values[k] = sqrt(eigen->values[k]);
    }
  }
cleanup:
  fcast_free(rows);
  return status;
}

/* What rounding leaves of equal frames when their mean is taken off is not variation: a few units in the last place of
 * every value, squared and summed. */
static double rounding_energy(const fcast_snapshots *snapshots) {
  const double unit = 16.0 * DBL_EPSILON;
  double mean_square = 0.0;
  for (size_t i = 0; i < snapshots->n_space; i++) {
    mean_square += snapshots->mean[i] * snapshots->mean[i];
  }
  return unit * unit * mean_square * (double)snapshots->n_frames;
}

fcast_status fcast_pod_fit(const fcast_series_source *source, double target_energy, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){.target_energy = target_energy};
  if (!(target_energy > 0.0 && target_energy <= 1.0)) {
    return fcast_fail(err, FCAST_E_ARG, "rom.target_energy: found %g, expected a number above 0 and up to 1",
                      target_energy);
  }
  fcast_snapshots snapshots = {0};
  fcast_eigen eigen = {0};
  fcast_status status = fcast__snapshots_read(source, &snapshots, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  status = fcast__eigen_create(snapshots.gram, snapshots.gram_order, &eigen, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  const size_t n_modes = eigen.values[0] > rounding_energy(&snapshots)
                             ? count_modes(eigen.values, eigen.n, target_energy, &out->energy)
                             : 0;
  if (n_modes == 0) {
    status = fcast_fail(err, FCAST_E_NUMERIC,
                        "POD: the %zu training frames are all equal (or not finite), expected frames that vary",
                        snapshots.n_frames);
    goto cleanup;
  }
  status = assemble(&snapshots, &eigen, n_modes, out, err);
cleanup:
  fcast__eigen_clear(&eigen);
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
