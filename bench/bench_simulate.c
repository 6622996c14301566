/* SPDX-License-Identifier: MIT
 *
 * Time of a particle and step, initial state and memory included, no output.
 */
#include "harness.h"

#include "flockcast/simulate.h"

#include <stdio.h>

static fcast_status simulate(void *context, fcast_error *err) {
  const fcast_simulate_options *options = context;
  fcast_tracks tracks;
  const fcast_status status = fcast_simulate(options, FCAST_IC_UNIFORM, 1, &tracks, err);
  fcast_tracks_clear(&tracks);
  return status;
}

/* A periodic box of 100 x 100; the first and the last frame are kept. */
static fcast_simulate_options large_box(int64_t n_agents, double radius, int64_t n_steps) {
  fcast_simulate_options options = fcast_simulate_options_default();
  options.n_agents = n_agents;
  options.box_x = 100.0;
  options.box_y = 100.0;
  options.radius = radius;
  options.dt = 0.05;
  options.total_time = 0.05 * (double)n_steps;
  options.save_every = n_steps;
  options.rng = FCAST_RANDOM_PHILOX;
  return options;
}

/* What a run costs before its second step: memory, initial state, first step. */
static fcast_status measure_start(const bench_plan *plan, fcast_error *err) {
  fcast_simulate_options options = large_box(100000, 0.3, 1);
  const bench_case measured = {.problem = "simulate_start",
                               .parameters = "N=100000 R=0.3",
                               .tool = "flockcast",
                               .unit = "ns/particle",
                               .n_threads = plan->n_threads,
                               .amount = 1e9 / 100000.0};
  return bench_measure(plan, &measured, simulate, &options, err);
}

/* Morse forces that turn headings, cut off at the interaction radius: alignment and forces have the same neighbours. */
static fcast_status measure_forces(const bench_plan *plan, fcast_error *err) {
  static const struct {
    double radius;
    bool is_quick;
  } cases[] = {{1.0, true}, {3.0, true}, {10.0, false}};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof cases / sizeof cases[0]; i++) {
    if (plan->is_quick && !cases[i].is_quick) {
      continue;
    }
    const int64_t n_steps = 20;
    fcast_simulate_options options = large_box(10000, cases[i].radius, n_steps);
    options.speed_mode = FCAST_SPEED_CONSTANT_WITH_FORCES;
    options.forces.enabled = true;
    options.forces.attraction_length = cases[i].radius / options.forces.cutoff_factor;
    options.forces.repulsion_length = options.forces.attraction_length / 3.0;
    bench_case measured = {.problem = "simulate_forces",
                           .tool = "flockcast",
                           .unit = "ns/particle/step",
                           .amount = 1e9 / (double)(options.n_agents * n_steps)};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "N=10000 R=cutoff=%g", cases[i].radius);
    for (int pass = 0; status == FCAST_OK && pass < 2; pass++) {
      measured.n_threads = pass == 0 ? 1 : plan->n_threads;
      status = bench_measure(plan, &measured, simulate, &options, err);
    }
  }
  return status;
}

fcast_status bench_simulate(const bench_plan *plan, fcast_error *err) {
  /* As many steps as make the initial state small beside them: it costs as much as two to five. */
  static const struct {
    int64_t n_agents, n_steps;
    double radius;
    bool is_quick;
  } cases[] = {
      {10000, 200, 1.0, true},   {10000, 100, 3.0, true},   {10000, 20, 10.0, false},
      {100000, 100, 0.3, true},  {100000, 50, 1.0, true},   {100000, 20, 3.0, false},
      {1000000, 20, 0.1, false}, {1000000, 20, 0.3, false}, {1000000, 10, 1.0, false},
  };
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof cases / sizeof cases[0]; i++) {
    if (plan->is_quick && !cases[i].is_quick) {
      continue;
    }
    const int64_t n_steps = plan->is_quick && cases[i].n_steps > 25 ? cases[i].n_steps / 5 : cases[i].n_steps;
    fcast_simulate_options options = large_box(cases[i].n_agents, cases[i].radius, n_steps);
    bench_case measured = {.problem = "simulate",
                           .tool = "flockcast",
                           .unit = "ns/particle/step",
                           .amount = 1e9 / (double)(cases[i].n_agents * n_steps)};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "N=%lld R=%g", (long long)cases[i].n_agents,
                   cases[i].radius);
    /* A million particles on one thread take too long for what they add. */
    for (int pass = cases[i].n_agents > 100000; status == FCAST_OK && pass < 2; pass++) {
      measured.n_threads = pass == 0 ? 1 : plan->n_threads;
      status = bench_measure(plan, &measured, simulate, &options, err);
    }
  }
  if (status == FCAST_OK) {
    status = measure_forces(plan, err);
  }
  return status == FCAST_OK ? measure_start(plan, err) : status;
}

fcast_status bench_small(const bench_plan *plan, fcast_error *err) {
  static const struct {
    int64_t n_agents, n_steps;
    bool has_forces;
  } cases[] = {{40, 20, false}, {400, 200, false}, {40, 20, true}, {400, 200, true}};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof cases / sizeof cases[0]; i++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = cases[i].n_agents;
    options.total_time = options.dt * (double)cases[i].n_steps;
    options.forces.enabled = cases[i].has_forces;
    options.speed_mode = FCAST_SPEED_CONSTANT_WITH_FORCES;
    bench_case measured = {
        .problem = "small_run", .tool = "flockcast", .unit = "us/run", .n_threads = 1, .amount = 1e6};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "N=%lld %lld steps pcg64%s",
                   (long long)cases[i].n_agents, (long long)cases[i].n_steps, cases[i].has_forces ? " forces" : "");
    status = bench_measure(plan, &measured, simulate, &options, err);
  }
  return status;
}
