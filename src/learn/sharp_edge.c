/* SPDX-License-Identifier: MIT */
#include "learn/sharp_edge.h"

#include "learn/resample.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_TRANSITIONS = 20000 };
static const double affordable_pairs = 5e7;

/* Of the angle between two vectors, the second of length one; 0 where there is none. */
static double cosine(const double sum[2], const double went[2]) {
  const double length = sqrt(sum[0] * sum[0] + sum[1] * sum[1]);
  return length > 0.0 ? (sum[0] * went[0] + sum[1] * went[1]) / length : 0.0;
}

size_t fcast__count_alike(const fcast_transitions *transitions) {
  const size_t n_shells = transitions->shells.n;
  double best = 0.0;
  size_t n_best = 1;
  for (size_t n = 1; n <= n_shells; n++) {
    double total = 0.0;
    for (size_t i_run = 0; i_run < transitions->n_runs; i_run++) {
      const fcast_run_transitions *run = &transitions->runs[i_run];
      for (size_t i = 0; i < run->n; i++) {
        const double *headings = run->headings + 2 * i * n_shells;
        double sum[2] = {0.0, 0.0};
        for (size_t k = 0; k < n; k++) {
          sum[0] += headings[k];
          sum[1] += headings[n_shells + k];
        }
        total += cosine(sum, run->direction + 2 * i);
      }
    }
    if (total > best) {
      best = total;
      n_best = n;
    }
  }
  return n_best;
}

/* --- neighbour by neighbour --- */

/* A neighbour that joins. */
typedef struct joining {
  fcast_seen seen; /* the transition counted over all runs */
  size_t run;
  double gain; /* in the cosine of its transition */
} joining;

/* Neighbours of all runs, and the sums of headings as they join. */
typedef struct sweep {
  double from, to; /* distances */
  size_t n;
  joining *neighbours;
  double *sum;  /* [transition, component] */
  double *went; /* [transition, component]: unit vector */
} sweep;

static void clear(sweep *all) {
  fcast_free(all->neighbours);
  fcast_free(all->sum);
  fcast_free(all->went);
}

static fcast_status allocate(const fcast_transitions *transitions, sweep *all, fcast_error *err) {
  for (size_t run = 0; run < transitions->n_runs; run++) {
    all->n += transitions->runs[run].n_seen;
  }
  all->neighbours = fcast_alloc_array(all->n, sizeof *all->neighbours);
  all->sum = fcast_alloc_array(transitions->n_total, 2 * sizeof *all->sum);
  all->went = fcast_alloc_array(transitions->n_total, 2 * sizeof *all->went);
  return all->neighbours == NULL || all->sum == NULL || all->went == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu neighbours", all->n)
             : FCAST_OK;
}

/* Those of one run behind those of the runs before it; the sums are of what the shells hold. */
static void append(const fcast_transitions *transitions, size_t i_run, size_t first_transition, size_t first_neighbour,
                   sweep *all) {
  const fcast_run_transitions *run = &transitions->runs[i_run];
  const size_t n_shells = transitions->shells.n;
  for (size_t i = 0; i < 2 * run->n; i++) {
    double sum = 0.0;
    for (size_t k = 0; k < n_shells; k++) {
      sum += run->headings[i * n_shells + k];
    }
    all->sum[2 * first_transition + i] = sum;
    all->went[2 * first_transition + i] = run->direction[i];
  }
  for (size_t k = 0; k < run->n_seen; k++) {
    joining *neighbour = &all->neighbours[first_neighbour + k];
    *neighbour = (joining){run->seen[k], i_run, 0.0};
    neighbour->seen.transition += first_transition;
  }
}

static void append_all(const fcast_transitions *transitions, sweep *all) {
  size_t n_transitions = 0;
  size_t n_neighbours = 0;
  for (size_t run = 0; run < transitions->n_runs; run++) {
    append(transitions, run, n_transitions, n_neighbours, all);
    n_transitions += transitions->runs[run].n;
    n_neighbours += transitions->runs[run].n_seen;
  }
}

static int compare(const void *left, const void *right) {
  const fcast_seen *a = &((const joining *)left)->seen;
  const fcast_seen *b = &((const joining *)right)->seen;
  if (a->distance != b->distance) {
    return a->distance < b->distance ? -1 : 1;
  }
  return a->transition < b->transition ? -1 : a->transition > b->transition;
}

/* Let one neighbour after the other join. */
static void join_all(sweep *all) {
  qsort(all->neighbours, all->n, sizeof *all->neighbours, compare);
  for (size_t k = 0; k < all->n; k++) {
    joining *neighbour = &all->neighbours[k];
    double *sum = all->sum + 2 * neighbour->seen.transition;
    const double *went = all->went + 2 * neighbour->seen.transition;
    const double before = cosine(sum, went);
    sum[0] += neighbour->seen.heading[0];
    sum[1] += neighbour->seen.heading[1];
    neighbour->gain = cosine(sum, went) - before;
  }
}

/* The distance up to which neighbours gain most: halfway between the last of them and the next. */
static double best_edge(const void *context, const double *multiplicity) {
  const sweep *all = context;
  double gain = 0.0;
  double best = 0.0;
  size_t n_best = 0;
  for (size_t k = 0; k < all->n; k++) {
    gain += multiplicity[all->neighbours[k].run] * all->neighbours[k].gain;
    if (gain > best) {
      best = gain;
      n_best = k + 1;
    }
  }
  const double last = n_best > 0 ? all->neighbours[n_best - 1].seen.distance : all->from;
  const double next = n_best < all->n ? all->neighbours[n_best].seen.distance : all->to;
  return 0.5 * (last + next);
}

fcast_status fcast__find_sharp_edge(const fcast_tracks_source *source, const fcast_density_options *box, double width,
                                    size_t n_alike, fcast_estimate *out, fcast_error *err) {
  sweep all = {.from = (double)(n_alike - 1) * width, .to = (double)(n_alike + 1) * width};
  const fcast_transition_options options = {
      .shells = {n_alike - 1, width}, .seen_to = all.to, .most = MOST_TRANSITIONS, .most_pairs = affordable_pairs};
  fcast_transitions transitions = {0};
  fcast_status status = fcast__transitions_collect(source, box, &options, &transitions, err);
  if (status == FCAST_OK) {
    status = allocate(&transitions, &all, err);
  }
  if (status == FCAST_OK) {
    append_all(&transitions, &all);
    join_all(&all);
    status = fcast__resample_number(best_edge, &all, transitions.n_runs, out, err);
  }
  clear(&all);
  fcast__transitions_clear(&transitions);
  return status;
}
