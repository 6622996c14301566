/* SPDX-License-Identifier: MIT
 *
 * What the bases and states of models are called.
 */
#ifndef FLOCKCAST_CLI_STATE_NAMES_H
#define FLOCKCAST_CLI_STATE_NAMES_H

#include "flockcast/state.h"

#include <stddef.h>

/* "pod", "fourier" or "aligned", as in files. */
const char *fcast_basis_name(fcast_basis basis);

/* "POD", "Fourier" or "aligned", before "modes". */
const char *fcast_basis_in_words(fcast_basis basis);

/* "density and momentum", of so many moments. */
const char *fcast_state_in_words(size_t n_moments);

#endif
