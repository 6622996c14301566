/* SPDX-License-Identifier: MIT */
#include "flockcast/pod.h"

#include "linalg/products.h"

/* (frame - mean) modes = frame modes - mean modes would cancel; subtract first. One frame at a time keeps the workspace
 * at a row, and the frames of one run are few. */
static void project_frame(const fcast_pod *pod, const double *frame, double *coefficients) {
  for (size_t k = 0; k < pod->n_modes; k++) {
    coefficients[k] = 0.0;
  }
  for (size_t j = 0; j < pod->n_space; j++) {
    const double deviation = frame[j] - pod->mean[j];
    const double *restrict mode_values = pod->modes + j * pod->n_modes;
    for (size_t k = 0; k < pod->n_modes; k++) {
      coefficients[k] += deviation * mode_values[k];
    }
  }
}

void fcast_pod_project(const fcast_pod *pod, const double *frames, size_t n_frames, double *coefficients) {
  for (size_t i = 0; i < n_frames; i++) {
    project_frame(pod, frames + i * pod->n_space, coefficients + i * pod->n_modes);
  }
}

void fcast_pod_lift(const fcast_pod *pod, const double *coefficients, size_t n_frames, double *frames) {
  fcast__multiply_transposed(coefficients, pod->modes, n_frames, pod->n_modes, pod->n_space, frames);
  for (size_t i = 0; i < n_frames; i++) {
    for (size_t j = 0; j < pod->n_space; j++) {
      frames[i * pod->n_space + j] += pod->mean[j];
    }
  }
}
