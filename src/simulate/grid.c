/* SPDX-License-Identifier: MIT */
#include "simulate/force.h"

#include <math.h>

double fcast__largest_square(double radius) {
  double square = radius * radius;
  while (sqrt(square) > radius) {
    square = nextafter(square, 0.0);
  }
  while (sqrt(nextafter(square, INFINITY)) <= radius) {
    square = nextafter(square, INFINITY);
  }
  return square;
}

/* Cells in one radius, for the mean number of agents in a square of that side: fewer rows cost less to start, finer
 * ones hold fewer agents that are no neighbours. The bounds balance the vectors
 * counted on paper: those of the pairs looked at and those of a start of a row. */
static double cells_in_radius(double n_in_square) {
  return n_in_square < 3.0 ? 1.0 : (n_in_square < 40.0 ? 2.0 : (n_in_square < 80.0 ? 3.0 : 4.0));
}

/* More than rounding of positions, distances and cell numbers can add to the radius. */
static double safe_radius(double radius, double box_x, double box_y) {
  return radius * (1.0 + 1e-9) + 1e-14 * fmax(box_x, box_y);
}

static uint32_t cells_along(double length, double cell, double n_agents) {
  return (uint32_t)fmax(1.0, fmin(floor(length / cell), n_agents));
}

/* Cells to one side that a distance can span, of n along the side. */
static uint32_t reach(double distance, double cell, uint32_t n) {
  return (uint32_t)fmin(floor(distance / cell) + 1.0, (double)n);
}

/* The cells around one that pairs up to `radius` can reach. */
static void set_reach(double radius, fcast_grid *grid) {
  const double cell_x = grid->box_x / grid->n_x;
  const double cell_y = grid->box_y / grid->n_y;
  const double safe = safe_radius(radius, grid->box_x, grid->box_y);
  grid->largest_square = fcast__largest_square(radius);
  grid->reach_y = reach(safe, cell_y, grid->n_y);
  for (uint32_t apart = 0; apart <= GRID_MAX_REACH; apart++) {
    const double nearest = apart == 0 ? 0.0 : (apart - 1) * cell_y;
    grid->reach_x[apart] = reach(sqrt(fmax(safe * safe - nearest * nearest, 0.0)), cell_x, grid->n_x);
  }
  const bool is_periodic = grid->boundary == FCAST_PERIODIC;
  grid->takes_all_rows = is_periodic && 2 * grid->reach_y + 1 > grid->n_y;
  grid->takes_all_columns = is_periodic && 2 * grid->reach_x[0] + 1 > grid->n_x;
}

fcast_grid fcast__grid(const fcast_simulate_options *options) {
  const double n = (double)options->n_agents;
  const double area_each = options->box_x / n * options->box_y;
  const bool aligns = options->model != FCAST_MODEL_DORSOGNA;
  const double to_align = aligns ? options->radius : fcast__cutoff(&options->forces);
  const double radius = safe_radius(to_align, options->box_x, options->box_y);
  const double fraction = radius / cells_in_radius(radius / area_each * radius);
  double cell = fmax(fraction * (1.0 + 1e-9), sqrt(area_each)); /* no more cells than agents */
  if (fcast_simulate_has_forces(options)) { /* nor more on the way to the cut-off than can be handled */
    const double cutoff = safe_radius(fcast__cutoff(&options->forces), options->box_x, options->box_y);
    cell = fmax(cell, cutoff / GRID_MAX_REACH * (1.0 + 1e-9));
  }
  const uint32_t n_x = cells_along(options->box_x, cell, n);
  const uint32_t n_y = cells_along(options->box_y, cell, n);
  fcast_grid grid = {.box_x = options->box_x,
                     .box_y = options->box_y,
                     .boundary = options->boundary,
                     .n_x = n_x,
                     .n_y = n_y,
                     .per_x = n_x / options->box_x,
                     .per_y = n_y / options->box_y};
  set_reach(to_align, &grid);
  return grid;
}

fcast_grid fcast__grid_of_forces(const fcast_grid *grid, double cutoff) {
  fcast_grid wide = *grid;
  set_reach(cutoff, &wide);
  if (wide.takes_all_rows && wide.takes_all_columns) {
    wide.n_x *= wide.n_y;
    wide.n_y = 1;
  }
  return wide;
}

/* Cells [first, last] of the row whose starts are given. */
static void add_run(const uint32_t *row_start, size_t first, size_t last, double shift_x, double shift_y,
                    fcast_neighbourhood *out) {
  const size_t begin = row_start[first];
  const size_t end = row_start[last + 1];
  out->run[out->n_runs++] = (fcast_run_of_places){begin, end - begin, shift_x, shift_y};
}

/* The columns around `column` of one row. */
static void add_row(const fcast_grid *grid, const uint32_t *row_start, size_t to_side, size_t column, double shift_y,
                    fcast_neighbourhood *out) {
  const size_t n_x = grid->n_x;
  const bool is_periodic = grid->boundary == FCAST_PERIODIC;
  if (grid->takes_all_columns) {
    add_run(row_start, 0, n_x - 1, 0.0, shift_y, out);
    return;
  }
  const bool leaves_left = column < to_side;
  const bool leaves_right = column + to_side >= n_x;
  if (is_periodic && leaves_left) {
    add_run(row_start, n_x + column - to_side, n_x - 1, -grid->box_x, shift_y, out);
  }
  add_run(row_start, leaves_left ? 0 : column - to_side, leaves_right ? n_x - 1 : column + to_side, 0.0, shift_y, out);
  if (is_periodic && leaves_right) {
    add_run(row_start, 0, column + to_side - n_x, grid->box_x, shift_y, out);
  }
}

/* Cells whose neighbours are all inside the box: most of them, so without further questions. */
static void add_rows_inside(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                            fcast_neighbourhood *out) {
  const uint32_t reach_y = grid->reach_y;
  const uint32_t *middle = start + (size_t)(row - reach_y) * grid->n_x + column;
  for (uint32_t k = 0; k <= 2 * reach_y; k++, middle += grid->n_x) {
    const size_t to_side = grid->reach_x[k < reach_y ? reach_y - k : k - reach_y];
    out->run[k].first = *(middle - to_side);
    out->run[k].n = *(middle + to_side + 1) - out->run[k].first;
  }
  out->n_runs = 2 * reach_y + 1;
}

/* The rows from `step` above to `last_step` below. */
static void add_rows(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row, int64_t step,
                     int64_t last_step, fcast_neighbourhood *out) {
  const int64_t n_y = grid->n_y;
  for (; step <= last_step; step++) {
    const int64_t wanted = row + step;
    const size_t to_side = grid->reach_x[step < 0 ? -step : step];
    const bool is_inside = wanted >= 0 && wanted < n_y;
    if (is_inside || grid->boundary == FCAST_PERIODIC) {
      const int64_t other = is_inside ? wanted : (wanted < 0 ? wanted + n_y : wanted - n_y);
      const double shift_y = is_inside ? 0.0 : (wanted < 0 ? -grid->box_y : grid->box_y);
      add_row(grid, start + (size_t)other * grid->n_x, to_side, column, shift_y, out);
    }
  }
}

static void add_all_rows(const fcast_grid *grid, const uint32_t *start, uint32_t column, fcast_neighbourhood *out) {
  for (size_t other = 0; other < grid->n_y; other++) {
    add_row(grid, start + other * grid->n_x, grid->reach_x[0], column, 0.0, out);
  }
}

static fcast_image_rule rule_near_sides(const fcast_grid *grid) {
  if (grid->boundary != FCAST_PERIODIC) {
    return FCAST_IMAGE_NONE;
  }
  return grid->takes_all_rows || grid->takes_all_columns ? FCAST_IMAGE_NEAREST : FCAST_IMAGE_SHIFTED;
}

void fcast__grid_neighbourhood(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                               fcast_neighbourhood *out) {
  const uint32_t reach_x = grid->reach_x[0];
  const uint32_t reach_y = grid->reach_y;
  out->n_runs = 0;
  out->rule = FCAST_IMAGE_NONE;
  if (column >= reach_x && column + reach_x < grid->n_x && row >= reach_y && row + reach_y < grid->n_y) {
    add_rows_inside(grid, start, column, row, out);
    return;
  }
  out->rule = rule_near_sides(grid);
  if (grid->takes_all_rows) {
    add_all_rows(grid, start, column, out);
  } else {
    add_rows(grid, start, column, row, -(int64_t)reach_y, reach_y, out);
  }
}

void fcast__grid_forward(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                         fcast_neighbourhood *out) {
  const uint32_t reach_x = grid->reach_x[0];
  const bool is_inside = column >= reach_x && column + reach_x < grid->n_x && row + grid->reach_y < grid->n_y;
  out->n_runs = 0;
  out->rule = is_inside && !grid->takes_all_rows ? FCAST_IMAGE_NONE : rule_near_sides(grid);
  if (grid->takes_all_rows) {
    add_all_rows(grid, start, column, out);
    out->n_own_runs = out->n_runs;
    return;
  }
  add_rows(grid, start, column, row, 0, 0, out);
  out->n_own_runs = out->n_runs;
  add_rows(grid, start, column, row, 1, grid->reach_y, out);
}
