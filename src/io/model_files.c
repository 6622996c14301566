/* SPDX-License-Identifier: MIT */
#include "io/model_files.h"

#include "io/npz.h"

#include <math.h>

fcast_status fcast_pod_write(const char *path, const fcast_pod *pod, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t shape[2] = {pod->n_space, pod->n_modes};
  fcast_npz_add_array(writer, "U", 2, shape, pod->modes);
  fcast_npz_add_array(writer, "S", 1, &pod->n_modes, pod->singular_values);
  fcast_npz_add_array(writer, "mean", 1, &pod->n_space, pod->mean);
  fcast_npz_add_scalar(writer, "energy", pod->energy);
  fcast_npz_add_integer(writer, "R_POD", (int64_t)pod->n_modes);
  fcast_npz_add_scalar(writer, "target_energy", pod->target_energy);
  return fcast_npz_writer_save(writer, path, err);
}

fcast_status fcast_mvar_write(const char *path, const fcast_mvar *mvar, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t shape[3] = {mvar->lag, mvar->n_modes, mvar->n_modes};
  fcast_npz_add_array(writer, "A_matrices", 3, shape, mvar->coefficients);
  fcast_npz_add_integer(writer, "p", (int64_t)mvar->lag);
  fcast_npz_add_integer(writer, "r", (int64_t)mvar->n_modes);
  fcast_npz_add_scalar(writer, "alpha", mvar->ridge_alpha);
  fcast_npz_add_scalar(writer, "train_r2", mvar->train_r2);
  fcast_npz_add_scalar(writer, "train_rmse", mvar->train_rmse);
  fcast_npz_add_integer(writer, "n_windows", (int64_t)mvar->n_windows);
  fcast_npz_add_scalar(writer, "condition", mvar->condition);
  return fcast_npz_writer_save(writer, path, err);
}

static fcast_status require_finite(const char *path, const char *member, const double *values, size_t n,
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

static fcast_status read_pod_members(fcast_npz *npz, const char *path, fcast_pod *out, fcast_error *err) {
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
    status = require_finite(path, "U", out->modes, out->n_space * out->n_modes, err);
  }
  if (status == FCAST_OK) {
    status = require_finite(path, "S", out->singular_values, out->n_modes, err);
  }
  return status == FCAST_OK ? require_finite(path, "mean", out->mean, out->n_space, err) : status;
}

fcast_status fcast_pod_read(const char *path, fcast_pod *out, fcast_error *err) {
  *out = (fcast_pod){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = read_pod_members(npz, path, out, err);
  }
  fcast_npz_close(npz);
  if (status == FCAST_OK && (out->n_modes == 0 || out->n_space == 0)) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: U: found %zu x %zu, expected at least one cell and one mode", path,
                        out->n_space, out->n_modes);
  }
  if (status != FCAST_OK) {
    fcast_pod_clear(out);
  }
  return status;
}

static fcast_status read_mvar_members(fcast_npz *npz, const char *path, fcast_mvar *out, fcast_error *err) {
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
                 {"condition", &out->condition}};
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
             ? require_finite(path, "A_matrices", out->coefficients, out->lag * out->n_modes * out->n_modes, err)
             : status;
}

fcast_status fcast_mvar_read(const char *path, fcast_mvar *out, fcast_error *err) {
  *out = (fcast_mvar){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = read_mvar_members(npz, path, out, err);
  }
  fcast_npz_close(npz);
  if (status != FCAST_OK) {
    fcast_mvar_clear(out);
  }
  return status;
}
