/* SPDX-License-Identifier: MIT */
#include "io/npz_stream.h"

#include "flockcast/array.h"
#include "io/pickle.h"

#include <stdio.h>
#include <string.h>

enum {
  MAX_OBJECT_BYTES = 16 << 20, /* of a pickle: a run's settings take a few hundred */
  N_CONVERTED = 1024,          /* values converted at a time */
  SHAPE_TEXT = 24 * FCAST_NPY_MAX_DIMENSIONS + 8
};

static fcast_status find_type(const fcast__npz_stream *from, fcast_npy_type *type, fcast_error *err) {
  if (fcast_npy_type_parse(from->info.type, type)) {
    return FCAST_OK;
  }
  return fcast_fail(err, FCAST_E_FORMAT, "type %s, expected real numbers (f4, f8, i1 to i8, u1 to u8, b1)",
                    from->info.type);
}

static fcast_status read_in_file_order(fcast__npz_stream *from, double *values, fcast_error *err) {
  fcast_npy_type type = {0};
  fcast_status status = find_type(from, &type, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t n_values = from->info.n_values;
  if (type.kind == 'f' && type.size == sizeof *values && !type.is_big_endian) {
    return fcast__npz_stream_read(from, values, n_values * sizeof *values, err);
  }
  unsigned char bytes[N_CONVERTED * sizeof *values];
  for (size_t i = 0; i < n_values && status == FCAST_OK; i += N_CONVERTED) {
    const size_t n = n_values - i < N_CONVERTED ? n_values - i : N_CONVERTED;
    status = fcast__npz_stream_read(from, bytes, n * type.size, err);
    if (status == FCAST_OK) {
      fcast_npy_decode(type, bytes, n, values + i);
    }
  }
  return status;
}

/* Walk `to` in C order (last index fastest) and fetch from where Fortran order keeps the value. */
static void transpose(const fcast_npy_info *info, const double *restrict from, double *restrict to) {
  size_t index[FCAST_NPY_MAX_DIMENSIONS] = {0};
  size_t stride[FCAST_NPY_MAX_DIMENSIONS];
  size_t product = 1;
  for (size_t d = 0; d < info->n_dimensions; d++) {
    stride[d] = product;
    product *= info->shape[d];
  }
  size_t offset = 0;
  for (size_t i = 0; i < info->n_values; i++) {
    to[i] = from[offset];
    for (size_t d = info->n_dimensions; d-- > 0;) {
      offset += stride[d];
      if (++index[d] < info->shape[d]) {
        break;
      }
      offset -= stride[d] * info->shape[d];
      index[d] = 0;
    }
  }
}

/* All values of the member in C order, checked against its CRC. */
static fcast_status read_values(fcast__npz_stream *from, double *values, fcast_error *err) {
  double *in_file_order = values;
  if (from->is_fortran) {
    in_file_order = fcast_alloc_array(from->info.n_values, sizeof *values);
    if (in_file_order == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu values", from->info.n_values);
    }
  }
  fcast_status status = read_in_file_order(from, in_file_order, err);
  if (status == FCAST_OK) {
    status = fcast__npz_stream_end(from, err);
  }
  if (from->is_fortran) {
    if (status == FCAST_OK) {
      transpose(&from->info, in_file_order, values);
    }
    fcast_free(in_file_order);
  }
  return status;
}

static fcast_status read_fresh_values(fcast__npz_stream *from, double **values, fcast_error *err) {
  fcast_npy_type type = {0};
  fcast_status status = find_type(from, &type, err);
  if (status != FCAST_OK) {
    return status;
  }
  double *fresh = fcast_alloc_unfilled(from->info.n_values, sizeof *fresh); /* a claim until it is read */
  if (fresh == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu values", from->info.n_values);
  }
  status = read_values(from, fresh, err);
  if (status != FCAST_OK) {
    fcast_free(fresh);
    return status;
  }
  *values = fresh;
  return FCAST_OK;
}

fcast_status fcast_npz_read(fcast_npz *npz, const char *name, fcast_npy_info *info, double **values, fcast_error *err) {
  *values = NULL;
  fcast__npz_stream from;
  fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    status = read_fresh_values(&from, values, err);
  }
  if (info != NULL) {
    *info = from.info;
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}

/* "(20, any, 2)"; where `zero_is_any`, a length of 0 stands for any. */
static void print_shape(size_t n_dimensions, const size_t *shape, int zero_is_any, char text[SHAPE_TEXT]) {
  size_t length = (size_t)snprintf(text, SHAPE_TEXT, "(");
  for (size_t i = 0; i < n_dimensions; i++) {
    const char *separator = i == 0 ? "" : ", ";
    length += (size_t)(zero_is_any && shape[i] == 0
                           ? snprintf(text + length, SHAPE_TEXT - length, "%sany", separator)
                           : snprintf(text + length, SHAPE_TEXT - length, "%s%zu", separator, shape[i]));
  }
  (void)snprintf(text + length, SHAPE_TEXT - length, n_dimensions == 1 ? ",)" : ")");
}

static fcast_status check_shape(const fcast_npy_info *info, size_t n_dimensions, const size_t *shape,
                                fcast_error *err) {
  int is_equal = info->n_dimensions == n_dimensions;
  for (size_t i = 0; i < n_dimensions && is_equal; i++) {
    is_equal = shape[i] == 0 || shape[i] == info->shape[i];
  }
  if (is_equal) {
    return FCAST_OK;
  }
  char found[SHAPE_TEXT];
  char expected[SHAPE_TEXT];
  print_shape(info->n_dimensions, info->shape, 0, found);
  print_shape(n_dimensions, shape, 1, expected);
  return fcast_fail(err, FCAST_E_SHAPE, "shape %s, expected %s", found, expected);
}

fcast_status fcast_npz_read_shaped(fcast_npz *npz, const char *name, size_t n_dimensions, size_t *shape,
                                   double **values, fcast_error *err) {
  *values = NULL;
  fcast__npz_stream from;
  fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    status = check_shape(&from.info, n_dimensions, shape, err);
  }
  if (status == FCAST_OK) {
    status = read_fresh_values(&from, values, err);
  }
  if (status == FCAST_OK && n_dimensions > 0) {
    memcpy(shape, from.info.shape, n_dimensions * sizeof *shape);
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}

static fcast_status check_n_values(const fcast_npy_info *info, size_t n_values, fcast_error *err) {
  if (info->n_values == n_values) {
    return FCAST_OK;
  }
  char found[SHAPE_TEXT];
  print_shape(info->n_dimensions, info->shape, 0, found);
  return fcast_fail(err, FCAST_E_SHAPE, "shape %s, expected %zu value%s", found, n_values, n_values == 1 ? "" : "s");
}

fcast_status fcast_npz_read_into(fcast_npz *npz, const char *name, size_t n_values, double *values, fcast_error *err) {
  fcast__npz_stream from;
  fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    status = check_n_values(&from.info, n_values, err);
  }
  if (status == FCAST_OK) {
    status = read_values(&from, values, err);
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}

fcast_status fcast_npz_read_scalar(fcast_npz *npz, const char *name, double *value, fcast_error *err) {
  return fcast_npz_read_into(npz, name, 1, value, err);
}

static fcast_status read_integer(fcast__npz_stream *from, int64_t *value, fcast_error *err) {
  unsigned char bytes[sizeof *value];
  fcast_npy_type type = {0};
  fcast_status status = check_n_values(&from->info, 1, err);
  if (status == FCAST_OK) {
    status = find_type(from, &type, err);
  }
  if (status == FCAST_OK) {
    status = fcast__npz_stream_read(from, bytes, type.size, err);
  }
  if (status == FCAST_OK) {
    status = fcast__npz_stream_end(from, err);
  }
  if (status == FCAST_OK && !fcast_npy_decode_integer(type, bytes, value)) {
    double found = 0;
    fcast_npy_decode(type, bytes, 1, &found);
    return fcast_fail(err, FCAST_E_FORMAT, "value %.17g, expected a 64-bit integer", found);
  }
  return status;
}

fcast_status fcast_npz_read_integer(fcast_npz *npz, const char *name, int64_t *value, fcast_error *err) {
  fcast__npz_stream from;
  fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    status = read_integer(&from, value, err);
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}

/* The pickle is what is left of the member: no shape says how long it is. */
static fcast_status read_object(fcast__npz_stream *from, json_t **value, fcast_error *err) {
  if (strcmp(from->info.type, "|O") != 0) {
    return fcast_fail(err, FCAST_E_FORMAT, "type %s, expected an object (|O)", from->info.type);
  }
  fcast_status status = check_n_values(&from->info, 1, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (from->n_left > MAX_OBJECT_BYTES) {
    return fcast_fail(err, FCAST_E_FORMAT, "object of %llu bytes, expected at most %d",
                      (unsigned long long)from->n_left, MAX_OBJECT_BYTES);
  }
  const size_t n = (size_t)from->n_left;
  unsigned char *bytes = fcast_alloc_array(n, 1);
  if (bytes == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu bytes", n);
  }
  status = fcast__npz_stream_read(from, bytes, n, err);
  if (status == FCAST_OK) {
    status = fcast__npz_stream_end(from, err);
  }
  if (status == FCAST_OK) {
    status = fcast_pickle_read(bytes, n, value, err);
  }
  fcast_free(bytes);
  return status;
}

fcast_status fcast_npz_read_object(fcast_npz *npz, const char *name, json_t **value, fcast_error *err) {
  *value = NULL;
  fcast__npz_stream from;
  fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    status = read_object(&from, value, err);
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}
