/* SPDX-License-Identifier: MIT
 *
 * NPZ archives written, synced to disk, and read back with their checksums.
 */
#include "harness.h"
#include "io/npz.h"

#include "flockcast/array.h"

#include <stdio.h>

typedef struct archive {
  char path[1024];
  size_t shape[3]; /* frames, rows, columns */
  double *values;
} archive;

static fcast_status write_archive(void *context, fcast_error *err) {
  const archive *a = context;
  fcast_npz_writer *writer;
  const fcast_status status = fcast_npz_writer_create((fcast_npz_format){0}, &writer, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_npz_add_array(writer, "rho", 3, a->shape, a->values);
  return fcast_npz_writer_save(writer, a->path, err);
}

static fcast_status read_archive(void *context, fcast_error *err) {
  const archive *a = context;
  fcast_npz *npz;
  fcast_status status = fcast_npz_open(a->path, &npz, err);
  if (status != FCAST_OK) {
    return status;
  }
  double *values = NULL;
  status = fcast_npz_read(npz, "rho", NULL, &values, err);
  fcast_free(values);
  fcast_npz_close(npz);
  return status;
}

static fcast_status measure(const bench_plan *plan, size_t n_frames, fcast_error *err) {
  archive a = {.shape = {n_frames, 64, 64}};
  const size_t n = n_frames * 64 * 64;
  a.values = fcast_alloc_unfilled(n, sizeof *a.values);
  if (a.values == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu frames", n_frames);
  }
  for (size_t i = 0; i < n; i++) {
    a.values[i] = 1.0 / (double)(i + 1);
  }
  (void)snprintf(a.path, sizeof a.path, "%s/bench.npz", plan->directory);
  bench_case measured = {.problem = "npz_write_fsync",
                         .tool = "flockcast",
                         .unit = "MB/s",
                         .n_threads = 1,
                         .amount = 8e-6 * (double)n,
                         .is_rate = true};
  (void)snprintf(measured.parameters, sizeof measured.parameters, "%zu frames 64x64", n_frames);
  fcast_status status = bench_measure(plan, &measured, write_archive, &a, err);
  if (status == FCAST_OK) {
    measured.problem = "npz_read";
    status = bench_measure(plan, &measured, read_archive, &a, err);
  }
  (void)remove(a.path);
  fcast_free(a.values);
  return status;
}

fcast_status bench_files(const bench_plan *plan, fcast_error *err) {
  fcast_status status = measure(plan, 21, err);
  if (status == FCAST_OK) {
    status = measure(plan, 2000, err);
  }
  return status;
}
