/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include "base/listen.h"
#include "cli/metrics_csv.h"
#include "io/run_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what a page can carry --- */

enum { MOST_FRAMES = 60, MOST_CELLS = 64, MOST_AGENTS = 200, MOST_BYTES = 6 << 20 };

/* How films are thinned out, and whose there are. */
typedef struct plan {
  size_t frame_step;                       /* every so many frames */
  size_t block;                            /* cells side by side that become one, their mean */
  size_t n_models;                         /* whose forecasts there are */
  fcast_model_kind models[FCAST_N_MODELS]; /* [n_models]: the one that is shown first */
  size_t n_films;
  size_t *runs; /* [n_films]: which runs, in their order */
} plan;

static size_t divide_up(size_t value, size_t by) {
  return (value + by - 1) / by;
}

static size_t film_bytes(const fcast_evaluation *evaluation, const plan *how) {
  const fcast_fields *truth = &evaluation->runs[0].truth;
  return (1 + how->n_models) * divide_up(truth->n_frames, how->frame_step) * divide_up(truth->nx, how->block) *
         divide_up(truth->ny, how->block);
}

/* By r2 of the model that is shown, the best first; forecasts that are no number last. */
typedef struct ranked {
  double r2;
  size_t run;
} ranked;

static int compare_ranked(const void *left, const void *right) {
  const ranked *a = left;
  const ranked *b = right;
  const double x = isnan(a->r2) ? -INFINITY : a->r2;
  const double y = isnan(b->r2) ? -INFINITY : b->r2;
  return x != y ? (x > y ? -1 : 1) : (a->run > b->run) - (a->run < b->run);
}

/* Mark the best, median and worst run of a type (NULL: of all). */
static void mark_type(const ranked *order, const fcast_evaluation *evaluation, const char *type, bool *is_wanted) {
  size_t n = 0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    n += type == NULL || strcmp(evaluation->runs[order[i].run].facts.ic_type, type) == 0;
  }
  for (size_t i = 0, rank = 0; i < evaluation->n_runs; i++) {
    if (type == NULL || strcmp(evaluation->runs[order[i].run].facts.ic_type, type) == 0) {
      is_wanted[order[i].run] = is_wanted[order[i].run] || rank == 0 || rank == n / 2 || rank == n - 1;
      rank++;
    }
  }
}

/* The runs to film: those that are looked for first, then evenly by rank until `n_most` are reached. */
static fcast_status choose_runs(const fcast_evaluation *evaluation, size_t n_most, plan *how, fcast_error *err) {
  const size_t n_runs = evaluation->n_runs;
  ranked *order = fcast_alloc_array(n_runs, sizeof *order);
  bool *is_wanted = fcast_alloc_array(n_runs, sizeof *is_wanted);
  how->runs = fcast_alloc_array(n_runs, sizeof *how->runs);
  if (order == NULL || is_wanted == NULL || how->runs == NULL) {
    fcast_free(order);
    fcast_free(is_wanted);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the films of %zu runs", n_runs);
  }
  for (size_t i = 0; i < n_runs; i++) {
    order[i] = (ranked){evaluation->runs[i].scores[evaluation->shown].r2, i};
  }
  qsort(order, n_runs, sizeof *order, compare_ranked);
  mark_type(order, evaluation, NULL, is_wanted);
  for (size_t type = 0; type < evaluation->n_types; type++) {
    mark_type(order, evaluation, evaluation->types[type], is_wanted);
  }
  for (size_t i = 0; i < n_most; i++) {
    is_wanted[order[i * n_runs / n_most].run] = true;
  }
  for (size_t i = 0; i < n_runs; i++) {
    if (is_wanted[i]) {
      how->runs[how->n_films++] = i;
    }
  }
  fcast_free(order);
  fcast_free(is_wanted);
  return FCAST_OK;
}

/* The model that is shown, then the others, the best kind first. */
static void list_models(const fcast_evaluation *evaluation, plan *how) {
  how->models[how->n_models++] = evaluation->shown;
  for (int model = FCAST_N_MODELS - 1; model >= 0; model--) {
    if (model != (int)evaluation->shown && fcast_evaluation_has(evaluation, (fcast_model_kind)model)) {
      how->models[how->n_models++] = (fcast_model_kind)model;
    }
  }
}

/* Everything where it fits; else the other models go first, then half the resolution, then runs. */
static fcast_status plan_films(const fcast_evaluation *evaluation, plan *how, fcast_error *err) {
  const fcast_fields *truth = &evaluation->runs[0].truth;
  const size_t longer = truth->nx > truth->ny ? truth->nx : truth->ny;
  *how = (plan){.frame_step = divide_up(truth->n_frames, MOST_FRAMES), .block = divide_up(longer, MOST_CELLS)};
  list_models(evaluation, how);
  while (how->n_models > 1 && film_bytes(evaluation, how) * evaluation->n_runs > MOST_BYTES) {
    how->n_models--;
  }
  if (film_bytes(evaluation, how) * evaluation->n_runs > MOST_BYTES) {
    how->block *= 2;
  }
  const size_t fitting = MOST_BYTES / film_bytes(evaluation, how);
  return choose_runs(evaluation, fitting < evaluation->n_runs ? fitting : evaluation->n_runs, how, err);
}

/* --- maps as bytes --- */

/* Bytes of a map: 0 to LEVELS are 0 to `top`, three more say what is not on that scale. */
enum { LEVELS = 250, ABOVE = 252, NEGATIVE = 253, NOT_FINITE = 254 };

static unsigned char byte_of(double value, double top) {
  const double level = LEVELS * value / top;
  return !isfinite(value)         ? NOT_FINITE
         : level < -0.02 * LEVELS ? NEGATIVE
         : level > LEVELS         ? ABOVE
                                  : (unsigned char)lround(fmax(level, 0.0));
}

/* Mean of one block of a frame. */
static double block_mean(const double *frame, size_t ny, size_t nx, size_t block, size_t row, size_t column) {
  double sum = 0.0;
  size_t n = 0;
  for (size_t y = row * block; y < (row + 1) * block && y < ny; y++) {
    for (size_t x = column * block; x < (column + 1) * block && x < nx; x++) {
      sum += frame[y * nx + x];
      n++;
    }
  }
  return sum / (double)n;
}

/* frames[n_frames, cell] from frame `first` on, every step-th. */
static json_t *maps_json(const double *frames, size_t first, size_t n_frames, const fcast_fields *grid, const plan *how,
                         double top) {
  const size_t nx = divide_up(grid->nx, how->block);
  const size_t ny = divide_up(grid->ny, how->block);
  const size_t n_kept = n_frames > first ? divide_up(n_frames - first, how->frame_step) : 0;
  unsigned char *bytes = fcast_alloc_array(n_kept * ny * nx, 1);
  json_t *out = NULL;
  for (size_t i = 0; bytes != NULL && i < n_kept * ny * nx; i++) {
    const double *frame = frames + (first + i / (ny * nx) * how->frame_step) * grid->ny * grid->nx;
    bytes[i] = byte_of(block_mean(frame, grid->ny, grid->nx, how->block, i / nx % ny, i % nx), top);
  }
  if (bytes != NULL) {
    out = fcast_page_bytes(bytes, n_kept * ny * nx, true);
  }
  fcast_free(bytes);
  return out;
}

/* --- agents as bytes: x and y as 16 bits of the box, little end first, and the direction as 8 bits of a turn --- */

enum { AGENT_BYTES = 5, ABSENT = 0xffff };

static unsigned place_of(double value, double box) {
  const double place = 65534.0 * value / box;
  return isfinite(place) && place >= 0.0 && place <= 65534.0 ? (unsigned)place : ABSENT;
}

static void put_agent(unsigned char *bytes, const double *position, const double *velocity, const double box[2]) {
  const double turn = atan2(velocity[1], velocity[0]) / 6.283185307179586;
  for (size_t k = 0; k < 2; k++) {
    const unsigned place = place_of(position[k], box[k]);
    bytes[2 * k] = (unsigned char)(place & 255);
    bytes[2 * k + 1] = (unsigned char)(place >> 8);
  }
  bytes[4] = (unsigned char)(isfinite(turn) ? lround(256.0 * (turn + 1.0)) & 255 : 0);
}

static json_t *agents_json(const fcast_tracks *tracks, const double box[2], const plan *how) {
  const size_t agent_step = divide_up(tracks->n_agents > 0 ? tracks->n_agents : 1, MOST_AGENTS);
  const size_t n_agents = divide_up(tracks->n_agents, agent_step);
  const size_t n_frames = divide_up(tracks->n_frames, how->frame_step);
  unsigned char *bytes = fcast_alloc_array(n_frames * n_agents, AGENT_BYTES);
  json_t *packed = NULL;
  for (size_t i = 0; bytes != NULL && i < n_frames * n_agents; i++) {
    const size_t at = i / n_agents * how->frame_step * tracks->n_agents + i % n_agents * agent_step;
    put_agent(bytes + AGENT_BYTES * i, tracks->positions + 2 * at, tracks->velocities + 2 * at, box);
  }
  if (bytes != NULL) {
    packed = fcast_page_bytes(bytes, n_frames * n_agents * AGENT_BYTES, true);
  }
  fcast_free(bytes);
  return json_pack("{s:I, s:I, s:o}", "n", (json_int_t)n_agents, "of", (json_int_t)tracks->n_agents, "bytes", packed);
}

/* --- one run --- */

/* What a film is made of. */
typedef struct footage {
  fcast_test_run run; /* a copy that owns rho; the rest is the evaluation's */
  double *predictions[FCAST_N_MODELS];
  fcast_tracks tracks;
  double box[2];
} footage;

static void footage_clear(footage *taken) {
  fcast_free(taken->run.truth.rho);
  for (int model = 0; model < FCAST_N_MODELS; model++) {
    fcast_free(taken->predictions[model]);
  }
  fcast_tracks_clear(&taken->tracks);
}

static fcast_status shoot(const fcast_evaluation *evaluation, size_t i_run, const plan *how, footage *taken,
                          fcast_error *err) {
  *taken = (footage){.run = evaluation->runs[i_run]};
  const fcast_fields *grid = &evaluation->runs[i_run].truth;
  taken->run.truth.rho = NULL;
  taken->box[0] = grid->x_edges[grid->nx] - grid->x_edges[0];
  taken->box[1] = grid->y_edges[grid->ny] - grid->y_edges[0];
  fcast_status status = fcast_run_read_tracks(taken->run.directory, taken->box[0], taken->box[1],
                                              taken->run.facts.boundary, &taken->tracks, err);
  for (size_t k = 0; status == FCAST_OK && k < how->n_models; k++) {
    const fcast_model_kind model = how->models[k];
    fcast_free(taken->run.truth.rho);
    taken->run.truth.rho = NULL;
    status = fcast_evaluation_predict(evaluation, model, &taken->run, &taken->predictions[model], err);
  }
  if (status == FCAST_OK && taken->tracks.n_frames != grid->n_frames) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/traj.npz: found %zu frames, expected %zu as in density.npz",
                        taken->run.directory, taken->tracks.n_frames, grid->n_frames);
  }
  return status;
}

static double largest_of(const double *values, size_t n) {
  double largest = 0.0;
  for (size_t i = 0; i < n; i++) {
    largest = fmax(largest, values[i]);
  }
  return largest > 0.0 ? largest : 1.0;
}

static json_t *film_json(const footage *taken, const plan *how) {
  const fcast_fields *grid = &taken->run.truth;
  const size_t n_known = taken->run.scores[FCAST_SPECIFIED].n_known;
  const double top = largest_of(grid->rho, grid->n_frames * grid->nx * grid->ny);
  /* The first forecast frame that is kept, counted from the first forecast. */
  const size_t first = divide_up(n_known, how->frame_step) * how->frame_step - n_known;
  json_t *models = json_object();
  bool is_whole = models != NULL;
  for (int model = 0; is_whole && model < FCAST_N_MODELS; model++) {
    if (taken->predictions[model] != NULL) {
      is_whole = json_object_set_new(
                     models, fcast_metrics_suffix((fcast_model_kind)model),
                     maps_json(taken->predictions[model], first, grid->n_frames - n_known, grid, how, top)) == 0;
    }
  }
  if (!is_whole) {
    json_decref(models);
    return NULL;
  }
  return json_pack("{s:I, s:I, s:I, s:I, s:f, s:o, s:o, s:o, s:o}", "nx", (json_int_t)divide_up(grid->nx, how->block),
                   "ny", (json_int_t)divide_up(grid->ny, how->block), "n_known",
                   (json_int_t)divide_up(n_known, how->frame_step), "n_frames",
                   (json_int_t)divide_up(grid->n_frames, how->frame_step), "top", top, "times",
                   fcast_page_numbers(grid->times, grid->n_frames, how->frame_step), "truth",
                   maps_json(grid->rho, 0, grid->n_frames, grid, how, top), "models", models, "agents",
                   agents_json(&taken->tracks, taken->box, how));
}

/* --- all of them --- */

static fcast_status make_films(const fcast_evaluation *evaluation, const plan *how, const fcast_listener *listener,
                               json_t **films, fcast_error *err) {
  fcast_status status = FCAST_OK;
  size_t n_done = 0;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < how->n_films; i++) {
    fcast_error film_error = {FCAST_OK, ""};
    footage taken;
    fcast_status film_status = shoot(evaluation, how->runs[i], how, &taken, &film_error);
    films[i] = film_status == FCAST_OK ? film_json(&taken, how) : NULL;
    if (film_status == FCAST_OK && films[i] == NULL) {
      film_status = fcast_fail(&film_error, FCAST_E_NOMEM, "%s: out of memory", taken.run.directory);
    }
    footage_clear(&taken);
    size_t n_now;
#pragma omp atomic capture
    n_now = ++n_done;
    fcast__tell(listener, (double)n_now / (double)how->n_films);
    if (film_status != FCAST_OK) {
#pragma omp critical(fcast_page_failure)
      {
        status = film_status;
        *err = film_error;
      }
    }
  }
  return status;
}

json_t *fcast_page_films(const fcast_evaluation *evaluation, const fcast_listener *listener, fcast_error *err) {
  plan how = {0};
  json_t *out = NULL;
  fcast_status status = plan_films(evaluation, &how, err);
  json_t **films = fcast_alloc_array(evaluation->n_runs, sizeof *films);
  if (status == FCAST_OK && films != NULL) {
    status = make_films(evaluation, &how, listener, films, err);
    out = json_object();
  }
  for (size_t i = 0; films != NULL && i < how.n_films; i++) {
    /* Names of runs are those of directories: no two are equal. */
    if (status != FCAST_OK) {
      json_decref(films[i]);
    } else if (json_object_set_new(out, evaluation->runs[how.runs[i]].facts.run_name, films[i]) != 0) {
      status = FCAST_E_NOMEM;
    }
  }
  if (status != FCAST_OK) {
    json_decref(out);
    out = NULL;
  }
  fcast_free(films);
  fcast_free(how.runs);
  return out;
}
