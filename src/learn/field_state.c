/* SPDX-License-Identifier: MIT */
#include "flockcast/interaction.h"

#include "base/each.h"
#include "learn/judged.h"

#include <math.h>
#include <string.h>

/* Bandwidths that are tried, as parts of the density's. */
static const double tried_parts[FCAST_FIELD_TRIES] = {0.9, 0.75, 0.5, 0.375, 0.25};

/* Narrower than this many cells of the state's grid, a Gaussian is not one there. */
static const double narrowest = 0.5;

/* The runs that bandwidths are judged by, with the places for what is found. */
typedef struct judging {
  const fcast_tracks_source *source;
  size_t n_known, n_runs;
  const double *mean;
  const fcast_field_model *model;
  fcast_field_plan *plans[FCAST_FIELD_TRIES];
  double *r2;          /* [tried, run]; nan where the forecast is unphysical */
  fcast_error *reason; /* [run]: of the last such forecast */
} judging;

static fcast_status judge_tracks(const judging *all, size_t i_run, const fcast_tracks *tracks, fcast_error *err) {
  const size_t n_space = (size_t)(all->model->density.nx * all->model->density.ny);
  const size_t n_forecast = tracks->n_frames - all->n_known;
  fcast_fields truth = {0};
  fcast_status status = fcast_density_estimate(tracks, &all->model->density, &truth, err);
  double *prediction = status == FCAST_OK ? fcast_alloc_unfilled(n_forecast * n_space, sizeof *prediction) : NULL;
  if (status == FCAST_OK && prediction == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu frames", n_forecast);
  }
  for (size_t i = 0; status == FCAST_OK && i < all->model->n_tried; i++) {
    fcast_error *reason = &all->reason[i_run];
    status = fcast_field_forecast(all->plans[i], tracks, all->n_known - 1, n_forecast, prediction, NULL, reason);
    all->r2[i * all->n_runs + i_run] =
        status == FCAST_OK
            ? fcast__judged_r2(all->mean, n_space, truth.rho + all->n_known * n_space, prediction, n_forecast)
            : (double)NAN;
    if (status != FCAST_OK) {
      status = status == FCAST_E_NUMERIC ? FCAST_OK : fcast_fail(err, status, "%s", reason->text);
    }
  }
  fcast_free(prediction);
  fcast_fields_clear(&truth);
  return status;
}

static fcast_status judge_run(void *context, size_t i_run, fcast_error *err) {
  const judging *all = context;
  fcast_tracks tracks = {0};
  fcast_status status = fcast__judged_read(all->source, i_run, all->n_known, &tracks, err);
  if (status == FCAST_OK) {
    status = judge_tracks(all, i_run, &tracks, err);
  }
  fcast_tracks_clear(&tracks);
  return status;
}

/* The bandwidths that the grid can carry; a copy of the model and a plan for each. */
static fcast_status plan_all(fcast_field_model *model, fcast_field_model *models, judging *all, fcast_error *err) {
  const double cell_x = model->density.box_x / (double)model->density.nx;
  const double cell_y = model->density.box_y / (double)model->density.ny;
  const double state_cell =
      fmax(model->density.box_x / (double)model->state_nx, model->density.box_y / (double)model->state_ny);
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < FCAST_FIELD_TRIES; i++) {
    const double bandwidth = tried_parts[i] * model->density.bandwidth * sqrt(cell_x * cell_y);
    if (i > 0 && bandwidth < narrowest * state_cell) {
      break;
    }
    models[i] = *model;
    models[i].state_bandwidth = bandwidth;
    status = fcast_field_plan_create(&models[i], &all->plans[i], err);
    model->n_tried = i + 1;
  }
  return status;
}

/* Means and standard errors over the runs; the best bandwidth. */
static fcast_status choose(const judging *all, const fcast_field_model *models, fcast_field_model *model,
                           fcast_error *err) {
  const size_t n = all->n_runs;
  double best = -INFINITY;
  for (size_t i = 0; i < model->n_tried; i++) {
    double sum = 0.0;
    double squares = 0.0;
    for (size_t run = 0; run < n; run++) {
      sum += all->r2[i * n + run];
    }
    for (size_t run = 0; run < n; run++) {
      squares += pow(all->r2[i * n + run] - sum / (double)n, 2.0);
    }
    model->tried_bandwidth[i] = models[i].state_bandwidth;
    model->tried_r2[i] = sum / (double)n;
    model->tried_standard_error[i] = n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : (double)NAN;
    if (model->tried_r2[i] > best) {
      best = model->tried_r2[i];
      model->state_bandwidth = models[i].state_bandwidth;
    }
  }
  if (best > -INFINITY) {
    return FCAST_OK;
  }
  size_t run = 0;
  while (run + 1 < n && all->reason[run].code == FCAST_OK) {
    run++;
  }
  return fcast_fail(err, FCAST_E_NUMERIC, "%s",
                    all->reason[run].code != FCAST_OK ? all->reason[run].text
                                                      : "field model: the training runs are the training mean itself");
}

fcast_status fcast_field_choose_state(const fcast_tracks_source *source, size_t n_known, const double *mean,
                                      fcast_field_model *model, fcast_error *err) {
  fcast_field_model models[FCAST_FIELD_TRIES];
  judging all = {
      .source = source, .n_known = n_known, .n_runs = fcast__judged_runs(source), .mean = mean, .model = model};
  all.r2 = fcast_alloc_array(FCAST_FIELD_TRIES * all.n_runs, sizeof *all.r2);
  all.reason = fcast_alloc_array(all.n_runs, sizeof *all.reason);
  fcast_status status = all.r2 == NULL || all.reason == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", all.n_runs)
                            : plan_all(model, models, &all, err);
  if (status == FCAST_OK) {
    status = fcast__for_each(all.n_runs, judge_run, &all, err);
  }
  if (status == FCAST_OK) {
    status = choose(&all, models, model, err);
  }
  for (size_t i = 0; i < FCAST_FIELD_TRIES; i++) {
    fcast_field_plan_destroy(all.plans[i]);
  }
  fcast_free(all.r2);
  fcast_free(all.reason);
  return status;
}
