/* SPDX-License-Identifier: MIT */
#include "cli/order_survey.h"

#include "cli/progress.h"
#include "cluster/ensemble.h"
#include "io/file.h"
#include "io/run_files.h"
#include "io/run_settings.h"
#include "io/tracks_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- which tracks --- */

static const char *walls_name(fcast_boundary boundary) {
  return boundary == FCAST_PERIODIC ? "periodic" : "walls";
}

/* Box and radius as a configuration says them. */
static fcast_status read_domain(const char *where, const json_t *config, fcast_track_source *out, fcast_error *err) {
  bool has_box = false;
  const fcast_status status = fcast_domain_read(where, config, &out->domain, &has_box, err);
  out->radius = json_number_value(json_object_get(json_object_get(config, "params"), "R"));
  return status != FCAST_OK || has_box
             ? status
             : fcast_fail(err, FCAST_E_FORMAT,
                          "%s: config: found no box, expected sim.Lx and sim.Ly above 0 (and sim.bc)", where);
}

static fcast_status read_domain_of_file(fcast_track_source *out, fcast_error *err) {
  fcast_npz *npz = NULL;
  json_t *config = NULL;
  fcast_status status = fcast_npz_open(out->path, &npz, err);
  if (status == FCAST_OK && fcast_npz_has(npz, "config")) {
    status = fcast_npz_read_object(npz, "config", &config, err);
  }
  if (status == FCAST_OK) {
    status = read_domain(out->path, config, out, err);
  }
  json_decref(config);
  fcast_npz_close(npz);
  return status;
}

static fcast_status source_of_run(const char *directory, fcast_track_source *out, fcast_error *err) {
  fcast_run_facts facts = {0};
  fcast_status status = fcast_run_read_facts(directory, &facts, err);
  out->path = fcast_format("%s/traj.npz", directory);
  if (status == FCAST_OK && out->path == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory);
  }
  if (status == FCAST_OK) {
    (void)snprintf(out->name, sizeof out->name, "%s", facts.run_name);
    status = facts.config != NULL ? read_domain(directory, facts.config, out, err) : read_domain_of_file(out, err);
  }
  fcast_run_facts_clear(&facts);
  return status;
}

static fcast_status list_one(const char *path, bool is_file, fcast_track_list *out, fcast_error *err) {
  out->runs = fcast_alloc_array(1, sizeof *out->runs);
  if (out->runs == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  out->n_runs = 1;
  if (!is_file) {
    return source_of_run(path, &out->runs[0], err);
  }
  const char *slash = strrchr(path, '/');
  (void)snprintf(out->runs[0].name, sizeof out->runs[0].name, "%s", slash == NULL ? path : slash + 1);
  out->runs[0].path = fcast_format("%s", path);
  return out->runs[0].path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path)
                                   : read_domain_of_file(&out->runs[0], err);
}

static fcast_status list_mode(const char *directory, fcast_mode mode, fcast_track_list *out, fcast_error *err) {
  fcast_run_list found = {0};
  fcast_status status = fcast_run_list_read(directory, mode, &found, err);
  if (status == FCAST_OK && found.n_runs > 0) {
    out->runs = fcast_alloc_array(found.n_runs, sizeof *out->runs);
    status = out->runs == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : FCAST_OK;
  }
  for (size_t i = 0; status == FCAST_OK && i < found.n_runs; i++) {
    char *run = fcast_format("%s/%s", directory, found.names[i]);
    out->n_runs++;
    status = run == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                         : source_of_run(run, &out->runs[i], err);
    fcast_free(run);
  }
  fcast_run_list_clear(&found);
  return status;
}

static fcast_status list_runs(const char *directory, fcast_track_list *out, fcast_error *err) {
  fcast_status status = list_mode(directory, FCAST_MODE_TRAIN, out, err);
  if (status == FCAST_OK && out->n_runs == 0) {
    status = list_mode(directory, FCAST_MODE_TEST, out, err);
  }
  return status == FCAST_OK && out->n_runs == 0
             ? fcast_fail(err, FCAST_E_MISSING,
                          "%s: found neither traj.npz nor runs train_000 or test_000, expected a run or a directory of "
                          "them, as oscar_outputs/test",
                          directory)
             : status;
}

/* Pair correlation and number fluctuations of all runs together mean nothing where their boxes differ. */
static fcast_status require_one_box(const fcast_track_list *list, fcast_error *err) {
  const fcast_track_source *first = &list->runs[0];
  for (size_t i = 1; i < list->n_runs; i++) {
    const fcast_domain *own = &list->runs[i].domain;
    if (own->x != first->domain.x || own->y != first->domain.y || own->boundary != first->domain.boundary) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s: found a box of %g x %g (%s), expected %g x %g (%s) as of the first run: measure runs of "
                        "different boxes one by one",
                        list->runs[i].path, own->x, own->y, walls_name(own->boundary), first->domain.x, first->domain.y,
                        walls_name(first->domain.boundary));
    }
  }
  return FCAST_OK;
}

fcast_status fcast_track_list_create(const char *path, fcast_track_list *out, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  *out = (fcast_track_list){0};
  fcast_status status = fcast_path_look(path, &kind, err);
  if (status == FCAST_OK && kind == FCAST_PATH_DIRECTORY) {
    char *tracks = fcast_format("%s/traj.npz", path);
    const bool is_run = tracks != NULL && fcast_file_exists(tracks);
    fcast_free(tracks);
    status = is_run ? list_one(path, false, out, err) : list_runs(path, out, err);
    status = status == FCAST_OK ? require_one_box(out, err) : status;
  } else if (status == FCAST_OK && kind == FCAST_PATH_FILE) {
    status = list_one(path, true, out, err);
  } else if (status == FCAST_OK) {
    status = fcast_fail(err, FCAST_E_MISSING, "%s: not there, expected a directory or a file", path);
  }
  if (status != FCAST_OK) {
    fcast_track_list_clear(out);
  }
  return status;
}

void fcast_track_list_clear(fcast_track_list *list) {
  for (size_t i = 0; i < list->n_runs; i++) {
    fcast_free(list->runs[i].path);
  }
  fcast_free(list->runs);
  *list = (fcast_track_list){0};
}

/* --- measuring --- */

static const size_t divisions[FCAST_N_DIVISIONS] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};

static fcast_status measure_frame(const fcast_track_source *source, const fcast_order_options *options,
                                  const double *positions, size_t frame, fcast_order_run *out, fcast_error *err) {
  fcast_clusters clusters;
  const bool counts = frame >= out->first_frame;
  fcast_status status = fcast_clusters_find(positions, out->n_agents, source->domain, options->link, &clusters, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->present[frame] = (double)clusters.n_present;
  out->n_clusters[frame] = (double)clusters.n_clusters;
  out->largest[frame] = (double)clusters.largest;
  out->mean_size[frame] = clusters.mean_size;
  for (size_t i = 0; counts && i < out->n_agents; i++) {
    out->cluster_sizes[clusters.size[i]] += clusters.size[i] > 0 ? 1.0 : 0.0;
  }
  fcast_clusters_clear(&clusters);
  if (counts) {
    status = fcast_pairs_add(positions, out->n_agents, source->domain, &out->pairs, err);
  }
  for (size_t d = 0; counts && status == FCAST_OK && d < FCAST_N_DIVISIONS; d++) {
    status = fcast_numbers_add(positions, out->n_agents, source->domain, &out->numbers[d], err);
  }
  return status;
}

static fcast_status allocate_run(size_t n_frames, fcast_order_run *out, fcast_error *err) {
  double **const series[] = {&out->present, &out->n_clusters, &out->largest, &out->mean_size};
  out->cluster_sizes = fcast_alloc_array(out->n_agents + 1, sizeof *out->cluster_sizes);
  bool is_there = out->cluster_sizes != NULL;
  for (size_t i = 0; i < sizeof series / sizeof series[0]; i++) {
    *series[i] = fcast_alloc_array(n_frames, sizeof **series[i]);
    is_there = is_there && *series[i] != NULL;
  }
  return is_there ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu frames", n_frames);
}

static fcast_status measure_run(const fcast_track_source *source, const fcast_order_options *options,
                                fcast_progress *progress, fcast_order_run *out, fcast_error *err) {
  fcast_tracks tracks = {0};
  const fcast_domain domain = source->domain;
  fcast_status status = fcast_tracks_read(source->path, domain.x, domain.y, domain.boundary, &tracks, err);
  if (status == FCAST_OK) {
    status = fcast_order_params_compute(&tracks, domain.x, domain.y, domain.boundary, &out->order, err);
  }
  out->n_agents = tracks.n_agents;
  out->first_frame = (size_t)(options->discard * (double)tracks.n_frames);
  if (status == FCAST_OK) {
    status = allocate_run(tracks.n_frames, out, err);
  }
  if (status == FCAST_OK && fcast_pairs_create(options->n_bins, options->r_max, domain, &out->pairs, err) != FCAST_OK) {
    status = fcast_fail_in(err, FCAST_E_ARG, source->name);
  }
  for (size_t d = 0; d < FCAST_N_DIVISIONS; d++) {
    out->numbers[d] = (fcast_numbers){.n_divisions = divisions[d]};
  }
  for (size_t frame = 0; status == FCAST_OK && frame < tracks.n_frames; frame++) {
    status = measure_frame(source, options, tracks.positions + 2 * frame * tracks.n_agents, frame, out, err);
    fcast_progress_add(progress, 1);
  }
  fcast_tracks_clear(&tracks);
  return status;
}

/* Frames of all runs, for the progress; those of a run that cannot be read are reported when its turn comes. */
static size_t count_frames(const fcast_track_list *list) {
  size_t n = 0;
  for (size_t i = 0; i < list->n_runs; i++) {
    fcast_npz *npz = NULL;
    fcast_npy_info info = {0};
    fcast_error ignored;
    if (fcast_npz_open(list->runs[i].path, &npz, &ignored) == FCAST_OK &&
        fcast_npz_info(npz, "positions", &info, &ignored) == FCAST_OK) {
      n += info.n_dimensions > 0 ? info.shape[0] : 0;
    }
    fcast_npz_close(npz);
  }
  return n > 0 ? n : 1;
}

/* A link of the interaction radius, and distances up to five of them, or a quarter of the shortest side. */
static fcast_status choose_lengths(const fcast_track_list *list, fcast_order_options *options, fcast_error *err) {
  double radius = 0.0;
  double longest = INFINITY; /* distance that every box allows */
  for (size_t i = 0; i < list->n_runs; i++) {
    const fcast_domain domain = list->runs[i].domain;
    radius = fmax(radius, list->runs[i].radius);
    longest = fmin(longest, fmin(domain.x, domain.y) * (domain.boundary == FCAST_PERIODIC ? 0.5 : 1.0));
  }
  if (options->link == 0.0 && !(radius > 0.0)) {
    return fcast_fail(err, FCAST_E_ARG, "--link: missing, expected a length, since nothing says an interaction radius");
  }
  options->link = options->link > 0.0 ? options->link : radius;
  options->r_max = options->r_max > 0.0 ? options->r_max : fmin(5.0 * options->link, longest);
  return FCAST_OK;
}

fcast_status fcast_order_survey_create(const fcast_track_list *list, const fcast_order_options *options,
                                       fcast_order_survey *out, fcast_error *err) {
  fcast_progress progress;
  *out = (fcast_order_survey){.options = *options, .list = list};
  out->runs = fcast_alloc_array(list->n_runs, sizeof *out->runs);
  fcast_status status = out->runs == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", list->n_runs)
                                          : choose_lengths(list, &out->options, err);
  size_t failed = list->n_runs; /* the first run that failed: its error is the same whoever comes first */
  fcast_progress_begin(&progress, "measure frames", "frames", count_frames(list));
#pragma omp parallel for schedule(dynamic) if (status == FCAST_OK)
  for (size_t i = 0; i < (out->runs != NULL ? list->n_runs : 0); i++) {
    fcast_error run_error = {FCAST_OK, ""};
    const fcast_status run_status =
        status == FCAST_OK ? measure_run(&list->runs[i], &out->options, &progress, &out->runs[i], &run_error)
                           : FCAST_OK;
#pragma omp critical(fcast_order_failure)
    if (run_status != FCAST_OK && i < failed) {
      failed = i;
      if (err != NULL) {
        *err = run_error;
      }
    }
  }
  if (status == FCAST_OK && failed < list->n_runs) {
    status = err != NULL ? err->code : FCAST_E_FORMAT;
  }
  fcast_progress_end(&progress, status == FCAST_OK);
  if (status != FCAST_OK) {
    fcast_order_survey_clear(out);
  }
  return status;
}

void fcast_order_survey_clear(fcast_order_survey *survey) {
  for (size_t i = 0; survey->runs != NULL && i < survey->list->n_runs; i++) {
    fcast_order_run *run = &survey->runs[i];
    fcast_order_params_clear(&run->order);
    fcast_pairs_clear(&run->pairs);
    fcast_free(run->present);
    fcast_free(run->n_clusters);
    fcast_free(run->largest);
    fcast_free(run->mean_size);
    fcast_free(run->cluster_sizes);
  }
  fcast_free(survey->runs);
  *survey = (fcast_order_survey){0};
}

/* --- all runs together --- */

static const double *polarization_of(const fcast_order_params *order) {
  return order->polarization;
}
static const double *nematic_of(const fcast_order_params *order) {
  return order->nematic;
}
static const double *angular_momentum_of(const fcast_order_params *order) {
  return order->angular_momentum;
}

/* `values` and `scratch` have room for one number of every run. */
static void average_series(const fcast_order_survey *survey, const double *(*series_of)(const fcast_order_params *),
                           size_t n_frames, double *values, double *scratch, fcast_order_series *out) {
  for (size_t frame = 0; frame < n_frames; frame++) {
    double sum = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < survey->list->n_runs; i++) {
      const fcast_order_params *order = &survey->runs[i].order;
      if (frame < order->n_frames) {
        values[n++] = series_of(order)[frame];
        sum += series_of(order)[frame];
      }
    }
    out->mean[frame] = sum / (double)n;
    out->lo[frame] = fcast_percentile(values, n, 10.0, scratch);
    out->hi[frame] = fcast_percentile(values, n, 90.0, scratch);
  }
}

static fcast_status average_order(const fcast_order_survey *survey, fcast_order_summary *out, fcast_error *err) {
  const size_t n_runs = survey->list->n_runs;
  double *values = fcast_alloc_array(2 * n_runs, sizeof *values);
  if (values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the percentiles of %zu runs", n_runs);
  }
  for (size_t i = 0; i < n_runs; i++) {
    const fcast_order_params *order = &survey->runs[i].order;
    for (size_t frame = 0; frame < order->n_frames; frame++) {
      out->times[frame] = order->times[frame] - order->times[0];
    }
  }
  average_series(survey, polarization_of, out->n_frames, values, values + n_runs, &out->polarization);
  average_series(survey, nematic_of, out->n_frames, values, values + n_runs, &out->nematic);
  average_series(survey, angular_momentum_of, out->n_frames, values, values + n_runs, &out->angular_momentum);
  fcast_free(values);
  return FCAST_OK;
}

/* g of all runs from their sums; the error from the g of each, nan with one. */
static void average_pairs(const fcast_order_survey *survey, fcast_order_summary *out) {
  const size_t n_runs = survey->list->n_runs;
  const fcast_order_options *options = &survey->options;
  for (size_t k = 0; k < options->n_bins; k++) {
    double found = 0.0;
    double expected = 0.0;
    double mean = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < n_runs; i++) {
      found += survey->runs[i].pairs.found[k];
      expected += survey->runs[i].pairs.expected[k];
      mean += survey->runs[i].pairs.found[k] / survey->runs[i].pairs.expected[k] / (double)n_runs;
    }
    for (size_t i = 0; i < n_runs; i++) {
      const double deviation = survey->runs[i].pairs.found[k] / survey->runs[i].pairs.expected[k] - mean;
      squares += deviation * deviation;
    }
    out->r[k] = ((double)k + 0.5) * options->r_max / (double)options->n_bins;
    out->g[k] = found / expected;
    out->g_error[k] = n_runs > 1 ? sqrt(squares / ((double)n_runs * ((double)n_runs - 1.0))) : (double)NAN;
  }
}

static void add_counts(const fcast_order_survey *survey, fcast_order_summary *out) {
  for (size_t d = 0; d < FCAST_N_DIVISIONS; d++) {
    out->numbers[d] = (fcast_numbers){.n_divisions = divisions[d]};
    for (size_t i = 0; i < survey->list->n_runs; i++) {
      out->numbers[d].n_counts += survey->runs[i].numbers[d].n_counts;
      out->numbers[d].sum += survey->runs[i].numbers[d].sum;
      out->numbers[d].squares += survey->runs[i].numbers[d].squares;
    }
  }
  out->exponent = fcast_numbers_exponent(out->numbers, FCAST_N_DIVISIONS);
  for (size_t i = 0; i < survey->list->n_runs; i++) {
    for (size_t size = 1; size <= survey->runs[i].n_agents; size++) {
      out->cluster_sizes[size] += survey->runs[i].cluster_sizes[size];
    }
  }
}

enum { N_OF_FRAMES = 10, N_OF_BINS = 3, N_ARRAYS = N_OF_FRAMES + N_OF_BINS + 1 };

/* All arrays of a summary: of frames, of bins, of sizes. */
static void list_arrays(fcast_order_summary *of, double **arrays[N_ARRAYS]) {
  double **const all[N_ARRAYS] = {&of->times,
                                  &of->polarization.mean,
                                  &of->polarization.lo,
                                  &of->polarization.hi,
                                  &of->nematic.mean,
                                  &of->nematic.lo,
                                  &of->nematic.hi,
                                  &of->angular_momentum.mean,
                                  &of->angular_momentum.lo,
                                  &of->angular_momentum.hi,
                                  &of->r,
                                  &of->g,
                                  &of->g_error,
                                  &of->cluster_sizes};
  memcpy(arrays, all, sizeof all);
}

fcast_status fcast_order_summary_create(const fcast_order_survey *survey, fcast_order_summary *out, fcast_error *err) {
  *out = (fcast_order_summary){0};
  for (size_t i = 0; i < survey->list->n_runs; i++) {
    const fcast_order_run *run = &survey->runs[i];
    out->n_frames = run->order.n_frames > out->n_frames ? run->order.n_frames : out->n_frames;
    out->n_sizes = run->n_agents + 1 > out->n_sizes ? run->n_agents + 1 : out->n_sizes;
  }
  double **arrays[N_ARRAYS];
  list_arrays(out, arrays);
  for (size_t i = 0; i < N_ARRAYS; i++) {
    const size_t n = i < N_OF_FRAMES               ? out->n_frames
                     : i < N_OF_FRAMES + N_OF_BINS ? survey->options.n_bins
                                                   : out->n_sizes;
    *arrays[i] = fcast_alloc_array(n, sizeof **arrays[i]);
    if (*arrays[i] == NULL) {
      fcast_order_summary_clear(out);
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu values", n);
    }
  }
  const fcast_status status = average_order(survey, out, err);
  if (status != FCAST_OK) {
    fcast_order_summary_clear(out);
    return status;
  }
  average_pairs(survey, out);
  add_counts(survey, out);
  return FCAST_OK;
}

void fcast_order_summary_clear(fcast_order_summary *summary) {
  double **arrays[N_ARRAYS];
  list_arrays(summary, arrays);
  for (size_t i = 0; i < N_ARRAYS; i++) {
    fcast_free(*arrays[i]);
  }
  *summary = (fcast_order_summary){0};
}
