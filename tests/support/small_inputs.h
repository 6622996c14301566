/* SPDX-License-Identifier: MIT
 *
 * One small input of every kind, made once: tracks, densities, models, and the files of a run and of the models.
 */
#ifndef FLOCKCAST_TESTS_SMALL_INPUTS_H
#define FLOCKCAST_TESTS_SMALL_INPUTS_H

#include "field.h"
#include "scratch.h"

#include "flockcast/flockcast.h"
#include "io/config.h"
#include "io/latent_files.h"
#include "io/limit_file.h"

enum { SMALL_N_FRAMES = 12, SMALL_N_SPACE = 16, SMALL_N_RUNS = 2, SMALL_LAG = 2 };

/* Frames of density and momentum of which every fold has some. */
enum { SMALL_N_MOMENTS = 1, SMALL_N_GIVEN = 1 + 2 * SMALL_N_MOMENTS, SMALL_N_MANY = 6, SMALL_N_FEW_FRAMES = 6 };

typedef struct small_inputs {
  char directory[SCRATCH_PATH];     /* of config.yml and the files of models */
  char run_directory[SCRATCH_PATH]; /* test_000 in it */
  fcast_config config;
  fcast_tracks tracks;
  fcast_fields fields;
  fcast_order_params order;
  fcast_pod pod;
  fcast_mvar mvar;
  fcast_chosen chosen_pod, chosen_fourier; /* of density and momentum */
  fcast_selection selection;               /* prepared */
  fcast_shell_sums sums;
  fcast_field_model field; /* of `tracks`, with forces */
  fcast_field_plan *field_plan;
  field_runs few_runs;
  json_t *config_json, *metadata;
  unsigned char *pickle; /* of config_json */
  size_t n_pickle;
  double series[SMALL_N_RUNS * SMALL_N_FRAMES * SMALL_N_SPACE];
  size_t n_frames[SMALL_N_RUNS];
} small_inputs;

extern small_inputs small;
extern const fcast_search_space small_space;

/* Make and clear `small`: the fixtures of a group of tests. */
int small_inputs_make(void **state);
int small_inputs_clear(void **state);

/* Runs of `small.series`, of frames of any width that fits. Valid until the next call. */
fcast_series_source small_source(size_t width, size_t n_runs);

/* SMALL_N_MANY runs of density and, where n_fields is SMALL_N_GIVEN, momentum. Valid until the next call. */
fcast_series_source small_many_runs(size_t n_fields);

/* The density itself from frame SMALL_LAG on: what no noise would leave. Borrows `small.fields`. */
fcast_limit small_limit(void);

/* The path of a file in `small.directory`, and another of a second one; each valid until its next call. */
const char *small_path(const char *name);
const char *small_second_path(const char *name);

/* Write both files of a chosen model under their names. Errors: those of fcast_chosen_put and of committing. */
FCAST_MUST_CHECK fcast_status small_write_chosen(const char *pod_path, const char *mvar_path,
                                                 const fcast_chosen *chosen, fcast_error *err);

#endif
