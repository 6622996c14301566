/* SPDX-License-Identifier: MIT */
#include "flockcast/latent.h"

#include <math.h>

static double sum_of(const double *frame, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += frame[i];
  }
  return sum;
}

static void clamp(double *frame, size_t n, double mass) {
  double positive = 0.0;
  for (size_t i = 0; i < n; i++) {
    positive += fmax(frame[i], 0.0);
  }
  for (size_t i = 0; i < n; i++) {
    frame[i] = fmax(frame[i], 0.0) * (mass / positive);
  }
}

/* max(frame - threshold, 0) with the threshold that keeps the mass: each pass takes it over the cells still above it,
 * which only become fewer, until none drops out. */
static void project_on_simplex(double *frame, size_t n, double mass) {
  double threshold = -INFINITY;
  size_t n_above = n + 1;
  for (size_t n_before = n_above + 1; n_above < n_before;) {
    double sum = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
      sum += frame[i] > threshold ? frame[i] : 0.0;
      count += frame[i] > threshold ? 1 : 0;
    }
    n_before = n_above;
    n_above = count;
    threshold = (sum - mass) / (double)count;
  }
  for (size_t i = 0; i < n; i++) {
    frame[i] = fmax(frame[i] - threshold, 0.0);
  }
}

void fcast_lift_apply(fcast_lift lift, double *frames, size_t n_frames, size_t n_space) {
  for (size_t i = 0; lift != FCAST_LIFT_NONE && i < n_frames; i++) {
    double *frame = frames + i * n_space;
    const double mass = sum_of(frame, n_space);
    if (!(mass > 0.0) || !isfinite(mass)) {
      continue;
    }
    if (lift == FCAST_LIFT_CLAMP) {
      clamp(frame, n_space, mass);
    } else {
      project_on_simplex(frame, n_space, mass);
    }
  }
}
