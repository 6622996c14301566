/* SPDX-License-Identifier: MIT */
#include "cli/noise_limit.h"

#include "cli/interrupt.h"
#include "io/run_settings.h"

#include <math.h>
#include <string.h>

/* --- one run --- */

/* Whether its limit.npz will do. One that is not whole, or of other numbers, is made anew. */
static bool is_there(const fcast_limit_run *run, const size_t shape[3]) {
  fcast_limit found;
  const bool is_whole = fcast_run_read_limit(run->directory, shape, run->facts.config_hash, &found, NULL) == FCAST_OK &&
                        found.n_members == run->limit.n_members && found.n_known == run->limit.n_known;
  fcast_limit_clear(&found);
  return is_whole;
}

/* Headings from differences of positions would be those of frames that are not known yet. */
static fcast_status require_velocities(const char *directory, fcast_error *err) {
  fcast_npz *npz = NULL;
  char *path = fcast_format("%s/traj.npz", directory);
  fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory) : fcast_npz_open(path, &npz, err);
  if (status == FCAST_OK && !fcast_npz_has(npz, "velocities")) {
    status = fcast_fail(err, FCAST_E_MISSING, "%s: velocities: not there, expected the headings of the agents", path);
  }
  fcast_npz_close(npz);
  fcast_free(path);
  return status;
}

/* The physics, and the tracks whose end is to be made again and again. */
static fcast_status read_physics(fcast_limit_run *run, const size_t shape[3], fcast_error *err) {
  const char *directory = run->directory;
  fcast_status status = fcast_run_density_options(directory, &run->facts, &run->density, err);
  if (status == FCAST_OK && (shape[1] != (size_t)run->density.ny || shape[2] != (size_t)run->density.nx)) {
    status = fcast_fail(err, FCAST_E_SHAPE,
                        "%s/density.npz: found %zu x %zu cells, expected %lld x %lld as in metadata.json", directory,
                        shape[1], shape[2], (long long)run->density.ny, (long long)run->density.nx);
  }
  if (status == FCAST_OK) {
    status = require_velocities(directory, err);
  }
  if (status == FCAST_OK) {
    status = fcast_run_read_tracks(directory, run->density.box_x, run->density.box_y, run->density.boundary,
                                   &run->tracks, err);
  }
  if (status == FCAST_OK && run->tracks.n_frames != shape[0]) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames, expected %zu as in density.npz", directory,
                        run->tracks.n_frames, shape[0]);
  }
  if (status == FCAST_OK) {
    status = fcast_run_simulate_options(directory, &run->facts, &run->tracks, &run->simulate, err);
  }
  if (status == FCAST_OK && run->facts.seed < 0) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s/metadata.json: seed: not there or not usable, expected an integer",
                        directory);
  }
  return status;
}

fcast_status fcast_limit_run_open(const char *directory, size_t n_members, size_t n_known, fcast_limit_run *out,
                                  fcast_error *err) {
  size_t shape[3] = {0};
  *out = (fcast_limit_run){.directory = directory, .limit = {.n_members = n_members, .n_known = n_known}};
  fcast_status status = fcast_run_read_facts(directory, &out->facts, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_density_shape(directory, shape, err);
  }
  if (status == FCAST_OK && shape[0] <= n_known) {
    status = fcast_fail(err, FCAST_E_CONFIG, "rom.p_lag: found %zu, expected less than the frames of %s, %zu", n_known,
                        directory, shape[0]);
  }
  if (status == FCAST_OK) {
    out->limit.n_frames = shape[0] - n_known;
    out->limit.ny = shape[1];
    out->limit.nx = shape[2];
    memcpy(out->limit.config_hash, out->facts.config_hash, sizeof out->limit.config_hash);
    out->is_there = is_there(out, shape);
    status = out->is_there ? FCAST_OK : read_physics(out, shape, err);
  }
  if (status != FCAST_OK) {
    fcast_limit_run_close(out);
  }
  return status;
}

void fcast_limit_run_close(fcast_limit_run *run) {
  fcast_run_facts_clear(&run->facts);
  fcast_tracks_clear(&run->tracks);
  fcast_limit_clear(&run->limit);
  fcast_free(run->positions);
  *run = (fcast_limit_run){0};
}

/* --- members --- */

static double member_bytes(const fcast_limit_run *run) {
  return (double)run->limit.n_frames * (double)run->tracks.n_agents * 2.0 * sizeof(double);
}

double fcast_limit_run_bytes(const fcast_limit_run *run) {
  const double n_space = (double)run->limit.ny * (double)run->limit.nx;
  return run->is_there ? 0.0
                       : (double)run->limit.n_members * member_bytes(run) +
                             (double)run->limit.n_frames * n_space * sizeof(double);
}

/* Members [first, first + n) of all runs: smoothing is linear, so the mean of their densities is the density of all
 * their agents together, over n. */
typedef struct round_of_members {
  fcast_limit_run *runs;
  size_t n_runs;
  size_t first, n;
  size_t most_frames; /* of a run */
  fcast_progress *progress;
} round_of_members;

/* The positions of one member, frame by frame beside those of the others. */
static fcast_status simulate_member(const round_of_members *round, size_t i_run, size_t i_member, fcast_error *err) {
  const fcast_limit_run *run = &round->runs[i_run];
  const size_t n_values = 2 * run->tracks.n_agents;
  fcast_tracks member = {0};
  const fcast_status status = fcast_resimulate(&run->simulate, &run->tracks, run->limit.n_known - 1,
                                               (uint64_t)run->facts.seed, round->first + i_member, &member, err);
  for (size_t frame = 0; status == FCAST_OK && frame < run->limit.n_frames; frame++) {
    memcpy(run->positions + (frame * round->n + i_member) * n_values, member.positions + (frame + 1) * n_values,
           n_values * sizeof(double));
  }
  fcast_tracks_clear(&member);
  fcast_progress_add(round->progress, 1);
  return status == FCAST_OK ? FCAST_OK : fcast_fail_in(err, status, run->directory);
}

/* The density of all members' agents in one frame, added to those of earlier rounds. */
static fcast_status add_density(const round_of_members *round, size_t i_run, size_t frame, fcast_error *err) {
  fcast_limit_run *run = &round->runs[i_run];
  if (frame >= run->limit.n_frames) {
    return FCAST_OK; /* of the longest run, not of this one */
  }
  const size_t n_agents = round->n * run->tracks.n_agents;
  const size_t n_space = run->limit.ny * run->limit.nx;
  double time = 0.0;
  fcast_fields fields = {0};
  const fcast_tracks crowd = {
      .n_frames = 1, .n_agents = n_agents, .positions = run->positions + 2 * frame * n_agents, .times = &time};
  const fcast_status status = fcast_density_estimate(&crowd, &run->density, &fields, err);
  const bool is_last = round->first + round->n == run->limit.n_members;
  for (size_t j = 0; status == FCAST_OK && j < n_space; j++) {
    double *rho = &run->limit.rho[frame * n_space + j];
    *rho += fields.rho[j];
    *rho = is_last ? *rho / (double)run->limit.n_members : *rho;
  }
  fcast_fields_clear(&fields);
  return status;
}

/* A job for every run and member, or run and frame. */
typedef fcast_status fcast_limit_job(const round_of_members *round, size_t i_run, size_t i, fcast_error *err);

/* All of them, each by one thread; a single one may use all threads itself. The first error stands. */
static fcast_status for_each(const round_of_members *round, size_t n_per_run, fcast_limit_job *job, fcast_error *err) {
  fcast_status status = FCAST_OK;
  const size_t n_jobs = round->n_runs * n_per_run;
#pragma omp parallel for schedule(dynamic) if (n_jobs > 1)
  for (size_t i = 0; i < n_jobs; i++) {
    fcast_status seen;
#pragma omp atomic read
    seen = status;
    const fcast_limit_run *run = &round->runs[i / n_per_run];
    if (seen != FCAST_OK || fcast_interrupt_signal() != 0 || run->is_there) {
      continue;
    }
    fcast_error job_error = {FCAST_OK, ""};
    const fcast_status job_status = job(round, i / n_per_run, i % n_per_run, &job_error);
    if (job_status != FCAST_OK) {
#pragma omp critical(fcast_limit_failure)
      if (status == FCAST_OK) {
        *err = job_error;
#pragma omp atomic write
        status = job_status;
      }
    }
  }
  return status;
}

/* Members at a time: all of them, where they fit. Sizes alone decide, so that sums are the same everywhere. */
static size_t choose_round(const fcast_limit_run *runs, size_t n_runs, double max_bytes) {
  double bytes = 0.0;
  size_t n_members = 1;
  for (size_t i = 0; i < n_runs; i++) {
    bytes += runs[i].is_there ? 0.0 : member_bytes(&runs[i]);
    n_members = runs[i].limit.n_members;
  }
  return (size_t)fmin(fmax(max_bytes / fmax(bytes, 1.0), 1.0), (double)n_members);
}

static fcast_status run_alloc(fcast_limit_run *run, size_t n_round, fcast_error *err) {
  const size_t n_frames = run->limit.n_frames;
  run->limit.rho = fcast_alloc_array(n_frames * run->limit.ny * run->limit.nx, sizeof *run->limit.rho);
  run->limit.times = fcast_alloc_array(n_frames, sizeof *run->limit.times);
  run->positions = fcast_alloc_unfilled(n_frames * n_round * run->tracks.n_agents, 2 * sizeof *run->positions);
  if (run->limit.rho == NULL || run->limit.times == NULL || run->positions == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for %zu members of %zu frames", run->directory, n_round,
                      n_frames);
  }
  memcpy(run->limit.times, run->tracks.times + run->limit.n_known, n_frames * sizeof *run->limit.times);
  return FCAST_OK;
}

fcast_status fcast_limit_compute(fcast_limit_run *runs, size_t n_runs, double max_bytes, fcast_progress *progress,
                                 fcast_error *err) {
  const size_t n_round = choose_round(runs, n_runs, max_bytes);
  round_of_members round = {.runs = runs, .n_runs = n_runs, .progress = progress};
  fcast_status status = FCAST_OK;
  size_t n_members = 0;
  for (size_t i = 0; status == FCAST_OK && i < n_runs; i++) {
    n_members = runs[i].limit.n_members;
    round.most_frames = runs[i].limit.n_frames > round.most_frames ? runs[i].limit.n_frames : round.most_frames;
    status = runs[i].is_there ? FCAST_OK : run_alloc(&runs[i], n_round, err);
  }
  for (; status == FCAST_OK && round.first < n_members; round.first += round.n) {
    round.n = n_round < n_members - round.first ? n_round : n_members - round.first;
    status = for_each(&round, round.n, simulate_member, err);
    if (status == FCAST_OK) {
      status = for_each(&round, round.most_frames, add_density, err);
    }
  }
  return status;
}
