/* SPDX-License-Identifier: MIT
 *
 * What the fuzz harnesses share. Each fuzz_READER.c defines LLVMFuzzerTestOneInput and checks more than that nothing
 * crashes: a failure has one line of text, a success says the same when it is written and read again. Linked with
 * libFuzzer it searches; linked with replay.c it runs the files it is given, in every build.
 */
#ifndef FLOCKCAST_TESTS_FUZZ_H
#define FLOCKCAST_TESTS_FUZZ_H

#include "flockcast/status.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Abort with a line on standard error where `condition` is 0. */
#define fuzz_require(condition) fuzz_require_at((condition), #condition, __FILE__, __LINE__)
void fuzz_require_at(int condition, const char *what, const char *file, int line);

/* Require of a failure its code and one line of text in `err`. Nothing is required of a success. */
void fuzz_require_told(fcast_status status, const fcast_error *err);

/* The path of a file in memory that holds these bytes. Two of them, `which` 0 and 1, are kept; a second call with the
 * same `which` replaces the content. */
const char *fuzz_file(unsigned int which, const uint8_t *bytes, size_t n);

/* The path of a directory, made once for the process and removed at its end, where NAME is the file in memory `which`.
 */
const char *fuzz_directory(unsigned int which, const char *name);

/* An archive being put together around members of any content, with true sizes and checksums, so that what is behind
 * them is reached. Zero-initialise; `bytes` is freed with free(). */
typedef struct fuzz_archive {
  uint8_t *bytes;
  size_t n, capacity;
  uint8_t directory[4096]; /* central directory so far */
  size_t n_directory;
  unsigned int n_members;
} fuzz_archive;

/* Add NAME.npy, stored or deflated. */
void fuzz_archive_add(fuzz_archive *archive, const char *name, int is_deflated, const uint8_t *bytes, size_t n);
void fuzz_archive_end(fuzz_archive *archive);

/* A whole archive of the members named (the list ends with NULL), their content taken from the input: for each a byte
 * (bit 0: it is there, bit 1: deflated), two bytes of length, and the content. */
fuzz_archive fuzz_archive_of_members(const char *const *names, const uint8_t *bytes, size_t n);

#endif
