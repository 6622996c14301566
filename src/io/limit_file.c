/* SPDX-License-Identifier: MIT */
#include "io/limit_file.h"

#include "flockcast/array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void fcast_limit_clear(fcast_limit *limit) {
  fcast_free(limit->rho);
  fcast_free(limit->times);
  *limit = (fcast_limit){0};
}

static fcast_status put_members(const char *path, fcast_npz_format format, const fcast_limit *limit,
                                const json_t *config_hash, fcast_error *err) {
  const size_t shape[3] = {limit->n_frames, limit->ny, limit->nx};
  fcast_npz_writer *writer = NULL;
  const fcast_status status = fcast_npz_writer_create(format, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_npz_add_array(writer, "rho_mean", 3, shape, limit->rho);
  fcast_npz_add_array(writer, "times", 1, shape, limit->times);
  fcast_npz_add_integer(writer, "n_members", (int64_t)limit->n_members);
  fcast_npz_add_integer(writer, "n_known", (int64_t)limit->n_known);
  fcast_npz_add_object(writer, "config_hash", config_hash);
  return fcast_npz_writer_save(writer, path, err);
}

fcast_status fcast_run_write_limit(const char *directory, fcast_npz_format format, const fcast_limit *limit,
                                   fcast_error *err) {
  char *path = fcast_format("%s/limit.npz", directory);
  json_t *config_hash = json_string(limit->config_hash);
  const fcast_status status = path == NULL || config_hash == NULL
                                  ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                                  : put_members(path, format, limit, config_hash, err);
  json_decref(config_hash);
  fcast_free(path);
  return status;
}

/* --- reading --- */

static fcast_status read_count(fcast_npz *npz, const char *path, const char *member, size_t most, size_t *out,
                               fcast_error *err) {
  int64_t value = 0;
  const fcast_status status = fcast_npz_read_integer(npz, member, &value, err);
  if (status == FCAST_OK && (value < 1 || (uint64_t)value > most)) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s: %s: found %lld, expected 1 to %zu", path, member, (long long)value,
                      most);
  }
  *out = (size_t)value;
  return status;
}

/* A limit of another configuration is of another run that stood here. */
static fcast_status read_hash(fcast_npz *npz, const char *path, const char *expected, fcast_limit *out,
                              fcast_error *err) {
  json_t *object = NULL;
  const fcast_status status = fcast_npz_read_object(npz, "config_hash", &object, err);
  const char *text = json_string_value(object);
  (void)snprintf(out->config_hash, sizeof out->config_hash, "%s", text != NULL ? text : "");
  json_decref(object);
  return status == FCAST_OK && strcmp(out->config_hash, expected) != 0
             ? fcast_fail(err, FCAST_E_FORMAT,
                          "%s: config_hash: found '%s', expected '%s' as in metadata.json; 'flockcast limit' makes it "
                          "anew",
                          path, out->config_hash, expected)
             : status;
}

static fcast_status check_values(const char *path, const fcast_limit *limit, fcast_error *err) {
  for (size_t i = 0; i < limit->n_frames; i++) {
    if (!isfinite(limit->times[i]) || (i > 0 && !(limit->times[i] > limit->times[i - 1]))) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: times: found %g at frame %zu, expected increasing numbers", path,
                        limit->times[i], i);
    }
  }
  for (size_t i = 0; i < limit->n_frames * limit->ny * limit->nx; i++) {
    if (!isfinite(limit->rho[i])) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: rho_mean: found %g at value %zu, expected finite numbers", path,
                        limit->rho[i], i);
    }
  }
  return FCAST_OK;
}

static fcast_status read_members(fcast_npz *npz, const char *path, const size_t shape[3], const char *config_hash,
                                 fcast_limit *out, fcast_error *err) {
  fcast_status status = read_hash(npz, path, config_hash, out, err);
  if (status == FCAST_OK) {
    status = read_count(npz, path, "n_members", SIZE_MAX, &out->n_members, err);
  }
  if (status == FCAST_OK) {
    status = read_count(npz, path, "n_known", shape[0] - 1, &out->n_known, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  size_t rho_shape[3] = {shape[0] - out->n_known, shape[1], shape[2]};
  out->n_frames = rho_shape[0];
  out->ny = shape[1];
  out->nx = shape[2];
  status = fcast_npz_read_shaped(npz, "rho_mean", 3, rho_shape, &out->rho, err);
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "times", 1, rho_shape, &out->times, err);
  }
  return status == FCAST_OK ? check_values(path, out, err) : status;
}

fcast_status fcast_run_read_limit(const char *directory, const size_t shape[3], const char *config_hash,
                                  fcast_limit *out, fcast_error *err) {
  *out = (fcast_limit){0};
  fcast_npz *npz = NULL;
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  char *path = fcast_format("%s/limit.npz", directory);
  fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : fcast_path_look(path, &kind, err);
  if (status == FCAST_OK && kind != FCAST_PATH_NOTHING) {
    status = fcast_npz_open(path, &npz, err);
  }
  if (status == FCAST_OK && npz != NULL) {
    status = read_members(npz, path, shape, config_hash, out, err);
  }
  fcast_npz_close(npz);
  fcast_free(path);
  if (status != FCAST_OK) {
    fcast_limit_clear(out);
  }
  return status;
}
