/* SPDX-License-Identifier: MIT
 *
 * The same for each of many things, on all threads.
 */
#ifndef FLOCKCAST_BASE_EACH_H
#define FLOCKCAST_BASE_EACH_H

#include "flockcast/status.h"

#include <stddef.h>

/* What is done for thing i; called from several threads at once, each with its own i. */
typedef fcast_status (*fcast_do_one)(void *context, size_t i, fcast_error *err);

/* Do it for i = 0..n-1. The others are done even where one fails; the error is that of the lowest that failed. */
FCAST_MUST_CHECK fcast_status fcast__for_each(size_t n, fcast_do_one do_one, void *context, fcast_error *err);

#endif
