/* SPDX-License-Identifier: MIT */
#include "flockcast/interaction.h"

#include "base/listen.h"
#include "learn/driving.h"
#include "learn/fill.h"
#include "learn/reach.h"
#include "learn/resample.h"
#include "learn/sharp_edge.h"
#include "learn/steering.h"

#include <math.h>
#include <string.h>

/* Shells of the first look, over half the box, and of the second, over what the first has found and a quarter more. */
enum { COARSE_SHELLS = 30, FINE_SHELLS = 40 };
static const double margin = 1.25;

/* Transitions that are enough, and pairs of agents that are affordable. */
enum { COARSE_TRANSITIONS = 8000, FINE_TRANSITIONS = 40000 };
static const double affordable_pairs = 5e7;

/* Of the distance of an edge from the end of a shell, as a part of it. */
static const double largest_misfit = 1e-4;

/* --- the law of alignment --- */

/* Fit all shells of headings, twice: the second time transitions are trusted by the first. */
static fcast_status fit_alignment(fcast_transitions *transitions, fcast_direction_law *law, fcast_scoring *scoring,
                                  fcast_error *err) {
  fcast_status status = fcast__direction_law_create(transitions->shells.n, 0, law, err);
  if (status == FCAST_OK) {
    status = fcast__direction_law_start(transitions, law, err);
  }
  for (int i = 0; status == FCAST_OK && i < 2; i++) {
    fcast__scoring_clear(scoring);
    fcast__trust_by(law, transitions);
    status = fcast__direction_law_fit(transitions, law, scoring, err);
  }
  return status;
}

/* How far headings matter: the outer edge of the last shell that does. */
static fcast_status look_far(const fcast_tracks_source *source, const fcast_density_options *box, double *reach,
                             fcast_error *err) {
  const double half_box = fmin(box->box_x, box->box_y) / 2.0;
  const fcast_transition_options options = {
      .shells = {COARSE_SHELLS, half_box / COARSE_SHELLS}, .most = COARSE_TRANSITIONS, .most_pairs = affordable_pairs};
  fcast_transitions transitions = {0};
  fcast_direction_law law = {0};
  fcast_scoring scoring = {0};
  size_t n_shells = 0;
  fcast_status status = fcast__transitions_collect(source, box, &options, &transitions, err);
  if (status == FCAST_OK) {
    status = fit_alignment(&transitions, &law, &scoring, err);
  }
  if (status == FCAST_OK) {
    status = fcast__choose_reach(&transitions, &law, &scoring, false, &n_shells, err);
  }
  *reach = (double)n_shells * options.shells.width;
  fcast__scoring_clear(&scoring);
  fcast__direction_law_clear(&law);
  fcast__transitions_clear(&transitions);
  return status;
}

/* --- sparsity --- */

/* Drop the shells whose interval holds zero, but for the first; true where there are any. */
static bool drop_idle(const fcast_law_intervals *found, fcast_direction_law *law) {
  bool is_changed = false;
  for (size_t k = 1; k < law->n_alignment; k++) {
    if (law->is_free[k] && found->lo[k] <= 0.0 && found->hi[k] >= 0.0) {
      law->is_free[k] = false;
      law->weight[k] = 0.0;
      is_changed = true;
    }
  }
  return is_changed;
}

/* Fit, resample and drop what does not matter, until all that is left does. */
static fcast_status fit_sparsely(const fcast_transitions *transitions, fcast_direction_law *law, fcast_scoring *scoring,
                                 fcast_law_intervals *found, fcast_error *err) {
  fcast_status status = FCAST_OK;
  bool is_changed = true;
  while (status == FCAST_OK && is_changed) {
    fcast__scoring_clear(scoring);
    status = fcast__direction_law_fit(transitions, law, scoring, err);
    if (status == FCAST_OK) {
      status = fcast__resample_law(law, scoring, fcast__mean_cosine(transitions, scoring), transitions->shells.width,
                                   found->lo, found->hi, &found->edge, err);
    }
    is_changed = status == FCAST_OK && drop_idle(found, law);
  }
  return status;
}

/* Choose the reach among the shells and fit what is left. */
static fcast_status fit_finely(fcast_transitions *transitions, fcast_direction_law *law, fcast_scoring *scoring,
                               fcast_law_intervals *found, fcast_error *err) {
  size_t n_shells = 0;
  fcast_status status = fit_alignment(transitions, law, scoring, err);
  if (status == FCAST_OK) {
    status = fcast__choose_reach(transitions, law, scoring, false, &n_shells, err);
  }
  for (size_t k = n_shells; status == FCAST_OK && k < law->n_alignment; k++) {
    law->is_free[k] = false;
    law->weight[k] = 0.0;
  }
  return status == FCAST_OK ? fit_sparsely(transitions, law, scoring, found, err) : status;
}

/* Cells of the grid of the state: those of the density, cut in equal parts until the edge of the kernel is as far as
 * this many of them, and no more than the limit. A kernel inside half a cell is the agent itself alone. */
enum { CELLS_TO_EDGE = 8, MOST_PARTS = 8, MOST_CELLS = 256 };

static void choose_grid(fcast_field_model *model) {
  const fcast_density_options *density = &model->density;
  const double cell = fmax(density->box_x / (double)density->nx, density->box_y / (double)density->ny);
  const int64_t largest = density->nx > density->ny ? density->nx : density->ny;
  int64_t parts = 1;
  while (parts < MOST_PARTS && model->edge.value > 0.5 * cell &&
         model->edge.value * (double)parts < CELLS_TO_EDGE * cell && (parts + 1) * largest <= MOST_CELLS) {
    parts++;
  }
  model->state_nx = density->nx * parts;
  model->state_ny = density->ny * parts;
  model->state_bandwidth =
      density->bandwidth / 2.0 * sqrt(density->box_x / (double)density->nx * density->box_y / (double)density->ny);
}

static fcast_status learn_finely(fcast_transitions *transitions, fcast_field_model *out, fcast_error *err) {
  fcast_direction_law law = {0};
  fcast_scoring scoring = {0};
  fcast_law_intervals found = {.lo = fcast_alloc_array(2 * FINE_SHELLS, sizeof(double))};
  fcast_status status = FCAST_OK;
  if (found.lo == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for %d shells", FINE_SHELLS);
  }
  found.hi = found.lo + FINE_SHELLS;
  status = fit_finely(transitions, &law, &scoring, &found, err);
  if (status == FCAST_OK) {
    status = fcast__fill_alignment(&law, &found, transitions->shells.width, out, err);
  }
  if (status == FCAST_OK) {
    status = fcast__fill_motion(transitions, &law, out, err);
  }
  fcast__scoring_clear(&scoring);
  fcast__direction_law_clear(&law);
  fcast_free(found.lo);
  return status;
}

/* Collect transitions with shells of this width, and learn from them; `n_alike` is fcast__count_alike. */
static fcast_status look_closely(const fcast_tracks_source *source, const fcast_density_options *density, double width,
                                 fcast_field_model *out, size_t *n_alike, fcast_error *err) {
  const fcast_transition_options options = {
      .shells = {FINE_SHELLS, width}, .most = FINE_TRANSITIONS, .most_pairs = affordable_pairs};
  fcast_transitions transitions = {0};
  *out = (fcast_field_model){.density = *density};
  fcast_status status = fcast__transitions_collect(source, density, &options, &transitions, err);
  if (status == FCAST_OK) {
    out->interval = transitions.interval;
    out->n_runs = transitions.n_runs;
    out->n_transitions = transitions.n_total;
    *n_alike = fcast__count_alike(&transitions);
    status = learn_finely(&transitions, out, err);
  }
  fcast__transitions_clear(&transitions);
  return status;
}

/* Look again with shells of which one ends at the edge: neighbours in the part of a shell that is beyond it pass for
 * noise. Kept where agents go where it says rather than where the first look does. */
static fcast_status look_again(const fcast_tracks_source *source, double edge, double width, fcast_field_model *out,
                               fcast_error *err) {
  fcast_field_model again = {0};
  size_t n_alike = 0;
  fcast_status status =
      look_closely(source, &out->density, edge / fmax(round(edge / width), 1.0), &again, &n_alike, err);
  if (status == FCAST_OK && again.order.value > out->order.value) {
    fcast_field_model_clear(out);
    *out = again;
  } else {
    fcast_field_model_clear(&again);
  }
  return status;
}

/* How far the edge is from the end of a shell, as a part of it. */
static double misfit(double edge, double width) {
  return fabs(edge / (fmax(round(edge / width), 1.0) * width) - 1.0);
}

/* The law of alignment. Its edge is that of the disk, or the sharp one where the kernel has one: then runs agree on it
 * to a small part of a shell, of which two are searched. */
static fcast_status learn_law(const fcast_tracks_source *source, const fcast_density_options *density, double width,
                              fcast_field_model *out, fcast_error *err) {
  fcast_part part = {&source->listener, 0.0, 0.4};
  fcast_tracks_source told = *source;
  fcast_estimate sharp = {NAN, NAN, NAN};
  size_t n_alike = 0;
  told.listener = fcast__listen_to(&part);
  fcast_status status = look_closely(&told, density, width, out, &n_alike, err);
  if (status == FCAST_OK) {
    part = (fcast_part){&source->listener, 0.4, 0.6};
    status = fcast__find_sharp_edge(&told, density, width, n_alike, &sharp, err);
  }
  if (status == FCAST_OK && misfit(sharp.value, width) > largest_misfit) {
    part = (fcast_part){&source->listener, 0.6, 1.0};
    status = look_again(&told, sharp.value, width, out, err);
  }
  if (status == FCAST_OK && sharp.hi - sharp.lo < 0.5 * width) {
    out->edge = sharp;
  }
  return status;
}

fcast_status fcast_field_learn(const fcast_tracks_source *source, const fcast_density_options *density,
                               fcast_field_model *out, fcast_error *err) {
  const double half_box = fmin(density->box_x, density->box_y) / 2.0;
  double reach = 0.0;
  *out = (fcast_field_model){.density = *density};
  fcast_part part = {&source->listener, 0.0, 0.2}; /* six times through the runs at most */
  fcast_tracks_source told = *source;
  told.listener = fcast__listen_to(&part);
  fcast_status status = look_far(&told, density, &reach, err);
  if (status == FCAST_OK) {
    part.from = 0.2;
    part.to = 0.6;
    status = learn_law(&told, density, fmin(margin * reach, half_box) / FINE_SHELLS, out, err);
  }
  if (status == FCAST_OK) {
    part.from = 0.6;
    part.to = 0.8;
    status = fcast__learn_steering(&told, out, err);
  }
  if (status == FCAST_OK && out->force_kind == FCAST_FIELD_NO_FORCE) {
    part.from = 0.8;
    part.to = 1.0;
    status = fcast__learn_driving(&told, out, err);
  }
  if (status == FCAST_OK) {
    choose_grid(out);
    status = fcast_field_model_check(out, err);
  }
  if (status != FCAST_OK) {
    fcast_field_model_clear(out);
  }
  return status;
}
