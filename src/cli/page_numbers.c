/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include "cli/metrics_csv.h"
#include "cli/report.h"

#include <math.h>
#include <string.h>

/* --- the headline --- */

/* Mean r2 over the runs with its 95 % interval, which ends at 1 as r2 does; nan where one is not finite. */
static fcast_status measure(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_gain *out,
                            fcast_error *err) {
  double *values = fcast_alloc_array(evaluation->n_runs, sizeof *values);
  if (values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", evaluation->n_runs);
  }
  out->mean = 0.0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    values[i] = evaluation->runs[i].scores[model].r2;
    out->mean += values[i] / (double)evaluation->n_runs;
  }
  const fcast_status status = fcast_bootstrap_mean(values, evaluation->n_runs, &out->lo, &out->hi, err);
  out->hi = out->hi > 1.0 ? 1.0 : out->hi;
  fcast_free(values);
  return status;
}

static json_t *interval_json(const fcast_gain *value) {
  return json_pack("[o, o, o]", fcast_page_number(value->mean), fcast_page_number(value->lo),
                   fcast_page_number(value->hi));
}

static json_t *calibration_json(const fcast_evaluation *evaluation, fcast_model_kind model) {
  if (!fcast_evaluation_has_intervals(evaluation, model)) {
    return json_null();
  }
  const fcast_interval_scores mean = fcast_evaluation_intervals(evaluation, model);
  return json_pack("{s:o, s:o, s:o, s:o}", "crps", fcast_page_number(mean.crps), "crps_persistence",
                   fcast_page_number(mean.crps_persistence), "coverage_50", fcast_page_number(mean.coverage_50),
                   "coverage_90", fcast_page_number(mean.coverage_90));
}

static size_t count_overflows(const fcast_evaluation *evaluation, fcast_model_kind model) {
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    n += isfinite(evaluation->runs[i].scores[model].rmse) ? 0 : 1;
  }
  return n;
}

static json_t *model_json(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_error *err) {
  fcast_gain r2 = {0};
  fcast_gain gain = {0};
  char text[128];
  if (measure(evaluation, model, &r2, err) != FCAST_OK ||
      fcast_evaluation_gain_over_persistence(evaluation, model, &gain, err) != FCAST_OK) {
    return NULL;
  }
  fcast_report_describe_model(evaluation, model, text);
  const double limit = fcast_evaluation_mean(evaluation, model, offsetof(fcast_scores, r2_pod), NULL);
  return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I}", "key", fcast_metrics_suffix(model), "name",
                   fcast_model_name(model), "text", text, "r2", interval_json(&r2), "gain", interval_json(&gain),
                   "limit", fcast_page_number(limit), "calibration", calibration_json(evaluation, model),
                   "n_overflowed", (json_int_t)count_overflows(evaluation, model));
}

json_t *fcast_page_headline(const fcast_evaluation *evaluation, fcast_error *err) {
  size_t n_limits = 0;
  const double noise_limit = fcast_evaluation_limit(evaluation, &n_limits);
  const double persistence =
      fcast_evaluation_mean(evaluation, FCAST_SPECIFIED, offsetof(fcast_scores, r2_persistence), NULL);
  json_t *models = json_array();
  const char *const verdict = fcast_report_verdict_key(evaluation, err);
  bool is_whole = models != NULL && verdict != NULL;
  for (int model = FCAST_N_MODELS - 1; is_whole && model >= 0; model--) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      is_whole = json_array_append_new(models, model_json(evaluation, (fcast_model_kind)model, err)) == 0;
    }
  }
  if (!is_whole) {
    json_decref(models);
    return NULL;
  }
  return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:o}", "shown", fcast_metrics_suffix(evaluation->shown),
                   "verdict", verdict, "n_runs", (json_int_t)evaluation->n_runs, "n_known",
                   (json_int_t)evaluation->mvar.lag, "n_types", (json_int_t)evaluation->n_types, "persistence",
                   fcast_page_number(persistence), "noise_limit", fcast_page_number(noise_limit), "n_limits",
                   (json_int_t)n_limits, "models", models);
}

/* --- every run against time --- */

/* Points of one curve such that all of an ensemble stay within a megabyte or so. */
static size_t step_of(const fcast_evaluation *evaluation) {
  enum { POINTS = 200000, CURVES = 12, FEWEST = 10 };
  const size_t n_frames = evaluation->runs[0].truth.n_frames;
  const size_t fair = POINTS / (CURVES * evaluation->n_runs);
  const size_t n_points = fair < FEWEST ? FEWEST : fair;
  return (n_frames + n_points - 1) / n_points;
}

static json_t *errors_json(const fcast_scores *scores, size_t step) {
  const size_t n = scores->n_forecast;
  return json_pack("{s:o, s:o, s:o, s:o}", "e1", fcast_page_numbers(scores->e1, n, step), "e2",
                   fcast_page_numbers(scores->e2, n, step), "einf", fcast_page_numbers(scores->einf, n, step), "r2",
                   fcast_page_numbers(scores->r2_lead, n, step));
}

static json_t *optional(const double *values, size_t n, size_t step) {
  return values == NULL ? json_null() : fcast_page_numbers(values, n, step);
}

static json_t *order_json(const fcast_test_run *run, size_t step) {
  const fcast_order_params *order = &run->order;
  const size_t n = order->n_frames;
  const size_t n_forecast = run->scores[FCAST_SPECIFIED].n_forecast;
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "polarization", optional(order->polarization, n, step), "nematic",
                   optional(order->nematic, n, step), "angular_momentum", optional(order->angular_momentum, n, step),
                   "mean_speed", optional(order->mean_speed, n, step), "forecast",
                   optional(run->polarization, n_forecast, step), "forecast_std",
                   optional(run->polarization_std, n_forecast, step));
}

static json_t *run_json(const fcast_evaluation *evaluation, const fcast_test_run *run, size_t step) {
  const fcast_scores *any = &run->scores[FCAST_SPECIFIED];
  json_t *models = json_object();
  bool is_whole = models != NULL;
  for (int model = 0; is_whole && model < FCAST_N_MODELS; model++) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      is_whole = json_object_set_new(models, fcast_metrics_suffix((fcast_model_kind)model),
                                     errors_json(&run->scores[model], step)) == 0;
    }
  }
  if (!is_whole) {
    json_decref(models);
    return NULL;
  }
  return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "name", run->facts.run_name, "type",
                   run->facts.ic_type, "seed", (json_int_t)run->facts.seed, "n_known", (json_int_t)any->n_known, "step",
                   (json_int_t)step, "times", fcast_page_numbers(run->truth.times, run->truth.n_frames, step),
                   "times_forecast", fcast_page_numbers(run->truth.times + any->n_known, any->n_forecast, step),
                   "e2_persistence", fcast_page_numbers(any->e2_persistence, any->n_forecast, step), "models", models,
                   "order", order_json(run, step));
}

json_t *fcast_page_series(const fcast_evaluation *evaluation) {
  const size_t step = step_of(evaluation);
  json_t *out = json_array();
  for (size_t i = 0; out != NULL && i < evaluation->n_runs; i++) {
    if (json_array_append_new(out, run_json(evaluation, &evaluation->runs[i], step)) != 0) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}
