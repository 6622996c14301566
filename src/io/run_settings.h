/* SPDX-License-Identifier: MIT
 *
 * The settings of a run as its metadata.json has them, for those who make of a run what its files do not hold.
 */
#ifndef FLOCKCAST_IO_RUN_SETTINGS_H
#define FLOCKCAST_IO_RUN_SETTINGS_H

#include "flockcast/structure.h"
#include "io/run_files.h"

/* Walls as a configuration has them; periodic where it says nothing. Errors: FCAST_E_FORMAT, beginning with `where`. */
FCAST_MUST_CHECK fcast_status fcast_boundary_read(const char *where, const json_t *config, fcast_boundary *out,
                                                  fcast_error *err);

/* Box and walls as a configuration has them; `has_box` is false where it says no length. Errors: FCAST_E_FORMAT,
 * beginning with `where`: one length alone or not above 0, walls of another kind. */
FCAST_MUST_CHECK fcast_status fcast_domain_read(const char *where, const json_t *config, fcast_domain *out,
                                                bool *has_box, fcast_error *err);

/* Grid, bandwidth and boundary of the run's density. Errors: FCAST_E_FORMAT where config lacks a key. */
FCAST_MUST_CHECK fcast_status fcast_run_density_options(const char *directory, const fcast_run_facts *facts,
                                                        fcast_density_options *out, fcast_error *err);

/* The physics of the run whose tracks are given, as fcast_resimulate wants it. Errors: FCAST_E_FORMAT where config
 * lacks a key or says another time between frames than the tracks. */
FCAST_MUST_CHECK fcast_status fcast_run_simulate_options(const char *directory, const fcast_run_facts *facts,
                                                         const fcast_tracks *tracks, fcast_simulate_options *out,
                                                         fcast_error *err);

/* What differs from run to run of where agents start, for metadata.json; NULL where all is as the type has it, or
 * memory is short. The caller calls json_decref. */
json_t *fcast_initial_json(const fcast_initial_options *initial);

#endif
