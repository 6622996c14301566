/* SPDX-License-Identifier: MIT
 *
 * Users' own trajectories made into runs: what `import` is asked for, what it reads, and how it is written.
 */
#ifndef FLOCKCAST_CLI_IMPORT_H
#define FLOCKCAST_CLI_IMPORT_H

#include "cluster/ensemble.h"
#include "flockcast/recording.h"
#include "io/sightings.h"

typedef struct fcast_import_options {
  const char *source, *output_dir;
  fcast_columns columns;
  size_t n_skipped; /* lines at the start of a table */
  double scale;     /* length units per unit of the file */
  double frames_per_second;
  bool has_box;
  double box[4]; /* xmin, xmax, ymin, ymax; length units */
  bool has_boundary;
  fcast_boundary boundary;
  size_t max_gap;        /* frames of the recording */
  size_t velocity_width; /* frames to either side */
  size_t every;          /* frames of the recording from one frame of a run to the next */
  size_t window;         /* frames of a run; 0: the whole recording, for a tree of runs */
  bool has_frames;
  int64_t first_frame, last_frame; /* of the recording, as the file counts them */
  double test_share;
  fcast_listener listener; /* to reading */
} fcast_import_options;

/* One recording: a table, an NPZ file, or one run of a tree. */
typedef struct fcast_recording {
  fcast_tracks tracks; /* nan where somebody is not there; length units */
  bool has_velocities;
  bool has_box; /* the file says its box, and what its walls are */
  fcast_domain domain;
  bool is_tree_run; /* a run of a tree: `mode` says which ensemble it belongs to */
  fcast_mode mode;
  char *path; /* of the file */
} fcast_recording;

typedef struct fcast_recordings {
  size_t n;
  fcast_recording *list;
} fcast_recordings;

/* Read what options->source names. The caller clears `out`. Errors: those of the files, FCAST_E_ARG where an option is
 * missing that the kind of file needs. */
FCAST_MUST_CHECK fcast_status fcast_recordings_read(const fcast_import_options *options, fcast_recordings *out,
                                                    fcast_error *err);
void fcast_recordings_clear(fcast_recordings *recordings);

/* What became of a recording, for the report and for metadata.json. */
typedef struct fcast_import_counts {
  size_t n_filled, n_single, n_outside; /* positions filled in gaps, taken out as lonely, outside the box */
  size_t n_left_out;                    /* windows in which a frame has nobody */
  size_t n_rest;                        /* frames at the end that fill no window */
} fcast_import_counts;

/* Runs made of recordings: windows of frames, in the order of time, each of one ensemble. */
typedef struct fcast_window {
  size_t recording, first;
  fcast_mode mode;
  int64_t sim_id;
} fcast_window;

typedef struct fcast_import_plan {
  fcast_domain domain;
  double origin[2];
  double frame_interval; /* of runs; time units */
  size_t n_frames;       /* of the longest run */
  size_t n_windows;
  fcast_window *windows;
  size_t n_runs[2]; /* by mode */
  size_t most_present, fewest_present;
  double mean_present;
  fcast_import_counts counts;
} fcast_import_plan;

/* Fill gaps, make velocities, confine to the box, and cut into windows that do not overlap, the first ones for training
 * and the last share of them for tests. Changes the recordings. The caller calls fcast_import_plan_clear. Errors:
 * FCAST_E_ARG, FCAST_E_FORMAT, FCAST_E_SHAPE, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status fcast_import_plan_create(const fcast_import_options *options,
                                                       fcast_recordings *recordings, fcast_import_plan *out,
                                                       fcast_error *err);
void fcast_import_plan_clear(fcast_import_plan *plan);

#endif
