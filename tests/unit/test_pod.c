/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/pod.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* Frames mean + sum_k scale_k c_k phi_k with orthonormal cosine shapes: a known basis with known energies. */
enum { N_KNOWN = 5 };
static const double pi = 3.14159265358979323846;

static double shape(size_t k, size_t cell, size_t n_space) {
  return sqrt(2.0 / (double)n_space) * cos(pi * (double)(k + 1) * ((double)cell + 0.5) / (double)n_space);
}

static void fill_known(double *frames, size_t n_frames, size_t n_space, double noise) {
  uint64_t random = 17;
  const double scale[N_KNOWN] = {16.0, 8.0, 4.0, 2.0, 1.0};
  for (size_t i = 0; i < n_frames; i++) {
    for (size_t j = 0; j < n_space; j++) {
      frames[i * n_space + j] = 3.0 + (double)j / (double)n_space + noise * test_uniform(&random);
    }
    for (size_t k = 0; k < N_KNOWN; k++) {
      const double coefficient = scale[k] * test_uniform(&random);
      for (size_t j = 0; j < n_space; j++) {
        frames[i * n_space + j] += coefficient * shape(k, j, n_space);
      }
    }
  }
}

/* The runs of a test: lengths differ on purpose. */
static const size_t run_frames[] = {7, 1, 20, 12};
enum { N_RUNS = 4, N_FRAMES = 40 };

static fcast_pod fit(const double *frames, size_t n_space, double target) {
  fcast_error err;
  fcast_pod pod;
  fcast_memory_series series = {frames, run_frames, n_space};
  const fcast_series_source source = fcast_memory_source(&series, N_RUNS);
  check_ok(fcast_pod_fit(&source, target, &pod, &err), &err);
  return pod;
}

static void check_properties(const fcast_pod *pod, const double *frames) {
  for (size_t a = 0; a < pod->n_modes; a++) {
    double largest = 0.0;
    for (size_t b = 0; b <= a; b++) {
      double product = 0.0;
      for (size_t j = 0; j < pod->n_space; j++) {
        product += pod->modes[j * pod->n_modes + a] * pod->modes[j * pod->n_modes + b];
      }
      check_close(product, a == b ? 1.0 : 0.0, 1e-12, 0.0);
    }
    for (size_t j = 0; j < pod->n_space; j++) {
      const double entry = pod->modes[j * pod->n_modes + a];
      largest = fabs(entry) > fabs(largest) ? entry : largest;
    }
    assert_true(largest > 0.0);
    assert_true(a == 0 || pod->singular_values[a] <= pod->singular_values[a - 1]);
  }
  for (size_t j = 0; j < pod->n_space; j++) {
    double mean = 0.0;
    for (size_t i = 0; i < N_FRAMES; i++) {
      mean += frames[i * pod->n_space + j] / N_FRAMES;
    }
    check_close(pod->mean[j], mean, 0.0, 1e-13);
  }
}

/* Eckart and Young: what the modes leave out is exactly the energy of the singular values left out. */
static void check_truncation(const fcast_pod *pod, const double *frames, double total) {
  fcast_error err;
  double *coefficients = fcast_alloc_array(N_FRAMES * pod->n_modes, sizeof(double));
  double *lifted = fcast_alloc_array(N_FRAMES * pod->n_space, sizeof(double));
  check_ok(fcast_pod_project(pod, frames, N_FRAMES, coefficients, &err), &err);
  check_ok(fcast_pod_lift(pod, coefficients, N_FRAMES, lifted, &err), &err);
  double left_out = 0.0;
  double kept = 0.0;
  for (size_t i = 0; i < N_FRAMES * pod->n_space; i++) {
    left_out += (frames[i] - lifted[i]) * (frames[i] - lifted[i]);
  }
  for (size_t k = 0; k < pod->n_modes; k++) {
    double square = 0.0;
    for (size_t i = 0; i < N_FRAMES; i++) {
      square += coefficients[i * pod->n_modes + k] * coefficients[i * pod->n_modes + k];
    }
    check_close(sqrt(square), pod->singular_values[k], 1e-8 * pod->singular_values[0], 0.0);
    kept += pod->singular_values[k] * pod->singular_values[k];
  }
  check_close(left_out, total - kept, 1e-9 * total, 0.0);
  check_close(pod->energy, kept / total, 1e-12, 0.0);
  fcast_free(coefficients);
  fcast_free(lifted);
}

static double total_energy(const double *frames, const fcast_pod *pod) {
  double total = 0.0;
  for (size_t i = 0; i < N_FRAMES * pod->n_space; i++) {
    const double deviation = frames[i] - pod->mean[i % pod->n_space];
    total += deviation * deviation;
  }
  return total;
}

/* More cells than frames (method of snapshots), fewer (covariance), as many. */
static void test_properties_by_either_method(void **state) {
  (void)state;
  const size_t widths[] = {300, 40, 23};
  const double targets[] = {0.9, 0.995, 0.5};
  for (size_t w = 0; w < 3; w++) {
    double *frames = fcast_alloc_array(N_FRAMES * widths[w], sizeof *frames);
    fill_known(frames, N_FRAMES, widths[w], 0.3);
    for (size_t t = 0; t < 3; t++) {
      fcast_pod pod = fit(frames, widths[w], targets[t]);
      check_properties(&pod, frames);
      check_truncation(&pod, frames, total_energy(frames, &pod));
      assert_true(pod.energy >= targets[t]);
      const double last = pod.singular_values[pod.n_modes - 1];
      assert_true(pod.energy - last * last / total_energy(frames, &pod) < targets[t]); /* one mode fewer falls short */
      fcast_pod_clear(&pod);
    }
    fcast_free(frames);
  }
}

/* Without noise there are exactly as many modes as shapes, whatever is asked for. */
static void test_rank_is_found(void **state) {
  (void)state;
  const size_t widths[] = {300, 23};
  for (size_t w = 0; w < 2; w++) {
    double *frames = fcast_alloc_array(N_FRAMES * widths[w], sizeof *frames);
    fill_known(frames, N_FRAMES, widths[w], 0.0);
    fcast_pod pod = fit(frames, widths[w], 1.0);
    assert_int_equal(pod.n_modes, N_KNOWN);
    check_properties(&pod, frames);
    check_close(pod.energy, 1.0, 1e-14, 0.0);
    fcast_pod_clear(&pod);
    fcast_free(frames);
  }
}

static void test_threads_do_not_matter(void **state) {
  (void)state;
  const size_t widths[] = {700, 30};
  for (size_t w = 0; w < 2; w++) {
    double *frames = fcast_alloc_array(N_FRAMES * widths[w], sizeof *frames);
    fill_known(frames, N_FRAMES, widths[w], 0.3);
    omp_set_num_threads(1);
    fcast_pod one = fit(frames, widths[w], 0.999);
    for (int n_threads = 2; n_threads <= 7; n_threads += 5) {
      omp_set_num_threads(n_threads);
      fcast_pod many = fit(frames, widths[w], 0.999);
      assert_int_equal(one.n_modes, many.n_modes);
      assert_memory_equal(one.modes, many.modes, one.n_modes * one.n_space * sizeof(double));
      assert_memory_equal(one.singular_values, many.singular_values, one.n_modes * sizeof(double));
      fcast_pod_clear(&many);
    }
    fcast_pod_clear(&one);
    fcast_free(frames);
  }
}

static void test_frames_that_do_not_vary_are_refused(void **state) {
  (void)state;
  fcast_error err;
  fcast_pod pod;
  double frames[N_FRAMES * 3];
  for (size_t i = 0; i < N_FRAMES * 3; i++) {
    frames[i] = (double)(i % 3);
  }
  fcast_memory_series series = {frames, run_frames, 3};
  const fcast_series_source source = fcast_memory_source(&series, N_RUNS);
  assert_int_equal(fcast_pod_fit(&source, 0.9, &pod, &err), FCAST_E_NUMERIC);
  assert_null(pod.modes);
  assert_int_equal(fcast_pod_fit(&source, 0.0, &pod, &err), FCAST_E_ARG);
  assert_int_equal(fcast_pod_fit(&source, 1.5, &pod, &err), FCAST_E_ARG);
}

/* Moments collected in parts and merged are those of all frames, and give the same basis. */
static void test_moments_merge(void **state) {
  (void)state;
  fcast_error err;
  const size_t n_space = 23;
  double *frames = fcast_alloc_array(N_FRAMES * n_space, sizeof *frames);
  fill_known(frames, N_FRAMES, n_space, 0.3);
  fcast_memory_series series = {frames, run_frames, n_space};
  const fcast_series_source whole = fcast_memory_source(&series, N_RUNS);
  fcast_memory_series late_series = {frames + (run_frames[0] + run_frames[1]) * n_space, run_frames + 2, n_space};
  const fcast_series_source early = fcast_memory_source(&series, 2);
  const fcast_series_source late = fcast_memory_source(&late_series, N_RUNS - 2);
  fcast_moments expected;
  fcast_moments sum = {0};
  const fcast_series_source *parts[] = {&early, &late};
  check_ok(fcast_moments_collect(&whole, &expected, &err), &err);
  for (size_t i = 0; i < 2; i++) {
    fcast_moments part;
    check_ok(fcast_moments_collect(parts[i], &part, &err), &err);
    check_ok(fcast_moments_merge(&sum, &part, &err), &err);
    assert_null(part.gram);
  }
  assert_int_equal(sum.n_frames, N_FRAMES);
  for (size_t i = 0; i < n_space; i++) {
    check_close(sum.mean[i], expected.mean[i], 1e-14, 1e-14);
    for (size_t j = 0; j <= i; j++) {
      double obvious = 0.0;
      for (size_t frame = 0; frame < N_FRAMES; frame++) {
        const double *row = frames + frame * n_space;
        obvious += (row[i] - expected.mean[i]) * (row[j] - expected.mean[j]);
      }
      check_close(expected.gram[i * n_space + j], obvious, 1e-11, 1e-12);
      check_close(sum.gram[i * n_space + j], obvious, 1e-11, 1e-12);
    }
  }
  fcast_pod pod;
  fcast_pod direct = fit(frames, n_space, 0.995);
  check_ok(fcast_pod_fit_moments(&sum, 0.995, &pod, &err), &err);
  assert_int_equal(pod.n_modes, direct.n_modes);
  for (size_t i = 0; i < n_space * pod.n_modes; i++) {
    check_close(pod.modes[i], direct.modes[i], 1e-10, 0.0);
  }
  fcast_moments other = {.n_frames = 1, .n_space = n_space + 1};
  assert_int_equal(fcast_moments_merge(&sum, &other, &err), FCAST_E_SHAPE);
  fcast_moments_clear(&sum);
  fcast_moments_clear(&expected);
  fcast_pod_clear(&pod);
  fcast_pod_clear(&direct);
  fcast_free(frames);
}

/* By either method, of a share that Lanczos finds and of all, which needs the whole reduction. */
static void test_listeners_hear_how_far_it_is(void **state) {
  (void)state;
  enum { SMALLER = 800, LARGER = 1000 };
  fcast_error err;
  double *frames = fcast_alloc_array((size_t)SMALLER * LARGER, sizeof *frames);
  for (int i = 0; i < 4; i++) {
    const bool is_covariance = i % 2 == 1;
    const bool is_whole = i / 2 == 1;
    const size_t n_space = is_covariance ? SMALLER : LARGER;
    const size_t n_frames = is_covariance ? LARGER : SMALLER;
    test_heard heard = {0};
    fcast_pod pod;
    fill_known(frames, n_frames, n_space, 0.01);
    fcast_memory_series series = {frames, &n_frames, n_space};
    fcast_series_source source = fcast_memory_source(&series, 1);
    source.listener = (fcast_listener){test_hear, &heard};
    check_ok(fcast_pod_fit(&source, is_whole ? 1.0 : 0.99, &pod, &err), &err);
    assert_true(pod.is_lanczos != is_whole && heard.n > (is_whole ? 30 : 5));
    check_close(heard.largest, 1.0, 1e-12, 0.0);
    fcast_pod_clear(&pod);
  }
  fcast_free(frames);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_properties_by_either_method),  cmocka_unit_test(test_rank_is_found),
      cmocka_unit_test(test_threads_do_not_matter),        cmocka_unit_test(test_moments_merge),
      cmocka_unit_test(test_listeners_hear_how_far_it_is), cmocka_unit_test(test_frames_that_do_not_vary_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
