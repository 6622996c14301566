/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_RUNS = 1000 };
static const double needs_no_warming = 1.0; /* seconds */

double bench_now(void) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

static double value_of(const bench_case *measured, double seconds) {
  return measured->is_rate ? measured->amount / seconds : measured->amount * seconds;
}

static void print_result(const bench_case *measured, double *seconds, size_t n) {
  qsort(seconds, n, sizeof *seconds, ascending);
  const double middle = 0.5 * (seconds[n / 2] + seconds[(n - 1) / 2]);
  printf("%s,%s,%d,%s,%s,%zu,%.6g,%.6g\n", measured->problem, measured->parameters, measured->n_threads, measured->tool,
         measured->unit, n, value_of(measured, seconds[0]), value_of(measured, middle));
  (void)fflush(stdout);
}

static fcast_status run_once(bench_function function, void *context, double *seconds, fcast_error *err) {
  const double start = bench_now();
  const fcast_status status = function(context, err);
  *seconds = bench_now() - start;
  return status;
}

fcast_status bench_measure(const bench_plan *plan, const bench_case *measured, bench_function function, void *context,
                           fcast_error *err) {
  fprintf(stderr, "  %s %s, %d threads (%s)\n", measured->problem, measured->parameters, measured->n_threads,
          measured->tool);
  double seconds[MOST_RUNS];
  omp_set_num_threads(measured->n_threads);
  fcast_status status = run_once(function, context, &seconds[0], err);
  size_t n = seconds[0] > needs_no_warming ? 1 : 0;
  double spent = n > 0 ? seconds[0] : 0.0;
  while (status == FCAST_OK && n < MOST_RUNS && (n < plan->n_least || spent < plan->budget)) {
    status = run_once(function, context, &seconds[n], err);
    spent += seconds[n];
    n++;
  }
  omp_set_num_threads(plan->n_threads);
  if (status == FCAST_OK) {
    print_result(measured, seconds, n);
  }
  return status;
}
