/* SPDX-License-Identifier: MIT */
#include "base/each.h"

fcast_status fcast__for_each(size_t n, fcast_do_one do_one, void *context, fcast_error *err) {
  fcast_status status = FCAST_OK;
  size_t failed = n;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < n; i++) {
    fcast_error own = {FCAST_OK, ""};
    const fcast_status own_status = do_one(context, i, &own);
    if (own_status != FCAST_OK) {
#pragma omp critical(fcast_for_each_failure)
      if (i < failed) {
        failed = i;
        status = own_status;
        if (err != NULL) {
          *err = own;
        }
      }
    }
  }
  return status;
}
