/* SPDX-License-Identifier: MIT
 *
 * The writing half of npz.h. libzip makes the container; it writes into a stream of ours, the temporary file of an
 * fcast_outfile, so that arrays go from the caller's memory to the disk without a copy of the archive in between.
 */
#include "flockcast/array.h"
#include "io/file.h"
#include "io/npy.h"
#include "io/npz.h"
#include "io/pickle.h"

#include <string.h>
#include <zip.h>

enum { FIRST_CAPACITY = 16, WINDOW = 1 << 16 };

/* 1980-01-01 00:00, the zero of DOS time, as numpy.savez writes it. */
enum { DOS_TIME = 0, DOS_DATE = 1 << 5 | 1 };

typedef struct pending {
  char *name; /* with ".npy" */
  unsigned char *header;
  size_t n_header;
  const void *data; /* borrowed, or `owned` */
  void *owned;
  size_t n_data;
} pending;

struct fcast_npz_writer {
  fcast_npz_format format;
  fcast_status status; /* of the first add that failed */
  fcast_error error;
  size_t n_members, capacity;
  pending *members;
};

/* --- collecting members --- */

fcast_status fcast_npz_writer_create(fcast_npz_format format, fcast_npz_writer **out, fcast_error *err) {
  *out = fcast_alloc_array(1, sizeof **out);
  if (*out == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for an archive");
  }
  (*out)->format = format;
  return FCAST_OK;
}

static void free_writer(fcast_npz_writer *writer) {
  for (size_t i = 0; i < writer->n_members; i++) {
    fcast_free(writer->members[i].name);
    fcast_free(writer->members[i].header);
    fcast_free(writer->members[i].owned);
  }
  fcast_free(writer->members);
  fcast_free(writer);
}

static void remember_no_memory(fcast_npz_writer *writer, const char *name) {
  writer->status = fcast_fail(&writer->error, FCAST_E_NOMEM, "out of memory for '%s'", name);
}

static int make_room(fcast_npz_writer *writer) {
  if (writer->n_members < writer->capacity) {
    return 1;
  }
  const size_t capacity = writer->capacity == 0 ? FIRST_CAPACITY : 2 * writer->capacity;
  pending *moved = fcast_alloc_array(capacity, sizeof *moved);
  if (moved == NULL) {
    return 0;
  }
  if (writer->n_members > 0) {
    memcpy(moved, writer->members, writer->n_members * sizeof *moved);
  }
  fcast_free(writer->members);
  writer->members = moved;
  writer->capacity = capacity;
  return 1;
}

/* Takes over `owned`, whatever happens. */
static void add_member(fcast_npz_writer *writer, const char *name, const char *descr, size_t n_dimensions,
                       const size_t *shape, const void *data, void *owned, size_t n_data) {
  if (!make_room(writer)) {
    fcast_free(owned);
    remember_no_memory(writer, name);
    return;
  }
  pending *added = &writer->members[writer->n_members++];
  *added = (pending){.name = fcast_format("%s.npy", name), .data = data, .owned = owned, .n_data = n_data};
  added->header = fcast_npy_header_create(descr, n_dimensions, shape, &added->n_header);
  if (added->name == NULL || added->header == NULL) {
    remember_no_memory(writer, name);
  }
}

static void add_array(fcast_npz_writer *writer, const char *name, bool as_float32, size_t n_dimensions,
                      const size_t *shape, const double *values) {
  if (writer->status != FCAST_OK) {
    return;
  }
  if (n_dimensions > FCAST_NPY_MAX_DIMENSIONS) {
    writer->status = fcast_fail(&writer->error, FCAST_E_ARG, "'%s' has %zu dimensions, expected at most %d", name,
                                n_dimensions, FCAST_NPY_MAX_DIMENSIONS);
    return;
  }
  size_t n_values = 1;
  for (size_t i = 0; i < n_dimensions; i++) {
    n_values *= shape[i]; /* the array is in memory: it does not overflow */
  }
  if (!as_float32) {
    add_member(writer, name, "<f8", n_dimensions, shape, values, NULL, n_values * sizeof *values);
    return;
  }
  float *rounded = fcast_alloc_unfilled(n_values, sizeof *rounded);
  if (rounded == NULL) {
    remember_no_memory(writer, name);
    return;
  }
  for (size_t i = 0; i < n_values; i++) {
    rounded[i] = (float)values[i];
  }
  add_member(writer, name, "<f4", n_dimensions, shape, rounded, rounded, n_values * sizeof *rounded);
}

void fcast_npz_add_array(fcast_npz_writer *writer, const char *name, size_t n_dimensions, const size_t *shape,
                         const double *values) {
  add_array(writer, name, false, n_dimensions, shape, values);
}

void fcast_npz_add_large_array(fcast_npz_writer *writer, const char *name, size_t n_dimensions, const size_t *shape,
                               const double *values) {
  add_array(writer, name, writer->format.float32, n_dimensions, shape, values);
}

static void add_one(fcast_npz_writer *writer, const char *name, const char *descr, const void *value, size_t n_bytes) {
  if (writer->status != FCAST_OK) {
    return;
  }
  void *owned = fcast_alloc_array(n_bytes, 1);
  if (owned == NULL) {
    remember_no_memory(writer, name);
    return;
  }
  memcpy(owned, value, n_bytes);
  add_member(writer, name, descr, 0, NULL, owned, owned, n_bytes);
}

void fcast_npz_add_scalar(fcast_npz_writer *writer, const char *name, double value) {
  add_one(writer, name, "<f8", &value, sizeof value);
}

void fcast_npz_add_integer(fcast_npz_writer *writer, const char *name, int64_t value) {
  add_one(writer, name, "<i8", &value, sizeof value);
}

void fcast_npz_add_object(fcast_npz_writer *writer, const char *name, const json_t *value) {
  if (writer->status != FCAST_OK) {
    return;
  }
  unsigned char *pickle = NULL;
  size_t n = 0;
  writer->status = fcast_pickle_write(value, &pickle, &n, &writer->error);
  if (writer->status == FCAST_OK) {
    add_member(writer, name, "|O", 0, NULL, pickle, pickle, n);
  }
}

/* --- the stream libzip writes into --- */

/* libzip writes 8 kB at a time and goes back to the head of each member when it knows the checksum. The end of the file
 * is kept in a window, so that most of this happens in memory. */
typedef struct sink {
  const fcast_outfile *file;
  unsigned char *window;
  zip_uint64_t start;    /* where the window lies in the file */
  size_t n;              /* bytes in it; nothing is behind them */
  zip_uint64_t position; /* where the next byte goes, at most start + n */
  fcast_status status;   /* of the first write that failed */
  fcast_error failure;
  zip_error_t error;
} sink;

static int put_at(sink *to, const void *bytes, size_t n, zip_uint64_t offset) {
  to->status = fcast_outfile_write(to->file, bytes, n, offset, &to->failure);
  if (to->status != FCAST_OK) {
    zip_error_set(&to->error, ZIP_ER_WRITE, 0);
  }
  return to->status == FCAST_OK;
}

static int flush_window(sink *to) {
  if (!put_at(to, to->window, to->n, to->start)) {
    return 0;
  }
  to->start += to->n;
  to->n = 0;
  return 1;
}

static zip_int64_t sink_stat(void *data, zip_uint64_t length) {
  if (length < sizeof(zip_stat_t)) {
    return -1;
  }
  zip_stat_t info;
  zip_stat_init(&info);
  info.size = 0; /* an empty file, about to be written anew */
  info.valid = ZIP_STAT_SIZE;
  memcpy(data, &info, sizeof info);
  return 0;
}

static zip_int64_t sink_seek(sink *to, void *data, zip_uint64_t length) {
  const zip_uint64_t end = to->start + to->n;
  const zip_int64_t position = zip_source_seek_compute_offset(to->position, end, data, length, &to->error);
  if (position >= 0) {
    to->position = (zip_uint64_t)position;
  }
  return position >= 0 ? 0 : -1;
}

static zip_int64_t sink_write(sink *to, const void *data, zip_uint64_t length) {
  const unsigned char *next = data;
  for (size_t n_left = (size_t)length, n_now = 0; n_left > 0; n_left -= n_now) {
    if (to->position >= to->start + WINDOW && !flush_window(to)) {
      return -1;
    }
    const int is_before = to->position < to->start;
    const zip_uint64_t room = is_before ? to->start - to->position : to->start + WINDOW - to->position;
    n_now = n_left < room ? n_left : (size_t)room;
    if (is_before) {
      if (!put_at(to, next, n_now, to->position)) {
        return -1;
      }
    } else {
      const size_t offset = (size_t)(to->position - to->start);
      memcpy(to->window + offset, next, n_now);
      to->n = offset + n_now > to->n ? offset + n_now : to->n;
    }
    next += n_now;
    to->position += n_now;
  }
  return (zip_int64_t)length;
}

static zip_int64_t sink_run(void *context, void *data, zip_uint64_t length, zip_source_cmd_t command) {
  sink *to = context;
  switch (command) {
  case ZIP_SOURCE_SUPPORTS:
    return zip_source_make_command_bitmap(
        ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_STAT,
        ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_COMMIT_WRITE, ZIP_SOURCE_ROLLBACK_WRITE,
        ZIP_SOURCE_WRITE, ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE, ZIP_SOURCE_REMOVE, -1);
  case ZIP_SOURCE_STAT:
    return sink_stat(data, length);
  case ZIP_SOURCE_ERROR:
    return zip_error_to_data(&to->error, data, length);
  case ZIP_SOURCE_WRITE:
    return sink_write(to, data, length);
  case ZIP_SOURCE_SEEK_WRITE:
    return sink_seek(to, data, length);
  case ZIP_SOURCE_TELL_WRITE:
    return (zip_int64_t)to->position;
  case ZIP_SOURCE_COMMIT_WRITE:
    return flush_window(to) ? 0 : -1;
  default:
    return 0; /* open, close, begin, roll back, remove, free, and reading nothing: nothing to do */
  }
}

/* --- saving --- */

static fcast_status fail_zip(const char *path, zip_error_t *error, fcast_error *err) {
  const int zip_code = zip_error_code_zip(error);
  /* libzip gives no reason at some places where memory runs out. */
  if (zip_code == ZIP_ER_MEMORY || zip_code == ZIP_ER_OK) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  const fcast_status code = zip_code == ZIP_ER_EXISTS ? FCAST_E_ARG : FCAST_E_IO; /* two members of one name */
  return fcast_fail(err, code, "%s: %s", path, zip_error_strerror(error));
}

/* Add one member: header and values are two fragments of one source, both borrowed. */
static int put_member(zip_t *archive, const pending *added, bool compress) {
  const zip_buffer_fragment_t fragments[2] = {
      {.data = added->header, .length = added->n_header},
      {.data = (zip_uint8_t *)added->data, .length = added->n_data}, /* libzip's type has no const */
  };
  zip_source_t *source = zip_source_buffer_fragment(archive, fragments, added->n_data > 0 ? 2 : 1, 0);
  if (source == NULL) {
    return 0;
  }
  const zip_int64_t index = zip_file_add(archive, added->name, source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return 0;
  }
  const zip_int32_t method = compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE; /* at zlib's own level: others gain nothing */
  return zip_set_file_compression(archive, (zip_uint64_t)index, method, 0) == 0 &&
         zip_file_set_dostime(archive, (zip_uint64_t)index, DOS_TIME, DOS_DATE, 0) == 0;
}

static fcast_status put_members(const fcast_npz_writer *writer, const char *path, sink *to, fcast_error *err) {
  zip_error_t error;
  zip_t *archive = NULL;
  fcast_status status = FCAST_OK;
  fcast__npz_prepare();
  zip_error_init(&error);
  zip_source_t *source = zip_source_function_create(sink_run, to, &error);
  if (source == NULL) {
    status = fail_zip(path, &error, err);
    goto cleanup;
  }
  archive = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
  if (archive == NULL) {
    zip_source_free(source);
    status = fail_zip(path, &error, err);
    goto cleanup;
  }
  for (size_t i = 0; i < writer->n_members; i++) {
    if (!put_member(archive, &writer->members[i], writer->format.compress)) {
      status = fail_zip(path, zip_get_error(archive), err);
      goto cleanup;
    }
  }
  if (zip_close(archive) != 0) {
    status = to->status == FCAST_OK ? fail_zip(path, zip_get_error(archive), err)
                                    : fcast_fail(err, to->status, "%s", to->failure.text);
    goto cleanup;
  }
  archive = NULL;
cleanup:
  if (archive != NULL) {
    zip_discard(archive);
  }
  zip_error_fini(&error);
  return status;
}

static fcast_status write_archive(const fcast_npz_writer *writer, const fcast_outfile *file, fcast_error *err) {
  sink to = {.file = file, .window = fcast_alloc_unfilled(WINDOW, 1)};
  if (to.window == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", file->final_path);
  }
  zip_error_init(&to.error);
  const fcast_status status = put_members(writer, file->final_path, &to, err);
  zip_error_fini(&to.error);
  fcast_free(to.window);
  return status;
}

fcast_status fcast_npz_writer_put(fcast_npz_writer *writer, const char *path, fcast_outfile *file, fcast_error *err) {
  fcast_status status = writer->status;
  *file = (fcast_outfile){0};
  if (status != FCAST_OK) {
    status = fcast_fail(err, status, "%s: %s", path, writer->error.text);
  } else if (writer->n_members == 0) {
    status = fcast_fail(err, FCAST_E_ARG, "%s: no members to write", path); /* libzip would write no file */
  } else {
    status = fcast_outfile_begin(path, file, err);
  }
  if (status == FCAST_OK) {
    status = write_archive(writer, file, err);
  }
  if (status != FCAST_OK) {
    fcast_outfile_abandon(file);
  }
  free_writer(writer);
  return status;
}

fcast_status fcast_npz_writer_save(fcast_npz_writer *writer, const char *path, fcast_error *err) {
  fcast_outfile file;
  const fcast_status status = fcast_npz_writer_put(writer, path, &file, err);
  return status == FCAST_OK ? fcast_outfile_commit(&file, err) : status;
}
