/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/cpu.h"
#include "linalg/factor.h"
#include "linalg/leading.h"
#include "linalg/products.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <string.h>

static double *random_matrix(size_t n_values, uint64_t seed) {
  double *a = fcast_alloc_array(n_values, sizeof *a);
  for (size_t i = 0; i < n_values; i++) {
    a[i] = test_uniform(&seed);
  }
  return a;
}

/* The obvious product: c[i, j] = sum over k of left[i * left_step + k * left_inner] * right[...]. */
static double obvious(const double *left, size_t left_inner, const double *right, size_t right_inner, size_t n_inner) {
  double sum = 0.0;
  for (size_t k = 0; k < n_inner; k++) {
    sum += left[k * left_inner] * right[k * right_inner];
  }
  return sum;
}

static double dot(const double *a, const double *b, size_t n) {
  return obvious(a, 1, b, 1, n);
}

/* Shapes around every edge of strips, panels, tiles and slabs. */
static const size_t shapes[][3] = {{1, 1, 1},    {3, 400, 131}, {24, 90, 25},   {7, 5, 23},
                                   {8, 384, 24}, {9, 385, 25},  {100, 50, 200}, {97, 800, 193}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

static void check_products(size_t m, size_t k, size_t n) {
  fcast_error err;
  double *a = random_matrix(m * k, 1);
  double *b = random_matrix(k * n, 2);
  double *transposed = fcast_alloc_array(k * n, sizeof *transposed);
  double *columns = fcast_alloc_array(m * k, sizeof *columns);
  double *c = fcast_alloc_array(3 * m * n, sizeof *c);
  for (size_t i = 0; i < k; i++) {
    for (size_t j = 0; j < n; j++) {
      transposed[j * k + i] = b[i * n + j];
    }
    for (size_t j = 0; j < m; j++) {
      columns[i * m + j] = a[j * k + i];
    }
  }
  check_ok(fcast__multiply(a, b, m, k, n, NULL, c, &err), &err);
  check_ok(fcast__multiply_transposed(a, transposed, m, k, n, c + m * n, &err), &err);
  check_ok(fcast__multiply_columns_add(columns, b, k, m, n, c + 2 * m * n, &err), &err);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      const double expected = obvious(a + i * k, 1, b + j, n, k);
      for (size_t way = 0; way < 3; way++) {
        check_close(c[way * m * n + i * n + j], expected, 1e-15 * (double)k, 1e-14);
      }
    }
  }
  fcast_free(a);
  fcast_free(b);
  fcast_free(transposed);
  fcast_free(columns);
  fcast_free(c);
}

static void check_grams(size_t m, size_t n) {
  fcast_error err;
  double *a = random_matrix(m * n, 3);
  double *rows = fcast_alloc_array(m * m, sizeof *rows);
  double *columns = fcast_alloc_array(n * n, sizeof *columns);
  check_ok(fcast__gram_of_rows(a, m, n, NULL, rows, &err), &err);
  check_ok(fcast__gram_of_columns_add(a, m, n, columns, &err), &err);
  check_ok(fcast__gram_of_columns_add(a, m, n, columns, &err), &err); /* twice: it adds */
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j <= i; j++) {
      check_close(rows[i * m + j], obvious(a + i * n, 1, a + j * n, 1, n), 1e-15 * (double)n, 1e-14);
    }
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      check_close(columns[i * n + j], 2.0 * obvious(a + i, n, a + j, n, m), 2e-15 * (double)m, 1e-14);
    }
  }
  fcast_free(a);
  fcast_free(rows);
  fcast_free(columns);
}

static void test_products_are_the_obvious_ones(void **state) {
  (void)state;
  for (size_t s = 0; s < N_SHAPES; s++) {
    check_products(shapes[s][0], shapes[s][1], shapes[s][2]);
    check_grams(shapes[s][0], shapes[s][1]);
  }
}

/* One product that uses every path, for comparing bits. */
static void all_products(const double *a, size_t m, size_t n, double *out) {
  fcast_error err;
  memset(out, 0, (m * m + n * n + m * n) * sizeof *out);
  check_ok(fcast__gram_of_rows(a, m, n, NULL, out, &err), &err);
  check_ok(fcast__gram_of_columns_add(a, m, n, out + m * m, &err), &err);
  check_ok(fcast__multiply(out, a, m, m, n, NULL, out + m * m + n * n, &err), &err);
}

static void test_bits_depend_on_nothing(void **state) {
  (void)state;
  const size_t m = 203;
  const size_t n = 411;
  const size_t n_values = m * m + n * n + m * n;
  double *a = random_matrix(m * n, 5);
  double *expected = fcast_alloc_array(n_values, sizeof *expected);
  double *found = fcast_alloc_array(n_values, sizeof *found);
  const int n_threads = omp_get_max_threads();
  fcast__cpu_set_level(FCAST_CPU_BASELINE);
  omp_set_num_threads(1);
  all_products(a, m, n, expected);
  const int threads[] = {1, 2, 3, 7};
  for (int level = FCAST_CPU_BASELINE; level < FCAST_CPU_LEVELS; level++) {
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
      fcast__cpu_set_level((fcast_cpu_level)level);
      omp_set_num_threads(threads[t]);
      all_products(a, m, n, found);
      assert_memory_equal(found, expected, n_values * sizeof *found);
    }
  }
  omp_set_num_threads(n_threads);
  fcast_free(a);
  fcast_free(expected);
  fcast_free(found);
}

/* A matrix with known eigenvalues: Q^T diag(values) Q with random orthonormal rows Q. */
static double *known_matrix(const double *values, size_t n_values, size_t n) {
  fcast_error err;
  double *vectors = random_matrix(n_values * n, 7);
  double *scaled = fcast_alloc_array(n_values * n, sizeof *scaled);
  double *a = fcast_alloc_array(n * n, sizeof *a);
  check_ok(fcast__orthonormalise_rows(vectors, n_values, n, &err), &err);
  for (size_t i = 0; i < n_values; i++) {
    for (size_t j = 0; j < n; j++) {
      scaled[i * n + j] = sqrt(values[i]) * vectors[i * n + j];
    }
  }
  check_ok(fcast__gram_of_columns_add(scaled, n_values, n, a, &err), &err);
  fcast_free(vectors);
  fcast_free(scaled);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) {
      a[j * n + i] = a[i * n + j];
    }
  }
  return a;
}

/* ||a v - value v|| and v_i v_j of what was found. */
static void check_pairs(const double *a, const fcast_leading *leading) {
  const size_t n = leading->n;
  for (size_t i = 0; i < leading->n_pairs; i++) {
    const double *v = leading->vectors + i * n;
    double square = 0.0;
    for (size_t r = 0; r < n; r++) {
      const double residual = dot(a + r * n, v, n) - leading->values[i] * v[r];
      square += residual * residual;
    }
    assert_true(sqrt(square) < 1e-12 * leading->values[0]);
    for (size_t j = 0; j <= i; j++) {
      check_close(dot(v, leading->vectors + j * n, n), i == j ? 1.0 : 0.0, 1e-12, 0.0);
    }
  }
}

static fcast_leading leading_of(const double *a, size_t n, double share) {
  fcast_error err;
  fcast_leading leading;
  double *copy = fcast_alloc_array(n * n, sizeof *copy);
  memcpy(copy, a, n * n * sizeof *copy);
  check_ok(fcast__leading_pairs(copy, n, share, NULL, &leading, &err), &err);
  fcast_free(copy);
  return leading;
}

/* Spectra that Lanczos finds early, pairs of equal values among them, and flat ones that need the whole reduction, of
 * orders around the panels that it takes at a time. */
static void test_known_spectra(void **state) {
  (void)state;
  const size_t orders[] = {1, 31, 32, 33, 60, 64, 65, 800, 1000, 900};
  const double decays[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.1, 0.02, 0.0, 0.1};
  for (size_t c = 0; c < sizeof orders / sizeof orders[0]; c++) {
    const size_t n = orders[c];
    double *values = fcast_alloc_array(n, sizeof *values);
    double total = 0.0;
    for (size_t i = 0; i < n; i++) {
      values[i] = exp(-decays[c] * (double)(i / 2 * 2));
      total += values[i];
    }
    double *a = known_matrix(values, n, n);
    const double shares[] = {0.5, 0.99};
    for (size_t s = 0; s < 2; s++) {
      fcast_leading leading = leading_of(a, n, shares[s]);
      double held = 0.0;
      for (size_t i = 0; i < leading.n_pairs; i++) {
        check_close(leading.values[i], values[i], 1e-12, 0.0);
        held += values[i] / total;
      }
      check_close(leading.share, held, 1e-12, 0.0);
      assert_true(leading.is_lanczos == (n == 900));
      assert_true(leading.share >= shares[s]);
      assert_true(held - values[leading.n_pairs - 1] / total < shares[s] + 1e-12); /* one fewer falls short */
      check_pairs(a, &leading);
      fcast__leading_clear(&leading);
    }
    fcast_free(values);
    fcast_free(a);
  }
}

/* Fewer directions than a Lanczos block: the rest of the space is rounding. */
static void test_low_rank_of_a_large_matrix(void **state) {
  (void)state;
  const double values[] = {9.0, 4.0, 4.0, 1.0, 0.25};
  const size_t n = 900;
  double *a = known_matrix(values, 5, n);
  const double shares[] = {0.9, 1.0 - 1e-8, 1.0};
  const size_t n_pairs[] = {3, 5, 5};
  for (size_t s = 0; s < 3; s++) {
    fcast_leading leading = leading_of(a, n, shares[s]);
    assert_int_equal(leading.n_pairs, n_pairs[s]);
    for (size_t i = 0; i < leading.n_pairs; i++) {
      check_close(leading.values[i], values[i], 1e-12, 0.0);
    }
    check_pairs(a, &leading);
    fcast__leading_clear(&leading);
  }
  fcast_free(a);
}

static void test_nothing_to_find(void **state) {
  (void)state;
  const size_t orders[] = {5, 800};
  for (size_t c = 0; c < 2; c++) {
    double *a = fcast_alloc_array(orders[c] * orders[c], sizeof *a);
    fcast_leading leading = leading_of(a, orders[c], 0.9);
    assert_int_equal(leading.n_pairs, 0);
    a[0] = NAN;
    leading = leading_of(a, orders[c], 0.9);
    assert_int_equal(leading.n_pairs, 0);
    fcast_free(a);
  }
}

static void test_pairs_do_not_depend_on_threads(void **state) {
  (void)state;
  const size_t n = 800;
  double *values = fcast_alloc_array(n, sizeof *values);
  for (size_t i = 0; i < n; i++) {
    values[i] = exp(-0.05 * (double)i);
  }
  double *a = known_matrix(values, n, n);
  const int n_threads = omp_get_max_threads();
  omp_set_num_threads(1);
  fcast_leading one = leading_of(a, n, 0.99);
  omp_set_num_threads(3);
  fcast_leading three = leading_of(a, n, 0.99);
  omp_set_num_threads(n_threads);
  assert_int_equal(one.n_pairs, three.n_pairs);
  assert_memory_equal(one.values, three.values, one.n_pairs * sizeof(double));
  assert_memory_equal(one.vectors, three.vectors, one.n_pairs * n * sizeof(double));
  fcast__leading_clear(&one);
  fcast__leading_clear(&three);
  fcast_free(values);
  fcast_free(a);
}

static void test_orthonormalise_by_gram(void **state) {
  (void)state;
  fcast_error err;
  const size_t k = 30;
  const size_t n = 200;
  double *a = random_matrix(k * n, 11);
  double *gram = fcast_alloc_array(k * k, sizeof *gram);
  double *out = fcast_alloc_array(k * n, sizeof *out);
  bool done = false;
  check_ok(fcast__gram_of_rows(a, k, n, NULL, gram, &err), &err);
  check_ok(fcast__orthonormalise_by_gram(a, gram, k, n, NULL, out, &done, &err), &err);
  assert_true(done);
  for (size_t i = 0; i < k; i++) {
    for (size_t j = 0; j <= i; j++) {
      check_close(dot(out + i * n, out + j * n, n), i == j ? 1.0 : 0.0, 1e-13, 0.0);
    }
    assert_true(dot(out + i * n, a + i * n, n) > 0.0);
  }
  memcpy(a + n, a, n * sizeof *a); /* two equal rows */
  check_ok(fcast__gram_of_rows(a, k, n, NULL, gram, &err), &err);
  check_ok(fcast__orthonormalise_by_gram(a, gram, k, n, NULL, out, &done, &err), &err);
  assert_false(done);
  fcast_free(a);
  fcast_free(gram);
  fcast_free(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_products_are_the_obvious_ones),
      cmocka_unit_test(test_bits_depend_on_nothing),
      cmocka_unit_test(test_known_spectra),
      cmocka_unit_test(test_low_rank_of_a_large_matrix),
      cmocka_unit_test(test_nothing_to_find),
      cmocka_unit_test(test_pairs_do_not_depend_on_threads),
      cmocka_unit_test(test_orthonormalise_by_gram),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
