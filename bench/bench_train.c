/* SPDX-License-Identifier: MIT
 *
 * Training from memory: the Gram products beside the BLAS's own, the basis, the model.
 */
#include "blas.h"
#include "ensemble.h"
#include "harness.h"
#include "linalg/products.h"

#include "flockcast/mvar.h"

#include <stdio.h>

/* --- Gram products --- */

/* frames[m, n]; of a Gram matrix of order k from inner length l, k (k + 1) l operations are needed. */
typedef struct gram {
  const double *frames;
  fcast_blas_int m, n;
  double *product;
} gram;

/* Row-major frames are the columns of the transposed matrix. */
static fcast_status blas_rows(void *context, fcast_error *err) {
  (void)err;
  const gram *g = context;
  const double one = 1.0;
  const double zero = 0.0;
  dsyrk_("U", "T", &g->m, &g->n, &one, g->frames, &g->n, &zero, g->product, &g->m);
  return FCAST_OK;
}

static fcast_status blas_columns(void *context, fcast_error *err) {
  (void)err;
  const gram *g = context;
  const double one = 1.0;
  dsyrk_("U", "N", &g->n, &g->m, &one, g->frames, &g->n, &one, g->product, &g->n);
  return FCAST_OK;
}

static fcast_status our_rows(void *context, fcast_error *err) {
  const gram *g = context;
  return fcast__gram_of_rows(g->frames, (size_t)g->m, (size_t)g->n, NULL, g->product, err);
}

static fcast_status our_columns(void *context, fcast_error *err) {
  const gram *g = context;
  return fcast__gram_of_columns_add(g->frames, (size_t)g->m, (size_t)g->n, g->product, err);
}

static fcast_status measure_gram(const bench_plan *plan, const double *frames, size_t m, size_t n, fcast_error *err) {
  gram g = {.frames = frames,
            .m = (fcast_blas_int)m,
            .n = (fcast_blas_int)n,
            .product = fcast_alloc_array(n > m ? n : m, (n > m ? n : m) * sizeof *g.product)};
  if (g.product == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a Gram matrix");
  }
  const double rows = 1e-9 * (double)m * (double)(m + 1) * (double)n;
  const double columns = 1e-9 * (double)n * (double)(n + 1) * (double)m;
  /* The BLAS first: our products leave it with one thread. */
  const struct {
    const char *problem, *tool;
    bench_function function;
    double amount;
  } cases[] = {{"gram", "BLAS dsyrk", blas_rows, rows},
               {"covariance", "BLAS dsyrk", blas_columns, columns},
               {"gram", "flockcast", our_rows, rows},
               {"covariance", "flockcast", our_columns, columns}};
  fcast_status status = FCAST_OK;
  for (size_t i = 0; status == FCAST_OK && i < sizeof cases / sizeof cases[0]; i++) {
    if (plan->is_quick && cases[i].amount > rows) {
      continue;
    }
    bench_case measured = {.problem = cases[i].problem,
                           .tool = cases[i].tool,
                           .unit = "GFLOP/s",
                           .n_threads = plan->n_threads,
                           .amount = cases[i].amount,
                           .is_rate = true};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "%zu frames %zu cells", m, n);
    status = bench_measure(plan, &measured, cases[i].function, &g, err);
  }
  fcast_free(g.product);
  return status;
}

/* --- models --- */

typedef struct training {
  fcast_series_source densities, coefficients;
} training;

static fcast_status fit_pod(void *context, fcast_error *err) {
  const training *t = context;
  fcast_pod pod;
  const fcast_status status = fcast_pod_fit(&t->densities, BENCH_TARGET_ENERGY, &pod, err);
  fcast_pod_clear(&pod);
  return status;
}

static fcast_status fit_mvar(void *context, fcast_error *err) {
  const training *t = context;
  fcast_mvar mvar;
  const fcast_status status = fcast_mvar_fit(&t->coefficients, BENCH_LAG, BENCH_RIDGE_ALPHA, &mvar, err);
  fcast_mvar_clear(&mvar);
  return status;
}

static fcast_status measure_models(const bench_plan *plan, bench_ensemble *ensemble, fcast_error *err) {
  training t = {.densities = bench_ensemble_source(ensemble)};
  fcast_pod pod = {0};
  bench_coefficients coefficients = {0};
  bench_case measured = {
      .problem = "pod_fit", .tool = "flockcast", .unit = "ms", .n_threads = plan->n_threads, .amount = 1e3};
  (void)snprintf(measured.parameters, sizeof measured.parameters, "%zu frames %zu cells",
                 ensemble->n_runs * ensemble->n_frames, ensemble->n_space);
  fcast_status status = bench_measure(plan, &measured, fit_pod, &t, err);
  if (status == FCAST_OK) {
    status = fcast_pod_fit(&t.densities, BENCH_TARGET_ENERGY, &pod, err);
  }
  if (status == FCAST_OK) {
    status = bench_coefficients_create(ensemble, &pod, &coefficients, err);
  }
  if (status == FCAST_OK) {
    t.coefficients = bench_coefficients_source(&coefficients, ensemble);
    measured.problem = "mvar_fit";
    (void)snprintf(measured.parameters, sizeof measured.parameters, "%zu modes lag %d", pod.n_modes, BENCH_LAG);
    status = bench_measure(plan, &measured, fit_mvar, &t, err);
  }
  bench_coefficients_clear(&coefficients);
  fcast_pod_clear(&pod);
  return status;
}

fcast_status bench_train(const bench_plan *plan, fcast_error *err) {
  bench_ensemble ensemble;
  fcast_status status =
      bench_ensemble_create(BENCH_TRAINING_RUNS, BENCH_CELLS, BENCH_STEPS, BENCH_TRAINING_SEED, &ensemble, err);
  if (status == FCAST_OK) {
    status = measure_gram(plan, ensemble.rho, ensemble.n_runs * ensemble.n_frames, ensemble.n_space, err);
  }
  if (status == FCAST_OK) {
    status = measure_models(plan, &ensemble, err);
  }
  bench_ensemble_clear(&ensemble);
  return status;
}
