/* SPDX-License-Identifier: MIT
 *
 * Status codes and error texts: how every flockcast function reports failure.
 *
 * Functions return an fcast_status and, where `err` is not NULL, leave one line there that names the
 * thing, what was found and what was expected. The library never prints, exits or aborts.
 */
#ifndef FLOCKCAST_STATUS_H
#define FLOCKCAST_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FCAST_API __attribute__((visibility("default")))
#define FCAST_MUST_CHECK __attribute__((warn_unused_result))
#define FCAST_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#else
#define FCAST_API
#define FCAST_MUST_CHECK
#define FCAST_PRINTF(format_index, first_argument)
#endif

/* One list: the enum, the texts and the exit status of the program. */
#define FCAST_STATUS_LIST(X)                                                                                           \
  X(FCAST_OK, 0, "success")                                                                                            \
  X(FCAST_E_NOMEM, 1, "out of memory")                                                                                 \
  X(FCAST_E_IO, 1, "input/output failed")                                                                              \
  X(FCAST_E_NUMERIC, 1, "numerical method did not succeed")                                                            \
  X(FCAST_E_INTERRUPTED, 1, "interrupted")                                                                             \
  X(FCAST_E_ARG, 2, "invalid argument")                                                                                \
  X(FCAST_E_CONFIG, 2, "invalid configuration")                                                                        \
  X(FCAST_E_MISSING, 3, "data missing")                                                                                \
  X(FCAST_E_FORMAT, 3, "data corrupt or of an unexpected format")                                                      \
  X(FCAST_E_SHAPE, 3, "array shapes do not agree")

typedef enum fcast_status {
#define FCAST_STATUS_ENUM(name, exit_status, text) name,
  FCAST_STATUS_LIST(FCAST_STATUS_ENUM)
#undef FCAST_STATUS_ENUM
} fcast_status;

/* The last failure in words. No heap memory: it works when memory is gone. */
typedef struct fcast_error {
  fcast_status code;
  char text[1024];
} fcast_error;

/* A constant English text for `status`; never NULL. */
FCAST_API const char *fcast_status_text(fcast_status status);

/* The exit status the program gives for `status`: 0 done, 1 failed, 2 wrong usage or configuration, 3 data missing,
 * incomplete or corrupt. */
FCAST_API int fcast_status_exit(fcast_status status);

/* Fill `err` (may be NULL) with `code` and a printf-formatted line, cut at the size of the buffer; returns `code`, so
 * that a failing function can `return fcast_fail(...)`. */
FCAST_API fcast_status fcast_fail(fcast_error *err, fcast_status code, const char *format, ...) FCAST_PRINTF(3, 4);

#ifdef __clang_analyzer__
/* What the analyser cannot see across files: a failure is the code it was given, never FCAST_OK. */
#define fcast_fail(err, code, ...) (fcast_fail((err), (code), __VA_ARGS__), (code))
#endif

/* Put "PREFIX: " in front of the text in `err` (may be NULL), where a caller knows the file or run that failed. Returns
 * the code in `err`, or `code` where err is NULL. */
FCAST_API fcast_status fcast_fail_in(fcast_error *err, fcast_status code, const char *prefix);

#ifdef __cplusplus
}
#endif
#endif
