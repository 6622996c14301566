/* SPDX-License-Identifier: MIT */
#include "io/run_content.h"

#include "flockcast/recording.h"
#include "io/run_settings.h"

#include <math.h>

/* Relative; float32 files are known to 1e-7. */
static const double rounding = 1e-5;

/* A run of this program, a simulated or a recorded one: it does all as SPEC says. */
static bool is_ours(const fcast_run_facts *facts) {
  return facts->config_hash[0] != '\0';
}

/* --- the grid --- */

/* A number of the configuration, `otherwise` where it is not there. */
static double setting(const fcast_run_facts *facts, const char *section, const char *key, double otherwise) {
  const json_t *number = json_object_get(json_object_get(facts->config, section), key);
  return json_is_number(number) ? json_number_value(number) : otherwise;
}

static fcast_status check_cells(const char *directory, const fcast_run_facts *facts, const fcast_fields *fields,
                                fcast_error *err) {
  const double nx = setting(facts, "density", "nx", (double)fields->nx);
  const double ny = setting(facts, "density", "ny", (double)fields->ny);
  return (double)fields->nx == nx && (double)fields->ny == ny
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_SHAPE,
                          "%s/density.npz: rho: found %zu x %zu cells, expected %g x %g (config.density in "
                          "metadata.json)",
                          directory, fields->ny, fields->nx, ny, nx);
}

static fcast_status check_side(const char *directory, const char *member, const double *edges, size_t n, double length,
                               fcast_error *err) {
  const bool agrees = fabs(edges[0]) <= rounding * length && fabs(edges[n] - length) <= rounding * length;
  return agrees ? FCAST_OK
                : fcast_fail(err, FCAST_E_FORMAT,
                             "%s/density.npz: %s: found %g to %g, expected 0 to %g (config.sim in metadata.json)",
                             directory, member, edges[0], edges[n], length);
}

static fcast_status check_grid(const char *directory, const fcast_run_facts *facts, const fcast_fields *fields,
                               fcast_error *err) {
  const double box_x = setting(facts, "sim", "Lx", fields->x_edges[fields->nx]);
  const double box_y = setting(facts, "sim", "Ly", fields->y_edges[fields->ny]);
  fcast_status status = check_cells(directory, facts, fields, err);
  if (status == FCAST_OK) {
    status = check_side(directory, "x_edges", fields->x_edges, fields->nx, box_x, err);
  }
  return status == FCAST_OK ? check_side(directory, "y_edges", fields->y_edges, fields->ny, box_y, err) : status;
}

/* --- positions --- */

static fcast_status check_inside(const char *directory, const fcast_fields *fields, const fcast_tracks *tracks,
                                 fcast_error *err) {
  const double box[2] = {fields->x_edges[fields->nx], fields->y_edges[fields->ny]};
  const double slack[2] = {rounding * box[0], rounding * box[1]};
  for (size_t i = 0; i < 2 * tracks->n_frames * tracks->n_agents; i++) {
    const double position = tracks->positions[i]; /* nan: an agent that is not there */
    if (position < -slack[i % 2] || position > box[i % 2] + slack[i % 2]) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s/traj.npz: positions: found %s = %g in frame %zu, expected 0 to %g, the box", directory,
                        i % 2 == 0 ? "x" : "y", position, i / 2 / tracks->n_agents, box[i % 2]);
    }
  }
  return FCAST_OK;
}

/* --- mass --- */

static double sum_frame(const fcast_fields *fields, size_t frame) {
  const size_t n_space = fcast_fields_n_space(fields);
  double sum = 0.0;
  for (size_t j = 0; j < n_space; j++) {
    sum += fields->rho[frame * n_space + j];
  }
  return sum;
}

static double cell_area(const fcast_fields *fields) {
  return (fields->x_edges[fields->nx] - fields->x_edges[0]) / (double)fields->nx *
         ((fields->y_edges[fields->ny] - fields->y_edges[0]) / (double)fields->ny);
}

static fcast_status check_mass(const char *directory, size_t frame, double found, double expected, double tolerance,
                               fcast_error *err) {
  return fabs(found - expected) <= tolerance
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_FORMAT,
                          "%s/density.npz: rho: frame %zu times the area of a cell sums to %g, expected %g by the "
                          "agents of traj.npz",
                          directory, frame, found, expected);
}

/* The sum over all cells is the number of agents in the box. */
static fcast_status check_masses(const char *directory, const fcast_fields *fields, const fcast_tracks *tracks,
                                 fcast_error *err) {
  const double area = cell_area(fields);
  fcast_status status = FCAST_OK;
  for (size_t frame = 0; status == FCAST_OK && frame < fields->n_frames; frame++) {
    const double n_present = (double)fcast_tracks_n_present(tracks, frame);
    status = check_mass(directory, frame, sum_frame(fields, frame) * area, n_present, rounding * n_present, err);
  }
  return status;
}

/* At walls the kernel repeats the edge cell, as SciPy does, and mass depends on how many agents are near them: that of
 * the first and the last frame is made again of the tracks. One agent more or less may be what rounding of positions
 * in float32 files has put into the next cell. */
static fcast_status check_masses_at_walls(const char *directory, const fcast_run_facts *facts,
                                          const fcast_fields *fields, const fcast_tracks *tracks, fcast_error *err) {
  fcast_density_options options;
  const size_t ends[2] = {0, fields->n_frames - 1};
  const double area = cell_area(fields);
  fcast_status status = fcast_run_density_options(directory, facts, &options, err);
  for (size_t i = 0; status == FCAST_OK && i < 2; i++) {
    fcast_fields made = {0};
    const fcast_tracks frame = {.n_frames = 1,
                                .n_agents = tracks->n_agents,
                                .positions = tracks->positions + 2 * ends[i] * tracks->n_agents,
                                .times = tracks->times + ends[i]};
    status = fcast_density_estimate(&frame, &options, &made, err);
    if (status == FCAST_OK) {
      const double expected = sum_frame(&made, 0) * area;
      status =
          check_mass(directory, ends[i], sum_frame(fields, ends[i]) * area, expected, 1.0 + rounding * expected, err);
    }
    fcast_fields_clear(&made);
  }
  return status;
}

/* Densities are sums of positive kernels. */
static fcast_status check_not_negative(const char *directory, const fcast_fields *fields, const fcast_tracks *tracks,
                                       fcast_error *err) {
  const size_t n_space = fcast_fields_n_space(fields);
  const double mean = (double)tracks->n_agents / (cell_area(fields) * (double)n_space);
  for (size_t i = 0; i < fields->n_frames * n_space; i++) {
    if (fields->rho[i] < -rounding * mean) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s/density.npz: rho: found %g in frame %zu, expected no negative density",
                        directory, fields->rho[i], i / n_space);
    }
  }
  return FCAST_OK;
}

static fcast_status check_density(const char *directory, const fcast_run_facts *facts, const fcast_fields *fields,
                                  const fcast_tracks *tracks, fcast_error *err) {
  const fcast_status status = check_not_negative(directory, fields, tracks, err);
  if (status != FCAST_OK || facts->boundary == FCAST_PERIODIC) {
    return status == FCAST_OK ? check_masses(directory, fields, tracks, err) : status;
  }
  return is_ours(facts) && !facts->is_recorded ? check_masses_at_walls(directory, facts, fields, tracks, err)
                                               : FCAST_OK;
}

/* --- order parameters --- */

static fcast_status check_polarization(const char *directory, const fcast_run_facts *facts, const fcast_fields *fields,
                                       const fcast_tracks *tracks, const fcast_order_params *order, fcast_error *err) {
  fcast_order_params made = {0};
  fcast_status status = fcast_order_params_compute(tracks, fields->x_edges[fields->nx], fields->y_edges[fields->ny],
                                                   facts->boundary, &made, err);
  for (size_t frame = 0; status == FCAST_OK && frame < made.n_frames; frame++) {
    if (fabs(order->polarization[frame] - made.polarization[frame]) > rounding) {
      status = fcast_fail(err, FCAST_E_FORMAT,
                          "%s/order_params.npz: polarization: found %g in frame %zu, expected %g by the velocities of "
                          "traj.npz",
                          directory, order->polarization[frame], frame, made.polarization[frame]);
    }
  }
  fcast_order_params_clear(&made);
  return status;
}

fcast_status fcast_run_check_content(const char *directory, const fcast_run_facts *facts, const fcast_fields *fields,
                                     const fcast_tracks *tracks, const fcast_order_params *order, fcast_error *err) {
  fcast_status status = check_grid(directory, facts, fields, err);
  if (status == FCAST_OK && (is_ours(facts) || facts->boundary == FCAST_REFLECTING)) {
    status = check_inside(directory, fields, tracks, err);
  }
  if (status == FCAST_OK) {
    status = check_density(directory, facts, fields, tracks, err);
  }
  if (status == FCAST_OK && is_ours(facts) && order->polarization != NULL && !tracks->is_differentiated) {
    status = check_polarization(directory, facts, fields, tracks, order, err);
  }
  return status;
}
