/* SPDX-License-Identifier: MIT */
#include "simulate/grid.h"

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
 * ones hold fewer agents that are no neighbours. The bounds are measured. */
static double cells_in_radius(double n_in_square) {
  return n_in_square < 3.0 ? 1.0 : (n_in_square < 40.0 ? 2.0 : (n_in_square < 80.0 ? 3.0 : 4.0));
}

/* More than rounding of positions, distances and cell numbers can add to the radius. */
static double safe_radius(const fcast_simulate_options *options) {
  return options->radius * (1.0 + 1e-9) + 1e-14 * fmax(options->box_x, options->box_y);
}

static uint32_t cells_along(double length, double cell, double n_agents) {
  return (uint32_t)fmax(1.0, fmin(floor(length / cell), n_agents));
}

/* Cells to one side that a distance can span, of n along the side. */
static uint32_t reach(double distance, double cell, uint32_t n) {
  return (uint32_t)fmin(floor(distance / cell) + 1.0, (double)n);
}

fcast_grid fcast__grid(const fcast_simulate_options *options) {
  const double n = (double)options->n_agents;
  const double area_each = options->box_x / n * options->box_y;
  const double radius = safe_radius(options);
  const double fraction = radius / cells_in_radius(radius / area_each * radius);
  const double cell = fmax(fraction * (1.0 + 1e-9), sqrt(area_each)); /* no more cells than agents */
  const uint32_t n_x = cells_along(options->box_x, cell, n);
  const uint32_t n_y = cells_along(options->box_y, cell, n);
  fcast_grid grid = {.box_x = options->box_x,
                     .box_y = options->box_y,
                     .boundary = options->boundary,
                     .largest_square = fcast__largest_square(options->radius),
                     .n_x = n_x,
                     .n_y = n_y,
                     .per_x = n_x / options->box_x,
                     .per_y = n_y / options->box_y};
  const double cell_x = options->box_x / n_x;
  const double cell_y = options->box_y / n_y;
  grid.reach_y = reach(radius, cell_y, n_y);
  for (uint32_t apart = 0; apart <= GRID_MAX_REACH; apart++) {
    const double nearest = apart == 0 ? 0.0 : (apart - 1) * cell_y;
    grid.reach_x[apart] = reach(sqrt(fmax(radius * radius - nearest * nearest, 0.0)), cell_x, n_x);
  }
  const bool is_periodic = options->boundary == FCAST_PERIODIC;
  grid.takes_all_rows = is_periodic && 2 * grid.reach_y + 1 > n_y;
  grid.takes_all_columns = is_periodic && 2 * grid.reach_x[0] + 1 > n_x;
  return grid;
}

typedef struct run_list {
  const uint32_t *start;
  fcast_run_of_places *runs;
  size_t n;
} run_list;

/* Cells [first, last] of a row. */
static void add_run(run_list *list, size_t row_start, size_t first, size_t last, double shift_x, double shift_y) {
  const size_t begin = list->start[row_start + first];
  const size_t end = list->start[row_start + last + 1];
  list->runs[list->n] = (fcast_run_of_places){begin, end - begin, shift_x, shift_y};
  list->n += end > begin;
}

/* The columns around `column` of one row. */
static void add_row(const fcast_grid *grid, size_t row, uint32_t apart, size_t column, double shift_y, run_list *list) {
  const size_t n_x = grid->n_x;
  const size_t row_start = row * n_x;
  const size_t to_side = grid->reach_x[apart];
  const bool is_periodic = grid->boundary == FCAST_PERIODIC;
  if (grid->takes_all_columns) {
    add_run(list, row_start, 0, n_x - 1, 0.0, shift_y);
    return;
  }
  const bool leaves_left = column < to_side;
  const bool leaves_right = column + to_side >= n_x;
  if (is_periodic && leaves_left) {
    add_run(list, row_start, n_x + column - to_side, n_x - 1, -grid->box_x, shift_y);
  }
  add_run(list, row_start, leaves_left ? 0 : column - to_side, leaves_right ? n_x - 1 : column + to_side, 0.0, shift_y);
  if (is_periodic && leaves_right) {
    add_run(list, row_start, 0, column + to_side - n_x, grid->box_x, shift_y);
  }
}

size_t fcast__grid_runs(const fcast_grid *grid, const uint32_t *start, uint32_t column, uint32_t row,
                        fcast_run_of_places *runs) {
  run_list list = {start, runs, 0};
  if (grid->takes_all_rows) {
    for (uint32_t other = 0; other < grid->n_y; other++) {
      add_row(grid, other, 0, column, 0.0, &list);
    }
    return list.n;
  }
  const int64_t reach_y = grid->reach_y;
  const int64_t n_y = grid->n_y;
  for (int64_t step = -reach_y; step <= reach_y; step++) {
    const int64_t other = row + step;
    const uint32_t apart = (uint32_t)(step < 0 ? -step : step);
    const bool is_inside = other >= 0 && other < n_y;
    if (is_inside) {
      add_row(grid, (size_t)other, apart, column, 0.0, &list);
    } else if (grid->boundary == FCAST_PERIODIC) {
      const double shift_y = other < 0 ? -grid->box_y : grid->box_y;
      add_row(grid, (size_t)(other < 0 ? other + n_y : other - n_y), apart, column, shift_y, &list);
    }
  }
  return list.n;
}
