/* SPDX-License-Identifier: MIT */
#include "io/field_file.h"

#include "io/npz.h"

#include <stdio.h>
#include <string.h>

/* --- writing --- */

/* The members of a function of distance: NAME_value, NAME_lo, NAME_hi and NAME_width. */
typedef struct radial_names {
  const char *value, *lo, *hi, *width;
} radial_names;

static const radial_names alignment_names = {"alignment_value", "alignment_lo", "alignment_hi", "alignment_width"};
static const radial_names force_names = {"force_value", "force_lo", "force_hi", "force_width"};

static void add_radial(fcast_npz_writer *writer, const radial_names *names, const fcast_radial *radial) {
  fcast_npz_add_array(writer, names->value, 1, &radial->n_shells, radial->value);
  fcast_npz_add_array(writer, names->lo, 1, &radial->n_shells, radial->lo);
  fcast_npz_add_array(writer, names->hi, 1, &radial->n_shells, radial->hi);
  fcast_npz_add_scalar(writer, names->width, radial->width);
}

/* Numbers that the writer borrows until it is done. */
typedef struct short_arrays {
  double edge[3], speed[3], order[3], steering[3];
  double extent[4], cells[2], state_cells[2];
} short_arrays;

static void fill_estimate(const fcast_estimate *from, double to[3]) {
  to[0] = from->value;
  to[1] = from->lo;
  to[2] = from->hi;
}

static void fill_arrays(const fcast_field_model *model, short_arrays *out) {
  fill_estimate(&model->edge, out->edge);
  fill_estimate(&model->speed, out->speed);
  fill_estimate(&model->order, out->order);
  fill_estimate(&model->steering, out->steering);
  const double extent[4] = {0.0, model->density.box_x, 0.0, model->density.box_y};
  memcpy(out->extent, extent, sizeof extent);
  out->cells[0] = (double)model->density.ny;
  out->cells[1] = (double)model->density.nx;
  out->state_cells[0] = (double)model->state_ny;
  out->state_cells[1] = (double)model->state_nx;
}

static void add_errors(fcast_npz_writer *writer, const fcast_field_errors *errors) {
  const size_t shape[2] = {errors->n_leads, 3};
  if (errors->n_leads > 0) {
    fcast_npz_add_scalar(writer, "error_floor", errors->floor);
    fcast_npz_add_array(writer, "spread_inflation", 1, shape, errors->inflation);
    fcast_npz_add_array(writer, "polarization_inflation", 1, shape, errors->polarization_inflation);
    fcast_npz_add_array(writer, "expected_r2", 2, shape, errors->expected_r2);
  }
}

static void add_members(fcast_npz_writer *writer, const fcast_field_model *model, const short_arrays *arrays) {
  static const size_t two = 2;
  static const size_t three = 3;
  static const size_t four = 4;
  add_radial(writer, &alignment_names, &model->alignment);
  fcast_npz_add_array(writer, "edge", 1, &three, arrays->edge);
  fcast_npz_add_array(writer, "speed", 1, &three, arrays->speed);
  fcast_npz_add_array(writer, "order", 1, &three, arrays->order);
  fcast_npz_add_integer(writer, "force_kind", model->force_kind);
  if (model->force_kind != FCAST_FIELD_NO_FORCE) {
    add_radial(writer, &force_names, &model->force);
    fcast_npz_add_array(writer, "steering", 1, &three, arrays->steering);
  }
  fcast_npz_add_scalar(writer, "interval", model->interval);
  fcast_npz_add_array(writer, "extent", 1, &four, arrays->extent);
  fcast_npz_add_integer(writer, "is_periodic", model->density.boundary == FCAST_PERIODIC);
  fcast_npz_add_array(writer, "cells", 1, &two, arrays->cells);
  fcast_npz_add_scalar(writer, "bandwidth", model->density.bandwidth);
  fcast_npz_add_array(writer, "state_cells", 1, &two, arrays->state_cells);
  fcast_npz_add_scalar(writer, "state_bandwidth", model->state_bandwidth);
  fcast_npz_add_integer(writer, "n_runs", (int64_t)model->n_runs);
  fcast_npz_add_integer(writer, "n_transitions", (int64_t)model->n_transitions);
  fcast_npz_add_array(writer, "tried_bandwidth", 1, &model->n_tried, model->tried_bandwidth);
  fcast_npz_add_array(writer, "tried_r2", 1, &model->n_tried, model->tried_r2);
  fcast_npz_add_array(writer, "tried_standard_error", 1, &model->n_tried, model->tried_standard_error);
  add_errors(writer, &model->errors);
}

fcast_status fcast_field_put(const char *path, const fcast_field_model *model, fcast_outfile *file, fcast_error *err) {
  fcast_npz_writer *writer = NULL;
  short_arrays arrays;
  *file = (fcast_outfile){0};
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  fill_arrays(model, &arrays);
  add_members(writer, model, &arrays);
  return fcast_npz_writer_put(writer, path, file, err);
}

fcast_status fcast_field_write(const char *path, const fcast_field_model *model, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_field_put(path, model, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}

/* --- reading --- */

/* n values of a member of one dimension, or n / n_columns rows of them. */
static fcast_status read_values(fcast_npz *npz, const char *path, const char *name, size_t n, size_t n_columns,
                                double *out, fcast_error *err) {
  size_t shape[2] = {0, n_columns};
  double *values = NULL;
  fcast_status status = fcast_npz_read_shaped(npz, name, n_columns == 1 ? 1 : 2, shape, &values, err);
  if (status == FCAST_OK && shape[0] * n_columns != n) {
    status =
        fcast_fail(err, FCAST_E_SHAPE, "%s: %s: found %zu rows, expected %zu", path, name, shape[0], n / n_columns);
  }
  if (status == FCAST_OK) {
    memcpy(out, values, n * sizeof *out);
  }
  fcast_free(values);
  return status;
}

static fcast_status read_radial(fcast_npz *npz, const char *path, const radial_names *names, fcast_radial *out,
                                fcast_error *err) {
  size_t n = 0;
  double *first = NULL;
  double width = 0.0;
  fcast_status status = fcast_npz_read_shaped(npz, names->value, 1, &n, &first, err);
  if (status == FCAST_OK && n == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: %s: found no shells, expected at least one", path, names->value);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_scalar(npz, names->width, &width, err);
  }
  if (status == FCAST_OK) {
    status = fcast_radial_create(n, width, out, err);
  }
  if (status == FCAST_OK) {
    memcpy(out->value, first, n * sizeof *first);
    status = read_values(npz, path, names->lo, n, 1, out->lo, err);
  }
  fcast_free(first);
  return status == FCAST_OK ? read_values(npz, path, names->hi, n, 1, out->hi, err) : status;
}

static fcast_status read_estimate(fcast_npz *npz, const char *path, const char *name, fcast_estimate *out,
                                  fcast_error *err) {
  double values[3] = {0};
  const fcast_status status = read_values(npz, path, name, 3, 1, values, err);
  *out = (fcast_estimate){values[0], values[1], values[2]};
  return status;
}

/* Two counts of cells, rows first. */
static fcast_status read_cells(fcast_npz *npz, const char *path, const char *name, int64_t *ny, int64_t *nx,
                               fcast_error *err) {
  double values[2] = {0};
  const fcast_status status = read_values(npz, path, name, 2, 1, values, err);
  for (size_t i = 0; status == FCAST_OK && i < 2; i++) {
    if (!(values[i] >= 1.0 && values[i] <= 1e6) || values[i] != (double)(int64_t)values[i]) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %g, expected a number of cells", path, name, values[i]);
    }
  }
  *ny = (int64_t)values[0];
  *nx = (int64_t)values[1];
  return status;
}

static fcast_status read_choice(fcast_npz *npz, const char *path, const char *name, int64_t most, int64_t *out,
                                fcast_error *err) {
  const fcast_status status = fcast_npz_read_integer(npz, name, out, err);
  return status == FCAST_OK && (*out < 0 || *out > most)
             ? fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %lld, expected 0 to %lld", path, name, (long long)*out,
                          (long long)most)
             : status;
}

static fcast_status read_density(fcast_npz *npz, const char *path, fcast_field_model *out, fcast_error *err) {
  double extent[4] = {0};
  int64_t is_periodic = 0;
  fcast_status status = read_values(npz, path, "extent", 4, 1, extent, err);
  if (status == FCAST_OK && (extent[0] != 0.0 || extent[2] != 0.0)) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s: extent: found a corner at (%g, %g), expected (0, 0)", path, extent[0],
                        extent[2]);
  }
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "is_periodic", 1, &is_periodic, err);
  }
  if (status == FCAST_OK) {
    status = read_cells(npz, path, "cells", &out->density.ny, &out->density.nx, err);
  }
  out->density.box_x = extent[1];
  out->density.box_y = extent[3];
  out->density.boundary = is_periodic == 1 ? FCAST_PERIODIC : FCAST_REFLECTING;
  return status == FCAST_OK ? fcast_npz_read_scalar(npz, "bandwidth", &out->density.bandwidth, err) : status;
}

static fcast_status read_state(fcast_npz *npz, const char *path, fcast_field_model *out, fcast_error *err) {
  fcast_status status = fcast_npz_read_scalar(npz, "interval", &out->interval, err);
  if (status == FCAST_OK) {
    status = read_cells(npz, path, "state_cells", &out->state_ny, &out->state_nx, err);
  }
  return status == FCAST_OK ? fcast_npz_read_scalar(npz, "state_bandwidth", &out->state_bandwidth, err) : status;
}

static fcast_status read_forces(fcast_npz *npz, const char *path, fcast_field_model *out, fcast_error *err) {
  int64_t kind = 0;
  fcast_status status = read_choice(npz, path, "force_kind", FCAST_FIELD_DRIVING, &kind, err);
  out->force_kind = (fcast_field_force)kind;
  if (status == FCAST_OK && out->force_kind != FCAST_FIELD_NO_FORCE) {
    status = read_radial(npz, path, &force_names, &out->force, err);
    if (status == FCAST_OK) {
      status = read_estimate(npz, path, "steering", &out->steering, err);
    }
  }
  return status;
}

static fcast_status read_counts(fcast_npz *npz, const char *path, fcast_field_model *out, fcast_error *err) {
  int64_t n_runs = 0;
  int64_t n_transitions = 0;
  size_t n_tried = 0;
  double *tried = NULL;
  fcast_status status = read_choice(npz, path, "n_runs", INT64_MAX, &n_runs, err);
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "n_transitions", INT64_MAX, &n_transitions, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "tried_bandwidth", 1, &n_tried, &tried, err);
  }
  if (status == FCAST_OK && n_tried > FCAST_FIELD_TRIES) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: tried_bandwidth: found %zu values, expected at most %d", path, n_tried,
                        FCAST_FIELD_TRIES);
  }
  if (status == FCAST_OK) {
    memcpy(out->tried_bandwidth, tried, n_tried * sizeof *tried);
    status = read_values(npz, path, "tried_r2", n_tried, 1, out->tried_r2, err);
  }
  if (status == FCAST_OK) {
    status = read_values(npz, path, "tried_standard_error", n_tried, 1, out->tried_standard_error, err);
  }
  fcast_free(tried);
  out->n_runs = (size_t)n_runs;
  out->n_transitions = (size_t)n_transitions;
  out->n_tried = n_tried;
  return status;
}

static fcast_status require_positive(const char *path, const char *name, const double *values, size_t n,
                                     fcast_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (!(values[i] >= 0.0) || values[i] > 1e300) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %g, expected finite numbers of at least 0", path, name,
                        values[i]);
    }
  }
  return FCAST_OK;
}

/* Members that a file may lack; with the first of them come all. */
static fcast_status read_errors(fcast_npz *npz, const char *path, fcast_field_errors *out, fcast_error *err) {
  size_t n_leads = 0;
  double *first = NULL;
  if (!fcast_npz_has(npz, "error_floor") && !fcast_npz_has(npz, "spread_inflation") &&
      !fcast_npz_has(npz, "polarization_inflation") && !fcast_npz_has(npz, "expected_r2")) {
    return FCAST_OK;
  }
  fcast_status status = fcast_npz_read_shaped(npz, "spread_inflation", 1, &n_leads, &first, err);
  fcast_free(first);
  if (status == FCAST_OK && n_leads == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: spread_inflation: found no leads, expected at least one", path);
  }
  if (status == FCAST_OK) {
    status = fcast_field_errors_create(n_leads, out, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_scalar(npz, "error_floor", &out->floor, err);
  }
  if (status == FCAST_OK) {
    status = read_values(npz, path, "spread_inflation", n_leads, 1, out->inflation, err);
  }
  if (status == FCAST_OK) {
    status = read_values(npz, path, "polarization_inflation", n_leads, 1, out->polarization_inflation, err);
  }
  if (status == FCAST_OK) {
    status = read_values(npz, path, "expected_r2", 3 * n_leads, 3, out->expected_r2, err);
  }
  if (status == FCAST_OK) {
    status = require_positive(path, "error_floor", &out->floor, 1, err);
  }
  if (status == FCAST_OK) {
    status = require_positive(path, "spread_inflation", out->inflation, n_leads, err);
  }
  return status == FCAST_OK
             ? require_positive(path, "polarization_inflation", out->polarization_inflation, n_leads, err)
             : status;
}

static fcast_status read_members(fcast_npz *npz, const char *path, fcast_field_model *out, fcast_error *err) {
  fcast_status status = read_radial(npz, path, &alignment_names, &out->alignment, err);
  if (status == FCAST_OK) {
    status = read_estimate(npz, path, "edge", &out->edge, err);
  }
  if (status == FCAST_OK) {
    status = read_estimate(npz, path, "speed", &out->speed, err);
  }
  if (status == FCAST_OK) {
    status = read_estimate(npz, path, "order", &out->order, err);
  }
  if (status == FCAST_OK) {
    status = read_forces(npz, path, out, err);
  }
  if (status == FCAST_OK) {
    status = read_density(npz, path, out, err);
  }
  if (status == FCAST_OK) {
    status = read_state(npz, path, out, err);
  }
  if (status == FCAST_OK) {
    status = read_counts(npz, path, out, err);
  }
  return status == FCAST_OK ? read_errors(npz, path, &out->errors, err) : status;
}

fcast_status fcast_field_read(const char *path, fcast_field_model *out, fcast_error *err) {
  *out = (fcast_field_model){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = read_members(npz, path, out, err);
  }
  fcast_npz_close(npz);
  if (status == FCAST_OK && fcast_field_model_check(out, err) != FCAST_OK) {
    (void)fcast_fail_in(err, FCAST_E_FORMAT, path);
    status = err != NULL ? (err->code = FCAST_E_FORMAT) : FCAST_E_FORMAT;
  }
  if (status != FCAST_OK) {
    fcast_field_model_clear(out);
  }
  return status;
}

fcast_status fcast_field_find(const char *models_dir, fcast_field_model *out, bool *is_there, fcast_error *err) {
  *out = (fcast_field_model){0};
  *is_there = false;
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  char *path = fcast_format("%s/field_model.npz", models_dir);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", models_dir)
                                     : fcast_path_look(path, &kind, err);
  if (status == FCAST_OK && kind != FCAST_PATH_NOTHING) {
    status = fcast_field_read(path, out, err);
    *is_there = status == FCAST_OK;
  }
  fcast_free(path);
  return status;
}
