/* SPDX-License-Identifier: MIT */
#include "cli/training_set.h"

#include "base/series.h"
#include "cli/run_seeds.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

/* Coefficients are kept up to this many bytes; beyond it every pass reads and projects the runs anew. */
static const size_t largest_kept = (size_t)256 << 20;

/* Frames projected at a time. */
enum { BLOCK_FRAMES = 1024 };

/* Sections of the configuration that must agree for runs to be one ensemble. */
static const char *const physics_sections[] = {"sim", "model", "params", "noise", "forces", "density"};

static char *run_directory(const fcast_training_set *set, size_t i_run) {
  return fcast_format("%s/%s", set->directory, set->runs.names[i_run]);
}

/* The shape of a density that was kept; the reader is that of `check` and `local`. */
static fcast_status read_shape(const char *directory, size_t shape[3], fcast_error *err) {
  fcast_fields grid = {0};
  const fcast_status status = fcast_run_read_grid(directory, &grid, err);
  shape[0] = grid.n_frames;
  shape[1] = grid.ny;
  shape[2] = grid.nx;
  fcast_fields_clear(&grid);
  return status;
}

static fcast_status read_run(fcast_training_set *set, size_t i_run, size_t shape[3], fcast_error *err) {
  char *directory = run_directory(set, i_run);
  if (directory == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory);
  }
  fcast_status status = fcast_run_read_facts(directory, &set->facts[i_run], err);
  if (status == FCAST_OK) {
    status = set->facts[i_run].has_density ? read_shape(directory, shape, err)
                                           : fcast_run_computed_shape(directory, &set->facts[i_run], shape, err);
  }
  if (status == FCAST_OK && i_run == 0) {
    status = fcast_run_read_interval(directory, &set->facts[0], &set->interval, err);
  }
  if (status == FCAST_OK && i_run == 0) {
    status = fcast_run_read_box(directory, &set->facts[0], set->box, err);
  }
  fcast_free(directory);
  return status;
}

static fcast_status check_grid(fcast_training_set *set, size_t i_run, const size_t shape[3], fcast_error *err) {
  if (i_run == 0) {
    set->ny = shape[1];
    set->nx = shape[2];
  }
  if (shape[1] != set->ny || shape[2] != set->nx) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s/%s/density.npz: found %zu x %zu cells, expected %zu x %zu as in %s",
                      set->directory, set->runs.names[i_run], shape[1], shape[2], set->ny, set->nx, set->runs.names[0]);
  }
  set->n_frames[i_run] = shape[0];
  set->n_frames_total += shape[0];
  return FCAST_OK;
}

/* Runs may differ in their length, and in what changes no result. */
static bool may_differ(const char *key) {
  return strcmp(key, "T") == 0 || strcmp(key, "neighbor_rebuild") == 0;
}

/* Whether two sections say the same of what must agree. */
static bool sections_agree(const json_t *a, const json_t *b) {
  const char *key;
  json_t *value;
  if (json_object_size(a) != json_object_size(b)) {
    return false;
  }
  json_object_foreach((json_t *)a, key, value) {
    if (!may_differ(key) && !json_equal(value, json_object_get(b, key))) {
      return false;
    }
  }
  return true;
}

static fcast_status check_config(const fcast_training_set *set, size_t i_run, fcast_error *err) {
  const json_t *first = set->facts[0].config;
  const json_t *config = set->facts[i_run].config;
  for (size_t i = 0; i < sizeof physics_sections / sizeof physics_sections[0]; i++) {
    if (!sections_agree(json_object_get(first, physics_sections[i]), json_object_get(config, physics_sections[i]))) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s/%s/metadata.json: config.%s differs from that of %s, expected runs of one configuration",
                        set->directory, set->runs.names[i_run], physics_sections[i], set->runs.names[0]);
    }
  }
  return FCAST_OK;
}

/* Runs of one configuration hold it once: ten thousand copies would take more memory than training. */
static void share_config(fcast_training_set *set, size_t i_run) {
  json_t *first = set->facts[0].config;
  if (i_run > 0 && json_equal(first, set->facts[i_run].config)) {
    json_decref(set->facts[i_run].config);
    set->facts[i_run].config = json_incref(first);
  }
}

/* The fingerprint all runs share; "" where they differ, as runs of unequal length do. */
static void find_common_hash(fcast_training_set *set) {
  (void)snprintf(set->config_hash, sizeof set->config_hash, "%s", set->facts[0].config_hash);
  for (size_t i = 1; i < set->runs.n_runs; i++) {
    if (strcmp(set->facts[i].config_hash, set->config_hash) != 0) {
      set->config_hash[0] = '\0';
    }
  }
}

static fcast_status check_seeds(const fcast_training_set *set, fcast_error *err) {
  fcast_status status = FCAST_OK;
  int64_t *seeds = fcast_alloc_array(set->runs.n_runs, sizeof *seeds);
  if (seeds == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for %zu runs", set->directory, set->runs.n_runs);
  }
  for (size_t i = 0; status == FCAST_OK && i < set->runs.n_runs; i++) {
    seeds[i] = fcast_run_seed(&set->facts[i]);
    const size_t twin = fcast_run_seed_find(seeds, i, seeds[i]);
    char *directory = twin < i ? run_directory(set, i) : NULL;
    if (twin < i) {
      status =
          fcast_run_seed_refuse(directory != NULL ? directory : set->directory, seeds[i], set->runs.names[twin], err);
    }
    fcast_free(directory);
  }
  fcast_free(seeds);
  return status;
}

/* Read what the listed runs say of themselves; on failure the set is closed. */
static fcast_status open_listed(fcast_training_set *out, fcast_error *err) {
  const char *directory = out->directory;
  fcast_status status = FCAST_OK;
  out->facts = fcast_alloc_array(out->runs.n_runs, sizeof *out->facts);
  out->n_frames = fcast_alloc_array(out->runs.n_runs, sizeof *out->n_frames);
  if (out->facts == NULL || out->n_frames == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for %zu runs", directory, out->runs.n_runs);
  }
  fcast_progress progress;
  fcast_progress_begin(&progress, "look at training runs", "runs", out->runs.n_runs);
  for (size_t i = 0; status == FCAST_OK && i < out->runs.n_runs; i++) {
    size_t shape[3] = {0};
    status = read_run(out, i, shape, err);
    if (status == FCAST_OK) {
      status = check_grid(out, i, shape, err);
    }
    if (status == FCAST_OK) {
      status = check_config(out, i, err);
    }
    if (status == FCAST_OK) {
      share_config(out, i);
    }
    fcast_progress_add(&progress, 1);
  }
  fcast_progress_end(&progress, false);
  if (status == FCAST_OK) {
    find_common_hash(out);
    status = check_seeds(out, err);
  }
  if (status != FCAST_OK) {
    fcast_training_set_close(out);
  }
  return status;
}

fcast_status fcast_training_set_open(const char *directory, size_t n_expected, fcast_training_set *out,
                                     fcast_error *err) {
  *out = (fcast_training_set){.directory = directory};
  fcast_status status = fcast_run_list_read(directory, FCAST_MODE_TRAIN, &out->runs, err);
  if (status == FCAST_OK) {
    status = fcast_run_list_require(&out->runs, directory, FCAST_MODE_TRAIN, n_expected, err);
  }
  if (status != FCAST_OK) {
    fcast_training_set_close(out);
    return status;
  }
  return open_listed(out, err);
}

/* Keep the runs numbered first to last of a list in the order of the numbers. */
static fcast_status cut_to_range(fcast_run_list *list, const char *directory, int64_t first, int64_t last,
                                 fcast_error *err) {
  size_t begin = 0;
  while (begin < list->n_runs && list->numbers[begin] < first) {
    begin++;
  }
  const size_t n = (size_t)(last - first + 1);
  if (begin + n > list->n_runs || list->numbers[begin] != first || list->numbers[begin + n - 1] != last) {
    return fcast_fail(err, FCAST_E_MISSING, "%s: runs %lld to %lld are not all there", directory, (long long)first,
                      (long long)last);
  }
  memmove(list->names, list->names + begin, n * sizeof *list->names);
  memmove(list->numbers, list->numbers + begin, n * sizeof *list->numbers);
  list->n_runs = n;
  return FCAST_OK;
}

fcast_status fcast_training_set_open_range(const char *directory, int64_t first, int64_t last, fcast_training_set *out,
                                           fcast_error *err) {
  *out = (fcast_training_set){.directory = directory};
  fcast_status status = fcast_run_list_read(directory, FCAST_MODE_TRAIN, &out->runs, err);
  if (status == FCAST_OK) {
    status = cut_to_range(&out->runs, directory, first, last, err);
  }
  if (status != FCAST_OK) {
    fcast_training_set_close(out);
    return status;
  }
  return open_listed(out, err);
}

void fcast_training_set_close(fcast_training_set *set) {
  for (size_t i = 0; set->facts != NULL && i < set->runs.n_runs; i++) {
    fcast_run_facts_clear(&set->facts[i]);
  }
  fcast_free(set->facts);
  fcast_free(set->n_frames);
  fcast_run_list_clear(&set->runs);
  *set = (fcast_training_set){0};
}

static fcast_status compute_rho(const char *directory, const fcast_run_facts *facts, size_t n_values, double *rho,
                                fcast_error *err) {
  fcast_fields fields = {0};
  fcast_status status = fcast_run_compute_density(directory, facts, &fields, err);
  if (status == FCAST_OK && fields.n_frames * fcast_fields_n_space(&fields) != n_values) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames of %zu cells, expected %zu values",
                        directory, fields.n_frames, fcast_fields_n_space(&fields), n_values);
  }
  if (status == FCAST_OK) {
    memcpy(rho, fields.rho, n_values * sizeof *rho);
  }
  fcast_fields_clear(&fields);
  return status;
}

static fcast_status read_density(void *context, size_t i_run, double *frames, fcast_error *err) {
  const fcast_training_set *set = context;
  const size_t n_values = set->n_frames[i_run] * set->ny * set->nx;
  char *directory = run_directory(set, i_run);
  if (directory == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory);
  }
  const fcast_status status = set->facts[i_run].has_density
                                  ? fcast_run_read_rho(directory, n_values, frames, err)
                                  : compute_rho(directory, &set->facts[i_run], n_values, frames, err);
  fcast_progress_add(set->progress, 1);
  fcast_free(directory);
  return status;
}

static fcast_status read_densities(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const fcast_training_set *set = context;
  return fcast__series_read_each(set->n_frames, set->ny * set->nx, first, last, read_density, context, frames, err);
}

fcast_series_source fcast_training_set_densities(fcast_training_set *set) {
  return (fcast_series_source){.n_runs = set->runs.n_runs,
                               .width = set->ny * set->nx,
                               .n_frames = set->n_frames,
                               .context = set,
                               .read = read_densities};
}

/* Density and moments of one run side by side. */
static fcast_status read_fields(void *context, size_t i_run, double *frames, fcast_error *err) {
  const fcast_training_fields *fields = context;
  fcast_training_set *set = fields->set;
  const size_t n_space = set->ny * set->nx;
  const size_t n_frames = set->n_frames[i_run];
  const size_t n_others = 2 * fields->n_moments;
  double *rho = fcast_alloc_unfilled(n_frames * n_space, sizeof *rho);
  double *moments = fcast_alloc_unfilled(n_frames * n_others * n_space, sizeof *moments);
  char *directory = run_directory(set, i_run);
  fcast_status status =
      rho == NULL || moments == NULL || directory == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the fields of a run", set->directory)
          : read_density(set, i_run, rho, err);
  if (status == FCAST_OK && n_others > 0) {
    status =
        fcast_run_compute_moments(directory, &set->facts[i_run], fields->n_moments, n_frames, n_space, moments, err);
  }
  for (size_t frame = 0; status == FCAST_OK && frame < n_frames; frame++) {
    double *to = frames + frame * (1 + n_others) * n_space;
    memcpy(to, rho + frame * n_space, n_space * sizeof *to);
    memcpy(to + n_space, moments + frame * n_others * n_space, n_others * n_space * sizeof *to);
  }
  fcast_free(directory);
  fcast_free(rho);
  fcast_free(moments);
  return status;
}

static fcast_status read_all_fields(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const fcast_training_fields *fields = context;
  const fcast_training_set *set = fields->set;
  return fcast__series_read_each(set->n_frames, (1 + 2 * fields->n_moments) * set->ny * set->nx, first, last,
                                 read_fields, context, frames, err);
}

fcast_series_source fcast_training_fields_source(fcast_training_fields *fields) {
  return (fcast_series_source){.n_runs = fields->set->runs.n_runs,
                               .width = (1 + 2 * fields->n_moments) * fields->set->ny * fields->set->nx,
                               .n_frames = fields->set->n_frames,
                               .context = fields,
                               .read = read_all_fields};
}

static size_t frames_of(const fcast_training_set *set, size_t first, size_t last) {
  size_t n_frames = 0;
  for (size_t i = first; i < last; i++) {
    n_frames += set->n_frames[i];
  }
  return n_frames;
}

/* Read runs [first, last) and project them. */
static fcast_status project_runs(const fcast_training_projection *projection, size_t first, size_t last,
                                 double *coefficients, fcast_error *err) {
  fcast_training_set *set = projection->set;
  const size_t n_frames = frames_of(set, first, last);
  double *frames = fcast_alloc_unfilled(n_frames * set->ny * set->nx, sizeof *frames);
  if (frames == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory to project %zu runs", set->directory, last - first);
  }
  fcast_status status = read_densities(set, first, last, frames, err);
  if (status == FCAST_OK) {
    status = fcast_pod_project(projection->pod, frames, n_frames, coefficients, err);
  }
  fcast_free(frames);
  return status;
}

/* The coefficients of the runs, from memory where they are kept. */
static fcast_status read_coefficients(void *context, size_t first, size_t last, double *coefficients,
                                      fcast_error *err) {
  const fcast_training_projection *projection = context;
  const size_t n_modes = projection->pod->n_modes;
  if (projection->kept == NULL) {
    return project_runs(projection, first, last, coefficients, err);
  }
  memcpy(coefficients, projection->kept + frames_of(projection->set, 0, first) * n_modes,
         frames_of(projection->set, first, last) * n_modes * sizeof *coefficients);
  return FCAST_OK;
}

fcast_status fcast_training_projection_create(fcast_training_set *set, const fcast_pod *pod,
                                              fcast_training_projection *out, fcast_error *err) {
  *out = (fcast_training_projection){.set = set, .pod = pod};
  if (set->n_frames_total > largest_kept / sizeof(double) / pod->n_modes) {
    return FCAST_OK;
  }
  double *kept = fcast_alloc_unfilled(set->n_frames_total * pod->n_modes, sizeof *kept);
  const fcast_series_source densities = fcast_training_set_densities(set);
  fcast_status status = kept == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory) : FCAST_OK;
  double *next = kept;
  fcast_progress progress;
  fcast_progress_begin(&progress, "project on the modes", "runs", set->runs.n_runs);
  set->progress = &progress;
  for (size_t first = 0, last = 0; status == FCAST_OK && first < set->runs.n_runs; first = last) {
    const size_t n_frames = fcast__series_block(&densities, first, BLOCK_FRAMES, &last);
    status = project_runs(out, first, last, next, err);
    next += n_frames * pod->n_modes;
  }
  set->progress = NULL;
  fcast_progress_end(&progress, false);
  out->kept = kept;
  if (status != FCAST_OK) {
    fcast_training_projection_clear(out);
  }
  return status;
}

void fcast_training_projection_clear(fcast_training_projection *projection) {
  fcast_free(projection->kept);
  *projection = (fcast_training_projection){0};
}

fcast_series_source fcast_training_projection_source(fcast_training_projection *projection) {
  return (fcast_series_source){.n_runs = projection->set->runs.n_runs,
                               .width = projection->pod->n_modes,
                               .n_frames = projection->set->n_frames,
                               .context = projection,
                               .read = read_coefficients};
}
