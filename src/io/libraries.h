/* SPDX-License-Identifier: MIT
 *
 * The libraries that files are read and written with, as they are loaded.
 */
#ifndef FLOCKCAST_IO_LIBRARIES_H
#define FLOCKCAST_IO_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fcast_library {
  const char *name, *version;
} fcast_library;

/* Number `i` of them; false behind the last. */
bool fcast_library_at(size_t i, fcast_library *out);

/* Whether libzip can compress: output.compress needs it. */
bool fcast_can_compress(void);

#endif
