/* SPDX-License-Identifier: MIT
 *
 * The files of a figure: one for each format that is wanted, and the table of its numbers beside them.
 */
#ifndef FLOCKCAST_CLI_FIGURE_FILES_H
#define FLOCKCAST_CLI_FIGURE_FILES_H

#include "flockcast/render.h"

/* The row of every command that draws. */
#define FCAST_FORMATS_OPTION                                                                                           \
  {                                                                                                                    \
    "formats", "LIST", "formats of figures, of png, pdf and svg; their numbers are always there as csv", "png,pdf",    \
        false                                                                                                          \
  }

typedef struct fcast_figure_formats {
  bool is_wanted[FCAST_N_FIGURE_FORMATS];
} fcast_figure_formats;

/* Read the value of --formats, as "png,svg", and add the table. Errors: FCAST_E_ARG. */
FCAST_MUST_CHECK fcast_status fcast_figure_formats_parse(const char *list, fcast_figure_formats *out, fcast_error *err);

/* Draw a figure into `path`. */
typedef fcast_status (*fcast_draw)(const void *context, const char *path, fcast_figure_format format, fcast_error *err);

/* Write directory/name.png and so on, each whole or not at all, and remove those that are not wanted: an older figure
 * must not stand beside a newer one. Errors: those of the files and of `draw`. */
FCAST_MUST_CHECK fcast_status fcast_figure_files(const char *directory, const char *name,
                                                 const fcast_figure_formats *formats, fcast_draw draw,
                                                 const void *context, fcast_error *err);

#endif
