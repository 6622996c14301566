/* SPDX-License-Identifier: MIT
 *
 * The field model of a training set, learned from the tracks of its runs.
 */
#ifndef FLOCKCAST_CLI_LEARN_FIELD_H
#define FLOCKCAST_CLI_LEARN_FIELD_H

#include "cli/training_set.h"

#include "flockcast/field.h"

/* Learn a field model and choose its state, for forecasts from frame n_known - 1 on; `mean` is the training mean,
 * `bandwidth` (cells) that of the densities where the runs do not say it. Where
 * that cannot be done (runs that say nothing of their box or have no tracks, agents that come and go or do not move,
 * forecasts that are unphysical) `is_learned` is false and `reason`, of at least 256 bytes, says why. The caller clears
 * `out`. Errors: those of the files; FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_learn_field(fcast_training_set *set, double bandwidth, size_t n_known,
                                                const double *mean, fcast_field_model *out, bool *is_learned,
                                                char *reason, fcast_error *err);

/* Say what was learned, on standard error. */
void fcast_report_field(const fcast_field_model *model, double seconds);

#endif
