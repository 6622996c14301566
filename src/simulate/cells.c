/* SPDX-License-Identifier: MIT */
#include "simulate/cells.h"

#include <math.h>
#include <string.h>

/* Below this many agents a parallel region costs more than it saves. */
enum { AGENTS_FOR_THREADS = 4096 };

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

/* Cells along a side: wider than the radius by more than rounding can take away, and no more of them than agents need.
 */
static size_t cells_along(double length, double radius, size_t n_agents) {
  const double fitting = floor(length / (radius * (1.0 + 1e-9)));
  const double useful = ceil(sqrt((double)n_agents));
  return (size_t)fmax(1.0, fmin(fitting, useful));
}

fcast_status fcast__cells_alloc(const fcast_simulate_options *options, fcast_cells *cells, fcast_error *err) {
  const size_t n = (size_t)options->n_agents;
  *cells = (fcast_cells){
      .n_agents = n,
      .n_x = cells_along(options->box_x, options->radius, n),
      .n_y = cells_along(options->box_y, options->radius, n),
      .box_x = options->box_x,
      .box_y = options->box_y,
      .boundary = options->boundary,
      .largest_square = fcast__largest_square(options->radius),
  };
  cells->start = fcast_alloc_array(cells->n_x * cells->n_y + 1, sizeof *cells->start);
  cells->cell_of = fcast_alloc_array(n, sizeof *cells->cell_of);
  cells->sorted_agent = fcast_alloc_array(n, sizeof *cells->sorted_agent);
  cells->x = fcast_alloc_array(n, sizeof *cells->x);
  cells->y = fcast_alloc_array(n, sizeof *cells->y);
  cells->heading_x = fcast_alloc_array(n, sizeof *cells->heading_x);
  cells->heading_y = fcast_alloc_array(n, sizeof *cells->heading_y);
  if (cells->start == NULL || cells->cell_of == NULL || cells->sorted_agent == NULL || cells->x == NULL ||
      cells->y == NULL || cells->heading_x == NULL || cells->heading_y == NULL) {
    fcast__cells_clear(cells);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the cell list of %zu agents", n);
  }
  return FCAST_OK;
}

void fcast__cells_clear(fcast_cells *cells) {
  fcast_free(cells->start);
  fcast_free(cells->cell_of);
  fcast_free(cells->sorted_agent);
  fcast_free(cells->x);
  fcast_free(cells->y);
  fcast_free(cells->heading_x);
  fcast_free(cells->heading_y);
  *cells = (fcast_cells){0};
}

static size_t cell_index(double position, double length, size_t n_cells) {
  const size_t index = (size_t)(position / length * (double)n_cells);
  return index < n_cells ? index : n_cells - 1; /* a reflecting wall itself belongs to the last cell */
}

void fcast__cells_build(const fcast_state *state, fcast_cells *cells) {
  const size_t n = cells->n_agents;
  const size_t n_cells = cells->n_x * cells->n_y;
  memset(cells->start, 0, (n_cells + 1) * sizeof *cells->start);
  for (size_t i = 0; i < n; i++) {
    cells->cell_of[i] = cell_index(state->y[i], cells->box_y, cells->n_y) * cells->n_x +
                        cell_index(state->x[i], cells->box_x, cells->n_x);
    cells->start[cells->cell_of[i] + 1]++;
  }
  for (size_t c = 0; c < n_cells; c++) {
    cells->start[c + 1] += cells->start[c];
  }
  /* Filling from the back moves each start to its place and keeps agents in ascending order. */
  for (size_t i = n; i-- > 0;) {
    const size_t cell = cells->cell_of[i];
    const size_t place = --cells->start[cell + 1];
    cells->sorted_agent[place] = i;
    cells->x[place] = state->x[i];
    cells->y[place] = state->y[i];
    cells->heading_x[place] = state->heading_x[i];
    cells->heading_y[place] = state->heading_y[i];
  }
  memmove(cells->start, cells->start + 1, n_cells * sizeof *cells->start);
  cells->start[n_cells] = n;
}

/* The distinct cells along one side that touch cell `c`, in a fixed order. Returns how many. */
static size_t touching(size_t c, size_t n_cells, fcast_boundary boundary, size_t out[3]) {
  if (boundary == FCAST_PERIODIC && n_cells >= 3) {
    out[0] = (c + n_cells - 1) % n_cells;
    out[1] = c;
    out[2] = (c + 1) % n_cells;
    return 3;
  }
  const size_t first = boundary == FCAST_PERIODIC || c == 0 ? 0 : c - 1;
  const size_t last = boundary == FCAST_PERIODIC || c + 1 >= n_cells ? n_cells - 1 : c + 1;
  for (size_t k = first; k <= last; k++) {
    out[k - first] = k;
  }
  return last - first + 1;
}

typedef struct heading_sum {
  double x, y;
} heading_sum;

/* Headings of the agents in places [first, last) that lie within the radius of (x, y). */
static heading_sum sum_places(const fcast_cells *cells, double x, double y, size_t first, size_t last) {
  heading_sum sum = {0.0, 0.0};
  for (size_t k = first; k < last; k++) {
    double dx = x - cells->x[k];
    double dy = y - cells->y[k];
    if (cells->boundary == FCAST_PERIODIC) {
      dx = fcast__minimum_image(dx, cells->box_x);
      dy = fcast__minimum_image(dy, cells->box_y);
    }
    const double inside = dx * dx + dy * dy <= cells->largest_square ? 1.0 : 0.0;
    sum.x += inside * cells->heading_x[k];
    sum.y += inside * cells->heading_y[k];
  }
  return sum;
}

static void sum_cell(const fcast_cells *cells, size_t cell, fcast_state *state) {
  size_t columns[3];
  size_t rows[3];
  const size_t n_columns = touching(cell % cells->n_x, cells->n_x, cells->boundary, columns);
  const size_t n_rows = touching(cell / cells->n_x, cells->n_y, cells->boundary, rows);
  for (size_t place = cells->start[cell]; place < cells->start[cell + 1]; place++) {
    heading_sum total = {0.0, 0.0};
    for (size_t r = 0; r < n_rows; r++) {
      for (size_t c = 0; c < n_columns; c++) {
        const size_t other = rows[r] * cells->n_x + columns[c];
        const heading_sum part =
            sum_places(cells, cells->x[place], cells->y[place], cells->start[other], cells->start[other + 1]);
        total.x += part.x;
        total.y += part.y;
      }
    }
    state->mean_x[cells->sorted_agent[place]] = total.x;
    state->mean_y[cells->sorted_agent[place]] = total.y;
  }
}

void fcast__cells_sum_headings(const fcast_cells *cells, fcast_state *state) {
  const size_t n_cells = cells->n_x * cells->n_y;
#pragma omp parallel for schedule(static) if (cells->n_agents >= AGENTS_FOR_THREADS)
  for (size_t cell = 0; cell < n_cells; cell++) {
    sum_cell(cells, cell, state);
  }
}
