/* SPDX-License-Identifier: MIT
 *
 * Pickles: what is accepted is plain data, which pickled again and read again is the same.
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/pickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fcast_error err = {FCAST_OK, ""};
  json_t *value = NULL;
  json_t *again = NULL;
  unsigned char *pickle = NULL;
  size_t n_pickle = 0;
  fcast_status status = fcast_pickle_read(bytes, n, &value, &err);
  fuzz_require_told(status, &err);
  fuzz_require((status == FCAST_OK) == (value != NULL));
  if (status != FCAST_OK) {
    return 0;
  }
  status = fcast_pickle_write(value, &pickle, &n_pickle, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    status = fcast_pickle_read(pickle, n_pickle, &again, &err);
    fuzz_require_told(status, &err);
    fuzz_require(status == FCAST_OK && json_equal(value, again));
    fcast_free(pickle);
    json_decref(again);
  }
  json_decref(value);
  return 0;
}
