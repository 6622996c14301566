/* SPDX-License-Identifier: MIT
 *
 * Test runs predicted and scored from files: what the tables, pictures and the closing report are made of.
 */
#ifndef FLOCKCAST_CLI_EVALUATION_H
#define FLOCKCAST_CLI_EVALUATION_H

#include "cluster/ensemble.h"
#include "io/run_files.h"

#include "flockcast/evaluate.h"
#include "flockcast/mvar.h"
#include "flockcast/pod.h"

/* One test run. After scoring, the fields are let go: a run to be drawn is read again. */
typedef struct fcast_test_run {
  char *directory;
  fcast_run_facts facts;
  fcast_fields truth; /* rho is NULL once scored */
  fcast_order_params order;
  fcast_scores scores;
} fcast_test_run;

typedef struct fcast_evaluation {
  fcast_pod pod;
  fcast_mvar mvar;
  size_t n_runs;
  fcast_test_run *runs;
  size_t n_types;
  const char **types; /* [n_types]: initial-condition types in order of first appearance; borrowed from the runs */
  size_t *best_run;   /* [n_types]: the run of each type with the largest r2 */
} fcast_evaluation;

/* Read the models and all test runs under `oscar_dir`, predict and score them, in parallel. `n_expected` runs must be
 * there (0: at least one). Errors: those of the files, each naming one; FCAST_E_SHAPE where a run does not fit the
 * models. */
FCAST_MUST_CHECK fcast_status fcast_evaluation_create(const char *oscar_dir, size_t n_expected, fcast_evaluation *out,
                                                      fcast_error *err);
void fcast_evaluation_clear(fcast_evaluation *evaluation);

/* Read truth->rho of a run again and predict it: prediction[n_forecast, ny, nx] is allocated here.
 * Errors: those of the files, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_evaluation_predict(const fcast_evaluation *evaluation, fcast_test_run *run,
                                                       double **prediction, fcast_error *err);

/* Mean over runs of one score; nan where one of them is nan. `offset` is its place in fcast_scores. `type` NULL: all.
 */
double fcast_evaluation_mean(const fcast_evaluation *evaluation, size_t offset, const char *type);

#endif
