/* SPDX-License-Identifier: MIT */
#include "cli/eigenvalues.h"

#include "cli/csv.h"

#include <math.h>
#include <stdio.h>

/* The leading values found so far, largest modulus first. */
typedef struct leading {
  size_t n;
  double real[FCAST_LISTED_OF_CHOSEN + 1], imaginary[FCAST_LISTED_OF_CHOSEN + 1];
} leading;

static void keep(leading *all, double real, double imaginary) {
  size_t at = all->n;
  while (at > 0 && hypot(all->real[at - 1], all->imaginary[at - 1]) < hypot(real, imaginary)) {
    all->real[at] = all->real[at - 1];
    all->imaginary[at] = all->imaginary[at - 1];
    at--;
  }
  all->real[at] = real;
  all->imaginary[at] = imaginary;
  all->n += all->n < FCAST_LISTED_OF_CHOSEN;
}

static fcast_status add_spectrum(const fcast_mvar *mvar, leading *all, fcast_error *err) {
  const size_t order = mvar->lag * mvar->n_modes;
  const size_t n = order < FCAST_LISTED_OF_CHOSEN ? order : FCAST_LISTED_OF_CHOSEN;
  fcast_spectrum spectrum = {0};
  const fcast_status status = fcast_mvar_spectrum(mvar, n, &spectrum, err);
  for (size_t i = 0; status == FCAST_OK && i < spectrum.n_values; i++) {
    keep(all, spectrum.real[i], spectrum.imaginary[i]);
  }
  fcast_spectrum_clear(&spectrum);
  return status;
}

/* Fourier modes do not act on each other: every one has a small model of its fields alone. */
static fcast_status add_fourier(const fcast_latent *model, leading *all, fcast_error *err) {
  const size_t n_modes = model->state.n_modes;
  const size_t n_fields = model->state.n_fields;
  const fcast_mvar *whole = &model->mvar;
  fcast_mvar own = {.lag = whole->lag, .n_modes = n_fields};
  own.coefficients = fcast_alloc_array(whole->lag * n_fields, n_fields * sizeof *own.coefficients);
  fcast_status status =
      own.coefficients == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a model") : FCAST_OK;
  for (size_t k = 0; status == FCAST_OK && k < n_modes; k++) {
    for (size_t i = 0; i < whole->lag * n_fields * n_fields; i++) {
      const size_t lag = i / (n_fields * n_fields);
      const size_t to = i / n_fields % n_fields * n_modes + k;
      const size_t from = i % n_fields * n_modes + k;
      own.coefficients[i] = whole->coefficients[(lag * whole->n_modes + to) * whole->n_modes + from];
    }
    status = add_spectrum(&own, all, err);
  }
  fcast_free(own.coefficients);
  return status;
}

static void print_value(FILE *stream, const char *name, size_t rank, double real, double imaginary, double interval) {
  const double modulus = hypot(real, imaginary);
  const double values[] = {real, imaginary, modulus, fcast_growth_rate(modulus, interval),
                           fcast_frequency(real, imaginary, interval)};
  (void)fprintf(stream, "%s,%zu", name, rank);
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    fcast_csv_number(stream, values[i]);
  }
  (void)fprintf(stream, "\n");
}

fcast_status fcast_eigenvalues_put(const char *path, const fcast_spectrum *spectrum, const fcast_latent *chosen,
                                   double interval, fcast_outfile *file, fcast_error *err) {
  leading of_chosen = {0};
  fcast_csv csv;
  fcast_status status = FCAST_OK;
  *file = (fcast_outfile){0};
  if (chosen != NULL) {
    status = chosen->state.basis == FCAST_BASIS_FOURIER ? add_fourier(chosen, &of_chosen, err)
                                                        : add_spectrum(&chosen->mvar, &of_chosen, err);
  }
  if (status == FCAST_OK) {
    status = fcast_csv_begin(&csv, path, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  (void)fprintf(csv.stream, "model,rank,real,imaginary,modulus,growth_rate,frequency\n");
  for (size_t i = 0; i < spectrum->n_values; i++) {
    print_value(csv.stream, "specified", i + 1, spectrum->real[i], spectrum->imaginary[i], interval);
  }
  for (size_t i = 0; i < of_chosen.n; i++) {
    print_value(csv.stream, "selected", i + 1, of_chosen.real[i], of_chosen.imaginary[i], interval);
  }
  return fcast_csv_put(&csv, path, status, file, err);
}
