/* SPDX-License-Identifier: MIT
 *
 * What figures are drawn of in tests: made-up ensembles with their forecasts, a POD, and a folder for the files.
 */
#ifndef FLOCKCAST_TESTS_FIGURES_H
#define FLOCKCAST_TESTS_FIGURES_H

#include "check.h"

#include "flockcast/render.h"

/* What a made-up ensemble is like; zero means the default beside it. */
typedef struct figure_recipe {
  size_t nx, ny;        /* 16, 12 */
  size_t n_frames;      /* 9 */
  size_t n_known;       /* 3 */
  size_t n_runs;        /* 3 */
  double box_x, box_y;  /* 12, 9 */
  double density;       /* 1: scale of the truth; negative: zero density */
  double error;         /* 0.2: scale of the errors */
  double growth;        /* 1: factor of the errors from frame to frame */
  double period;        /* 0.1: time between frames */
  const char *run_name; /* "test_000" */
  bool without_order;
} figure_recipe;

enum { FIGURE_MAX_RUNS = 8 };

/* Owner: the caller, figure_ensemble_clear. */
typedef struct figure_ensemble {
  size_t n_runs;
  fcast_fields truth[FIGURE_MAX_RUNS];
  double *prediction[FIGURE_MAX_RUNS];
  fcast_scores scores[FIGURE_MAX_RUNS];
  fcast_order_params order[FIGURE_MAX_RUNS];
  fcast_run_view views[FIGURE_MAX_RUNS];
} figure_ensemble;

void figure_ensemble_make(figure_ensemble *e, const figure_recipe *r);
void figure_ensemble_clear(figure_ensemble *e);

/* Modes that are waves, of values that fall off. Owner: the caller, figure_pod_clear. */
void figure_pod_make(fcast_pod *pod, size_t n_space, size_t n_modes);
void figure_pod_clear(fcast_pod *pod);

/* What a field model of two shells may have learned. */
fcast_field_model figure_field_make(double *numbers, double value);

/* Fixtures of a group: a folder, which has to be empty at the end: a drawing leaves no other file than its own. */
int figure_folder_make(void **state);
int figure_folder_remove(void **state);

/* "FOLDER/NAME.png" or whatever the format is called, in a buffer of the caller. */
const char *figure_path(const char *name, fcast_figure_format format, char *path, size_t size);

#endif
