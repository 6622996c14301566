/* SPDX-License-Identifier: MIT
 *
 * How wrong a chosen model's forecasts are, from runs it was not fitted to.
 */
#ifndef FLOCKCAST_CLI_CALIBRATE_H
#define FLOCKCAST_CLI_CALIBRATE_H

#include "io/latent_files.h"

/* What a candidate is fitted again from, without one fold after the other. Borrows everything. */
typedef struct fcast_held_out {
  const fcast_series_source *fields; /* [frame, 1 + 2 n_moments, cell] of the runs that the choice was made by */
  const fcast_pod *pod;              /* basis of the density of all runs */
  const fcast_shell_sums *sums;      /* of these runs; empty for POD candidates */
  size_t n_known;
  bool stable; /* models are made stable */
} fcast_held_out;

/* Fill in chosen->uncertainty, whose residual covariance is there: the chosen candidate is fitted without each fold and
 * forecasts the judged runs of it, delivered as any forecast is (lifted, without negative cells where the configuration
 * says so); errors are compared with the variance that the model predicts. While there are at most as many frames as
 * cells, every fold has a POD basis of its own; else that of all runs serves (as in fcast_search_pod). Results do not
 * depend on the number of threads. Where a fit without a fold has no solution, or a number is not finite, nothing is
 * known: the struct is empty (n_leads = 0). Errors: those of the source; FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_calibrate(const fcast_held_out *held_out, fcast_chosen *chosen, fcast_error *err);

#endif
