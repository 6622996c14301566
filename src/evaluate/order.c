/* SPDX-License-Identifier: MIT */
#include "flockcast/evaluate.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.283185307179586476925286766559;

static double minimum_image(double d, double length) {
  return d - length * nearbyint(d / length);
}

/* Centre of mass along one axis; in a periodic box by the mean angle on a circle (Bai and Breen 2008). */
static double centre_of_mass(const double *position, size_t n_agents, double length, fcast_boundary boundary) {
  double cosine = 0.0;
  double sine = 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < n_agents; i++) {
    cosine += cos(two_pi * position[2 * i] / length);
    sine += sin(two_pi * position[2 * i] / length);
    sum += position[2 * i];
  }
  if (boundary == FCAST_REFLECTING) {
    return sum / (double)n_agents;
  }
  const double centre = atan2(sine, cosine) / two_pi * length;
  return centre < 0.0 ? centre + length : centre;
}

/* Means of heading vectors: |<v/|v|>| and |<exp(2 i theta)>|. cos 2t and sin 2t come from the unit vector itself. */
static void heading_order(const double *velocity, size_t n_agents, size_t frame, fcast_order_params *out) {
  double sum_x = 0.0;
  double sum_y = 0.0;
  double sum_cosine = 0.0;
  double sum_sine = 0.0;
  for (size_t i = 0; i < n_agents; i++) {
    const double speed = hypot(velocity[2 * i], velocity[2 * i + 1]);
    const double unit_x = speed > 0.0 ? velocity[2 * i] / speed : 0.0;
    const double unit_y = speed > 0.0 ? velocity[2 * i + 1] / speed : 0.0;
    sum_x += unit_x;
    sum_y += unit_y;
    sum_cosine += unit_x * unit_x - unit_y * unit_y;
    sum_sine += 2.0 * unit_x * unit_y;
  }
  out->polarization[frame] = hypot(sum_x, sum_y) / (double)n_agents;
  out->nematic[frame] = hypot(sum_cosine, sum_sine) / (double)n_agents;
}

static void speed_moments(const double *velocity, size_t n_agents, size_t frame, fcast_order_params *out) {
  double sum = 0.0;
  for (size_t i = 0; i < n_agents; i++) {
    sum += hypot(velocity[2 * i], velocity[2 * i + 1]);
  }
  const double mean = sum / (double)n_agents;
  double squares = 0.0;
  for (size_t i = 0; i < n_agents; i++) {
    const double deviation = hypot(velocity[2 * i], velocity[2 * i + 1]) - mean;
    squares += deviation * deviation;
  }
  out->mean_speed[frame] = mean;
  out->speed_std[frame] = sqrt(squares / (double)n_agents);
}

/* 0 where nobody is away from the centre or moves, as where there is one agent, whose distance from it is rounding. */
static double angular_momentum(const double *position, const double *velocity, size_t n_agents, const double box[2],
                               fcast_boundary boundary) {
  const double centre_x = centre_of_mass(position, n_agents, box[0], boundary);
  const double centre_y = centre_of_mass(position + 1, n_agents, box[1], boundary);
  double sum = 0.0;
  double largest = 0.0;
  for (size_t i = 0; i < n_agents; i++) {
    double x = position[2 * i] - centre_x;
    double y = position[2 * i + 1] - centre_y;
    if (boundary == FCAST_PERIODIC) {
      x = minimum_image(x, box[0]);
      y = minimum_image(y, box[1]);
    }
    sum += x * velocity[2 * i + 1] - y * velocity[2 * i];
    largest += hypot(x, y) * hypot(velocity[2 * i], velocity[2 * i + 1]);
  }
  return largest > 0.0 && n_agents > 1 ? fabs(sum) / largest : 0.0;
}

static fcast_status allocate(size_t n_frames, fcast_order_params *out, fcast_error *err) {
  *out = (fcast_order_params){.n_frames = n_frames};
  double **members[] = {&out->times,     &out->polarization, &out->mean_speed,
                        &out->speed_std, &out->nematic,      &out->angular_momentum};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    *members[i] = fcast_alloc_array(n_frames, sizeof(double));
    if (*members[i] == NULL) {
      fcast_order_params_clear(out);
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the order parameters of %zu frames", n_frames);
    }
  }
  return FCAST_OK;
}

/* Agents of a frame that are there, one behind the other. */
typedef struct present_agents {
  size_t n;
  double *positions, *velocities; /* [agent, 2] */
} present_agents;

static void gather(const fcast_tracks *tracks, size_t frame, present_agents *out) {
  const double *position = tracks->positions + 2 * frame * tracks->n_agents;
  const double *velocity = tracks->velocities + 2 * frame * tracks->n_agents;
  out->n = 0;
  for (size_t i = 0; i < tracks->n_agents; i++) {
    if (isfinite(position[2 * i])) {
      memcpy(out->positions + 2 * out->n, position + 2 * i, 2 * sizeof *position);
      memcpy(out->velocities + 2 * out->n, velocity + 2 * i, 2 * sizeof *velocity);
      out->n++;
    }
  }
}

static void compute_frame(const present_agents *agents, size_t frame, const double box[2], fcast_boundary boundary,
                          fcast_order_params *out) {
  if (agents->n > 0) { /* else all stay 0 */
    heading_order(agents->velocities, agents->n, frame, out);
    speed_moments(agents->velocities, agents->n, frame, out);
    out->angular_momentum[frame] = angular_momentum(agents->positions, agents->velocities, agents->n, box, boundary);
  }
}

fcast_status fcast_order_params_compute(const fcast_tracks *tracks, double box_x, double box_y, fcast_boundary boundary,
                                        fcast_order_params *out, fcast_error *err) {
  *out = (fcast_order_params){0};
  if (tracks->velocities == NULL) {
    return fcast_fail(err, FCAST_E_ARG, "order parameters need velocities, found none");
  }
  const double box[2] = {box_x, box_y};
  present_agents agents = {.positions = fcast_alloc_array(tracks->n_agents, 2 * sizeof(double)),
                           .velocities = fcast_alloc_array(tracks->n_agents, 2 * sizeof(double))};
  fcast_status status =
      agents.positions == NULL || agents.velocities == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the order parameters of %zu agents", tracks->n_agents)
          : allocate(tracks->n_frames, out, err);
  for (size_t frame = 0; status == FCAST_OK && frame < tracks->n_frames; frame++) {
    out->times[frame] = tracks->times[frame];
    gather(tracks, frame, &agents);
    compute_frame(&agents, frame, box, boundary, out);
  }
  fcast_free(agents.positions);
  fcast_free(agents.velocities);
  return status;
}

void fcast_order_params_clear(fcast_order_params *order) {
  fcast_free(order->times);
  fcast_free(order->polarization);
  fcast_free(order->mean_speed);
  fcast_free(order->speed_std);
  fcast_free(order->nematic);
  fcast_free(order->angular_momentum);
  *order = (fcast_order_params){0};
}

void fcast_tracks_differentiate(fcast_tracks *tracks, double box_x, double box_y, fcast_boundary boundary) {
  const double box[2] = {box_x, box_y};
  const size_t n_values = 2 * tracks->n_agents;
  tracks->is_differentiated = true;
  for (size_t frame = 1; frame < tracks->n_frames; frame++) {
    const double *now = tracks->positions + frame * n_values;
    const double *before = now - n_values;
    double *velocity = tracks->velocities + frame * n_values;
    const double dt = tracks->times[frame] - tracks->times[frame - 1];
    for (size_t i = 0; i < n_values; i++) {
      const double d = now[i] - before[i];
      velocity[i] = (boundary == FCAST_PERIODIC ? minimum_image(d, box[i % 2]) : d) / dt;
    }
  }
  for (size_t i = 0; tracks->n_frames > 1 && i < n_values; i++) {
    tracks->velocities[i] = tracks->velocities[n_values + i];
  }
}
