/* SPDX-License-Identifier: MIT */
#include "cli/draw.h"

#include "cli/progress.h"
#include "cli/summary.h"
#include "io/file.h"

#include "flockcast/render.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything to draw from. */
typedef struct drawing {
  const fcast_evaluation *evaluation;
  fcast_run_view *views;      /* [run] */
  fcast_run_view *by_type;    /* [run]: the same, sorted by type */
  size_t *type_start;         /* [n_types + 1] in by_type */
  fcast_test_run *best;       /* [n_types]: copies of the best runs that own rho, tracks and order read for drawing */
  double **predictions;       /* [n_types]: of the model that is shown */
  double **others;            /* [n_types]: of the first other model, where it is to be drawn beside it */
  fcast_tracks *tracks;       /* [n_types] */
  fcast_order_params *orders; /* [n_types]: computed where the run has no order_params.npz */
  fcast_test_run median;      /* a copy likewise, of the run in the middle */
  double *median_prediction;
  fcast_run_view median_view;
  char *ensemble, *provenance; /* in words */
} drawing;

/* --- what there is to draw: one table of pictures of a run, one of the ensemble --- */

/* A figure of the best run of a type. */
typedef struct run_figure {
  const fcast_run_view *run, *peers;
  size_t n_peers;
} run_figure;

static fcast_status error_time(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const run_figure *of = context;
  return fcast_figure_error_time(path, format, of->run, of->peers, of->n_peers, err);
}

static fcast_status error_hist(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const run_figure *of = context;
  return fcast_figure_error_hist(path, format, of->run, of->peers, of->n_peers, err);
}

static fcast_status order_parameters(const void *context, const char *path, fcast_figure_format format,
                                     fcast_error *err) {
  const run_figure *of = context;
  return fcast_figure_order_parameters(path, format, of->run, of->peers, of->n_peers, err);
}

static fcast_status snapshots(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const run_figure *of = context;
  return fcast_figure_snapshots(path, format, of->run, err);
}

typedef fcast_status (*draw_film)(const char *path, const fcast_run_view *run, fcast_error *err);

/* Films first: they take longest, and the figures fill the gaps. */
static const struct {
  const char *name;
  draw_film film; /* exactly one of the two */
  fcast_draw figure;
} run_pictures[] = {
    {"density_truth_vs_pred", fcast_film_density, NULL},
    {"traj_truth", fcast_film_tracks, NULL},
    {"error_time", NULL, error_time},
    {"error_hist", NULL, error_hist},
    {"order_parameters", NULL, order_parameters},
    {"density_snapshots", NULL, snapshots},
};
enum { N_RUN_PICTURES = sizeof run_pictures / sizeof run_pictures[0] };

static fcast_status r2_by_type(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_r2_by_ic_type(path, format, all->views, all->evaluation->n_runs, err);
}

static fcast_status error_by_type(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_error_by_ic_type(path, format, all->views, all->evaluation->n_runs, err);
}

static fcast_status error_growth(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_error_growth(path, format, all->views, all->evaluation->n_runs, err);
}

static fcast_status singular_values(const void *context, const char *path, fcast_figure_format format,
                                    fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_pod_singular_values(path, format, &all->evaluation->pod, err);
}

static fcast_status energy(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_pod_energy(path, format, &all->evaluation->pod, err);
}

static fcast_status modes(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_pod_modes(path, format, &all->evaluation->pod, &all->evaluation->runs[0].truth, err);
}

static fcast_status r2_by_lead(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_r2_by_lead(path, format, all->views, all->evaluation->n_runs, err);
}

static fcast_status selection(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_selection(path, format, &all->evaluation->chosen.selection, err);
}

/* params.R as the runs say it; nan where they do not. */
static double true_radius(const fcast_evaluation *evaluation) {
  const json_t *params = json_object_get(evaluation->runs[0].facts.config, "params");
  const json_t *radius = json_object_get(params, "R");
  return json_is_number(radius) ? json_number_value(radius) : (double)NAN;
}

static fcast_status field_kernel(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_field_kernel(path, format, &all->evaluation->field, true_radius(all->evaluation), err);
}

static fcast_status field_errors(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  return fcast_figure_field_errors(path, format, all->views, all->evaluation->n_runs, err);
}

static fcast_status summary(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const drawing *all = context;
  const fcast_evaluation *evaluation = all->evaluation;
  const fcast_summary_view view = {.runs = all->views,
                                   .n_runs = evaluation->n_runs,
                                   .median = &all->median_view,
                                   .pod = &evaluation->pod,
                                   .field = evaluation->has_field ? &evaluation->field : NULL,
                                   .true_radius = true_radius(evaluation),
                                   .ensemble = all->ensemble,
                                   .provenance = all->provenance};
  return fcast_figure_summary(path, format, &view, err);
}

static const struct {
  const char *name;
  fcast_draw draw;
} ensemble_pictures[] = {
    {"summary", summary},
    {"r2_by_lead", r2_by_lead},
    {"selection", selection},
    {"r2_by_ic_type", r2_by_type},
    {"error_by_ic_type", error_by_type},
    {"error_growth", error_growth},
    {"pod_singular_values", singular_values},
    {"pod_energy", energy},
    {"pod_modes", modes},
    {"field_kernel", field_kernel},
    {"field_errors", field_errors},
};
enum { N_ENSEMBLE_PICTURES = sizeof ensemble_pictures / sizeof ensemble_pictures[0] };

/* Whether the model that a picture is of is there. */
static bool is_drawable(fcast_draw draw, const fcast_evaluation *evaluation) {
  const bool is_of_field = draw == field_kernel || draw == field_errors;
  return is_of_field ? evaluation->has_field : draw != selection || evaluation->has_chosen;
}

/* --- one job: one picture --- */

typedef struct job {
  const char *folder; /* under output_dir; borrowed */
  const char *name;
  fcast_figure_formats formats;
  size_t type;    /* of a picture of a run */
  draw_film film; /* exactly one of the three */
  fcast_draw run_figure;
  fcast_draw ensemble_figure;
} job;

static fcast_status write_film(const char *directory, const job *work, const fcast_run_view *run, fcast_error *err) {
  char *path = fcast_format("%s/%s.mp4", directory, work->name);
  if (path == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory);
  }
  fcast_outfile file = {0};
  fcast_status status = fcast_outfile_begin(path, &file, err);
  if (status == FCAST_OK) {
    status = work->film(file.temporary_path, run, err);
  }
  if (status == FCAST_OK) {
    status = fcast_outfile_commit(&file, err);
  }
  fcast_outfile_abandon(&file);
  fcast_free(path);
  return status;
}

static fcast_status remove_film(const char *directory, const char *name, fcast_error *err) {
  char *path = fcast_format("%s/%s.mp4", directory, name);
  const fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : fcast_file_remove(path, err);
  fcast_free(path);
  return status;
}

static fcast_status run_job(const drawing *all, const char *output_dir, const job *work, fcast_error *err) {
  char *directory = fcast_format("%s/%s", output_dir, work->folder);
  if (directory == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir);
  }
  const size_t first = all->type_start[work->type];
  const run_figure of = {.run = &all->views[all->evaluation->best_run[work->type]],
                         .peers = all->by_type + first,
                         .n_peers = all->type_start[work->type + 1] - first};
  const fcast_status status =
      work->film != NULL ? write_film(directory, work, of.run, err)
      : work->run_figure != NULL
          ? fcast_figure_files(directory, work->name, &work->formats, work->run_figure, &of, err)
          : fcast_figure_files(directory, work->name, &work->formats, work->ensemble_figure, all, err);
  fcast_free(directory);
  return status;
}

/* --- preparing --- */

/* The other models that are there, the best kind first; returns how many. */
static size_t list_others(const fcast_evaluation *evaluation, fcast_model_kind others[FCAST_N_MODELS]) {
  size_t n = 0;
  for (int model = FCAST_N_MODELS - 1; model >= 0; model--) {
    if (fcast_evaluation_has(evaluation, (fcast_model_kind)model) && model != (int)evaluation->shown) {
      others[n++] = (fcast_model_kind)model;
    }
  }
  return n;
}

static fcast_status read_best(drawing *all, size_t type, fcast_error *err) {
  fcast_test_run *run = &all->best[type];
  const double box_x = run->truth.x_edges[run->truth.nx] - run->truth.x_edges[0];
  const double box_y = run->truth.y_edges[run->truth.ny] - run->truth.y_edges[0];
  run->truth.rho = NULL;
  fcast_status status =
      fcast_evaluation_predict(all->evaluation, all->evaluation->shown, run, &all->predictions[type], err);
  if (status == FCAST_OK && all->evaluation->has_field) {
    fcast_model_kind others[FCAST_N_MODELS];
    double *truth = run->truth.rho;
    status = list_others(all->evaluation, others) == 0
                 ? FCAST_OK
                 : fcast_evaluation_predict(all->evaluation, others[0], run, &all->others[type], err);
    fcast_free(truth == run->truth.rho ? NULL : truth);
  }
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(run->directory, box_x, box_y, run->facts.boundary, &all->tracks[type], err);
  }
  if (status == FCAST_OK && all->tracks[type].n_frames != run->truth.n_frames) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames, expected %zu as in density.npz",
                        run->directory, all->tracks[type].n_frames, run->truth.n_frames);
  }
  if (status == FCAST_OK && run->order.n_frames == 0) {
    status = fcast_order_params_compute(&all->tracks[type], box_x, box_y, run->facts.boundary, &all->orders[type], err);
  }
  return status;
}

static fcast_run_view view_of(const fcast_evaluation *evaluation, const fcast_test_run *run) {
  const fcast_model_kind shown = evaluation->shown;
  fcast_model_kind others[FCAST_N_MODELS];
  fcast_run_view view = {.run_name = run->facts.run_name,
                         .ic_type = run->facts.ic_type,
                         .truth = &run->truth,
                         .scores = &run->scores[shown],
                         .model = fcast_model_name(shown),
                         .n_others = list_others(evaluation, others),
                         .r2_limit = run->r2_limit,
                         .r2_lead_limit = run->r2_lead_limit,
                         .order = run->order.n_frames > 0 ? &run->order : NULL};
  view.expected_r2 = fcast_evaluation_expected_r2(evaluation, shown, &view.n_expected);
  view.limit = shown == FCAST_FIELD ? "state" : "basis";
  if (evaluation->has_field) {
    view.field = &run->scores[FCAST_FIELD];
    view.r2_one_step = run->r2_one_step;
    view.polarization = run->polarization;
    view.polarization_std = run->polarization_std;
  }
  for (size_t k = 0; k < view.n_others; k++) {
    view.others[k] = (fcast_other_view){.model = fcast_model_name(others[k]), .scores = &run->scores[others[k]]};
  }
  return view;
}

/* The run in the middle, read again by itself, and what is said in words. */
static fcast_status prepare_summary(drawing *all, fcast_error *err) {
  const fcast_evaluation *evaluation = all->evaluation;
  size_t median = 0;
  fcast_status status = fcast_summary_median(evaluation, &median, err);
  if (status == FCAST_OK) {
    all->median = evaluation->runs[median];
    all->median.truth.rho = NULL;
    status = fcast_evaluation_predict(evaluation, evaluation->shown, &all->median, &all->median_prediction, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  all->median_view = all->views[median];
  all->median_view.truth = &all->median.truth;
  all->median_view.prediction = all->median_prediction;
  all->ensemble = fcast_summary_ensemble(evaluation);
  all->provenance = fcast_summary_provenance(evaluation);
  return all->ensemble != NULL && all->provenance != NULL
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_NOMEM, "out of memory for the words of the summary");
}

static void sort_by_type(drawing *all) {
  const fcast_evaluation *evaluation = all->evaluation;
  size_t n = 0;
  for (size_t type = 0; type < evaluation->n_types; type++) {
    all->type_start[type] = n;
    for (size_t i = 0; i < evaluation->n_runs; i++) {
      if (strcmp(evaluation->runs[i].facts.ic_type, evaluation->types[type]) == 0) {
        all->by_type[n++] = all->views[i];
      }
    }
  }
  all->type_start[evaluation->n_types] = n;
}

static fcast_status prepare(const fcast_evaluation *evaluation, drawing *all, fcast_error *err) {
  const size_t n_types = evaluation->n_types;
  *all = (drawing){.evaluation = evaluation};
  all->views = fcast_alloc_array(evaluation->n_runs, sizeof *all->views);
  all->by_type = fcast_alloc_array(evaluation->n_runs, sizeof *all->by_type);
  all->type_start = fcast_alloc_array(n_types + 1, sizeof *all->type_start);
  all->best = fcast_alloc_array(n_types, sizeof *all->best);
  all->predictions = fcast_alloc_array(n_types, sizeof *all->predictions);
  all->others = fcast_alloc_array(n_types, sizeof *all->others);
  all->tracks = fcast_alloc_array(n_types, sizeof *all->tracks);
  all->orders = fcast_alloc_array(n_types, sizeof *all->orders);
  if (all->views == NULL || all->by_type == NULL || all->type_start == NULL || all->best == NULL ||
      all->predictions == NULL || all->others == NULL || all->tracks == NULL || all->orders == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory to draw %zu runs", evaluation->n_runs);
  }
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    all->views[i] = view_of(evaluation, &evaluation->runs[i]);
  }
  fcast_status status = FCAST_OK;
  for (size_t type = 0; status == FCAST_OK && type < n_types; type++) {
    const size_t best = evaluation->best_run[type];
    all->best[type] = evaluation->runs[best];
    status = read_best(all, type, err);
    fcast_run_view *view = &all->views[best];
    view->truth = &all->best[type].truth;
    view->prediction = all->predictions[type];
    view->others[0].prediction = all->others[type];
    view->tracks = &all->tracks[type];
    view->order = view->order != NULL ? view->order : &all->orders[type];
  }
  sort_by_type(all);
  return status == FCAST_OK ? prepare_summary(all, err) : status;
}

static void clear(drawing *all) {
  for (size_t type = 0; all->best != NULL && type < all->evaluation->n_types; type++) {
    fcast_free(all->best[type].truth.rho); /* the rest of the copy belongs to the evaluation */
    fcast_free(all->predictions[type]);
    fcast_free(all->others[type]);
    fcast_tracks_clear(&all->tracks[type]);
    fcast_order_params_clear(&all->orders[type]);
  }
  fcast_free(all->median.truth.rho);
  fcast_free(all->median_prediction);
  fcast_free(all->ensemble);
  fcast_free(all->provenance);
  fcast_free(all->views);
  fcast_free(all->by_type);
  fcast_free(all->type_start);
  fcast_free(all->best);
  fcast_free(all->predictions);
  fcast_free(all->others);
  fcast_free(all->tracks);
  fcast_free(all->orders);
}

/* --- the list of jobs --- */

typedef struct job_list {
  size_t n_jobs;
  job *jobs;
  char **folders; /* [n_types]: best_runs/TYPE */
} job_list;

static fcast_status list_folders(const fcast_evaluation *evaluation, job_list *list, fcast_error *err) {
  for (size_t type = 0; type < evaluation->n_types; type++) {
    list->folders[type] = fcast_format("best_runs/%s", evaluation->types[type]);
    if (list->folders[type] == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the list of pictures");
    }
  }
  return FCAST_OK;
}

static fcast_status list_jobs(const fcast_evaluation *evaluation, const fcast_figure_formats *formats, job_list *list,
                              fcast_error *err) {
  const size_t n_types = evaluation->n_types;
  list->jobs = fcast_alloc_array(N_RUN_PICTURES * n_types + N_ENSEMBLE_PICTURES, sizeof *list->jobs);
  list->folders = fcast_alloc_array(n_types, sizeof *list->folders);
  if (list->jobs == NULL || list->folders == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the list of pictures");
  }
  const fcast_status status = list_folders(evaluation, list, err);
  for (size_t i = 0; i < N_RUN_PICTURES; i++) {
    for (size_t type = 0; type < n_types; type++) {
      list->jobs[list->n_jobs++] = (job){list->folders[type],  run_pictures[i].name,   *formats, type,
                                         run_pictures[i].film, run_pictures[i].figure, NULL};
    }
  }
  for (size_t i = 0; i < N_ENSEMBLE_PICTURES; i++) {
    job work = {"plots", ensemble_pictures[i].name, *formats, 0, NULL, NULL, ensemble_pictures[i].draw};
    if (work.ensemble_figure == modes) {
      work.formats.is_wanted[FCAST_FIGURE_CSV] = false; /* maps: their numbers are in pod_model.npz */
    }
    if (is_drawable(work.ensemble_figure, evaluation)) {
      list->jobs[list->n_jobs++] = work;
    }
  }
  return status;
}

static void clear_jobs(job_list *list, size_t n_types) {
  for (size_t type = 0; list->folders != NULL && type < n_types; type++) {
    fcast_free(list->folders[type]);
  }
  fcast_free(list->folders);
  fcast_free(list->jobs);
}

static fcast_status make_folder(const char *output_dir, const char *folder, fcast_error *err) {
  char *path = fcast_format("%s/%s", output_dir, folder);
  if (path == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir);
  }
  const fcast_status status = fcast_directory_make(path, err);
  fcast_directory_sweep(path);
  fcast_free(path);
  return status;
}

static bool is_type(const fcast_evaluation *evaluation, const char *name) {
  bool is_found = false;
  for (size_t type = 0; type < evaluation->n_types; type++) {
    is_found = is_found || strcmp(evaluation->types[type], name) == 0;
  }
  return is_found;
}

/* What is behind a link lies elsewhere, and is somebody else's. */
static bool is_link(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

/* The pictures of a type under `best_runs`, and its directory, unless something else is in it. */
static fcast_status remove_type(const char *best_runs, const char *type, fcast_error *err) {
  const fcast_figure_formats none = {{false}};
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  char *directory = fcast_format("%s/%s", best_runs, type);
  fcast_status status = directory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", best_runs)
                                          : fcast_path_look(directory, &kind, err);
  if (status == FCAST_OK && kind == FCAST_PATH_DIRECTORY && !is_link(directory)) {
    fcast_directory_sweep(directory);
    for (size_t i = 0; status == FCAST_OK && i < N_RUN_PICTURES; i++) {
      status = run_pictures[i].film != NULL
                   ? remove_film(directory, run_pictures[i].name, err)
                   : fcast_figure_files(directory, run_pictures[i].name, &none, NULL, NULL, err);
    }
    (void)rmdir(directory); /* it stays where somebody else's files are in it */
  }
  fcast_free(directory);
  return status;
}

/* Pictures of types that were in an earlier evaluation alone. */
static fcast_status remove_other_types(const fcast_evaluation *evaluation, const char *output_dir, fcast_error *err) {
  char *best_runs = fcast_format("%s/best_runs", output_dir);
  DIR *stream = best_runs == NULL ? NULL : opendir(best_runs);
  fcast_status status = best_runs == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir)
                        : stream == NULL
                            ? fcast_fail(err, FCAST_E_IO, "%s: cannot be listed: %s", best_runs, strerror(errno))
                            : FCAST_OK;
  while (status == FCAST_OK) {
    errno = 0; /* readdir gives NULL at the end and where it fails */
    const struct dirent *entry = readdir(stream);
    if (entry == NULL) {
      status =
          errno == 0 ? FCAST_OK : fcast_fail(err, FCAST_E_IO, "%s: cannot be listed: %s", best_runs, strerror(errno));
      break;
    }
    if (entry->d_name[0] != '.' && !is_type(evaluation, entry->d_name)) {
      status = remove_type(best_runs, entry->d_name, err);
    }
  }
  if (stream != NULL) {
    (void)closedir(stream);
  }
  fcast_free(best_runs);
  return status;
}

/* Figures of models that are not there any more. */
static fcast_status remove_undrawable(const fcast_evaluation *evaluation, const char *output_dir, fcast_error *err) {
  const fcast_figure_formats none = {{false}};
  char *directory = fcast_format("%s/plots", output_dir);
  fcast_status status = directory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir) : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < N_ENSEMBLE_PICTURES; i++) {
    if (!is_drawable(ensemble_pictures[i].draw, evaluation)) {
      status = fcast_figure_files(directory, ensemble_pictures[i].name, &none, NULL, NULL, err);
    }
  }
  fcast_free(directory);
  return status;
}

/* In frames of a film: a figure in its formats takes as long as some of them. */
static double work_of(const drawing *all, const job *work) {
  enum { FRAMES_OF_FIGURE = 10 };
  return work->film == NULL ? FRAMES_OF_FIGURE : (double)all->tracks[work->type].n_frames;
}

static double work_of_all(const drawing *all, const job_list *list) {
  double sum = 0.0;
  for (size_t i = 0; i < list->n_jobs; i++) {
    sum += work_of(all, &list->jobs[i]);
  }
  return sum;
}

static fcast_status run_jobs(const drawing *all, const job_list *list, const char *output_dir, fcast_error *err) {
  fcast_progress progress;
  const double all_work = work_of_all(all, list);
  double done = 0.0;
  fcast_status status = FCAST_OK;
  fcast_progress_begin(&progress, "draw figures and films", "pictures", list->n_jobs);
  fcast_progress_share(&progress, 0.0);
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < list->n_jobs; i++) {
    fcast_error job_error = {FCAST_OK, ""};
    const fcast_status job_status = run_job(all, output_dir, &list->jobs[i], &job_error);
    if (job_status != FCAST_OK) {
#pragma omp critical(fcast_draw_failure)
      {
        status = job_status;
        *err = job_error;
      }
    }
    fcast_progress_add(&progress, 1);
    double now;
#pragma omp atomic capture
    now = done += work_of(all, &list->jobs[i]);
    fcast_progress_share(&progress, now / all_work);
  }
  fcast_progress_end(&progress, status == FCAST_OK);
  return status;
}

fcast_status fcast_draw_evaluation(const fcast_evaluation *evaluation, const char *output_dir,
                                   const fcast_figure_formats *formats, fcast_error *err) {
  drawing all = {0};
  job_list list = {0};
  fcast_status status = list_jobs(evaluation, formats, &list, err);
  if (status == FCAST_OK) {
    status = make_folder(output_dir, "plots", err);
  }
  for (size_t type = 0; status == FCAST_OK && type < evaluation->n_types; type++) {
    status = make_folder(output_dir, list.folders[type], err);
  }
  if (status == FCAST_OK) {
    status = remove_undrawable(evaluation, output_dir, err);
  }
  if (status == FCAST_OK) {
    status = remove_other_types(evaluation, output_dir, err);
  }
  if (status == FCAST_OK) {
    status = prepare(evaluation, &all, err);
  }
  if (status == FCAST_OK) {
    status = run_jobs(&all, &list, output_dir, err);
  }
  if (all.evaluation != NULL) {
    clear(&all);
  }
  clear_jobs(&list, evaluation->n_types);
  return status;
}
