/* SPDX-License-Identifier: MIT
 *
 * Order parameters and spatial structure of one run or many, from their tracks.
 */
#ifndef FLOCKCAST_CLI_ORDER_SURVEY_H
#define FLOCKCAST_CLI_ORDER_SURVEY_H

#include "flockcast/evaluate.h"
#include "flockcast/structure.h"

enum { FCAST_N_DIVISIONS = 11 };

/* Where the tracks of a run are, and in which box. */
typedef struct fcast_track_source {
  char *path; /* of traj.npz */
  char name[64];
  fcast_domain domain;
  double radius; /* params.R; 0 where nothing says it */
} fcast_track_source;

typedef struct fcast_track_list {
  size_t n_runs;
  fcast_track_source *runs;
} fcast_track_list;

/* The run in `path`: a traj.npz, a run, or a directory of runs train_000 ... or test_000 .... Boxes come from
 * metadata.json or the configuration in the file. The caller clears `out`. Errors: FCAST_E_MISSING, FCAST_E_FORMAT
 * where nothing says the box or runs are of different ones, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_track_list_create(const char *path, fcast_track_list *out, fcast_error *err);
void fcast_track_list_clear(fcast_track_list *list);

/* What is measured. */
typedef struct fcast_order_options {
  double link, r_max; /* length units; 0: chosen by the runs */
  size_t n_bins;
  double discard; /* share of the frames at the start of a run that do not count for the structure */
} fcast_order_options;

/* One run, measured. */
typedef struct fcast_order_run {
  fcast_order_params order;
  size_t first_frame;                                 /* counted from here on */
  double *present, *n_clusters, *largest, *mean_size; /* [frame] */
  fcast_pairs pairs;
  fcast_numbers numbers[FCAST_N_DIVISIONS];
  size_t n_agents;
  double *cluster_sizes; /* [n_agents + 1]: clusters of each size, over the frames counted */
} fcast_order_run;

typedef struct fcast_order_survey {
  fcast_order_options options; /* with link and r_max chosen */
  const fcast_track_list *list;
  fcast_order_run *runs; /* [list->n_runs] */
} fcast_order_survey;

/* Measure all runs, on all cores; results do not depend on their number. The caller clears `out`. Errors: those of the
 * files; FCAST_E_ARG where r_max does not fit a box, or no link is given and none known. */
FCAST_MUST_CHECK fcast_status fcast_order_survey_create(const fcast_track_list *list,
                                                        const fcast_order_options *options, fcast_order_survey *out,
                                                        fcast_error *err);
void fcast_order_survey_clear(fcast_order_survey *survey);

/* An order parameter over the runs that have a frame. */
typedef struct fcast_order_series {
  double *mean, *lo, *hi; /* [frame]; lo and hi are p10 and p90 */
} fcast_order_series;

/* What all runs say together. */
typedef struct fcast_order_summary {
  size_t n_frames; /* of the longest run */
  double *times;   /* [frame] */
  fcast_order_series polarization, nematic, angular_momentum;
  double *r, *g, *g_error; /* [bin]: distance in the middle, pair correlation, standard error over runs (nan for one) */
  fcast_numbers numbers[FCAST_N_DIVISIONS]; /* of all runs */
  double exponent;
  size_t n_sizes;
  double *cluster_sizes; /* [n_sizes]: clusters of size 0, 1, ... of all runs */
} fcast_order_summary;

/* The caller clears `out`. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_order_summary_create(const fcast_order_survey *survey, fcast_order_summary *out,
                                                         fcast_error *err);
void fcast_order_summary_clear(fcast_order_summary *summary);

#endif
