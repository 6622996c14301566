/* SPDX-License-Identifier: MIT
 *
 * The searches against their definition by plain loops: fit without a fold, roll out its runs, take r2 over cells.
 */
#include "check.h"
#include "ensemble.h"

#include "flockcast/select.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { N_KNOWN = 2 };

static const double alphas[] = {1e-3, 1.0};
static const fcast_search_space space = {.n_known = N_KNOWN, .n_alphas = 2, .alphas = alphas};

/* --- what every judge does --- */

/* The state series[frame, component] of all runs, and what a forecast of its density is measured by. */
typedef struct judged {
  const ensemble *runs;
  size_t n_state;      /* components */
  size_t n_density;    /* the first of them, the density's */
  double *series;      /* [frame, n_state] */
  const double *modes; /* [cell, n_stored] of the density */
  size_t n_stored;     /* columns of `modes` */
  const double *mean;  /* [cell]: lifted frames are mean + modes * coefficients */
  double *law;         /* [n_state, lag * n_state], the newest frame first */
  size_t lag;
  double log_determinant; /* of the covariance of the one-step residuals over all runs, where nothing is left out */
} judged;

static size_t first_frame(const ensemble *runs, size_t run) {
  size_t frame = 0;
  for (size_t i = 0; i < run; i++) {
    frame += runs->n_frames[i];
  }
  return frame;
}

static double regressor(const judged *j, const double *frame, size_t i) {
  return frame[(ptrdiff_t)(i % j->n_state) - (ptrdiff_t)((i / j->n_state + 1) * j->n_state)];
}

/* Visit all windows but those of one fold: normal equations, component by component. */
static void fit_plainly(judged *j, size_t without_fold, double alpha) {
  const size_t n = j->lag * j->n_state;
  double *normal = fcast_alloc_array(n * n, sizeof *normal);
  double *copy = fcast_alloc_array(n * n, sizeof *copy);
  memset(j->law, 0, j->n_state * n * sizeof *j->law);
  for (size_t run = 0; run < j->runs->n_runs; run++) {
    for (size_t t = N_KNOWN; t < j->runs->n_frames[run]; t++) {
      const double *frame = j->series + (first_frame(j->runs, run) + t) * j->n_state;
      for (size_t i = 0; fcast_fold_of(run, j->runs->n_runs) != without_fold && i < n; i++) {
        for (size_t k = 0; k < n; k++) {
          normal[i * n + k] += regressor(j, frame, i) * regressor(j, frame, k);
        }
        for (size_t a = 0; a < j->n_state; a++) {
          j->law[a * n + i] += frame[a] * regressor(j, frame, i);
        }
      }
    }
  }
  for (size_t i = 0; i < n; i++) {
    normal[i * n + i] += alpha;
  }
  for (size_t a = 0; a < j->n_state; a++) {
    memcpy(copy, normal, n * n * sizeof *copy);
    (void)solve_plainly(copy, j->law + a * n, n);
  }
  fcast_free(normal);
  fcast_free(copy);
}

static double predict_component(const judged *j, const double *frame, size_t component) {
  const size_t n = j->lag * j->n_state;
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += j->law[component * n + i] * regressor(j, frame, i);
  }
  return sum;
}

/* |truth - mean - modes * coefficients|^2 over the cells. */
static double frame_error(const judged *j, const double *truth, const double *coefficients) {
  double error = 0.0;
  for (size_t cell = 0; cell < j->runs->n_space; cell++) {
    double rho = j->mean[cell];
    for (size_t k = 0; k < j->n_density; k++) {
      rho += j->modes[cell * j->n_stored + k] * coefficients[k];
    }
    error += (truth[cell] - rho) * (truth[cell] - rho);
  }
  return error;
}

/* Squared error of the closed loop of one run, over its frames behind the known ones. */
static double roll_out(const judged *j, size_t run) {
  const size_t n_frames = j->runs->n_frames[run];
  const size_t width = j->runs->n_fields * j->runs->n_space;
  double *rolled = fcast_alloc_array(n_frames * j->n_state, sizeof *rolled);
  double error = 0.0;
  memcpy(rolled, j->series + first_frame(j->runs, run) * j->n_state, N_KNOWN * j->n_state * sizeof *rolled);
  for (size_t t = N_KNOWN; t < n_frames; t++) {
    for (size_t a = 0; a < j->n_state; a++) {
      rolled[t * j->n_state + a] = predict_component(j, rolled + t * j->n_state, a);
    }
    error += frame_error(j, j->runs->frames + (first_frame(j->runs, run) + t) * width, rolled + t * j->n_state);
  }
  fcast_free(rolled);
  return error;
}

/* Sum over the forecast frames of |rho - training mean|^2. */
static double deviation_of(const ensemble *runs, size_t run, const double *training_mean) {
  double sum = 0.0;
  for (size_t t = N_KNOWN; t < runs->n_frames[run]; t++) {
    const double *rho = runs->frames + (first_frame(runs, run) + t) * runs->n_fields * runs->n_space;
    for (size_t cell = 0; cell < runs->n_space; cell++) {
      sum += (rho[cell] - training_mean[cell]) * (rho[cell] - training_mean[cell]);
    }
  }
  return sum;
}

/* log |Sigma|, Sigma the mean outer product of the one-step residuals of the law over all windows. */
static double residual_determinant(const judged *j) {
  const size_t r = j->n_state;
  double *sigma = fcast_alloc_array(r * r, sizeof *sigma);
  double *residual = fcast_alloc_array(r, sizeof *residual);
  double n_windows = 0.0;
  for (size_t run = 0; run < j->runs->n_runs; run++) {
    for (size_t t = N_KNOWN; t < j->runs->n_frames[run]; t++, n_windows += 1.0) {
      const double *frame = j->series + (first_frame(j->runs, run) + t) * r;
      for (size_t a = 0; a < r; a++) {
        residual[a] = frame[a] - predict_component(j, frame, a);
      }
      for (size_t i = 0; i < r * r; i++) {
        sigma[i] += residual[i / r] * residual[i % r];
      }
    }
  }
  for (size_t i = 0; i < r * r; i++) {
    sigma[i] /= n_windows;
  }
  const double log_determinant = solve_plainly(sigma, residual, r);
  fcast_free(sigma);
  fcast_free(residual);
  return log_determinant;
}

static void mean_of(const double *frames, size_t n, size_t n_space, double *mean) {
  for (size_t cell = 0; cell < n_space; cell++) {
    mean[cell] = 0.0;
    for (size_t i = 0; i < n; i++) {
      mean[cell] += frames[i * n_space + cell] / (double)n;
    }
  }
}

/* Sum of |frame - mean|^2 of one field over all runs. */
static double energy_of(const ensemble *runs, size_t field) {
  double *frames = fcast_alloc_array(runs->n_frames_total * runs->n_space, sizeof *frames);
  double *mean = fcast_alloc_array(runs->n_space, sizeof *mean);
  const size_t n = ensemble_field(runs, field, FCAST_FOLDS, frames, NULL);
  double energy = 0.0;
  mean_of(frames, n, runs->n_space, mean);
  for (size_t i = 0; i < n * runs->n_space; i++) {
    energy += (frames[i] - mean[i % runs->n_space]) * (frames[i] - mean[i % runs->n_space]);
  }
  fcast_free(frames);
  fcast_free(mean);
  return energy;
}

/* The criteria from log |Sigma|, as the books write them. */
static void check_criteria(const fcast_candidate *c, double log_determinant, size_t n_state, size_t n_regressors) {
  const double n = (double)c->n_windows;
  const double k = (double)c->n_parameters;
  const double m = (double)n_regressors;
  const double allowed = 1e-7 * (1.0 + fabs(log_determinant));
  check_close(c->aic, log_determinant + 2.0 * k / n, allowed, 0.0);
  check_close(c->bic, log_determinant + log(n) * k / n, allowed, 0.0);
  check_close(c->hqic, log_determinant + 2.0 * log(log(n)) * k / n, allowed, 0.0);
  check_close(c->log_fpe, log_determinant + (double)n_state * log((n + m + 1.0) / (n - m - 1.0)), allowed, 0.0);
}

static size_t count_windows(const ensemble *runs) {
  size_t n = 0;
  for (size_t run = 0; run < runs->n_runs; run++) {
    n += runs->n_frames[run] > N_KNOWN ? runs->n_frames[run] - N_KNOWN : 0;
  }
  return n;
}

/* --- POD --- */

/* A basis of one field from the runs outside a fold. */
static fcast_pod fit_field(const ensemble *runs, size_t field, size_t without_fold) {
  fcast_error err;
  fcast_pod pod;
  size_t *n_frames = fcast_alloc_array(runs->n_runs, sizeof *n_frames);
  double *frames = fcast_alloc_array(runs->n_frames_total * runs->n_space, sizeof *frames);
  (void)ensemble_field(runs, field, without_fold, frames, n_frames);
  size_t n_taken = 0;
  for (size_t run = 0; run < runs->n_runs; run++) {
    n_taken += fcast_fold_of(run, runs->n_runs) != without_fold ? 1 : 0;
  }
  fcast_memory_series series = {frames, n_frames, runs->n_space};
  const fcast_series_source source = fcast_memory_source(&series, n_taken);
  check_ok(fcast_pod_fit(&source, 0.99999, &pod, &err), &err);
  fcast_free(frames);
  fcast_free(n_frames);
  return pod;
}

/* Coefficients of one field of all runs by plain dot products, into their place in the state. */
static void project_field(judged *j, const fcast_pod *pod, size_t field, double scale) {
  const ensemble *runs = j->runs;
  for (size_t i = 0; i < runs->n_frames_total; i++) {
    const double *frame = runs->frames + (i * runs->n_fields + field) * runs->n_space;
    for (size_t k = 0; k < j->n_density; k++) {
      double sum = 0.0;
      for (size_t cell = 0; cell < runs->n_space; cell++) {
        sum += (frame[cell] - pod->mean[cell]) * pod->modes[cell * pod->n_modes + k];
      }
      j->series[i * j->n_state + field * j->n_density + k] = scale * sum;
    }
  }
}

/* r2 of the judged runs of one fold (FCAST_FOLDS: none, the determinant instead), with bases that did not see them
 * where `has_own`. */
static void judge_pod_fold(judged *j, const fcast_selection *selection, const fcast_candidate *c, size_t fold,
                           bool has_own, const double *training_mean, double *r2) {
  const ensemble *runs = j->runs;
  fcast_pod density = {0};
  const double density_energy = energy_of(runs, 0);
  for (size_t field = 0; field < runs->n_fields; field++) {
    fcast_pod pod = fit_field(runs, field, has_own ? fold : FCAST_FOLDS);
    project_field(j, &pod, field, sqrt(density_energy / energy_of(runs, field)));
    if (field == 0) {
      density = pod;
    } else {
      fcast_pod_clear(&pod);
    }
  }
  j->modes = density.modes;
  j->n_stored = density.n_modes;
  j->mean = density.mean;
  fit_plainly(j, fold, c->ridge_alpha);
  for (size_t i = 0; i < selection->n_judged; i++) {
    const size_t run = selection->judged[i];
    if (fcast_fold_of(run, runs->n_runs) == fold) {
      r2[i] = 1.0 - roll_out(j, run) / deviation_of(runs, run, training_mean);
    }
  }
  if (fold == FCAST_FOLDS) {
    j->log_determinant = residual_determinant(j);
  }
  fcast_pod_clear(&density);
}

static void judge_pod(const ensemble *runs, const fcast_selection *selection, size_t i_candidate, bool has_own,
                      const double *training_mean) {
  const fcast_candidate *c = &selection->candidates[i_candidate];
  const size_t r = runs->n_fields * c->n_modes;
  judged j = {.runs = runs, .n_state = r, .n_density = c->n_modes, .lag = c->lag};
  double *r2 = fcast_alloc_array(selection->n_judged, sizeof *r2);
  j.series = fcast_alloc_array(runs->n_frames_total * r, sizeof(double));
  j.law = fcast_alloc_array(r * r * c->lag, sizeof(double));
  assert_int_equal(c->basis, FCAST_BASIS_POD);
  assert_int_equal(c->n_moments, (runs->n_fields - 1) / 2);
  assert_int_equal(c->n_parameters, r * r * c->lag);
  assert_int_equal(c->n_windows, count_windows(runs));
  for (size_t fold = 0; fold <= FCAST_FOLDS; fold++) {
    judge_pod_fold(&j, selection, c, fold, has_own, training_mean, r2);
  }
  for (size_t i = 0; i < selection->n_judged; i++) {
    check_close(selection->run_r2[i_candidate * selection->n_judged + i], r2[i], 1e-8, 0.0);
  }
  check_criteria(c, j.log_determinant, r, c->lag * r);
  fcast_free(r2);
  fcast_free(j.series);
  fcast_free(j.law);
}

/* Search and judge every candidate that was tried. */
static void check_pod_search(ensemble *runs, bool has_own, size_t n_expected) {
  fcast_error err;
  fcast_selection selection;
  double *training_mean = fcast_alloc_array(runs->n_space, sizeof *training_mean);
  const fcast_series_source source = ensemble_source(runs);
  fcast_pod pod = fit_field(runs, 0, FCAST_FOLDS);
  double *rho = fcast_alloc_array(runs->n_frames_total * runs->n_space, sizeof *rho);
  mean_of(rho, ensemble_field(runs, 0, FCAST_FOLDS, rho, NULL), runs->n_space, training_mean);
  assert_true((runs->n_frames_total <= runs->n_space) == has_own);
  check_ok(fcast_selection_create(runs->n_frames, runs->n_runs, N_KNOWN, &selection, &err), &err);
  check_ok(fcast_search_pod(&source, (runs->n_fields - 1) / 2, &pod, &space, &selection, &err), &err);
  assert_int_equal(selection.n_candidates, n_expected);
  for (size_t i = 0; i < selection.n_candidates; i++) {
    judge_pod(runs, &selection, i, has_own, training_mean);
  }
  fcast_selection_clear(&selection);
  fcast_pod_clear(&pod);
  fcast_free(rho);
  fcast_free(training_mean);
}

/* 11 runs of 9 to 12 frames, one of them too short to be judged: every fold has a basis of its own. */
static void test_pod_with_own_bases(void **state) {
  (void)state;
  ensemble runs = ensemble_make(11, 9, 12, 1, 144, 41);
  runs.n_frames_total -= runs.n_frames[10] - 2;
  runs.n_frames[10] = 2;
  check_pod_search(&runs, true, 10); /* 5, 10 and 20 modes, two lags, two penalties; no 20 modes of lag 2 */
  ensemble_clear(&runs);
}

static void test_pod_with_one_basis(void **state) {
  (void)state;
  ensemble runs = ensemble_make(20, 8, 13, 1, 60, 42);
  check_pod_search(&runs, false, 12);
  ensemble_clear(&runs);
}

/* With the momentum: three fields, 252 frames for 5 modes of each. */
static void test_pod_with_momentum(void **state) {
  (void)state;
  ensemble own = ensemble_make(21, 11, 13, 3, 270, 43);
  check_pod_search(&own, true, 8);
  ensemble_clear(&own);
  ensemble one = ensemble_make(21, 11, 13, 3, 70, 44);
  check_pod_search(&one, false, 8);
  ensemble_clear(&one);
}

/* Fewer runs than folds: one run each. */
static void test_pod_with_three_runs(void **state) {
  (void)state;
  ensemble runs = ensemble_make(3, 20, 22, 1, 100, 45);
  check_pod_search(&runs, true, 6);
  ensemble_clear(&runs);
}

/* Replace the moments by two strong patterns and noise of the given size; 0: by what never changes. */
static void replace_moments(ensemble *runs, double strength, double noise) {
  uint64_t random = 48;
  const size_t n = 2 * runs->n_space;
  double *patterns = fcast_alloc_array(2 * n, sizeof *patterns);
  for (size_t i = 0; i < 2 * n; i++) {
    patterns[i] = test_uniform(&random);
  }
  for (size_t frame = 0; frame < runs->n_frames_total; frame++) {
    const double weights[2] = {strength * test_uniform(&random), strength * test_uniform(&random)};
    double *moments = runs->frames + (frame * runs->n_fields + 1) * runs->n_space;
    for (size_t i = 0; i < n; i++) {
      moments[i] = weights[0] * patterns[2 * i] + weights[1] * patterns[2 * i + 1] + noise * test_uniform(&random);
    }
  }
  fcast_free(patterns);
}

/* Moments that two modes hold as well as five hold the density: what is judged with five modes is fitted with five. */
static void test_the_fitted_state_is_the_judged_one(void **state) {
  (void)state;
  fcast_error err;
  for (size_t n_space = 70; n_space <= 270; n_space += 200) {
    ensemble runs = ensemble_make(21, 11, 13, 3, n_space, 49);
    replace_moments(&runs, 1.0, 0.01);
    check_pod_search(&runs, n_space == 270, 8);
    const fcast_series_source source = ensemble_source(&runs);
    fcast_pod pod = fit_field(&runs, 0, FCAST_FOLDS);
    fcast_state made;
    check_ok(fcast_state_fit_pod(&source, 1, &pod, 5, &made, &err), &err);
    assert_int_equal(made.n_modes, 5);
    for (size_t field = 0; field < 3; field++) {
      assert_int_equal(made.pods[field].n_modes, 5);
      check_close(made.scale[field], sqrt(energy_of(&runs, 0) / energy_of(&runs, field)), 0.0, 1e-9);
    }
    fcast_state_clear(&made);
    fcast_pod_clear(&pod);
    ensemble_clear(&runs);
  }
}

/* Agents at rest have no momentum: no candidate, and no failure. */
static void test_moments_that_never_change(void **state) {
  (void)state;
  for (size_t n_space = 70; n_space <= 270; n_space += 200) {
    ensemble runs = ensemble_make(21, 11, 13, 3, n_space, 50);
    replace_moments(&runs, 0.0, 0.0);
    check_pod_search(&runs, n_space == 270, 0);
    ensemble_clear(&runs);
  }
}

/* --- Fourier --- */

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
  const fcast_search_space all = {.n_known = N_KNOWN, .largest_moments = n_moments, .n_alphas = 2, .alphas = alphas};
  double *rho = fcast_alloc_array(s.runs.n_frames_total * NY * NX, sizeof *rho);
  mean_of(rho, ensemble_field(&s.runs, 0, FCAST_FOLDS, rho, NULL), NY * NX, s.mean);
  fcast_free(rho);
  double mean_density = 0.0;
  for (size_t cell = 0; cell < NY * NX; cell++) {
    mean_density += s.mean[cell] / (NY * NX);
  }
  check_ok(fcast_fourier_create(NY, NX, box_x, box_y, 0.5, &s.fourier, &err), &err);
  check_ok(fcast_fourier_basis(&s.fourier, 2 * s.fourier.n_waves, mean_density, &s.basis, &err), &err);
  check_ok(fcast_selection_create(s.runs.n_frames, n_runs, N_KNOWN, &s.selection, &err), &err);
  check_ok(fcast_shell_sums_collect(&source, n_moments, &s.fourier, s.mean, N_KNOWN, &s.selection, &s.sums, &err),
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
  double normal[9 * N_KNOWN * N_KNOWN] = {0.0};
  double copy[9 * N_KNOWN * N_KNOWN];
  memset(law, 0, n_fields * n * sizeof *law);
  for (size_t run = 0; run < j->runs->n_runs; run++) {
    for (size_t t = N_KNOWN; fcast_fold_of(run, j->runs->n_runs) != fold && t < j->runs->n_frames[run]; t++) {
      const double *frame = j->series + (first_frame(j->runs, run) + t) * j->n_state;
      for (size_t m = first; m < last; m++) {
        double x[3 * N_KNOWN];
        for (size_t i = 0; i < n; i++) {
          x[i] = regressor(j, frame, i / n_fields * j->n_state + i % n_fields * n_modes + m);
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
  double law[9 * N_KNOWN];
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
      for (size_t t = N_KNOWN; t < j->runs->n_frames[run]; t++) {
        const double *frame = j->series + (first_frame(j->runs, run) + t) * j->n_state;
        for (size_t m = 2 * fourier->shell_start[shell]; m < 2 * fourier->shell_start[shell + 1]; m++, n += 1.0) {
          for (size_t i = 0; i < n_fields * n_fields; i++) {
            const size_t a = i / n_fields * c->n_modes + m;
            const size_t b = i % n_fields * c->n_modes + m;
            sigma[i] += (frame[a] - predict_component(j, frame, a)) * (frame[b] - predict_component(j, frame, b));
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
        const double r2 = 1.0 - roll_out(&j, run) / deviation_of(&s->runs, run, s->mean);
        check_close(s->selection.run_r2[i_candidate * n_judged + i], r2, 1e-8, 0.0);
      }
    }
  }
  while (2 * s->fourier.shell_start[n_shells] < c->n_modes) {
    n_shells++;
  }
  assert_int_equal(c->n_parameters, n_shells * (1 + c->n_moments) * (1 + c->n_moments) * c->lag);
  assert_int_equal(c->n_windows, count_windows(&s->runs));
  check_criteria(c, shells_determinant(&j, &s->fourier, c), r, c->lag * (1 + c->n_moments));
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

/* --- threads --- */

static void check_same_candidates(const fcast_selection *a, const fcast_selection *b) {
  assert_int_equal(a->n_candidates, b->n_candidates);
  assert_memory_equal(a->run_r2, b->run_r2, a->n_candidates * a->n_judged * sizeof *a->run_r2);
  for (size_t i = 0; i < a->n_candidates; i++) {
    const fcast_candidate *x = &a->candidates[i];
    const fcast_candidate *y = &b->candidates[i];
    const double of_x[] = {x->ridge_alpha, x->r2, x->standard_error, x->aic, x->bic, x->hqic, x->log_fpe};
    const double of_y[] = {y->ridge_alpha, y->r2, y->standard_error, y->aic, y->bic, y->hqic, y->log_fpe};
    assert_memory_equal(of_x, of_y, sizeof of_x);
    assert_true(x->n_modes == y->n_modes && x->lag == y->lag && x->n_moments == y->n_moments);
  }
}

static fcast_selection search_pods(ensemble *runs) {
  fcast_error err;
  fcast_selection selection;
  const fcast_series_source source = ensemble_source(runs);
  fcast_pod pod = fit_field(runs, 0, FCAST_FOLDS);
  check_ok(fcast_selection_create(runs->n_frames, runs->n_runs, N_KNOWN, &selection, &err), &err);
  check_ok(fcast_search_pod(&source, (runs->n_fields - 1) / 2, &pod, &space, &selection, &err), &err);
  fcast_pod_clear(&pod);
  return selection;
}

static void test_threads_change_nothing(void **state) {
  (void)state;
  const int counts[] = {1, 2, 3, 7};
  const int n_before = omp_get_max_threads();
  ensemble one_basis = ensemble_make(21, 11, 13, 3, 70, 46);
  ensemble own_bases = ensemble_make(12, 9, 12, 1, 150, 47);
  fcast_selection first[2] = {{0}};
  fourier_search first_fourier = {0};
  for (size_t i = 0; i < 4; i++) {
    omp_set_num_threads(counts[i]);
    fcast_selection one = search_pods(&one_basis);
    fcast_selection own = search_pods(&own_bases);
    fourier_search fourier = search_fourier(13, 2, 55);
    if (i == 0) {
      first[0] = one;
      first[1] = own;
      first_fourier = fourier;
      continue;
    }
    check_same_candidates(&one, &first[0]);
    check_same_candidates(&own, &first[1]);
    check_same_candidates(&fourier.selection, &first_fourier.selection);
    assert_memory_equal(fourier.sums.sums, first_fourier.sums.sums,
                        FCAST_FOLDS * fourier.sums.n_shells * fourier.sums.width * fourier.sums.width * sizeof(double));
    fcast_selection_clear(&one);
    fcast_selection_clear(&own);
    search_clear(&fourier);
  }
  omp_set_num_threads(n_before);
  fcast_selection_clear(&first[0]);
  fcast_selection_clear(&first[1]);
  search_clear(&first_fourier);
  ensemble_clear(&one_basis);
  ensemble_clear(&own_bases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pod_with_own_bases),
      cmocka_unit_test(test_pod_with_one_basis),
      cmocka_unit_test(test_pod_with_momentum),
      cmocka_unit_test(test_pod_with_three_runs),
      cmocka_unit_test(test_the_fitted_state_is_the_judged_one),
      cmocka_unit_test(test_moments_that_never_change),
      cmocka_unit_test(test_fourier_candidates),
      cmocka_unit_test(test_fields_weigh_the_same),
      cmocka_unit_test(test_threads_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
