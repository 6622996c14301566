/* SPDX-License-Identifier: MIT */
#include "flockcast/render.h"

#include "render/figure.h"
#include "render/image.h"
#include "render/panels.h"

#include <math.h>

static fcast_status check_pod(const fcast_pod *pod, fcast_error *err) {
  if (pod->n_modes == 0 || pod->n_space == 0) {
    return fcast_fail(err, FCAST_E_SHAPE, "the basis has %zu modes of %zu cells, expected at least 1 of each",
                      pod->n_modes, pod->n_space);
  }
  return FCAST_OK;
}

/* --- spectra --- */

/* x = 1, 2, ..., n in xy[0..n) and room for the values behind. Caller: fcast_free. */
static double *alloc_mode_series(size_t n, fcast_error *err) {
  double *xy = fcast_alloc_array(n, 2 * sizeof *xy);
  if (xy == NULL) {
    (void)fcast_fail(err, FCAST_E_NOMEM, "out of memory for the spectrum of %zu modes", n);
    return NULL;
  }
  for (size_t i = 0; i < n; i++) {
    xy[i] = (double)(i + 1);
  }
  return xy;
}

static fcast__range mode_range(size_t n_modes) {
  return (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = fmax((double)n_modes * 1.03, 2.0)};
}

/* The basis has the colour of the limit it sets. */
static fcast__line draw_mode_line(const fcast__axes *axes, const double *xy, size_t n) {
  const fcast__line line = {.name = "basis",
                            .x = xy,
                            .y = xy + n,
                            .n = n,
                            .colour = fcast__look_of(FCAST__PROJECTION_LIMIT)->colour,
                            .width = 1.6,
                            .markers = n < FCAST__DENSE_FRAMES ? 1.8 : 0.0};
  fcast__axes_line(axes, &line);
  return line;
}

fcast_status fcast_figure_pod_singular_values(const char *path, fcast_figure_format format, const fcast_pod *pod,
                                              fcast_error *err) {
  fcast_status status = check_pod(pod, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t n = pod->n_modes;
  fcast__figure figure = {0};
  double least = 1.0;
  double *xy = alloc_mode_series(n, err);
  if (xy == NULL) {
    return FCAST_E_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    const double relative = pod->singular_values[i] / pod->singular_values[0];
    xy[n + i] = isfinite(relative) && relative > 0.0 ? relative : (double)NAN; /* a zero has no place on this axis */
    least = xy[n + i] < least ? xy[n + i] : least;
  }
  status = fcast__figure_open(&figure, path, format, "Singular values of the training snapshots",
                              "proper orthogonal decomposition of the density", err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  figure.axes.x = mode_range(n);
  figure.axes.y =
      (fcast__range){.kind = FCAST__LOG, .lo = fmax(pow(10.0, floor(log10(least) - 0.1)), 1e-16), .hi = 1.5};
  figure.axes.x_label = "mode";
  figure.axes.y_label = "singular value σ<sub>k</sub> / σ<sub>1</sub>";
  fcast__figure_draw_axes(&figure);
  fcast__record_columns(&figure.canvas.record, "series,mode,singular value relative to the first");
  const fcast__line line = draw_mode_line(&figure.axes, xy, n);
  char text[96];
  fcast__text_number(pod->singular_values[0], text, sizeof text);
  fcast__legend_add(&figure.legend, FCAST__LEGEND_OF(&line), "the %zu mode%s of the basis", n, n == 1 ? "" : "s");
  fcast__legend_add(&figure.legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "σ<sub>1</sub> = %s", text);
  status = fcast__figure_finish(&figure, err);
cleanup:
  fcast__figure_clear(&figure);
  fcast_free(xy);
  return status;
}

/* How many modes reach some shares of the energy. */
static void note_shares(fcast__legend *legend, const double *energy, size_t n) {
  static const double shares[] = {0.5, 0.9, 0.99};
  for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++) {
    size_t i = 0;
    while (i < n && energy[i] < shares[k]) {
      i++;
    }
    if (i < n) {
      fcast__legend_add(legend, FCAST__LEGEND_NOTE, FCAST__COLOUR_NOTE, 1.0, "%.0f %% of the energy: %zu mode%s",
                        100.0 * shares[k], i + 1, i == 0 ? "" : "s");
    }
  }
}

static void draw_energy(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_pod *pod,
                        const double *xy) {
  const size_t n = pod->n_modes;
  axes->x = mode_range(n);
  axes->y = (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.05};
  axes->x_label = "number of modes";
  axes->y_label = axes->y_label != NULL ? axes->y_label : "cumulated energy (share of the total)";
  fcast__axes_draw(axes, outer);
  fcast__axes_horizontal(axes, pod->target_energy, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DASHED);
  fcast__axes_vertical(axes, (double)n, FCAST__COLOUR_TOLERANCE, 0.9, FCAST__DOTTED);
  const fcast__line line = draw_mode_line(axes, xy, n);
  fcast__legend_add(legend, FCAST__LEGEND_OF(&line), "energy of the first k modes");
  fcast__legend_add(legend, FCAST__LEGEND_DASHED, FCAST__COLOUR_TOLERANCE, 1.0, "target %.6g", pod->target_energy);
  fcast__legend_add(legend, FCAST__LEGEND_DOTTED, FCAST__COLOUR_TOLERANCE, 1.0,
                    "R<sub>POD</sub> = %zu modes, energy %.6g", n, pod->energy);
  note_shares(legend, xy + n, n);
}

fcast_status fcast__panel_energy(fcast__axes *axes, fcast__box outer, fcast__legend *legend, const fcast_pod *pod,
                                 fcast_error *err) {
  const size_t n = pod->n_modes;
  double *xy = alloc_mode_series(n, err);
  if (xy == NULL) {
    return FCAST_E_NOMEM;
  }
  /* The basis keeps only its own singular values; `energy` says what share of the total they are. */
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) {
    sum += pod->singular_values[i] * pod->singular_values[i];
    xy[n + i] = sum;
  }
  for (size_t i = 0; i < n; i++) {
    xy[n + i] *= pod->energy / sum;
  }
  draw_energy(axes, outer, legend, pod, xy);
  fcast_free(xy);
  return FCAST_OK;
}

fcast_status fcast_figure_pod_energy(const char *path, fcast_figure_format format, const fcast_pod *pod,
                                     fcast_error *err) {
  fcast_status status = check_pod(pod, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast__figure figure = {0};
  status = fcast__figure_open(&figure, path, format, "Energy held by the modes",
                              "proper orthogonal decomposition of the density", err);
  if (status == FCAST_OK) {
    fcast__record_columns(&figure.canvas.record, "series,modes,cumulated energy (share of the total)");
    status = fcast__panel_energy(&figure.axes, fcast__figure_box(), &figure.legend, pod, err);
  }
  if (status == FCAST_OK) {
    status = fcast__figure_finish(&figure, err);
  }
  fcast__figure_clear(&figure);
  return status;
}

/* --- modes as maps --- */

enum { MAX_MAPS = 8, MAX_COLUMNS = 4 };

static const double least_bar = 86.0; /* the length of its label */

typedef struct mode_page {
  fcast__canvas canvas;
  const fcast_pod *pod;
  const fcast_fields *grid;
  fcast__extent extent;
  fcast__palette mean_palette, mode_palette;
  fcast__box first;   /* the map at the top left */
  double column, row; /* from map to map */
  size_t n_maps, n_columns, n_rows;
} mode_page;

static double largest_amplitude(const fcast_pod *pod, size_t n_modes) {
  double largest = 0.0;
  for (size_t cell = 0; cell < pod->n_space; cell++) {
    for (size_t k = 0; k < n_modes; k++) {
      const double amplitude = fabs(pod->modes[cell * pod->n_modes + k]);
      largest = isfinite(amplitude) ? fmax(largest, amplitude) : largest;
    }
  }
  return largest;
}

static void draw_map(mode_page *page, size_t i) {
  fcast__canvas *canvas = &page->canvas;
  const fcast_pod *pod = page->pod;
  const size_t column = i % page->n_columns, row = i / page->n_columns;
  fcast__box box = page->first;
  box.x += page->column * (double)column;
  box.y += page->row * (double)row;
  fcast__field field = {.ny = page->grid->ny, .nx = page->grid->nx};
  char title[64] = "mean";
  if (i == 0) {
    field.values = pod->mean;
    field.stride = 1;
  } else {
    field.values = pod->modes + (i - 1);
    field.stride = pod->n_modes;
    const double percent = 100.0 * (fcast_pod_share(pod, i) - fcast_pod_share(pod, i - 1));
    (void)snprintf(title, sizeof title, percent < 1.0 ? "mode %zu: %.2g %%" : "mode %zu: %.1f %%", i, percent);
  }
  fcast__field_draw(canvas, box, field, i == 0 ? &page->mean_palette : &page->mode_palette);
  const bool lowest = i + page->n_columns >= page->n_maps;
  fcast__map_axes(canvas, box, page->extent, lowest, column == 0);
  fcast__text_style style = FCAST__STYLE_LABEL;
  style.max_width = page->column;
  (void)fcast__text_draw(canvas, style, box.x + box.width / 2.0, box.y - 2.0, 0.5, 1.0, title);
}

static void draw_bars(mode_page *page) {
  const double x = page->first.x + page->column * (double)page->n_columns;
  const double top = page->first.y, height = page->row * (double)(page->n_rows - 1) + page->first.height;
  const double half = fmax((height - 26.0) / 2.0, least_bar);
  fcast__outside outside = {0};
  fcast__outside_scan(&page->mean_palette, page->pod->mean, page->pod->n_space, &outside);
  fcast__colour_bar(&page->canvas, (fcast__box){.x = x, .y = top, .height = half}, &page->mean_palette, outside,
                    "mean density", "");
  fcast__colour_bar(&page->canvas, (fcast__box){.x = x, .y = top + half + 26.0, .height = half}, &page->mode_palette,
                    (fcast__outside){0}, "mode amplitude", "");
}

/* Sizes that do not need a canvas; the canvas is then made to measure. */
static double lay_out_modes(mode_page *page, double *height) {
  page->n_maps = page->pod->n_modes + 1 < MAX_MAPS ? page->pod->n_modes + 1 : MAX_MAPS;
  page->n_columns = page->n_maps < MAX_COLUMNS ? page->n_maps : MAX_COLUMNS;
  page->n_rows = (page->n_maps + page->n_columns - 1) / page->n_columns;
  const fcast__box map = fcast__extent_fit(page->extent, 104.0, page->n_rows == 1 ? 150.0 : 120.0);
  page->first = (fcast__box){.x = 52.0, .y = 54.0, .width = map.width, .height = map.height};
  page->column = fmax(map.width, 62.0) + 18.0; /* room for its title */
  page->row = fmax(map.height, 52.0) + 22.0;   /* the label of y is 50 points long */
  *height = page->first.y + page->row * (double)(page->n_rows - 1) + map.height + 40.0;
  *height = fmax(*height, page->first.y + 2.0 * least_bar + 26.0 + FCAST__MARGIN);
  return page->first.x + page->column * (double)page->n_columns + 72.0;
}

fcast_status fcast_figure_pod_modes(const char *path, fcast_figure_format format, const fcast_pod *pod,
                                    const fcast_fields *grid, fcast_error *err) {
  fcast_status status = check_pod(pod, err);
  if (status != FCAST_OK) {
    return status;
  }
  if (fcast_fields_n_space(grid) != pod->n_space) {
    return fcast_fail(err, FCAST_E_SHAPE, "the grid has %zu x %zu cells, expected the %zu of the basis", grid->ny,
                      grid->nx, pod->n_space);
  }
  mode_page page = {.pod = pod, .grid = grid, .extent = fcast__extent_of(grid)};
  double height = 0.0;
  const double width = lay_out_modes(&page, &height);
  page.mean_palette = fcast__palette_of_values(pod->mean, pod->n_space);
  page.mode_palette = fcast__palette_diverging(largest_amplitude(pod, page.n_maps - 1));
  char subtitle[128];
  (void)snprintf(subtitle, sizeof subtitle, "the first %zu of %zu modes, with the share of the energy that each holds",
                 page.n_maps - 1, pod->n_modes);
  status = fcast__canvas_open(&page.canvas, path, format, width, height, err);
  if (status != FCAST_OK) {
    goto cleanup;
  }
  fcast__title_draw(&page.canvas, FCAST__MARGIN, 6.0, width - 2.0 * FCAST__MARGIN, "Mean density and POD modes",
                    subtitle);
  for (size_t i = 0; i < page.n_maps; i++) {
    draw_map(&page, i);
  }
  draw_bars(&page);
  status = fcast__canvas_finish(&page.canvas, err);
cleanup:
  fcast__canvas_clear(&page.canvas);
  return status;
}
