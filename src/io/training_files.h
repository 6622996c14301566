/* SPDX-License-Identifier: MIT
 *
 * Which files belong to a training. training_metadata.json goes first and comes last, and lists every file that
 * training writes beside it with its size and a hash, so that a training that did not end, half a transfer and files of
 * two trainings are told from a whole one. Older scripts, and earlier versions, list nothing: their models are taken as
 * they are.
 */
#ifndef FLOCKCAST_IO_TRAINING_FILES_H
#define FLOCKCAST_IO_TRAINING_FILES_H

#include "io/file.h"

#include <jansson.h>
#include <stdbool.h>

/* The member "files" of training_metadata.json for files that are yet to be committed: their size and hash by name. The
 * caller calls json_decref. Errors: FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_training_list_files(const fcast_outfile *files, size_t n_files, json_t **out,
                                                        fcast_error *err);

/* Read training_metadata.json of a directory of models; the caller calls json_decref. `report` is NULL where there is
 * none, as older scripts may have it. Errors: FCAST_E_MISSING where there is none and a file is there that only our
 * training writes, those of fcast_json_read. */
FCAST_MUST_CHECK fcast_status fcast_training_read(const char *models_dir, json_t **report, fcast_error *err);

/* What fcast_training_check_files looks at. */
typedef struct fcast_training_demand {
  bool with_tables; /* the CSV files too */
  bool is_quick;    /* what is there and what is not: nothing in the files is read */
} fcast_training_demand;

/* Whether the models in the directory are those that its report speaks of: of the names that our training writes, all
 * that it speaks of are there, as they were written, and none besides. Files of other names are not looked at. A report
 * that is NULL speaks of none, and then nothing is compared. To be called when the models have been read: had a
 * training ended meanwhile, some would be of the one before. `so_far` is what reading gave, and comes back where it is
 * an error, but for files that do not fit each other (FCAST_E_SHAPE): then the cause is said, where it is that they are
 * of two trainings. Errors: FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_IO, each naming a file. */
FCAST_MUST_CHECK fcast_status fcast_training_check_files(const char *models_dir, const json_t *report,
                                                         const fcast_training_demand *demand, fcast_status so_far,
                                                         fcast_error *err);

#endif
