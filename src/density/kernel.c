/* SPDX-License-Identifier: MIT */
#include "density/kernel.h"

#include "flockcast/array.h"

#include <math.h>

fcast_status fcast__kernel_create(double sigma, fcast_kernel *kernel, fcast_error *err) {
  kernel->radius = (size_t)(4.0 * sigma + 0.5);
  kernel->weight = fcast_alloc_array(kernel->radius + 1, sizeof *kernel->weight);
  if (kernel->weight == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a kernel of %zu cells", kernel->radius);
  }
  fcast__kernel_aim(sigma, kernel);
  return FCAST_OK;
}

void fcast__kernel_aim(double sigma, fcast_kernel *kernel) {
  kernel->radius = (size_t)(4.0 * sigma + 0.5);
  kernel->weight[0] = 1.0;
  double sum = 1.0;
  for (size_t k = 1; k <= kernel->radius; k++) {
    kernel->weight[k] = exp(-0.5 / (sigma * sigma) * ((double)k * (double)k));
    sum += 2.0 * kernel->weight[k];
  }
  for (size_t k = 0; k <= kernel->radius; k++) {
    kernel->weight[k] /= sum;
  }
}

void fcast__kernel_clear(fcast_kernel *kernel) {
  fcast_free(kernel->weight);
  *kernel = (fcast_kernel){0};
}

void fcast__cell_edges(double length, size_t n, double *edges) {
  const double width = length / (double)n;
  for (size_t i = 0; i < n; i++) {
    edges[i] = (double)i * width;
  }
  edges[n] = length;
}

size_t fcast__cell_of(double position, double length, size_t n, const double *edges) {
  if (!(position >= 0.0 && position <= length)) {
    return n;
  }
  size_t cell = (size_t)(position / length * (double)n);
  if (cell >= n) {
    cell = n - 1;
  }
  while (cell > 0 && position < edges[cell]) {
    cell--;
  }
  while (cell + 1 < n && position >= edges[cell + 1]) {
    cell++;
  }
  return cell;
}
