/* SPDX-License-Identifier: MIT */
#include "cli/stability.h"

#include "cli/progress.h"

#include "flockcast/spectrum.h"

#include <math.h>
#include <stdio.h>

/* Files of older scripts and versions do not hold the radius. */
static fcast_status spectral_radius(const fcast_mvar *mvar, double *radius, fcast_error *err) {
  *radius = mvar->spectral_radius;
  if (*radius > 0.0) {
    return FCAST_OK;
  }
  fcast_spectrum spectrum;
  const fcast_status status = fcast_mvar_spectrum(mvar, 0, &spectrum, err);
  *radius = spectrum.radius;
  fcast_spectrum_clear(&spectrum);
  return status;
}

static size_t longest_forecast(const fcast_evaluation *evaluation) {
  size_t longest = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const size_t n = evaluation->runs[i].scores[FCAST_SPECIFIED].n_forecast;
    longest = n > longest ? n : longest;
  }
  return longest;
}

static fcast_status warn(const fcast_evaluation *evaluation, const fcast_mvar *mvar, const char *which,
                         fcast_error *err) {
  double radius = 0.0;
  const fcast_status status = spectral_radius(mvar, &radius, err);
  if (status == FCAST_OK && radius > FCAST_UNSTABLE_RADIUS) {
    const size_t n_frames = longest_forecast(evaluation);
    fcast_say(NULL,
              "the %s model is unstable: spectral radius %.5g (growth %+.3g %% a frame, x%.3g over %zu frames); its "
              "forecasts are drawn as they are",
              which, radius, 100.0 * (radius - 1.0), pow(radius, (double)n_frames), n_frames);
  }
  return status;
}

/* Forecasts that the field model refuses, with the reason of the first. */
static void name_refusals(const fcast_evaluation *evaluation) {
  size_t n = 0;
  const fcast_test_run *first = NULL;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const bool is_refused = evaluation->runs[i].refusal.code != FCAST_OK;
    first = is_refused && n == 0 ? &evaluation->runs[i] : first;
    n += is_refused;
  }
  if (n > 0) {
    fcast_say(NULL, "the field model refuses %zu of %zu runs; %s: %s", n, evaluation->n_runs, first->facts.run_name,
              first->refusal.text);
  }
}

fcast_status fcast_stability_warn(const fcast_evaluation *evaluation, fcast_error *err) {
  name_refusals(evaluation);
  const fcast_status status = warn(evaluation, &evaluation->mvar, "specified", err);
  return status == FCAST_OK && evaluation->has_chosen ? warn(evaluation, &evaluation->chosen.model.mvar, "chosen", err)
                                                      : status;
}
