/* SPDX-License-Identifier: MIT */
#include "flockcast/density.h"

#include "density/kernel.h"
#include "density/taps.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double max_cells = 1 << 28;

fcast_status fcast_density_options_check(const fcast_density_options *options, fcast_error *err) {
  if (options->nx < 1 || options->ny < 1) {
    return fcast_fail(err, FCAST_E_CONFIG, "density.%s: found %lld, expected an integer of at least 1",
                      options->nx < 1 ? "nx" : "ny", (long long)(options->nx < 1 ? options->nx : options->ny));
  }
  if ((double)options->nx * (double)options->ny > max_cells) {
    return fcast_fail(err, FCAST_E_CONFIG, "density.nx: found %lld x %lld cells, expected at most %.0f in all",
                      (long long)options->nx, (long long)options->ny, max_cells);
  }
  if (!(options->bandwidth >= 0.0) || options->bandwidth > 1e6) {
    return fcast_fail(err, FCAST_E_CONFIG, "density.bandwidth: found %g, expected a number of cells from 0 to 1e6",
                      options->bandwidth);
  }
  return FCAST_OK;
}

/* Everything a frame needs, made once a run. Agents are few and cells many, so rows without agents are passed over:
 * they would add zeros, which changes no sum. */
typedef struct workspace {
  size_t nx, ny;
  fcast_boundary boundary;
  fcast_kernel kernel;
  fcast_taps_sum *sum;
  double *counts;     /* [ny, nx]: zeros between frames */
  bool *is_occupied;  /* [ny]: rows of `counts` with agents */
  double *padded;     /* [nx + 2 radius]: one row with its continuation beyond the walls */
  double *smooth_x;   /* [ny, nx]: the occupied rows smoothed along x */
  double *empty;      /* [nx]: zeros, a row without agents */
  const double **row; /* [ny + 2 radius]: where a row is, with the continuation beyond the walls */
  fcast_tap *x_taps;  /* [radius + 1], over `padded` */
  fcast_tap *y_taps;  /* [radius + 1] */
} workspace;

static fcast_status workspace_create(const fcast_density_options *options, workspace *work, fcast_error *err) {
  *work = (workspace){.nx = (size_t)options->nx, .ny = (size_t)options->ny, .boundary = options->boundary};
  const fcast_status status = fcast__kernel_create(options->bandwidth, &work->kernel, err);
  if (status != FCAST_OK) {
    return status;
  }
  const size_t radius = work->kernel.radius;
  work->sum = fcast__taps_sum();
  work->counts = fcast_alloc_array(work->nx * work->ny, sizeof *work->counts);
  work->is_occupied = fcast_alloc_array(work->ny, sizeof *work->is_occupied);
  work->padded = fcast_alloc_array(work->nx + 2 * radius, sizeof *work->padded);
  work->smooth_x = fcast_alloc_array(work->nx * work->ny, sizeof *work->smooth_x);
  work->empty = fcast_alloc_array(work->nx, sizeof *work->empty);
  work->row = fcast_alloc_array(work->ny + 2 * radius, sizeof *work->row);
  work->x_taps = fcast_alloc_array(radius + 1, sizeof *work->x_taps);
  work->y_taps = fcast_alloc_array(radius + 1, sizeof *work->y_taps);
  if (work->counts == NULL || work->is_occupied == NULL || work->padded == NULL || work->smooth_x == NULL ||
      work->empty == NULL || work->row == NULL || work->x_taps == NULL || work->y_taps == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a density of %zu x %zu cells", work->ny, work->nx);
  }
  for (size_t k = 0; k <= radius; k++) {
    work->x_taps[k] = (fcast_tap){.weight = work->kernel.weight[k],
                                  .before = work->padded + radius - k,
                                  .behind = k == 0 ? work->empty : work->padded + radius + k};
  }
  return FCAST_OK;
}

static void workspace_clear(workspace *work) {
  fcast__kernel_clear(&work->kernel);
  fcast_free(work->counts);
  fcast_free(work->is_occupied);
  fcast_free(work->padded);
  fcast_free(work->smooth_x);
  fcast_free(work->empty);
  fcast_free(work->row);
  fcast_free(work->x_taps);
  fcast_free(work->y_taps);
}

/* `weights` NULL: every agent counts 1. */
static void count(const double *positions, const double *weights, size_t n_agents, double unit,
                  const fcast_fields *fields, workspace *work) {
  memset(work->is_occupied, 0, work->ny * sizeof *work->is_occupied);
  for (size_t i = 0; i < n_agents; i++) {
    const size_t column = fcast__cell_of(positions[2 * i], fields->x_edges[work->nx], work->nx, fields->x_edges);
    const size_t row = fcast__cell_of(positions[2 * i + 1], fields->y_edges[work->ny], work->ny, fields->y_edges);
    if (column < work->nx && row < work->ny) {
      work->counts[row * work->nx + column] += weights != NULL ? weights[i] * unit : unit;
      work->is_occupied[row] = true;
    }
  }
}

/* Continue the n elements behind the first `radius` to both sides. In a periodic box each copies the one a period away,
 * which may itself be a copy where the kernel is wider than the box. */
static inline void continue_line(char *line, size_t size, size_t n, size_t radius, fcast_boundary boundary) {
  const size_t period = boundary == FCAST_PERIODIC ? n : 1;
  for (size_t i = radius; i-- > 0;) {
    memcpy(line + i * size, line + (i + period) * size, size);
  }
  for (size_t i = radius + n; i < n + 2 * radius; i++) {
    memcpy(line + i * size, line + (i - period) * size, size);
  }
}

/* The occupied rows smoothed along x, and their counts cleared for the next frame. */
static void smooth_along_x(workspace *work) {
  const size_t radius = work->kernel.radius;
  for (size_t y = 0; y < work->ny; y++) {
    work->row[radius + y] = work->empty;
    if (work->is_occupied[y]) {
      double *counts = work->counts + y * work->nx;
      double *smooth = work->smooth_x + y * work->nx;
      memcpy(work->padded + radius, counts, work->nx * sizeof *counts);
      memset(counts, 0, work->nx * sizeof *counts);
      continue_line((char *)work->padded, sizeof *work->padded, work->nx, radius, work->boundary);
      work->sum(work->x_taps, radius + 1, work->nx, smooth);
      work->row[radius + y] = smooth;
    }
  }
}

static void smooth_along_y(workspace *work, double *rho) {
  const size_t radius = work->kernel.radius;
  continue_line((char *)work->row, sizeof *work->row, work->ny, radius, work->boundary);
  for (size_t y = 0; y < work->ny; y++) {
    size_t n_taps = 0;
    for (size_t k = 0; k <= radius; k++) {
      const double *before = work->row[y + radius - k];
      const double *behind = k == 0 ? work->empty : work->row[y + radius + k];
      if (before != work->empty || behind != work->empty) {
        work->y_taps[n_taps++] = (fcast_tap){.weight = work->kernel.weight[k], .before = before, .behind = behind};
      }
    }
    work->sum(work->y_taps, n_taps, work->nx, rho + y * work->nx);
  }
}

fcast_status fcast_density_estimate(const fcast_tracks *tracks, const fcast_density_options *options, fcast_fields *out,
                                    fcast_error *err) {
  *out = (fcast_fields){0};
  workspace work = {0};
  fcast_status status = fcast_density_options_check(options, err);
  if (status == FCAST_OK) {
    status = workspace_create(options, &work, err);
  }
  if (status == FCAST_OK) {
    status = fcast_fields_alloc(tracks->n_frames, work.ny, work.nx, out, err);
  }
  if (status != FCAST_OK) {
    goto cleanup;
  }
  fcast__cell_edges(options->box_x, work.nx, out->x_edges);
  fcast__cell_edges(options->box_y, work.ny, out->y_edges);
  const double cell_area = (options->box_x / (double)work.nx) * (options->box_y / (double)work.ny);
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    count(tracks->positions + 2 * frame * tracks->n_agents, NULL, tracks->n_agents, 1.0 / cell_area, out, &work);
    smooth_along_x(&work);
    smooth_along_y(&work, out->rho + frame * work.nx * work.ny);
    out->times[frame] = tracks->times[frame];
  }
cleanup:
  workspace_clear(&work);
  return status;
}

/* weights[2 * n_moments, agent]: |v| cos n theta and |v| sin n theta for n = 1, 2, ...; 0 for an agent at rest. */
static void moment_weights(const double *velocities, size_t n_agents, size_t n_moments, double *weights) {
  for (size_t i = 0; i < n_agents; i++) {
    const double vx = velocities[2 * i];
    const double vy = velocities[2 * i + 1];
    const double speed = hypot(vx, vy);
    const double ux = speed > 0.0 ? vx / speed : 0.0;
    const double uy = speed > 0.0 ? vy / speed : 0.0;
    double x = vx;
    double y = vy;
    for (size_t n = 0; n < n_moments; n++) {
      weights[2 * n * n_agents + i] = x;
      weights[(2 * n + 1) * n_agents + i] = y;
      const double turned = x * ux - y * uy;
      y = x * uy + y * ux;
      x = turned;
    }
  }
}

fcast_status fcast_density_moments(const fcast_tracks *tracks, const fcast_density_options *options, size_t n_moments,
                                   double *out, fcast_error *err) {
  if (tracks->velocities == NULL) {
    return fcast_fail(err, FCAST_E_ARG, "moments of the headings: found tracks without velocities");
  }
  workspace work = {0};
  fcast_fields edges = {0};
  const size_t n_agents = tracks->n_agents;
  double *weights = fcast_alloc_array(2 * n_moments * n_agents, sizeof *weights);
  fcast_status status = weights == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for moments of %zu agents", n_agents)
                            : fcast_density_options_check(options, err);
  if (status == FCAST_OK) {
    status = workspace_create(options, &work, err);
  }
  if (status == FCAST_OK) {
    status = fcast_fields_alloc(1, work.ny, work.nx, &edges, err);
  }
  if (status != FCAST_OK) {
    goto cleanup;
  }
  fcast__cell_edges(options->box_x, work.nx, edges.x_edges);
  fcast__cell_edges(options->box_y, work.ny, edges.y_edges);
  const double cell_area = (options->box_x / (double)work.nx) * (options->box_y / (double)work.ny);
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    moment_weights(tracks->velocities + 2 * frame * n_agents, n_agents, n_moments, weights);
    for (size_t field = 0; field < 2 * n_moments; field++) {
      count(tracks->positions + 2 * frame * n_agents, weights + field * n_agents, n_agents, 1.0 / cell_area, &edges,
            &work);
      smooth_along_x(&work);
      smooth_along_y(&work, out + (frame * 2 * n_moments + field) * work.nx * work.ny);
    }
  }
cleanup:
  workspace_clear(&work);
  fcast_fields_clear(&edges);
  fcast_free(weights);
  return status;
}
