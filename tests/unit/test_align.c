/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/align.h"
#include "flockcast/latent.h"
#include "flockcast/select.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* A box that is neither square nor has square cells. */
enum { NX = 32, NY = 24, CELLS = NX * NY };

static fcast_fourier make_fourier(void) {
  fcast_error err;
  fcast_fourier fourier;
  check_ok(fcast_fourier_create(NY, NX, 4.0, 5.0, 1.2, &fourier, &err), &err);
  return fourier;
}

/* A smooth flock: a lump and a smaller one beside it, both periodic, at (x, y) cells. */
static void fill_flock(double x, double y, double narrow, double *frame) {
  for (size_t i = 0; i < CELLS; i++) {
    const double u = 2.0 * pi * ((double)(i % NX) - x) / NX;
    const double v = 2.0 * pi * ((double)(i / NX) - y) / NY;
    frame[i] = exp(narrow * (cos(u) + cos(v) - 2.0)) + 0.4 * exp(1.5 * (cos(u - 1.1) + cos(v + 0.7) - 2.0));
  }
}

static double *project(const fcast_fourier *fourier, const double *frames, size_t n_frames) {
  fcast_error err;
  double *coefficients = fcast_alloc_array(n_frames * 2 * fourier->n_waves, sizeof *coefficients);
  assert_non_null(coefficients);
  check_ok(fcast_fourier_project(fourier, 2 * fourier->n_waves, frames, n_frames, coefficients, &err), &err);
  return coefficients;
}

static double round_box(double distance, double n) {
  return distance - n * nearbyint(distance / n);
}

/* Shifts between the cells are found, whichever way the reference lies. */
static void test_known_shifts(void **state) {
  (void)state;
  enum { N = 40 };
  fcast_error err;
  fcast_fourier fourier = make_fourier();
  const size_t n_modes = 2 * fourier.n_waves;
  double *frames = fcast_alloc_array((N + 1) * CELLS, sizeof *frames);
  double known[2 * N], shifts[2 * N];
  uint64_t random = 5;
  fill_flock(3.3, 20.1, 2.0, frames);
  for (size_t i = 0; i < N; i++) {
    known[2 * i] = 40.0 * test_uniform(&random);
    known[2 * i + 1] = 40.0 * test_uniform(&random);
    fill_flock(3.3 + known[2 * i], 20.1 + known[2 * i + 1], 2.0, frames + (i + 1) * CELLS);
  }
  double *coefficients = project(&fourier, frames, N + 1);
  check_ok(fcast_align_find(&fourier, n_modes, coefficients, coefficients + n_modes, N, shifts, &err), &err);
  for (size_t i = 0; i < N; i++) {
    check_close(round_box(shifts[2 * i] - known[2 * i], NX), 0.0, 1e-6, 0.0);
    check_close(round_box(shifts[2 * i + 1] - known[2 * i + 1], NY), 0.0, 1e-6, 0.0);
    assert_true(fabs(shifts[2 * i]) <= NX / 2.0 && fabs(shifts[2 * i + 1]) <= NY / 2.0);
  }
  fcast_free(coefficients);
  fcast_free(frames);
  fcast_fourier_clear(&fourier);
}

/* Of frames that are no copies of the reference too: moving a frame moves its shift; and no shift found lies below the
 * correlation anywhere on a fine grid, looked at one by one. */
static void test_equivariance_and_maximum(void **state) {
  (void)state;
  enum { N = 12 };
  fcast_error err;
  fcast_fourier fourier = make_fourier();
  const size_t n_modes = 2 * fourier.n_waves;
  double coefficients[N * FCAST_FOURIER_MODES], reference[FCAST_FOURIER_MODES], moved[FCAST_FOURIER_MODES];
  double shifts[2 * N], again[2 * N];
  const double by[2] = {7.37, -3.81};
  uint64_t random = 9;
  for (size_t k = 0; k < n_modes; k++) {
    reference[k] = test_uniform(&random) / (1.0 + (double)k);
  }
  for (size_t i = 0; i < N * n_modes; i++) {
    coefficients[i] = test_uniform(&random) / (1.0 + (double)(i % n_modes));
  }
  check_ok(fcast_align_find(&fourier, n_modes, reference, coefficients, N, shifts, &err), &err);
  for (size_t i = 0; i < N; i++) {
    double best = -INFINITY;
    double found = 0.0;
    for (size_t j = 0; j <= 4 * CELLS; j++) {
      const double at[2] = {j == 4 * CELLS ? shifts[2 * i] : (double)(j % (2 * NX)) / 2.0,
                            j == 4 * CELLS ? shifts[2 * i + 1] : (double)(j / (2 * NX)) / 2.0};
      double sum = 0.0;
      memcpy(moved, reference, n_modes * sizeof *moved);
      fcast_align_move(&fourier, n_modes, at, moved);
      for (size_t k = 0; k < n_modes; k++) {
        sum += moved[k] * coefficients[i * n_modes + k];
      }
      best = sum > best ? sum : best;
      found = sum;
    }
    assert_true(found >= best - 0.02 * fabs(best)); /* another top may be as high between the cells */
    fcast_align_move(&fourier, n_modes, by, coefficients + i * n_modes);
  }
  check_ok(fcast_align_find(&fourier, n_modes, reference, coefficients, N, again, &err), &err);
  for (size_t i = 0; i < N; i++) {
    check_close(round_box(again[2 * i] - shifts[2 * i] - by[0], NX), 0.0, 1e-6, 0.0);
    check_close(round_box(again[2 * i + 1] - shifts[2 * i + 1] - by[1], NY), 0.0, 1e-6, 0.0);
  }
  fcast_fourier_clear(&fourier);
}

/* Back and forth is the identity, energy stays, and whole cells are what moving the cells does. */
static void test_moving(void **state) {
  (void)state;
  fcast_fourier fourier = make_fourier();
  const size_t n_modes = 2 * fourier.n_waves;
  double frames[2 * CELLS];
  fill_flock(3.3, 20.1, 2.0, frames);
  for (size_t i = 0; i < CELLS; i++) { /* 5 cells along x, 2 down y */
    frames[CELLS + (i / NX + NY - 2) % NY * NX + (i + 5) % NX] = frames[i];
  }
  double *coefficients = project(&fourier, frames, 2);
  double moved[FCAST_FOURIER_MODES];
  memcpy(moved, coefficients, n_modes * sizeof *moved);
  fcast_align_move(&fourier, n_modes, (const double[2]){5.0, -2.0}, moved);
  for (size_t k = 0; k < n_modes; k++) {
    check_close(moved[k], coefficients[n_modes + k], 1e-12, 0.0);
  }
  fcast_align_move(&fourier, n_modes, (const double[2]){1.234, 17.8}, moved);
  fcast_align_move(&fourier, n_modes, (const double[2]){-6.234, -15.8}, moved);
  for (size_t k = 0; k < n_modes; k++) {
    check_close(moved[k], coefficients[k], 1e-12, 0.0);
  }
  fcast_free(coefficients);
  fcast_fourier_clear(&fourier);
}

/* --- a model of flocks that glide --- */

enum { N_RUNS = 15, N_FRAMES = 12, N_KNOWN = 3, N_TEST = 3 };

static void fill_runs(size_t n_runs, uint64_t random, double *frames) {
  for (size_t run = 0; run < n_runs; run++) {
    const double start[2] = {NX * test_uniform(&random), NY * test_uniform(&random)};
    const double way[2] = {2.5 * test_uniform(&random), 2.5 * test_uniform(&random)};
    const double narrow = 2.0 + 0.5 * test_uniform(&random);
    for (size_t i = 0; i < N_FRAMES; i++) {
      double *frame = frames + (run * N_FRAMES + i) * CELLS;
      double mass = 0.0;
      fill_flock(start[0] + (double)i * way[0], start[1] + (double)i * way[1], narrow, frame);
      for (size_t j = 0; j < CELLS; j++) {
        mass += frame[j];
      }
      for (size_t j = 0; j < CELLS; j++) { /* a mean of 3 in every frame */
        frame[j] *= 3.0 * CELLS / mass;
      }
    }
  }
}

static fcast_latent learn(const double *frames, fcast_selection *selection) {
  fcast_error err;
  fcast_latent model = {.lift = FCAST_LIFT_NONE};
  fcast_aligned_runs runs;
  fcast_fourier fourier = make_fourier();
  size_t n_frames[N_RUNS];
  double mean[CELLS];
  const double alphas[] = {1e-8, 1.0};
  test_heard shares = {0};
  const fcast_search_space space = {
      .n_known = N_KNOWN, .n_alphas = 2, .alphas = alphas, .listener = {test_hear, &shares}};
  for (size_t run = 0; run < N_RUNS; run++) {
    n_frames[run] = N_FRAMES;
  }
  for (size_t i = 0; i < CELLS; i++) {
    mean[i] = 3.0;
  }
  fcast_memory_series series = {frames, n_frames, CELLS};
  const fcast_series_source source = fcast_memory_source(&series, N_RUNS);
  check_ok(fcast_selection_create(n_frames, N_RUNS, N_KNOWN, selection, &err), &err);
  check_ok(fcast_aligned_runs_collect(&source, &fourier, mean, &runs, &err), &err);
  check_ok(fcast_search_aligned(&runs, &fourier, &space, selection, &err), &err);
  assert_int_equal(shares.n, selection->n_candidates * (FCAST_FOLDS + 1));
  check_close(shares.largest, 1.0, 1e-12, 0.0);
  check_ok(fcast_selection_decide(selection, &err), &err);
  check_ok(
      fcast_fit_aligned(&runs, &fourier, 3.0, &selection->candidates[selection->best], &model.state, &model.mvar, &err),
      &err);
  model.state.fourier = fourier;
  fcast_aligned_runs_clear(&runs);
  return model;
}

static void forecast(const fcast_latent *model, const double *test, double *prediction) {
  fcast_error err;
  double known[N_TEST * N_KNOWN * CELLS];
  for (size_t run = 0; run < N_TEST; run++) {
    memcpy(known + run * N_KNOWN * CELLS, test + run * N_FRAMES * CELLS, N_KNOWN * CELLS * sizeof *known);
  }
  check_ok(fcast_latent_forecast(model, known, N_TEST, N_KNOWN, N_FRAMES - N_KNOWN, prediction, &err), &err);
}

static double r2_of(const double *test, const double *prediction) {
  double error = 0.0;
  double deviation = 0.0;
  for (size_t run = 0; run < N_TEST; run++) {
    for (size_t i = 0; i < (N_FRAMES - N_KNOWN) * CELLS; i++) {
      const double truth = test[(run * N_FRAMES + N_KNOWN) * CELLS + i];
      const double difference = prediction[run * (N_FRAMES - N_KNOWN) * CELLS + i] - truth;
      error += difference * difference;
      deviation += (truth - 3.0) * (truth - 3.0);
    }
  }
  return 1.0 - error / deviation;
}

/* Flocks that glide, each at a speed and of a width of its own, are forecast from their known frames, where they are;
 * cross-validation said so; the mass is that of the box; and the state holds what is known of the flock. */
static void test_gliding_flocks(void **state) {
  (void)state;
  enum { N_FORECAST = N_FRAMES - N_KNOWN };
  fcast_error err;
  fcast_selection selection;
  double *frames = fcast_alloc_array(N_RUNS * N_FRAMES * CELLS, sizeof *frames);
  double *test = fcast_alloc_array(N_TEST * N_FRAMES * CELLS, sizeof *test);
  double *prediction = fcast_alloc_array(N_TEST * N_FORECAST * CELLS, sizeof *prediction);
  double *again = fcast_alloc_array(N_TEST * N_FRAMES * CELLS, sizeof *again);
  fill_runs(N_RUNS, 3, frames);
  fill_runs(N_TEST, 4, test);
  fcast_latent model = learn(frames, &selection);
  forecast(&model, test, prediction);
  assert_true(selection.candidates[selection.best].r2 > 0.999);
  assert_true(r2_of(test, prediction) > 0.999);
  for (size_t i = 0; i < N_TEST * N_FORECAST; i++) {
    double mass = 0.0;
    for (size_t j = 0; j < CELLS; j++) {
      mass += prediction[i * CELLS + j];
    }
    check_close(mass, 3.0 * CELLS, 0.0, 1e-12);
  }
  check_ok(fcast_latent_reconstruct(&model, test, N_TEST * N_FRAMES, again, &err), &err);
  for (size_t i = 0; i < N_TEST * N_FRAMES * CELLS; i++) {
    check_close(again[i], test[i], 0.05, 0.0);
  }
  fcast_latent_clear(&model);
  fcast_selection_clear(&selection);
  fcast_free(frames);
  fcast_free(test);
  fcast_free(prediction);
  fcast_free(again);
}

static void test_threads(void **state) {
  (void)state;
  const size_t n = N_TEST * (N_FRAMES - N_KNOWN) * CELLS;
  double *frames = fcast_alloc_array(N_RUNS * N_FRAMES * CELLS, sizeof *frames);
  double *test = fcast_alloc_array(N_TEST * N_FRAMES * CELLS, sizeof *test);
  double *prediction[2];
  fcast_selection selection[2];
  const int n_threads = omp_get_max_threads();
  fill_runs(N_RUNS, 3, frames);
  fill_runs(N_TEST, 4, test);
  for (size_t i = 0; i < 2; i++) {
    omp_set_num_threads(i == 0 ? 1 : 3);
    fcast_latent model = learn(frames, &selection[i]);
    prediction[i] = fcast_alloc_array(n, sizeof(double));
    forecast(&model, test, prediction[i]);
    fcast_latent_clear(&model);
  }
  omp_set_num_threads(n_threads);
  assert_memory_equal(prediction[0], prediction[1], n * sizeof(double));
  assert_int_equal(selection[0].n_candidates, selection[1].n_candidates);
  assert_memory_equal(selection[0].candidates, selection[1].candidates,
                      selection[0].n_candidates * sizeof(fcast_candidate));
  for (size_t i = 0; i < 2; i++) {
    fcast_selection_clear(&selection[i]);
    fcast_free(prediction[i]);
  }
  fcast_free(frames);
  fcast_free(test);
}

/* --- the square root --- */

/* Whatever the law says, a squared forecast has no negative cell and the mass of the last known frame; and all modes
 * together give a frame back. */
static void test_square_root(void **state) {
  (void)state;
  enum { N_MODES = 4, N_FORECAST = 5, N_TWO = 2 };
  fcast_error err;
  fcast_latent model = {.lift = FCAST_LIFT_CLAMP};
  double frames[2 * N_FRAMES * CELLS], roots[2 * N_FRAMES * CELLS], known[2 * 2 * CELLS];
  double prediction[2 * N_FORECAST * CELLS], again[N_FRAMES * CELLS];
  const size_t n_frames[] = {N_FRAMES, N_FRAMES};
  fcast_pod pod;
  fill_runs(2, 8, frames);
  for (size_t i = 0; i < CELLS; i++) { /* runs of different masses */
    frames[(N_FRAMES + 1) * CELLS + i] *= 1.7;
  }
  memcpy(roots, frames, sizeof roots);
  fcast_transform_sqrt(roots, 2 * N_FRAMES * CELLS);
  fcast_memory_series series = {roots, n_frames, CELLS};
  const fcast_series_source source = fcast_memory_source(&series, 2);
  check_ok(fcast_pod_fit(&source, 1.0, &pod, &err), &err);
  check_ok(fcast_state_fit_pod(&source, 0, &pod, pod.n_modes, &model.state, &err), &err);
  model.state.transform = FCAST_TRANSFORM_SQRT;
  check_ok(fcast_latent_reconstruct(&model, frames, N_FRAMES, again, &err), &err);
  for (size_t i = 0; i < N_FRAMES * CELLS; i++) {
    check_close(again[i], frames[i], 1e-6, 0.0);
  }
  fcast_state_clear(&model.state);
  check_ok(fcast_state_fit_pod(&source, 0, &pod, N_MODES, &model.state, &err), &err);
  model.state.transform = FCAST_TRANSFORM_SQRT;
  model.mvar = (fcast_mvar){.lag = 1, .n_modes = N_MODES};
  model.mvar.coefficients = fcast_alloc_array(N_MODES * N_MODES, sizeof(double));
  for (size_t i = 0; i < N_MODES * N_MODES; i++) {
    model.mvar.coefficients[i] = (i % 3 == 0 ? 1.0 : -0.6);
  }
  memcpy(known, frames, 2 * CELLS * sizeof *known);
  memcpy(known + 2 * CELLS, frames + N_FRAMES * CELLS, 2 * CELLS * sizeof *known);
  check_ok(fcast_latent_forecast(&model, known, N_TWO, 2, N_FORECAST, prediction, &err), &err);
  for (size_t i = 0; i < N_TWO * N_FORECAST; i++) {
    double mass = 0.0;
    for (size_t j = 0; j < CELLS; j++) {
      assert_true(prediction[i * CELLS + j] >= 0.0);
      mass += prediction[i * CELLS + j];
    }
    check_close(mass, (i < N_FORECAST ? 3.0 : 1.7 * 3.0) * CELLS, 0.0, 1e-12);
  }
  fcast_latent_clear(&model);
  fcast_pod_clear(&pod);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_shifts), cmocka_unit_test(test_equivariance_and_maximum),
      cmocka_unit_test(test_moving),       cmocka_unit_test(test_gliding_flocks),
      cmocka_unit_test(test_threads),      cmocka_unit_test(test_square_root),
  };
  return cmocka_run_group_tests_name("align", tests, NULL, NULL);
}
