/* SPDX-License-Identifier: MIT
 *
 * Ensemble: simulated runs, their densities and models in memory, so that these are measured without the disk.
 */
#ifndef FLOCKCAST_BENCH_ENSEMBLE_H
#define FLOCKCAST_BENCH_ENSEMBLE_H

#include "flockcast/array.h"
#include "flockcast/density.h"
#include "flockcast/mvar.h"
#include "flockcast/pod.h"
#include "flockcast/simulate.h"

/* The default configuration. */
#define BENCH_TARGET_ENERGY 0.995
#define BENCH_RIDGE_ALPHA 1e-6
enum { BENCH_CELLS = 64, BENCH_STEPS = 20, BENCH_TRAINING_RUNS = 100, BENCH_LAG = 4 };
enum { BENCH_TRAINING_SEED = 1000, BENCH_TEST_SEED = 2000 };

/* Runs of one length. Owner: whoever calls bench_ensemble_create calls bench_ensemble_clear. */
typedef struct bench_ensemble {
  fcast_simulate_options simulate;
  fcast_density_options density;
  size_t n_runs, n_frames, n_space;
  double *rho;         /* [run, frame, cell] */
  size_t *n_frames_of; /* [run]: all equal */
} bench_ensemble;

/* Simulate and smooth runs first_seed .. first_seed + n_runs - 1 of the default configuration on n_cells x n_cells
 * cells, with n_steps steps each. Types go round as in the program. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status bench_ensemble_create(size_t n_runs, size_t n_cells, size_t n_steps, uint64_t first_seed,
                                                    bench_ensemble *out, fcast_error *err);
void bench_ensemble_clear(bench_ensemble *ensemble);

/* The densities as a source; borrows the ensemble. */
fcast_series_source bench_ensemble_source(bench_ensemble *ensemble);

/* Coefficients of an ensemble on a basis, and a source that reads them. Owner as above. */
typedef struct bench_coefficients {
  size_t n_frames, n_modes;
  double *values; /* [run, frame, mode] */
} bench_coefficients;

FCAST_MUST_CHECK fcast_status bench_coefficients_create(const bench_ensemble *ensemble, const fcast_pod *pod,
                                                        bench_coefficients *out, fcast_error *err);
void bench_coefficients_clear(bench_coefficients *coefficients);
fcast_series_source bench_coefficients_source(bench_coefficients *coefficients, const bench_ensemble *ensemble);

/* A basis that holds `target_energy` of an ensemble and a model with the lag and ridge of the default configuration.
 * Owner as above. Errors: those of the fits. */
typedef struct bench_models {
  fcast_pod pod;
  fcast_mvar mvar;
} bench_models;

FCAST_MUST_CHECK fcast_status bench_models_fit(bench_ensemble *ensemble, double target_energy, bench_models *out,
                                               fcast_error *err);
void bench_models_clear(bench_models *models);

#endif
