/* SPDX-License-Identifier: MIT */
#include "flockcast/uncertainty.h"

#include "linalg/products.h"

#include <string.h>

/* responses[component, lead, mode]: column c of Psi_1, Psi_2, ... is the closed loop after a unit impulse in component
 * c of the last known frame, with nothing before it. */
static fcast_status find_responses(const fcast_mvar *mvar, size_t n_leads, double *responses, fcast_error *err) {
  const size_t r = mvar->n_modes;
  double *known = fcast_alloc_array(r * mvar->lag * r, sizeof *known);
  fcast_status status = known == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu impulses", r) : FCAST_OK;
  for (size_t c = 0; status == FCAST_OK && c < r; c++) {
    known[(c * mvar->lag + mvar->lag - 1) * r + c] = 1.0;
  }
  if (status == FCAST_OK) {
    status = fcast_mvar_rollout(mvar, known, r, n_leads, responses, err);
  }
  fcast_free(known);
  return status;
}

/* out += Psi Sigma Psi^T for psi_columns[component, mode], the transpose of Psi; `product` holds as many values. */
static fcast_status add_term(const double *psi_columns, const double *covariance, size_t r, double *product,
                             double *out, fcast_error *err) {
  const fcast_status status = fcast__multiply(covariance, psi_columns, r, r, r, NULL, product, err);
  return status == FCAST_OK ? fcast__multiply_columns_add(psi_columns, product, r, r, r, out, err) : status;
}

fcast_status fcast_mvar_forecast_covariance(const fcast_mvar *mvar, const double *covariance, size_t n_leads,
                                            double *forecast_covariance, fcast_error *err) {
  const size_t r = mvar->n_modes;
  const size_t square = r * r;
  double *responses = fcast_alloc_unfilled(r * n_leads * r, sizeof *responses);
  double *psi = fcast_alloc_unfilled(square, sizeof *psi);
  double *product = fcast_alloc_unfilled(square, sizeof *product);
  fcast_status status = responses == NULL || psi == NULL || product == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the covariance of %zu modes", r)
                            : find_responses(mvar, n_leads, responses, err);
  for (size_t lead = 0; status == FCAST_OK && lead < n_leads; lead++) {
    double *out = forecast_covariance + lead * square;
    if (lead == 0) {
      memcpy(out, covariance, square * sizeof *out);
      continue;
    }
    memcpy(out, out - square, square * sizeof *out);
    for (size_t c = 0; c < r; c++) {
      memcpy(psi + c * r, responses + (c * n_leads + lead - 1) * r, r * sizeof *psi);
    }
    status = add_term(psi, covariance, r, product, out, err);
  }
  fcast_free(responses);
  fcast_free(psi);
  fcast_free(product);
  return status;
}

void fcast_latent_blocks(const fcast_state *state, size_t *n_blocks, size_t *n_rows) {
  *n_blocks = 1;
  *n_rows = fcast_state_size(state);
  if (state->basis == FCAST_BASIS_FOURIER) {
    for (*n_blocks = 0; 2 * state->fourier.shell_start[*n_blocks] < state->n_modes;) {
      (*n_blocks)++;
    }
    *n_rows = state->n_fields;
  }
}

/* The law of one mode of every field, which all modes of its shell share. */
static void take_law(const fcast_latent *model, size_t mode, fcast_mvar *law) {
  const size_t r = model->mvar.n_modes;
  const size_t n_fields = law->n_modes;
  for (size_t i = 0; i < law->lag * n_fields; i++) {
    const double *row = model->mvar.coefficients + (i / n_fields * r + i % n_fields * model->state.n_modes + mode) * r;
    for (size_t from = 0; from < n_fields; from++) {
      law->coefficients[i * n_fields + from] = row[from * model->state.n_modes + mode];
    }
  }
}

/* variance[lead] += factor * the sum of the first `n_modes` variances of C. */
static void add_traces(const double *covariances, size_t n_leads, size_t n_rows, size_t n_modes, double factor,
                       double *variance) {
  for (size_t lead = 0; lead < n_leads; lead++) {
    for (size_t k = 0; k < n_modes; k++) {
      variance[lead] += factor * covariances[lead * n_rows * n_rows + k * n_rows + k];
    }
  }
}

static fcast_status add_shells(const fcast_latent *model, const double *covariance, size_t n_blocks, size_t n_leads,
                               double per_cell, double *work, double *variance, fcast_error *err) {
  const fcast_state *state = &model->state;
  const size_t n_fields = state->n_fields;
  fcast_mvar law = {.lag = model->mvar.lag, .n_modes = n_fields};
  law.coefficients = fcast_alloc_array(law.lag * n_fields * n_fields, sizeof(double));
  fcast_status status =
      law.coefficients == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the law of a shell") : FCAST_OK;
  for (size_t shell = 0; status == FCAST_OK && shell < n_blocks; shell++) {
    const size_t first = 2 * state->fourier.shell_start[shell];
    const size_t n_modes = 2 * state->fourier.shell_start[shell + 1] - first;
    take_law(model, first, &law);
    status = fcast_mvar_forecast_covariance(&law, covariance + shell * n_fields * n_fields, n_leads, work, err);
    if (status == FCAST_OK) {
      add_traces(work, n_leads, n_fields, 1, per_cell * (double)n_modes, variance);
    }
  }
  fcast_mvar_clear(&law);
  return status;
}

fcast_status fcast_latent_variance(const fcast_latent *model, const double *covariance, size_t n_leads,
                                   double *variance, fcast_error *err) {
  const fcast_state *state = &model->state;
  size_t n_blocks = 0;
  size_t n_rows = 0;
  fcast_latent_blocks(state, &n_blocks, &n_rows);
  const double per_cell = 1.0 / (state->scale[0] * state->scale[0] * (double)state->pods[0].n_space);
  double *work = fcast_alloc_unfilled(n_leads * n_rows * n_rows, sizeof *work);
  fcast_status status =
      work == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for the variance of %zu leads", n_leads) : FCAST_OK;
  memset(variance, 0, n_leads * sizeof *variance);
  if (status == FCAST_OK && state->basis == FCAST_BASIS_FOURIER) {
    status = add_shells(model, covariance, n_blocks, n_leads, per_cell, work, variance, err);
  } else if (status == FCAST_OK) {
    status = fcast_mvar_forecast_covariance(&model->mvar, covariance, n_leads, work, err);
    if (status == FCAST_OK) {
      add_traces(work, n_leads, n_rows, state->n_modes, per_cell, variance);
    }
  }
  fcast_free(work);
  return status;
}

fcast_status fcast_uncertainty_create(const fcast_state *state, size_t n_leads, fcast_uncertainty *out,
                                      fcast_error *err) {
  size_t n_blocks = 0;
  size_t n_rows = 0;
  fcast_latent_blocks(state, &n_blocks, &n_rows);
  *out = (fcast_uncertainty){.n_leads = n_leads,
                             .residual_covariance = fcast_alloc_array(n_blocks * n_rows * n_rows, sizeof(double)),
                             .calibration = fcast_alloc_array(n_leads, sizeof(double)),
                             .std = fcast_alloc_array(n_leads, sizeof(double)),
                             .spread = fcast_alloc_array(n_leads * 2, sizeof(double)),
                             .held_out_r2 = fcast_alloc_array(n_leads * 3, sizeof(double))};
  if (out->residual_covariance == NULL || out->calibration == NULL || out->std == NULL || out->spread == NULL ||
      out->held_out_r2 == NULL) {
    fcast_uncertainty_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the uncertainty of %zu leads", n_leads);
  }
  return FCAST_OK;
}

void fcast_uncertainty_clear(fcast_uncertainty *uncertainty) {
  fcast_free(uncertainty->residual_covariance);
  fcast_free(uncertainty->calibration);
  fcast_free(uncertainty->std);
  fcast_free(uncertainty->spread);
  fcast_free(uncertainty->held_out_r2);
  *uncertainty = (fcast_uncertainty){0};
}
