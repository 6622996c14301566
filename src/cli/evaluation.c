/* SPDX-License-Identifier: MIT */
#include "cli/all_models.h"
#include "cli/evaluation_score.h"
#include "cli/progress.h"
#include "cli/trained_on.h"

#include "io/field_file.h"
#include "io/file.h"
#include "io/model_files.h"
#include "io/training_files.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

bool fcast_evaluation_has(const fcast_evaluation *evaluation, fcast_model_kind model) {
  const bool is_there[FCAST_N_MODELS] = {true, evaluation->has_chosen, evaluation->has_field};
  return is_there[model];
}

const char *fcast_model_name(fcast_model_kind model) {
  static const char *const names[FCAST_N_MODELS] = {"specified model", "chosen model", "field model"};
  return names[model];
}

static fcast_status list_runs(const char *oscar_dir, size_t n_expected, fcast_evaluation *out, fcast_error *err) {
  fcast_run_list list = {0};
  char *test_dir = fcast_format("%s/test", oscar_dir);
  if (test_dir == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
  }
  fcast_status status = fcast_run_list_read(test_dir, FCAST_MODE_TEST, &list, err);
  if (status == FCAST_OK) {
    status = fcast_run_list_require(&list, test_dir, FCAST_MODE_TEST, n_expected, err);
  }
  if (status == FCAST_OK) {
    out->runs = fcast_alloc_array(list.n_runs, sizeof *out->runs);
    out->n_runs = out->runs == NULL ? 0 : list.n_runs;
    status = out->runs == NULL ? FCAST_E_NOMEM : FCAST_OK;
  }
  for (size_t i = 0; i < out->n_runs; i++) {
    out->runs[i].directory = fcast_format("%s/%s", test_dir, list.names[i]);
    status = out->runs[i].directory == NULL ? FCAST_E_NOMEM : status;
  }
  if (status == FCAST_E_NOMEM) {
    (void)fcast_fail(err, status, "%s: out of memory for %zu runs", test_dir, list.n_runs);
  }
  fcast_run_list_clear(&list);
  fcast_free(test_dir);
  return status;
}

/* What the runs say of themselves, against each other and what the models were trained on. */
static fcast_status read_facts(fcast_evaluation *out, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < out->n_runs; i++) {
    status = fcast_run_read_facts(out->runs[i].directory, &out->runs[i].facts, err);
  }
  return status == FCAST_OK ? fcast_trained_on_check_seeds(&out->trained_on, out->runs, out->n_runs, err) : status;
}

static size_t find_type(const fcast_evaluation *evaluation, const char *type) {
  size_t i = 0;
  while (i < evaluation->n_types && strcmp(evaluation->types[i], type) != 0) {
    i++;
  }
  return i;
}

size_t fcast_evaluation_best(const fcast_evaluation *evaluation, fcast_model_kind model, const char *type) {
  size_t best = evaluation->n_runs;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (strcmp(evaluation->runs[i].facts.ic_type, type) != 0) {
      continue;
    }
    const double r2 = evaluation->runs[i].scores[model].r2;
    const double largest = best < evaluation->n_runs ? evaluation->runs[best].scores[model].r2 : (double)NAN;
    if (best == evaluation->n_runs || r2 > largest || (isnan(largest) && !isnan(r2))) {
      best = i;
    }
  }
  return best;
}

/* Types in order of first appearance, and the best run of each. */
static fcast_status group_by_type(fcast_evaluation *evaluation, fcast_error *err) {
  evaluation->types = fcast_alloc_array(evaluation->n_runs, sizeof *evaluation->types);
  evaluation->best_run = fcast_alloc_array(evaluation->n_runs, sizeof *evaluation->best_run);
  if (evaluation->types == NULL || evaluation->best_run == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", evaluation->n_runs);
  }
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const char *type = evaluation->runs[i].facts.ic_type;
    if (find_type(evaluation, type) == evaluation->n_types) {
      evaluation->best_run[evaluation->n_types] = fcast_evaluation_best(evaluation, evaluation->shown, type);
      evaluation->types[evaluation->n_types++] = type;
    }
  }
  return FCAST_OK;
}

/* The model with the largest mean r2; of equal ones, and against one that overflows, the later. */
static fcast_model_kind find_shown(const fcast_evaluation *evaluation) {
  fcast_model_kind shown = FCAST_SPECIFIED;
  double best = fcast_evaluation_mean(evaluation, shown, offsetof(fcast_scores, r2), NULL);
  for (int model = FCAST_CHOSEN; model < FCAST_N_MODELS; model++) {
    const double r2 = fcast_evaluation_mean(evaluation, (fcast_model_kind)model, offsetof(fcast_scores, r2), NULL);
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model) && (r2 > best || isnan(best))) {
      shown = (fcast_model_kind)model;
      best = r2;
    }
  }
  return shown;
}

static void take_models(const fcast_models *from, fcast_evaluation *to) {
  to->pod = from->pod;
  to->mvar = from->mvar;
  to->has_chosen = from->has_chosen;
  to->chosen = from->chosen;
  to->has_field = from->has_field;
  to->field = from->field;
}

/* All models, which must be of one training. Its report is read once: first, since nothing is to be done where it is
 * damaged, and compared last (see fcast_training_check_files). */
static fcast_status read_training(const char *oscar_dir, fcast_evaluation *out, fcast_error *err) {
  const fcast_training_demand demand = {.with_tables = false};
  fcast_models all = {0};
  json_t *report = NULL;
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_training_read(models, &report, err);
  if (status == FCAST_OK) {
    status = fcast_models_read(oscar_dir, &all, err);
  }
  status = fcast_training_check_files(models, report, &demand, status, err);
  if (status == FCAST_OK) {
    status = fcast_trained_on_read(report, &out->trained_on, err);
  }
  take_models(&all, out);
  if (status == FCAST_OK && out->has_field) {
    status = fcast_field_plan_create(&out->field, &out->field_plan, err);
  }
  json_decref(report);
  fcast_free(models);
  return status;
}

fcast_status fcast_evaluation_create(const char *oscar_dir, size_t n_expected, fcast_evaluation *out,
                                     fcast_error *err) {
  *out = (fcast_evaluation){0};
  fcast_status status = read_training(oscar_dir, out, err);
  if (status == FCAST_OK) {
    status = list_runs(oscar_dir, n_expected, out, err);
  }
  if (status == FCAST_OK) {
    status = read_facts(out, err);
  }
  if (status == FCAST_OK) {
    status = fcast_evaluation_score(out, err);
  }
  if (status == FCAST_OK) {
    out->shown = find_shown(out);
    fcast_explain("", "drawn is the %s, whose mean r2 is the largest", fcast_model_name(out->shown));
    status = group_by_type(out, err);
  }
  if (status != FCAST_OK) {
    fcast_evaluation_clear(out);
  }
  return status;
}

void fcast_evaluation_clear(fcast_evaluation *evaluation) {
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    fcast_test_run *run = &evaluation->runs[i];
    fcast_free(run->directory);
    fcast_run_facts_clear(&run->facts);
    fcast_fields_clear(&run->truth);
    fcast_order_params_clear(&run->order);
    fcast_free(run->r2_lead_limit);
    fcast_free(run->polarization);
    fcast_free(run->polarization_std);
    fcast_free(run->r2_one_step);
    for (int model = 0; model < FCAST_N_MODELS; model++) {
      fcast_scores_clear(&run->scores[model]);
    }
  }
  fcast_trained_on_clear(&evaluation->trained_on);
  fcast_free(evaluation->runs);
  fcast_free(evaluation->types);
  fcast_free(evaluation->best_run);
  fcast_chosen_clear(&evaluation->chosen);
  fcast_field_plan_destroy(evaluation->field_plan);
  fcast_field_model_clear(&evaluation->field);
  fcast_mvar_clear(&evaluation->mvar);
  fcast_pod_clear(&evaluation->pod);
  *evaluation = (fcast_evaluation){0};
}

double fcast_evaluation_mean(const fcast_evaluation *evaluation, fcast_model_kind model, size_t offset,
                             const char *type) {
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (type == NULL || strcmp(evaluation->runs[i].facts.ic_type, type) == 0) {
      sum += *(const double *)(const void *)((const char *)&evaluation->runs[i].scores[model] + offset);
      n++;
    }
  }
  return sum / (double)n;
}

bool fcast_evaluation_has_intervals(const fcast_evaluation *evaluation, fcast_model_kind model) {
  return model == FCAST_CHOSEN  ? evaluation->has_chosen && evaluation->chosen.uncertainty.n_leads > 0
         : model == FCAST_FIELD ? evaluation->has_field && evaluation->field.errors.n_leads > 0
                                : false;
}

const double *fcast_evaluation_expected_r2(const fcast_evaluation *evaluation, fcast_model_kind model,
                                           size_t *n_leads) {
  const bool is_known = fcast_evaluation_has_intervals(evaluation, model);
  const bool is_field = model == FCAST_FIELD;
  *n_leads = !is_known ? 0 : is_field ? evaluation->field.errors.n_leads : evaluation->chosen.uncertainty.n_leads;
  return !is_known  ? NULL
         : is_field ? evaluation->field.errors.expected_r2
                    : evaluation->chosen.uncertainty.held_out_r2;
}

fcast_interval_scores fcast_evaluation_intervals(const fcast_evaluation *evaluation, fcast_model_kind model) {
  fcast_interval_scores mean = {0};
  const double n = (double)evaluation->n_runs;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_interval_scores *run = &evaluation->runs[i].intervals[model];
    mean.crps += run->crps / n;
    mean.crps_persistence += run->crps_persistence / n;
    mean.coverage_50 += run->coverage_50 / n;
    mean.coverage_90 += run->coverage_90 / n;
    mean.mean_std += run->mean_std / n;
  }
  return mean;
}

double fcast_evaluation_expected(const fcast_evaluation *evaluation, fcast_model_kind model,
                                 const fcast_test_run *run) {
  size_t n_leads = 0;
  const double *expected = fcast_evaluation_expected_r2(evaluation, model, &n_leads);
  const fcast_scores *scores = &run->scores[model];
  const size_t n = scores->n_forecast < n_leads ? scores->n_forecast : n_leads;
  size_t n_inside = 0;
  for (size_t lead = 0; lead < n; lead++) {
    const double r2 = scores->r2_lead[lead];
    n_inside += r2 >= expected[3 * lead] && r2 <= expected[3 * lead + 2];
  }
  return (double)n_inside / (double)n;
}

double fcast_evaluation_limit(const fcast_evaluation *evaluation, size_t *n_runs) {
  double sum = 0.0;
  *n_runs = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (evaluation->runs[i].r2_lead_limit != NULL) {
      sum += evaluation->runs[i].r2_limit;
      (*n_runs)++;
    }
  }
  return sum / (double)*n_runs;
}

/* Takes the gains over. */
static fcast_status gain_of_runs(double *gains, size_t n_runs, fcast_gain *out, fcast_error *err) {
  out->mean = 0.0;
  for (size_t i = 0; i < n_runs; i++) {
    out->mean += gains[i] / (double)n_runs;
  }
  const fcast_status status = fcast_bootstrap_mean(gains, n_runs, &out->lo, &out->hi, err);
  fcast_free(gains);
  return status;
}

fcast_status fcast_evaluation_gain(const fcast_evaluation *evaluation, fcast_model_kind better, fcast_model_kind worse,
                                   fcast_gain *out, fcast_error *err) {
  double *gains = fcast_alloc_array(evaluation->n_runs, sizeof *gains);
  if (gains == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to compare %zu runs", evaluation->n_runs);
  }
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    gains[i] = evaluation->runs[i].scores[better].r2 - evaluation->runs[i].scores[worse].r2;
  }
  return gain_of_runs(gains, evaluation->n_runs, out, err);
}

fcast_status fcast_evaluation_gain_over_persistence(const fcast_evaluation *evaluation, fcast_model_kind model,
                                                    fcast_gain *out, fcast_error *err) {
  double *gains = fcast_alloc_array(evaluation->n_runs, sizeof *gains);
  if (gains == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to compare %zu runs", evaluation->n_runs);
  }
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_scores *scores = &evaluation->runs[i].scores[model];
    gains[i] = scores->r2 - scores->r2_persistence;
  }
  return gain_of_runs(gains, evaluation->n_runs, out, err);
}
