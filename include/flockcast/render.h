/* SPDX-License-Identifier: MIT
 *
 * Render: figures (PNG at 150 dpi, PDF, SVG) and films (H.264) of an evaluated ensemble.
 *
 * Every function writes one file at `path`, which it creates or truncates; the caller gives a temporary name and
 * renames. All are thread-safe as long as the paths differ: every thread has fonts of its own. Values that are not
 * finite, and forecasts that have run away, are drawn as such and never stretch a scale. Errors: FCAST_E_NOMEM,
 * FCAST_E_IO (naming the path), FCAST_E_NUMERIC where an encoder fails, FCAST_E_ARG where there is nothing to draw,
 * FCAST_E_SHAPE where the parts of a run disagree.
 *
 * The first film turns off libav's own log for the whole process, since the library never prints.
 */
#ifndef FLOCKCAST_RENDER_H
#define FLOCKCAST_RENDER_H

#include "flockcast/array.h"
#include "flockcast/evaluate.h"
#include "flockcast/field.h"
#include "flockcast/phase.h"
#include "flockcast/select.h"
#include "flockcast/structure.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FCAST_FACT = 96 };

/* What figures and films are made with here. */
typedef struct fcast_render_facts {
  char cairo[FCAST_FACT], pango[FCAST_FACT], libav[FCAST_FACT]; /* versions */
  char font[FCAST_FACT]; /* the family that text is set in; "" where there is none */
  bool has_film_encoder;
} fcast_render_facts;

/* Fill in the facts. */
FCAST_API void fcast_render_facts_find(fcast_render_facts *out);

/* The last is the numbers that the others draw, as a table: a line of names, a line for every point (docs/figures.md).
 * It is FCAST_E_ARG to ask it of fcast_figure_pod_modes and fcast_figure_tracks, which show nothing but maps. */
typedef enum fcast_figure_format {
  FCAST_FIGURE_PNG,
  FCAST_FIGURE_PDF,
  FCAST_FIGURE_SVG,
  FCAST_FIGURE_CSV
} fcast_figure_format;
enum { FCAST_N_FIGURE_FORMATS = FCAST_FIGURE_CSV + 1 };

/* The same run by another model. Borrows everything. */
typedef struct fcast_other_view {
  const char *model;          /* its name */
  const fcast_scores *scores; /* as many frames as the run's own */
  const double *prediction;   /* [n_forecast, y, x], or NULL */
} fcast_other_view;

enum { FCAST_MOST_OTHERS = 2 };

/* One evaluated test run, as the drawing functions see it. Borrows everything. */
typedef struct fcast_run_view {
  const char *run_name;      /* "test_003" */
  const char *ic_type;       /* "two_clusters" */
  const fcast_fields *truth; /* all frames, known and forecast */
  const char *model;         /* whose forecast and scores these are: "chosen model"; NULL: of the only one */
  size_t n_others;           /* the other models */
  fcast_other_view others[FCAST_MOST_OTHERS];
  double r2_limit;                /* of the noise limit; nan where it is not known */
  const double *r2_lead_limit;    /* [n_forecast]: of its single frames, or NULL */
  const double *prediction;       /* [n_forecast, y, x] */
  const double *expected_r2;      /* [n_expected, 3]: p10, median, p90 of the r2 of a frame that training expects of the
                                     model, or NULL */
  size_t n_expected;              /* leads of it */
  const char *limit;              /* what the projection is on: "basis" (also where it is NULL) or "state" */
  const fcast_scores *field;      /* of the field model, or NULL */
  const double *r2_one_step;      /* [n_forecast]: of its forecasts of each frame from the one before, or NULL */
  const double *polarization;     /* [n_forecast]: forecast, or NULL */
  const double *polarization_std; /* [n_forecast]: standard deviation of its error, or NULL */
  const fcast_scores *scores;     /* scores->n_known frames are known */
  const fcast_tracks *tracks;     /* with velocities; frames and times as in truth */
  const fcast_order_params *order; /* members may be NULL */
} fcast_run_view;

/* --- figures of one run (`peers`: all test runs of the same type, the run itself among them) --- */

/* e1, e2, einf of the run against time on forecast frames, e2 of persistence, the band of e2 over the peers (p10 to
 * p90), the tolerance and tau_tol; the known frames shaded, the start of the forecast marked. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_error_time(const char *path, fcast_figure_format format,
                                                                const fcast_run_view *run, const fcast_run_view *peers,
                                                                size_t n_peers, fcast_error *err);
/* Histogram of e2 over forecast frames: the run, and all peers behind it; medians marked. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_error_hist(const char *path, fcast_figure_format format,
                                                                const fcast_run_view *run, const fcast_run_view *peers,
                                                                size_t n_peers, fcast_error *err);
/* Order parameters of the true run against time, with the band over the peers. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_order_parameters(const char *path, fcast_figure_format format,
                                                                      const fcast_run_view *run,
                                                                      const fcast_run_view *peers, size_t n_peers,
                                                                      fcast_error *err);
/* Truth above, forecast below, at five times from the last known frame to the end; one colour scale and bar. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_snapshots(const char *path, fcast_figure_format format,
                                                               const fcast_run_view *run, fcast_error *err);

/* One frame of tracks in a box of box_x by box_y: arrows coloured by direction, dots where there are no velocities. A
 * small picture, for a page of many. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_tracks(const char *path, fcast_figure_format format,
                                                            const fcast_tracks *tracks, size_t frame, double box_x,
                                                            double box_y, fcast_error *err);

/* --- figures of the ensemble (`runs`: all test runs) --- */

/* r2 of every run as a point, mean by type, beside the other models, persistence and the projection limit. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_r2_by_ic_type(const char *path, fcast_figure_format format,
                                                                   const fcast_run_view *runs, size_t n_runs,
                                                                   fcast_error *err);
/* Median e2 with p10 to p90 by type, beside persistence. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_error_by_ic_type(const char *path, fcast_figure_format format,
                                                                      const fcast_run_view *runs, size_t n_runs,
                                                                      fcast_error *err);
/* Median over runs of e2 against time with a p10 to p90 band, for the forecast and for persistence. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_error_growth(const char *path, fcast_figure_format format,
                                                                  const fcast_run_view *runs, size_t n_runs,
                                                                  fcast_error *err);

/* r2 of single frames against lead time: median and p10 to p90 over runs, beside the other models, persistence and the
 * projection limit, and within the outline of what training expected; the horizon at FCAST_HORIZON_R2
 * marked. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_r2_by_lead(const char *path, fcast_figure_format format,
                                                                const fcast_run_view *runs, size_t n_runs,
                                                                fcast_error *err);

/* The search for a model: r2 on held-out runs against the number of modes, a line for every basis and state with the
 * best lag and penalty at each point, one standard error around it, the best and the chosen candidate marked. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_selection(const char *path, fcast_figure_format format,
                                                               const fcast_selection *selection, fcast_error *err);

/* --- figures of the field model --- */

/* K against distance with its 95 % band, forces likewise, the edge, and `true_radius` where it is finite. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_field_kernel(const char *path, fcast_figure_format format,
                                                                  const fcast_field_model *model, double true_radius,
                                                                  fcast_error *err);
/* 1 - r2 of single frames against lead time: of the state, of one step, of the roll-out, beside the noise limit. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_field_errors(const char *path, fcast_figure_format format,
                                                                  const fcast_run_view *runs, size_t n_runs,
                                                                  fcast_error *err);

/* --- figures of the basis --- */

/* Singular values relative to the first, logarithmic. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_pod_singular_values(const char *path, fcast_figure_format format,
                                                                         const fcast_pod *pod, fcast_error *err);
/* Cumulated energy against the number of modes, the target and R_POD marked. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_pod_energy(const char *path, fcast_figure_format format,
                                                                const fcast_pod *pod, fcast_error *err);
/* The mean and the first modes as maps; `grid` gives cells and edges. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_pod_modes(const char *path, fcast_figure_format format,
                                                               const fcast_pod *pod, const fcast_fields *grid,
                                                               fcast_error *err);

/* --- all on one page --- */

/* What the summary shows. Borrows everything. */
typedef struct fcast_summary_view {
  const fcast_run_view *runs; /* [n_runs]: all test runs */
  size_t n_runs;
  const fcast_run_view *median;   /* a run of middling r2, with its density and its prediction */
  const fcast_pod *pod;           /* shown where `field` is NULL */
  const fcast_field_model *field; /* or NULL */
  double true_radius;             /* of alignment; nan where it is not known */
  const char *ensemble;           /* what the runs are, in one line of plain text */
  const char *provenance;         /* what made the page, in one line of plain text */
} fcast_summary_view;

/* One page for slides and papers, 16 : 9: mean r2 of the model with its 95 % interval over runs (fcast_bootstrap_mean)
 * beside the other models, persistence and the limits; r2 against lead time and by type; truth and forecast of the
 * median run; what was learned. Runs whose r2 is not finite do not count in means, and the page says how many they are.
 */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_summary(const char *path, fcast_figure_format format,
                                                             const fcast_summary_view *view, fcast_error *err);

/* --- phase diagrams --- */

/* Order parameters along one parameter, a line for every combination of others. Borrows everything. */
typedef struct fcast_phase_diagram {
  const char *subtitle;
  const char *x_label;        /* "noise.eta" */
  const char *const *x_names; /* [n_x]: what stands at x = 1, 2, ... where the values are no numbers; else NULL */
  size_t n_x, n_lines;
  const double *x;           /* [n_x] */
  const char *const *names;  /* [line]: "sim.N=100" */
  const fcast_phase *phases; /* [line, n_x] */
  const fcast_measured *r2;  /* [line, n_x]: of forecasts, or NULL */
} fcast_phase_diagram;

/* Polarization, susceptibility, Binder cumulant, and r2 where there is one, with error bars. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_phase_diagram(const char *path, fcast_figure_format format,
                                                                   const fcast_phase_diagram *diagram,
                                                                   fcast_error *err);

/* An order parameter in time. */
typedef struct fcast_order_line {
  const double *mean;    /* [n_frames]: over runs */
  const double *lo, *hi; /* [n_frames]: p10 and p90 over runs, or NULL */
} fcast_order_line;

/* What runs look like inside, all together. Borrows everything. */
typedef struct fcast_structure_view {
  const char *subtitle;
  size_t n_runs;
  size_t n_frames;
  const double *times; /* [n_frames] */
  fcast_order_line polarization, nematic, angular_momentum;
  size_t n_bins;
  const double *r, *g, *g_error; /* [n_bins]; errors may be nan */
  size_t n_divisions;
  const fcast_numbers *numbers; /* [n_divisions] */
  size_t n_sizes;
  const double *cluster_sizes; /* [n_sizes]: clusters of size 0, 1, 2, ... */
} fcast_structure_view;

/* Order parameters against time, the pair correlation, number fluctuations beside those of independent agents, and the
 * sizes of clusters. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_figure_structure(const char *path, fcast_figure_format format,
                                                               const fcast_structure_view *view, fcast_error *err);

/* --- films: H.264, yuv420p, faststart; at least five seconds --- */

/* Particles with heading arrows coloured by angle. Without a prediction nothing is said of known and forecast frames.
 */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_film_tracks(const char *path, const fcast_run_view *run,
                                                          fcast_error *err);
/* Truth and prediction side by side, that of the first other model between them where it is there, one colour scale and
 * bar, the start of the forecast marked; under them e2 of all that is shown and of persistence. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_film_density(const char *path, const fcast_run_view *run,
                                                           fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
