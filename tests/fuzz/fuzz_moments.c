/* SPDX-License-Identifier: MIT
 *
 * Moments behind their checksums, member by member as for fuzz_members: what is accepted is finite, says how much it
 * was made of, and does not lead training astray.
 */
#include "fuzz.h"
#include "io/model_files.h"

#include <math.h>
#include <stdlib.h>

/* Training on it refuses it or gives a basis of numbers, whatever covariance a file claims. */
static void require_basis(fcast_moments *moments) {
  fcast_error err = {FCAST_OK, ""};
  fcast_pod pod = {0};
  const fcast_status status = fcast_pod_fit_moments(moments, 0.9, &pod, &err);
  fuzz_require_told(status, &err);
  for (size_t i = 0; status == FCAST_OK && i < pod.n_modes; i++) {
    fuzz_require(isfinite(pod.singular_values[i]) && pod.singular_values[i] >= 0.0);
    for (size_t j = 0; j < pod.n_space; j++) {
      fuzz_require(isfinite(pod.modes[j * pod.n_modes + i]));
    }
  }
  fcast_pod_clear(&pod);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  static const char *const members[] = {"first_run", "last_run", "n_frames", "config_hash", "mean", "gram", NULL};
  fcast_error err = {FCAST_OK, ""};
  fcast_moments_file file;
  fuzz_archive archive = fuzz_archive_of_members(members, bytes, n);
  const fcast_status status = fcast_moments_read(fuzz_file(0, archive.bytes, archive.n), &file, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    const size_t n_space = file.moments.n_space;
    fuzz_require(n_space > 0 && file.moments.n_frames > 0 && file.first_run >= 0 && file.last_run >= file.first_run);
    for (size_t i = 0; i < n_space; i++) {
      fuzz_require(isfinite(file.moments.mean[i]));
      for (size_t j = 0; j <= i; j++) {
        fuzz_require(isfinite(file.moments.gram[i * n_space + j]));
      }
    }
    require_basis(&file.moments);
  }
  fcast_moments_clear(&file.moments);
  free(archive.bytes);
  return 0;
}
