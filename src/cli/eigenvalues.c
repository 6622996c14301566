/* SPDX-License-Identifier: MIT */
#include "cli/eigenvalues.h"

#include "cli/metrics_csv.h"
#include "io/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The leading values found so far, largest modulus first. */
typedef struct leading {
  size_t n;
  double real[FCAST_LISTED_EIGENVALUES + 1], imaginary[FCAST_LISTED_EIGENVALUES + 1];
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
  all->n += all->n < FCAST_LISTED_EIGENVALUES;
}

static fcast_status add_spectrum(const fcast_mvar *mvar, leading *all, fcast_error *err) {
  const size_t order = mvar->lag * mvar->n_modes;
  const size_t n = order < FCAST_LISTED_EIGENVALUES ? order : FCAST_LISTED_EIGENVALUES;
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

static int print_value(FILE *stream, const char *name, size_t rank, double real, double imaginary, double interval) {
  const double modulus = hypot(real, imaginary);
  const double values[] = {real, imaginary, modulus, fcast_growth_rate(modulus, interval),
                           fcast_frequency(real, imaginary, interval)};
  int failed = fprintf(stream, "%s,%zu", name, rank) < 0;
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    failed |= fcast_csv_number(stream, values[i]) < 0;
  }
  return failed | (fprintf(stream, "\n") < 0);
}

static int print_all(FILE *stream, const fcast_spectrum *spectrum, const leading *chosen, double interval) {
  int failed = fprintf(stream, "model,rank,real,imaginary,modulus,growth_rate,frequency\n") < 0;
  for (size_t i = 0; i < spectrum->n_values; i++) {
    failed |= print_value(stream, "specified", i + 1, spectrum->real[i], spectrum->imaginary[i], interval);
  }
  for (size_t i = 0; i < chosen->n; i++) {
    failed |= print_value(stream, "selected", i + 1, chosen->real[i], chosen->imaginary[i], interval);
  }
  return failed;
}

fcast_status fcast_eigenvalues_write(const char *path, const fcast_spectrum *spectrum, const fcast_latent *chosen,
                                     double interval, fcast_error *err) {
  leading of_chosen = {0};
  char *text = NULL;
  size_t length = 0;
  fcast_status status = FCAST_OK;
  if (chosen != NULL) {
    status = chosen->state.basis == FCAST_BASIS_FOURIER ? add_fourier(chosen, &of_chosen, err)
                                                        : add_spectrum(&chosen->mvar, &of_chosen, err);
  }
  FILE *stream = status == FCAST_OK ? open_memstream(&text, &length) : NULL;
  if (status == FCAST_OK && stream == NULL) {
    status = fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path);
  }
  if (status == FCAST_OK) {
    int failed = print_all(stream, spectrum, &of_chosen, interval);
    failed |= fclose(stream) != 0;
    status =
        failed ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", path) : fcast_file_write(path, text, length, err);
  }
  free(text);
  return status;
}
