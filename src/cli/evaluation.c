/* SPDX-License-Identifier: MIT */
#include "cli/evaluation.h"

#include "io/field_file.h"
#include "io/file.h"
#include "io/limit_file.h"
#include "io/model_files.h"

#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <string.h>

bool fcast_evaluation_has(const fcast_evaluation *evaluation, fcast_model_kind model) {
  const bool is_there[FCAST_N_MODELS] = {true, evaluation->has_chosen, evaluation->has_field};
  return is_there[model];
}

const char *fcast_model_name(fcast_model_kind model) {
  static const char *const names[FCAST_N_MODELS] = {"specified model", "chosen model", "field model"};
  return names[model];
}

static fcast_status read_models(const char *oscar_dir, fcast_evaluation *out, fcast_error *err) {
  char *pod_path = fcast_format("%s/models/pod_model.npz", oscar_dir);
  char *mvar_path = fcast_format("%s/models/mvar_model.npz", oscar_dir);
  fcast_status status = FCAST_OK;
  if (pod_path == NULL || mvar_path == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
  } else {
    status = fcast_pod_read(pod_path, &out->pod, err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_read(mvar_path, &out->mvar, err);
  }
  if (status == FCAST_OK && out->pod.n_modes != out->mvar.n_modes) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: r is %zu, expected %zu, the modes of pod_model.npz", mvar_path,
                        out->mvar.n_modes, out->pod.n_modes);
  }
  fcast_free(pod_path);
  fcast_free(mvar_path);
  return status;
}

/* The chosen model, where training left one. */
static fcast_status read_chosen(const char *oscar_dir, fcast_evaluation *out, fcast_error *err) {
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_chosen_find(models, &out->chosen, &out->has_chosen, err);
  const fcast_latent *model = &out->chosen.model;
  if (out->has_chosen && model->state.pods[0].n_space != out->pod.n_space) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/pod_selected.npz: U: found %zu cells, expected %zu as in pod_model.npz",
                        models, model->state.pods[0].n_space, out->pod.n_space);
  } else if (out->has_chosen && model->mvar.lag > out->mvar.lag) {
    status = fcast_fail(err, FCAST_E_SHAPE,
                        "%s/mvar_selected.npz: p: found %zu, expected at most %zu, the known frames of mvar_model.npz",
                        models, model->mvar.lag, out->mvar.lag);
  }
  fcast_free(models);
  return status;
}

/* The field model, where training left one. */
static fcast_status read_field(const char *oscar_dir, fcast_evaluation *out, fcast_error *err) {
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                       : fcast_field_find(models, &out->field, &out->has_field, err);
  const size_t n_space = (size_t)(out->field.density.nx * out->field.density.ny);
  if (out->has_field && n_space != out->pod.n_space) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/field_model.npz: cells: found %zu, expected %zu as in pod_model.npz",
                        models, n_space, out->pod.n_space);
  }
  if (status == FCAST_OK && out->has_field) {
    status = fcast_field_plan_create(&out->field, &out->field_plan, err);
  }
  fcast_free(models);
  return status;
}

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
  return FCAST_OK;
}

/* Runs forecast and scored at a time: enough for matrix products at full speed, and few enough for every thread to have
 * some and for the memory of one group to serve the next. */
enum { GROUP_RUNS = 16, GROUP_BYTES = 4 << 20 };

/* The fields of a group: truth[run, frame, cell], prediction and projection[run, forecast frame, cell]; what the chosen
 * model is given, known[run, known frame, 1 + 2 n_moments, cell]. */
typedef struct group_fields {
  size_t n_runs;
  double *truth, *prediction, *projection, *known;
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
  out->known = fcast_alloc_unfilled(n_runs * evaluation->mvar.lag * n_given(evaluation), run_size);
  return out->truth == NULL || out->prediction == NULL || out->projection == NULL || out->known == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for a forecast of %zu frames", first->directory,
                          n_forecast)
             : FCAST_OK;
}

static void group_clear(group_fields *group) {
  fcast_free(group->truth);
  fcast_free(group->prediction);
  fcast_free(group->projection);
  fcast_free(group->known);
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

/* Everything of a run but its field. */
static fcast_status read_run(const fcast_evaluation *evaluation, fcast_test_run *run, fcast_error *err) {
  fcast_status status = fcast_run_read_facts(run->directory, &run->facts, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_density(run->directory, &run->truth, err);
  }
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

/* Forecast of one run by the field model, and the truth as its state shows it. A forecast that is refused is no number:
 * nan, with the reason. */
static fcast_status forecast_field_run(const fcast_evaluation *evaluation, fcast_test_run *run, size_t n_frames,
                                       double *prediction, double *projection, fcast_error *err) {
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
  fcast_tracks_clear(&tracks);
  return status;
}

static fcast_status forecast_field(const fcast_evaluation *evaluation, fcast_test_run *runs, size_t n_frames,
                                   group_fields *group, fcast_error *err) {
  const size_t size = (n_frames - evaluation->mvar.lag) * evaluation->pod.n_space;
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < group->n_runs; i++) {
    status = forecast_field_run(evaluation, &runs[i], n_frames, group->prediction + i * size,
                                group->projection + i * size, err);
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
  for (size_t i = 0; status == FCAST_OK && i < group->n_runs; i++) {
    const size_t offset = i * (n_frames - lag) * n_space;
    status = fcast_scores_compute(evaluation->pod.mean, n_space, group->truth + i * n_frames * n_space, n_frames, lag,
                                  group->prediction + offset, group->projection + offset, &runs[i].scores[model], err);
    if (status == FCAST_OK && model == FCAST_CHOSEN && evaluation->chosen.uncertainty.n_leads > 0) {
      status =
          fcast_interval_scores_compute(&evaluation->chosen.uncertainty, group->truth + i * n_frames * n_space, lag,
                                        group->prediction + offset, n_frames - lag, n_space, &runs[i].intervals, err);
    }
  }
  return status;
}

/* Forecast and score runs of one length with all models, and let their fields go. */
static fcast_status score_equal_runs(const fcast_evaluation *evaluation, fcast_test_run *runs, size_t n_runs,
                                     fcast_error *err) {
  const size_t n_space = evaluation->pod.n_space;
  const size_t n_frames = runs[0].truth.n_frames;
  group_fields group;
  fcast_status status = group_create(evaluation, runs, n_runs, &group, err);
  for (size_t i = 0; status == FCAST_OK && i < n_runs; i++) {
    memcpy(group.truth + i * n_frames * n_space, runs[i].truth.rho, n_frames * n_space * sizeof(double));
    fcast_free(runs[i].truth.rho);
    runs[i].truth.rho = NULL;
  }
  for (int model = 0; status == FCAST_OK && model < FCAST_N_MODELS; model++) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      status = score_model(evaluation, (fcast_model_kind)model, runs, n_frames, &group, err);
    }
  }
  group_clear(&group);
  return status;
}

/* `first_failed` is the run that failed, where one did. */
static fcast_status score_group(fcast_evaluation *evaluation, size_t first, size_t last, size_t *first_failed,
                                fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = first; status == FCAST_OK && i < last; i++) {
    *first_failed = i;
    status = read_run(evaluation, &evaluation->runs[i], err);
  }
  for (size_t i = first; status == FCAST_OK && i < last;) {
    const size_t n = equal_runs(evaluation->runs + i, last - i);
    *first_failed = i;
    status = score_equal_runs(evaluation, evaluation->runs + i, n, err);
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

static fcast_status score_all(fcast_evaluation *evaluation, fcast_error *err) {
  fcast_status status = FCAST_OK;
  size_t failed_run = evaluation->n_runs;
  const size_t group = choose_group(evaluation);
#pragma omp parallel for schedule(dynamic)
  for (size_t first = 0; first < evaluation->n_runs; first += group) {
    const size_t last = first + group < evaluation->n_runs ? first + group : evaluation->n_runs;
    size_t group_failed = first;
    fcast_error group_error = {FCAST_OK, ""};
    const fcast_status group_status = score_group(evaluation, first, last, &group_failed, &group_error);
    if (group_status != FCAST_OK) {
#pragma omp critical(fcast_evaluation_failure)
      if (group_failed < failed_run) {
        failed_run = group_failed;
        status = group_status;
        *err = group_error;
      }
    }
  }
  return status;
}

static fcast_status list_runs(const char *oscar_dir, size_t n_expected, fcast_evaluation *out, fcast_error *err) {
  fcast_run_list list = {0};
  char *test_dir = fcast_format("%s/test", oscar_dir);
  if (test_dir == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir);
  }
  fcast_status status = fcast_run_list_read(test_dir, FCAST_MODE_TEST, &list, err);
  if (status == FCAST_OK) {
    status = fcast_run_list_require(&list, test_dir, FCAST_MODE_TEST, n_expected, err);
  }
  if (status == FCAST_OK) {
    out->runs = fcast_alloc_array(list.n_runs, sizeof *out->runs);
    out->n_runs = out->runs == NULL ? 0 : list.n_runs;
    status = out->runs == NULL ? FCAST_E_NOMEM : FCAST_OK;
  }
  for (size_t i = 0; i < out->n_runs; i++) {
    out->runs[i].directory = fcast_format("%s/%s", test_dir, list.names[i]);
    status = out->runs[i].directory == NULL ? FCAST_E_NOMEM : status;
  }
  if (status == FCAST_E_NOMEM) {
    (void)fcast_fail(err, status, "%s: out of memory for %zu runs", test_dir, list.n_runs);
  }
  fcast_run_list_clear(&list);
  fcast_free(test_dir);
  return status;
}

static size_t find_type(const fcast_evaluation *evaluation, const char *type) {
  size_t i = 0;
  while (i < evaluation->n_types && strcmp(evaluation->types[i], type) != 0) {
    i++;
  }
  return i;
}

size_t fcast_evaluation_best(const fcast_evaluation *evaluation, fcast_model_kind model, const char *type) {
  size_t best = evaluation->n_runs;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (strcmp(evaluation->runs[i].facts.ic_type, type) != 0) {
      continue;
    }
    const double r2 = evaluation->runs[i].scores[model].r2;
    const double largest = best < evaluation->n_runs ? evaluation->runs[best].scores[model].r2 : (double)NAN;
    if (best == evaluation->n_runs || r2 > largest || (isnan(largest) && !isnan(r2))) {
      best = i;
    }
  }
  return best;
}

/* Types in order of first appearance, and the best run of each. */
static fcast_status group_by_type(fcast_evaluation *evaluation, fcast_error *err) {
  evaluation->types = fcast_alloc_array(evaluation->n_runs, sizeof *evaluation->types);
  evaluation->best_run = fcast_alloc_array(evaluation->n_runs, sizeof *evaluation->best_run);
  if (evaluation->types == NULL || evaluation->best_run == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", evaluation->n_runs);
  }
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const char *type = evaluation->runs[i].facts.ic_type;
    if (find_type(evaluation, type) == evaluation->n_types) {
      evaluation->best_run[evaluation->n_types] = fcast_evaluation_best(evaluation, evaluation->shown, type);
      evaluation->types[evaluation->n_types++] = type;
    }
  }
  return FCAST_OK;
}

/* The model with the largest mean r2; of equal ones, and against one that overflows, the later. */
static fcast_model_kind find_shown(const fcast_evaluation *evaluation) {
  fcast_model_kind shown = FCAST_SPECIFIED;
  double best = fcast_evaluation_mean(evaluation, shown, offsetof(fcast_scores, r2), NULL);
  for (int model = FCAST_CHOSEN; model < FCAST_N_MODELS; model++) {
    const double r2 = fcast_evaluation_mean(evaluation, (fcast_model_kind)model, offsetof(fcast_scores, r2), NULL);
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model) && (r2 > best || isnan(best))) {
      shown = (fcast_model_kind)model;
      best = r2;
    }
  }
  return shown;
}

fcast_status fcast_evaluation_create(const char *oscar_dir, size_t n_expected, fcast_evaluation *out,
                                     fcast_error *err) {
  *out = (fcast_evaluation){0};
  fcast_status status = read_models(oscar_dir, out, err);
  if (status == FCAST_OK) {
    status = read_chosen(oscar_dir, out, err);
  }
  if (status == FCAST_OK) {
    status = read_field(oscar_dir, out, err);
  }
  if (status == FCAST_OK) {
    status = list_runs(oscar_dir, n_expected, out, err);
  }
  if (status == FCAST_OK) {
    status = score_all(out, err);
  }
  if (status == FCAST_OK) {
    out->shown = find_shown(out);
    status = group_by_type(out, err);
  }
  if (status != FCAST_OK) {
    fcast_evaluation_clear(out);
  }
  return status;
}

void fcast_evaluation_clear(fcast_evaluation *evaluation) {
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    fcast_test_run *run = &evaluation->runs[i];
    fcast_free(run->directory);
    fcast_run_facts_clear(&run->facts);
    fcast_fields_clear(&run->truth);
    fcast_order_params_clear(&run->order);
    fcast_free(run->r2_lead_limit);
    fcast_free(run->polarization);
    for (int model = 0; model < FCAST_N_MODELS; model++) {
      fcast_scores_clear(&run->scores[model]);
    }
  }
  fcast_free(evaluation->runs);
  fcast_free(evaluation->types);
  fcast_free(evaluation->best_run);
  fcast_chosen_clear(&evaluation->chosen);
  fcast_field_plan_destroy(evaluation->field_plan);
  fcast_field_model_clear(&evaluation->field);
  fcast_mvar_clear(&evaluation->mvar);
  fcast_pod_clear(&evaluation->pod);
  *evaluation = (fcast_evaluation){0};
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

double fcast_evaluation_mean(const fcast_evaluation *evaluation, fcast_model_kind model, size_t offset,
                             const char *type) {
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (type == NULL || strcmp(evaluation->runs[i].facts.ic_type, type) == 0) {
      sum += *(const double *)(const void *)((const char *)&evaluation->runs[i].scores[model] + offset);
      n++;
    }
  }
  return sum / (double)n;
}

fcast_interval_scores fcast_evaluation_intervals(const fcast_evaluation *evaluation) {
  fcast_interval_scores mean = {0};
  const double n = (double)evaluation->n_runs;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const fcast_interval_scores *run = &evaluation->runs[i].intervals;
    mean.crps += run->crps / n;
    mean.crps_persistence += run->crps_persistence / n;
    mean.coverage_50 += run->coverage_50 / n;
    mean.coverage_90 += run->coverage_90 / n;
    mean.mean_std += run->mean_std / n;
  }
  return mean;
}

double fcast_evaluation_expected(const fcast_evaluation *evaluation, const fcast_test_run *run) {
  const fcast_uncertainty *known = &evaluation->chosen.uncertainty;
  const fcast_scores *scores = &run->scores[FCAST_CHOSEN];
  const size_t n = scores->n_forecast < known->n_leads ? scores->n_forecast : known->n_leads;
  size_t n_inside = 0;
  for (size_t lead = 0; lead < n; lead++) {
    const double r2 = scores->r2_lead[lead];
    n_inside += r2 >= known->held_out_r2[3 * lead] && r2 <= known->held_out_r2[3 * lead + 2];
  }
  return (double)n_inside / (double)n;
}

double fcast_evaluation_limit(const fcast_evaluation *evaluation, size_t *n_runs) {
  double sum = 0.0;
  *n_runs = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    if (evaluation->runs[i].r2_lead_limit != NULL) {
      sum += evaluation->runs[i].r2_limit;
      (*n_runs)++;
    }
  }
  return sum / (double)*n_runs;
}

fcast_status fcast_evaluation_gain(const fcast_evaluation *evaluation, fcast_model_kind better, fcast_model_kind worse,
                                   fcast_gain *out, fcast_error *err) {
  double *gains = fcast_alloc_array(evaluation->n_runs, sizeof *gains);
  if (gains == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to compare %zu runs", evaluation->n_runs);
  }
  out->mean = 0.0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    gains[i] = evaluation->runs[i].scores[better].r2 - evaluation->runs[i].scores[worse].r2;
    out->mean += gains[i] / (double)evaluation->n_runs;
  }
  const fcast_status status = fcast_bootstrap_mean(gains, evaluation->n_runs, &out->lo, &out->hi, err);
  fcast_free(gains);
  return status;
}
