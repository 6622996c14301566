/* SPDX-License-Identifier: MIT
 *
 * Harness: repeat a problem, keep the best and the median, print one CSV line.
 */
#ifndef FLOCKCAST_BENCH_HARNESS_H
#define FLOCKCAST_BENCH_HARNESS_H

#include "flockcast/status.h"

#include <stdbool.h>
#include <stddef.h>

/* How thorough a measurement is, and where its files go. */
typedef struct bench_plan {
  bool is_quick;         /* leave out the large problems */
  int n_threads;         /* all cores */
  size_t n_least;        /* runs at least */
  double budget;         /* seconds after which no further run begins */
  const char *directory; /* for files */
} bench_plan;

typedef struct bench_case {
  const char *problem;
  char parameters[64]; /* no commas */
  const char *tool;
  const char *unit;
  int n_threads;
  double amount; /* value = amount * seconds, or amount / seconds for a rate */
  bool is_rate;
} bench_case;

typedef fcast_status (*bench_function)(void *context, fcast_error *err);

/* Seconds of a clock that only runs forward. */
double bench_now(void);

/* Run `function` on measured->n_threads OpenMP threads until there are n_least runs and the budget is spent; of runs
 * below a second one more goes first, to warm up. Prints problem,parameters,threads,tool,unit,n_runs,best,median on
 * standard output and a line of progress on standard error. The best is the shortest run, so for a rate the largest
 * value. Errors: those of `function`, FCAST_E_NOMEM. */
FCAST_MUST_CHECK fcast_status bench_measure(const bench_plan *plan, const bench_case *measured, bench_function function,
                                            void *context, fcast_error *err);

/* The groups of problems, each in the file of its name. */
FCAST_MUST_CHECK fcast_status bench_machine(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_simulate(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_small(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_density(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_train(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_forecast(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_render(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_files(const bench_plan *plan, fcast_error *err);
FCAST_MUST_CHECK fcast_status bench_scaling(const bench_plan *plan, fcast_error *err);

#endif
