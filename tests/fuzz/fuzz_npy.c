/* SPDX-License-Identifier: MIT
 *
 * The header of a NumPy array and its element types, from bytes as they stand at the start of a member.
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/npy.h"

#include <math.h>
#include <string.h>

/* A header we write for the same array says the same. */
static void check_header_written(const fcast_npy_info *info) {
  fcast_npy_info again;
  bool is_fortran = true;
  size_t n_header = 0;
  size_t n_prefix = 0;
  size_t n_text = 0;
  fcast_error err = {FCAST_OK, ""};
  unsigned char *header = fcast_npy_header_create(info->type, info->n_dimensions, info->shape, &n_header);
  fuzz_require(header != NULL && n_header % 64 == 0);
  fuzz_require(fcast_npy_prefix_parse(header, &n_prefix, &n_text, &err) == FCAST_OK && n_prefix + n_text == n_header);
  fuzz_require(fcast_npy_header_parse((const char *)header + n_prefix, n_text, &again, &is_fortran, &err) == FCAST_OK);
  fuzz_require(strcmp(again.type, info->type) == 0 && again.n_dimensions == info->n_dimensions &&
               again.n_values == info->n_values && !is_fortran);
  for (size_t i = 0; i < info->n_dimensions; i++) {
    fuzz_require(again.shape[i] == info->shape[i]);
  }
  fcast_free(header);
}

/* An element that is an integer is that number as a double too. */
static void check_elements(fcast_npy_type type, const uint8_t *bytes, size_t n) {
  enum { N_ELEMENTS = 16 };
  double values[N_ELEMENTS];
  const size_t n_elements = n / type.size < N_ELEMENTS ? n / type.size : N_ELEMENTS;
  fcast_npy_decode(type, bytes, n_elements, values);
  for (size_t i = 0; i < n_elements; i++) {
    int64_t integer = 0;
    if (fcast_npy_decode_integer(type, bytes + i * type.size, &integer)) {
      fuzz_require(values[i] == (double)integer);
    } else {
      fuzz_require(type.kind == 'f' || values[i] >= 0x1p63);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fcast_error err = {FCAST_OK, ""};
  fcast_npy_info info;
  fcast_npy_type type;
  bool is_fortran = false;
  size_t n_prefix = 0;
  size_t n_text = 0;
  if (n < FCAST_NPY_PREFIX_2) {
    return 0;
  }
  fcast_status status = fcast_npy_prefix_parse(bytes, &n_prefix, &n_text, &err);
  fuzz_require_told(status, &err);
  if (status != FCAST_OK) {
    return 0;
  }
  n_text = n_text < n - n_prefix ? n_text : n - n_prefix;
  status = fcast_npy_header_parse((const char *)bytes + n_prefix, n_text, &info, &is_fortran, &err);
  fuzz_require_told(status, &err);
  if (status != FCAST_OK) {
    return 0;
  }
  if (strchr("[(", info.type[0]) == NULL && strpbrk(info.type, "'\"") == NULL) {
    check_header_written(&info);
  }
  if (fcast_npy_type_parse(info.type, &type)) {
    check_elements(type, bytes + n_prefix + n_text, n - n_prefix - n_text);
  }
  return 0;
}
