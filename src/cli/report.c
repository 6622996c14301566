/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include "cli/json_report.h"
#include "cli/metrics_csv.h"
#include "cli/progress.h"
#include "cli/state_names.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Windows a regressor should have at least, or the fit follows the noise. A rule of thumb (Harrell 2015, section 4.4).
 */
enum { WINDOWS_PER_REGRESSOR = 10 };

/* A forecast that left the range of double: its scores are no numbers. */
static bool is_overflowed(const fcast_scores *scores) {
  return !isfinite(scores->rmse);
}

/* A score in the width of a column, as a forecast that runs away makes it of any size. */
static const char *score_text(double value, char text[32]) {
  (void)snprintf(text, 32, isnan(value) ? "nan" : fabs(value) < 1e5 ? "%+.3f" : "%+.2e", value);
  return text;
}

/* The same of a difference, without the sign where it is above 0. */
static const char *size_text(double value, char text[32]) {
  (void)score_text(value, text);
  return text[0] == '+' ? text + 1 : text;
}

void fcast_report_runs(const fcast_evaluation *evaluation) {
  char r2[32];
  char e2[32];
  fcast_explain(NULL, "%-10s %-18s %10s %12s %10s %10s %8s", "run", "type", "r2", "persistence", "basis", "median e2",
                "tau_tol");
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    const fcast_scores *scores = &run->scores[evaluation->shown];
    fcast_explain(NULL, "%-10s %-18s %10s %12.3f %10.3f %10s %8zu", run->facts.run_name, run->facts.ic_type,
                  is_overflowed(scores) ? "overflow" : score_text(scores->r2, r2), scores->r2_persistence,
                  scores->r2_pod, isfinite(scores->median_e2) ? score_text(scores->median_e2, e2) : "overflow",
                  scores->tau_tol);
  }
}

/* Digits in groups of three: 1,052. */
static const char *grouped(size_t number, char text[32]) {
  char digits[24];
  const int n = snprintf(digits, sizeof digits, "%zu", number);
  char *out = text;
  for (int i = 0; i < n; i++) {
    if (i > 0 && (n - i) % 3 == 0) {
      *out++ = ',';
    }
    *out++ = digits[i];
  }
  *out = '\0';
  return text;
}

/* The target energy that keeps `n_modes` of the modes there are, rounded down so that no more are kept. */
static double energy_of_modes(const fcast_pod *pod, size_t n_modes) {
  return floor(fcast_pod_share(pod, n_modes) * 1000.0) / 1000.0;
}

/* Runs of somebody's own trajectories cannot be simulated. */
static bool is_recorded(const fcast_evaluation *evaluation) {
  return strcmp(evaluation->runs[0].facts.ic_type, "recorded") == 0;
}

/* Of the specified model, whose size is a choice of the configuration. */
static void print_reason_of_size(const fcast_evaluation *evaluation) {
  const fcast_mvar *mvar = &evaluation->mvar;
  const size_t n_regressors = mvar->lag * mvar->n_modes;
  char regressors[32];
  char windows[32];
  if (mvar->n_windows == 0) {
    printf("Why: the model has %s regressors (%zu modes x %zu lags) for every mode; its file does not say on how many "
           "windows it\n"
           "was fitted. Fewer modes (rom.target_energy), a larger rom.ridge_alpha or more training runs help against "
           "overfitting.\n",
           grouped(n_regressors, regressors), mvar->n_modes, mvar->lag);
    return;
  }
  if (mvar->n_windows >= WINDOWS_PER_REGRESSOR * n_regressors) {
    printf("Why: %s windows for %s regressors are enough, so a linear model of the density alone falls short of this "
           "motion.\n"
           "Try another lag (rom.p_lag) or more modes (rom.target_energy).\n",
           grouped(mvar->n_windows, windows), grouped(n_regressors, regressors));
    return;
  }
  const size_t fewer = mvar->n_windows / (WINDOWS_PER_REGRESSOR * mvar->lag);
  const size_t n_modes = fewer > 0 ? fewer : 1;
  printf("Why: %s regressors (%zu modes x %zu lags) were fitted on only %s windows, so the model follows the noise\n"
         "of its training runs (one-step r2 there: %.4f). Try fewer modes, or more runs:\n",
         grouped(n_regressors, regressors), mvar->n_modes, mvar->lag, grouped(mvar->n_windows, windows),
         mvar->train_r2);
  printf("  --set rom.target_energy=%.3f                                          (about %zu mode%s)\n",
         energy_of_modes(&evaluation->pod, n_modes), n_modes, n_modes == 1 ? "" : "s");
  if (is_recorded(evaluation)) {
    printf("  more recordings, or 'flockcast import' with a smaller --every, which gives more frames\n");
  } else {
    printf("  --set ensemble.n_train=800                                            (the runs that are there are "
           "kept)\n");
  }
}

static void print_reason(const fcast_evaluation *evaluation) {
  const bool is_ours = !is_recorded(evaluation);
  const char *shorter = is_ours ? "ensemble.test_T" : "'flockcast import' with a smaller --window";
  if (evaluation->shown == FCAST_FIELD) {
    printf(
        "Why: even the best of these models, the field model, does not hold here: its law (alignment with neighbours "
        "to a\n"
        "distance, one speed, perhaps forces) is not that of these agents, or noise decides where they go. "
        "'flockcast limit'\n"
        "says how much can be forecast at all; a shorter forecast (%s) is nearer to what can.\n",
        shorter);
  } else if (evaluation->shown == FCAST_CHOSEN) {
    printf("Why: the chosen model is linear in its state and the best of those that were tried on held-out training "
           "runs; this\n"
           "motion is not linear in it, or noise decides. More %s, or a shorter forecast (%s), help.\n",
           is_ours ? "training runs" : "recordings", shorter);
  } else {
    print_reason_of_size(evaluation);
  }
}

/* Whether a forecast is better than holding the last known frame. */
typedef enum verdict_kind { OVERFLOWS, UNDEFINED, DOUBTFUL, BEATS, LOSES } verdict_kind;

/* Mean r2 of the model and of what it is compared with, over the forecasts that are numbers. */
typedef struct verdict {
  size_t n_overflowed, n_lost; /* runs; lost to persistence */
  double r2, persistence, mean, limit;
} verdict;

static verdict judge(const fcast_evaluation *evaluation, fcast_model_kind model) {
  verdict sum = {0};
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_scores *scores = &evaluation->runs[i].scores[model];
    if (is_overflowed(scores)) {
      sum.n_overflowed++;
      continue;
    }
    sum.n_lost += scores->r2 < scores->r2_persistence ? 1 : 0;
    sum.r2 += scores->r2;
    sum.persistence += scores->r2_persistence;
    sum.mean += scores->r2_mean;
    sum.limit += scores->r2_pod;
  }
  const double n = (double)(evaluation->n_runs - sum.n_overflowed);
  return (verdict){.n_overflowed = sum.n_overflowed,
                   .n_lost = sum.n_lost,
                   .r2 = sum.r2 / n,
                   .persistence = sum.persistence / n,
                   .mean = sum.mean / n,
                   .limit = sum.limit / n};
}

/* Of the model that is shown; `gain` gets what it has over persistence. The burden of proof is on the forecast: one
 * that loses in every run has lost, however few they are. */
static fcast_status decide(const fcast_evaluation *evaluation, const verdict *found, fcast_gain *gain,
                           verdict_kind *kind, fcast_error *err) {
  const fcast_status status = fcast_evaluation_gain_over_persistence(evaluation, evaluation->shown, gain, err);
  if (found->n_overflowed > 0) {
    *kind = OVERFLOWS;
  } else if (!isfinite(gain->mean)) {
    *kind = UNDEFINED;
  } else if (found->n_lost == evaluation->n_runs) {
    *kind = LOSES;
  } else if (gain->lo <= 0.0 && gain->hi >= 0.0) {
    *kind = DOUBTFUL;
  } else {
    *kind = gain->mean > 0.0 ? BEATS : LOSES;
  }
  return status;
}

/* The words "(95 % interval over runs: ...)", or that there is one run. */
static const char *interval_text(fcast_gain gain, size_t n_runs, char text[128]) {
  char lo[32];
  char hi[32];
  if (n_runs == 1) {
    (void)snprintf(text, 128, " in the one run there is");
  } else {
    (void)snprintf(text, 128, " (95 %% interval over runs: %s to %s%s)", size_text(gain.lo, lo), size_text(gain.hi, hi),
                   gain.lo < 0.0 && gain.hi > 0.0 ? ", which includes 0" : "");
  }
  return text;
}

/* How far the forecast goes from persistence to its projection limit; nothing where it is beyond that. */
static const char *way_text(const verdict *found, char text[96]) {
  const double way = (found->r2 - found->persistence) / (found->limit - found->persistence);
  text[0] = '\0';
  if (way > 0.0 && way <= 1.0) {
    (void)snprintf(text, 96, ", and goes %.3g %% of the way to its projection limit", 100.0 * way);
  }
  return text;
}

static void print_verdict(const fcast_evaluation *evaluation, const verdict *found, verdict_kind kind,
                          fcast_gain gain) {
  char size[32];
  char interval[128];
  char way[96];
  switch (kind) {
  case OVERFLOWS:
    printf("The forecast LOSES to persistence: the model is unstable and its forecasts overflow.\n");
    break;
  case UNDEFINED:
    printf("No verdict: the truth of a test run is the training mean itself, where r2 is 0/0.\n");
    return;
  case DOUBTFUL:
    printf("UNDECIDED whether the forecast beats persistence: it is %s %s on average%s.\n"
           "More test runs tell more (ensemble.m_test; of a recording, import --test_share).\n",
           size_text(fabs(gain.mean), size), gain.mean > 0.0 ? "better" : "worse",
           interval_text(gain, evaluation->n_runs, interval));
    return;
  case BEATS:
    printf("The forecast BEATS persistence by %s%s%s.\n", size_text(gain.mean, size),
           interval_text(gain, evaluation->n_runs, interval), way_text(found, way));
    return;
  case LOSES:
    printf("The forecast LOSES to persistence by %s, in %zu of %zu runs: holding the last known frame is better.\n",
           size_text(-gain.mean, size), found->n_lost, evaluation->n_runs);
    break;
  }
  print_reason(evaluation);
}

static void print_score(double value, const char *what) {
  char text[32];
  printf("%10s  %s\n", score_text(value, text), what);
}

void fcast_report_describe_model(const fcast_evaluation *evaluation, fcast_model_kind model, char text[128]) {
  const fcast_state *state = &evaluation->chosen.model.state;
  if (model == FCAST_FIELD) {
    char neighbours[48] = "no neighbour seen";
    if (fcast_field_has_neighbours(&evaluation->field)) {
      (void)snprintf(neighbours, sizeof neighbours, "learned alignment to %.3g", evaluation->field.edge.value);
    }
    (void)snprintf(text, 128, "field model: %s, speed %.3g, order %.4f", neighbours, evaluation->field.speed.value,
                   evaluation->field.order.value);
  } else if (model == FCAST_CHOSEN) {
    (void)snprintf(text, 128, "chosen model: %zu %s modes of %s%s, lag %zu", state->n_modes,
                   fcast_basis_in_words(state->basis),
                   state->transform == FCAST_TRANSFORM_SQRT ? "the square root of " : "",
                   fcast_state_in_words(state->n_moments), evaluation->chosen.model.mvar.lag);
  } else {
    (void)snprintf(text, 128, "%s: POD with %zu modes (energy %.4f), MVAR with lag %zu",
                   evaluation->has_chosen || evaluation->has_field ? "specified model" : "this model",
                   evaluation->pod.n_modes, evaluation->pod.energy, evaluation->mvar.lag);
  }
}

/* One line for a model: what it scored, or that nothing could be scored. */
static void print_model(const fcast_evaluation *evaluation, fcast_model_kind model) {
  const verdict found = judge(evaluation, model);
  char text[128];
  fcast_report_describe_model(evaluation, model, text);
  if (found.n_overflowed < evaluation->n_runs) {
    print_score(found.r2, text);
  } else {
    printf("  overflow  %s\n", text);
  }
  if (found.n_overflowed > 0) {
    printf("            %zu of %zu of its forecasts overflowed (not finite)%s\n", found.n_overflowed,
           evaluation->n_runs, found.n_overflowed < evaluation->n_runs ? ": the number is of the others" : "");
  }
}

/* The noise limit, where it was made. */
static void print_limit(const fcast_evaluation *evaluation) {
  size_t n_runs = 0;
  const double r2 = fcast_evaluation_limit(evaluation, &n_runs);
  char text[128];
  (void)snprintf(text, sizeof text, "noise limit: simulated on from the true particles, mean of the members%s",
                 n_runs < evaluation->n_runs ? " (not of all runs)" : "");
  if (n_runs > 0) {
    print_score(r2, text);
  }
}

static const char *const names[FCAST_N_MODELS] = {"specified", "chosen", "field"};

static void print_better(fcast_model_kind better, fcast_model_kind other, fcast_gain by, size_t n_runs) {
  char mean[32];
  char interval[128];
  const bool is_doubtful = n_runs > 1 && by.lo < 0.0 && by.hi > 0.0;
  if (is_doubtful) {
    printf("Undecided between the %s and the %s model: the %s one is %s better on average%s.\n", names[better],
           names[other], names[better], size_text(by.mean, mean), interval_text(by, n_runs, interval));
  } else {
    printf("The %s model is better than the %s one by %s%s.\n", names[better], names[other], size_text(by.mean, mean),
           interval_text(by, n_runs, interval));
  }
}

/* Which of two models is better, by how much, with the interval over runs. */
static fcast_status print_gain(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_model_kind other,
                               fcast_error *err) {
  fcast_gain gain = {0};
  const fcast_status status = fcast_evaluation_gain(evaluation, model, other, &gain, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (!isfinite(gain.mean)) {
    printf("The %s and the %s model cannot be compared run by run: a forecast overflows.\n", names[model],
           names[other]);
  } else if (gain.mean >= 0.0) {
    print_better(model, other, gain, evaluation->n_runs);
  } else {
    print_better(other, model, (fcast_gain){-gain.mean, -gain.hi, -gain.lo}, evaluation->n_runs);
  }
  return FCAST_OK;
}

/* The models that are there, the last beside the one before it, and so on down to the specified one. */
static fcast_status print_gains(const fcast_evaluation *evaluation, fcast_error *err) {
  fcast_status status = FCAST_OK;
  int upper = FCAST_N_MODELS - 1;
  while (!fcast_evaluation_has(evaluation, (fcast_model_kind)upper)) {
    upper--;
  }
  for (int lower = upper - 1; status == FCAST_OK && lower >= 0; lower--) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)lower)) {
      status = print_gain(evaluation, (fcast_model_kind)upper, (fcast_model_kind)lower, err);
      upper = lower;
    }
  }
  return status;
}

/* What no forecast by the model that is shown can exceed. */
static const char *describe_limit(fcast_model_kind shown) {
  static const char *const texts[FCAST_N_MODELS] = {
      "projection limit: the truth itself, projected on the modes",
      "projection limit: the truth itself, projected on the modes of the chosen model",
      "projection limit: the truth itself, as the field model's state shows it",
  };
  return texts[shown];
}

/* How much the intervals of the models can be trusted. */
static void print_intervals(const fcast_evaluation *evaluation) {
  for (int model = FCAST_N_MODELS - 1; model >= 0; model--) {
    if (fcast_evaluation_has_intervals(evaluation, (fcast_model_kind)model)) {
      const fcast_interval_scores mean = fcast_evaluation_intervals(evaluation, (fcast_model_kind)model);
      printf("The 90 %% intervals of the %s hold %.2f of the cells; CRPS %.3g (persistence %.3g).\n",
             fcast_model_name((fcast_model_kind)model), mean.coverage_90, mean.crps, mean.crps_persistence);
    }
  }
}

fcast_status fcast_report_verdict(const fcast_evaluation *evaluation, const char *output_dir, fcast_error *err) {
  const fcast_model_kind shown = evaluation->shown;
  const verdict found = judge(evaluation, shown);
  printf("\nForecast of %zu test run%s; mean r2 over forecast frames (the %zu known frame%s not count):\n",
         evaluation->n_runs, evaluation->n_runs == 1 ? "" : "s", evaluation->mvar.lag,
         evaluation->mvar.lag == 1 ? " does" : "s do");
  for (int model = FCAST_N_MODELS - 1; model >= 0; model--) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      print_model(evaluation, (fcast_model_kind)model);
    }
  }
  if (found.n_overflowed < evaluation->n_runs) {
    print_score(found.persistence, "persistence: the last known frame held");
    print_score(found.mean, "the training mean");
    print_score(found.limit, describe_limit(shown));
  }
  print_limit(evaluation);
  fcast_gain gain = {0};
  verdict_kind kind = UNDEFINED;
  fcast_status status = print_gains(evaluation, err);
  print_intervals(evaluation);
  if (status == FCAST_OK) {
    status = decide(evaluation, &found, &gain, &kind, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  print_verdict(evaluation, &found, kind, gain);
#ifdef FCAST_WITH_RENDER
  printf("Look at: %s/index.html\n         %s/plots/summary.*\n         %s/best_runs/*/density_truth_vs_pred.mp4\n     "
         "    ",
         output_dir, output_dir, output_dir);
#else
  printf("Look at: ");
#endif
  printf("%s/metrics_%s.csv\n", output_dir, fcast_metrics_suffix(shown));
  return status;
}

/* --- JSON --- */

static json_t *intervals_json(const fcast_evaluation *evaluation, fcast_model_kind model) {
  if (!fcast_evaluation_has_intervals(evaluation, model)) {
    return json_null();
  }
  const fcast_interval_scores mean = fcast_evaluation_intervals(evaluation, model);
  return json_pack("{s:o, s:o, s:o, s:o, s:o}", "crps", fcast_json_number(mean.crps), "crps_persistence",
                   fcast_json_number(mean.crps_persistence), "coverage_50", fcast_json_number(mean.coverage_50),
                   "coverage_90", fcast_json_number(mean.coverage_90), "mean_std", fcast_json_number(mean.mean_std));
}

/* The models as r2_by_lead.csv names them. */
static const char *const keys[FCAST_N_MODELS] = {"specified", "selected", "field"};

static json_t *model_json(const fcast_evaluation *evaluation, fcast_model_kind model) {
  char text[128];
  fcast_report_describe_model(evaluation, model, text);
  return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "model", keys[model], "description", text, "n_overflowed",
                   (json_int_t)judge(evaluation, model).n_overflowed, "means",
                   fcast_metrics_means_json(evaluation, model), "intervals", intervals_json(evaluation, model), "runs",
                   fcast_metrics_json(evaluation, model));
}

static fcast_status add_gain(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_model_kind other,
                             json_t *gains, fcast_error *err) {
  fcast_gain gain = {0};
  const fcast_status status = fcast_evaluation_gain(evaluation, model, other, &gain, err);
  if (status == FCAST_OK) {
    (void)json_array_append_new(gains, json_pack("{s:s, s:s, s:o, s:o, s:o}", "model", keys[model], "over", keys[other],
                                                 "r2", fcast_json_number(gain.mean), "lo", fcast_json_number(gain.lo),
                                                 "hi", fcast_json_number(gain.hi)));
  }
  return status;
}

static const char *const verdict_keys[] = {[OVERFLOWS] = "overflows",
                                           [UNDEFINED] = "undefined",
                                           [DOUBTFUL] = "undecided",
                                           [BEATS] = "beats_persistence",
                                           [LOSES] = "loses_to_persistence"};

const char *fcast_report_verdict_key(const fcast_evaluation *evaluation, fcast_error *err) {
  const verdict found = judge(evaluation, evaluation->shown);
  fcast_gain gain = {0};
  verdict_kind kind = UNDEFINED;
  return decide(evaluation, &found, &gain, &kind, err) == FCAST_OK ? verdict_keys[kind] : NULL;
}

fcast_status fcast_report_json(const fcast_evaluation *evaluation, const char *command, const char *oscar_dir,
                               const char *output_dir, fcast_error *err) {
  const verdict found = judge(evaluation, evaluation->shown);
  fcast_gain gain = {0};
  verdict_kind kind = UNDEFINED;
  size_t n_limit = 0;
  const double limit = fcast_evaluation_limit(evaluation, &n_limit);
  json_t *models = json_array();
  json_t *gains = json_array();
  fcast_status status = decide(evaluation, &found, &gain, &kind, err);
  for (int model = 0; status == FCAST_OK && model < FCAST_N_MODELS; model++) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      (void)json_array_append_new(models, model_json(evaluation, (fcast_model_kind)model));
    }
    for (int other = 0; status == FCAST_OK && other < model; other++) {
      if (fcast_evaluation_has(evaluation, (fcast_model_kind)model) &&
          fcast_evaluation_has(evaluation, (fcast_model_kind)other)) {
        status = add_gain(evaluation, (fcast_model_kind)model, (fcast_model_kind)other, gains, err);
      }
    }
  }
  if (status == FCAST_OK) {
    status = fcast_json_print(
        command,
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:{s:o, s:o, s:o}, s:{s:o, s:I}, s:O, s:O}", "path", oscar_dir,
                  "output_dir", output_dir, "n_runs", (json_int_t)evaluation->n_runs, "n_known",
                  (json_int_t)evaluation->mvar.lag, "shown", keys[evaluation->shown], "verdict", verdict_keys[kind],
                  "over_persistence", "r2", fcast_json_number(gain.mean), "lo", fcast_json_number(gain.lo), "hi",
                  fcast_json_number(gain.hi), "noise_limit", "r2", fcast_json_number(limit), "n_runs",
                  (json_int_t)n_limit, "models", models, "gains", gains),
        err);
  }
  json_decref(models);
  json_decref(gains);
  return status;
}
