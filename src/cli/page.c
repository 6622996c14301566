/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include "base/text.h"
#include "io/file.h"
#include "io/json_file.h"
#include "page_parts.h"
#include "render/colour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- tables, as they were written --- */

/* A cell: a number where it is one, null for nan and inf, text else. */
static json_t *cell_json(const char *text, size_t n) {
  char cell[64];
  if (n >= sizeof cell) {
    return json_stringn(text, n);
  }
  memcpy(cell, text, n);
  cell[n] = '\0';
  char *end = cell;
  const double value = strtod(cell, &end);
  return n == 0 || *end != '\0' ? json_stringn(text, n) : fcast_page_number(value);
}

static json_t *row_json(const char *line, size_t length) {
  json_t *row = json_array();
  const char *end = line + length;
  for (const char *at = line; row != NULL && at <= end;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    const char *stop = comma != NULL ? comma : end;
    if (json_array_append_new(row, cell_json(at, (size_t)(stop - at))) != 0) {
      json_decref(row);
      row = NULL;
    }
    at = stop + 1;
  }
  return row;
}

/* A table of ours, rows of cells, the names of the columns first; null where there is no such file. */
static fcast_status add_table(json_t *tables, const char *name, const char *directory, fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  char *path = fcast_format("%s/%s.csv", directory, name);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", directory)
                                     : fcast_file_read(path, (size_t)64 << 20, &bytes, &n, err);
  json_t *rows = status == FCAST_OK ? json_array() : json_null();
  for (const char *at = (const char *)bytes; status == FCAST_OK && *at != '\0';) {
    const size_t length = strcspn(at, "\n");
    if (json_array_append_new(rows, row_json(at, length)) != 0) {
      status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
    }
    at += length + (at[length] == '\n');
  }
  if (json_object_set_new(tables, name, rows) != 0 && status == FCAST_OK) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  fcast_free(bytes);
  fcast_free(path);
  return status == FCAST_E_MISSING ? FCAST_OK : status;
}

static fcast_status add_tables(json_t *tables, const char *oscar_dir, const char *output_dir, fcast_error *err) {
  static const char *const of_local[] = {"r2_by_lead",
                                         "metrics_all_runs",
                                         "metrics_selected",
                                         "metrics_field",
                                         "metrics_by_ic_type",
                                         "metrics_selected_by_ic_type",
                                         "metrics_field_by_ic_type",
                                         "uncertainty",
                                         "uncertainty_field"};
  static const char *const of_training[] = {"eigenvalues", "selection"};
  char *models = fcast_format("%s/models", oscar_dir);
  fcast_status status = models == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir) : FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof of_local / sizeof of_local[0]; i++) {
    status = add_table(tables, of_local[i], output_dir, err);
  }
  for (size_t i = 0; status == FCAST_OK && i < sizeof of_training / sizeof of_training[0]; i++) {
    status = add_table(tables, of_training[i], models, err);
  }
  fcast_free(models);
  return status;
}

/* --- films that were encoded --- */

/* All films of a page together; those that do not fit are left beside it. */
enum { MOST_FILM_BYTES = 8 << 20 };

static fcast_status add_videos(json_t *videos, const fcast_evaluation *evaluation, const char *output_dir,
                               fcast_error *err) {
  size_t left = MOST_FILM_BYTES;
  fcast_status status = FCAST_OK;
  for (size_t type = 0; status == FCAST_OK && type < evaluation->n_types; type++) {
    unsigned char *bytes = NULL;
    size_t n = 0;
    char *path = fcast_format("%s/best_runs/%s/density_truth_vs_pred.mp4", output_dir, evaluation->types[type]);
    status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir)
                          : fcast_file_read(path, left, &bytes, &n, err);
    const char *run = evaluation->runs[evaluation->best_run[type]].facts.run_name;
    if (status == FCAST_OK) {
      status = json_object_set_new(videos, run, fcast_page_bytes(bytes, n, false)) == 0
                   ? FCAST_OK
                   : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
      left -= n;
    }
    status = status == FCAST_E_FORMAT ? FCAST_OK : status; /* larger than what is left */
    fcast_free(bytes);
    fcast_free(path);
  }
  return status;
}

/* --- colours --- */

enum { N_LINES = 3 }; /* as many as the figures of states and order parameters have */

static json_t *colour_json(fcast__rgb colour) {
  char text[8];
  (void)snprintf(text, sizeof text, "#%06x", (unsigned)(fcast__rgb_to_pixel(colour) & 0xffffff));
  return json_string(text);
}

static json_t *map_json(const fcast__rgb map[FCAST__MAP_SIZE]) {
  json_t *out = json_array();
  for (size_t i = 0; out != NULL && i < FCAST__MAP_SIZE; i++) {
    if (json_array_append_new(out, colour_json(map[i])) != 0) {
      json_decref(out);
      out = NULL;
    }
  }
  return out;
}

/* On a dark page everything is lighter, in the same order. */
static json_t *pair_json(fcast__rgb colour) {
  fcast__oklab dark = fcast__rgb_to_oklab(colour);
  dark.lightness = 0.45 + 0.55 * dark.lightness;
  return json_pack("[o, o]", colour_json(colour), colour_json(fcast__oklab_to_rgb(dark)));
}

/* The colours of things that are compared, by the keys the page knows them by. */
static json_t *things_json(void) {
  static const struct {
    const char *key;
    fcast__thing thing;
  } things[] = {{"field", FCAST__FIELD_MODEL},        {"selected", FCAST__CHOSEN_MODEL},
                {"all_runs", FCAST__SPECIFIED_MODEL}, {"persistence", FCAST__PERSISTENCE},
                {"basis", FCAST__PROJECTION_LIMIT},   {"noise_limit", FCAST__NOISE_LIMIT},
                {"mean", FCAST__TRAINING_MEAN}};
  json_t *out = json_object();
  int failures = out == NULL;
  for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
    failures += json_object_set_new(out, things[i].key, pair_json(fcast__look_of(things[i].thing)->colour));
  }
  /* Lines that are none of these. */
  for (size_t i = 0; i < N_LINES; i++) {
    const char key[] = {'l', 'i', 'n', 'e', (char)('0' + i), '\0'};
    failures += json_object_set_new(out, key, pair_json(fcast__colour_of_line(i, N_LINES)));
  }
  if (failures != 0) {
    json_decref(out);
    out = NULL;
  }
  return out;
}

static json_t *colours_json(void) {
  fcast__rgb density[FCAST__MAP_SIZE];
  fcast__rgb diverging[FCAST__MAP_SIZE];
  fcast__map_density(density);
  fcast__map_diverging(diverging);
  return json_pack("{s:o, s:o, s:o, s:o, s:o}", "things", things_json(), "density", map_json(density), "diverging",
                   map_json(diverging), "negative", colour_json(fcast__colour_negative()), "not_finite",
                   colour_json(fcast__colour_not_finite()));
}

/* --- the page --- */

/* Everything in one object; on failure what is there so far goes. */
static fcast_status gather(const fcast_evaluation *evaluation, const char *oscar_dir, const char *output_dir,
                           const fcast_listener *listener, json_t *page, fcast_error *err) {
  json_t *tables = json_object();
  json_t *videos = json_object();
  int failures = json_object_set_new(page, "tables", tables);
  failures += json_object_set_new(page, "videos", videos);
  fcast_status status = failures == 0 ? add_tables(tables, oscar_dir, output_dir, err) : FCAST_OK;
  if (failures == 0 && status == FCAST_OK) {
    status = add_videos(videos, evaluation, output_dir, err);
  }
  if (failures == 0 && status == FCAST_OK) {
    failures += json_object_set_new(page, "colours", colours_json());
    failures += json_object_set_new(page, "headline", fcast_page_headline(evaluation, err));
    failures += json_object_set_new(page, "runs", fcast_page_series(evaluation));
    failures += json_object_set_new(page, "films", fcast_page_films(evaluation, listener, err));
    failures += json_object_set_new(page, "basis", fcast_page_basis(evaluation));
    failures += json_object_set_new(page, "models", fcast_page_models(evaluation));
    failures += json_object_set_new(page, "origin", fcast_page_origin(evaluation, oscar_dir, err));
  }
  if (status == FCAST_OK && failures != 0) {
    status = err->code != FCAST_OK ? err->code : fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir);
  }
  return status;
}

/* JSON inside HTML: a "<" in a name must not end the script. */
static void put_data(fcast_buffer *out, const char *json) {
  while (*json != '\0') {
    const size_t n = strcspn(json, "<");
    fcast_buffer_put(out, json, n);
    json += n;
    if (*json == '<') {
      fcast_buffer_put_text(out, "\\u003c");
      json++;
    }
  }
}

static fcast_status compose(const json_t *page, fcast_buffer *out, fcast_error *err) {
  char *json = fcast_json_text(page, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
  if (json == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the results page");
  }
  fcast_buffer_put(out, fcast_page_head, fcast_page_head_length);
  put_data(out, json);
  fcast_buffer_put(out, fcast_page_tail, fcast_page_tail_length);
  fcast_free(json);
  return out->has_failed ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the results page") : FCAST_OK;
}

fcast_status fcast_page_write(const fcast_evaluation *evaluation, const char *oscar_dir, const char *output_dir,
                              const fcast_listener *listener, fcast_error *err) {
  fcast_buffer text = {0};
  json_t *page = json_object();
  char *path = fcast_format("%s/index.html", output_dir);
  fcast_status status = page == NULL || path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", output_dir)
                                                     : gather(evaluation, oscar_dir, output_dir, listener, page, err);
  if (status == FCAST_OK) {
    status = compose(page, &text, err);
  }
  if (status == FCAST_OK) {
    status = fcast_file_write(path, text.bytes, text.n, err);
  }
  json_decref(page);
  fcast_free(text.bytes);
  fcast_free(path);
  return status;
}
