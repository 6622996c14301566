/* SPDX-License-Identifier: MIT
 *
 * Whether the files of a run say the same of it, beyond their shapes.
 */
#ifndef FLOCKCAST_IO_RUN_CONTENT_H
#define FLOCKCAST_IO_RUN_CONTENT_H

#include "io/run_files.h"

/* Density, tracks and order parameters (empty where the run has none) of one run against its metadata and each other:
 * cells and box, agents inside the box, no negative density, as much mass as agents, the polarization of the tracks.
 *
 * Runs of older scripts, which have no fingerprint, may hold positions that are not wrapped, and are not asked for
 * their polarization or the mass at walls, which those scripts need not define as we do. Errors: FCAST_E_FORMAT,
 * FCAST_E_SHAPE, naming the file and what was expected; FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_run_check_content(const char *directory, const fcast_run_facts *facts,
                                                      const fcast_fields *fields, const fcast_tracks *tracks,
                                                      const fcast_order_params *order, fcast_error *err);

#endif
