/* SPDX-License-Identifier: MIT */
#include "render/png_file.h"

#include <png.h>
#include <stdint.h>
#include <string.h>

enum { DOTS_PER_METRE = 5906 }; /* 150 dpi */

/* libpng reports a failure by calling this, which must not return. */
static void on_error(png_structp png, png_const_charp message) {
  fcast_error *err = png_get_error_ptr(png);
  (void)fcast_fail(err, FCAST_E_IO, "%s", message);
  longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png; /* the library never prints */
  (void)message;
}

/* The rows are native 0xffRRGGBB words. Level 1 and the Sub filter: a figure is mostly flat, so more effort buys few
 * bytes and costs ten times the time. */
static void write_image(png_structp png, png_infop info, FILE *file, cairo_surface_t *surface) {
  const int width = cairo_image_surface_get_width(surface), height = cairo_image_surface_get_height(surface);
  const int stride = cairo_image_surface_get_stride(surface);
  const unsigned char *pixels = cairo_image_surface_get_data(surface);
  png_init_io(png, file);
  png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_pHYs(png, info, DOTS_PER_METRE, DOTS_PER_METRE, PNG_RESOLUTION_METER);
  png_set_compression_level(png, 1);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_write_info(png, info);
  const uint32_t probe = 1;
  unsigned char first = 0;
  memcpy(&first, &probe, 1);
  if (first == 1) {
    png_set_bgr(png); /* little-endian words lie in memory as B, G, R, filler */
    png_set_filler(png, 0, PNG_FILLER_AFTER);
  } else {
    png_set_filler(png, 0, PNG_FILLER_BEFORE);
  }
  for (int row = 0; row < height; row++) {
    png_write_row(png, pixels + (ptrdiff_t)row * stride);
  }
  png_write_end(png, info);
}

fcast_status fcast__png_write(FILE *file, const char *path, cairo_surface_t *surface, fcast_error *err) {
  fcast_error reason = {.code = FCAST_E_IO};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &reason, on_error, on_warning);
  if (png == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the PNG encoder", path);
  }
  png_infop info = png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_write_struct(&png, NULL);
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for the PNG encoder", path);
  }
  if (setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(&png, &info);
    return fcast_fail(err, FCAST_E_IO, "%s: cannot write: %s", path, reason.text);
  }
  write_image(png, info, file, surface);
  png_destroy_write_struct(&png, &info);
  return FCAST_OK;
}
