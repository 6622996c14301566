/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/stages.h"
#include "cluster/process.h"
#include "flockcast/array.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOT_FOUND = 127, SSH_FAILED = 255, PROTOCOL = 12, PARTIAL = 23, VANISHED = 24 };

static const double a_month = 2.6e6; /* seconds; a transfer may take long, rsync itself gives up on a dead line */

/* Lines that follow from another one. */
static bool is_consequence(const char *line) {
  static const char *const marks[] = {"rsync error:", "Broken pipe", "connection unexpectedly closed"};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (strstr(line, marks[i]) != NULL) {
      return true;
    }
  }
  return false;
}

/* The line of what rsync and ssh said that names the cause: the first that does not follow from another. */
static const char *telling_line(char *text) {
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    if (!is_consequence(line)) {
      return line;
    }
  }
  return "the connection broke";
}

static fcast_status explain(const char *source, fcast_process_result *result, fcast_error *err) {
  if (result->exit_status == NOT_FOUND) {
    return fcast_fail(err, FCAST_E_IO, "rsync: not found: install it (apt-get install rsync)");
  }
  const char *said = telling_line(result->errors);
  /* When ssh is gone before rsync has written to it, rsync blames the protocol; the line is still not rsync's. */
  if (result->exit_status == SSH_FAILED || (result->exit_status == PROTOCOL && strncmp(said, "rsync", 5) != 0)) {
    return fcast_fail(err, FCAST_E_IO, "%s: ssh did not connect: %s; try 'ssh HOST true'", source, said);
  }
  if (result->exit_status == PARTIAL && strstr(said, "No such file") != NULL) {
    return fcast_fail(err, FCAST_E_MISSING, "%s: %s", source, said);
  }
  if (result->exit_status == PARTIAL || result->exit_status == VANISHED) {
    return fcast_fail(err, FCAST_E_MISSING, "%s: not everything came over: %s; the same command fetches the rest",
                      source, said);
  }
  return fcast_fail(err, FCAST_E_IO, "%s: rsync stopped with status %d: %s; the same command goes on", source,
                    result->exit_status, said);
}

static fcast_status fetch(const char *source, const char *directory, fcast_error *err) {
  char *from = fcast_format("%s/", source); /* the content, not the directory itself */
  char *to = fcast_format("%s/", directory);
  if (from == NULL || to == NULL) {
    fcast_free(from);
    fcast_free(to);
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", source);
  }
  /* Models that a later training has none of go here too, and nothing else does. rsync goes by name, so that
   * training_metadata.json comes last, as training wrote it: what was cut short is known by it, as docs/formats.md
   * says.
   */
  const char *const argv[] = {"rsync",
                              "--archive",
                              "--partial-dir=.rsync-partial",
                              "--exclude=.*.tmp*",
                              "--delete",
                              "--filter=R /models/*_selected.npz",
                              "--filter=R /models/selection.csv",
                              "--filter=R /models/field_model.npz",
                              "--filter=P *",
                              "--timeout=120",
                              isatty(STDOUT_FILENO) == 1 ? "--info=progress2" : "--info=stats1",
                              "--",
                              from,
                              to,
                              NULL};
  fcast_process_result result;
  fcast_explain("sync", "rsync %s %s %s %s '%s' '%s' '%s' '%s' %s %s -- %s %s", argv[1], argv[2], argv[3], argv[4],
                argv[5], argv[6], argv[7], argv[8], argv[9], argv[10], from, to);
  fcast_status status = fcast_process_run(argv, NULL, true, a_month, &result, err);
  if (status == FCAST_OK && result.exit_status != 0) {
    status = explain(source, &result, err);
  }
  fcast_process_clear(&result);
  fcast_free(from);
  fcast_free(to);
  return status;
}

static fcast_status run(const fcast_arguments *arguments, fcast_error *err) {
  const char *source = arguments->operand[0];
  const char *directory = arguments->n_operands > 1 ? arguments->operand[1] : "oscar_outputs";
  if (source[0] == '-' || source[0] == '\0') {
    return fcast_fail(err, FCAST_E_ARG, "%s: expected HOST:PATH or a directory", source);
  }
  fcast_status status = fcast_directory_make(directory, err);
  if (status == FCAST_OK) {
    (void)fflush(stdout);
    status = fetch(source, directory, err);
  }
  if (status == FCAST_OK) {
    status = fcast_check_tree(arguments, directory, false, false, err);
  }
  if (status == FCAST_OK) {
    printf("Next: flockcast local --oscar_dir %s\n", directory);
  }
  return status;
}

static const fcast_option options[] = {{NULL, NULL, NULL, NULL, false}};

static const fcast_note examples[] = {
    {"flockcast sync me@cluster:work/oscar_outputs", "fetch what is new into ./oscar_outputs, and check it"},
    {NULL, NULL},
};

static const fcast_note files[] = {
    {"DIR/", "what is fetched; a transfer that broke leaves DIR/.rsync-partial"},
    {NULL, NULL},
};

static const char *const see_also[] = {"check", "local", "status", NULL};

const fcast_command fcast_command_sync = {
    .name = "sync",
    .summary = "fetch the files of a cluster by rsync, then check them",
    .operands = "HOST:PATH [DIR]",
    .min_operands = 1,
    .max_operands = 2,
    .about = "Copies what changed under PATH on HOST (or under a plain directory) into DIR (default: oscar_outputs) "
             "and checks all of\n"
             "it. Model files that a later training there has none of are removed here, nothing else is. An "
             "interrupted transfer goes\n"
             "on where it stopped when the command is given again.",
    .options = options,
    .examples = examples,
    .files = files,
    .see_also = see_also,
    .run = run,
};
