/* SPDX-License-Identifier: MIT
 *
 * NPZ: what flockcast/npz.h has not, for files of our own: objects, and archives that become files together with
 * others.
 *
 * Object members go through the whitelist unpickler in pickle.h.
 */
#ifndef FLOCKCAST_IO_NPZ_H
#define FLOCKCAST_IO_NPZ_H

#include "flockcast/npz.h"
#include "io/file.h"

#include <jansson.h>

/* Read a 0-d object member (a pickled dict, list, string or number) as JSON; the caller calls json_decref. */
FCAST_MUST_CHECK fcast_status fcast_npz_read_object(fcast_npz *npz, const char *name, json_t **value, fcast_error *err);

/* A 0-d object array holding what `value` says, pickled as NumPy does it. */
void fcast_npz_add_object(fcast_npz_writer *writer, const char *name, const json_t *value);

/* Write the archive into the temporary file of `path`, which the caller commits or abandons, and free the writer,
 * whatever happens; `file` is empty on failure. Errors: those of the adds, those of fcast_npz_writer_save. */
FCAST_MUST_CHECK fcast_status fcast_npz_writer_put(fcast_npz_writer *writer, const char *path, fcast_outfile *file,
                                                   fcast_error *err);

/* Before the first archive of the process is opened by one of several threads; internal to src/io/npz*.c. libzip 1.7
 * fills in what it needs to know of a source at the first opening, without a lock: another thread may then find every
 * archive read-only. */
void fcast__npz_prepare(void);

#endif
