/* SPDX-License-Identifier: MIT */
#include "learn/fill.h"

#include "learn/resample.h"

#include <math.h>

double fcast__mean_cosine(const fcast_transitions *transitions, const fcast_scoring *scoring) {
  double sum = 0.0;
  for (size_t run = 0; run < scoring->n_runs; run++) {
    sum += scoring->cosine[run];
  }
  return sum / fcast__total_trust(transitions);
}

fcast_status fcast__fill_alignment(const fcast_direction_law *law, const fcast_law_intervals *found, double width,
                                   fcast_field_model *model, fcast_error *err) {
  size_t n = law->n_alignment;
  while (n > 1 && !law->is_free[n - 1]) {
    n--;
  }
  fcast_radial_clear(&model->alignment);
  const fcast_status status = fcast_radial_create(n, width, &model->alignment, err);
  const double plateau = fcast__plateau(law->weight, n);
  for (size_t k = 0; status == FCAST_OK && k < n; k++) {
    model->alignment.value[k] = law->weight[k] / plateau;
    model->alignment.lo[k] = law->is_free[k] ? found->lo[k] : 0.0;
    model->alignment.hi[k] = law->is_free[k] ? found->hi[k] : 0.0;
  }
  model->edge = found->edge;
  return status;
}

fcast_status fcast__fill_motion(const fcast_transitions *transitions, const fcast_direction_law *law,
                                fcast_field_model *model, fcast_error *err) {
  const size_t n_runs = transitions->n_runs;
  double *sums = fcast_alloc_array(3 * n_runs, sizeof *sums);
  if (sums == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", n_runs);
  }
  double *counts = sums + n_runs;
  double *along = sums + 2 * n_runs;
  for (size_t i_run = 0; i_run < n_runs; i_run++) {
    const fcast_run_transitions *run = &transitions->runs[i_run];
    for (size_t i = 0; i < run->n; i++) {
      double expected[2];
      fcast__direction_law_at(law, transitions, run, i, expected);
      const double cosine = expected[0] * run->direction[2 * i] + expected[1] * run->direction[2 * i + 1];
      along[i_run] += run->travel[i] * cosine;
      sums[i_run] += run->travel[i];
      counts[i_run] += 1.0;
    }
  }
  fcast_status status = fcast__resample_ratio(sums, counts, n_runs, &model->speed, err);
  if (status == FCAST_OK) {
    status = fcast__resample_ratio(along, sums, n_runs, &model->order, err);
  }
  model->order.value = fmin(fmax(model->order.value, 0.0), 1.0);
  fcast_free(sums);
  return status;
}

fcast_status fcast__fill_steering(const fcast_direction_law *law, const fcast_law_intervals *found, double width,
                                  fcast_field_model *model, fcast_error *err) {
  const double *weight = law->weight + law->n_alignment;
  const double *lo = found->lo + law->n_alignment;
  const double *hi = found->hi + law->n_alignment;
  double most = 0.0;
  for (size_t k = 0; k < law->n_force; k++) {
    most = fmax(most, fabs(weight[k]));
  }
  fcast_radial_clear(&model->force);
  const fcast_status status = fcast_radial_create(law->n_force, width, &model->force, err);
  for (size_t k = 0; status == FCAST_OK && k < law->n_force; k++) {
    model->force.value[k] = weight[k] / most;
    model->force.lo[k] = lo[k];
    model->force.hi[k] = hi[k];
  }
  model->force_kind = FCAST_FIELD_STEERING;
  model->steering = (fcast_estimate){weight[law->n_force], lo[law->n_force], hi[law->n_force]};
  return status;
}
