/* SPDX-License-Identifier: MIT */
#include "learn/transitions.h"

#include "base/each.h"
#include "base/listen.h"

#include <math.h>

enum { LARGEST_RUNS = 200 };

/* One run being read. */
typedef struct reading {
  const fcast_density_options *box;
  const fcast_transition_options *options;
  const fcast_tracks *tracks;
  double interval;
} reading;

static double nearest_image(double distance, double length, bool is_periodic) {
  return is_periodic ? distance - length * nearbyint(distance / length) : distance;
}

static bool is_inside(const fcast_density_options *box, const double *position) {
  return position[0] >= 0.0 && position[0] <= box->box_x && position[1] >= 0.0 && position[1] <= box->box_y;
}

/* Whether a wall may have reflected a displacement that ends at `position`. */
static bool may_have_bounced(const fcast_density_options *box, const double *position, double length) {
  return box->boundary == FCAST_REFLECTING && (position[0] < length || position[0] > box->box_x - length ||
                                               position[1] < length || position[1] > box->box_y - length);
}

/* Where agent i of a frame went: false where that says nothing. */
static bool find_displacement(const reading *run, size_t frame, size_t i, double direction[2], double *travel) {
  const bool is_periodic = run->box->boundary == FCAST_PERIODIC;
  const size_t n = run->tracks->n_agents;
  const double *from = run->tracks->positions + 2 * (frame * n + i);
  const double *to = from + 2 * n;
  const double *before = run->tracks->velocities + 2 * (frame * n + i);
  const double *after = before + 2 * n;
  const double dx = nearest_image(to[0] - from[0], run->box->box_x, is_periodic);
  const double dy = nearest_image(to[1] - from[1], run->box->box_y, is_periodic);
  const double length = hypot(dx, dy);
  const double longest = fmax(hypot(before[0], before[1]), hypot(after[0], after[1])) * run->interval;
  if (!(length > 0.0) || !isfinite(length) || !isfinite(longest) || !is_inside(run->box, from) ||
      !is_inside(run->box, to) || may_have_bounced(run->box, to, fmax(longest, length))) {
    return false;
  }
  direction[0] = dx / length;
  direction[1] = dy / length;
  *travel = length / run->interval;
  return true;
}

/* The shell of a distance; n of them where it lies beyond. */
static size_t shell_of(const fcast_shells *shells, double distance) {
  const double shell = distance / shells->width;
  return shell < (double)shells->n ? (size_t)shell : shells->n;
}

static fcast_status keep_seen(const fcast_seen *neighbour, fcast_run_transitions *out, fcast_error *err) {
  if (out->n_seen == out->most_seen) {
    const size_t most = 2 * out->most_seen + 1024;
    fcast_seen *more = fcast_alloc_array(most, sizeof *more);
    if (more == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu neighbours", most);
    }
    for (size_t k = 0; k < out->n_seen; k++) {
      more[k] = out->seen[k];
    }
    fcast_free(out->seen);
    out->seen = more;
    out->most_seen = most;
  }
  out->seen[out->n_seen++] = *neighbour;
  return FCAST_OK;
}

/* Sums over the neighbours of agent i for the next transition, shell by shell; headings[agent, component] of the frame.
 */
static fcast_status sum_shells(const reading *run, size_t frame, size_t i, const double *headings,
                               fcast_run_transitions *out, fcast_error *err) {
  double *const of_headings = out->headings + 2 * out->n * run->options->shells.n;
  double *const away = out->away != NULL ? out->away + 2 * out->n * run->options->forces.n : NULL;
  const bool is_periodic = run->box->boundary == FCAST_PERIODIC;
  const fcast_shells *shells = &run->options->shells;
  const fcast_shells *forces = &run->options->forces;
  const double in_shells = fmax(shells->width * (double)shells->n, forces->width * (double)forces->n);
  const double reach = fmax(in_shells, run->options->seen_to);
  const double *positions = run->tracks->positions + 2 * frame * run->tracks->n_agents;
  for (size_t j = 0; j < run->tracks->n_agents; j++) {
    const double dx = nearest_image(positions[2 * i] - positions[2 * j], run->box->box_x, is_periodic);
    const double dy = nearest_image(positions[2 * i + 1] - positions[2 * j + 1], run->box->box_y, is_periodic);
    const double square = dx * dx + dy * dy;
    if (!(square < reach * reach)) {
      continue;
    }
    const double distance = sqrt(square);
    const size_t shell = shell_of(shells, distance);
    if (shell < shells->n) {
      of_headings[shell] += headings[2 * j];
      of_headings[shells->n + shell] += headings[2 * j + 1];
    } else if (distance < run->options->seen_to) {
      const fcast_seen neighbour = {distance, {headings[2 * j], headings[2 * j + 1]}, out->n};
      const fcast_status status = keep_seen(&neighbour, out, err);
      if (status != FCAST_OK) {
        return status;
      }
    }
    const size_t force_shell = away != NULL && distance > 0.0 ? shell_of(forces, distance) : forces->n;
    if (force_shell < forces->n) {
      away[force_shell] += dx / distance;
      away[forces->n + force_shell] += dy / distance;
    }
  }
  return FCAST_OK;
}

static void find_headings(const fcast_tracks *tracks, size_t frame, double *headings) {
  const double *velocities = tracks->velocities + 2 * frame * tracks->n_agents;
  for (size_t i = 0; i < tracks->n_agents; i++) {
    const double speed = hypot(velocities[2 * i], velocities[2 * i + 1]);
    headings[2 * i] = speed > 0.0 && isfinite(speed) ? velocities[2 * i] / speed : 0.0;
    headings[2 * i + 1] = speed > 0.0 && isfinite(speed) ? velocities[2 * i + 1] / speed : 0.0;
  }
}

static fcast_status allocate_run(size_t n, const fcast_transition_options *options, fcast_run_transitions *out,
                                 fcast_error *err) {
  const size_t n_sums = 2 * (options->shells.n + options->forces.n);
  double *block = fcast_alloc_array(n, (n_sums + 6) * sizeof *block);
  if (block == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu transitions", n);
  }
  out->headings = block;
  out->away = options->forces.n > 0 ? block + 2 * n * options->shells.n : NULL;
  out->direction = block + n * n_sums;
  out->travel = out->direction + 2 * n;
  out->velocity = out->travel + n;
  out->trust = out->velocity + 2 * n;
  return FCAST_OK;
}

/* Every `stride`-th transition of a run. */
static fcast_status collect_run(const reading *run, size_t stride, fcast_run_transitions *out, fcast_error *err) {
  const fcast_tracks *tracks = run->tracks;
  const size_t n_all = (tracks->n_frames - 1) * tracks->n_agents;
  /* Headings that are made of the displacement itself say nothing of it. */
  const size_t first = tracks->is_differentiated ? tracks->n_agents : 0;
  double *headings = fcast_alloc_array(2 * tracks->n_agents, sizeof *headings);
  fcast_status status = headings == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu agents", tracks->n_agents)
                            : allocate_run((n_all + stride - 1) / stride, run->options, out, err);
  size_t frame_ready = tracks->n_frames;
  for (size_t at = first; status == FCAST_OK && at < n_all; at += stride) {
    const size_t frame = at / tracks->n_agents;
    const size_t i = at % tracks->n_agents;
    if (frame != frame_ready) {
      find_headings(tracks, frame, headings);
      frame_ready = frame;
    }
    if (find_displacement(run, frame, i, out->direction + 2 * out->n, &out->travel[out->n])) {
      const double *velocity = tracks->velocities + 2 * (frame * tracks->n_agents + i);
      out->velocity[2 * out->n] = velocity[0];
      out->velocity[2 * out->n + 1] = velocity[1];
      out->trust[out->n] = 1.0;
      status = sum_shells(run, frame, i, headings, out, err);
      out->n++;
    }
  }
  fcast_free(headings);
  return status;
}

/* The spacing of the frames, which must be even. */
static fcast_status find_interval(const fcast_tracks *tracks, double *interval, fcast_error *err) {
  if (tracks->n_frames < 2 || tracks->velocities == NULL) {
    return fcast_fail(err, FCAST_E_SHAPE, "field model: found a run of %zu frames, expected at least 2 with velocities",
                      tracks->n_frames);
  }
  const double first = tracks->times[1] - tracks->times[0];
  for (size_t i = 1; i < tracks->n_frames; i++) {
    const double spacing = tracks->times[i] - tracks->times[i - 1];
    if (!(spacing > 0.0) || fabs(spacing - first) > 1e-6 * first) {
      return fcast_fail(err, FCAST_E_SHAPE,
                        "field model: frames %zu and %zu are %g apart, expected %g as the first two", i - 1, i, spacing,
                        first);
    }
  }
  *interval = first;
  return FCAST_OK;
}

/* The run of the source that is the i-th of those used. */
static size_t used_run(const fcast_tracks_source *source, size_t n_used, size_t i) {
  return i * source->n_runs / n_used;
}

typedef struct collecting {
  const fcast_tracks_source *source;
  const fcast_density_options *box;
  const fcast_transition_options *options;
  size_t stride;
  fcast_transitions *out;
  double *intervals; /* [run] */
  size_t n_done;     /* runs */
} collecting;

static fcast_status read_one(void *context, size_t i, fcast_error *err) {
  collecting *all = context;
  fcast_transitions *out = all->out;
  size_t n_done;
  fcast_tracks tracks = {0};
  reading run = {.box = all->box, .options = all->options, .tracks = &tracks};
  fcast_status status = all->source->read(all->source->context, used_run(all->source, out->n_runs, i), &tracks, err);
  if (status == FCAST_OK) {
    status = find_interval(&tracks, &run.interval, err);
  }
  if (status == FCAST_OK) {
    all->intervals[i] = run.interval;
    status = collect_run(&run, all->stride, &out->runs[i], err);
  }
  fcast_tracks_clear(&tracks);
#pragma omp atomic capture
  n_done = ++all->n_done;
  fcast__tell(&all->source->listener, (double)n_done / (double)out->n_runs);
  return status;
}

/* How many transitions to pass over, from the first run. */
static fcast_status find_stride(collecting *all, size_t n_runs, double *interval, fcast_error *err) {
  fcast_tracks tracks = {0};
  fcast_status status = all->source->read(all->source->context, 0, &tracks, err);
  if (status == FCAST_OK) {
    status = find_interval(&tracks, interval, err);
  }
  if (status == FCAST_OK) {
    const size_t n = n_runs * (tracks.n_frames - 1) * tracks.n_agents;
    const double by_pairs = fmax(all->options->most_pairs / (double)tracks.n_agents, 1.0);
    const size_t most = by_pairs < (double)all->options->most ? (size_t)by_pairs : all->options->most;
    all->stride = n > most ? (n + most - 1) / most : 1;
    /* A stride that shares factors with the agents would see the same ones in every frame. */
    while (all->stride > 1 && tracks.n_agents > 1 && tracks.n_agents % all->stride == 0) {
      all->stride++;
    }
  }
  fcast_tracks_clear(&tracks);
  return status;
}

fcast_status fcast__transitions_collect(const fcast_tracks_source *source, const fcast_density_options *box,
                                        const fcast_transition_options *options, fcast_transitions *out,
                                        fcast_error *err) {
  const size_t n_runs = source->n_runs < LARGEST_RUNS ? source->n_runs : LARGEST_RUNS;
  collecting all = {.source = source, .box = box, .options = options, .stride = 1, .out = out};
  *out = (fcast_transitions){.shells = options->shells, .forces = options->forces};
  fcast_status status = find_stride(&all, n_runs, &out->interval, err);
  out->runs = fcast_alloc_array(n_runs, sizeof *out->runs);
  all.intervals = fcast_alloc_array(n_runs, sizeof *all.intervals);
  if (status == FCAST_OK && (out->runs == NULL || all.intervals == NULL)) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", n_runs);
  }
  out->n_runs = status == FCAST_OK ? n_runs : 0;
  if (status == FCAST_OK) {
    status = fcast__for_each(n_runs, read_one, &all, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < n_runs; i++) {
    out->n_total += out->runs[i].n;
    if (fabs(all.intervals[i] - out->interval) > 1e-6 * out->interval) {
      status = fcast_fail(err, FCAST_E_SHAPE, "field model: frames of a run are %g apart, expected %g as in the first",
                          all.intervals[i], out->interval);
    }
  }
  if (status == FCAST_OK && out->n_total == 0) {
    status = fcast_fail(err, FCAST_E_NUMERIC, "field model: no agent moves from one frame to the next");
  }
  fcast_free(all.intervals);
  if (status != FCAST_OK) {
    fcast__transitions_clear(out);
  }
  return status;
}

void fcast__transitions_clear(fcast_transitions *transitions) {
  for (size_t i = 0; transitions->runs != NULL && i < transitions->n_runs; i++) {
    fcast_free(transitions->runs[i].headings);
    fcast_free(transitions->runs[i].seen);
  }
  fcast_free(transitions->runs);
  *transitions = (fcast_transitions){0};
}
