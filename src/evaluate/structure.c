/* SPDX-License-Identifier: MIT */
#include "flockcast/structure.h"

#include "evaluate/near_pairs.h"

#include <math.h>
#include <stdint.h>

static const double pi = 3.14159265358979323846264338327950288;

static bool is_there(const double *position) {
  return isfinite(position[0]) && isfinite(position[1]);
}

/* --- pair correlation --- */

fcast_status fcast_pairs_create(size_t n_bins, double r_max, fcast_domain domain, fcast_pairs *out, fcast_error *err) {
  const double most = fmin(domain.x, domain.y) * (domain.boundary == FCAST_PERIODIC ? 0.5 : 1.0);
  *out = (fcast_pairs){0};
  if (n_bins == 0 || !(r_max > 0.0 && r_max <= most)) {
    return fcast_fail(
        err, FCAST_E_ARG,
        "pair correlation: found %zu bins up to a distance of %g, expected at least one, up to %g at most", n_bins,
        r_max, most);
  }
  out->found = fcast_alloc_array(n_bins, sizeof *out->found);
  out->expected = fcast_alloc_array(n_bins, sizeof *out->expected);
  if (out->found == NULL || out->expected == NULL) {
    fcast_pairs_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu distances", n_bins);
  }
  out->n_bins = n_bins;
  out->r_max = r_max;
  return FCAST_OK;
}

void fcast_pairs_clear(fcast_pairs *pairs) {
  fcast_free(pairs->found);
  fcast_free(pairs->expected);
  *pairs = (fcast_pairs){0};
}

/* The probability that two uniform points are at most r apart: the integral of 2 pi s times the set covariance of the
 * box over its squared area, for s from 0 to r. */
static double share_within(double r, fcast_domain domain) {
  const double area = domain.x * domain.y;
  const double disc = pi * r * r / area;
  if (domain.boundary == FCAST_PERIODIC) {
    return disc;
  }
  const double sides = 4.0 / 3.0 * (domain.x + domain.y) * r * r * r;
  return disc - (sides - 0.5 * r * r * r * r) / (area * area);
}

static void count_pair(void *context, size_t i, size_t j, double distance_squared) {
  fcast_pairs *pairs = context;
  const size_t bin = (size_t)(sqrt(distance_squared) / pairs->r_max * (double)pairs->n_bins);
  (void)i;
  (void)j;
  if (bin < pairs->n_bins) {
    pairs->found[bin] += 1.0;
  }
}

fcast_status fcast_pairs_add(const double *positions, size_t n_agents, fcast_domain domain, fcast_pairs *pairs,
                             fcast_error *err) {
  const fcast_status status = fcast__near_pairs(positions, n_agents, domain, pairs->r_max, count_pair, pairs, err);
  double n_present = 0.0;
  for (size_t i = 0; i < n_agents; i++) {
    n_present += is_there(positions + 2 * i) ? 1.0 : 0.0;
  }
  const double width = pairs->r_max / (double)pairs->n_bins;
  for (size_t k = 0; status == FCAST_OK && k < pairs->n_bins; k++) {
    const double share = share_within((double)(k + 1) * width, domain) - share_within((double)k * width, domain);
    pairs->expected[k] += 0.5 * n_present * (n_present - 1.0) * share;
  }
  return status;
}

/* --- number fluctuations --- */

/* The part a coordinate is in; one on the outer edge belongs to the last. */
static size_t part_of(double position, double length, size_t n) {
  const double part = floor(position / length * (double)n);
  return part > 0.0 ? (size_t)fmin(part, (double)(n - 1)) : 0;
}

fcast_status fcast_numbers_add(const double *positions, size_t n_agents, fcast_domain domain, fcast_numbers *numbers,
                               fcast_error *err) {
  const size_t n = numbers->n_divisions;
  double *count = fcast_alloc_array(n * n, sizeof *count);
  if (count == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu x %zu parts of the box", n, n);
  }
  for (size_t i = 0; i < n_agents; i++) {
    const double *position = positions + 2 * i;
    if (is_there(position)) {
      count[part_of(position[1], domain.y, n) * n + part_of(position[0], domain.x, n)] += 1.0;
    }
  }
  for (size_t k = 0; k < n * n; k++) {
    numbers->sum += count[k];
    numbers->squares += count[k] * count[k];
  }
  numbers->n_counts += (double)(n * n);
  fcast_free(count);
  return FCAST_OK;
}

double fcast_numbers_mean(const fcast_numbers *numbers) {
  return numbers->sum / numbers->n_counts;
}

double fcast_numbers_std(const fcast_numbers *numbers) {
  const double mean = fcast_numbers_mean(numbers);
  return sqrt(fmax(numbers->squares / numbers->n_counts - mean * mean, 0.0));
}

double fcast_numbers_exponent(const fcast_numbers *numbers, size_t n_sizes) {
  double n = 0.0;
  double sum_x = 0.0;
  double sum_y = 0.0;
  double sum_xx = 0.0;
  double sum_xy = 0.0;
  for (size_t i = 0; i < n_sizes; i++) {
    const double mean = fcast_numbers_mean(&numbers[i]);
    const double std = fcast_numbers_std(&numbers[i]);
    if (numbers[i].n_divisions >= 4 && mean >= 1.0 && std > 0.0) {
      const double x = log(mean);
      const double y = log(std);
      n += 1.0;
      sum_x += x;
      sum_y += y;
      sum_xx += x * x;
      sum_xy += x * y;
    }
  }
  return n >= 2.0 ? (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x) : (double)NAN;
}

/* --- clusters --- */

/* The first agent of the tree that `i` is in; the way there is halved for the next one. */
static size_t find_root(size_t *parent, size_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

/* The smaller root stays: a label is the first agent of its cluster, in whatever order pairs come. */
static void join(void *context, size_t i, size_t j, double distance_squared) {
  size_t *parent = context;
  const size_t a = find_root(parent, i);
  const size_t b = find_root(parent, j);
  (void)distance_squared;
  parent[a > b ? a : b] = a < b ? a : b;
}

static void measure(const double *positions, fcast_clusters *out) {
  double squares = 0.0;
  for (size_t i = 0; i < out->n_agents; i++) {
    if (is_there(positions + 2 * i)) {
      out->label[i] = find_root(out->label, i);
      out->size[out->label[i]]++;
      out->n_present++;
    } else {
      out->label[i] = SIZE_MAX;
    }
  }
  for (size_t i = 0; i < out->n_agents; i++) {
    out->n_clusters += out->size[i] > 0 ? 1 : 0;
    out->largest = out->size[i] > out->largest ? out->size[i] : out->largest;
    squares += (double)out->size[i] * (double)out->size[i];
  }
  out->mean_size = out->n_present > 0 ? squares / (double)out->n_present : 0.0;
}

fcast_status fcast_clusters_find(const double *positions, size_t n_agents, fcast_domain domain, double link,
                                 fcast_clusters *out, fcast_error *err) {
  *out = (fcast_clusters){.n_agents = n_agents};
  if (!(link > 0.0)) {
    return fcast_fail(err, FCAST_E_ARG, "clusters: found a link of %g, expected a length above 0", link);
  }
  out->label = fcast_alloc_array(n_agents, sizeof *out->label);
  out->size = fcast_alloc_array(n_agents, sizeof *out->size);
  if (out->label == NULL || out->size == NULL) {
    fcast_clusters_clear(out);
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for the clusters of %zu agents", n_agents);
  }
  for (size_t i = 0; i < n_agents; i++) {
    out->label[i] = i;
  }
  const fcast_status status = fcast__near_pairs(positions, n_agents, domain, link, join, out->label, err);
  if (status == FCAST_OK) {
    measure(positions, out);
  } else {
    fcast_clusters_clear(out);
  }
  return status;
}

void fcast_clusters_clear(fcast_clusters *clusters) {
  fcast_free(clusters->label);
  fcast_free(clusters->size);
  *clusters = (fcast_clusters){0};
}
