/* SPDX-License-Identifier: MIT */
#include "io/run_check.h"

#include "flockcast/array.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/limit_file.h"
#include "io/npz.h"
#include "io/run_content.h"

#include <string.h>

static bool is_among(const char *name, const char *const *names) {
  while (*names != NULL && strcmp(*names, name) != 0) {
    names++;
  }
  return *names != NULL;
}

static fcast_status check_archive_member(fcast_npz *npz, const char *name, fcast_error *err) {
  fcast_npy_info info;
  json_t *object = NULL;
  fcast_status status = fcast_npz_info(npz, name, &info, err);
  if (status == FCAST_OK) {
    status = strcmp(info.type, "|O") == 0 ? fcast_npz_read_object(npz, name, &object, err)
                                          : fcast_npz_verify(npz, name, err);
  }
  json_decref(object);
  return status;
}

fcast_status fcast_archive_check(const char *path, const char *const *but, fcast_error *err) {
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  for (size_t i = 0; status == FCAST_OK && i < fcast_npz_n_members(npz); i++) {
    const char *name = fcast_npz_member_name(npz, i);
    if (!is_among(name, but)) {
      status = check_archive_member(npz, name, err);
    }
  }
  fcast_npz_close(npz);
  return status;
}

/* A noise limit makes no run: it is looked at on demand alone. */
static fcast_status check_limit(const char *directory, const fcast_run_facts *facts, const fcast_fields *fields,
                                fcast_error *err) {
  const size_t shape[3] = {fields->n_frames, fields->ny, fields->nx};
  fcast_limit limit;
  fcast_status status = fcast_run_read_limit(directory, shape, facts->config_hash, &limit, err);
  for (size_t i = 0; status == FCAST_OK && i < limit.n_frames; i++) {
    if (limit.times[i] != fields->times[limit.n_known + i]) {
      status = fcast_fail(err, FCAST_E_FORMAT,
                          "%s/limit.npz: times: found %g at frame %zu, expected %g as in "
                          "density.npz",
                          directory, limit.times[i], i, fields->times[limit.n_known + i]);
    }
  }
  fcast_limit_clear(&limit);
  return status;
}

/* What the readers of run_files.h leave out: users read it all the same. */
static fcast_status check_other_members(const char *directory, fcast_error *err) {
  static const char *const read_anyhow[] = {"rho", "times", "x_edges", "y_edges", "positions", "velocities", NULL};
  static const char *const names[] = {"traj.npz", "density.npz", "order_params.npz"};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof names / sizeof names[0]; i++) {
    char *path = fcast_format("%s/%s", directory, names[i]);
    status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                          : fcast_archive_check(path, read_anyhow, err);
    fcast_free(path);
    if (status == FCAST_E_MISSING && i > 0) {
      status = FCAST_OK; /* not every run has order parameters, or keeps its density; what it needs was looked for */
    }
  }
  return status;
}

static fcast_status require_cells(const char *directory, const fcast_run_demand *demand, const fcast_fields *fields,
                                  fcast_error *err) {
  return demand->nx == 0 || (fields->nx == demand->nx && fields->ny == demand->ny)
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_SHAPE,
                          "%s/density.npz: rho: found %zu x %zu cells, expected %zu x %zu as in the first run",
                          directory, fields->ny, fields->nx, demand->ny, demand->nx);
}

/* Read every file of the run; where the density was not kept, make it of the tracks. */
static fcast_status read_all(const char *directory, const fcast_run_demand *demand, const fcast_run_facts *facts,
                             fcast_error *err) {
  fcast_fields fields = {0};
  fcast_tracks tracks = {0};
  fcast_order_params order = {0};
  fcast_status status = facts->has_density ? fcast_run_read_density(directory, &fields, err)
                                           : fcast_run_compute_density(directory, facts, &fields, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(directory, fields.x_edges[fields.nx] - fields.x_edges[0],
                                   fields.y_edges[fields.ny] - fields.y_edges[0], facts->boundary, &tracks, err);
  }
  if (status == FCAST_OK) {
    status = fcast_run_require_frames(directory, tracks.n_frames, fields.n_frames, err);
  }
  if (status == FCAST_OK) {
    status = fcast_run_read_order(directory, &order, err);
  }
  if (status == FCAST_OK && order.n_frames != 0 && order.n_frames != fields.n_frames) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/order_params.npz: found %zu frames, expected %zu as in density.npz",
                        directory, order.n_frames, fields.n_frames);
  }
  if (status == FCAST_OK) {
    status = fcast_run_check_content(directory, facts, &fields, &tracks, &order, err);
  }
  if (status == FCAST_OK) {
    status = require_cells(directory, demand, &fields, err);
  }
  if (status == FCAST_OK && demand->needs_limit_whole) {
    status = check_limit(directory, facts, &fields, err);
  }
  if (status == FCAST_OK) {
    status = check_other_members(directory, err);
  }
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&tracks);
  fcast_fields_clear(&fields);
  return status;
}

static fcast_status require_file(const char *directory, const char *name, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  char *path = fcast_format("%s/%s", directory, name);
  fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : fcast_path_look(path, &kind, err);
  if (status == FCAST_OK && kind != FCAST_PATH_FILE) {
    status = fcast_fail(err, FCAST_E_MISSING, "%s: missing", path);
  }
  fcast_free(path);
  return status;
}

static fcast_status require_files(const char *directory, bool has_density, bool needs_order_params, fcast_error *err) {
  const char *const names[] = {"traj.npz", "density.npz", "order_params.npz"};
  const bool is_needed[] = {true, has_density, needs_order_params};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof names / sizeof names[0]; i++) {
    status = is_needed[i] ? require_file(directory, names[i], err) : FCAST_OK;
  }
  return status;
}

static fcast_run_state check_facts(const char *directory, const fcast_run_demand *demand, const fcast_run_facts *facts,
                                   fcast_error *why) {
  if (demand->config_hash != NULL && strcmp(facts->config_hash, demand->config_hash) != 0) {
    (void)fcast_fail(why, FCAST_E_FORMAT, "%s/metadata.json: config_hash: found '%s', expected '%s'", directory,
                     facts->config_hash, demand->config_hash);
    return FCAST_RUN_STALE;
  }
  if (demand->needs_density && !facts->has_density) {
    (void)fcast_fail(why, FCAST_E_MISSING, "%s/density.npz: was not kept (ensemble.keep_density)", directory);
    return FCAST_RUN_STALE;
  }
  fcast_status status =
      require_files(directory, facts->has_density, facts->has_order_params || demand->needs_order_params, why);
  if (status == FCAST_OK && !demand->is_quick) {
    status = read_all(directory, demand, facts, why);
  }
  return status == FCAST_OK ? FCAST_RUN_WHOLE : FCAST_RUN_CORRUPT;
}

/* Every run that this program makes says of which configuration it is. What cannot be read says nothing. */
static bool is_foreign(const char *directory) {
  json_t *metadata = NULL;
  char *path = fcast_format("%s/metadata.json", directory);
  const bool answer = path != NULL && fcast_json_read(path, &metadata, NULL) == FCAST_OK &&
                      json_string_length(json_object_get(metadata, "config_hash")) == 0;
  json_decref(metadata);
  fcast_free(path);
  return answer;
}

fcast_run_state fcast_run_check(const char *directory, const fcast_run_demand *demand, fcast_error *why) {
  fcast_run_facts facts = {0};
  const fcast_status status = fcast_run_read_facts(directory, &facts, why);
  const fcast_run_state state = status == FCAST_OK
                                    ? check_facts(directory, demand, &facts, why)
                                    : (status == FCAST_E_MISSING ? FCAST_RUN_MISSING : FCAST_RUN_CORRUPT);
  fcast_run_facts_clear(&facts);
  if (demand->config_hash != NULL && (state == FCAST_RUN_STALE || state == FCAST_RUN_CORRUPT) &&
      is_foreign(directory)) {
    (void)fcast_fail(why, FCAST_E_FORMAT, "%s/metadata.json: config_hash: not there, expected '%s': of another program",
                     directory, demand->config_hash);
    return FCAST_RUN_FOREIGN;
  }
  return state;
}
