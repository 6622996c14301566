/* SPDX-License-Identifier: MIT */
#include "cli/trained_on.h"

#include "base/text.h"
#include "cli/progress.h"
#include "cli/run_seeds.h"
#include "flockcast/array.h"
#include "io/json_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- reading --- */

static double number_at(const json_t *value) {
  return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Whether a section of config is what the runs say, and not what training was called with. */
static bool is_of_runs(const json_t *report, const char *section) {
  const json_t *sections = json_object_get(report, "config_of_runs");
  if (!json_is_array(sections)) {
    return json_string_length(json_object_get(report, "config_hash")) > 0;
  }
  for (size_t i = 0; i < json_array_size(sections); i++) {
    const char *name = json_string_value(json_array_get(sections, i));
    if (name != NULL && strcmp(name, section) == 0) {
      return true;
    }
  }
  return false;
}

static json_t *config_of_runs(const json_t *report) {
  json_t *config = json_object();
  const char *section;
  json_t *values;
  json_object_foreach(json_object_get(report, "config"), section, values) {
    if (is_of_runs(report, section) && json_object_set(config, section, values) != 0) {
      json_decref(config);
      return NULL;
    }
  }
  return config;
}

/* The seed of run i; models of earlier versions say the first seed alone. */
static int64_t seed_of_run(const json_t *report, const json_t *config, size_t i, const char *name) {
  const json_t *seeds = json_object_get(report, "seeds");
  const json_t *first = json_object_get(json_object_get(config, "ensemble"), "train_seed");
  const char *digits = strrchr(name, '_');
  int64_t number = 0;
  if (json_is_array(seeds)) {
    const json_t *seed = json_array_get(seeds, i);
    return json_is_integer(seed) ? json_integer_value(seed) : -1;
  }
  return json_is_integer(first) && digits != NULL && fcast_parse_int64(digits + 1, &number)
             ? (int64_t)((uint64_t)json_integer_value(first) + (uint64_t)number)
             : -1;
}

static fcast_status read_seeds(const json_t *report, fcast_trained_on *out, fcast_error *err) {
  const json_t *runs = json_object_get(report, "runs");
  const size_t n_runs = json_array_size(runs);
  out->seeds = fcast_alloc_array(n_runs, sizeof *out->seeds);
  out->names = fcast_alloc_array(n_runs, sizeof *out->names);
  if (out->seeds == NULL || out->names == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the seeds of %zu training runs", n_runs);
  }
  out->n_runs = n_runs;
  for (size_t i = 0; i < n_runs; i++) {
    const char *name = json_string_value(json_array_get(runs, i));
    (void)snprintf(out->names[i], sizeof out->names[i], "%s", name != NULL ? name : "");
    out->seeds[i] = seed_of_run(report, out->config, i, out->names[i]);
  }
  return FCAST_OK;
}

/* Grid, box and interval as they were measured; models of earlier versions have the last two from the configuration. */
static void read_frames(const json_t *report, fcast_trained_on *out) {
  const json_t *density = json_object_get(report, "density");
  const json_t *box = json_object_get(density, "box");
  const json_t *sim = json_object_get(out->config, "sim");
  const bool is_measured = json_is_array(box);
  out->nx = number_at(json_object_get(density, "nx"));
  out->ny = number_at(json_object_get(density, "ny"));
  out->box_x = number_at(is_measured ? json_array_get(box, 0) : json_object_get(sim, "Lx"));
  out->box_y = number_at(is_measured ? json_array_get(box, 1) : json_object_get(sim, "Ly"));
  out->interval = is_measured ? number_at(json_object_get(density, "interval"))
                              : number_at(json_object_get(sim, "dt")) * number_at(json_object_get(sim, "save_every"));
}

fcast_status fcast_trained_on_read(const json_t *report, fcast_trained_on *out, fcast_error *err) {
  const json_int_t n_train = json_integer_value(json_object_get(report, "N_train"));
  *out = (fcast_trained_on){.n_train = n_train > 0 ? (size_t)n_train : 0,
                            .config = config_of_runs(report),
                            .provenance = json_incref(json_object_get(report, "provenance"))};
  read_frames(report, out);
  return out->config == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for what the models were trained on")
                             : read_seeds(report, out, err);
}

void fcast_trained_on_clear(fcast_trained_on *trained) {
  json_decref(trained->config);
  json_decref(trained->provenance);
  fcast_free(trained->seeds);
  fcast_free(trained->names);
  *trained = (fcast_trained_on){0};
}

/* --- seeds --- */

fcast_status fcast_trained_on_check_seeds(const fcast_trained_on *trained, const fcast_test_run *runs, size_t n_runs,
                                          fcast_error *err) {
  fcast_status status = FCAST_OK;
  int64_t *seeds = fcast_alloc_array(n_runs, sizeof *seeds);
  if (seeds == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the seeds of %zu test runs", n_runs);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_runs; i++) {
    seeds[i] = fcast_run_seed(&runs[i].facts);
    const size_t twin = fcast_run_seed_find(seeds, i, seeds[i]);
    const size_t trained_one = fcast_run_seed_find(trained->seeds, trained->n_runs, seeds[i]);
    if (twin < i) {
      status = fcast_run_seed_refuse(runs[i].directory, seeds[i], runs[twin].facts.run_name, err);
    } else if (trained_one < trained->n_runs) {
      status = fcast_run_seed_refuse_trained(runs[i].directory, seeds[i], trained->names[trained_one], err);
    }
  }
  fcast_free(seeds);
  return status;
}

/* --- what a frame is --- */

/* Times far from 0, in float32, are known to fewer digits than their differences have. */
static bool differs(double found, double expected) {
  return fabs(found - expected) > 1e-3 * fabs(expected);
}

/* Of settings that both say. */
static fcast_status check_settings(const fcast_trained_on *trained, const fcast_test_run *run, fcast_error *err) {
  const json_t *own = run->facts.config;
  const char *boundary = json_string_value(json_object_get(json_object_get(own, "sim"), "bc"));
  const char *expected = json_string_value(json_object_get(json_object_get(trained->config, "sim"), "bc"));
  const double width = number_at(json_object_get(json_object_get(own, "density"), "bandwidth"));
  const double trained_width = number_at(json_object_get(json_object_get(trained->config, "density"), "bandwidth"));
  if (boundary != NULL && expected != NULL && strcmp(boundary, expected) != 0) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/metadata.json: config.sim.bc: found %s, expected %s as the models were trained on: make the "
                      "test runs like that, or train on such runs",
                      run->directory, boundary, expected);
  }
  if (differs(width, trained_width)) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/metadata.json: config.density.bandwidth: found %g, expected %g as the models were trained "
                      "on: make the test runs like that, or train on such runs",
                      run->directory, width, trained_width);
  }
  return FCAST_OK;
}

fcast_status fcast_trained_on_check_fit(const fcast_trained_on *trained, const fcast_test_run *run, fcast_error *err) {
  const fcast_fields *truth = &run->truth;
  const double box_x = truth->x_edges[truth->nx] - truth->x_edges[0];
  const double box_y = truth->y_edges[truth->ny] - truth->y_edges[0];
  const double interval = truth->times[1] - truth->times[0];
  if (differs((double)truth->nx, trained->nx) || differs((double)truth->ny, trained->ny)) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/density.npz: found %zu x %zu cells, expected %g x %g as the models were trained on: make the "
                      "test runs like that, or train on such runs",
                      run->directory, truth->ny, truth->nx, trained->ny, trained->nx);
  }
  if (differs(box_x, trained->box_x) || differs(box_y, trained->box_y)) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/density.npz: found a box of %g x %g, expected %g x %g as the models were trained on: make "
                      "the test runs like that, or train on such runs",
                      run->directory, box_x, box_y, trained->box_x, trained->box_y);
  }
  if (differs(interval, trained->interval)) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "%s/density.npz: found frames %g apart, expected %g as the models were trained on: make the test "
                      "runs like that, or train on such runs",
                      run->directory, interval, trained->interval);
  }
  return check_settings(trained, run, err);
}

/* --- settings that may differ, but not in silence --- */

enum { MOST_NAMED = 4 };

/* Settings that differ, as text: the first of them, and how many there are. */
typedef struct differences {
  size_t n;
  fcast_buffer text;
} differences;

/* What is held against the frames, is no part of the law, or is for test runs alone. */
static bool is_passed_over(const char *key) {
  static const char *const keys[] = {
      "sim.T", "sim.Lx", "sim.Ly", "sim.bc", "sim.rng", "sim.save_every", "sim.neighbor_rebuild", "initial.test"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (strcmp(key, keys[i]) == 0) {
      return true;
    }
  }
  return false;
}

static void put_value(fcast_buffer *to, const json_t *value) {
  char *text = fcast_json_shown(value);
  to->has_failed = to->has_failed || text == NULL;
  fcast_buffer_put_text(to, text != NULL ? text : "");
  fcast_free(text);
}

static void add_difference(differences *found, const char *key, const json_t *value, const json_t *trained) {
  if (found->n++ >= MOST_NAMED) {
    return;
  }
  fcast_buffer_put_text(&found->text, found->n > 1 ? ", " : "");
  fcast_buffer_put_text(&found->text, key);
  fcast_buffer_put_text(&found->text, " ");
  put_value(&found->text, value);
  fcast_buffer_put_text(&found->text, " (trained on ");
  put_value(&found->text, trained);
  fcast_buffer_put_text(&found->text, ")");
}

/* Compare what both say under `prefix`. */
static void compare_objects(const json_t *own, const json_t *trained, const char *prefix, differences *found) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)own, key, value) {
    const json_t *other = json_object_get(trained, key);
    char *path = fcast_format("%s.%s", prefix, key);
    if (path == NULL) {
      found->text.has_failed = true;
    } else if (other != NULL && !is_passed_over(path)) {
      if (json_is_object(value)) {
        compare_objects(value, other, path, found);
      } else if (!fcast_json_agree(value, other)) {
        add_difference(found, path, value, other);
      }
    }
    fcast_free(path);
  }
}

static void compare_configs(const json_t *own, const json_t *trained, differences *found) {
  static const char *const sections[] = {"sim", "model", "params", "noise", "forces", "initial"};
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    compare_objects(json_object_get(own, sections[i]), json_object_get(trained, sections[i]), sections[i], found);
  }
  const json_t *types = json_object_get(json_object_get(own, "ensemble"), "ic_types");
  const json_t *trained_types = json_object_get(json_object_get(trained, "ensemble"), "ic_types");
  if (types != NULL && trained_types != NULL && !json_equal(types, trained_types)) {
    add_difference(found, "ensemble.ic_types", types, trained_types);
  }
}

fcast_status fcast_trained_on_warn(const fcast_trained_on *trained, const fcast_test_run *runs, size_t n_runs,
                                   fcast_error *err) {
  size_t n_others = 0;
  const fcast_test_run *first = NULL;
  differences shown = {0};
  for (size_t i = 0; i < n_runs; i++) {
    differences found = {0};
    compare_configs(runs[i].facts.config, trained->config, &found);
    const bool is_other = found.n > 0 || found.text.has_failed;
    if (is_other && first == NULL) {
      first = &runs[i];
      shown = found;
    } else {
      fcast_free(found.text.bytes);
    }
    n_others += is_other;
  }
  fcast_buffer_put(&shown.text, "", 1);
  fcast_status status = FCAST_OK;
  if (shown.text.has_failed) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory to compare the settings of %zu test runs", n_runs);
  } else if (first != NULL) {
    fcast_say(NULL,
              "%zu of %zu test runs have other settings than the training runs; %s: %s%s: the scores are of forecasts "
              "for settings that the models have not seen",
              n_others, n_runs, first->facts.run_name, (const char *)shown.text.bytes,
              shown.n > MOST_NAMED ? ", and more" : "");
  }
  fcast_free(shown.text.bytes);
  return status;
}
