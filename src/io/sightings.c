/* SPDX-License-Identifier: MIT */
#include "io/sightings.h"

#include "base/listen.h"
#include "base/text.h"
#include "io/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t max_file = (size_t)1 << 32;
static const char gzip_mark[] = "\x1f\x8b";
static const char byte_order_mark[] = "\xef\xbb\xbf";
enum { SHOWN = 40 };

/* Doubles hold all integers up to here, and differences of two do not overflow. */
static const int64_t largest_whole = INT64_C(1) << 53;

/* More frames, or agents times frames, than this are a slip, as a column of times taken for frames. */
static const double max_frames = 1e7;
static const double max_positions = 1e8;

/* --- columns --- */

static const char *const kind_names[FCAST_COLUMN_KINDS + 1] = {"id", "frame", "x", "y", "vx", "vy", "-"};

static fcast_status bad_columns(const char *text, const char *why, fcast_error *err) {
  return fcast_fail(
      err, FCAST_E_ARG,
      "--columns: found '%.200s', %s; expected the columns of the file in their order, as id,frame,x,y or "
      "frame,id,x,y,vx,vy, with z or - for one to leave out",
      text, why);
}

static fcast_status add_column(const char *text, const char *word, size_t length, bool *seen, fcast_columns *out,
                               fcast_error *err) {
  const bool is_height = length == 1 && *word == 'z'; /* people have one, and densities do not */
  for (int kind = 0; kind <= FCAST_COLUMN_SKIPPED; kind++) {
    const bool is_named = strlen(kind_names[kind]) == length && strncmp(word, kind_names[kind], length) == 0;
    if (!is_named && !(is_height && kind == FCAST_COLUMN_SKIPPED)) {
      continue;
    }
    if (out->n == FCAST_MAX_COLUMNS || (kind < FCAST_COLUMN_SKIPPED && seen[kind])) {
      return bad_columns(text, out->n == FCAST_MAX_COLUMNS ? "more than 64" : "where one is there twice", err);
    }
    seen[kind] = true;
    out->kinds[out->n++] = (fcast_column_kind)kind;
    return FCAST_OK;
  }
  return bad_columns(text, "where one is none of id, frame, x, y, vx, vy, z and -", err);
}

fcast_status fcast_columns_parse(const char *text, fcast_columns *out, fcast_error *err) {
  bool seen[FCAST_COLUMN_KINDS + 1] = {false};
  fcast_status status = FCAST_OK;
  *out = (fcast_columns){0};
  for (const char *word = text; status == FCAST_OK;) {
    const size_t length = strcspn(word, ",");
    status = add_column(text, word, length, seen, out, err);
    if (word[length] == '\0') {
      break;
    }
    word += length + 1;
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (!seen[FCAST_COLUMN_ID] || !seen[FCAST_COLUMN_FRAME] || !seen[FCAST_COLUMN_X] || !seen[FCAST_COLUMN_Y]) {
    return bad_columns(text, "without one of id, frame, x and y", err);
  }
  if (seen[FCAST_COLUMN_VX] != seen[FCAST_COLUMN_VY]) {
    return bad_columns(text, "with one of vx and vy", err);
  }
  out->has_velocities = seen[FCAST_COLUMN_VX];
  return FCAST_OK;
}

/* --- lines --- */

typedef struct reader {
  const char *name;
  const fcast_columns *columns;
  const fcast_listener *listener;
  size_t line;
  fcast_error *err;
} reader;

/* What stood where a number was expected, printable and short. */
static fcast_status bad_field(const reader *from, size_t column, const char *field, const char *expected) {
  char shown[SHOWN + 1];
  size_t n = 0;
  for (; n < SHOWN && field[n] != '\0'; n++) {
    shown[n] = field[n] < ' ' || field[n] > '~' ? '?' : field[n];
  }
  shown[n] = '\0';
  return fcast_fail(from->err, FCAST_E_FORMAT, "%s:%zu: column %zu (%s): found '%s', expected %s%s", from->name,
                    from->line, column + 1, kind_names[from->columns->kinds[column]], shown, expected,
                    from->line == 1 ? "; --skip_lines leaves out a head" : "");
}

/* An integer; some trackers write it as 12.0. */
static bool parse_whole(const char *field, int64_t *out) {
  double value = 0.0;
  if (fcast_parse_int64(field, out)) {
    return true;
  }
  if (!fcast_parse_double(field, &value) || value != floor(value) || fabs(value) > (double)largest_whole) {
    return false;
  }
  *out = (int64_t)value;
  return true;
}

static fcast_status take_field(const reader *from, size_t column, const char *field, fcast_sighting *out) {
  const fcast_column_kind kind = from->columns->kinds[column];
  double *const numbers[FCAST_COLUMN_KINDS] = {
      NULL, NULL, &out->position[0], &out->position[1], &out->velocity[0], &out->velocity[1]};
  if (kind == FCAST_COLUMN_SKIPPED) {
    return FCAST_OK;
  }
  if (kind == FCAST_COLUMN_ID || kind == FCAST_COLUMN_FRAME) {
    int64_t *whole = kind == FCAST_COLUMN_ID ? &out->id : &out->frame;
    return parse_whole(field, whole) && *whole <= largest_whole && *whole >= -largest_whole
               ? FCAST_OK
               : bad_field(from, column, field, "an integer");
  }
  return fcast_parse_double(field, numbers[kind]) ? FCAST_OK : bad_field(from, column, field, "a finite number");
}

/* The next field of `*text`, cut out in place, without the blanks around it; NULL at the end. */
static char *next_field(char **text, char separator) {
  if (*text == NULL) {
    return NULL;
  }
  char *field = *text + strspn(*text, " \t\r");
  if (separator == ' ' && *field == '\0') {
    return NULL;
  }
  char *end = separator == ' ' ? field + strcspn(field, " \t\r") : strchr(field, separator);
  *text = NULL;
  if (end != NULL && *end != '\0') {
    *end = '\0';
    *text = end + 1;
  }
  for (size_t n = strlen(field); n > 0 && strchr(" \t\r", field[n - 1]) != NULL; n--) {
    field[n - 1] = '\0';
  }
  return field;
}

static fcast_status take_line(const reader *from, char *line, fcast_sighting *out) {
  const char separator = strchr(line, ',') != NULL ? ',' : strchr(line, ';') != NULL ? ';' : ' ';
  fcast_status status = FCAST_OK;
  size_t n = 0;
  *out = (fcast_sighting){.line = from->line};
  for (char *field = NULL; status == FCAST_OK && (field = next_field(&line, separator)) != NULL; n++) {
    status = n < from->columns->n ? take_field(from, n, field, out) : FCAST_OK;
  }
  return status == FCAST_OK && n != from->columns->n
             ? fcast_fail(from->err, FCAST_E_FORMAT, "%s:%zu: found %zu columns, expected %zu as --columns says",
                          from->name, from->line, n, from->columns->n)
             : status;
}

static bool is_left_out(const char *line) {
  const char *first = line + strspn(line, " \t\r");
  return *first == '\0' || *first == '#';
}

static int compare(const void *a, const void *b) {
  const fcast_sighting *x = a;
  const fcast_sighting *y = b;
  if (x->id != y->id) {
    return x->id < y->id ? -1 : 1;
  }
  if (x->frame != y->frame) {
    return x->frame < y->frame ? -1 : 1;
  }
  return (x->line > y->line) - (x->line < y->line);
}

/* In order, and each agent once in a frame. */
static fcast_status sort(const char *name, fcast_sightings *sightings, fcast_error *err) {
  qsort(sightings->rows, sightings->n, sizeof *sightings->rows, compare);
  for (size_t i = 1; i < sightings->n; i++) {
    const fcast_sighting *a = &sightings->rows[i - 1];
    const fcast_sighting *b = &sightings->rows[i];
    if (a->id == b->id && a->frame == b->frame) {
      return fcast_fail(err, FCAST_E_FORMAT,
                        "%s:%zu: id %lld is in frame %lld again, first in line %zu; expected it once", name, b->line,
                        (long long)b->id, (long long)b->frame, a->line);
    }
  }
  return FCAST_OK;
}

static size_t count_lines(const char *bytes, size_t n) {
  size_t n_lines = 1;
  for (size_t i = 0; i < n; i++) {
    n_lines += bytes[i] == '\n' ? 1 : 0;
  }
  return n_lines;
}

/* Lines between two words to a listener, and the share of the work that taking lines apart is; the rest is sorting. */
enum { LINES_TOLD = 100000 };
static const double share_of_lines = 0.8;

static fcast_status take_lines(reader *from, char *bytes, size_t n, size_t n_skipped, fcast_sightings *out) {
  char *end = bytes + n;
  fcast_status status = FCAST_OK;
  for (char *line = bytes; status == FCAST_OK && line < end; from->line++) {
    if (from->line % LINES_TOLD == 0) {
      fcast__tell(from->listener, share_of_lines * (double)(line - bytes) / (double)n);
    }
    char *newline = memchr(line, '\n', (size_t)(end - line));
    char *behind = newline != NULL ? newline : end;
    *behind = '\0';
    if (from->line > n_skipped && memchr(line, '\0', (size_t)(behind - line)) != NULL) {
      return fcast_fail(from->err, FCAST_E_FORMAT, "%s:%zu: found a 0 byte, expected text", from->name, from->line);
    }
    if (from->line > n_skipped && !is_left_out(line)) {
      status = take_line(from, line, &out->rows[out->n++]);
    }
    line = behind + 1;
  }
  return status;
}

fcast_status fcast_sightings_parse(const char *name, char *bytes, size_t n, const fcast_columns *columns,
                                   size_t n_skipped, const fcast_listener *listener, fcast_sightings *out,
                                   fcast_error *err) {
  reader from = {.name = name, .columns = columns, .listener = listener, .line = 1, .err = err};
  *out = (fcast_sightings){.has_velocities = columns->has_velocities};
  if (n >= 2 && memcmp(bytes, gzip_mark, 2) == 0) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: found a compressed file, expected text; 'gunzip' makes it so", name);
  }
  const size_t mark = n >= 3 && memcmp(bytes, byte_order_mark, 3) == 0 ? 3 : 0;
  out->rows = fcast_alloc_unfilled(count_lines(bytes, n), sizeof *out->rows);
  fcast_status status = out->rows == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", name)
                                          : take_lines(&from, bytes + mark, n - mark, n_skipped, out);
  if (status == FCAST_OK && out->n == 0) {
    status = fcast_fail(err, FCAST_E_FORMAT, "%s: found no line of numbers, expected at least one", name);
  }
  if (status == FCAST_OK) {
    fcast__tell(listener, share_of_lines);
    status = sort(name, out, err);
  }
  if (status != FCAST_OK) {
    fcast_sightings_clear(out);
  }
  return status;
}

fcast_status fcast_sightings_read(const char *path, const fcast_columns *columns, size_t n_skipped,
                                  const fcast_listener *listener, fcast_sightings *out, fcast_error *err) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  *out = (fcast_sightings){0};
  fcast_status status = fcast_file_read(path, max_file, &bytes, &n, err);
  if (status == FCAST_OK) {
    status = fcast_sightings_parse(path, (char *)bytes, n, columns, n_skipped, listener, out, err);
  }
  fcast_free(bytes);
  return status;
}

void fcast_sightings_clear(fcast_sightings *sightings) {
  fcast_free(sightings->rows);
  *sightings = (fcast_sightings){0};
}

/* --- tracks --- */

static int64_t common_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

typedef struct frames {
  int64_t first, last, step;
  size_t n_ids;
} frames;

static frames survey(const fcast_sightings *sightings) {
  frames f = {.first = sightings->rows[0].frame, .last = sightings->rows[0].frame};
  for (size_t i = 0; i < sightings->n; i++) {
    const fcast_sighting *row = &sightings->rows[i];
    f.first = row->frame < f.first ? row->frame : f.first;
    f.last = row->frame > f.last ? row->frame : f.last;
    f.n_ids += i == 0 || row->id != sightings->rows[i - 1].id ? 1 : 0;
  }
  for (size_t i = 0; i < sightings->n; i++) {
    f.step = common_divisor(f.step, sightings->rows[i].frame - f.first);
  }
  f.step = f.step > 0 ? f.step : 1;
  return f;
}

static void fill(const fcast_sightings *sightings, frames f, double scale, double frames_per_second,
                 fcast_tracks *out) {
  for (size_t i = 0; i < 2 * out->n_frames * out->n_agents; i++) {
    out->positions[i] = (double)NAN;
    out->velocities[i] = sightings->has_velocities ? (double)NAN : 0.0;
  }
  for (size_t k = 0; k < out->n_frames; k++) {
    out->times[k] = (double)(f.first + (int64_t)k * f.step) / frames_per_second;
  }
  size_t agent = 0;
  for (size_t i = 0; i < sightings->n; i++) {
    const fcast_sighting *row = &sightings->rows[i];
    agent += i > 0 && row->id != row[-1].id ? 1 : 0;
    const size_t at = 2 * ((size_t)((row->frame - f.first) / f.step) * out->n_agents + agent);
    for (size_t axis = 0; axis < 2; axis++) {
      out->positions[at + axis] = scale * row->position[axis];
      if (sightings->has_velocities) {
        out->velocities[at + axis] = scale * row->velocity[axis];
      }
    }
  }
}

fcast_status fcast_sightings_tracks(const char *name, const fcast_sightings *sightings, double scale,
                                    double frames_per_second, fcast_tracks *out, fcast_error *err) {
  const frames f = survey(sightings);
  const double n_frames = (double)(f.last - f.first) / (double)f.step + 1.0;
  *out = (fcast_tracks){0};
  if (n_frames > max_frames || n_frames * (double)f.n_ids > max_positions) {
    return fcast_fail(
        err, FCAST_E_FORMAT,
        "%s: found %.0f frames (%lld to %lld in steps of %lld) of %zu ids, expected at most %.0g frames and "
        "%.0g positions in all; does --columns name the frame?",
        name, n_frames, (long long)f.first, (long long)f.last, (long long)f.step, f.n_ids, max_frames, max_positions);
  }
  const fcast_status status = fcast_tracks_alloc((size_t)n_frames, f.n_ids, out, err);
  if (status == FCAST_OK) {
    fill(sightings, f, scale, frames_per_second, out);
  }
  return status;
}
