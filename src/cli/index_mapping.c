/* SPDX-License-Identifier: MIT */
#include "cli/index_mapping.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/file.h"
#include "io/run_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_TEXT = 256 };
static const size_t max_file = (size_t)1 << 32;

/* The lines of one run, as training writes them. False where the run cannot be read: that is for others to report. */
static bool put_run(const char *oscar_dir, const char *name, size_t *global_idx, fcast_buffer *to) {
  fcast_error ignored;
  fcast_run_facts facts = {0};
  size_t shape[3] = {0};
  char *directory = fcast_format("%s/training/%s", oscar_dir, name);
  const bool is_read = directory != NULL && fcast_run_read_facts(directory, &facts, &ignored) == FCAST_OK &&
                       fcast_run_read_density_shape(directory, shape, &ignored) == FCAST_OK;
  for (size_t frame = 0; is_read && frame < shape[0]; frame++) {
    char line[LINE_TEXT];
    (void)snprintf(line, sizeof line, "%zu,%.64s,%.64s,%zu\n", (*global_idx)++, name, facts.ic_type, frame);
    fcast_buffer_put_text(to, line);
  }
  fcast_run_facts_clear(&facts);
  fcast_free(directory);
  return is_read;
}

static bool put_expected(const char *oscar_dir, const json_t *runs, fcast_buffer *to) {
  size_t global_idx = 0;
  bool is_read = json_array_size(runs) > 0;
  fcast_buffer_put_text(to, "global_idx,run_name,ic_type,time_idx\n");
  for (size_t i = 0; is_read && i < json_array_size(runs); i++) {
    const char *name = json_string_value(json_array_get(runs, i));
    is_read = name != NULL && put_run(oscar_dir, name, &global_idx, to);
  }
  return is_read;
}

/* The line that `at` is in, counted from 1 and without its end. */
static size_t find_line(const fcast_buffer *text, size_t at, int *length, const char **line) {
  size_t number = 1;
  size_t start = 0;
  for (size_t i = 0; i < at && i < text->n; i++) {
    if (text->bytes[i] == '\n') {
      number++;
      start = i + 1;
    }
  }
  *line = (const char *)text->bytes + start;
  const size_t n = strcspn(*line, "\n");
  *length = (int)(n < LINE_TEXT ? n : LINE_TEXT);
  return number;
}

static fcast_status compare(const char *path, const fcast_buffer *found, const fcast_buffer *expected,
                            fcast_error *err) {
  size_t at = 0;
  while (at < found->n && at < expected->n && found->bytes[at] == expected->bytes[at]) {
    at++;
  }
  if (at == found->n && at == expected->n) {
    return FCAST_OK;
  }
  const char *found_line;
  const char *expected_line;
  int n_found;
  int n_expected;
  (void)find_line(found, at, &n_found, &found_line);
  const size_t number = find_line(expected, at, &n_expected, &expected_line);
  return fcast_fail(err, FCAST_E_FORMAT, "%s:%zu: found '%.*s', expected '%.*s'", path, number, n_found, found_line,
                    n_expected, expected_line);
}

fcast_status fcast_index_mapping_check(const char *oscar_dir, const json_t *report, fcast_error *err) {
  const json_t *runs = json_object_get(report, "runs");
  if (runs == NULL) {
    return FCAST_OK;
  }
  fcast_buffer found = {0};
  fcast_buffer expected = {0};
  char *path = fcast_format("%s/models/index_mapping.csv", oscar_dir);
  fcast_status status = path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", oscar_dir)
                                     : fcast_file_read(path, max_file, &found.bytes, &found.n, err);
  const bool is_known = status == FCAST_OK && put_expected(oscar_dir, runs, &expected);
  if (expected.has_failed) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  } else if (is_known) {
    status = compare(path, &found, &expected, err);
  }
  fcast_free(found.bytes);
  fcast_free(expected.bytes);
  fcast_free(path);
  return status;
}
