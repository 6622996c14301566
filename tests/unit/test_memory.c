/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out: every function of the library that allocates, with small inputs, its first allocation failing,
 * then its second, until it succeeds. Each time an error with one line of text, nothing leaked, nothing crashed.
 *
 * malloc and its kin are defined here and so stand before those of libc for all libraries of the process. Calls of the
 * program, libzip, jansson, libyaml and libc fail; those of OpenMP and BLAS do not, since they end the process where
 * memory is short. With FCAST_TABLE set the counts are printed as in docs/reliability.md.
 */
#define _GNU_SOURCE /* RTLD_NEXT, dladdr */
#include "field.h"
#include "scratch.h"

#include "cluster/ensemble.h"
#include "flockcast/flockcast.h"
#include "flockcast/recording.h"
#include "io/config.h"
#include "io/field_file.h"
#include "io/file.h"
#include "io/json_file.h"
#include "io/latent_files.h"
#include "io/limit_file.h"
#include "io/model_files.h"
#include "io/npz.h"
#include "io/pickle.h"
#include "io/provenance.h"
#include "io/run_check.h"
#include "io/run_files.h"
#include "io/sightings.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- memory --- */

enum { MAX_LIVE = 1 << 14, BOOT_BYTES = 1 << 14 };

typedef enum caller_kind { CALLER_OTHER, CALLER_OWN, CALLER_LIBC, CALLER_LIBRARY, N_CALLER_KINDS } caller_kind;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_armed;
static size_t n_calls, fail_at;
/* What was allocated while armed and is not free yet. */
static struct {
  void *memory;
  caller_kind kind;
} live[MAX_LIVE];
static size_t n_live[N_CALLER_KINDS];
static caller_kind failed_kind; /* whose call it was that failed */

/* Whose calls may fail: those of the program itself, which libc's are too, and of three libraries. */
static caller_kind kind_of(const void *caller) {
  static const struct {
    const char *name;
    caller_kind kind;
  } known[] = {{"test_memory", CALLER_OWN},
               {"libc.", CALLER_LIBC},
               {"libzip.", CALLER_LIBRARY},
               {"libjansson.", CALLER_LIBRARY},
               {"libyaml", CALLER_LIBRARY}};
  Dl_info where;
  if (dladdr(caller, &where) == 0 || where.dli_fname == NULL) {
    return CALLER_OTHER;
  }
  const char *slash = strrchr(where.dli_fname, '/');
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strncmp(slash == NULL ? where.dli_fname : slash + 1, known[i].name, strlen(known[i].name)) == 0) {
      return known[i].kind;
    }
  }
  return CALLER_OTHER;
}

/* Whether this call fails; if not, it is counted under `kind` until it is freed. */
static bool has_failed(const void *caller, caller_kind *found) {
  const caller_kind kind = is_armed ? kind_of(caller) : CALLER_OTHER;
  *found = kind;
  if (kind == CALLER_OTHER) {
    return false;
  }
  (void)pthread_mutex_lock(&lock);
  const bool fails = ++n_calls == fail_at;
  failed_kind = fails ? kind : failed_kind;
  (void)pthread_mutex_unlock(&lock);
  return fails;
}

static void *keep(void *memory, caller_kind kind) {
  if (kind == CALLER_OTHER || memory == NULL) {
    return memory;
  }
  (void)pthread_mutex_lock(&lock);
  size_t at = (size_t)memory / 16 % MAX_LIVE;
  for (size_t i = 0; i < MAX_LIVE && live[at].memory != NULL; i++) {
    at = (at + 1) % MAX_LIVE;
  }
  live[at].memory = memory;
  live[at].kind = kind;
  n_live[kind]++;
  (void)pthread_mutex_unlock(&lock);
  return memory;
}

static void forget(void *memory) {
  if (memory == NULL || n_live[CALLER_OWN] + n_live[CALLER_LIBC] + n_live[CALLER_LIBRARY] == 0) {
    return;
  }
  (void)pthread_mutex_lock(&lock);
  for (size_t i = 0, at = (size_t)memory / 16; i < MAX_LIVE; i++, at++) {
    if (live[at % MAX_LIVE].memory == memory) {
      live[at % MAX_LIVE].memory = NULL;
      n_live[live[at % MAX_LIVE].kind]--;
      break;
    }
  }
  (void)pthread_mutex_unlock(&lock);
}

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

FCAST_API void *malloc(size_t n) {
  static __typeof__(&malloc) real;
  caller_kind kind;
  real = real == NULL ? REAL(malloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  return keep(real(n), kind);
}

/* dlsym itself may ask for this before it can be found. */
FCAST_API void *calloc(size_t n, size_t size) {
  static __typeof__(&calloc) real;
  static bool is_looking;
  static char boot[BOOT_BYTES];
  static size_t n_boot;
  caller_kind kind;
  if (real == NULL && is_looking) {
    char *memory = boot + n_boot;
    n_boot += (n * size + 15) / 16 * 16;
    return memory;
  }
  is_looking = true;
  real = real == NULL ? REAL(calloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  return keep(real(n, size), kind);
}

FCAST_API void *realloc(void *memory, size_t n) {
  static __typeof__(&realloc) real;
  caller_kind kind;
  real = real == NULL ? REAL(realloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  forget(memory);
  return keep(real(memory, n), kind);
}

FCAST_API void *aligned_alloc(size_t alignment, size_t n) {
  static __typeof__(&aligned_alloc) real;
  caller_kind kind;
  real = real == NULL ? REAL(aligned_alloc) : real;
  if (has_failed(__builtin_return_address(0), &kind)) {
    errno = ENOMEM;
    return NULL;
  }
  return keep(real(alignment, n), kind);
}

FCAST_API void free(void *memory) {
  static __typeof__(&free) real;
  real = real == NULL ? REAL(free) : real;
  forget(memory);
  real(memory);
}

/* --- small inputs, made once --- */

enum { N_FRAMES = 12, N_SPACE = 16, N_RUNS = 2, LAG = 2 };

static char directory[SCRATCH_PATH];
static char run_directory[SCRATCH_PATH];
static fcast_config config;
static fcast_tracks tracks;
static fcast_fields fields;
static fcast_order_params order;
static fcast_pod pod;
static fcast_mvar mvar;
static fcast_chosen chosen_pod, chosen_fourier; /* of density and momentum */
static fcast_selection selection;               /* prepared */
static fcast_shell_sums sums;
static fcast_field_model field; /* of `tracks`, with forces */
static fcast_field_plan *field_plan;
static field_runs few_runs;
static json_t *config_json, *metadata;
static unsigned char *pickle;
static size_t n_pickle;
static double series[N_RUNS * N_FRAMES * N_SPACE];
static size_t n_frames[N_RUNS] = {N_FRAMES, N_FRAMES};

static fcast_series_source source_of(size_t width, size_t n_runs) {
  static fcast_memory_series held;
  held = (fcast_memory_series){.values = series, .n_frames = n_frames, .width = width};
  return fcast_memory_source(&held, n_runs);
}

/* Frames of density and momentum of which every fold has some: runs of the same series. */
enum { N_MOMENTS = 1, N_GIVEN = 1 + 2 * N_MOMENTS, N_MANY = 6, N_FEW_FRAMES = 6 };

static fcast_series_source many_runs(size_t n_fields) {
  static double values[N_MANY * N_FEW_FRAMES * N_GIVEN * N_SPACE];
  static size_t lengths[N_MANY];
  static fcast_memory_series held;
  uint64_t random = 8;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    values[i] = test_uniform(&random);
  }
  for (size_t run = 0; run < N_MANY; run++) {
    lengths[run] = N_FEW_FRAMES;
  }
  held = (fcast_memory_series){.values = values, .n_frames = lengths, .width = n_fields * N_SPACE};
  return fcast_memory_source(&held, N_MANY);
}

static const double alphas[] = {1.0};
static const fcast_search_space space = {.n_known = LAG, .largest_moments = N_MOMENTS, .n_alphas = 1, .alphas = alphas};

static const char *path_of(const char *name) {
  static char path[SCRATCH_PATH];
  return scratch_path(directory, name, path);
}

/* The density itself from frame LAG on: what no noise would leave. */
static fcast_limit make_limit(void) {
  return (fcast_limit){.n_members = 1,
                       .n_known = LAG,
                       .n_frames = N_FRAMES - LAG,
                       .ny = fields.ny,
                       .nx = fields.nx,
                       .rho = fields.rho + LAG * N_SPACE,
                       .times = fields.times + LAG};
}

static const char *second_path_of(const char *name) {
  static char path[SCRATCH_PATH];
  return scratch_path(directory, name, path);
}

/* A chosen model of each basis, of density and momentum, and the search it may come from. */
static void make_chosen(void) {
  fcast_error err = {FCAST_OK, ""};
  const fcast_series_source given = many_runs(N_GIVEN);
  fcast_state *of_pod = &chosen_pod.model.state;
  fcast_state *of_fourier = &chosen_fourier.model.state;
  check_ok(fcast_selection_create(given.n_frames, N_MANY, LAG, &selection, &err), &err);
  check_ok(fcast_fourier_create(4, 4, 15.0, 15.0, 0.0, &of_fourier->fourier, &err), &err);
  check_ok(fcast_shell_sums_collect(&given, N_MOMENTS, &of_fourier->fourier, pod.mean, LAG, &selection, &sums, &err),
           &err);
  check_ok(fcast_selection_create(given.n_frames, N_MANY, LAG, &chosen_fourier.selection, &err), &err);
  check_ok(fcast_search_fourier(&sums, &of_fourier->fourier, &space, N_MANY, &chosen_fourier.selection, &err), &err);
  check_ok(fcast_selection_decide(&chosen_fourier.selection, &err), &err);
  of_fourier->basis = FCAST_BASIS_FOURIER;
  of_fourier->n_moments = N_MOMENTS;
  of_fourier->n_fields = 1 + N_MOMENTS;
  of_fourier->n_modes = 2 * of_fourier->fourier.n_waves;
  memcpy(of_fourier->scale, sums.scale, of_fourier->n_fields * sizeof of_fourier->scale[0]);
  check_ok(fcast_fourier_basis(&of_fourier->fourier, of_fourier->n_modes, 1.0, &of_fourier->pods[0], &err), &err);
  const fcast_candidate all_modes = {.basis = FCAST_BASIS_FOURIER,
                                     .n_moments = N_MOMENTS,
                                     .n_modes = of_fourier->n_modes,
                                     .lag = LAG,
                                     .ridge_alpha = 1};
  check_ok(fcast_fit_fourier(&sums, &of_fourier->fourier, &all_modes, FCAST_FOLDS, false, &chosen_fourier.model.mvar,
                             of_fourier->pods[0].singular_values, NULL, &err),
           &err);
  chosen_fourier.box_x = chosen_fourier.box_y = 15.0;
  fcast_state_projection projection = {&given, of_pod};
  check_ok(fcast_state_fit_pod(&given, N_MOMENTS, &pod, pod.n_modes, of_pod, &err), &err);
  const fcast_series_source states = fcast_state_source(&projection);
  check_ok(fcast_mvar_fit(&states, LAG, 1.0, &chosen_pod.model.mvar, &err), &err);
  check_ok(fcast_selection_create(given.n_frames, N_MANY, LAG, &chosen_pod.selection, &err), &err);
  const fcast_series_source density = many_runs(1);
  check_ok(fcast_search_pod(&density, 0, &pod, &space, &chosen_pod.selection, &err), &err);
  check_ok(fcast_selection_decide(&chosen_pod.selection, &err), &err);
  (void)many_runs(N_GIVEN);
  check_ok(fcast_chosen_write(path_of("pod_p.npz"), second_path_of("mvar_p.npz"), &chosen_pod, &err), &err);
  check_ok(fcast_chosen_write(path_of("pod_f.npz"), second_path_of("mvar_f.npz"), &chosen_fourier, &err), &err);
}

static void make_field(void) {
  fcast_error err = {FCAST_OK, ""};
  fcast_simulate_options options = config.simulate;
  options.total_time = 0.4;
  options.box_x = options.box_y = 4.0;
  few_runs = field_runs_simulate(&options, 2, 5);
  field = field_model_make(&config.density, 2, 3.0, 4.0);
  field_model_push(&field, FCAST_FIELD_STEERING, 4.0, 1.0);
  check_ok(fcast_field_errors_create(3, &field.errors, &err), &err);
  check_ok(fcast_field_plan_create(&field, &field_plan, &err), &err);
  check_ok(fcast_field_write(path_of("field_model.npz"), &field, &err), &err);
}

static int make_inputs(void **state) {
  (void)state;
  fcast_error err = {FCAST_OK, ""};
  uint64_t random = 7;
  scratch_make(directory);
  scratch_path(directory, "test_000", run_directory);
  fcast_config_default(&config);
  config.simulate.n_agents = 6;
  config.simulate.total_time = 1.1;
  config.density.nx = config.density.ny = 4;
  config.density.bandwidth = 1;
  check_ok(fcast_config_check(&config, &err), &err);
  for (size_t i = 0; i < sizeof series / sizeof series[0]; i++) {
    series[i] = test_uniform(&random);
  }
  check_ok(fcast_simulate(&config.simulate, FCAST_IC_RING, 3, &tracks, &err), &err);
  check_ok(fcast_density_estimate(&tracks, &config.density, &fields, &err), &err);
  check_ok(fcast_order_params_compute(&tracks, 15.0, 15.0, FCAST_PERIODIC, &order, &err), &err);
  const fcast_series_source frames = source_of(N_SPACE, N_RUNS);
  check_ok(fcast_pod_fit(&frames, 0.9, &pod, &err), &err);
  const fcast_series_source coefficients = source_of(pod.n_modes, N_RUNS);
  check_ok(fcast_mvar_fit(&coefficients, LAG, 1.0, &mvar, &err), &err);
  config_json = fcast_config_json(&config);
  metadata = json_pack("{s:s, s:s, s:O}", "run_name", "test_000", "ic_type", "ring", "config", config_json);
  assert_non_null(metadata);
  check_ok(fcast_pickle_write(config_json, &pickle, &n_pickle, &err), &err);
  check_ok(fcast_run_write(run_directory, (fcast_npz_format){0}, &tracks, &fields, &order, config_json, metadata, &err),
           &err);
  const fcast_limit limit = make_limit();
  check_ok(fcast_run_write_limit(run_directory, (fcast_npz_format){0}, &limit, &err), &err);
  check_ok(fcast_pod_write(path_of("pod.npz"), &pod, &err), &err);
  check_ok(fcast_mvar_write(path_of("mvar.npz"), &mvar, &err), &err);
  make_chosen();
  make_field();
  char *yaml = fcast_config_yaml(&config);
  check_ok(fcast_file_write(path_of("config.yml"), yaml, strlen(yaml), &err), &err);
  fcast_free(yaml);
  return 0;
}

static int clear_inputs(void **state) {
  (void)state;
  fcast_free(pickle);
  json_decref(metadata);
  json_decref(config_json);
  fcast_chosen_clear(&chosen_pod);
  fcast_chosen_clear(&chosen_fourier);
  fcast_selection_clear(&selection);
  fcast_shell_sums_clear(&sums);
  fcast_field_plan_destroy(field_plan);
  fcast_field_model_clear(&field);
  field_runs_clear(&few_runs);
  fcast_mvar_clear(&mvar);
  fcast_pod_clear(&pod);
  fcast_order_params_clear(&order);
  fcast_fields_clear(&fields);
  fcast_tracks_clear(&tracks);
  scratch_remove(directory);
  return 0;
}

/* --- the functions: each releases what it gets --- */

/* What was written without an error is what is written without a shortage. */
static void check_same_bytes(const char *name, const char *expected_name) {
  fcast_error err = {FCAST_OK, ""};
  char path[SCRATCH_PATH];
  unsigned char *bytes = NULL;
  unsigned char *expected = NULL;
  size_t n = 0;
  size_t n_expected = 0;
  is_armed = false;
  check_ok(fcast_file_read(scratch_path(directory, name, path), 1 << 20, &bytes, &n, &err), &err);
  check_ok(fcast_file_read(scratch_path(directory, expected_name, path), 1 << 20, &expected, &n_expected, &err), &err);
  assert_int_equal(n, n_expected);
  assert_memory_equal(bytes, expected, n);
  fcast_free(bytes);
  fcast_free(expected);
}

static fcast_status use_tracks_alloc(fcast_error *err) {
  fcast_tracks made;
  const fcast_status status = fcast_tracks_alloc(3, 4, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_fields_alloc(fcast_error *err) {
  fcast_fields made;
  const fcast_status status = fcast_fields_alloc(3, 4, 5, &made, err);
  fcast_fields_clear(&made);
  return status;
}

static fcast_status use_simulate(fcast_error *err) {
  fcast_tracks made;
  const fcast_status status = fcast_simulate(&config.simulate, FCAST_IC_TWO_CLUSTERS, 1, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_dorsogna(fcast_error *err) {
  fcast_tracks made;
  fcast_simulate_options options = config.simulate;
  options.model = FCAST_MODEL_DORSOGNA;
  options.forces.enabled = true;
  const fcast_status status = fcast_simulate(&options, FCAST_IC_TWO_CLUSTERS, 1, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_resimulate(fcast_error *err) {
  fcast_tracks made;
  const fcast_status status = fcast_resimulate(&config.simulate, &tracks, LAG, 1, 0, &made, err);
  fcast_tracks_clear(&made);
  return status;
}

static fcast_status use_density(fcast_error *err) {
  fcast_fields made;
  const fcast_status status = fcast_density_estimate(&tracks, &config.density, &made, err);
  fcast_fields_clear(&made);
  return status;
}

static fcast_status use_order(fcast_error *err) {
  fcast_order_params made;
  const fcast_status status = fcast_order_params_compute(&tracks, 15.0, 15.0, FCAST_PERIODIC, &made, err);
  fcast_order_params_clear(&made);
  return status;
}

static fcast_status use_pod_many_frames(fcast_error *err) {
  fcast_pod made;
  const fcast_series_source source = source_of(N_SPACE, N_RUNS);
  const fcast_status status = fcast_pod_fit(&source, 0.9, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_pod_few_frames(fcast_error *err) {
  fcast_pod made;
  const fcast_series_source source = source_of(N_SPACE, 1);
  const fcast_status status = fcast_pod_fit(&source, 0.9, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_project(fcast_error *err) {
  double coefficients[N_FRAMES * N_SPACE];
  return fcast_pod_project(&pod, series, N_FRAMES, coefficients, err);
}

static fcast_status use_mvar_fit(fcast_error *err) {
  fcast_mvar made;
  const fcast_series_source source = source_of(3, N_RUNS);
  const fcast_status status = fcast_mvar_fit(&source, LAG, 1.0, &made, err);
  fcast_mvar_clear(&made);
  return status;
}

static fcast_status use_forecast(fcast_error *err) {
  double predicted[(N_FRAMES - LAG) * N_SPACE];
  double projected[(N_FRAMES - LAG) * N_SPACE];
  return fcast_forecast_densities(&pod, &mvar, fields.rho, 1, N_FRAMES, predicted, projected, err);
}

static fcast_status use_scores(fcast_error *err) {
  fcast_scores made;
  const double *frames = fields.rho + LAG * N_SPACE;
  const fcast_status status =
      fcast_scores_compute(pod.mean, N_SPACE, fields.rho, N_FRAMES, LAG, frames, frames, &made, err);
  fcast_scores_clear(&made);
  return status;
}

static fcast_status use_file_write(fcast_error *err) {
  return fcast_file_write(path_of("written"), "text", 4, err);
}

static fcast_status use_file_read(fcast_error *err) {
  unsigned char *bytes;
  size_t n;
  const fcast_status status = fcast_file_read(path_of("config.yml"), 1 << 20, &bytes, &n, err);
  fcast_free(bytes);
  return status;
}

static fcast_status use_directory_make(fcast_error *err) {
  const fcast_status status = fcast_directory_make(path_of("a/b/c"), err);
  (void)rmdir(path_of("a/b/c"));
  (void)rmdir(path_of("a/b"));
  (void)rmdir(path_of("a"));
  return status;
}

static fcast_status use_path_absolute(fcast_error *err) {
  char *path = NULL;
  const fcast_status status = fcast_path_absolute("../nowhere", &path, err);
  fcast_free(path);
  return status;
}

static fcast_status use_json_write(fcast_error *err) {
  const fcast_status status = fcast_json_write(path_of("written.json"), metadata, err);
  if (status == FCAST_OK) {
    json_t *again = NULL;
    is_armed = false;
    check_ok(fcast_json_read(path_of("written.json"), &again, err), err);
    assert_true(json_equal(again, metadata)); /* whole, whatever jansson did without */
    json_decref(again);
  }
  return status;
}

static fcast_status use_json_read(fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_json_read(path_of("test_000/metadata.json"), &value, err);
  json_decref(value);
  return status;
}

static fcast_status use_pickle_write(fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n;
  const fcast_status status = fcast_pickle_write(config_json, &bytes, &n, err);
  fcast_free(bytes);
  return status;
}

static fcast_status use_pickle_read(fcast_error *err) {
  json_t *value = NULL;
  const fcast_status status = fcast_pickle_read(pickle, n_pickle, &value, err);
  json_decref(value);
  return status;
}

static fcast_status use_npz_read(fcast_error *err) {
  fcast_npz *npz = NULL;
  double *values = NULL;
  json_t *object = NULL;
  fcast_npy_info info;
  fcast_status status = fcast_npz_open(path_of("test_000/traj.npz"), &npz, err);
  if (status == FCAST_OK) {
    status = fcast_npz_info(npz, "times", &info, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_verify(npz, "positions", err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read(npz, "positions", NULL, &values, err);
  }
  if (status == FCAST_OK) {
    status = fcast_npz_read_object(npz, "config", &object, err);
  }
  json_decref(object);
  fcast_free(values);
  fcast_npz_close(npz);
  return status;
}

static fcast_status use_config_read(fcast_error *err) {
  fcast_config read;
  fcast_config_default(&read);
  return fcast_config_read(&read, path_of("config.yml"), err);
}

static fcast_status use_config_set(fcast_error *err) {
  fcast_config read;
  fcast_config_default(&read);
  return fcast_config_set(&read, "ensemble.ic_types=[ring, uniform]", err);
}

static fcast_status use_config_json(fcast_error *err) {
  json_t *json = fcast_config_json(&config);
  json_decref(json);
  return json == NULL ? fcast_fail(err, FCAST_E_NOMEM, "no JSON") : FCAST_OK;
}

static fcast_status use_config_yaml(fcast_error *err) {
  char *yaml = fcast_config_yaml(&config);
  fcast_free(yaml);
  return yaml == NULL ? fcast_fail(err, FCAST_E_NOMEM, "no YAML") : FCAST_OK;
}

static fcast_status use_fingerprint(fcast_error *err) {
  char hash[17];
  return fcast_config_fingerprint(&config, hash, err);
}

static fcast_status use_provenance(fcast_error *err) {
  json_t *json = fcast_provenance_json(0.0, 0.0);
  json_decref(json);
  return json == NULL ? fcast_fail(err, FCAST_E_NOMEM, "no JSON") : FCAST_OK;
}

static fcast_status use_run_write(fcast_error *err) {
  static const char *const names[] = {"traj.npz", "density.npz", "order_params.npz", "metadata.json"};
  const fcast_status status =
      fcast_run_write(path_of("test_001"), (fcast_npz_format){0}, &tracks, &fields, &order, config_json, metadata, err);
  for (size_t i = 0; status == FCAST_OK && i < sizeof names / sizeof names[0]; i++) {
    char written[64];
    char expected[64];
    (void)snprintf(written, sizeof written, "test_001/%s", names[i]);
    (void)snprintf(expected, sizeof expected, "test_000/%s", names[i]);
    check_same_bytes(written, expected);
  }
  return status;
}

static fcast_status use_run_facts(fcast_error *err) {
  fcast_run_facts facts;
  const fcast_status status = fcast_run_read_facts(run_directory, &facts, err);
  fcast_run_facts_clear(&facts);
  return status;
}

static fcast_status use_run_density(fcast_error *err) {
  fcast_fields read;
  const fcast_status status = fcast_run_read_density(run_directory, &read, err);
  fcast_fields_clear(&read);
  return status;
}

static fcast_status use_run_tracks(fcast_error *err) {
  fcast_tracks read;
  const fcast_status status = fcast_run_read_tracks(run_directory, 15.0, 15.0, FCAST_PERIODIC, &read, err);
  fcast_tracks_clear(&read);
  return status;
}

static fcast_status use_pairs(fcast_error *err) {
  const fcast_domain domain = {15.0, 15.0, FCAST_PERIODIC};
  fcast_pairs pairs;
  fcast_status status = fcast_pairs_create(10, 5.0, domain, &pairs, err);
  if (status == FCAST_OK) {
    status = fcast_pairs_add(tracks.positions, tracks.n_agents, domain, &pairs, err);
  }
  fcast_pairs_clear(&pairs);
  return status;
}

static fcast_status use_numbers(fcast_error *err) {
  const fcast_domain domain = {15.0, 15.0, FCAST_PERIODIC};
  fcast_numbers numbers = {.n_divisions = 4};
  return fcast_numbers_add(tracks.positions, tracks.n_agents, domain, &numbers, err);
}

static fcast_status use_clusters(fcast_error *err) {
  const fcast_domain domain = {15.0, 15.0, FCAST_PERIODIC};
  fcast_clusters clusters;
  const fcast_status status = fcast_clusters_find(tracks.positions, tracks.n_agents, domain, 1.0, &clusters, err);
  fcast_clusters_clear(&clusters);
  return status;
}

static fcast_status use_recording_window(fcast_error *err) {
  fcast_tracks window;
  const fcast_status status = fcast_recording_window(&tracks, 1, 1, 2, &window, err);
  fcast_tracks_clear(&window);
  return status;
}

static fcast_status use_sightings(fcast_error *err) {
  char text[] = "1 2 3 4\n2 2 3 4\n2 5 3 4\n";
  fcast_columns columns;
  fcast_sightings sightings = {0};
  fcast_tracks read = {0};
  fcast_status status = fcast_columns_parse("id,frame,x,y", &columns, err);
  if (status == FCAST_OK) {
    status = fcast_sightings_parse("table", text, sizeof text - 1, &columns, 0, NULL, &sightings, err);
  }
  if (status == FCAST_OK) {
    status = fcast_sightings_tracks("table", &sightings, 1.0, 1.0, &read, err);
  }
  fcast_tracks_clear(&read);
  fcast_sightings_clear(&sightings);
  return status;
}

static fcast_status use_run_order(fcast_error *err) {
  fcast_order_params read;
  const fcast_status status = fcast_run_read_order(run_directory, &read, err);
  fcast_order_params_clear(&read);
  return status;
}

static fcast_status use_limit_write(fcast_error *err) {
  const fcast_limit limit = make_limit();
  const fcast_status status = fcast_run_write_limit(path_of("."), (fcast_npz_format){0}, &limit, err);
  if (status == FCAST_OK) {
    check_same_bytes("limit.npz", "test_000/limit.npz");
  }
  return status;
}

static fcast_status use_limit_read(fcast_error *err) {
  const size_t shape[3] = {N_FRAMES, fields.ny, fields.nx};
  fcast_limit read;
  const fcast_status status = fcast_run_read_limit(run_directory, shape, "", &read, err);
  fcast_limit_clear(&read);
  return status;
}

static fcast_status use_run_check(fcast_error *err) {
  const fcast_run_demand demand = {.needs_limit_whole = true};
  return fcast_run_check(run_directory, &demand, err) == FCAST_RUN_WHOLE ? FCAST_OK : err->code;
}

static fcast_status use_run_list(fcast_error *err) {
  fcast_run_list list;
  const fcast_status status = fcast_run_list_read(directory, FCAST_MODE_TEST, &list, err);
  fcast_run_list_clear(&list);
  return status;
}

static fcast_status use_pod_write(fcast_error *err) {
  const fcast_status status = fcast_pod_write(path_of("written.npz"), &pod, err);
  if (status == FCAST_OK) {
    check_same_bytes("written.npz", "pod.npz");
  }
  return status;
}

static fcast_status use_pod_read(fcast_error *err) {
  fcast_pod read;
  const fcast_status status = fcast_pod_read(path_of("pod.npz"), &read, err);
  fcast_pod_clear(&read);
  return status;
}

static fcast_status use_mvar_write(fcast_error *err) {
  const fcast_status status = fcast_mvar_write(path_of("written.npz"), &mvar, err);
  if (status == FCAST_OK) {
    check_same_bytes("written.npz", "mvar.npz");
  }
  return status;
}

static fcast_status use_mvar_read(fcast_error *err) {
  fcast_mvar read;
  const fcast_status status = fcast_mvar_read(path_of("mvar.npz"), &read, err);
  fcast_mvar_clear(&read);
  return status;
}

static fcast_status use_moments(fcast_error *err) {
  double made[N_FRAMES * 2 * 2 * N_SPACE];
  return fcast_density_moments(&tracks, &config.density, 2, made, err);
}

static fcast_status use_pod_truncate(fcast_error *err) {
  fcast_pod made;
  const fcast_status status = fcast_pod_truncate(&pod, 2, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_fourier_create(fcast_error *err) {
  fcast_fourier made;
  const fcast_status status = fcast_fourier_create(4, 4, 15.0, 15.0, 0.5, &made, err);
  fcast_fourier_clear(&made);
  return status;
}

static fcast_status use_from_waves(fcast_error *err) {
  const fcast_fourier *fourier = &chosen_fourier.model.state.fourier;
  fcast_fourier made;
  const fcast_status status = fcast_fourier_from_waves(fourier->waves, fourier->n_waves, 4, 4, 15.0, 15.0, &made, err);
  fcast_fourier_clear(&made);
  return status;
}

static fcast_status use_fourier_basis(fcast_error *err) {
  fcast_pod made;
  const fcast_status status = fcast_fourier_basis(&chosen_fourier.model.state.fourier, 4, 1.0, &made, err);
  fcast_pod_clear(&made);
  return status;
}

static fcast_status use_fourier_project(fcast_error *err) {
  double made[N_FRAMES * 4];
  return fcast_fourier_project(&chosen_fourier.model.state.fourier, 4, series, N_FRAMES, made, err);
}

static fcast_status use_state_fit(fcast_error *err) {
  const fcast_series_source source = many_runs(N_GIVEN);
  fcast_state made;
  const fcast_status status = fcast_state_fit_pod(&source, N_MOMENTS, &pod, 4, &made, err);
  fcast_state_clear(&made);
  return status;
}

static fcast_status use_state_project(fcast_error *err) {
  double made[2 * N_GIVEN * N_SPACE];
  const fcast_status status = fcast_state_project(&chosen_pod.model.state, series, 2, made, err);
  return status == FCAST_OK ? fcast_state_project(&chosen_fourier.model.state, series, 2, made, err) : status;
}

static fcast_status use_state_source(fcast_error *err) {
  const fcast_series_source source = many_runs(N_GIVEN);
  fcast_state_projection projection = {&source, &chosen_pod.model.state};
  const fcast_series_source states = fcast_state_source(&projection);
  double made[N_FEW_FRAMES * N_GIVEN * N_SPACE];
  return states.read(states.context, 0, 1, made, err);
}

static fcast_status use_selection_create(fcast_error *err) {
  fcast_selection made;
  const fcast_status status = fcast_selection_create(n_frames, N_RUNS, LAG, &made, err);
  fcast_selection_clear(&made);
  return status;
}

static fcast_status use_shell_sums(fcast_error *err) {
  const fcast_series_source source = many_runs(N_GIVEN);
  fcast_shell_sums made;
  const fcast_status status = fcast_shell_sums_collect(&source, N_MOMENTS, &chosen_fourier.model.state.fourier,
                                                       pod.mean, LAG, &selection, &made, err);
  fcast_shell_sums_clear(&made);
  return status;
}

/* A search without an error is the search without a shortage. */
static void check_same_search(const fcast_selection *made, double *first_sum) {
  double sum = 0.0;
  for (size_t i = 0; i < made->n_candidates; i++) {
    sum += made->candidates[i].r2 + made->candidates[i].aic;
  }
  *first_sum = *first_sum == 0.0 ? sum : *first_sum;
  assert_true(isfinite(sum) && sum == *first_sum);
}

static fcast_status use_search_fourier(fcast_error *err) {
  fcast_selection made;
  fcast_status status = fcast_selection_create(many_runs(N_GIVEN).n_frames, N_MANY, LAG, &made, err);
  if (status == FCAST_OK) {
    status = fcast_search_fourier(&sums, &chosen_fourier.model.state.fourier, &space, N_MANY, &made, err);
  }
  if (status == FCAST_OK) {
    static double sum;
    check_same_search(&made, &sum);
  }
  fcast_selection_clear(&made);
  return status;
}

static fcast_status use_fit_fourier(fcast_error *err) {
  const fcast_candidate candidate = {.basis = FCAST_BASIS_FOURIER,
                                     .n_moments = N_MOMENTS,
                                     .n_modes = chosen_fourier.model.state.n_modes,
                                     .lag = LAG,
                                     .ridge_alpha = 1.0};
  double values[N_SPACE];
  double covariance[N_SPACE * 4];
  fcast_mvar made;
  const fcast_status status = fcast_fit_fourier(&sums, &chosen_fourier.model.state.fourier, &candidate, FCAST_FOLDS,
                                                true, &made, values, covariance, err);
  fcast_mvar_clear(&made);
  return status;
}

static fcast_status use_aligned(fcast_error *err) {
  const fcast_series_source source = many_runs(1);
  const fcast_fourier *fourier = &chosen_fourier.model.state.fourier;
  const fcast_candidate candidate = {.basis = FCAST_BASIS_ALIGNED, .n_modes = 2, .lag = LAG, .ridge_alpha = 1.0};
  fcast_aligned_runs runs;
  fcast_selection made = {0};
  fcast_state state = {0};
  fcast_mvar law = {0};
  fcast_status status = fcast_aligned_runs_collect(&source, fourier, pod.mean, &runs, err);
  if (status == FCAST_OK) {
    status = fcast_selection_create(source.n_frames, N_MANY, LAG, &made, err);
  }
  if (status == FCAST_OK) {
    status = fcast_search_aligned(&runs, fourier, &space, &made, err);
  }
  if (status == FCAST_OK) {
    static double sum;
    check_same_search(&made, &sum);
  }
  if (status == FCAST_OK) {
    status = fcast_fit_aligned(&runs, fourier, 1.0, &candidate, &state, &law, err);
  }
  fcast_mvar_clear(&law);
  fcast_state_clear(&state);
  fcast_selection_clear(&made);
  fcast_aligned_runs_clear(&runs);
  return status;
}

static fcast_status search_pod(const fcast_series_source *source, double *sum, fcast_error *err) {
  fcast_selection made;
  fcast_status status = fcast_selection_create(source->n_frames, source->n_runs, LAG, &made, err);
  if (status == FCAST_OK) {
    status = fcast_search_pod(source, 0, &pod, &space, &made, err);
  }
  if (status == FCAST_OK) {
    check_same_search(&made, sum);
  }
  fcast_selection_clear(&made);
  return status;
}

static fcast_status use_search_pod_many_frames(fcast_error *err) {
  const fcast_series_source source = many_runs(1);
  static double sum;
  return search_pod(&source, &sum, err);
}

/* As many frames as cells: every fold has a basis of its own. */
static fcast_status use_search_pod_few_frames(fcast_error *err) {
  static size_t short_runs[3] = {5, 5, 6};
  static fcast_memory_series held;
  held = (fcast_memory_series){.values = series, .n_frames = short_runs, .width = N_SPACE};
  const fcast_series_source source = fcast_memory_source(&held, 3);
  static double sum;
  return search_pod(&source, &sum, err);
}

static fcast_status use_latent_forecast(fcast_error *err) {
  double made[3 * N_SPACE];
  const fcast_status status = fcast_latent_forecast(&chosen_pod.model, series, 1, LAG, 3, made, err);
  return status == FCAST_OK ? fcast_latent_forecast(&chosen_fourier.model, series, 1, LAG, 3, made, err) : status;
}

static fcast_status use_residual_covariance(fcast_error *err) {
  double covariance[N_SPACE * N_SPACE];
  const fcast_series_source source = source_of(pod.n_modes, N_RUNS);
  return fcast_mvar_residual_covariance(&source, &mvar, covariance, err);
}

static fcast_status use_forecast_covariance(fcast_error *err) {
  static double covariance[N_SPACE * N_SPACE];
  static double found[3 * N_SPACE * N_SPACE];
  return fcast_mvar_forecast_covariance(&mvar, covariance, 3, found, err);
}

static fcast_status use_latent_variance(fcast_error *err) {
  static double covariance[9 * N_SPACE * N_SPACE];
  double variance[3];
  const fcast_status status = fcast_latent_variance(&chosen_pod.model, covariance, 3, variance, err);
  return status == FCAST_OK ? fcast_latent_variance(&chosen_fourier.model, covariance, 3, variance, err) : status;
}

static fcast_status use_uncertainty_create(fcast_error *err) {
  fcast_uncertainty made;
  const fcast_status status = fcast_uncertainty_create(&chosen_pod.model.state, 3, &made, err);
  fcast_uncertainty_clear(&made);
  return status;
}

static fcast_status use_radial_create(fcast_error *err) {
  fcast_radial made;
  const fcast_status status = fcast_radial_create(4, 0.1, &made, err);
  fcast_radial_clear(&made);
  return status;
}

static fcast_status use_field_errors_create(fcast_error *err) {
  fcast_field_errors made;
  const fcast_status status = fcast_field_errors_create(4, &made, err);
  fcast_field_errors_clear(&made);
  return status;
}

static fcast_status use_field_plan(fcast_error *err) {
  fcast_field_plan *made = NULL;
  const fcast_status status = fcast_field_plan_create(&field, &made, err);
  fcast_field_plan_destroy(made);
  return status;
}

static fcast_status use_field_forecast(fcast_error *err) {
  double made[2 * N_SPACE];
  double polarization[2];
  return fcast_field_forecast(field_plan, &tracks, 0, 2, made, polarization, err);
}

static fcast_status use_field_reconstruct(fcast_error *err) {
  double made[N_SPACE];
  return fcast_field_reconstruct(field_plan, &tracks, 0, made, err);
}

static fcast_status use_field_spread(fcast_error *err) {
  double made[2 * N_SPACE];
  double polarization[2];
  return fcast_field_spread(field_plan, &tracks, 0, 2, 2, 0, made, polarization, err);
}

/* The density of the box of the few runs. */
static fcast_density_options few_density(void) {
  fcast_density_options density = config.density;
  density.box_x = density.box_y = 4.0;
  return density;
}

static fcast_status use_field_learn(fcast_error *err) {
  fcast_field_model made;
  const fcast_density_options density = few_density();
  const fcast_tracks_source source = field_runs_source(&few_runs);
  const fcast_status status = fcast_field_learn(&source, &density, &made, err);
  fcast_field_model_clear(&made);
  return status;
}

/* A copy of the model's numbers for the box of the few runs; it borrows the kernels. */
static fcast_field_model few_model(void) {
  fcast_field_model model = field;
  model.density = few_density();
  model.alignment.width = model.force.width = 0.1;
  model.state_bandwidth = 0.7;
  model.errors = (fcast_field_errors){0};
  return model;
}

static fcast_status use_field_choose_state(fcast_error *err) {
  static const double mean[N_SPACE];
  fcast_field_model model = few_model();
  const fcast_tracks_source source = field_runs_source(&few_runs);
  return fcast_field_choose_state(&source, LAG, mean, &model, err);
}

static fcast_status use_field_measure_errors(fcast_error *err) {
  static const double mean[N_SPACE];
  fcast_field_model model = few_model();
  const fcast_tracks_source source = field_runs_source(&few_runs);
  const fcast_status status = fcast_field_measure_errors(&source, LAG, mean, &model, err);
  fcast_field_errors_clear(&model.errors);
  return status;
}

static fcast_status use_field_write(fcast_error *err) {
  const fcast_status status = fcast_field_write(path_of("field_again.npz"), &field, err);
  if (status == FCAST_OK) {
    check_same_bytes("field_again.npz", "field_model.npz");
  }
  return status;
}

static fcast_status use_field_find(fcast_error *err) {
  fcast_field_model read;
  bool is_there;
  const fcast_status status = fcast_field_find(directory, &read, &is_there, err);
  fcast_field_model_clear(&read);
  return status;
}

static fcast_status use_bootstrap(fcast_error *err) {
  double lo;
  double hi;
  return fcast_bootstrap_mean(series, 5, &lo, &hi, err);
}

static fcast_status use_chosen_write_pod(fcast_error *err) {
  const fcast_status status = fcast_chosen_write(path_of("pod_w.npz"), second_path_of("mvar_w.npz"), &chosen_pod, err);
  if (status == FCAST_OK) {
    check_same_bytes("pod_w.npz", "pod_p.npz");
    check_same_bytes("mvar_w.npz", "mvar_p.npz");
  }
  return status;
}

static fcast_status use_chosen_write_fourier(fcast_error *err) {
  const fcast_status status =
      fcast_chosen_write(path_of("pod_w.npz"), second_path_of("mvar_w.npz"), &chosen_fourier, err);
  if (status == FCAST_OK) {
    check_same_bytes("pod_w.npz", "pod_f.npz");
    check_same_bytes("mvar_w.npz", "mvar_f.npz");
  }
  return status;
}

static fcast_status use_chosen_read_pod(fcast_error *err) {
  fcast_chosen made;
  const fcast_status status = fcast_chosen_read(path_of("pod_p.npz"), second_path_of("mvar_p.npz"), &made, err);
  fcast_chosen_clear(&made);
  return status;
}

static fcast_status use_chosen_read_fourier(fcast_error *err) {
  fcast_chosen made;
  const fcast_status status = fcast_chosen_read(path_of("pod_f.npz"), second_path_of("mvar_f.npz"), &made, err);
  fcast_chosen_clear(&made);
  return status;
}

/* --- the test --- */

#define USE(function, use)                                                                                             \
  { function, use, 1 }
/* One that takes long: every `stride`-th of its allocations fails. */
#define USE_LONG(function, use, stride)                                                                                \
  { function, use, stride }
static const struct {
  const char *name;
  fcast_status (*use)(fcast_error *err);
  size_t stride;
} uses[] = {
    USE("fcast_tracks_alloc", use_tracks_alloc),
    USE("fcast_fields_alloc", use_fields_alloc),
    USE("fcast_simulate", use_simulate),
    USE("fcast_simulate, dorsogna", use_dorsogna),
    USE("fcast_resimulate", use_resimulate),
    USE("fcast_density_estimate", use_density),
    USE("fcast_order_params_compute", use_order),
    USE("fcast_pod_fit, more frames than cells", use_pod_many_frames),
    USE("fcast_pod_fit, fewer frames than cells", use_pod_few_frames),
    USE("fcast_pod_project", use_project),
    USE("fcast_mvar_fit", use_mvar_fit),
    USE("fcast_forecast_density", use_forecast),
    USE("fcast_scores_compute", use_scores),
    USE("fcast_file_write", use_file_write),
    USE("fcast_file_read", use_file_read),
    USE("fcast_directory_make", use_directory_make),
    USE("fcast_path_absolute", use_path_absolute),
    USE("fcast_json_write", use_json_write),
    USE("fcast_json_read", use_json_read),
    USE("fcast_pickle_write", use_pickle_write),
    USE("fcast_pickle_read", use_pickle_read),
    USE("fcast_npz_open, _info, _verify, _read, _read_object", use_npz_read),
    USE("fcast_config_read", use_config_read),
    USE("fcast_config_set", use_config_set),
    USE("fcast_config_json", use_config_json),
    USE("fcast_config_yaml", use_config_yaml),
    USE("fcast_config_fingerprint", use_fingerprint),
    USE("fcast_provenance_json", use_provenance),
    USE("fcast_run_write", use_run_write),
    USE("fcast_run_read_facts", use_run_facts),
    USE("fcast_run_read_density", use_run_density),
    USE("fcast_run_read_tracks", use_run_tracks),
    USE("fcast_run_read_order", use_run_order),
    USE("fcast_pairs_create, _add", use_pairs),
    USE("fcast_numbers_add", use_numbers),
    USE("fcast_clusters_find", use_clusters),
    USE("fcast_recording_window", use_recording_window),
    USE("fcast_sightings_parse, _tracks", use_sightings),
    USE("fcast_run_write_limit", use_limit_write),
    USE("fcast_run_read_limit", use_limit_read),
    USE("fcast_run_check", use_run_check),
    USE("fcast_run_list_read", use_run_list),
    USE("fcast_pod_write", use_pod_write),
    USE("fcast_pod_read", use_pod_read),
    USE("fcast_mvar_write", use_mvar_write),
    USE("fcast_mvar_read", use_mvar_read),
    USE("fcast_density_moments", use_moments),
    USE("fcast_pod_truncate", use_pod_truncate),
    USE("fcast_fourier_create", use_fourier_create),
    USE("fcast_fourier_from_waves", use_from_waves),
    USE("fcast_fourier_basis", use_fourier_basis),
    USE("fcast_fourier_project", use_fourier_project),
    USE("fcast_state_fit_pod", use_state_fit),
    USE("fcast_state_project", use_state_project),
    USE("fcast_state_source", use_state_source),
    USE("fcast_selection_create", use_selection_create),
    USE("fcast_shell_sums_collect", use_shell_sums),
    USE("fcast_search_fourier", use_search_fourier),
    USE("fcast_fit_fourier", use_fit_fourier),
    USE("fcast_aligned_runs_collect, fcast_search_aligned, fcast_fit_aligned", use_aligned),
    USE("fcast_search_pod, more frames than cells", use_search_pod_many_frames),
    USE("fcast_search_pod, fewer frames than cells", use_search_pod_few_frames),
    USE("fcast_latent_forecast", use_latent_forecast),
    USE("fcast_bootstrap_mean", use_bootstrap),
    USE("fcast_chosen_write, POD modes", use_chosen_write_pod),
    USE("fcast_chosen_write, Fourier modes", use_chosen_write_fourier),
    USE("fcast_chosen_read, POD modes", use_chosen_read_pod),
    USE("fcast_chosen_read, Fourier modes", use_chosen_read_fourier),
    USE("fcast_mvar_residual_covariance", use_residual_covariance),
    USE("fcast_mvar_forecast_covariance", use_forecast_covariance),
    USE("fcast_latent_variance", use_latent_variance),
    USE("fcast_uncertainty_create", use_uncertainty_create),
    USE("fcast_radial_create", use_radial_create),
    USE("fcast_field_errors_create", use_field_errors_create),
    USE("fcast_field_plan_create", use_field_plan),
    USE("fcast_field_forecast", use_field_forecast),
    USE("fcast_field_reconstruct", use_field_reconstruct),
    USE("fcast_field_spread", use_field_spread),
    USE_LONG("fcast_field_learn", use_field_learn, 701),
    USE_LONG("fcast_field_choose_state", use_field_choose_state, 7),
    USE_LONG("fcast_field_measure_errors", use_field_measure_errors, 17),
    USE("fcast_field_write", use_field_write),
    USE("fcast_field_find, fcast_field_read", use_field_find),
};

/* Files that are open: what libc allocates for them is not followed one by one. */
static size_t count_descriptors(void) {
  size_t n = 0;
  DIR *listing = opendir("/proc/self/fd");
  while (listing != NULL && readdir(listing) != NULL) {
    n++;
  }
  assert_true(listing != NULL && closedir(listing) == 0);
  return n;
}

/* One call with allocation `at` failing; false where there are fewer. */
static bool use_once(size_t i_use, size_t at, size_t counts[4]) {
  fcast_error err = {FCAST_OK, ""};
  n_calls = 0;
  failed_kind = CALLER_OTHER;
  const size_t n_descriptors = count_descriptors();
  fail_at = at;
  is_armed = true;
  const fcast_status status = uses[i_use].use(&err);
  is_armed = false;
  const bool has_fired = n_calls >= at;
  /* libzip 1.7.3 forgets a file that it has open where it or libc finds no memory: not ours to close. */
  const bool is_of_library = n_live[CALLER_OWN] == 0 && failed_kind != CALLER_OWN;
  const size_t n_leaked = n_live[CALLER_OWN] + n_live[CALLER_LIBRARY];
  memset(live, 0, sizeof live);
  memset(n_live, 0, sizeof n_live);
  if (!is_of_library) {
    assert_int_equal(count_descriptors(), n_descriptors);
  }
  if (n_leaked != 0 && !is_of_library) {
    fail_msg("%s: %zu allocations leaked where number %zu failed", uses[i_use].name, n_leaked, at);
  }
  counts[3] += n_leaked != 0;
  if (status != FCAST_OK) {
    assert_true(has_fired);
    assert_int_equal(err.code, status);
    assert_true(err.text[0] != '\0' && strpbrk(err.text, "\n\r") == NULL);
  }
  counts[status == FCAST_OK ? 0 : status == FCAST_E_NOMEM ? 1 : 2] += has_fired;
  return has_fired;
}

static void test_every_allocation_may_fail(void **state) {
  (void)state;
  const bool is_table = getenv("FCAST_TABLE") != NULL;
  if (is_table) {
    printf("| function | allocations | no memory | other error | did without | leaks inside libraries "
           "|\n|---|---|---|---|---|---|\n");
  }
  for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
    size_t counts[4] = {0};
    fcast_error err = {FCAST_OK, ""};
    check_ok(uses[i].use(&err), &err); /* what is allocated once and for all is, from here on */
    is_armed = false;
    size_t at = 1;
    while (use_once(i, at, counts)) {
      at += uses[i].stride;
    }
    check_ok(uses[i].use(&err), &err); /* nothing is left broken */
    is_armed = false;
    assert_true(at > 1);
    if (is_table) {
      printf("| %s | %zu | %zu | %zu | %zu | %zu |\n", uses[i].name, at - 1, counts[1], counts[2], counts[0],
             counts[3]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, make_inputs, clear_inputs);
}
