/* SPDX-License-Identifier: MIT
 *
 * Learn: the choice of a model by cross-validation over runs.
 *
 * A candidate is a basis, a state (how many moments of the headings it carries beside the density), a number of modes,
 * a lag and a ridge penalty. It is fitted without the runs of one fold, rolled out on those in closed loop from their
 * known frames, and judged by the r2 of its density forecasts (docs/method.md, "Scores"); so for every fold. Folds
 * are of whole runs, and test runs are never seen. Sources: Stone 1974 (cross-validation); Breiman, Friedman, Olshen
 * and Stone 1984, section 3.4.3 (one standard error); Luetkepohl 2005, section 4.3 (AIC, HQIC, BIC, FPE).
 */
#ifndef FLOCKCAST_SELECT_H
#define FLOCKCAST_SELECT_H

#include "flockcast/align.h"
#include "flockcast/mvar.h"
#include "flockcast/state.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Folds, and runs judged in each of them at most. */
#define FCAST_FOLDS 5
#define FCAST_FOLD_JUDGED 100

typedef struct fcast_candidate {
  fcast_basis basis;
  size_t n_moments; /* 0: the density alone */
  size_t n_modes;   /* of the density */
  size_t lag;
  double ridge_alpha;
  size_t n_parameters;   /* free coefficients: what `simple` means */
  size_t n_windows;      /* of all runs */
  double r2;             /* closed loop, mean over the judged runs; -inf where a forecast overflows or a fit fails */
  double standard_error; /* of that mean over runs */
  double aic, bic, hqic; /* per window, of the fit to all runs; to compare lags of one state */
  double log_fpe;        /* logarithm of the final prediction error; nan where there are too few windows */
} fcast_candidate;

/* A search and its outcome. Owner: the caller, fcast_selection_clear. */
typedef struct fcast_selection {
  size_t n_candidates, capacity;
  fcast_candidate *candidates;
  size_t n_judged; /* runs that the means are over */
  size_t *judged;  /* [n_judged]: their indices, in order */
  double *run_r2;  /* [candidate, judged run] */
  size_t best;     /* the candidate of largest r2 */
  size_t chosen;   /* the simplest one within a standard error of the best */
} fcast_selection;

/* What is searched over. */
typedef struct fcast_search_space {
  size_t n_known;          /* frames known of a run: the largest lag */
  size_t smallest_moments; /* states from this many moments */
  size_t largest_moments;  /* to this many */
  size_t n_alphas;
  const double *alphas;    /* [n_alphas] ridge penalties */
  fcast_listener listener; /* to a search */
} fcast_search_space;

/* Prepare a search over an ensemble of runs of which `n_known` frames are known: the first FCAST_FOLD_JUDGED of every
 * fold that are longer are judged. Errors: FCAST_E_SHAPE where they are fewer than two, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_selection_create(const size_t *n_frames, size_t n_runs, size_t n_known,
                                                               fcast_selection *out, fcast_error *err);

/* The fold a run belongs to: contiguous fifths, so that every fold has all types of an ensemble in turn. */
FCAST_API size_t fcast_fold_of(size_t run, size_t n_runs);

/* Sums over the windows of all runs, by shell and fold: what any Fourier model is fitted from. `series` holds the
 * judged runs. Owner: the caller, fcast_shell_sums_clear. */
typedef struct fcast_shell_sums {
  size_t n_shells, n_fields, lag;
  size_t width;     /* (lag + 1) * n_fields: the target frame, then the last one, ... of every field */
  size_t n_windows; /* of all runs */
  size_t fold_windows[FCAST_FOLDS];
  double *sums;      /* [fold, shell, width, width] */
  double *scale;     /* [field]: what its coefficients were multiplied with, for the energy of the density */
  double *series;    /* [frame of the judged runs, field, mode], scaled */
  size_t *n_frames;  /* [judged run] */
  double *outside;   /* [judged run]: energy of the forecast frames outside all modes */
  double *deviation; /* [judged run]: sum |rho - training mean|^2 over the forecast frames */
} fcast_shell_sums;

/* Collect them from frames[frame, 1 + 2 n_moments, cell]: the density and its moments, read once. `mean` is
 * the training mean of the density. Errors: those of the source; FCAST_E_SHAPE where no run is longer
 * than n_known; FCAST_E_NOMEM. Results do not depend on the number of threads. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_shell_sums_collect(const fcast_series_source *fields, size_t n_moments,
                                                                 const fcast_fourier *fourier, const double *mean,
                                                                 size_t n_known, const fcast_selection *selection,
                                                                 fcast_shell_sums *out, fcast_error *err);
FCAST_API void fcast_shell_sums_clear(fcast_shell_sums *sums);

/* Add all Fourier candidates of the space to the search. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_search_fourier(const fcast_shell_sums *sums, const fcast_fourier *fourier,
                                                             const fcast_search_space *space, size_t n_runs,
                                                             fcast_selection *selection, fcast_error *err);

/* Fit a Fourier candidate to all runs but those of one fold (FCAST_FOLDS: to all): A_matrices[lag, field x mode,
 * field x mode], in which a mode acts on the same mode of the fields alone. `singular_values`[mode] get the root of the
 * density's energy in a mode over the target frames, the mean over its shell; `residual_covariance`[shell, field,
 * field], where it is not NULL, that of the one-step residuals of a mode. `stable`: every shell is then made stable
 * (fcast_mvar_stabilise). Errors: FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fit_fourier(const fcast_shell_sums *sums, const fcast_fourier *fourier,
                                                          const fcast_candidate *candidate, size_t without_fold,
                                                          bool stable, fcast_mvar *out, double *singular_values,
                                                          double *residual_covariance, fcast_error *err);

/* Add all POD candidates for frames[frame, 1 + 2 n_moments, cell] to the search. `pod` is the basis of the density of
 * all runs. While there are at most as many frames as cells every fold has a basis of its own, made without it; beyond
 * that the basis of all runs serves (with more frames than unknowns, one fifth of them hardly turns it). Errors: those
 * of the source, FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_search_pod(const fcast_series_source *fields, size_t n_moments,
                                                         const fcast_pod *pod, const fcast_search_space *space,
                                                         fcast_selection *selection, fcast_error *err);

/* All runs aligned to one reference: what any model of aligned modes is fitted from. Owner: the caller,
 * fcast_aligned_runs_clear. */
typedef struct fcast_aligned_runs {
  size_t n_runs, n_modes; /* of the Fourier basis */
  size_t *n_frames;       /* [run] */
  double *reference;      /* [mode] */
  double *aligned;        /* [frame, mode]: Fourier coefficients of the aligned frames */
  double *shifts;         /* [frame, 2] */
  double *increments;     /* [frame, 2] */
  double *outside;        /* [frame]: energy outside all modes */
  double *deviation;      /* [frame]: |rho - training mean|^2 */
} fcast_aligned_runs;

/* Collect them from density frames[frame, cell], which are read once; their coefficients are kept in memory. `mean` is
 * the training mean. Errors: those of the source, FCAST_E_NOMEM. Results do not depend on the number of threads. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_aligned_runs_collect(const fcast_series_source *density,
                                                                   const fcast_fourier *fourier, const double *mean,
                                                                   fcast_aligned_runs *out, fcast_error *err);
FCAST_API void fcast_aligned_runs_clear(fcast_aligned_runs *runs);

/* Add all candidates of aligned modes to the search. A candidate's r2 is that of its density where the forecast shift
 * puts it. Every fold has POD modes made without it; the reference, which only says from where shifts count, is that of
 * all runs. Errors: FCAST_E_NOMEM, FCAST_E_NUMERIC. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_search_aligned(const fcast_aligned_runs *runs,
                                                             const fcast_fourier *fourier,
                                                             const fcast_search_space *space,
                                                             fcast_selection *selection, fcast_error *err);

/* Fit such a candidate to all runs; `uniform` is the mean density of the box. The state gets no `fourier`: the caller
 * moves the one given into it. Errors: FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fit_aligned(const fcast_aligned_runs *runs, const fcast_fourier *fourier,
                                                          double uniform, const fcast_candidate *candidate,
                                                          fcast_state *state, fcast_mvar *mvar, fcast_error *err);

/* Find the best candidate and choose by the rule of one standard error. Errors: FCAST_E_NUMERIC where no candidate has
 * a finite r2. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_selection_decide(fcast_selection *selection, fcast_error *err);

FCAST_API void fcast_selection_clear(fcast_selection *selection);

#ifdef __cplusplus
}
#endif
#endif
