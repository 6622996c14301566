/* SPDX-License-Identifier: MIT */
#include "cli/training_moments.h"

#include "base/series.h"
#include "io/file.h"
#include "io/model_files.h"
#include "io/provenance.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Moments of a set's runs from `first` on, behind each other in the order of the runs. */
typedef struct range {
  int64_t first, last;
} range;

static char *moments_path(const char *directory, range runs) {
  return fcast_format("%s/moments_%03" PRId64 "-%03" PRId64 ".npz", directory, runs.first, runs.last);
}

static fcast_status collect_part(const fcast_series_source *whole, size_t first, size_t last, fcast_moments *out,
                                 fcast_error *err) {
  fcast_series_part part = {whole, first, last};
  const fcast_series_source source = fcast__series_part(&part);
  return fcast_moments_collect(&source, out, err);
}

/* --- writing --- */

/* Whether the densities of the runs take more room than the triangle of their covariance. */
static bool is_worth_it(const fcast_training_set *set) {
  return 2 * set->n_frames_total > set->ny * set->nx;
}

fcast_status fcast_training_moments_write(const char *directory, int64_t first, int64_t last, fcast_error *err) {
  const double start = fcast_clock_monotonic();
  fcast_training_set set = {0};
  fcast_moments_file file = {.first_run = first, .last_run = last};
  const range runs = {first, last};
  char *path = moments_path(directory, runs);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                                     : fcast_training_set_open_range(directory, first, last, &set, err);
  if (status == FCAST_OK && is_worth_it(&set)) {
    const fcast_series_source densities = fcast_training_set_densities(&set);
    fcast_progress progress;
    fcast_progress_begin(&progress, "collect moments", "runs", set.runs.n_runs);
    set.progress = &progress;
    status = fcast_moments_collect(&densities, &file.moments, err);
    fcast_progress_end(&progress, false);
    set.progress = NULL;
    if (status == FCAST_OK) {
      (void)snprintf(file.config_hash, sizeof file.config_hash, "%s", set.config_hash);
      status = fcast_moments_write(path, &file, err);
    }
    if (status == FCAST_OK) {
      fcast_say("collect moments", "of runs %" PRId64 " to %" PRId64 ", %zu frames, in %.2f s", first, last,
                set.n_frames_total, fcast_clock_monotonic() - start);
    }
  }
  fcast_moments_clear(&file.moments);
  fcast_training_set_close(&set);
  fcast_free(path);
  return status;
}

/* --- merging --- */

static int compare_ranges(const void *a, const void *b) {
  const range *left = a;
  const range *right = b;
  return left->first != right->first ? (left->first > right->first) - (left->first < right->first)
                                     : (left->last < right->last) - (left->last > right->last);
}

/* The ranges of all moments in the directory, in the order of their first runs, the longer first. */
static fcast_status list_ranges(const char *directory, range **out, size_t *n_ranges, fcast_error *err) {
  DIR *stream = opendir(directory);
  size_t capacity = 0;
  if (stream == NULL) {
    return fcast_fail(err, FCAST_E_IO, "%s: cannot be listed: %s", directory, strerror(errno));
  }
  fcast_status status = FCAST_OK;
  for (const struct dirent *entry = readdir(stream); entry != NULL && status == FCAST_OK; entry = readdir(stream)) {
    range runs;
    int length = 0;
    if (sscanf(entry->d_name, "moments_%" SCNd64 "-%" SCNd64 ".npz%n", &runs.first, &runs.last, &length) != 2 ||
        length == 0 || entry->d_name[length] != '\0') {
      continue;
    }
    if (*n_ranges == capacity) {
      capacity = 2 * capacity + 16;
      range *larger = realloc(*out, capacity * sizeof **out);
      status = larger == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : FCAST_OK;
      *out = larger != NULL ? larger : *out;
    }
    if (status == FCAST_OK) {
      (*out)[(*n_ranges)++] = runs;
    }
  }
  (void)closedir(stream);
  if (status == FCAST_OK && *n_ranges > 1) {
    qsort(*out, *n_ranges, sizeof **out, compare_ranges);
  }
  return status;
}

fcast_status fcast_training_moments_check(const char *directory, bool is_quick, size_t *n_whole, fcast_error *err) {
  range *ranges = NULL;
  size_t n_ranges = 0;
  fcast_status status = list_ranges(directory, &ranges, &n_ranges, err);
  *n_whole = is_quick ? n_ranges : 0;
  for (size_t i = 0; status == FCAST_OK && !is_quick && i < n_ranges; i++) {
    fcast_moments_file file = {0};
    char *path = moments_path(directory, ranges[i]);
    status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                          : fcast_moments_read(path, &file, err);
    *n_whole += status == FCAST_OK ? 1 : 0;
    fcast_moments_clear(&file.moments);
    fcast_free(path);
  }
  free(ranges);
  return status;
}

/* Read the moments of `runs` and see that they are of this set; `is_ours` is false where they are of another
 * configuration. */
static fcast_status read_moments(const fcast_training_set *set, const fcast_series_source *densities, range runs,
                                 fcast_moments *out, bool *is_ours, fcast_error *err) {
  fcast_moments_file file = {0};
  size_t n_frames = 0;
  for (int64_t i = runs.first; i <= runs.last; i++) {
    n_frames += densities->n_frames[i];
  }
  char *path = moments_path(set->directory, runs);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory)
                                     : fcast_moments_read(path, &file, err);
  *is_ours = status == FCAST_OK && set->config_hash[0] != '\0' && strcmp(file.config_hash, set->config_hash) == 0;
  if (*is_ours && (file.first_run != runs.first || file.last_run != runs.last || file.moments.n_frames != n_frames ||
                   file.moments.n_space != densities->width)) {
    status = fcast_fail(err, FCAST_E_SHAPE,
                        "%s: found runs %" PRId64 " to %" PRId64 ", %zu frames of %zu cells, expected %zu frames of "
                        "%zu cells: delete it, and the runs are read instead",
                        path, file.first_run, file.last_run, file.moments.n_frames, file.moments.n_space, n_frames,
                        densities->width);
  }
  if (status == FCAST_OK && *is_ours) {
    *out = file.moments;
    file.moments = (fcast_moments){0};
  }
  fcast_moments_clear(&file.moments);
  fcast_free(path);
  return status;
}

static fcast_status merge_runs(const fcast_series_source *densities, size_t first, size_t last, fcast_moments *sum,
                               fcast_error *err) {
  fcast_moments moments = {0};
  fcast_status status = first < last ? collect_part(densities, first, last, &moments, err) : FCAST_OK;
  if (status == FCAST_OK && first < last) {
    status = fcast_moments_merge(sum, &moments, err);
  }
  fcast_moments_clear(&moments);
  return status;
}

/* All moments of the set in the order of the runs; `sum` stays empty where there are no files of it. */
static fcast_status merge_all(const fcast_training_set *set, const fcast_series_source *densities, const range *ranges,
                              size_t n_ranges, fcast_moments *sum, fcast_error *err) {
  size_t next = 0; /* the first run not in `sum` */
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < n_ranges; i++) {
    const range runs = ranges[i];
    fcast_moments moments = {0};
    bool is_ours = false;
    if (runs.first < (int64_t)next || runs.last < runs.first || runs.last >= (int64_t)set->runs.n_runs) {
      continue;
    }
    status = read_moments(set, densities, runs, &moments, &is_ours, err);
    if (status == FCAST_OK && is_ours) {
      fcast_explain("POD", "the moments of runs %" PRId64 " to %" PRId64 " are there, so these need not be read",
                    runs.first, runs.last);
      status = merge_runs(densities, next, (size_t)runs.first, sum, err);
      next = (size_t)runs.last + 1;
      fcast_progress_add(set->progress, (size_t)(runs.last - runs.first + 1));
    }
    if (status == FCAST_OK && is_ours) {
      status = fcast_moments_merge(sum, &moments, err);
    }
    fcast_moments_clear(&moments);
  }
  return status == FCAST_OK && next > 0 ? merge_runs(densities, next, set->runs.n_runs, sum, err) : status;
}

static void explain_method(const fcast_training_set *set, size_t n_space) {
  if (set->n_frames_total > n_space) {
    fcast_explain("POD",
                  "by the covariance of the %zu cells, since there are more frames (%zu): runs are read in blocks",
                  n_space, set->n_frames_total);
  } else {
    fcast_explain("POD", "by the method of snapshots, since there are no more frames (%zu) than cells (%zu)",
                  set->n_frames_total, n_space);
  }
}

fcast_status fcast_training_fit_pod(fcast_training_set *set, double target_energy, fcast_pod *out, fcast_error *err) {
  fcast_series_source densities = fcast_training_set_densities(set);
  fcast_moments sum = {0};
  range *ranges = NULL;
  size_t n_ranges = 0;
  fcast_progress progress;
  char then[96];
  const bool is_covariance = set->n_frames_total > densities.width;
  (void)snprintf(then, sizeof then, "eigenproblem of order %zu", is_covariance ? densities.width : set->n_frames_total);
  explain_method(set, densities.width);
  fcast_progress_begin(&progress, "POD", "runs", set->runs.n_runs);
  fcast_progress_then(&progress, then);
  set->progress = &progress;
  densities.listener = (fcast_listener){fcast_progress_share, &progress};
  fcast_status status = list_ranges(set->directory, &ranges, &n_ranges, err);
  if (status == FCAST_OK) {
    status = merge_all(set, &densities, ranges, n_ranges, &sum, err);
  }
  if (status == FCAST_OK) {
    sum.listener = densities.listener;
    status = sum.n_frames > 0 ? fcast_pod_fit_moments(&sum, target_energy, out, err)
                              : fcast_pod_fit(&densities, target_energy, out, err);
  }
  set->progress = NULL;
  fcast_progress_end(&progress, false);
  if (status == FCAST_OK) {
    fcast_explain("",
                  "%zu modes hold %.5g of the energy, the fewest that reach rom.target_energy = %g; eigenpairs by %s",
                  out->n_modes, out->energy, target_energy,
                  out->is_lanczos ? "block Lanczos, since few pairs of a large matrix are wanted"
                                  : "the whole tridiagonal reduction");
  }
  free(ranges);
  fcast_moments_clear(&sum);
  return status;
}
