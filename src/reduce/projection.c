/* SPDX-License-Identifier: MIT */
#include "flockcast/pod.h"

#include "linalg/products.h"

/* Frames centred at a time: enough for matrix products at full speed. */
enum { BLOCK_FRAMES = 256 };

fcast_status fcast_pod_project(const fcast_pod *pod, const double *frames, size_t n_frames, double *coefficients,
                               fcast_error *err) {
  const size_t n_space = pod->n_space;
  const size_t n_block = n_frames < BLOCK_FRAMES ? n_frames : BLOCK_FRAMES;
  double *centred = fcast_alloc_unfilled(n_block * n_space, sizeof *centred);
  if (centred == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to project %zu frames of %zu cells", n_frames, n_space);
  }
  fcast_status status = FCAST_OK;
  for (size_t first = 0; status == FCAST_OK && first < n_frames; first += BLOCK_FRAMES) {
    const size_t n = n_frames - first < BLOCK_FRAMES ? n_frames - first : BLOCK_FRAMES;
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n_space; j++) {
        centred[i * n_space + j] = frames[(first + i) * n_space + j] - pod->mean[j];
      }
    }
    status =
        fcast__multiply(centred, pod->modes, n, n_space, pod->n_modes, NULL, coefficients + first * pod->n_modes, err);
  }
  fcast_free(centred);
  return status;
}

fcast_status fcast_pod_lift(const fcast_pod *pod, const double *coefficients, size_t n_frames, double *frames,
                            fcast_error *err) {
  const fcast_status status =
      fcast__multiply_transposed(coefficients, pod->modes, n_frames, pod->n_modes, pod->n_space, frames, err);
  if (status != FCAST_OK) {
    return status;
  }
  for (size_t i = 0; i < n_frames; i++) {
    for (size_t j = 0; j < pod->n_space; j++) {
      frames[i * pod->n_space + j] += pod->mean[j];
    }
  }
  return FCAST_OK;
}
