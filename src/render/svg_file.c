/* SPDX-License-Identifier: MIT */
#include "render/svg_file.h"

#include "flockcast/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names begin behind a quote or a hash: that never happens within the text of an image. */
static const char *find_name(const char *text, const char **kind) {
  static const char *const kinds[] = {"image", "surface"};
  for (text = strpbrk(text, "\"#"); text != NULL; text = strpbrk(text + 1, "\"#")) {
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
      const size_t n = strlen(kinds[k]);
      if (strncmp(text + 1, kinds[k], n) == 0 && text[1 + n] >= '0' && text[1 + n] <= '9') {
        *kind = kinds[k];
        return text + 1;
      }
    }
  }
  return NULL;
}

/* 1 for the first number that is met, 2 for the second, ... */
static size_t place_of(fcast_buffer *met, unsigned long number) {
  const size_t n = met->n / sizeof number;
  for (size_t i = 0; i < n; i++) {
    if (memcmp(met->bytes + i * sizeof number, &number, sizeof number) == 0) {
      return i + 1;
    }
  }
  fcast_buffer_put(met, &number, sizeof number);
  return n + 1;
}

static void rename_all(const char *text, fcast_buffer *out) {
  static const char image[] = "<image id=\"";
  const char *start = text;
  fcast_buffer met = {0};
  const char *kind = NULL;
  for (const char *name = find_name(text, &kind); name != NULL; name = find_name(text, &kind)) {
    char *behind = NULL;
    char place[32];
    (void)snprintf(place, sizeof place, "%s%zu", kind, place_of(&met, strtoul(name + strlen(kind), &behind, 10)));
    fcast_buffer_put(out, text, (size_t)(name - text));
    fcast_buffer_put_text(out, place);
    const size_t n = sizeof image - 1;
    if ((size_t)(name - start) >= n && memcmp(name - n, image, n) == 0) {
      fcast_buffer_put_text(out, "\" style=\"image-rendering:pixelated");
    }
    text = behind;
  }
  fcast_buffer_put_text(out, text);
  out->has_failed = out->has_failed || met.has_failed;
  fcast_free(met.bytes);
}

fcast_status fcast__svg_write(FILE *file, const char *path, const fcast_buffer *text, fcast_error *err) {
  fcast_buffer out = {0};
  fcast_status status = FCAST_OK;
  if (text->n > 0) {
    rename_all((const char *)text->bytes, &out);
  }
  if (text->has_failed || out.has_failed) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for an SVG", path);
  } else if (fwrite(out.bytes, 1, out.n, file) != out.n) {
    status = fcast_fail(err, FCAST_E_IO, "%s: cannot write: %s", path, strerror(errno));
  }
  fcast_free(out.bytes);
  return status;
}
