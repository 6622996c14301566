/* SPDX-License-Identifier: MIT */
#include "cluster/plan.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Starting a job costs a tenth of a second to several seconds, so a task should work about a minute. */
static const double task_seconds = 60.0;

/* Forces on one agent in one step, without the vector instructions that a machine may lack. */
static double force_seconds(const fcast_simulate_options *simulate) {
  const fcast_force_options *forces = &simulate->forces;
  const double cutoff = forces->cutoff_factor * fmax(forces->repulsion_length, forces->attraction_length);
  const double share = fmin(1.0, 4.0 * cutoff * cutoff / (simulate->box_x * simulate->box_y));
  const double n_stages = simulate->model == FCAST_MODEL_DORSOGNA ? 4.0 : 1.0;
  return fcast_simulate_has_forces(simulate) ? n_stages * (1e-7 + 4e-9 * (double)simulate->n_agents * share) : 0.0;
}

double fcast_plan_run_seconds(const fcast_config *config, fcast_mode mode) {
  const fcast_simulate_options options = fcast_config_run_options(config, mode == FCAST_MODE_TEST, 0, 0);
  const fcast_simulate_options *simulate = &options;
  const double n_agents = (double)simulate->n_agents;
  const double neighbours =
      n_agents * fmin(1.0, 9.0 * simulate->radius * simulate->radius / (simulate->box_x * simulate->box_y));
  const double n_cells = (double)config->density.nx * (double)config->density.ny;
  const double kernel = 1.0 + 8.0 * config->density.bandwidth;
  const double step_seconds = n_agents * (5e-8 + 6e-10 * neighbours + force_seconds(simulate));
  const double frame_seconds = n_cells * (2e-10 * kernel + 2.5e-8) + 5e-8 * n_agents; /* most of it the disk */
  return 0.005 + (double)fcast_simulate_n_steps(simulate) * step_seconds +
         (double)fcast_simulate_n_frames(simulate) * frame_seconds;
}

int64_t fcast_plan_share(const fcast_config *config, double run_seconds, int64_t n_runs) {
  const double per_minute = config->cluster.runs_per_task > 0
                                ? (double)config->cluster.runs_per_task
                                : floor(task_seconds * (double)config->cluster.cpus / run_seconds);
  return (int64_t)fmin(fmax(per_minute, 1.0), (double)n_runs);
}

int64_t fcast_plan_runs_per_task(const fcast_config *config, fcast_mode mode) {
  return fcast_plan_share(config, fcast_plan_run_seconds(config, mode), fcast_ensemble_size(config, mode));
}

fcast_status fcast_plan_indices(const fcast_config *config, const bool *wanted, int64_t n_tasks, char **out,
                                fcast_error *err) {
  fcast_buffer indices = {0};
  char piece[64];
  *out = NULL;
  for (int64_t first = 0, last = 0; first < n_tasks; first = last + 1) {
    last = first;
    if (!wanted[first]) {
      continue;
    }
    while (last + 1 < n_tasks && wanted[last + 1]) {
      last++;
    }
    (void)snprintf(piece, sizeof piece, last > first ? "%s%" PRId64 "-%" PRId64 : "%s%" PRId64,
                   indices.n > 0 ? "," : "", first, last);
    fcast_buffer_put_text(&indices, piece);
  }
  if (indices.n == 0) {
    return FCAST_OK;
  }
  if (config->cluster.max_running > 0) {
    (void)snprintf(piece, sizeof piece, "%%%" PRId64, config->cluster.max_running);
    fcast_buffer_put_text(&indices, piece);
  }
  fcast_buffer_put(&indices, "", 1);
  if (indices.has_failed) {
    fcast_free(indices.bytes);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for an array of %" PRId64 " tasks", n_tasks);
  }
  *out = (char *)indices.bytes;
  return FCAST_OK;
}

fcast_status fcast_plan_array(const fcast_config *config, fcast_mode mode, const bool *wanted, int64_t first_task,
                              int64_t n_tasks, fcast_array_plan *out, fcast_error *err) {
  *out = (fcast_array_plan){
      .mode = mode, .runs_per_task = fcast_plan_runs_per_task(config, mode), .first_task = first_task};
  return fcast_plan_indices(config, wanted + first_task, n_tasks, &out->indices, err);
}

static uint32_t short_hash(const char *text) {
  uint32_t hash = 2166136261U; /* FNV-1a, 32 bits */
  for (; *text != '\0'; text++) {
    hash = (hash ^ (unsigned char)*text) * 16777619U;
  }
  return hash;
}

fcast_status fcast_submission_tag(const fcast_config *config, const char *oscar_dir, char tag[40], fcast_error *err) {
  char *yaml = fcast_config_yaml(config);
  if (yaml == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the configuration");
  }
  (void)snprintf(tag, 40, "fc-%08x-%08x", short_hash(oscar_dir), short_hash(yaml));
  fcast_free(yaml);
  return FCAST_OK;
}

/* --- scripts --- */

/* Put a printf-formatted line. */
#define PUT(to, ...)                                                                                                   \
  do {                                                                                                                 \
    char line[8192];                                                                                                   \
    const int length = snprintf(line, sizeof line, __VA_ARGS__);                                                       \
    (to)->has_failed |= length < 0 || (size_t)length >= sizeof line;                                                   \
    fcast_buffer_put_text((to), line);                                                                                 \
  } while (0)

/* A path between single quotes, safe for the shell whatever is in it. */
static void put_quoted(fcast_buffer *to, const char *path) {
  fcast_buffer_put_text(to, "'");
  for (; *path != '\0'; path++) {
    if (*path == '\'') {
      fcast_buffer_put_text(to, "'\\''");
    } else {
      fcast_buffer_put(to, path, 1);
    }
  }
  fcast_buffer_put_text(to, "'");
}

/* A line for each blank-separated word of `words`. */
static void put_words(fcast_buffer *to, const char *format, const char *words) {
  char word[FCAST_CONFIG_TEXT];
  while (*(words += strspn(words, " ")) != '\0') {
    const size_t length = strcspn(words, " ");
    (void)snprintf(word, sizeof word, "%.*s", (int)length, words);
    fcast_buffer_put_text(to, format);
    fcast_buffer_put_text(to, word);
    fcast_buffer_put_text(to, "\n");
    words += length;
  }
}

static void put_option(fcast_buffer *to, const char *name, const char *value) {
  if (value[0] != '\0') {
    PUT(to, "#SBATCH --%s=%s\n", name, value);
  }
}

/* What all jobs have in common. Logs are appended to: a requeued task must not wipe what it said before. */
static void put_head(fcast_buffer *to, const fcast_config *config, const fcast_submission *submission, const char *name,
                     const char *log_name) {
  PUT(to, "#!/bin/bash\n#SBATCH --job-name=%s-%s\n", submission->tag, name);
  PUT(to, "#SBATCH --output=\"%s/%s.out\"\n", submission->log_dir, log_name);
  PUT(to, "#SBATCH --error=\"%s/%s.err\"\n", submission->log_dir, log_name);
  PUT(to, "#SBATCH --open-mode=append\n#SBATCH --nodes=1\n#SBATCH --ntasks=1\n#SBATCH --requeue\n"
          "#SBATCH --signal=B:TERM@60\n");
  put_option(to, "partition", config->cluster.partition);
  put_option(to, "account", config->cluster.account);
  put_words(to, "#SBATCH ", config->cluster.extra);
}

static void put_body(fcast_buffer *to, const fcast_config *config) {
  PUT(to, "\nexport OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}\n");
  put_words(to, "module load ", config->cluster.modules);
}

static char *finish_script(fcast_buffer *to) {
  fcast_buffer_put(to, "", 1);
  if (to->has_failed) {
    fcast_free(to->bytes);
    return NULL;
  }
  return (char *)to->bytes;
}

/* An array job up to the program: `first` and `last` are the runs of a task, `n_runs` those of all tasks. */
static void put_array(fcast_buffer *to, const fcast_config *config, const fcast_submission *submission,
                      const char *kind, const fcast_array_plan *array, int64_t n_runs) {
  char name[96];
  char log_name[32];
  (void)snprintf(name, sizeof name, "%s-%" PRId64 "-%" PRId64, kind, array->runs_per_task, array->first_task);
  (void)snprintf(log_name, sizeof log_name, "%s_%%a", kind);
  put_head(to, config, submission, name, log_name);
  PUT(to, "#SBATCH --array=%s\n#SBATCH --cpus-per-task=%" PRId64 "\n", array->indices, config->cluster.cpus);
  put_option(to, "time", config->cluster.time);
  put_option(to, "mem", config->cluster.memory);
  put_body(to, config);
  PUT(to, "first=$(( (SLURM_ARRAY_TASK_ID + %" PRId64 ") * %" PRId64 " ))\n", array->first_task, array->runs_per_task);
  PUT(to, "last=$(( first + %" PRId64 " < %" PRId64 " ? first + %" PRId64 " : %" PRId64 " ))\n",
      array->runs_per_task - 1, n_runs - 1, array->runs_per_task - 1, n_runs - 1);
  fcast_buffer_put_text(to, "exec ");
}

char *fcast_plan_array_script(const fcast_config *config, const fcast_submission *submission,
                              const fcast_array_plan *array) {
  fcast_buffer to = {0};
  const char *mode = fcast_mode_name(array->mode);
  put_array(&to, config, submission, mode, array, fcast_ensemble_size(config, array->mode));
  put_quoted(&to, submission->program);
  PUT(&to, " simulate --mode %s --sim_id \"$first-$last\"%s --config ", mode,
      array->mode == FCAST_MODE_TEST ? " --compute_order_params" : "");
  put_quoted(&to, submission->config_path);
  fcast_buffer_put_text(&to, " --output_dir ");
  put_quoted(&to, submission->oscar_dir);
  PUT(&to, "/%s\n", array->mode == FCAST_MODE_TEST ? "test" : "training");
  return finish_script(&to);
}

/* A job that waits for arrays, up to the program. */
static void put_closing_job(fcast_buffer *to, const fcast_config *config, const fcast_submission *submission,
                            const char *name, const char *log_name, const char *dependency) {
  put_head(to, config, submission, name, log_name);
  PUT(to, "#SBATCH --cpus-per-task=%" PRId64 "\n", config->cluster.train_cpus);
  put_option(to, "time", config->cluster.train_time);
  put_option(to, "mem", config->cluster.train_memory);
  if (dependency != NULL) {
    PUT(to, "#SBATCH --dependency=afterok:%s\n#SBATCH --kill-on-invalid-dep=yes\n", dependency);
  }
  put_body(to, config);
  fcast_buffer_put_text(to, "exec ");
}

static void put_command(fcast_buffer *to, const char *const *words) {
  for (; *words != NULL; words++) {
    put_quoted(to, *words);
    fcast_buffer_put_text(to, words[1] != NULL ? " " : "");
  }
}

char *fcast_plan_sweep_script(const fcast_config *config, const fcast_submission *submission,
                              const fcast_array_plan *array, int64_t n_runs, const char *const *command) {
  fcast_buffer to = {0};
  put_array(&to, config, submission, "sweep", array, n_runs);
  put_command(&to, command);
  fcast_buffer_put_text(&to, " --part \"$first-$last\"\n");
  return finish_script(&to);
}

char *fcast_plan_table_script(const fcast_config *config, const fcast_submission *submission,
                              const char *const *command, const char *dependency) {
  fcast_buffer to = {0};
  put_closing_job(&to, config, submission, "table", "table", dependency);
  put_command(&to, command);
  fcast_buffer_put_text(&to, "\n");
  return finish_script(&to);
}

char *fcast_plan_train_script(const fcast_config *config, const fcast_submission *submission, const char *dependency) {
  fcast_buffer to = {0};
  put_closing_job(&to, config, submission, "model", "training", dependency);
  put_quoted(&to, submission->program);
  PUT(&to, " train --n_train %" PRId64 " --config ", config->ensemble.n_train);
  put_quoted(&to, submission->config_path);
  fcast_buffer_put_text(&to, " --train_dir ");
  put_quoted(&to, submission->oscar_dir);
  fcast_buffer_put_text(&to, "/training --output_dir ");
  put_quoted(&to, submission->oscar_dir);
  fcast_buffer_put_text(&to, "/models\n");
  return finish_script(&to);
}
