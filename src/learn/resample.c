/* SPDX-License-Identifier: MIT */
#include "learn/resample.h"

#include "learn/least_squares.h"

#include "flockcast/evaluate.h"
#include "flockcast/random.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { N_RESAMPLES = 400 };

double fcast__plateau(const double *weight, size_t n_shells) {
  const size_t n = n_shells > 1 ? n_shells / 2 : 1;
  double sum = 0.0;
  for (size_t k = 0; k < n; k++) {
    sum += weight[k] * (double)(2 * k + 1);
  }
  return sum / (double)(n * n);
}

/* Radius of the disk as high as the plateau with the same integral; 0 where that is negative. */
static double edge_of(const double *weight, size_t n_shells, double width) {
  const double plateau = fcast__plateau(weight, n_shells);
  double sum = 0.0;
  for (size_t k = 0; k < n_shells; k++) {
    sum += weight[k] / plateau * (double)(2 * k + 1);
  }
  return sum > 0.0 ? width * sqrt(sum) : 0.0;
}

/* How often each run is drawn in resample i. */
static void draw_runs(size_t i, size_t n_runs, double *draws, double *multiplicity) {
  fcast_random random;
  fcast_random_init(&random, FCAST_RANDOM_PHILOX, 0);
  fcast_random_uniform(&random, FCAST_STREAM_POSITIONS, i, n_runs, draws);
  memset(multiplicity, 0, n_runs * sizeof *multiplicity);
  for (size_t run = 0; run < n_runs; run++) {
    multiplicity[(size_t)(draws[run] * (double)n_runs)] += 1.0;
  }
}

/* Shells that are free, from the innermost: how far a kernel reaches. */
static size_t reach_of(const bool *is_free, size_t n) {
  while (n > 1 && !is_free[n - 1]) {
    n--;
  }
  return n;
}

/* Weights as they are reported: of headings over the plateau, of forces over the largest magnitude. */
static void normalise(const fcast_direction_law *law, const double *weight, double *out) {
  const size_t n_reach = reach_of(law->is_free, law->n_alignment);
  const double plateau = fcast__plateau(weight, n_reach);
  double most = 0.0;
  for (size_t k = 0; k < law->n_alignment; k++) {
    out[k] = weight[k] / plateau;
  }
  for (size_t k = law->n_alignment; k < law->n_alignment + law->n_force; k++) {
    most = fmax(most, fabs(law->weight[k]));
  }
  for (size_t k = law->n_alignment; k < fcast__direction_law_size(law); k++) {
    out[k] = k < law->n_alignment + law->n_force ? weight[k] / most : weight[k];
  }
}

/* Memory of a resampling. */
typedef struct resampling {
  double *draws, *multiplicity;     /* [run] */
  double *step, *hessian, *weights; /* [free], [free, free], [size] */
  double *values;                   /* [size + 1, resample]: normalised weights, then the edge */
  double *scratch;                  /* [resample] */
} resampling;

static fcast_status create(size_t n_runs, size_t n_free, size_t size, resampling *out, fcast_error *err) {
  out->draws = fcast_alloc_array(n_runs, sizeof(double));
  out->multiplicity = fcast_alloc_array(n_runs, sizeof(double));
  out->step = fcast_alloc_array(n_free, sizeof(double));
  out->hessian = fcast_alloc_array(n_free, n_free * sizeof(double));
  out->weights = fcast_alloc_array(2 * size, sizeof(double));
  out->values = fcast_alloc_array((size + 1) * N_RESAMPLES, sizeof(double));
  out->scratch = fcast_alloc_array(N_RESAMPLES, sizeof(double));
  return out->draws == NULL || out->multiplicity == NULL || out->step == NULL || out->hessian == NULL ||
                 out->weights == NULL || out->values == NULL || out->scratch == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to resample %zu runs", n_runs)
             : FCAST_OK;
}

static void clear(resampling *work) {
  fcast_free(work->draws);
  fcast_free(work->multiplicity);
  fcast_free(work->step);
  fcast_free(work->hessian);
  fcast_free(work->weights);
  fcast_free(work->values);
  fcast_free(work->scratch);
}

/* The step from the fit that the runs of resample i ask for; zero where there is none. */
static fcast_status find_step(const fcast_scoring *scoring, size_t i, resampling *work, fcast_error *err) {
  draw_runs(i, scoring->n_runs, work->draws, work->multiplicity);
  fcast__scoring_sum(scoring, work->multiplicity, work->step, work->hessian);
  const fcast_status status = fcast__solve_held(work->hessian, scoring->n_free, work->step, err);
  if (status == FCAST_E_NUMERIC) {
    memset(work->step, 0, scoring->n_free * sizeof *work->step);
  }
  return status == FCAST_E_NUMERIC ? FCAST_OK : status;
}

/* Resample i of a law. */
static fcast_status resample(const fcast_direction_law *law, const fcast_scoring *scoring, double mean_cosine,
                             double width, size_t i, resampling *work, fcast_error *err) {
  const size_t size = fcast__direction_law_size(law);
  double *weights = work->weights;
  double *normalised = work->weights + size;
  const fcast_status status = find_step(scoring, i, work, err);
  const double *step = work->step;
  for (size_t k = 0; k < size; k++) {
    weights[k] = law->weight[k] + (law->is_free[k] ? *step / mean_cosine : 0.0);
    step += law->is_free[k];
  }
  normalise(law, weights, normalised);
  for (size_t k = 0; k < size; k++) {
    work->values[k * N_RESAMPLES + i] = normalised[k];
  }
  work->values[size * N_RESAMPLES + i] = edge_of(weights, reach_of(law->is_free, law->n_alignment), width);
  return status;
}

static void interval(const double *values, double *scratch, double *lo, double *hi) {
  *lo = fcast_percentile(values, N_RESAMPLES, 2.5, scratch);
  *hi = fcast_percentile(values, N_RESAMPLES, 97.5, scratch);
}

fcast_status fcast__resample_law(const fcast_direction_law *law, const fcast_scoring *scoring, double mean_cosine,
                                 double width, double *lo, double *hi, fcast_estimate *edge, fcast_error *err) {
  const size_t size = fcast__direction_law_size(law);
  resampling work = {0};
  edge->value = edge_of(law->weight, reach_of(law->is_free, law->n_alignment), width);
  edge->lo = edge->hi = NAN;
  for (size_t k = 0; k < size; k++) {
    lo[k] = hi[k] = NAN;
  }
  if (scoring->n_runs < 2) {
    return FCAST_OK;
  }
  fcast_status status = create(scoring->n_runs, scoring->n_free, size, &work, err);
  for (size_t i = 0; status == FCAST_OK && i < N_RESAMPLES; i++) {
    status = resample(law, scoring, mean_cosine, width, i, &work, err);
  }
  for (size_t k = 0; status == FCAST_OK && k < size; k++) {
    interval(work.values + k * N_RESAMPLES, work.scratch, &lo[k], &hi[k]);
  }
  if (status == FCAST_OK) {
    interval(work.values + size * N_RESAMPLES, work.scratch, &edge->lo, &edge->hi);
  }
  clear(&work);
  return status;
}

fcast_status fcast__resample_parameters(const double *values, const fcast_scoring *scoring, double *lo, double *hi,
                                        fcast_error *err) {
  const size_t n = scoring->n_free;
  resampling work = {0};
  for (size_t k = 0; k < n; k++) {
    lo[k] = hi[k] = NAN;
  }
  if (scoring->n_runs < 2) {
    return FCAST_OK;
  }
  fcast_status status = create(scoring->n_runs, n, n, &work, err);
  for (size_t i = 0; status == FCAST_OK && i < N_RESAMPLES; i++) {
    status = find_step(scoring, i, &work, err);
    for (size_t k = 0; k < n; k++) {
      work.values[k * N_RESAMPLES + i] = values[k] + work.step[k];
    }
  }
  for (size_t k = 0; status == FCAST_OK && k < n; k++) {
    interval(work.values + k * N_RESAMPLES, work.scratch, &lo[k], &hi[k]);
  }
  clear(&work);
  return status;
}

/* --- any number --- */

/* Resamples into values[resample]; memory[2, run] is the thread's. */
static void resample_number(fcast_number_of_runs *find, const void *context, size_t n_runs, size_t i, double *memory,
                            double *values) {
  draw_runs(i, n_runs, memory, memory + n_runs);
  values[i] = find(context, memory + n_runs);
}

fcast_status fcast__resample_number(fcast_number_of_runs *find, const void *context, size_t n_runs, fcast_estimate *out,
                                    fcast_error *err) {
  const size_t n_threads = (size_t)omp_get_max_threads();
  double *memory = fcast_alloc_array(2 * n_runs * n_threads + 2 * N_RESAMPLES, sizeof *memory);
  *out = (fcast_estimate){NAN, NAN, NAN};
  if (memory == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to resample %zu runs", n_runs);
  }
  double *values = memory + 2 * n_runs * n_threads;
  for (size_t run = 0; run < n_runs; run++) {
    memory[run] = 1.0;
  }
  out->value = find(context, memory);
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < N_RESAMPLES; i++) {
    resample_number(find, context, n_runs, i, memory + 2 * n_runs * (size_t)omp_get_thread_num(), values);
  }
  if (n_runs > 1) {
    interval(values, values + N_RESAMPLES, &out->lo, &out->hi);
  }
  fcast_free(memory);
  return FCAST_OK;
}

typedef struct two_sums {
  const double *above, *below; /* [run] */
  size_t n_runs;
} two_sums;

static double ratio(const void *context, const double *multiplicity) {
  const two_sums *sums = context;
  double above = 0.0;
  double below = 0.0;
  for (size_t run = 0; run < sums->n_runs; run++) {
    above += multiplicity[run] * sums->above[run];
    below += multiplicity[run] * sums->below[run];
  }
  return above / below;
}

fcast_status fcast__resample_ratio(const double *above, const double *below, size_t n_runs, fcast_estimate *out,
                                   fcast_error *err) {
  const two_sums sums = {above, below, n_runs};
  return fcast__resample_number(ratio, &sums, n_runs, out, err);
}
