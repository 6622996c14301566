/* SPDX-License-Identifier: MIT
 *
 * Evaluate: how agents are arranged in a box: pair correlation, number fluctuations, clusters.
 *
 * Positions are those of one frame, [agent, 2], length units; an agent whose position is not finite is not there and
 * counts nowhere. Everything is a function of its arguments, whatever the number of threads.
 */
#ifndef FLOCKCAST_STRUCTURE_H
#define FLOCKCAST_STRUCTURE_H

#include "flockcast/array.h"
#include "flockcast/simulate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The box: [0, x] times [0, y]. Across a periodic boundary distances are minimum-image. */
typedef struct fcast_domain {
  double x, y; /* length units */
  fcast_boundary boundary;
} fcast_domain;

/* --- pair correlation --- */

/* Pairs by distance, of as many frames as were added: g(r) of bin k is found[k] / expected[k], where `expected` is what
 * agents placed independently and uniformly in the same box would give on average, walls and corners included. Bin k
 * holds distances from k r_max / n_bins to below (k + 1) r_max / n_bins. Owner: the caller, fcast_pairs_clear. */
typedef struct fcast_pairs {
  size_t n_bins;
  double r_max;     /* length units; at most half of the shorter side of a periodic box, all of it between walls */
  double *found;    /* [bin] */
  double *expected; /* [bin] */
} fcast_pairs;

/* Errors: FCAST_E_ARG where r_max is not in the range above or there is no bin; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pairs_create(size_t n_bins, double r_max, fcast_domain domain,
                                                           fcast_pairs *out, fcast_error *err);

/* Count the pairs of a frame in. Between walls the expectation is that of the isotropised set covariance of the
 * rectangle (Stoyan, Kendall and Mecke 1995, section 4.6). Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_pairs_add(const double *positions, size_t n_agents, fcast_domain domain,
                                                        fcast_pairs *pairs, fcast_error *err);
FCAST_API void fcast_pairs_clear(fcast_pairs *pairs);

/* --- number fluctuations --- */

/* Numbers of agents in the n_divisions x n_divisions equal parts of the box, over all parts and all frames added: start
 * from {.n_divisions = n} and add. */
typedef struct fcast_numbers {
  size_t n_divisions;
  double n_counts;     /* parts times frames */
  double sum, squares; /* of the numbers */
} fcast_numbers;

/* Count a frame in. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_numbers_add(const double *positions, size_t n_agents, fcast_domain domain,
                                                          fcast_numbers *numbers, fcast_error *err);

/* Mean and standard deviation over parts and frames; nan where nothing was added. */
FCAST_API double fcast_numbers_mean(const fcast_numbers *numbers);
FCAST_API double fcast_numbers_std(const fcast_numbers *numbers);

/* The exponent a of std ~ mean^a by least squares of the logarithms, over the sizes whose parts are at most 1/16 of the
 * box, since the number in the whole box hardly fluctuates, and hold at least one agent on average: 1/2 for independent
 * agents, larger for giant number fluctuations (Chate, Ginelli and Montagne 2006). nan where fewer than two sizes are
 * left. */
FCAST_API double fcast_numbers_exponent(const fcast_numbers *numbers, size_t n_sizes);

/* --- clusters --- */

/* Agents at most `link` apart belong to one cluster, and so do their neighbours. Owner: the caller,
 * fcast_clusters_clear. */
typedef struct fcast_clusters {
  size_t n_agents;
  size_t n_present;  /* agents that are there */
  size_t n_clusters; /* those of one agent counted */
  size_t largest;    /* agents in the largest */
  double mean_size;  /* of the cluster an agent is in: sum of squares of sizes over n_present; 0 without agents */
  size_t *label;     /* [agent]: the first agent of its cluster; SIZE_MAX for one that is not there */
  size_t *size;      /* [agent]: agents in its cluster where it is the first one; else 0 */
} fcast_clusters;

/* Find them. `out` is allocated here. Errors: FCAST_E_ARG where `link` is not positive; FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_clusters_find(const double *positions, size_t n_agents,
                                                            fcast_domain domain, double link, fcast_clusters *out,
                                                            fcast_error *err);
FCAST_API void fcast_clusters_clear(fcast_clusters *clusters);

#ifdef __cplusplus
}
#endif
#endif
