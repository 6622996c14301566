/* SPDX-License-Identifier: MIT */
#include "flockcast/state.h"

#include "base/series.h"
#include "flockcast/fields.h"

#include <math.h>
#include <string.h>

/* Frames read and projected at a time. */
enum { BLOCK_FRAMES = 256 };

/* What modes leave out when they hold all that rounding lets them. */
static const double smallest_rest = 1e-12;

/* --- fitting --- */

/* Of all frames about their mean: the share that the modes hold is known. */
static double total_energy(const fcast_pod *pod) {
  double held = 0.0;
  for (size_t k = 0; k < pod->n_modes; k++) {
    held += pod->singular_values[k] * pod->singular_values[k];
  }
  return pod->energy > 0.0 ? held / pod->energy : 0.0;
}

/* Replace a basis by its first `n_modes` modes. */
static fcast_status shorten(fcast_pod *pod, size_t n_modes, fcast_error *err) {
  fcast_pod shorter = {0};
  const fcast_status status = fcast_pod_truncate(pod, n_modes, &shorter, err);
  if (status == FCAST_OK) {
    fcast_pod_clear(pod);
    *pod = shorter;
  }
  return status;
}

/* A basis of one field with at least `n_modes` modes, where it has as many: those that hold the share that the
 * density's do may be fewer. */
static fcast_status fit_field(const fcast_series_source *field, double share, size_t n_modes, fcast_pod *out,
                              fcast_error *err) {
  fcast_status status = fcast_pod_fit(field, share, out, err);
  for (double rest = 1.0 - share; status == FCAST_OK && out->n_modes < n_modes && rest > smallest_rest; rest /= 16.0) {
    fcast_pod_clear(out);
    status = fcast_pod_fit(field, 1.0 - rest / 16.0, out, err);
  }
  return status;
}

fcast_status fcast_state_fit_pod(const fcast_series_source *fields, size_t n_moments, const fcast_pod *pod,
                                 size_t n_modes, fcast_state *out, fcast_error *err) {
  *out = (fcast_state){
      .basis = FCAST_BASIS_POD, .n_moments = n_moments, .n_fields = 1 + 2 * n_moments, .n_modes = n_modes};
  double energy[FCAST_LARGEST_FIELDS] = {total_energy(pod)};
  fcast_status status = fcast_pod_truncate(pod, n_modes, &out->pods[0], err);
  for (size_t field = 1; status == FCAST_OK && field < out->n_fields; field++) {
    fcast_field_picker picker = {fields, out->n_fields, field};
    const fcast_series_source one = fcast_field_source(&picker);
    status = fit_field(&one, fmin(out->pods[0].energy, 1.0), n_modes, &out->pods[field], err);
    energy[field] = status == FCAST_OK ? total_energy(&out->pods[field]) : 0.0;
    out->n_modes = out->pods[field].n_modes < out->n_modes ? out->pods[field].n_modes : out->n_modes;
  }
  for (size_t field = 0; status == FCAST_OK && field < out->n_fields; field++) {
    out->scale[field] = energy[field] > 0.0 && energy[0] > 0.0 ? sqrt(energy[0] / energy[field]) : 1.0;
    status = shorten(&out->pods[field], out->n_modes, err);
  }
  if (status != FCAST_OK) {
    fcast_state_clear(out);
  }
  return status;
}

/* --- projecting --- */

void fcast_transform_sqrt(double *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    values[i] = sqrt(fmax(values[i], 0.0));
  }
}

static void scale_fields(const fcast_state *state, size_t n_frames, double *states) {
  for (size_t i = 0; i < n_frames * state->n_fields; i++) {
    const double factor = state->scale[i % state->n_fields];
    for (size_t k = 0; k < state->n_modes; k++) {
      states[i * state->n_modes + k] *= factor;
    }
  }
}

/* All fields on one basis, then the longitudinal part of each moment. */
static fcast_status project_fourier(const fcast_state *state, const double *frames, size_t n_frames, double *states,
                                    fcast_error *err) {
  const size_t n_given = 1 + 2 * state->n_moments;
  double *coefficients = fcast_alloc_unfilled(n_frames * n_given * state->n_modes, sizeof *coefficients);
  fcast_status status =
      coefficients == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to project %zu frames", n_frames)
          : fcast_fourier_project(&state->fourier, state->n_modes, frames, n_frames * n_given, coefficients, err);
  if (status == FCAST_OK) {
    fcast_fourier_longitudinal(&state->fourier, state->n_modes, state->n_moments, coefficients, n_frames, states);
  }
  fcast_free(coefficients);
  return status;
}

/* Each field on its own basis. */
static fcast_status project_pod(const fcast_state *state, const double *frames, size_t n_frames, double *states,
                                fcast_error *err) {
  const size_t n_space = state->pods[0].n_space;
  const size_t n_modes = state->n_modes;
  double *one = fcast_alloc_unfilled(n_frames * n_space, sizeof *one);
  double *coefficients = fcast_alloc_unfilled(n_frames * n_modes, sizeof *coefficients);
  fcast_status status = one == NULL || coefficients == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to project %zu frames", n_frames)
                            : FCAST_OK;
  for (size_t field = 0; status == FCAST_OK && field < state->n_fields; field++) {
    for (size_t i = 0; i < n_frames; i++) {
      memcpy(one + i * n_space, frames + (i * state->n_fields + field) * n_space, n_space * sizeof *one);
    }
    status = fcast_pod_project(&state->pods[field], one, n_frames, coefficients, err);
    for (size_t i = 0; status == FCAST_OK && i < n_frames; i++) {
      memcpy(states + (i * state->n_fields + field) * n_modes, coefficients + i * n_modes, n_modes * sizeof *states);
    }
  }
  fcast_free(one);
  fcast_free(coefficients);
  return status;
}

fcast_status fcast_state_project(const fcast_state *state, const double *frames, size_t n_frames, double *states,
                                 fcast_error *err) {
  const fcast_status status = state->basis == FCAST_BASIS_FOURIER
                                  ? project_fourier(state, frames, n_frames, states, err)
                                  : project_pod(state, frames, n_frames, states, err);
  if (status == FCAST_OK) {
    scale_fields(state, n_frames, states);
  }
  return status;
}

static fcast_status read_states(void *context, size_t first, size_t last, double *states, fcast_error *err) {
  const fcast_state_projection *projection = context;
  const fcast_series_source *fields = projection->fields;
  double *frames =
      fcast_alloc_unfilled(fcast__series_largest_block(fields, BLOCK_FRAMES) * fields->width, sizeof *frames);
  fcast_status status =
      frames == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to project %zu runs", last - first) : FCAST_OK;
  for (size_t run = first, end = first; status == FCAST_OK && run < last; run = end) {
    (void)fcast__series_block(fields, run, BLOCK_FRAMES, &end);
    end = end < last ? end : last;
    const size_t n_frames = fcast__series_n_frames(fields, run, end);
    status = fields->read(fields->context, run, end, frames, err);
    if (status == FCAST_OK) {
      status = fcast_state_project(projection->state, frames, n_frames, states, err);
    }
    states += n_frames * fcast_state_size(projection->state);
  }
  fcast_free(frames);
  return status;
}

fcast_series_source fcast_state_source(fcast_state_projection *projection) {
  return (fcast_series_source){.n_runs = projection->fields->n_runs,
                               .width = fcast_state_size(projection->state),
                               .n_frames = projection->fields->n_frames,
                               .context = projection,
                               .read = read_states};
}

void fcast_state_clear(fcast_state *state) {
  for (size_t field = 0; field < FCAST_LARGEST_FIELDS; field++) {
    fcast_pod_clear(&state->pods[field]);
  }
  fcast_fourier_clear(&state->fourier);
  fcast_free(state->reference);
  *state = (fcast_state){0};
}
