/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { N_TYPES = 2 };

static double or_default(double value, double otherwise) {
  return value != 0.0 ? value : otherwise;
}

static double *alloc_doubles(size_t n) {
  double *values = fcast_alloc_array(n, sizeof *values);
  assert_non_null(values);
  return values;
}

/* A bump that moves to the right, and a forecast of it that is off by a wave. */
static void fill_fields(figure_ensemble *e, size_t i, const figure_recipe *r, size_t n_known) {
  fcast_fields *truth = &e->truth[i];
  const double scale = r->density < 0.0 ? 0.0 : or_default(r->density, 1.0);
  for (size_t k = 0; k <= truth->nx; k++) {
    truth->x_edges[k] = or_default(r->box_x, 12.0) * (double)k / (double)truth->nx;
  }
  for (size_t k = 0; k <= truth->ny; k++) {
    truth->y_edges[k] = or_default(r->box_y, 9.0) * (double)k / (double)truth->ny;
  }
  const size_t n_space = fcast_fields_n_space(truth);
  for (size_t frame = 0; frame < truth->n_frames; frame++) {
    truth->times[frame] = or_default(r->period, 0.1) * (double)frame;
    for (size_t cell = 0; cell < n_space; cell++) {
      const double x = (double)(cell % truth->nx) / (double)truth->nx - 0.3 - 0.02 * (double)frame;
      const double y = (double)(cell / truth->nx) / (double)truth->ny - 0.6;
      const double rho = scale * exp(-20.0 * (x * x + y * y));
      truth->rho[frame * n_space + cell] = rho;
      if (frame >= n_known) {
        const double wave = sin(9.0 * x + (double)i) * cos(7.0 * y) * e->scores[i].e2[frame - n_known];
        e->prediction[i][(frame - n_known) * n_space + cell] = rho + wave * or_default(scale, 1.0);
      }
    }
  }
}

static void fill_scores(figure_ensemble *e, size_t i, const figure_recipe *r, size_t n_known, size_t n_forecast) {
  fcast_scores *s = &e->scores[i];
  *s = (fcast_scores){.n_known = n_known, .n_forecast = n_forecast, .tau_tol = n_forecast / 2};
  s->e1 = alloc_doubles(n_forecast);
  s->e2 = alloc_doubles(n_forecast);
  s->einf = alloc_doubles(n_forecast);
  s->e2_persistence = alloc_doubles(n_forecast);
  s->r2_lead = alloc_doubles(n_forecast);
  s->r2_lead_persistence = alloc_doubles(n_forecast);
  s->r2_lead_pod = alloc_doubles(n_forecast);
  for (size_t k = 0; k < n_forecast; k++) {
    const double growth = pow(or_default(r->growth, 1.0), (double)k);
    s->e2[k] = or_default(r->error, 0.2) * growth * (1.0 + 0.1 * (double)i + 0.05 * (double)k);
    s->e1[k] = 1.4 * s->e2[k];
    s->einf[k] = 0.8 * s->e2[k];
    s->e2_persistence[k] = 0.1 + 0.06 * (double)k;
    s->r2_lead[k] = 1.0 - s->e2[k] * s->e2[k];
    s->r2_lead_persistence[k] = 1.0 - s->e2_persistence[k];
    s->r2_lead_pod[k] = 0.95;
  }
  s->median_e2 = s->e2[n_forecast / 2];
  s->r2 = 1.0 - s->e2[n_forecast - 1] * s->e2[n_forecast - 1];
  s->r2_persistence = 0.4 - 0.05 * (double)i;
  s->r2_pod = 0.95;
}

static void fill_order(figure_ensemble *e, size_t i, const figure_recipe *r, size_t n_frames) {
  fcast_order_params *o = &e->order[i];
  *o = (fcast_order_params){.n_frames = n_frames, .times = e->truth[i].times};
  if (r->without_order) {
    return;
  }
  o->polarization = alloc_doubles(n_frames);
  o->mean_speed = alloc_doubles(n_frames);
  for (size_t k = 0; k < n_frames; k++) {
    o->polarization[k] = 1.0 - exp(-0.2 * (double)(k + i));
    o->mean_speed[k] = 1.0;
  }
}

void figure_ensemble_make(figure_ensemble *e, const figure_recipe *r) {
  static const char *const types[N_TYPES] = {"ring", "two_clusters"};
  const size_t nx = r->nx != 0 ? r->nx : 16, ny = r->ny != 0 ? r->ny : 12;
  const size_t n_frames = r->n_frames != 0 ? r->n_frames : 9, n_known = r->n_known != 0 ? r->n_known : 3;
  *e = (figure_ensemble){.n_runs = r->n_runs != 0 ? r->n_runs : 3};
  for (size_t i = 0; i < e->n_runs; i++) {
    assert_int_equal(fcast_fields_alloc(n_frames, ny, nx, &e->truth[i], NULL), FCAST_OK);
    e->prediction[i] = alloc_doubles((n_frames - n_known) * nx * ny);
    fill_scores(e, i, r, n_known, n_frames - n_known);
    fill_fields(e, i, r, n_known);
    fill_order(e, i, r, n_frames);
    e->views[i] = (fcast_run_view){.run_name = r->run_name != NULL ? r->run_name : "test_000",
                                   .ic_type = types[i % N_TYPES],
                                   .truth = &e->truth[i],
                                   .prediction = e->prediction[i],
                                   .scores = &e->scores[i],
                                   .order = &e->order[i]};
  }
}

void figure_ensemble_clear(figure_ensemble *e) {
  for (size_t i = 0; i < e->n_runs; i++) {
    fcast_fields_clear(&e->truth[i]);
    fcast_free(e->prediction[i]);
    fcast_free(e->scores[i].e1);
    fcast_free(e->scores[i].e2);
    fcast_free(e->scores[i].einf);
    fcast_free(e->scores[i].e2_persistence);
    fcast_free(e->scores[i].r2_lead);
    fcast_free(e->scores[i].r2_lead_persistence);
    fcast_free(e->scores[i].r2_lead_pod);
    fcast_free(e->order[i].polarization);
    fcast_free(e->order[i].mean_speed);
  }
}

void figure_pod_make(fcast_pod *pod, size_t n_space, size_t n_modes) {
  *pod = (fcast_pod){.n_space = n_space, .n_modes = n_modes, .energy = 0.996, .target_energy = 0.995};
  pod->modes = alloc_doubles(n_space * n_modes);
  pod->singular_values = alloc_doubles(n_modes);
  pod->mean = alloc_doubles(n_space);
  for (size_t cell = 0; cell < n_space; cell++) {
    pod->mean[cell] = 1.0 + sin((double)cell);
    for (size_t k = 0; k < n_modes; k++) {
      pod->modes[cell * n_modes + k] = sin(0.05 * (double)(cell * (k + 1)));
    }
  }
  for (size_t k = 0; k < n_modes; k++) {
    pod->singular_values[k] = 300.0 * exp(-0.1 * (double)k);
  }
}

void figure_pod_clear(fcast_pod *pod) {
  fcast_free(pod->modes);
  fcast_free(pod->singular_values);
  fcast_free(pod->mean);
}

static char folder[] = "/tmp/fcast_figures_XXXXXX";

int figure_folder_make(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

int figure_folder_remove(void **state) {
  (void)state;
  return rmdir(folder);
}

const char *figure_path(const char *name, fcast_figure_format format, char *path, size_t size) {
  static const char *const suffixes[FCAST_N_FIGURE_FORMATS] = {"png", "pdf", "svg", "csv"};
  (void)snprintf(path, size, "%s/%s.%s", folder, name, suffixes[format]);
  return path;
}

fcast_field_model figure_field_make(double *numbers, double value) {
  for (size_t i = 0; i < 6; i++) {
    numbers[i] = i < 2 ? value : i < 4 ? 0.9 * value : 1.1 * value;
  }
  const fcast_radial radial = {.n_shells = 2, .width = 0.5, .value = numbers, .lo = numbers + 2, .hi = numbers + 4};
  return (fcast_field_model){.alignment = radial,
                             .force_kind = FCAST_FIELD_STEERING,
                             .force = radial,
                             .edge = {1.0, 0.9, 1.1},
                             .speed = {1.0, 1.0, 1.0},
                             .order = {0.9, 0.8, 1.0}};
}
