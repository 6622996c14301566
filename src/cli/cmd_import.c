/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/import.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/provenance.h"
#include "io/run_files.h"

#include "base/text.h"
#include "flockcast/density.h"
#include "flockcast/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_WINDOW = 40, MAX_FRAMES = 1000000 };

/* --- writing runs --- */

typedef struct import_job {
  const fcast_import_options *options;
  const fcast_recordings *recordings;
  const fcast_import_plan *plan;
  fcast_config config;
  char config_hash[17];
} import_job;

/* What a recording says of itself in the files: the box and the density, but nothing about a law of motion. */
static json_t *recorded_config(const fcast_config *config) {
  static const char *const unknown[] = {"model", "params", "noise", "forces", "initial"};
  json_t *all = fcast_config_json(config);
  for (size_t i = 0; all != NULL && i < sizeof unknown / sizeof unknown[0]; i++) {
    (void)json_object_del(all, unknown[i]);
  }
  return all;
}

static json_t *source_json(const import_job *job, const fcast_window *window) {
  const fcast_recording *recording = &job->recordings->list[window->recording];
  return json_pack("{s:s, s:I, s:f, s:I, s:f, s:f, s:f, s:I, s:b}", "file", recording->path, "first_frame",
                   (json_int_t)window->first, "first_time", recording->tracks.times[window->first], "every",
                   (json_int_t)job->options->every, "scale", job->options->scale, "origin_x", job->plan->origin[0],
                   "origin_y", job->plan->origin[1], "max_gap", (json_int_t)job->options->max_gap, "has_velocities",
                   (int)recording->has_velocities);
}

static json_t *run_metadata(const import_job *job, const fcast_member *member, const fcast_window *window,
                            bool comes_and_goes, json_t *config, double start_wall, double start_monotonic) {
  return json_pack("{s:s, s:I, s:s, s:s, s:s, s:b, s:b, s:o, s:O, s:o}", "run_name", member->run_name, "sim_id",
                   (json_int_t)member->sim_id, "ic_type", "recorded", "mode", fcast_mode_name(member->mode),
                   "config_hash", job->config_hash, "order_params", 1, "agents_come_and_go", (int)comes_and_goes,
                   "source", source_json(job, window), "config", config, "provenance",
                   fcast_provenance_json(start_wall, start_monotonic));
}

static bool comes_and_goes(const fcast_tracks *tracks) {
  for (size_t k = 0; k < tracks->n_frames; k++) {
    if (fcast_tracks_n_present(tracks, k) < tracks->n_agents) {
      return true;
    }
  }
  return false;
}

/* Everything of one run, on its way to the files. */
typedef struct run_content {
  fcast_tracks tracks;
  fcast_fields fields;
  fcast_order_params order;
} run_content;

static fcast_status put_run(const import_job *job, const fcast_window *window, const run_content *content,
                            double start_wall, double start_monotonic, fcast_error *err) {
  fcast_member member;
  const char *folder = window->mode == FCAST_MODE_TRAIN ? "training" : "test";
  fcast_status status = fcast_ensemble_member(&job->config, window->mode, window->sim_id, &member, err);
  if (status != FCAST_OK) {
    return status;
  }
  char *directory = fcast_format("%s/%s/%s", job->options->output_dir, folder, member.run_name);
  json_t *config = recorded_config(&job->config);
  json_t *metadata = config == NULL ? NULL
                                    : run_metadata(job, &member, window, comes_and_goes(&content->tracks), config,
                                                   start_wall, start_monotonic);
  status = directory == NULL || metadata == NULL
               ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", member.run_name)
               : fcast_run_write(directory, job->config.output, &content->tracks, &content->fields, &content->order,
                                 config, metadata, err);
  json_decref(metadata);
  json_decref(config);
  fcast_free(directory);
  return status;
}

static fcast_status write_run(const import_job *job, const fcast_window *window, fcast_error *err) {
  const double start_wall = fcast_clock_wall();
  const double start_monotonic = fcast_clock_monotonic();
  const fcast_recording *recording = &job->recordings->list[window->recording];
  const fcast_domain domain = job->plan->domain;
  const size_t every = job->options->every;
  const size_t n_frames = job->options->window > 0 ? job->options->window
                                                   : (recording->tracks.n_frames - window->first + every - 1) / every;
  run_content content = {0};
  fcast_status status =
      fcast_recording_window(&recording->tracks, window->first, every, n_frames, &content.tracks, err);
  if (status == FCAST_OK) {
    status = fcast_density_estimate(&content.tracks, &job->config.density, &content.fields, err);
  }
  if (status == FCAST_OK) {
    status = fcast_order_params_compute(&content.tracks, domain.x, domain.y, domain.boundary, &content.order, err);
  }
  if (status == FCAST_OK) {
    status = put_run(job, window, &content, start_wall, start_monotonic, err);
  }
  fcast_order_params_clear(&content.order);
  fcast_fields_clear(&content.fields);
  fcast_tracks_clear(&content.tracks);
  return status;
}

static fcast_status write_runs(const import_job *job, fcast_error *err) {
  fcast_progress progress;
  fcast_status status = FCAST_OK;
  fcast_progress_begin(&progress, "write runs", "runs", job->plan->n_windows);
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < job->plan->n_windows; i++) {
    fcast_status seen;
    fcast_error run_error = {FCAST_OK, ""};
#pragma omp atomic read
    seen = status;
    const fcast_status run_status = seen == FCAST_OK ? write_run(job, &job->plan->windows[i], &run_error) : FCAST_OK;
    fcast_progress_add(&progress, 1);
#pragma omp critical(fcast_import_failure)
    if (run_status != FCAST_OK && status == FCAST_OK) {
      *err = run_error;
#pragma omp atomic write
      status = run_status;
    }
  }
  fcast_progress_end(&progress, status == FCAST_OK);
  return status;
}

/* --- the configuration of the runs --- */

/* What the recording is; speed 0: nothing is simulated, so no step is too long. */
static fcast_status configure(const fcast_config *given, const fcast_import_plan *plan, import_job *job,
                              fcast_error *err) {
  fcast_config *config = &job->config;
  *config = *given;
  config->simulate.n_agents = (int64_t)plan->most_present;
  config->simulate.box_x = plan->domain.x;
  config->simulate.box_y = plan->domain.y;
  config->simulate.boundary = plan->domain.boundary;
  config->simulate.dt = plan->frame_interval;
  config->simulate.total_time = plan->frame_interval * (double)(plan->n_frames - 1);
  config->simulate.save_every = 1;
  config->simulate.speed = 0.0;
  config->ensemble.n_train = (int64_t)plan->n_runs[FCAST_MODE_TRAIN];
  config->ensemble.m_test = (int64_t)plan->n_runs[FCAST_MODE_TEST];
  config->ensemble.train_seed = 0;
  config->ensemble.test_seed = config->ensemble.n_train;
  config->ensemble.keep_density = true;
  const fcast_status status = fcast_config_check(config, err);
  return status == FCAST_OK ? fcast_config_fingerprint(config, job->config_hash, err) : status;
}

/* --- one import in a directory --- */

/* What an import is of: the same command on the same data gives the same. */
static json_t *import_json(const import_job *job) {
  const fcast_import_options *options = job->options;
  double sum = 0.0; /* of all positions that are there */
  for (size_t r = 0; r < job->recordings->n; r++) {
    const fcast_tracks *tracks = &job->recordings->list[r].tracks;
    for (size_t i = 0; i < 2 * tracks->n_frames * tracks->n_agents; i++) {
      sum += isfinite(tracks->positions[i]) ? tracks->positions[i] : 0.0;
    }
  }
  char sum_text[32]; /* a number might be rounded on its way through a file */
  (void)snprintf(sum_text, sizeof sum_text, "%.15g", sum);
  return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "source", options->source, "config_hash",
                   job->config_hash, "sum_of_positions", sum_text, "n_train", (json_int_t)job->plan->n_runs[0],
                   "m_test", (json_int_t)job->plan->n_runs[1], "every", (json_int_t)options->every, "window",
                   (json_int_t)options->window, "max_gap", (json_int_t)options->max_gap, "velocity_frames",
                   (json_int_t)options->velocity_width);
}

static fcast_status look_for_runs(const char *output_dir, bool *any, fcast_error *err) {
  static const char *const folders[] = {"training", "test", "models"};
  fcast_status status = FCAST_OK;
  *any = false;
  for (size_t i = 0; status == FCAST_OK && i < sizeof folders / sizeof folders[0]; i++) {
    fcast_path_kind kind = FCAST_PATH_NOTHING;
    status = fcast_path_look_in(output_dir, folders[i], &kind, err);
    *any = *any || kind != FCAST_PATH_NOTHING;
  }
  return status;
}

/* Runs of another import must not be mixed with these; those of the same one, stopped before its end, are made again.
 * Leaves import.json. */
static fcast_status claim_directory(const import_job *job, fcast_error *err) {
  const char *output_dir = job->options->output_dir;
  bool has_runs = false;
  fcast_error ignored;
  json_t *before = NULL;
  json_t *now = import_json(job);
  char *path = fcast_format("%s/import.json", output_dir);
  fcast_status status = path == NULL || now == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir)
                                                    : look_for_runs(output_dir, &has_runs, err);
  if (status == FCAST_OK && has_runs) {
    const bool is_same = fcast_json_read(path, &before, &ignored) == FCAST_OK && json_equal(before, now);
    status = is_same ? FCAST_OK
                     : fcast_fail(err, FCAST_E_ARG,
                                  "--output_dir: found runs in %s that are not of this import, expected a directory "
                                  "without runs",
                                  output_dir);
  }
  if (status == FCAST_OK) {
    status = fcast_stage_write_config(&job->config, output_dir, err);
  }
  if (status == FCAST_OK) {
    status = fcast_json_write(path, now, err);
  }
  json_decref(before);
  json_decref(now);
  fcast_free(path);
  return status;
}

/* The kernel is round in cells: where they are far from square, it is not round in the box. */
static void advise_cells(const fcast_density_options *cells, double box_x, double box_y) {
  enum { PERCENT = 150 };
  const double width = box_x / (double)cells->nx;
  const double height = box_y / (double)cells->ny;
  const double larger = fmax(width, height);
  if (100.0 * larger > PERCENT * fmin(width, height)) {
    printf(
        "These cells, and the kernel with them, are longer one way; --set density.nx=%.0f --set density.ny=%.0f makes "
        "them square.\n",
        fmax(1.0, round(box_x / larger)), fmax(1.0, round(box_y / larger)));
  }
}

static void report(const import_job *job) {
  const fcast_import_plan *plan = job->plan;
  const fcast_import_counts *counts = &plan->counts;
  const char *dir = job->options->output_dir;
  size_t n_agents = 0;
  for (size_t i = 0; i < job->recordings->n; i++) {
    n_agents += job->recordings->list[i].tracks.n_agents;
  }
  printf("%zu tracks in a box of %.6g x %.6g (%s), a frame every %.6g time units\n", n_agents, plan->domain.x,
         plan->domain.y, plan->domain.boundary == FCAST_PERIODIC ? "periodic" : "walls", plan->frame_interval);
  printf("there at once: %zu to %zu, mean %.4g\n", plan->fewest_present, plan->most_present, plan->mean_present);
  printf("positions filled in gaps: %zu; %s: %zu outside the box; taken out: %zu without a neighbour in time\n",
         counts->n_filled, plan->domain.boundary == FCAST_PERIODIC ? "wrapped" : "taken out", counts->n_outside,
         counts->n_single);
  printf("left out: %zu windows with nobody in a frame, %zu frames at the end that fill no window\n",
         counts->n_left_out, counts->n_rest);
  printf("densities: %lld x %lld cells of %.3g x %.3g, a kernel of %.3g cells\n", (long long)job->config.density.nx,
         (long long)job->config.density.ny, plan->domain.x / (double)job->config.density.nx,
         plan->domain.y / (double)job->config.density.ny, job->config.density.bandwidth);
  advise_cells(&job->config.density, plan->domain.x, plan->domain.y);
  printf("%zu training and %zu test runs of up to %zu frames: %s\n", plan->n_runs[FCAST_MODE_TRAIN],
         plan->n_runs[FCAST_MODE_TEST], plan->n_frames, dir);
  printf("Next:  flockcast train --train_dir %s/training --output_dir %s/models\n"
         "       flockcast local --oscar_dir %s\n",
         dir, dir, dir);
}

/* Read, and say in how long: a table may have millions of lines. */
static fcast_status read(const fcast_import_options *options, fcast_recordings *out, fcast_error *err) {
  const double start = fcast_clock_monotonic();
  fcast_progress progress;
  fcast_import_options told = *options;
  told.listener = (fcast_listener){fcast_progress_share, &progress};
  fcast_say("read", "%s", options->source);
  fcast_progress_begin(&progress, "read", options->source, 0);
  const fcast_status status = fcast_recordings_read(&told, out, err);
  fcast_progress_end(&progress, false);
  size_t n_frames = 0;
  for (size_t i = 0; status == FCAST_OK && i < out->n; i++) {
    n_frames += out->list[i].tracks.n_frames;
  }
  if (status == FCAST_OK) {
    fcast_say("", "%zu frames in %.2f s", n_frames, fcast_clock_monotonic() - start);
  }
  return status;
}

static void explain_plan(const fcast_import_options *options, const fcast_recordings *recordings,
                         const fcast_import_plan *plan) {
  const fcast_recording *first = &recordings->list[0];
  fcast_explain("box", "%.6g x %.6g, %s", plan->domain.x, plan->domain.y,
                options->has_box ? "as --box says" : (first->has_box ? "as the file says" : "all that was seen"));
  fcast_explain("velocities", first->has_velocities ? "of the file" : "differences over --velocity_frames");
  fcast_explain("windows",
                "%zu of up to %zu frames that do not overlap; the first ones train, the last --test_share "
                "of them test",
                plan->n_windows, plan->n_frames);
}

static fcast_status import(const fcast_arguments *arguments, const fcast_import_options *options, fcast_error *err) {
  fcast_recordings recordings = {0};
  fcast_import_plan plan = {0};
  import_job job = {.options = options, .recordings = &recordings, .plan = &plan};
  fcast_status status = read(options, &recordings, err);
  if (status == FCAST_OK) {
    status = fcast_import_plan_create(options, &recordings, &plan, err);
  }
  if (status == FCAST_OK) {
    explain_plan(options, &recordings, &plan);
    status = configure(&arguments->config, &plan, &job, err);
  }
  if (status == FCAST_OK) {
    status = claim_directory(&job, err);
  }
  if (status == FCAST_OK) {
    status = write_runs(&job, err);
  }
  if (status == FCAST_OK) {
    report(&job);
  }
  fcast_import_plan_clear(&plan);
  fcast_recordings_clear(&recordings);
  return status;
}

/* --- the command line --- */

static fcast_status read_count(const fcast_arguments *arguments, const char *name, int64_t least, size_t *out,
                               fcast_error *err) {
  const char *text = fcast_argument(arguments, name);
  int64_t value = 0;
  if (text != NULL && (!fcast_parse_int64(text, &value) || value < least || value > MAX_FRAMES)) {
    return fcast_fail(err, FCAST_E_ARG, "--%s: found '%s', expected an integer from %lld to %d", name, text,
                      (long long)least, MAX_FRAMES);
  }
  *out = (size_t)value;
  return FCAST_OK;
}

static fcast_status read_positive(const fcast_arguments *arguments, const char *name, double *out, fcast_error *err) {
  const char *text = fcast_argument(arguments, name);
  *out = 0.0;
  return text != NULL && (!fcast_parse_double(text, out) || !(*out > 0.0))
             ? fcast_fail(err, FCAST_E_ARG, "--%s: found '%s', expected a number above 0", name, text)
             : FCAST_OK;
}

static fcast_status read_box(const fcast_arguments *arguments, fcast_import_options *out, fcast_error *err) {
  const char *text = fcast_argument(arguments, "box");
  const char *next = text;
  bool is_good = true;
  out->has_box = text != NULL;
  for (size_t i = 0; text != NULL && i < 4; i++) {
    char number[64];
    const size_t length = strcspn(next, ",");
    is_good = is_good && length < sizeof number && (next[length] == ',') == (i < 3);
    (void)snprintf(number, sizeof number, "%.*s", (int)length, next);
    is_good = is_good && fcast_parse_double(number, &out->box[i]);
    next += length + (next[length] == ',');
  }
  return is_good && (text == NULL || (out->box[0] < out->box[1] && out->box[2] < out->box[3]))
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_ARG, "--box: found '%s', expected xmin,xmax,ymin,ymax in length units", text);
}

static fcast_status read_boundary(const fcast_arguments *arguments, fcast_import_options *out, fcast_error *err) {
  const char *text = fcast_argument(arguments, "bc");
  out->has_boundary = text != NULL;
  out->boundary = text != NULL && strcmp(text, "periodic") == 0 ? FCAST_PERIODIC : FCAST_REFLECTING;
  return text == NULL || strcmp(text, "periodic") == 0 || strcmp(text, "reflecting") == 0
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_ARG, "--bc: found '%s', expected periodic or reflecting", text);
}

static fcast_status read_frames(const fcast_arguments *arguments, fcast_import_options *out, fcast_error *err) {
  const char *text = fcast_argument(arguments, "frames");
  const char *share = fcast_argument(arguments, "test_share");
  fcast_error why = {FCAST_OK, ""};
  out->has_frames = text != NULL;
  if (text != NULL && fcast_ensemble_range(text, &out->first_frame, &out->last_frame, &why) != FCAST_OK) {
    return fcast_fail(err, FCAST_E_ARG, "--frames: found '%s', expected N-M with 0 <= N <= M", text);
  }
  return fcast_parse_double(share, &out->test_share) && out->test_share > 0.0 && out->test_share < 1.0
             ? FCAST_OK
             : fcast_fail(err, FCAST_E_ARG, "--test_share: found '%s', expected a share between 0 and 1", share);
}

static fcast_status read_options(const fcast_arguments *arguments, fcast_import_options *out, fcast_error *err) {
  const char *columns = fcast_argument(arguments, "columns");
  *out = (fcast_import_options){.source = arguments->operand[0], .output_dir = fcast_argument(arguments, "output_dir")};
  fcast_status status = columns != NULL ? fcast_columns_parse(columns, &out->columns, err) : FCAST_OK;
  if (status == FCAST_OK) {
    status = read_positive(arguments, "scale", &out->scale, err);
  }
  if (status == FCAST_OK) {
    status = read_positive(arguments, "fps", &out->frames_per_second, err);
  }
  if (status == FCAST_OK) {
    status = read_box(arguments, out, err);
  }
  if (status == FCAST_OK) {
    status = read_boundary(arguments, out, err);
  }
  if (status == FCAST_OK) {
    status = read_frames(arguments, out, err);
  }
  const struct {
    const char *name;
    int64_t least;
    size_t *value;
  } counts[] = {{"skip_lines", 0, &out->n_skipped},
                {"max_gap", 0, &out->max_gap},
                {"velocity_frames", 1, &out->velocity_width},
                {"every", 1, &out->every},
                {"window", 2, &out->window}};
  for (size_t i = 0; status == FCAST_OK && i < sizeof counts / sizeof counts[0]; i++) {
    status = read_count(arguments, counts[i].name, counts[i].least, counts[i].value, err);
  }
  if (status == FCAST_OK && out->window == 0 && !fcast_directory_exists(out->source)) {
    out->window = DEFAULT_WINDOW;
  }
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  fcast_import_options options;
  const fcast_status status = read_options(arguments, &options, err);
  return status == FCAST_OK ? import(arguments, &options, err) : status;
}

static const fcast_option options_table[] = {
    {"columns", "NAMES", "of a table, in order: id, frame, x, y, vx, vy, and z or - for one to leave out", NULL, false},
    {"skip_lines", "N", "lines at the start of a table to leave out", "0", false},
    {"scale", "FACTOR", "length units per unit of the file, 0.01 for centimetres to metres", "1", false},
    {"fps", "RATE", "frames in a time unit, as the file counts frames; an NPZ file with times needs none", NULL, false},
    {"frames", "N-M", "only these frames of a table", NULL, false},
    {"box", "X0,X1,Y0,Y1", "the box, length units; not given: what the file says, else all that was seen", NULL, false},
    {"bc", "periodic|reflecting", "reflecting: walls; not given: what the file says, else walls", NULL, false},
    {"max_gap", "FRAMES", "fill gaps of at most so many frames; longer ones are absence", "0", false},
    {"velocity_frames", "N", "velocities over N frames to either side, where there are none", "1", false},
    {"every", "N", "take every N-th frame into the runs", "1", false},
    {"window", "FRAMES", "frames of a run; not given: 40, or the whole run of a tree", NULL, false},
    {"test_share", "SHARE", "share of the windows, the last ones, that are test runs", "0.2", false},
    {"output_dir", "DIR", "where training/, test/ and config.yml go", NULL, true},
    {NULL, NULL, NULL, NULL, false},
};

static const fcast_note examples[] = {
    {"flockcast import people.txt --columns id,frame,x,y,z --scale 0.01 --fps 16 --output_dir people",
     "a table in centimetres, 16 frames a second"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/training/, DIR/test/", "the runs"},
    {"DIR/config.yml", "box, frame interval and numbers of runs"},
    {"DIR/import.json", "what was imported"},
    {NULL, NULL},
};

static const char *const see_also[] = {"train", "order", "local", NULL};

const fcast_command fcast_command_import = {
    .name = "import",
    .summary = "your own trajectories as runs: tables, NPZ files, trees of older scripts",
    .operands = "FILE|DIR",
    .min_operands = 1,
    .max_operands = 1,
    .about = "Reads a table (CSV or white space), an NPZ file with positions (frames, agents, 2), or a tree of runs "
             "with traj.npz, and\n"
             "writes training and test runs as simulate does, so that train, local, check and order work. Agents may "
             "come and go. A\n"
             "long recording is cut into windows of --window frames that do not overlap; training windows are before "
             "test windows.\n"
             "The grid of the densities is that of --set density.nx, density.ny and density.bandwidth.",
    .options = options_table,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
