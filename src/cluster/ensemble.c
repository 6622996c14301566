/* SPDX-License-Identifier: MIT */
#include "cluster/ensemble.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fcast_mode_name(fcast_mode mode) {
  return mode == FCAST_MODE_TRAIN ? "train" : "test";
}

fcast_status fcast_mode_parse(const char *text, fcast_mode *mode, fcast_error *err) {
  for (int m = FCAST_MODE_TRAIN; m <= FCAST_MODE_TEST; m++) {
    if (strcmp(text, fcast_mode_name((fcast_mode)m)) == 0) {
      *mode = (fcast_mode)m;
      return FCAST_OK;
    }
  }
  return fcast_fail(err, FCAST_E_ARG, "--mode: found '%s', expected 'train' or 'test'", text);
}

int64_t fcast_ensemble_size(const fcast_config *config, fcast_mode mode) {
  return mode == FCAST_MODE_TRAIN ? config->ensemble.n_train : config->ensemble.m_test;
}

static int digits(int64_t number) {
  enum { MOST = 19 }; /* of an int64_t */
  int n = 1;
  while (number >= 10 && n < MOST) {
    number /= 10;
    n++;
  }
  return n;
}

static void write_name(fcast_mode mode, int64_t sim_id, int64_t size, char name[32]) {
  const int width = digits(size - 1) > 3 ? digits(size - 1) : 3;
  (void)snprintf(name, 32, "%s_%0*" PRId64, fcast_mode_name(mode), width, sim_id);
}

fcast_status fcast_ensemble_member(const fcast_config *config, fcast_mode mode, int64_t sim_id, fcast_member *out,
                                   fcast_error *err) {
  const fcast_ensemble_options *ensemble = &config->ensemble;
  const int64_t size = fcast_ensemble_size(config, mode);
  if (sim_id < 0 || sim_id >= size) {
    return fcast_fail(err, FCAST_E_ARG,
                      "--sim_id: found %" PRId64 ", expected 0 to %" PRId64 " (ensemble.%s is %" PRId64 ")", sim_id,
                      size - 1, mode == FCAST_MODE_TRAIN ? "n_train" : "m_test", size);
  }
  *out = (fcast_member){
      .mode = mode,
      .sim_id = sim_id,
      .ic_type = ensemble->ic_types[(uint64_t)sim_id % ensemble->n_ic_types],
      .seed = (uint64_t)(mode == FCAST_MODE_TRAIN ? ensemble->train_seed : ensemble->test_seed) + (uint64_t)sim_id,
  };
  out->simulate =
      fcast_config_run_options(config, mode == FCAST_MODE_TEST, (uint64_t)sim_id / ensemble->n_ic_types, out->seed);
  write_name(mode, sim_id, size, out->run_name);
  return FCAST_OK;
}

fcast_status fcast_ensemble_range(const char *text, int64_t *first, int64_t *last, fcast_error *err) {
  char lower[32] = "";
  const char *dash = strchr(text, '-');
  const size_t length = dash == NULL ? strlen(text) : (size_t)(dash - text);
  if (length > 0 && length < sizeof lower) {
    memcpy(lower, text, length);
    const char *upper = dash == NULL ? lower : dash + 1;
    if (fcast_parse_int64(lower, first) && fcast_parse_int64(upper, last) && *first >= 0 && *first <= *last) {
      return FCAST_OK;
    }
  }
  return fcast_fail(err, FCAST_E_ARG, "--sim_id: found '%s', expected N or N-M with 0 <= N <= M, as in 7 or 0-99",
                    text);
}

/* --- runs on disk --- */

typedef struct found_run {
  int64_t number;
  char name[32];
} found_run;

static int compare_found(const void *a, const void *b) {
  const found_run *x = a;
  const found_run *y = b;
  return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : strcmp(x->name, y->name);
}

static bool parse_name(const char *name, fcast_mode mode, found_run *run) {
  const char *prefix = fcast_mode_name(mode);
  const size_t length = strlen(prefix);
  if (strncmp(name, prefix, length) != 0 || name[length] != '_' || strlen(name) >= sizeof run->name ||
      strspn(name + length + 1, "0123456789") != strlen(name + length + 1)) {
    return false;
  }
  (void)snprintf(run->name, sizeof run->name, "%s", name);
  return fcast_parse_int64(name + length + 1, &run->number);
}

/* A run whose kind the system cannot tell is not left out: the list would be shorter, and nobody told. */
static fcast_status is_directory(const char *directory, const char *name, bool *answer, fcast_error *err) {
  fcast_path_kind kind = FCAST_PATH_NOTHING;
  const fcast_status status = fcast_path_look_in(directory, name, &kind, err);
  *answer = kind == FCAST_PATH_DIRECTORY;
  return status;
}

/* The runs that a listing has still to give; `*found` grows with realloc and is the caller's, whatever happens. */
static fcast_status find_runs(DIR *stream, const char *directory, fcast_mode mode, found_run **found, size_t *n_found,
                              fcast_error *err) {
  size_t n_allocated = 0;
  for (;;) {
    found_run run;
    bool is_run = false;
    errno = 0; /* readdir gives NULL at the end and where it fails */
    const struct dirent *entry = readdir(stream);
    if (entry == NULL) {
      return errno == 0 ? FCAST_OK
                        : fcast_fail(err, FCAST_E_IO, "%s: cannot be listed: %s", directory, strerror(errno));
    }
    if (!parse_name(entry->d_name, mode, &run)) {
      continue;
    }
    const fcast_status status = is_directory(directory, entry->d_name, &is_run, err);
    if (status != FCAST_OK) {
      return status;
    }
    if (is_run && *n_found == n_allocated) {
      n_allocated = n_allocated == 0 ? 128 : 2 * n_allocated;
      found_run *larger = realloc(*found, n_allocated * sizeof **found);
      if (larger == NULL) {
        return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a list of %zu runs", n_allocated);
      }
      *found = larger;
    }
    if (is_run) {
      (*found)[(*n_found)++] = run;
    }
  }
}

static fcast_status copy_found(const found_run *found, size_t n_found, fcast_run_list *out, fcast_error *err) {
  out->names = fcast_alloc_array(n_found, sizeof *out->names);
  out->numbers = fcast_alloc_array(n_found, sizeof *out->numbers);
  if (out->names == NULL || out->numbers == NULL) {
    fcast_run_list_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a list of %zu runs", n_found);
  }
  out->n_runs = n_found;
  for (size_t i = 0; i < n_found; i++) {
    memcpy(out->names[i], found[i].name, sizeof found[i].name);
    out->numbers[i] = found[i].number;
  }
  return FCAST_OK;
}

fcast_status fcast_run_list_read(const char *directory, fcast_mode mode, fcast_run_list *out, fcast_error *err) {
  *out = (fcast_run_list){0};
  DIR *stream = opendir(directory);
  if (stream == NULL) {
    const int reason = errno;
    return fcast_fail(err, reason == ENOENT || reason == ENOTDIR ? FCAST_E_MISSING : FCAST_E_IO,
                      "%s: cannot be opened: %s, expected a directory of runs %s_000, %s_001, ...", directory,
                      strerror(reason), fcast_mode_name(mode), fcast_mode_name(mode));
  }
  found_run *found = NULL;
  size_t n_found = 0;
  fcast_status status = find_runs(stream, directory, mode, &found, &n_found, err);
  if (status == FCAST_OK && n_found > 0) {
    qsort(found, n_found, sizeof *found, compare_found);
  }
  if (status == FCAST_OK) {
    status = copy_found(found, n_found, out, err);
  }
  free(found);
  (void)closedir(stream);
  return status;
}

void fcast_run_list_clear(fcast_run_list *list) {
  fcast_free(list->names);
  fcast_free(list->numbers);
  *list = (fcast_run_list){0};
}

fcast_status fcast_run_list_require(fcast_run_list *list, const char *directory, fcast_mode mode, size_t n_expected,
                                    fcast_error *err) {
  const size_t n_needed = n_expected > 0 ? n_expected : list->n_runs;
  if (list->n_runs == 0) {
    return fcast_fail(err, FCAST_E_MISSING, "%s: found no runs, expected %s_000, %s_001, ...", directory,
                      fcast_mode_name(mode), fcast_mode_name(mode));
  }
  for (size_t i = 0; i < n_needed; i++) {
    if (i >= list->n_runs || list->numbers[i] != (int64_t)i) {
      const bool is_twice = i < list->n_runs && list->numbers[i] < (int64_t)i;
      char name[32];
      write_name(mode, (int64_t)i, (int64_t)n_needed, name);
      if (is_twice) {
        return fcast_fail(err, FCAST_E_FORMAT, "%s: run %s is there under two names", directory, list->names[i]);
      }
      return i < list->n_runs
                 ? fcast_fail(err, FCAST_E_MISSING, "%s/%s: missing; found %s there, expected all numbers before it",
                              directory, name, list->names[i])
                 : fcast_fail(err, FCAST_E_MISSING, "%s/%s: missing; found %zu run%s, expected %zu", directory, name,
                              list->n_runs, list->n_runs == 1 ? "" : "s", n_needed);
    }
  }
  list->n_runs = n_needed;
  return FCAST_OK;
}
