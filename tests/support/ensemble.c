/* SPDX-License-Identifier: MIT */
#include "ensemble.h"

#include "flockcast/select.h"

#include <math.h>
#include <string.h>

enum { N_PATTERNS = 16 };

/* Pairs of weights turn, each pair at its own speed; every frame adds noise. */
static void step(double *weights, uint64_t *random) {
  for (size_t k = 0; k < N_PATTERNS; k += 2) {
    const double angle = 0.2 + 0.05 * (double)k;
    const double x = weights[k];
    const double y = weights[k + 1];
    weights[k] = 0.97 * (cos(angle) * x - sin(angle) * y) + 0.15 * test_uniform(random);
    weights[k + 1] = 0.97 * (sin(angle) * x + cos(angle) * y) + 0.15 * test_uniform(random);
  }
}

static void fill_frame(const ensemble *runs, const double *patterns, const double *weights, double *frame,
                       uint64_t *random) {
  for (size_t i = 0; i < runs->n_fields * runs->n_space; i++) {
    frame[i] = (i < runs->n_space ? 3.0 : 0.2) + 0.01 * test_uniform(random);
    for (size_t k = 0; k < N_PATTERNS; k++) {
      frame[i] += pow(0.75, (double)k) * weights[k] * patterns[i * N_PATTERNS + k];
    }
  }
}

ensemble ensemble_make(size_t n_runs, size_t shortest, size_t longest, size_t n_fields, size_t n_space, uint64_t seed) {
  ensemble runs = {.n_runs = n_runs, .n_fields = n_fields, .n_space = n_space};
  const size_t width = n_fields * n_space;
  double *patterns = fcast_alloc_array(width * N_PATTERNS, sizeof *patterns);
  runs.n_frames = fcast_alloc_array(n_runs, sizeof *runs.n_frames);
  for (size_t run = 0; run < n_runs; run++) {
    runs.n_frames[run] = shortest + run % (longest - shortest + 1);
    runs.n_frames_total += runs.n_frames[run];
  }
  runs.frames = fcast_alloc_array(runs.n_frames_total * width, sizeof *runs.frames);
  for (size_t i = 0; i < width * N_PATTERNS; i++) {
    patterns[i] = test_uniform(&seed);
  }
  double *frame = runs.frames;
  for (size_t run = 0; run < n_runs; run++) {
    double weights[N_PATTERNS];
    for (size_t k = 0; k < N_PATTERNS; k++) {
      weights[k] = test_uniform(&seed);
    }
    for (size_t i = 0; i < runs.n_frames[run]; i++, frame += width) {
      fill_frame(&runs, patterns, weights, frame, &seed);
      step(weights, &seed);
    }
  }
  fcast_free(patterns);
  return runs;
}

void ensemble_clear(ensemble *runs) {
  fcast_free(runs->n_frames);
  fcast_free(runs->frames);
  *runs = (ensemble){0};
}

fcast_series_source ensemble_source(ensemble *runs) {
  runs->series = (fcast_memory_series){runs->frames, runs->n_frames, runs->n_fields * runs->n_space};
  return fcast_memory_source(&runs->series, runs->n_runs);
}

size_t ensemble_field(const ensemble *runs, size_t field, size_t without_fold, double *out, size_t *n_frames) {
  const double *from = runs->frames + field * runs->n_space;
  size_t n = 0;
  for (size_t run = 0; run < runs->n_runs; run++) {
    const bool is_taken = fcast_fold_of(run, runs->n_runs) != without_fold;
    for (size_t i = 0; i < runs->n_frames[run]; i++, from += runs->n_fields * runs->n_space) {
      if (is_taken) {
        memcpy(out + n++ * runs->n_space, from, runs->n_space * sizeof *out);
      }
    }
    if (is_taken && n_frames != NULL) {
      *n_frames++ = runs->n_frames[run];
    }
  }
  return n;
}

static void swap_rows(double *matrix, double *right_side, size_t n, size_t a, size_t b) {
  for (size_t j = 0; j < n; j++) {
    const double held = matrix[a * n + j];
    matrix[a * n + j] = matrix[b * n + j];
    matrix[b * n + j] = held;
  }
  const double held = right_side[a];
  right_side[a] = right_side[b];
  right_side[b] = held;
}

double solve_plainly(double *matrix, double *right_side, size_t n) {
  double log_determinant = 0.0;
  for (size_t k = 0; k < n; k++) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; i++) {
      pivot = fabs(matrix[i * n + k]) > fabs(matrix[pivot * n + k]) ? i : pivot;
    }
    swap_rows(matrix, right_side, n, k, pivot);
    log_determinant += log(fabs(matrix[k * n + k]));
    for (size_t i = k + 1; i < n; i++) {
      const double factor = matrix[i * n + k] / matrix[k * n + k];
      for (size_t j = k; j < n; j++) {
        matrix[i * n + j] -= factor * matrix[k * n + j];
      }
      right_side[i] -= factor * right_side[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; j++) {
      right_side[k] -= matrix[k * n + j] * right_side[j];
    }
    right_side[k] /= matrix[k * n + k];
  }
  return log_determinant;
}
