/* SPDX-License-Identifier: MIT */
#include "simulate/force.h"

#include <math.h>

/* More steps than this are a slip of the keyboard, not a run. */
static const double max_steps = 1e9;
static const int64_t max_agents = 100000000;

fcast_simulate_options fcast_simulate_options_default(void) {
  return (fcast_simulate_options){
      .n_agents = 40,
      .box_x = 15.0,
      .box_y = 15.0,
      .boundary = FCAST_PERIODIC,
      .total_time = 2.0,
      .dt = 0.1,
      .save_every = 1,
      .neighbor_rebuild = 5,
      .speed = 1.0,
      .speed_mode = FCAST_SPEED_CONSTANT,
      .radius = 2.0,
      .noise_kind = FCAST_NOISE_GAUSSIAN,
      .eta = 0.3,
      .match_variance = true,
      .rng = FCAST_RANDOM_PCG64,
      .forces = {.enabled = false,
                 .law = FCAST_FORCE_MORSE,
                 .repulsion_strength = 2.0,
                 .attraction_strength = 1.0,
                 .repulsion_length = 0.5,
                 .attraction_length = 1.5,
                 .mobility = 0.5,
                 .cutoff_factor = 5.0},
  };
}

static fcast_status check_positive(const char *key, double value, fcast_error *err) {
  if (!(value > 0.0) || !isfinite(value)) {
    return fcast_fail(err, FCAST_E_CONFIG, "%s: found %g, expected a number above 0", key, value);
  }
  return FCAST_OK;
}

static fcast_status check_not_negative(const char *key, double value, fcast_error *err) {
  if (!(value >= 0.0) || !isfinite(value)) {
    return fcast_fail(err, FCAST_E_CONFIG, "%s: found %g, expected a number of at least 0", key, value);
  }
  return FCAST_OK;
}

static fcast_status check_at_least_one(const char *key, int64_t value, fcast_error *err) {
  if (value < 1) {
    return fcast_fail(err, FCAST_E_CONFIG, "%s: found %lld, expected an integer of at least 1", key, (long long)value);
  }
  return FCAST_OK;
}

static fcast_status check_integers(const fcast_simulate_options *options, fcast_error *err) {
  const struct {
    const char *key;
    int64_t value;
  } rows[] = {{"sim.N", options->n_agents},
              {"sim.save_every", options->save_every},
              {"sim.neighbor_rebuild", options->neighbor_rebuild}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const fcast_status status = check_at_least_one(rows[i].key, rows[i].value, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  return FCAST_OK;
}

static fcast_status check_reals(const fcast_simulate_options *options, fcast_error *err) {
  const fcast_force_options *const forces = &options->forces;
  const struct {
    const char *key;
    double value;
    fcast_status (*check)(const char *key, double value, fcast_error *err);
  } rows[] = {{"sim.Lx", options->box_x, check_positive},
              {"sim.Ly", options->box_y, check_positive},
              {"sim.T", options->total_time, check_not_negative},
              {"sim.dt", options->dt, check_positive},
              {"model.speed", options->speed, check_not_negative},
              {"params.R", options->radius, check_positive},
              {"noise.eta", options->eta, check_not_negative},
              {"forces.params.Cr", forces->repulsion_strength, check_not_negative},
              {"forces.params.Ca", forces->attraction_strength, check_not_negative},
              {"forces.params.lr", forces->repulsion_length, check_positive},
              {"forces.params.la", forces->attraction_length, check_positive},
              {"forces.params.mu_t", forces->mobility, check_not_negative},
              {"forces.params.rcut_factor", forces->cutoff_factor, check_positive}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const fcast_status status = rows[i].check(rows[i].key, rows[i].value, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  return FCAST_OK;
}

fcast_status fcast_simulate_options_check(const fcast_simulate_options *options, fcast_error *err) {
  fcast_status status = check_integers(options, err);
  if (status == FCAST_OK) {
    status = check_reals(options, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (options->n_agents > max_agents) {
    return fcast_fail(err, FCAST_E_CONFIG, "sim.N: found %lld, expected an integer of at most %lld",
                      (long long)options->n_agents, (long long)max_agents);
  }
  if (options->total_time / options->dt > max_steps) {
    return fcast_fail(err, FCAST_E_CONFIG, "sim.T: found %g, which is %g steps of sim.dt %g, expected at most %g steps",
                      options->total_time, options->total_time / options->dt, options->dt, max_steps);
  }
  if (options->speed * options->dt > options->radius / 2.0) {
    return fcast_fail(err, FCAST_E_CONFIG,
                      "sim.dt: found %g, a step of model.speed * sim.dt = %g, expected at most params.R / 2 = %g",
                      options->dt, options->speed * options->dt, options->radius / 2.0);
  }
  if (!isfinite(fcast__cutoff(&options->forces))) {
    return fcast_fail(err, FCAST_E_CONFIG, "forces.params.rcut_factor: found %g, expected a finite cut-off distance",
                      options->forces.cutoff_factor);
  }
  return FCAST_OK;
}

size_t fcast_simulate_n_steps(const fcast_simulate_options *options) {
  return (size_t)rint(options->total_time / options->dt);
}

size_t fcast_simulate_n_frames(const fcast_simulate_options *options) {
  return fcast_simulate_n_steps(options) / (size_t)options->save_every + 1;
}
