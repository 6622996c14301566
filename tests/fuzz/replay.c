/* SPDX-License-Identifier: MIT
 *
 * A main for the harnesses without libFuzzer: every file named, or in a directory named, goes through the harness once.
 */
#include "flockcast/array.h"
#include "fuzz.h"
#include "io/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { MAX_BYTES = 1 << 20 };

static int replay_file(const char *path) {
  fcast_error err = {FCAST_OK, ""};
  uint8_t *bytes = NULL;
  size_t n = 0;
  if (fcast_file_read(path, MAX_BYTES, &bytes, &n, &err) != FCAST_OK) {
    (void)fprintf(stderr, "%s\n", err.text);
    return 0;
  }
  /* Bytes of exactly this length, so that the sanitizers see a read beyond them. */
  uint8_t *exact = n == 0 ? NULL : fcast_alloc_unfilled(n, 1);
  if (exact != NULL) {
    memcpy(exact, bytes, n);
  }
  fcast_free(bytes);
  const int is_read = n == 0 || exact != NULL;
  if (is_read) {
    (void)LLVMFuzzerTestOneInput(exact, n);
  }
  fcast_free(exact);
  return is_read;
}

/* Files replayed; -1 where one could not be read. */
static int replay_directory(const char *path) {
  int n_files = 0;
  DIR *listing = opendir(path);
  if (listing == NULL) {
    perror(path);
    return -1;
  }
  for (const struct dirent *entry = readdir(listing); entry != NULL && n_files >= 0; entry = readdir(listing)) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    char *file = fcast_format("%s/%s", path, entry->d_name);
    n_files = file != NULL && replay_file(file) ? n_files + 1 : -1;
    fcast_free(file);
  }
  (void)closedir(listing);
  return n_files;
}

int main(int argc, char **argv) {
  int n_files = 0;
  for (int i = 1; i < argc; i++) {
    const int n = fcast_directory_exists(argv[i]) ? replay_directory(argv[i]) : replay_file(argv[i]) ? 1 : -1;
    if (n < 0) {
      return 1;
    }
    n_files += n;
  }
  printf("%d files replayed\n", n_files);
  return n_files > 0 ? 0 : 1; /* an empty corpus tests nothing */
}
