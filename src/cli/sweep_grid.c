/* SPDX-License-Identifier: MIT */
#include "cli/sweep_grid.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/file.h"
#include "io/json_file.h"

#include <stdio.h>
#include <string.h>

enum { MAX_GIVEN = FCAST_MAX_GRID_AXES + 1 };

/* --- reading an axis --- */

/* Length of the piece of `text` up to a separator outside brackets. */
static size_t piece_length(const char *text, char separator) {
  int depth = 0;
  size_t n = 0;
  for (; text[n] != '\0' && (depth > 0 || text[n] != separator); n++) {
    depth += text[n] == '[' ? 1 : text[n] == ']' ? -1 : 0;
  }
  return n;
}

static size_t count_pieces(const char *text, char separator) {
  size_t n = 1;
  for (text += piece_length(text, separator); *text != '\0'; text += piece_length(text, separator)) {
    text++;
    n++;
  }
  return n;
}

static fcast_status bad_axis(const char *text, const char *why, fcast_error *err) {
  return fcast_fail(err, FCAST_E_ARG,
                    "--grid: found '%.200s', %s; expected KEY=VALUE,VALUE,... as noise.eta=0.1,0.5 or "
                    "KEY,KEY=A:B,A:B as sim.N,sim.Lx=40:3.1,100:5",
                    text, why);
}

/* A copy of the next piece, which must not be empty. */
static fcast_status take_piece(const char *axis_text, const char **text, char separator, char **out, fcast_error *err) {
  const size_t length = piece_length(*text, separator);
  if (length == 0) {
    return bad_axis(axis_text, "where a name or value is empty", err);
  }
  *out = fcast_format("%.*s", (int)length, *text);
  *text += length + ((*text)[length] != '\0');
  return *out == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the grid") : FCAST_OK;
}

/* One value of an axis: a part for each key, or one for all where every value has one. */
static fcast_status take_value(fcast_grid_axis *axis, const char *text, char **values, fcast_error *err) {
  const size_t n_parts = axis->n_keys == 1 ? 1 : count_pieces(text, ':');
  axis->n_parts = axis->n_parts == 0 ? n_parts : axis->n_parts;
  if (n_parts != axis->n_parts || (n_parts != 1 && n_parts != axis->n_keys)) {
    return bad_axis(axis->text, "where a value has not one part for each key", err);
  }
  fcast_status status = FCAST_OK;
  const char *next = text;
  for (size_t k = 0; status == FCAST_OK && k < axis->n_keys; k++) {
    next = n_parts == 1 ? text : next;
    status = take_piece(axis->text, &next, axis->n_keys == 1 ? '\0' : ':', &values[k], err);
  }
  return status;
}

static fcast_status take_keys(fcast_grid_axis *axis, const char *keys, fcast_error *err) {
  axis->n_keys = count_pieces(keys, ',');
  if (axis->n_keys > FCAST_MAX_GRID_KEYS) {
    axis->n_keys = 0;
    return bad_axis(axis->text, "which has more than 6 keys", err);
  }
  fcast_status status = FCAST_OK;
  for (size_t k = 0; status == FCAST_OK && k < axis->n_keys; k++) {
    status = take_piece(axis->text, &keys, ',', &axis->keys[k], err);
  }
  return status;
}

static fcast_status axis_create(const char *text, fcast_grid_axis *axis, fcast_error *err) {
  const char *equals = strchr(text, '=');
  *axis = (fcast_grid_axis){.text = text};
  if (equals == NULL || equals == text) {
    return bad_axis(text, "which has no '=' behind a key", err);
  }
  char *keys = fcast_format("%.*s", (int)(equals - text), text);
  fcast_status status = keys == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the grid") : FCAST_OK;
  if (status == FCAST_OK) {
    status = take_keys(axis, keys, err);
  }
  fcast_free(keys);
  if (status != FCAST_OK) {
    return status;
  }
  const char *next = equals + 1;
  const size_t n_values = count_pieces(next, ',');
  axis->values = fcast_alloc_array(n_values * axis->n_keys, sizeof *axis->values);
  status = axis->values == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the grid") : FCAST_OK;
  axis->n_values = status == FCAST_OK ? n_values : 0;
  for (size_t v = 0; status == FCAST_OK && v < n_values; v++) {
    char *value = NULL;
    status = take_piece(text, &next, ',', &value, err);
    if (status == FCAST_OK) {
      status = take_value(axis, value, axis->values + v * axis->n_keys, err);
    }
    fcast_free(value);
  }
  return status;
}

/* --- the grid --- */

static fcast_status check_keys_differ(const fcast_grid *grid, fcast_error *err) {
  for (size_t a = 0; a < grid->n_axes; a++) {
    for (size_t k = 0; k < grid->axes[a].n_keys; k++) {
      for (size_t b = 0; b <= a; b++) {
        for (size_t l = 0; l < (b < a ? grid->axes[b].n_keys : k); l++) {
          if (strcmp(grid->axes[a].keys[k], grid->axes[b].keys[l]) == 0) {
            return fcast_fail(err, FCAST_E_ARG, "--grid: %s is there twice, expected every key once",
                              grid->axes[a].keys[k]);
          }
        }
      }
    }
  }
  return FCAST_OK;
}

fcast_status fcast_grid_create(const fcast_arguments *arguments, fcast_grid *out, fcast_error *err) {
  const char *texts[MAX_GIVEN];
  const size_t n_axes = fcast_argument_all(arguments, "grid", MAX_GIVEN, texts);
  *out = (fcast_grid){.n_points = 1};
  if (n_axes == 0 || n_axes > FCAST_MAX_GRID_AXES) {
    return fcast_fail(err, FCAST_E_ARG, "--grid: found %s, expected 1 to %d", n_axes == 0 ? "none" : "more",
                      FCAST_MAX_GRID_AXES);
  }
  fcast_status status = FCAST_OK;
  for (size_t a = 0; status == FCAST_OK && a < n_axes; a++) {
    status = axis_create(texts[a], &out->axes[out->n_axes++], err);
    if (status == FCAST_OK && out->axes[a].n_values > FCAST_MAX_GRID_POINTS / out->n_points) {
      status = fcast_fail(err, FCAST_E_ARG, "--grid: found more than %d points, expected fewer", FCAST_MAX_GRID_POINTS);
    }
    out->n_points *= out->axes[a].n_values;
  }
  if (status == FCAST_OK) {
    status = check_keys_differ(out, err);
  }
  if (status != FCAST_OK) {
    fcast_grid_clear(out);
  }
  return status;
}

void fcast_grid_clear(fcast_grid *grid) {
  for (size_t a = 0; a < grid->n_axes; a++) {
    fcast_grid_axis *axis = &grid->axes[a];
    for (size_t i = 0; i < axis->n_values * axis->n_keys; i++) {
      fcast_free(axis->values[i]);
    }
    for (size_t k = 0; k < axis->n_keys; k++) {
      fcast_free(axis->keys[k]);
    }
    fcast_free(axis->values);
  }
  *grid = (fcast_grid){0};
}

size_t fcast_grid_value(const fcast_grid *grid, size_t point, size_t axis) {
  for (size_t a = grid->n_axes - 1; a > axis; a--) {
    point /= grid->axes[a].n_values;
  }
  return point % grid->axes[axis].n_values;
}

void fcast_grid_name(const fcast_grid *grid, size_t point, size_t first_axis, char name[FCAST_GRID_NAME]) {
  size_t n = 0;
  name[0] = '\0';
  for (size_t a = first_axis; a < grid->n_axes; a++) {
    const fcast_grid_axis *axis = &grid->axes[a];
    char **values = axis->values + fcast_grid_value(grid, point, a) * axis->n_keys;
    for (size_t k = 0; k < axis->n_keys && n < FCAST_GRID_NAME; k++) {
      const int length = snprintf(name + n, FCAST_GRID_NAME - n, "%s%s=%s", n > 0 ? "," : "", axis->keys[k], values[k]);
      n += length > 0 ? (size_t)length : 0;
    }
  }
}

/* `config` with one value of an axis. */
static fcast_status set_value(const fcast_grid_axis *axis, size_t value, fcast_config *config, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t k = 0; status == FCAST_OK && k < axis->n_keys; k++) {
    char *assignment = fcast_format("%s=%s", axis->keys[k], axis->values[value * axis->n_keys + k]);
    status = assignment == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the grid")
                                : fcast_config_set(config, assignment, err);
    fcast_free(assignment);
  }
  return status;
}

/* What a value makes of the configuration, as a number. */
static fcast_status hash_value(const fcast_grid_axis *axis, size_t value, const fcast_config *base, uint64_t *hash,
                               fcast_error *err) {
  fcast_config config = *base;
  fcast_status status = set_value(axis, value, &config, err);
  if (status != FCAST_OK) {
    return status;
  }
  json_t *json = fcast_config_json(&config);
  char *text = json == NULL ? NULL : fcast_json_text(json, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref(json);
  *hash = text == NULL ? 0 : fcast_hash_text(FCAST_HASH_START, text);
  status = text == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the grid") : FCAST_OK;
  fcast_free(text);
  return status;
}

static fcast_status check_axis(const fcast_grid_axis *axis, const fcast_config *base, fcast_error *err) {
  uint64_t *hashes = fcast_alloc_array(axis->n_values, sizeof *hashes);
  fcast_status status = hashes == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the grid") : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < axis->n_values; i++) {
    status = hash_value(axis, i, base, &hashes[i], err);
    for (size_t j = 0; status == FCAST_OK && j < i; j++) {
      if (hashes[j] == hashes[i]) {
        status = bad_axis(axis->text, "where a value is there twice", err);
      }
    }
  }
  fcast_free(hashes);
  return status;
}

fcast_status fcast_grid_check_values(const fcast_grid *grid, const fcast_config *base, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (size_t a = 0; status == FCAST_OK && a < grid->n_axes; a++) {
    status = check_axis(&grid->axes[a], base, err);
  }
  return status;
}

fcast_status fcast_grid_config(const fcast_grid *grid, size_t point, const fcast_config *base, fcast_config *out,
                               fcast_error *err) {
  char name[FCAST_GRID_NAME];
  fcast_status status = FCAST_OK;
  *out = *base;
  fcast_grid_name(grid, point, 0, name);
  for (size_t a = 0; status == FCAST_OK && a < grid->n_axes; a++) {
    status = set_value(&grid->axes[a], fcast_grid_value(grid, point, a), out, err);
  }
  if (status == FCAST_OK) {
    status = fcast_config_check(out, err);
  }
  if (status != FCAST_OK) {
    return fcast_fail_in(err, status, name);
  }
  return strlen(name) + 1 < FCAST_GRID_NAME && strchr(name, '/') == NULL
             ? FCAST_OK
             : fcast_fail(
                   err, FCAST_E_ARG,
                   "--grid: found a point called '%.60s...', expected fewer than %d letters without a slash, since "
                   "a directory is called so",
                   name, FCAST_GRID_NAME - 1);
}
