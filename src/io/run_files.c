/* SPDX-License-Identifier: MIT */
#include "io/run_files.h"

#include "io/file.h"
#include "io/json_file.h"
#include "io/npz.h"
#include "io/run_identity.h"
#include "io/run_settings.h"
#include "io/tracks_file.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* DIRECTORY/NAME on the heap, or FCAST_E_NOMEM. */
static fcast_status path_in(const char *directory, const char *name, char **path, fcast_error *err) {
  *path = fcast_format("%s/%s", directory, name);
  return *path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : FCAST_OK;
}

/* --- writing --- */

static fcast_status put_density(const char *path, fcast_npz_format format, const fcast_fields *fields,
                                fcast_outfile *file, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  const fcast_status status = fcast_npz_writer_create(format, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t shape[3] = {fields->n_frames, fields->ny, fields->nx};
  const size_t x_shape = fields->nx + 1;
  const size_t y_shape = fields->ny + 1;
  const size_t extent_shape = 4;
  const double extent[4] = {fields->x_edges[0], fields->x_edges[fields->nx], fields->y_edges[0],
                            fields->y_edges[fields->ny]};
  fcast_npz_add_large_array(writer, "rho", 3, shape, fields->rho);
  fcast_npz_add_array(writer, "times", 1, shape, fields->times);
  fcast_npz_add_array(writer, "x_edges", 1, &x_shape, fields->x_edges);
  fcast_npz_add_array(writer, "y_edges", 1, &y_shape, fields->y_edges);
  fcast_npz_add_array(writer, "extent", 1, &extent_shape, extent);
  return fcast_npz_writer_put(writer, path, file, err);
}

/* One table for the members of order_params.npz, written and read. `phi` is what older scripts call polarization. */
static const struct {
  const char *name;
  size_t offset;
} order_members[] = {{"polarization", offsetof(fcast_order_params, polarization)},
                     {"mean_speed", offsetof(fcast_order_params, mean_speed)},
                     {"nematic", offsetof(fcast_order_params, nematic)},
                     {"times", offsetof(fcast_order_params, times)},
                     {"speed_std", offsetof(fcast_order_params, speed_std)},
                     {"angular_momentum", offsetof(fcast_order_params, angular_momentum)}};
enum { N_ORDER_MEMBERS = sizeof order_members / sizeof order_members[0] };

static double **order_member(fcast_order_params *order, size_t i) {
  return (double **)(void *)((char *)order + order_members[i].offset);
}

static fcast_status put_order(const char *path, fcast_npz_format format, const fcast_order_params *order,
                              fcast_outfile *file, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  const fcast_status status = fcast_npz_writer_create(format, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_order_params view = *order;
  for (size_t i = 0; i < N_ORDER_MEMBERS; i++) {
    fcast_npz_add_array(writer, order_members[i].name, 1, &order->n_frames, *order_member(&view, i));
  }
  fcast_npz_add_array(writer, "phi", 1, &order->n_frames, order->polarization);
  return fcast_npz_writer_put(writer, path, file, err);
}

/* Files of the same configuration are replaced by the same bytes one by one, so two tasks that make the same run by
 * mistake do no harm. Of another one, the run is not whole until all are, and its noise limit and order
 * parameters go. */
static fcast_status remove_other(const char *path, const char *limit_path, const char *order_path,
                                 const json_t *metadata, fcast_error *err) {
  json_t *old = NULL;
  fcast_error ignored;
  if (fcast_json_read(path, &old, &ignored) == FCAST_OK) {
    const json_t *hash = json_object_get(old, "config_hash");
    const bool is_same = hash != NULL && json_equal(hash, json_object_get(metadata, "config_hash"));
    json_decref(old);
    if (is_same) {
      return FCAST_OK;
    }
  }
  fcast_status status = fcast_file_remove(path, err);
  if (status == FCAST_OK) {
    status = fcast_file_remove(limit_path, err);
  }
  return status == FCAST_OK ? fcast_file_remove(order_path, err) : status;
}

fcast_status fcast_run_write(const char *directory, fcast_npz_format format, const fcast_tracks *tracks,
                             const fcast_fields *fields, const fcast_order_params *order, const json_t *config,
                             const json_t *metadata, fcast_error *err) {
  enum { TRAJ, DENSITY, ORDER, METADATA, MAX_FILES, LIMIT = MAX_FILES, MAX_PATHS };
  static const char *const names[MAX_PATHS] = {"traj.npz", "density.npz", "order_params.npz", "metadata.json",
                                               "limit.npz"};
  char *path[MAX_PATHS] = {NULL};
  fcast_outfile files[MAX_FILES] = {{0}};
  size_t n_files = 0;
  fcast_status status = fcast_directory_make(directory, err);
  fcast_directory_sweep(directory);
  for (size_t i = 0; status == FCAST_OK && i < MAX_PATHS; i++) {
    status = path_in(directory, names[i], &path[i], err);
  }
  if (status == FCAST_OK && tracks != NULL) {
    status = fcast_tracks_put(path[TRAJ], format, tracks, config, &files[n_files++], err);
  }
  if (status == FCAST_OK && fields != NULL) {
    status = put_density(path[DENSITY], format, fields, &files[n_files++], err);
  }
  if (status == FCAST_OK && order != NULL) {
    status = put_order(path[ORDER], format, order, &files[n_files++], err);
  }
  if (status == FCAST_OK) {
    status = fcast_json_put(path[METADATA], metadata, &files[n_files++], err);
  }
  if (status == FCAST_OK) {
    status = remove_other(path[METADATA], path[LIMIT], path[ORDER], metadata, err);
  }
  if (status == FCAST_OK && tracks == NULL) {
    status = fcast_file_remove(path[TRAJ], err);
  }
  if (status == FCAST_OK && fields == NULL) {
    status = fcast_file_remove(path[DENSITY], err);
  }
  if (status == FCAST_OK) {
    status = fcast_outfile_commit_all(files, n_files, err);
  }
  for (size_t i = 0; i < MAX_FILES; i++) {
    fcast_outfile_abandon(&files[i]);
  }
  for (size_t i = 0; i < MAX_PATHS; i++) {
    fcast_free(path[i]);
  }
  return status;
}

/* --- reading --- */

/* Names go into paths, tables and pictures. */
static bool is_plain_name(const char *name) {
  for (const char *letter = name; *letter != '\0'; letter++) {
    const bool is_alphanumeric = (*letter >= 'a' && *letter <= 'z') || (*letter >= 'A' && *letter <= 'Z') ||
                                 (*letter >= '0' && *letter <= '9') || (unsigned char)*letter >= 0x80;
    if (!is_alphanumeric && strchr("_-+. ", *letter) == NULL) {
      return false;
    }
  }
  return name[0] != '.';
}

/* A name of at most size - 1 bytes; where the file has none, `out` stays as it is. */
static fcast_status read_name(const char *path, const json_t *object, const char *key, size_t size, char *out,
                              fcast_error *err) {
  const json_t *value = json_object_get(object, key);
  const char *text = json_string_value(value);
  if (value == NULL || json_is_null(value) || (text != NULL && text[0] == '\0')) {
    return FCAST_OK;
  }
  if (text == NULL || !is_plain_name(text) || strlen(text) >= size) {
    return fcast_fail(err, FCAST_E_FORMAT,
                      "%s: %s: found '%.80s', expected a name of at most %zu letters, digits and _-+.", path, key,
                      text != NULL ? text : "no text", size - 1);
  }
  (void)snprintf(out, size, "%s", text);
  return FCAST_OK;
}

/* config and what is in it, and what else is no name. */
static fcast_status read_settings(const char *path, const json_t *metadata, fcast_run_facts *out, fcast_error *err) {
  json_t *config = json_object_get(metadata, "config");
  const json_t *seed = json_object_get(metadata, "seed");
  if (config != NULL && !json_is_object(config)) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: config: expected an object", path);
  }
  const fcast_status status = fcast_boundary_read(path, config, &out->boundary, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->seed = json_integer_value(seed) >= 0 && json_is_integer(seed) ? json_integer_value(seed) : -1;
  out->has_density = !json_is_false(json_object_get(metadata, "keep_density"));
  out->has_order_params = json_is_true(json_object_get(metadata, "order_params"));
  out->is_recorded = json_is_object(json_object_get(metadata, "source"));
  out->comes_and_goes = json_is_true(json_object_get(metadata, "agents_come_and_go"));
  out->config = json_incref(config);
  return FCAST_OK;
}

static const char *last_component(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

fcast_status fcast_run_read_facts(const char *directory, fcast_run_facts *out, fcast_error *err) {
  *out = (fcast_run_facts){.ic_type = "unknown", .seed = -1, .boundary = FCAST_PERIODIC, .has_density = true};
  (void)snprintf(out->run_name, sizeof out->run_name, "%s", last_component(directory));
  char *path = NULL;
  json_t *metadata = NULL;
  fcast_status status = path_in(directory, "metadata.json", &path, err);
  if (status == FCAST_OK) {
    status = fcast_json_read(path, &metadata, err);
  }
  const struct {
    const char *key;
    size_t size;
    char *name;
  } names[] = {{"run_name", sizeof out->run_name, out->run_name},
               {"ic_type", sizeof out->ic_type, out->ic_type},
               {"config_hash", sizeof out->config_hash, out->config_hash}};
  for (size_t i = 0; status == FCAST_OK && i < sizeof names / sizeof names[0]; i++) {
    status = read_name(path, metadata, names[i].key, names[i].size, names[i].name, err);
  }
  if (status == FCAST_OK) {
    status = read_settings(path, metadata, out, err);
  }
  if (status == FCAST_OK) {
    status = fcast_run_check_identity(directory, metadata, err);
  }
  json_decref(metadata);
  fcast_free(path);
  return status;
}

void fcast_run_facts_clear(fcast_run_facts *facts) {
  json_decref(facts->config);
  *facts = (fcast_run_facts){0};
}

static fcast_status open_in(const char *directory, const char *name, fcast_npz **npz, fcast_error *err) {
  char *path = NULL;
  fcast_status status = path_in(directory, name, &path, err);
  if (status == FCAST_OK) {
    status = fcast_npz_open(path, npz, err);
  }
  fcast_free(path);
  return status;
}

static fcast_status check_finite(const char *directory, const char *file, const char *member, const double *values,
                                 size_t n, fcast_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(values[i])) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s/%s: %s: found %g at value %zu, expected finite numbers", directory,
                        file, member, values[i], i);
    }
  }
  return FCAST_OK;
}

/* Read a member of the given shape (0: any, filled in) and require it to be finite. */
static fcast_status read_finite(fcast_npz *npz, const char *directory, const char *file, const char *member,
                                size_t n_dimensions, size_t *shape, double **values, fcast_error *err) {
  const fcast_status status = fcast_npz_read_shaped(npz, member, n_dimensions, shape, values, err);
  if (status != FCAST_OK) {
    return status;
  }
  size_t n = 1;
  for (size_t i = 0; i < n_dimensions; i++) {
    n *= shape[i];
  }
  return check_finite(directory, file, member, *values, n, err);
}

static fcast_status density_shape(fcast_npz *npz, const char *directory, size_t shape[3], fcast_error *err) {
  fcast_npy_info info;
  const fcast_status status = fcast_npz_info(npz, "rho", &info, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (info.n_dimensions != 3 || info.n_values == 0) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/density.npz: rho: found %zu dimensions and %zu values, expected "
                      "(frames, ny, nx) with at least one of each",
                      directory, info.n_dimensions, info.n_values);
  }
  memcpy(shape, info.shape, 3 * sizeof *shape);
  return FCAST_OK;
}

fcast_status fcast_run_read_density_shape(const char *directory, size_t shape[3], fcast_error *err) {
  fcast_npz *npz = NULL;
  fcast_status status = open_in(directory, "density.npz", &npz, err);
  if (status == FCAST_OK) {
    status = density_shape(npz, directory, shape, err);
  }
  fcast_npz_close(npz);
  return status;
}

fcast_status fcast_run_read_interval(const char *directory, const fcast_run_facts *facts, double *interval,
                                     fcast_error *err) {
  const char *file = facts->has_density ? "density.npz" : "traj.npz";
  size_t n_frames = 0;
  double *times = NULL;
  fcast_npz *npz = NULL;
  fcast_status status = open_in(directory, file, &npz, err);
  if (status == FCAST_OK) {
    status = read_finite(npz, directory, file, "times", 1, &n_frames, &times, err);
  }
  *interval = status == FCAST_OK && n_frames > 1 ? times[1] - times[0] : (double)NAN;
  fcast_free(times);
  fcast_npz_close(npz);
  return status;
}

static fcast_status read_length(fcast_npz *npz, const char *directory, const char *member, double *length,
                                fcast_error *err) {
  size_t n = 0;
  double *edges = NULL;
  *length = (double)NAN;
  if (!fcast_npz_has(npz, member)) {
    return FCAST_OK;
  }
  const fcast_status status = read_finite(npz, directory, "density.npz", member, 1, &n, &edges, err);
  *length = status == FCAST_OK && n > 1 ? edges[n - 1] - edges[0] : (double)NAN;
  fcast_free(edges);
  return status;
}

fcast_status fcast_run_read_box(const char *directory, const fcast_run_facts *facts, double box[2], fcast_error *err) {
  fcast_npz *npz = NULL;
  if (!facts->has_density) {
    fcast_density_options options;
    const fcast_status status = fcast_run_density_options(directory, facts, &options, err);
    box[0] = options.box_x;
    box[1] = options.box_y;
    return status;
  }
  fcast_status status = open_in(directory, "density.npz", &npz, err);
  if (status == FCAST_OK) {
    status = read_length(npz, directory, "x_edges", &box[0], err);
  }
  if (status == FCAST_OK) {
    status = read_length(npz, directory, "y_edges", &box[1], err);
  }
  fcast_npz_close(npz);
  return status;
}

fcast_status fcast_run_read_rho(const char *directory, size_t n_values, double *rho, fcast_error *err) {
  fcast_npz *npz = NULL;
  fcast_status status = open_in(directory, "density.npz", &npz, err);
  if (status == FCAST_OK) {
    status = fcast_npz_read_into(npz, "rho", n_values, rho, err);
  }
  if (status == FCAST_OK) {
    status = check_finite(directory, "density.npz", "rho", rho, n_values, err);
  }
  fcast_npz_close(npz);
  return status;
}

static fcast_status check_increasing(const char *directory, const char *file, const char *member, const double *values,
                                     size_t n, fcast_error *err) {
  for (size_t i = 1; i < n; i++) {
    if (!(values[i] > values[i - 1])) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s/%s: %s: found %g after %g, expected increasing values", directory,
                        file, member, values[i], values[i - 1]);
    }
  }
  return FCAST_OK;
}

/* Shape, times and edges; on failure the caller clears `out`. */
static fcast_status read_axes(fcast_npz *npz, const char *directory, fcast_fields *out, fcast_error *err) {
  size_t shape[3] = {0};
  fcast_status status = density_shape(npz, directory, shape, err);
  out->n_frames = shape[0];
  out->ny = shape[1];
  out->nx = shape[2];
  const struct {
    const char *member;
    size_t n;
    double **values;
  } axes[] = {{"times", shape[0], &out->times},
              {"x_edges", shape[2] + 1, &out->x_edges},
              {"y_edges", shape[1] + 1, &out->y_edges}};
  for (size_t i = 0; status == FCAST_OK && i < sizeof axes / sizeof axes[0]; i++) {
    size_t n = axes[i].n;
    status = read_finite(npz, directory, "density.npz", axes[i].member, 1, &n, axes[i].values, err);
    if (status == FCAST_OK) {
      status = check_increasing(directory, "density.npz", axes[i].member, *axes[i].values, n, err);
    }
  }
  return status;
}

static fcast_status read_density(const char *directory, bool with_rho, fcast_fields *out, fcast_error *err) {
  *out = (fcast_fields){0};
  fcast_npz *npz = NULL;
  fcast_status status = open_in(directory, "density.npz", &npz, err);
  if (status == FCAST_OK) {
    status = read_axes(npz, directory, out, err);
  }
  if (status == FCAST_OK && with_rho) {
    size_t shape[3] = {out->n_frames, out->ny, out->nx};
    status = read_finite(npz, directory, "density.npz", "rho", 3, shape, &out->rho, err);
  }
  fcast_npz_close(npz);
  if (status != FCAST_OK) {
    fcast_fields_clear(out);
  }
  return status;
}

fcast_status fcast_run_read_density(const char *directory, fcast_fields *out, fcast_error *err) {
  return read_density(directory, true, out, err);
}

static fcast_status require_values(const char *directory, const char *file, const char *member, size_t n,
                                   fcast_error *err) {
  return n > 0 ? FCAST_OK
               : fcast_fail(err, FCAST_E_SHAPE, "%s/%s: %s: found no values, expected at least one", directory, file,
                            member);
}

fcast_status fcast_run_read_tracks(const char *directory, double box_x, double box_y, fcast_boundary boundary,
                                   fcast_tracks *out, fcast_error *err) {
  *out = (fcast_tracks){0};
  char *path = NULL;
  fcast_status status = path_in(directory, "traj.npz", &path, err);
  if (status == FCAST_OK) {
    status = fcast_tracks_read(path, box_x, box_y, boundary, out, err);
  }
  fcast_free(path);
  return status;
}

fcast_status fcast_run_read_order(const char *directory, fcast_order_params *out, fcast_error *err) {
  *out = (fcast_order_params){0};
  fcast_npz *npz = NULL;
  char *path = NULL;
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  fcast_status status = path_in(directory, "order_params.npz", &path, err);
  if (status == FCAST_OK) {
    status = fcast_path_look(path, &kind, err);
  }
  if (status != FCAST_OK || kind == FCAST_PATH_NOTHING) {
    fcast_free(path);
    return status;
  }
  status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = read_finite(npz, directory, "order_params.npz", "times", 1, &out->n_frames, &out->times, err);
  }
  if (status == FCAST_OK) {
    status = require_values(directory, "order_params.npz", "times", out->n_frames, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < N_ORDER_MEMBERS; i++) {
    double **member = order_member(out, i);
    const int is_phi = strcmp(order_members[i].name, "polarization") == 0 && !fcast_npz_has(npz, "polarization");
    const char *name = is_phi ? "phi" : order_members[i].name;
    if (*member == NULL && fcast_npz_has(npz, name)) {
      status = read_finite(npz, directory, "order_params.npz", name, 1, &out->n_frames, member, err);
    }
  }
  fcast_npz_close(npz);
  fcast_free(path);
  if (status != FCAST_OK) {
    fcast_order_params_clear(out);
  }
  return status;
}

/* --- density of a run that has only tracks --- */

fcast_status fcast_run_compute_density(const char *directory, const fcast_run_facts *facts, fcast_fields *out,
                                       fcast_error *err) {
  *out = (fcast_fields){0};
  fcast_tracks tracks = {0};
  fcast_density_options options;
  fcast_status status = fcast_run_density_options(directory, facts, &options, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(directory, options.box_x, options.box_y, options.boundary, &tracks, err);
  }
  if (status == FCAST_OK) {
    status = fcast_density_estimate(&tracks, &options, out, err);
  }
  fcast_tracks_clear(&tracks);
  return status;
}

fcast_status fcast_run_compute_moments(const char *directory, const fcast_run_facts *facts, size_t n_moments,
                                       size_t n_frames, size_t n_space, double *out, fcast_error *err) {
  fcast_tracks tracks = {0};
  fcast_density_options options;
  fcast_status status = fcast_run_density_options(directory, facts, &options, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(directory, options.box_x, options.box_y, options.boundary, &tracks, err);
  }
  const size_t n_found = (size_t)options.nx * (size_t)options.ny;
  if (status == FCAST_OK && (tracks.n_frames < n_frames || n_found != n_space)) {
    status = fcast_fail(err, FCAST_E_SHAPE,
                        "%s/traj.npz: found %zu frames on %zu cells by metadata.json, expected at least %zu frames on "
                        "%zu cells as of the densities",
                        directory, tracks.n_frames, n_found, n_frames, n_space);
  }
  if (status == FCAST_OK) {
    tracks.n_frames = n_frames;
    status = fcast_density_moments(&tracks, &options, n_moments, out, err);
  }
  fcast_tracks_clear(&tracks);
  return status;
}

/* Frames and agents of traj.npz, without reading them. */
static fcast_status positions_shape(const char *directory, fcast_npy_info *info, fcast_error *err) {
  fcast_npz *npz = NULL;
  fcast_status status = open_in(directory, "traj.npz", &npz, err);
  if (status == FCAST_OK) {
    status = fcast_npz_info(npz, "positions", info, err);
  }
  fcast_npz_close(npz);
  return status == FCAST_OK && (info->n_dimensions != 3 || info->n_values == 0)
             ? fcast_fail(err, FCAST_E_SHAPE,
                          "%s/traj.npz: positions: found %zu values in %zu dimensions, expected "
                          "(frames, agents, 2)",
                          directory, info->n_values, info->n_dimensions)
             : status;
}

fcast_status fcast_run_computed_shape(const char *directory, const fcast_run_facts *facts, size_t shape[3],
                                      fcast_error *err) {
  fcast_density_options options;
  fcast_npy_info info = {0};
  fcast_status status = fcast_run_density_options(directory, facts, &options, err);
  if (status == FCAST_OK) {
    status = positions_shape(directory, &info, err);
  }
  shape[0] = info.shape[0];
  shape[1] = (size_t)options.ny;
  shape[2] = (size_t)options.nx;
  return status;
}

fcast_status fcast_run_require_frames(const char *directory, size_t n_tracks, size_t n_density, fcast_error *err) {
  return n_tracks == n_density
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames, expected %zu as in density.npz",
                          directory, n_tracks, n_density);
}

/* Tracks, where there are any, of as many frames as the density. */
static fcast_status check_frames(const char *directory, size_t n_frames, fcast_error *err) {
  fcast_npy_info info = {0};
  const fcast_status status = positions_shape(directory, &info, err);
  return status == FCAST_E_MISSING ? FCAST_OK
         : status == FCAST_OK      ? fcast_run_require_frames(directory, info.shape[0], n_frames, err)
                                   : status;
}

fcast_status fcast_run_read_grid(const char *directory, fcast_fields *out, fcast_error *err) {
  fcast_status status = read_density(directory, false, out, err);
  if (status == FCAST_OK) {
    status = check_frames(directory, out->n_frames, err);
  }
  if (status != FCAST_OK) {
    fcast_fields_clear(out);
  }
  return status;
}
