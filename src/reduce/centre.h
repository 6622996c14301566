/* SPDX-License-Identifier: MIT
 *
 * Sums over frames and shifts of them; the same bits for any number of threads.
 */
#ifndef FLOCKCAST_REDUCE_CENTRE_H
#define FLOCKCAST_REDUCE_CENTRE_H

#include <stddef.h>

/* sum[cell] += frames[frame, cell], in the order of the frames. */
void fcast__add_frames(const double *frames, size_t n_frames, size_t n_space, double *sum);

/* frames[frame, cell] -= shift[cell]. */
void fcast__subtract_from_frames(double *frames, size_t n_frames, size_t n_space, const double *shift);

#endif
