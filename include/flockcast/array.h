/* SPDX-License-Identifier: MIT
 *
 * Arrays: one allocation door and the shapes that flow from stage to stage.
 *
 * Everything is float64, row-major, time first: the same order as in the NPZ files.
 */
#ifndef FLOCKCAST_ARRAY_H
#define FLOCKCAST_ARRAY_H

#include "flockcast/listener.h"
#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed memory for `n` elements of `size` bytes, 64-byte aligned; NULL where n * size overflows or memory is short.
 * n = 0 gives a valid pointer. Release with fcast_free. */
FCAST_API void *fcast_alloc_array(size_t n, size_t size);

/* The same without the zeros, for large arrays that are about to be filled. */
FCAST_API void *fcast_alloc_unfilled(size_t n, size_t size);

/* Release memory from the two above; NULL is allowed. */
FCAST_API void fcast_free(void *memory);

/* Trajectories of one run. An agent that is not there in a frame has nan for its position and velocity. Owner: whoever
 * calls fcast_tracks_alloc also calls fcast_tracks_clear. */
typedef struct fcast_tracks {
  size_t n_frames;        /* T */
  size_t n_agents;        /* N */
  double *positions;      /* [frame, agent, component]; length units */
  double *velocities;     /* [frame, agent, component]; length per time; NULL where they are not known */
  double *times;          /* [frame]; time units */
  bool is_differentiated; /* velocities are differences of the positions: those of frame 0 come from frame 1 */
} fcast_tracks;

/* Allocate a zeroed set of tracks with velocities. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_tracks_alloc(size_t n_frames, size_t n_agents, fcast_tracks *out,
                                                           fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_tracks_clear(fcast_tracks *tracks);

/* Density fields of one run: row = y, column = x. Owner as for fcast_tracks. */
typedef struct fcast_fields {
  size_t n_frames; /* T */
  size_t ny, nx;   /* cells */
  double *rho;     /* [frame, y, x]; particles per unit area */
  double *times;   /* [frame]; time units */
  double *x_edges; /* [nx + 1]; length units */
  double *y_edges; /* [ny + 1]; length units */
} fcast_fields;

/* Allocate zeroed fields with times and edges. Errors: FCAST_E_NOMEM. */
FCAST_API FCAST_MUST_CHECK fcast_status fcast_fields_alloc(size_t n_frames, size_t ny, size_t nx, fcast_fields *out,
                                                           fcast_error *err);

/* Free the arrays and zero the struct; an empty struct is allowed. */
FCAST_API void fcast_fields_clear(fcast_fields *fields);

/* Cells of one frame: ny * nx. */
static inline size_t fcast_fields_n_space(const fcast_fields *fields) {
  return fields->ny * fields->nx;
}

/* Many runs of one width, read some at a time, so that an ensemble never has to fit in memory: density frames for POD,
 * latent coefficients for MVAR. `read` fills frames[frame, width] with runs [first, last) one behind the other, and may
 * use all threads for it. The struct borrows everything it points to. */
typedef struct fcast_series_source {
  size_t n_runs;
  size_t width;           /* values in a frame */
  const size_t *n_frames; /* [n_runs] */
  void *context;
  fcast_status (*read)(void *context, size_t first, size_t last, double *frames, fcast_error *err);
  fcast_listener listener; /* to what is made of the frames, reading them apart */
} fcast_series_source;

/* Runs whose frames are all in memory, one run behind the other. */
typedef struct fcast_memory_series {
  const double *values;   /* [frame of all runs, width] */
  const size_t *n_frames; /* [run] */
  size_t width;
} fcast_memory_series;

/* The first `n_runs` of them as a source, which borrows the struct and its arrays. Its `read` cannot fail. */
FCAST_API fcast_series_source fcast_memory_source(fcast_memory_series *series, size_t n_runs);

#ifdef __cplusplus
}
#endif
#endif
