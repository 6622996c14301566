/* SPDX-License-Identifier: MIT */
#include "field.h"

#include <math.h>
#include <string.h>

enum { N_SHELLS = 12 };

fcast_field_model field_model_make(const fcast_density_options *density, int64_t parts, double state_bandwidth,
                                   double reach) {
  fcast_error err;
  fcast_field_model model = {.density = *density,
                             .interval = 0.1,
                             .edge = {reach, reach, reach},
                             .speed = {1.0, 1.0, 1.0},
                             .order = {0.9, 0.9, 0.9},
                             .state_bandwidth = state_bandwidth,
                             .state_nx = parts * density->nx,
                             .state_ny = parts * density->ny,
                             .n_runs = 3,
                             .n_transitions = 1000};
  check_ok(fcast_radial_create(N_SHELLS, reach / N_SHELLS, &model.alignment, &err), &err);
  for (size_t k = 0; k < N_SHELLS; k++) {
    model.alignment.value[k] = 1.1 - 0.08 * (double)k;
    model.alignment.lo[k] = 0.9 * model.alignment.value[k];
    model.alignment.hi[k] = 1.1 * model.alignment.value[k];
  }
  return model;
}

void field_model_push(fcast_field_model *model, fcast_field_force kind, double reach, double strength) {
  fcast_error err;
  model->force_kind = kind;
  model->steering = (fcast_estimate){0.7, 0.6, 0.8};
  check_ok(fcast_radial_create(N_SHELLS, reach / N_SHELLS, &model->force, &err), &err);
  for (size_t k = 0; k < N_SHELLS; k++) {
    model->force.value[k] = strength * (1.0 - 0.15 * (double)k);
    model->force.lo[k] = model->force.value[k] - 0.1 * strength;
    model->force.hi[k] = model->force.value[k] + 0.1 * strength;
  }
}

fcast_tracks field_tracks_make(const fcast_density_options *density, size_t n_agents, double spread, uint64_t seed) {
  const double pi = 3.14159265358979323846;
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_tracks_alloc(1, n_agents, &tracks, &err), &err);
  for (size_t i = 0; i < n_agents; i++) {
    const double heading = 0.6 + spread * pi * test_uniform(&seed);
    const double speed = 1.0 + 0.5 * test_uniform(&seed);
    tracks.positions[2 * i] = density->box_x * (0.5 + 0.5 * test_uniform(&seed));
    tracks.positions[2 * i + 1] = density->box_y * (0.5 + 0.5 * test_uniform(&seed));
    tracks.velocities[2 * i] = speed * cos(heading);
    tracks.velocities[2 * i + 1] = speed * sin(heading);
  }
  return tracks;
}

field_runs field_runs_simulate(const fcast_simulate_options *options, size_t n_runs, uint64_t seed) {
  fcast_error err;
  field_runs runs = {.n_runs = n_runs, .tracks = fcast_alloc_array(n_runs, sizeof(fcast_tracks))};
  assert_non_null(runs.tracks);
  for (size_t i = 0; i < n_runs; i++) {
    check_ok(fcast_simulate(options, (fcast_ic_type)(i % FCAST_IC_COUNT), seed + i, &runs.tracks[i], &err), &err);
  }
  return runs;
}

void field_runs_clear(field_runs *runs) {
  for (size_t i = 0; i < runs->n_runs; i++) {
    fcast_tracks_clear(&runs->tracks[i]);
  }
  fcast_free(runs->tracks);
  *runs = (field_runs){0};
}

static fcast_status read_run(void *context, size_t i_run, fcast_tracks *out, fcast_error *err) {
  const fcast_tracks *from = &((const field_runs *)context)->tracks[i_run];
  const size_t n = 2 * from->n_frames * from->n_agents;
  const fcast_status status = fcast_tracks_alloc(from->n_frames, from->n_agents, out, err);
  if (status == FCAST_OK) {
    memcpy(out->positions, from->positions, n * sizeof *out->positions);
    memcpy(out->velocities, from->velocities, n * sizeof *out->velocities);
    memcpy(out->times, from->times, from->n_frames * sizeof *out->times);
  }
  return status;
}

fcast_tracks_source field_runs_source(field_runs *runs) {
  return (fcast_tracks_source){.n_runs = runs->n_runs, .context = runs, .read = read_run};
}

fcast_density_options field_density_of(const fcast_simulate_options *options, int64_t n) {
  return (fcast_density_options){.nx = n,
                                 .ny = n,
                                 .bandwidth = 2.0,
                                 .box_x = options->box_x,
                                 .box_y = options->box_y,
                                 .boundary = options->boundary};
}

fcast_field_model field_learn(const fcast_simulate_options *options, int64_t n, size_t n_runs, uint64_t seed) {
  fcast_error err;
  fcast_field_model model;
  field_runs runs = field_runs_simulate(options, n_runs, seed);
  test_heard heard = {0};
  fcast_tracks_source source = field_runs_source(&runs);
  source.listener = (fcast_listener){test_hear, &heard};
  const fcast_density_options density = field_density_of(options, n);
  check_ok(fcast_field_learn(&source, &density, &model, &err), &err);
  assert_true(heard.n >= 3 * n_runs && heard.largest >= 0.75);
  field_runs_clear(&runs);
  return model;
}

void field_check_estimate(const fcast_estimate *found, double truth, double part) {
  const double margin = 0.5 * (found->hi - found->lo) + 1e-9 * truth;
  check_close(found->value, truth, 0.0, part);
  assert_true(found->lo <= found->value && found->value <= found->hi);
  assert_true(truth >= found->lo - margin && truth <= found->hi + margin);
}

double field_largest(const double *values, size_t n) {
  double most = 0.0;
  for (size_t i = 0; i < n; i++) {
    most = fmax(most, fabs(values[i]));
  }
  return most;
}
