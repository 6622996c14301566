/* SPDX-License-Identifier: MIT */
#include "cli/figure_files.h"

#include "io/file.h"

#include <string.h>

static const char *const suffixes[FCAST_N_FIGURE_FORMATS] = {"png", "pdf", "svg", "csv"};

/* One name of the list, of `n` characters; the table is no choice. */
static fcast_status want(const char *name, size_t n, const char *list, fcast_figure_formats *out, fcast_error *err) {
  for (size_t format = 0; format < FCAST_FIGURE_CSV; format++) {
    if (strlen(suffixes[format]) == n && strncmp(suffixes[format], name, n) == 0) {
      out->is_wanted[format] = true;
      return FCAST_OK;
    }
  }
  return fcast_fail(err, FCAST_E_ARG,
                    "--formats: found '%.*s' in '%s', expected png, pdf and svg, or some of them, as "
                    "png,pdf (the numbers of figures are always there as csv)",
                    (int)n, name, list);
}

fcast_status fcast_figure_formats_parse(const char *list, fcast_figure_formats *out, fcast_error *err) {
  *out = (fcast_figure_formats){{[FCAST_FIGURE_CSV] = true}};
  fcast_status status = FCAST_OK;
  const char *name = list;
  do {
    const size_t n = strcspn(name, ",");
    status = want(name, n, list, out, err);
    name += n;
  } while (status == FCAST_OK && *name++ == ',');
  return status;
}

static fcast_status draw_file(const char *path, fcast_figure_format format, fcast_draw draw, const void *context,
                              fcast_error *err) {
  fcast_outfile file = {0};
  fcast_status status = fcast_outfile_begin(path, &file, err);
  if (status == FCAST_OK) {
    status = draw(context, file.temporary_path, format, err);
  }
  if (status == FCAST_OK) {
    status = fcast_outfile_commit(&file, err);
  }
  fcast_outfile_abandon(&file);
  return status;
}

fcast_status fcast_figure_files(const char *directory, const char *name, const fcast_figure_formats *formats,
                                fcast_draw draw, const void *context, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t format = 0; status == FCAST_OK && format < FCAST_N_FIGURE_FORMATS; format++) {
    char *path = fcast_format("%s/%s.%s", directory, name, suffixes[format]);
    status = path == NULL                 ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a path")
             : formats->is_wanted[format] ? draw_file(path, (fcast_figure_format)format, draw, context, err)
                                          : fcast_file_remove(path, err);
    fcast_free(path);
  }
  return status;
}
