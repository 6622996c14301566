/* SPDX-License-Identifier: MIT */
#include "learn/reach.h"

#include "learn/least_squares.h"

#include "flockcast/select.h"

#include <math.h>
#include <string.h>

/* Sum over the transitions of a run, as they are trusted. */
static double cosine_of_run(const fcast_transitions *transitions, const fcast_direction_law *law, size_t i_run) {
  const fcast_run_transitions *run = &transitions->runs[i_run];
  double sum = 0.0;
  for (size_t i = 0; i < run->n; i++) {
    double direction[2];
    fcast__direction_law_at(law, transitions, run, i, direction);
    sum += run->trust[i] * (direction[0] * run->direction[2 * i] + direction[1] * run->direction[2 * i + 1]);
  }
  return sum;
}

/* The search: shells [first, last) of the law are taken away from the outside. */
typedef struct searching {
  const fcast_transitions *transitions;
  const fcast_direction_law *law;
  const fcast_scoring *scoring;
  size_t first, last;
  double *multiplicity;                /* [run] */
  double *gradient, *hessian, *fitted; /* [free], [free, free], [free]: without a fold */
  double *system, *right;              /* the same sizes, overwritten */
  size_t *moving;                      /* [free] */
  double *cosine;                      /* [last - first, run]: held out, mean over the transitions of a run */
} searching;

static fcast_status create(searching *search, fcast_error *err) {
  const size_t n = search->scoring->n_free;
  const size_t n_runs = search->transitions->n_runs;
  search->multiplicity = fcast_alloc_array(n_runs, sizeof(double));
  search->gradient = fcast_alloc_array(n, sizeof(double));
  search->hessian = fcast_alloc_array(n, n * sizeof(double));
  search->fitted = fcast_alloc_array(n, sizeof(double));
  search->system = fcast_alloc_array(n, n * sizeof(double));
  search->right = fcast_alloc_array(n, sizeof(double));
  search->moving = fcast_alloc_array(n, sizeof(size_t));
  search->cosine = fcast_alloc_array(search->last - search->first, n_runs * sizeof(double));
  return search->multiplicity == NULL || search->gradient == NULL || search->hessian == NULL ||
                 search->fitted == NULL || search->system == NULL || search->right == NULL || search->moving == NULL ||
                 search->cosine == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a search over %zu shells", n)
             : FCAST_OK;
}

static void clear(searching *search) {
  fcast_free(search->multiplicity);
  fcast_free(search->gradient);
  fcast_free(search->hessian);
  fcast_free(search->fitted);
  fcast_free(search->system);
  fcast_free(search->right);
  fcast_free(search->moving);
  fcast_free(search->cosine);
}

static double element(const double *lower, size_t n, size_t k, size_t l) {
  return k >= l ? lower[k * n + l] : lower[l * n + k];
}

/* The shell of largest weight among the first `n`: its weight is held, as the scale of all of them means nothing. */
static size_t largest_shell(const double *fitted, size_t n) {
  size_t at = 0;
  for (size_t k = 1; k < n; k++) {
    at = fabs(fitted[k]) > fabs(fitted[at]) ? k : at;
  }
  return at;
}

/* The parameters that may move when the shells from `cut` on are taken away: all others but the two that are held. */
static size_t list_moving(const searching *search, size_t cut, size_t *moving) {
  const fcast_direction_law *law = search->law;
  const size_t n_kept = search->first == 0 ? cut : law->n_alignment;
  const size_t held = largest_shell(search->fitted, n_kept);
  const size_t n_force = search->first == 0 ? law->n_force : cut - search->first;
  const size_t held_force = law->n_alignment + largest_shell(search->fitted + law->n_alignment, n_force);
  size_t n = 0;
  for (size_t k = 0; k < search->scoring->n_free; k++) {
    const bool is_held = k == held || (law->n_force > 0 && k == held_force);
    if (!is_held && (k < cut || k >= search->last)) {
      moving[n++] = k;
    }
  }
  return n;
}

/* The law with the shells from `cut` on taken away: the others move to the minimum of the quadratic form. */
static fcast_status shorten(const searching *search, size_t cut, fcast_direction_law *out, fcast_error *err) {
  const size_t n = search->scoring->n_free;
  const size_t n_moving = list_moving(search, cut, search->moving);
  for (size_t k = 0; k < n_moving; k++) {
    search->right[k] = 0.0;
    for (size_t l = cut; l < search->last; l++) {
      search->right[k] += element(search->hessian, n, search->moving[k], l) * search->fitted[l];
    }
    for (size_t l = 0; l <= k; l++) {
      search->system[k * n_moving + l] = element(search->hessian, n, search->moving[k], search->moving[l]);
    }
  }
  const fcast_status status = fcast__solve_held(search->system, n_moving, search->right, err);
  memcpy(out->weight, search->fitted, n * sizeof *out->weight);
  memset(out->weight + cut, 0, (search->last - cut) * sizeof *out->weight);
  for (size_t k = 0; k < n_moving; k++) {
    out->weight[search->moving[k]] += search->right[k];
  }
  return status;
}

/* The fit without the runs of a fold: a step from that to all. */
static fcast_status leave_out(searching *search, size_t fold, fcast_error *err) {
  const size_t n_runs = search->transitions->n_runs;
  const size_t n = search->scoring->n_free;
  double cosine = 0.0;
  for (size_t run = 0; run < n_runs; run++) {
    search->multiplicity[run] = fcast_fold_of(run, n_runs) == fold ? 0.0 : 1.0;
    cosine += search->scoring->cosine[run];
  }
  fcast__scoring_sum(search->scoring, search->multiplicity, search->gradient, search->hessian);
  memcpy(search->system, search->hessian, n * n * sizeof *search->system);
  memcpy(search->right, search->gradient, n * sizeof *search->right);
  const fcast_status status = fcast__solve_held(search->system, n, search->right, err);
  for (size_t k = 0; k < n; k++) {
    search->fitted[k] =
        search->law->weight[k] + search->right[k] / fmax(cosine / fcast__total_trust(search->transitions), 0.2);
  }
  return status;
}

/* The laws with 1, 2, ... of the shells, held against the runs of the fold. */
static void judge(searching *search, const fcast_direction_law *shorter, size_t fold) {
  const size_t n_runs = search->transitions->n_runs;
  const size_t n_laws = search->last - search->first;
#pragma omp parallel for schedule(dynamic)
  for (size_t run = 0; run < n_runs; run++) {
    const double n = (double)search->transitions->runs[run].n;
    for (size_t i = 0; fcast_fold_of(run, n_runs) == fold && i < n_laws; i++) {
      search->cosine[i * n_runs + run] = n > 0.0 ? cosine_of_run(search->transitions, &shorter[i], run) / n : 0.0;
    }
  }
}

static fcast_status judge_fold(searching *search, size_t fold, fcast_direction_law *shorter, fcast_error *err) {
  fcast_status status = leave_out(search, fold, err);
  for (size_t cut = search->first + 1; status == FCAST_OK && cut <= search->last; cut++) {
    status = shorten(search, cut, &shorter[cut - search->first - 1], err);
  }
  if (status == FCAST_OK) {
    judge(search, shorter, fold);
  }
  return status;
}

/* Mean over runs of how much better one law is than another, and the standard error of that. */
static void compare(const double *better, const double *worse, size_t n_runs, double *mean, double *standard_error) {
  double sum = 0.0;
  double squares = 0.0;
  for (size_t run = 0; run < n_runs; run++) {
    sum += better[run] - worse[run];
  }
  *mean = sum / (double)n_runs;
  for (size_t run = 0; run < n_runs; run++) {
    const double deviation = better[run] - worse[run] - *mean;
    squares += deviation * deviation;
  }
  *standard_error = sqrt(squares / (double)(n_runs - 1) / (double)n_runs);
}

static size_t shortest_good(const searching *search) {
  const size_t n_runs = search->transitions->n_runs;
  const size_t n = search->last - search->first;
  size_t best = 0;
  double mean;
  double standard_error;
  for (size_t i = 1; i < n; i++) {
    compare(search->cosine + i * n_runs, search->cosine + best * n_runs, n_runs, &mean, &standard_error);
    best = mean > 0.0 ? i : best;
  }
  for (size_t i = 0; i < best; i++) {
    compare(search->cosine + best * n_runs, search->cosine + i * n_runs, n_runs, &mean, &standard_error);
    if (mean <= standard_error) {
      return i + 1;
    }
  }
  return best + 1;
}

fcast_status fcast__held_out_cosines(const fcast_transitions *transitions, const fcast_direction_law *law,
                                     const fcast_scoring *scoring, double *cosine, fcast_error *err) {
  const size_t size = fcast__direction_law_size(law);
  searching search = {.transitions = transitions, .law = law, .scoring = scoring, .first = 0, .last = 1};
  fcast_direction_law fitted = {0};
  fcast_status status = create(&search, err);
  if (status == FCAST_OK) {
    status = fcast__direction_law_create(law->n_alignment, law->n_force, &fitted, err);
  }
  for (size_t fold = 0; status == FCAST_OK && fold < FCAST_FOLDS && fold < transitions->n_runs; fold++) {
    status = leave_out(&search, fold, err);
    for (size_t k = 0, free = 0; status == FCAST_OK && k < size; k++) {
      fitted.weight[k] = law->is_free[k] ? search.fitted[free++] : 0.0;
    }
    if (status == FCAST_OK) {
      judge(&search, &fitted, fold);
    }
  }
  if (status == FCAST_OK) {
    memcpy(cosine, search.cosine, transitions->n_runs * sizeof *cosine);
  }
  fcast__direction_law_clear(&fitted);
  clear(&search);
  return status;
}

bool fcast__is_better(const double *better, const double *worse, size_t n_runs) {
  double mean;
  double standard_error;
  compare(better, worse, n_runs, &mean, &standard_error);
  return mean > 2.0 * standard_error;
}

static void clear_laws(fcast_direction_law *laws, size_t n) {
  for (size_t i = 0; laws != NULL && i < n; i++) {
    fcast__direction_law_clear(&laws[i]);
  }
  fcast_free(laws);
}

static fcast_status create_laws(const fcast_direction_law *like, size_t n, fcast_direction_law **out,
                                fcast_error *err) {
  fcast_direction_law *laws = fcast_alloc_array(n, sizeof *laws);
  *out = laws;
  fcast_status status = laws == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu laws", n) : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < n; i++) {
    status = fcast__direction_law_create(like->n_alignment, like->n_force, &laws[i], err);
  }
  return status;
}

fcast_status fcast__choose_reach(const fcast_transitions *transitions, const fcast_direction_law *law,
                                 const fcast_scoring *scoring, bool of_force, size_t *n_shells, fcast_error *err) {
  const size_t first = of_force ? law->n_alignment : 0;
  const size_t last = of_force ? law->n_alignment + law->n_force : law->n_alignment;
  searching search = {.transitions = transitions, .law = law, .scoring = scoring, .first = first, .last = last};
  fcast_direction_law *shorter = NULL;
  *n_shells = last - first;
  if (transitions->n_runs < 2) {
    return FCAST_OK;
  }
  fcast_status status = create(&search, err);
  if (status == FCAST_OK) {
    status = create_laws(law, last - first, &shorter, err);
  }
  for (size_t fold = 0; status == FCAST_OK && fold < FCAST_FOLDS && fold < transitions->n_runs; fold++) {
    status = judge_fold(&search, fold, shorter, err);
  }
  if (status == FCAST_OK) {
    *n_shells = shortest_good(&search);
  }
  clear_laws(shorter, last - first);
  clear(&search);
  return status;
}
