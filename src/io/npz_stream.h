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
  int is_fortran;  /* first index fastest, and more than one index */
  bool is_missing; /* there is no such member, and the error says so */
} fcast__npz_stream;

/* Open the member of a name and read its header. The stream needs fcast__npz_stream_finish, whatever is returned.
 * Errors: FCAST_E_MISSING; FCAST_E_FORMAT, also where it claims more than it can be; FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__npz_stream_open(fcast_npz *npz, const char *name, fcast__npz_stream *out,
                                                     fcast_error *err);

/* Close it and return `status`. Errors inside a member do not know where they are: the file and the member are put in
 * front. */
FCAST_MUST_CHECK fcast_status fcast__npz_stream_finish(const fcast_npz *npz, const char *name, fcast__npz_stream *from,
                                                       fcast_status status, fcast_error *err);

/* The next n bytes; and whether the last one was the end, with the right checksum. Errors: FCAST_E_FORMAT, FCAST_E_IO.
 */
FCAST_MUST_CHECK fcast_status fcast__npz_stream_read(fcast__npz_stream *from, void *bytes, size_t n, fcast_error *err);
FCAST_MUST_CHECK fcast_status fcast__npz_stream_end(fcast__npz_stream *from, fcast_error *err);

#endif
