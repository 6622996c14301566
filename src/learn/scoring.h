/* SPDX-License-Identifier: MIT
 *
 * Fisher scoring for the expected direction of travel: the parameters that make the mean cosine of the angle between it
 * and where agents went largest.
 *
 * Parameters, in this order: the weights of the n_alignment shells of headings; with steering, the weights of the
 * n_force shells of forces and mu. The direction is that of S / |S| + mu F / |F|, S = sum of the headings by weight, F
 * likewise. Scaling all weights of S, or of F, changes nothing: along those lines a step is zero.
 */
#ifndef FLOCKCAST_LEARN_SCORING_H
#define FLOCKCAST_LEARN_SCORING_H

#include "learn/transitions.h"

typedef struct fcast_direction_law {
  size_t n_alignment, n_force; /* shells of each; n_force 0: no steering */
  double *weight;              /* [n_alignment + n_force + 1]: the parameters; mu last */
  bool *is_free;               /* the same: parameters that are fitted; the others are zero */
} fcast_direction_law;

FCAST_MUST_CHECK fcast_status fcast__direction_law_create(size_t n_alignment, size_t n_force, fcast_direction_law *out,
                                                          fcast_error *err);
void fcast__direction_law_clear(fcast_direction_law *law);

/* Parameters in all. */
size_t fcast__direction_law_size(const fcast_direction_law *law);

/* The expected direction of one transition; zero where nothing is seen. */
void fcast__direction_law_at(const fcast_direction_law *law, const fcast_transitions *transitions,
                             const fcast_run_transitions *run, size_t i, double direction[2]);

/* What a fit leaves behind, run by run, so that folds and resamples cost a small system each. */
typedef struct fcast_scoring {
  size_t n_runs, n_free;
  double *cosine;   /* [run]: sum over its transitions, as they are trusted */
  double *gradient; /* [run, free] */
  double *hessian;  /* [run, free, free]: minus the expected second derivative */
} fcast_scoring;

FCAST_MUST_CHECK fcast_status fcast__scoring_create(size_t n_runs, size_t n_free, fcast_scoring *out, fcast_error *err);
void fcast__scoring_clear(fcast_scoring *scoring);

/* Where the headings around an agent cancel, any direction may follow, and that says little with great leverage: a
 * transition is trusted by |S|^2 / (|S|^2 + s^2), S the sum of the headings by a law, s its weight of the first shell.
 */
void fcast__trust_by(const fcast_direction_law *law, fcast_transitions *transitions);

/* Sum of the trusts of all transitions. */
double fcast__total_trust(const fcast_transitions *transitions);

/* Fit the free parameters, from where they are, to transitions by how they are trusted. `out` is of the last point.
 * Errors: FCAST_E_NUMERIC where it does not settle, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__direction_law_fit(const fcast_transitions *transitions, fcast_direction_law *law,
                                                       fcast_scoring *out, fcast_error *err);

/* First weights for the free shells of headings, by least squares on the displacements. Errors: FCAST_E_NOMEM,
 * FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__direction_law_start(const fcast_transitions *transitions, fcast_direction_law *law,
                                                         fcast_error *err);

/* First weights for the shells of forces, and mu, by least squares on what alignment leaves across its direction: the
 * weights of headings are those of a law without forces. `f_statistic` says how much more that explains than nothing
 * would: about 1 where there are no forces. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__steering_start(const fcast_transitions *transitions, fcast_direction_law *law,
                                                    double *f_statistic, fcast_error *err);

/* Sums of the gradients and Hessians over the runs, each times its multiplicity. */
void fcast__scoring_sum(const fcast_scoring *scoring, const double *multiplicity, double *gradient, double *hessian);

#endif
