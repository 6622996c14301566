/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/spectrum.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

void dgeev_(const char *jobvl, const char *jobvr, const int *n, double *a, const int *lda, double *wr, double *wi,
            double *vl, const int *ldvl, double *vr, const int *ldvr, double *work, const int *lwork, int *info);

static fcast_mvar make_model(size_t lag, size_t n_modes) {
  fcast_mvar mvar = {.lag = lag, .n_modes = n_modes};
  mvar.coefficients = fcast_alloc_array(lag * n_modes * n_modes, sizeof(double));
  return mvar;
}

static fcast_mvar random_model(size_t lag, size_t n_modes, double size, uint64_t seed) {
  fcast_mvar mvar = make_model(lag, n_modes);
  for (size_t i = 0; i < lag * n_modes * n_modes; i++) {
    mvar.coefficients[i] = size * test_uniform(&seed) / sqrt((double)n_modes);
  }
  return mvar;
}

static double *entry(const fcast_mvar *mvar, size_t lag, size_t out, size_t in) {
  return mvar->coefficients + ((lag - 1) * mvar->n_modes + out) * mvar->n_modes + in;
}

static fcast_spectrum spectrum_of(const fcast_mvar *mvar, size_t n_leading) {
  fcast_error err = {FCAST_OK, ""};
  fcast_spectrum spectrum;
  check_ok(fcast_mvar_spectrum(mvar, n_leading, &spectrum, &err), &err);
  return spectrum;
}

static double radius_of(const fcast_mvar *mvar) {
  fcast_spectrum spectrum = spectrum_of(mvar, 0);
  const double radius = spectrum.radius;
  assert_int_equal(spectrum.n_values, 0);
  fcast_spectrum_clear(&spectrum);
  return radius;
}

static int compare_decreasing(const void *a, const void *b) {
  const double difference = *(const double *)b - *(const double *)a;
  return difference < 0.0 ? -1 : difference > 0.0;
}

/* The judge: the companion matrix written out, all its eigenvalues by LAPACK, their moduli in decreasing order. */
static double *moduli_by_lapack(const fcast_mvar *mvar) {
  const size_t r = mvar->n_modes;
  const int n = (int)(mvar->lag * r);
  const size_t size = (size_t)n;
  double *companion = fcast_alloc_array(size * size, sizeof *companion);
  double *real = fcast_alloc_array(size, sizeof *real);
  double *imaginary = fcast_alloc_array(size, sizeof *imaginary);
  double *work = fcast_alloc_array(10 * size, sizeof *work);
  for (size_t lag = 1; lag <= mvar->lag; lag++) {
    for (size_t out = 0; out < r; out++) {
      for (size_t in = 0; in < r; in++) {
        companion[((lag - 1) * r + in) * size + out] = *entry(mvar, lag, out, in);
      }
    }
  }
  for (size_t i = 0; i + r < size; i++) {
    companion[i * size + i + r] = 1.0; /* column i, row i + r */
  }
  const int one = 1;
  const int work_size = 10 * n;
  int info = 0;
  dgeev_("N", "N", &n, companion, &n, real, imaginary, NULL, &one, NULL, &one, work, &work_size, &info);
  assert_int_equal(info, 0);
  for (size_t i = 0; i < size; i++) {
    real[i] = hypot(real[i], imaginary[i]);
  }
  qsort(real, size, sizeof *real, compare_decreasing);
  fcast_free(companion);
  fcast_free(imaginary);
  fcast_free(work);
  return real;
}

static void check_against_lapack(const fcast_mvar *mvar, size_t n_leading, double tolerance) {
  double *expected = moduli_by_lapack(mvar);
  fcast_spectrum spectrum = spectrum_of(mvar, n_leading);
  const size_t n = mvar->lag * mvar->n_modes;
  check_close(spectrum.radius, expected[0], 0.0, tolerance);
  assert_int_equal(spectrum.n_values, n_leading < n ? n_leading : n);
  for (size_t i = 0; i < spectrum.n_values; i++) {
    check_close(hypot(spectrum.real[i], spectrum.imaginary[i]), expected[i], tolerance * expected[0], tolerance);
    if (spectrum.imaginary[i] > 0.0 && i + 1 < spectrum.n_values) {
      assert_true(spectrum.real[i + 1] == spectrum.real[i] && spectrum.imaginary[i + 1] == -spectrum.imaginary[i]);
    }
  }
  fcast_spectrum_clear(&spectrum);
  fcast_free(expected);
}

static void test_random_models(void **state) {
  (void)state;
  static const size_t n_modes[] = {1, 2, 3, 7, 20, 40};
  for (size_t lag = 1; lag <= 5; lag++) {
    for (size_t i = 0; i < sizeof n_modes / sizeof n_modes[0]; i++) {
      fcast_mvar mvar = random_model(lag, n_modes[i], i % 2 == 0 ? 0.5 : 2.0, 10 * lag + i);
      check_against_lapack(&mvar, 6, 1e-9);
      check_against_lapack(&mvar, 1000, 1e-7); /* all of them, the small ones too */
      fcast_mvar_clear(&mvar);
    }
  }
}

/* Orders at which the space stays smaller than the whole. */
static void test_large_random_models(void **state) {
  (void)state;
  static const size_t shapes[][2] = {{1, 257}, {2, 150}, {4, 100}, {5, 90}};
  size_t n_smaller = 0;
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    fcast_mvar mvar = random_model(shapes[i][0], shapes[i][1], 1.7, 100 + i);
    check_against_lapack(&mvar, 1, 1e-7);
    check_against_lapack(&mvar, 5, 1e-7);
    fcast_spectrum spectrum = spectrum_of(&mvar, 0);
    assert_true(spectrum.residual <= 1e-8);
    n_smaller += spectrum.n_vectors < mvar.lag * mvar.n_modes;
    fcast_spectrum_clear(&spectrum);
    fcast_mvar_clear(&mvar);
  }
  assert_true(n_smaller >= 3);
}

/* y_t = 2 m cos(angle) y_{t-1} - m^2 y_{t-2} has the pair m exp(+-i angle); one such motion a mode. */
static void set_motion(const fcast_mvar *mvar, size_t mode, double modulus, double angle) {
  *entry(mvar, 1, mode, mode) = 2.0 * modulus * cos(angle);
  *entry(mvar, 2, mode, mode) = -modulus * modulus;
}

static void test_known_motions(void **state) {
  (void)state;
  fcast_mvar mvar = make_model(2, 3);
  set_motion(&mvar, 0, 0.5, 0.3);
  set_motion(&mvar, 1, 1.25, 1.1);
  set_motion(&mvar, 2, 0.9, 2.0);
  fcast_spectrum spectrum = spectrum_of(&mvar, 4);
  const double moduli[] = {1.25, 1.25, 0.9, 0.9};
  const double angles[] = {1.1, -1.1, 2.0, -2.0};
  check_close(spectrum.radius, 1.25, 0.0, 1e-13);
  assert_int_equal(spectrum.n_values, 4);
  for (size_t i = 0; i < 4; i++) {
    check_close(spectrum.real[i], moduli[i] * cos(angles[i]), 1e-13, 0.0);
    check_close(spectrum.imaginary[i], moduli[i] * sin(angles[i]), 1e-13, 0.0);
  }
  /* a quarter of a time unit between frames */
  check_close(fcast_growth_rate(spectrum.radius, 0.25), log(1.25) / 0.25, 0.0, 1e-12);
  check_close(fcast_frequency(spectrum.real[0], spectrum.imaginary[0], 0.25), 1.1 / 6.283185307179586 * 4.0, 0.0,
              1e-12);
  fcast_spectrum_clear(&spectrum);
  fcast_mvar_clear(&mvar);
}

/* Rotations neither grow nor fade, so that nothing may call them unstable: a few, and so many that no small space holds
 * them. */
static void test_rotations_have_radius_one(void **state) {
  (void)state;
  static const size_t sizes[] = {2, 10, 300};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    fcast_mvar mvar = make_model(1, sizes[i]);
    for (size_t k = 0; k < sizes[i]; k += 2) {
      const double angle = 0.1 + 3.0 * (double)k / (double)sizes[i];
      *entry(&mvar, 1, k, k) = *entry(&mvar, 1, k + 1, k + 1) = cos(angle);
      *entry(&mvar, 1, k, k + 1) = -sin(angle);
      *entry(&mvar, 1, k + 1, k) = sin(angle);
    }
    const double radius = radius_of(&mvar);
    check_close(radius, 1.0, 0.0, 1e-12);
    assert_false(radius > FCAST_UNSTABLE_RADIUS);
    fcast_mvar_clear(&mvar);
  }
}

static void test_one_mode_and_one_lag(void **state) {
  (void)state;
  fcast_mvar mvar = make_model(1, 1);
  mvar.coefficients[0] = -1.75;
  fcast_spectrum spectrum = spectrum_of(&mvar, 1);
  assert_true(spectrum.radius == 1.75 && spectrum.real[0] == -1.75 && spectrum.imaginary[0] == 0.0);
  fcast_spectrum_clear(&spectrum);
  fcast_mvar_clear(&mvar);
}

/* Multiples of the identity: every space is invariant at once, whatever the order. */
static void test_multiples_of_identity(void **state) {
  (void)state;
  static const size_t sizes[] = {5, 300};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    fcast_mvar mvar = make_model(2, sizes[i]);
    for (size_t k = 0; k < sizes[i]; k++) {
      *entry(&mvar, 2, k, k) = 0.25; /* z^2 = 0.25 */
    }
    check_close(radius_of(&mvar), 0.5, 0.0, 1e-10);
    fcast_mvar_clear(&mvar);
  }
}

static void test_zero_models(void **state) {
  (void)state;
  fcast_mvar mvar = make_model(3, 4);
  fcast_spectrum spectrum = spectrum_of(&mvar, 100);
  assert_int_equal(spectrum.n_values, 12);
  assert_true(spectrum.radius == 0.0 && spectrum.real[0] == 0.0 && spectrum.real[11] == 0.0);
  fcast_spectrum_clear(&spectrum);
  /* lags without a say add eigenvalues zero, exactly */
  *entry(&mvar, 1, 2, 2) = -0.5;
  *entry(&mvar, 1, 0, 0) = 0.25;
  spectrum = spectrum_of(&mvar, 12);
  assert_true(fabs(spectrum.real[0] + 0.5) < 1e-15 && fabs(spectrum.real[1] - 0.25) < 1e-15);
  assert_true(spectrum.real[4] == 0.0 && spectrum.real[11] == 0.0);
  fcast_spectrum_clear(&spectrum);
  fcast_mvar_clear(&mvar);
}

/* A k-fold defective eigenvalue is known to the k-th root of rounding. */
static void test_defective_models(void **state) {
  (void)state;
  for (size_t k = 2; k <= 3; k++) {
    fcast_mvar mvar = make_model(1, k);
    for (size_t i = 0; i < k; i++) {
      *entry(&mvar, 1, i, i) = 0.9;
      if (i + 1 < k) {
        *entry(&mvar, 1, i, i + 1) = 1.0;
      }
    }
    check_close(radius_of(&mvar), 0.9, 10.0 * pow(1e-16, 1.0 / (double)k), 0.0);
    fcast_mvar_clear(&mvar);
  }
}

/* y_t counted in other units of time: A_i c^i multiplies every eigenvalue by c, far beyond what squares would bear. */
static void test_units_of_any_size(void **state) {
  (void)state;
  static const double factors[] = {1e-100, 1e-3, 1e100};
  fcast_mvar mvar = random_model(3, 6, 1.0, 7);
  const double radius = radius_of(&mvar);
  for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
    fcast_mvar scaled = make_model(3, 6);
    for (size_t i = 0; i < (size_t)3 * 36; i++) {
      scaled.coefficients[i] = mvar.coefficients[i] * pow(factors[f], (double)(i / 36 + 1));
    }
    check_close(radius_of(&scaled), radius * factors[f], 0.0, 1e-10);
    fcast_mvar_clear(&scaled);
  }
  fcast_mvar_clear(&mvar);
}

/* What the closed loop does in the end is what the radius says; with the lags in the other order it is another number.
 */
static void test_rollout_grows_by_the_radius(void **state) {
  (void)state;
  enum { MODES = 2, LAGS = 3, FRAMES = 400 };
  fcast_error err;
  fcast_mvar mvar = make_model(LAGS, MODES);
  fcast_mvar reversed = make_model(LAGS, MODES);
  static const double by_lag[LAGS] = {0.9, 0.1, 0.3};
  for (size_t lag = 1; lag <= LAGS; lag++) {
    for (size_t k = 0; k < MODES; k++) {
      *entry(&mvar, lag, k, k) = by_lag[lag - 1];
      *entry(&reversed, LAGS + 1 - lag, k, k) = by_lag[lag - 1];
    }
    *entry(&mvar, lag, 0, 1) = 0.05;
    *entry(&reversed, LAGS + 1 - lag, 0, 1) = 0.05;
  }
  *entry(&mvar, 1, 1, 0) = *entry(&reversed, LAGS, 1, 0) = 0.04;
  const double known[LAGS * MODES] = {1.0, 0.5, 0.2, 0.1, 0.4, 0.9};
  double rolled[FRAMES * MODES];
  check_ok(fcast_mvar_rollout(&mvar, known, 1, FRAMES, rolled, &err), &err);
  const double last = rolled[(FRAMES - 1) * MODES];
  const double before = rolled[(FRAMES - 101) * MODES];
  check_close(radius_of(&mvar), pow(last / before, 0.01), 0.0, 1e-6);
  assert_true(fabs(radius_of(&reversed) - radius_of(&mvar)) > 0.01);
  fcast_mvar_clear(&mvar);
  fcast_mvar_clear(&reversed);
}

static void test_bits_do_not_depend_on_threads(void **state) {
  (void)state;
  const int n_threads = omp_get_max_threads();
  fcast_mvar mvar = random_model(4, 80, 1.5, 3);
  omp_set_num_threads(1);
  fcast_spectrum one = spectrum_of(&mvar, 6);
  omp_set_num_threads(4);
  fcast_spectrum four = spectrum_of(&mvar, 6);
  omp_set_num_threads(n_threads);
  assert_true(one.radius == four.radius);
  assert_memory_equal(one.real, four.real, 6 * sizeof(double));
  assert_memory_equal(one.imaginary, four.imaginary, 6 * sizeof(double));
  fcast_spectrum_clear(&one);
  fcast_spectrum_clear(&four);
  fcast_mvar_clear(&mvar);
}

static void test_numbers_that_are_none(void **state) {
  (void)state;
  fcast_error err;
  fcast_spectrum spectrum;
  fcast_mvar mvar = make_model(2, 2);
  mvar.coefficients[5] = NAN;
  assert_int_equal(fcast_mvar_spectrum(&mvar, 0, &spectrum, &err), FCAST_E_ARG);
  assert_non_null(strstr(err.text, "coefficient 5"));
  assert_null(spectrum.real);
  fcast_mvar_clear(&mvar);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_models),
      cmocka_unit_test(test_large_random_models),
      cmocka_unit_test(test_known_motions),
      cmocka_unit_test(test_rotations_have_radius_one),
      cmocka_unit_test(test_one_mode_and_one_lag),
      cmocka_unit_test(test_multiples_of_identity),
      cmocka_unit_test(test_zero_models),
      cmocka_unit_test(test_defective_models),
      cmocka_unit_test(test_units_of_any_size),
      cmocka_unit_test(test_rollout_grows_by_the_radius),
      cmocka_unit_test(test_bits_do_not_depend_on_threads),
      cmocka_unit_test(test_numbers_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
