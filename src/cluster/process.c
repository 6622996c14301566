/* SPDX-License-Identifier: MIT */
#include "cluster/process.h"

#include "base/text.h"
#include "flockcast/array.h"
#include "io/provenance.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { READ_STEP = 1 << 16, LARGEST_OUTPUT = 16 << 20, NOT_FOUND = 127, SIGNAL_BASE = 128 };
enum { IN, OUT, ERR, N_PIPES };

/* Both ends of each pipe; -1 where closed. The child has 0 of IN and 1 of the others. */
typedef struct pipes {
  int end[N_PIPES][2];
} pipes;

static void close_end(int *descriptor) {
  if (*descriptor >= 0) {
    (void)close(*descriptor);
    *descriptor = -1;
  }
}

static void close_all(pipes *all) {
  for (size_t i = 0; i < N_PIPES; i++) {
    close_end(&all->end[i][0]);
    close_end(&all->end[i][1]);
  }
}

static bool open_all(pipes *all) {
  for (size_t i = 0; i < N_PIPES; i++) {
    all->end[i][0] = all->end[i][1] = -1;
  }
  for (size_t i = 0; i < N_PIPES; i++) {
    if (pipe(all->end[i]) != 0) {
      close_all(all);
      return false;
    }
    (void)fcntl(all->end[i][0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(all->end[i][1], F_SETFD, FD_CLOEXEC);
  }
  return true;
}

/* 0 or the errno of the failure. */
static int spawn(const char *const *argv, const pipes *all, bool shows_output, pid_t *child) {
  posix_spawn_file_actions_t actions;
  int reason = posix_spawn_file_actions_init(&actions);
  if (reason != 0) {
    return reason;
  }
  reason = posix_spawn_file_actions_adddup2(&actions, all->end[IN][0], STDIN_FILENO);
  if (reason == 0 && !shows_output) {
    reason = posix_spawn_file_actions_adddup2(&actions, all->end[OUT][1], STDOUT_FILENO);
  }
  if (reason == 0) {
    reason = posix_spawn_file_actions_adddup2(&actions, all->end[ERR][1], STDERR_FILENO);
  }
  if (reason == 0) {
    reason = posix_spawnp(child, argv[0], &actions, NULL, (char *const *)argv, environ);
  }
  (void)posix_spawn_file_actions_destroy(&actions);
  return reason;
}

/* Take what is there to read; closes the pipe at its end. */
static void take(int *descriptor, fcast_buffer *into) {
  char piece[READ_STEP];
  const ssize_t n = read(*descriptor, piece, sizeof piece);
  if (n > 0 && into->n + (size_t)n <= LARGEST_OUTPUT) {
    fcast_buffer_put(into, piece, (size_t)n);
  } else if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
    close_end(descriptor);
  }
}

/* Give what the pipe takes of `input`; closes it when all is given or the child no longer listens. */
static void give(int *descriptor, const char **input) {
  const ssize_t n = write(*descriptor, *input, strlen(*input));
  if (n > 0) {
    *input += n;
  }
  if (**input == '\0' || (n < 0 && errno != EINTR && errno != EAGAIN)) {
    close_end(descriptor);
  }
}

/* Talk to the child until it closes its output; false where time is up. */
static bool converse(pipes *all, const char *input, double deadline, fcast_buffer *output, fcast_buffer *errors) {
  (void)fcntl(all->end[IN][1], F_SETFL, O_NONBLOCK);
  if (input == NULL || *input == '\0') {
    close_end(&all->end[IN][1]);
  }
  while (all->end[OUT][0] >= 0 || all->end[ERR][0] >= 0) {
    const double left = deadline - fcast_clock_monotonic();
    if (left <= 0.0) {
      return false;
    }
    struct pollfd watched[N_PIPES] = {{.fd = all->end[IN][1], .events = POLLOUT},
                                      {.fd = all->end[OUT][0], .events = POLLIN},
                                      {.fd = all->end[ERR][0], .events = POLLIN}};
    if (poll(watched, N_PIPES, (int)(left * 1000.0) + 1) < 0 && errno != EINTR) {
      return false;
    }
    if (watched[IN].revents != 0) {
      give(&all->end[IN][1], &input);
    }
    if (watched[OUT].revents != 0) {
      take(&all->end[OUT][0], output);
    }
    if (watched[ERR].revents != 0) {
      take(&all->end[ERR][0], errors);
    }
  }
  return true;
}

static int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *finish_text(fcast_buffer *buffer) {
  fcast_buffer_put(buffer, "", 1);
  if (buffer->has_failed) {
    fcast_free(buffer->bytes);
    return NULL;
  }
  return (char *)buffer->bytes;
}

fcast_status fcast_process_run(const char *const *argv, const char *input, bool shows_output, double timeout_seconds,
                               fcast_process_result *out, fcast_error *err) {
  *out = (fcast_process_result){0};
  pipes all;
  pid_t child = 0;
  fcast_buffer output = {0};
  fcast_buffer errors = {0};
  if (!open_all(&all)) {
    return fcast_fail(err, FCAST_E_IO, "%s: no pipe to be had: %s", argv[0], strerror(errno));
  }
  /* A child that does not read its input must not end us. */
  struct sigaction ignore = {0};
  struct sigaction before;
  ignore.sa_handler = SIG_IGN;
  (void)sigaction(SIGPIPE, &ignore, &before);
  const int reason = spawn(argv, &all, shows_output, &child);
  if (reason == 0) {
    close_end(&all.end[IN][0]);
    close_end(&all.end[OUT][1]);
    close_end(&all.end[ERR][1]);
    out->timed_out = !converse(&all, input, fcast_clock_monotonic() + timeout_seconds, &output, &errors);
    if (out->timed_out) {
      (void)kill(child, SIGKILL);
    }
    out->exit_status = wait_for(child);
  } else {
    out->exit_status = NOT_FOUND;
  }
  (void)sigaction(SIGPIPE, &before, NULL);
  close_all(&all);
  out->output = finish_text(&output);
  out->errors = finish_text(&errors);
  if (reason != 0 && reason != ENOENT) {
    fcast_process_clear(out);
    return fcast_fail(err, FCAST_E_IO, "%s: cannot be started: %s", argv[0], strerror(reason));
  }
  if (out->output == NULL || out->errors == NULL) {
    fcast_process_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory for its output", argv[0]);
  }
  return FCAST_OK;
}

void fcast_process_clear(fcast_process_result *result) {
  fcast_free(result->output);
  fcast_free(result->errors);
  *result = (fcast_process_result){0};
}
