/* SPDX-License-Identifier: MIT */
#include "cli/learn_field.h"

#include "cli/progress.h"

#include "io/file.h"
#include "io/run_settings.h"

#include "flockcast/interaction.h"

#include <math.h>
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
  fcast_progress_add(tracks->set->progress, 1);
  return status;
}

/* Largest relative difference of a density that is said to be made with a bandwidth, in the 2 norm: float32 files lie
 * far below, another bandwidth far above. */
static const double same_density = 1e-3;

/* Whether the density of the tracks by some options is the one in the files of a run. */
static fcast_status check_density(const char *directory, const fcast_density_options *options,
                                  const fcast_fields *found, fcast_error *err) {
  fcast_tracks tracks = {0};
  fcast_fields made = {0};
  fcast_status status =
      fcast_run_read_tracks(directory, options->box_x, options->box_y, options->boundary, &tracks, err);
  if (status == FCAST_OK) {
    status = fcast_density_estimate(&tracks, options, &made, err);
  }
  const size_t n = fcast_fields_n_space(found) * found->n_frames;
  double difference = 0.0;
  double square = 0.0;
  for (size_t i = 0; status == FCAST_OK && made.n_frames == found->n_frames && i < n; i++) {
    difference += (made.rho[i] - found->rho[i]) * (made.rho[i] - found->rho[i]);
    square += found->rho[i] * found->rho[i];
  }
  if (status == FCAST_OK && !(made.n_frames == found->n_frames && sqrt(difference) <= same_density * sqrt(square))) {
    status = fcast_fail(err, FCAST_E_SHAPE,
                        "%s: density.npz is not what density.bandwidth %g makes of traj.npz, and metadata.json says "
                        "nothing of it",
                        directory, options->bandwidth);
  }
  fcast_fields_clear(&made);
  fcast_tracks_clear(&tracks);
  return status;
}

/* Of runs of older scripts, which say nothing of it: the box by the edges of the cells, the bandwidth as configured, if
 * it is the one that the density was made with. */
static fcast_status find_older_box(const fcast_training_set *set, const char *directory, double bandwidth,
                                   fcast_density_options *out, fcast_error *err) {
  fcast_fields fields = {0};
  fcast_status status = fcast_run_read_density(directory, &fields, err);
  if (status == FCAST_OK) {
    *out = (fcast_density_options){.nx = (int64_t)fields.nx,
                                   .ny = (int64_t)fields.ny,
                                   .bandwidth = bandwidth,
                                   .box_x = fields.x_edges[fields.nx] - fields.x_edges[0],
                                   .box_y = fields.y_edges[fields.ny] - fields.y_edges[0],
                                   .boundary = set->facts[0].boundary};
    status = check_density(directory, out, &fields, err);
  }
  fcast_fields_clear(&fields);
  return status;
}

/* Box and density of the runs, as the first has them; the others agree with it where they say anything. */
static fcast_status find_box(const fcast_training_set *set, double bandwidth, fcast_density_options *out,
                             fcast_error *err) {
  char *directory = fcast_format("%s/%s", set->directory, set->runs.names[0]);
  fcast_status status = directory == NULL ? fcast_fail(err, FCAST_E_NOMEM, "%s: out of memory", set->directory)
                                          : fcast_run_density_options(directory, &set->facts[0], out, err);
  if (status == FCAST_E_FORMAT && set->facts[0].has_density) {
    status = find_older_box(set, directory, bandwidth, out, err);
  }
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

/* The laws of motion that are learned are of agents that stay. */
static bool comes_and_goes(const fcast_training_set *set) {
  bool answer = false;
  for (size_t i = 0; i < set->runs.n_runs; i++) {
    answer = answer || set->facts[i].comes_and_goes;
  }
  return answer;
}

enum { FIELD_JUDGED = 20 }; /* as interaction.h says */

/* Law, state and errors, each of which reads tracks of its own. */
static fcast_status learn(fcast_training_set *set, const fcast_tracks_source *source, const fcast_density_options *box,
                          size_t n_known, const double *mean, fcast_field_model *out, fcast_error *err) {
  const size_t n_judged = source->n_runs < FIELD_JUDGED ? source->n_runs : FIELD_JUDGED;
  fcast_progress progress;
  fcast_tracks_source told = *source;
  told.listener = (fcast_listener){fcast_progress_share, &progress};
  fcast_progress_begin(&progress, "learn the law", "tracks of training runs", 0);
  set->progress = NULL;
  fcast_status status = fcast_field_learn(&told, box, out, err);
  fcast_progress_end(&progress, false);
  set->progress = &progress;
  if (status == FCAST_OK) {
    fcast_progress_begin(&progress, "choose its state", "forecasts", n_judged);
    status = fcast_field_choose_state(source, n_known, mean, out, err);
    fcast_progress_end(&progress, false);
  }
  if (status == FCAST_OK) {
    fcast_progress_begin(&progress, "measure its errors", "forecasts", n_judged + 1); /* the first is read twice */
    status = fcast_field_measure_errors(source, n_known, mean, out, err);
    fcast_progress_end(&progress, false);
  }
  set->progress = NULL;
  return status;
}

fcast_status fcast_learn_field(fcast_training_set *set, double bandwidth, size_t n_known, const double *mean,
                               fcast_field_model *out, bool *is_learned, char *reason, fcast_error *err) {
  fcast_density_options box = {0};
  fcast_error why = {FCAST_OK, ""};
  set_tracks tracks = {set, &box};
  const fcast_tracks_source source = {.n_runs = set->runs.n_runs, .context = &tracks, .read = read_tracks};
  *out = (fcast_field_model){0};
  *is_learned = false;
  if (comes_and_goes(set)) {
    (void)snprintf(reason, 256, "agents come and go, and it is one of agents that stay");
    return FCAST_OK;
  }
  const fcast_status of_box = find_box(set, bandwidth, &box, &why);
  fcast_status status = of_box;
  if (status == FCAST_OK) {
    status = learn(set, &source, &box, n_known, mean, out, &why);
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
  char speed[64] = "|v + f*rho|";
  if (model->force_kind == FCAST_FIELD_STEERING) {
    (void)snprintf(speed, sizeof speed, "%.4g, mu = %.3g", model->speed.value, model->steering.value);
  } else if (model->force_kind == FCAST_FIELD_NO_FORCE) {
    (void)snprintf(speed, sizeof speed, "%.4g", model->speed.value);
  }
  fcast_say("", "rho_t + div(c s d rho) = 0, d = %s, K(r) = 1 to r = %.4g, c = %.4g, s = %s",
            directions[model->force_kind], model->edge.value, model->order.value, speed);
}

static void print_estimates(const fcast_field_model *model) {
  if (!fcast_field_has_neighbours(model)) {
    fcast_say("learn the field model",
              "speed %.6g, order %.5f; these tracks tell of no neighbour beyond %.4g: where all are aligned anyway, "
              "they cannot",
              model->speed.value, model->order.value, model->edge.value);
  } else if (isfinite(model->edge.lo)) {
    fcast_say("learn the field model",
              "neighbours to %.6g (95 %%: %.6g to %.6g), speed %.6g (%.6g to %.6g), order %.5f (%.5f to %.5f)",
              model->edge.value, model->edge.lo, model->edge.hi, model->speed.value, model->speed.lo, model->speed.hi,
              model->order.value, model->order.lo, model->order.hi);
  } else {
    fcast_say("learn the field model", "neighbours to %.6g, speed %.6g, order %.5f; too few runs for intervals",
              model->edge.value, model->speed.value, model->order.value);
  }
}

void fcast_report_field(const fcast_field_model *model, double seconds) {
  size_t best = 0;
  while (best + 1 < model->n_tried && model->tried_bandwidth[best] != model->state_bandwidth) {
    best++;
  }
  print_estimates(model);
  print_equation(model);
  char error[32] = "";
  if (isfinite(model->tried_standard_error[best])) {
    (void)snprintf(error, sizeof error, " +- %.3f", model->tried_standard_error[best]);
  }
  fcast_say("", "from %zu transitions; state %.3g wide: r2 %.3f%s on training runs, in %.2f s", model->n_transitions,
            model->state_bandwidth, model->tried_r2[best], error, seconds);
}
