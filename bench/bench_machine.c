/* SPDX-License-Identifier: MIT
 *
 * What the machine can do at most: memory, disk, BLAS. Measured before the library asks the BLAS for one thread.
 */
#define _GNU_SOURCE /* dladdr, RTLD_DEFAULT */
#include "blas.h"
#include "harness.h"

#include "flockcast/array.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- which BLAS --- */

static void print_blas(void) {
  Dl_info info = {0};
  void (*const function)(void) = (void (*)(void))dgemm_;
  void *address = NULL;
  memcpy(&address, &function, sizeof address); /* ISO C has no cast from function to object pointer */
  const char *path = dladdr(address, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "unknown";
  printf("# BLAS: %s", path);
  void *const reader = dlsym(RTLD_DEFAULT, "openblas_get_config");
  if (reader != NULL) {
    char *(*get_config)(void) = NULL;
    memcpy(&get_config, &reader, sizeof get_config);
    printf(" (%s)", get_config());
  }
  printf("\n");
}

/* --- memory --- */

typedef struct triad {
  size_t n;
  double *a, *b, *c;
} triad;

static fcast_status run_triad(void *context, fcast_error *err) {
  (void)err;
  const triad *t = context;
  double *const a = t->a;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < t->n; i++) {
    a[i] = t->b[i] + 3.0 * t->c[i];
  }
  return FCAST_OK;
}

static fcast_status measure_memory(const bench_plan *plan, fcast_error *err) {
  triad t = {.n = plan->is_quick ? 1U << 23 : 1U << 25};
  t.a = fcast_alloc_array(t.n, sizeof *t.a);
  t.b = fcast_alloc_array(t.n, sizeof *t.b);
  t.c = fcast_alloc_array(t.n, sizeof *t.c);
  fcast_status status = FCAST_OK;
  if (t.a == NULL || t.b == NULL || t.c == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for three arrays of %zu numbers", t.n);
  }
  bench_case measured = {
      .problem = "memory_triad", .tool = "machine", .unit = "GB/s", .amount = 24e-9 * (double)t.n, .is_rate = true};
  (void)snprintf(measured.parameters, sizeof measured.parameters, "3 arrays of %zu MB", t.n * sizeof *t.a >> 20);
  for (int pass = 0; status == FCAST_OK && pass < 2; pass++) {
    measured.n_threads = pass == 0 ? 1 : plan->n_threads;
    status = bench_measure(plan, &measured, run_triad, &t, err);
  }
  fcast_free(t.a);
  fcast_free(t.b);
  fcast_free(t.c);
  return status;
}

/* --- disk --- */

typedef struct disk {
  char path[1024];
  size_t n_bytes;
  char *bytes;
} disk;

static fcast_status write_and_sync(void *context, fcast_error *err) {
  const disk *d = context;
  const int file = open(d->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  size_t done = 0;
  while (file >= 0 && done < d->n_bytes) {
    const ssize_t n = write(file, d->bytes + done, d->n_bytes - done);
    if (n <= 0) {
      break;
    }
    done += (size_t)n;
  }
  const bool is_synced = file >= 0 && fsync(file) == 0;
  if (file < 0 || close(file) != 0 || !is_synced || done < d->n_bytes) {
    return fcast_fail(err, FCAST_E_IO, "%s: cannot write %zu bytes", d->path, d->n_bytes);
  }
  return FCAST_OK;
}

static fcast_status measure_disk(const bench_plan *plan, fcast_error *err) {
  static const struct {
    size_t n_bytes;
    const char *text;
  } sizes[] = {{700000, "0.7 MB"}, {64000000, "64 MB"}};
  fcast_status status = FCAST_OK;
  for (size_t s = 0; status == FCAST_OK && s < sizeof sizes / sizeof sizes[0]; s++) {
    disk d = {.n_bytes = sizes[s].n_bytes, .bytes = fcast_alloc_array(sizes[s].n_bytes, 1)};
    if (d.bytes == NULL) {
      return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu bytes", d.n_bytes);
    }
    (void)snprintf(d.path, sizeof d.path, "%s/disk", plan->directory);
    bench_case measured = {.problem = "disk_write_fsync",
                           .tool = "machine",
                           .unit = "MB/s",
                           .n_threads = 1,
                           .amount = 1e-6 * (double)d.n_bytes,
                           .is_rate = true};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "%s", sizes[s].text);
    status = bench_measure(plan, &measured, write_and_sync, &d, err);
    (void)remove(d.path);
    fcast_free(d.bytes);
  }
  return status;
}

/* --- arithmetic --- */

typedef struct square_product {
  int n;
  double *a, *b, *c;
} square_product;

static fcast_status multiply(void *context, fcast_error *err) {
  (void)err;
  const square_product *p = context;
  const double one = 1.0;
  const double zero = 0.0;
  dgemm_("N", "N", &p->n, &p->n, &p->n, &one, p->a, &p->n, p->b, &p->n, &zero, p->c, &p->n);
  return FCAST_OK;
}

static fcast_status measure_dgemm(const bench_plan *plan, fcast_error *err) {
  square_product p = {.n = 2048};
  const size_t size = (size_t)p.n * (size_t)p.n;
  p.a = fcast_alloc_array(size, sizeof *p.a);
  p.b = fcast_alloc_array(size, sizeof *p.b);
  p.c = fcast_alloc_array(size, sizeof *p.c);
  fcast_status status = FCAST_OK;
  if (p.a == NULL || p.b == NULL || p.c == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "out of memory for three matrices of order %d", p.n);
  } else {
    for (size_t i = 0; i < size; i++) {
      p.a[i] = 1.0 / (double)(i % 97 + 1);
      p.b[i] = 1.0 / (double)(i % 89 + 1);
    }
    bench_case measured = {.problem = "dgemm",
                           .parameters = "2048x2048 by 2048x2048",
                           .tool = "machine",
                           .unit = "GFLOP/s",
                           .n_threads = plan->n_threads,
                           .amount = 2e-9 * (double)size * (double)p.n,
                           .is_rate = true};
    status = bench_measure(plan, &measured, multiply, &p, err);
  }
  fcast_free(p.a);
  fcast_free(p.b);
  fcast_free(p.c);
  return status;
}

fcast_status bench_machine(const bench_plan *plan, fcast_error *err) {
  print_blas();
  fcast_status status = measure_memory(plan, err);
  if (status == FCAST_OK) {
    status = measure_disk(plan, err);
  }
  if (status == FCAST_OK) {
    status = measure_dgemm(plan, err);
  }
  return status;
}
