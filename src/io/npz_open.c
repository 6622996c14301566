/* SPDX-License-Identifier: MIT */
#include "io/npz_stream.h"

#include "flockcast/array.h"
#include "io/file.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  MAX_DEFLATE_RATIO = 1100, /* deflate itself stops at 1032 to 1 */
  LARGE_MEMBER = 256 << 20, /* bytes from which a member that shrinks so well is a bomb rather than data: */
  MAX_LARGE_RATIO = 256,
  DEFLATE_SLACK = 1024, /* for members of a few bytes */
  MAX_READ = 1 << 30,   /* bytes asked of libzip at a time */
  DRAINED = 1 << 15     /* bytes read at a time only to be checked */
};

/* --- opening --- */

/* What libzip's failure means to the user: short memory and a failing disk are not damaged data. */
static fcast_status zip_code_status(int zip_code) {
  if (zip_code == ZIP_ER_MEMORY) {
    return FCAST_E_NOMEM;
  }
  return zip_code == ZIP_ER_OPEN || zip_code == ZIP_ER_READ || zip_code == ZIP_ER_SEEK ? FCAST_E_IO : FCAST_E_FORMAT;
}

static fcast_status fail_open(const char *path, int zip_code, fcast_error *err) {
  /* libzip's words for these two are about something else. */
  if (zip_code == ZIP_ER_EXISTS) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: damaged: a member is there twice", path);
  }
  if (zip_code == ZIP_ER_INCONS) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: damaged: its members contradict its directory", path);
  }
  zip_error_t error;
  zip_error_init_with_code(&error, zip_code);
  const fcast_status status = fcast_fail(err, zip_code_status(zip_code), "%s: not a readable NPZ archive: %s", path,
                                         zip_error_strerror(&error));
  zip_error_fini(&error);
  return status;
}

static fcast_status fail_zip(zip_error_t *error, fcast_error *err) {
  const fcast_status status = zip_code_status(zip_error_code_zip(error));
  return fcast_fail(err, status, "%s: %s", status == FCAST_E_FORMAT ? "damaged" : "cannot be read",
                    zip_error_strerror(error));
}

/* libzip takes an empty file for an empty archive, and would wait for ever on a pipe. */
static fcast_status look_at_file(const char *path, zip_uint64_t *n_bytes, fcast_error *err) {
  struct stat info;
  if (stat(path, &info) != 0) {
    const int reason = errno;
    char text[128] = "unknown reason";
    (void)strerror_r(reason, text, sizeof text);
    const int is_missing = reason == ENOENT || reason == ENOTDIR;
    return fcast_fail(err, is_missing ? FCAST_E_MISSING : FCAST_E_IO, "%s: %s", path, text);
  }
  if (!S_ISREG(info.st_mode)) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: not a regular file, expected an NPZ archive", path);
  }
  if (info.st_size == 0) {
    return fcast_fail(err, FCAST_E_FORMAT, "%s: empty file, expected an NPZ archive", path);
  }
  *n_bytes = (zip_uint64_t)info.st_size;
  return FCAST_OK;
}

/* Names are only ever compared and printed, so paths in them do no harm; control characters would, on a terminal. */
static fcast_status check_member_name(const char *name, fcast_error *err) {
  for (const char *letter = name; *letter != '\0'; letter++) {
    if ((unsigned char)*letter < ' ' || *letter == 0x7f) {
      return fcast_fail(err, FCAST_E_FORMAT, "a member's name holds control characters");
    }
  }
  return FCAST_OK;
}

static fcast_status list_member(fcast_npz *npz, size_t i_member, fcast_error *err) {
  zip_stat_t info;
  const char *name = zip_get_name(npz->archive, i_member, ZIP_FL_ENC_RAW);
  if (name == NULL || zip_stat_index(npz->archive, i_member, 0, &info) != 0) {
    return fcast_fail(err, FCAST_E_FORMAT, "member %zu: %s", i_member, zip_strerror(npz->archive));
  }
  const fcast_status status = check_member_name(name, err);
  if (status != FCAST_OK) {
    return status;
  }
  const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if ((info.valid & needed) != needed) {
    return fcast_fail(err, FCAST_E_FORMAT, "'%s' does not say its size", name);
  }
  const size_t length = strlen(name);
  const bool is_array = length >= 4 && strcmp(name + length - 4, ".npy") == 0;
  fcast__npz_member *listed = &npz->members[i_member];
  *listed = (fcast__npz_member){.index = i_member,
                                .size = info.size,
                                .compressed_size = info.comp_size,
                                .method = info.comp_method,
                                .is_array = is_array,
                                .name = fcast_format("%.*s", (int)(is_array ? length - 4 : length), name)};
  npz->n_members = i_member + 1;
  return listed->name == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for its members") : FCAST_OK;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Which of two equal names counts is a matter of taste among readers: refuse. */
static fcast_status refuse_duplicates(const fcast_npz *npz, fcast_error *err) {
  const char **names = fcast_alloc_array(npz->n_members, sizeof *names);
  if (names == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for its members");
  }
  for (size_t i = 0; i < npz->n_members; i++) {
    names[i] = npz->members[i].name;
  }
  qsort(names, npz->n_members, sizeof *names, compare_names);
  fcast_status status = FCAST_OK;
  for (size_t i = 1; i < npz->n_members && status == FCAST_OK; i++) {
    if (strcmp(names[i - 1], names[i]) == 0) {
      status = fcast_fail(err, FCAST_E_FORMAT, "member '%s' is there twice", names[i]);
    }
  }
  fcast_free(names);
  return status;
}

static fcast_status list_members(fcast_npz *npz, fcast_error *err) {
  const zip_int64_t n_entries = zip_get_num_entries(npz->archive, 0);
  const size_t n_members = n_entries > 0 ? (size_t)n_entries : 0;
  npz->members = fcast_alloc_array(n_members, sizeof *npz->members);
  if (npz->members == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for its members");
  }
  fcast_status status = FCAST_OK;
  for (size_t i = 0; i < n_members && status == FCAST_OK; i++) {
    status = list_member(npz, i, err);
  }
  return status == FCAST_OK ? refuse_duplicates(npz, err) : status;
}

/* An empty archive in memory, opened and dropped. A failure does no harm: what is opened next reports its own. */
static void open_first_archive(void) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
  zip_t *archive = source == NULL ? NULL : zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
  if (archive != NULL) {
    zip_discard(archive);
  } else if (source != NULL) {
    zip_source_free(source);
  }
  zip_error_fini(&error);
}

void fcast__npz_prepare(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, open_first_archive);
}

fcast_status fcast_npz_open(const char *path, fcast_npz **out, fcast_error *err) {
  *out = NULL;
  zip_uint64_t n_bytes = 0;
  fcast_status status = look_at_file(path, &n_bytes, err);
  if (status != FCAST_OK) {
    return status;
  }
  fcast_npz *npz = fcast_alloc_array(1, sizeof *npz);
  if (npz == NULL || (npz->path = fcast_format("%s", path)) == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
    goto cleanup;
  }
  npz->n_bytes = n_bytes;
  int zip_code = 0;
  fcast__npz_prepare();
  /* Names, sizes and checksums stand in front of every member and in the directory: they must agree. */
  npz->archive = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, &zip_code);
  if (npz->archive == NULL) {
    status = fail_open(path, zip_code, err);
    goto cleanup;
  }
  status = list_members(npz, err);
  if (status != FCAST_OK) {
    status = fcast_fail_in(err, status, path);
    goto cleanup;
  }
  *out = npz;
  npz = NULL;
cleanup:
  fcast_npz_close(npz);
  return status;
}

void fcast_npz_close(fcast_npz *npz) {
  if (npz == NULL) {
    return;
  }
  if (npz->archive != NULL) {
    zip_discard(npz->archive);
  }
  for (size_t i = 0; i < npz->n_members; i++) {
    fcast_free(npz->members[i].name);
  }
  fcast_free(npz->members);
  fcast_free(npz->path);
  fcast_free(npz);
}

size_t fcast_npz_n_members(const fcast_npz *npz) {
  return npz->n_members;
}

const char *fcast_npz_member_name(const fcast_npz *npz, size_t i_member) {
  return npz->members[i_member].name;
}

static const fcast__npz_member *find_member(const fcast_npz *npz, const char *name) {
  for (size_t i = 0; i < npz->n_members; i++) {
    if (strcmp(npz->members[i].name, name) == 0) {
      return &npz->members[i];
    }
  }
  return NULL;
}

int fcast_npz_has(const fcast_npz *npz, const char *name) {
  return find_member(npz, name) != NULL;
}

/* --- one member, from its header to its last byte --- */

/* Errors inside a member do not know where they are: put the file and the member in front. */
static fcast_status name_failure(const fcast_npz *npz, const char *name, fcast_status status, fcast_error *err) {
  if (status == FCAST_OK) {
    return status;
  }
  char prefix[512];
  (void)snprintf(prefix, sizeof prefix, "%.300s: '%.180s'", npz->path, name);
  return fcast_fail_in(err, status, prefix);
}

static fcast_status fail_missing(const fcast_npz *npz, const char *name, fcast_error *err) {
  char present[400] = "nothing";
  size_t length = 0;
  for (size_t i = 0; i < npz->n_members && length < sizeof present; i++) {
    const int n = snprintf(present + length, sizeof present - length, i == 0 ? "%s" : ", %s", npz->members[i].name);
    length += n < 0 ? 0 : (size_t)n;
  }
  return fcast_fail(err, FCAST_E_MISSING, "%s: no member '%s' (it holds %s)", npz->path, name, present);
}

/* Refuse what claims more than it can be: memory is asked for on the strength of these sizes. */
static fcast_status check_sizes(const fcast_npz *npz, const fcast__npz_member *found, fcast_error *err) {
  if (found->method != ZIP_CM_STORE && found->method != ZIP_CM_DEFLATE) {
    return fcast_fail(err, FCAST_E_FORMAT, "compression method %u, expected stored or deflated",
                      (unsigned int)found->method);
  }
  const zip_uint64_t ratio_size = found->size > DEFLATE_SLACK ? found->size - DEFLATE_SLACK : 0;
  const zip_uint64_t max_ratio = found->size > LARGE_MEMBER ? MAX_LARGE_RATIO : MAX_DEFLATE_RATIO;
  const int is_plausible = found->method == ZIP_CM_STORE ? found->size == found->compressed_size
                                                         : ratio_size / max_ratio <= found->compressed_size;
  if (!is_plausible || found->compressed_size > npz->n_bytes) {
    return fcast_fail(err, FCAST_E_FORMAT, "claims %llu bytes from %llu in an archive of %llu",
                      (unsigned long long)found->size, (unsigned long long)found->compressed_size,
                      (unsigned long long)npz->n_bytes);
  }
  return FCAST_OK;
}

fcast_status fcast__npz_stream_read(fcast__npz_stream *from, void *bytes, size_t n, fcast_error *err) {
  if (n > from->n_left) {
    return fcast_fail(err, FCAST_E_FORMAT, "too short for a NumPy array");
  }
  unsigned char *next = bytes;
  while (n > 0) {
    const zip_int64_t n_now = zip_fread(from->file, next, n < MAX_READ ? n : MAX_READ);
    if (n_now < 0) {
      return fail_zip(zip_file_get_error(from->file), err);
    }
    if (n_now == 0) {
      return fcast_fail(err, FCAST_E_FORMAT, "damaged: ends early");
    }
    next += n_now;
    n -= (size_t)n_now;
    from->n_left -= (zip_uint64_t)n_now;
  }
  return FCAST_OK;
}

/* libzip compares the CRC when it is asked for more behind the last byte. */
fcast_status fcast__npz_stream_end(fcast__npz_stream *from, fcast_error *err) {
  char beyond = 0;
  const zip_int64_t n = zip_fread(from->file, &beyond, 1);
  if (n < 0) {
    return fail_zip(zip_file_get_error(from->file), err);
  }
  return n == 0 ? FCAST_OK : fcast_fail(err, FCAST_E_FORMAT, "damaged: longer than it says");
}

static fcast_status read_header(fcast__npz_stream *from, fcast_error *err) {
  unsigned char prefix[FCAST_NPY_PREFIX_2];
  size_t n_prefix = 0;
  size_t n_text = 0;
  char *text = NULL;
  bool is_fortran = false;
  fcast_status status = fcast__npz_stream_read(from, prefix, FCAST_NPY_PREFIX_1, err);
  if (status == FCAST_OK) {
    status = fcast_npy_prefix_parse(prefix, &n_prefix, &n_text, err);
  }
  if (status == FCAST_OK && n_prefix > FCAST_NPY_PREFIX_1) {
    status = fcast__npz_stream_read(from, prefix + FCAST_NPY_PREFIX_1, n_prefix - FCAST_NPY_PREFIX_1, err);
    n_text |= (size_t)prefix[10] << 16 | (size_t)prefix[11] << 24;
  }
  if (status != FCAST_OK) {
    return status;
  }
  if (n_text > FCAST_NPY_MAX_HEADER) {
    return fcast_fail(err, FCAST_E_FORMAT, "NPY header of %zu bytes, expected at most %d", n_text,
                      FCAST_NPY_MAX_HEADER);
  }
  text = fcast_alloc_array(n_text, 1);
  if (text == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory");
  }
  status = fcast__npz_stream_read(from, text, n_text, err);
  if (status == FCAST_OK) {
    status = fcast_npy_header_parse(text, n_text, &from->info, &is_fortran, err);
  }
  from->is_fortran = is_fortran && from->info.n_dimensions > 1;
  fcast_free(text);
  return status;
}

/* For the types we know, what is left of the member must be the values and nothing else. */
static fcast_status check_values_fit(const fcast__npz_stream *from, fcast_error *err) {
  fcast_npy_type type;
  if (!fcast_npy_type_parse(from->info.type, &type)) {
    return FCAST_OK;
  }
  if (from->info.n_values > SIZE_MAX / sizeof(double) || from->info.n_values * type.size != from->n_left) {
    return fcast_fail(err, FCAST_E_FORMAT, "holds %llu bytes of values, expected %zu values of %zu bytes",
                      (unsigned long long)from->n_left, from->info.n_values, type.size);
  }
  return FCAST_OK;
}

/* Open a member that is there and read its header. */
static fcast_status open_member(fcast_npz *npz, const fcast__npz_member *found, fcast__npz_stream *out,
                                fcast_error *err) {
  *out = (fcast__npz_stream){.n_left = found->size};
  fcast_status status = check_sizes(npz, found, err);
  if (status != FCAST_OK) {
    return status;
  }
  out->file = zip_fopen_index(npz->archive, found->index, 0);
  if (out->file == NULL) {
    return fail_zip(zip_get_error(npz->archive), err);
  }
  status = read_header(out, err);
  if (status == FCAST_E_FORMAT && !found->is_array) {
    /* Archives may hold other files too: NumPy gives their bytes. */
    out->info = (fcast_npy_info){.type = "bytes", .n_dimensions = 1, .n_values = (size_t)found->size};
    out->info.shape[0] = out->info.n_values;
    return FCAST_OK;
  }
  return status == FCAST_OK ? check_values_fit(out, err) : status;
}

fcast_status fcast__npz_stream_open(fcast_npz *npz, const char *name, fcast__npz_stream *out, fcast_error *err) {
  const fcast__npz_member *found = find_member(npz, name);
  *out = (fcast__npz_stream){.is_missing = found == NULL};
  return found == NULL ? fail_missing(npz, name, err) : open_member(npz, found, out, err);
}

fcast_status fcast__npz_stream_finish(const fcast_npz *npz, const char *name, fcast__npz_stream *from,
                                      fcast_status status, fcast_error *err) {
  if (from->file != NULL) {
    (void)zip_fclose(from->file); /* a failure would repeat what reading said */
  }
  return from->is_missing ? status : name_failure(npz, name, status, err);
}

fcast_status fcast_npz_info(fcast_npz *npz, const char *name, fcast_npy_info *out, fcast_error *err) {
  *out = (fcast_npy_info){0};
  fcast__npz_stream from;
  const fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    *out = from.info;
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}

static fcast_status drain(fcast__npz_stream *from, fcast_error *err) {
  unsigned char bytes[DRAINED];
  fcast_status status = FCAST_OK;
  while (from->n_left > 0 && status == FCAST_OK) {
    status = fcast__npz_stream_read(from, bytes, from->n_left < DRAINED ? (size_t)from->n_left : DRAINED, err);
  }
  return status == FCAST_OK ? fcast__npz_stream_end(from, err) : status;
}

fcast_status fcast_npz_verify(fcast_npz *npz, const char *name, fcast_error *err) {
  fcast__npz_stream from;
  fcast_status status = fcast__npz_stream_open(npz, name, &from, err);
  if (status == FCAST_OK) {
    status = drain(&from, err);
  }
  return fcast__npz_stream_finish(npz, name, &from, status, err);
}
