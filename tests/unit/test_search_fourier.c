/* SPDX-License-Identifier: MIT
 *
 * The search over Fourier modes against its definition by plain loops: fit every shell without a fold, roll out its
 * runs, take r2 over cells.
 */
#include "judge.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { NY = 6, NX = 9 };
static const double box_x = 9.0, box_y = 4.0;

/* The component of moment n along the wave, by its definition: the field of x cos n phi + y sin n phi. */
static double along(const fcast_fourier *fourier, size_t wave, size_t n, const double *x, const double *y,
                    const fcast_pod *basis, size_t mode) {
  const double phi = atan2(fourier->direction[2 * wave + 1], fourier->direction[2 * wave]);
  double sum = 0.0;
  for (size_t cell = 0; cell < NY * NX; cell++) {
    const double value = cos((double)n * phi) * x[cell] + sin((double)n * phi) * y[cell];
    sum += value * basis->modes[cell * basis->n_modes + mode];
  }
  return sum;
}

/* Coefficient `mode` of a field of the state. */
static double coefficient(const fcast_fourier *fourier, const fcast_pod *basis, const double *frame, size_t field,
                          size_t mode) {
  const double *x = frame + (field == 0 ? 0 : 2 * field - 1) * NY * NX;
  if (field == 0) {
    double sum = 0.0;
    for (size_t cell = 0; cell < NY * NX; cell++) {
      sum += x[cell] * basis->modes[cell * basis->n_modes + mode];
    }
    return sum;
  }
  const double *y = x + NY * NX;
  if (field % 2 == 0) {
    return along(fourier, mode / 2, field, x, y, basis, mode);
  }
  return mode % 2 == 0 ? along(fourier, mode / 2, field, x, y, basis, mode + 1)
                       : -along(fourier, mode / 2, field, x, y, basis, mode - 1);
}

typedef struct fourier_search {
  ensemble runs;
  fcast_fourier fourier;
  fcast_pod basis;
  fcast_shell_sums sums;
  fcast_selection selection;
  double mean[NY * NX]; /* training mean */
} fourier_search;

static fourier_search search_fourier(size_t n_runs, size_t n_moments, uint64_t seed) {
  fcast_error err;
  fourier_search s = {.runs = ensemble_make(n_runs, 5, 9, 1 + 2 * n_moments, NY * NX, seed)};
  const fcast_series_source source = ensemble_source(&s.runs);
  const fcast_search_space all = {
      .n_known = JUDGE_N_KNOWN, .largest_moments = n_moments, .n_alphas = JUDGE_N_ALPHAS, .alphas = judge_alphas};
  double *rho = fcast_alloc_array(s.runs.n_frames_total * NY * NX, sizeof *rho);
  judge_mean(rho, ensemble_field(&s.runs, 0, FCAST_FOLDS, rho, NULL), NY * NX, s.mean);
  fcast_free(rho);
  double mean_density = 0.0;
  for (size_t cell = 0; cell < NY * NX; cell++) {
    mean_density += s.mean[cell] / (NY * NX);
  }
  check_ok(fcast_fourier_create(NY, NX, box_x, box_y, 0.5, &s.fourier, &err), &err);
  check_ok(fcast_fourier_basis(&s.fourier, 2 * s.fourier.n_waves, mean_density, &s.basis, &err), &err);
  check_ok(fcast_selection_create(s.runs.n_frames, n_runs, JUDGE_N_KNOWN, &s.selection, &err), &err);
  check_ok(fcast_shell_sums_collect(&source, n_moments, &s.fourier, s.mean, JUDGE_N_KNOWN, &s.selection, &s.sums, &err),
           &err);
  check_ok(fcast_search_fourier(&s.sums, &s.fourier, &all, n_runs, &s.selection, &err), &err);
  return s;
}

static void search_clear(fourier_search *s) {
  ensemble_clear(&s->runs);
  fcast_fourier_clear(&s->fourier);
  fcast_pod_clear(&s->basis);
  fcast_shell_sums_clear(&s->sums);
  fcast_selection_clear(&s->selection);
}

/* The ridge law of one shell without a fold: regressors and targets run over frames and modes alike. */
static void fit_shell(const judged *j, size_t n_fields, size_t n_modes, size_t first, size_t last, size_t fold,
                      double alpha, double *law) {
  const size_t n = j->lag * n_fields;
  double normal[9 * JUDGE_N_KNOWN * JUDGE_N_KNOWN] = {0.0};
  double copy[9 * JUDGE_N_KNOWN * JUDGE_N_KNOWN];
  memset(law, 0, n_fields * n * sizeof *law);
  for (size_t run = 0; run < j->runs->n_runs; run++) {
    for (size_t t = JUDGE_N_KNOWN; fcast_fold_of(run, j->runs->n_runs) != fold && t < j->runs->n_frames[run]; t++) {
      const double *frame = j->series + (judge_first_frame(j->runs, run) + t) * j->n_state;
      for (size_t m = first; m < last; m++) {
        double x[3 * JUDGE_N_KNOWN];
        for (size_t i = 0; i < n; i++) {
          x[i] = judge_regressor(j, frame, i / n_fields * j->n_state + i % n_fields * n_modes + m);
        }
        for (size_t i = 0; i < n; i++) {
          for (size_t k = 0; k < n; k++) {
            normal[i * n + k] += x[i] * x[k];
          }
          for (size_t a = 0; a < n_fields; a++) {
            law[a * n + i] += x[i] * frame[a * n_modes + m];
          }
        }
      }
    }
  }
  for (size_t i = 0; i < n; i++) {
    normal[i * n + i] += alpha;
  }
  for (size_t a = 0; a < n_fields; a++) {
    memcpy(copy, normal, n * n * sizeof *copy);
    (void)solve_plainly(copy, law + a * n, n);
  }
}

/* The laws of all shells into one matrix over the whole state, for the same judge as with POD. */
static void fit_all_shells(judged *j, const fcast_fourier *fourier, const fcast_candidate *c, size_t fold) {
  const size_t n_fields = 1 + c->n_moments;
  double law[9 * JUDGE_N_KNOWN];
  memset(j->law, 0, j->n_state * j->lag * j->n_state * sizeof *j->law);
  for (size_t shell = 0; 2 * fourier->shell_start[shell] < c->n_modes; shell++) {
    const size_t first = 2 * fourier->shell_start[shell];
    const size_t last = 2 * fourier->shell_start[shell + 1];
    assert_true(last <= c->n_modes); /* whole shells */
    fit_shell(j, n_fields, c->n_modes, first, last, fold, c->ridge_alpha, law);
    for (size_t i = 0; i < n_fields * c->lag * n_fields; i++) {
      const size_t to = i / (c->lag * n_fields);
      const size_t lag = i / n_fields % c->lag;
      for (size_t m = first; m < last; m++) {
        j->law[((to * c->n_modes + m) * c->lag + lag) * j->n_state + i % n_fields * c->n_modes + m] = law[i];
      }
    }
  }
}

/* log |Sigma| of a law that mixes fields of a mode alone, its modes of one shell sharing their covariance. */
static double shells_determinant(const judged *j, const fcast_fourier *fourier, const fcast_candidate *c) {
  const size_t n_fields = 1 + c->n_moments;
  double log_determinant = 0.0;
  for (size_t shell = 0; 2 * fourier->shell_start[shell] < c->n_modes; shell++) {
    double sigma[9] = {0.0};
    double unused[3] = {0.0};
    double n = 0.0;
    for (size_t run = 0; run < j->runs->n_runs; run++) {
      for (size_t t = JUDGE_N_KNOWN; t < j->runs->n_frames[run]; t++) {
        const double *frame = j->series + (judge_first_frame(j->runs, run) + t) * j->n_state;
        for (size_t m = 2 * fourier->shell_start[shell]; m < 2 * fourier->shell_start[shell + 1]; m++, n += 1.0) {
          for (size_t i = 0; i < n_fields * n_fields; i++) {
            const size_t a = i / n_fields * c->n_modes + m;
            const size_t b = i % n_fields * c->n_modes + m;
            sigma[i] += (frame[a] - judge_predict(j, frame, a)) * (frame[b] - judge_predict(j, frame, b));
          }
        }
      }
    }
    for (size_t i = 0; i < n_fields * n_fields; i++) {
      sigma[i] /= n;
    }
    log_determinant += 2.0 * (double)(fourier->shell_start[shell + 1] - fourier->shell_start[shell]) *
                       solve_plainly(sigma, unused, n_fields);
  }
  return log_determinant;
}

static void fill_states(judged *j, const fourier_search *s, const fcast_candidate *c) {
  for (size_t frame = 0; frame < s->runs.n_frames_total; frame++) {
    for (size_t i = 0; i < j->n_state; i++) {
      const double *fields = s->runs.frames + frame * s->runs.n_fields * NY * NX;
      const size_t field = i / c->n_modes;
      j->series[frame * j->n_state + i] =
          s->sums.scale[field] * coefficient(&s->fourier, &s->basis, fields, field, i % c->n_modes);
    }
  }
}

static void judge_fourier(const fourier_search *s, size_t i_candidate) {
  const fcast_candidate *c = &s->selection.candidates[i_candidate];
  const size_t n_judged = s->selection.n_judged;
  const size_t r = (1 + c->n_moments) * c->n_modes;
  size_t n_shells = 0;
  judged j = {.runs = &s->runs,
              .n_state = r,
              .n_density = c->n_modes,
              .modes = s->basis.modes,
              .n_stored = s->basis.n_modes,
              .mean = s->basis.mean,
              .lag = c->lag};
  j.series = fcast_alloc_array(s->runs.n_frames_total * r, sizeof(double));
  j.law = fcast_alloc_array(r * r * c->lag, sizeof(double));
  fill_states(&j, s, c);
  for (size_t fold = 0; fold <= FCAST_FOLDS; fold++) {
    fit_all_shells(&j, &s->fourier, c, fold);
    for (size_t i = 0; i < n_judged; i++) {
      const size_t run = s->selection.judged[i];
      if (fcast_fold_of(run, s->runs.n_runs) == fold) {
        const double r2 = 1.0 - judge_roll_out(&j, run) / judge_deviation(&s->runs, run, s->mean);
        check_close(s->selection.run_r2[i_candidate * n_judged + i], r2, 1e-8, 0.0);
      }
    }
  }
  while (2 * s->fourier.shell_start[n_shells] < c->n_modes) {
    n_shells++;
  }
  assert_int_equal(c->n_parameters, n_shells * (1 + c->n_moments) * (1 + c->n_moments) * c->lag);
  assert_int_equal(c->n_windows, judge_count_windows(&s->runs));
  judge_check_criteria(c, shells_determinant(&j, &s->fourier, c), r, c->lag * (1 + c->n_moments));
  fcast_free(j.series);
  fcast_free(j.law);
}

static void test_fourier_candidates(void **state) {
  (void)state;
  for (size_t n_moments = 0; n_moments <= 2; n_moments++) {
    fourier_search s = search_fourier(13, n_moments, 51 + n_moments);
    size_t n_of_state[3] = {0};
    for (size_t i = 0; i < s.selection.n_candidates; i++) {
      n_of_state[s.selection.candidates[i].n_moments]++;
      judge_fourier(&s, i);
    }
    for (size_t i = 0; i <= n_moments; i++) {
      assert_true(n_of_state[i] > 4 && n_of_state[i] == n_of_state[0]);
    }
    search_clear(&s);
  }
}

/* Scales give every field of the state the energy of the density. */
static void test_fields_weigh_the_same(void **state) {
  (void)state;
  fourier_search s = search_fourier(13, 2, 54);
  double energy[3] = {0.0};
  for (size_t frame = 0; frame < s.runs.n_frames_total; frame++) {
    for (size_t field = 0; field < 3; field++) {
      for (size_t mode = 0; mode < s.basis.n_modes; mode++) {
        const double *fields = s.runs.frames + frame * s.runs.n_fields * NY * NX;
        const double value = coefficient(&s.fourier, &s.basis, fields, field, mode);
        energy[field] += value * value;
      }
    }
  }
  assert_true(s.sums.scale[0] == 1.0);
  for (size_t field = 1; field < 3; field++) {
    check_close(s.sums.scale[field] * s.sums.scale[field] * energy[field], energy[0], 0.0, 1e-12);
  }
  search_clear(&s);
}

static void test_threads_change_nothing(void **state) {
  (void)state;
  const int counts[] = {1, 2, 3, 7};
  const int n_before = omp_get_max_threads();
  fourier_search first = {0};
  for (size_t i = 0; i < 4; i++) {
    omp_set_num_threads(counts[i]);
    fourier_search s = search_fourier(13, 2, 55);
    if (i == 0) {
      first = s;
      continue;
    }
    judge_check_same(&s.selection, &first.selection);
    assert_memory_equal(s.sums.sums, first.sums.sums,
                        FCAST_FOLDS * s.sums.n_shells * s.sums.width * s.sums.width * sizeof(double));
    search_clear(&s);
  }
  omp_set_num_threads(n_before);
  search_clear(&first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fourier_candidates),
      cmocka_unit_test(test_fields_weigh_the_same),
      cmocka_unit_test(test_threads_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
