/* SPDX-License-Identifier: MIT */
#include "cli/evaluation_score.h"

#include "cli/progress.h"
#include "cli/trained_on.h"

#include "io/limit_file.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static fcast_status check_fit(const fcast_evaluation *evaluation, const fcast_test_run *run, fcast_error *err) {
  const size_t n_space = fcast_fields_n_space(&run->truth);
  if (n_space != evaluation->pod.n_space) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/density.npz: found %zu x %zu cells, expected %zu cells as in pod_model.npz", run->directory,
                      run->truth.ny, run->truth.nx, evaluation->pod.n_space);
  }
  if (run->truth.n_frames <= evaluation->mvar.lag) {
    return fcast_fail(
        err, FCAST_E_SHAPE,
        "%s/density.npz: found %zu frames, expected at least %zu (the model's lag %zu and one to forecast)",
        run->directory, run->truth.n_frames, evaluation->mvar.lag + 1, evaluation->mvar.lag);
  }
  return fcast_trained_on_check_fit(&evaluation->trained_on, run, err);
}

/* Runs forecast and scored at a time: enough for matrix products at full speed, and few enough for every thread to have
 * some and for the memory of one group to serve the next. */
enum { GROUP_RUNS = 16, GROUP_BYTES = 4 << 20 };

/* The fields of a group: truth[run, frame, cell], prediction and projection[run, forecast frame, cell]; what the chosen
 * model is given, known[run, known frame, 1 + 2 n_moments, cell]. */
typedef struct group_fields {
  size_t n_runs;
  double *truth, *prediction, *projection, *known;
  double *variance; /* [run, forecast frame, cell]: of the prediction, where it is known */
  bool is_scored;   /* not only predicted: how sure the field model is, and how good its single steps */
} group_fields;

/* Fields of a frame that the chosen model is given. */
static size_t n_given(const fcast_evaluation *evaluation) {
  return evaluation->has_chosen ? 1 + 2 * evaluation->chosen.model.state.n_moments : 0;
}

static fcast_status group_create(const fcast_evaluation *evaluation, const fcast_test_run *first, size_t n_runs,
                                 group_fields *out, fcast_error *err) {
  const size_t n_forecast = first->truth.n_frames - evaluation->mvar.lag;
  const size_t run_size = evaluation->pod.n_space * sizeof(double);
  *out = (group_fields){.n_runs = n_runs};
  out->truth = fcast_alloc_unfilled(n_runs * first->truth.n_frames, run_size);
  out->prediction = fcast_alloc_unfilled(n_runs * n_forecast, run_size);
  out->projection = fcast_alloc_unfilled(n_runs * n_forecast, run_size);
  out->variance = fcast_alloc_unfilled(n_runs * n_forecast, run_size);
  out->known = fcast_alloc_unfilled(n_runs * evaluation->mvar.lag * n_given(evaluation), run_size);
  return out->truth == NULL || out->prediction == NULL || out->projection == NULL || out->known == NULL ||
                 out->variance == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for a forecast of %zu frames", first->directory,
                          n_forecast)
             : FCAST_OK;
}

static void group_clear(group_fields *group) {
  fcast_free(group->truth);
  fcast_free(group->prediction);
  fcast_free(group->projection);
  fcast_free(group->known);
  fcast_free(group->variance);
  *group = (group_fields){0};
}

/* Score the noise limit of a run whose density is still there, where `flockcast limit` has made one. */
static fcast_status score_limit(const fcast_evaluation *evaluation, fcast_test_run *run, fcast_error *err) {
  const size_t shape[3] = {run->truth.n_frames, run->truth.ny, run->truth.nx};
  const size_t n_space = evaluation->pod.n_space;
  const size_t lag = evaluation->mvar.lag;
  fcast_limit limit = {0};
  run->r2_limit = NAN;
  fcast_status status = fcast_run_read_limit(run->directory, shape, run->facts.config_hash, &limit, err);
  if (status == FCAST_OK && limit.n_members > 0 && limit.n_known != lag) {
    status =
        fcast_fail(err, FCAST_E_SHAPE,
                   "%s/limit.npz: n_known: found %zu, expected %zu, the lag of mvar_model.npz: run flockcast limit "
                   "again, or delete it",
                   run->directory, limit.n_known, lag);
  }
  if (status == FCAST_OK && limit.n_members > 0) {
    run->r2_lead_limit = fcast_alloc_array(limit.n_frames, sizeof *run->r2_lead_limit);
    status =
        run->r2_lead_limit == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", run->directory) : FCAST_OK;
  }
  if (status == FCAST_OK && limit.n_members > 0) {
    run->r2_limit = fcast_r2_of_frames(evaluation->pod.mean, n_space, run->truth.rho + lag * n_space, limit.rho,
                                       limit.n_frames, run->r2_lead_limit);
  }
  fcast_limit_clear(&limit);
  return status;
}

/* Density, limit and order parameters of a run whose facts are known. */
static fcast_status read_run(const fcast_evaluation *evaluation, fcast_test_run *run, fcast_error *err) {
  fcast_status status = fcast_run_read_density(run->directory, &run->truth, err);
  if (status == FCAST_OK) {
    status = check_fit(evaluation, run, err);
  }
  if (status == FCAST_OK) {
    status = score_limit(evaluation, run, err);
  }
  return status == FCAST_OK ? fcast_run_read_order(run->directory, &run->order, err) : status;
}

/* Runs of a group that have as many frames as its first, behind each other. */
static size_t equal_runs(const fcast_test_run *runs, size_t n_runs) {
  size_t n = 1;
  while (n < n_runs && runs[n].truth.n_frames == runs[0].truth.n_frames) {
    n++;
  }
  return n;
}

/* The known frames of one run as the chosen model wants them: the moments of the headings come from the tracks. */
static fcast_status gather_known(const fcast_evaluation *evaluation, const fcast_test_run *run, const double *truth,
                                 double *known, fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t n_known = evaluation->mvar.lag;
  const size_t n_moments = evaluation->chosen.model.state.n_moments;
  double *moments = fcast_alloc_unfilled(n_known * 2 * n_moments * n_space, sizeof *moments);
  fcast_status status =
      moments == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", run->directory) : FCAST_OK;
  if (status == FCAST_OK && n_moments > 0) {
    status = fcast_run_compute_moments(run->directory, &run->facts, n_moments, n_known, n_space, moments, err);
  }
  for (size_t frame = 0; status == FCAST_OK && frame < n_known; frame++) {
    double *to = known + frame * (1 + 2 * n_moments) * n_space;
    memcpy(to, truth + frame * n_space, n_space * sizeof *to);
    memcpy(to + n_space, moments + frame * 2 * n_moments * n_space, 2 * n_moments * n_space * sizeof *to);
  }
  fcast_free(moments);
  return status;
}

/* Forecasts of all runs of a group by the chosen model, and the truth projected on its modes. */
static fcast_status forecast_chosen(const fcast_evaluation *evaluation, const fcast_test_run *runs, size_t n_frames,
                                    group_fields *group, fcast_error *err) {
  const fcast_latent *model = &evaluation->chosen.model;
  const size_t n_space = evaluation->pod.n_space;
  const size_t lag = evaluation->mvar.lag;
  const size_t n_forecast = n_frames - lag;
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < group->n_runs; i++) {
    const double *truth = group->truth + i * n_frames * n_space;
    status = gather_known(evaluation, &runs[i], truth, group->known + i * lag * n_given(evaluation) * n_space, err);
    if (status == FCAST_OK) {
      status = fcast_latent_reconstruct(model, truth + lag * n_space, n_forecast,
                                        group->projection + i * n_forecast * n_space, err);
    }
  }
  return status == FCAST_OK
             ? fcast_latent_forecast(model, group->known, group->n_runs, lag, n_forecast, group->prediction, err)
             : status;
}

/* Whether the field model is of the grid, the box and the frames of a run. */
static fcast_status check_field_fit(const fcast_field_model *field, const fcast_test_run *run, fcast_error *err) {
  const fcast_fields *truth = &run->truth;
  const double box_x = truth->x_edges[truth->nx] - truth->x_edges[0];
  const double box_y = truth->y_edges[truth->ny] - truth->y_edges[0];
  const double interval = truth->times[1] - truth->times[0];
  if (truth->nx != (size_t)field->density.nx || truth->ny != (size_t)field->density.ny ||
      fabs(box_x - field->density.box_x) > 1e-9 * box_x || fabs(box_y - field->density.box_y) > 1e-9 * box_y) {
    return fcast_fail(
        err, FCAST_E_SHAPE,
        "%s/density.npz: found %zu x %zu cells in a box of %g x %g, expected %lld x %lld in %g x %g as in "
        "field_model.npz",
        run->directory, truth->ny, truth->nx, box_x, box_y, (long long)field->density.ny, (long long)field->density.nx,
        field->density.box_x, field->density.box_y);
  }
  if (fabs(interval - field->interval) > 1e-6 * interval) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s/density.npz: found frames %g apart, expected %g as in field_model.npz",
                      run->directory, interval, field->interval);
  }
  return FCAST_OK;
}

/* How sure the field model is of its forecast of a run, beyond the leads that training has seen as sure as at the last
 * of them. An ensemble that is refused knows nothing: nan. */
static fcast_status spread_field_run(const fcast_evaluation *evaluation, fcast_test_run *run,
                                     const fcast_tracks *tracks, const double *prediction, double *variance,
                                     fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t lag = evaluation->mvar.lag;
  const size_t n_forecast = tracks->n_frames - lag;
  const fcast_field_errors *errors = &evaluation->field.errors;
  const uint64_t seed = run->facts.seed >= 0 ? (uint64_t)run->facts.seed : 0;
  if (run->polarization_std == NULL) {
    run->polarization_std = fcast_alloc_array(n_forecast, sizeof *run->polarization_std);
  }
  if (run->polarization_std == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", run->directory);
  }
  const size_t n_known = n_forecast < errors->n_leads ? n_forecast : errors->n_leads;
  const fcast_status status = fcast_field_spread(evaluation->field_plan, tracks, lag - 1, n_known, FCAST_FIELD_MEMBERS,
                                                 seed, variance, run->polarization_std, err);
  for (size_t i = 0; status == FCAST_E_NUMERIC && i < n_known * n_space; i++) {
    variance[i] = (double)NAN;
  }
  for (size_t lead = n_known; lead < n_forecast; lead++) {
    memcpy(variance + lead * n_space, variance + (n_known - 1) * n_space, n_space * sizeof *variance);
    run->polarization_std[lead] = run->polarization_std[n_known - 1];
  }
  fcast_field_errors_apply(errors, prediction, n_forecast, n_space, variance);
  for (size_t lead = 0; lead < n_forecast; lead++) {
    const size_t known = lead < errors->n_leads ? lead : errors->n_leads - 1;
    run->polarization_std[lead] =
        status == FCAST_OK ? sqrt(errors->polarization_inflation[known] * run->polarization_std[lead]) : (double)NAN;
  }
  return status == FCAST_E_NUMERIC ? FCAST_OK : status;
}

/* How good single steps are, each from the true agents of the frame before; `frames`[n_forecast, cell] is overwritten.
 * A step that is refused is no number. */
static fcast_status step_field_run(const fcast_evaluation *evaluation, fcast_test_run *run, const fcast_tracks *tracks,
                                   const double *truth, double *frames, fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t lag = evaluation->mvar.lag;
  const size_t n_forecast = tracks->n_frames - lag;
  fcast_status status = FCAST_OK;
  if (run->r2_one_step == NULL) {
    run->r2_one_step = fcast_alloc_array(n_forecast, sizeof *run->r2_one_step);
  }
  if (run->r2_one_step == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", run->directory);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_forecast; i++) {
    double *frame = frames + i * n_space;
    status = fcast_field_forecast(evaluation->field_plan, tracks, lag - 1 + i, 1, frame, NULL, err);
    for (size_t k = 0; status == FCAST_E_NUMERIC && k < n_space; k++) {
      frame[k] = (double)NAN;
    }
    status = status == FCAST_E_NUMERIC ? FCAST_OK : status;
  }
  if (status == FCAST_OK) {
    (void)fcast_r2_of_frames(evaluation->pod.mean, n_space, truth + lag * n_space, frames, n_forecast,
                             run->r2_one_step);
  }
  return status;
}

/* Forecast of one run by the field model, and the truth as its state shows it. A forecast that is refused is no number:
 * nan, with the reason. */
static fcast_status forecast_field_run(const fcast_evaluation *evaluation, fcast_test_run *run, size_t n_frames,
                                       const double *truth, double *prediction, double *projection, double *variance,
                                       bool is_scored, fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t lag = evaluation->mvar.lag;
  fcast_tracks tracks = {0};
  fcast_status status = check_field_fit(&evaluation->field, run, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(run->directory, evaluation->field.density.box_x, evaluation->field.density.box_y,
                                   evaluation->field.density.boundary, &tracks, err);
  }
  if (status == FCAST_OK && tracks.n_frames != n_frames) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames, expected %zu as in density.npz",
                        run->directory, tracks.n_frames, n_frames);
  }
  if (status == FCAST_OK && run->polarization == NULL) {
    run->polarization = fcast_alloc_array(n_frames - lag, sizeof *run->polarization);
    status = run->polarization == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", run->directory) : FCAST_OK;
  }
  for (size_t i = 0; status == FCAST_OK && i < n_frames - lag; i++) {
    status = fcast_field_reconstruct(evaluation->field_plan, &tracks, lag + i, projection + i * n_space, err);
  }
  if (status == FCAST_OK) {
    status = fcast_field_forecast(evaluation->field_plan, &tracks, lag - 1, n_frames - lag, prediction,
                                  run->polarization, &run->refusal);
    for (size_t i = 0; status == FCAST_E_NUMERIC && i < (n_frames - lag) * n_space; i++) {
      prediction[i] = (double)NAN;
    }
    status = status == FCAST_E_NUMERIC ? FCAST_OK : status;
  }
  if (status == FCAST_OK && is_scored) {
    status = step_field_run(evaluation, run, &tracks, truth, variance, err);
  }
  if (status == FCAST_OK && is_scored && fcast_evaluation_has_intervals(evaluation, FCAST_FIELD)) {
    status = spread_field_run(evaluation, run, &tracks, prediction, variance, err);
  }
  fcast_tracks_clear(&tracks);
  return status;
}

static fcast_status forecast_field(const fcast_evaluation *evaluation, fcast_test_run *runs, size_t n_frames,
                                   group_fields *group, fcast_error *err) {
  const size_t size = (n_frames - evaluation->mvar.lag) * evaluation->pod.n_space;
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < group->n_runs; i++) {
    status = forecast_field_run(evaluation, &runs[i], n_frames, group->truth + i * n_frames * evaluation->pod.n_space,
                                group->prediction + i * size, group->projection + i * size, group->variance + i * size,
                                group->is_scored, err);
  }
  return status;
}

static fcast_status forecast_group(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_test_run *runs,
                                   size_t n_frames, group_fields *group, fcast_error *err) {
  switch (model) {
  case FCAST_CHOSEN:
    return forecast_chosen(evaluation, runs, n_frames, group, err);
  case FCAST_FIELD:
    return forecast_field(evaluation, runs, n_frames, group, err);
  default:
    return fcast_forecast_densities(&evaluation->pod, &evaluation->mvar, group->truth, group->n_runs, n_frames,
                                    group->prediction, group->projection, err);
  }
}

/* Forecast runs of one length with one model, and score them. */
static fcast_status score_model(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_test_run *runs,
                                size_t n_frames, group_fields *group, fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t lag = evaluation->mvar.lag;
  fcast_status status = forecast_group(evaluation, model, runs, n_frames, group, err);
  if (status == FCAST_OK && model == FCAST_CHOSEN && fcast_evaluation_has_intervals(evaluation, model)) {
    for (size_t i = 0; i < group->n_runs; i++) {
      const size_t offset = i * (n_frames - lag) * n_space;
      fcast_uncertainty_apply(&evaluation->chosen.uncertainty, group->prediction + offset, n_frames - lag, n_space,
                              group->variance + offset);
    }
  }
  for (size_t i = 0; status == FCAST_OK && i < group->n_runs; i++) {
    const size_t offset = i * (n_frames - lag) * n_space;
    status = fcast_scores_compute(evaluation->pod.mean, n_space, group->truth + i * n_frames * n_space, n_frames, lag,
                                  group->prediction + offset, group->projection + offset, &runs[i].scores[model], err);
    if (status == FCAST_OK && fcast_evaluation_has_intervals(evaluation, model)) {
      status = fcast_interval_scores_compute(group->truth + i * n_frames * n_space, lag, group->prediction + offset,
                                             group->variance + offset, n_frames - lag, n_space,
                                             &runs[i].intervals[model], err);
    }
  }
  return status;
}

/* Forecast and score runs of one length with all models, and let their fields go. */
static fcast_status score_equal_runs(const fcast_evaluation *evaluation, fcast_test_run *runs, size_t n_runs,
                                     fcast_progress *progress, fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t n_frames = runs[0].truth.n_frames;
  group_fields group;
  fcast_status status = group_create(evaluation, runs, n_runs, &group, err);
  group.is_scored = true;
  for (size_t i = 0; status == FCAST_OK && i < n_runs; i++) {
    memcpy(group.truth + i * n_frames * n_space, runs[i].truth.rho, n_frames * n_space * sizeof(double));
    fcast_free(runs[i].truth.rho);
    runs[i].truth.rho = NULL;
  }
  for (int model = 0; status == FCAST_OK && model < FCAST_N_MODELS; model++) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      status = score_model(evaluation, (fcast_model_kind)model, runs, n_frames, &group, err);
      fcast_progress_add(progress, n_runs);
    }
  }
  group_clear(&group);
  return status;
}

/* `first_failed` is the run that failed, where one did. */
static fcast_status score_group(fcast_evaluation *evaluation, size_t first, size_t last, fcast_progress *progress,
                                size_t *first_failed, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = first; status == FCAST_OK && i < last; i++) {
    *first_failed = i;
    status = read_run(evaluation, &evaluation->runs[i], err);
  }
  for (size_t i = first; status == FCAST_OK && i < last;) {
    const size_t n = equal_runs(evaluation->runs + i, last - i);
    *first_failed = i;
    status = score_equal_runs(evaluation, evaluation->runs + i, n, progress, err);
    i += n;
  }
  return status;
}

/* Group size by the first run; results do not depend on it. */
static size_t choose_group(const fcast_evaluation *evaluation) {
  size_t shape[3] = {0};
  size_t n = GROUP_RUNS;
  if (fcast_run_read_density_shape(evaluation->runs[0].directory, shape, NULL) == FCAST_OK) {
    const double fitting = GROUP_BYTES / (sizeof(double) * (double)shape[0] * (double)shape[1] * (double)shape[2]);
    n = (size_t)fmin(fmax(fitting, 1.0), GROUP_RUNS);
  }
  const size_t fair = (evaluation->n_runs + (size_t)omp_get_max_threads() - 1) / (size_t)omp_get_max_threads();
  return n < fair ? n : fair;
}

fcast_status fcast_evaluation_score(fcast_evaluation *evaluation, fcast_error *err) {
  fcast_status status = FCAST_OK;
  size_t failed_run = evaluation->n_runs;
  const size_t group = choose_group(evaluation);
  const size_t n_models = 1U + (evaluation->has_chosen ? 1U : 0U) + (evaluation->has_field ? 1U : 0U);
  fcast_progress progress;
  fcast_explain("predict and score", "%zu runs by %zu models, %zu runs at a time on each thread", evaluation->n_runs,
                n_models, group);
  fcast_progress_begin(&progress, "predict and score", "forecasts", evaluation->n_runs * n_models);
#pragma omp parallel for schedule(dynamic)
  for (size_t first = 0; first < evaluation->n_runs; first += group) {
    const size_t last = first + group < evaluation->n_runs ? first + group : evaluation->n_runs;
    size_t group_failed = first;
    fcast_error group_error = {FCAST_OK, ""};
    const fcast_status group_status = score_group(evaluation, first, last, &progress, &group_failed, &group_error);
    if (group_status != FCAST_OK) {
#pragma omp critical(fcast_evaluation_failure)
      if (group_failed < failed_run) {
        failed_run = group_failed;
        status = group_status;
        *err = group_error;
      }
    }
  }
  fcast_progress_end(&progress, false);
  return status;
}

fcast_status fcast_evaluation_predict(const fcast_evaluation *evaluation, fcast_model_kind model, fcast_test_run *run,
                                      double **prediction, fcast_error *err) {
  const size_t n_frames = run->truth.n_frames;
  const size_t n_values = n_frames * fcast_fields_n_space(&run->truth);
  group_fields group;
  *prediction = NULL;
  fcast_status status = group_create(evaluation, run, 1, &group, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_rho(run->directory, n_values, group.truth, err);
  }
  if (status == FCAST_OK) {
    status = forecast_group(evaluation, model, run, n_frames, &group, err);
  }
  if (status == FCAST_OK) {
    run->truth.rho = group.truth;
    *prediction = group.prediction;
    group.truth = NULL;
    group.prediction = NULL;
  }
  group_clear(&group);
  return status;
}
