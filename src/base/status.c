/* SPDX-License-Identifier: MIT */
#include "flockcast/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  int exit_status;
  const char *text;
} status_table[] = {
#define FCAST_STATUS_ROW(name, exit_status, text) {exit_status, text},
    FCAST_STATUS_LIST(FCAST_STATUS_ROW)
#undef FCAST_STATUS_ROW
};

static int is_known(fcast_status status) {
  return (size_t)status < sizeof status_table / sizeof status_table[0];
}

const char *fcast_status_text(fcast_status status) {
  return is_known(status) ? status_table[status].text : "unknown status";
}

int fcast_status_exit(fcast_status status) {
  return is_known(status) ? status_table[status].exit_status : 1;
}

/* Texts hold names from files and command lines: a line break in one would make two lines, an escape would reach the
 * terminal. */
static void keep_on_one_line(char *text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < ' ' || *text == 0x7f) {
      *text = '?';
    }
  }
}

fcast_status(fcast_fail)(fcast_error *err, fcast_status code, const char *format, ...) {
  if (err == NULL) {
    return code;
  }
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(err->text, sizeof err->text, format, arguments);
  va_end(arguments);
  if (length < 0) {
    (void)snprintf(err->text, sizeof err->text, "%s", fcast_status_text(code));
  }
  keep_on_one_line(err->text);
  err->code = code;
  return code;
}

fcast_status fcast_fail_in(fcast_error *err, fcast_status code, const char *prefix) {
  if (err == NULL) {
    return code;
  }
  char inner[sizeof err->text];
  memcpy(inner, err->text, sizeof inner);
  const int length = snprintf(err->text, sizeof err->text, "%s: %s", prefix, inner);
  if (length < 0) {
    memcpy(err->text, inner, sizeof inner);
  }
  keep_on_one_line(err->text);
  return err->code;
}
