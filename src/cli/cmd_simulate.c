/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "cli/training_moments.h"
#include "cli/waiting.h"
#include "io/file.h"
#include "io/provenance.h"
#include "io/run_check.h"
#include "io/run_files.h"
#include "io/run_settings.h"

#include "flockcast/density.h"
#include "flockcast/evaluate.h"
#include "flockcast/simulate.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>

/* What every run of a range shares. */
typedef struct ensemble_job {
  const fcast_config *config;
  const char *output_dir;
  bool with_order_params;
  bool keeps_density;
  char config_hash[17];
} ensemble_job;

static json_t *member_metadata(const ensemble_job *job, const fcast_member *member, json_t *config, double start_wall,
                               double start_monotonic) {
  json_t *kept = job->keeps_density ? NULL : json_false(); /* said only where it is not as usual */
  json_t *ordered = job->with_order_params ? json_true() : NULL;
  return json_pack("{s:s, s:I, s:s, s:I, s:s, s:s, s:o*, s:o*, s:o*, s:O, s:o}", "run_name", member->run_name, "sim_id",
                   (json_int_t)member->sim_id, "ic_type", fcast_ic_type_name(member->ic_type), "seed",
                   (json_int_t)member->seed, "mode", fcast_mode_name(member->mode), "config_hash", job->config_hash,
                   "keep_density", kept, "order_params", ordered, "initial",
                   fcast_initial_json(&member->simulate.initial), "config", config, "provenance",
                   fcast_provenance_json(start_wall, start_monotonic));
}

/* Everything of one run, on its way to the files. */
typedef struct member_result {
  fcast_tracks tracks;
  fcast_fields fields;
  fcast_order_params order;
} member_result;

static fcast_status write_member(const ensemble_job *job, const fcast_member *member, const char *directory,
                                 const member_result *result, double start_wall, double start_monotonic,
                                 fcast_error *err) {
  fcast_config own = *job->config;
  own.simulate = member->simulate;
  json_t *config = fcast_config_json(&own);
  json_t *metadata = config == NULL ? NULL : member_metadata(job, member, config, start_wall, start_monotonic);
  fcast_status status = FCAST_OK;
  if (metadata == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", member->run_name);
  } else {
    status =
        fcast_run_write(directory, job->config->output, &result->tracks, job->keeps_density ? &result->fields : NULL,
                        job->with_order_params ? &result->order : NULL, config, metadata, err);
  }
  json_decref(metadata);
  json_decref(config);
  return status;
}

/* What cannot be represented must not be written: it would be found corrupt when read. */
static fcast_status check_finite(const ensemble_job *job, const fcast_member *member, const member_result *result,
                                 fcast_error *err) {
  const bool is_float32 = job->config->output.float32;
  const double limit = is_float32 ? (double)FLT_MAX : DBL_MAX;
  const struct {
    const char *name;
    const double *values;
    size_t n;
  } arrays[] = {{"position", result->tracks.positions, 2 * result->tracks.n_frames * result->tracks.n_agents},
                {"velocity", result->tracks.velocities, 2 * result->tracks.n_frames * result->tracks.n_agents},
                {"density", result->fields.rho, result->fields.n_frames * fcast_fields_n_space(&result->fields)},
                {"speed deviation", result->order.speed_std, result->order.n_frames}};
  for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++) {
    for (size_t i = 0; i < arrays[a].n; i++) {
      if (!(fabs(arrays[a].values[i]) <= limit)) {
        return fcast_fail(err, FCAST_E_NUMERIC, "%s: a %s is %g; expected %s", member->run_name, arrays[a].name,
                          arrays[a].values[i],
                          is_float32 ? "values that float32 can hold, since output.float32 is true"
                                     : "lengths, times and speeds whose squares float64 can hold");
      }
    }
  }
  return FCAST_OK;
}

static fcast_status simulate_member(const ensemble_job *job, const fcast_member *member, const char *directory,
                                    fcast_error *err) {
  const double start_wall = fcast_clock_wall();
  const double start_monotonic = fcast_clock_monotonic();
  const fcast_simulate_options *options = &member->simulate;
  member_result result = {0};
  fcast_status status = fcast_simulate(options, member->ic_type, member->seed, &result.tracks, err);
  if (status == FCAST_OK && job->keeps_density) {
    status = fcast_density_estimate(&result.tracks, &job->config->density, &result.fields, err);
  }
  if (status == FCAST_OK && job->with_order_params) {
    status = fcast_order_params_compute(&result.tracks, options->box_x, options->box_y, options->boundary,
                                        &result.order, err);
  }
  if (status == FCAST_OK) {
    status = check_finite(job, member, &result, err);
  }
  if (status == FCAST_OK) {
    status = write_member(job, member, directory, &result, start_wall, start_monotonic, err);
  }
  fcast_order_params_clear(&result.order);
  fcast_fields_clear(&result.fields);
  fcast_tracks_clear(&result.tracks);
  return status;
}

/* Make the run unless it is there: whole, and of this configuration. */
static fcast_status make_member(const ensemble_job *job, const fcast_member *member, fcast_run_state *before,
                                fcast_error *err) {
  char *directory = fcast_format("%s/%s", job->output_dir, member->run_name);
  if (directory == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", member->run_name);
  }
  const fcast_run_demand demand = {.config_hash = job->config_hash,
                                   .needs_order_params = job->with_order_params,
                                   .needs_density = job->keeps_density};
  fcast_error why = {FCAST_OK, ""};
  *before = fcast_run_check(directory, &demand, &why);
  if (*before == FCAST_RUN_WHOLE) {
    fcast_explain("keep", "%s: whole, and of configuration %s", directory, job->config_hash);
  } else if (*before != FCAST_RUN_MISSING) {
    fcast_explain("make again", "%s", why.text);
  }
  const fcast_status status = *before == FCAST_RUN_WHOLE ? FCAST_OK : simulate_member(job, member, directory, err);
  fcast_free(directory);
  return status;
}

/* Two threads for each core: while one waits for the disk to sync, another computes. Small runs take longer to sync
 * than to make, and many syncs at once cost a disk little more than one, so there may be more, as far as memory is
 * cheap. */
enum { THREADS_PER_CORE = 2, MORE_THREADS_PER_CORE = 8, MORE_THREADS = 64, MORE_BYTES_PER_CORE = 64 << 20 };

static int choose_n_threads(const fcast_config *config, const fcast_simulate_options *run, int64_t n_runs) {
  const double n_values =
      (double)config->density.nx * (double)config->density.ny + 4.0 * (double)config->simulate.n_agents;
  const double run_bytes = (double)fcast_simulate_n_frames(run) * n_values * sizeof(double);
  const double n_cores = omp_get_max_threads();
  const double more = fmin(n_cores * fmin(MORE_THREADS_PER_CORE, MORE_BYTES_PER_CORE / run_bytes), MORE_THREADS);
  return (int)fmin(fmin(fmax(more, n_cores * THREADS_PER_CORE), (double)n_runs), fcast_threads_most());
}

static void explain_runs(const ensemble_job *job, fcast_mode mode, const fcast_simulate_options *run, int n_threads) {
  fcast_explain("simulate",
                "%s runs of %zu frames into %s by %d threads: runs share nothing, and small ones wait for "
                "the disk",
                fcast_mode_name(mode), fcast_simulate_n_frames(run), job->output_dir, n_threads);
  fcast_explain("", "kept are runs that are whole and of configuration %s", job->config_hash);
  if (run->forces.enabled && !fcast_simulate_has_forces(run)) {
    fcast_say("", "forces are enabled but change nothing: model.speed_mode is constant");
  }
  if (!job->keeps_density) {
    fcast_explain("", "no densities, since ensemble.keep_density is false: their moments instead");
  }
}

/* All members, each by one thread; after a failure or a signal no new run is begun, those begun are finished, and the
 * first error stands. */
static fcast_status simulate_members(const ensemble_job *job, fcast_mode mode, int64_t first, int64_t last,
                                     fcast_error *err) {
  const fcast_simulate_options options = fcast_config_run_options(job->config, mode == FCAST_MODE_TEST, 0, 0);
  fcast_progress progress;
  fcast_status status = FCAST_OK;
  size_t n_there = 0;
  size_t n_replaced = 0;
  const int n_threads = choose_n_threads(job->config, &options, last - first + 1);
  explain_runs(job, mode, &options, n_threads);
  fcast_progress_begin(&progress, mode == FCAST_MODE_TRAIN ? "simulate training runs" : "simulate test runs", "runs",
                       (size_t)(last - first + 1));
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) reduction(+ : n_there, n_replaced)
  for (int64_t sim_id = first; sim_id <= last; sim_id++) {
    fcast_status seen;
#pragma omp atomic read
    seen = status;
    if (seen != FCAST_OK || fcast_interrupt_signal() != 0) {
      continue;
    }
    fcast_member member;
    fcast_error member_error = {FCAST_OK, ""};
    fcast_status member_status = fcast_ensemble_member(job->config, mode, sim_id, &member, &member_error);
    fcast_run_state before = FCAST_RUN_MISSING;
    if (member_status == FCAST_OK) {
      member_status = make_member(job, &member, &before, &member_error);
    }
    if (member_status == FCAST_OK) {
      n_there += before == FCAST_RUN_WHOLE ? 1 : 0;
      n_replaced += before == FCAST_RUN_STALE ? 1 : 0;
      fcast_progress_add(&progress, 1);
      continue;
    }
#pragma omp critical(fcast_simulate_failure)
    if (status == FCAST_OK) {
      *err = member_error;
#pragma omp atomic write
      status = member_status;
    }
  }
  fcast_progress_end(&progress, status == FCAST_OK && progress.n_done == progress.n_total);
  if (status == FCAST_OK && progress.n_done < progress.n_total) {
    return fcast_fail(err, FCAST_E_INTERRUPTED,
                      "stopped by signal %d after %zu of %zu runs, all of them whole; the same command makes the rest",
                      fcast_interrupt_signal(), progress.n_done, progress.n_total);
  }
  if (status == FCAST_OK) {
    if (n_there > 0) {
      fcast_say("", "%zu of them were there, whole and of this configuration", n_there);
    }
    if (n_replaced > 0) {
      fcast_say("", "%zu of them replaced runs of another configuration", n_replaced);
    }
  }
  return status;
}

static fcast_status spare_recordings(const char *output_dir, fcast_error *err) {
  char *path = fcast_format("%s/../import.json", output_dir);
  if (path == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir);
  }
  const fcast_status status =
      fcast_file_exists(path)
          ? fcast_fail(err, FCAST_E_ARG,
                       "%s: holds runs that were imported, expected another directory; 'flockcast train' and "
                       "'flockcast local' use them",
                       output_dir)
          : FCAST_OK;
  fcast_free(path);
  return status;
}

static fcast_status spare_run(const char *output_dir, const fcast_member *member, const char *config_hash,
                              fcast_error *err) {
  const fcast_run_demand demand = {.config_hash = config_hash, .is_quick = true};
  char *directory = fcast_format("%s/%s", output_dir, member->run_name);
  fcast_status status = directory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir) : FCAST_OK;
  if (status == FCAST_OK && fcast_run_check(directory, &demand, NULL) == FCAST_RUN_FOREIGN) {
    status = fcast_fail(err, FCAST_E_ARG,
                        "%s: holds a run of another program (no config_hash in metadata.json), expected another "
                        "directory; 'flockcast train' and 'flockcast local' use it as it is",
                        directory);
  }
  fcast_free(directory);
  return status;
}

fcast_status fcast_stage_spare_others(const fcast_config *config, fcast_mode mode, int64_t first, int64_t last,
                                      const char *output_dir, fcast_error *err) {
  char hash[17];
  fcast_status status = spare_recordings(output_dir, err);
  if (status == FCAST_OK) {
    status = fcast_config_fingerprint(config, hash, err);
  }
  for (int64_t sim_id = first; status == FCAST_OK && sim_id <= last; sim_id++) {
    fcast_member member;
    status = fcast_ensemble_member(config, mode, sim_id, &member, err);
    if (status == FCAST_OK) {
      status = spare_run(output_dir, &member, hash, err);
    }
  }
  return status;
}

fcast_status fcast_stage_simulate(const fcast_config *config, fcast_mode mode, int64_t first, int64_t last,
                                  const char *output_dir, bool with_order_params, fcast_error *err) {
  fcast_member member;
  fcast_status status = fcast_ensemble_member(config, mode, last, &member, err); /* refuse before the first file */
  if (status != FCAST_OK) {
    return status;
  }
  status = fcast_stage_spare_others(config, mode, first, last, output_dir, err);
  if (status == FCAST_OK) {
    status = fcast_directory_make(output_dir, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  ensemble_job job = {.config = config, .output_dir = output_dir, .with_order_params = with_order_params};
  job.keeps_density = config->ensemble.keep_density || mode == FCAST_MODE_TEST;
  status = fcast_config_fingerprint(config, job.config_hash, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_interrupt_watch();
  status = simulate_members(&job, mode, first, last, err);
  fcast_interrupt_rest();
  return status == FCAST_OK && !job.keeps_density ? fcast_training_moments_write(output_dir, first, last, err) : status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  fcast_mode mode;
  int64_t first = 0;
  int64_t last = 0;
  fcast_status status = fcast_mode_parse(fcast_argument(arguments, "mode"), &mode, err);
  if (status == FCAST_OK) {
    status = fcast_ensemble_range(fcast_argument(arguments, "sim_id"), &first, &last, err);
  }
  if (status == FCAST_OK) {
    status = fcast_stage_simulate(&arguments->config, mode, first, last, fcast_argument(arguments, "output_dir"),
                                  fcast_argument(arguments, "compute_order_params") != NULL, err);
  }
  return status;
}

static const fcast_option options[] = {
    {"mode", "train|test", "which ensemble the runs belong to", NULL, true},
    {"sim_id", "N[-M]", "the run, or the first and last of a range", NULL, true},
    {"output_dir", "DIR", "runs go to DIR/train_000, DIR/train_001, ...", NULL, true},
    {"compute_order_params", NULL, "write order_params.npz too", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast simulate --mode train --sim_id 0-99 --output_dir oscar_outputs/training",
     "the training runs of the default ensemble"},
    {"flockcast simulate --mode test --sim_id 0-19 --output_dir oscar_outputs/test --compute_order_params",
     "its test runs"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/train_000/traj.npz", "positions, velocities and times of a run"},
    {"DIR/train_000/density.npz", "its density fields"},
    {"DIR/train_000/order_params.npz", "its order parameters, with --compute_order_params"},
    {"DIR/train_000/metadata.json", "seed, type, configuration and provenance"},
    {"DIR/moments_000-099.npz", "where ensemble.keep_density is false: the moments of the densities"},
    {NULL, NULL},
};

static const char *const see_also[] = {"train", "run", "sweep", NULL};

const fcast_command fcast_command_simulate = {
    .name = "simulate",
    .summary = "simulate runs of an ensemble and their density fields",
    .about =
        "Simulates runs and writes traj.npz, density.npz and metadata.json for each. A range uses all cores; an "
        "array job\n"
        "calls it with one number. The same number always gives the same run. Runs that are there already, whole "
        "and of\n"
        "this configuration, are left as they are; after an interruption the same command makes the rest. Recordings "
        "and runs\n"
        "of other programs (no config_hash in metadata.json) are never replaced: the command refuses their "
        "directory.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
