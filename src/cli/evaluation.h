/* SPDX-License-Identifier: MIT
 *
 * Test runs predicted and scored from files: what the tables, pictures and the closing report are made of.
 */
#ifndef FLOCKCAST_CLI_EVALUATION_H
#define FLOCKCAST_CLI_EVALUATION_H

#include "cluster/ensemble.h"
#include "io/latent_files.h"
#include "io/run_files.h"

#include "flockcast/evaluate.h"
#include "flockcast/field.h"
#include "flockcast/mvar.h"
#include "flockcast/pod.h"

/* The models that are scored: the specified one always, the chosen and the field model where their files are there. */
typedef enum fcast_model_kind { FCAST_SPECIFIED, FCAST_CHOSEN, FCAST_FIELD, FCAST_N_MODELS } fcast_model_kind;

/* One test run. After scoring, the fields are let go: a run to be drawn is read again. */
typedef struct fcast_test_run {
  char *directory;
  fcast_run_facts facts;
  fcast_fields truth; /* rho is NULL once scored */
  fcast_order_params order;
  fcast_scores scores[FCAST_N_MODELS]; /* of a model that is not there: empty */
  double *polarization;                /* [n_forecast]: as the field model forecasts it; NULL without */
  double *r2_one_step;                 /* [n_forecast]: of its forecasts of a frame from the one before; NULL without */
  double *polarization_std;            /* [n_forecast]: how sure it is of it; NULL where that is not known */
  fcast_error refusal;                 /* why the field model refuses this run; FCAST_OK where it does not */
  fcast_interval_scores intervals[FCAST_N_MODELS]; /* where fcast_evaluation_has_intervals */
  double r2_limit;                                 /* of the noise limit (limit.npz); nan where there is none */
  double *r2_lead_limit;                           /* [n_forecast]: of its single frames; NULL where there is none */
} fcast_test_run;

/* What is known of the runs that the models were trained on (trained_on.h); nan: not known. */
typedef struct fcast_trained_on {
  size_t n_train; /* how many runs; 0 where it is not known */
  size_t n_runs;  /* those that are named */
  char (*names)[32];
  int64_t *seeds; /* [n_runs]: -1 where it is not known */
  double nx, ny, box_x, box_y, interval;
  json_t *config;     /* the sections that the runs themselves say */
  json_t *provenance; /* of the training; NULL where it is not known */
} fcast_trained_on;

typedef struct fcast_evaluation {
  fcast_trained_on trained_on;
  fcast_pod pod;
  fcast_mvar mvar;
  bool has_chosen;
  fcast_chosen chosen; /* its uncertainty may be unknown: n_leads = 0 */
  bool has_field;
  fcast_field_model field;
  fcast_field_plan *field_plan;
  fcast_model_kind shown; /* the model with the larger mean r2: it is drawn */
  size_t n_runs;
  fcast_test_run *runs;
  size_t n_types;
  const char **types; /* [n_types]: initial-condition types in order of first appearance; borrowed from the runs */
  size_t *best_run;   /* [n_types]: the run of each type with the largest r2 of the model shown */
} fcast_evaluation;

/* Read the models and all test runs under `oscar_dir`, predict and score them, in parallel. `n_expected` runs must be
 * there (0: at least one). Errors: those of the files, each naming one; FCAST_E_SHAPE where a run does not fit the
 * models. */
FCAST_MUST_CHECK fcast_status fcast_evaluation_create(const char *oscar_dir, size_t n_expected, fcast_evaluation *out,
                                                      fcast_error *err);
void fcast_evaluation_clear(fcast_evaluation *evaluation);

/* Whether a model is there. */
bool fcast_evaluation_has(const fcast_evaluation *evaluation, fcast_model_kind model);

/* "specified model", "chosen model", "field model". */
const char *fcast_model_name(fcast_model_kind model);

/* Read truth->rho of a run again and predict it with one model: prediction[n_forecast, ny, nx] is allocated here.
 * Errors: those of the files, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_evaluation_predict(const fcast_evaluation *evaluation, fcast_model_kind model,
                                                       fcast_test_run *run, double **prediction, fcast_error *err);

/* Whether it is known how wrong a model is. */
bool fcast_evaluation_has_intervals(const fcast_evaluation *evaluation, fcast_model_kind model);

/* Means over runs of the scores of a model's intervals, which must be there. */
fcast_interval_scores fcast_evaluation_intervals(const fcast_evaluation *evaluation, fcast_model_kind model);

/* [n_leads, 3]: p10, median and p90 of the r2 of a frame that are expected of a model; NULL where that is not known. */
const double *fcast_evaluation_expected_r2(const fcast_evaluation *evaluation, fcast_model_kind model, size_t *n_leads);

/* Share of the forecast frames of a run whose r2 by a model is within the p10 to p90 expected. */
double fcast_evaluation_expected(const fcast_evaluation *evaluation, fcast_model_kind model, const fcast_test_run *run);

/* Mean over runs of one score of a model; nan where one of them is nan. `offset` is its place in fcast_scores. `type`
 * NULL: all. */
double fcast_evaluation_mean(const fcast_evaluation *evaluation, fcast_model_kind model, size_t offset,
                             const char *type);

/* Mean r2 of the noise limit over the runs that have one, and how many they are. */
double fcast_evaluation_limit(const fcast_evaluation *evaluation, size_t *n_runs);

/* The run of a type with the largest r2 of a model, where nan is the worst. */
size_t fcast_evaluation_best(const fcast_evaluation *evaluation, fcast_model_kind model, const char *type);

/* How much larger the mean r2 of one model is than that of another, over runs, with its 95 % interval
 * (fcast_bootstrap_mean). nan where a forecast overflows. */
typedef struct fcast_gain {
  double mean, lo, hi;
} fcast_gain;
FCAST_MUST_CHECK fcast_status fcast_evaluation_gain(const fcast_evaluation *evaluation, fcast_model_kind better,
                                                    fcast_model_kind worse, fcast_gain *out, fcast_error *err);

/* The same of a model over persistence. */
FCAST_MUST_CHECK fcast_status fcast_evaluation_gain_over_persistence(const fcast_evaluation *evaluation,
                                                                     fcast_model_kind model, fcast_gain *out,
                                                                     fcast_error *err);

#endif
