/* SPDX-License-Identifier: MIT
 *
 * NPZ: archives of NumPy arrays, read and written.
 *
 * We read what numpy.savez and savez_compressed write (NPY 1.0 to 3.0; float32, float64, bool and integer types; either
 * byte order; C and Fortran order), and whatever else is a correct archive of such members; files are treated as
 * hostile, and nothing in them is ever run. We write float64 and int64 in C order, stored, with a fixed time stamp, so
 * that equal content gives equal bytes; on demand large arrays as float32, and members deflated. Formats: NumPy NEP 1;
 * docs/formats.md.
 */
#ifndef FLOCKCAST_NPZ_H
#define FLOCKCAST_NPZ_H

#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FCAST_NPY_MAX_DIMENSIONS = 8 };

/* What a member is, before its values are read. */
typedef struct fcast_npy_info {
  char type[24]; /* NumPy's descr: "<f8", "|O", ... */
  size_t n_dimensions;
  size_t shape[FCAST_NPY_MAX_DIMENSIONS];
  size_t n_values; /* product of the shape; 1 for a scalar */
} fcast_npy_info;

/* --- reading --- */

typedef struct fcast_npz fcast_npz; /* opaque; not thread-safe: one per thread */

/* Open an archive. Errors: FCAST_E_MISSING, FCAST_E_FORMAT (not an archive, truncated, duplicate members,
 * headers that contradict the directory), FCAST_E_IO, FCAST_E_NOMEM; every text names the file. Whoever opened it
 * closes it; NULL is allowed there. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_open(const char *path, fcast_npz **out, fcast_error *err);
FCAST_API void fcast_npz_close(fcast_npz *npz);

/* Members, in the order of the archive: the name without ".npy" (a raw member keeps its whole name). */
FCAST_API size_t fcast_npz_n_members(const fcast_npz *npz);
FCAST_API const char *fcast_npz_member_name(const fcast_npz *npz, size_t i_member);
FCAST_API int fcast_npz_has(const fcast_npz *npz, const char *name);

/* Type and shape of a member; one that is no array has the type "bytes". Errors: FCAST_E_MISSING where there is no such
 * member, FCAST_E_FORMAT. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_info(fcast_npz *npz, const char *name, fcast_npy_info *out,
                                                       fcast_error *err);

/* Read a member of any type to its end and check it against the archive's CRC, without keeping it. Errors: as
 * fcast_npz_info. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_verify(fcast_npz *npz, const char *name, fcast_error *err);

/* Read a member of any real type as float64 in C order; the values are checked against the archive's CRC. `info` (may
 * be NULL) gets type and shape. The caller frees `*values` with fcast_free. Nothing is allocated before the shape
 * agrees with the size of the member. Errors: FCAST_E_MISSING, FCAST_E_FORMAT, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_read(fcast_npz *npz, const char *name, fcast_npy_info *info,
                                                       double **values, fcast_error *err);

/* Read a member whose shape must be `shape` (0 in `shape` stands for any length, which is filled in) into fresh memory.
 * Errors: as fcast_npz_read, and FCAST_E_SHAPE with both shapes in the text. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_read_shaped(fcast_npz *npz, const char *name, size_t n_dimensions,
                                                              size_t *shape, double **values, fcast_error *err);

/* The same into memory of the caller: exactly `n_values` values. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_read_into(fcast_npz *npz, const char *name, size_t n_values,
                                                            double *values, fcast_error *err);

/* Read a scalar (0-d or one element), as a double or as an integer (a float with an integer value will do).
 * Errors: as fcast_npz_read, and FCAST_E_SHAPE, FCAST_E_FORMAT where it is no integer. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_read_scalar(fcast_npz *npz, const char *name, double *value,
                                                              fcast_error *err);
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_read_integer(fcast_npz *npz, const char *name, int64_t *value,
                                                               fcast_error *err);

/* --- writing --- */

typedef struct fcast_npz_writer fcast_npz_writer;

/* How an archive is written; all zero: float64, stored. */
typedef struct fcast_npz_format {
  bool compress; /* members are deflated, as by numpy.savez_compressed */
  bool float32;  /* large arrays are rounded to float32 */
} fcast_npz_format;

/* Start an archive in memory. A failing add is remembered: the error comes out of fcast_npz_writer_save, so that
 * callers can add all members and look once. Arrays are borrowed until then. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_writer_create(fcast_npz_format format, fcast_npz_writer **out,
                                                                fcast_error *err);
FCAST_API void fcast_npz_add_array(fcast_npz_writer *writer, const char *name, size_t n_dimensions, const size_t *shape,
                                   const double *values);
/* The same for an array that is float32 where the format says so. The caller sees to it that its values fit. */
FCAST_API void fcast_npz_add_large_array(fcast_npz_writer *writer, const char *name, size_t n_dimensions,
                                         const size_t *shape, const double *values);
FCAST_API void fcast_npz_add_scalar(fcast_npz_writer *writer, const char *name, double value);
FCAST_API void fcast_npz_add_integer(fcast_npz_writer *writer, const char *name, int64_t value);

/* Write the archive to `path`, whole or not at all: under a temporary name in the same directory, synced and renamed.
 * Frees the writer, whatever happens. Errors: those of the adds, FCAST_E_ARG for an archive without members or with two
 * of one name, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_npz_writer_save(fcast_npz_writer *writer, const char *path,
                                                              fcast_error *err);

#ifdef __cplusplus
}
#endif
#endif
