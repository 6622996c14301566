/* SPDX-License-Identifier: MIT */
#include "simulate/force.h"

#include <math.h>

/* More steps than this are a slip of the keyboard, not a run. */
static const double max_steps = 1e9;
static const int64_t max_agents = 100000000;
/* The square of a distance must be a number in single precision (lanes_inverse_root). */
static const double max_cutoff = 1e18;

fcast_initial_options fcast_initial_options_default(void) {
  return (fcast_initial_options){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

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
      .model = FCAST_MODEL_VICSEK,
      .speed = 1.0,
      .speed_mode = FCAST_SPEED_CONSTANT,
      .alignment_rate = 5.0,
      .angular_diffusion = 0.04,
      .propulsion = 1.6,
      .friction = 0.5,
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
      .initial = fcast_initial_options_default(),
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
              {"model.alignment_rate", options->alignment_rate, check_not_negative},
              {"model.angular_diffusion", options->angular_diffusion, check_not_negative},
              {"model.alpha", options->propulsion, check_not_negative},
              {"model.beta", options->friction, check_not_negative},
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

static fcast_status check_initial(const fcast_simulate_options *options, fcast_error *err) {
  const fcast_initial_options *const initial = &options->initial;
  const struct {
    const char *key;
    double value;
  } lengths[] = {{"initial.spread", initial->spread},
                 {"initial.ring_radius", initial->ring_radius},
                 {"initial.ring_width", initial->ring_width},
                 {"initial.separation", initial->separation}};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    const fcast_status status =
        isnan(lengths[i].value) ? FCAST_OK : check_not_negative(lengths[i].key, lengths[i].value, err);
    if (status != FCAST_OK) {
      return status;
    }
  }
  const struct {
    const char *key;
    double value, length;
  } centres[] = {{"initial.centre_x", initial->centre_x, options->box_x},
                 {"initial.centre_y", initial->centre_y, options->box_y}};
  for (size_t i = 0; i < sizeof centres / sizeof centres[0]; i++) {
    const double value = centres[i].value;
    if (isinf(value)) {
      return fcast_fail(err, FCAST_E_CONFIG, "%s: found %g, expected a number", centres[i].key, value);
    }
    if (options->boundary == FCAST_REFLECTING && (value < 0.0 || value > centres[i].length)) {
      return fcast_fail(err, FCAST_E_CONFIG, "%s: found %g, expected 0 to %g, between the walls", centres[i].key, value,
                        centres[i].length);
    }
  }
  const double n = initial->n_clusters;
  if (!isnan(n) && !(n >= 1.0 && n <= (double)options->n_agents && n == floor(n))) {
    return fcast_fail(err, FCAST_E_CONFIG, "initial.n_clusters: found %g, expected an integer from 1 to sim.N, %lld", n,
                      (long long)options->n_agents);
  }
  return FCAST_OK;
}

/* Squares of what forces do in a step must be numbers. */
static fcast_status check_forces(const fcast_simulate_options *options, fcast_error *err) {
  static const double largest_push = 1e100;
  const fcast_force_options *const forces = &options->forces;
  const double push =
      forces->mobility * options->dt * (double)options->n_agents *
      (forces->repulsion_strength / forces->repulsion_length + forces->attraction_strength / forces->attraction_length);
  return !fcast_simulate_has_forces(options) || push <= largest_push
             ? FCAST_OK
             : fcast_fail(
                   err, FCAST_E_CONFIG,
                   "forces.params: found Cr %g, lr %g, Ca %g, la %g, mu_t %g: a change of speed of up to %g in a "
                   "step, expected at most %g",
                   forces->repulsion_strength, forces->repulsion_length, forces->attraction_strength,
                   forces->attraction_length, forces->mobility, push, largest_push);
}

/* What a model cannot be combined with. */
static fcast_status check_model(const fcast_simulate_options *options, fcast_error *err) {
  if (options->model == FCAST_MODEL_DORSOGNA) {
    return options->forces.enabled
               ? FCAST_OK
               : fcast_fail(err, FCAST_E_CONFIG,
                            "forces.enabled: found false with model.type dorsogna, whose agents would never meet, "
                            "expected true");
  }
  if (options->speed * options->dt > options->radius / 2.0) {
    return fcast_fail(
        err, FCAST_E_CONFIG,
        "sim.dt: found %.12g, a step of model.speed * sim.dt = %.12g, expected at most params.R / 2 = %.12g",
        options->dt, options->speed * options->dt, options->radius / 2.0);
  }
  if (options->model == FCAST_MODEL_ANGULAR_DIFFUSION && options->alignment_rate * options->dt > 1.0) {
    return fcast_fail(err, FCAST_E_CONFIG,
                      "sim.dt: found %g, a turn of model.alignment_rate * sim.dt = %g of the way to the mean heading, "
                      "expected at most 1",
                      options->dt, options->alignment_rate * options->dt);
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
  status = check_initial(options, err);
  if (status == FCAST_OK) {
    status = check_forces(options, err);
  }
  if (status == FCAST_OK) {
    status = check_model(options, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  const double cutoff = fcast__cutoff(&options->forces);
  if (!(cutoff <= max_cutoff)) {
    return fcast_fail(err, FCAST_E_CONFIG,
                      "forces.params.rcut_factor: found %g, a cut-off distance of %g, expected one of at most %g",
                      options->forces.cutoff_factor, cutoff, max_cutoff);
  }
  return FCAST_OK;
}

bool fcast_simulate_has_forces(const fcast_simulate_options *options) {
  const bool heeds_forces = options->model == FCAST_MODEL_DORSOGNA || options->speed_mode != FCAST_SPEED_CONSTANT;
  return options->forces.enabled && heeds_forces;
}

size_t fcast_simulate_n_steps(const fcast_simulate_options *options) {
  return (size_t)rint(options->total_time / options->dt);
}

size_t fcast_simulate_n_frames(const fcast_simulate_options *options) {
  return fcast_simulate_n_steps(options) / (size_t)options->save_every + 1;
}
