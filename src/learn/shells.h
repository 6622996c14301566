/* SPDX-License-Identifier: MIT
 *
 * Autoregression shell by shell: modes of wavevectors of equal length share a law of a few coefficients.
 */
#ifndef FLOCKCAST_LEARN_SHELLS_H
#define FLOCKCAST_LEARN_SHELLS_H

#include "flockcast/status.h"

#include <stddef.h>

/* Fields of a state of Fourier modes: the density and its moments. */
enum { FCAST_SHELL_FIELDS = 3 };

/* The modes of one shell in a series[frame, field, mode]. */
typedef struct fcast_shell {
  size_t first_mode, n_modes;
  size_t n_fields_stored; /* fields of a frame in the series */
  size_t n_modes_stored;  /* modes of a field in the series */
} fcast_shell;

/* sums[width, width] += the outer products of the windows of one run with targets from frame `lag` on, summed over the
 * modes of the shell; width = (lag + 1) * fields; upper triangle. */
void fcast__shell_add(const fcast_shell *shell, const double *series, size_t n_frames, size_t lag, double *sums);

/* Ridge regression on the first `n_fields` fields and `lag` lags of sums[width, width] whose frames hold
 * `n_fields_stored` fields: law[field out, lag, field in], the newest frame first. `residuals`[field, field] gets the
 * sum of the squared one-step residuals where it is not NULL. Errors: FCAST_E_NUMERIC, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__shell_fit(const double *sums, size_t width, size_t n_fields_stored,
                                               size_t n_fields, size_t lag, double ridge_alpha, double *law,
                                               double *residuals, fcast_error *err);

/* Roll the law out over one run from its first `n_known` frames in closed loop: errors[n_frames - n_known] gets the
 * squared error of field 0 summed over the modes of the shell, frame by frame. `workspace` holds
 * n_frames * n_fields * shell->n_modes values. */
void fcast__shell_errors(const fcast_shell *shell, const double *series, size_t n_frames, size_t n_known,
                         const double *law, size_t n_fields, size_t lag, double *workspace, double *errors);

#endif
