/* SPDX-License-Identifier: MIT */
#include "io/run_settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static fcast_status unusable(const char *directory, const char *section, const char *key, const char *expected,
                             fcast_error *err) {
  return fcast_fail(err, FCAST_E_FORMAT, "%s/metadata.json: config.%s.%s: not there or not usable, expected %s",
                    directory, section, key, expected);
}

enum { SECTION_NAME = 32 };

typedef struct number_setting {
  const char *section, *key;
  double *value;
} number_setting;

/* The section "forces", or "params" in it for "forces.params". */
static const json_t *section_of(const json_t *config, const char *section) {
  const char *const dot = strchr(section, '.');
  char outer[SECTION_NAME];
  if (dot == NULL) {
    return json_object_get(config, section);
  }
  (void)snprintf(outer, sizeof outer, "%.*s", (int)(dot - section), section);
  return json_object_get(json_object_get(config, outer), dot + 1);
}

static fcast_status read_numbers(const char *directory, const json_t *config, const number_setting *settings, size_t n,
                                 fcast_error *err) {
  for (size_t i = 0; i < n; i++) {
    const json_t *number = json_object_get(section_of(config, settings[i].section), settings[i].key);
    *settings[i].value = json_number_value(number);
    if (!json_is_number(number) || !(*settings[i].value >= 0.0 && *settings[i].value <= 1e9)) {
      return unusable(directory, settings[i].section, settings[i].key, "a number from 0 to 1e9", err);
    }
  }
  return FCAST_OK;
}

/* What is wrong with a setting is wrong with the file it comes from. */
static fcast_status blame_metadata(const char *directory, const fcast_error *why, fcast_error *err) {
  return fcast_fail(err, FCAST_E_FORMAT, "%s/metadata.json: config: %s", directory, why->text);
}

fcast_status fcast_boundary_read(const char *where, const json_t *config, fcast_boundary *out, fcast_error *err) {
  const json_t *boundary = json_object_get(json_object_get(config, "sim"), "bc");
  const char *name = json_string_value(boundary);
  *out = name != NULL && strcmp(name, "reflecting") == 0 ? FCAST_REFLECTING : FCAST_PERIODIC;
  return boundary == NULL || (name != NULL && (strcmp(name, "periodic") == 0 || strcmp(name, "reflecting") == 0))
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_FORMAT, "%s: config.sim.bc: found '%.40s', expected periodic or reflecting",
                          where, name != NULL ? name : "no text");
}

fcast_status fcast_domain_read(const char *where, const json_t *config, fcast_domain *out, bool *has_box,
                               fcast_error *err) {
  const json_t *sim = json_object_get(config, "sim");
  const json_t *lengths[2] = {json_object_get(sim, "Lx"), json_object_get(sim, "Ly")};
  double *const to[2] = {&out->x, &out->y};
  *out = (fcast_domain){.boundary = FCAST_PERIODIC};
  *has_box = lengths[0] != NULL || lengths[1] != NULL;
  for (size_t i = 0; *has_box && i < 2; i++) {
    *to[i] = json_number_value(lengths[i]);
    if (!(isfinite(*to[i]) && *to[i] > 0.0)) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: config.sim.%s: found %g, expected a length above 0", where,
                        i == 0 ? "Lx" : "Ly", *to[i]);
    }
  }
  return fcast_boundary_read(where, config, &out->boundary, err);
}

fcast_status fcast_run_density_options(const char *directory, const fcast_run_facts *facts, fcast_density_options *out,
                                       fcast_error *err) {
  double nx = 0.0;
  double ny = 0.0;
  *out = (fcast_density_options){.boundary = facts->boundary};
  const number_setting numbers[] = {{"sim", "Lx", &out->box_x},
                                    {"sim", "Ly", &out->box_y},
                                    {"density", "nx", &nx},
                                    {"density", "ny", &ny},
                                    {"density", "bandwidth", &out->bandwidth}};
  fcast_error why = {FCAST_OK, ""};
  if (facts->is_recorded) {
    return fcast_fail(err, FCAST_E_FORMAT,
                      "%s/metadata.json: source: found a recording, expected a simulated run: nobody "
                      "can simulate on from a recording",
                      directory);
  }
  fcast_status status = read_numbers(directory, facts->config, numbers, sizeof numbers / sizeof numbers[0], err);
  out->nx = (int64_t)nx;
  out->ny = (int64_t)ny;
  if (status == FCAST_OK && fcast_density_options_check(out, &why) != FCAST_OK) {
    status = blame_metadata(directory, &why, err);
  }
  return status;
}

/* --- physics --- */

static fcast_status read_noise(const char *directory, const json_t *config, fcast_simulate_options *out,
                               fcast_error *err) {
  const json_t *noise = json_object_get(config, "noise");
  const json_t *match_variance = json_object_get(noise, "match_variance");
  const char *kind = json_string_value(json_object_get(noise, "kind"));
  if (kind == NULL || (strcmp(kind, "gaussian") != 0 && strcmp(kind, "uniform") != 0)) {
    return unusable(directory, "noise", "kind", "gaussian or uniform", err);
  }
  if (!json_is_boolean(match_variance)) {
    return unusable(directory, "noise", "match_variance", "true or false", err);
  }
  out->noise_kind = strcmp(kind, "uniform") == 0 ? FCAST_NOISE_UNIFORM : FCAST_NOISE_GAUSSIAN;
  out->match_variance = json_is_true(match_variance);
  return FCAST_OK;
}

/* The number of a word among those there are; -1 where it is none. */
static int find_word(const json_t *word, const char *const *words) {
  for (int i = 0; json_is_string(word) && words[i] != NULL; i++) {
    if (strcmp(json_string_value(word), words[i]) == 0) {
      return i;
    }
  }
  return -1;
}

/* The model, which older files do not say: there was one. */
static fcast_status read_model(const char *directory, const json_t *config, fcast_simulate_options *out,
                               fcast_error *err) {
  static const char *const models[] = {"vicsek", "angular_diffusion", "dorsogna", NULL};
  const json_t *model = json_object_get(json_object_get(config, "model"), "type");
  const int found = model == NULL ? FCAST_MODEL_VICSEK : find_word(model, models);
  const number_setting diffusion[] = {{"model", "alignment_rate", &out->alignment_rate},
                                      {"model", "angular_diffusion", &out->angular_diffusion}};
  const number_setting propulsion[] = {{"model", "alpha", &out->propulsion}, {"model", "beta", &out->friction}};
  if (found < 0) {
    return unusable(directory, "model", "type", "vicsek, angular_diffusion or dorsogna", err);
  }
  out->model = (fcast_model)found;
  if (out->model == FCAST_MODEL_VICSEK) {
    return FCAST_OK;
  }
  const bool diffuses = out->model == FCAST_MODEL_ANGULAR_DIFFUSION;
  return read_numbers(directory, config, diffuses ? diffusion : propulsion, 2, err);
}

/* What forces do, which older files need not say where there are none. */
static fcast_status read_forces(const char *directory, const json_t *config, fcast_simulate_options *out,
                                fcast_error *err) {
  static const char *const modes[] = {"constant", "constant_with_forces", "variable", NULL};
  const char *law = json_string_value(json_object_get(json_object_get(config, "forces"), "type"));
  const int mode = find_word(json_object_get(json_object_get(config, "model"), "speed_mode"), modes);
  if (mode < 0) {
    return unusable(directory, "model", "speed_mode", "constant, constant_with_forces or variable", err);
  }
  out->speed_mode = (fcast_speed_mode)mode;
  out->forces.enabled = json_is_true(json_object_get(json_object_get(config, "forces"), "enabled"));
  if (!fcast_simulate_has_forces(out)) {
    return FCAST_OK;
  }
  if (law == NULL || strcmp(law, "morse") != 0) {
    return unusable(directory, "forces", "type", "morse", err);
  }
  const number_setting numbers[] = {{"forces.params", "Cr", &out->forces.repulsion_strength},
                                    {"forces.params", "Ca", &out->forces.attraction_strength},
                                    {"forces.params", "lr", &out->forces.repulsion_length},
                                    {"forces.params", "la", &out->forces.attraction_length},
                                    {"forces.params", "mu_t", &out->forces.mobility},
                                    {"forces.params", "rcut_factor", &out->forces.cutoff_factor}};
  return read_numbers(directory, config, numbers, sizeof numbers / sizeof numbers[0], err);
}

static fcast_status check_times(const char *directory, const fcast_tracks *tracks,
                                const fcast_simulate_options *options, fcast_error *err) {
  const double expected = (double)options->save_every * options->dt;
  for (size_t frame = 1; frame < tracks->n_frames; frame++) {
    const double found = tracks->times[frame] - tracks->times[frame - 1];
    /* Times far from 0, in float32, are known to fewer digits than their differences have. */
    if (fabs(found - expected) > 1e-3 * expected) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s/traj.npz: times: frame %zu is %g behind the one before, expected %g (config.sim.dt times "
                        "save_every in metadata.json)",
                        directory, frame, found, expected);
    }
  }
  return FCAST_OK;
}

fcast_status fcast_run_simulate_options(const char *directory, const fcast_run_facts *facts, const fcast_tracks *tracks,
                                        fcast_simulate_options *out, fcast_error *err) {
  double save_every = 0.0;
  *out = fcast_simulate_options_default();
  out->n_agents = (int64_t)tracks->n_agents;
  out->boundary = facts->boundary;
  const number_setting numbers[] = {{"sim", "Lx", &out->box_x},      {"sim", "Ly", &out->box_y},
                                    {"sim", "dt", &out->dt},         {"sim", "save_every", &save_every},
                                    {"model", "speed", &out->speed}, {"params", "R", &out->radius},
                                    {"noise", "eta", &out->eta}};
  fcast_error why = {FCAST_OK, ""};
  if (facts->is_recorded) {
    return fcast_fail(err, FCAST_E_FORMAT,
                      "%s/metadata.json: source: found a recording, expected a simulated run: nobody "
                      "can simulate on from a recording",
                      directory);
  }
  fcast_status status = read_numbers(directory, facts->config, numbers, sizeof numbers / sizeof numbers[0], err);
  if (status == FCAST_OK) {
    status = read_noise(directory, facts->config, out, err);
  }
  if (status == FCAST_OK) {
    status = read_model(directory, facts->config, out, err);
  }
  if (status == FCAST_OK) {
    status = read_forces(directory, facts->config, out, err);
  }
  out->save_every = (int64_t)save_every;
  out->total_time = (double)(tracks->n_frames - 1) * save_every * out->dt;
  if (status == FCAST_OK && fcast_simulate_options_check(out, &why) != FCAST_OK) {
    status = blame_metadata(directory, &why, err);
  }
  return status == FCAST_OK ? check_times(directory, tracks, out, err) : status;
}

json_t *fcast_initial_json(const fcast_initial_options *initial) {
  const struct {
    const char *key;
    double value;
  } values[] = {{"centre_x", initial->centre_x},     {"centre_y", initial->centre_y},
                {"spread", initial->spread},         {"ring_radius", initial->ring_radius},
                {"ring_width", initial->ring_width}, {"n_clusters", initial->n_clusters},
                {"separation", initial->separation}};
  json_t *object = NULL;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    if (!isnan(values[i].value)) {
      object = object == NULL ? json_object() : object;
      (void)json_object_set_new(object, values[i].key, json_real(values[i].value));
    }
  }
  return object;
}
