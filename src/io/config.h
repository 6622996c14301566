/* SPDX-License-Identifier: MIT
 *
 * Configuration: one YAML file for both halves, overridden by --set section.key=value.
 *
 * One table drives parsing, defaults, --set, `config --defaults`, "did you mean" and the JSON that goes into every
 * output file. Source: SPEC section 1, "Configuration".
 */
#ifndef FLOCKCAST_IO_CONFIG_H
#define FLOCKCAST_IO_CONFIG_H

#include "flockcast/density.h"
#include "flockcast/latent.h"
#include "flockcast/simulate.h"
#include "io/npz.h"

#include <jansson.h>

enum { FCAST_MAX_IC_TYPES = 16 };

enum { FCAST_MAX_VALUES = 16 };

/* A parameter that may differ from run to run: nothing (n = 0), some values in turn, or anything between two. */
typedef struct fcast_values {
  size_t n;
  bool is_range; /* n = 2: uniform from the first to the second */
  double value[FCAST_MAX_VALUES];
} fcast_values;

/* What fcast_initial_options are chosen from for every run. */
typedef struct fcast_initial_choices {
  fcast_values centre_x, centre_y, spread, ring_radius, ring_width, n_clusters, separation;
} fcast_initial_choices;

typedef struct fcast_ensemble_options {
  size_t n_ic_types;
  fcast_ic_type ic_types[FCAST_MAX_IC_TYPES]; /* type of run i: ic_types[i mod n_ic_types] */
  int64_t n_train, m_test;
  int64_t train_seed, test_seed; /* seed of run i: seed + i */
  double test_time;              /* T of test runs; 0: that of all */
  bool keep_density;             /* write density.npz of training runs; else moments, and trajectories alone */
} fcast_ensemble_options;

/* Whether a model is chosen by cross-validation beside the specified one, and from which. */
typedef enum fcast_select { FCAST_SELECT_CV, FCAST_SELECT_NONE } fcast_select;
typedef enum fcast_basis_choice { FCAST_CHOOSE_BASIS, FCAST_CHOOSE_POD, FCAST_CHOOSE_FOURIER } fcast_basis_choice;
typedef enum fcast_state_choice {
  FCAST_CHOOSE_STATE,
  FCAST_CHOOSE_DENSITY,
  FCAST_CHOOSE_MOMENTUM,
  FCAST_CHOOSE_NEMATIC
} fcast_state_choice;

typedef enum fcast_alignment { FCAST_ALIGN_NONE, FCAST_ALIGN_SHIFT } fcast_alignment;

typedef struct fcast_rom_options {
  double target_energy;
  int64_t p_lag;
  double ridge_alpha;
  fcast_select select;
  fcast_basis_choice basis;
  fcast_state_choice state;
  fcast_lift lift;
  bool stable;
  fcast_transform transform;
  fcast_alignment align;
  bool field; /* learn the field model too */
} fcast_rom_options;

enum { FCAST_CONFIG_TEXT = 256 };

/* How jobs are submitted; says nothing about results and is left out of the files that hold them. */
typedef struct fcast_cluster_options {
  char partition[FCAST_CONFIG_TEXT], account[FCAST_CONFIG_TEXT];
  char time[FCAST_CONFIG_TEXT], memory[FCAST_CONFIG_TEXT];
  int64_t cpus;
  char train_time[FCAST_CONFIG_TEXT], train_memory[FCAST_CONFIG_TEXT];
  int64_t train_cpus;
  int64_t runs_per_task; /* 0: chosen by the cost of a run */
  int64_t max_running;   /* 0: no limit */
  char modules[FCAST_CONFIG_TEXT], extra[FCAST_CONFIG_TEXT];
} fcast_cluster_options;

typedef struct fcast_config {
  fcast_simulate_options simulate;             /* sections sim, model, params, noise, forces */
  fcast_initial_choices initial, initial_test; /* the second for test runs, where it says something */
  fcast_ensemble_options ensemble;
  fcast_density_options density; /* box and boundary are copied from `simulate` by fcast_config_check */
  fcast_rom_options rom;
  fcast_npz_format output; /* how the files of runs are written; not what they say */
  fcast_cluster_options cluster;
  bool n_train_given, m_test_given; /* said by a file or --set rather than a default */
} fcast_config;

/* The defaults of the SPEC. */
void fcast_config_default(fcast_config *config);

/* Apply a YAML file. Errors: FCAST_E_CONFIG "FILE:LINE: key: found, expected" (an unknown key names the nearest known
 * one; a key given twice is an error), FCAST_E_CONFIG too where the file is not YAML; those of fcast_file_read. */
FCAST_MUST_CHECK fcast_status fcast_config_read(fcast_config *config, const char *path, fcast_error *err);

/* Apply one "section.key=value" (a list as [a, b] or a,b). Errors: FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast_config_set(fcast_config *config, const char *assignment, fcast_error *err);

/* Fill in derived members and check that everything fits together: ranges, v0*dt <= R/2, training and test seeds that
 * do not overlap (naming a free train_seed). Errors: FCAST_E_CONFIG. */
FCAST_MUST_CHECK fcast_status fcast_config_check(fcast_config *config, fcast_error *err);

/* The settings of one run of an ensemble: run `i_turn` of its type, seed `seed`. Values in turn count by i_turn, so
 * that each type goes through all of them; those from a range are a function of the seed alone. */
fcast_simulate_options fcast_config_run_options(const fcast_config *config, bool is_test, uint64_t i_turn,
                                                uint64_t seed);

/* The configuration as JSON, the sections and keys of the YAML file in its order but for `output`, `cluster` and
 * ensemble.keep_density, which change no result; NULL where memory is short. The caller calls json_decref. */
json_t *fcast_config_json(const fcast_config *config);

/* The configuration as commented YAML, every key, as `flockcast config --defaults` prints the defaults; reading it
 * gives the same configuration. The caller frees it with fcast_free; NULL where memory is short. */
char *fcast_config_yaml(const fcast_config *config);

/* A fingerprint of what runs depend on: physics, density, types and seeds, but neither the models nor how many runs
 * there are. 16 hexadecimal digits (FNV-1a, 64 bits) into text. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_config_fingerprint(const fcast_config *config, char text[17], fcast_error *err);

#endif
