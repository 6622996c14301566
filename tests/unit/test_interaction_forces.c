/* SPDX-License-Identifier: MIT
 *
 * Forces learned of simulated flocks against those that acted; the fit behind it against finite differences.
 */
#include "field.h"

#include "learn/reach.h"
#include "learn/scoring.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* --- forces --- */

static fcast_simulate_options pushed(fcast_speed_mode mode) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.speed_mode = mode;
  options.forces.enabled = true;
  return options;
}

static fcast_field_model learn(const fcast_simulate_options *options, size_t n_runs) {
  return field_learn(options, 32, n_runs, 1000);
}

/* The Morse force, its mean over a shell by area. */
static double morse_over(const fcast_force_options *law, const fcast_radial *shells, size_t k) {
  enum { POINTS = 64 };
  const double cutoff = law->cutoff_factor * fmax(law->repulsion_length, law->attraction_length);
  double sum = 0.0;
  double weight = 0.0;
  for (int i = 0; i < POINTS; i++) {
    const double r = shells->width * ((double)k + (i + 0.5) / POINTS);
    const double repulsion = law->repulsion_strength / law->repulsion_length * exp(-r / law->repulsion_length);
    const double attraction = law->attraction_strength / law->attraction_length * exp(-r / law->attraction_length);
    sum += r <= cutoff ? r * (repulsion - attraction) : 0.0;
    weight += r;
  }
  return sum / weight;
}

/* Where a force turns from repulsion to attraction: between the first shell that attracts and the one before. */
static double turning_point(const fcast_radial *force) {
  size_t k = 0;
  while (k < force->n_shells && force->value[k] > 0.0) {
    k++;
  }
  return (double)k * force->width;
}

/* Speeds have no noise: shell by shell the force that acted, times what a frame makes of it, to a twentieth of where it
 * is felt most but for the first shell, over which it halves. */
static void forces_that_drive_are_found(void **state) {
  (void)state;
  const fcast_simulate_options options = pushed(FCAST_SPEED_VARIABLE);
  const double factor = options.dt * options.forces.mobility;
  fcast_field_model model = learn(&options, 8);
  assert_int_equal(model.force_kind, FCAST_FIELD_DRIVING);
  check_close(model.edge.value, options.radius, 0.0, 0.05);
  check_close(model.order.value, exp(-options.eta * options.eta / 24.0), 0.0, 0.01);
  double scale = 0.0;
  for (size_t k = 0; k < model.force.n_shells; k++) {
    scale = fmax(scale, fabs(factor * morse_over(&options.forces, &model.force, k)));
  }
  for (size_t k = 0; k < model.force.n_shells; k++) {
    const double acted = factor * morse_over(&options.forces, &model.force, k);
    check_close(model.force.value[k], acted, (k == 0 ? 0.15 : 0.05) * scale, 0.0);
    assert_true(model.force.lo[k] <= model.force.value[k] && model.force.value[k] <= model.force.hi[k]);
  }
  check_close(turning_point(&model.force), 1.344, model.force.width, 0.0); /* 4 e^(-2 r) = (2/3) e^(-r/1.5) */
  fcast_field_model_clear(&model);
}

/* Only directions are seen, and those through noise and through shells over which the force changes: mu to a fifth, the
 * shape to a seventh of its largest value. */
static void forces_that_steer_are_found(void **state) {
  (void)state;
  fcast_simulate_options options = pushed(FCAST_SPEED_CONSTANT_WITH_FORCES);
  options.total_time = 1.2;
  fcast_field_model model = learn(&options, 6);
  assert_int_equal(model.force_kind, FCAST_FIELD_STEERING);
  check_close(model.edge.value, options.radius, 0.0, 0.05);
  check_close(model.speed.value, options.speed, 0.0, 0.01);
  check_close(model.order.value, exp(-options.eta * options.eta / 24.0), 0.0, 0.015);
  check_close(model.steering.value, options.forces.mobility, 0.0, 0.2);
  assert_true(model.steering.lo <= model.steering.value && model.steering.value <= model.steering.hi);
  const double first = morse_over(&options.forces, &model.force, 0);
  assert_true(model.force.n_shells >= 8 && field_largest(model.force.value, model.force.n_shells) == 1.0);
  for (size_t k = 0; k < model.force.n_shells; k++) {
    check_close(model.force.value[k], morse_over(&options.forces, &model.force, k) / first, 0.15, 0.0);
  }
  check_close(turning_point(&model.force), 1.344, 1.5 * model.force.width, 0.0);
  fcast_field_model_clear(&model);
}

/* --- the fit --- */

/* Transitions of a small flock under forces, and a law fitted to them. */
typedef struct fitted {
  fcast_transitions transitions;
  fcast_direction_law law;
  fcast_scoring scoring;
} fitted;

enum { N_FIT_RUNS = 5, N_ALIGNMENT = 6, N_FORCE = 5 };

static fitted fit_some(size_t n_force) {
  fcast_error err;
  fitted fit = {0};
  const fcast_simulate_options options = pushed(FCAST_SPEED_CONSTANT_WITH_FORCES);
  field_runs runs = field_runs_simulate(&options, N_FIT_RUNS, 8);
  const fcast_tracks_source source = field_runs_source(&runs);
  const fcast_density_options density = field_density_of(&options, 16);
  const fcast_transition_options wanted = {
      .shells = {N_ALIGNMENT, 0.5}, .forces = {n_force, 0.6}, .most = 1500, .most_pairs = 1e9};
  double f_statistic = 0.0;
  check_ok(fcast__transitions_collect(&source, &density, &wanted, &fit.transitions, &err), &err);
  check_ok(fcast__direction_law_create(N_ALIGNMENT, n_force, &fit.law, &err), &err);
  fit.law.is_free[2] = n_force > 0; /* held at zero without forces */
  if (n_force > 0) {
    for (size_t k = 0; k < N_ALIGNMENT; k++) {
      fit.law.weight[k] = k < 4 ? 1.0 : 0.0;
    }
    check_ok(fcast__steering_start(&fit.transitions, &fit.law, &f_statistic, &err), &err);
    assert_true(f_statistic > 3.0);
  } else {
    check_ok(fcast__direction_law_start(&fit.transitions, &fit.law, &err), &err);
  }
  fcast__trust_by(&fit.law, &fit.transitions);
  check_ok(fcast__direction_law_fit(&fit.transitions, &fit.law, &fit.scoring, &err), &err);
  field_runs_clear(&runs);
  return fit;
}

static void fitted_clear(fitted *fit) {
  fcast__scoring_clear(&fit->scoring);
  fcast__direction_law_clear(&fit->law);
  fcast__transitions_clear(&fit->transitions);
}

/* The sum of the cosines of one run with parameter `k` moved. */
static double cosine_at(fitted *fit, size_t i_run, size_t k, double change) {
  const fcast_run_transitions *run = &fit->transitions.runs[i_run];
  const double held = fit->law.weight[k];
  double sum = 0.0;
  fit->law.weight[k] = held + change;
  for (size_t i = 0; i < run->n; i++) {
    double direction[2];
    fcast__direction_law_at(&fit->law, &fit->transitions, run, i, direction);
    sum += run->trust[i] * (direction[0] * run->direction[2 * i] + direction[1] * run->direction[2 * i + 1]);
  }
  fit->law.weight[k] = held;
  return sum;
}

/* The derivative of the angle of one expected direction by parameter `k`. */
static double turn_at(fitted *fit, size_t i_run, size_t i, size_t k) {
  const double change = 1e-6;
  const double held = fit->law.weight[k];
  double to[2];
  double from[2];
  fit->law.weight[k] = held + change;
  fcast__direction_law_at(&fit->law, &fit->transitions, &fit->transitions.runs[i_run], i, to);
  fit->law.weight[k] = held - change;
  fcast__direction_law_at(&fit->law, &fit->transitions, &fit->transitions.runs[i_run], i, from);
  fit->law.weight[k] = held;
  return asin(from[0] * to[1] - from[1] * to[0]) / (2.0 * change);
}

/* The free parameters, in order. */
static size_t list_free(const fcast_direction_law *law, size_t *out) {
  size_t n = 0;
  for (size_t k = 0; k < fcast__direction_law_size(law); k++) {
    if (law->is_free[k]) {
      out[n++] = k;
    }
  }
  return n;
}

/* Run by run: the cosine, its gradient, and the sum of outer products of the derivatives of the angles, which is what
 * the second derivative is expected to be. */
static void check_derivatives(fitted *fit, size_t i_run) {
  size_t free_ones[N_ALIGNMENT + N_FORCE + 1];
  const size_t n = list_free(&fit->law, free_ones);
  const fcast_run_transitions *run = &fit->transitions.runs[i_run];
  assert_int_equal(n, fit->scoring.n_free);
  check_close(fit->scoring.cosine[i_run], cosine_at(fit, i_run, 0, 0.0), 1e-10, 0.0);
  for (size_t k = 0; k < n; k++) {
    const double slope =
        (cosine_at(fit, i_run, free_ones[k], 1e-5) - cosine_at(fit, i_run, free_ones[k], -1e-5)) / 2e-5;
    check_close(fit->scoring.gradient[i_run * n + k], slope, 1e-4, 1e-5);
    for (size_t l = 0; l <= k; l++) {
      double sum = 0.0;
      for (size_t i = 0; i < run->n; i++) {
        sum += run->trust[i] * turn_at(fit, i_run, i, free_ones[k]) * turn_at(fit, i_run, i, free_ones[l]);
      }
      check_close(fit->scoring.hessian[(i_run * n + k) * n + l], sum, 1e-4, 1e-4);
    }
  }
}

/* x H x for any x: never negative. */
static void check_positive(const fcast_scoring *scoring) {
  const size_t n = scoring->n_free;
  double gradient[N_ALIGNMENT + N_FORCE + 1];
  double hessian[(N_ALIGNMENT + N_FORCE + 1) * (N_ALIGNMENT + N_FORCE + 1)];
  uint64_t random = 12;
  fcast__scoring_sum(scoring, NULL, gradient, hessian);
  for (int trial = 0; trial < 100; trial++) {
    double x[N_ALIGNMENT + N_FORCE + 1];
    double form = 0.0;
    for (size_t k = 0; k < n; k++) {
      x[k] = test_uniform(&random);
    }
    for (size_t k = 0; k < n; k++) {
      for (size_t l = 0; l < n; l++) {
        form += x[k] * x[l] * (k >= l ? hessian[k * n + l] : hessian[l * n + k]);
      }
    }
    assert_true(form >= -1e-9);
  }
}

static void derivatives_are_finite_differences(void **state) {
  (void)state;
  for (size_t n_force = 0; n_force <= N_FORCE; n_force += N_FORCE) {
    fitted fit = fit_some(n_force);
    assert_int_equal(fit.scoring.n_runs, N_FIT_RUNS);
    assert_true(n_force > 0 || fit.law.weight[2] == 0.0);
    for (size_t run = 0; run < 2; run++) {
      check_derivatives(&fit, run);
    }
    check_positive(&fit.scoring);
    fitted_clear(&fit);
  }
}

/* No parameter moved a little, or by much, makes the mean cosine larger. */
static void the_fit_is_the_best_there_is(void **state) {
  (void)state;
  for (size_t n_force = 0; n_force <= N_FORCE; n_force += N_FORCE) {
    fitted fit = fit_some(n_force);
    size_t free_ones[N_ALIGNMENT + N_FORCE + 1];
    const size_t n = list_free(&fit.law, free_ones);
    double best = 0.0;
    for (size_t run = 0; run < N_FIT_RUNS; run++) {
      best += fit.scoring.cosine[run];
    }
    for (size_t k = 0; k < n; k++) {
      const double changes[] = {-0.5, -0.1, -0.01, 0.01, 0.1, 0.5};
      for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const double change = changes[i] * fmax(field_largest(fit.law.weight, n), 0.1);
        double sum = 0.0;
        for (size_t run = 0; run < N_FIT_RUNS; run++) {
          sum += cosine_at(&fit, run, free_ones[k], change);
        }
        assert_true(sum <= best + 1e-9 * best);
      }
    }
    fitted_clear(&fit);
  }
}

/* The shells of alignment that serve are those up to the radius; held-out runs are a little worse than the fit. */
static void the_reach_is_the_radius(void **state) {
  (void)state;
  fcast_error err;
  const fcast_simulate_options options = fcast_simulate_options_default();
  field_runs runs = field_runs_simulate(&options, 12, 8);
  const fcast_tracks_source source = field_runs_source(&runs);
  const fcast_density_options density = field_density_of(&options, 16);
  const fcast_transition_options wanted = {.shells = {12, 0.5}, .most = 8000, .most_pairs = 1e9};
  fitted fit = {0};
  double held_out[12];
  size_t n_shells = 0;
  check_ok(fcast__transitions_collect(&source, &density, &wanted, &fit.transitions, &err), &err);
  check_ok(fcast__direction_law_create(12, 0, &fit.law, &err), &err);
  check_ok(fcast__direction_law_start(&fit.transitions, &fit.law, &err), &err);
  fcast__trust_by(&fit.law, &fit.transitions);
  check_ok(fcast__direction_law_fit(&fit.transitions, &fit.law, &fit.scoring, &err), &err);
  check_ok(fcast__choose_reach(&fit.transitions, &fit.law, &fit.scoring, false, &n_shells, &err), &err);
  assert_int_equal(n_shells, 4); /* of 0.5 each: R = 2 */
  check_ok(fcast__held_out_cosines(&fit.transitions, &fit.law, &fit.scoring, held_out, &err), &err);
  double fitted_mean = 0.0;
  double held_out_mean = 0.0;
  for (size_t run = 0; run < 12; run++) {
    fitted_mean += fit.scoring.cosine[run] / (double)fit.transitions.runs[run].n / 12.0;
    held_out_mean += held_out[run] / 12.0;
  }
  assert_true(held_out_mean < fitted_mean && held_out_mean > fitted_mean - 0.01);
  fitted_clear(&fit);
  field_runs_clear(&runs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(forces_that_drive_are_found),
      cmocka_unit_test(forces_that_steer_are_found),
      cmocka_unit_test(derivatives_are_finite_differences),
      cmocka_unit_test(the_fit_is_the_best_there_is),
      cmocka_unit_test(the_reach_is_the_radius),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
