/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/json_report.h"
#include "cli/stages.h"
#include "cli/submission.h"
#include "cli/sweep.h"
#include "cluster/slurm.h"
#include "io/file.h"

#include "base/text.h"
#include "flockcast/array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char default_runs[] = "5";
static const char default_discard[] = "0.5";
enum { MAX_RUNS = 100000 };

/* --- the sweep of a command line --- */

static fcast_status read_numbers(const fcast_arguments *arguments, fcast_sweep *out, fcast_error *err) {
  const char *runs = fcast_argument(arguments, "runs");
  const char *discard = fcast_argument(arguments, "discard");
  if (!fcast_parse_int64(runs, &out->n_runs) || out->n_runs < 1 || out->n_runs > MAX_RUNS) {
    return fcast_fail(err, FCAST_E_ARG, "--runs: found '%s', expected an integer from 1 to %d", runs, MAX_RUNS);
  }
  if (!fcast_parse_double(discard, &out->discard) || !(out->discard >= 0.0 && out->discard < 1.0)) {
    return fcast_fail(err, FCAST_E_ARG, "--discard: found '%s', expected a share of the frames from 0 to below 1",
                      discard);
  }
  return FCAST_OK;
}

static fcast_status check_forecast(const fcast_sweep *sweep, size_t point, fcast_error *err) {
  char name[FCAST_GRID_NAME];
  const fcast_status status = fcast_stage_check_frames(&sweep->configs[point], err);
  fcast_grid_name(&sweep->grid, point, 0, name);
  return status == FCAST_OK ? FCAST_OK : fcast_fail_in(err, status, name);
}

/* The configuration of every point, all of them checked before the first run. */
static fcast_status configure(const fcast_config *given, fcast_sweep *out, fcast_error *err) {
  fcast_config base = *given;
  const size_t n_points = out->grid.n_points;
  out->configs = fcast_alloc_array(n_points, sizeof *out->configs);
  out->hashes = fcast_alloc_array(n_points, sizeof *out->hashes);
  fcast_status status = out->configs == NULL || out->hashes == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu points", n_points)
                            : FCAST_OK;
  base.ensemble.n_train = out->n_runs;
  for (size_t point = 0; status == FCAST_OK && point < n_points; point++) {
    status = fcast_grid_config(&out->grid, point, &base, &out->configs[point], err);
    if (status == FCAST_OK && out->configs[point].ensemble.n_train != out->n_runs) {
      status = fcast_fail(err, FCAST_E_ARG, "--grid: found ensemble.n_train, expected --runs instead");
    }
    if (status == FCAST_OK && out->with_forecast) {
      status = check_forecast(out, point, err);
    }
    if (status == FCAST_OK) {
      status = fcast_config_fingerprint(&out->configs[point], out->hashes[point], err);
    }
  }
  return status == FCAST_OK ? fcast_grid_check_values(&out->grid, &base, err) : status;
}

static fcast_status sweep_create(const fcast_arguments *arguments, fcast_sweep *out, fcast_error *err) {
  *out = (fcast_sweep){.output_dir = fcast_argument(arguments, "output_dir"),
                       .with_forecast = fcast_argument(arguments, "forecast") != NULL};
  fcast_status status = read_numbers(arguments, out, err);
  if (status == FCAST_OK) {
    status = fcast_grid_create(arguments, &out->grid, err);
  }
  return status == FCAST_OK ? configure(&arguments->config, out, err) : status;
}

static void sweep_clear(fcast_sweep *sweep) {
  fcast_grid_clear(&sweep->grid);
  fcast_free(sweep->configs);
  fcast_free(sweep->hashes);
}

/* --- to Slurm --- */

enum { MAX_WORDS = 12 + 2 * FCAST_MAX_GRID_AXES };

/* The command line of the jobs; what --config and --set said is in config.yml. */
static void write_command(const fcast_arguments *arguments, const fcast_sweep *sweep, const fcast_submission *to,
                          const char *words[MAX_WORDS]) {
  const char *const fixed[] = {to->program,    "sweep",
                               "--config",     to->config_path,
                               "--output_dir", to->oscar_dir,
                               "--runs",       fcast_argument(arguments, "runs"),
                               "--discard",    fcast_argument(arguments, "discard")};
  size_t n = sizeof fixed / sizeof fixed[0];
  memcpy(words, fixed, sizeof fixed);
  for (size_t a = 0; a < sweep->grid.n_axes; a++) {
    words[n++] = "--grid";
    words[n++] = sweep->grid.axes[a].text;
  }
  words[n] = NULL;
}

/* Seconds of the longest run. */
static double longest_run(const fcast_sweep *sweep) {
  double longest = 0.0;
  for (size_t point = 0; point < sweep->grid.n_points; point++) {
    longest = fmax(longest, fcast_plan_run_seconds(&sweep->configs[point], FCAST_MODE_TRAIN));
  }
  return longest;
}

static fcast_status find_wanted(const fcast_sweep *sweep, int64_t runs_per_task, bool **wanted, int64_t *n_tasks,
                                fcast_error *err) {
  const int64_t n_runs = fcast_sweep_size(sweep);
  *n_tasks = (n_runs + runs_per_task - 1) / runs_per_task;
  *wanted = fcast_alloc_array((size_t)*n_tasks, sizeof **wanted);
  if (*wanted == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %lld tasks", (long long)*n_tasks);
  }
  for (int64_t run = 0; run < n_runs; run++) {
    (*wanted)[run / runs_per_task] |= !fcast_sweep_has(sweep, run);
  }
  return FCAST_OK;
}

/* The arrays, each as long as Slurm's largest index allows, and behind them the job that makes the table. */
static fcast_status send_jobs(const fcast_arguments *arguments, const fcast_sweep *sweep, const fcast_submission *to,
                              bool is_dry_run, fcast_error *err) {
  const fcast_config *config = &arguments->config;
  const char *words[MAX_WORDS];
  bool *wanted = NULL;
  int64_t n_tasks = 0;
  int64_t max_array_size = 0;
  size_t n_jobs = 0;
  char job_id[32];
  fcast_buffer dependency = {0};
  json_t *jobs = arguments->wants_json ? json_array() : NULL;
  fcast_array_plan array = {.runs_per_task = fcast_plan_share(config, longest_run(sweep), fcast_sweep_size(sweep))};
  write_command(arguments, sweep, to, words);
  fcast_status status = find_wanted(sweep, array.runs_per_task, &wanted, &n_tasks, err);
  if (status == FCAST_OK) {
    status = fcast_slurm_max_array_size(&max_array_size, err);
  }
  for (; status == FCAST_OK && array.first_task < n_tasks; array.first_task += max_array_size) {
    const int64_t left = n_tasks - array.first_task;
    status = fcast_plan_indices(config, wanted + array.first_task, left < max_array_size ? left : max_array_size,
                                &array.indices, err);
    if (status == FCAST_OK && array.indices != NULL) {
      char *script = fcast_plan_sweep_script(config, to, &array, fcast_sweep_size(sweep), words);
      status = fcast_submission_send(script, "runs of the sweep", is_dry_run, ++n_jobs, jobs, job_id, err);
      fcast_buffer_put_text(&dependency, dependency.n > 0 ? ":" : "");
      fcast_buffer_put_text(&dependency, status == FCAST_OK ? job_id : "");
    }
    fcast_free(array.indices);
  }
  if (status == FCAST_OK) {
    const char *after = dependency.n > 0 && !dependency.has_failed ? (const char *)dependency.bytes : NULL;
    status = dependency.has_failed
                 ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the dependency of the table")
                 : fcast_submission_send(fcast_plan_table_script(config, to, words, after), "table and phase diagram",
                                         is_dry_run, ++n_jobs, jobs, job_id, err);
  }
  if (status == FCAST_OK && jobs != NULL) {
    status = fcast_json_print(
        "sweep",
        json_pack("{s:s, s:b, s:O}", "output_dir", sweep->output_dir, "is_dry_run", (int)is_dry_run, "jobs", jobs),
        err);
  }
  json_decref(jobs);
  fcast_free(dependency.bytes);
  fcast_free(wanted);
  return status;
}

/* Two jobs that make the same runs would do no harm, but cost. */
static fcast_status refuse_queued(const fcast_submission *to, fcast_error *err) {
  fcast_queue queue = {0};
  char prefix[40];
  (void)snprintf(prefix, sizeof prefix, "%.12s", to->tag); /* "fc-DIRHASH-" */
  fcast_status status = fcast_queue_read(prefix, &queue, err);
  if (status == FCAST_OK && queue.n_jobs > 0) {
    status = fcast_fail(err, FCAST_E_ARG, "%s: job %s of it is in the queue: wait for it, or 'scancel %s'",
                        to->oscar_dir, queue.jobs[0].job_id, queue.jobs[0].job_id);
  }
  fcast_queue_clear(&queue);
  return status;
}

static fcast_status submit(const fcast_arguments *arguments, const fcast_sweep *sweep, bool is_dry_run,
                           fcast_error *err) {
  fcast_submission_paths paths = {0};
  fcast_submission to = {0};
  fcast_status status = fcast_submission_create(&arguments->config, sweep->output_dir,
                                                fcast_argument(arguments, "log_dir"), &paths, &to, err);
  if (status == FCAST_OK && sweep->with_forecast) {
    status = fcast_fail(err, FCAST_E_ARG,
                        "--submit: found --forecast too, whose points are whole ensembles; expected "
                        "one of them: 'flockcast submit' makes an ensemble");
  }
  if (status == FCAST_OK) {
    status = refuse_queued(&to, err);
  }
  if (status == FCAST_OK && !is_dry_run) {
    status = fcast_directory_make(to.log_dir, err);
  }
  if (status == FCAST_OK && !is_dry_run) {
    status = fcast_stage_write_config(&arguments->config, sweep->output_dir, err);
  }
  if (status == FCAST_OK) {
    status = send_jobs(arguments, sweep, &to, is_dry_run, err);
  }
  fcast_submission_paths_clear(&paths);
  return status;
}

/* --- here --- */

static fcast_status make_part(const fcast_sweep *sweep, const char *part, fcast_error *err) {
  int64_t first = 0;
  int64_t last = 0;
  fcast_error why = {FCAST_OK, ""};
  if (fcast_ensemble_range(part, &first, &last, &why) != FCAST_OK || last >= fcast_sweep_size(sweep)) {
    return fcast_fail(err, FCAST_E_ARG, "--part: found '%s', expected N or N-M with 0 <= N <= M <= %lld", part,
                      (long long)fcast_sweep_size(sweep) - 1);
  }
  return fcast_sweep_simulate(sweep, first, last, err);
}

static fcast_status make_all(const fcast_sweep *sweep, const fcast_figure_formats *formats, bool as_json,
                             fcast_error *err) {
  fcast_sweep_results results = {0};
  fcast_status status = sweep->with_forecast ? fcast_sweep_train(sweep, err)
                                             : fcast_sweep_simulate(sweep, 0, fcast_sweep_size(sweep) - 1, err);
  if (status == FCAST_OK) {
    status = fcast_sweep_collect(sweep, &results, err);
  }
  if (status == FCAST_OK) {
    status = fcast_sweep_report(sweep, &results, formats, as_json, err);
  }
  fcast_sweep_results_clear(&results);
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  fcast_sweep sweep = {0};
  const char *part = fcast_argument(arguments, "part");
  const bool is_dry_run = fcast_argument(arguments, "dry_run") != NULL;
  const bool is_submitted = is_dry_run || fcast_argument(arguments, "submit") != NULL;
  fcast_figure_formats formats;
  fcast_status status = fcast_figure_formats_parse(fcast_argument(arguments, "formats"), &formats, err);
  if (status == FCAST_OK) {
    status = sweep_create(arguments, &sweep, err);
  }
  if (status == FCAST_OK && part != NULL && (is_submitted || sweep.with_forecast)) {
    status = fcast_fail(err, FCAST_E_ARG, "--part: found --%s too, expected one of them",
                        sweep.with_forecast ? "forecast" : "submit");
  }
  if (status == FCAST_OK && part != NULL && arguments->wants_json) {
    status = fcast_fail(err, FCAST_E_ARG, "--part: found --json too, expected one of them: a part makes no report");
  }
  if (status == FCAST_OK && is_submitted) {
    status = submit(arguments, &sweep, is_dry_run, err);
  } else if (status == FCAST_OK && part != NULL) {
    status = make_part(&sweep, part, err);
  } else if (status == FCAST_OK) {
    status = make_all(&sweep, &formats, arguments->wants_json, err);
  }
  sweep_clear(&sweep);
  return status;
}

static const fcast_option options[] = {
    {"grid", "KEY=VALUE,...", "values of a key, or KEY,KEY=A:B,A:B of several together; may be given again", NULL,
     true},
    {"runs", "N", "runs of every point", default_runs, false},
    {"discard", "SHARE", "share of the frames at the start of a run that do not count", default_discard, false},
    {"forecast", NULL, "train a model at every point too, and score ensemble.m_test forecasts", NULL, false},
    {"output_dir", "DIR", "where runs, table and picture go", "outputs/sweep", false},
    FCAST_FORMATS_OPTION,
    {"submit", NULL, "submit the runs to Slurm as an array, and a job that makes the table", NULL, false},
    {"dry_run", NULL, "print the scripts of --submit instead", NULL, false},
    {"log_dir", "DIR", "where jobs write what they say", "logs", false},
    {"part", "N[-M]", "make only these of the list of all runs, and no table; for jobs", NULL, false},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast sweep --grid noise.eta=0.5,1.5,2.5,3.5,4.5 --grid sim.N=50,200 --set noise.kind=uniform --set sim.T=20",
     "the onset of order against noise, for two sizes"},
    {"flockcast sweep --grid noise.eta=0.5,2.5,4.5 --runs 20 --json", "the table as JSON too"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"outputs/sweep/sweep.csv", "a line for every point"},
    {"outputs/sweep/phase_diagram.*", "the picture, in the formats that --formats names, and its numbers"},
    {"outputs/sweep/POINT/runs/", "order parameters of every run"},
    {NULL, NULL},
};

static const char *const see_also[] = {"simulate", "order", "submit", NULL};

const fcast_command fcast_command_sweep = {
    .name = "sweep",
    .summary = "order parameters over a grid of configurations: a phase diagram",
    .about =
        "Simulates the same runs at every point of a grid over any keys of the configuration and writes "
        "sweep.csv and\n"
        "phase_diagram.*: polarization, its susceptibility and Binder cumulant with standard errors over runs. "
        "The first\n"
        "--grid runs along x, every combination of the others is a line. Of each run only the order parameters are "
        "kept.\n"
        "Interrupted, here or under Slurm, the same command makes the rest; results depend on neither.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .has_json = true,
    .run = run,
};
