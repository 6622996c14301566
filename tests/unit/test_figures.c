/* SPDX-License-Identifier: MIT
 *
 * Figures: every function makes a whole file from ordinary and from extreme data, the same every time, or says why not.
 */
#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- files --- */

typedef fcast_status (*draw_run)(const char *, fcast_figure_format, const fcast_run_view *, const fcast_run_view *,
                                 size_t, fcast_error *);
typedef fcast_status (*draw_ensemble)(const char *, fcast_figure_format, const fcast_run_view *, size_t, fcast_error *);
typedef fcast_status (*draw_pod)(const char *, fcast_figure_format, const fcast_pod *, fcast_error *);

static fcast_status draw_snapshots(const char *path, fcast_figure_format format, const fcast_run_view *run,
                                   const fcast_run_view *peers, size_t n_peers, fcast_error *err) {
  (void)peers;
  (void)n_peers;
  return fcast_figure_snapshots(path, format, run, err);
}

static const struct {
  const char *name;
  draw_run draw;
} run_figures[] = {{"error_time", fcast_figure_error_time},
                   {"error_hist", fcast_figure_error_hist},
                   {"order_parameters", fcast_figure_order_parameters},
                   {"snapshots", draw_snapshots}};

static const struct {
  const char *name;
  draw_ensemble draw;
} ensemble_figures[] = {{"r2_by_lead", fcast_figure_r2_by_lead},
                        {"r2_by_ic_type", fcast_figure_r2_by_ic_type},
                        {"error_by_ic_type", fcast_figure_error_by_ic_type},
                        {"error_growth", fcast_figure_error_growth}};

static const struct {
  const char *name;
  draw_pod draw;
} pod_figures[] = {{"pod_singular_values", fcast_figure_pod_singular_values}, {"pod_energy", fcast_figure_pod_energy}};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* The whole file with a 0 byte behind it; the caller frees it. */
static char *read_all(const char *path, size_t *n) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *content = calloc(1 << 22, 1);
  assert_non_null(content);
  *n = fread(content, 1, (1 << 22) - 1, file);
  assert_int_equal(fclose(file), 0);
  return content;
}

static size_t count(const char *text, const char *end, char character) {
  size_t n = 0;
  for (; text < end; text++) {
    n += *text == character ? 1 : 0;
  }
  return n;
}

/* A line of names and others of as many cells, the last of which is a number, nan or inf. */
static void check_table(const char *text) {
  const char *end = strchr(text, '\n');
  assert_non_null(end);
  const size_t n_commas = count(text, end, ',');
  assert_true(n_commas >= 2);
  for (const char *line = end + 1; *line != '\0'; line = end + 1) {
    end = strchr(line, '\n');
    assert_non_null(end);
    assert_int_equal(count(line, end, ','), n_commas);
    const char *last = end;
    while (last[-1] != ',') {
      last--;
    }
    char *behind = NULL;
    (void)strtod(last, &behind);
    assert_ptr_equal(behind, end);
  }
}

/* The file begins and ends as its kind should, and is not an empty page. */
static void check_file(const char *path, fcast_figure_format format) {
  static const char *const heads[] = {"\x89PNG\r\n\x1a\n", "%PDF-1.5", "<?xml ve"};
  static const char *const tails[] = {"IEND\xae\x42\x60\x82", "%%EOF\n", "</svg>\n"};
  size_t n = 0;
  char *content = read_all(path, &n);
  if (format == FCAST_FIGURE_CSV) {
    check_table(content);
  } else {
    const size_t n_tail = strlen(tails[format]);
    assert_true(n > 4000);
    assert_memory_equal(content, heads[format], 8);
    assert_memory_equal(content + n - n_tail, tails[format], n_tail);
  }
  free(content);
}

static void draw_all(const figure_ensemble *e, const fcast_pod *pod, fcast_figure_format format) {
  char path[128];
  fcast_error err = {0};
  for (size_t i = 0; i < COUNT(run_figures); i++) {
    (void)figure_path(run_figures[i].name, format, path, sizeof path);
    assert_int_equal(run_figures[i].draw(path, format, &e->views[0], e->views, e->n_runs, &err), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
  for (size_t i = 0; i < COUNT(ensemble_figures); i++) {
    (void)figure_path(ensemble_figures[i].name, format, path, sizeof path);
    assert_int_equal(ensemble_figures[i].draw(path, format, e->views, e->n_runs, &err), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
  for (size_t i = 0; i < COUNT(pod_figures); i++) {
    (void)figure_path(pod_figures[i].name, format, path, sizeof path);
    assert_int_equal(pod_figures[i].draw(path, format, pod, &err), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
  (void)figure_path("pod_modes", format, path, sizeof path);
  const fcast_status expected = format == FCAST_FIGURE_CSV ? FCAST_E_ARG : FCAST_OK; /* nothing but maps */
  assert_int_equal(fcast_figure_pod_modes(path, format, pod, &e->truth[0], &err), expected);
  if (expected == FCAST_OK) {
    check_file(path, format);
  }
  assert_int_equal(unlink(path), 0);
}

/* The summary with and without a field model, other models and the noise limit. */
static void draw_summaries(figure_ensemble *e, const fcast_pod *pod, double value) {
  double numbers[6];
  const fcast_field_model field = figure_field_make(numbers, value);
  char path[128];
  fcast_error err = {0};
  for (int format = 0; format < FCAST_N_FIGURE_FORMATS; format++) {
    for (size_t trial = 0; trial < 2; trial++) {
      for (size_t i = 0; i < e->n_runs; i++) {
        e->views[i].model = trial == 0 ? "specified model" : "field model";
        e->views[i].n_others = trial == 0 ? 0 : 2;
        e->views[i].others[0] = (fcast_other_view){.model = "chosen model", .scores = &e->scores[i]};
        e->views[i].others[1] = (fcast_other_view){.model = "specified model", .scores = &e->scores[i]};
        e->views[i].r2_lead_limit = trial == 0 ? NULL : e->scores[i].r2_lead_pod;
        e->views[i].r2_limit = value;
      }
      const fcast_summary_view view = {.runs = e->views,
                                       .n_runs = e->n_runs,
                                       .median = &e->views[0],
                                       .pod = pod,
                                       .field = trial == 0 ? NULL : &field,
                                       .true_radius = value,
                                       .ensemble = "runs & <others>",
                                       .provenance = "a program"};
      (void)figure_path("summary", (fcast_figure_format)format, path, sizeof path);
      assert_int_equal(fcast_figure_summary(path, (fcast_figure_format)format, &view, &err), FCAST_OK);
      check_file(path, (fcast_figure_format)format);
      assert_int_equal(unlink(path), 0);
    }
  }
}

static void draw_recipe(const figure_recipe *r, size_t n_modes) {
  figure_ensemble e;
  fcast_pod pod;
  figure_ensemble_make(&e, r);
  figure_pod_make(&pod, fcast_fields_n_space(&e.truth[0]), n_modes);
  for (int format = 0; format < FCAST_N_FIGURE_FORMATS; format++) {
    draw_all(&e, &pod, (fcast_figure_format)format);
  }
  draw_summaries(&e, &pod, 1.0);
  figure_pod_clear(&pod);
  figure_ensemble_clear(&e);
}

/* --- tests --- */

static void every_figure_is_a_whole_file(void **state) {
  (void)state;
  draw_recipe(&(figure_recipe){0}, 12);
}

static void smallest_data_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(figure_recipe){.nx = 1, .ny = 1, .n_frames = 2, .n_known = 1, .n_runs = 1}, 1);
}

static void odd_boxes_and_units_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(figure_recipe){.nx = 12, .ny = 48, .box_x = 3.0, .box_y = 12.0}, 2);
  draw_recipe(&(figure_recipe){.nx = 48, .ny = 8, .box_x = 3e7, .box_y = 5e6, .density = 1e-12, .period = 3600.0}, 9);
  draw_recipe(&(figure_recipe){.box_x = 2e-6, .box_y = 1e-6, .density = 4e13, .period = 1e-7}, 9);
}

static void constant_and_empty_fields_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(figure_recipe){.density = -1.0}, 3);
  figure_ensemble e;
  fcast_pod pod;
  figure_ensemble_make(&e, &(figure_recipe){0});
  figure_pod_make(&pod, fcast_fields_n_space(&e.truth[0]), 3);
  memset(pod.modes, 0, pod.n_space * pod.n_modes * sizeof *pod.modes);
  memset(pod.mean, 0, pod.n_space * sizeof *pod.mean);
  memset(pod.singular_values, 0, pod.n_modes * sizeof *pod.singular_values);
  for (size_t i = 0; i < e.truth[0].n_frames * pod.n_space; i++) {
    e.truth[0].rho[i] = 0.7;
  }
  draw_all(&e, &pod, FCAST_FIGURE_PNG);
  figure_pod_clear(&pod);
  figure_ensemble_clear(&e);
}

static void unstable_forecasts_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(figure_recipe){.n_frames = 41, .growth = 1e4, .error = 0.01}, 9); /* to 10^146, r2 to -10^292 */
  draw_recipe(&(figure_recipe){.n_frames = 60, .growth = 1e9}, 9);                /* beyond the doubles */
  figure_ensemble e;
  fcast_pod pod;
  figure_ensemble_make(&e, &(figure_recipe){0});
  figure_pod_make(&pod, fcast_fields_n_space(&e.truth[0]), 9);
  for (size_t k = 0; k < e.scores[0].n_forecast; k++) {
    e.scores[0].e1[k] = e.scores[0].e2[k] = e.scores[0].einf[k] = e.scores[0].e2_persistence[k] = (double)NAN;
    e.prediction[0][k * pod.n_space] = (double)NAN;
    e.prediction[0][k * pod.n_space + 1] = HUGE_VAL;
  }
  e.scores[0].r2 = e.scores[0].r2_pod = (double)NAN;
  e.scores[1].r2 = -HUGE_VAL;
  e.scores[0].median_e2 = (double)NAN;
  draw_all(&e, &pod, FCAST_FIGURE_PNG);
  draw_all(&e, &pod, FCAST_FIGURE_CSV);
  draw_summaries(&e, &pod, (double)NAN);
  figure_pod_clear(&pod);
  figure_ensemble_clear(&e);
}

static void strange_names_can_be_drawn(void **state) {
  (void)state;
  const char *name =
      "a<b>&\"c\" \xff\xc3 caf\xc3\xa9 a very long name that can hardly fit on one line of any figure but "
      "is still somebody's run and so on and so on and so on";
  draw_recipe(&(figure_recipe){.run_name = name, .without_order = true}, 3);
}

static void long_runs_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(figure_recipe){.n_frames = 400, .n_runs = 8}, 300);
}

/* Two drawings of the same data are the same bytes in every format. */
static void figures_are_deterministic(void **state) {
  (void)state;
  figure_ensemble e;
  figure_ensemble_make(&e, &(figure_recipe){0});
  for (int format = 0; format < FCAST_N_FIGURE_FORMATS; format++) {
    char *bytes[2];
    size_t n[2];
    char path[128];
    (void)figure_path("twice", (fcast_figure_format)format, path, sizeof path);
    for (size_t i = 0; i < 2; i++) {
      assert_int_equal(fcast_figure_snapshots(path, (fcast_figure_format)format, &e.views[0], NULL), FCAST_OK);
      bytes[i] = read_all(path, &n[i]);
      assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    free(bytes[0]);
    free(bytes[1]);
  }
  figure_ensemble_clear(&e);
}

static void failures_name_the_path(void **state) {
  (void)state;
  figure_ensemble e;
  fcast_error err = {0};
  figure_ensemble_make(&e, &(figure_recipe){0});
  const char *missing = "/nonexistent/folder/figure.png";
  assert_int_equal(fcast_figure_snapshots(missing, FCAST_FIGURE_PNG, &e.views[0], &err), FCAST_E_IO);
  assert_non_null(strstr(err.text, missing));
  for (int format = 0; format < FCAST_N_FIGURE_FORMATS; format++) {
    assert_int_equal(fcast_figure_snapshots("/dev/full", (fcast_figure_format)format, &e.views[0], &err), FCAST_E_IO);
    assert_non_null(strstr(err.text, "/dev/full"));
  }
  e.truth[0].n_frames--;
  assert_int_equal(fcast_figure_snapshots(missing, FCAST_FIGURE_PNG, &e.views[0], &err), FCAST_E_SHAPE);
  e.truth[0].n_frames++;
  assert_int_equal(fcast_figure_error_growth(missing, FCAST_FIGURE_PNG, e.views, 0, &err), FCAST_E_ARG);
  figure_ensemble_clear(&e);
}

/* No true radius, an edge without an interval, and one that is no number. */
static void odd_edges_can_be_drawn(void **state) {
  (void)state;
  double numbers[6];
  char path[128];
  const fcast_estimate edges[] = {
      {1.0, 1.0, 1.0}, {0.0, 0.0, 0.0}, {1e-9, 1e-10, 1e3}, {(double)NAN, (double)NAN, HUGE_VAL}};
  const double radii[] = {(double)NAN, 1.0, 1e-6};
  for (size_t i = 0; i < COUNT(edges) * COUNT(radii) * FCAST_N_FIGURE_FORMATS; i++) {
    const fcast_figure_format format = (fcast_figure_format)(i % FCAST_N_FIGURE_FORMATS);
    fcast_field_model field = figure_field_make(numbers, 0.5);
    field.edge = edges[i / FCAST_N_FIGURE_FORMATS % COUNT(edges)];
    (void)figure_path("kernel", format, path, sizeof path);
    const double radius = radii[i / FCAST_N_FIGURE_FORMATS / COUNT(edges)];
    assert_int_equal(fcast_figure_field_kernel(path, format, &field, radius, NULL), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(odd_edges_can_be_drawn),
      cmocka_unit_test(every_figure_is_a_whole_file),
      cmocka_unit_test(smallest_data_can_be_drawn),
      cmocka_unit_test(odd_boxes_and_units_can_be_drawn),
      cmocka_unit_test(constant_and_empty_fields_can_be_drawn),
      cmocka_unit_test(unstable_forecasts_can_be_drawn),
      cmocka_unit_test(strange_names_can_be_drawn),
      cmocka_unit_test(long_runs_can_be_drawn),
      cmocka_unit_test(figures_are_deterministic),
      cmocka_unit_test(failures_name_the_path),
  };
  return cmocka_run_group_tests(tests, figure_folder_make, figure_folder_remove);
}
