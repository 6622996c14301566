/* SPDX-License-Identifier: MIT */
#include "io/tracks_file.h"

#include "flockcast/evaluate.h"

#include <math.h>
#include <stdbool.h>

/* --- writing --- */

/* Agents that are there in every frame: present[frame]; false where that is always all of them. */
static bool count_present(const fcast_tracks *tracks, double *present) {
  bool any_missing = false;
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    present[frame] = 0.0;
    for (size_t i = 0; i < tracks->n_agents; i++) {
      present[frame] += isfinite(tracks->positions[2 * (frame * tracks->n_agents + i)]) ? 1.0 : 0.0;
    }
    any_missing = any_missing || present[frame] < (double)tracks->n_agents;
  }
  return any_missing;
}

fcast_status fcast_tracks_put(const char *path, fcast_npz_format format, const fcast_tracks *tracks,
                              const json_t *config, fcast_outfile *file, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  double *present = fcast_alloc_array(tracks->n_frames, sizeof *present);
  fcast_status status = present == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path)
                                        : fcast_npz_writer_create(format, &writer, err);
  if (status == FCAST_OK) {
    const size_t shape[3] = {tracks->n_frames, tracks->n_agents, 2};
    fcast_npz_add_large_array(writer, "positions", 3, shape, tracks->positions);
    fcast_npz_add_large_array(writer, "velocities", 3, shape, tracks->velocities);
    fcast_npz_add_array(writer, "times", 1, shape, tracks->times);
    if (count_present(tracks, present)) {
      fcast_npz_add_array(writer, "n_present", 1, shape, present);
    }
    fcast_npz_add_object(writer, "config", config);
    status = fcast_npz_writer_put(writer, path, file, err);
  }
  fcast_free(present);
  return status;
}

/* --- reading --- */

static fcast_status check_finite(const char *path, const char *member, const double *values, size_t n,
                                 fcast_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(values[i])) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %g at value %zu, expected finite numbers", path, member,
                        values[i], i);
    }
  }
  return FCAST_OK;
}

/* An agent is there with all four numbers, or with none. */
static fcast_status check_frame(const char *path, const fcast_tracks *tracks, size_t frame, double n_present,
                                fcast_error *err) {
  double n_found = 0.0;
  for (size_t i = 0; i < tracks->n_agents; i++) {
    const size_t at = 2 * (frame * tracks->n_agents + i);
    const double numbers[4] = {tracks->positions[at], tracks->positions[at + 1], tracks->velocities[at],
                               tracks->velocities[at + 1]};
    int n_finite = 0;
    int n_nan = 0;
    for (size_t k = 0; k < 4; k++) {
      n_finite += isfinite(numbers[k]) ? 1 : 0;
      n_nan += isnan(numbers[k]) ? 1 : 0;
    }
    if (n_finite != 4 && n_nan != 4) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s: agent %zu of frame %zu: found %d finite numbers for position and velocity, expected four, "
                        "or nan for all of one that is not there",
                        path, i, frame, n_finite);
    }
    n_found += n_finite == 4 ? 1.0 : 0.0;
  }
  return n_found == n_present ? FCAST_OK
                              : fcast_fail(err, FCAST_E_FORMAT,
                                           "%s: n_present: found %g for frame %zu, expected %g, the positions that are "
                                           "not nan",
                                           path, n_present, frame, n_found);
}

static fcast_status check_present(fcast_npz *npz, const char *path, const fcast_tracks *tracks, fcast_error *err) {
  double *present = NULL;
  size_t shape = tracks->n_frames;
  fcast_status status = fcast_npz_read_shaped(npz, "n_present", 1, &shape, &present, err);
  for (size_t frame = 0; status == FCAST_OK && frame < tracks->n_frames; frame++) {
    status = check_frame(path, tracks, frame, present[frame], err);
  }
  fcast_free(present);
  return status;
}

static fcast_status make_velocities(const char *path, double box_x, double box_y, fcast_boundary boundary,
                                    fcast_tracks *out, fcast_error *err) {
  out->velocities = fcast_alloc_array(out->n_frames * out->n_agents, 2 * sizeof(double));
  if (out->velocities == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  fcast_tracks_differentiate(out, box_x, box_y, boundary);
  /* Finite positions at times that hardly differ need not give finite speeds. */
  return check_finite(path, "positions over times", out->velocities, 2 * out->n_frames * out->n_agents, err);
}

/* Positions are there; velocities, and that both are what they should be. */
static fcast_status read_motion(fcast_npz *npz, const char *path, double box_x, double box_y, fcast_boundary boundary,
                                fcast_tracks *out, fcast_error *err) {
  const size_t n_values = 2 * out->n_frames * out->n_agents;
  size_t shape[3] = {out->n_frames, out->n_agents, 2};
  const bool comes_and_goes = fcast_npz_has(npz, "n_present") != 0;
  fcast_status status = comes_and_goes ? FCAST_OK : check_finite(path, "positions", out->positions, n_values, err);
  if (status == FCAST_OK && !comes_and_goes && !fcast_npz_has(npz, "velocities")) {
    return make_velocities(path, box_x, box_y, boundary, out, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "velocities", 3, shape, &out->velocities, err);
  }
  if (status == FCAST_OK) {
    status = comes_and_goes ? check_present(npz, path, out, err)
                            : check_finite(path, "velocities", out->velocities, n_values, err);
  }
  return status;
}

static fcast_status read_times(fcast_npz *npz, const char *path, fcast_tracks *out, fcast_error *err) {
  fcast_status status = fcast_npz_read_shaped(npz, "times", 1, &out->n_frames, &out->times, err);
  if (status == FCAST_OK) {
    status = check_finite(path, "times", out->times, out->n_frames, err);
  }
  for (size_t i = 1; status == FCAST_OK && i < out->n_frames; i++) {
    if (!(out->times[i] > out->times[i - 1])) {
      status = fcast_fail(err, FCAST_E_FORMAT, "%s: times: found %g after %g, expected increasing values", path,
                          out->times[i], out->times[i - 1]);
    }
  }
  return status;
}

fcast_status fcast_tracks_read(const char *path, double box_x, double box_y, fcast_boundary boundary, fcast_tracks *out,
                               fcast_error *err) {
  *out = (fcast_tracks){0};
  fcast_npz *npz = NULL;
  size_t shape[3] = {0, 0, 2};
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "positions", 3, shape, &out->positions, err);
  }
  if (status == FCAST_OK && shape[0] * shape[1] == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: positions: found no values, expected at least one", path);
  }
  out->n_frames = shape[0];
  out->n_agents = shape[1];
  if (status == FCAST_OK) {
    status = read_times(npz, path, out, err);
  }
  if (status == FCAST_OK) {
    status = read_motion(npz, path, box_x, box_y, boundary, out, err);
  }
  fcast_npz_close(npz);
  if (status != FCAST_OK) {
    fcast_tracks_clear(out);
  }
  return status;
}
