/* SPDX-License-Identifier: MIT
 *
 * The training runs on disk as the models see them: checked once, then read run by run.
 */
#ifndef FLOCKCAST_CLI_TRAINING_SET_H
#define FLOCKCAST_CLI_TRAINING_SET_H

#include "cli/progress.h"
#include "cluster/ensemble.h"
#include "io/run_files.h"

#include "flockcast/pod.h"

typedef struct fcast_training_set {
  const char *directory; /* borrowed */
  fcast_run_list runs;
  fcast_run_facts *facts; /* [run] */
  size_t *n_frames;       /* [run] */
  size_t n_frames_total;
  size_t ny, nx;
  double box[2];            /* lengths of that of the first run; nan where it does not say them */
  double interval;          /* between the first two frames of the first run; nan where it has one */
  char config_hash[17];     /* the fingerprint all runs share, or "" */
  fcast_progress *progress; /* counts the runs that are read; NULL: nobody does */
} fcast_training_set;

/* List the runs (`n_expected` of them, or all where it is 0), and check that each is whole, that all have the same grid
 * and were made with the same configuration but for their length, and that none is there twice. Errors:
 * FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_SHAPE. */
FCAST_MUST_CHECK fcast_status fcast_training_set_open(const char *directory, size_t n_expected, fcast_training_set *out,
                                                      fcast_error *err);

/* The same for the runs numbered first to last alone. */
FCAST_MUST_CHECK fcast_status fcast_training_set_open_range(const char *directory, int64_t first, int64_t last,
                                                            fcast_training_set *out, fcast_error *err);
void fcast_training_set_close(fcast_training_set *set);

/* The densities, as the source of a POD. Borrows the set. */
fcast_series_source fcast_training_set_densities(fcast_training_set *set);

/* Densities with moments of the headings beside them: frames[frame, 1 + 2 n_moments, cell]. Borrows the set. */
typedef struct fcast_training_fields {
  fcast_training_set *set;
  size_t n_moments;
} fcast_training_fields;

fcast_series_source fcast_training_fields_source(fcast_training_fields *fields);

/* The coefficients of the densities on a basis, as the source of an MVAR model: made once where all of them need little
 * memory, else run by run whenever they are asked for. Borrows set and basis. */
typedef struct fcast_training_projection {
  fcast_training_set *set;
  const fcast_pod *pod;
  double *kept; /* [frame, mode] of all runs, or NULL */
} fcast_training_projection;

FCAST_MUST_CHECK fcast_status fcast_training_projection_create(fcast_training_set *set, const fcast_pod *pod,
                                                               fcast_training_projection *out, fcast_error *err);
void fcast_training_projection_clear(fcast_training_projection *projection);
fcast_series_source fcast_training_projection_source(fcast_training_projection *projection);

#endif
