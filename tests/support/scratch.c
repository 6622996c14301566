/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <dirent.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void need(int condition, const char *what) {
  if (!condition) {
    perror(what);
    abort();
  }
}

void scratch_make(char directory[SCRATCH_PATH]) {
  const char *parent = getenv("TMPDIR");
  const int length = snprintf(directory, SCRATCH_PATH, "%s/flockcast-test-XXXXXX", parent != NULL ? parent : "/tmp");
  need(length > 0 && length < SCRATCH_PATH, "scratch path");
  need(mkdtemp(directory) != NULL, directory);
}

const char *scratch_path(const char *directory, const char *name, char path[SCRATCH_PATH]) {
  const int length = snprintf(path, SCRATCH_PATH, "%s/%s", directory, name);
  need(length > 0 && length < SCRATCH_PATH, "scratch path");
  return path;
}

void scratch_remove(const char *directory) {
  (void)chmod(directory, 0700);
  DIR *listing = opendir(directory);
  need(listing != NULL, directory);
  for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
    char path[SCRATCH_PATH];
    struct stat info;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    scratch_path(directory, entry->d_name, path);
    need(lstat(path, &info) == 0, path);
    if (S_ISDIR(info.st_mode)) {
      scratch_remove(path);
    } else {
      need(unlink(path) == 0, path);
    }
  }
  need(closedir(listing) == 0 && rmdir(directory) == 0, directory);
}

char scratch_directory[SCRATCH_PATH];

int scratch_set_up(void **state) {
  (void)state;
  scratch_make(scratch_directory);
  return 0;
}

int scratch_tear_down(void **state) {
  (void)state;
  scratch_remove(scratch_directory);
  return 0;
}

int scratch_python(const char *directory, const char *program) {
  char python[] = "/usr/bin/python3";
  char command[] = "-c";
  /* The directory comes as an argument: posix_spawn cannot change it. */
  char *const arguments[] = {python, command, (char *)program, (char *)directory, NULL};
  pid_t child = 0;
  int status = 0;
  need(posix_spawn(&child, python, NULL, NULL, arguments, environ) == 0, python);
  need(waitpid(child, &status, 0) == child, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
