/* SPDX-License-Identifier: MIT */
#include "flockcast/density.h"

#include "density/kernel.h"

#include <math.h>
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

/* Everything a frame needs, made once a run. */
typedef struct workspace {
  size_t nx, ny;
  fcast_boundary boundary;
  fcast_kernel kernel;
  double *counts;   /* [ny, nx] */
  double *smooth_y; /* [ny, nx]: smoothed along y */
  double *padded;   /* [nx + 2 radius]: one row with its continuation beyond the walls */
} workspace;

static fcast_status workspace_create(const fcast_density_options *options, workspace *work, fcast_error *err) {
  *work = (workspace){.nx = (size_t)options->nx, .ny = (size_t)options->ny, .boundary = options->boundary};
  const fcast_status status = fcast__kernel_create(options->bandwidth, &work->kernel, err);
  if (status != FCAST_OK) {
    return status;
  }
  work->counts = fcast_alloc_array(work->nx * work->ny, sizeof(double));
  work->smooth_y = fcast_alloc_array(work->nx * work->ny, sizeof(double));
  work->padded = fcast_alloc_array(work->nx + 2 * work->kernel.radius, sizeof(double));
  if (work->counts == NULL || work->smooth_y == NULL || work->padded == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a density of %zu x %zu cells", work->ny, work->nx);
  }
  return FCAST_OK;
}

static void workspace_clear(workspace *work) {
  fcast__kernel_clear(&work->kernel);
  fcast_free(work->counts);
  fcast_free(work->smooth_y);
  fcast_free(work->padded);
}

/* The cell that stands at `index` (possibly beyond the walls by any distance) along a side of n cells. */
static size_t continued(ptrdiff_t index, size_t n, fcast_boundary boundary) {
  const ptrdiff_t length = (ptrdiff_t)n;
  if (boundary == FCAST_PERIODIC) {
    return (size_t)(((index % length) + length) % length);
  }
  return (size_t)(index < 0 ? 0 : (index >= length ? length - 1 : index));
}

static void count(const double *positions, size_t n_agents, double weight, const fcast_fields *fields,
                  workspace *work) {
  memset(work->counts, 0, work->nx * work->ny * sizeof(double));
  for (size_t i = 0; i < n_agents; i++) {
    const size_t column = fcast__cell_of(positions[2 * i], fields->x_edges[work->nx], work->nx, fields->x_edges);
    const size_t row = fcast__cell_of(positions[2 * i + 1], fields->y_edges[work->ny], work->ny, fields->y_edges);
    if (column < work->nx && row < work->ny) {
      work->counts[row * work->nx + column] += weight;
    }
  }
}

/* out = counts smoothed along y. Rows are gathered whole, so that the inner loop runs along memory. */
static void smooth_along_y(workspace *work) {
  const ptrdiff_t radius = (ptrdiff_t)work->kernel.radius;
  for (size_t y = 0; y < work->ny; y++) {
    double *restrict out = work->smooth_y + y * work->nx;
    memset(out, 0, work->nx * sizeof(double));
    for (ptrdiff_t k = -radius; k <= radius; k++) {
      const double weight = work->kernel.weight[k < 0 ? -k : k];
      const size_t row = continued((ptrdiff_t)y + k, work->ny, work->boundary);
      const double *restrict in = work->counts + row * work->nx;
      for (size_t x = 0; x < work->nx; x++) {
        out[x] += weight * in[x];
      }
    }
  }
}

static void smooth_along_x(workspace *work, double *rho) {
  const size_t radius = work->kernel.radius;
  for (size_t y = 0; y < work->ny; y++) {
    const double *in = work->smooth_y + y * work->nx;
    double *restrict padded = work->padded;
    for (size_t k = 0; k < work->nx + 2 * radius; k++) {
      padded[k] = in[continued((ptrdiff_t)k - (ptrdiff_t)radius, work->nx, work->boundary)];
    }
    double *restrict out = rho + y * work->nx;
    for (size_t x = 0; x < work->nx; x++) {
      out[x] = work->kernel.weight[0] * padded[x + radius];
    }
    for (size_t k = 1; k <= radius; k++) {
      const double weight = work->kernel.weight[k];
      for (size_t x = 0; x < work->nx; x++) {
        out[x] += weight * (padded[x + radius - k] + padded[x + radius + k]);
      }
    }
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
    count(tracks->positions + 2 * frame * tracks->n_agents, tracks->n_agents, 1.0 / cell_area, out, &work);
    smooth_along_y(&work);
    smooth_along_x(&work, out->rho + frame * work.nx * work.ny);
    out->times[frame] = tracks->times[frame];
  }
cleanup:
  workspace_clear(&work);
  return status;
}
