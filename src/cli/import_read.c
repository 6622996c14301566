/* SPDX-License-Identifier: MIT */
#include "cli/import.h"

#include "base/listen.h"
#include "io/file.h"
#include "io/npz.h"
#include "io/run_settings.h"

#include <math.h>
#include <string.h>

static fcast_status allocate(size_t n, fcast_recordings *out, fcast_error *err) {
  out->list = fcast_alloc_array(n, sizeof *out->list);
  return out->list != NULL ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu recordings", n);
}

static fcast_status set_path(const char *path, fcast_recording *out, fcast_error *err) {
  out->path = fcast_format("%s", path);
  return out->path != NULL ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
}

/* --- tables --- */

/* Only the frames that were asked for; `n` at least 1. */
static fcast_status keep_frames(const fcast_import_options *options, fcast_sightings *sightings, fcast_error *err) {
  size_t n = 0;
  for (size_t i = 0; options->has_frames && i < sightings->n; i++) {
    const fcast_sighting row = sightings->rows[i];
    if (row.frame >= options->first_frame && row.frame <= options->last_frame) {
      sightings->rows[n++] = row;
    }
  }
  sightings->n = options->has_frames ? n : sightings->n;
  return sightings->n > 0
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_ARG, "--frames: found nobody in frames %lld to %lld of %s",
                          (long long)options->first_frame, (long long)options->last_frame, options->source);
}

static fcast_status read_table(const fcast_import_options *options, fcast_recording *out, fcast_error *err) {
  fcast_sightings sightings = {0};
  if (options->columns.n == 0) {
    return fcast_fail(err, FCAST_E_ARG, "--columns: missing, expected the columns of %s, as id,frame,x,y",
                      options->source);
  }
  if (!(options->frames_per_second > 0.0)) {
    return fcast_fail(err, FCAST_E_ARG, "--fps: missing, expected the frames in a time unit of %s", options->source);
  }
  fcast_status status = set_path(options->source, out, err);
  if (status == FCAST_OK) {
    status = fcast_sightings_read(options->source, &options->columns, options->n_skipped, &options->listener,
                                  &sightings, err);
  }
  if (status == FCAST_OK) {
    status = keep_frames(options, &sightings, err);
  }
  if (status == FCAST_OK) {
    status = fcast_sightings_tracks(options->source, &sightings, options->scale, options->frames_per_second,
                                    &out->tracks, err);
  }
  out->has_velocities = sightings.has_velocities;
  fcast_sightings_clear(&sightings);
  return status;
}

/* --- archives --- */

/* Somebody is there with two finite numbers or not there with two nan, and then has no velocity either. */
static fcast_status check_positions(fcast_recording *recording, fcast_error *err) {
  const fcast_tracks *tracks = &recording->tracks;
  for (size_t i = 0; i < tracks->n_frames * tracks->n_agents; i++) {
    const double *position = tracks->positions + 2 * i;
    const bool is_gone = isnan(position[0]) && isnan(position[1]);
    if (!is_gone && !(isfinite(position[0]) && isfinite(position[1]))) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s: positions: found (%g, %g) for agent %zu of frame %zu, expected finite numbers, or nan "
                        "for both",
                        recording->path, position[0], position[1], i % tracks->n_agents, i / tracks->n_agents);
    }
    double *velocity = tracks->velocities + 2 * i;
    if (is_gone) {
      velocity[0] = velocity[1] = (double)NAN;
    }
    if (!is_gone && recording->has_velocities && !(isfinite(velocity[0]) && isfinite(velocity[1]))) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: velocities: found (%g, %g) for agent %zu of frame %zu, who is there",
                        recording->path, velocity[0], velocity[1], i % tracks->n_agents, i / tracks->n_agents);
    }
  }
  return FCAST_OK;
}

static fcast_status make_times(const fcast_import_options *options, fcast_recording *out, fcast_error *err) {
  fcast_tracks *tracks = &out->tracks;
  if (!(options->frames_per_second > 0.0)) {
    return fcast_fail(err, FCAST_E_ARG, "--fps: missing, expected the frames in a time unit, since %s has no times",
                      out->path);
  }
  tracks->times = fcast_alloc_array(tracks->n_frames, sizeof *tracks->times);
  for (size_t i = 0; tracks->times != NULL && i < tracks->n_frames; i++) {
    tracks->times[i] = (double)i / options->frames_per_second;
  }
  return tracks->times != NULL ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", out->path);
}

static fcast_status read_times(const fcast_import_options *options, fcast_npz *npz, fcast_recording *out,
                               fcast_error *err) {
  if (options->frames_per_second > 0.0) {
    return fcast_fail(err, FCAST_E_ARG, "--fps: %s has times of its own, expected no --fps", out->path);
  }
  fcast_status status = fcast_npz_read_shaped(npz, "times", 1, &out->tracks.n_frames, &out->tracks.times, err);
  for (size_t i = 0; status == FCAST_OK && i < out->tracks.n_frames; i++) {
    const double *time = out->tracks.times + i;
    if (!isfinite(*time) || (i > 0 && !(*time > time[-1]))) {
      status = fcast_fail(err, FCAST_E_FORMAT, "%s: times: found %g in frame %zu, expected increasing finite values",
                          out->path, *time, i);
    }
  }
  return status;
}

static fcast_status read_velocities(fcast_npz *npz, fcast_recording *out, fcast_error *err) {
  size_t shape[3] = {out->tracks.n_frames, out->tracks.n_agents, 2};
  out->has_velocities = fcast_npz_has(npz, "velocities") != 0;
  if (out->has_velocities) {
    return fcast_npz_read_shaped(npz, "velocities", 3, shape, &out->tracks.velocities, err);
  }
  out->tracks.velocities = fcast_alloc_array(out->tracks.n_frames * out->tracks.n_agents, 2 * sizeof(double));
  return out->tracks.velocities != NULL ? FCAST_OK : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", out->path);
}

/* Box and walls, where a configuration in the archive says them and the command line does not. */
static fcast_status read_box(const fcast_import_options *options, fcast_npz *npz, fcast_recording *out,
                             fcast_error *err) {
  json_t *config = NULL;
  if ((options->has_box && options->has_boundary) || !fcast_npz_has(npz, "config")) {
    return FCAST_OK;
  }
  fcast_status status = fcast_npz_read_object(npz, "config", &config, err);
  if (status == FCAST_OK) {
    status = fcast_domain_read(out->path, config, &out->domain, &out->has_box, err);
  }
  json_decref(config);
  return status;
}

static void scale_lengths(double scale, fcast_recording *recording) {
  for (size_t i = 0; i < 2 * recording->tracks.n_frames * recording->tracks.n_agents; i++) {
    recording->tracks.positions[i] *= scale;
    recording->tracks.velocities[i] *= scale;
  }
  recording->domain.x *= scale;
  recording->domain.y *= scale;
}

static fcast_status read_archive(const fcast_import_options *options, const char *path, fcast_recording *out,
                                 fcast_error *err) {
  fcast_npz *npz = NULL;
  size_t shape[3] = {0, 0, 2};
  fcast_status status = set_path(path, out, err);
  if (status == FCAST_OK) {
    status = fcast_npz_open(path, &npz, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "positions", 3, shape, &out->tracks.positions, err);
  }
  if (status == FCAST_OK && shape[0] * shape[1] == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: positions: found no values, expected (frames, agents, 2)", path);
  }
  out->tracks.n_frames = shape[0];
  out->tracks.n_agents = shape[1];
  if (status == FCAST_OK) {
    status = fcast_npz_has(npz, "times") ? read_times(options, npz, out, err) : make_times(options, out, err);
  }
  if (status == FCAST_OK) {
    status = read_velocities(npz, out, err);
  }
  if (status == FCAST_OK) {
    status = read_box(options, npz, out, err);
  }
  if (status == FCAST_OK) {
    status = check_positions(out, err);
  }
  if (status == FCAST_OK) {
    scale_lengths(options->scale, out);
  }
  fcast_npz_close(npz);
  return status;
}

/* What is only for tables of numbered frames. */
static fcast_status refuse_table_options(const fcast_import_options *options, fcast_error *err) {
  const char *name = options->has_frames      ? "frames"
                     : options->columns.n > 0 ? "columns"
                     : options->n_skipped > 0 ? "skip_lines"
                                              : NULL;
  return name == NULL
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_ARG, "--%s: found NPZ files, expected it with a table of numbered frames", name);
}

/* --- trees --- */

/* Runs of one mode in a directory, behind those that are in the list. */
static fcast_status add_runs(const fcast_import_options *options, const char *directory, fcast_mode mode,
                             const fcast_run_list *runs, size_t n_all, fcast_recordings *out, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < runs->n_runs; i++) {
    char *path = fcast_format("%s/%s/traj.npz", directory, runs->names[i]);
    fcast_recording *recording = &out->list[out->n++];
    status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                          : read_archive(options, path, recording, err);
    recording->is_tree_run = true;
    recording->mode = mode;
    fcast_free(path);
    fcast__tell(&options->listener, (double)out->n / (double)n_all);
  }
  return status;
}

/* DIR/training and DIR/test, or all runs in DIR itself. */
static fcast_status read_tree(const fcast_import_options *options, fcast_recordings *out, fcast_error *err) {
  static const char *const folders[] = {"training", "test"};
  char *directory[2] = {NULL};
  fcast_run_list runs[2] = {{0}, {0}};
  fcast_status status = FCAST_OK;
  for (int mode = FCAST_MODE_TRAIN; status == FCAST_OK && mode <= FCAST_MODE_TEST; mode++) {
    directory[mode] = fcast_format("%s/%s", options->source, folders[mode]);
    if (directory[mode] != NULL && !fcast_directory_exists(directory[mode])) {
      fcast_free(directory[mode]);
      directory[mode] = fcast_format("%s", options->source);
    }
    status = directory[mode] == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", options->source)
                                     : fcast_run_list_read(directory[mode], (fcast_mode)mode, &runs[mode], err);
  }
  const size_t n = runs[0].n_runs + runs[1].n_runs;
  if (status == FCAST_OK && n == 0) {
    status = fcast_fail(err, FCAST_E_MISSING,
                        "%s: found no runs train_000 or test_000, nor training/ and test/ with them", options->source);
  }
  if (status == FCAST_OK) {
    status = allocate(n, out, err);
  }
  for (int mode = FCAST_MODE_TRAIN; status == FCAST_OK && mode <= FCAST_MODE_TEST; mode++) {
    status = add_runs(options, directory[mode], (fcast_mode)mode, &runs[mode], n, out, err);
  }
  for (size_t mode = 0; mode < 2; mode++) {
    fcast_run_list_clear(&runs[mode]);
    fcast_free(directory[mode]);
  }
  return status;
}

/* --- any --- */

static bool ends_with_npz(const char *path) {
  const size_t n = strlen(path);
  return n >= 4 && strcmp(path + n - 4, ".npz") == 0;
}

static fcast_status read_file(const fcast_import_options *options, fcast_recordings *out, fcast_error *err) {
  const fcast_status status = allocate(1, out, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->n = 1;
  if (!ends_with_npz(options->source)) {
    return read_table(options, &out->list[0], err);
  }
  return read_archive(options, options->source, &out->list[0], err);
}

fcast_status fcast_recordings_read(const fcast_import_options *options, fcast_recordings *out, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  *out = (fcast_recordings){0};
  fcast_status status = fcast_path_look(options->source, &kind, err);
  if (status == FCAST_OK && kind == FCAST_PATH_NOTHING) {
    status = fcast_fail(err, FCAST_E_MISSING, "%s: not there, expected a file or a directory", options->source);
  }
  if (status == FCAST_OK && (kind == FCAST_PATH_DIRECTORY || ends_with_npz(options->source))) {
    status = refuse_table_options(options, err);
  }
  if (status == FCAST_OK) {
    status = kind == FCAST_PATH_DIRECTORY ? read_tree(options, out, err) : read_file(options, out, err);
  }
  if (status != FCAST_OK) {
    fcast_recordings_clear(out);
  }
  return status;
}

void fcast_recordings_clear(fcast_recordings *recordings) {
  for (size_t i = 0; i < recordings->n; i++) {
    fcast_tracks_clear(&recordings->list[i].tracks);
    fcast_free(recordings->list[i].path);
  }
  fcast_free(recordings->list);
  *recordings = (fcast_recordings){0};
}
