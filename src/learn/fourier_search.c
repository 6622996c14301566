/* SPDX-License-Identifier: MIT */
#include "flockcast/select.h"

#include "base/series.h"
#include "flockcast/spectrum.h"
#include "learn/candidates.h"
#include "learn/shells.h"

#include <math.h>
#include <string.h>

/* Frames read and projected at a time. */
enum { BLOCK_FRAMES = 256 };

/* --- sums over the windows of all runs --- */

/* What a pass over the runs needs. */
typedef struct collection {
  const fcast_fourier *fourier;
  size_t n_space, n_modes;
  double uniform;     /* the mean density of the box */
  const double *mean; /* [cell] */
  size_t n_moments, n_known;
  size_t n_runs;
  const size_t *n_frames; /* [run] */
  double *frames;         /* [frame, 1 + 2 n_moments, cell] of a block */
  double *coefficients;   /* [frame, 1 + 2 n_moments, mode] */
  double *series;         /* [frame, 1 + n_moments, mode] */
} collection;

static fcast_shell shell_at(const fcast_fourier *fourier, size_t shell, size_t n_fields, size_t n_modes) {
  return (fcast_shell){.first_mode = 2 * fourier->shell_start[shell],
                       .n_modes = 2 * (fourier->shell_start[shell + 1] - fourier->shell_start[shell]),
                       .n_fields_stored = n_fields,
                       .n_modes_stored = n_modes};
}

static double squares(const double *values, size_t n) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += values[i] * values[i];
  }
  return sum;
}

/* Factors that give every field the energy of the density, from the first block; 1 for a field that is zero. */
static void find_scale(const double *series, size_t n_frames, size_t n_fields, size_t n_modes, double *scale) {
  double energy[FCAST_SHELL_FIELDS] = {0.0};
  for (size_t frame = 0; frame < n_frames; frame++) {
    for (size_t field = 0; field < n_fields; field++) {
      energy[field] += squares(series + (frame * n_fields + field) * n_modes, n_modes);
    }
  }
  for (size_t field = 0; field < n_fields; field++) {
    scale[field] = energy[field] > 0.0 && energy[0] > 0.0 ? sqrt(energy[0] / energy[field]) : 1.0;
  }
}

static void apply_scale(double *series, size_t n_frames, size_t n_fields, size_t n_modes, const double *scale) {
  for (size_t i = 0; i < n_frames * n_fields; i++) {
    for (size_t m = 0; m < n_modes; m++) {
      series[i * n_modes + m] *= scale[i % n_fields];
    }
  }
}

/* Energies of one judged run over its forecast frames. */
static void judge_frames(const collection *all, const double *frames, const double *coefficients, size_t n_frames,
                         double *outside, double *deviation) {
  const size_t n_space = all->n_space;
  const size_t n_modes = all->n_modes;
  const size_t n_stored = 1 + 2 * all->n_moments;
  *outside = 0.0;
  *deviation = 0.0;
  for (size_t frame = all->n_known; frame < n_frames; frame++) {
    const double *rho = frames + frame * n_stored * n_space;
    double energy = 0.0;
    for (size_t i = 0; i < n_space; i++) {
      const double from_uniform = rho[i] - all->uniform;
      const double from_mean = rho[i] - all->mean[i];
      energy += from_uniform * from_uniform;
      *deviation += from_mean * from_mean;
    }
    *outside += fmax(energy - squares(coefficients + frame * n_stored * n_modes, n_modes), 0.0);
  }
}

/* Keep the judged runs of a block; `next` is where the next series goes, `i_judged` which comes next. */
static void keep_judged(const collection *all, size_t first, size_t last, const fcast_selection *selection,
                        size_t *i_judged, double **next, fcast_shell_sums *out) {
  const size_t n_modes = all->n_modes;
  const size_t n_stored = 1 + 2 * all->n_moments;
  size_t frame = 0;
  for (size_t run = first; run < last; frame += all->n_frames[run++]) {
    if (*i_judged >= selection->n_judged || selection->judged[*i_judged] != run) {
      continue;
    }
    const size_t n_values = all->n_frames[run] * out->n_fields * n_modes;
    memcpy(*next, all->series + frame * out->n_fields * n_modes, n_values * sizeof **next);
    *next += n_values;
    out->n_frames[*i_judged] = all->n_frames[run];
    judge_frames(all, all->frames + frame * n_stored * all->n_space, all->coefficients + frame * n_stored * n_modes,
                 all->n_frames[run], &out->outside[*i_judged], &out->deviation[*i_judged]);
    (*i_judged)++;
  }
}

/* Add the windows of a block, run by run in every shell. */
static void add_block(const collection *all, size_t first, size_t last, fcast_shell_sums *out) {
  const size_t square = out->width * out->width;
#pragma omp parallel for schedule(dynamic)
  for (size_t shell = 0; shell < out->n_shells; shell++) {
    const fcast_shell at = shell_at(all->fourier, shell, out->n_fields, all->n_modes);
    const double *series = all->series;
    for (size_t run = first; run < last; run++) {
      double *sums = out->sums + (fcast_fold_of(run, all->n_runs) * out->n_shells + shell) * square;
      fcast__shell_add(&at, series, all->n_frames[run], out->lag, sums);
      series += all->n_frames[run] * out->n_fields * all->n_modes;
    }
  }
}

static fcast_status project_block(const collection *all, size_t n_frames, fcast_error *err) {
  const fcast_status status = fcast_fourier_project(all->fourier, all->n_modes, all->frames,
                                                    n_frames * (1 + 2 * all->n_moments), all->coefficients, err);
  if (status == FCAST_OK) {
    fcast_fourier_longitudinal(all->fourier, all->n_modes, all->n_moments, all->coefficients, n_frames, all->series);
  }
  return status;
}

static fcast_status pass_over_runs(const fcast_series_source *fields, collection *all, const fcast_selection *selection,
                                   fcast_shell_sums *out, fcast_error *err) {
  double *next = out->series;
  size_t i_judged = 0;
  for (size_t first = 0, last = 0; first < fields->n_runs; first = last) {
    const size_t n_frames = fcast__series_block(fields, first, BLOCK_FRAMES, &last);
    fcast_status status = fields->read(fields->context, first, last, all->frames, err);
    if (status == FCAST_OK) {
      status = project_block(all, n_frames, err);
    }
    if (status != FCAST_OK) {
      return status;
    }
    if (first == 0) {
      find_scale(all->series, n_frames, out->n_fields, all->n_modes, out->scale);
    }
    apply_scale(all->series, n_frames, out->n_fields, all->n_modes, out->scale);
    keep_judged(all, first, last, selection, &i_judged, &next, out);
    add_block(all, first, last, out);
  }
  return FCAST_OK;
}

static fcast_status allocate(const fcast_series_source *fields, const fcast_selection *selection, collection *all,
                             fcast_shell_sums *out, fcast_error *err) {
  const size_t n_block = fcast__series_largest_block(fields, BLOCK_FRAMES);
  const size_t n_modes = all->n_modes;
  size_t n_judged_frames = 0;
  for (size_t i = 0; i < selection->n_judged; i++) {
    n_judged_frames += fields->n_frames[selection->judged[i]];
  }
  all->frames = fcast_alloc_unfilled(n_block * fields->width, sizeof(double));
  all->coefficients = fcast_alloc_unfilled(n_block * (1 + 2 * all->n_moments) * n_modes, sizeof(double));
  all->series = fcast_alloc_unfilled(n_block * out->n_fields * n_modes, sizeof(double));
  out->sums = fcast_alloc_array(FCAST_FOLDS * out->n_shells * out->width * out->width, sizeof(double));
  out->scale = fcast_alloc_array(out->n_fields, sizeof(double));
  out->series = fcast_alloc_unfilled(n_judged_frames * out->n_fields * n_modes, sizeof(double));
  out->n_frames = fcast_alloc_array(selection->n_judged, sizeof(size_t));
  out->outside = fcast_alloc_array(selection->n_judged, sizeof(double));
  out->deviation = fcast_alloc_array(selection->n_judged, sizeof(double));
  return all->frames == NULL || all->coefficients == NULL || all->series == NULL || out->sums == NULL ||
                 out->scale == NULL || out->series == NULL || out->n_frames == NULL || out->outside == NULL ||
                 out->deviation == NULL
             ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the Fourier modes of %zu runs", fields->n_runs)
             : FCAST_OK;
}

fcast_status fcast_shell_sums_collect(const fcast_series_source *fields, size_t n_moments, const fcast_fourier *fourier,
                                      const double *mean, size_t n_known, const fcast_selection *selection,
                                      fcast_shell_sums *out, fcast_error *err) {
  *out = (fcast_shell_sums){.n_shells = fourier->n_shells,
                            .n_fields = 1 + n_moments,
                            .lag = n_known,
                            .width = (n_known + 1) * (1 + n_moments)};
  collection all = {.fourier = fourier,
                    .n_space = fourier->ny * fourier->nx,
                    .n_modes = 2 * fourier->n_waves,
                    .mean = mean,
                    .n_moments = n_moments,
                    .n_known = n_known,
                    .n_runs = fields->n_runs,
                    .n_frames = fields->n_frames};
  for (size_t i = 0; i < all.n_space; i++) {
    all.uniform += mean[i] / (double)all.n_space;
  }
  fcast_status status = allocate(fields, selection, &all, out, err);
  if (status == FCAST_OK) {
    status = pass_over_runs(fields, &all, selection, out, err);
  }
  for (size_t run = 0; run < fields->n_runs; run++) {
    const size_t n_windows = fields->n_frames[run] > n_known ? fields->n_frames[run] - n_known : 0;
    out->fold_windows[fcast_fold_of(run, fields->n_runs)] += n_windows;
    out->n_windows += n_windows;
  }
  fcast_free(all.frames);
  fcast_free(all.coefficients);
  fcast_free(all.series);
  if (status != FCAST_OK) {
    fcast_shell_sums_clear(out);
  }
  return status;
}

void fcast_shell_sums_clear(fcast_shell_sums *sums) {
  fcast_free(sums->sums);
  fcast_free(sums->scale);
  fcast_free(sums->series);
  fcast_free(sums->n_frames);
  fcast_free(sums->outside);
  fcast_free(sums->deviation);
  *sums = (fcast_shell_sums){0};
}

/* --- fits --- */

/* out[width, width] = the sums of all folds but one; of all where `without` is FCAST_FOLDS. */
static void add_folds(const fcast_shell_sums *sums, size_t shell, size_t without, double *out) {
  const size_t square = sums->width * sums->width;
  memset(out, 0, square * sizeof *out);
  for (size_t fold = 0; fold < FCAST_FOLDS; fold++) {
    for (size_t i = 0; fold != without && i < square; i++) {
      out[i] += sums->sums[(fold * sums->n_shells + shell) * square + i];
    }
  }
}

/* One law of a shell to try: a state, a lag, a penalty. */
typedef struct trial {
  size_t n_fields, lag;
  double ridge_alpha;
} trial;

/* Everything the search over shells fills in. */
typedef struct search {
  const fcast_shell_sums *sums;
  const fcast_fourier *fourier;
  const fcast_selection *selection;
  size_t n_runs, n_known, n_modes, longest;
  size_t n_trials;
  trial *trials;
  double *errors;          /* [trial, shell, judged run]: squared error over the forecast frames; nan: no fit */
  double *energy;          /* [shell, judged run]: of the truth */
  double *log_determinant; /* [trial, shell]: of the residuals of the fit to all runs, times the modes of the shell */
  fcast_search_work work;
} search;

/* Where a judged run's series begins. */
static const double *judged_series(const search *s, size_t i_judged) {
  size_t frame = 0;
  for (size_t i = 0; i < i_judged; i++) {
    frame += s->sums->n_frames[i];
  }
  return s->sums->series + frame * s->sums->n_fields * s->n_modes;
}

/* Per-thread memory of the search. */
typedef struct workspace {
  double *sums;   /* [width, width] */
  double *law;    /* [fields, lag, fields] */
  double *rolled; /* [frame, field, mode of the shell] */
  double *errors; /* [frame] */
} workspace;

static bool workspace_create(const search *s, const fcast_shell *shell, workspace *work) {
  const fcast_shell_sums *sums = s->sums;
  work->sums = fcast_alloc_array(sums->width * sums->width, sizeof(double));
  work->law = fcast_alloc_array(sums->width * sums->n_fields, sizeof(double));
  work->rolled = fcast_alloc_array(s->longest * sums->n_fields * shell->n_modes, sizeof(double));
  work->errors = fcast_alloc_array(s->longest, sizeof(double));
  return work->sums != NULL && work->law != NULL && work->rolled != NULL && work->errors != NULL;
}

static void workspace_clear(workspace *work) {
  fcast_free(work->sums);
  fcast_free(work->law);
  fcast_free(work->rolled);
  fcast_free(work->errors);
}

/* Roll a law out on the judged runs of one fold. */
static void judge_fold(const search *s, size_t i_trial, size_t i_shell, size_t fold, bool has_law, workspace *work) {
  const fcast_shell shell = shell_at(s->fourier, i_shell, s->sums->n_fields, s->n_modes);
  const trial *t = &s->trials[i_trial];
  for (size_t i = 0; i < s->selection->n_judged; i++) {
    if (fcast_fold_of(s->selection->judged[i], s->n_runs) != fold) {
      continue;
    }
    double sum = has_law ? 0.0 : (double)NAN;
    if (has_law) {
      fcast__shell_errors(&shell, judged_series(s, i), s->sums->n_frames[i], s->n_known, work->law, t->n_fields, t->lag,
                          work->rolled, work->errors);
      for (size_t lead = 0; lead < s->sums->n_frames[i] - s->n_known; lead++) {
        sum += work->errors[lead];
      }
    }
    s->errors[(i_trial * s->sums->n_shells + i_shell) * s->selection->n_judged + i] = sum;
  }
}

static void measure_energy(const search *s, size_t i_shell) {
  const fcast_shell shell = shell_at(s->fourier, i_shell, s->sums->n_fields, s->n_modes);
  for (size_t i = 0; i < s->selection->n_judged; i++) {
    const double *series = judged_series(s, i);
    double sum = 0.0;
    for (size_t frame = s->n_known; frame < s->sums->n_frames[i]; frame++) {
      sum += squares(series + frame * s->sums->n_fields * s->n_modes + shell.first_mode, shell.n_modes);
    }
    s->energy[i_shell * s->selection->n_judged + i] = sum;
  }
}

/* All trials of one shell; false where memory is short. A law that cannot be fitted makes its errors nan, which is no
 * failure. */
static bool search_shell(const search *s, size_t i_shell, workspace *work) {
  const fcast_shell_sums *sums = s->sums;
  const fcast_shell shell = shell_at(s->fourier, i_shell, sums->n_fields, s->n_modes);
  double residuals[FCAST_SHELL_FIELDS * FCAST_SHELL_FIELDS];
  measure_energy(s, i_shell);
  for (size_t fold = 0; fold <= FCAST_FOLDS; fold++) {
    add_folds(sums, i_shell, fold, work->sums);
    for (size_t i = 0; i < s->n_trials; i++) {
      const trial *t = &s->trials[i];
      const fcast_status fitted = fcast__shell_fit(work->sums, sums->width, sums->n_fields, t->n_fields, t->lag,
                                                   t->ridge_alpha, work->law, residuals, NULL);
      const bool has_law = fitted == FCAST_OK;
      if (fitted == FCAST_E_NOMEM) {
        return false;
      }
      if (fold < FCAST_FOLDS) {
        judge_fold(s, i, i_shell, fold, has_law, work);
        continue;
      }
      for (size_t k = 0; k < t->n_fields * t->n_fields; k++) {
        residuals[k] /= (double)sums->n_windows * (double)shell.n_modes;
      }
      s->log_determinant[i * sums->n_shells + i_shell] =
          has_law ? (double)shell.n_modes * fcast__log_determinant(residuals, t->n_fields) : (double)NAN;
    }
  }
  return true;
}

static fcast_status search_shells(search *s, fcast_error *err) {
  bool is_short = false;
#pragma omp parallel for schedule(dynamic)
  for (size_t shell = 0; shell < s->sums->n_shells; shell++) {
    const fcast_shell at = shell_at(s->fourier, shell, s->sums->n_fields, s->n_modes);
    workspace work = {0};
    if (!workspace_create(s, &at, &work) || !search_shell(s, shell, &work)) {
#pragma omp atomic write
      is_short = true;
    }
    workspace_clear(&work);
    fcast__search_advance(&s->work, (double)at.n_modes);
  }
  return is_short ? fcast_fail(err, FCAST_E_NOMEM, "out of memory to search %zu shells", s->sums->n_shells) : FCAST_OK;
}

/* --- candidates --- */

static fcast_candidate candidate_of(const search *s, const trial *t, size_t n_shells) {
  return (fcast_candidate){.basis = FCAST_BASIS_FOURIER,
                           .n_moments = t->n_fields - 1,
                           .n_modes = 2 * s->fourier->shell_start[n_shells],
                           .lag = t->lag,
                           .ridge_alpha = t->ridge_alpha,
                           .n_parameters = n_shells * t->n_fields * t->n_fields * t->lag,
                           .n_windows = s->sums->n_windows};
}

/* A trial with its first `n_shells` shells: what the others hold is left out of the forecast. */
static fcast_status add_candidate(const search *s, size_t i_trial, size_t n_shells, double *run_r2,
                                  fcast_selection *selection, fcast_error *err) {
  const size_t n_judged = selection->n_judged;
  const trial *t = &s->trials[i_trial];
  double determinant = 0.0;
  for (size_t i = 0; i < n_judged; i++) {
    double sum = s->sums->outside[i];
    for (size_t shell = 0; shell < s->sums->n_shells; shell++) {
      sum += shell < n_shells ? s->errors[(i_trial * s->sums->n_shells + shell) * n_judged + i]
                              : s->energy[shell * n_judged + i];
    }
    run_r2[i] = 1.0 - sum / s->sums->deviation[i];
  }
  for (size_t shell = 0; shell < n_shells; shell++) {
    determinant += s->log_determinant[i_trial * s->sums->n_shells + shell];
  }
  fcast_candidate candidate = candidate_of(s, t, n_shells);
  fcast__criteria(&candidate, determinant, candidate.n_modes * t->n_fields, t->lag * t->n_fields);
  return fcast__selection_add(selection, &candidate, run_r2, err);
}

/* Cut-offs tried: eighths of the modes, by whole shells. */
static size_t cut_off(const fcast_fourier *fourier, size_t eighths) {
  size_t shell = 1;
  while (shell < fourier->n_shells && 8 * fourier->shell_start[shell] < eighths * fourier->n_waves) {
    shell++;
  }
  return shell;
}

static fcast_status add_candidates(const search *s, fcast_selection *selection, fcast_error *err) {
  double *run_r2 = fcast_alloc_array(selection->n_judged, sizeof *run_r2);
  fcast_status status = run_r2 == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for candidates") : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < s->n_trials; i++) {
    size_t before = 0;
    for (size_t eighths = 1; status == FCAST_OK && eighths <= 8; eighths++) {
      const size_t n_shells = cut_off(s->fourier, eighths);
      if (n_shells > before) {
        status = add_candidate(s, i, n_shells, run_r2, selection, err);
      }
      before = n_shells;
    }
  }
  fcast_free(run_r2);
  return status;
}

static void list_trials(const fcast_search_space *space, search *s) {
  for (size_t moments = space->smallest_moments; moments <= space->largest_moments; moments++) {
    for (size_t lag = 1; lag <= space->n_known; lag++) {
      for (size_t alpha = 0; alpha < space->n_alphas; alpha++) {
        s->trials[s->n_trials++] = (trial){1 + moments, lag, space->alphas[alpha]};
      }
    }
  }
}

fcast_status fcast_search_fourier(const fcast_shell_sums *sums, const fcast_fourier *fourier,
                                  const fcast_search_space *space, size_t n_runs, fcast_selection *selection,
                                  fcast_error *err) {
  search s = {.sums = sums,
              .fourier = fourier,
              .selection = selection,
              .n_runs = n_runs,
              .n_known = sums->lag,
              .n_modes = 2 * fourier->n_waves,
              .work = {.space = space, .all = 2.0 * (double)fourier->n_waves}};
  const size_t n_trials = (space->largest_moments + 1 - space->smallest_moments) * space->n_known * space->n_alphas;
  for (size_t i = 0; i < selection->n_judged; i++) {
    s.longest = sums->n_frames[i] > s.longest ? sums->n_frames[i] : s.longest;
  }
  s.trials = fcast_alloc_array(n_trials, sizeof *s.trials);
  s.errors = fcast_alloc_array(n_trials * sums->n_shells * selection->n_judged, sizeof(double));
  s.energy = fcast_alloc_array(sums->n_shells * selection->n_judged, sizeof(double));
  s.log_determinant = fcast_alloc_array(n_trials * sums->n_shells, sizeof(double));
  fcast_status status = FCAST_OK;
  if (s.trials == NULL || s.errors == NULL || s.energy == NULL || s.log_determinant == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory to try %zu laws on %zu shells", n_trials, sums->n_shells);
  }
  if (status == FCAST_OK) {
    list_trials(space, &s);
    status = search_shells(&s, err);
  }
  if (status == FCAST_OK) {
    status = add_candidates(&s, selection, err);
  }
  fcast_free(s.trials);
  fcast_free(s.errors);
  fcast_free(s.energy);
  fcast_free(s.log_determinant);
  return status;
}

/* --- the chosen law, for all runs --- */

/* The model of one shell into the matrices, where a mode acts on itself in every field. */
static void spread_law(const fcast_mvar *of_shell, const fcast_shell *shell, size_t n_modes, fcast_mvar *out) {
  const size_t r = out->n_modes;
  const size_t n_fields = of_shell->n_modes;
  for (size_t lag = 0; lag < out->lag; lag++) {
    for (size_t to = 0; to < n_fields; to++) {
      for (size_t from = 0; from < n_fields; from++) {
        const double weight = of_shell->coefficients[(lag * n_fields + to) * n_fields + from];
        for (size_t m = shell->first_mode; m < shell->first_mode + shell->n_modes; m++) {
          out->coefficients[(lag * r + to * n_modes + m) * r + from * n_modes + m] = weight;
        }
      }
    }
  }
}

/* The law[field, lag, field] of one shell as a model of its own, which the caller clears, with its spectral radius;
 * made stable where that is asked for. */
static fcast_status model_of_shell(const double *law, size_t n_fields, size_t lag, bool stable, fcast_mvar *out,
                                   fcast_error *err) {
  fcast_spectrum spectrum = {0};
  *out = (fcast_mvar){.lag = lag, .n_modes = n_fields};
  out->coefficients = fcast_alloc_array(lag * n_fields * n_fields, sizeof(double));
  if (out->coefficients == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the spectrum of a shell");
  }
  for (size_t to = 0; to < n_fields; to++) {
    for (size_t i = 0; i < lag * n_fields; i++) {
      out->coefficients[(i / n_fields * n_fields + to) * n_fields + i % n_fields] = law[to * lag * n_fields + i];
    }
  }
  const fcast_status status = fcast_mvar_spectrum(out, 0, &spectrum, err);
  out->spectral_radius = spectrum.radius;
  if (status == FCAST_OK && stable) {
    fcast_mvar_stabilise(out, spectrum.radius);
  }
  fcast_spectrum_clear(&spectrum);
  return status;
}

static fcast_status fit_shells(const fcast_shell_sums *sums, const fcast_fourier *fourier,
                               const fcast_candidate *candidate, size_t without_fold, bool stable,
                               double *workspace_sums, double *law, fcast_mvar *out, double *singular_values,
                               double *residual_covariance, fcast_error *err) {
  const size_t n_fields = 1 + candidate->n_moments;
  double residuals[FCAST_SHELL_FIELDS * FCAST_SHELL_FIELDS];
  double residual_sum = 0.0;
  double target_sum = 0.0;
  for (size_t i = 0; 2 * fourier->shell_start[i] < candidate->n_modes; i++) {
    const fcast_shell shell = shell_at(fourier, i, sums->n_fields, candidate->n_modes);
    add_folds(sums, i, without_fold, workspace_sums);
    fcast_mvar of_shell = {0};
    fcast_status status = fcast__shell_fit(workspace_sums, sums->width, sums->n_fields, n_fields, candidate->lag,
                                           candidate->ridge_alpha, law, residuals, err);
    if (status == FCAST_OK) {
      status = model_of_shell(law, n_fields, candidate->lag, stable, &of_shell, err);
    }
    if (status == FCAST_OK) {
      spread_law(&of_shell, &shell, candidate->n_modes, out);
      out->spectral_radius = fmax(out->spectral_radius, of_shell.spectral_radius);
    }
    fcast_mvar_clear(&of_shell);
    if (status != FCAST_OK) {
      return status;
    }
    for (size_t m = 0; m < shell.n_modes; m++) {
      singular_values[shell.first_mode + m] = sqrt(workspace_sums[0] / (double)shell.n_modes);
    }
    for (size_t k = 0; residual_covariance != NULL && k < n_fields * n_fields; k++) {
      residual_covariance[i * n_fields * n_fields + k] =
          residuals[k] / ((double)out->n_windows * (double)shell.n_modes);
    }
    for (size_t field = 0; field < n_fields; field++) {
      residual_sum += residuals[field * n_fields + field];
      target_sum += workspace_sums[field * sums->width + field];
    }
  }
  out->train_r2 = 1.0 - residual_sum / target_sum;
  out->train_rmse = sqrt(residual_sum / ((double)out->n_windows * (double)out->n_modes));
  return FCAST_OK;
}

fcast_status fcast_fit_fourier(const fcast_shell_sums *sums, const fcast_fourier *fourier,
                               const fcast_candidate *candidate, size_t without_fold, bool stable, fcast_mvar *out,
                               double *singular_values, double *residual_covariance, fcast_error *err) {
  const size_t r = (1 + candidate->n_moments) * candidate->n_modes;
  *out = (fcast_mvar){
      .lag = candidate->lag, .n_modes = r, .ridge_alpha = candidate->ridge_alpha, .n_windows = sums->n_windows};
  out->n_windows -= without_fold < FCAST_FOLDS ? sums->fold_windows[without_fold] : 0;
  out->coefficients = fcast_alloc_array(candidate->lag * r * r, sizeof(double));
  double *workspace_sums = fcast_alloc_array(sums->width * sums->width, sizeof(double));
  double *law = fcast_alloc_array(sums->width * sums->n_fields, sizeof(double));
  fcast_status status = FCAST_OK;
  if (out->coefficients == NULL || workspace_sums == NULL || law == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a model of %zu modes", r);
  } else {
    status = fit_shells(sums, fourier, candidate, without_fold, stable, workspace_sums, law, out, singular_values,
                        residual_covariance, err);
  }
  fcast_free(workspace_sums);
  fcast_free(law);
  if (status != FCAST_OK) {
    fcast_mvar_clear(out);
  }
  return status;
}
