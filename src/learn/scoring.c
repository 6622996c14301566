/* SPDX-License-Identifier: MIT */
#include "learn/scoring.h"

#include "learn/least_squares.h"

#include <math.h>
#include <string.h>

fcast_status fcast__direction_law_create(size_t n_alignment, size_t n_force, fcast_direction_law *out,
                                         fcast_error *err) {
  *out = (fcast_direction_law){.n_alignment = n_alignment, .n_force = n_force};
  const size_t n = n_alignment + n_force + 1;
  out->weight = fcast_alloc_array(n, sizeof *out->weight);
  out->is_free = fcast_alloc_array(n, sizeof *out->is_free);
  if (out->weight == NULL || out->is_free == NULL) {
    fcast__direction_law_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a law of %zu shells", n_alignment + n_force);
  }
  for (size_t k = 0; k < fcast__direction_law_size(out); k++) {
    out->is_free[k] = true;
  }
  return FCAST_OK;
}

void fcast__direction_law_clear(fcast_direction_law *law) {
  fcast_free(law->weight);
  fcast_free(law->is_free);
  *law = (fcast_direction_law){0};
}

size_t fcast__direction_law_size(const fcast_direction_law *law) {
  return law->n_force > 0 ? law->n_alignment + law->n_force + 1 : law->n_alignment;
}

/* Parameters that are free. */
static size_t count_free(const fcast_direction_law *law) {
  size_t n = 0;
  for (size_t k = 0; k < fcast__direction_law_size(law); k++) {
    n += law->is_free[k];
  }
  return n;
}

void fcast__scoring_clear(fcast_scoring *scoring) {
  fcast_free(scoring->cosine);
  fcast_free(scoring->gradient);
  fcast_free(scoring->hessian);
  *scoring = (fcast_scoring){0};
}

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0.0;
  for (size_t k = 0; k < n; k++) {
    sum += a[k] * b[k];
  }
  return sum;
}

/* A force that much weaker than is typical has no direction worth trusting. */
static const double part_of_typical = 0.1;

/* A vector, its length and its direction. */
typedef struct vector {
  double x, y, length, ux, uy;
} vector;

static vector vector_of(double x, double y) {
  const double length = hypot(x, y);
  const double inverse = length > 1e-12 ? 1.0 / length : 0.0;
  return (vector){x, y, length, x * inverse, y * inverse};
}

/* The parts a direction is made of. */
typedef struct parts {
  vector aligned, force, sum;
  double steering;
} parts;

static parts parts_at(const fcast_direction_law *law, const fcast_transitions *transitions,
                      const fcast_run_transitions *run, size_t i) {
  const size_t n_shells = transitions->shells.n;
  const double *headings = run->headings + 2 * i * n_shells;
  parts at = {.aligned = vector_of(dot(law->weight, headings, law->n_alignment),
                                   dot(law->weight, headings + n_shells, law->n_alignment))};
  at.sum = at.aligned;
  if (law->n_force > 0) {
    const double *weight = law->weight + law->n_alignment;
    const double *away = run->away + 2 * i * transitions->forces.n;
    at.force = vector_of(dot(weight, away, law->n_force), dot(weight, away + transitions->forces.n, law->n_force));
    at.steering = weight[law->n_force];
    at.sum = vector_of(at.aligned.ux + at.steering * at.force.ux, at.aligned.uy + at.steering * at.force.uy);
  }
  return at;
}

void fcast__direction_law_at(const fcast_direction_law *law, const fcast_transitions *transitions,
                             const fcast_run_transitions *run, size_t i, double direction[2]) {
  const parts at = parts_at(law, transitions, run, i);
  direction[0] = at.sum.ux;
  direction[1] = at.sum.uy;
}

/* 0 to 1: how far a length stands out from a scale. */
static double standing_out(double length, double scale) {
  const double square = length * length;
  return square > 0.0 ? square / (square + scale * scale) : 0.0;
}

/* Root mean square of the force over all transitions, whatever they are trusted. */
static double typical_force(const fcast_direction_law *law, const fcast_transitions *transitions) {
  double squares = 0.0;
  for (size_t i_run = 0; law->n_force > 0 && i_run < transitions->n_runs; i_run++) {
    for (size_t i = 0; i < transitions->runs[i_run].n; i++) {
      squares += pow(parts_at(law, transitions, &transitions->runs[i_run], i).force.length, 2.0);
    }
  }
  return sqrt(squares / (double)transitions->n_total);
}

void fcast__trust_by(const fcast_direction_law *law, fcast_transitions *transitions) {
  const double weak_force = part_of_typical * typical_force(law, transitions);
#pragma omp parallel for schedule(dynamic)
  for (size_t i_run = 0; i_run < transitions->n_runs; i_run++) {
    fcast_run_transitions *run = &transitions->runs[i_run];
    for (size_t i = 0; i < run->n; i++) {
      const parts at = parts_at(law, transitions, run, i);
      run->trust[i] = standing_out(at.aligned.length, law->weight[0]);
      run->trust[i] *= law->n_force > 0 ? standing_out(at.force.length, weak_force) : 1.0;
    }
  }
}

double fcast__total_trust(const fcast_transitions *transitions) {
  double sum = 0.0;
  for (size_t i_run = 0; i_run < transitions->n_runs; i_run++) {
    for (size_t i = 0; i < transitions->runs[i_run].n; i++) {
      sum += transitions->runs[i_run].trust[i];
    }
  }
  return sum;
}

/* --- one run --- */

/* Derivative of the angle of a vector by the weights of its shells, times `factor`. */
static double *angle_derivatives(const vector *of, const double *sums, size_t n, size_t n_shells, double factor,
                                 const bool *is_free, double *out) {
  const double scale = of->length > 1e-12 ? factor / of->length : 0.0;
  for (size_t k = 0; k < n; k++) {
    if (is_free[k]) {
      *out++ = scale * (of->ux * sums[n_shells + k] - of->uy * sums[k]);
    }
  }
  return out;
}

/* Derivatives of the angle of the expected direction by the free parameters. */
static void derivatives(const fcast_direction_law *law, const fcast_transitions *transitions,
                        const fcast_run_transitions *run, size_t i, const parts *at, double *out) {
  const size_t n_shells = transitions->shells.n;
  const double *headings = run->headings + 2 * i * n_shells;
  if (law->n_force == 0) {
    (void)angle_derivatives(&at->aligned, headings, law->n_alignment, n_shells, 1.0, law->is_free, out);
    return;
  }
  const double inverse = at->sum.length > 1e-12 ? 1.0 / at->sum.length : 0.0;
  const double by_aligned = (at->aligned.ux * at->sum.ux + at->aligned.uy * at->sum.uy) * inverse;
  const double by_force = at->steering * (at->force.ux * at->sum.ux + at->force.uy * at->sum.uy) * inverse;
  const bool *force_is_free = law->is_free + law->n_alignment;
  out = angle_derivatives(&at->aligned, headings, law->n_alignment, n_shells, by_aligned, law->is_free, out);
  out = angle_derivatives(&at->force, run->away + 2 * i * transitions->forces.n, law->n_force, transitions->forces.n,
                          by_force, force_is_free, out);
  if (force_is_free[law->n_force]) {
    *out = (at->sum.ux * at->force.uy - at->sum.uy * at->force.ux) * inverse;
  }
}

static void score_run(const fcast_transitions *transitions, const fcast_direction_law *law, size_t i_run, double *row,
                      fcast_scoring *out) {
  const fcast_run_transitions *run = &transitions->runs[i_run];
  const size_t n = out->n_free;
  double *gradient = out->gradient + i_run * n;
  double *hessian = out->hessian + i_run * n * n;
  memset(gradient, 0, n * sizeof *gradient);
  memset(hessian, 0, n * n * sizeof *hessian);
  out->cosine[i_run] = 0.0;
  for (size_t i = 0; i < run->n; i++) {
    const parts at = parts_at(law, transitions, run, i);
    const double *went = run->direction + 2 * i;
    const double sine = at.sum.ux * went[1] - at.sum.uy * went[0];
    out->cosine[i_run] += run->trust[i] * (at.sum.ux * went[0] + at.sum.uy * went[1]);
    derivatives(law, transitions, run, i, &at, row);
    for (size_t k = 0; k < n; k++) {
      gradient[k] += run->trust[i] * sine * row[k];
    }
    fcast__add_outer(row, n, run->trust[i], hessian);
  }
}

static fcast_status score(const fcast_transitions *transitions, const fcast_direction_law *law, fcast_scoring *out,
                          fcast_error *err) {
  fcast_status status = FCAST_OK;
#pragma omp parallel
  {
    double *row = fcast_alloc_array(out->n_free, sizeof *row);
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < transitions->n_runs; i++) {
      if (row != NULL) {
        score_run(transitions, law, i, row, out);
      }
    }
    if (row == NULL) {
#pragma omp critical(fcast_scoring_failure)
      status = FCAST_E_NOMEM;
    }
    fcast_free(row);
  }
  return status == FCAST_OK ? FCAST_OK : fcast_fail(err, status, "out of memory for %zu parameters", out->n_free);
}

void fcast__scoring_sum(const fcast_scoring *scoring, const double *multiplicity, double *gradient, double *hessian) {
  const size_t n = scoring->n_free;
  memset(gradient, 0, n * sizeof *gradient);
  memset(hessian, 0, n * n * sizeof *hessian);
  for (size_t run = 0; run < scoring->n_runs; run++) {
    const double times = multiplicity != NULL ? multiplicity[run] : 1.0;
    for (size_t k = 0; times != 0.0 && k < n; k++) {
      gradient[k] += times * scoring->gradient[run * n + k];
      for (size_t l = 0; l <= k; l++) {
        hessian[k * n + l] += times * scoring->hessian[(run * n + k) * n + l];
      }
    }
  }
}

/* --- the fit --- */

static void move(const fcast_direction_law *from, const double *step, double length, fcast_direction_law *to) {
  for (size_t k = 0; k < fcast__direction_law_size(from); k++) {
    to->weight[k] = from->is_free[k] ? from->weight[k] + length * *step++ : 0.0;
  }
}

static double total(const double *values, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i];
  }
  return sum;
}

static double largest(const double *values, size_t n) {
  double most = 0.0;
  for (size_t i = 0; i < n; i++) {
    most = fmax(most, fabs(values[i]));
  }
  return most;
}

fcast_status fcast__scoring_create(size_t n_runs, size_t n_free, fcast_scoring *out, fcast_error *err) {
  *out = (fcast_scoring){.n_runs = n_runs, .n_free = n_free};
  out->cosine = fcast_alloc_array(n_runs, sizeof *out->cosine);
  out->gradient = fcast_alloc_array(n_runs, n_free * sizeof *out->gradient);
  out->hessian = fcast_alloc_array(n_runs * n_free, n_free * sizeof *out->hessian);
  return out->cosine == NULL || out->gradient == NULL || out->hessian == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu parameters", n_free)
             : FCAST_OK;
}

/* The weight of a unit force that a fit starts from. */
static const double first_steering = 0.3;

enum { MOST_STEPS = 60, MOST_HALVINGS = 12 };
static const double settled = 1e-6;

/* Memory of a fit. */
typedef struct fitting {
  fcast_direction_law tried;
  double *step, *hessian;
} fitting;

/* One step uphill, halved until it is one. `is_settled` where there is nothing left to climb. */
static fcast_status climb(const fcast_transitions *transitions, fcast_direction_law *law, fitting *work,
                          fcast_scoring *out, bool *is_settled, fcast_error *err) {
  const size_t size = fcast__direction_law_size(law);
  const double before = total(out->cosine, out->n_runs);
  const double mean_cosine = before / fcast__total_trust(transitions);
  fcast__scoring_sum(out, NULL, work->step, work->hessian);
  fcast_status status = fcast__solve_held(work->hessian, out->n_free, work->step, err);
  /* The expected Hessian is the mean cosine times the sum of outer products; near zero it says little. */
  double length = 1.0 / fmax(mean_cosine, 0.2);
  *is_settled = status == FCAST_OK && largest(work->step, out->n_free) < settled * largest(law->weight, size);
  for (int i = 0; status == FCAST_OK && !*is_settled; i++, length /= 2.0) {
    if (i == MOST_HALVINGS) {
      *is_settled = true;
      return score(transitions, law, out, err);
    }
    move(law, work->step, length, &work->tried);
    status = score(transitions, &work->tried, out, err);
    if (status == FCAST_OK && total(out->cosine, out->n_runs) >= before) {
      memcpy(law->weight, work->tried.weight, size * sizeof *law->weight);
      break;
    }
  }
  return status;
}

fcast_status fcast__direction_law_fit(const fcast_transitions *transitions, fcast_direction_law *law,
                                      fcast_scoring *out, fcast_error *err) {
  const size_t n_free = count_free(law);
  fitting work = {.step = fcast_alloc_array(n_free, sizeof *work.step),
                  .hessian = fcast_alloc_array(n_free, n_free * sizeof *work.hessian)};
  fcast_status status = fcast__scoring_create(transitions->n_runs, n_free, out, err);
  if (status == FCAST_OK && (work.step == NULL || work.hessian == NULL)) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu parameters", n_free);
  }
  if (status == FCAST_OK) {
    status = fcast__direction_law_create(law->n_alignment, law->n_force, &work.tried, err);
  }
  if (status == FCAST_OK) {
    status = score(transitions, law, out, err);
    memcpy(work.tried.is_free, law->is_free, fcast__direction_law_size(law) * sizeof *law->is_free);
  }
  bool is_settled = false;
  for (int i = 0; status == FCAST_OK && !is_settled && i < MOST_STEPS; i++) {
    status = climb(transitions, law, &work, out, &is_settled, err);
  }
  fcast__direction_law_clear(&work.tried);
  fcast_free(work.step);
  fcast_free(work.hessian);
  if (status != FCAST_OK) {
    fcast__scoring_clear(out);
  }
  return status;
}

fcast_status fcast__direction_law_start(const fcast_transitions *transitions, fcast_direction_law *law,
                                        fcast_error *err) {
  const size_t n = law->n_alignment;
  const size_t n_shells = transitions->shells.n;
  double *normal = fcast_alloc_array(n, n * sizeof *normal);
  double *right = fcast_alloc_array(n, sizeof *right);
  if (normal == NULL || right == NULL) {
    fcast_free(normal);
    fcast_free(right);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu shells", n);
  }
  for (size_t i_run = 0; i_run < transitions->n_runs; i_run++) {
    const fcast_run_transitions *run = &transitions->runs[i_run];
    for (size_t i = 0; i < 2 * run->n; i++) {
      const double *sums = run->headings + i * n_shells;
      fcast__add_outer(sums, n, 1.0, normal);
      for (size_t k = 0; k < n; k++) {
        right[k] += sums[k] * run->direction[i];
      }
    }
  }
  const fcast_status status = fcast__solve_held(normal, n, right, err);
  memcpy(law->weight, right, n * sizeof *right);
  fcast_free(normal);
  fcast_free(right);
  return status;
}

/* Across the direction of alignment: where an agent went, against the unit vectors of its force shells. */
static void add_across(const fcast_transitions *transitions, const fcast_direction_law *law, size_t i_run,
                       fcast_least_squares *sums) {
  const fcast_run_transitions *run = &transitions->runs[i_run];
  const size_t n_force = law->n_force;
  fcast_direction_law aligned = *law;
  aligned.n_force = 0;
  for (size_t i = 0; i < run->n; i++) {
    const parts at = parts_at(&aligned, transitions, run, i);
    const double *away = run->away + 2 * i * transitions->forces.n;
    const double target = at.sum.ux * run->direction[2 * i + 1] - at.sum.uy * run->direction[2 * i];
    for (size_t k = 0; k < n_force; k++) {
      sums->row[k] = at.sum.ux * away[transitions->forces.n + k] - at.sum.uy * away[k];
    }
    fcast__least_squares_add(sums, run->trust[i], target);
  }
}

fcast_status fcast__steering_start(const fcast_transitions *transitions, fcast_direction_law *law, double *f_statistic,
                                   fcast_error *err) {
  const size_t n = law->n_force;
  fcast_least_squares sums;
  fcast_status status = fcast__least_squares_create(n, &sums, err);
  for (size_t i = 0; status == FCAST_OK && i < transitions->n_runs; i++) {
    add_across(transitions, law, i, &sums);
  }
  if (status == FCAST_OK) {
    status = fcast__least_squares_solve(&sums, f_statistic, err);
  }
  const double most = status == FCAST_OK ? largest(sums.right, n) : 0.0;
  for (size_t k = 0; status == FCAST_OK && k < n; k++) {
    law->weight[law->n_alignment + k] = most > 0.0 ? sums.right[k] / most : 1.0;
  }
  if (status == FCAST_OK) {
    law->weight[law->n_alignment + n] = first_steering;
  }
  fcast__least_squares_clear(&sums);
  return status;
}
