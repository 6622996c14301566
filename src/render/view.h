/* SPDX-License-Identifier: MIT
 *
 * View: what the figures and films ask of an evaluated run: names, times, the start of the forecast, statistics over
 * several runs.
 */
#ifndef FLOCKCAST_RENDER_VIEW_H
#define FLOCKCAST_RENDER_VIEW_H

#include "flockcast/render.h"
#include "render/axes.h"

/* FCAST_OK where the members of the views agree. Errors: FCAST_E_SHAPE, FCAST_E_ARG for none. */
FCAST_MUST_CHECK fcast_status fcast__views_check(const fcast_run_view *runs, size_t n_runs, fcast_error *err);

/* The same for one run whose fields are drawn: rho and prediction must be there. Peers need only their scores, times
 * and order parameters. */
FCAST_MUST_CHECK fcast_status fcast__view_check_fields(const fcast_run_view *run, fcast_error *err);

/* The run with the most forecast frames. */
const fcast_run_view *fcast__views_longest(const fcast_run_view *runs, size_t n_runs);

/* "two clusters" for two_clusters, as markup. */
void fcast__type_name(const char *ic_type, char *out, size_t size);

/* "test_003 · two clusters", as markup. */
void fcast__view_name(const fcast_run_view *run, char *out, size_t size);

/* The legends of things that need a word of explanation. What the truth is projected on depends on the model. */
#define FCAST__PERSISTENCE_LABEL "persistence (last known frame held)"
#define FCAST__NOISE_LIMIT_LABEL "noise limit (simulated on from the true particles)"
#define FCAST__TRAINING_MEAN_LABEL "training mean: r² = 0"
const char *fcast__projection_limit_label(const fcast_run_view *run);

/* A line that looks as a model; "forecast" where it has no name. */
fcast__line fcast__line_of_model(const char *model);

/* Dots on the n points of a line, while they can be told apart. */
double fcast__markers(size_t n, double radius);

/* The time of frame i as markup. The decimals follow the spacing of the frames, so that a series of times lines up. */
void fcast__view_time(const fcast_run_view *run, size_t i, char *out, size_t size);

/* All frames, half a frame more at either end. */
fcast__range fcast__view_times(const fcast_run_view *run);

/* Shade the known frames and mark the start of the forecast; explain both. */
void fcast__view_mark_known(const fcast__axes *axes, const fcast_run_view *run, fcast__legend *legend);

/* An error as it can be drawn: what is not finite or beyond FCAST__HUGE becomes FCAST__HUGE. */
double fcast__error_drawn(double error);

/* What r2 is shown of beside that of the run itself, in this order. */
typedef enum fcast__r2_kind {
  FCAST__R2_FORECAST,
  FCAST__R2_OTHER,
  FCAST__R2_SECOND_OTHER,
  FCAST__R2_PERSISTENCE,
  FCAST__R2_PROJECTION,
  FCAST__R2_NOISE_LIMIT
} fcast__r2_kind;
enum { FCAST__N_R2_KINDS = FCAST__R2_NOISE_LIMIT + 1 };

/* Whether there is one, how it looks, and its value: nan where there is none. */
bool fcast__r2_is_shown(const fcast_run_view *run, fcast__r2_kind kind);
fcast__line fcast__r2_line(const fcast_run_view *run, fcast__r2_kind kind);
double fcast__r2_of(const fcast_run_view *run, fcast__r2_kind kind);

/* One value of a run by index; nan where the run has none. */
typedef double (*fcast__value_of)(const fcast_run_view *run, size_t i);

/* e2 of the forecast and of persistence in forecast frame i, as fcast__error_drawn. */
double fcast__e2_of(const fcast_run_view *run, size_t i);
double fcast__persistence_of(const fcast_run_view *run, size_t i);

/* Percentiles over runs, one for every index. Owner: the caller, fcast__band_clear. */
typedef struct fcast__band {
  size_t n;
  double *lo, *median, *hi; /* p10, p50, p90; nan where no run has a value */
} fcast__band;

/* Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__band_over_runs(const fcast_run_view *runs, size_t n_runs, size_t n,
                                                    fcast__value_of value_of, fcast__band *out, fcast_error *err);
void fcast__band_clear(fcast__band *band);

/* The values of all runs of one type (NULL: of all) in one heap array; n may be 0. Caller: fcast_free. */
FCAST_MUST_CHECK fcast_status fcast__values_pooled(const fcast_run_view *runs, size_t n_runs, const char *ic_type,
                                                   fcast__value_of value_of, double **out, size_t *n, fcast_error *err);

/* Smallest positive and largest drawable value among those seen. */
typedef struct fcast__bounds {
  double least_positive, largest;
} fcast__bounds;
void fcast__bounds_init(fcast__bounds *bounds);
void fcast__bounds_add(fcast__bounds *bounds, const double *values, size_t n);

/* An axis for errors: from 0 where it stays legible, otherwise logarithmic and cut at 10^6. */
fcast__range fcast__bounds_axis(const fcast__bounds *bounds);

/* Triangles at the top of the frame for the values above it; their number. */
size_t fcast__axes_mark_above(const fcast__axes *axes, const double *x, const double *values, size_t n,
                              fcast__rgb colour);

/* The types in order of first appearance: their number, at most `max`. */
size_t fcast__types_list(const fcast_run_view *runs, size_t n_runs, const char **types, size_t max);

#endif
