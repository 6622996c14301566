/* SPDX-License-Identifier: MIT */
#include "cli/training_report.h"

#include "cli/json_report.h"
#include "cli/run_seeds.h"
#include "cli/state_names.h"

#include <string.h>

/* Initial-condition types in order of first appearance, and how many runs have each: of the runs themselves. */
static json_t *ic_distribution(const fcast_training_set *set) {
  json_t *distribution = json_object();
  for (size_t run = 0; run < set->runs.n_runs; run++) {
    const char *type = set->facts[run].ic_type;
    const json_int_t count = json_integer_value(json_object_get(distribution, type));
    if (json_object_set_new(distribution, type, json_integer(count + 1)) != 0) {
      json_decref(distribution);
      return NULL;
    }
  }
  return distribution;
}

static json_t *ic_types(const json_t *distribution) {
  json_t *types = json_array();
  const char *type;
  json_t *count;
  json_object_foreach((json_t *)distribution, type, count) {
    if (json_array_append_new(types, json_string(type)) != 0) {
      json_decref(types);
      return NULL;
    }
  }
  return types;
}

/* The configuration of the runs where they say it, with the sections that belong to training from this one. */
static json_t *training_config(const fcast_config *config, const fcast_training_set *set) {
  json_t *own = fcast_config_json(config);
  const json_t *of_runs = set->facts[0].config;
  const char *section;
  json_t *values;
  json_object_foreach((json_t *)of_runs, section, values) {
    if (strcmp(section, "rom") != 0 && json_object_set(own, section, values) != 0) {
      json_decref(own);
      return NULL;
    }
  }
  return own;
}

static json_t *run_names(const fcast_training_set *set) {
  json_t *names = json_array();
  for (size_t run = 0; names != NULL && run < set->runs.n_runs; run++) {
    if (json_array_append_new(names, json_string(set->runs.names[run])) != 0) {
      json_decref(names);
      names = NULL;
    }
  }
  return names;
}

/* null for runs whose seed says nothing. */
static json_t *run_seeds(const fcast_training_set *set) {
  json_t *seeds = json_array();
  for (size_t run = 0; seeds != NULL && run < set->runs.n_runs; run++) {
    const int64_t seed = fcast_run_seed(&set->facts[run]);
    if (json_array_append_new(seeds, seed < 0 ? json_null() : json_integer((json_int_t)seed)) != 0) {
      json_decref(seeds);
      seeds = NULL;
    }
  }
  return seeds;
}

/* Names of the sections of training_config that are of the runs. */
static json_t *sections_of_runs(const fcast_training_set *set) {
  json_t *names = json_array();
  const char *section;
  json_t *values;
  json_object_foreach(set->facts[0].config, section, values) {
    if (names != NULL && strcmp(section, "rom") != 0 && json_array_append_new(names, json_string(section)) != 0) {
      json_decref(names);
      names = NULL;
    }
  }
  return names;
}

static json_t *density_report(const fcast_training_set *set) {
  return json_pack("{s:I, s:I, s:I, s:I, s:[o, o], s:o}", "nx", (json_int_t)set->nx, "ny", (json_int_t)set->ny,
                   "n_space", (json_int_t)set->nx * (json_int_t)set->ny, "n_snapshots", (json_int_t)set->n_frames_total,
                   "box", fcast_json_number(set->box[0]), fcast_json_number(set->box[1]), "interval",
                   fcast_json_number(set->interval));
}

static json_t *pod_report(const fcast_pod *pod) {
  return json_pack("{s:I, s:f, s:f}", "R_POD", (json_int_t)pod->n_modes, "energy", pod->energy, "target_energy",
                   pod->target_energy);
}

static json_t *mvar_report(const fcast_mvar *mvar) {
  return json_pack("{s:I, s:I, s:f, s:I, s:I, s:o, s:o, s:o, s:o}", "p", (json_int_t)mvar->lag, "r",
                   (json_int_t)mvar->n_modes, "alpha", mvar->ridge_alpha, "n_windows", (json_int_t)mvar->n_windows,
                   "n_regressors", (json_int_t)mvar->lag * (json_int_t)mvar->n_modes, "condition",
                   fcast_json_number(mvar->condition), "train_r2", fcast_json_number(mvar->train_r2), "train_rmse",
                   fcast_json_number(mvar->train_rmse), "spectral_radius", fcast_json_number(mvar->spectral_radius));
}

static json_t *selection_report(const fcast_chosen *chosen) {
  const fcast_selection *selection = &chosen->selection;
  const fcast_candidate *c = &selection->candidates[selection->chosen];
  return json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:I, s:I}", "basis", fcast_basis_name(c->basis),
                   "n_moments", (json_int_t)c->n_moments, "n_modes", (json_int_t)c->n_modes, "p", (json_int_t)c->lag,
                   "alpha", c->ridge_alpha, "cv_r2", c->r2, "standard_error", c->standard_error, "best_cv_r2",
                   selection->candidates[selection->best].r2, "n_candidates", (json_int_t)selection->n_candidates,
                   "n_judged", (json_int_t)selection->n_judged);
}

static json_t *estimate_report(const fcast_estimate *estimate) {
  return json_pack("[o, o, o]", fcast_json_number(estimate->value), fcast_json_number(estimate->lo),
                   fcast_json_number(estimate->hi));
}

/* Numbers with their 95 % intervals: [value, lo, hi]. */
static json_t *field_report(const fcast_field_model *field) {
  static const char *const forces[] = {"none", "steering", "driving"};
  return json_pack("{s:o, s:o, s:o, s:s, s:f, s:f, s:I, s:I}", "edge", estimate_report(&field->edge), "speed",
                   estimate_report(&field->speed), "order", estimate_report(&field->order), "forces",
                   forces[field->force_kind], "interval", field->interval, "state_bandwidth", field->state_bandwidth,
                   "n_runs", (json_int_t)field->n_runs, "n_transitions", (json_int_t)field->n_transitions);
}

json_t *fcast_training_report(const fcast_config *config, const fcast_training_set *set, const fcast_pod *pod,
                              const fcast_mvar *mvar, const fcast_chosen *chosen, const fcast_field_model *field,
                              json_t *provenance) {
  json_t *distribution = ic_distribution(set);
  json_t *report =
      json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "N_train", (json_int_t)set->runs.n_runs,
                "IC_types", ic_types(distribution), "IC_distribution", distribution, "config",
                training_config(config, set), "config_of_runs", sections_of_runs(set), "density", density_report(set),
                "pod", pod_report(pod), "mvar", mvar_report(mvar), "config_hash", set->config_hash, "runs",
                run_names(set), "seeds", run_seeds(set), "provenance", provenance);
  if ((chosen != NULL && json_object_set_new(report, "selected", selection_report(chosen)) != 0) ||
      (field != NULL && json_object_set_new(report, "field", field_report(field)) != 0)) {
    json_decref(report);
    return NULL;
  }
  return report;
}
