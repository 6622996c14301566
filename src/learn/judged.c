/* SPDX-License-Identifier: MIT */
#include "learn/judged.h"

enum { LARGEST_JUDGED = 20, LARGEST_LEADS = 60 };

size_t fcast__judged_runs(const fcast_tracks_source *source) {
  return source->n_runs < LARGEST_JUDGED ? source->n_runs : LARGEST_JUDGED;
}

fcast_status fcast__judged_read(const fcast_tracks_source *source, size_t i, size_t n_known, fcast_tracks *out,
                                fcast_error *err) {
  const fcast_status status = source->read(source->context, i * source->n_runs / fcast__judged_runs(source), out, err);
  if (status == FCAST_OK && out->n_frames > n_known + LARGEST_LEADS) {
    out->n_frames = n_known + LARGEST_LEADS;
  }
  return status == FCAST_OK && out->n_frames <= n_known
             ? fcast_fail(err, FCAST_E_SHAPE, "field model: found a run of %zu frames, expected more than %zu",
                          out->n_frames, n_known)
             : status;
}

double fcast__judged_r2(const double *mean, size_t n_space, const double *truth, const double *prediction,
                        size_t n_frames) {
  double error = 0.0;
  double spread = 0.0;
  for (size_t frame = 0; frame < n_frames; frame++) {
    for (size_t i = 0; i < n_space; i++) {
      const size_t at = frame * n_space + i;
      error += (truth[at] - prediction[at]) * (truth[at] - prediction[at]);
      spread += (truth[at] - mean[i]) * (truth[at] - mean[i]);
    }
  }
  return 1.0 - error / spread;
}
