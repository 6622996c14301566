/* SPDX-License-Identifier: MIT
 *
 * YUV: RGB pictures to planar 4:2:0 with the BT.709 matrix in the limited range, touching only what has changed.
 */
#ifndef FLOCKCAST_RENDER_YUV_H
#define FLOCKCAST_RENDER_YUV_H

#include <stddef.h>
#include <stdint.h>

/* Planes Y (width x height), U and V (half as many either way), each with its bytes per row. Borrowed. */
typedef struct fcast__yuv {
  uint8_t *plane[3];
  size_t stride[3];
} fcast__yuv;

/* Bring `yuv`, which shows `shown`, up to `pixels`; then `shown` equals `pixels`. Both hold height rows of native
 * 0xffRRGGBB words; those of `shown` follow each other directly. Width and height are even. A film changes in few
 * places from frame to frame, so this is several times faster than converting it all. */
void fcast__yuv_update(fcast__yuv yuv, uint32_t *shown, const uint32_t *pixels, size_t pixel_stride, size_t width,
                       size_t height);

#endif
