/* SPDX-License-Identifier: MIT */
#include "io/latent_files.h"

#include "base/text.h"
#include "io/file.h"
#include "io/model_members.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Columns of the member `search`, a row for every candidate: what selection.csv says, in numbers. */
enum { SEARCH_COLUMNS = 14 };

static void row_of(const fcast_candidate *c, bool is_best, bool is_chosen, double row[SEARCH_COLUMNS]) {
  const double values[SEARCH_COLUMNS] = {(double)c->basis,
                                         (double)c->n_moments,
                                         (double)c->n_modes,
                                         (double)c->lag,
                                         c->ridge_alpha,
                                         (double)c->n_parameters,
                                         c->r2,
                                         c->standard_error,
                                         c->aic,
                                         c->bic,
                                         c->hqic,
                                         c->log_fpe,
                                         is_best ? 1.0 : 0.0,
                                         is_chosen ? 1.0 : 0.0};
  memcpy(row, values, sizeof values);
}

/* One for every field; with aligned modes one for the way in cells too. */
static size_t count_scales(const fcast_state *state) {
  return state->n_fields + (state->basis == FCAST_BASIS_ALIGNED ? 1 : 0);
}

/* --- writing --- */

/* What a state has beside its density modes, in the shape of the members. */
typedef struct beside {
  size_t n_waves;       /* with POD modes 0 */
  double *waves;        /* [wave, 2] */
  double *modes, *mean; /* [field, cell, mode] and [field, cell] of the moments, or NULL */
} beside;

static fcast_status gather_beside(const fcast_state *state, beside *out, fcast_error *err) {
  const size_t n_others = state->basis == FCAST_BASIS_POD ? state->n_fields - 1 : 0;
  const size_t n_space = state->pods[0].n_space;
  const size_t n_modes = state->n_modes;
  out->n_waves = state->basis == FCAST_BASIS_FOURIER   ? n_modes / 2
                 : state->basis == FCAST_BASIS_ALIGNED ? state->fourier.n_waves
                                                       : 0;
  out->waves = fcast_alloc_array(2 * out->n_waves, sizeof(double));
  out->modes = fcast_alloc_array(n_others * n_space * n_modes, sizeof(double));
  out->mean = fcast_alloc_array(n_others * n_space, sizeof(double));
  if (out->waves == NULL || out->modes == NULL || out->mean == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a state of %zu modes", n_modes);
  }
  for (size_t i = 0; i < 2 * out->n_waves; i++) {
    out->waves[i] = (double)state->fourier.waves[i];
  }
  for (size_t i = 0; i < n_others; i++) {
    memcpy(out->modes + i * n_space * n_modes, state->pods[1 + i].modes, n_space * n_modes * sizeof(double));
    memcpy(out->mean + i * n_space, state->pods[1 + i].mean, n_space * sizeof(double));
  }
  return FCAST_OK;
}

static fcast_status put_state(const char *path, const fcast_chosen *chosen, fcast_outfile *file, fcast_error *err) {
  const fcast_state *state = &chosen->model.state;
  const size_t n_others = state->n_fields - 1;
  const size_t n_scales = count_scales(state);
  const size_t n_space = state->pods[0].n_space;
  fcast_npz_writer *writer = NULL;
  beside more = {0};
  fcast_status status = gather_beside(state, &more, err);
  if (status == FCAST_OK) {
    status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  }
  if (status == FCAST_OK) {
    fcast_pod_add_members(writer, &state->pods[0]);
    fcast_npz_add_integer(writer, "fourier", state->basis == FCAST_BASIS_FOURIER ? 1 : 0);
    fcast_npz_add_integer(writer, "aligned", state->basis == FCAST_BASIS_ALIGNED ? 1 : 0);
    fcast_npz_add_integer(writer, "transform", (int64_t)state->transform);
    fcast_npz_add_integer(writer, "n_moments", (int64_t)state->n_moments);
    fcast_npz_add_array(writer, "scale", 1, &n_scales, state->scale);
    if (state->basis == FCAST_BASIS_ALIGNED) {
      fcast_npz_add_array(writer, "reference", 1, (const size_t[1]){2 * more.n_waves}, state->reference);
    }
    if (more.n_waves > 0) {
      fcast_npz_add_array(writer, "wavevectors", 2, (const size_t[2]){more.n_waves, 2}, more.waves);
      fcast_npz_add_integer(writer, "ny", (int64_t)state->fourier.ny);
      fcast_npz_add_integer(writer, "nx", (int64_t)state->fourier.nx);
      fcast_npz_add_scalar(writer, "box_x", chosen->box_x);
      fcast_npz_add_scalar(writer, "box_y", chosen->box_y);
    } else if (n_others > 0) {
      fcast_npz_add_array(writer, "U_moments", 3, (const size_t[3]){n_others, n_space, state->n_modes}, more.modes);
      fcast_npz_add_array(writer, "mean_moments", 2, (const size_t[2]){n_others, n_space}, more.mean);
    }
    status = fcast_npz_writer_put(writer, path, file, err);
  }
  fcast_free(more.waves);
  fcast_free(more.modes);
  fcast_free(more.mean);
  return status;
}

static void add_uncertainty(fcast_npz_writer *writer, const fcast_chosen *chosen) {
  const fcast_uncertainty *known = &chosen->uncertainty;
  const size_t n = known->n_leads;
  size_t blocks[3] = {0};
  fcast_latent_blocks(&chosen->model.state, &blocks[0], &blocks[1]);
  blocks[2] = blocks[1];
  const size_t skip = chosen->model.state.basis == FCAST_BASIS_POD ? 1 : 0; /* one block: a matrix */
  fcast_npz_add_array(writer, "residual_covariance", 3 - skip, blocks + skip, known->residual_covariance);
  fcast_npz_add_array(writer, "calibration", 1, &n, known->calibration);
  fcast_npz_add_array(writer, "forecast_std", 1, &n, known->std);
  fcast_npz_add_array(writer, "forecast_spread", 2, (const size_t[2]){n, 2}, known->spread);
  fcast_npz_add_array(writer, "held_out_r2", 2, (const size_t[2]){n, 3}, known->held_out_r2);
}

static fcast_status put_law(const char *path, const fcast_chosen *chosen, fcast_outfile *file, fcast_error *err) {
  const fcast_selection *selection = &chosen->selection;
  const size_t shape[2] = {selection->n_candidates, SEARCH_COLUMNS};
  double *rows = fcast_alloc_array(shape[0] * SEARCH_COLUMNS, sizeof *rows);
  fcast_npz_writer *writer = NULL;
  fcast_status status = rows == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path)
                                     : fcast_npz_writer_create((fcast_npz_format){.compress = true}, &writer, err);
  if (status == FCAST_OK) {
    for (size_t i = 0; i < selection->n_candidates; i++) {
      row_of(&selection->candidates[i], i == selection->best, i == selection->chosen, rows + i * SEARCH_COLUMNS);
    }
    fcast_mvar_add_members(writer, &chosen->model.mvar);
    fcast_npz_add_integer(writer, "lift", (int64_t)chosen->model.lift);
    fcast_npz_add_array(writer, "search", 2, shape, rows);
    if (chosen->uncertainty.n_leads > 0) {
      add_uncertainty(writer, chosen);
    }
    status = fcast_npz_writer_put(writer, path, file, err);
  }
  fcast_free(rows);
  return status;
}

fcast_status fcast_chosen_put(const char *pod_path, const char *mvar_path, const fcast_chosen *chosen,
                              fcast_outfile files[2], fcast_error *err) {
  files[0] = files[1] = (fcast_outfile){0};
  fcast_status status = put_state(pod_path, chosen, &files[0], err);
  if (status == FCAST_OK) {
    status = put_law(mvar_path, chosen, &files[1], err);
  }
  if (status != FCAST_OK) {
    fcast_outfile_abandon(&files[0]);
  }
  return status;
}

/* --- reading --- */

static fcast_status read_choice(fcast_npz *npz, const char *path, const char *name, int64_t largest, int64_t *value,
                                fcast_error *err) {
  const fcast_status status = fcast_npz_read_integer(npz, name, value, err);
  return status == FCAST_OK && (*value < 0 || *value > largest)
             ? fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %lld, expected 0 to %lld", path, name, (long long)*value,
                          (long long)largest)
             : status;
}

/* More than rounding between what a file says twice. */
static const double largest_difference = 1e-9;

/* Modes and mean must be those of the wavevectors, by which frames are projected and lifted. */
static fcast_status check_modes(const char *path, const fcast_state *state, fcast_error *err) {
  const fcast_pod *pod = &state->pods[0];
  fcast_pod expected = {0};
  fcast_status status = fcast_fourier_basis(&state->fourier, state->n_modes, pod->mean[0], &expected, err);
  for (size_t i = 0; status == FCAST_OK && i < pod->n_space * pod->n_modes; i++) {
    if (fabs(pod->modes[i] - expected.modes[i]) > largest_difference) {
      status = fcast_fail(err, FCAST_E_FORMAT,
                          "%s: U: found %g in column %zu, expected %g, the Fourier mode of its wavevector", path,
                          pod->modes[i], i % pod->n_modes, expected.modes[i]);
    }
  }
  for (size_t i = 0; status == FCAST_OK && i < pod->n_space; i++) {
    if (fabs(pod->mean[i] - pod->mean[0]) > largest_difference * fabs(pod->mean[0])) {
      status = fcast_fail(err, FCAST_E_FORMAT, "%s: mean: found %g and %g, expected one value in all cells", path,
                          pod->mean[0], pod->mean[i]);
    }
  }
  fcast_pod_clear(&expected);
  return status;
}

static fcast_status read_grid(fcast_npz *npz, const char *path, size_t n_space, int64_t *ny, int64_t *nx,
                              fcast_error *err) {
  fcast_status status = read_choice(npz, path, "ny", (int64_t)n_space, ny, err);
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "nx", (int64_t)n_space, nx, err);
  }
  return status == FCAST_OK && (*nx == 0 || (size_t)*ny != n_space / (size_t)*nx || n_space % (size_t)*nx != 0)
             ? fcast_fail(err, FCAST_E_SHAPE, "%s: ny, nx: found %lld x %lld, expected %zu cells as in U", path,
                          (long long)*ny, (long long)*nx, n_space)
             : status;
}

/* What frames are aligned to, and how their way is scaled. */
static fcast_status read_reference(fcast_npz *npz, const char *path, fcast_state *state, fcast_error *err) {
  const size_t n = 2 * state->fourier.n_waves;
  state->reference = fcast_alloc_array(n, sizeof *state->reference);
  fcast_status status = state->reference == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path)
                                                 : fcast_npz_read_into(npz, "reference", n, state->reference, err);
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "reference", state->reference, n, err);
  }
  return status == FCAST_OK && !(state->scale[1] > 0.0)
             ? fcast_fail(err, FCAST_E_FORMAT, "%s: scale: found %g, expected a number above 0", path, state->scale[1])
             : status;
}

static fcast_status read_waves(fcast_npz *npz, const char *path, fcast_chosen *out, fcast_error *err) {
  fcast_state *state = &out->model.state;
  const bool is_aligned = state->basis == FCAST_BASIS_ALIGNED;
  size_t shape[2] = {is_aligned ? 0 : state->n_modes / 2, 2};
  double *values = NULL;
  int64_t ny = 0;
  int64_t nx = 0;
  int64_t *waves = NULL;
  fcast_status status = fcast_npz_read_shaped(npz, "wavevectors", 2, shape, &values, err);
  if (status == FCAST_OK && (shape[0] == 0 || shape[0] > FCAST_FOURIER_MODES / 2)) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: wavevectors: found %zu, expected 1 to %d", path, shape[0],
                        FCAST_FOURIER_MODES / 2);
  }
  const size_t n_components = 2 * shape[0];
  if (status == FCAST_OK) {
    waves = fcast_alloc_array(n_components, sizeof *waves);
    status = waves == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path) : FCAST_OK;
  }
  if (status == FCAST_OK) {
    status = read_grid(npz, path, state->pods[0].n_space, &ny, &nx, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_scalar(npz, "box_x", &out->box_x, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_scalar(npz, "box_y", &out->box_y, err);
  }
  if (status == FCAST_OK && !(out->box_x > 0.0 && out->box_y > 0.0 && isfinite(out->box_x) && isfinite(out->box_y))) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s: box_x, box_y: found %g x %g, expected lengths above 0", path,
                        out->box_x, out->box_y);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_components; i++) {
    if (!(fabs(values[i]) < 1e6) || values[i] != nearbyint(values[i])) {
      status = fcast_fail(err, FCAST_E_FORMAT, "%s: wavevectors: found %g, expected whole numbers", path, values[i]);
    } else {
      waves[i] = (int64_t)values[i];
    }
  }
  if (status == FCAST_OK) {
    fcast_error inner = {FCAST_OK, ""};
    status = fcast_fourier_from_waves(waves, shape[0], (size_t)ny, (size_t)nx, out->box_x, out->box_y, &state->fourier,
                                      &inner);
    status = status == FCAST_OK ? FCAST_OK : fcast_fail(err, status, "%s: %s", path, inner.text);
  }
  if (status == FCAST_OK) {
    status = is_aligned ? read_reference(npz, path, state, err) : check_modes(path, state, err);
  }
  fcast_free(values);
  fcast_free(waves);
  return status;
}

static fcast_status read_moment_bases(fcast_npz *npz, const char *path, fcast_state *state, fcast_error *err) {
  const size_t n_others = state->n_fields - 1;
  const size_t n_space = state->pods[0].n_space;
  size_t shape[3] = {n_others, n_space, state->n_modes};
  double *modes = NULL;
  double *mean = NULL;
  fcast_status status = fcast_npz_read_shaped(npz, "U_moments", 3, shape, &modes, err);
  if (status == FCAST_OK) {
    status = fcast_npz_read_shaped(npz, "mean_moments", 2, shape, &mean, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "U_moments", modes, n_others * n_space * state->n_modes, err);
  }
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "mean_moments", mean, n_others * n_space, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_others; i++) {
    const fcast_pod of_field = {.n_space = n_space,
                                .n_modes = state->n_modes,
                                .modes = modes + i * n_space * state->n_modes,
                                .singular_values = state->pods[0].singular_values,
                                .mean = mean + i * n_space};
    status = fcast_pod_truncate(&of_field, state->n_modes, &state->pods[1 + i], err);
  }
  fcast_free(modes);
  fcast_free(mean);
  return status;
}

static fcast_status read_basis(fcast_npz *npz, const char *path, fcast_state *state, fcast_error *err) {
  int64_t fourier = 0;
  int64_t aligned = 0;
  int64_t transform = 0;
  fcast_status status = read_choice(npz, path, "fourier", 1, &fourier, err);
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "aligned", 1 - fourier, &aligned, err);
  }
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "transform", aligned == 1 ? 0 : FCAST_TRANSFORM_SQRT, &transform, err);
  }
  state->transform = (fcast_transform)transform;
  state->basis = fourier == 1 ? FCAST_BASIS_FOURIER : aligned == 1 ? FCAST_BASIS_ALIGNED : FCAST_BASIS_POD;
  return status;
}

static fcast_status read_state_members(fcast_npz *npz, const char *path, fcast_chosen *out, fcast_error *err) {
  fcast_state *state = &out->model.state;
  int64_t n_moments = 0;
  fcast_status status = fcast_pod_read_members(npz, path, &state->pods[0], err);
  if (status == FCAST_OK) {
    status = read_basis(npz, path, state, err);
  }
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "n_moments", FCAST_LARGEST_MOMENTS, &n_moments, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  state->n_modes = state->pods[0].n_modes;
  state->n_moments = (size_t)n_moments;
  state->n_fields = 1 + (state->basis == FCAST_BASIS_FOURIER ? 1 : 2) * state->n_moments;
  if (state->basis == FCAST_BASIS_FOURIER && state->n_modes % 2 != 0) {
    return fcast_fail(err, FCAST_E_SHAPE, "%s: U: found %zu Fourier modes, expected pairs", path, state->n_modes);
  }
  if (n_moments > 0 && (state->basis == FCAST_BASIS_ALIGNED || state->transform != FCAST_TRANSFORM_NONE)) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: n_moments: found %lld in an aligned or transformed state, expected 0",
                      path, (long long)n_moments);
  }
  status = fcast_npz_read_into(npz, "scale", count_scales(state), state->scale, err);
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, "scale", state->scale, count_scales(state), err);
  }
  if (status == FCAST_OK && !(state->scale[0] > 0.0)) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s: scale: found %g, expected a number above 0", path, state->scale[0]);
  }
  if (status == FCAST_OK && state->basis != FCAST_BASIS_POD) {
    return read_waves(npz, path, out, err);
  }
  return status == FCAST_OK && n_moments > 0 ? read_moment_bases(npz, path, state, err) : status;
}

/* What a search cannot have found. */
static fcast_status check_row(const char *path, const double *row, size_t i, fcast_error *err) {
  /* basis, moments, modes, lag, penalty, coefficients */
  static const double largest[] = {FCAST_BASIS_ALIGNED, FCAST_LARGEST_MOMENTS, 1e15, 1e15, DBL_MAX, 1e15};
  for (size_t c = 0; c < sizeof largest / sizeof largest[0]; c++) {
    if (!(row[c] >= 0.0) || row[c] > largest[c]) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: search: found %g in row %zu, expected a number from 0 to %g", path,
                        row[c], i, largest[c]);
    }
  }
  if (!(row[6] <= DBL_MAX) || !(row[7] >= 0.0)) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: search: found r2 %g +- %g in row %zu, expected a number and its error",
                      path, row[6], row[7], i);
  }
  return FCAST_OK;
}

static fcast_candidate candidate_of(const double *row) {
  return (fcast_candidate){.basis = (fcast_basis)row[0],
                           .n_moments = (size_t)row[1],
                           .n_modes = (size_t)row[2],
                           .lag = (size_t)row[3],
                           .ridge_alpha = row[4],
                           .n_parameters = (size_t)row[5],
                           .r2 = row[6],
                           .standard_error = row[7],
                           .aic = row[8],
                           .bic = row[9],
                           .hqic = row[10],
                           .log_fpe = row[11]};
}

static fcast_status read_search(fcast_npz *npz, const char *path, fcast_selection *out, fcast_error *err) {
  size_t shape[2] = {0, SEARCH_COLUMNS};
  double *rows = NULL;
  fcast_status status = fcast_npz_read_shaped(npz, "search", 2, shape, &rows, err);
  if (status == FCAST_OK) {
    out->candidates = fcast_alloc_array(shape[0], sizeof *out->candidates);
    out->n_candidates = shape[0];
    status = out->candidates == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path) : FCAST_OK;
  }
  for (size_t i = 0; status == FCAST_OK && i < shape[0]; i++) {
    const double *row = rows + i * SEARCH_COLUMNS;
    status = check_row(path, row, i, err);
    if (status == FCAST_OK) {
      out->candidates[i] = candidate_of(row);
      out->best = row[12] == 1.0 ? i : out->best;
      out->chosen = row[13] == 1.0 ? i : out->chosen;
    }
  }
  if (status == FCAST_OK && (shape[0] == 0 || !isfinite(out->candidates[out->best].r2) ||
                             !isfinite(out->candidates[out->best].standard_error))) {
    status =
        fcast_fail(err, FCAST_E_FORMAT, "%s: search: found no candidate with a finite r2, expected a best one", path);
  }
  fcast_free(rows);
  return status;
}

/* One member into memory of its size: finite, and not negative where `is_positive`. */
static fcast_status read_known(fcast_npz *npz, const char *path, const char *name, size_t n_dimensions,
                               const size_t *shape, bool is_positive, double *values, fcast_error *err) {
  size_t found[3] = {0};
  size_t n = 1;
  double *read = NULL;
  for (size_t i = 0; i < n_dimensions; i++) {
    found[i] = shape[i];
    n *= shape[i];
  }
  fcast_status status = fcast_npz_read_shaped(npz, name, n_dimensions, found, &read, err);
  if (status == FCAST_OK) {
    status = fcast_require_finite(path, name, read, n, err);
  }
  for (size_t i = 0; status == FCAST_OK && is_positive && i < n; i++) {
    if (read[i] < 0.0) {
      status = fcast_fail(err, FCAST_E_FORMAT, "%s: %s: found %g, expected numbers of at least 0", path, name, read[i]);
    }
  }
  if (status == FCAST_OK) {
    memcpy(values, read, n * sizeof *values);
  }
  fcast_free(read);
  return status;
}

/* Members that a file may lack; with the first of them come all. */
static fcast_status read_uncertainty(fcast_npz *npz, const char *path, fcast_chosen *out, fcast_error *err) {
  fcast_uncertainty *known = &out->uncertainty;
  size_t blocks[3] = {0};
  size_t leads[2] = {0};
  double *first = NULL;
  if (!fcast_npz_has(npz, "forecast_std")) {
    return FCAST_OK;
  }
  fcast_status status = fcast_npz_read_shaped(npz, "forecast_std", 1, leads, &first, err);
  fcast_free(first);
  if (status == FCAST_OK && leads[0] == 0) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s: forecast_std: found no leads, expected at least one", path);
  }
  if (status == FCAST_OK) {
    status = fcast_uncertainty_create(&out->model.state, leads[0], known, err);
  }
  fcast_latent_blocks(&out->model.state, &blocks[0], &blocks[1]);
  blocks[2] = blocks[1];
  const size_t skip = out->model.state.basis == FCAST_BASIS_POD ? 1 : 0;
  const struct {
    const char *name;
    size_t n_dimensions, shape[3];
    bool is_positive;
    double *values;
  } members[] = {
      {"residual_covariance", 3 - skip, {blocks[skip], blocks[1], blocks[2]}, false, known->residual_covariance},
      {"calibration", 1, {leads[0]}, true, known->calibration},
      {"forecast_std", 1, {leads[0]}, true, known->std},
      {"forecast_spread", 2, {leads[0], 2}, true, known->spread},
      {"held_out_r2", 2, {leads[0], 3}, false, known->held_out_r2},
  };
  for (size_t i = 0; status == FCAST_OK && i < sizeof members / sizeof members[0]; i++) {
    status = read_known(npz, path, members[i].name, members[i].n_dimensions, members[i].shape, members[i].is_positive,
                        members[i].values, err);
  }
  return status;
}

static fcast_status read_law(const char *path, fcast_chosen *out, fcast_error *err) {
  fcast_npz *npz = NULL;
  int64_t lift = 0;
  fcast_status status = fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK) {
    status = fcast_mvar_read_members(npz, path, &out->model.mvar, err);
  }
  if (status == FCAST_OK) {
    status = read_choice(npz, path, "lift", FCAST_LIFT_SIMPLEX, &lift, err);
    out->model.lift = (fcast_lift)lift;
  }
  if (status == FCAST_OK) {
    status = read_search(npz, path, &out->selection, err);
  }
  if (status == FCAST_OK) {
    status = read_uncertainty(npz, path, out, err);
  }
  fcast_npz_close(npz);
  return status;
}

fcast_status fcast_chosen_read(const char *pod_path, const char *mvar_path, fcast_chosen *out, fcast_error *err) {
  *out = (fcast_chosen){0};
  fcast_npz *npz = NULL;
  fcast_status status = fcast_npz_open(pod_path, &npz, err);
  if (status == FCAST_OK) {
    status = read_state_members(npz, pod_path, out, err);
  }
  fcast_npz_close(npz);
  if (status == FCAST_OK) {
    status = read_law(mvar_path, out, err);
  }
  if (status == FCAST_OK && out->model.mvar.n_modes != fcast_state_size(&out->model.state)) {
    status =
        fcast_fail(err, FCAST_E_SHAPE, "%s: r is %zu, expected %zu, the fields times the modes of pod_selected.npz",
                   mvar_path, out->model.mvar.n_modes, fcast_state_size(&out->model.state));
  }
  if (status != FCAST_OK) {
    fcast_chosen_clear(out);
  }
  return status;
}

fcast_status fcast_chosen_find(const char *models_dir, fcast_chosen *out, bool *is_there, fcast_error *err) {
  *out = (fcast_chosen){0};
  *is_there = false;
  char *pod_path = fcast_format("%s/pod_selected.npz", models_dir);
  char *mvar_path = fcast_format("%s/mvar_selected.npz", models_dir);
  fcast_path_kind pod_kind = FCAST_PATH_NOTHING;
  fcast_path_kind mvar_kind = FCAST_PATH_NOTHING;
  fcast_status status = pod_path == NULL || mvar_path == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", models_dir)
                            : fcast_path_look(pod_path, &pod_kind, err);
  if (status == FCAST_OK) {
    status = fcast_path_look(mvar_path, &mvar_kind, err);
  }
  if (status == FCAST_OK && (pod_kind != FCAST_PATH_NOTHING || mvar_kind != FCAST_PATH_NOTHING)) {
    status = fcast_chosen_read(pod_path, mvar_path, out, err);
    *is_there = status == FCAST_OK;
  }
  fcast_free(pod_path);
  fcast_free(mvar_path);
  return status;
}

void fcast_chosen_clear(fcast_chosen *chosen) {
  fcast_latent_clear(&chosen->model);
  fcast_selection_clear(&chosen->selection);
  fcast_uncertainty_clear(&chosen->uncertainty);
  *chosen = (fcast_chosen){0};
}
