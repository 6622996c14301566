/* SPDX-License-Identifier: MIT
 *
 * Archives as they come: every member that `info` and `check` would read, by every way there is to read it.
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/npz.h"

static void read_member(fcast_npz *npz, const char *name) {
  fcast_error err = {FCAST_OK, ""};
  fcast_npy_info info;
  double *values = NULL;
  double scalar = 0.0;
  int64_t integer = 0;
  json_t *object = NULL;
  fcast_status status = fcast_npz_info(npz, name, &info, &err);
  fuzz_require_told(status, &err);
  status = fcast_npz_read(npz, name, NULL, &values, &err);
  fuzz_require_told(status, &err);
  fuzz_require((status == FCAST_OK) == (values != NULL));
  fcast_free(values);
  status = fcast_npz_read_object(npz, name, &object, &err);
  fuzz_require_told(status, &err);
  fuzz_require((status == FCAST_OK) == (object != NULL));
  json_decref(object);
  status = fcast_npz_read_scalar(npz, name, &scalar, &err);
  fuzz_require_told(status, &err);
  status = fcast_npz_read_integer(npz, name, &integer, &err);
  fuzz_require_told(status, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fcast_error err = {FCAST_OK, ""};
  fcast_npz *npz = NULL;
  const fcast_status status = fcast_npz_open(fuzz_file(0, bytes, n), &npz, &err);
  fuzz_require_told(status, &err);
  fuzz_require((status == FCAST_OK) == (npz != NULL));
  for (size_t i = 0; status == FCAST_OK && i < fcast_npz_n_members(npz); i++) {
    read_member(npz, fcast_npz_member_name(npz, i));
  }
  fcast_npz_close(npz);
  return 0;
}
