/* SPDX-License-Identifier: MIT */
#include "forecast/law.h"

#include "linalg/products.h"

#include <string.h>

/* Where at most one entry in this many is not zero, rows of entries are faster than the dense matrix. */
enum { SPARSE = 16 };

static size_t count_entries(const fcast_mvar *mvar) {
  size_t n = 0;
  for (size_t i = 0; i < mvar->lag * mvar->n_modes * mvar->n_modes; i++) {
    n += mvar->coefficients[i] != 0.0 ? 1 : 0;
  }
  return n;
}

static fcast_status stack_dense(const fcast_mvar *mvar, fcast_law *out, fcast_error *err) {
  const size_t r = mvar->n_modes;
  out->dense = fcast_alloc_unfilled(r * out->width, sizeof *out->dense);
  if (out->dense == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu modes", r);
  }
  for (size_t lag = 0; lag < mvar->lag; lag++) {
    for (size_t k = 0; k < r; k++) {
      memcpy(out->dense + (k * mvar->lag + lag) * r, mvar->coefficients + (lag * r + k) * r, r * sizeof(double));
    }
  }
  return FCAST_OK;
}

static fcast_status list_entries(const fcast_mvar *mvar, size_t n_entries, fcast_law *out, fcast_error *err) {
  const size_t r = mvar->n_modes;
  out->start = fcast_alloc_array(r + 1, sizeof *out->start);
  out->column = fcast_alloc_array(n_entries, sizeof *out->column);
  out->value = fcast_alloc_array(n_entries, sizeof *out->value);
  if (out->start == NULL || out->column == NULL || out->value == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast of %zu modes", r);
  }
  size_t n = 0;
  for (size_t k = 0; k < r; k++) {
    out->start[k] = n;
    for (size_t lag = 0; lag < mvar->lag; lag++) {
      const double *row = mvar->coefficients + (lag * r + k) * r;
      for (size_t j = 0; j < r; j++) {
        if (row[j] != 0.0) {
          out->column[n] = lag * r + j;
          out->value[n++] = row[j];
        }
      }
    }
  }
  out->start[r] = n;
  return FCAST_OK;
}

fcast_status fcast__law_create(const fcast_mvar *mvar, fcast_law *out, fcast_error *err) {
  *out = (fcast_law){.n_modes = mvar->n_modes, .width = mvar->lag * mvar->n_modes};
  const size_t n_entries = count_entries(mvar);
  const fcast_status status = n_entries * SPARSE <= out->n_modes * out->width ? list_entries(mvar, n_entries, out, err)
                                                                              : stack_dense(mvar, out, err);
  if (status != FCAST_OK) {
    fcast__law_clear(out);
  }
  return status;
}

void fcast__law_clear(fcast_law *law) {
  fcast_free(law->dense);
  fcast_free(law->start);
  fcast_free(law->column);
  fcast_free(law->value);
  *law = (fcast_law){0};
}

fcast_status fcast__law_apply(const fcast_law *law, const double *window, size_t n_runs, double *next,
                              fcast_error *err) {
  if (law->dense != NULL) {
    return fcast__multiply_transposed(window, law->dense, n_runs, law->width, law->n_modes, next, err);
  }
  for (size_t run = 0; run < n_runs; run++) {
    const double *past = window + run * law->width;
    for (size_t k = 0; k < law->n_modes; k++) {
      double sum = 0.0;
      for (size_t i = law->start[k]; i < law->start[k + 1]; i++) {
        sum += law->value[i] * past[law->column[i]];
      }
      next[run * law->n_modes + k] = sum;
    }
  }
  return FCAST_OK;
}
