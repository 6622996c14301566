/* SPDX-License-Identifier: MIT */
#include "cli/metrics_csv.h"

#include "cli/csv.h"
#include "cli/json_report.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fcast_metrics_suffix(fcast_model_kind model) {
  static const char *const suffixes[FCAST_N_MODELS] = {"all_runs", "selected", "field"};
  return suffixes[model];
}

typedef struct column {
  const char *name;
  size_t offset; /* of a double in fcast_scores */
} column;

static const column run_columns[] = {
    {"r2", offsetof(fcast_scores, r2)},
    {"r2_padded", offsetof(fcast_scores, r2_padded)},
    {"r2_persistence", offsetof(fcast_scores, r2_persistence)},
    {"r2_mean", offsetof(fcast_scores, r2_mean)},
    {"r2_pod", offsetof(fcast_scores, r2_pod)},
    {"median_e1", offsetof(fcast_scores, median_e1)},
    {"median_e2", offsetof(fcast_scores, median_e2)},
    {"p10_e2", offsetof(fcast_scores, p10_e2)},
    {"p90_e2", offsetof(fcast_scores, p90_e2)},
    {"median_einf", offsetof(fcast_scores, median_einf)},
    {"rmse", offsetof(fcast_scores, rmse)},
    {"mean_mass_error", offsetof(fcast_scores, mean_mass_error)},
    {"max_mass_error", offsetof(fcast_scores, max_mass_error)},
    {"min_density", offsetof(fcast_scores, min_density)},
};
enum { N_RUN_COLUMNS = sizeof run_columns / sizeof run_columns[0] };

static double value_at(const fcast_scores *scores, size_t offset) {
  return *(const double *)(const void *)((const char *)scores + offset);
}

/* A table made in memory and written whole or not at all. */
typedef fcast_status (*table_writer)(FILE *stream, const fcast_evaluation *evaluation, fcast_model_kind model,
                                     fcast_error *err);

static fcast_status write_table(const char *path, const fcast_evaluation *evaluation, fcast_model_kind model,
                                table_writer write, fcast_error *err) {
  fcast_csv csv;
  const fcast_status status = fcast_csv_begin(&csv, path, err);
  return status == FCAST_OK ? fcast_csv_finish(&csv, path, write(csv.stream, evaluation, model, err), err) : status;
}

/* Share of what is possible between persistence and the noise limit. */
static double skill_of_limit(const fcast_test_run *run, fcast_model_kind model) {
  const fcast_scores *scores = &run->scores[model];
  return (scores->r2 - scores->r2_persistence) / (run->r2_limit - scores->r2_persistence);
}

static fcast_status write_runs(FILE *stream, const fcast_evaluation *evaluation, fcast_model_kind model,
                               fcast_error *err) {
  (void)err;
  (void)fprintf(stream, "run_name,ic_type");
  for (size_t c = 0; c < N_RUN_COLUMNS; c++) {
    (void)fprintf(stream, ",%s", run_columns[c].name);
  }
  (void)fprintf(stream, ",tau_tol,n_forecast,skill,horizon,r2_limit,skill_limit\n");
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    (void)fprintf(stream, "%s,%s", run->facts.run_name, run->facts.ic_type);
    for (size_t c = 0; c < N_RUN_COLUMNS; c++) {
      fcast_csv_number(stream, value_at(&run->scores[model], run_columns[c].offset));
    }
    (void)fprintf(stream, ",%zu,%zu", run->scores[model].tau_tol, run->scores[model].n_forecast);
    fcast_csv_number(stream, run->scores[model].skill);
    (void)fprintf(stream, ",%zu", run->scores[model].horizon);
    fcast_csv_number(stream, run->r2_limit);
    fcast_csv_number(stream, skill_of_limit(run, model));
    (void)fprintf(stream, "\n");
  }
  return FCAST_OK;
}

json_t *fcast_metrics_json(const fcast_evaluation *evaluation, fcast_model_kind model) {
  json_t *rows = json_array();
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    const fcast_scores *scores = &run->scores[model];
    json_t *row = json_pack("{s:s, s:s}", "run_name", run->facts.run_name, "ic_type", run->facts.ic_type);
    for (size_t c = 0; c < N_RUN_COLUMNS; c++) {
      (void)json_object_set_new(row, run_columns[c].name, fcast_json_number(value_at(scores, run_columns[c].offset)));
    }
    json_t *others = json_pack("{s:I, s:I, s:o, s:I, s:o, s:o}", "tau_tol", (json_int_t)scores->tau_tol, "n_forecast",
                               (json_int_t)scores->n_forecast, "skill", fcast_json_number(scores->skill), "horizon",
                               (json_int_t)scores->horizon, "r2_limit", fcast_json_number(run->r2_limit), "skill_limit",
                               fcast_json_number(skill_of_limit(run, model)));
    (void)json_object_update(row, others);
    json_decref(others);
    (void)json_array_append_new(rows, row);
  }
  return rows;
}

json_t *fcast_metrics_means_json(const fcast_evaluation *evaluation, fcast_model_kind model) {
  json_t *means = json_object();
  for (size_t c = 0; c < N_RUN_COLUMNS; c++) {
    const double mean = fcast_evaluation_mean(evaluation, model, run_columns[c].offset, NULL);
    (void)json_object_set_new(means, run_columns[c].name, fcast_json_number(mean));
  }
  return means;
}

/* Values of one column over the runs of a type; returns how many. */
static size_t gather(const fcast_evaluation *evaluation, fcast_model_kind model, const char *type, size_t offset,
                     double *values) {
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (strcmp(evaluation->runs[i].facts.ic_type, type) == 0) {
      values[n++] = value_at(&evaluation->runs[i].scores[model], offset);
    }
  }
  return n;
}

/* Sample standard deviation (n - 1), as pandas; nan for one run. */
static double sample_deviation(const double *values, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i];
  }
  double squares = 0.0;
  for (size_t i = 0; i < n; i++) {
    squares += (values[i] - sum / (double)n) * (values[i] - sum / (double)n);
  }
  return n > 1 ? sqrt(squares / (double)(n - 1)) : (double)NAN;
}

static void write_type(FILE *stream, const fcast_evaluation *evaluation, fcast_model_kind model, size_t type,
                       double *values, double *scratch) {
  const char *name = evaluation->types[type];
  const size_t r2 = offsetof(fcast_scores, r2);
  const size_t e2 = offsetof(fcast_scores, median_e2);
  const size_t best = fcast_evaluation_best(evaluation, model, name);
  const size_t n_runs = gather(evaluation, model, name, r2, values);
  (void)fprintf(stream, "%s,%zu", name, n_runs);
  fcast_csv_number(stream, fcast_evaluation_mean(evaluation, model, r2, name));
  fcast_csv_number(stream, sample_deviation(values, n_runs));
  fcast_csv_number(stream, fcast_percentile(values, n_runs, 50.0, scratch));
  fcast_csv_number(stream, fcast_evaluation_mean(evaluation, model, offsetof(fcast_scores, r2_persistence), name));
  fcast_csv_number(stream, fcast_evaluation_mean(evaluation, model, offsetof(fcast_scores, r2_mean), name));
  fcast_csv_number(stream, fcast_evaluation_mean(evaluation, model, offsetof(fcast_scores, r2_pod), name));
  fcast_csv_number(stream, fcast_evaluation_mean(evaluation, model, e2, name));
  (void)gather(evaluation, model, name, e2, values);
  fcast_csv_number(stream, sample_deviation(values, n_runs));
  (void)fprintf(stream, ",%s", evaluation->runs[best].facts.run_name);
  fcast_csv_number(stream, evaluation->runs[best].scores[model].r2);
  (void)fprintf(stream, "\n");
}

static fcast_status write_types(FILE *stream, const fcast_evaluation *evaluation, fcast_model_kind model,
                                fcast_error *err) {
  double *values = fcast_alloc_array(2 * evaluation->n_runs, sizeof *values);
  if (values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a table of %zu runs", evaluation->n_runs);
  }
  (void)fprintf(stream, "ic_type,n_runs,mean_r2,std_r2,median_r2,mean_r2_persistence,mean_r2_mean,mean_r2_pod,mean_e2,"
                        "std_e2,best_run,best_r2\n");
  for (size_t type = 0; type < evaluation->n_types; type++) {
    write_type(stream, evaluation, model, type, values, values + evaluation->n_runs);
  }
  fcast_free(values);
  return FCAST_OK;
}

/* --- r2 against lead time --- */

/* Values of one frame's r2 over the runs that reach that far; returns how many. */
static size_t gather_lead(const fcast_evaluation *evaluation, fcast_model_kind model, size_t offset, size_t lead,
                          double *values) {
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_scores *scores = &evaluation->runs[i].scores[model];
    if (lead < scores->n_forecast) {
      values[n++] = (*(double *const *)(const void *)((const char *)scores + offset))[lead];
    }
  }
  return n;
}

/* The same of the noise limit, over the runs that have one. */
static size_t gather_limit(const fcast_evaluation *evaluation, size_t lead, double *values) {
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    if (run->r2_lead_limit != NULL && lead < run->scores[FCAST_SPECIFIED].n_forecast) {
      values[n++] = run->r2_lead_limit[lead];
    }
  }
  return n;
}

/* The same of single steps of the field model, each from the true agents of the frame before. */
static size_t gather_one_step(const fcast_evaluation *evaluation, fcast_model_kind model, size_t lead, double *values) {
  size_t n = 0;
  for (size_t i = 0; model == FCAST_FIELD && i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    if (run->r2_one_step != NULL && lead < run->scores[FCAST_FIELD].n_forecast) {
      values[n++] = run->r2_one_step[lead];
    }
  }
  return n;
}

static void write_spread(FILE *stream, const double *values, size_t n, double *scratch) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i];
  }
  fcast_csv_number(stream, sum / (double)n);
  fcast_csv_number(stream, fcast_percentile(values, n, 50.0, scratch));
  fcast_csv_number(stream, fcast_percentile(values, n, 10.0, scratch));
  fcast_csv_number(stream, fcast_percentile(values, n, 90.0, scratch));
}

static void write_lead(FILE *stream, const fcast_evaluation *evaluation, const fcast_test_run *longest, size_t lead,
                       double *values) {
  static const size_t columns[] = {offsetof(fcast_scores, r2_lead), offsetof(fcast_scores, r2_lead_persistence),
                                   offsetof(fcast_scores, r2_lead_pod)};
  double *scratch = values + evaluation->n_runs;
  const size_t frame = longest->scores[FCAST_SPECIFIED].n_known + lead;
  static const char *const names[FCAST_N_MODELS] = {"specified", "selected", "field"};
  for (int model = 0; model < FCAST_N_MODELS; model++) {
    if (!fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      continue;
    }
    const size_t n = gather_lead(evaluation, (fcast_model_kind)model, columns[0], lead, values);
    (void)fprintf(stream, "%s,%zu,%zu", names[model], lead + 1, frame);
    fcast_csv_number(stream, longest->truth.times[frame] - longest->truth.times[frame - lead - 1]);
    (void)fprintf(stream, ",%zu", n);
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
      write_spread(stream, values, gather_lead(evaluation, (fcast_model_kind)model, columns[c], lead, values), scratch);
    }
    write_spread(stream, values, gather_limit(evaluation, lead, values), scratch);
    write_spread(stream, values, gather_one_step(evaluation, (fcast_model_kind)model, lead, values), scratch);
    (void)fprintf(stream, "\n");
  }
}

static fcast_status write_leads(FILE *stream, const fcast_evaluation *evaluation, fcast_model_kind model,
                                fcast_error *err) {
  (void)model;
  double *values = fcast_alloc_array(2 * evaluation->n_runs, sizeof *values);
  if (values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a table of %zu runs", evaluation->n_runs);
  }
  const fcast_test_run *longest = &evaluation->runs[0];
  for (size_t i = 1; i < evaluation->n_runs; i++) {
    if (evaluation->runs[i].truth.n_frames > longest->truth.n_frames) {
      longest = &evaluation->runs[i];
    }
  }
  (void)fprintf(stream, "model,lead,frame,time,n_runs");
  static const char *const spreads[] = {"r2", "persistence", "basis", "limit", "one_step"};
  for (size_t i = 0; i < sizeof spreads / sizeof spreads[0]; i++) {
    const char *name = spreads[i];
    (void)fprintf(stream, ",%s,%s_median,%s_p10,%s_p90", name, name, name, name);
  }
  (void)fprintf(stream, "\n");
  for (size_t lead = 0; lead < longest->scores[FCAST_SPECIFIED].n_forecast; lead++) {
    write_lead(stream, evaluation, longest, lead, values);
  }
  fcast_free(values);
  return FCAST_OK;
}

/* --- intervals --- */

static fcast_status write_intervals(FILE *stream, const fcast_evaluation *evaluation, fcast_model_kind model,
                                    fcast_error *err) {
  (void)err;
  (void)fprintf(stream, "run_name,ic_type,crps,crps_persistence,coverage_50,coverage_90,mean_std,expected_share\n");
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    const fcast_interval_scores *scores = &run->intervals[model];
    const double values[] = {scores->crps,        scores->crps_persistence,
                             scores->coverage_50, scores->coverage_90,
                             scores->mean_std,    fcast_evaluation_expected(evaluation, model, run)};
    (void)fprintf(stream, "%s,%s", run->facts.run_name, run->facts.ic_type);
    for (size_t c = 0; c < sizeof values / sizeof values[0]; c++) {
      fcast_csv_number(stream, values[c]);
    }
    (void)fprintf(stream, "\n");
  }
  return FCAST_OK;
}

fcast_status fcast_metrics_write_runs(const char *path, const fcast_evaluation *evaluation, fcast_model_kind model,
                                      fcast_error *err) {
  return write_table(path, evaluation, model, write_runs, err);
}

fcast_status fcast_metrics_write_types(const char *path, const fcast_evaluation *evaluation, fcast_model_kind model,
                                       fcast_error *err) {
  return write_table(path, evaluation, model, write_types, err);
}

fcast_status fcast_metrics_write_leads(const char *path, const fcast_evaluation *evaluation, fcast_error *err) {
  return write_table(path, evaluation, FCAST_SPECIFIED, write_leads, err);
}

fcast_status fcast_metrics_write_intervals(const char *path, const fcast_evaluation *evaluation, fcast_model_kind model,
                                           fcast_error *err) {
  return write_table(path, evaluation, model, write_intervals, err);
}
