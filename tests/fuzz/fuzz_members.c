/* SPDX-License-Identifier: MIT
 *
 * The files of runs and models behind their checksums: the input is the content of their members, which a true archive
 * is made around. Byte 0 chooses the file; behind it come its members (fuzz_archive_of_members).
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/field_file.h"
#include "io/limit_file.h"
#include "io/model_files.h"
#include "io/npz.h"
#include "io/run_files.h"

#include <math.h>
#include <stdlib.h>

static void require_finite(const double *values, size_t n) {
  for (size_t i = 0; values != NULL && i < n; i++) {
    fuzz_require(isfinite(values[i]));
  }
}

static void read_density(const char *directory, const char *path) {
  (void)path;
  fcast_error err = {FCAST_OK, ""};
  fcast_fields fields;
  const fcast_status status = fcast_run_read_density(directory, &fields, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_finite(fields.rho, fields.n_frames * fcast_fields_n_space(&fields));
    require_finite(fields.times, fields.n_frames);
    require_finite(fields.x_edges, fields.nx + 1);
    require_finite(fields.y_edges, fields.ny + 1);
  }
  fcast_fields_clear(&fields);
}

static void read_tracks(const char *directory, const char *path) {
  (void)path;
  fcast_error err = {FCAST_OK, ""};
  fcast_tracks tracks;
  const fcast_status status = fcast_run_read_tracks(directory, 15.0, 15.0, FCAST_PERIODIC, &tracks, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_finite(tracks.positions, 2 * tracks.n_frames * tracks.n_agents);
    require_finite(tracks.velocities, 2 * tracks.n_frames * tracks.n_agents);
  }
  fcast_tracks_clear(&tracks);
}

static void read_order(const char *directory, const char *path) {
  (void)path;
  fcast_error err = {FCAST_OK, ""};
  fcast_order_params order;
  const fcast_status status = fcast_run_read_order(directory, &order, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_finite(order.polarization, order.n_frames);
  }
  fcast_order_params_clear(&order);
}

static void read_pod(const char *directory, const char *path) {
  (void)directory;
  fcast_error err = {FCAST_OK, ""};
  fcast_pod pod;
  const fcast_status status = fcast_pod_read(path, &pod, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_finite(pod.modes, pod.n_space * pod.n_modes);
    require_finite(pod.mean, pod.n_space);
  }
  fcast_pod_clear(&pod);
}

static void read_mvar(const char *directory, const char *path) {
  (void)directory;
  fcast_error err = {FCAST_OK, ""};
  fcast_mvar mvar;
  const fcast_status status = fcast_mvar_read(path, &mvar, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_finite(mvar.coefficients, mvar.lag * mvar.n_modes * mvar.n_modes);
  }
  fcast_mvar_clear(&mvar);
}

static void read_limit(const char *directory, const char *path) {
  (void)path;
  const size_t shape[3] = {3, 2, 3};
  fcast_error err = {FCAST_OK, ""};
  fcast_limit limit;
  const fcast_status status = fcast_run_read_limit(directory, shape, "0123456789abcdef", &limit, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    fuzz_require(limit.n_frames + limit.n_known == shape[0] && limit.n_known > 0 && limit.n_members > 0);
    require_finite(limit.rho, limit.n_frames * limit.ny * limit.nx);
    require_finite(limit.times, limit.n_frames);
  }
  fcast_limit_clear(&limit);
}

/* What is read can forecast: the check has seen it. */
static void read_field(const char *directory, const char *path) {
  (void)directory;
  fcast_error err = {FCAST_OK, ""};
  fcast_field_model model;
  const fcast_status status = fcast_field_read(path, &model, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    require_finite(model.alignment.value, model.alignment.n_shells);
    require_finite(model.force.value, model.force.n_shells);
    require_finite(model.errors.inflation, model.errors.n_leads);
    fuzz_require(model.state_nx > 0 && model.state_ny > 0 && model.n_tried <= FCAST_FIELD_TRIES);
  }
  fcast_field_model_clear(&model);
}

/* One member of the archive that is there, whatever it is. */
static void read_config(const char *directory, const char *path) {
  (void)directory;
  fcast_error err = {FCAST_OK, ""};
  fcast_npz *npz = NULL;
  json_t *config = NULL;
  fcast_status status = fcast_npz_open(path, &npz, &err);
  fuzz_require_told(status, &err);
  if (status == FCAST_OK) {
    status = fcast_npz_read_object(npz, "config", &config, &err);
    fuzz_require_told(status, &err);
    json_decref(config);
  }
  fcast_npz_close(npz);
}

enum { MAX_MEMBERS = 29 };

static const struct {
  const char *file; /* as a run has it; NULL: a path will do */
  void (*read)(const char *directory, const char *path);
  const char *members[MAX_MEMBERS + 1];
} kinds[] = {
    {"density.npz", read_density, {"rho", "times", "x_edges", "y_edges"}},
    {"traj.npz", read_tracks, {"positions", "times", "velocities"}},
    {"order_params.npz", read_order, {"times", "polarization", "phi", "nematic", "mean_speed"}},
    {NULL, read_pod, {"U", "S", "mean", "energy", "R_POD", "target_energy"}},
    {NULL, read_mvar, {"A_matrices", "p", "r", "alpha", "train_r2", "train_rmse", "n_windows", "spectral_radius"}},
    {NULL, read_config, {"config"}},
    {"limit.npz", read_limit, {"config_hash", "n_members", "n_known", "rho_mean", "times"}},
    {NULL,
     read_field,
     {"alignment_value",
      "alignment_lo",
      "alignment_hi",
      "alignment_width",
      "edge",
      "speed",
      "order",
      "force_kind",
      "force_value",
      "force_lo",
      "force_hi",
      "force_width",
      "steering",
      "interval",
      "extent",
      "is_periodic",
      "cells",
      "bandwidth",
      "state_cells",
      "state_bandwidth",
      "n_runs",
      "n_transitions",
      "tried_bandwidth",
      "tried_r2",
      "tried_standard_error",
      "spread_inflation",
      "polarization_inflation",
      "expected_r2",
      "error_floor"}},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  if (n == 0) {
    return 0;
  }
  const size_t kind = bytes[0] % N_KINDS;
  fuzz_archive archive = fuzz_archive_of_members(kinds[kind].members, bytes + 1, n - 1);
  const char *directory = kinds[kind].file == NULL ? NULL : fuzz_directory(0, kinds[kind].file);
  const char *path = fuzz_file(0, archive.bytes, archive.n);
  kinds[kind].read(directory, path);
  free(archive.bytes);
  return 0;
}
