/* SPDX-License-Identifier: MIT */
#include "render/ticks.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Symlog: equal spacing for one unit near zero and for one decade far from it. */
static double symlog(double value) {
  const double magnitude = fabs(value);
  return magnitude <= 1.0 ? value : copysign(1.0 + log10(magnitude), value);
}

static double transform(fcast__scale_kind kind, double value) {
  switch (kind) {
  case FCAST__LOG:
    return value > 0.0 ? log10(value) : -400.0;
  case FCAST__SYMLOG:
    return symlog(value);
  case FCAST__LINEAR:
    break;
  }
  return value;
}

double fcast__range_place(const fcast__range *range, double value) {
  if (isnan(value)) {
    return value;
  }
  /* Halves, so that the ends of the double range do not overflow. */
  const double lo = transform(range->kind, range->lo) / 2.0, hi = transform(range->kind, range->hi) / 2.0;
  const double part = (transform(range->kind, value) / 2.0 - lo) / (hi - lo);
  return fmin(fmax(part, -1.0), 2.0);
}

fcast__range fcast__range_linear(double lo, double hi) {
  if (!isfinite(lo) || !isfinite(hi)) {
    return (fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 1.0};
  }
  const double least = fmax(fabs(lo), fabs(hi)) * 1e-9;
  if (hi - lo <= least) {
    const double margin = lo == 0.0 && hi == 0.0 ? 0.5 : fmax(fabs(lo), fabs(hi)) * 0.1;
    return (fcast__range){.kind = FCAST__LINEAR, .lo = lo - margin, .hi = hi + margin};
  }
  return (fcast__range){.kind = FCAST__LINEAR, .lo = lo, .hi = hi};
}

/* The smallest of 1, 2, 5, 10 times a power of ten that is not below `value`. */
static double nice_step(double value) {
  const double power = pow(10.0, floor(log10(value)));
  const double mantissa = value / power;
  const double nice = mantissa <= 1.0 + 1e-9 ? 1.0 : mantissa <= 2.0 + 1e-9 ? 2.0 : mantissa <= 5.0 + 1e-9 ? 5.0 : 10.0;
  return nice * power;
}

double fcast__round_up(double value) {
  const double step = nice_step(value / 10.0);
  return ceil(value / step - 1e-9) * step;
}

/* "-1.5" with a typographic minus; trailing text is markup. */
static void put_label(char *label, size_t size, double mantissa, int decimals, const char *tail) {
  char digits[40];
  (void)snprintf(digits, sizeof digits, "%.*f", decimals, fabs(mantissa));
  const bool is_zero = strspn(digits, "0.") == strlen(digits);
  (void)snprintf(label, size, "%s%s%s", mantissa < 0.0 && !is_zero ? "\u2212" : "", digits, is_zero ? "" : tail);
}

static void label_linear(double value, double step, double largest, char *label, size_t size) {
  char tail[40] = "";
  int exponent = 0;
  if (largest >= 1e5 || largest < 1e-2) {
    exponent = (int)floor(log10(largest) + 1e-9);
    (void)snprintf(tail, sizeof tail, "×10<sup>%s%d</sup>", exponent < 0 ? "\u2212" : "",
                   exponent < 0 ? -exponent : exponent);
  }
  /* Whole numbers keep their digits where only the step is small against a large offset. */
  const int decimals = (int)fmin(fmax(exponent - floor(log10(step) + 1e-9), 0.0), 12.0);
  put_label(label, size, value / pow(10.0, exponent), decimals, tail);
}

static void find_linear(const fcast__range *range, size_t n_wanted, fcast__ticks *ticks) {
  const double span = range->hi - range->lo;
  double step = nice_step(span / (double)n_wanted);
  double first = ceil(range->lo / step - 1e-6);
  double last = floor(range->hi / step + 1e-6);
  while (last - first + 1.0 > (double)n_wanted) {
    step = nice_step(step * 1.5);
    first = ceil(range->lo / step - 1e-6);
    last = floor(range->hi / step + 1e-6);
  }
  const double largest = fmax(fabs(first), fabs(last)) * step;
  const size_t n_ticks = last < first ? 0 : (size_t)(last - first) + 1;
  for (size_t i = 0; i < n_ticks && ticks->n < FCAST__MAX_TICKS; i++) {
    const double value = (first + (double)i) * step;
    ticks->at[ticks->n] = value;
    label_linear(value, step, largest > 0.0 ? largest : step, ticks->label[ticks->n], sizeof ticks->label[0]);
    ticks->n++;
  }
}

/* 1, 2 or 5 times a power of ten. */
static void label_power(double value, char *label, size_t size) {
  const double magnitude = fabs(value);
  const int exponent = (int)lround(floor(log10(magnitude) + 1e-9));
  if (exponent >= -3 && exponent <= 2) {
    put_label(label, size, value, exponent < 0 ? -exponent : 0, "");
    return;
  }
  char digit[32] = "";
  const long mantissa = lround(magnitude / pow(10.0, exponent));
  if (mantissa != 1) {
    (void)snprintf(digit, sizeof digit, "%ld×", mantissa);
  }
  (void)snprintf(label, size, "%s%s10<sup>%s%d</sup>", value < 0.0 ? "\u2212" : "", digit, exponent < 0 ? "\u2212" : "",
                 exponent < 0 ? -exponent : exponent);
}

static void add_power_tick(double value, fcast__ticks *ticks) {
  if (ticks->n < FCAST__MAX_TICKS) {
    ticks->at[ticks->n] = value;
    label_power(value, ticks->label[ticks->n], sizeof ticks->label[0]);
    ticks->n++;
  }
}

/* Marks between the labels, at 2 to 9 times each power of ten from `first` on; `sign` -1: of negative values. */
static void add_minor(const fcast__range *range, int first, int last, double sign, fcast__ticks *ticks) {
  for (int exponent = first; exponent <= last && last - first < FCAST__MINOR_DECADES; exponent++) {
    for (int digit = 2; digit <= 9; digit++) {
      const double value = sign * digit * pow(10.0, exponent);
      if (value >= range->lo && value <= range->hi) {
        ticks->minor[ticks->n_minor++] = value;
      }
    }
  }
}

/* 1, 2 and 5 times powers of ten, or 1 and 5. */
static void find_digits(const fcast__range *range, bool with_2, fcast__ticks *ticks) {
  static const double digits[] = {1.0, 2.0, 5.0};
  const int first = (int)floor(log10(range->lo) + 1e-9), last = (int)floor(log10(range->hi) + 1e-9);
  ticks->n = 0;
  for (int exponent = first; exponent <= last; exponent++) {
    for (size_t i = 0; i < 3; i++) {
      const double value = digits[i] * pow(10.0, exponent);
      if ((i != 1 || with_2) && value >= range->lo * (1.0 - 1e-9) && value <= range->hi * (1.0 + 1e-9)) {
        add_power_tick(value, ticks);
      }
    }
  }
}

static void find_log(const fcast__range *range, size_t n_wanted, fcast__ticks *ticks) {
  const int first = (int)ceil(log10(range->lo) - 1e-9);
  const int last = (int)floor(log10(range->hi) + 1e-9);
  const int stride = (int)ceil((last - first + 1) / (double)n_wanted);
  if (stride <= 1) {
    add_minor(range, first - 1, last, 1.0, ticks);
  }
  find_digits(range, true, ticks);
  if (ticks->n <= n_wanted) {
    return;
  }
  if (last - first < 1) { /* less than two powers of ten on the axis */
    find_digits(range, false, ticks);
    return;
  }
  ticks->n = 0;
  for (int exponent = first; exponent <= last; exponent += stride) {
    add_power_tick(pow(10.0, exponent), ticks);
  }
}

/* Down to the lowest power, with 2 and 5 times each where they find room, and the linear part in halves. */
static void find_symlog(const fcast__range *range, size_t n_wanted, fcast__ticks *ticks) {
  enum { N_HALVES = 5 };
  const int n_powers = range->lo < -1.0 ? (int)floor(log10(-range->lo) + 1e-9) : 0;
  const int stride = (int)fmax(ceil(n_powers / fmax((double)n_wanted - 4.0, 1.0)), 1.0);
  const bool with_digits = N_HALVES + 3 * (size_t)n_powers <= n_wanted;
  for (int exponent = n_powers - n_powers % stride; exponent >= 1; exponent -= stride) {
    add_power_tick(-pow(10.0, exponent), ticks);
    if (with_digits) {
      add_power_tick(-5.0 * pow(10.0, exponent - 1), ticks);
      add_power_tick(-2.0 * pow(10.0, exponent - 1), ticks);
    }
  }
  if (stride == 1) {
    add_minor(range, 0, n_powers, -1.0, ticks);
  }
  for (int half = -2; half <= 2 && ticks->n < FCAST__MAX_TICKS; half++) {
    if (0.5 * half >= range->lo && 0.5 * half <= range->hi) {
      ticks->at[ticks->n] = 0.5 * half;
      put_label(ticks->label[ticks->n], sizeof ticks->label[0], 0.5 * half, half % 2 == 0 ? 0 : 1, "");
      ticks->n++;
    }
  }
}

void fcast__ticks_find(const fcast__range *range, size_t n_wanted, fcast__ticks *ticks) {
  ticks->n = ticks->n_minor = 0;
  switch (range->kind) {
  case FCAST__LINEAR:
    find_linear(range, n_wanted, ticks);
    break;
  case FCAST__LOG:
    find_log(range, n_wanted, ticks);
    break;
  case FCAST__SYMLOG:
    find_symlog(range, n_wanted, ticks);
    break;
  }
}
