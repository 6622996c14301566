/* SPDX-License-Identifier: MIT */
#include "cli/sweep.h"

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "io/file.h"
#include "io/provenance.h"
#include "io/run_files.h"
#include "io/run_settings.h"

#include "flockcast/evaluate.h"
#include "flockcast/simulate.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *fcast_sweep_directory(const fcast_sweep *sweep, size_t point) {
  char name[FCAST_GRID_NAME];
  fcast_grid_name(&sweep->grid, point, 0, name);
  return fcast_format("%s/%s", sweep->output_dir, name);
}

static fcast_status find_run(const fcast_sweep *sweep, int64_t run, fcast_member *member, char **directory,
                             fcast_error *err) {
  const int64_t point = run / sweep->n_runs;
  *directory = NULL;
  const fcast_status status =
      fcast_ensemble_member(&sweep->configs[point], FCAST_MODE_TRAIN, run % sweep->n_runs, member, err);
  char *parent = status == FCAST_OK ? fcast_sweep_directory(sweep, (size_t)point) : NULL;
  if (parent != NULL) {
    *directory = fcast_format("%s/%s/%s", parent, sweep->with_forecast ? "training" : "runs", member->run_name);
  }
  fcast_free(parent);
  return status == FCAST_OK && *directory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a path") : status;
}

/* The order parameters of a run that must be of its point's configuration and have its frames. */
static fcast_status read_order(const fcast_sweep *sweep, int64_t run, fcast_order_params *order, fcast_error *err) {
  const int64_t point = run / sweep->n_runs;
  const size_t n_frames = fcast_simulate_n_frames(&sweep->configs[point].simulate);
  fcast_member member;
  fcast_run_facts facts = {0};
  char *directory = NULL;
  *order = (fcast_order_params){0};
  fcast_status status = find_run(sweep, run, &member, &directory, err);
  if (status == FCAST_OK) {
    status = fcast_run_read_facts(directory, &facts, err);
  }
  if (status == FCAST_OK && strcmp(facts.config_hash, sweep->hashes[point]) != 0) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s/metadata.json: config_hash: found '%s', expected '%s'", directory,
                        facts.config_hash, sweep->hashes[point]);
  }
  if (status == FCAST_OK) {
    status = fcast_run_read_order(directory, order, err);
  }
  if (status == FCAST_OK && (order->n_frames != n_frames || order->polarization == NULL)) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/order_params.npz: found %zu frames of polarization, expected %zu",
                        directory, order->polarization != NULL ? order->n_frames : 0, n_frames);
  }
  if (status != FCAST_OK) {
    fcast_order_params_clear(order);
  }
  fcast_run_facts_clear(&facts);
  fcast_free(directory);
  return status;
}

/* Whether a run of another configuration is in the place of this one. */
static bool has_other(const fcast_sweep *sweep, int64_t run) {
  fcast_member member;
  fcast_run_facts facts = {0};
  char *directory = NULL;
  const bool is_other = find_run(sweep, run, &member, &directory, NULL) == FCAST_OK &&
                        fcast_run_read_facts(directory, &facts, NULL) == FCAST_OK &&
                        strcmp(facts.config_hash, sweep->hashes[run / sweep->n_runs]) != 0;
  fcast_run_facts_clear(&facts);
  fcast_free(directory);
  return is_other;
}

bool fcast_sweep_has(const fcast_sweep *sweep, int64_t run) {
  fcast_order_params order;
  const bool answer = read_order(sweep, run, &order, NULL) == FCAST_OK;
  fcast_order_params_clear(&order);
  return answer;
}

/* --- making runs --- */

static fcast_status write_run(const fcast_sweep *sweep, int64_t point, const fcast_member *member,
                              const char *directory, const fcast_order_params *order, double start_wall,
                              double start_monotonic, fcast_error *err) {
  fcast_config own = sweep->configs[point];
  own.simulate = member->simulate;
  json_t *config = fcast_config_json(&own);
  json_t *metadata = json_pack("{s:s, s:I, s:s, s:I, s:s, s:s, s:o*, s:O, s:o}", "run_name", member->run_name, "sim_id",
                               (json_int_t)member->sim_id, "ic_type", fcast_ic_type_name(member->ic_type), "seed",
                               (json_int_t)member->seed, "mode", fcast_mode_name(member->mode), "config_hash",
                               sweep->hashes[point], "initial", fcast_initial_json(&member->simulate.initial), "config",
                               config, "provenance", fcast_provenance_json(start_wall, start_monotonic));
  const fcast_status status = metadata == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                                               : fcast_run_write(directory, (fcast_npz_format){.compress = false}, NULL,
                                                                 NULL, order, config, metadata, err);
  json_decref(metadata);
  json_decref(config);
  return status;
}

static fcast_status make_run(const fcast_sweep *sweep, int64_t run, fcast_error *err) {
  const double start_wall = fcast_clock_wall();
  const double start_monotonic = fcast_clock_monotonic();
  const int64_t point = run / sweep->n_runs;
  fcast_member member;
  const fcast_simulate_options *options = &member.simulate;
  fcast_tracks tracks = {0};
  fcast_order_params order = {0};
  char *directory = NULL;
  fcast_status status = find_run(sweep, run, &member, &directory, err);
  if (status == FCAST_OK) {
    status = fcast_simulate(options, member.ic_type, member.seed, &tracks, err);
  }
  if (status == FCAST_OK) {
    status = fcast_order_params_compute(&tracks, options->box_x, options->box_y, options->boundary, &order, err);
  }
  if (status == FCAST_OK) {
    status = write_run(sweep, point, &member, directory, &order, start_wall, start_monotonic, err);
  }
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&tracks);
  fcast_free(directory);
  return status;
}

/* As many threads as cores, but the tracks of the largest runs must fit into half of the memory side by side. */
static int choose_n_threads(const fcast_sweep *sweep) {
  double largest = 1.0;
  for (size_t p = 0; p < sweep->grid.n_points; p++) {
    const fcast_simulate_options *options = &sweep->configs[p].simulate;
    largest = fmax(largest, (double)fcast_simulate_n_frames(options) * (double)options->n_agents * 32.0);
  }
  const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  return (int)fmax(fmin((double)omp_get_max_threads(), floor(0.5 * memory / largest)), 1.0);
}

fcast_status fcast_sweep_simulate(const fcast_sweep *sweep, int64_t first, int64_t last, fcast_error *err) {
  fcast_progress progress;
  fcast_status status = FCAST_OK;
  size_t n_there = 0;
  size_t n_replaced = 0;
  const int n_threads = choose_n_threads(sweep);
  fcast_interrupt_watch();
  fcast_explain("simulate", "%lld runs of %zu points by %d threads; kept are those of their point's configuration",
                (long long)(last - first + 1), sweep->grid.n_points, n_threads);
  fcast_progress_begin(&progress, "simulate runs", "runs", (size_t)(last - first + 1));
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) reduction(+ : n_there, n_replaced)
  for (int64_t run = first; run <= last; run++) {
    fcast_status seen;
    fcast_error run_error = {FCAST_OK, ""};
#pragma omp atomic read
    seen = status;
    if (seen != FCAST_OK || fcast_interrupt_signal() != 0) {
      continue;
    }
    const bool is_there = fcast_sweep_has(sweep, run);
    n_replaced += !is_there && has_other(sweep, run) ? 1 : 0;
    const fcast_status run_status = is_there ? FCAST_OK : make_run(sweep, run, &run_error);
    n_there += is_there ? 1 : 0;
    if (run_status == FCAST_OK) {
      fcast_progress_add(&progress, 1);
      continue;
    }
#pragma omp critical(fcast_sweep_failure)
    if (status == FCAST_OK) {
      if (err != NULL) {
        *err = run_error;
      }
#pragma omp atomic write
      status = run_status;
    }
  }
  fcast_progress_end(&progress, status == FCAST_OK && progress.n_done == progress.n_total);
  if (status == FCAST_OK && progress.n_done < progress.n_total) {
    return fcast_fail(err, FCAST_E_INTERRUPTED,
                      "stopped by signal %d after %zu of %zu runs, all of them whole; the same command makes the rest",
                      fcast_interrupt_signal(), progress.n_done, progress.n_total);
  }
  if (status == FCAST_OK && n_there > 0) {
    fcast_say("", "%zu of them were there, whole and of this configuration", n_there);
  }
  if (status == FCAST_OK && n_replaced > 0) {
    fcast_say("", "%zu of them replaced runs of another configuration", n_replaced);
  }
  return status;
}

/* --- forecasts --- */

static fcast_status train_point(const fcast_sweep *sweep, size_t point, fcast_error *err) {
  const fcast_config *config = &sweep->configs[point];
  char *directory = fcast_sweep_directory(sweep, point);
  char *training = directory != NULL ? fcast_format("%s/training", directory) : NULL;
  char *test = directory != NULL ? fcast_format("%s/test", directory) : NULL;
  char *models = directory != NULL ? fcast_format("%s/models", directory) : NULL;
  fcast_status status = training == NULL || test == NULL || models == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a path")
                            : fcast_stage_simulate(config, FCAST_MODE_TRAIN, 0, sweep->n_runs - 1, training, true, err);
  if (status == FCAST_OK) {
    status = fcast_stage_simulate(config, FCAST_MODE_TEST, 0, config->ensemble.m_test - 1, test, true, err);
  }
  if (status == FCAST_OK) {
    status = fcast_stage_train(config, training, models, (size_t)sweep->n_runs, err);
  }
  fcast_free(directory);
  fcast_free(training);
  fcast_free(test);
  fcast_free(models);
  return status;
}

fcast_status fcast_sweep_train(const fcast_sweep *sweep, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t point = 0; status == FCAST_OK && point < sweep->grid.n_points; point++) {
    char name[FCAST_GRID_NAME];
    fcast_grid_name(&sweep->grid, point, 0, name);
    fcast_say("sweep", "point %zu of %zu: %s", point + 1, sweep->grid.n_points, name);
    status = train_point(sweep, point, err);
    if (status != FCAST_OK) {
      return fcast_fail_in(err, status, name);
    }
    if (fcast_interrupt_signal() != 0) {
      status = fcast_fail(err, FCAST_E_INTERRUPTED,
                          "stopped by signal %d after %zu of %zu points; the same command "
                          "makes the rest",
                          fcast_interrupt_signal(), point + 1, sweep->grid.n_points);
    }
  }
  return status;
}

/* --- what comes of them --- */

static fcast_status collect_point(const fcast_sweep *sweep, size_t point, fcast_phase_run *runs,
                                  fcast_sweep_results *out, fcast_error *err) {
  const size_t n_frames = fcast_simulate_n_frames(&sweep->configs[point].simulate);
  const size_t first = (size_t)(sweep->discard * (double)n_frames);
  fcast_status status = FCAST_OK;
  out->n_frames[point] = n_frames - first;
  for (int64_t k = 0; status == FCAST_OK && k < sweep->n_runs; k++) {
    fcast_order_params order;
    status = read_order(sweep, (int64_t)point * sweep->n_runs + k, &order, err);
    if (status == FCAST_OK) {
      runs[k] = fcast_phase_of_run(order.polarization + first, n_frames - first);
    }
    fcast_order_params_clear(&order);
  }
  if (status == FCAST_OK) {
    out->phases[point] =
        fcast_phase_of_runs(runs, (size_t)sweep->n_runs, (double)sweep->configs[point].simulate.n_agents);
  }
  return status;
}

fcast_status fcast_sweep_collect(const fcast_sweep *sweep, fcast_sweep_results *out, fcast_error *err) {
  const size_t n_points = sweep->grid.n_points;
  *out = (fcast_sweep_results){0};
  fcast_phase_run *runs = fcast_alloc_array((size_t)sweep->n_runs, sizeof *runs);
  out->phases = fcast_alloc_array(n_points, sizeof *out->phases);
  out->n_frames = fcast_alloc_array(n_points, sizeof *out->n_frames);
  fcast_status status = runs == NULL || out->phases == NULL || out->n_frames == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu points", n_points)
                            : FCAST_OK;
  fcast_progress progress;
  fcast_progress_begin(&progress, "read order parameters", "points", n_points);
  for (size_t point = 0; status == FCAST_OK && point < n_points; point++) {
    status = collect_point(sweep, point, runs, out, err);
    fcast_progress_add(&progress, 1);
  }
  fcast_progress_end(&progress, false);
  if (status == FCAST_OK && sweep->with_forecast) {
    status = fcast_sweep_score(sweep, out, err);
  }
  fcast_free(runs);
  return status;
}

void fcast_sweep_results_clear(fcast_sweep_results *results) {
  fcast_free(results->phases);
  fcast_free(results->n_frames);
  fcast_free(results->r2);
  fcast_free(results->r2_persistence);
  fcast_free(results->r2_pod);
  fcast_free(results->model);
  *results = (fcast_sweep_results){0};
}
