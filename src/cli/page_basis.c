/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <math.h>

enum { MOST_MAPS = 11, MOST_CELLS = 64 };

/* Cells of a map side by side that become one on the page. */
static size_t block_of(const fcast_fields *grid) {
  const size_t longer = grid->nx > grid->ny ? grid->nx : grid->ny;
  return (longer + MOST_CELLS - 1) / MOST_CELLS;
}

static double largest_of(const double *values, size_t n, size_t stride) {
  double largest = 0.0;
  for (size_t i = 0; i < n; i++) {
    largest = fmax(largest, fabs(values[i * stride]));
  }
  return largest;
}

/* A map of values[cell * stride]: 128 is zero, 1 and 255 the largest magnitude. Of a block, its first cell. */
static json_t *map_json(const double *values, size_t stride, const fcast_fields *grid) {
  const size_t block = block_of(grid);
  const size_t nx = (grid->nx + block - 1) / block;
  const size_t ny = (grid->ny + block - 1) / block;
  const double largest = largest_of(values, fcast_fields_n_space(grid), stride);
  unsigned char *bytes = fcast_alloc_array(nx * ny, 1);
  json_t *packed = NULL;
  for (size_t i = 0; bytes != NULL && i < nx * ny; i++) {
    const size_t cell = i / nx * block * grid->nx + i % nx * block;
    bytes[i] = (unsigned char)lround(128.0 + (largest > 0.0 ? 127.0 * values[cell * stride] / largest : 0.0));
  }
  if (bytes != NULL) {
    packed = fcast_page_bytes(bytes, nx * ny, true);
  }
  fcast_free(bytes);
  return json_pack("{s:I, s:I, s:o, s:o}", "nx", (json_int_t)nx, "ny", (json_int_t)ny, "largest",
                   fcast_page_number(largest), "bytes", packed);
}

static json_t *maps_json(const fcast_pod *pod, const fcast_fields *grid) {
  json_t *out = json_array();
  bool is_whole = out != NULL && json_array_append_new(out, map_json(pod->mean, 1, grid)) == 0;
  for (size_t mode = 0; is_whole && mode < pod->n_modes && mode < MOST_MAPS; mode++) {
    is_whole = json_array_append_new(out, map_json(pod->modes + mode, pod->n_modes, grid)) == 0;
  }
  if (!is_whole) {
    json_decref(out);
    out = NULL;
  }
  return out;
}

static json_t *shares_json(const fcast_pod *pod) {
  json_t *out = json_array();
  for (size_t mode = 1; out != NULL && mode <= pod->n_modes; mode++) {
    if (json_array_append_new(out, fcast_page_number(fcast_pod_share(pod, mode))) != 0) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}

json_t *fcast_page_basis(const fcast_evaluation *evaluation) {
  const fcast_pod *pod = &evaluation->pod;
  const fcast_fields *grid = &evaluation->runs[0].truth;
  return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:f, s:f}", "n_modes", (json_int_t)pod->n_modes, "energy",
                   fcast_page_number(pod->energy), "target_energy", fcast_page_number(pod->target_energy),
                   "singular_values", fcast_page_numbers(pod->singular_values, pod->n_modes, 1), "shares",
                   shares_json(pod), "maps", maps_json(pod, grid), "box_x", grid->x_edges[grid->nx] - grid->x_edges[0],
                   "box_y", grid->y_edges[grid->ny] - grid->y_edges[0]);
}

static json_t *linear_json(const fcast_mvar *mvar) {
  return json_pack("{s:I, s:I, s:o, s:I, s:o, s:o}", "lag", (json_int_t)mvar->lag, "n_modes", (json_int_t)mvar->n_modes,
                   "ridge_alpha", fcast_page_number(mvar->ridge_alpha), "n_windows", (json_int_t)mvar->n_windows,
                   "train_r2", fcast_page_number(mvar->train_r2), "spectral_radius",
                   fcast_page_number(mvar->spectral_radius > 0.0 ? mvar->spectral_radius : (double)NAN));
}

static json_t *radial_json(const fcast_radial *radial) {
  return json_pack("{s:o, s:o, s:o, s:o}", "width", fcast_page_number(radial->width), "value",
                   fcast_page_numbers(radial->value, radial->n_shells, 1), "lo",
                   fcast_page_numbers(radial->lo, radial->n_shells, 1), "hi",
                   fcast_page_numbers(radial->hi, radial->n_shells, 1));
}

static json_t *estimate_json(const fcast_estimate *estimate) {
  return json_pack("[o, o, o]", fcast_page_number(estimate->value), fcast_page_number(estimate->lo),
                   fcast_page_number(estimate->hi));
}

static json_t *law_json(const fcast_field_model *field) {
  static const char *const kinds[] = {"none", "steering", "driving"};
  const bool has_force = field->force_kind != FCAST_FIELD_NO_FORCE;
  return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:I}", "alignment", radial_json(&field->alignment),
                   "edge", estimate_json(&field->edge), "speed", estimate_json(&field->speed), "order",
                   estimate_json(&field->order), "force_kind", kinds[field->force_kind], "force",
                   has_force ? radial_json(&field->force) : json_null(), "steering", estimate_json(&field->steering),
                   "state_bandwidth", fcast_page_number(field->state_bandwidth), "n_runs", (json_int_t)field->n_runs,
                   "n_transitions", (json_int_t)field->n_transitions);
}

json_t *fcast_page_models(const fcast_evaluation *evaluation) {
  return json_pack("{s:o, s:o, s:o}", "specified", linear_json(&evaluation->mvar), "selected",
                   evaluation->has_chosen ? linear_json(&evaluation->chosen.model.mvar) : json_null(), "law",
                   evaluation->has_field ? law_json(&evaluation->field) : json_null());
}
