/* SPDX-License-Identifier: MIT
 *
 * Where a kernel of alignment with a plateau ends, far more closely than shells tell.
 */
#ifndef FLOCKCAST_LEARN_SHARP_EDGE_H
#define FLOCKCAST_LEARN_SHARP_EDGE_H

#include "learn/transitions.h"

/* The shells of headings that have to count, all alike, so that the mean cosine of the angle between the expected
 * direction and where agents went is largest: 1 and more. */
size_t fcast__count_alike(const fcast_transitions *transitions);

/* The same by single neighbours: the distance, within a shell of `n_alike` of them, up to which neighbours have to
 * count, with its 95 % interval over runs. Neighbours join one by one in the order of their distances, so that the
 * maximum is exact: where a kernel ends sharply, one too many or too few turns the expected direction. Errors: as
 * fcast_field_learn. */
FCAST_MUST_CHECK fcast_status fcast__find_sharp_edge(const fcast_tracks_source *source,
                                                     const fcast_density_options *box, double width, size_t n_alike,
                                                     fcast_estimate *out, fcast_error *err);

#endif
