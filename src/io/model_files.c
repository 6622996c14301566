/* SPDX-License-Identifier: MIT */
#include "io/model_files.h"

#include "io/model_members.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void fcast_pod_add_members(fcast_npz_writer *writer, const fcast_pod *pod) {
  const size_t shape[2] = {pod->n_space, pod->n_modes};
  fcast_npz_add_array(writer, "U", 2, shape, pod->modes);
  fcast_npz_add_array(writer, "S", 1, &pod->n_modes, pod->singular_values);
  fcast_npz_add_array(writer, "mean", 1, &pod->n_space, pod->mean);
  fcast_npz_add_scalar(writer, "energy", pod->energy);
  fcast_npz_add_integer(writer, "R_POD", (int64_t)pod->n_modes);
  fcast_npz_add_scalar(writer, "target_energy", pod->target_energy);
}

void fcast_mvar_add_members(fcast_npz_writer *writer, const fcast_mvar *mvar) {
  const size_t shape[3] = {mvar->lag, mvar->n_modes, mvar->n_modes};
  fcast_npz_add_array(writer, "A_matrices", 3, shape, mvar->coefficients);
  fcast_npz_add_integer(writer, "p", (int64_t)mvar->lag);
  fcast_npz_add_integer(writer, "r", (int64_t)mvar->n_modes);
  fcast_npz_add_scalar(writer, "alpha", mvar->ridge_alpha);
  fcast_npz_add_scalar(writer, "train_r2", mvar->train_r2);
  fcast_npz_add_scalar(writer, "train_rmse", mvar->train_rmse);
  fcast_npz_add_integer(writer, "n_windows", (int64_t)mvar->n_windows);
  fcast_npz_add_scalar(writer, "condition", mvar->condition);
  fcast_npz_add_scalar(writer, "spectral_radius", mvar->spectral_radius);
}

fcast_status fcast_pod_put(const char *path, const fcast_pod *pod, fcast_outfile *file, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  *file = (fcast_outfile){0};
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_pod_add_members(writer, pod);
  return fcast_npz_writer_put(writer, path, file, err);
}

fcast_status fcast_pod_write(const char *path, const fcast_pod *pod, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_pod_put(path, pod, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}

fcast_status fcast_mvar_put(const char *path, const fcast_mvar *mvar, fcast_outfile *file, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  *file = (fcast_outfile){0};
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_mvar_add_members(writer, mvar);
  return fcast_npz_writer_put(writer, path, file, err);
}

fcast_status fcast_mvar_write(const char *path, const fcast_mvar *mvar, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_mvar_put(path, mvar, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}

fcast_status fcast_require_finite(const char *path, const char *member, const double *values, size_t n,
                                  fcast_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(values[i])) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %g at value %zu, expected finite numbers", path, member,
                        values[i], i);
    }
  }
  return FCAST_OK;
}

/* A scalar that a file may lack keeps its value. */
static fcast_status read_optional(fcast_npz *npz, const char *name, double *value, fcast_error *err) {
  return fcast_npz_has(npz, name) ? fcast_npz_read_scalar(npz, name, value, err) : FCAST_OK;
}

/* An integer member that repeats a length must agree with it. */
static fcast_status check_integer(fcast_npz *npz, const char *path, const char *name, size_t expected,
                                  fcast_error *err) {
  int64_t found = 0;
  if (!fcast_npz_has(npz, name)) {
    return FCAST_OK;
  }
  const fcast_status status = fcast_npz_read_integer(npz, name, &found, err);
  if (status == FCAST_OK && found != (int64_t)expected) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s: %s: found %lld, expected %zu, the length of the arrays", path, name,
                      (long long)found, expected);
  }
  return status;
}

fcast_status fcast_pod_read_members(fcast_npz *npz, const char *path, fcast_pod *out, fcast_error *err) {
  size_t shape[2] = {0, 0};
  fcast_status status = fcast_npz_read_shaped(npz, "U", 2, shape, &out->modes, err);
  out->n_space = shape[0];
  out->n_modes = shape[1];
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "S", 1, &out->n_modes, &out->singular_values, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "mean", 1, &out->n_space, &out->mean, err);
  }
  if (status == FCAST_OK) {
    status = read_optional(npz, "energy", &out->energy, err);
  }
  if (status == FCAST_OK) {
    status = read_optional(npz, "target_energy", &out->target_energy, err);
  }
  if (status == FCAST_OK) {
    status = check_integer(npz, path, "R_POD", out->n_modes, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "U", out->modes, out->n_space * out->n_modes, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "S", out->singular_values, out->n_modes, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "mean", out->mean, out->n_space, err);
  }
  return status == FCAST_OK && (out->n_modes == 0 || out->n_space == 0)
             ? fcast_fail(err, FCAST_E_SHAPE, "%s: U: found %zu x %zu, expected at least one cell and one mode", path,
                          out->n_space, out->n_modes)
             : status;
}

fcast_status fcast_pod_read(const char *path, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = fcast_pod_read_members(npz, path, out, err);
  }
  fcast_npz_close(npz);
  if (status != FCAST_OK) {
    fcast_pod_clear(out);
  }
  return status;
}

fcast_status fcast_mvar_read_members(fcast_npz *npz, const char *path, fcast_mvar *out, fcast_error *err) {
  size_t shape[3] = {0, 0, 0};
  int64_t n_windows = 0;
  fcast_status status = fcast_npz_read_shaped(npz, "A_matrices", 3, shape, &out->coefficients, err);
  out->lag = shape[0];
  out->n_modes = shape[1];
  if (status == FCAST_OK && (shape[1] != shape[2] || shape[0] == 0 || shape[1] == 0)) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s: A_matrices: found (%zu, %zu, %zu), expected (p, r, r)", path, shape[0],
                      shape[1], shape[2]);
  }
  const struct {
    const char *name;
    double *value;
  } scalars[] = {{"alpha", &out->ridge_alpha},
                 {"train_r2", &out->train_r2},
                 {"train_rmse", &out->train_rmse},
                 {"condition", &out->condition},
                 {"spectral_radius", &out->spectral_radius}};
  for (size_t i = 0; status == FCAST_OK && i < sizeof scalars / sizeof scalars[0]; i++) {
    status = read_optional(npz, scalars[i].name, scalars[i].value, err);
  }
  if (status == FCAST_OK) {
    status = check_integer(npz, path, "p", out->lag, err);
  }
  if (status == FCAST_OK) {
    status = check_integer(npz, path, "r", out->n_modes, err);
  }
  if (status == FCAST_OK && fcast_npz_has(npz, "n_windows")) {
    status = fcast_npz_read_integer(npz, "n_windows", &n_windows, err);
    out->n_windows = n_windows > 0 ? (size_t)n_windows : 0;
  }
  return status == FCAST_OK
             ? fcast_require_finite(path, "A_matrices", out->coefficients, out->lag * out->n_modes * out->n_modes, err)
             : status;
}

fcast_status fcast_mvar_read(const char *path, fcast_mvar *out, fcast_error *err) {
  *out = (fcast_mvar){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = fcast_mvar_read_members(npz, path, out, err);
  }
  fcast_npz_close(npz);
  if (status != FCAST_OK) {
    fcast_mvar_clear(out);
  }
  return status;
}

/* --- moments --- */

static size_t triangle_size(size_t n) {
  return n * (n + 1) / 2;
}

fcast_status fcast_moments_write(const char *path, const fcast_moments_file *file, fcast_error *err) {
  const fcast_moments *moments = &file->moments;
  const size_t n = moments->n_space;
  const size_t packed_size = triangle_size(n);
  double *packed = fcast_alloc_unfilled(packed_size, sizeof *packed);
  json_t *hash = json_string(file->config_hash);
  fcast_npz_writer *writer = NULL;
  fcast_status status = packed == NULL || hash == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the moments of %zu cells", path, n)
                            : fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status == FCAST_OK) {
    for (size_t i = 0; i < n; i++) {
      memcpy(packed + triangle_size(i), moments->gram + i * n, (i + 1) * sizeof *packed);
    }
    fcast_npz_add_integer(writer, "first_run", file->first_run);
    fcast_npz_add_integer(writer, "last_run", file->last_run);
    fcast_npz_add_integer(writer, "n_frames", (int64_t)moments->n_frames);
    fcast_npz_add_object(writer, "config_hash", hash);
    fcast_npz_add_array(writer, "mean", 1, &n, moments->mean);
    fcast_npz_add_array(writer, "gram", 1, &packed_size, packed);
    status = fcast_npz_writer_save(writer, path, err);
  }
  json_decref(hash);
  fcast_free(packed);
  return status;
}

static fcast_status unpack_triangle(const char *path, const double *packed, fcast_moments *out, fcast_error *err) {
  const size_t n = out->n_space;
  out->gram = fcast_alloc_array(n * n, sizeof *out->gram);
  if (out->gram == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the moments of %zu cells", path, n);
  }
  for (size_t i = 0; i < n; i++) {
    memcpy(out->gram + i * n, packed + triangle_size(i), (i + 1) * sizeof *packed);
  }
  return FCAST_OK;
}

static fcast_status read_moments_facts(fcast_npz *npz, const char *path, fcast_moments_file *out, fcast_error *err) {
  int64_t n_frames = 0;
  json_t *hash = NULL;
  fcast_status status = fcast_npz_read_integer(npz, "first_run", &out->first_run, err);
  if (status == FCAST_OK) {
    status = fcast_npz_read_integer(npz, "last_run", &out->last_run, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_integer(npz, "n_frames", &n_frames, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_object(npz, "config_hash", &hash, err);
  }
  if (status == FCAST_OK && (n_frames < 1 || out->first_run < 0 || out->last_run < out->first_run)) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s: found %lld frames of the runs %lld to %lld, expected at least one",
                        path, (long long)n_frames, (long long)out->first_run, (long long)out->last_run);
  }
  if (status == FCAST_OK) {
    const char *text = json_string_value(hash);
    (void)snprintf(out->config_hash, sizeof out->config_hash, "%s", text != NULL ? text : "");
    if (text == NULL || strlen(text) + 1 != sizeof out->config_hash) {
      status = fcast_fail(err, FCAST_E_FORMAT, "%s: config_hash: found '%.40s', expected 16 hexadecimal digits", path,
                          text != NULL ? text : "no text");
    }
    out->moments.n_frames = (size_t)n_frames;
  }
  json_decref(hash);
  return status;
}

static fcast_status read_moments_arrays(fcast_npz *npz, const char *path, fcast_moments *out, fcast_error *err) {
  double *packed = NULL;
  fcast_status status = fcast_npz_read_shaped(npz, "mean", 1, &out->n_space, &out->mean, err);
  size_t packed_size = triangle_size(out->n_space);
  if (status == FCAST_OK && out->n_space == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: mean: found no values, expected at least one", path);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "gram", 1, &packed_size, &packed, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "mean", out->mean, out->n_space, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "gram", packed, packed_size, err);
  }
  if (status == FCAST_OK) {
    status = unpack_triangle(path, packed, out, err);
  }
  fcast_free(packed);
  return status;
}

fcast_status fcast_moments_read(const char *path, fcast_moments_file *out, fcast_error *err) {
  *out = (fcast_moments_file){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = read_moments_facts(npz, path, out, err);
  }
  if (status == FCAST_OK) {
    status = read_moments_arrays(npz, path, &out->moments, err);
  }
  fcast_npz_close(npz);
  if (status != FCAST_OK) {
    fcast_moments_clear(&out->moments);
  }
  return status;
}
