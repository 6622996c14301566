/* SPDX-License-Identifier: MIT
 *
 * The grid of the field model's state: cells, weights between points and cells, and kernels on them.
 */
#ifndef FLOCKCAST_FORECAST_FIELD_GRID_H
#define FLOCKCAST_FORECAST_FIELD_GRID_H

#include "flockcast/field.h"

#include <stdbool.h>

typedef struct fcast_field_grid {
  size_t nx, ny;
  double box_x, box_y; /* length units */
  double hx, hy;       /* size of a cell */
  bool is_periodic;
} fcast_field_grid;

fcast_field_grid fcast__field_grid(size_t nx, size_t ny, const fcast_density_options *box);

/* Where a point lies between the centres of cells: the four around it, and its share of the far column and row. */
typedef struct fcast_field_place {
  size_t column[2], row[2];
  double x, y; /* 0 to 1: share of column[1] and of row[1] */
} fcast_field_place;

/* A point between the outermost centres and a wall belongs to the outermost cells alone, so nothing leaves the box. */
fcast_field_place fcast__field_place(const fcast_field_grid *grid, double x, double y);

/* The value of cells[ny, nx] there, by bilinear weights. */
double fcast__field_read(const fcast_field_grid *grid, const fcast_field_place *at, const double *cells);

/* A kernel on the cells, a function of the distance between their centres; each value is the mean over the cell. The
 * vector kernel has the two components of value times the unit vector from the source to the target. */
typedef struct fcast_stencil {
  size_t half_x, half_y; /* cells to either side */
  size_t *first, *last;  /* [2 half_y + 1]: columns of a row that are not zero, first to last - 1 */
  size_t n_components;   /* 1, or 2 for a vector */
  double *weight;        /* [component, 2 half_y + 1, 2 half_x + 1] */
} fcast_stencil;

/* `scale` stretches the distances of `radial`. A kernel that reaches beyond half the box is cut there, so that every
 * pair of cells counts once. Errors: FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast__stencil_create(const fcast_radial *radial, double scale, bool is_vector,
                                                    const fcast_field_grid *grid, fcast_stencil *out, fcast_error *err);
void fcast__stencil_clear(fcast_stencil *stencil);

/* Room for a field and the halo a stencil writes into. */
size_t fcast__stencil_room(const fcast_stencil *stencil, const fcast_field_grid *grid);

/* out_x and out_y[ny, nx] = kernel * fields: with a kernel of one component the two `sources`[ny, nx] each by it; with
 * a vector kernel sources[0] by either component. Cells with no source cost nothing. `halo` has fcast__stencil_room
 * values twice. */
void fcast__stencil_apply(const fcast_stencil *stencil, const fcast_field_grid *grid, const double *const sources[2],
                          double *halo, double *out_x, double *out_y);

#endif
