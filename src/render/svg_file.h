/* SPDX-License-Identifier: MIT
 *
 * SVG files: what cairo writes, with names that do not depend on what else the process has drawn.
 */
#ifndef FLOCKCAST_RENDER_SVG_FILE_H
#define FLOCKCAST_RENDER_SVG_FILE_H

#include "base/text.h"
#include "flockcast/status.h"

#include <stdio.h>

/* Write `text`: cairo numbers images and surfaces through the whole process, and here they are numbered from 1 as they
 * come; cells of maps are not to be smoothed. Errors: FCAST_E_IO naming `path`, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__svg_write(FILE *file, const char *path, const fcast_buffer *text,
                                               fcast_error *err);

#endif
