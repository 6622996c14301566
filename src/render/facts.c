/* SPDX-License-Identifier: MIT */
#include "render/canvas.h"
#include "render/video.h"

void fcast_render_facts_find(fcast_render_facts *out) {
  *out = (fcast_render_facts){0};
  (void)snprintf(out->cairo, sizeof out->cairo, "%s", cairo_version_string());
  (void)snprintf(out->pango, sizeof out->pango, "%s", pango_version_string());
  out->has_film_encoder = fcast__video_facts(out->libav);
  fcast__font_name(out->font);
}
