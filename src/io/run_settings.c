/* SPDX-License-Identifier: MIT */
#include "io/run_settings.h"

#include <math.h>
#include <string.h>

static fcast_status unusable(const char *directory, const char *section, const char *key, const char *expected,
                             fcast_error *err) {
  return fcast_fail(err, FCAST_E_FORMAT, "%s/metadata.json: config.%s.%s: not there or not usable, expected %s",
                    directory, section, key, expected);
}

typedef struct number_setting {
  const char *section, *key;
  double *value;
} number_setting;

static fcast_status read_numbers(const char *directory, const json_t *config, const number_setting *settings, size_t n,
                                 fcast_error *err) {
  for (size_t i = 0; i < n; i++) {
    const json_t *number = json_object_get(json_object_get(config, settings[i].section), settings[i].key);
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

/* Runs of other programs may have more physics than this one. */
static fcast_status refuse_more(const char *directory, const json_t *config, fcast_error *err) {
  const char *speed_mode = json_string_value(json_object_get(json_object_get(config, "model"), "speed_mode"));
  if (json_is_true(json_object_get(json_object_get(config, "forces"), "enabled"))) {
    return unusable(directory, "forces", "enabled", "false: this version has no forces", err);
  }
  if (speed_mode == NULL || strcmp(speed_mode, "constant") != 0) {
    return unusable(directory, "model", "speed_mode", "constant: this version has no other", err);
  }
  return FCAST_OK;
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
    status = refuse_more(directory, facts->config, err);
  }
  out->save_every = (int64_t)save_every;
  out->total_time = (double)(tracks->n_frames - 1) * save_every * out->dt;
  if (status == FCAST_OK && fcast_simulate_options_check(out, &why) != FCAST_OK) {
    status = blame_metadata(directory, &why, err);
  }
  return status == FCAST_OK ? check_times(directory, tracks, out, err) : status;
}
