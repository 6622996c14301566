/* SPDX-License-Identifier: MIT
 *
 * eigenvalues.csv: growth rates and frequencies of the linear models, in the time units of the runs.
 */
#ifndef FLOCKCAST_CLI_EIGENVALUES_H
#define FLOCKCAST_CLI_EIGENVALUES_H

#include "flockcast/latent.h"
#include "flockcast/spectrum.h"
#include "io/file.h"

/* Of the specified model, which is large; and of the chosen one. */
enum { FCAST_LISTED_EIGENVALUES = 6, FCAST_LISTED_OF_CHOSEN = 60 };

/* Write a line for each eigenvalue of the specified model's `spectrum` and for as many leading ones of the chosen
 * model, where `chosen` is not NULL; frames are `interval` apart. The caller commits or abandons `file`, which is empty
 * on failure. Errors: FCAST_E_IO, FCAST_E_NOMEM, those of fcast_mvar_spectrum. */
FCAST_MUST_CHECK fcast_status fcast_eigenvalues_put(const char *path, const fcast_spectrum *spectrum,
                                                    const fcast_latent *chosen, double interval, fcast_outfile *file,
                                                    fcast_error *err);

#endif
