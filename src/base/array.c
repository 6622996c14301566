/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "flockcast/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

/* From this size on, arrays are whole huge pages and ask for them: on many machines the page faults of a fresh matrix
 * cost more than filling it, and the walks through page tables a fifth of what reads it out of order. */
enum { HUGE_ARRAY = HUGE_PAGE };

void *fcast_alloc_unfilled(size_t n, size_t size) {
  if (size != 0 && n > (SIZE_MAX - HUGE_PAGE) / size) {
    return NULL;
  }
  /* aligned_alloc wants a multiple of the alignment; at least one line, so that n = 0 is a valid pointer. */
  const size_t n_bytes = n * size;
  const size_t alignment = n_bytes >= HUGE_ARRAY ? HUGE_PAGE : ALIGNMENT;
  const size_t rounded = n_bytes == 0 ? ALIGNMENT : (n_bytes + alignment - 1) / alignment * alignment;
  void *memory = aligned_alloc(alignment, rounded);
#ifdef MADV_HUGEPAGE
  if (memory != NULL && alignment == HUGE_PAGE) {
    (void)madvise(memory, rounded, MADV_HUGEPAGE); /* a wish: without it all works as well */
  }
#endif
  return memory;
}

void *fcast_alloc_array(size_t n, size_t size) {
  void *memory = fcast_alloc_unfilled(n, size);
  if (memory != NULL) {
    memset(memory, 0, n * size);
  }
  return memory;
}

void fcast_free(void *memory) {
  free(memory);
}

fcast_status fcast_tracks_alloc(size_t n_frames, size_t n_agents, fcast_tracks *out, fcast_error *err) {
  *out = (fcast_tracks){.n_frames = n_frames, .n_agents = n_agents};
  const size_t n_points = n_agents != 0 && n_frames > SIZE_MAX / n_agents ? SIZE_MAX : n_frames * n_agents;
  out->positions = fcast_alloc_array(n_points, 2 * sizeof(double));
  out->velocities = fcast_alloc_array(n_points, 2 * sizeof(double));
  out->times = fcast_alloc_array(n_frames, sizeof(double));
  if (out->positions == NULL || out->velocities == NULL || out->times == NULL) {
    fcast_tracks_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the tracks of %zu agents in %zu frames", n_agents,
                      n_frames);
  }
  return FCAST_OK;
}

void fcast_tracks_clear(fcast_tracks *tracks) {
  fcast_free(tracks->positions);
  fcast_free(tracks->velocities);
  fcast_free(tracks->times);
  *tracks = (fcast_tracks){0};
}

fcast_status fcast_fields_alloc(size_t n_frames, size_t ny, size_t nx, fcast_fields *out, fcast_error *err) {
  *out = (fcast_fields){.n_frames = n_frames, .ny = ny, .nx = nx};
  const size_t n_space = nx != 0 && ny > SIZE_MAX / nx ? SIZE_MAX : ny * nx;
  const size_t n_values = n_space != 0 && n_frames > SIZE_MAX / n_space ? SIZE_MAX : n_frames * n_space;
  out->rho = fcast_alloc_array(n_values, sizeof(double));
  out->times = fcast_alloc_array(n_frames, sizeof(double));
  out->x_edges = fcast_alloc_array(nx + 1, sizeof(double));
  out->y_edges = fcast_alloc_array(ny + 1, sizeof(double));
  if (out->rho == NULL || out->times == NULL || out->x_edges == NULL || out->y_edges == NULL) {
    fcast_fields_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu density frames of %zu x %zu cells", n_frames, ny, nx);
  }
  return FCAST_OK;
}

void fcast_fields_clear(fcast_fields *fields) {
  fcast_free(fields->rho);
  fcast_free(fields->times);
  fcast_free(fields->x_edges);
  fcast_free(fields->y_edges);
  *fields = (fcast_fields){0};
}
