/* SPDX-License-Identifier: MIT */
#include "render/view.h"

#include <math.h>
#include <string.h>

static bool is_whole(const fcast_run_view *run) {
  return run->truth != NULL && run->scores != NULL && run->scores->n_known >= 1 && run->scores->n_forecast >= 1 &&
         run->truth->nx >= 1 && run->truth->ny >= 1 &&
         run->truth->n_frames == run->scores->n_known + run->scores->n_forecast;
}

fcast_status fcast__views_check(const fcast_run_view *runs, size_t n_runs, fcast_error *err) {
  if (n_runs == 0) {
    return fcast_fail(err, FCAST_E_ARG, "no test run to draw, expected at least 1");
  }
  for (size_t i = 0; i < n_runs; i++) {
    if (!is_whole(&runs[i])) {
      return fcast_fail(err, FCAST_E_SHAPE,
                        "%s: density, prediction and scores do not agree, expected as many frames as known and "
                        "forecast ones together, at least 1 of each",
                        runs[i].run_name);
    }
  }
  return FCAST_OK;
}

fcast_status fcast__view_check_fields(const fcast_run_view *run, fcast_error *err) {
  const fcast_status status = fcast__views_check(run, 1, err);
  if (status == FCAST_OK && (run->truth->rho == NULL || run->prediction == NULL)) {
    return fcast_fail(err, FCAST_E_ARG, "%s: expected the true and the predicted density to draw", run->run_name);
  }
  return status;
}

void fcast__type_name(const char *ic_type, char *out, size_t size) {
  fcast__text_escape(ic_type, out, size);
  for (char *character = out; *character != '\0'; character++) {
    if (*character == '_') {
      *character = ' ';
    }
  }
}

const fcast_run_view *fcast__views_longest(const fcast_run_view *runs, size_t n_runs) {
  const fcast_run_view *longest = &runs[0];
  for (size_t i = 1; i < n_runs; i++) {
    if (runs[i].scores->n_forecast > longest->scores->n_forecast) {
      longest = &runs[i];
    }
  }
  return longest;
}

void fcast__view_name(const fcast_run_view *run, char *out, size_t size) {
  char name[192], type[192];
  fcast__text_escape(run->run_name, name, sizeof name);
  fcast__type_name(run->ic_type, type, sizeof type);
  if (snprintf(out, size, "%s · %s", name, type) >= (int)size) {
    fcast__text_escape(run->run_name, out, size); /* never half a markup text */
  }
}

const char *fcast__projection_limit_label(const fcast_run_view *run) {
  return run->limit != NULL && strcmp(run->limit, "state") == 0
             ? "projection limit (truth as the model's state shows it)"
             : "projection limit (truth projected on the modes)";
}

fcast__line fcast__line_of_model(const char *model) {
  fcast__line line = fcast__line_of(fcast__look_named(model, FCAST__SPECIFIED_MODEL));
  line.name = model != NULL ? model : "forecast";
  return line;
}

double fcast__markers(size_t n, double radius) {
  return n == 1 ? 2.6 : n < FCAST__DENSE_FRAMES ? radius : 0.0;
}

/* --- times --- */

/* Half-way between the last known and the first forecast frame. */
static double start_of_forecast(const fcast_run_view *run) {
  const double *times = run->truth->times + run->scores->n_known;
  return 0.5 * (times[-1] + times[0]);
}

void fcast__view_time(const fcast_run_view *run, size_t i, char *out, size_t size) {
  const double time = run->truth->times[i], spacing = fabs(run->truth->times[1] - run->truth->times[0]);
  if (!(fabs(time) < 1e5 && spacing >= 1e-4 && spacing < 1e5)) {
    fcast__text_number(time, out, size);
    return;
  }
  /* As many decimals as the spacing has, three more than its first at most. */
  int decimals = (int)fmax(-floor(log10(spacing) + 1e-9), 0.0);
  const int most = decimals + 3;
  while (decimals < most && fabs(spacing * pow(10.0, decimals) - round(spacing * pow(10.0, decimals))) > 1e-6) {
    decimals++;
  }
  (void)snprintf(out, size, "%s%.*f", time < 0.0 ? "\u2212" : "", decimals, fabs(time));
}

fcast__range fcast__view_times(const fcast_run_view *run) {
  const double *times = run->truth->times;
  const size_t n = run->truth->n_frames; /* at least 2 */
  return fcast__range_linear(times[0] - 0.5 * (times[1] - times[0]),
                             times[n - 1] + 0.5 * (times[n - 1] - times[n - 2]));
}

void fcast__view_mark_known(const fcast__axes *axes, const fcast_run_view *run, fcast__legend *legend) {
  const double start = start_of_forecast(run);
  fcast__axes_shade(axes, axes->x.lo, start, FCAST__COLOUR_KNOWN);
  fcast__axes_vertical(axes, start, FCAST__COLOUR_AXIS, 1.0, FCAST__SOLID);
  fcast__legend_add(legend, FCAST__LEGEND_PATCH, FCAST__COLOUR_KNOWN, 1.0, "known frames (%zu)", run->scores->n_known);
}

/* --- errors --- */

double fcast__error_drawn(double error) {
  return isfinite(error) && error < FCAST__HUGE ? error : FCAST__HUGE;
}

double fcast__e2_of(const fcast_run_view *run, size_t i) {
  return i < run->scores->n_forecast ? fcast__error_drawn(run->scores->e2[i]) : (double)NAN;
}

double fcast__persistence_of(const fcast_run_view *run, size_t i) {
  return i < run->scores->n_forecast ? fcast__error_drawn(run->scores->e2_persistence[i]) : (double)NAN;
}

void fcast__bounds_init(fcast__bounds *bounds) {
  *bounds = (fcast__bounds){.least_positive = FCAST__HUGE, .largest = 0.0};
}

void fcast__bounds_add(fcast__bounds *bounds, const double *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (values[i] < FCAST__HUGE) {
      bounds->largest = fmax(bounds->largest, values[i]);
      if (values[i] > 0.0) {
        bounds->least_positive = fmin(bounds->least_positive, values[i]);
      }
    }
  }
}

fcast__range fcast__bounds_axis(const fcast__bounds *bounds) {
  const double linear_limit = 4.0, cut = 1e6, floor_of_log = 1e-3;
  if (bounds->largest <= linear_limit) {
    const double largest = bounds->largest > 1e-300 ? bounds->largest : 1.0;
    return (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = fcast__round_up(1.04 * largest)};
  }
  const double least = fmin(fmax(bounds->least_positive, floor_of_log), 1.0);
  return (fcast__range){
      .kind = FCAST__LOG, .lo = 0.8 * least, .hi = bounds->largest < cut ? fmin(1.2 * bounds->largest, cut) : cut};
}

size_t fcast__axes_mark_above(const fcast__axes *axes, const double *x, const double *values, size_t n,
                              fcast__rgb colour) {
  size_t n_above = 0;
  for (size_t i = 0; i < n; i++) {
    if (values[i] > axes->y.hi) {
      fcast__axes_outside(axes, x[i], true, colour);
      n_above++;
    }
  }
  return n_above;
}

/* --- r2 of the forecast and of what it is compared with --- */

bool fcast__r2_is_shown(const fcast_run_view *run, fcast__r2_kind kind) {
  switch (kind) {
  case FCAST__R2_OTHER:
    return run->n_others > 0;
  case FCAST__R2_SECOND_OTHER:
    return run->n_others > 1;
  case FCAST__R2_NOISE_LIMIT:
    return run->r2_lead_limit != NULL;
  default:
    return true;
  }
}

fcast__line fcast__r2_line(const fcast_run_view *run, fcast__r2_kind kind) {
  switch (kind) {
  case FCAST__R2_FORECAST:
    return fcast__line_of_model(run->model);
  case FCAST__R2_OTHER:
  case FCAST__R2_SECOND_OTHER:
    return fcast__line_of_model(run->others[kind - FCAST__R2_OTHER].model);
  case FCAST__R2_PERSISTENCE:
    return fcast__line_of(fcast__look_of(FCAST__PERSISTENCE));
  case FCAST__R2_PROJECTION:
    return fcast__line_of(fcast__look_of(FCAST__PROJECTION_LIMIT));
  default:
    return fcast__line_of(fcast__look_of(FCAST__NOISE_LIMIT));
  }
}

double fcast__r2_of(const fcast_run_view *run, fcast__r2_kind kind) {
  if (!fcast__r2_is_shown(run, kind)) {
    return (double)NAN;
  }
  switch (kind) {
  case FCAST__R2_FORECAST:
    return run->scores->r2;
  case FCAST__R2_OTHER:
  case FCAST__R2_SECOND_OTHER:
    return run->others[kind - FCAST__R2_OTHER].scores->r2;
  case FCAST__R2_PERSISTENCE:
    return run->scores->r2_persistence;
  case FCAST__R2_PROJECTION:
    return run->scores->r2_pod;
  default:
    return run->r2_limit;
  }
}

/* --- statistics over runs --- */

/* The values of all runs at one index, without the runs that have none. */
static size_t gather(const fcast_run_view *runs, size_t n_runs, size_t i, fcast__value_of value_of, double *values) {
  size_t n = 0;
  for (size_t i_run = 0; i_run < n_runs; i_run++) {
    const double value = value_of(&runs[i_run], i);
    if (!isnan(value)) {
      values[n++] = value;
    }
  }
  return n;
}

fcast_status fcast__band_over_runs(const fcast_run_view *runs, size_t n_runs, size_t n, fcast__value_of value_of,
                                   fcast__band *out, fcast_error *err) {
  *out = (fcast__band){.n = n};
  fcast_status status = FCAST_OK;
  double *values = fcast_alloc_array(n_runs, sizeof *values);
  double *scratch = fcast_alloc_array(n_runs, sizeof *scratch);
  out->lo = fcast_alloc_array(n, sizeof *out->lo);
  out->median = fcast_alloc_array(n, sizeof *out->median);
  out->hi = fcast_alloc_array(n, sizeof *out->hi);
  if (values == NULL || scratch == NULL || out->lo == NULL || out->median == NULL || out->hi == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for the percentiles of %zu runs", n_runs);
    goto cleanup;
  }
  for (size_t i = 0; i < n; i++) {
    const size_t n_values = gather(runs, n_runs, i, value_of, values);
    out->lo[i] = fcast_percentile(values, n_values, 10.0, scratch);
    out->median[i] = fcast_percentile(values, n_values, 50.0, scratch);
    out->hi[i] = fcast_percentile(values, n_values, 90.0, scratch);
  }
cleanup:
  fcast_free(values);
  fcast_free(scratch);
  if (status != FCAST_OK) {
    fcast__band_clear(out);
  }
  return status;
}

void fcast__band_clear(fcast__band *band) {
  fcast_free(band->lo);
  fcast_free(band->median);
  fcast_free(band->hi);
  *band = (fcast__band){0};
}

fcast_status fcast__values_pooled(const fcast_run_view *runs, size_t n_runs, const char *ic_type,
                                  fcast__value_of value_of, double **out, size_t *n, fcast_error *err) {
  size_t n_most = 0;
  for (size_t i_run = 0; i_run < n_runs; i_run++) {
    n_most += runs[i_run].scores->n_forecast;
  }
  *n = 0;
  *out = fcast_alloc_array(n_most, sizeof **out);
  if (*out == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the errors of %zu runs", n_runs);
  }
  for (size_t i_run = 0; i_run < n_runs; i_run++) {
    if (ic_type != NULL && strcmp(ic_type, runs[i_run].ic_type) != 0) {
      continue;
    }
    for (size_t i = 0; i < runs[i_run].scores->n_forecast; i++) {
      (*out)[(*n)++] = value_of(&runs[i_run], i);
    }
  }
  return FCAST_OK;
}

size_t fcast__types_list(const fcast_run_view *runs, size_t n_runs, const char **types, size_t max) {
  size_t n = 0;
  for (size_t i_run = 0; i_run < n_runs; i_run++) {
    size_t i = 0;
    while (i < n && strcmp(types[i], runs[i_run].ic_type) != 0) {
      i++;
    }
    if (i == n && n < max) {
      types[n++] = runs[i_run].ic_type;
    }
  }
  return n;
}
