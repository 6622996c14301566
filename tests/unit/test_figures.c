/* SPDX-License-Identifier: MIT
 *
 * Figures: every function makes a whole file from ordinary and from extreme data; colours and directions are right.
 */
#include "flockcast/render.h"

#include "render/colour.h"
#include "render/image.h"
#include "render/ticks.h"
#include "render/view.h"

#include <cairo.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- data --- */

/* What a made-up ensemble is like; zero means the default beside it. */
typedef struct recipe {
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
} recipe;

enum { MAX_RUNS = 8, N_TYPES = 2 };

typedef struct ensemble {
  size_t n_runs;
  fcast_fields truth[MAX_RUNS];
  double *prediction[MAX_RUNS];
  fcast_scores scores[MAX_RUNS];
  fcast_order_params order[MAX_RUNS];
  fcast_run_view views[MAX_RUNS];
} ensemble;

static double or_default(double value, double otherwise) {
  return value != 0.0 ? value : otherwise;
}

static double *alloc_doubles(size_t n) {
  double *values = fcast_alloc_array(n, sizeof *values);
  assert_non_null(values);
  return values;
}

/* A bump that moves to the right, and a forecast of it that is off by a wave. */
static void fill_fields(ensemble *e, size_t i, const recipe *r, size_t n_known) {
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

static void fill_scores(ensemble *e, size_t i, const recipe *r, size_t n_known, size_t n_forecast) {
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

static void fill_order(ensemble *e, size_t i, const recipe *r, size_t n_frames) {
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

static void ensemble_make(ensemble *e, const recipe *r) {
  static const char *const types[N_TYPES] = {"ring", "two_clusters"};
  const size_t nx = r->nx != 0 ? r->nx : 16, ny = r->ny != 0 ? r->ny : 12;
  const size_t n_frames = r->n_frames != 0 ? r->n_frames : 9, n_known = r->n_known != 0 ? r->n_known : 3;
  *e = (ensemble){.n_runs = r->n_runs != 0 ? r->n_runs : 3};
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

static void ensemble_clear(ensemble *e) {
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

static void pod_make(fcast_pod *pod, size_t n_space, size_t n_modes) {
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

static void pod_release(fcast_pod *pod) {
  fcast_free(pod->modes);
  fcast_free(pod->singular_values);
  fcast_free(pod->mean);
}

/* --- files --- */

static char folder[] = "/tmp/fcast_figures_XXXXXX";

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

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

static const char *file_path(const char *name, fcast_figure_format format, char *path, size_t size) {
  static const char *const suffixes[FCAST_N_FIGURE_FORMATS] = {"png", "pdf", "svg", "csv"};
  (void)snprintf(path, size, "%s/%s.%s", folder, name, suffixes[format]);
  return path;
}

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

static void draw_all(const ensemble *e, const fcast_pod *pod, fcast_figure_format format) {
  char path[128];
  fcast_error err = {0};
  for (size_t i = 0; i < COUNT(run_figures); i++) {
    (void)file_path(run_figures[i].name, format, path, sizeof path);
    assert_int_equal(run_figures[i].draw(path, format, &e->views[0], e->views, e->n_runs, &err), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
  for (size_t i = 0; i < COUNT(ensemble_figures); i++) {
    (void)file_path(ensemble_figures[i].name, format, path, sizeof path);
    assert_int_equal(ensemble_figures[i].draw(path, format, e->views, e->n_runs, &err), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
  for (size_t i = 0; i < COUNT(pod_figures); i++) {
    (void)file_path(pod_figures[i].name, format, path, sizeof path);
    assert_int_equal(pod_figures[i].draw(path, format, pod, &err), FCAST_OK);
    check_file(path, format);
    assert_int_equal(unlink(path), 0);
  }
  (void)file_path("pod_modes", format, path, sizeof path);
  const fcast_status expected = format == FCAST_FIGURE_CSV ? FCAST_E_ARG : FCAST_OK; /* nothing but maps */
  assert_int_equal(fcast_figure_pod_modes(path, format, pod, &e->truth[0], &err), expected);
  if (expected == FCAST_OK) {
    check_file(path, format);
  }
  assert_int_equal(unlink(path), 0);
}

/* What a field model of two shells may have learned. */
static fcast_field_model make_field(double *numbers, double value) {
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

/* The summary with and without a field model, other models and the noise limit. */
static void draw_summaries(ensemble *e, const fcast_pod *pod, double value) {
  double numbers[6];
  const fcast_field_model field = make_field(numbers, value);
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
      (void)file_path("summary", (fcast_figure_format)format, path, sizeof path);
      assert_int_equal(fcast_figure_summary(path, (fcast_figure_format)format, &view, &err), FCAST_OK);
      check_file(path, (fcast_figure_format)format);
      assert_int_equal(unlink(path), 0);
    }
  }
}

static void draw_recipe(const recipe *r, size_t n_modes) {
  ensemble e;
  fcast_pod pod;
  ensemble_make(&e, r);
  pod_make(&pod, fcast_fields_n_space(&e.truth[0]), n_modes);
  for (int format = 0; format < FCAST_N_FIGURE_FORMATS; format++) {
    draw_all(&e, &pod, (fcast_figure_format)format);
  }
  draw_summaries(&e, &pod, 1.0);
  pod_release(&pod);
  ensemble_clear(&e);
}

/* --- tests --- */

static void every_figure_is_a_whole_file(void **state) {
  (void)state;
  draw_recipe(&(recipe){0}, 12);
}

static void smallest_data_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(recipe){.nx = 1, .ny = 1, .n_frames = 2, .n_known = 1, .n_runs = 1}, 1);
}

static void odd_boxes_and_units_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(recipe){.nx = 12, .ny = 48, .box_x = 3.0, .box_y = 12.0}, 2);
  draw_recipe(&(recipe){.nx = 48, .ny = 8, .box_x = 3e7, .box_y = 5e6, .density = 1e-12, .period = 3600.0}, 9);
  draw_recipe(&(recipe){.box_x = 2e-6, .box_y = 1e-6, .density = 4e13, .period = 1e-7}, 9);
}

static void constant_and_empty_fields_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(recipe){.density = -1.0}, 3);
  ensemble e;
  fcast_pod pod;
  ensemble_make(&e, &(recipe){0});
  pod_make(&pod, fcast_fields_n_space(&e.truth[0]), 3);
  memset(pod.modes, 0, pod.n_space * pod.n_modes * sizeof *pod.modes);
  memset(pod.mean, 0, pod.n_space * sizeof *pod.mean);
  memset(pod.singular_values, 0, pod.n_modes * sizeof *pod.singular_values);
  for (size_t i = 0; i < e.truth[0].n_frames * pod.n_space; i++) {
    e.truth[0].rho[i] = 0.7;
  }
  draw_all(&e, &pod, FCAST_FIGURE_PNG);
  pod_release(&pod);
  ensemble_clear(&e);
}

static void unstable_forecasts_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(recipe){.n_frames = 41, .growth = 1e4, .error = 0.01}, 9); /* to 10^146, r2 to -10^292 */
  draw_recipe(&(recipe){.n_frames = 60, .growth = 1e9}, 9);                /* beyond the doubles */
  ensemble e;
  fcast_pod pod;
  ensemble_make(&e, &(recipe){0});
  pod_make(&pod, fcast_fields_n_space(&e.truth[0]), 9);
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
  pod_release(&pod);
  ensemble_clear(&e);
}

static void strange_names_can_be_drawn(void **state) {
  (void)state;
  const char *name =
      "a<b>&\"c\" \xff\xc3 caf\xc3\xa9 a very long name that can hardly fit on one line of any figure but "
      "is still somebody's run and so on and so on and so on";
  draw_recipe(&(recipe){.run_name = name, .without_order = true}, 3);
}

static void long_runs_can_be_drawn(void **state) {
  (void)state;
  draw_recipe(&(recipe){.n_frames = 400, .n_runs = 8}, 300);
}

/* Two drawings of the same data are the same bytes in every format. */
static void figures_are_deterministic(void **state) {
  (void)state;
  ensemble e;
  ensemble_make(&e, &(recipe){0});
  for (int format = 0; format < FCAST_N_FIGURE_FORMATS; format++) {
    char *bytes[2];
    size_t n[2];
    char path[128];
    (void)file_path("twice", (fcast_figure_format)format, path, sizeof path);
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
  ensemble_clear(&e);
}

static void failures_name_the_path(void **state) {
  (void)state;
  ensemble e;
  fcast_error err = {0};
  ensemble_make(&e, &(recipe){0});
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
  ensemble_clear(&e);
}

/* The pixel of a PNG nearest to a point of the page in points. */
static uint32_t pixel_at(cairo_surface_t *picture, double x, double y) {
  const unsigned char *data = cairo_image_surface_get_data(picture);
  const int stride = cairo_image_surface_get_stride(picture);
  const int column = (int)(x * 150.0 / 72.0), row = (int)(y * 150.0 / 72.0);
  uint32_t pixel;
  memcpy(&pixel, data + row * stride + column * 4, sizeof pixel);
  return pixel | 0xff000000u;
}

/* One hot cell at low x and high y stands at the top left of the map, with the last colour of the scale; a cell of
 * the forecast below zero has the flat colour. In a square box the first map of the snapshots has its corner at
 * (66, 54) points and a side of 112. */
static void maps_have_x_to_the_right_and_y_upwards(void **state) {
  (void)state;
  ensemble e;
  char path[128];
  ensemble_make(&e, &(recipe){.nx = 8, .ny = 8, .box_x = 5.0, .box_y = 5.0, .n_frames = 4});
  const size_t n_space = 64, hot = 6 * 8 + 1; /* row 6 of 8 from below, column 1 */
  for (size_t i = 0; i < e.truth[0].n_frames * n_space; i++) {
    e.truth[0].rho[i] = i % n_space == hot ? 2.0 : 0.0;
  }
  for (size_t i = 0; i < n_space; i++) {
    e.prediction[0][i] = i == hot ? -0.5 : i == 0 ? 1e9 : i == 1 ? (double)NAN : 0.0;
  }
  (void)file_path("snapshots", FCAST_FIGURE_PNG, path, sizeof path);
  assert_int_equal(fcast_figure_snapshots(path, FCAST_FIGURE_PNG, &e.views[0], NULL), FCAST_OK);
  cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_density(map);
  const double cell = 112.0 / 8.0, left = 66.0, top = 54.0, column = 112.0 + 18.0, row = 112.0 + 24.0;
  assert_int_equal(pixel_at(picture, left + 1.5 * cell, top + 1.5 * cell),
                   fcast__rgb_to_pixel(map[FCAST__MAP_SIZE - 1]));
  assert_int_equal(pixel_at(picture, left + 6.5 * cell, top + 1.5 * cell), fcast__rgb_to_pixel(map[0]));
  assert_int_equal(pixel_at(picture, left + 1.5 * cell, top + 6.5 * cell), fcast__rgb_to_pixel(map[0]));
  const double forecast_left = left + column, forecast_top = top + row;
  assert_int_equal(pixel_at(picture, forecast_left + 1.5 * cell, forecast_top + 1.5 * cell),
                   fcast__rgb_to_pixel(fcast__colour_negative()));
  assert_int_equal(pixel_at(picture, forecast_left + 0.5 * cell, forecast_top + 7.5 * cell),
                   fcast__rgb_to_pixel(map[FCAST__MAP_SIZE - 1]));
  assert_int_equal(pixel_at(picture, forecast_left + 1.5 * cell, forecast_top + 7.5 * cell),
                   fcast__rgb_to_pixel(fcast__colour_not_finite()));
  cairo_surface_destroy(picture);
  assert_int_equal(unlink(path), 0);
  ensemble_clear(&e);
}

static double step_between(fcast__rgb from, fcast__rgb to) {
  const fcast__oklab a = fcast__rgb_to_oklab(from), b = fcast__rgb_to_oklab(to);
  const double d_lightness = b.lightness - a.lightness, d_a = b.a - a.a, d_b = b.b - a.b;
  return sqrt(d_lightness * d_lightness + d_a * d_a + d_b * d_b);
}

/* The mean colour of a picture's points that are not grey, or 0 where there is none. */
static fcast__rgb mean_colour(const char *path) {
  cairo_surface_t *picture = cairo_image_surface_create_from_png(path);
  assert_int_equal(cairo_surface_status(picture), CAIRO_STATUS_SUCCESS);
  double sum[3] = {0.0, 0.0, 0.0};
  double n = 0.0;
  for (int row = 0; row < cairo_image_surface_get_height(picture); row++) {
    for (int column = 0; column < cairo_image_surface_get_width(picture); column++) {
      const uint32_t pixel = pixel_at(picture, (column + 0.5) * 72.0 / 150.0, (row + 0.5) * 72.0 / 150.0);
      const double part[3] = {(double)(pixel >> 16 & 255), (double)(pixel >> 8 & 255), (double)(pixel & 255)};
      if (fmax(part[0], fmax(part[1], part[2])) - fmin(part[0], fmin(part[1], part[2])) > 60.0) {
        sum[0] += part[0];
        sum[1] += part[1];
        sum[2] += part[2];
        n += 255.0;
      }
    }
  }
  cairo_surface_destroy(picture);
  n = fmax(n, 1.0);
  return (fcast__rgb){sum[0] / n, sum[1] / n, sum[2] / n};
}

/* The arrows of a still have the colour of where they fly, and agents without velocity none. */
static void stills_show_directions(void **state) {
  (void)state;
  fcast_error err = {0};
  fcast_tracks tracks;
  char path[128];
  assert_int_equal(fcast_tracks_alloc(2, 20, &tracks, &err), FCAST_OK);
  (void)file_path("still", FCAST_FIGURE_PNG, path, sizeof path);
  for (size_t i = 0; i < 2 * 2 * 20; i++) {
    tracks.positions[i] = (double)(7 * i % 60) / 6.0;
  }
  for (int quarter = 0; quarter < 4; quarter++) {
    const double angle = 1.5707963267948966 * quarter;
    for (size_t i = 20; i < 40; i++) {
      tracks.velocities[2 * i] = cos(angle + 0.01);
      tracks.velocities[2 * i + 1] = sin(angle + 0.01);
    }
    assert_int_equal(fcast_figure_tracks(path, FCAST_FIGURE_PNG, &tracks, 1, 10.0, 10.0, &err), FCAST_OK);
    const fcast__rgb found = mean_colour(path);
    const fcast__rgb expected = fcast__colour_of_angle(angle);
    assert_true(fabs(found.red - expected.red) < 0.2 && fabs(found.green - expected.green) < 0.2 &&
                fabs(found.blue - expected.blue) < 0.2);
  }
  assert_int_equal(fcast_figure_tracks(path, FCAST_FIGURE_PNG, &tracks, 0, 10.0, 4.0, &err), FCAST_OK);
  assert_true(mean_colour(path).red == 0.0);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(fcast_figure_tracks(path, FCAST_FIGURE_PNG, &tracks, 2, 10.0, 4.0, &err), FCAST_E_ARG);
  assert_int_equal(fcast_figure_tracks("/nowhere/x.png", FCAST_FIGURE_PNG, &tracks, 0, 10.0, 4.0, &err), FCAST_E_IO);
  fcast_tracks_clear(&tracks);
}

static void density_map_is_uniform_and_gets_lighter(void **state) {
  (void)state;
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_density(map);
  const double mean = step_between(map[0], map[1]);
  for (size_t i = 1; i < FCAST__MAP_SIZE; i++) {
    const double step = step_between(map[i - 1], map[i]);
    assert_true(fabs(step / mean - 1.0) < 0.01);
    assert_true(fcast__rgb_to_oklab(map[i]).lightness > fcast__rgb_to_oklab(map[i - 1]).lightness);
  }
  assert_true(fcast__rgb_to_oklab(map[0]).lightness < 0.2);
  assert_true(fcast__rgb_to_oklab(map[FCAST__MAP_SIZE - 1]).lightness > 0.95);
}

static void diverging_map_is_symmetric_about_white(void **state) {
  (void)state;
  fcast__rgb map[FCAST__MAP_SIZE];
  fcast__map_diverging(map);
  for (size_t i = 0; i < FCAST__MAP_SIZE / 2; i++) {
    const fcast__oklab below = fcast__rgb_to_oklab(map[i]), above = fcast__rgb_to_oklab(map[FCAST__MAP_SIZE - 1 - i]);
    assert_true(fabs(below.lightness - above.lightness) < 1e-3);
    assert_true(fabs(hypot(below.a, below.b) - hypot(above.a, above.b)) < 1e-3);
    assert_true(below.lightness < fcast__rgb_to_oklab(map[i + 1]).lightness + 1e-9);
  }
  const fcast__palette palette = fcast__palette_diverging(2.0);
  const uint32_t zero = fcast__palette_pixel(&palette, 0.0);
  assert_true((zero & 0xff) > 240 && (zero >> 8 & 0xff) > 240 && (zero >> 16 & 0xff) > 240);
}

static void angle_map_is_cyclic_with_one_lightness(void **state) {
  (void)state;
  for (int degree = 0; degree < 360; degree++) {
    const double angle = (double)degree * G_PI / 180.0;
    const fcast__oklab colour = fcast__rgb_to_oklab(fcast__colour_of_angle(angle));
    assert_true(fabs(colour.lightness - 0.68) < 1e-3);
    assert_true(fabs(hypot(colour.a, colour.b) - 0.112) < 1e-3);
  }
  assert_true(step_between(fcast__colour_of_angle(-G_PI), fcast__colour_of_angle(G_PI)) < 1e-6);
}

/* Zero shows as the first colour, the largest truth as the last, and predictions never move either. */
static void scale_comes_from_the_truth(void **state) {
  (void)state;
  ensemble e;
  ensemble_make(&e, &(recipe){.density = 3.0, .error = 50.0});
  fcast__palette palette = fcast__palette_of_truth(&e.truth[0]);
  double largest = 0.0;
  for (size_t i = 0; i < e.truth[0].n_frames * fcast_fields_n_space(&e.truth[0]); i++) {
    largest = fmax(largest, e.truth[0].rho[i]);
  }
  assert_true(palette.lo == 0.0 && palette.hi == largest);
  assert_int_equal(fcast__palette_pixel(&palette, 0.0), palette.map[0]);
  assert_int_equal(fcast__palette_pixel(&palette, -0.005 * largest), palette.map[0]);
  assert_int_equal(fcast__palette_pixel(&palette, -0.011 * largest), palette.under);
  assert_int_equal(fcast__palette_pixel(&palette, 1e300), palette.map[FCAST__MAP_SIZE - 1]);
  assert_int_equal(fcast__palette_pixel(&palette, (double)NAN), palette.not_finite);
  ensemble_clear(&e);
}

static void ticks_are_round_numbers(void **state) {
  (void)state;
  fcast__ticks ticks;
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 15.0}, 4, &ticks);
  assert_int_equal(ticks.n, 4);
  assert_string_equal(ticks.label[1], "5");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LINEAR, .lo = -0.31, .hi = 0.3}, 5, &ticks);
  assert_int_equal(ticks.n, 3);
  assert_string_equal(ticks.label[0], "\u22120.2");
  assert_string_equal(ticks.label[1], "0.0");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LINEAR, .lo = 0.0, .hi = 3e7}, 4, &ticks);
  assert_string_equal(ticks.label[1], "1×10<sup>7</sup>");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 1e-2, .hi = 1e6}, 5, &ticks);
  assert_int_equal(ticks.n, 5);
  assert_string_equal(ticks.label[4], "10<sup>6</sup>");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 0.25, .hi = 6.0}, 5, &ticks);
  assert_int_equal(ticks.n, 4);
  assert_string_equal(ticks.label[0], "0.5");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__LOG, .lo = 3e5, .hi = 3e6}, 5, &ticks);
  assert_string_equal(ticks.label[0], "5×10<sup>5</sup>");
  assert_string_equal(ticks.label[1], "10<sup>6</sup>");
  fcast__ticks_find(&(fcast__range){.kind = FCAST__SYMLOG, .lo = -100.0, .hi = 1.05}, 10, &ticks);
  assert_string_equal(ticks.label[0], "\u2212100");
  assert_string_equal(ticks.label[ticks.n - 1], "1");
}

static void numbers_are_written_for_people(void **state) {
  (void)state;
  char text[64];
  static const struct {
    double value;
    const char *text;
  } cases[] = {{0.0, "0.000"},
               {0.123456, "0.123"},
               {-1.6204, "\u22121.62"},
               {123.4, "123"},
               {-4.12e23, "\u22124.1×10<sup>23</sup>"},
               {2.5e-7, "2.5×10<sup>\u22127</sup>"},
               {HUGE_VAL, "∞"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    fcast__text_number(cases[i].value, text, sizeof text);
    assert_string_equal(text, cases[i].text);
  }
}

/* Text is cut only between whole characters and whole entities. */
static void text_is_escaped_and_cut_whole(void **state) {
  (void)state;
  char out[8];
  fcast__text_escape("a&b<c", out, sizeof out);
  assert_string_equal(out, "a&amp;b");
  fcast__text_escape("12345\xc3\xa9\xc3\xa9", out, sizeof out);
  assert_string_equal(out, "12345\xc3\xa9");
  fcast__text_escape("\xff\n", out, sizeof out);
  assert_string_equal(out, "? ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_figure_is_a_whole_file),
      cmocka_unit_test(smallest_data_can_be_drawn),
      cmocka_unit_test(odd_boxes_and_units_can_be_drawn),
      cmocka_unit_test(constant_and_empty_fields_can_be_drawn),
      cmocka_unit_test(unstable_forecasts_can_be_drawn),
      cmocka_unit_test(strange_names_can_be_drawn),
      cmocka_unit_test(long_runs_can_be_drawn),
      cmocka_unit_test(figures_are_deterministic),
      cmocka_unit_test(failures_name_the_path),
      cmocka_unit_test(maps_have_x_to_the_right_and_y_upwards),
      cmocka_unit_test(stills_show_directions),
      cmocka_unit_test(density_map_is_uniform_and_gets_lighter),
      cmocka_unit_test(diverging_map_is_symmetric_about_white),
      cmocka_unit_test(angle_map_is_cyclic_with_one_lightness),
      cmocka_unit_test(scale_comes_from_the_truth),
      cmocka_unit_test(ticks_are_round_numbers),
      cmocka_unit_test(numbers_are_written_for_people),
      cmocka_unit_test(text_is_escaped_and_cut_whole),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
