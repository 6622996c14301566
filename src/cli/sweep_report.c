/* SPDX-License-Identifier: MIT */
#include "cli/sweep.h"

#include "base/text.h"
#include "cli/csv.h"
#include "cli/evaluation.h"
#include "cli/json_report.h"
#include "cli/progress.h"
#include "io/file.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

/* --- forecasts --- */

static const char *const model_keys[FCAST_N_MODELS] = {"specified", "chosen", "field"};

static fcast_measured estimate_r2(const fcast_evaluation *evaluation, fcast_model_kind model) {
  const double mean = fcast_evaluation_mean(evaluation, model, offsetof(fcast_scores, r2), NULL);
  const double n = (double)evaluation->n_runs;
  double squares = 0.0;
  for (size_t i = 0; i < evaluation->n_runs; i++) {
    const double deviation = evaluation->runs[i].scores[model].r2 - mean;
    squares += deviation * deviation;
  }
  return (fcast_measured){mean, n > 1.0 ? sqrt(squares / (n * (n - 1.0))) : (double)NAN};
}

static fcast_status score_point(const fcast_sweep *sweep, size_t point, fcast_sweep_results *out, fcast_error *err) {
  fcast_evaluation evaluation = {0};
  char *directory = fcast_sweep_directory(sweep, point);
  const fcast_status status =
      directory == NULL
          ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a path")
          : fcast_evaluation_create(directory, (size_t)sweep->configs[point].ensemble.m_test, &evaluation, err);
  if (status == FCAST_OK) {
    const fcast_model_kind model = evaluation.shown;
    out->model[point] = model;
    out->r2[point] = estimate_r2(&evaluation, model);
    out->r2_persistence[point] =
        fcast_evaluation_mean(&evaluation, model, offsetof(fcast_scores, r2_persistence), NULL);
    out->r2_pod[point] = fcast_evaluation_mean(&evaluation, model, offsetof(fcast_scores, r2_pod), NULL);
  }
  fcast_evaluation_clear(&evaluation);
  fcast_free(directory);
  return status;
}

fcast_status fcast_sweep_score(const fcast_sweep *sweep, fcast_sweep_results *out, fcast_error *err) {
  const size_t n_points = sweep->grid.n_points;
  out->r2 = fcast_alloc_array(n_points, sizeof *out->r2);
  out->r2_persistence = fcast_alloc_array(n_points, sizeof *out->r2_persistence);
  out->r2_pod = fcast_alloc_array(n_points, sizeof *out->r2_pod);
  out->model = fcast_alloc_array(n_points, sizeof *out->model);
  fcast_status status = out->r2 == NULL || out->r2_persistence == NULL || out->r2_pod == NULL || out->model == NULL
                            ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for %zu points", n_points)
                            : FCAST_OK;
  for (size_t point = 0; status == FCAST_OK && point < n_points; point++) {
    status = score_point(sweep, point, out, err);
  }
  return status;
}

/* --- the table --- */

static void print_head(FILE *stream, const fcast_sweep *sweep) {
  (void)fprintf(stream, "point");
  for (size_t a = 0; a < sweep->grid.n_axes; a++) {
    for (size_t k = 0; k < sweep->grid.axes[a].n_keys; k++) {
      (void)fprintf(stream, ",%s", sweep->grid.axes[a].keys[k]);
    }
  }
  (void)fprintf(stream,
                ",n_agents,n_runs,n_frames,polarization,polarization_se,variance,variance_se,susceptibility,"
                "susceptibility_se,binder,binder_se,drift,drift_se%s\n",
                sweep->with_forecast ? ",r2,r2_se,r2_persistence,r2_pod,model" : "");
}

/* A value of a list, as [ring, uniform], holds a comma. */
static void print_value(FILE *stream, const char *value) {
  const bool is_list = value[0] == '[';
  (void)fprintf(stream, is_list ? ",\"%s\"" : ",%s", value);
}

static void print_estimate(FILE *stream, fcast_measured estimate) {
  fcast_csv_number(stream, estimate.value);
  fcast_csv_number(stream, estimate.error);
}

static void print_point(FILE *stream, const fcast_sweep *sweep, const fcast_sweep_results *results, size_t point) {
  const fcast_phase *phase = &results->phases[point];
  (void)fprintf(stream, "%zu", point);
  for (size_t a = 0; a < sweep->grid.n_axes; a++) {
    const fcast_grid_axis *axis = &sweep->grid.axes[a];
    for (size_t k = 0; k < axis->n_keys; k++) {
      print_value(stream, axis->values[fcast_grid_value(&sweep->grid, point, a) * axis->n_keys + k]);
    }
  }
  (void)fprintf(stream, ",%lld,%lld,%zu", (long long)sweep->configs[point].simulate.n_agents, (long long)sweep->n_runs,
                results->n_frames[point]);
  print_estimate(stream, phase->mean);
  print_estimate(stream, phase->variance);
  print_estimate(stream, phase->susceptibility);
  print_estimate(stream, phase->binder);
  print_estimate(stream, phase->drift);
  if (sweep->with_forecast) {
    print_estimate(stream, results->r2[point]);
    fcast_csv_number(stream, results->r2_persistence[point]);
    fcast_csv_number(stream, results->r2_pod[point]);
    (void)fprintf(stream, ",%s", model_keys[results->model[point]]);
  }
  (void)fprintf(stream, "\n");
}

static fcast_status write_table(const fcast_sweep *sweep, const fcast_sweep_results *results, fcast_error *err) {
  char *path = fcast_format("%s/sweep.csv", sweep->output_dir);
  fcast_csv csv;
  fcast_status status =
      path == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory for a path") : fcast_csv_begin(&csv, path, err);
  if (status == FCAST_OK) {
    print_head(csv.stream, sweep);
    for (size_t point = 0; point < sweep->grid.n_points; point++) {
      print_point(csv.stream, sweep, results, point);
    }
    status = fcast_csv_finish(&csv, path, FCAST_OK, err);
  }
  fcast_free(path);
  return status;
}

/* --- the picture --- */

#ifdef FCAST_WITH_RENDER
/* The first axis along x, by its first key; a line for every combination of the others. */
typedef struct picture {
  fcast_phase_diagram diagram;
  double *x;
  const char **x_names;
  fcast_phase *phases;
  fcast_measured *r2;
  char (*names)[FCAST_GRID_NAME];
  const char **name_of;
  char subtitle[160];
} picture;

static fcast_status picture_create(const fcast_sweep *sweep, const fcast_sweep_results *results, picture *out,
                                   fcast_error *err) {
  const fcast_grid_axis *axis = &sweep->grid.axes[0];
  const size_t n_x = axis->n_values;
  const size_t n_lines = sweep->grid.n_points / n_x;
  out->x = fcast_alloc_array(n_x, sizeof *out->x);
  out->x_names = fcast_alloc_array(n_x, sizeof *out->x_names);
  out->phases = fcast_alloc_array(sweep->grid.n_points, sizeof *out->phases);
  out->r2 = fcast_alloc_array(sweep->grid.n_points, sizeof *out->r2);
  out->names = fcast_alloc_array(n_lines, sizeof *out->names);
  out->name_of = fcast_alloc_array(n_lines, sizeof *out->name_of);
  if (out->x == NULL || out->x_names == NULL || out->phases == NULL || out->r2 == NULL || out->names == NULL ||
      out->name_of == NULL) {
    return fcast_fail(err, FCAST_E_NOMEM, "out of memory for a picture of %zu points", sweep->grid.n_points);
  }
  bool is_numeric = true;
  for (size_t i = 0; i < n_x; i++) {
    out->x_names[i] = axis->values[i * axis->n_keys];
    is_numeric = fcast_parse_double(out->x_names[i], &out->x[i]) && is_numeric;
  }
  for (size_t i = 0; !is_numeric && i < n_x; i++) {
    out->x[i] = (double)(i + 1);
  }
  for (size_t line = 0; line < n_lines; line++) {
    fcast_grid_name(&sweep->grid, line, 1, out->names[line]);
    out->name_of[line] = out->names[line];
    for (size_t i = 0; i < n_x; i++) {
      out->phases[line * n_x + i] = results->phases[i * n_lines + line];
      out->r2[line * n_x + i] = results->r2 != NULL ? results->r2[i * n_lines + line] : (fcast_measured){0};
    }
  }
  (void)snprintf(out->subtitle, sizeof out->subtitle,
                 "%lld runs a point; error bars: one standard error over runs; first %.3g %% of every run discarded",
                 (long long)sweep->n_runs, 100.0 * sweep->discard);
  out->diagram = (fcast_phase_diagram){.subtitle = out->subtitle,
                                       .x_label = axis->keys[0],
                                       .x_names = is_numeric ? NULL : out->x_names,
                                       .n_x = n_x,
                                       .n_lines = n_lines,
                                       .x = out->x,
                                       .names = out->name_of,
                                       .phases = out->phases,
                                       .r2 = results->r2 != NULL ? out->r2 : NULL};
  return FCAST_OK;
}

static void picture_clear(picture *p) {
  fcast_free(p->x);
  fcast_free(p->x_names);
  fcast_free(p->phases);
  fcast_free(p->r2);
  fcast_free(p->names);
  fcast_free(p->name_of);
}

static fcast_status draw_as(const void *context, const char *path, fcast_figure_format format, fcast_error *err) {
  const picture *p = context;
  return fcast_figure_phase_diagram(path, format, &p->diagram, err);
}

static fcast_status draw(const fcast_sweep *sweep, const fcast_sweep_results *results,
                         const fcast_figure_formats *formats, fcast_error *err) {
  picture p = {0};
  fcast_status status = picture_create(sweep, results, &p, err);
  if (status == FCAST_OK) {
    status = fcast_figure_files(sweep->output_dir, "phase_diagram", formats, draw_as, &p, err);
  }
  picture_clear(&p);
  return status;
}
#else
static fcast_status draw(const fcast_sweep *sweep, const fcast_sweep_results *results,
                         const fcast_figure_formats *formats, fcast_error *err) {
  (void)sweep, (void)results, (void)formats, (void)err;
  fcast_say("draw", "no figure: this program was built without them (-DFCAST_RENDER=OFF)");
  return FCAST_OK;
}
#endif

/* --- the report --- */

/* Points whose polarization still moves by more than four standard errors between the halves of what was counted. */
static size_t count_drifting(const fcast_sweep *sweep, const fcast_sweep_results *results) {
  size_t n = 0;
  for (size_t point = 0; point < sweep->grid.n_points; point++) {
    const fcast_measured drift = results->phases[point].drift;
    n += fabs(drift.value) > 4.0 * drift.error ? 1 : 0;
  }
  return n;
}

static void set_estimate(json_t *json, const char *name, fcast_measured estimate) {
  char error_name[64];
  (void)snprintf(error_name, sizeof error_name, "%s_se", name);
  (void)json_object_set_new(json, name, fcast_json_number(estimate.value));
  (void)json_object_set_new(json, error_name, fcast_json_number(estimate.error));
}

/* The lines of sweep.csv: its columns are the keys, and values of the grid are text as they were given. */
static json_t *point_json(const fcast_sweep *sweep, const fcast_sweep_results *results, size_t point) {
  const fcast_phase *phase = &results->phases[point];
  json_t *json = json_pack("{s:I}", "point", (json_int_t)point);
  for (size_t a = 0; a < sweep->grid.n_axes; a++) {
    const fcast_grid_axis *axis = &sweep->grid.axes[a];
    for (size_t k = 0; k < axis->n_keys; k++) {
      const char *value = axis->values[fcast_grid_value(&sweep->grid, point, a) * axis->n_keys + k];
      (void)json_object_set_new(json, axis->keys[k], json_string(value));
    }
  }
  (void)json_object_set_new(json, "n_agents", json_integer(sweep->configs[point].simulate.n_agents));
  (void)json_object_set_new(json, "n_runs", json_integer(sweep->n_runs));
  (void)json_object_set_new(json, "n_frames", json_integer((json_int_t)results->n_frames[point]));
  set_estimate(json, "polarization", phase->mean);
  set_estimate(json, "variance", phase->variance);
  set_estimate(json, "susceptibility", phase->susceptibility);
  set_estimate(json, "binder", phase->binder);
  set_estimate(json, "drift", phase->drift);
  if (sweep->with_forecast) {
    set_estimate(json, "r2", results->r2[point]);
    (void)json_object_set_new(json, "r2_persistence", fcast_json_number(results->r2_persistence[point]));
    (void)json_object_set_new(json, "r2_pod", fcast_json_number(results->r2_pod[point]));
    (void)json_object_set_new(json, "model", json_string(model_keys[results->model[point]]));
  }
  return json;
}

static json_t *points_json(const fcast_sweep *sweep, const fcast_sweep_results *results) {
  json_t *points = json_array();
  for (size_t point = 0; point < sweep->grid.n_points; point++) {
    (void)json_array_append_new(points, point_json(sweep, results, point));
  }
  return points;
}

fcast_status fcast_sweep_report(const fcast_sweep *sweep, const fcast_sweep_results *results,
                                const fcast_figure_formats *formats, bool as_json, fcast_error *err) {
  fcast_directory_sweep(sweep->output_dir);
  fcast_status status = write_table(sweep, results, err);
  if (status == FCAST_OK) {
    status = draw(sweep, results, formats, err);
  }
  if (status != FCAST_OK) {
    return status;
  }
  const size_t n_drifting = count_drifting(sweep, results);
  if (as_json) {
    return fcast_json_print("sweep",
                            json_pack("{s:s, s:I, s:o}", "output_dir", sweep->output_dir, "n_drifting",
                                      (json_int_t)n_drifting, "points", points_json(sweep, results)),
                            err);
  }
  printf("%zu point%s of %lld run%s: %s/sweep.csv", sweep->grid.n_points, sweep->grid.n_points == 1 ? "" : "s",
         (long long)sweep->n_runs, sweep->n_runs == 1 ? "" : "s", sweep->output_dir);
#ifdef FCAST_WITH_RENDER
  printf(" and %s/phase_diagram.*", sweep->output_dir);
#endif
  printf("\n");
  if (n_drifting > 0) {
    printf("At %zu of them the polarization still drifts by more than four standard errors: longer runs (sim.T) or a "
           "larger\n--discard would be safer; see the column drift.\n",
           n_drifting);
  }
  return FCAST_OK;
}
