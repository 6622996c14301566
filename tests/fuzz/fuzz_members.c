/* SPDX-License-Identifier: MIT
 *
 * The files of runs and models behind their checksums: the input is the content of their members, which a true archive
 * is made around. Byte 0 chooses the file; behind it come its members (fuzz_archive_of_members).
 */
#include "flockcast/array.h"
#include "fuzz.h"
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

enum { MAX_MEMBERS = 8 };

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
