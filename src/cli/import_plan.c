/* SPDX-License-Identifier: MIT */
#include "cli/import.h"

#include <math.h>

/* --- the box --- */

/* Everything that was seen. */
static void bound(const fcast_recordings *recordings, double box[4]) {
  box[0] = box[2] = INFINITY;
  box[1] = box[3] = -INFINITY;
  for (size_t r = 0; r < recordings->n; r++) {
    const fcast_tracks *tracks = &recordings->list[r].tracks;
    for (size_t i = 0; i < 2 * tracks->n_frames * tracks->n_agents; i++) {
      const size_t axis = i % 2;
      box[2 * axis] = fmin(box[2 * axis], tracks->positions[i]); /* nan is left out */
      box[2 * axis + 1] = fmax(box[2 * axis + 1], tracks->positions[i]);
    }
  }
}

/* The box asked for, else that of the files, else all that was seen. */
static fcast_status choose_box(const fcast_import_options *options, const fcast_recordings *recordings,
                               fcast_import_plan *out, fcast_error *err) {
  const fcast_recording *first = &recordings->list[0];
  double box[4] = {options->box[0], options->box[1], options->box[2], options->box[3]};
  for (size_t r = 0; !options->has_box && r < recordings->n; r++) {
    const fcast_recording *other = &recordings->list[r];
    if (other->has_box != first->has_box || other->domain.x != first->domain.x || other->domain.y != first->domain.y ||
        other->domain.boundary != first->domain.boundary) {
      return fcast_fail(err, FCAST_E_FORMAT, "%s: found another box than in %s, expected runs of one box, or --box",
                        other->path, first->path);
    }
  }
  out->domain.boundary = first->has_box && !options->has_box ? first->domain.boundary : FCAST_REFLECTING;
  if (!options->has_box && first->has_box) {
    box[0] = box[2] = 0.0;
    box[1] = first->domain.x;
    box[3] = first->domain.y;
  } else if (!options->has_box) {
    bound(recordings, box);
  }
  out->domain.boundary = options->has_boundary ? options->boundary : out->domain.boundary;
  if (out->domain.boundary == FCAST_PERIODIC && !options->has_box && !first->has_box) {
    return fcast_fail(err, FCAST_E_ARG,
                      "--box: missing, expected xmin,xmax,ymin,ymax: a periodic box repeats after its length, which "
                      "nothing says");
  }
  out->origin[0] = box[0];
  out->origin[1] = box[2];
  out->domain.x = box[1] - box[0];
  out->domain.y = box[3] - box[2];
  return out->domain.x > 0.0 && out->domain.y > 0.0 && isfinite(out->domain.x) && isfinite(out->domain.y)
             ? FCAST_OK
             : fcast_fail(
                   err, FCAST_E_ARG,
                   "--box: missing, expected xmin,xmax,ymin,ymax, since all that was seen lies from %g to %g and "
                   "from %g to %g, which is no box",
                   box[0], box[1], box[2], box[3]);
}

/* --- tracks --- */

/* Frames must follow each other evenly: densities and models know no other. */
static fcast_status check_interval(const fcast_import_options *options, const fcast_recordings *recordings,
                                   fcast_import_plan *out, fcast_error *err) {
  for (size_t r = 0; r < recordings->n; r++) {
    const fcast_tracks *tracks = &recordings->list[r].tracks;
    for (size_t k = 1; k < tracks->n_frames; k++) {
      const double interval = (tracks->times[k] - tracks->times[k - 1]) * (double)options->every;
      out->frame_interval = out->frame_interval > 0.0 ? out->frame_interval : interval;
      if (fabs(interval - out->frame_interval) > 1e-3 * out->frame_interval) {
        return fcast_fail(err, FCAST_E_FORMAT,
                          "%s: frame %zu is %g behind the one before, expected %g as from the first to the second",
                          recordings->list[r].path, k, interval / (double)options->every,
                          out->frame_interval / (double)options->every);
      }
    }
  }
  return out->frame_interval > 0.0
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_SHAPE, "%s: found one frame, expected more", recordings->list[0].path);
}

static void make_tracks(const fcast_import_options *options, fcast_recording *recording, fcast_import_plan *out) {
  fcast_tracks *tracks = &recording->tracks;
  out->counts.n_filled += fcast_recording_fill_gaps(tracks, out->domain, options->max_gap);
  if (!recording->has_velocities) {
    out->counts.n_single += fcast_recording_differentiate(tracks, out->domain, options->velocity_width);
  }
  out->counts.n_outside += fcast_recording_confine(tracks, out->domain, out->origin);
}

/* --- windows --- */

/* Frames of a run from a recording; a run of a tree stays whole unless a window is asked for. */
static size_t window_frames(const fcast_import_options *options, const fcast_recording *recording) {
  const size_t n_all = (recording->tracks.n_frames + options->every - 1) / options->every;
  return options->window > 0 ? options->window : n_all;
}

/* Whether somebody is there in every frame of a window; counts them. */
static bool has_somebody(const fcast_import_options *options, const fcast_recording *recording, size_t first,
                         size_t n_frames, fcast_import_plan *out) {
  size_t fewest = SIZE_MAX;
  size_t most = 0;
  double sum = 0.0;
  for (size_t k = 0; k < n_frames; k++) {
    const size_t n = fcast_tracks_n_present(&recording->tracks, first + k * options->every);
    fewest = n < fewest ? n : fewest;
    most = n > most ? n : most;
    sum += (double)n;
  }
  if (fewest == 0) {
    return false;
  }
  out->fewest_present = fewest < out->fewest_present ? fewest : out->fewest_present;
  out->most_present = most > out->most_present ? most : out->most_present;
  out->mean_present += sum / (double)n_frames; /* a sum over windows, until the end */
  return true;
}

static void cut(const fcast_import_options *options, const fcast_recordings *recordings, size_t r,
                fcast_import_plan *out) {
  const fcast_recording *recording = &recordings->list[r];
  const size_t n_frames = window_frames(options, recording);
  const size_t stride = n_frames * options->every;
  const size_t reach = (n_frames - 1) * options->every;
  size_t first = 0;
  while (options->window > 0 && first < recording->tracks.n_frames &&
         fcast_tracks_n_present(&recording->tracks, first) == 0) {
    first++; /* nobody has come yet */
  }
  for (; first + reach < recording->tracks.n_frames; first += stride) {
    if (has_somebody(options, recording, first, n_frames, out)) {
      out->windows[out->n_windows++] = (fcast_window){.recording = r, .first = first, .mode = recording->mode};
      out->n_frames = n_frames > out->n_frames ? n_frames : out->n_frames;
    } else {
      out->counts.n_left_out++;
    }
  }
  out->counts.n_rest += first < recording->tracks.n_frames ? recording->tracks.n_frames - first : 0;
}

/* A tree with runs of both kinds keeps them; else the last windows are for tests. */
static void assign(const fcast_import_options *options, fcast_import_plan *out) {
  size_t n_given[2] = {0, 0};
  for (size_t i = 0; i < out->n_windows; i++) {
    n_given[out->windows[i].mode]++;
  }
  const bool is_given = n_given[0] > 0 && n_given[1] > 0;
  const size_t n_test = (size_t)fmax(1.0, nearbyint(options->test_share * (double)out->n_windows));
  for (size_t i = 0; i < out->n_windows; i++) {
    fcast_window *window = &out->windows[i];
    window->mode = is_given ? window->mode : i + n_test < out->n_windows ? FCAST_MODE_TRAIN : FCAST_MODE_TEST;
    window->sim_id = (int64_t)out->n_runs[window->mode]++;
  }
}

static fcast_status cut_all(const fcast_import_options *options, const fcast_recordings *recordings,
                            fcast_import_plan *out, fcast_error *err) {
  size_t most = 0;
  for (size_t r = 0; r < recordings->n; r++) {
    most += recordings->list[r].tracks.n_frames / (window_frames(options, &recordings->list[r]) * options->every) + 1;
  }
  out->windows = fcast_alloc_array(most, sizeof *out->windows);
  if (out->windows == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu windows", most);
  }
  out->fewest_present = SIZE_MAX;
  for (size_t r = 0; r < recordings->n; r++) {
    cut(options, recordings, r, out);
  }
  assign(options, out);
  out->mean_present /= (double)out->n_windows;
  if (out->n_runs[FCAST_MODE_TRAIN] == 0 || out->n_runs[FCAST_MODE_TEST] == 0) {
    return fcast_fail(err, FCAST_E_ARG,
                      "%s: found %zu windows with somebody in every frame, expected at least two; a smaller --window "
                      "or --every gives more",
                      options->source, out->n_windows);
  }
  return FCAST_OK;
}

fcast_status fcast_import_plan_create(const fcast_import_options *options, fcast_recordings *recordings,
                                      fcast_import_plan *out, fcast_error *err) {
  *out = (fcast_import_plan){0};
  fcast_status status = choose_box(options, recordings, out, err);
  if (status == FCAST_OK) {
    status = check_interval(options, recordings, out, err);
  }
  for (size_t r = 0; status == FCAST_OK && r < recordings->n; r++) {
    make_tracks(options, &recordings->list[r], out);
  }
  if (status == FCAST_OK) {
    status = cut_all(options, recordings, out, err);
  }
  if (status != FCAST_OK) {
    fcast_import_plan_clear(out);
  }
  return status;
}

void fcast_import_plan_clear(fcast_import_plan *plan) {
  fcast_free(plan->windows);
  *plan = (fcast_import_plan){0};
}
