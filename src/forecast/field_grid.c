/* SPDX-License-Identifier: MIT */
#include "forecast/scatter.h"

#include <math.h>
#include <string.h>

fcast_field_grid fcast__field_grid(size_t nx, size_t ny, const fcast_density_options *box) {
  return (fcast_field_grid){.nx = nx,
                            .ny = ny,
                            .box_x = box->box_x,
                            .box_y = box->box_y,
                            .hx = box->box_x / (double)nx,
                            .hy = box->box_y / (double)ny,
                            .is_periodic = box->boundary == FCAST_PERIODIC};
}

/* The two cells of one axis around `position`, in cells. Returns the share of the second. */
static double place_on_axis(double position, size_t n, bool is_periodic, size_t cell[2]) {
  const double centred = position - 0.5;
  const double below = floor(centred);
  if (below < 0.0) {
    cell[0] = is_periodic ? n - 1 : 0;
    cell[1] = 0;
  } else {
    cell[0] = (size_t)below < n ? (size_t)below : n - 1;
    cell[1] = cell[0] + 1 < n ? cell[0] + 1 : is_periodic ? 0 : n - 1;
  }
  return centred - below;
}

fcast_field_place fcast__field_place(const fcast_field_grid *grid, double x, double y) {
  fcast_field_place place;
  place.x = place_on_axis(x / grid->hx, grid->nx, grid->is_periodic, place.column);
  place.y = place_on_axis(y / grid->hy, grid->ny, grid->is_periodic, place.row);
  return place;
}

double fcast__field_read(const fcast_field_grid *grid, const fcast_field_place *at, const double *cells) {
  const double *near = cells + at->row[0] * grid->nx;
  const double *far = cells + at->row[1] * grid->nx;
  return (1.0 - at->y) * ((1.0 - at->x) * near[at->column[0]] + at->x * near[at->column[1]]) +
         at->y * ((1.0 - at->x) * far[at->column[0]] + at->x * far[at->column[1]]);
}

/* --- kernels on the grid --- */

/* Points to a side of the cell that the mean is taken over. */
enum { POINTS = 8 };

static double radial_at(const fcast_radial *radial, double distance) {
  const double shell = distance / radial->width;
  return shell < (double)radial->n_shells ? radial->value[(size_t)shell] : 0.0;
}

/* Mean over the cell at (x, y) from the centre: of the value, or of its two components along the unit vector. */
static void mean_over_cell(const fcast_radial *radial, double scale, bool is_vector, const fcast_field_grid *grid,
                           double x, double y, double mean[2]) {
  mean[0] = 0.0;
  mean[1] = 0.0;
  for (int i = 0; i < POINTS * POINTS; i++) {
    const double px = x + ((i % POINTS + 0.5) / POINTS - 0.5) * grid->hx;
    const double py = y + ((i / POINTS + 0.5) / POINTS - 0.5) * grid->hy;
    const double distance = hypot(px, py);
    const double value = radial_at(radial, distance / scale) / (POINTS * POINTS);
    mean[0] += is_vector ? value * px / distance : value;
    mean[1] += is_vector ? value * py / distance : 0.0;
  }
}

/* The first and last columns of every row that are not zero. */
static void find_extent(fcast_stencil *stencil) {
  const size_t width = 2 * stencil->half_x + 1;
  const size_t size = width * (2 * stencil->half_y + 1);
  for (size_t row = 0; row < 2 * stencil->half_y + 1; row++) {
    stencil->first[row] = width;
    for (size_t column = 0; column < width; column++) {
      double sum = 0.0;
      for (size_t c = 0; c < stencil->n_components; c++) {
        sum += fabs(stencil->weight[c * size + row * width + column]);
      }
      if (sum > 0.0) {
        stencil->first[row] = stencil->first[row] < column ? stencil->first[row] : column;
        stencil->last[row] = column + 1;
      }
    }
  }
}

static size_t half_width(double reach, double cell, size_t n) {
  const size_t needed = (size_t)ceil(reach / cell);
  const size_t most = (n - 1) / 2;
  return needed < most ? needed : most;
}

fcast_status fcast__stencil_create(const fcast_radial *radial, double scale, bool is_vector,
                                   const fcast_field_grid *grid, fcast_stencil *out, fcast_error *err) {
  const double reach = scale * radial->width * (double)radial->n_shells;
  *out = (fcast_stencil){.half_x = half_width(reach, grid->hx, grid->nx),
                         .half_y = half_width(reach, grid->hy, grid->ny),
                         .n_components = is_vector ? 2 : 1};
  const size_t height = 2 * out->half_y + 1;
  const size_t width = 2 * out->half_x + 1;
  out->first = fcast_alloc_array(height, sizeof *out->first);
  out->last = fcast_alloc_array(height, sizeof *out->last);
  out->weight = fcast_alloc_array(out->n_components * height * width, sizeof *out->weight);
  if (out->first == NULL || out->last == NULL || out->weight == NULL) {
    fcast__stencil_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a kernel of %zu x %zu cells", height, width);
  }
  for (size_t row = 0; row < height; row++) {
    for (size_t column = 0; column < width; column++) {
      double mean[2];
      mean_over_cell(radial, scale, is_vector, grid, ((double)column - (double)out->half_x) * grid->hx,
                     ((double)row - (double)out->half_y) * grid->hy, mean);
      for (size_t c = 0; c < out->n_components; c++) {
        out->weight[(c * height + row) * width + column] = mean[c];
      }
    }
  }
  find_extent(out);
  return FCAST_OK;
}

void fcast__stencil_clear(fcast_stencil *stencil) {
  fcast_free(stencil->first);
  fcast_free(stencil->last);
  fcast_free(stencil->weight);
  *stencil = (fcast_stencil){0};
}

size_t fcast__stencil_room(const fcast_stencil *stencil, const fcast_field_grid *grid) {
  return (grid->nx + 2 * stencil->half_x) * (grid->ny + 2 * stencil->half_y);
}

/* The halo field cut to the grid; in a periodic box what lies outside is added where it belongs. */
static void fold(const fcast_stencil *stencil, const fcast_field_grid *grid, const double *halo, double *out) {
  const size_t stride = grid->nx + 2 * stencil->half_x;
  memset(out, 0, grid->nx * grid->ny * sizeof *out);
  for (size_t row = 0; row < grid->ny + 2 * stencil->half_y; row++) {
    const bool is_inside = row >= stencil->half_y && row < stencil->half_y + grid->ny;
    if (!is_inside && !grid->is_periodic) {
      continue;
    }
    const double *from = halo + row * stride;
    double *to = out + (row + grid->ny - stencil->half_y) % grid->ny * grid->nx;
    for (size_t column = 0; column < grid->nx; column++) {
      to[column] += from[stencil->half_x + column];
    }
    for (size_t column = 0; grid->is_periodic && column < stencil->half_x; column++) {
      to[grid->nx - stencil->half_x + column] += from[column];
      to[column] += from[stencil->half_x + grid->nx + column];
    }
  }
}

void fcast__stencil_apply(const fcast_stencil *stencil, const fcast_field_grid *grid, const double *const sources[2],
                          double *halo, double *out_x, double *out_y) {
  const size_t room = fcast__stencil_room(stencil, grid);
  const size_t stride = grid->nx + 2 * stencil->half_x;
  const double *of_y = stencil->n_components == 2 ? sources[0] : sources[1];
  fcast_scatter *scatter = fcast__scatter();
  memset(halo, 0, 2 * room * sizeof *halo);
  for (size_t row = 0; row < grid->ny; row++) {
    for (size_t column = 0; column < grid->nx; column++) {
      const double x = sources[0][row * grid->nx + column];
      const double y = of_y[row * grid->nx + column];
      if (x != 0.0 || y != 0.0) {
        const size_t corner = row * stride + column;
        scatter(stencil, stride, x, y, halo + corner, halo + room + corner);
      }
    }
  }
  fold(stencil, grid, halo, out_x);
  fold(stencil, grid, halo + room, out_y);
}
