/* SPDX-License-Identifier: MIT
 *
 * Video: pictures to an H.264 film in an MP4 file. The only place that knows libav.
 *
 * yuv420p with BT.709 colours, the index before the pictures (faststart), one thread, no date: the same pictures give
 * the same bytes. The first call turns off libav's own log for the whole process, as the library never prints.
 */
#ifndef FLOCKCAST_RENDER_VIDEO_H
#define FLOCKCAST_RENDER_VIDEO_H

#include "flockcast/render.h"

#include <stddef.h>
#include <stdint.h>

typedef struct fcast__video fcast__video; /* opaque */

/* Begin a film of even width x height at `frames_per_second` in the file `path`. Owner: the caller, fcast__video_free.
 * Errors: FCAST_E_NOMEM, FCAST_E_IO, FCAST_E_NUMERIC where there is no H.264 encoder or it fails. */
FCAST_MUST_CHECK fcast_status fcast__video_create(fcast__video **out, const char *path, int width, int height,
                                                  int frames_per_second, fcast_error *err);

/* Append one picture of native 0xffRRGGBB words, `stride` words a row, shown for `n_times` frames. */
FCAST_MUST_CHECK fcast_status fcast__video_add(fcast__video *video, const uint32_t *pixels, size_t stride,
                                               size_t n_times, fcast_error *err);

/* Encode what is left and complete the file. */
FCAST_MUST_CHECK fcast_status fcast__video_finish(fcast__video *video, fcast_error *err);

/* The version of libav, and whether it has the encoder that films need. */
bool fcast__video_facts(char version[FCAST_FACT]);

/* Release everything; NULL is allowed. */
void fcast__video_free(fcast__video *video);

#endif
