/* SPDX-License-Identifier: MIT
 *
 * NPY: the header of one NumPy array, read and written, and its element types.
 *
 * Format: NumPy NEP 1 (NPY 1.0), with the longer header of 2.0 and the UTF-8 header of 3.0. Used by npz.h; knows
 * nothing of archives.
 */
#ifndef FLOCKCAST_IO_NPY_H
#define FLOCKCAST_IO_NPY_H

#include "flockcast/status.h"
#include "io/npz.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An element type whose values we can read. */
typedef struct fcast_npy_type {
  char kind;   /* 'f', 'i', 'u' or 'b' */
  size_t size; /* bytes of an element: 1, 2, 4 or 8 */
  bool is_big_endian;
} fcast_npy_type;

/* The type that a descr such as "<f8" names; false where it is none of those above. */
bool fcast_npy_type_parse(const char *descr, fcast_npy_type *type);

/* n elements at `bytes` (of any alignment) as float64. Integers beyond 2^53 are rounded. */
void fcast_npy_decode(fcast_npy_type type, const unsigned char *bytes, size_t n, double *values);

/* One element exactly as an integer: false where it has a fraction or does not fit. */
bool fcast_npy_decode_integer(fcast_npy_type type, const unsigned char *bytes, int64_t *value);

/* Bytes in front of the header text: magic, version and length. */
enum { FCAST_NPY_PREFIX_1 = 10, FCAST_NPY_PREFIX_2 = 12, FCAST_NPY_MAX_HEADER = 1 << 16 };

/* From the first FCAST_NPY_PREFIX_1 bytes: the bytes of the prefix and, where that is FCAST_NPY_PREFIX_1, of the text.
 * Errors: FCAST_E_FORMAT. */
FCAST_MUST_CHECK fcast_status fcast_npy_prefix_parse(const unsigned char *bytes, size_t *n_prefix, size_t *n_text,
                                                     fcast_error *err);

/* The dictionary text[0..n). `is_fortran` says that the first index moves fastest. Errors: FCAST_E_FORMAT. */
FCAST_MUST_CHECK fcast_status fcast_npy_header_parse(const char *text, size_t n, fcast_npy_info *info, bool *is_fortran,
                                                     fcast_error *err);

/* The whole NPY 1.0 header of an array in C order, padded to 64 bytes, as NumPy writes it; the caller frees it with
 * fcast_free. NULL where memory is short. */
unsigned char *fcast_npy_header_create(const char *descr, size_t n_dimensions, const size_t *shape, size_t *n_bytes);

#endif
