/* SPDX-License-Identifier: MIT */
#include "flockcast/recording.h"

#include <math.h>
#include <string.h>

static double *position_of(const fcast_tracks *tracks, size_t frame, size_t agent) {
  return tracks->positions + 2 * (frame * tracks->n_agents + agent);
}

static double *velocity_of(const fcast_tracks *tracks, size_t frame, size_t agent) {
  return tracks->velocities + 2 * (frame * tracks->n_agents + agent);
}

static bool is_there(const fcast_tracks *tracks, size_t frame, size_t agent) {
  return isfinite(position_of(tracks, frame, agent)[0]);
}

/* The way from `a` to `b` along an axis. */
static double way(double a, double b, size_t axis, fcast_domain domain) {
  const double length = axis == 0 ? domain.x : domain.y;
  const double d = b - a;
  return domain.boundary == FCAST_PERIODIC ? d - length * nearbyint(d / length) : d;
}

size_t fcast_tracks_n_present(const fcast_tracks *tracks, size_t frame) {
  size_t n = 0;
  for (size_t i = 0; i < tracks->n_agents; i++) {
    n += is_there(tracks, frame, i) ? 1 : 0;
  }
  return n;
}

static void take_out(fcast_tracks *tracks, size_t frame, size_t agent) {
  for (size_t axis = 0; axis < 2; axis++) {
    position_of(tracks, frame, agent)[axis] = (double)NAN;
    if (tracks->velocities != NULL) {
      velocity_of(tracks, frame, agent)[axis] = (double)NAN;
    }
  }
}

/* --- gaps --- */

/* The frames strictly between `before` and `behind`. */
static void interpolate(fcast_tracks *tracks, fcast_domain domain, size_t agent, size_t before, size_t behind) {
  const double *from = position_of(tracks, before, agent);
  const double *to = position_of(tracks, behind, agent);
  for (size_t frame = before + 1; frame < behind; frame++) {
    const double share =
        (tracks->times[frame] - tracks->times[before]) / (tracks->times[behind] - tracks->times[before]);
    for (size_t axis = 0; axis < 2; axis++) {
      position_of(tracks, frame, agent)[axis] = from[axis] + share * way(from[axis], to[axis], axis, domain);
      if (tracks->velocities != NULL) {
        const double v = velocity_of(tracks, before, agent)[axis];
        velocity_of(tracks, frame, agent)[axis] = v + share * (velocity_of(tracks, behind, agent)[axis] - v);
      }
    }
  }
}

size_t fcast_recording_fill_gaps(fcast_tracks *tracks, fcast_domain domain, size_t max_gap) {
  size_t n_filled = 0;
  for (size_t agent = 0; agent < tracks->n_agents; agent++) {
    size_t last = tracks->n_frames; /* the last frame it was there in; none yet */
    for (size_t frame = 0; frame < tracks->n_frames; frame++) {
      if (!is_there(tracks, frame, agent)) {
        continue;
      }
      const size_t n_missing = last < frame ? frame - last - 1 : 0;
      if (n_missing > 0 && n_missing <= max_gap) {
        interpolate(tracks, domain, agent, last, frame);
        n_filled += n_missing;
      }
      last = frame;
    }
  }
  return n_filled;
}

/* --- velocities --- */

/* Frames in which the agent is there from `frame` on in one direction, at most `most`. */
static size_t reach(const fcast_tracks *tracks, size_t agent, size_t frame, bool forward, size_t most) {
  size_t n = 0;
  while (n < most && (forward ? frame + n + 1 < tracks->n_frames : frame > n) &&
         is_there(tracks, forward ? frame + n + 1 : frame - n - 1, agent)) {
    n++;
  }
  return n;
}

static void differentiate(fcast_tracks *tracks, fcast_domain domain, size_t agent, size_t first, size_t last,
                          size_t frame) {
  const double duration = tracks->times[last] - tracks->times[first];
  for (size_t axis = 0; axis < 2; axis++) {
    double sum = 0.0;
    for (size_t k = first; k < last; k++) {
      sum += way(position_of(tracks, k, agent)[axis], position_of(tracks, k + 1, agent)[axis], axis, domain);
    }
    velocity_of(tracks, frame, agent)[axis] = sum / duration;
  }
}

size_t fcast_recording_differentiate(fcast_tracks *tracks, fcast_domain domain, size_t half_width) {
  size_t n_out = 0;
  for (size_t agent = 0; agent < tracks->n_agents; agent++) {
    for (size_t frame = 0; frame < tracks->n_frames; frame++) {
      if (!is_there(tracks, frame, agent)) {
        take_out(tracks, frame, agent);
        continue;
      }
      const size_t back = reach(tracks, agent, frame, false, half_width);
      const size_t forth = reach(tracks, agent, frame, true, half_width);
      if (back + forth > 0) {
        differentiate(tracks, domain, agent, frame - back, frame + forth, frame);
      } else {
        take_out(tracks, frame, agent); /* nobody's neighbour in time, so nobody else needs it */
        n_out++;
      }
    }
  }
  return n_out;
}

/* --- the box --- */

static double wrap(double position, double length) {
  const double inside = position - length * floor(position / length);
  return inside < length ? inside : 0.0; /* a tiny negative one is rounded up to the length */
}

size_t fcast_recording_confine(fcast_tracks *tracks, fcast_domain domain, const double origin[2]) {
  size_t n_out = 0;
  for (size_t frame = 0; frame < tracks->n_frames; frame++) {
    for (size_t agent = 0; agent < tracks->n_agents; agent++) {
      double *position = position_of(tracks, frame, agent);
      if (!is_there(tracks, frame, agent)) {
        continue;
      }
      position[0] -= origin[0];
      position[1] -= origin[1];
      const bool is_inside =
          position[0] >= 0.0 && position[0] <= domain.x && position[1] >= 0.0 && position[1] <= domain.y;
      n_out += is_inside ? 0 : 1;
      if (domain.boundary == FCAST_PERIODIC) {
        position[0] = wrap(position[0], domain.x);
        position[1] = wrap(position[1], domain.y);
      } else if (!is_inside) {
        take_out(tracks, frame, agent);
      }
    }
  }
  return n_out;
}

/* --- windows --- */

static bool is_ever_there(const fcast_tracks *tracks, size_t agent, size_t first, size_t step, size_t n_frames) {
  for (size_t k = 0; k < n_frames; k++) {
    if (is_there(tracks, first + k * step, agent)) {
      return true;
    }
  }
  return false;
}

fcast_status fcast_recording_window(const fcast_tracks *tracks, size_t first, size_t step, size_t n_frames,
                                    fcast_tracks *out, fcast_error *err) {
  size_t n_agents = 0;
  *out = (fcast_tracks){0};
  if (n_frames == 0 || first >= tracks->n_frames || (n_frames - 1) * step >= tracks->n_frames - first) {
    return fcast_fail(err, FCAST_E_SHAPE,
                      "window: found %zu frames from %zu on in steps of %zu, expected them among %zu", n_frames, first,
                      step, tracks->n_frames);
  }
  for (size_t i = 0; i < tracks->n_agents; i++) {
    n_agents += is_ever_there(tracks, i, first, step, n_frames) ? 1 : 0;
  }
  if (n_agents == 0) {
    return fcast_fail(err, FCAST_E_SHAPE, "window: found nobody in %zu frames from %zu on", n_frames, first);
  }
  const fcast_status status = fcast_tracks_alloc(n_frames, n_agents, out, err);
  size_t agent = 0;
  for (size_t i = 0; status == FCAST_OK && i < tracks->n_agents; i++) {
    if (!is_ever_there(tracks, i, first, step, n_frames)) {
      continue;
    }
    for (size_t k = 0; k < n_frames; k++) {
      memcpy(position_of(out, k, agent), position_of(tracks, first + k * step, i), 2 * sizeof(double));
      memcpy(velocity_of(out, k, agent), velocity_of(tracks, first + k * step, i), 2 * sizeof(double));
    }
    agent++;
  }
  for (size_t k = 0; status == FCAST_OK && k < n_frames; k++) {
    out->times[k] = tracks->times[first + k * step] - tracks->times[first];
  }
  return status;
}
