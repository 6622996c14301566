/* SPDX-License-Identifier: MIT
 *
 * PNG file: a cairo surface as PNG, many times faster than cairo_surface_write_to_png and with its resolution noted.
 */
#ifndef FLOCKCAST_RENDER_PNG_FILE_H
#define FLOCKCAST_RENDER_PNG_FILE_H

#include "flockcast/status.h"

#include <cairo.h>
#include <stdio.h>

/* Write a flushed CAIRO_FORMAT_RGB24 image surface to `file`, 150 dpi; `path` is for the error text. Errors:
 * FCAST_E_NOMEM, FCAST_E_IO. */
FCAST_MUST_CHECK fcast_status fcast__png_write(FILE *file, const char *path, cairo_surface_t *surface,
                                               fcast_error *err);

#endif
