/* SPDX-License-Identifier: MIT */
#include "cli/calibrate.h"

#include "base/series.h"

#include "flockcast/evaluate.h"
#include "flockcast/fields.h"
#include "flockcast/spectrum.h"

#include <math.h>
#include <string.h>

/* --- all runs but those of a fold --- */

typedef struct other_runs {
  const fcast_series_source *all;
  size_t first, n_left_out; /* of the runs left out, which lie side by side */
  size_t *n_frames;         /* [run]; owned */
} other_runs;

static fcast_status read_others(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const other_runs *others = context;
  const fcast_series_source *all = others->all;
  const size_t before = last < others->first ? last : others->first;
  fcast_status status = FCAST_OK;
  if (first < before) {
    status = all->read(all->context, first, before, frames, err);
    frames += fcast__series_n_frames(all, first, before) * all->width;
    first = before;
  }
  return status == FCAST_OK && first < last
             ? all->read(all->context, first + others->n_left_out, last + others->n_left_out, frames, err)
             : status;
}

static fcast_status leave_out(const fcast_series_source *all, size_t fold, other_runs *others, fcast_series_source *out,
                              fcast_error *err) {
  *others = (other_runs){.all = all, .n_frames = fcast_alloc_array(all->n_runs, sizeof *others->n_frames)};
  if (others->n_frames == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", all->n_runs);
  }
  size_t n_runs = 0;
  for (size_t run = 0; run < all->n_runs; run++) {
    if (fcast_fold_of(run, all->n_runs) != fold) {
      others->n_frames[n_runs++] = all->n_frames[run];
    } else if (others->n_left_out++ == 0) {
      others->first = run;
    }
  }
  *out = (fcast_series_source){
      .n_runs = n_runs, .width = all->width, .n_frames = others->n_frames, .context = others, .read = read_others};
  return FCAST_OK;
}

/* --- the candidate without a fold --- */

/* Fourier modes are the same for all folds: the state is lent by the chosen model. */
static fcast_status fit_fourier(const fcast_held_out *held_out, const fcast_chosen *chosen, size_t fold,
                                fcast_latent *out, fcast_error *err) {
  const fcast_candidate *candidate = &chosen->selection.candidates[chosen->selection.chosen];
  double *singular_values = fcast_alloc_array(candidate->n_modes, sizeof *singular_values);
  out->state = chosen->model.state;
  const fcast_status status = singular_values == NULL
                                  ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu modes", candidate->n_modes)
                                  : fcast_fit_fourier(held_out->sums, &chosen->model.state.fourier, candidate, fold,
                                                      held_out->stable, &out->mvar, singular_values, NULL, err);
  fcast_free(singular_values);
  return status;
}

static fcast_status fit_pod(const fcast_held_out *held_out, const fcast_chosen *chosen, size_t fold, fcast_latent *out,
                            fcast_error *err) {
  const fcast_candidate *candidate = &chosen->selection.candidates[chosen->selection.chosen];
  const fcast_pod *pod = held_out->pod;
  fcast_pod own = {0};
  other_runs others;
  fcast_series_source source;
  fcast_status status = leave_out(held_out->fields, fold, &others, &source, err);
  if (status == FCAST_OK &&
      fcast__series_n_frames(held_out->fields, 0, held_out->fields->n_runs) <= held_out->pod->n_space) {
    fcast_field_picker picker = {&source, 1 + 2 * candidate->n_moments, 0};
    const fcast_series_source densities = fcast_field_source(&picker);
    status = fcast_pod_fit(&densities, fmin(pod->energy, 1.0), &own, err);
    pod = &own;
  }
  if (status == FCAST_OK) {
    const size_t n_modes = candidate->n_modes < pod->n_modes ? candidate->n_modes : pod->n_modes;
    status = fcast_state_fit_pod(&source, candidate->n_moments, pod, n_modes, &out->state, err);
  }
  if (status == FCAST_OK) {
    fcast_state_projection projection = {&source, &out->state};
    const fcast_series_source states = fcast_state_source(&projection);
    status = fcast_mvar_fit(&states, candidate->lag, candidate->ridge_alpha, &out->mvar, err);
  }
  if (status == FCAST_OK && held_out->stable) {
    fcast_spectrum spectrum = {0};
    status = fcast_mvar_spectrum(&out->mvar, 0, &spectrum, err);
    if (status == FCAST_OK) {
      fcast_mvar_stabilise(&out->mvar, spectrum.radius);
    }
    fcast_spectrum_clear(&spectrum);
  }
  fcast_pod_clear(&own);
  fcast_free(others.n_frames);
  return status;
}

/* --- the errors of its runs --- */

/* What the judged runs leave behind; every run has places of its own, so that sums do not depend on threads. */
typedef struct findings {
  size_t n_leads;
  fcast_spread_sums *sums; /* [judged run, lead] */
  double *outside;         /* [judged run, lead]: energy of the truth outside the modes */
  double *r2;              /* [judged run, lead]; nan where the run has ended */
} findings;

static double squared_distance(const double *a, const double *b, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return sum;
}

/* Memory of one run. */
typedef struct run_fields {
  double *frames;     /* [frame, 1 + 2 n_moments, cell] */
  double *prediction; /* [lead, cell] */
  double *states;     /* [frame, field, mode] */
} run_fields;

/* Energy of a true frame outside the modes, which are orthonormal: of all of it, less that of its coefficients. */
static double energy_outside(const fcast_state *state, const double *truth, const double *coefficients) {
  double inside = 0.0;
  for (size_t k = 0; k < state->n_modes; k++) {
    inside += coefficients[k] * coefficients[k];
  }
  const double all = squared_distance(truth, state->pods[0].mean, state->pods[0].n_space);
  return fmax(all - inside / (state->scale[0] * state->scale[0]), 0.0);
}

static void judge_leads(const fcast_held_out *held_out, const fcast_state *state, const run_fields *run,
                        size_t n_forecast, size_t i_judged, findings *found) {
  const size_t n_space = state->pods[0].n_space;
  for (size_t lead = 0; lead < n_forecast; lead++) {
    const size_t place = i_judged * found->n_leads + lead;
    const size_t frame = held_out->n_known + lead;
    const double *truth = run->frames + frame * held_out->fields->width;
    const double *prediction = run->prediction + lead * n_space;
    fcast_spread_add(truth, prediction, n_space, &found->sums[place]);
    found->outside[place] = energy_outside(state, truth, run->states + frame * fcast_state_size(state));
    found->r2[place] =
        1.0 - squared_distance(truth, prediction, n_space) / squared_distance(truth, held_out->pod->mean, n_space);
  }
}

static fcast_status judge_run(const fcast_held_out *held_out, const fcast_latent *model,
                              const fcast_selection *selection, size_t i_judged, findings *found, fcast_error *err) {
  const fcast_series_source *fields = held_out->fields;
  const size_t i_run = selection->judged[i_judged];
  const size_t n_space = model->state.pods[0].n_space;
  const size_t n_forecast = fields->n_frames[i_run] - held_out->n_known;
  run_fields run = {
      .frames = fcast_alloc_unfilled(fields->n_frames[i_run] * fields->width, sizeof(double)),
      .prediction = fcast_alloc_unfilled(n_forecast * n_space, sizeof(double)),
      .states = fcast_alloc_unfilled(fields->n_frames[i_run] * fcast_state_size(&model->state), sizeof(double))};
  fcast_status status =
      run.frames == NULL || run.prediction == NULL || run.states == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a held-out run of %zu frames", fields->n_frames[i_run])
          : fields->read(fields->context, i_run, i_run + 1, run.frames, err);
  if (status == FCAST_OK) {
    status = fcast_latent_forecast(model, run.frames, 1, held_out->n_known, n_forecast, run.prediction, err);
  }
  if (status == FCAST_OK) {
    status = fcast_state_project(&model->state, run.frames, fields->n_frames[i_run], run.states, err);
  }
  if (status == FCAST_OK) {
    judge_leads(held_out, &model->state, &run, n_forecast, i_judged, found);
  }
  fcast_free(run.frames);
  fcast_free(run.prediction);
  fcast_free(run.states);
  return status;
}

static fcast_status judge_fold(const fcast_held_out *held_out, const fcast_latent *model,
                               const fcast_selection *selection, size_t fold, findings *found, fcast_error *err) {
  fcast_status status = FCAST_OK;
  size_t failed_run = selection->n_judged;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < selection->n_judged; i++) {
    if (fcast_fold_of(selection->judged[i], held_out->fields->n_runs) != fold) {
      continue;
    }
    fcast_error run_error = {FCAST_OK, ""};
    const fcast_status run_status = judge_run(held_out, model, selection, i, found, &run_error);
    if (run_status != FCAST_OK) {
#pragma omp critical(fcast_calibrate_failure)
      if (i < failed_run) {
        failed_run = i;
        status = run_status;
        *err = run_error;
      }
    }
  }
  return status;
}

static fcast_status judge_all(const fcast_held_out *held_out, const fcast_chosen *chosen, findings *found,
                              fcast_error *err) {
  const fcast_selection *selection = &chosen->selection;
  const bool is_fourier = chosen->model.state.basis == FCAST_BASIS_FOURIER;
  fcast_status status = FCAST_OK;
  for (size_t fold = 0; status == FCAST_OK && fold < FCAST_FOLDS && fold < held_out->fields->n_runs; fold++) {
    fcast_latent model = {.lift = chosen->model.lift};
    status =
        is_fourier ? fit_fourier(held_out, chosen, fold, &model, err) : fit_pod(held_out, chosen, fold, &model, err);
    if (status == FCAST_OK) {
      status = judge_fold(held_out, &model, selection, fold, found, err);
    }
    if (is_fourier) {
      model.state = (fcast_state){0};
    }
    fcast_latent_clear(&model);
  }
  return status;
}

/* --- what they say --- */

static void add_sums(const fcast_spread_sums *from, fcast_spread_sums *to) {
  to->n_cells += from->n_cells;
  to->density += from->density;
  to->density_square += from->density_square;
  to->error += from->error;
  to->error_density += from->error_density;
}

/* Energy outside the modes, per cell, over all held-out frames. */
static double mean_outside(const findings *found, size_t n_judged) {
  double energy = 0.0;
  double n_cells = 0.0;
  for (size_t i = 0; i < n_judged * found->n_leads; i++) {
    energy += found->outside[i];
    n_cells += found->sums[i].n_cells;
  }
  return energy / n_cells;
}

static void fill_in(const findings *found, size_t n_judged, const double *variance, double *scratch,
                    fcast_uncertainty *out) {
  static const double percents[3] = {10.0, 50.0, 90.0};
  const double outside = mean_outside(found, n_judged);
  for (size_t lead = 0; lead < out->n_leads; lead++) {
    fcast_spread_sums sums = {0};
    size_t n = 0;
    for (size_t i = 0; i < n_judged; i++) {
      const size_t place = i * found->n_leads + lead;
      add_sums(&found->sums[place], &sums);
      if (found->sums[place].n_cells > 0.0) {
        scratch[n++] = found->r2[place];
      }
    }
    const double error = sums.error / sums.n_cells;
    out->calibration[lead] = error / (variance[lead] + outside);
    out->std[lead] = sqrt(error);
    fcast_spread_fit(&sums, out->spread + 2 * lead);
    for (size_t k = 0; k < 3; k++) {
      out->held_out_r2[3 * lead + k] = fcast_percentile(scratch, n, percents[k], scratch + n_judged);
    }
  }
}

/* Whether all that was found can be written down: a forecast that overflows, or a truth that is the training mean,
 * leaves nothing to say. */
static bool is_finite(const fcast_uncertainty *known) {
  double sum = 0.0;
  for (size_t lead = 0; lead < known->n_leads; lead++) {
    sum += known->calibration[lead] + known->std[lead] + known->spread[2 * lead] + known->spread[2 * lead + 1];
    for (size_t k = 0; k < 3; k++) {
      sum += known->held_out_r2[3 * lead + k];
    }
  }
  return isfinite(sum) != 0;
}

fcast_status fcast_calibrate(const fcast_held_out *held_out, fcast_chosen *chosen, fcast_error *err) {
  fcast_uncertainty *known = &chosen->uncertainty;
  const size_t n_judged = chosen->selection.n_judged;
  const size_t n_leads = known->n_leads;
  findings found = {.n_leads = n_leads,
                    .sums = fcast_alloc_array(n_judged * n_leads, sizeof *found.sums),
                    .outside = fcast_alloc_array(n_judged * n_leads, sizeof(double)),
                    .r2 = fcast_alloc_array(n_judged * n_leads, sizeof(double))};
  double *variance = fcast_alloc_array(n_leads, sizeof *variance);
  double *scratch = fcast_alloc_array(2 * n_judged, sizeof *scratch);
  fcast_status status =
      found.sums == NULL || found.outside == NULL || found.r2 == NULL || variance == NULL || scratch == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu held-out runs", n_judged)
          : judge_all(held_out, chosen, &found, err);
  const bool has_fits = status != FCAST_E_NUMERIC;
  if (status == FCAST_OK) {
    status = fcast_latent_variance(&chosen->model, known->residual_covariance, n_leads, variance, err);
  }
  if (status == FCAST_OK) {
    fill_in(&found, n_judged, variance, scratch, known);
  }
  if (status != FCAST_OK || !is_finite(known)) {
    fcast_uncertainty_clear(known);
  }
  status = has_fits ? status : FCAST_OK;
  fcast_free(found.sums);
  fcast_free(found.outside);
  fcast_free(found.r2);
  fcast_free(variance);
  fcast_free(scratch);
  return status;
}
