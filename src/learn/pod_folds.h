/* SPDX-License-Identifier: MIT
 *
 * POD coefficients of all training frames on bases that did not see the runs of a fold.
 */
#ifndef FLOCKCAST_LEARN_POD_FOLDS_H
#define FLOCKCAST_LEARN_POD_FOLDS_H

#include "flockcast/select.h"

/* Where `n_bases` is FCAST_FOLDS + 1, basis k was made without fold k, and the last one with all runs; where it is 1,
 * one basis of all runs serves for all. */
typedef struct fcast_pod_folds {
  size_t n_bases;
  size_t n_fields;
  size_t n_modes;   /* of every field */
  size_t width;     /* (n_known + 1) * n_fields * n_modes: of a window */
  size_t n_windows; /* of all runs */
  double *moments;  /* [fold, width, width], lower triangle: windows of all runs but those of fold k; last, of all */
  size_t n_frames;  /* of the judged runs */
  double *series; /* [basis, frame, field, mode] of the judged runs; every field scaled to the energy of the density */
  double *energy; /* [basis, frame]: |rho - mean|^2 about the mean of that basis */
} fcast_pod_folds;

/* Make them for frames[frame, 1 + 2 n_moments, cell], with at most `largest_modes` modes of a field. `pod` is the basis
 * of the density of all runs. While there are no more frames than cells, the bases come from parts of one Gram matrix
 * (Sirovich's method of snapshots), of which `listener` (or NULL) hears. Errors: those of the source, FCAST_E_NOMEM,
 * FCAST_E_NUMERIC. Results do not depend on the number of threads. */
FCAST_MUST_CHECK fcast_status fcast__pod_folds_create(const fcast_series_source *fields, size_t n_moments,
                                                      const fcast_pod *pod, size_t largest_modes, size_t n_known,
                                                      const fcast_selection *selection, const fcast_listener *listener,
                                                      fcast_pod_folds *out, fcast_error *err);
void fcast__pod_folds_clear(fcast_pod_folds *folds);

#endif
