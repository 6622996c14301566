/* SPDX-License-Identifier: MIT
 *
 * Is a run on disk whole: what resuming, `check` and `status` go by.
 */
#ifndef FLOCKCAST_IO_RUN_CHECK_H
#define FLOCKCAST_IO_RUN_CHECK_H

#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum fcast_run_state {
  FCAST_RUN_WHOLE,
  FCAST_RUN_MISSING, /* no directory, or no metadata.json yet */
  FCAST_RUN_STALE,   /* of another configuration */
  FCAST_RUN_FOREIGN, /* of another program: metadata.json has no config_hash where one is demanded */
  FCAST_RUN_CORRUPT  /* a file missing, damaged or inconsistent */
} fcast_run_state;

typedef struct fcast_run_demand {
  const char *config_hash; /* fcast_config_fingerprint of the configuration it must be of; NULL: any */
  bool needs_order_params; /* order_params.npz must be there, also where metadata.json does not say so */
  bool needs_density;      /* a run whose density was not kept is stale */
  bool needs_limit_whole;  /* limit.npz, where there is one, must be of the run */
  size_t ny, nx;           /* cells its density must have; 0: any */
  bool is_quick;           /* look at metadata and the presence of files only */
} fcast_run_demand;

/* Unless quick, every member is read: checksums, shapes, finiteness, frames that agree, and what run_content.h asks.
 * `why` (may be NULL) says what is wrong where the answer is not FCAST_RUN_WHOLE. */
fcast_run_state fcast_run_check(const char *directory, const fcast_run_demand *demand, fcast_error *why);

/* Read every member of an archive, of whatever type, to its end: checksums, headers, and that pickles hold plain data.
 * Members named in `but` (ended by NULL) are left out, where they are read anyhow. Errors: those of npz.h. */
FCAST_MUST_CHECK fcast_status fcast_archive_check(const char *path, const char *const *but, fcast_error *err);

#endif
