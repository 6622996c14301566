/* SPDX-License-Identifier: MIT
 *
 * Phase diagrams and pictures of structure: whole files from ordinary and from extreme data, the same every time.
 */
#include "check.h"
#include "scratch.h"

#include "flockcast/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file that begins and ends as a PNG or a PDF does; `content` gets it all, to be freed. */
static size_t read_figure(const char *path, fcast_figure_format format, char **content) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  *content = calloc(1 << 22, 1);
  assert_non_null(*content);
  const size_t n = fread(*content, 1, 1 << 22, file);
  (void)fclose(file);
  assert_true(n > 1000);
  assert_memory_equal(*content, format == FCAST_FIGURE_PNG ? "\x89PNG" : "%PDF", 4);
  assert_non_null(format == FCAST_FIGURE_PNG ? strstr(*content + n - 8, "IEND") : strstr(*content + n - 8, "%%EOF"));
  return n;
}

enum { N_X = 5, N_LINES = 14 };

static fcast_phase_diagram make_diagram(size_t n_x, size_t n_lines, double odd) {
  static double x[N_X];
  static fcast_phase phases[N_X * N_LINES];
  static fcast_measured r2[N_X * N_LINES];
  static const char *names[N_LINES];
  for (size_t i = 0; i < n_x; i++) {
    x[i] = 0.5 * (double)i;
  }
  for (size_t i = 0; i < n_x * n_lines; i++) {
    const fcast_measured e = {0.1 + 0.01 * (double)i, i % 3 == 0 ? (double)NAN : 0.05};
    phases[i] = (fcast_phase){.mean = e, .variance = e, .susceptibility = e, .binder = e, .drift = e};
    phases[i].susceptibility.value *= odd;
    r2[i] = (fcast_measured){i % 2 == 0 ? -odd : (double)NAN, odd};
  }
  for (size_t line = 0; line < n_lines; line++) {
    names[line] =
        "a<b>&\"c\" \xff sim.N=40,sim.Lx=3.1,sim.Ly=3.1 and a name that is longer than any line of any legend";
  }
  return (fcast_phase_diagram){.subtitle = "some runs",
                               .x_label = "noise.eta",
                               .n_x = n_x,
                               .n_lines = n_lines,
                               .x = x,
                               .names = names,
                               .phases = phases,
                               .r2 = odd > 1.0 ? r2 : NULL};
}

static void test_phase_diagrams(void **state) {
  (void)state;
  static const char *const names[N_X] = {"ring", "<two>", "", "a very long name of a value that fits nowhere", "x"};
  static const double odd[] = {1.0, 1e300, HUGE_VAL, 0.0};
  char path[SCRATCH_PATH];
  fcast_error err;
  for (size_t trial = 0; trial < 32; trial++) {
    fcast_phase_diagram diagram =
        make_diagram(trial % 2 == 0 ? 1 : N_X, trial % 4 < 2 ? 1 : N_LINES, odd[(trial / 4) % 4]);
    const fcast_figure_format format = trial % 3 == 0 ? FCAST_FIGURE_PDF : FCAST_FIGURE_PNG;
    diagram.x_names = trial >= 16 ? names : NULL;
    char *content = NULL;
    check_ok(fcast_figure_phase_diagram(scratch_path(scratch_directory, "phase", path), format, &diagram, &err), &err);
    (void)read_figure(path, format, &content);
    free(content);
  }
  const fcast_phase_diagram nothing = {.n_x = 0};
  assert_int_equal(fcast_figure_phase_diagram(path, FCAST_FIGURE_PNG, &nothing, &err), FCAST_E_ARG);
}

static fcast_structure_view make_view(size_t n_frames, size_t n_bins, double number) {
  static double series[40];
  static double r[40];
  static double sizes[40];
  static double errors[40];
  static fcast_numbers numbers[4];
  for (size_t i = 0; i < 40; i++) {
    series[i] = 0.5 + 0.01 * (double)i;
    r[i] = 0.1 + 0.2 * (double)i;
    errors[i] = i % 2 == 0 ? (double)NAN : 0.1;
    sizes[i] = i % 5 == 1 ? number : 0.0;
  }
  for (size_t d = 0; d < 4; d++) {
    numbers[d] =
        (fcast_numbers){.n_divisions = 2 + d, .n_counts = 10.0, .sum = 10.0 * number, .squares = 11.0 * number};
  }
  return (fcast_structure_view){.subtitle = "<test_000> & others",
                                .n_runs = n_frames,
                                .n_frames = n_frames,
                                .times = r,
                                .polarization = {series, series, r},
                                .nematic = {.mean = series},
                                .angular_momentum = {errors, errors, series},
                                .n_bins = n_bins,
                                .r = r,
                                .g = number > 1e6 ? errors : series,
                                .g_error = errors,
                                .n_divisions = 4,
                                .numbers = numbers,
                                .n_sizes = 40,
                                .cluster_sizes = sizes};
}

static void test_structure(void **state) {
  (void)state;
  static const double numbers[] = {1.0, 0.0, 1e9, 30.0};
  char path[SCRATCH_PATH];
  fcast_error err;
  for (size_t trial = 0; trial < 8; trial++) {
    const fcast_structure_view view = make_view(trial % 2 == 0 ? 1 : 40, trial % 4 < 2 ? 1 : 40, numbers[trial % 4]);
    char *content = NULL;
    check_ok(fcast_figure_structure(scratch_path(scratch_directory, "order", path), FCAST_FIGURE_PNG, &view, &err),
             &err);
    (void)read_figure(path, FCAST_FIGURE_PNG, &content);
    free(content);
  }
  const fcast_structure_view nothing = {.n_frames = 0};
  assert_int_equal(fcast_figure_structure(path, FCAST_FIGURE_PNG, &nothing, &err), FCAST_E_ARG);
}

static void test_deterministic(void **state) {
  (void)state;
  char path[2][SCRATCH_PATH];
  char *content[2] = {NULL};
  size_t n[2];
  fcast_error err;
  const fcast_phase_diagram diagram = make_diagram(N_X, 3, 2.0);
  for (size_t k = 0; k < 2; k++) {
    (void)scratch_path(scratch_directory, k == 0 ? "a.png" : "b.png", path[k]);
    check_ok(fcast_figure_phase_diagram(path[k], FCAST_FIGURE_PNG, &diagram, &err), &err);
    n[k] = read_figure(path[k], FCAST_FIGURE_PNG, &content[k]);
  }
  assert_true(n[0] == n[1] && memcmp(content[0], content[1], n[0]) == 0);
  free(content[0]);
  free(content[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_phase_diagrams),
      cmocka_unit_test(test_structure),
      cmocka_unit_test(test_deterministic),
  };
  return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
