/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

/* Windows a regressor should have at least, or the fit follows the noise. A rule of thumb (Harrell 2015, section 4.4).
 */
enum { WINDOWS_PER_REGRESSOR = 10 };

void fcast_report_runs(const fcast_evaluation *evaluation) {
  printf("%-10s %-18s %10s %12s %10s %10s %8s\n", "run", "type", "r2", "persistence", "basis", "median e2", "tau_tol");
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_test_run *run = &evaluation->runs[i];
    const fcast_scores *scores = &run->scores[evaluation->shown];
    printf("%-10s %-18s %10.3f %12.3f %10.3f %10.3f %8zu\n", run->facts.run_name, run->facts.ic_type, scores->r2,
           scores->r2_persistence, scores->r2_pod, scores->median_e2, scores->tau_tol);
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
  double kept = 0.0;
  double all = 0.0;
  for (size_t k = 0; k < pod->n_modes; k++) {
    const double square = pod->singular_values[k] * pod->singular_values[k];
    kept += k < n_modes ? square : 0.0;
    all += square;
  }
  return floor(kept / all * pod->energy * 1000.0) / 1000.0;
}

static void print_reason(const fcast_evaluation *evaluation) {
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
  printf(
      "  --set ensemble.n_train=800                                            (the runs that are there are kept)\n");
}

static void print_verdict(const fcast_evaluation *evaluation, double r2, double persistence, double limit) {
  if (r2 > persistence) {
    printf("The forecast BEATS persistence by %.3f and reaches %.0f %% of what its basis allows.\n", r2 - persistence,
           100.0 * fmax(r2, 0.0) / limit);
  } else if (isfinite(r2)) {
    printf("The forecast LOSES to persistence by %.3f: holding the last known frame is better.\n", persistence - r2);
    print_reason(evaluation);
  } else {
    printf("The forecast LOSES to persistence: the model is unstable and its forecast overflows.\n");
    print_reason(evaluation);
  }
}

static double mean_of(const fcast_evaluation *evaluation, fcast_model_kind model, size_t offset) {
  return fcast_evaluation_mean(evaluation, model, offset, NULL);
}

static void print_chosen(const fcast_evaluation *evaluation) {
  const fcast_state *state = &evaluation->chosen.model.state;
  static const char *const states[] = {"density", "density and momentum", "density, momentum and nematic tensor"};
  printf("  %+8.3f  chosen model: %zu %s modes of %s, lag %zu\n",
         mean_of(evaluation, FCAST_CHOSEN, offsetof(fcast_scores, r2)), state->n_modes,
         state->basis == FCAST_BASIS_FOURIER ? "Fourier" : "POD", states[state->n_moments],
         evaluation->chosen.model.mvar.lag);
}

/* Which model is better, by how much, with the interval over runs. */
static fcast_status print_gain(const fcast_evaluation *evaluation, fcast_error *err) {
  fcast_gain gain = {0};
  const fcast_status status = fcast_evaluation_gain(evaluation, &gain, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (!isfinite(gain.mean)) {
    printf("The chosen and the specified model cannot be compared: a forecast overflows.\n");
  } else if (gain.mean >= 0.0) {
    printf("The chosen model is better than the specified one by %.3f (95 %% interval over runs: %.3f to %.3f).\n",
           gain.mean, gain.lo, gain.hi);
  } else {
    printf("The specified model is better than the chosen one by %.3f (95 %% interval over runs: %.3f to %.3f).\n",
           -gain.mean, -gain.hi, -gain.lo);
  }
  return FCAST_OK;
}

fcast_status fcast_report_verdict(const fcast_evaluation *evaluation, const char *output_dir, fcast_error *err) {
  const fcast_model_kind shown = evaluation->shown;
  const double persistence = mean_of(evaluation, shown, offsetof(fcast_scores, r2_persistence));
  const double limit = mean_of(evaluation, shown, offsetof(fcast_scores, r2_pod));
  printf("\nForecast of %zu test runs; mean r2 over forecast frames (the %zu known frames do not count):\n",
         evaluation->n_runs, evaluation->mvar.lag);
  if (evaluation->has_chosen) {
    print_chosen(evaluation);
  }
  printf("  %+8.3f  %s: POD with %zu modes (energy %.4f), MVAR with lag %zu\n",
         mean_of(evaluation, FCAST_SPECIFIED, offsetof(fcast_scores, r2)),
         evaluation->has_chosen ? "specified model" : "this model", evaluation->pod.n_modes, evaluation->pod.energy,
         evaluation->mvar.lag);
  printf("  %+8.3f  persistence: the last known frame held\n", persistence);
  printf("  %+8.3f  the training mean\n", mean_of(evaluation, shown, offsetof(fcast_scores, r2_mean)));
  printf("  %+8.3f  limit of the basis: the truth itself, projected on the modes%s\n", limit,
         shown == FCAST_CHOSEN ? " of the chosen model" : "");
  const fcast_status status = evaluation->has_chosen ? print_gain(evaluation, err) : FCAST_OK;
  print_verdict(evaluation, mean_of(evaluation, shown, offsetof(fcast_scores, r2)), persistence, limit);
#ifdef FCAST_WITH_RENDER
  printf("Look at: %s/plots/r2_by_ic_type.png, %s/plots/r2_by_lead.png,\n"
         "         %s/best_runs/*/density_truth_vs_pred.mp4,\n         ",
         output_dir, output_dir, output_dir);
#else
  printf("Look at: ");
#endif
  printf("%s/metrics_%s.csv\n", output_dir, shown == FCAST_CHOSEN ? "selected" : "all_runs");
  return status;
}
