/* SPDX-License-Identifier: MIT
 *
 * A sweep: the same runs at every point of a grid over the configuration, and what comes of them.
 *
 * A point is a directory named by its values, as DIR/noise.eta=0.5,sim.N=100, so that a grid may grow. Run k of it is
 * run k of the training ensemble of its configuration. Without forecasts that is POINT/runs/train_000 with
 * order_params.npz and metadata.json alone; with forecasts every point is a whole ensemble with models, as `flockcast
 * run` makes it.
 */
#ifndef FLOCKCAST_CLI_SWEEP_H
#define FLOCKCAST_CLI_SWEEP_H

#include "cli/evaluation.h"
#include "cli/figure_files.h"
#include "cli/sweep_grid.h"
#include "flockcast/phase.h"

typedef struct fcast_sweep {
  fcast_grid grid;
  int64_t n_runs; /* of every point */
  double discard; /* share of the frames at the start of a run that do not count */
  bool with_forecast;
  const char *output_dir;
  fcast_config *configs; /* [point] */
  char (*hashes)[17];    /* [point]: fcast_config_fingerprint */
} fcast_sweep;

/* Runs of all points; number i is run i mod n_runs of point i / n_runs. */
static inline int64_t fcast_sweep_size(const fcast_sweep *sweep) {
  return (int64_t)sweep->grid.n_points * sweep->n_runs;
}

/* The directory of a point, on the heap, which the caller frees with fcast_free; NULL where memory is short. */
char *fcast_sweep_directory(const fcast_sweep *sweep, size_t point);

/* Whether a run is there, whole and of its point's configuration. */
bool fcast_sweep_has(const fcast_sweep *sweep, int64_t run);

/* Make runs [first, last] that are not there yet, on all cores; the result depends neither on their number nor on how
 * the list is cut. Errors: those of the runs; FCAST_E_INTERRUPTED after a signal, when those begun are whole. */
FCAST_MUST_CHECK fcast_status fcast_sweep_simulate(const fcast_sweep *sweep, int64_t first, int64_t last,
                                                   fcast_error *err);

/* Make ensemble and models of every point that are not there yet. Errors: as above, and those of training. */
FCAST_MUST_CHECK fcast_status fcast_sweep_train(const fcast_sweep *sweep, fcast_error *err);

/* What is known of the points. */
typedef struct fcast_sweep_results {
  fcast_phase *phases;     /* [point] */
  size_t *n_frames;        /* [point]: frames counted in a run */
  fcast_measured *r2;      /* [point]: of the forecast, over test runs; NULL without forecasts */
  double *r2_persistence;  /* [point]: mean over test runs; NULL without forecasts */
  double *r2_pod;          /* [point]: likewise, of the truth projected on the modes */
  fcast_model_kind *model; /* [point]: whose r2 it is, the largest on average */
} fcast_sweep_results;

/* Score the forecasts of every point's test runs, by the model that is best there on average. Fills in the last four of
 * `out`. Errors: those of the files. */
FCAST_MUST_CHECK fcast_status fcast_sweep_score(const fcast_sweep *sweep, fcast_sweep_results *out, fcast_error *err);

/* Read all runs, and score the forecasts. The caller clears `out`. Errors: those of the files. */
FCAST_MUST_CHECK fcast_status fcast_sweep_collect(const fcast_sweep *sweep, fcast_sweep_results *out, fcast_error *err);
void fcast_sweep_results_clear(fcast_sweep_results *results);

/* Write sweep.csv and draw phase_diagram.* into the output directory; a report goes to standard output, as JSON where
 * `as_json`. */
FCAST_MUST_CHECK fcast_status fcast_sweep_report(const fcast_sweep *sweep, const fcast_sweep_results *results,
                                                 const fcast_figure_formats *formats, bool as_json, fcast_error *err);

#endif
