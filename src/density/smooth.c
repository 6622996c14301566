/* SPDX-License-Identifier: MIT */
#include "density/smooth.h"

#include "density/kernel.h"
#include "density/taps.h"

#include "flockcast/array.h"

#include <string.h>

/* Agents are few and cells many, so rows without agents are passed over: they would add zeros, which changes no sum. */
struct fcast_smoother {
  size_t nx, ny;
  fcast_boundary boundary;
  fcast_kernel kernel;
  fcast_taps_sum *sum;
  double *counts;     /* [ny, nx]: zeros between frames */
  bool *is_occupied;  /* [ny]: rows of `counts` with agents */
  double *padded;     /* [nx + 2 radius]: one row with its continuation beyond the walls */
  double *smooth_x;   /* [ny, nx]: the occupied rows smoothed along x */
  double *empty;      /* [nx]: zeros, a row without agents */
  const double **row; /* [ny + 2 radius]: where a row is, with the continuation beyond the walls */
  fcast_tap *x_taps;  /* [radius + 1], over `padded` */
  fcast_tap *y_taps;  /* [radius + 1] */
};

static void point_taps(fcast_smoother *work) {
  const size_t radius = work->kernel.radius;
  for (size_t k = 0; k <= radius; k++) {
    work->x_taps[k] = (fcast_tap){.weight = work->kernel.weight[k],
                                  .before = work->padded + radius - k,
                                  .behind = k == 0 ? work->empty : work->padded + radius + k};
  }
}

fcast_status fcast__smoother_create(size_t ny, size_t nx, double largest_sigma, fcast_boundary boundary,
                                    fcast_smoother **out, fcast_error *err) {
  fcast_smoother *work = fcast_alloc_array(1, sizeof *work);
  *out = work;
  if (work == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a density of %zu x %zu cells", ny, nx);
  }
  *work = (fcast_smoother){.nx = nx, .ny = ny, .boundary = boundary, .sum = fcast__taps_sum()};
  const fcast_status status = fcast__kernel_create(largest_sigma, &work->kernel, err);
  const size_t radius = work->kernel.radius;
  work->counts = fcast_alloc_array(nx * ny, sizeof *work->counts);
  work->is_occupied = fcast_alloc_array(ny, sizeof *work->is_occupied);
  work->padded = fcast_alloc_array(nx + 2 * radius, sizeof *work->padded);
  work->smooth_x = fcast_alloc_array(nx * ny, sizeof *work->smooth_x);
  work->empty = fcast_alloc_array(nx, sizeof *work->empty);
  work->row = fcast_alloc_array(ny + 2 * radius, sizeof *work->row);
  work->x_taps = fcast_alloc_array(radius + 1, sizeof *work->x_taps);
  work->y_taps = fcast_alloc_array(radius + 1, sizeof *work->y_taps);
  if (status == FCAST_OK &&
      (work->counts == NULL || work->is_occupied == NULL || work->padded == NULL || work->smooth_x == NULL ||
       work->empty == NULL || work->row == NULL || work->x_taps == NULL || work->y_taps == NULL)) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a density of %zu x %zu cells", ny, nx);
  }
  if (status == FCAST_OK) {
    point_taps(work);
  }
  return status;
}

void fcast__smoother_destroy(fcast_smoother *work) {
  if (work != NULL) {
    fcast__kernel_clear(&work->kernel);
    fcast_free(work->counts);
    fcast_free(work->is_occupied);
    fcast_free(work->padded);
    fcast_free(work->smooth_x);
    fcast_free(work->empty);
    fcast_free(work->row);
    fcast_free(work->x_taps);
    fcast_free(work->y_taps);
    fcast_free(work);
  }
}

void fcast__smoother_aim(fcast_smoother *work, double sigma) {
  fcast__kernel_aim(sigma, &work->kernel);
  point_taps(work);
}

void fcast__smoother_add(fcast_smoother *work, size_t row, size_t column, double amount) {
  work->counts[row * work->nx + column] += amount;
  work->is_occupied[row] = true;
}

/* Continue the n elements behind the first `radius` to both sides. In a periodic box each copies the one a period away,
 * which may itself be a copy where the kernel is wider than the box. */
static inline void continue_line(char *line, size_t size, size_t n, size_t radius, fcast_boundary boundary) {
  const size_t period = boundary == FCAST_PERIODIC ? n : 1;
  for (size_t i = radius; i-- > 0;) {
    memcpy(line + i * size, line + (i + period) * size, size);
  }
  for (size_t i = radius + n; i < n + 2 * radius; i++) {
    memcpy(line + i * size, line + (i - period) * size, size);
  }
}

/* The occupied rows smoothed along x, and their counts cleared for the next frame. */
static void smooth_along_x(fcast_smoother *work) {
  const size_t radius = work->kernel.radius;
  for (size_t y = 0; y < work->ny; y++) {
    work->row[radius + y] = work->empty;
    if (work->is_occupied[y]) {
      double *counts = work->counts + y * work->nx;
      double *smooth = work->smooth_x + y * work->nx;
      memcpy(work->padded + radius, counts, work->nx * sizeof *counts);
      memset(counts, 0, work->nx * sizeof *counts);
      continue_line((char *)work->padded, sizeof *work->padded, work->nx, radius, work->boundary);
      work->sum(work->x_taps, radius + 1, work->nx, smooth);
      work->row[radius + y] = smooth;
    }
  }
}

static void smooth_along_y(fcast_smoother *work, double *rho) {
  const size_t radius = work->kernel.radius;
  continue_line((char *)work->row, sizeof *work->row, work->ny, radius, work->boundary);
  for (size_t y = 0; y < work->ny; y++) {
    size_t n_taps = 0;
    for (size_t k = 0; k <= radius; k++) {
      const double *before = work->row[y + radius - k];
      const double *behind = k == 0 ? work->empty : work->row[y + radius + k];
      if (before != work->empty || behind != work->empty) {
        work->y_taps[n_taps++] = (fcast_tap){.weight = work->kernel.weight[k], .before = before, .behind = behind};
      }
    }
    work->sum(work->y_taps, n_taps, work->nx, rho + y * work->nx);
  }
}

void fcast__smoother_finish(fcast_smoother *work, double *out) {
  smooth_along_x(work);
  smooth_along_y(work, out);
  memset(work->is_occupied, 0, work->ny * sizeof *work->is_occupied);
}
