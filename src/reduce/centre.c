/* SPDX-License-Identifier: MIT */
#include "reduce/centre.h"

void fcast__add_frames(const double *frames, size_t n_frames, size_t n_space, double *sum) {
#pragma omp parallel for schedule(static)
  for (size_t first = 0; first < n_space; first += 512) {
    const size_t last = first + 512 < n_space ? first + 512 : n_space;
    for (size_t i = 0; i < n_frames; i++) {
      const double *frame = frames + i * n_space;
      for (size_t j = first; j < last; j++) {
        sum[j] += frame[j];
      }
    }
  }
}

void fcast__subtract_from_frames(double *frames, size_t n_frames, size_t n_space, const double *shift) {
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n_frames; i++) {
    for (size_t j = 0; j < n_space; j++) {
      frames[i * n_space + j] -= shift[j];
    }
  }
}
