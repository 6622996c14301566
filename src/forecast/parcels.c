/* SPDX-License-Identifier: MIT */
#include "forecast/parcels.h"

#include <math.h>

/* The Gaussian of the state is cut at this many standard deviations. */
static const double cut = 3.5;

/* Weights of the cells of one axis for an agent at `position`: cells first to first + n - 1, without regard to the
 * ends of the axis. */
typedef struct axis_weights {
  ptrdiff_t first;
  size_t n;
  double *weight;
} axis_weights;

static size_t largest_reach(double bandwidth, double cell) {
  return (size_t)ceil(2.0 * cut * bandwidth / cell) + 2;
}

/* A periodic axis has every cell at most once; one with walls has its own cells only. */
static void spread_on_axis(double position, double bandwidth, double cell, size_t n_cells, bool is_periodic,
                           axis_weights *out) {
  const double centre = position / cell - 0.5;
  const double widest = is_periodic ? (double)n_cells / 2.0 : INFINITY; /* where the images of a cell meet */
  const double reach = fmin(fmax(cut * bandwidth / cell, 0.5), widest);
  double first = ceil(centre - reach);
  double last = floor(centre + reach);
  if (!is_periodic) {
    first = fmax(first, 0.0);
    last = fmin(last, (double)n_cells - 1.0);
  } else if (last - first >= (double)n_cells) {
    last = first + (double)n_cells - 1.0;
  }
  out->first = (ptrdiff_t)first;
  out->n = (size_t)(last - first + 1.0);
  double sum = 0.0;
  for (size_t i = 0; i < out->n; i++) {
    const double distance = (first + (double)i - centre) * cell / fmax(bandwidth, 1e-300);
    out->weight[i] = out->n > 1 ? exp(-0.5 * distance * distance) : 1.0;
    sum += out->weight[i];
  }
  for (size_t i = 0; i < out->n; i++) {
    out->weight[i] /= sum;
  }
}

static size_t wrapped(ptrdiff_t cell, size_t n) {
  const ptrdiff_t rest = cell % (ptrdiff_t)n;
  return (size_t)(rest < 0 ? rest + (ptrdiff_t)n : rest);
}

/* The five fields of a state: mass, velocity and unit heading by mass. */
enum { MASS, VELOCITY_X, VELOCITY_Y, HEADING_X, HEADING_Y, N_FIELDS };

static void spread_agent(const fcast_field_grid *grid, const axis_weights *x, const axis_weights *y,
                         const double values[N_FIELDS], double *fields) {
  for (size_t j = 0; j < y->n; j++) {
    const size_t row = wrapped(y->first + (ptrdiff_t)j, grid->ny);
    for (size_t i = 0; i < x->n; i++) {
      const size_t cell = row * grid->nx + wrapped(x->first + (ptrdiff_t)i, grid->nx);
      for (size_t field = 0; field < N_FIELDS; field++) {
        fields[cell * N_FIELDS + field] += x->weight[i] * y->weight[j] * values[field];
      }
    }
  }
}

/* fields[cell, field]. Agents outside the box do not count. */
static void spread_frame(const fcast_field_grid *grid, double bandwidth, const fcast_tracks *tracks, size_t frame,
                         axis_weights axes[2], double *fields) {
  for (size_t i = 0; i < tracks->n_agents; i++) {
    const size_t at = 2 * (frame * tracks->n_agents + i);
    const double x = tracks->positions[at];
    const double y = tracks->positions[at + 1];
    const double vx = tracks->velocities[at];
    const double vy = tracks->velocities[at + 1];
    const double speed = hypot(vx, vy);
    const double values[N_FIELDS] = {1.0, vx, vy, speed > 0.0 ? vx / speed : 0.0, speed > 0.0 ? vy / speed : 0.0};
    if (!(x >= 0.0 && x <= grid->box_x && y >= 0.0 && y <= grid->box_y)) {
      continue;
    }
    spread_on_axis(x, bandwidth, grid->hx, grid->nx, grid->is_periodic, &axes[0]);
    spread_on_axis(y, bandwidth, grid->hy, grid->ny, grid->is_periodic, &axes[1]);
    spread_agent(grid, &axes[0], &axes[1], values, fields);
  }
}

/* All arrays in one block; `x` owns it. */
static fcast_status allocate(size_t n, fcast_parcels *out, fcast_error *err) {
  double *block = fcast_alloc_unfilled(7 * n, sizeof *block);
  if (block == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu parcels", n);
  }
  *out = (fcast_parcels){.n = n,
                         .x = block,
                         .y = block + n,
                         .mass = block + 2 * n,
                         .velocity_x = block + 3 * n,
                         .velocity_y = block + 4 * n,
                         .heading_x = block + 5 * n,
                         .heading_y = block + 6 * n};
  return FCAST_OK;
}

static fcast_status collect(const fcast_field_grid *grid, const double *fields, fcast_parcels *out, fcast_error *err) {
  const size_t n_cells = grid->nx * grid->ny;
  size_t n = 0;
  for (size_t cell = 0; cell < n_cells; cell++) {
    n += fields[cell * N_FIELDS + MASS] > 0.0;
  }
  const fcast_status status = allocate(n, out, err);
  for (size_t cell = 0, i = 0; status == FCAST_OK && cell < n_cells; cell++) {
    const double *values = fields + cell * N_FIELDS;
    if (values[MASS] > 0.0) {
      out->x[i] = ((double)(cell % grid->nx) + 0.5) * grid->hx;
      out->y[i] = ((double)(cell / grid->nx) + 0.5) * grid->hy;
      out->mass[i] = values[MASS];
      out->velocity_x[i] = values[VELOCITY_X] / values[MASS];
      out->velocity_y[i] = values[VELOCITY_Y] / values[MASS];
      out->heading_x[i] = values[HEADING_X] / values[MASS];
      out->heading_y[i] = values[HEADING_Y] / values[MASS];
      i++;
    }
  }
  return status;
}

fcast_status fcast__parcels_create(const fcast_field_grid *grid, double bandwidth, const fcast_tracks *tracks,
                                   size_t frame, fcast_parcels *out, fcast_error *err) {
  *out = (fcast_parcels){0};
  double *fields = fcast_alloc_array(grid->nx * grid->ny, N_FIELDS * sizeof *fields);
  axis_weights axes[2] = {
      {.weight = fcast_alloc_array(largest_reach(bandwidth, grid->hx), sizeof(double))},
      {.weight = fcast_alloc_array(largest_reach(bandwidth, grid->hy), sizeof(double))},
  };
  fcast_status status = FCAST_OK;
  if (fields == NULL || axes[0].weight == NULL || axes[1].weight == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for a state of %zu x %zu cells", grid->ny, grid->nx);
  } else {
    spread_frame(grid, bandwidth, tracks, frame, axes, fields);
    status = collect(grid, fields, out, err);
  }
  fcast_free(fields);
  fcast_free(axes[0].weight);
  fcast_free(axes[1].weight);
  return status;
}

void fcast__parcels_clear(fcast_parcels *parcels) {
  fcast_free(parcels->x);
  *parcels = (fcast_parcels){0};
}

static double wrap(double position, double length) {
  if (position < 0.0) {
    position += length;
  } else if (position >= length) {
    position -= length;
  }
  return position < length ? position : 0.0;
}

/* Mirror at the walls; the two components turn with it. */
static double mirror(double position, double length, double *velocity, double *heading) {
  if (position >= 0.0 && position <= length) {
    return position;
  }
  *velocity = -*velocity;
  *heading = -*heading;
  return position < 0.0 ? -position : 2.0 * length - position;
}

void fcast__parcels_move(const fcast_field_grid *grid, const double *dx, const double *dy, fcast_parcels *parcels) {
  for (size_t i = 0; i < parcels->n; i++) {
    const double x = parcels->x[i] + dx[i];
    const double y = parcels->y[i] + dy[i];
    parcels->x[i] = grid->is_periodic ? wrap(x, grid->box_x)
                                      : mirror(x, grid->box_x, &parcels->velocity_x[i], &parcels->heading_x[i]);
    parcels->y[i] = grid->is_periodic ? wrap(y, grid->box_y)
                                      : mirror(y, grid->box_y, &parcels->velocity_y[i], &parcels->heading_y[i]);
  }
}
