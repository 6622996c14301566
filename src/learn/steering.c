/* SPDX-License-Identifier: MIT */
#include "learn/steering.h"

#include "learn/fill.h"
#include "learn/reach.h"
#include "learn/resample.h"

#include <math.h>
#include <string.h>

/* Shells of headings and of forces: at first over half the box, since forces make alignment alone look farther than it
 * does, then over what either reaches and a quarter more. */
enum { COARSE_SHELLS = 20, FINE_SHELLS = 30 };
static const double margin = 1.25;

enum { COARSE_TRANSITIONS = 8000, FINE_TRANSITIONS = 25000 };
static const double affordable_pairs = 5e7;

/* A law with forces, fitted. */
typedef struct steered {
  fcast_transitions transitions;
  fcast_direction_law law;
  fcast_scoring scoring;
  double f_statistic; /* of a first, linear fit; where it is negligible, there is no other */
} steered;

/* What forces must explain more than nothing would, for the full fit to be worth its time. Real ones give hundreds. */
static const double negligible = 3.0;

static void clear(steered *fit) {
  fcast__scoring_clear(&fit->scoring);
  fcast__direction_law_clear(&fit->law);
  fcast__transitions_clear(&fit->transitions);
}

/* Fit from where the law is, twice: the second time transitions are trusted by the first. */
static fcast_status refit(steered *fit, fcast_error *err) {
  fcast_status status = FCAST_OK;
  for (int i = 0; status == FCAST_OK && i < 2; i++) {
    fcast__scoring_clear(&fit->scoring);
    fcast__trust_by(&fit->law, &fit->transitions);
    status = fcast__direction_law_fit(&fit->transitions, &fit->law, &fit->scoring, err);
  }
  return status;
}

/* The mean of a function of distance over a shell, as far as the middle of its own shells says it. */
static double value_over(const fcast_radial *radial, double inner, double width) {
  double sum = 0.0;
  for (int i = 0; i < 8; i++) {
    const double shell = (inner + (i + 0.5) / 8.0 * width) / radial->width;
    sum += shell < (double)radial->n_shells ? radial->value[(size_t)shell] / 8.0 : 0.0;
  }
  return sum;
}

/* Collect and fit with some shells of headings and of forces; alignment begins as the model has it. */
static fcast_status fit_with(const fcast_tracks_source *source, const fcast_field_model *model,
                             const fcast_transition_options *options, steered *out, fcast_error *err) {
  fcast_status status = fcast__transitions_collect(source, &model->density, options, &out->transitions, err);
  if (status == FCAST_OK) {
    status = fcast__direction_law_create(options->shells.n, options->forces.n, &out->law, err);
  }
  for (size_t k = 0; status == FCAST_OK && k < options->shells.n; k++) {
    out->law.weight[k] = value_over(&model->alignment, (double)k * options->shells.width, options->shells.width);
  }
  if (status == FCAST_OK) {
    status = fcast__steering_start(&out->transitions, &out->law, &out->f_statistic, err);
  }
  return status == FCAST_OK && out->f_statistic > negligible ? refit(out, err) : status;
}

/* Whether the forces help on runs that the law was not fitted to, against alignment alone, fitted to the same. */
static fcast_status is_helpful(const steered *fit, bool *helps, fcast_error *err) {
  const size_t n_runs = fit->transitions.n_runs;
  fcast_direction_law alone = {0};
  fcast_scoring scoring = {0};
  double *cosines = fcast_alloc_array(2 * n_runs, sizeof *cosines);
  fcast_status status = cosines == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu runs", n_runs)
                                        : fcast__direction_law_create(fit->law.n_alignment, 0, &alone, err);
  if (status == FCAST_OK) {
    memcpy(alone.weight, fit->law.weight, fit->law.n_alignment * sizeof(double));
    status = fcast__direction_law_fit(&fit->transitions, &alone, &scoring, err);
  }
  if (status == FCAST_OK) {
    status = fcast__held_out_cosines(&fit->transitions, &alone, &scoring, cosines, err);
  }
  if (status == FCAST_OK) {
    status = fcast__held_out_cosines(&fit->transitions, &fit->law, &fit->scoring, cosines + n_runs, err);
  }
  *helps = status == FCAST_OK && fcast__is_better(cosines + n_runs, cosines, n_runs);
  fcast__scoring_clear(&scoring);
  fcast__direction_law_clear(&alone);
  fcast_free(cosines);
  return status;
}

/* How many shells of either kind serve. */
typedef struct reaches {
  size_t n_alignment, n_force;
} reaches;

static fcast_status choose_reaches(const steered *fit, reaches *out, fcast_error *err) {
  const fcast_status status =
      fcast__choose_reach(&fit->transitions, &fit->law, &fit->scoring, false, &out->n_alignment, err);
  return status == FCAST_OK ? fcast__choose_reach(&fit->transitions, &fit->law, &fit->scoring, true, &out->n_force, err)
                            : status;
}

/* Take the outer shells away, and fit the rest again. */
static fcast_status shorten(steered *fit, reaches kept, fcast_error *err) {
  fcast_direction_law law = {0};
  const double *weight = fit->law.weight;
  fcast_status status = fcast__direction_law_create(kept.n_alignment, kept.n_force, &law, err);
  if (status == FCAST_OK) {
    memcpy(law.weight, weight, kept.n_alignment * sizeof *weight);
    memcpy(law.weight + kept.n_alignment, weight + fit->law.n_alignment, kept.n_force * sizeof *weight);
    law.weight[kept.n_alignment + kept.n_force] = weight[fit->law.n_alignment + fit->law.n_force];
    fcast__direction_law_clear(&fit->law);
    fit->law = law;
    status = refit(fit, err);
  }
  return status;
}

/* What the law says, with its intervals. */
static fcast_status describe(const steered *fit, fcast_field_model *model, fcast_error *err) {
  const size_t size = fcast__direction_law_size(&fit->law);
  fcast_law_intervals found = {.lo = fcast_alloc_array(2 * size, sizeof(double))};
  if (found.lo == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu shells", size);
  }
  found.hi = found.lo + size;
  fcast_status status =
      fcast__resample_law(&fit->law, &fit->scoring, fcast__mean_cosine(&fit->transitions, &fit->scoring),
                          fit->transitions.shells.width, found.lo, found.hi, &found.edge, err);
  if (status == FCAST_OK) {
    status = fcast__fill_alignment(&fit->law, &found, fit->transitions.shells.width, model, err);
  }
  if (status == FCAST_OK) {
    status = fcast__fill_steering(&fit->law, &found, fit->transitions.forces.width, model, err);
  }
  if (status == FCAST_OK) {
    status = fcast__fill_motion(&fit->transitions, &fit->law, model, err);
  }
  fcast_free(found.lo);
  return status;
}

/* The model says what the law does, unless agents go where alignment alone says rather than there: where few have
 * neighbours, forces are found now and then that are not. */
static fcast_status fill_in(const steered *fit, fcast_field_model *model, fcast_error *err) {
  fcast_field_model found = {.density = model->density};
  const fcast_status status = describe(fit, &found, err);
  if (status == FCAST_OK && found.order.value > model->order.value) {
    fcast_radial_clear(&model->alignment);
    model->alignment = found.alignment;
    model->edge = found.edge;
    model->force = found.force;
    model->force_kind = found.force_kind;
    model->steering = found.steering;
    model->speed = found.speed;
    model->order = found.order;
  } else {
    fcast_field_model_clear(&found);
  }
  return status;
}

/* A first look: whether there are forces, and how far they and alignment reach. */
static fcast_status look(const fcast_tracks_source *source, const fcast_field_model *model, bool *is_there,
                         fcast_transition_options *next, fcast_error *err) {
  const double half_box = fmin(model->density.box_x, model->density.box_y) / 2.0;
  const fcast_shells coarse = {COARSE_SHELLS, half_box / COARSE_SHELLS};
  const fcast_transition_options options = {
      .shells = coarse, .forces = coarse, .most = COARSE_TRANSITIONS, .most_pairs = affordable_pairs};
  steered fit = {0};
  reaches found = {0};
  *is_there = false;
  fcast_status status = fit_with(source, model, &options, &fit, err);
  if (status == FCAST_OK && fit.f_statistic > negligible) {
    status = is_helpful(&fit, is_there, err);
  }
  if (status == FCAST_OK && *is_there) {
    status = choose_reaches(&fit, &found, err);
    const double of_headings = margin * (double)found.n_alignment * coarse.width;
    const double of_forces = margin * (double)found.n_force * coarse.width;
    *next = (fcast_transition_options){.shells = {FINE_SHELLS, fmin(of_headings, half_box) / FINE_SHELLS},
                                       .forces = {FINE_SHELLS, fmin(of_forces, half_box) / FINE_SHELLS},
                                       .most = FINE_TRANSITIONS,
                                       .most_pairs = affordable_pairs};
  }
  clear(&fit);
  return status;
}

fcast_status fcast__learn_steering(const fcast_tracks_source *source, fcast_field_model *model, fcast_error *err) {
  steered fit = {0};
  reaches found = {0};
  fcast_transition_options options;
  bool is_there = false;
  if (model->n_runs < 2) {
    return FCAST_OK;
  }
  fcast_status status = look(source, model, &is_there, &options, err);
  if (status != FCAST_OK || !is_there) {
    return status;
  }
  status = fit_with(source, model, &options, &fit, err);
  if (status == FCAST_OK && fit.f_statistic <= negligible) { /* what the first look saw is not there */
    clear(&fit);
    return FCAST_OK;
  }
  if (status == FCAST_OK) {
    status = choose_reaches(&fit, &found, err);
  }
  if (status == FCAST_OK) {
    status = shorten(&fit, found, err);
  }
  if (status == FCAST_OK) {
    status = fill_in(&fit, model, err);
  }
  clear(&fit);
  return status;
}
