/* SPDX-License-Identifier: MIT
 *
 * Figures and films, each drawn by one thread.
 */
#include "ensemble.h"
#include "harness.h"

#include "flockcast/render.h"

#include <stdio.h>

enum { FILM_FRAMES = 200, FILM_TRAINING_RUNS = 20 };

/* A forecast run and what belongs to it. */
typedef struct picture {
  char directory[1000];
  bench_models models;
  fcast_tracks tracks;
  fcast_fields truth;
  double *prediction;
  fcast_scores scores;
  fcast_order_params order;
  fcast_run_view view;
} picture;

static void picture_clear(picture *p) {
  bench_models_clear(&p->models);
  fcast_tracks_clear(&p->tracks);
  fcast_fields_clear(&p->truth);
  fcast_free(p->prediction);
  fcast_scores_clear(&p->scores);
  fcast_order_params_clear(&p->order);
}

/* A small model: what is drawn costs the same however good the forecast is. */
static fcast_status learn(picture *p, fcast_simulate_options *simulate, fcast_density_options *density,
                          fcast_error *err) {
  bench_ensemble training;
  fcast_status status =
      bench_ensemble_create(FILM_TRAINING_RUNS, BENCH_CELLS, BENCH_STEPS, BENCH_TRAINING_SEED, &training, err);
  if (status == FCAST_OK) {
    *simulate = training.simulate;
    *density = training.density;
    status = bench_models_fit(&training, 0.7, &p->models, err);
  }
  bench_ensemble_clear(&training);
  return status;
}

static fcast_status forecast(picture *p, fcast_error *err) {
  const size_t lag = p->models.mvar.lag;
  const size_t n_space = p->models.pod.n_space;
  double *projection = fcast_alloc_unfilled(FILM_FRAMES - lag, n_space * sizeof *projection);
  p->prediction = fcast_alloc_unfilled(FILM_FRAMES - lag, n_space * sizeof *p->prediction);
  fcast_status status = p->prediction == NULL || projection == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a forecast")
                            : fcast_forecast_densities(&p->models.pod, &p->models.mvar, p->truth.rho, 1, FILM_FRAMES,
                                                       p->prediction, projection, err);
  if (status == FCAST_OK) {
    status = fcast_scores_compute(p->models.pod.mean, n_space, p->truth.rho, FILM_FRAMES, lag, p->prediction,
                                  projection, &p->scores, err);
  }
  fcast_free(projection);
  return status;
}

static fcast_status picture_create(picture *p, fcast_error *err) {
  fcast_simulate_options simulate;
  fcast_density_options density;
  fcast_status status = learn(p, &simulate, &density, err);
  if (status == FCAST_OK) {
    simulate.total_time = simulate.dt * (FILM_FRAMES - 1);
    status = fcast_simulate(&simulate, FCAST_IC_RING, BENCH_TEST_SEED, &p->tracks, err);
  }
  if (status == FCAST_OK) {
    status = fcast_density_estimate(&p->tracks, &density, &p->truth, err);
  }
  if (status == FCAST_OK) {
    status = fcast_order_params_compute(&p->tracks, simulate.box_x, simulate.box_y, simulate.boundary, &p->order, err);
  }
  if (status == FCAST_OK) {
    status = forecast(p, err);
  }
  p->view = (fcast_run_view){.run_name = "test_000",
                             .ic_type = "ring",
                             .truth = &p->truth,
                             .prediction = p->prediction,
                             .scores = &p->scores,
                             .tracks = &p->tracks,
                             .order = &p->order};
  return status;
}

static const char *path_of(const picture *p, const char *name, char path[1024]) {
  (void)snprintf(path, 1024, "%s/%s", p->directory, name);
  return path;
}

static fcast_status figure_energy(void *context, fcast_error *err) {
  const picture *p = context;
  char path[1024];
  return fcast_figure_pod_energy(path_of(p, "energy.png", path), FCAST_FIGURE_PNG, &p->models.pod, err);
}

static fcast_status figure_order(void *context, fcast_error *err) {
  const picture *p = context;
  char path[1024];
  return fcast_figure_order_parameters(path_of(p, "order.png", path), FCAST_FIGURE_PNG, &p->view, &p->view, 1, err);
}

static fcast_status film_density(void *context, fcast_error *err) {
  const picture *p = context;
  char path[1024];
  return fcast_film_density(path_of(p, "density.mp4", path), &p->view, err);
}

static fcast_status film_tracks(void *context, fcast_error *err) {
  const picture *p = context;
  char path[1024];
  return fcast_film_tracks(path_of(p, "tracks.mp4", path), &p->view, err);
}

fcast_status bench_render(const bench_plan *plan, fcast_error *err) {
  static const struct {
    const char *problem, *parameters, *unit;
    bench_function function;
    double amount;
  } cases[] = {{"figure_pod_energy", "PNG 150 dpi", "ms", figure_energy, 1e3},
               {"figure_order", "PNG 150 dpi 200 frames", "ms", figure_order, 1e3},
               {"film_density", "200 frames 64x64", "ms/frame", film_density, 1e3 / FILM_FRAMES},
               {"film_tracks", "200 frames N=40", "ms/frame", film_tracks, 1e3 / FILM_FRAMES}};
  picture p = {0};
  (void)snprintf(p.directory, sizeof p.directory, "%s", plan->directory);
  fcast_status status = picture_create(&p, err);
  for (size_t i = 0; status == FCAST_OK && i < sizeof cases / sizeof cases[0]; i++) {
    bench_case measured = {.problem = cases[i].problem,
                           .tool = "flockcast",
                           .unit = cases[i].unit,
                           .n_threads = 1,
                           .amount = cases[i].amount};
    (void)snprintf(measured.parameters, sizeof measured.parameters, "%s", cases[i].parameters);
    status = bench_measure(plan, &measured, cases[i].function, &p, err);
  }
  picture_clear(&p);
  return status;
}
