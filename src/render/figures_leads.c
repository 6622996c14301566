/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/panels.h"

#include <math.h>
#include <stdio.h>

static double lead_value(const fcast_scores *scores, const double *values, size_t i) {
  return scores != NULL && i < scores->n_forecast ? values[i] : (double)NAN;
}

static double forecast_of(const fcast_run_view *run, size_t i) {
  return lead_value(run->scores, run->scores->r2_lead, i);
}

static double other_lead(const fcast_run_view *run, size_t k, size_t i) {
  return k < run->n_others ? lead_value(run->others[k].scores, run->others[k].scores->r2_lead, i) : (double)NAN;
}

static double first_other_of(const fcast_run_view *run, size_t i) {
  return other_lead(run, 0, i);
}

static double second_other_of(const fcast_run_view *run, size_t i) {
  return other_lead(run, 1, i);
}

static double persistence_of(const fcast_run_view *run, size_t i) {
  return lead_value(run->scores, run->scores->r2_lead_persistence, i);
}

static double projection_of(const fcast_run_view *run, size_t i) {
  return lead_value(run->scores, run->scores->r2_lead_pod, i);
}

static double limit_of(const fcast_run_view *run, size_t i) {
  return run->r2_lead_limit != NULL ? lead_value(run->scores, run->r2_lead_limit, i) : (double)NAN;
}

/* Everything that is drawn as a line with a band, the forecast last and on top. */
enum { LEAD_PROJECTION, LEAD_LIMIT, LEAD_PERSISTENCE, LEAD_SECOND_OTHER, LEAD_OTHER, LEAD_FORECAST, N_LEAD_SERIES };

typedef struct lead_series {
  const fcast_run_view *longest;
  double *leads; /* [n]: time since the last known frame */
  double *edge;  /* [n]: of the band expected */
  size_t n, n_runs;
  fcast__band bands[N_LEAD_SERIES];
} lead_series;

static fcast_status collect(lead_series *all, const fcast_run_view *runs, fcast_error *err) {
  static const fcast__value_of values[N_LEAD_SERIES] = {projection_of,   limit_of,       persistence_of,
                                                        second_other_of, first_other_of, forecast_of};
  const double *times = all->longest->truth->times + all->longest->scores->n_known;
  all->leads = fcast_alloc_array(all->n, sizeof *all->leads);
  all->edge = fcast_alloc_array(all->n, sizeof *all->edge);
  fcast_status status = all->leads == NULL || all->edge == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu leads", all->n)
                            : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < all->n; i++) {
    all->leads[i] = times[i] - times[-1];
  }
  for (size_t k = 0; status == FCAST_OK && k < N_LEAD_SERIES; k++) {
    status = fcast__band_over_runs(runs, all->n_runs, all->n, values[k], &all->bands[k], err);
  }
  return status;
}

static void release(lead_series *all) {
  for (size_t k = 0; k < N_LEAD_SERIES; k++) {
    fcast__band_clear(&all->bands[k]);
  }
  fcast_free(all->leads);
  fcast_free(all->edge);
}

static void draw_series(const fcast__axes *axes, fcast__legend *legend, const lead_series *all, size_t k,
                        fcast__line line, const char *label) {
  const fcast__band *band = &all->bands[k];
  line.x = all->leads;
  line.y = band->median;
  line.n = band->n;
  line.markers = fcast__markers(band->n, 1.8);
  if (all->n_runs > 1) {
    line.lo = band->lo;
    line.hi = band->hi;
  }
  fcast__axes_line(axes, &line);
  fcast__legend_add(legend, FCAST__LEGEND_OF(&line), "%s", label);
}

/* The outline of p10 to p90 over judged training runs. */
static void draw_expected(const fcast__axes *axes, fcast__legend *legend, lead_series *all) {
  const fcast_run_view *run = all->longest;
  const size_t n = run->n_expected < all->n ? run->n_expected : all->n;
  const fcast__rgb colour = fcast__tint(fcast__line_of_model(run->model).colour, 0.75);
  for (size_t k = 0; k < 3; k += 2) {
    for (size_t i = 0; i < n; i++) {
      all->edge[i] = run->expected_r2[3 * i + k];
    }
    fcast__axes_line(
        axes, &(fcast__line){
                  .x = all->leads, .y = all->edge, .n = n, .colour = colour, .width = 0.9, .stroke = FCAST__DASHED});
  }
  for (size_t i = 0; i < n; i++) {
    const double *expected = run->expected_r2 + 3 * i;
    fcast__axes_record(axes, "expected from training runs",
                       (const double[4]){all->leads[i], expected[1], expected[0], expected[2]}, 4);
  }
  fcast__legend_add(legend, FCAST__LEGEND_DASHED, colour, 1.0, "expected from training runs (p10 to p90)");
}

/* Where the median of the forecast first falls below the threshold. */
static void draw_horizon(const fcast__axes *axes, fcast__legend *legend, const lead_series *all) {
  const fcast__band *band = &all->bands[LEAD_FORECAST];
  size_t i = 0;
  while (i < band->n && band->median[i] >= FCAST_HORIZON_R2) {
    i++;
  }
  fcast__axes_horizontal(axes, FCAST_HORIZON_R2, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DASHED);
  if (i < band->n) {
    fcast__axes_vertical(axes, all->leads[i], FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DASHED);
    fcast__legend_add(legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0,
                      "horizon: r² below %.1f from lead %.3g on", FCAST_HORIZON_R2, all->leads[i]);
  } else {
    fcast__legend_add(legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0,
                      "r² = %.1f: the horizon is beyond the end", FCAST_HORIZON_R2);
  }
}

static void draw_leads(fcast__axes *axes, fcast__box outer, fcast__legend *legend, lead_series *all, bool with_marks) {
  const fcast_run_view *run = all->longest;
  const fcast__look *mean = fcast__look_of(FCAST__TRAINING_MEAN);
  axes->x = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = all->leads[all->n - 1] * 1.02};
  axes->y = (fcast__range){.kind = FCAST__LINEAR, .lo = -1.0, .hi = 1.05};
  axes->x_label = "lead: time since the last known frame";
  axes->y_label = "r² of a frame";
  fcast__axes_draw(axes, outer);
  fcast__axes_horizontal(axes, 0.0, mean->colour, 1.0, mean->stroke);
  draw_series(axes, legend, all, LEAD_PROJECTION, fcast__line_of(fcast__look_of(FCAST__PROJECTION_LIMIT)),
              fcast__projection_limit_label(run));
  if (run->r2_lead_limit != NULL) {
    draw_series(axes, legend, all, LEAD_LIMIT, fcast__line_of(fcast__look_of(FCAST__NOISE_LIMIT)),
                FCAST__NOISE_LIMIT_LABEL);
  }
  draw_series(axes, legend, all, LEAD_PERSISTENCE, fcast__line_of(fcast__look_of(FCAST__PERSISTENCE)),
              FCAST__PERSISTENCE_LABEL);
  for (size_t k = run->n_others; k-- > 0;) {
    draw_series(axes, legend, all, k == 0 ? LEAD_OTHER : LEAD_SECOND_OTHER, fcast__line_of_model(run->others[k].model),
                run->others[k].model);
  }
  const fcast__line forecast = fcast__line_of_model(run->model);
  draw_series(axes, legend, all, LEAD_FORECAST, forecast, forecast.name);
  if (with_marks && run->n_expected > 0) {
    draw_expected(axes, legend, all);
  }
  fcast__legend_add(legend, FCAST__LEGEND_OF(mean), FCAST__TRAINING_MEAN_LABEL);
  if (with_marks) {
    draw_horizon(axes, legend, all);
  }
  fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0,
                    all->n_runs > 1 ? "Lines: median over runs. Bands: p10 to p90. Cut at \u22121."
                                    : "One run. Cut at \u22121.");
}

fcast_status fcast__panel_leads(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_run_view *runs,
                                size_t n_runs, bool with_marks, fcast_error *err) {
  const fcast_run_view *longest = fcast__views_longest(runs, n_runs);
  lead_series all = {.longest = longest, .n = longest->scores->n_forecast, .n_runs = n_runs};
  const fcast_status status = collect(&all, runs, err);
  if (status == FCAST_OK) {
    draw_leads(axes, outer, legend, &all, with_marks);
  }
  release(&all);
  return status;
}

fcast_status fcast_figure_r2_by_lead(const char *path, fcast_figure_format format, const fcast_run_view *runs,
                                     size_t n_runs, fcast_error *err) {
  fcast_status status = fcast__views_check(runs, n_runs, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__figure figure = {0};
  char subtitle[64];
  (void)snprintf(subtitle, sizeof subtitle, "%zu test run%s of all initial conditions", n_runs, n_runs == 1 ? "" : "s");
  status = fcast__figure_open(&figure, path, format, "How far ahead the forecast is of use", subtitle, err);
  if (status == FCAST_OK) {
    fcast__record_columns(&figure.canvas.record, "series,lead (time),r2 of a frame (median over runs),p10,p90");
    status = fcast__panel_leads(&figure.axes, fcast__figure_box(), &figure.legend, runs, n_runs, true, err);
  }
  if (status == FCAST_OK) {
    status = fcast__figure_finish(&figure, err);
  }
  fcast__figure_clear(&figure);
  return status;
}
