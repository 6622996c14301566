/* SPDX-License-Identifier: MIT */
#include "cli/learn_field.h"

#include "io/file.h"
#include "io/run_settings.h"

#include "flockcast/interaction.h"

#include <stdio.h>

/* The tracks of a training set, in a box. */
typedef struct set_tracks {
  const fcast_training_set *set;
  const fcast_density_options *box;
} set_tracks;

static fcast_status read_tracks(void *context, size_t i_run, fcast_tracks *out, fcast_error *err) {
  const set_tracks *tracks = context;
  char *directory = fcast_format("%s/%s", tracks->set->directory, tracks->set->runs.names[i_run]);
  const fcast_status status =
      directory == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", tracks->set->directory)
          : fcast_run_read_tracks(directory, tracks->box->box_x, tracks->box->box_y, tracks->box->boundary, out, err);
  fcast_free(directory);
  return status;
}

/* Box and density of the runs, as the first has them; the others agree with it where they say anything. */
static fcast_status find_box(const fcast_training_set *set, fcast_density_options *out, fcast_error *err) {
  char *directory = fcast_format("%s/%s", set->directory, set->runs.names[0]);
  fcast_status status = directory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory)
                                          : fcast_run_density_options(directory, &set->facts[0], out, err);
  if (status == FCAST_OK && ((size_t)out->nx != set->nx || (size_t)out->ny != set->ny)) {
    status = fcast_fail(err, FCAST_E_SHAPE, "%s/metadata.json: found %lld x %lld cells, expected %zu x %zu", directory,
                        (long long)out->ny, (long long)out->nx, set->ny, set->nx);
  }
  fcast_free(directory);
  return status;
}

/* Failures that mean there is no field model, which is no error: a configuration that is not there, tracks that say
 * nothing, forecasts that run away. */
static bool is_no_model(fcast_status status, fcast_status of_box) {
  return of_box == FCAST_E_FORMAT || status == FCAST_E_MISSING || status == FCAST_E_SHAPE || status == FCAST_E_NUMERIC;
}

fcast_status fcast_learn_field(const fcast_training_set *set, size_t n_known, const double *mean,
                               fcast_field_model *out, bool *is_learned, char *reason, fcast_error *err) {
  fcast_density_options box = {0};
  fcast_error why = {FCAST_OK, ""};
  set_tracks tracks = {set, &box};
  const fcast_tracks_source source = {set->runs.n_runs, &tracks, read_tracks};
  *out = (fcast_field_model){0};
  const fcast_status of_box = find_box(set, &box, &why);
  fcast_status status = of_box;
  if (status == FCAST_OK) {
    status = fcast_field_learn(&source, &box, out, &why);
  }
  if (status == FCAST_OK) {
    status = fcast_field_choose_state(&source, n_known, mean, out, &why);
  }
  if (status == FCAST_OK) {
    status = fcast_field_measure_errors(&source, n_known, mean, out, &why);
  }
  *is_learned = status == FCAST_OK;
  if (*is_learned) {
    return FCAST_OK;
  }
  fcast_field_model_clear(out);
  if (is_no_model(status, of_box)) {
    (void)snprintf(reason, 256, "%s", why.text);
    return FCAST_OK;
  }
  return fcast_fail(err, status, "%s", why.text);
}

/* The learned law in the notation of docs/field-model.md. */
static void print_equation(const fcast_field_model *model) {
  static const char *const directions[] = {"K*P/|K*P|", "normalised (K*P/|K*P| + mu F/|F|)", "K*P/|K*P|"};
  (void)fprintf(stderr, "%-22s rho_t + div(c s d rho) = 0, d = %s, K(r) = 1 to r = %.4g, c = %.4g, s = ", "",
                directions[model->force_kind], model->edge.value, model->order.value);
  if (model->force_kind == FCAST_FIELD_DRIVING) {
    (void)fprintf(stderr, "|v + f*rho|\n");
  } else {
    (void)fprintf(stderr, "%.4g", model->speed.value);
    if (model->force_kind == FCAST_FIELD_STEERING) {
      (void)fprintf(stderr, ", mu = %.3g", model->steering.value);
    }
    (void)fprintf(stderr, "\n");
  }
}

void fcast_report_field(const fcast_field_model *model, double seconds) {
  size_t best = 0;
  while (best + 1 < model->n_tried && model->tried_bandwidth[best] != model->state_bandwidth) {
    best++;
  }
  (void)fprintf(
      stderr, "%-22s neighbours to %.4g (95 %%: %.4g to %.4g), speed %.6g (%.6g to %.6g), order %.5f (%.5f to %.5f)\n",
      "learn the field model", model->edge.value, model->edge.lo, model->edge.hi, model->speed.value, model->speed.lo,
      model->speed.hi, model->order.value, model->order.lo, model->order.hi);
  print_equation(model);
  (void)fprintf(stderr, "%-22s from %zu transitions; state %.3g wide: r2 %.3f +- %.3f on training runs, in %.2f s\n",
                "", model->n_transitions, model->state_bandwidth, model->tried_r2[best],
                model->tried_standard_error[best], seconds);
}
