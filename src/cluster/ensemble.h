/* SPDX-License-Identifier: MIT
 *
 * Array index to parameters: which run a number in an ensemble stands for. An array job, a range on one machine and the
 * whole workflow all ask here, so that a run is the same whoever makes it.
 */
#ifndef FLOCKCAST_CLUSTER_ENSEMBLE_H
#define FLOCKCAST_CLUSTER_ENSEMBLE_H

#include "io/config.h"

typedef enum fcast_mode { FCAST_MODE_TRAIN, FCAST_MODE_TEST } fcast_mode;

/* One member of an ensemble. */
typedef struct fcast_member {
  char run_name[32]; /* train_007; wider than three digits where the ensemble needs it */
  fcast_mode mode;
  int64_t sim_id;
  fcast_ic_type ic_type;           /* ic_types[sim_id mod their number] */
  uint64_t seed;                   /* train_seed + sim_id or test_seed + sim_id */
  fcast_simulate_options simulate; /* how it is made: the configuration's, with what differs from run to run */
} fcast_member;

/* "train" or "test". */
const char *fcast_mode_name(fcast_mode mode);

/* Read a mode. Errors: FCAST_E_ARG. */
FCAST_MUST_CHECK fcast_status fcast_mode_parse(const char *text, fcast_mode *mode, fcast_error *err);

/* Runs of a mode in the configuration: n_train or m_test. */
int64_t fcast_ensemble_size(const fcast_config *config, fcast_mode mode);

/* Member `sim_id`. Errors: FCAST_E_ARG where it is outside 0 .. size - 1, naming the configuration key. */
FCAST_MUST_CHECK fcast_status fcast_ensemble_member(const fcast_config *config, fcast_mode mode, int64_t sim_id,
                                                    fcast_member *out, fcast_error *err);

/* Read "N" or "N-M" (N <= M). Errors: FCAST_E_ARG. */
FCAST_MUST_CHECK fcast_status fcast_ensemble_range(const char *text, int64_t *first, int64_t *last, fcast_error *err);

/* Runs of a mode found in a directory: names MODE_NUMBER that are directories, in the order of their numbers. */
typedef struct fcast_run_list {
  size_t n_runs;
  char (*names)[32];
  int64_t *numbers;
} fcast_run_list;

/* List them. An empty list is no error. Errors: FCAST_E_MISSING where `directory` is not there, FCAST_E_IO,
 * FCAST_E_NOMEM. The caller calls fcast_run_list_clear. */
FCAST_MUST_CHECK fcast_status fcast_run_list_read(const char *directory, fcast_mode mode, fcast_run_list *out,
                                                  fcast_error *err);
void fcast_run_list_clear(fcast_run_list *list);

/* FCAST_OK where the list is 0, 1, 2 ... without gaps and holds at least `n_expected` runs (0: at least one). Cuts the
 * list to n_expected where that is given. Errors: FCAST_E_MISSING naming the first run that is not there. */
FCAST_MUST_CHECK fcast_status fcast_run_list_require(fcast_run_list *list, const char *directory, fcast_mode mode,
                                                     size_t n_expected, fcast_error *err);

#endif
