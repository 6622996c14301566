/* SPDX-License-Identifier: MIT
 *
 * What training_metadata.json says of the runs that the models were trained on, to hold test runs against it.
 */
#ifndef FLOCKCAST_CLI_TRAINED_ON_H
#define FLOCKCAST_CLI_TRAINED_ON_H

#include "cli/evaluation.h"

/* From the report that fcast_training_read gave, and the models were checked against; what it does not say, as that of
 * other programs, or where it is NULL, is not known. The caller calls fcast_trained_on_clear. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_trained_on_read(const json_t *report, fcast_trained_on *out, fcast_error *err);
void fcast_trained_on_clear(fcast_trained_on *trained);

/* Refuse runs that are there twice, and those that were trained on. Errors: FCAST_E_FORMAT, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_trained_on_check_seeds(const fcast_trained_on *trained, const fcast_test_run *runs,
                                                           size_t n_runs, fcast_error *err);

/* Refuse a run whose density has another grid, box, boundary, bandwidth or time between frames: modes of one kind of
 * frame mean nothing in another. Errors: FCAST_E_SHAPE. */
FCAST_MUST_CHECK fcast_status fcast_trained_on_check_fit(const fcast_trained_on *trained, const fcast_test_run *run,
                                                         fcast_error *err);

/* Say which settings of the law of motion and of the starts differ, in one line: a forecast for other settings than
 * those that were learned from is a fair question, but never a silent one. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_trained_on_warn(const fcast_trained_on *trained, const fcast_test_run *runs,
                                                    size_t n_runs, fcast_error *err);

#endif
