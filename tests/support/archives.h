/* SPDX-License-Identifier: MIT
 *
 * A directory of archives for the tests of NPZ files, with one of everything that we write.
 */
#ifndef FLOCKCAST_TESTS_ARCHIVES_H
#define FLOCKCAST_TESTS_ARCHIVES_H

#include "check.h"
#include "scratch.h"

#include "io/npz.h"

extern char archive_directory[SCRATCH_PATH];
extern char archive_ours[SCRATCH_PATH]; /* the path of ours.npz in it */

/* Fixtures of a group: the directory with ours.npz. */
int archives_make(void **state);
int archives_remove(void **state);

/* The i-th number of the arrays in ours.npz. */
double archive_value(size_t i);

/* Write what is in ours.npz: arrays of one to eight dimensions, one without values, scalars and an object. */
fcast_status archive_write_ours(const char *path, fcast_error *err);

/* Open an archive of the directory, which has to work. Owner: the caller, fcast_npz_close. */
fcast_npz *archive_open(const char *name);

#endif
