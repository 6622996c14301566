/* SPDX-License-Identifier: MIT
 *
 * What a fitted direction law says, into the field model.
 */
#ifndef FLOCKCAST_LEARN_FILL_H
#define FLOCKCAST_LEARN_FILL_H

#include "learn/scoring.h"

/* The 95 % intervals of a law, as fcast__resample_law gives them; lo and hi[size of the law]. */
typedef struct fcast_law_intervals {
  double *lo, *hi;
  fcast_estimate edge;
} fcast_law_intervals;

/* Mean cosine over all transitions, as they are trusted. */
double fcast__mean_cosine(const fcast_transitions *transitions, const fcast_scoring *scoring);

/* K from the free shells, innermost to outermost, of a width, and its edge. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__fill_alignment(const fcast_direction_law *law, const fcast_law_intervals *found,
                                                    double width, fcast_field_model *model, fcast_error *err);

/* Speed: the mean of that between frames. Order: how much of it is along the expected direction. Errors:
 * FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__fill_motion(const fcast_transitions *transitions, const fcast_direction_law *law,
                                                 fcast_field_model *model, fcast_error *err);

/* f over its largest magnitude, and mu. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__fill_steering(const fcast_direction_law *law, const fcast_law_intervals *found,
                                                   double width, fcast_field_model *model, fcast_error *err);

#endif
