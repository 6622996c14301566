/* SPDX-License-Identifier: MIT */
#include "render/yuv.h"

#include <string.h>

enum { BLOCK = 16 }; /* pixels compared at once: a cache line */

/* ITU-R BT.709 with Y in 16..235 and U, V in 16..240, in units of 1/65536; the rows sum to 219/255, 0 and 0. */
static const int32_t y_red = 11966, y_green = 40254, y_blue = 4064;
static const int32_t u_red = -6596, u_green = -22188, u_blue = 28784;
static const int32_t v_red = 28784, v_green = -26145, v_blue = -2639;

static int32_t red_of(uint32_t pixel) {
  return (int32_t)(pixel >> 16 & 0xff);
}

static int32_t green_of(uint32_t pixel) {
  return (int32_t)(pixel >> 8 & 0xff);
}

static int32_t blue_of(uint32_t pixel) {
  return (int32_t)(pixel & 0xff);
}

static uint8_t luma(uint32_t pixel) {
  const int32_t sum = y_red * red_of(pixel) + y_green * green_of(pixel) + y_blue * blue_of(pixel);
  return (uint8_t)((sum + (16 << 16) + (1 << 15)) >> 16);
}

/* Two by two pixels: four luma values, and the mean colour in U and V. */
static void convert_square(fcast__yuv yuv, const uint32_t *upper, const uint32_t *lower, size_t x, size_t y) {
  uint8_t *luma_upper = yuv.plane[0] + y * yuv.stride[0] + x;
  uint8_t *luma_lower = luma_upper + yuv.stride[0];
  luma_upper[0] = luma(upper[0]);
  luma_upper[1] = luma(upper[1]);
  luma_lower[0] = luma(lower[0]);
  luma_lower[1] = luma(lower[1]);
  const int32_t red = red_of(upper[0]) + red_of(upper[1]) + red_of(lower[0]) + red_of(lower[1]);
  const int32_t green = green_of(upper[0]) + green_of(upper[1]) + green_of(lower[0]) + green_of(lower[1]);
  const int32_t blue = blue_of(upper[0]) + blue_of(upper[1]) + blue_of(lower[0]) + blue_of(lower[1]);
  const int32_t middle = (128 << 18) + (1 << 17); /* sums of four, hence two bits more */
  yuv.plane[1][y / 2 * yuv.stride[1] + x / 2] =
      (uint8_t)((u_red * red + u_green * green + u_blue * blue + middle) >> 18);
  yuv.plane[2][y / 2 * yuv.stride[2] + x / 2] =
      (uint8_t)((v_red * red + v_green * green + v_blue * blue + middle) >> 18);
}

void fcast__yuv_update(fcast__yuv yuv, uint32_t *shown, const uint32_t *pixels, size_t pixel_stride, size_t width,
                       size_t height) {
  for (size_t y = 0; y < height; y += 2) {
    const uint32_t *upper = pixels + y * pixel_stride, *lower = upper + pixel_stride;
    uint32_t *shown_upper = shown + y * width, *shown_lower = shown_upper + width;
    for (size_t x = 0; x < width; x += BLOCK) {
      const size_t n = width - x < BLOCK ? width - x : BLOCK, n_bytes = n * sizeof *pixels;
      if (memcmp(upper + x, shown_upper + x, n_bytes) == 0 && memcmp(lower + x, shown_lower + x, n_bytes) == 0) {
        continue;
      }
      memcpy(shown_upper + x, upper + x, n_bytes);
      memcpy(shown_lower + x, lower + x, n_bytes);
      for (size_t i = 0; i < n; i += 2) {
        convert_square(yuv, upper + x + i, lower + x + i, x + i, y);
      }
    }
  }
}
