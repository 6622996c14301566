/* SPDX-License-Identifier: MIT
 *
 * Latent models: the lift by its properties and against projection by sorting, the sparse law against the dense one,
 * forecasts against those of the specified model, and what a shift of the box does to them.
 */
#include "check.h"

#include "flockcast/latent.h"
#include "forecast/law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40 };

static double sum_of(const double *values, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i];
  }
  return sum;
}

static double squared_distance(const double *a, const double *b, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return sum;
}

/* --- the lift --- */

/* A frame of mass about N * mean with negative cells among the others. */
static void fill_frame(double *frame, double mean, double spread, uint64_t *random) {
  for (size_t i = 0; i < N; i++) {
    frame[i] = mean + spread * test_uniform(random);
  }
}

static int compare_down(const void *a, const void *b) {
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x < y) - (x > y);
}

/* The judge: sort, and find the threshold from the largest down (Held, Wolfe and Crowder 1974). */
static void project_by_sorting(double *frame, size_t n) {
  double sorted[N];
  const double mass = sum_of(frame, n);
  double threshold = 0.0;
  double sum = 0.0;
  memcpy(sorted, frame, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare_down);
  for (size_t i = 0; i < n; i++) {
    sum += sorted[i];
    if (sorted[i] - (sum - mass) / (double)(i + 1) > 0.0) {
      threshold = (sum - mass) / (double)(i + 1);
    }
  }
  for (size_t i = 0; i < n; i++) {
    frame[i] = fmax(frame[i] - threshold, 0.0);
  }
}

static void test_the_lift_keeps_the_mass(void **state) {
  (void)state;
  uint64_t random = 31;
  const fcast_lift lifts[] = {FCAST_LIFT_CLAMP, FCAST_LIFT_SIMPLEX};
  for (int trial = 0; trial < 200; trial++) {
    double frame[N];
    double lifted[N];
    double again[N];
    fill_frame(frame, 0.3, 0.5 + 0.1 * trial, &random);
    const double mass = sum_of(frame, N);
    for (size_t i = 0; mass > 0.0 && i < 2; i++) {
      memcpy(lifted, frame, sizeof frame);
      fcast_lift_apply(lifts[i], lifted, 1, N);
      check_close(sum_of(lifted, N), mass, 1e-12, 1e-12);
      for (size_t j = 0; j < N; j++) {
        assert_true(lifted[j] >= 0.0);
        assert_true(frame[j] > 0.0 || lifted[j] == 0.0); /* nothing comes of a negative cell */
      }
      memcpy(again, lifted, sizeof again);
      fcast_lift_apply(lifts[i], again, 1, N);
      for (size_t j = 0; j < N; j++) {
        check_close(again[j], lifted[j], 1e-14, 1e-14);
      }
    }
  }
}

/* Clamping keeps the ratios of the positive cells. */
static void test_clamp_by_hand(void **state) {
  (void)state;
  double frame[] = {4.0, -1.0, 2.0, 0.0, -2.0};
  fcast_lift_apply(FCAST_LIFT_CLAMP, frame, 1, 5);
  const double expected[] = {2.0, 0.0, 1.0, 0.0, 0.0};
  for (size_t i = 0; i < 5; i++) {
    check_close(frame[i], expected[i], 1e-15, 0.0);
  }
}

static void test_simplex_is_the_projection(void **state) {
  (void)state;
  uint64_t random = 32;
  for (int trial = 0; trial < 200; trial++) {
    double frame[N];
    double lifted[N];
    double expected[N];
    fill_frame(frame, 0.5, 1.0 + 0.2 * trial, &random);
    if (!(sum_of(frame, N) > 0.0)) {
      continue;
    }
    memcpy(lifted, frame, sizeof frame);
    memcpy(expected, frame, sizeof frame);
    fcast_lift_apply(FCAST_LIFT_SIMPLEX, lifted, 1, N);
    project_by_sorting(expected, N);
    for (size_t j = 0; j < N; j++) {
      check_close(lifted[j], expected[j], 1e-12, 1e-12);
    }
  }
}

/* No other frame of the same mass without negative cells is nearer: not one nearby, not one at random, and the clamped
 * one is not. */
static void test_simplex_is_the_nearest(void **state) {
  (void)state;
  uint64_t random = 33;
  double frame[N];
  double lifted[N];
  double other[N];
  fill_frame(frame, 0.4, 1.5, &random);
  memcpy(lifted, frame, sizeof frame);
  memcpy(other, frame, sizeof frame);
  fcast_lift_apply(FCAST_LIFT_SIMPLEX, lifted, 1, N);
  const double mass = sum_of(frame, N);
  const double nearest = squared_distance(frame, lifted, N);
  fcast_lift_apply(FCAST_LIFT_CLAMP, other, 1, N);
  assert_true(squared_distance(frame, other, N) > nearest);
  for (int trial = 0; trial < 3000; trial++) {
    const double step = pow(10.0, -6.0 * (trial % 4) / 3.0);
    for (size_t j = 0; j < N; j++) {
      other[j] = fmax(lifted[j] + step * test_uniform(&random), 0.0);
    }
    const double factor = mass / sum_of(other, N);
    for (size_t j = 0; j < N; j++) {
      other[j] *= factor;
    }
    assert_true(squared_distance(frame, other, N) >= nearest * (1.0 - 1e-13));
  }
}

/* Overflowed frames, those without mass, and all frames with FCAST_LIFT_NONE stay as they come; the one beside them is
 * lifted. */
static void test_what_is_left_alone(void **state) {
  (void)state;
  const double first[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1.0, -3.0};
  for (size_t i = 0; i < 5; i++) {
    for (int lift = FCAST_LIFT_NONE; lift <= FCAST_LIFT_SIMPLEX; lift++) {
      double frames[2][3] = {{first[i], -0.5, 1.0}, {-1.0, 3.0, 1.0}};
      double before[2][3];
      frames[0][2] = i == 3 ? -0.5 : 1.0; /* a sum of 0 */
      memcpy(before, frames, sizeof frames);
      fcast_lift_apply((fcast_lift)lift, frames[0], 2, 3);
      assert_memory_equal(frames[0], before[0], sizeof frames[0]);
      assert_true((frames[1][0] == 0.0) == (lift != FCAST_LIFT_NONE));
      check_close(sum_of(frames[1], 3), 3.0, 1e-15, 0.0);
    }
  }
}

/* --- the law --- */

/* next = sum_i A_i y_{t-i} by plain loops. */
static void apply_plainly(const fcast_mvar *mvar, const double *window, double *next) {
  const size_t r = mvar->n_modes;
  for (size_t k = 0; k < r; k++) {
    next[k] = 0.0;
    for (size_t lag = 0; lag < mvar->lag; lag++) {
      for (size_t j = 0; j < r; j++) {
        next[k] += mvar->coefficients[(lag * r + k) * r + j] * window[lag * r + j];
      }
    }
  }
}

/* From none to all entries: dense or listed, the same values. */
static void test_sparse_and_dense_laws_agree(void **state) {
  (void)state;
  enum { R = 33, LAG = 3, RUNS = 4 };
  fcast_error err;
  uint64_t random = 34;
  size_t n_sparse = 0;
  const size_t every[] = {1, 2, 15, 17, 40, 5000};
  for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
    double coefficients[LAG * R * R];
    double window[RUNS * LAG * R];
    double next[RUNS * R];
    double expected[R];
    for (size_t k = 0; k < LAG * R * R; k++) {
      coefficients[k] = k % every[i] == every[i] - 1 ? test_uniform(&random) : 0.0;
    }
    for (size_t k = 0; k < RUNS * LAG * R; k++) {
      window[k] = test_uniform(&random);
    }
    const fcast_mvar mvar = {.lag = LAG, .n_modes = R, .coefficients = coefficients};
    fcast_law law;
    check_ok(fcast__law_create(&mvar, &law, &err), &err);
    n_sparse += law.dense == NULL ? 1 : 0;
    check_ok(fcast__law_apply(&law, window, RUNS, next, &err), &err);
    for (size_t run = 0; run < RUNS; run++) {
      apply_plainly(&mvar, window + run * LAG * R, expected);
      for (size_t k = 0; k < R; k++) {
        check_close(next[run * R + k], expected[k], 1e-14, 1e-13);
      }
    }
    fcast__law_clear(&law);
  }
  assert_int_equal(n_sparse, 3); /* both ways were taken */
}

/* --- forecasts --- */

enum { NY = 8, NX = 10, FRAMES = 12, LAG = 2, RUNS = 3 };

static void fill(double *values, size_t n, uint64_t *random) {
  for (size_t i = 0; i < n; i++) {
    values[i] = test_uniform(random);
  }
}

/* A state of the density on POD modes is the specified model. */
static void test_the_specified_model_is_a_latent_one(void **state) {
  (void)state;
  enum { SPACE = NY * NX, FORECAST = FRAMES - LAG };
  fcast_error err;
  uint64_t random = 35;
  static double frames[RUNS * FRAMES * SPACE];
  static double prediction[RUNS * FORECAST * SPACE];
  static double projection[RUNS * FORECAST * SPACE];
  static double found[RUNS * FORECAST * SPACE];
  static double known[RUNS * LAG * SPACE];
  const size_t n_frames[RUNS] = {FRAMES, FRAMES, FRAMES};
  fill(frames, sizeof frames / sizeof *frames, &random);
  fcast_memory_series series = {frames, n_frames, SPACE};
  const fcast_series_source source = fcast_memory_source(&series, RUNS);
  fcast_pod pod;
  fcast_latent model = {.lift = FCAST_LIFT_NONE};
  check_ok(fcast_pod_fit(&source, 0.9, &pod, &err), &err);
  check_ok(fcast_state_fit_pod(&source, 0, &pod, pod.n_modes, &model.state, &err), &err);
  assert_int_equal(fcast_state_size(&model.state), pod.n_modes);
  fcast_state_projection states = {&source, &model.state};
  const fcast_series_source coefficients = fcast_state_source(&states);
  check_ok(fcast_mvar_fit(&coefficients, LAG, 10.0, &model.mvar, &err), &err);
  check_ok(fcast_forecast_densities(&pod, &model.mvar, frames, RUNS, FRAMES, prediction, projection, &err), &err);
  for (size_t run = 0; run < RUNS; run++) {
    memcpy(known + run * LAG * SPACE, frames + run * FRAMES * SPACE, LAG * SPACE * sizeof *known);
  }
  check_ok(fcast_latent_forecast(&model, known, RUNS, LAG, FORECAST, found, &err), &err);
  for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
    check_close(found[i], prediction[i], 1e-13, 1e-13);
  }
  fcast_latent_clear(&model);
  fcast_pod_clear(&pod);
}

/* A Fourier model of density and momentum with a random law, the same for every mode of a shell. */
static fcast_latent fourier_model(fcast_lift lift, uint64_t *random) {
  fcast_error err;
  fcast_latent model = {.lift = lift};
  fcast_state *state = &model.state;
  check_ok(fcast_fourier_create(NY, NX, 10.0, 8.0, 0.7, &state->fourier, &err), &err);
  state->basis = FCAST_BASIS_FOURIER;
  state->n_moments = 1;
  state->n_fields = 2;
  state->n_modes = 2 * state->fourier.n_waves;
  state->scale[0] = 1.5;
  state->scale[1] = 0.25;
  check_ok(fcast_fourier_basis(&state->fourier, state->n_modes, 1.25, &state->pods[0], &err), &err);
  const size_t r = fcast_state_size(state);
  model.mvar = (fcast_mvar){.lag = LAG, .n_modes = r, .coefficients = fcast_alloc_array(LAG * r * r, sizeof(double))};
  for (size_t shell = 0; shell < state->fourier.n_shells; shell++) {
    for (size_t i = 0; i < LAG * 2 * 2; i++) {
      const double weight = 0.3 * test_uniform(random);
      for (size_t m = 2 * state->fourier.shell_start[shell]; m < 2 * state->fourier.shell_start[shell + 1]; m++) {
        const size_t to = i / 2 % 2 * state->n_modes + m;
        const size_t from = i % 2 * state->n_modes + m;
        model.mvar.coefficients[(i / 4 * r + to) * r + from] = weight;
      }
    }
  }
  return model;
}

static void shift(const double *from, size_t n_fields, size_t dy, size_t dx, double *to) {
  for (size_t i = 0; i < n_fields * NY * NX; i++) {
    const size_t y = (i / NX % NY + dy) % NY;
    const size_t x = (i % NX + dx) % NX;
    to[i / (NY * NX) * NY * NX + y * NX + x] = from[i];
  }
}

/* The forecast of a run that lies elsewhere in the box is the forecast, there; and no mass is lost on the way. */
static void test_forecasts_move_with_the_box(void **state) {
  (void)state;
  enum { SPACE = NY * NX, KNOWN = 3, FORECAST = 6 };
  fcast_error err;
  uint64_t random = 36;
  double known[2 * KNOWN * 3 * SPACE];
  double found[2 * FORECAST * SPACE];
  double moved[FORECAST * SPACE];
  for (int lift = FCAST_LIFT_NONE; lift <= FCAST_LIFT_SIMPLEX; lift++) {
    fcast_latent model = fourier_model((fcast_lift)lift, &random);
    fill(known, KNOWN * 3 * SPACE, &random);
    for (size_t i = 0; i < KNOWN * 3 * SPACE; i++) {
      known[i] *= 50.0; /* so that forecasts have cells below zero */
    }
    shift(known, KNOWN * 3, 3, 7, known + KNOWN * 3 * SPACE);
    check_ok(fcast_latent_forecast(&model, known, 2, KNOWN, FORECAST, found, &err), &err);
    shift(found, FORECAST, 3, 7, moved);
    double smallest = 0.0;
    for (size_t i = 0; i < FORECAST * SPACE; i++) {
      check_close(found[FORECAST * SPACE + i], moved[i], 1e-10, 1e-10);
      smallest = fmin(smallest, moved[i]);
    }
    assert_true((smallest < 0.0) == (lift == FCAST_LIFT_NONE));
    for (size_t frame = 0; frame < 2 * FORECAST; frame++) {
      check_close(sum_of(found + frame * SPACE, SPACE), 1.25 * SPACE, 0.0, 1e-12);
    }
    fcast_latent_clear(&model);
  }
}

/* Only the last `lag` of the known frames matter, and the momentum does. */
static void test_what_a_forecast_starts_from(void **state) {
  (void)state;
  enum { SPACE = NY * NX, KNOWN = 4, FORECAST = 3, FRAME = 3 * SPACE };
  fcast_error err;
  uint64_t random = 37;
  double known[KNOWN * FRAME];
  double found[FORECAST * SPACE];
  double again[FORECAST * SPACE];
  fcast_latent model = fourier_model(FCAST_LIFT_NONE, &random);
  fill(known, KNOWN * FRAME, &random);
  check_ok(fcast_latent_forecast(&model, known, 1, KNOWN, FORECAST, found, &err), &err);
  check_ok(fcast_latent_forecast(&model, known + (KNOWN - LAG) * FRAME, 1, LAG, FORECAST, again, &err), &err);
  assert_memory_equal(found, again, sizeof found);
  known[(KNOWN - 1) * FRAME + SPACE + 5] += 1.0;
  check_ok(fcast_latent_forecast(&model, known, 1, KNOWN, FORECAST, again, &err), &err);
  assert_true(squared_distance(found, again, SPACE) > 1e-6);
  assert_int_equal(fcast_latent_forecast(&model, known, 1, LAG - 1, FORECAST, again, &err), FCAST_E_SHAPE);
  model.state.n_fields = 1;
  assert_int_equal(fcast_latent_forecast(&model, known, 1, KNOWN, FORECAST, again, &err), FCAST_E_SHAPE);
  fcast_latent_clear(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_lift_keeps_the_mass),
      cmocka_unit_test(test_clamp_by_hand),
      cmocka_unit_test(test_simplex_is_the_projection),
      cmocka_unit_test(test_simplex_is_the_nearest),
      cmocka_unit_test(test_what_is_left_alone),
      cmocka_unit_test(test_sparse_and_dense_laws_agree),
      cmocka_unit_test(test_the_specified_model_is_a_latent_one),
      cmocka_unit_test(test_forecasts_move_with_the_box),
      cmocka_unit_test(test_what_a_forecast_starts_from),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
