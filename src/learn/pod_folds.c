/* SPDX-License-Identifier: MIT */
#include "learn/pod_folds.h"

#include "base/listen.h"
#include "base/series.h"
#include "flockcast/fields.h"
#include "learn/windows.h"
#include "linalg/leading.h"
#include "linalg/products.h"
#include "reduce/snapshots.h"

#include <math.h>
#include <string.h>

/* What modes leave out when they hold all that rounding lets them. */
static const double smallest_rest = 1e-12;

/* --- from parts of the Gram matrix of all frames --- */

/* Frames of all folds but one, by their place among all frames. */
static size_t frames_without(const fcast_series_source *source, size_t fold, size_t *place) {
  size_t frame = 0;
  size_t n = 0;
  for (size_t run = 0; run < source->n_runs; run++) {
    for (size_t i = 0; i < source->n_frames[run]; i++, frame++) {
      if (fcast_fold_of(run, source->n_runs) != fold) {
        place[n++] = frame;
      }
    }
  }
  return n;
}

static double gram_at(const fcast_snapshots *all, size_t i, size_t j) {
  return i >= j ? all->gram[i * all->n_frames + j] : all->gram[j * all->n_frames + i];
}

/* products[frame, part] = (frame - m) . (part - m), m the mean of the part; energy[frame] = |frame - m|^2. */
static void centre_on_part(const fcast_snapshots *all, const size_t *place, size_t n_part, double *products,
                           double *energy, double *with_mean) {
  const size_t n = all->n_frames;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i++) {
    double sum = 0.0;
    for (size_t j = 0; j < n_part; j++) {
      products[i * n_part + j] = gram_at(all, i, place[j]);
      sum += products[i * n_part + j];
    }
    with_mean[i] = sum / (double)n_part;
  }
  double mean_square = 0.0;
  for (size_t j = 0; j < n_part; j++) {
    mean_square += with_mean[place[j]] / (double)n_part;
  }
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n_part; j++) {
      products[i * n_part + j] += mean_square - with_mean[i] - with_mean[place[j]];
    }
    energy[i] = gram_at(all, i, i) - 2.0 * with_mean[i] + mean_square;
  }
}

/* Coefficients of one field on all bases, before they are known to have equally many modes. */
typedef struct raw_basis {
  double *coefficients; /* [frame, n_modes] */
  size_t n_modes;
} raw_basis;

/* Memory for one part. */
typedef struct part_memory {
  size_t *place;     /* [part] */
  double *products;  /* [frame, part] */
  double *gram;      /* [part, part] */
  double *energy;    /* [frame] */
  double *with_mean; /* [frame] */
} part_memory;

static fcast_status memory_create(size_t n_frames, part_memory *out, fcast_error *err) {
  out->place = fcast_alloc_array(n_frames, sizeof *out->place);
  out->products = fcast_alloc_unfilled(n_frames * n_frames, sizeof(double));
  out->gram = fcast_alloc_unfilled(n_frames * n_frames, sizeof(double));
  out->energy = fcast_alloc_array(n_frames, sizeof(double));
  out->with_mean = fcast_alloc_array(n_frames, sizeof(double));
  return out->place == NULL || out->products == NULL || out->gram == NULL || out->energy == NULL ||
                 out->with_mean == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the bases of %zu frames", n_frames)
             : FCAST_OK;
}

static void memory_clear(part_memory *memory) {
  fcast_free(memory->place);
  fcast_free(memory->products);
  fcast_free(memory->gram);
  fcast_free(memory->energy);
  fcast_free(memory->with_mean);
}

/* coefficients[frame, pair] of all frames on the basis of the part. */
static fcast_status project_on_part(const part_memory *memory, size_t n_frames, size_t n_part,
                                    const fcast_leading *leading, double *coefficients, fcast_error *err) {
  const fcast_status status = fcast__multiply_transposed(memory->products, leading->vectors, n_frames, n_part,
                                                         leading->n_pairs, coefficients, err);
  for (size_t i = 0; status == FCAST_OK && i < n_frames; i++) {
    for (size_t k = 0; k < leading->n_pairs; k++) {
      coefficients[i * leading->n_pairs + k] /= sqrt(leading->values[k]);
    }
  }
  return status;
}

/* The leading pairs of a part: as many as hold the share, and where these are fewer than wanted, of a larger share. A
 * few runs may be held by fewer modes than all of them are. */
static fcast_status pairs_of_part(const part_memory *memory, size_t n_part, double share, size_t wanted,
                                  fcast_leading *out, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (double rest = 1.0 - share; status == FCAST_OK && out->n_pairs < wanted; rest /= 4.0) {
    fcast__leading_clear(out);
    for (size_t i = 0; i < n_part; i++) {
      memcpy(memory->gram + i * n_part, memory->products + memory->place[i] * n_part, n_part * sizeof(double));
    }
    status = fcast__leading_pairs(memory->gram, n_part, 1.0 - rest, NULL, out, err);
    if (rest < smallest_rest) {
      break;
    }
  }
  return status;
}

/* The coefficients of all frames on one basis of one field; *out is allocated here. */
static fcast_status basis_without(const fcast_series_source *source, const fcast_snapshots *all, size_t fold,
                                  double share, size_t wanted, part_memory *memory, raw_basis *out, fcast_error *err) {
  const size_t n = all->n_frames;
  fcast_leading leading = {0};
  const size_t n_part = frames_without(source, fold, memory->place);
  centre_on_part(all, memory->place, n_part, memory->products, memory->energy, memory->with_mean);
  fcast_status status = pairs_of_part(memory, n_part, share, wanted, &leading, err);
  out->n_modes = leading.n_pairs;
  if (status == FCAST_OK) {
    out->coefficients = fcast_alloc_unfilled(n * leading.n_pairs, sizeof(double));
    status = out->coefficients == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes", leading.n_pairs)
                                       : project_on_part(memory, n, n_part, &leading, out->coefficients, err);
  }
  fcast__leading_clear(&leading);
  return status;
}

static fcast_status bases_of_field(const fcast_series_source *source, double share, size_t wanted,
                                   const fcast_listener *listener, raw_basis *raw, double *energy, double *field_energy,
                                   fcast_error *err) {
  fcast_snapshots all = {0};
  part_memory memory = {0};
  fcast_part part = {listener, 0.0, 0.4};
  const fcast_listener of_gram = fcast__listen_to(&part);
  fcast_status status = fcast__snapshots_read(source, &of_gram, &all, err);
  fcast_free(all.frames);
  all.frames = NULL;
  if (status == FCAST_OK) {
    status = memory_create(all.n_frames, &memory, err);
  }
  for (size_t fold = 0; status == FCAST_OK && fold <= FCAST_FOLDS; fold++) {
    status = basis_without(source, &all, fold, share, wanted, &memory, &raw[fold], err);
    if (status == FCAST_OK && energy != NULL) {
      memcpy(energy + fold * all.n_frames, memory.energy, all.n_frames * sizeof *energy);
    }
    fcast__tell(listener, part.to + (1.0 - part.to) * (double)(fold + 1) / (FCAST_FOLDS + 1));
  }
  *field_energy = 0.0;
  for (size_t i = 0; status == FCAST_OK && i < all.n_frames; i++) {
    *field_energy += memory.energy[i]; /* of the last basis, which is of all runs */
  }
  memory_clear(&memory);
  fcast__snapshots_clear(&all);
  return status;
}

/* --- windows --- */

/* The contiguous runs of a fold. */
static void fold_range(size_t fold, size_t n_runs, size_t *first, size_t *last) {
  *first = 0;
  while (*first < n_runs && fcast_fold_of(*first, n_runs) < fold) {
    (*first)++;
  }
  *last = *first;
  while (*last < n_runs && fcast_fold_of(*last, n_runs) == fold) {
    (*last)++;
  }
}

static double *moments_of(const fcast_pod_folds *folds, size_t fold) {
  return folds->moments + fold * folds->width * folds->width;
}

static fcast_status allocate(const fcast_series_source *fields, size_t n_known, const fcast_selection *selection,
                             fcast_pod_folds *out, fcast_error *err) {
  out->width = (n_known + 1) * out->n_fields * out->n_modes;
  for (size_t i = 0; i < selection->n_judged; i++) {
    out->n_frames += fields->n_frames[selection->judged[i]];
  }
  const size_t n_values = out->n_bases * out->n_frames;
  out->moments = fcast_alloc_array((FCAST_FOLDS + 1) * out->width * out->width, sizeof(double));
  out->series = fcast_alloc_unfilled(n_values * out->n_fields * out->n_modes, sizeof(double));
  out->energy = fcast_alloc_array(n_values, sizeof(double));
  return out->moments == NULL || out->series == NULL || out->energy == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes of %zu runs", out->n_modes, fields->n_runs)
             : FCAST_OK;
}

/* --- every fold with a basis of its own --- */

/* All fields of one basis side by side, with the modes they have in common. */
static void set_side_by_side(const raw_basis *raw, size_t basis, const double *field_energy, size_t n_frames,
                             const fcast_pod_folds *folds, double *out) {
  for (size_t field = 0; field < folds->n_fields; field++) {
    const raw_basis *from = &raw[field * folds->n_bases + basis];
    const double scale = field_energy[field] > 0.0 ? sqrt(field_energy[0] / field_energy[field]) : 1.0;
    for (size_t frame = 0; frame < n_frames; frame++) {
      double *to = out + (frame * folds->n_fields + field) * folds->n_modes;
      for (size_t k = 0; k < folds->n_modes; k++) {
        to[k] = scale * from->coefficients[frame * from->n_modes + k];
      }
    }
  }
}

/* Copy the judged runs out of rows[frame, width] of all runs. */
static void copy_judged(const fcast_series_source *fields, const fcast_selection *selection, const double *rows,
                        size_t width, double *out) {
  size_t i_judged = 0;
  for (size_t run = 0; run < fields->n_runs; run++) {
    const size_t n = fields->n_frames[run] * width;
    if (i_judged < selection->n_judged && selection->judged[i_judged] == run) {
      memcpy(out, rows, n * sizeof *out);
      out += n;
      i_judged++;
    }
    rows += n;
  }
}

static fcast_status finish_own_bases(const fcast_series_source *fields, const raw_basis *raw,
                                     const double *field_energy, const double *energy, size_t n_known,
                                     const fcast_selection *selection, fcast_pod_folds *out, fcast_error *err) {
  const size_t n_frames = fcast__series_n_frames(fields, 0, fields->n_runs);
  for (size_t i = 0; i < out->n_bases * out->n_fields; i++) {
    out->n_modes = raw[i].n_modes < out->n_modes ? raw[i].n_modes : out->n_modes;
  }
  const size_t r = out->n_fields * out->n_modes;
  double *series = fcast_alloc_unfilled(n_frames * r, sizeof *series);
  fcast_status status = series == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes", r)
                                       : allocate(fields, n_known, selection, out, err);
  for (size_t fold = 0; status == FCAST_OK && fold <= FCAST_FOLDS; fold++) {
    fcast_memory_series kept = {series, fields->n_frames, r};
    const fcast_series_source source = fcast_memory_source(&kept, fields->n_runs);
    size_t first = 0;
    size_t last = 0;
    fold_range(fold, fields->n_runs, &first, &last);
    set_side_by_side(raw, fold, field_energy, n_frames, out, series);
    copy_judged(fields, selection, series, r, out->series + fold * out->n_frames * r);
    copy_judged(fields, selection, energy + fold * n_frames, 1, out->energy + fold * out->n_frames);
    out->n_windows = 0;
    status = fcast__windows_add(&source, 0, first, n_known, moments_of(out, fold), &out->n_windows, err);
    if (status == FCAST_OK) {
      status = fcast__windows_add(&source, last, fields->n_runs, n_known, moments_of(out, fold), &out->n_windows, err);
    }
  }
  fcast_free(series);
  return status;
}

static fcast_status make_own_bases(const fcast_series_source *fields, const fcast_pod *pod, size_t n_known,
                                   const fcast_selection *selection, const fcast_listener *listener,
                                   fcast_pod_folds *out, fcast_error *err) {
  const size_t n_frames = fcast__series_n_frames(fields, 0, fields->n_runs);
  double field_energy[FCAST_LARGEST_FIELDS] = {0.0};
  raw_basis *raw = fcast_alloc_array(out->n_bases * out->n_fields, sizeof *raw);
  double *energy = fcast_alloc_array(out->n_bases * n_frames, sizeof *energy);
  fcast_status status = raw == NULL || energy == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the bases of %zu frames", n_frames)
                            : FCAST_OK;
  for (size_t field = 0; status == FCAST_OK && field < out->n_fields; field++) {
    fcast_field_picker picker = {fields, out->n_fields, field};
    const fcast_series_source one = fcast_field_source(&picker);
    fcast_part part = {listener, (double)field / (double)out->n_fields, (double)(field + 1) / (double)out->n_fields};
    const fcast_listener of_field = fcast__listen_to(&part);
    status =
        bases_of_field(&one, fmin(fcast_pod_share(pod, out->n_modes + out->n_modes / 4), 1.0), out->n_modes, &of_field,
                       raw + field * out->n_bases, field == 0 ? energy : NULL, &field_energy[field], err);
  }
  if (status == FCAST_OK) {
    status = finish_own_bases(fields, raw, field_energy, energy, n_known, selection, out, err);
  }
  for (size_t i = 0; raw != NULL && i < out->n_bases * out->n_fields; i++) {
    fcast_free(raw[i].coefficients);
  }
  fcast_free(raw);
  fcast_free(energy);
  return status;
}

/* --- one basis for all --- */

static double deviation_of(const double *rho, const double *mean, size_t n_space) {
  double sum = 0.0;
  for (size_t j = 0; j < n_space; j++) {
    sum += (rho[j] - mean[j]) * (rho[j] - mean[j]);
  }
  return sum;
}

/* States and energies of the judged runs, one by one. */
static fcast_status project_judged(const fcast_series_source *fields, const fcast_state *state,
                                   const fcast_selection *selection, fcast_pod_folds *out, fcast_error *err) {
  const size_t n_space = state->pods[0].n_space;
  double *frames = fcast_alloc_unfilled(fcast__series_largest_block(fields, 1) * fields->width, sizeof *frames);
  fcast_status status = frames == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a run") : FCAST_OK;
  double *states = out->series;
  double *energy = out->energy;
  for (size_t i = 0; status == FCAST_OK && i < selection->n_judged; i++) {
    const size_t run = selection->judged[i];
    const size_t n_frames = fields->n_frames[run];
    status = fields->read(fields->context, run, run + 1, frames, err);
    if (status == FCAST_OK) {
      status = fcast_state_project(state, frames, n_frames, states, err);
    }
    for (size_t frame = 0; frame < n_frames; frame++) {
      *energy++ = deviation_of(frames + frame * fields->width, state->pods[0].mean, n_space);
    }
    states += n_frames * fcast_state_size(state);
  }
  fcast_free(frames);
  return status;
}

/* Windows of every fold by itself; what the others hold is the total without it. */
static fcast_status sum_folds(const fcast_series_source *states, size_t n_known, fcast_pod_folds *out,
                              fcast_error *err) {
  const size_t square = out->width * out->width;
  double *total = moments_of(out, FCAST_FOLDS);
  fcast_status status = FCAST_OK;
  out->n_windows = 0;
  for (size_t fold = 0; status == FCAST_OK && fold < FCAST_FOLDS; fold++) {
    size_t first = 0;
    size_t last = 0;
    fold_range(fold, states->n_runs, &first, &last);
    status = fcast__windows_add(states, first, last, n_known, moments_of(out, fold), &out->n_windows, err);
    for (size_t i = 0; i < square; i++) {
      total[i] += moments_of(out, fold)[i];
    }
  }
  for (size_t fold = 0; fold < FCAST_FOLDS; fold++) {
    double *moments = moments_of(out, fold);
    for (size_t i = 0; i < square; i++) {
      moments[i] = total[i] - moments[i];
    }
  }
  return status;
}

static fcast_status make_one_basis(const fcast_series_source *fields, size_t n_moments, const fcast_pod *pod,
                                   size_t n_known, const fcast_selection *selection, fcast_pod_folds *out,
                                   fcast_error *err) {
  fcast_state state = {0};
  fcast_status status = fcast_state_fit_pod(fields, n_moments, pod, out->n_modes, &state, err);
  out->n_modes = state.n_modes;
  if (status == FCAST_OK) {
    status = allocate(fields, n_known, selection, out, err);
  }
  if (status == FCAST_OK) {
    status = project_judged(fields, &state, selection, out, err);
  }
  if (status == FCAST_OK) {
    fcast_state_projection projection = {fields, &state};
    const fcast_series_source states = fcast_state_source(&projection);
    status = sum_folds(&states, n_known, out, err);
  }
  fcast_state_clear(&state);
  return status;
}

fcast_status fcast__pod_folds_create(const fcast_series_source *fields, size_t n_moments, const fcast_pod *pod,
                                     size_t largest_modes, size_t n_known, const fcast_selection *selection,
                                     const fcast_listener *listener, fcast_pod_folds *out, fcast_error *err) {
  const bool has_own = fcast__series_n_frames(fields, 0, fields->n_runs) <= pod->n_space;
  *out = (fcast_pod_folds){.n_bases = has_own ? FCAST_FOLDS + 1 : 1,
                           .n_fields = 1 + 2 * n_moments,
                           .n_modes = pod->n_modes < largest_modes ? pod->n_modes : largest_modes};
  const fcast_status status = has_own ? make_own_bases(fields, pod, n_known, selection, listener, out, err)
                                      : make_one_basis(fields, n_moments, pod, n_known, selection, out, err);
  if (status != FCAST_OK) {
    fcast__pod_folds_clear(out);
  }
  return status;
}

void fcast__pod_folds_clear(fcast_pod_folds *folds) {
  fcast_free(folds->moments);
  fcast_free(folds->series);
  fcast_free(folds->energy);
  *folds = (fcast_pod_folds){0};
}
