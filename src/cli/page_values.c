/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <math.h>
#include <zlib.h>

json_t *fcast_page_number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

json_t *fcast_page_numbers(const double *values, size_t n, size_t step) {
  json_t *out = json_array();
  for (size_t i = 0; out != NULL && i < n; i += step) {
    if (json_array_append_new(out, fcast_page_number(values[i])) != 0) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}

/* RFC 4648, section 4; `out` has 4 bytes for every 3, begun ones included, and a 0. */
static void encode_base64(const unsigned char *bytes, size_t n, char *out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n; i += 3) {
    const unsigned second = i + 1 < n ? bytes[i + 1] : 0;
    const unsigned third = i + 2 < n ? bytes[i + 2] : 0;
    const unsigned group = (unsigned)bytes[i] << 16 | second << 8 | third;
    *out++ = digits[group >> 18];
    *out++ = digits[group >> 12 & 63];
    *out++ = i + 1 < n ? digits[group >> 6 & 63] : '=';
    *out++ = i + 2 < n ? digits[group & 63] : '=';
  }
  *out = '\0';
}

static json_t *base64(const unsigned char *bytes, size_t n) {
  char *text = fcast_alloc_unfilled((n + 2) / 3 * 4 + 1, 1);
  json_t *out = NULL;
  if (text != NULL) {
    encode_base64(bytes, n, text);
    out = json_string(text);
  }
  fcast_free(text);
  return out;
}

json_t *fcast_page_bytes(const unsigned char *bytes, size_t n, bool is_deflated) {
  if (!is_deflated) {
    return base64(bytes, n);
  }
  uLongf length = compressBound((uLong)n);
  unsigned char *packed = fcast_alloc_unfilled(length, 1);
  json_t *out = NULL;
  if (packed != NULL && compress2(packed, &length, bytes, (uLong)n, Z_DEFAULT_COMPRESSION) == Z_OK) {
    out = base64(packed, length);
  }
  fcast_free(packed);
  return out;
}
