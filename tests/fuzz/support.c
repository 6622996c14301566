/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { N_FILES = 2, PATH_SIZE = 64, N_LINKS = 8 };

void fuzz_require_at(int condition, const char *what, const char *file, int line) {
  if (!condition) {
    (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
  }
}

void fuzz_require_told(fcast_status status, const fcast_error *err) {
  if (status == FCAST_OK) {
    return;
  }
  fuzz_require(err->code == status);
  fuzz_require(err->text[0] != '\0');
  for (const char *letter = err->text; *letter != '\0'; letter++) {
    fuzz_require((unsigned char)*letter >= ' ' && *letter != 0x7f);
  }
}

const char *fuzz_file(unsigned int which, const uint8_t *bytes, size_t n) {
  static int descriptors[N_FILES] = {-1, -1};
  static char paths[N_FILES][PATH_SIZE];
  fuzz_require(which < N_FILES);
  if (descriptors[which] < 0) {
    descriptors[which] = memfd_create("fuzz", 0);
    fuzz_require(descriptors[which] >= 0);
    (void)snprintf(paths[which], PATH_SIZE, "/proc/self/fd/%d", descriptors[which]);
  }
  fuzz_require(ftruncate(descriptors[which], 0) == 0);
  fuzz_require(n == 0 || pwrite(descriptors[which], bytes, n, 0) == (ssize_t)n);
  return paths[which];
}

static char directory[PATH_SIZE];
static char links[N_LINKS][PATH_SIZE];
static size_t n_links;

static void remove_directory(void) {
  for (size_t i = 0; i < n_links; i++) {
    (void)unlink(links[i]);
  }
  (void)rmdir(directory);
}

const char *fuzz_directory(unsigned int which, const char *name) {
  char path[PATH_SIZE];
  if (directory[0] == '\0') {
    (void)snprintf(directory, sizeof directory, "/tmp/flockcast-harness-XXXXXX");
    fuzz_require(mkdtemp(directory) != NULL && atexit(remove_directory) == 0);
  }
  (void)snprintf(path, sizeof path, "%.40s/%.20s", directory, name);
  for (size_t i = 0; i < n_links; i++) {
    if (strcmp(links[i], path) == 0) {
      return directory;
    }
  }
  fuzz_require(n_links < N_LINKS && symlink(fuzz_file(which, NULL, 0), path) == 0);
  memcpy(links[n_links++], path, sizeof path);
  return directory;
}

/* --- archives; the layout is that of PKWARE's APPNOTE, 4.3 --- */

static uint8_t *archive_room(fuzz_archive *archive, size_t n) {
  if (archive->n + n > archive->capacity) {
    archive->capacity = 2 * (archive->n + n);
    archive->bytes = realloc(archive->bytes, archive->capacity);
    fuzz_require(archive->bytes != NULL);
  }
  uint8_t *to = archive->bytes + archive->n;
  archive->n += n;
  return to;
}

static void put_number(uint8_t **to, uint64_t value, int n_bytes) {
  for (int i = 0; i < n_bytes; i++) {
    *(*to)++ = (uint8_t)(value >> (8 * i));
  }
}

typedef struct entry {
  size_t offset, n, n_packed, n_name;
  uLong crc;
  unsigned int method;
} entry;

/* What local and central headers share, from the version to the length of the extra field. */
static void put_header(uint8_t **to, const entry *e) {
  put_number(to, 20, 2);
  put_number(to, 0, 2);
  put_number(to, e->method, 2);
  put_number(to, 0x00210000, 4); /* 1980-01-01 */
  put_number(to, e->crc, 4);
  put_number(to, e->n_packed, 4);
  put_number(to, e->n, 4);
  put_number(to, e->n_name, 2);
  put_number(to, 0, 2);
}

static size_t pack(uint8_t *to, size_t capacity, const uint8_t *bytes, size_t n) {
  z_stream z = {0};
  fuzz_require(deflateInit2(&z, 1, Z_DEFLATED, -9, 1, Z_DEFAULT_STRATEGY) == Z_OK);
  z.next_in = (Bytef *)(uintptr_t)bytes; /* zlib's type has no const */
  z.avail_in = (uInt)n;
  z.next_out = to;
  z.avail_out = (uInt)capacity;
  fuzz_require(deflate(&z, Z_FINISH) == Z_STREAM_END && deflateEnd(&z) == Z_OK);
  return z.total_out;
}

void fuzz_archive_add(fuzz_archive *archive, const char *name, int is_deflated, const uint8_t *bytes, size_t n) {
  const size_t n_header = 30;
  entry e = {.offset = archive->n, .n = n, .n_name = strlen(name) + 4, .method = is_deflated ? 8 : 0};
  e.crc = crc32(crc32(0, NULL, 0), bytes, (uInt)n);
  const size_t capacity = is_deflated ? n + n / 8 + 64 : n;
  uint8_t *to = archive_room(archive, n_header + e.n_name + capacity);
  uint8_t *data = to + n_header + e.n_name;
  e.n_packed = n;
  if (is_deflated) {
    e.n_packed = pack(data, capacity, bytes, n);
  } else if (n > 0) {
    memcpy(data, bytes, n);
  }
  archive->n -= capacity - e.n_packed;
  put_number(&to, 0x04034b50, 4);
  put_header(&to, &e);
  memcpy(to, name, e.n_name - 4);
  memcpy(to + e.n_name - 4, ".npy", 4);

  uint8_t *central = archive->directory + archive->n_directory;
  fuzz_require(archive->n_directory + 46 + e.n_name <= sizeof archive->directory);
  put_number(&central, 0x02014b50, 4);
  put_number(&central, 20, 2);
  put_header(&central, &e);
  put_number(&central, 0, 6); /* no comment, first disk, not text */
  put_number(&central, 0, 4);
  put_number(&central, e.offset, 4);
  memcpy(central, name, e.n_name - 4);
  memcpy(central + e.n_name - 4, ".npy", 4);
  archive->n_directory += 46 + e.n_name;
  archive->n_members++;
}

void fuzz_archive_end(fuzz_archive *archive) {
  const size_t start = archive->n;
  uint8_t *to = archive_room(archive, archive->n_directory + 22);
  memcpy(to, archive->directory, archive->n_directory);
  to += archive->n_directory;
  put_number(&to, 0x06054b50, 4);
  put_number(&to, 0, 4);
  put_number(&to, archive->n_members, 2);
  put_number(&to, archive->n_members, 2);
  put_number(&to, archive->n_directory, 4);
  put_number(&to, start, 4);
  put_number(&to, 0, 2);
}

fuzz_archive fuzz_archive_of_members(const char *const *names, const uint8_t *bytes, size_t n) {
  fuzz_archive archive = {0};
  for (size_t i = 0, at = 0; names[i] != NULL && n - at >= 3; i++) {
    const int flags = bytes[at];
    const size_t claimed = (size_t)bytes[at + 1] | (size_t)bytes[at + 2] << 8;
    at += 3;
    const size_t n_content = claimed < n - at ? claimed : n - at;
    if (flags & 1) {
      fuzz_archive_add(&archive, names[i], flags >> 1 & 1, bytes + at, n_content);
    }
    at += n_content;
  }
  fuzz_archive_end(&archive);
  return archive;
}
