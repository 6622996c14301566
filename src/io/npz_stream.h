/* SPDX-License-Identifier: MIT
 *
 * An open archive, and one member of it from its header to its last byte.
 */
#ifndef FLOCKCAST_IO_NPZ_STREAM_H
#define FLOCKCAST_IO_NPZ_STREAM_H

#include "io/npy.h"
#include "io/npz.h"

#include <stdbool.h>
#include <zip.h>

typedef struct fcast__npz_member {
  char *name; /* without ".npy" */
  zip_uint64_t index;
  zip_uint64_t size, compressed_size;
  zip_uint16_t method;
  bool is_array; /* by its name */
} fcast__npz_member;

struct fcast_npz {
  char *path;
  zip_t *archive;
  zip_uint64_t n_bytes; /* of the whole file */
  size_t n_members;
  fcast__npz_member *members;
};

typedef struct fcast__npz_stream {
  zip_file_t *file;
  zip_uint64_t n_left; /* bytes of the member not read yet */
  fcast_npy_info info;
  int is_fortran; /* first index fastest, and more than one index */
} fcast__npz_stream;

/* The member of a name, or NULL; and the error that there is none, which lists those there are. */
const fcast__npz_member *fcast__npz_find(const fcast_npz *npz, const char *name);
fcast_status fcast__npz_fail_missing(const fcast_npz *npz, const char *name, fcast_error *err);

/* Errors inside a member do not know where they are: put the file and the member in front. Returns `status`. */
fcast_status fcast__npz_name_failure(const fcast_npz *npz, const char *name, fcast_status status, fcast_error *err);

/* Open a member and read its header. The stream needs fcast__npz_stream_close, whatever is returned. Errors:
 * FCAST_E_FORMAT, also where it claims more than it can be; FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__npz_stream_open(fcast_npz *npz, const fcast__npz_member *found,
                                                     fcast__npz_stream *out, fcast_error *err);
void fcast__npz_stream_close(fcast__npz_stream *from);

/* The next n bytes; and whether the last one was the end, with the right checksum. Errors: FCAST_E_FORMAT, FCAST_E_IO.
 */
FCAST_MUST_CHECK fcast_status fcast__npz_stream_read(fcast__npz_stream *from, void *bytes, size_t n, fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast__npz_stream_end(fcast__npz_stream *from, fcast_error *err);

#endif
