/* SPDX-License-Identifier: MIT
 *
 * Moments of training runs, written by the tasks that simulate and merged by the job that trains: an ensemble whose
 * densities are not kept is then never read as a whole.
 */
#ifndef FLOCKCAST_CLI_TRAINING_MOMENTS_H
#define FLOCKCAST_CLI_TRAINING_MOMENTS_H

#include "cli/training_set.h"

/* Write DIRECTORY/moments_FIRST-LAST.npz of the training runs first to last, which are there; nothing where the
 * densities of so few runs are smaller than their covariance. Errors: those of the runs, FCAST_E_IO, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_training_moments_write(const char *directory, int64_t first, int64_t last,
                                                           fcast_error *err);

/* Read all moments that lie in the directory, and count them; with `is_quick` count them alone. Errors: FCAST_E_FORMAT
 * and others of the first that is not whole. */
FCAST_MUST_CHECK fcast_status fcast_training_moments_check(const char *directory, bool is_quick, size_t *n_whole,
                                                           fcast_error *err);

/* The basis of a training set: from the moments that lie beside the runs, merged in the order of their runs, and from
 * the densities of the runs that none of them covers. Moments of another configuration, or that overlap others, are not
 * used. Without any this is fcast_pod_fit of the densities. */
FCAST_MUST_CHECK fcast_status fcast_training_fit_pod(fcast_training_set *set, double target_energy, fcast_pod *out,
                                                     fcast_error *err);

#endif
