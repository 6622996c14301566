/* SPDX-License-Identifier: MIT
 *
 * Forecast the density of a flock from a hundred others, all in memory.
 *
 * A hundred runs of the default Vicsek model become density fields, the fields become the coefficients of POD modes,
 * and a linear model (MVAR) learns how the coefficients of a frame follow from those of the four before. Then come four
 * runs that the model has never seen, one of each initial condition: from the first four frames of each it rolls out
 * the other seventeen. Beside its r2 stand the two numbers that say whether that is any good: persistence, which holds
 * the last known frame, and the projection, the best that any model on these modes could do. It prints
 *
 *     100 runs, 21 frames of 1024 cells: 40 modes hold 96.8 % of the energy
 *     lag 4, ridge 1e-06: 1700 windows, spectral radius 1.0247
 *     unseen run          r2 of the model   persistence   projection
 *     uniform                       0.480         0.473        0.866
 *     gaussian_cluster              0.682         0.590        0.941
 *     ring                          0.653         0.493        0.948
 *     two_clusters                  0.652         0.459        0.972
 *
 * in less than a second. More modes are not better: with the 74 that hold 99.5 % of the energy, 296 regressors on 1,700
 * windows follow the noise, and the uniform run falls to 0.065 where persistence has 0.473. The basis and the model are
 * in pod_model.npz and mvar_model.npz afterwards, for numpy.load and for the program.
 */
#include <flockcast/flockcast.h>

#include <stdio.h>

enum { N_TRAINING = 100, N_MODES = 40, LAG = 4, TRAINING_SEED = 1000, UNSEEN_SEED = 2000 };
static const double ridge_alpha = 1e-6;

/* What all runs share. */
typedef struct experiment {
  fcast_simulate_options simulate;
  fcast_density_options density;
  size_t n_frames, n_space; /* of one run */
} experiment;

static experiment describe(void) {
  experiment all = {.simulate = fcast_simulate_options_default()};
  all.density = (fcast_density_options){.nx = 32,
                                        .ny = 32,
                                        .bandwidth = 2.0,
                                        .box_x = all.simulate.box_x,
                                        .box_y = all.simulate.box_y,
                                        .boundary = all.simulate.boundary};
  all.n_frames = fcast_simulate_n_frames(&all.simulate);
  all.n_space = (size_t)(all.density.nx * all.density.ny);
  return all;
}

/* Simulate one run: its density goes to frames[frame, cell]. */
static fcast_status make_run(const experiment *all, fcast_ic_type type, uint64_t seed, double *frames,
                             fcast_error *err) {
  fcast_tracks tracks = {0};
  fcast_fields fields = {0};
  fcast_status status = fcast_simulate(&all->simulate, type, seed, &tracks, err);
  if (status == FCAST_OK) {
    status = fcast_density_estimate(&tracks, &all->density, &fields, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < all->n_frames * all->n_space; i++) {
    frames[i] = fields.rho[i];
  }
  fcast_fields_clear(&fields);
  fcast_tracks_clear(&tracks);
  return status;
}

/* The leading modes of all training frames. */
static fcast_status learn_basis(fcast_memory_series *densities, fcast_pod *pod, fcast_error *err) {
  const fcast_series_source source = fcast_memory_source(densities, N_TRAINING);
  fcast_pod all_modes = {0};
  fcast_status status = fcast_pod_fit(&source, 0.995, &all_modes, err);
  if (status == FCAST_OK) {
    status = fcast_pod_truncate(&all_modes, N_MODES, pod, err);
  }
  fcast_pod_clear(&all_modes);
  return status;
}

/* The law that their coefficients follow. */
static fcast_status learn_law(const fcast_memory_series *densities, size_t n_frames, const fcast_pod *pod,
                              fcast_mvar *mvar, fcast_error *err) {
  double *coefficients = fcast_alloc_array(n_frames * pod->n_modes, sizeof *coefficients);
  fcast_memory_series series = {coefficients, densities->n_frames, pod->n_modes};
  const fcast_series_source source = fcast_memory_source(&series, N_TRAINING);
  fcast_spectrum spectrum = {0};
  fcast_status status = coefficients == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for coefficients")
                                             : fcast_pod_project(pod, densities->values, n_frames, coefficients, err);
  if (status == FCAST_OK) {
    status = fcast_mvar_fit(&source, LAG, ridge_alpha, mvar, err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_spectrum(mvar, 0, &spectrum, err);
    mvar->spectral_radius = spectrum.radius;
  }
  fcast_spectrum_clear(&spectrum);
  fcast_free(coefficients);
  return status;
}

/* Training runs, basis and law; initial conditions in turn. */
static fcast_status learn(const experiment *all, fcast_pod *pod, fcast_mvar *mvar, fcast_error *err) {
  const size_t n_run = all->n_frames * all->n_space;
  size_t n_frames[N_TRAINING];
  double *frames = fcast_alloc_unfilled(N_TRAINING * n_run, sizeof *frames);
  fcast_memory_series densities = {frames, n_frames, all->n_space};
  fcast_status status = frames == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the runs") : FCAST_OK;
  for (size_t run = 0; status == FCAST_OK && run < N_TRAINING; run++) {
    n_frames[run] = all->n_frames;
    status = make_run(all, (fcast_ic_type)(run % FCAST_IC_COUNT), TRAINING_SEED + run, frames + run * n_run, err);
  }
  if (status == FCAST_OK) {
    status = learn_basis(&densities, pod, err);
  }
  if (status == FCAST_OK) {
    status = learn_law(&densities, N_TRAINING * all->n_frames, pod, mvar, err);
  }
  fcast_free(frames);
  return status;
}

/* Forecast a new run from its first frames, and print how good that was. */
static fcast_status judge(const experiment *all, const fcast_pod *pod, const fcast_mvar *mvar, fcast_ic_type type,
                          fcast_error *err) {
  const size_t n_run = all->n_frames * all->n_space;
  double *memory = fcast_alloc_unfilled(3 * n_run, sizeof *memory);
  double *const truth = memory;
  double *const prediction = truth + n_run;
  double *const projection = prediction + n_run;
  fcast_scores scores = {0};
  fcast_status status = memory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a run")
                                       : make_run(all, type, UNSEEN_SEED + (uint64_t)type, truth, err);
  if (status == FCAST_OK) {
    status = fcast_forecast_densities(pod, mvar, truth, 1, all->n_frames, prediction, projection, err);
  }
  if (status == FCAST_OK) {
    status =
        fcast_scores_compute(pod->mean, all->n_space, truth, all->n_frames, LAG, prediction, projection, &scores, err);
  }
  if (status == FCAST_OK) {
    printf("%-18s %16.3f %13.3f %12.3f\n", fcast_ic_type_name(type), scores.r2, scores.r2_persistence, scores.r2_pod);
  }
  fcast_scores_clear(&scores);
  fcast_free(memory);
  return status;
}

int main(void) {
  const experiment all = describe();
  fcast_error err = {0};
  fcast_pod pod = {0};
  fcast_mvar mvar = {0};
  fcast_status status = learn(&all, &pod, &mvar, &err);
  if (status == FCAST_OK) {
    printf("%d runs, %zu frames of %zu cells: %zu modes hold %.1f %% of the energy\n", N_TRAINING, all.n_frames,
           all.n_space, pod.n_modes, 100.0 * pod.energy);
    printf("lag %zu, ridge %g: %zu windows, spectral radius %.4f\n", mvar.lag, mvar.ridge_alpha, mvar.n_windows,
           mvar.spectral_radius);
    printf("unseen run          r2 of the model   persistence   projection\n");
  }
  for (int type = 0; status == FCAST_OK && type < FCAST_IC_COUNT; type++) {
    status = judge(&all, &pod, &mvar, (fcast_ic_type)type, &err);
  }
  if (status == FCAST_OK) {
    status = fcast_pod_write("pod_model.npz", &pod, &err);
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_write("mvar_model.npz", &mvar, &err);
  }
  if (status != FCAST_OK) {
    fprintf(stderr, "forecast: %s\n", err.text);
  }
  fcast_mvar_clear(&mvar);
  fcast_pod_clear(&pod);
  return fcast_status_exit(status);
}
