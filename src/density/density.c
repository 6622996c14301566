/* SPDX-License-Identifier: MIT */
#include "flockcast/density.h"

#include "density/kernel.h"
#include "density/smooth.h"

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

/* The cells of a frame and what smooths it. */
typedef struct workspace {
  size_t nx, ny;
  double *x_edges, *y_edges; /* [nx + 1], [ny + 1] */
  double cell_area;
  fcast_smoother *smoother;
} workspace;

static fcast_status workspace_create(const fcast_density_options *options, workspace *work, fcast_error *err) {
  *work = (workspace){.nx = (size_t)options->nx, .ny = (size_t)options->ny};
  work->x_edges = fcast_alloc_array(work->nx + 1, sizeof *work->x_edges);
  work->y_edges = fcast_alloc_array(work->ny + 1, sizeof *work->y_edges);
  if (work->x_edges == NULL || work->y_edges == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a density of %zu x %zu cells", work->ny, work->nx);
  }
  fcast__cell_edges(options->box_x, work->nx, work->x_edges);
  fcast__cell_edges(options->box_y, work->ny, work->y_edges);
  work->cell_area = (options->box_x / (double)work->nx) * (options->box_y / (double)work->ny);
  return fcast__smoother_create(work->ny, work->nx, options->bandwidth, options->boundary, &work->smoother, err);
}

static void workspace_clear(workspace *work) {
  fcast__smoother_destroy(work->smoother);
  fcast_free(work->x_edges);
  fcast_free(work->y_edges);
}

/* The smoothed density of one frame; `weights` NULL: every agent counts 1. */
static void estimate_frame(const double *positions, const double *weights, size_t n_agents, workspace *work,
                           double *out) {
  const double unit = 1.0 / work->cell_area;
  for (size_t i = 0; i < n_agents; i++) {
    const size_t column = fcast__cell_of(positions[2 * i], work->x_edges[work->nx], work->nx, work->x_edges);
    const size_t row = fcast__cell_of(positions[2 * i + 1], work->y_edges[work->ny], work->ny, work->y_edges);
    if (column < work->nx && row < work->ny) {
      fcast__smoother_add(work->smoother, row, column, weights != NULL ? weights[i] * unit : unit);
    }
  }
  fcast__smoother_finish(work->smoother, out);
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
  memcpy(out->x_edges, work.x_edges, (work.nx + 1) * sizeof *work.x_edges);
  memcpy(out->y_edges, work.y_edges, (work.ny + 1) * sizeof *work.y_edges);
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    estimate_frame(tracks->positions + 2 * frame * tracks->n_agents, NULL, tracks->n_agents, &work,
                   out->rho + frame * work.nx * work.ny);
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
  const size_t n_agents = tracks->n_agents;
  double *weights = fcast_alloc_array(2 * n_moments * n_agents, sizeof *weights);
  fcast_status status = weights == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for moments of %zu agents", n_agents)
                            : fcast_density_options_check(options, err);
  if (status == FCAST_OK) {
    status = workspace_create(options, &work, err);
  }
  for (size_t frame = 0; status == FCAST_OK && frame < tracks->n_frames; frame++) {
    moment_weights(tracks->velocities + 2 * frame * n_agents, n_agents, n_moments, weights);
    for (size_t field = 0; field < 2 * n_moments; field++) {
      estimate_frame(tracks->positions + 2 * frame * n_agents, weights + field * n_agents, n_agents, &work,
                     out + (frame * 2 * n_moments + field) * work.nx * work.ny);
    }
  }
  workspace_clear(&work);
  fcast_free(weights);
  return status;
}
