/* SPDX-License-Identifier: MIT
 *
 * The files of one run: traj.npz, density.npz, order_params.npz, metadata.json (SPEC section 1, "NPZ members").
 *
 * Files of older scripts are read too: float32 arrays, `phi` for polarization, no velocities, no provenance.
 */
#ifndef FLOCKCAST_IO_RUN_FILES_H
#define FLOCKCAST_IO_RUN_FILES_H

#include "flockcast/array.h"
#include "flockcast/density.h"
#include "flockcast/evaluate.h"
#include "flockcast/files.h"
#include "io/npz.h"

#include <jansson.h>
#include <stdbool.h>

/* Write a run into `directory`, which is made. metadata.json is written last, and one of another configuration removed
 * first, with the noise limit (limit_file.h) and order parameters of that: a run that has it is whole. The large arrays
 * are positions, velocities and rho. `tracks`, `fields` and `order` may be NULL: then their files are not there
 * afterwards (traj.npz, density.npz) or left alone; `config` is the configuration, `metadata` everything for
 * metadata.json. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_write(const char *directory, fcast_npz_format format,
                                              const fcast_tracks *tracks, const fcast_fields *fields,
                                              const fcast_order_params *order, const json_t *config,
                                              const json_t *metadata, fcast_error *err);

/* What metadata.json says about a run, as far as it says it. */
typedef struct fcast_run_facts {
  char run_name[64];       /* the directory's name where the file has none */
  char ic_type[64];        /* "unknown" where the file has none */
  int64_t seed;            /* -1 where the file has none */
  fcast_boundary boundary; /* config.sim.bc; periodic where the file has none */
  json_t *config;          /* NULL where the file has none */
  char config_hash[17];    /* fcast_config_fingerprint; "" where the file has none */
  bool has_density;        /* density.npz belongs to the run; false only where the file says so */
  bool has_order_params;   /* order_params.npz belongs to the run; true only where the file says so */
  bool is_recorded;        /* by somebody's camera: nothing is known of a law of motion */
  bool comes_and_goes;     /* the number of agents changes in time */
} fcast_run_facts;

/* Read metadata.json; the caller calls fcast_run_facts_clear. Errors: FCAST_E_MISSING (the run is not whole),
 * FCAST_E_FORMAT, also where it is not the run that the directory is named after (run_identity.h). */
FCAST_MUST_CHECK fcast_status fcast_run_read_facts(const char *directory, fcast_run_facts *out, fcast_error *err);
void fcast_run_facts_clear(fcast_run_facts *facts);

/* Frames, rows and columns of density.npz, without reading the field. Errors: FCAST_E_MISSING, FCAST_E_FORMAT,
 * FCAST_E_SHAPE. */
FCAST_MUST_CHECK fcast_status fcast_run_read_density_shape(const char *directory, size_t shape[3], fcast_error *err);

/* Read density.npz but for the field: rho is NULL, times and edges are checked as fcast_run_read_density does, and that
 * the tracks, where there are any, have as many frames. The caller clears `out`. Errors: as above, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_read_grid(const char *directory, fcast_fields *out, fcast_error *err);

/* FCAST_E_SHAPE unless the tracks have as many frames as the density. */
FCAST_MUST_CHECK fcast_status fcast_run_require_frames(const char *directory, size_t n_tracks, size_t n_density,
                                                       fcast_error *err);

/* Where a run has no density.npz: the density of its tracks by its own configuration, the same values. `out` is
 * allocated here. Errors: FCAST_E_FORMAT where metadata.json lacks a key, those of the tracks, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_compute_density(const char *directory, const fcast_run_facts *facts,
                                                        fcast_fields *out, fcast_error *err);

/* Moments of the headings (fcast_density_moments) of the first `n_frames` frames of the tracks, on the cells of the
 * density: out[frame, 2 n_moments, cell]. Errors: as above; FCAST_E_SHAPE where the tracks are shorter or the cells
 * not `n_space`. */
FCAST_MUST_CHECK fcast_status fcast_run_compute_moments(const char *directory, const fcast_run_facts *facts,
                                                        size_t n_moments, size_t n_frames, size_t n_space, double *out,
                                                        fcast_error *err);

/* Frames, rows and columns of that density. Errors: the same. */
FCAST_MUST_CHECK fcast_status fcast_run_computed_shape(const char *directory, const fcast_run_facts *facts,
                                                       size_t shape[3], fcast_error *err);

/* Time between the first two frames of the density, or of the tracks where a run has no density; nan where there is one
 * frame. Errors: as above. */
FCAST_MUST_CHECK fcast_status fcast_run_read_interval(const char *directory, const fcast_run_facts *facts,
                                                      double *interval, fcast_error *err);

/* Lengths of the box, as the edges of the cells have them, or metadata.json where a run has no density; nan where there
 * are no edges. Errors: as above. */
FCAST_MUST_CHECK fcast_status fcast_run_read_box(const char *directory, const fcast_run_facts *facts, double box[2],
                                                 fcast_error *err);

/* Read rho alone into memory for `n_values` values, which must all be finite. Errors: as above, FCAST_E_FORMAT naming
 * the first value that is not finite. */
FCAST_MUST_CHECK fcast_status fcast_run_read_rho(const char *directory, size_t n_values, double *rho, fcast_error *err);

/* Read order_params.npz; members the file does not have stay NULL. Without the file, FCAST_OK and an empty struct.
 * Errors: FCAST_E_FORMAT, FCAST_E_SHAPE, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_read_order(const char *directory, fcast_order_params *out, fcast_error *err);

#endif
