/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out on the way from tracks, simulated or recorded, to densities, POD, MVAR, forecasts and scores,
 * and where order and structure are measured.
 */
#include "failing_memory.h"
#include "small_inputs.h"

#include "flockcast/recording.h"
#include "io/sightings.h"

static fcast_status use_tracks_alloc(fcast_error *err) {
  fcast_tracks made;
  const fcast_status status = fcast_tracks_alloc(3, 4, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_fields_alloc(fcast_error *err) {
  fcast_fields made;
  const fcast_status status = fcast_fields_alloc(3, 4, 5, &made, err);
  fcast_fields_clear(&made);
  return status;
}

static fcast_status use_simulate(fcast_error *err) {
  fcast_tracks made;
  const fcast_status status = fcast_simulate(&small.config.simulate, FCAST_IC_TWO_CLUSTERS, 1, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_dorsogna(fcast_error *err) {
  fcast_tracks made;
  fcast_simulate_options options = small.config.simulate;
  options.model = FCAST_MODEL_DORSOGNA;
  options.forces.enabled = true;
  const fcast_status status = fcast_simulate(&options, FCAST_IC_TWO_CLUSTERS, 1, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_resimulate(fcast_error *err) {
  fcast_tracks made;
  const fcast_status status = fcast_resimulate(&small.config.simulate, &small.tracks, SMALL_LAG, 1, 0, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_density(fcast_error *err) {
  fcast_fields made;
  const fcast_status status = fcast_density_estimate(&small.tracks, &small.config.density, &made, err);
  fcast_fields_clear(&made);
  return status;
}

static fcast_status use_order(fcast_error *err) {
  fcast_order_params made;
  const fcast_status status = fcast_order_params_compute(&small.tracks, 15.0, 15.0, FCAST_PERIODIC, &made, err);
  fcast_order_params_clear(&made);
  return status;
}

static fcast_status use_pod_many_frames(fcast_error *err) {
  fcast_pod made;
  const fcast_series_source source = small_source(SMALL_N_SPACE, SMALL_N_RUNS);
  const fcast_status status = fcast_pod_fit(&source, 0.9, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_pod_few_frames(fcast_error *err) {
  fcast_pod made;
  const fcast_series_source source = small_source(SMALL_N_SPACE, 1);
  const fcast_status status = fcast_pod_fit(&source, 0.9, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_project(fcast_error *err) {
  double coefficients[SMALL_N_FRAMES * SMALL_N_SPACE];
  return fcast_pod_project(&small.pod, small.series, SMALL_N_FRAMES, coefficients, err);
}

static fcast_status use_mvar_fit(fcast_error *err) {
  fcast_mvar made;
  const fcast_series_source source = small_source(3, SMALL_N_RUNS);
  const fcast_status status = fcast_mvar_fit(&source, SMALL_LAG, 1.0, &made, err);
  fcast_mvar_clear(&made);
  return status;
}

static fcast_status use_forecast(fcast_error *err) {
  double predicted[(SMALL_N_FRAMES - SMALL_LAG) * SMALL_N_SPACE];
  double projected[(SMALL_N_FRAMES - SMALL_LAG) * SMALL_N_SPACE];
  return fcast_forecast_densities(&small.pod, &small.mvar, small.fields.rho, 1, SMALL_N_FRAMES, predicted, projected,
                                  err);
}

static fcast_status use_scores(fcast_error *err) {
  fcast_scores made;
  const double *frames = small.fields.rho + SMALL_LAG * SMALL_N_SPACE;
  const fcast_status status = fcast_scores_compute(small.pod.mean, SMALL_N_SPACE, small.fields.rho, SMALL_N_FRAMES,
                                                   SMALL_LAG, frames, frames, &made, err);
  fcast_scores_clear(&made);
  return status;
}

static fcast_status use_pairs(fcast_error *err) {
  const fcast_domain domain = {15.0, 15.0, FCAST_PERIODIC};
  fcast_pairs pairs;
  fcast_status status = fcast_pairs_create(10, 5.0, domain, &pairs, err);
  if (status == FCAST_OK) {
    status = fcast_pairs_add(small.tracks.positions, small.tracks.n_agents, domain, &pairs, err);
  }
  fcast_pairs_clear(&pairs);
  return status;
}

static fcast_status use_numbers(fcast_error *err) {
  const fcast_domain domain = {15.0, 15.0, FCAST_PERIODIC};
  fcast_numbers numbers = {.n_divisions = 4};
  return fcast_numbers_add(small.tracks.positions, small.tracks.n_agents, domain, &numbers, err);
}

static fcast_status use_clusters(fcast_error *err) {
  const fcast_domain domain = {15.0, 15.0, FCAST_PERIODIC};
  fcast_clusters clusters;
  const fcast_status status =
      fcast_clusters_find(small.tracks.positions, small.tracks.n_agents, domain, 1.0, &clusters, err);
  fcast_clusters_clear(&clusters);
  return status;
}

static fcast_status use_recording_window(fcast_error *err) {
  fcast_tracks window;
  const fcast_status status = fcast_recording_window(&small.tracks, 1, 1, 2, &window, err);
  fcast_tracks_clear(&window);
  return status;
}

static fcast_status use_sightings(fcast_error *err) {
  char text[] = "1 2 3 4\n2 2 3 4\n2 5 3 4\n";
  fcast_columns columns;
  fcast_sightings sightings = {0};
  fcast_tracks read = {0};
  fcast_status status = fcast_columns_parse("id,frame,x,y", &columns, err);
  if (status == FCAST_OK) {
    status = fcast_sightings_parse("table", text, sizeof text - 1, &columns, 0, NULL, &sightings, err);
  }
  if (status == FCAST_OK) {
    status = fcast_sightings_tracks("table", &sightings, 1.0, 1.0, &read, err);
  }
  fcast_tracks_clear(&read);
  fcast_sightings_clear(&sightings);
  return status;
}

static fcast_status use_moments(fcast_error *err) {
  double made[SMALL_N_FRAMES * 2 * 2 * SMALL_N_SPACE];
  return fcast_density_moments(&small.tracks, &small.config.density, 2, made, err);
}

static fcast_status use_bootstrap(fcast_error *err) {
  double lo;
  double hi;
  return fcast_bootstrap_mean(small.series, 5, &lo, &hi, err);
}

static const failing_use uses[] = {
    {"fcast_tracks_alloc", use_tracks_alloc, 1},
    {"fcast_fields_alloc", use_fields_alloc, 1},
    {"fcast_simulate", use_simulate, 1},
    {"fcast_simulate, dorsogna", use_dorsogna, 1},
    {"fcast_resimulate", use_resimulate, 1},
    {"fcast_density_estimate", use_density, 1},
    {"fcast_order_params_compute", use_order, 1},
    {"fcast_pod_fit, more frames than cells", use_pod_many_frames, 1},
    {"fcast_pod_fit, fewer frames than cells", use_pod_few_frames, 1},
    {"fcast_pod_project", use_project, 1},
    {"fcast_mvar_fit", use_mvar_fit, 1},
    {"fcast_forecast_density", use_forecast, 1},
    {"fcast_scores_compute", use_scores, 1},
    {"fcast_pairs_create, _add", use_pairs, 1},
    {"fcast_numbers_add", use_numbers, 1},
    {"fcast_clusters_find", use_clusters, 1},
    {"fcast_recording_window", use_recording_window, 1},
    {"fcast_sightings_parse, _tracks", use_sightings, 1},
    {"fcast_density_moments", use_moments, 1},
    {"fcast_bootstrap_mean", use_bootstrap, 1},
};

static void test_every_allocation_may_fail(void **state) {
  (void)state;
  failing_memory_try(uses, sizeof uses / sizeof uses[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, small_inputs_make, small_inputs_clear);
}
