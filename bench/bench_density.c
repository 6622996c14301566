/* SPDX-License-Identifier: MIT
 *
 * Time of a density frame, memory included.
 */
#include "harness.h"

#include "flockcast/density.h"

#include <stdio.h>

typedef struct smoothing {
  fcast_density_options options;
  fcast_tracks tracks;
} smoothing;

static fcast_status estimate(void *context, fcast_error *err) {
  const smoothing *s = context;
  fcast_fields fields;
  const fcast_status status = fcast_density_estimate(&s->tracks, &s->options, &fields, err);
  fcast_fields_clear(&fields);
  return status;
}

static fcast_status measure(const bench_plan *plan, int64_t n_agents, int64_t n_cells, fcast_error *err) {
  fcast_simulate_options simulate = fcast_simulate_options_default();
  simulate.n_agents = n_agents;
  smoothing s = {.options = {.nx = n_cells,
                             .ny = n_cells,
                             .bandwidth = 2.0,
                             .box_x = simulate.box_x,
                             .box_y = simulate.box_y,
                             .boundary = simulate.boundary}};
  fcast_status status = fcast_simulate(&simulate, FCAST_IC_UNIFORM, 1, &s.tracks, err);
  bench_case measured = {
      .problem = "density", .tool = "flockcast", .unit = "us/frame", .amount = 1e6 / (double)s.tracks.n_frames};
  (void)snprintf(measured.parameters, sizeof measured.parameters, "N=%lld %lldx%lld sigma=2", (long long)n_agents,
                 (long long)n_cells, (long long)n_cells);
  for (int pass = 0; status == FCAST_OK && pass < 2; pass++) {
    measured.n_threads = pass == 0 ? 1 : plan->n_threads;
    status = bench_measure(plan, &measured, estimate, &s, err);
  }
  fcast_tracks_clear(&s.tracks);
  return status;
}

fcast_status bench_density(const bench_plan *plan, fcast_error *err) {
  fcast_status status = measure(plan, 40, 64, err);
  if (status == FCAST_OK) {
    status = measure(plan, 400, 256, err);
  }
  return status;
}
