/* SPDX-License-Identifier: MIT
 *
 * Pair correlation, number fluctuations and clusters against all pairs, and independent agents as what they are.
 */
#include "check.h"

#include "flockcast/structure.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_AGENTS = 400, N_BINS = 20 };

static const double not_there = NAN;

/* Uniform positions; every seventh agent is not there, where asked for. */
static void place(uint64_t *random, size_t n, fcast_domain domain, bool with_gaps, double *positions) {
  for (size_t i = 0; i < n; i++) {
    positions[2 * i] = domain.x * 0.5 * (test_uniform(random) + 1.0);
    positions[2 * i + 1] = domain.y * 0.5 * (test_uniform(random) + 1.0);
    if (with_gaps && i % 7 == 3) {
      positions[2 * i] = positions[2 * i + 1] = not_there;
    }
  }
}

static double distance(const double *a, const double *b, fcast_domain domain) {
  double d[2];
  const double box[2] = {domain.x, domain.y};
  for (size_t k = 0; k < 2; k++) {
    d[k] = fabs(a[k] - b[k]);
    d[k] = domain.boundary == FCAST_PERIODIC ? fmin(d[k], box[k] - d[k]) : d[k];
  }
  return hypot(d[0], d[1]); /* nan for one that is not there: near to nothing */
}

static const fcast_domain domains[] = {{10.0, 10.0, FCAST_PERIODIC}, {10.0, 10.0, FCAST_REFLECTING},
                                       {30.0, 4.0, FCAST_PERIODIC},  {3.0, 17.0, FCAST_REFLECTING},
                                       {1.0, 1.0, FCAST_PERIODIC},   {1.0, 1.0, FCAST_REFLECTING}};
enum { N_DOMAINS = sizeof domains / sizeof domains[0] };

static void test_pairs_are_all_pairs(void **state) {
  (void)state;
  uint64_t random = 5;
  double positions[2 * MOST_AGENTS];
  for (size_t trial = 0; trial < 60; trial++) {
    const fcast_domain domain = domains[trial % N_DOMAINS];
    const size_t n = 2 + trial * 6;
    const double longest = fmin(domain.x, domain.y) * (domain.boundary == FCAST_PERIODIC ? 0.5 : 1.0);
    const double r_max = longest * (trial % 3 == 0 ? 1.0 : 0.07 * (double)(1 + trial % 10));
    double found[N_BINS] = {0.0};
    fcast_pairs pairs;
    fcast_error err;
    place(&random, n, domain, trial % 2 == 1, positions);
    check_ok(fcast_pairs_create(N_BINS, r_max, domain, &pairs, &err), &err);
    check_ok(fcast_pairs_add(positions, n, domain, &pairs, &err), &err);
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < i; j++) {
        const double r = distance(positions + 2 * i, positions + 2 * j, domain);
        if (r < r_max) {
          found[(size_t)(r / r_max * N_BINS)] += 1.0;
        }
      }
    }
    for (size_t k = 0; k < N_BINS; k++) {
      assert_true(pairs.found[k] == found[k]);
    }
    fcast_pairs_clear(&pairs);
  }
}

/* g(r) of uniform agents is 1 within its error, in every bin and box, near walls too. */
static void test_uniform_pairs(void **state) {
  (void)state;
  enum { FRAMES = 300, N = 120 };
  uint64_t random = 17;
  double positions[2 * N];
  for (size_t d = 0; d < N_DOMAINS; d++) {
    const double longest = fmin(domains[d].x, domains[d].y) * (domains[d].boundary == FCAST_PERIODIC ? 0.5 : 1.0);
    fcast_pairs pairs;
    fcast_error err;
    check_ok(fcast_pairs_create(N_BINS, longest, domains[d], &pairs, &err), &err);
    for (size_t frame = 0; frame < FRAMES; frame++) {
      place(&random, N, domains[d], frame % 2 == 1, positions);
      check_ok(fcast_pairs_add(positions, N, domains[d], &pairs, &err), &err);
    }
    for (size_t k = 0; k < N_BINS; k++) {
      /* pairs that share an agent are a little correlated between walls: 4.5 sigma of independent ones is 4 and more */
      check_close(pairs.found[k] / pairs.expected[k], 1.0, 4.5 / sqrt(pairs.expected[k]) + 0.004, 0.0);
    }
    fcast_pairs_clear(&pairs);
  }
}

static void test_bad_pairs(void **state) {
  (void)state;
  fcast_pairs pairs;
  fcast_error err;
  assert_int_equal(fcast_pairs_create(0, 1.0, domains[0], &pairs, &err), FCAST_E_ARG);
  assert_int_equal(fcast_pairs_create(5, 5.01, domains[0], &pairs, &err), FCAST_E_ARG);
  assert_int_equal(fcast_pairs_create(5, 10.01, domains[1], &pairs, &err), FCAST_E_ARG);
  assert_int_equal(fcast_pairs_create(5, 0.0, domains[1], &pairs, &err), FCAST_E_ARG);
  assert_int_equal(fcast_pairs_create(5, NAN, domains[1], &pairs, &err), FCAST_E_ARG);
}

static void test_numbers(void **state) {
  (void)state;
  const fcast_domain domain = {4.0, 2.0, FCAST_REFLECTING};
  /* parts of 2 x 2: one agent at the origin, two in the last part, one of them on the outer corner, one not there */
  const double positions[] = {0.0, 0.0, 3.9, 1.1, 4.0, 2.0, not_there, not_there};
  fcast_numbers numbers = {.n_divisions = 2};
  fcast_error err;
  check_ok(fcast_numbers_add(positions, 4, domain, &numbers, &err), &err);
  assert_true(numbers.n_counts == 4.0 && numbers.sum == 3.0 && numbers.squares == 5.0);
  check_close(fcast_numbers_mean(&numbers), 0.75, 1e-15, 0.0);
  check_close(fcast_numbers_std(&numbers), sqrt(5.0 / 4.0 - 0.75 * 0.75), 1e-15, 0.0);
}

/* Independent agents: the variance of a binomial, and an exponent of 1/2; a flock that is all there or gone: near 1. */
static void test_poisson_numbers(void **state) {
  (void)state;
  enum { N = 4000, FRAMES = 60, N_SIZES = 6 };
  static const size_t divisions[N_SIZES] = {2, 4, 8, 16, 32, 64};
  static double positions[2 * N];
  fcast_numbers uniform[N_SIZES];
  fcast_numbers flickering[N_SIZES];
  fcast_error err;
  uint64_t random = 23;
  for (size_t s = 0; s < N_SIZES; s++) {
    uniform[s] = flickering[s] = (fcast_numbers){.n_divisions = divisions[s]};
  }
  for (size_t frame = 0; frame < FRAMES; frame++) {
    for (size_t s = 0; s < N_SIZES; s++) {
      place(&random, N, domains[2], false, positions);
      check_ok(fcast_numbers_add(positions, N, domains[2], &uniform[s], &err), &err);
      for (size_t i = 0; frame % 2 == 0 && i < N; i++) {
        positions[2 * i] = positions[2 * i + 1] = not_there;
      }
      check_ok(fcast_numbers_add(positions, N, domains[2], &flickering[s], &err), &err);
    }
  }
  for (size_t s = 0; s < N_SIZES; s++) {
    const double share = 1.0 / (double)(divisions[s] * divisions[s]);
    check_close(fcast_numbers_mean(&uniform[s]), N * share, 1e-9, 0.0);
    check_close(fcast_numbers_std(&uniform[s]), sqrt(N * share * (1.0 - share)), 0.0,
                4.0 / sqrt(2.0 * FRAMES * (1.0 / share - 1.0)));
  }
  check_close(fcast_numbers_exponent(uniform, N_SIZES), 0.5, 0.02, 0.0);
  check_close(fcast_numbers_exponent(flickering, N_SIZES), 0.95, 0.05, 0.0);
  assert_true(isnan(fcast_numbers_exponent(uniform, 2))); /* parts of 1/4 do not count */
}

/* Labels by repeated comparison of all pairs until nothing changes. */
static void obvious_clusters(const double *positions, size_t n, fcast_domain domain, double link, size_t *label) {
  for (size_t i = 0; i < n; i++) {
    label[i] = isfinite(positions[2 * i]) ? i : SIZE_MAX;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++) {
        if (label[j] < label[i] && distance(positions + 2 * i, positions + 2 * j, domain) <= link) {
          label[i] = label[j];
          changed = true;
        }
      }
    }
  }
}

static void test_clusters(void **state) {
  (void)state;
  uint64_t random = 31;
  double positions[2 * MOST_AGENTS];
  size_t label[MOST_AGENTS];
  for (size_t trial = 0; trial < 48; trial++) {
    const fcast_domain domain = domains[trial % N_DOMAINS];
    const size_t n = 1 + trial * 4;
    const double link = sqrt(domain.x * domain.y / (double)n) * (0.3 + 0.3 * (double)(trial % 4));
    fcast_clusters found;
    fcast_error err;
    size_t n_present = 0;
    size_t n_clusters = 0;
    size_t largest = 0;
    double squares = 0.0;
    place(&random, n, domain, trial % 2 == 1, positions);
    obvious_clusters(positions, n, domain, link, label);
    check_ok(fcast_clusters_find(positions, n, domain, link, &found, &err), &err);
    for (size_t i = 0; i < n; i++) {
      size_t size = 0;
      assert_true(found.label[i] == label[i]);
      for (size_t j = 0; j < n; j++) {
        size += label[j] == i ? 1 : 0;
      }
      assert_int_equal(found.size[i], size);
      n_present += label[i] != SIZE_MAX ? 1 : 0;
      n_clusters += size > 0 ? 1 : 0;
      largest = size > largest ? size : largest;
      squares += (double)(size * size);
    }
    assert_int_equal(found.n_present, n_present);
    assert_int_equal(found.n_clusters, n_clusters);
    assert_int_equal(found.largest, largest);
    check_close(found.mean_size, squares / (double)n_present, 1e-12, 0.0);
    fcast_clusters_clear(&found);
  }
}

static void test_no_clusters(void **state) {
  (void)state;
  const double positions[] = {not_there, not_there};
  fcast_clusters found;
  fcast_error err;
  check_ok(fcast_clusters_find(positions, 1, domains[0], 1.0, &found, &err), &err);
  assert_true(found.n_present == 0 && found.n_clusters == 0 && found.largest == 0 && found.mean_size == 0.0);
  fcast_clusters_clear(&found);
  assert_int_equal(fcast_clusters_find(positions, 1, domains[0], 0.0, &found, &err), FCAST_E_ARG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pairs_are_all_pairs), cmocka_unit_test(test_uniform_pairs),
      cmocka_unit_test(test_bad_pairs),           cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_poisson_numbers),     cmocka_unit_test(test_clusters),
      cmocka_unit_test(test_no_clusters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
