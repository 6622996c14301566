/* SPDX-License-Identifier: MIT */
#include "cli/choose.h"

#include "cli/calibrate.h"
#include "cli/csv.h"
#include "cli/progress.h"
#include "cli/state_names.h"
#include "io/file.h"
#include "io/run_settings.h"

#include "flockcast/spectrum.h"

#include <stdio.h>
#include <string.h>

/* Ridge penalties tried beside rom.ridge_alpha. */
static const double tried_alphas[] = {1.0, 100.0};
enum { N_ALPHAS = 1 + sizeof tried_alphas / sizeof tried_alphas[0] };

/* Runs of an ensemble that the choice is made by, at most, and that the law of a shell, which has a few dozen
 * coefficients at most, is fitted to: more change neither. */
enum { CHOICE_RUNS = 1000 };

/* What there is to choose from, and what the searches leave behind. */
typedef struct choice {
  const fcast_config *config;
  fcast_training_set *set;
  const fcast_pod *pod; /* of the density, or of its square root */
  fcast_search_space space;
  double alphas[N_ALPHAS];
  bool with_pod, with_fourier, with_aligned;
  size_t n_runs;              /* to choose by */
  fcast_density_options grid; /* of the first run; of Fourier modes alone */
  double mean_density;
  fcast_fourier fourier;
  fcast_shell_sums sums;
  fcast_aligned_runs aligned;
  fcast_pod root_pod; /* of the square root of the density, where the state is made of that */
  fcast_progress progress;
} choice;

/* One part of it that may take long: reading runs (`n_reads` of them; 0: nobody knows), then what comes of them. */
static void begin_part(choice *c, const char *label, size_t n_reads, const char *then) {
  fcast_progress_begin(&c->progress, label, "runs", n_reads);
  fcast_progress_then(&c->progress, then);
  c->set->progress = &c->progress;
}

static fcast_status end_part(choice *c, fcast_status status) {
  c->set->progress = NULL;
  fcast_progress_end(&c->progress, false);
  return status;
}

/* --- the fields of the runs --- */

/* The fields of all runs to learn from, as they are or transformed. */
typedef struct choice_fields {
  fcast_training_fields fields;
  fcast_series_source source; /* of them as they are */
} choice_fields;

static fcast_status read_roots(void *context, size_t first, size_t last, double *frames, fcast_error *err) {
  const choice_fields *fields = context;
  const fcast_series_source *source = &fields->source;
  const fcast_status status = source->read(source->context, first, last, frames, err);
  for (size_t run = first; status == FCAST_OK && run < last; run++) {
    fcast_transform_sqrt(frames, source->n_frames[run] * source->width);
    frames += source->n_frames[run] * source->width;
  }
  return status;
}

static fcast_series_source fields_source(const choice *c, size_t n_moments, choice_fields *fields) {
  fields->fields = (fcast_training_fields){c->set, n_moments};
  fields->source = fcast_training_fields_source(&fields->fields);
  fcast_series_source source = fields->source;
  if (c->config->rom.transform == FCAST_TRANSFORM_SQRT) {
    source.context = fields;
    source.read = read_roots;
  }
  return source;
}

/* --- what to search --- */

/* Whether the first run has tracks to make moments of. Where the system cannot say, another model would be chosen than
 * a moment later, so that is an error. */
static fcast_status look_for_tracks(const fcast_training_set *set, bool *has_tracks, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  char *path = fcast_format("%s/%s/traj.npz", set->directory, set->runs.names[0]);
  const fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory)
                                           : fcast_path_look(path, &kind, err);
  *has_tracks = kind != FCAST_PATH_NOTHING;
  fcast_free(path);
  return status;
}

/* Whether the first run says how its fields were made. */
static bool knows_its_grid(const fcast_training_set *set, fcast_density_options *grid) {
  return fcast_run_density_options(set->directory, &set->facts[0], grid, NULL) == FCAST_OK &&
         (size_t)grid->nx == set->nx && (size_t)grid->ny == set->ny;
}

static void choose_states(const fcast_config *config, bool has_moments, fcast_search_space *space) {
  switch (config->rom.state) {
  case FCAST_CHOOSE_STATE:
    space->smallest_moments = 0;
    space->largest_moments = has_moments ? FCAST_LARGEST_MOMENTS : 0;
    break;
  case FCAST_CHOOSE_DENSITY:
  case FCAST_CHOOSE_MOMENTUM:
  case FCAST_CHOOSE_NEMATIC:
    space->smallest_moments = (size_t)config->rom.state - (size_t)FCAST_CHOOSE_DENSITY;
    space->largest_moments = space->smallest_moments;
    break;
  }
}

static fcast_status choose_spaces(choice *c, fcast_error *err) {
  const fcast_config *config = c->config;
  bool has_tracks = false;
  const fcast_status status = look_for_tracks(c->set, &has_tracks, err);
  if (status != FCAST_OK) {
    return status;
  }
  const bool has_grid = knows_its_grid(c->set, &c->grid);
  const bool is_periodic = has_grid && c->set->facts[0].boundary == FCAST_PERIODIC;
  c->with_aligned = config->rom.align == FCAST_ALIGN_SHIFT;
  c->with_pod = config->rom.basis != FCAST_CHOOSE_FOURIER && !c->with_aligned;
  c->with_fourier = config->rom.basis != FCAST_CHOOSE_POD && is_periodic && !c->with_aligned;
  if ((config->rom.basis == FCAST_CHOOSE_FOURIER || c->with_aligned) && !is_periodic) {
    return fcast_fail(err, FCAST_E_CONFIG, "rom.%s for runs %s, expected %s",
                      c->with_aligned ? "align: found shift" : "basis: found fourier",
                      has_grid ? "with walls" : "that do not say how their fields were made",
                      c->with_aligned ? "none" : "auto or pod");
  }
  c->space = (fcast_search_space){.n_known = (size_t)config->rom.p_lag,
                                  .n_alphas = N_ALPHAS,
                                  .alphas = c->alphas,
                                  .listener = {fcast_progress_share, &c->progress}};
  c->alphas[0] = config->rom.ridge_alpha;
  memcpy(c->alphas + 1, tried_alphas, sizeof tried_alphas);
  const bool is_plain = config->rom.transform == FCAST_TRANSFORM_NONE && config->rom.align == FCAST_ALIGN_NONE;
  choose_states(config, has_grid && has_tracks && is_plain, &c->space);
  return FCAST_OK;
}

/* --- searching --- */

/* The Fourier modes of the box, for a basis of their own or to move frames by. A coarse grid or a wide kernel may
 * resolve no wavevector: then POD modes are what there is, where they may be. */
static fcast_status prepare_fourier(choice *c, fcast_error *err) {
  for (size_t i = 0; i < c->pod->n_space; i++) {
    c->mean_density += c->pod->mean[i] / (double)c->pod->n_space;
  }
  const fcast_status status =
      fcast_fourier_create(c->set->ny, c->set->nx, c->grid.box_x, c->grid.box_y, c->grid.bandwidth, &c->fourier, err);
  c->with_fourier = c->with_fourier && status == FCAST_OK;
  return status == FCAST_E_SHAPE && c->with_pod ? FCAST_OK : status;
}

static fcast_status search_fourier(choice *c, fcast_selection *selection, fcast_error *err) {
  choice_fields fields;
  fcast_series_source source = fields_source(c, c->space.largest_moments, &fields);
  source.n_runs = c->n_runs;
  fcast_explain("choose a model",
                "Fourier modes of the periodic box: %zu wavevectors in %zu shells, %zu to %zu moments "
                "of the headings beside the density",
                c->fourier.n_waves, c->fourier.n_shells, c->space.smallest_moments, c->space.largest_moments);
  begin_part(c, "choose: Fourier modes", source.n_runs, "candidates");
  const fcast_status status = fcast_shell_sums_collect(&source, c->space.largest_moments, &c->fourier, c->pod->mean,
                                                       c->space.n_known, selection, &c->sums, err);
  return end_part(c, status == FCAST_OK
                         ? fcast_search_fourier(&c->sums, &c->fourier, &c->space, source.n_runs, selection, err)
                         : status);
}

static fcast_status search_aligned(choice *c, fcast_selection *selection, fcast_error *err) {
  choice_fields fields;
  fcast_series_source source = fields_source(c, 0, &fields);
  source.n_runs = c->n_runs;
  begin_part(c, "choose: aligned modes", source.n_runs, "bases of the folds");
  const fcast_status status = fcast_aligned_runs_collect(&source, &c->fourier, c->pod->mean, &c->aligned, err);
  return end_part(c, status == FCAST_OK ? fcast_search_aligned(&c->aligned, &c->fourier, &c->space, selection, err)
                                        : status);
}

/* Runs that a search over POD modes reads: all for the basis of each field and fold, or the judged ones and all for the
 * one basis; where moments need a basis first, nobody counts. */
static size_t pod_reads(const choice *c, size_t n_moments, const fcast_selection *selection) {
  if (c->set->n_frames_total <= c->pod->n_space) {
    return (1 + 2 * n_moments) * c->n_runs;
  }
  return n_moments == 0 ? selection->n_judged + c->n_runs : 0;
}

/* The states that POD modes are tried with: every one that is asked for, and of `auto` the momentum only where no
 * Fourier modes carry it better. */
static fcast_status search_pod(choice *c, fcast_selection *selection, fcast_error *err) {
  const size_t largest = c->config->rom.state == FCAST_CHOOSE_STATE
                             ? (c->with_fourier ? 0 : (c->space.largest_moments < 1 ? 0 : 1))
                             : c->space.largest_moments;
  fcast_status status = FCAST_OK;
  for (size_t n = c->space.smallest_moments; status == FCAST_OK && n <= largest; n++) {
    choice_fields fields;
    fcast_series_source source = fields_source(c, n, &fields);
    source.n_runs = c->n_runs;
    fcast_explain("choose a model", "POD modes of %s", n == 0 ? "the density" : "density and moments of the headings");
    begin_part(c, "choose: POD modes", pod_reads(c, n, selection), "bases of the folds");
    status = end_part(c, fcast_search_pod(&source, n, c->pod, &c->space, selection, err));
  }
  return status;
}

/* --- fitting the chosen one --- */

/* Room for what is known of the errors of a model, as many leads as the longest judged run has. */
static fcast_status make_room(const choice *c, fcast_chosen *out, fcast_error *err) {
  size_t longest = 0;
  for (size_t i = 0; i < out->selection.n_judged; i++) {
    const size_t n_frames = c->set->n_frames[out->selection.judged[i]];
    longest = n_frames > longest ? n_frames : longest;
  }
  return fcast_uncertainty_create(&out->model.state, longest - c->space.n_known, &out->uncertainty, err);
}

static fcast_status fit_fourier(choice *c, const fcast_candidate *candidate, fcast_chosen *out, fcast_error *err) {
  fcast_state *state = &out->model.state;
  *state = (fcast_state){.basis = FCAST_BASIS_FOURIER,
                         .n_moments = candidate->n_moments,
                         .n_fields = 1 + candidate->n_moments,
                         .n_modes = candidate->n_modes};
  memcpy(state->scale, c->sums.scale, state->n_fields * sizeof state->scale[0]);
  out->box_x = c->grid.box_x;
  out->box_y = c->grid.box_y;
  fcast_status status = fcast_fourier_basis(&c->fourier, candidate->n_modes, c->mean_density, &state->pods[0], err);
  state->fourier = c->fourier;
  c->fourier = (fcast_fourier){0};
  if (status == FCAST_OK) {
    status = make_room(c, out, err);
  }
  return status == FCAST_OK ? fcast_fit_fourier(&c->sums, &state->fourier, candidate, FCAST_FOLDS,
                                                c->config->rom.stable, &out->model.mvar, state->pods[0].singular_values,
                                                out->uncertainty.residual_covariance, err)
                            : status;
}

static fcast_status fit_pod(choice *c, const fcast_candidate *candidate, fcast_chosen *out, fcast_error *err) {
  choice_fields fields;
  const fcast_series_source source = fields_source(c, candidate->n_moments, &fields);
  fcast_state_projection projection = {&source, &out->model.state};
  fcast_status status =
      fcast_state_fit_pod(&source, candidate->n_moments, c->pod, candidate->n_modes, &out->model.state, err);
  if (status == FCAST_OK) {
    const fcast_series_source states = fcast_state_source(&projection);
    status = fcast_mvar_fit(&states, candidate->lag, candidate->ridge_alpha, &out->model.mvar, err);
    if (status == FCAST_OK) {
      status = make_room(c, out, err);
    }
    if (status == FCAST_OK) {
      status = fcast_mvar_residual_covariance(&states, &out->model.mvar, out->uncertainty.residual_covariance, err);
    }
  }
  if (status == FCAST_OK) {
    fcast_spectrum spectrum = {0};
    status = fcast_mvar_spectrum(&out->model.mvar, 0, &spectrum, err);
    out->model.mvar.spectral_radius = spectrum.radius;
    if (status == FCAST_OK && c->config->rom.stable) {
      fcast_mvar_stabilise(&out->model.mvar, spectrum.radius);
    }
    fcast_spectrum_clear(&spectrum);
  }
  return status;
}

static fcast_status fit_aligned(choice *c, const fcast_candidate *candidate, fcast_chosen *out, fcast_error *err) {
  const fcast_status status =
      fcast_fit_aligned(&c->aligned, &c->fourier, c->mean_density, candidate, &out->model.state, &out->model.mvar, err);
  out->box_x = c->grid.box_x;
  out->box_y = c->grid.box_y;
  out->model.state.fourier = c->fourier;
  c->fourier = (fcast_fourier){0};
  return status;
}

/* --- all of it --- */

/* The basis of the square root, where the state is made of that. */
static fcast_status fit_root_pod(choice *c, fcast_error *err) {
  choice_fields fields;
  const fcast_series_source source = fields_source(c, 0, &fields);
  begin_part(c, "POD of square roots", source.n_runs, "eigenproblem");
  const fcast_status status = end_part(c, fcast_pod_fit(&source, c->config->rom.target_energy, &c->root_pod, err));
  c->pod = &c->root_pod;
  return status;
}

/* How wrong it is, from the runs that it was chosen by. Of aligned frames and square roots, whose errors are not those
 * of a linear law of the density, nothing is said. */
static fcast_status calibrate(choice *c, fcast_chosen *out, fcast_error *err) {
  if (out->model.state.basis == FCAST_BASIS_ALIGNED || c->config->rom.transform != FCAST_TRANSFORM_NONE) {
    return FCAST_OK;
  }
  fcast_training_fields fields = {c->set, out->model.state.n_moments};
  fcast_series_source source = fcast_training_fields_source(&fields);
  source.n_runs = c->n_runs;
  const fcast_held_out held_out = {&source, c->pod, &c->sums, c->space.n_known, c->config->rom.stable};
  begin_part(c, "measure its errors", out->model.state.basis == FCAST_BASIS_FOURIER ? out->selection.n_judged : 0,
             "the last forecasts");
  return end_part(c, fcast_calibrate(&held_out, out, err));
}

static fcast_status search(choice *c, fcast_selection *selection, fcast_error *err) {
  fcast_status status = c->config->rom.transform == FCAST_TRANSFORM_SQRT ? fit_root_pod(c, err) : FCAST_OK;
  if (status == FCAST_OK && (c->with_fourier || c->with_aligned)) {
    status = prepare_fourier(c, err);
  }
  if (status == FCAST_OK && c->with_fourier) {
    status = search_fourier(c, selection, err);
  }
  if (status == FCAST_OK && c->with_aligned) {
    status = search_aligned(c, selection, err);
  }
  return status == FCAST_OK && c->with_pod ? search_pod(c, selection, err) : status;
}

static fcast_status fit(choice *c, fcast_chosen *out, fcast_error *err) {
  const fcast_candidate *candidate = &out->selection.candidates[out->selection.chosen];
  fcast_status status = FCAST_OK;
  switch (candidate->basis) {
  case FCAST_BASIS_FOURIER:
    status = fit_fourier(c, candidate, out, err);
    break;
  case FCAST_BASIS_POD:
    status = fit_pod(c, candidate, out, err);
    break;
  case FCAST_BASIS_ALIGNED:
    status = fit_aligned(c, candidate, out, err);
    break;
  }
  out->model.lift = c->config->rom.lift;
  out->model.state.transform = c->config->rom.transform;
  return status;
}

/* Whether a failure means that there is nothing to choose, which is no error: too few runs, or no candidate that
 * forecasts. */
static bool is_no_choice(fcast_status status, const fcast_error *why, char *reason) {
  if (status == FCAST_E_SHAPE || status == FCAST_E_NUMERIC) {
    (void)snprintf(reason, 256, "%s", why->text);
    return true;
  }
  return false;
}

fcast_status fcast_choose_model(const fcast_config *config, fcast_training_set *set, const fcast_pod *pod,
                                fcast_chosen *out, bool *is_chosen, char *reason, fcast_error *err) {
  choice c = {.config = config,
              .set = set,
              .pod = pod,
              .n_runs = set->runs.n_runs < CHOICE_RUNS ? set->runs.n_runs : CHOICE_RUNS};
  fcast_error why = {FCAST_OK, ""};
  *out = (fcast_chosen){0};
  *is_chosen = false;
  fcast_status status =
      fcast_selection_create(set->n_frames, c.n_runs, (size_t)config->rom.p_lag, &out->selection, &why);
  if (is_no_choice(status, &why, reason)) {
    return FCAST_OK;
  }
  if (status != FCAST_OK) {
    return fcast_fail(err, status, "%s", why.text);
  }
  status = choose_spaces(&c, err);
  if (status == FCAST_OK) {
    status = search(&c, &out->selection, err);
  }
  *is_chosen = status == FCAST_OK && !is_no_choice(fcast_selection_decide(&out->selection, &why), &why, reason);
  if (*is_chosen) {
    begin_part(&c, "fit the chosen model", 0, "fit");
    status = end_part(&c, fit(&c, out, err));
    status = status == FCAST_OK ? calibrate(&c, out, err) : status;
    *is_chosen = status == FCAST_OK;
  }
  fcast_pod_clear(&c.root_pod);
  fcast_shell_sums_clear(&c.sums);
  fcast_aligned_runs_clear(&c.aligned);
  fcast_fourier_clear(&c.fourier);
  if (!*is_chosen) {
    fcast_chosen_clear(out);
  }
  return status;
}

/* --- the table --- */

static void print_candidate(FILE *stream, const fcast_selection *selection, size_t i) {
  static const char *const states[] = {"density", "momentum", "nematic"};
  const fcast_candidate *c = &selection->candidates[i];
  const double numbers[] = {c->ridge_alpha, c->r2, c->standard_error, c->aic, c->bic, c->hqic, c->log_fpe};
  (void)fprintf(stream, "%s,%s,%zu,%zu,%zu", fcast_basis_name(c->basis), states[c->n_moments], c->n_modes, c->lag,
                c->n_parameters);
  for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
    fcast_csv_number(stream, numbers[k]);
  }
  (void)fprintf(stream, ",%d,%d\n", i == selection->best, i == selection->chosen);
}

fcast_status fcast_selection_put(const char *path, const fcast_selection *selection, fcast_outfile *file,
                                 fcast_error *err) {
  fcast_csv csv;
  *file = (fcast_outfile){0};
  const fcast_status status = fcast_csv_begin(&csv, path, err);
  if (status != FCAST_OK) {
    return status;
  }
  (void)fprintf(csv.stream, "basis,state,n_modes,lag,n_parameters,ridge_alpha,cv_r2,standard_error,aic,bic,hqic,"
                            "log_fpe,is_best,is_chosen\n");
  for (size_t i = 0; i < selection->n_candidates; i++) {
    print_candidate(csv.stream, selection, i);
  }
  return fcast_csv_put(&csv, path, status, file, err);
}
