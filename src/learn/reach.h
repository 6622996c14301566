/* SPDX-License-Identifier: MIT
 *
 * How far an interaction reaches, by cross-validation over runs.
 */
#ifndef FLOCKCAST_LEARN_REACH_H
#define FLOCKCAST_LEARN_REACH_H

#include "learn/scoring.h"

/* The fewest shells of headings, or of forces where `of_force`, that serve: laws with the first 1, 2, ... shells are
 * fitted without the runs of a fold and judged by the mean cosine on those; of the laws that are no worse than the best
 * by more than a standard error of the difference over runs, the shortest. `law` is fitted with all shells free,
 * `scoring` is of that fit. Laws without a fold, and with fewer shells, are minima of the quadratic form about it. With
 * one run: all shells. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_MUST_CHECK fcast_status fcast__choose_reach(const fcast_transitions *transitions, const fcast_direction_law *law,
                                                  const fcast_scoring *scoring, bool of_force, size_t *n_shells,
                                                  fcast_error *err);

/* cosine[run]: mean over a run's transitions, as they are trusted, by a law fitted without the fold of the run. Errors:
 * as above. */
FCAST_MUST_CHECK fcast_status fcast__held_out_cosines(const fcast_transitions *transitions,
                                                      const fcast_direction_law *law, const fcast_scoring *scoring,
                                                      double *cosine, fcast_error *err);

/* Whether one is larger than the other over the runs, by two standard errors of the difference. */
bool fcast__is_better(const double *better, const double *worse, size_t n_runs);

#endif
