/* SPDX-License-Identifier: MIT
 *
 * Files: read whole, write whole or not at all.
 *
 * A file is written under a temporary name in its own directory, synced to disk and renamed, so that no reader ever
 * meets half a file and a killed job leaves none under the final name.
 */
#ifndef FLOCKCAST_IO_FILE_H
#define FLOCKCAST_IO_FILE_H

#include "flockcast/status.h"

#include <stddef.h>
#include <stdint.h>

/* A file being written. Zero-initialise; begin, write to temporary_path by any means, then commit or abandon. */
typedef struct fcast_outfile {
  char *final_path;
  char *temporary_path;
  int descriptor; /* of the temporary file, open for writing */
} fcast_outfile;

/* Choose a temporary name beside `path` (it ends in the same suffix, begins with a dot, and is unique among processes
 * and threads). Errors: FCAST_E_IO where the directory is missing or cannot be written, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_outfile_begin(const char *path, fcast_outfile *file, fcast_error *err);

/* Sync the temporary file, rename it to its final name, sync the directory, release the names. On failure the temporary
 * file is removed and the final name is as it was, unless the directory could not be synced: then the new file has its
 * name, which may be lost where the machine fails. Errors: FCAST_E_IO naming the file, or the directory that could not
 * be synced, and the system's reason. */
FCAST_MUST_CHECK fcast_status fcast_outfile_commit(fcast_outfile *file, fcast_error *err);

/* Commit files of one directory, all of them or, on failure, perhaps only the first few: the last one, which vouches
 * for the others, takes its final name when they are on disk under theirs. */
FCAST_MUST_CHECK fcast_status fcast_outfile_commit_all(fcast_outfile *files, size_t n_files, fcast_error *err);

/* Write `n` bytes `offset` bytes behind the start of the temporary file. Errors: FCAST_E_IO naming the file and the
 * system's reason. */
FCAST_MUST_CHECK fcast_status fcast_outfile_write(const fcast_outfile *file, const void *bytes, size_t n,
                                                  uint64_t offset, fcast_error *err);

/* Remove the temporary file and release the names; an empty struct is allowed. */
void fcast_outfile_abandon(fcast_outfile *file);

/* Write `n` bytes into the temporary file of `path`, which the caller commits or abandons; `file` is empty on failure.
 */
FCAST_MUST_CHECK fcast_status fcast_file_put(const char *path, const void *bytes, size_t n, fcast_outfile *file,
                                             fcast_error *err);

/* The same, and commit. */
FCAST_MUST_CHECK fcast_status fcast_file_write(const char *path, const void *bytes, size_t n, fcast_error *err);

/* Read a whole file of at most `max_bytes`; a 0 byte is put behind the content. The caller frees `*bytes` with
 * fcast_free. Errors: FCAST_E_MISSING, FCAST_E_IO, FCAST_E_FORMAT where it is too large, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_file_read(const char *path, size_t max_bytes, unsigned char **bytes, size_t *n,
                                              fcast_error *err);

/* What tells files apart: how long they are, and a hash of their bytes (fcast_hash_bytes). */
typedef struct fcast_file_mark {
  uint64_t n_bytes, hash;
} fcast_file_mark;

/* Errors: FCAST_E_MISSING, FCAST_E_IO. */
FCAST_MUST_CHECK fcast_status fcast_file_mark_read(const char *path, fcast_file_mark *out, fcast_error *err);

/* Remove a file; one that is not there is fine. Errors: FCAST_E_IO naming it and the system's reason. */
FCAST_MUST_CHECK fcast_status fcast_file_remove(const char *path, fcast_error *err);

/* Make a directory and its parents; one that is there already is fine. Errors: FCAST_E_IO naming it. */
FCAST_MUST_CHECK fcast_status fcast_directory_make(const char *path, fcast_error *err);

/* Remove temporary files that killed processes of this machine left in a directory. What cannot be removed stays: it
 * does no harm. */
void fcast_directory_sweep(const char *path);

typedef enum fcast_path_kind {
  FCAST_PATH_NOTHING,
  FCAST_PATH_FILE,
  FCAST_PATH_DIRECTORY,
  FCAST_PATH_OTHER
} fcast_path_kind;

/* What is at `path`. Errors: FCAST_E_IO where the system cannot say, as on a network disk that is gone: that is not the
 * same as nothing. */
FCAST_MUST_CHECK fcast_status fcast_path_look(const char *path, fcast_path_kind *kind, fcast_error *err);

/* The same for `directory`/`name`. Errors: also FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_path_look_in(const char *directory, const char *name, fcast_path_kind *kind,
                                                 fcast_error *err);

/* 1 where `path` exists and is a directory (a regular file); 0 otherwise. */
int fcast_directory_exists(const char *path);
int fcast_file_exists(const char *path);

/* `path` from the root, without links and dots where it exists; the caller frees it with fcast_free. Errors: FCAST_E_IO
 * where the working directory is gone, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_path_absolute(const char *path, char **out, fcast_error *err);

/* A printf-formatted string on the heap, for paths and lines; the caller frees it with fcast_free. NULL where memory is
 * short. */
char *fcast_format(const char *format, ...) FCAST_PRINTF(1, 2);

#endif
