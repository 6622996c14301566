/* SPDX-License-Identifier: MIT */
#include "flockcast/evaluate.h"
#include "flockcast/interaction.h"

#include "base/each.h"
#include "learn/judged.h"

#include <math.h>

/* What is found of one frame of one run; sums over its cells. */
typedef struct frame_errors {
  double error;              /* squared, of the forecast */
  double of_state;           /* squared, of the truth as the state shows it */
  double density, variance;  /* of the forecast; of the ensemble */
  double polarization_error; /* squared */
  double polarization_variance;
  double r2; /* nan where the run has ended */
} frame_errors;

typedef struct measuring {
  const fcast_tracks_source *source;
  size_t n_known, n_runs, n_leads;
  const double *mean;
  const fcast_field_model *model;
  const fcast_field_plan *plan;
  frame_errors *found; /* [run, lead] */
} measuring;

/* Memory of one run. */
typedef struct run_fields {
  double *prediction, *variance; /* [n_forecast, cell] */
  double *shown;                 /* [cell] */
  double *polarization;          /* [n_forecast] */
  double *polarization_variance; /* [n_forecast] */
} run_fields;

static fcast_status allocate(size_t n_forecast, size_t n_space, run_fields *out, fcast_error *err) {
  out->prediction = fcast_alloc_array(n_forecast * n_space, sizeof(double));
  out->variance = fcast_alloc_array(n_forecast * n_space, sizeof(double));
  out->shown = fcast_alloc_array(n_space, sizeof(double));
  out->polarization = fcast_alloc_array(2 * n_forecast, sizeof(double));
  out->polarization_variance = out->polarization != NULL ? out->polarization + n_forecast : NULL;
  return out->prediction == NULL || out->variance == NULL || out->shown == NULL || out->polarization == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu frames", n_forecast)
             : FCAST_OK;
}

static void release(run_fields *fields) {
  fcast_free(fields->prediction);
  fcast_free(fields->variance);
  fcast_free(fields->shown);
  fcast_free(fields->polarization);
}

static double polarization_of(const fcast_tracks *tracks, size_t frame) {
  double x = 0.0;
  double y = 0.0;
  for (size_t i = 0; i < tracks->n_agents; i++) {
    const double *velocity = tracks->velocities + 2 * (frame * tracks->n_agents + i);
    const double speed = hypot(velocity[0], velocity[1]);
    x += speed > 0.0 ? velocity[0] / speed : 0.0;
    y += speed > 0.0 ? velocity[1] / speed : 0.0;
  }
  return hypot(x, y) / (double)tracks->n_agents;
}

static void sum_frame(const measuring *all, const run_fields *fields, const double *truth, size_t lead,
                      frame_errors *out) {
  const size_t n_space = (size_t)(all->model->density.nx * all->model->density.ny);
  const double *prediction = fields->prediction + lead * n_space;
  for (size_t i = 0; i < n_space; i++) {
    out->error += (truth[i] - prediction[i]) * (truth[i] - prediction[i]);
    out->of_state += (truth[i] - fields->shown[i]) * (truth[i] - fields->shown[i]);
    out->density += prediction[i];
    out->variance += fields->variance[lead * n_space + i];
  }
  out->r2 = fcast__judged_r2(all->mean, n_space, truth, prediction, 1);
}

static fcast_status forecast(const measuring *all, const fcast_tracks *tracks, size_t i_run, size_t n_forecast,
                             run_fields *fields, fcast_error *err) {
  fcast_status status = fcast_field_forecast(all->plan, tracks, all->n_known - 1, n_forecast, fields->prediction,
                                             fields->polarization, err);
  return status == FCAST_OK ? fcast_field_spread(all->plan, tracks, all->n_known - 1, n_forecast, FCAST_FIELD_MEMBERS,
                                                 i_run, fields->variance, fields->polarization_variance, err)
                            : status;
}

static fcast_status measure_tracks(const measuring *all, size_t i_run, const fcast_tracks *tracks, fcast_error *err) {
  const size_t n_space = (size_t)(all->model->density.nx * all->model->density.ny);
  const size_t n_forecast = tracks->n_frames - all->n_known;
  fcast_fields truth = {0};
  run_fields fields = {0};
  fcast_status status = fcast_density_estimate(tracks, &all->model->density, &truth, err);
  if (status == FCAST_OK) {
    status = allocate(n_forecast, n_space, &fields, err);
  }
  if (status == FCAST_OK) {
    status = forecast(all, tracks, i_run, n_forecast, &fields, err);
  }
  for (size_t lead = 0; status == FCAST_OK && lead < n_forecast && lead < all->n_leads; lead++) {
    frame_errors *found = &all->found[i_run * all->n_leads + lead];
    const double missed = polarization_of(tracks, all->n_known + lead) - fields.polarization[lead];
    found->polarization_error = missed * missed;
    found->polarization_variance = fields.polarization_variance[lead];
    status = fcast_field_reconstruct(all->plan, tracks, all->n_known + lead, fields.shown, err);
    sum_frame(all, &fields, truth.rho + (all->n_known + lead) * n_space, lead, found);
  }
  release(&fields);
  fcast_fields_clear(&truth);
  return status;
}

static fcast_status measure_run(void *context, size_t i_run, fcast_error *err) {
  const measuring *all = context;
  fcast_tracks tracks = {0};
  for (size_t lead = 0; lead < all->n_leads; lead++) {
    all->found[i_run * all->n_leads + lead].r2 = NAN;
  }
  fcast_status status = fcast__judged_read(all->source, i_run, all->n_known, &tracks, err);
  if (status == FCAST_OK) {
    status = measure_tracks(all, i_run, &tracks, err);
  }
  fcast_tracks_clear(&tracks);
  return status;
}

/* The floor over all leads: what the state cannot show, for a density. */
static double find_floor(const measuring *all) {
  double error = 0.0;
  double density = 0.0;
  for (size_t i = 0; i < all->n_runs * all->n_leads; i++) {
    error += all->found[i].of_state;
    density += all->found[i].density;
  }
  return density > 0.0 ? error / density : 0.0;
}

static double over(double above, double below) {
  return below > 0.0 ? fmax(above / below, 0.0) : 0.0;
}

/* `values` has room for the r2 of all runs twice. */
static void fill_in(const measuring *all, double *values, fcast_field_errors *out) {
  static const double percents[3] = {10.0, 50.0, 90.0};
  out->floor = find_floor(all);
  for (size_t lead = 0; lead < all->n_leads; lead++) {
    frame_errors sum = {0};
    size_t n = 0;
    for (size_t run = 0; run < all->n_runs; run++) {
      const frame_errors *found = &all->found[run * all->n_leads + lead];
      sum.error += found->error;
      sum.density += found->density;
      sum.variance += found->variance;
      sum.polarization_error += found->polarization_error;
      sum.polarization_variance += found->polarization_variance;
      if (!isnan(found->r2)) {
        values[n++] = found->r2;
      }
    }
    out->inflation[lead] = over(sum.error - out->floor * sum.density, sum.variance);
    out->polarization_inflation[lead] = over(sum.polarization_error, sum.polarization_variance);
    for (size_t k = 0; k < 3; k++) {
      out->expected_r2[3 * lead + k] = fcast_percentile(values, n, percents[k], values + all->n_runs);
    }
  }
}

/* As many leads as the first judged run has. */
static fcast_status count_leads(const fcast_tracks_source *source, size_t n_known, size_t *n_leads, fcast_error *err) {
  fcast_tracks tracks = {0};
  const fcast_status status = fcast__judged_read(source, 0, n_known, &tracks, err);
  *n_leads = tracks.n_frames - n_known;
  fcast_tracks_clear(&tracks);
  return status;
}

fcast_status fcast_field_measure_errors(const fcast_tracks_source *source, size_t n_known, const double *mean,
                                        fcast_field_model *model, fcast_error *err) {
  measuring all = {
      .source = source, .n_known = n_known, .n_runs = fcast__judged_runs(source), .mean = mean, .model = model};
  fcast_field_plan *plan = NULL;
  double *values = fcast_alloc_array(2 * all.n_runs, sizeof *values);
  fcast_field_errors_clear(&model->errors);
  fcast_status status = values == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", all.n_runs)
                                       : count_leads(source, n_known, &all.n_leads, err);
  if (status == FCAST_OK) {
    all.found = fcast_alloc_array(all.n_runs * all.n_leads, sizeof *all.found);
    status = all.found == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu leads", all.n_leads)
                               : fcast_field_plan_create(model, &plan, err);
  }
  if (status == FCAST_OK) {
    all.plan = plan;
    status = fcast__for_each(all.n_runs, measure_run, &all, err);
  }
  if (status == FCAST_OK) {
    status = fcast_field_errors_create(all.n_leads, &model->errors, err);
  }
  if (status == FCAST_OK) {
    fill_in(&all, values, &model->errors);
  }
  fcast_field_plan_destroy(plan);
  fcast_free(all.found);
  fcast_free(values);
  return status;
}
