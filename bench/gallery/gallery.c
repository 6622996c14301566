/* SPDX-License-Identifier: MIT
 *
 * The page of regimes: flockcast_gallery DOCS CONFIG.yml ... simulates the first test run of each configuration, draws
 * its last frame into DOCS/images, films its beginning, and writes DOCS/gallery.md with the order parameters. `make
 * gallery` calls it.
 */
#include "base/text.h"
#include "cluster/ensemble.h"
#include "flockcast/evaluate.h"
#include "flockcast/render.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LINE = 200, MAX_NAME = 64 };

static const char intro[] =
    "# Regimes\n\n"
    "<!-- written by bench/gallery/gallery.c: make gallery -->\n\n"
    "Each of these is a file under `configs/` and runs as it is, everything included: "
    "`flockcast run --config configs/flock.yml` takes minutes. Fewer and shorter runs take seconds:\n\n"
    "```sh needs source\n"
    "flockcast run --config configs/flock.yml --set ensemble.n_train=10 --set sim.T=2 --set ensemble.test_T=4\n"
    "```\n\n"
    "The films are the beginning of test run 0, arrows coloured by direction; the pictures, which lead to them, are "
    "its "
    "last frame. The numbers are means over the "
    "second "
    "half of that run: polarization 1\nwhere all fly one way, nematic order where they fly "
    "along one axis, rotation 1 where all turn about one centre,\nspeed with its standard deviation over particles. "
    "All "
    "but the default have 300 particles in a periodic box of 25 x 25, R 4, dt 0.04; training runs of 20, test runs "
    "of 200\ntime units. With constant speed forces turn headings; with variable speed they change speeds, and nothing "
    "slows a particle down again but other forces.\nWhat the models are, where they come from and where they stop "
    "being "
    "valid is in [method.md](method.md#where-the-models-stop-being-valid).\n\n";

/* Mean over the second half. */
static double late_mean(const double *values, size_t n) {
  double sum = 0.0;
  for (size_t i = n / 2; i < n; i++) {
    sum += values[i] / (double)(n - n / 2);
  }
  return sum;
}

/* "configs/gas.yml" to "gas". */
static void name_of(const char *path, char name[MAX_NAME]) {
  const char *const slash = strrchr(path, '/');
  (void)snprintf(name, MAX_NAME, "%s", slash == NULL ? path : slash + 1);
  char *const dot = strrchr(name, '.');
  if (dot != NULL) {
    *dot = '\0';
  }
}

/* The first line of the file, a comment: what it is. */
static fcast_status read_about(const char *path, char about[MAX_LINE], fcast_error *err) {
  FILE *const stream = fopen(path, "r");
  if (stream == NULL || fgets(about, MAX_LINE, stream) == NULL || about[0] != '#') {
    if (stream != NULL) {
      (void)fclose(stream);
    }
    return fcast_fail(err, FCAST_E_CONFIG, "%s: cannot be read, or its first line is no comment", path);
  }
  (void)fclose(stream);
  about[strcspn(about, "\n")] = '\0';
  memmove(about, about + 2, strlen(about + 2) + 1);
  return FCAST_OK;
}

static fcast_status simulate(const char *path, fcast_config *config, fcast_tracks *tracks, const char **ic_type,
                             fcast_error *err) {
  fcast_member member;
  fcast_config_default(config);
  fcast_status status = fcast_config_read(config, path, err);
  if (status == FCAST_OK) {
    status = fcast_config_check(config, err);
  }
  if (status == FCAST_OK) {
    status = fcast_ensemble_member(config, FCAST_MODE_TEST, 0, &member, err);
  }
  *ic_type = status == FCAST_OK ? fcast_ic_type_name(member.ic_type) : "";
  return status == FCAST_OK ? fcast_simulate(&member.simulate, member.ic_type, member.seed, tracks, err) : status;
}

static void put_entry(const char *name, const char *about, const fcast_order_params *order, fcast_buffer *page) {
  const size_t n = order->n_frames;
  char text[1024];
  (void)snprintf(text, sizeof text,
                 "## %s\n\n%s `configs/%s.yml`\n\n[![%s](images/gallery_%s.png)](images/gallery_%s.mp4)\n\n"
                 "| polarization | nematic | rotation | speed | its deviation |\n|---|---|---|---|---|\n"
                 "| %.2f | %.2f | %.2f | %.2f | %.2f |\n\n",
                 name, about, name, name, name, name, late_mean(order->polarization, n), late_mean(order->nematic, n),
                 late_mean(order->angular_momentum, n), late_mean(order->mean_speed, n),
                 late_mean(order->speed_std, n));
  fcast_buffer_put_text(page, text);
}

/* Frames of a film, and which part of a run's they are: one in so many. */
enum { FILM_FRAMES = 100, FILM_STEP = 2 };

/* The first frames of the tracks, as a film. */
static fcast_status film_beginning(const char *path, const char *name, const char *ic_type, const fcast_tracks *tracks,
                                   const fcast_simulate_options *options, fcast_error *err) {
  const size_t step = tracks->n_frames > FILM_STEP * FILM_FRAMES ? FILM_STEP : 1;
  const size_t n_all = (tracks->n_frames + step - 1) / step;
  const size_t n = n_all < FILM_FRAMES ? n_all : FILM_FRAMES;
  const size_t n_values = 2 * tracks->n_agents;
  double edges_x[] = {0.0, options->box_x};
  double edges_y[] = {0.0, options->box_y};
  fcast_tracks kept = {0};
  fcast_order_params order = {0};
  fcast_status status = fcast_tracks_alloc(n, tracks->n_agents, &kept, err);
  for (size_t i = 0; status == FCAST_OK && i < n; i++) {
    memcpy(kept.positions + i * n_values, tracks->positions + i * step * n_values, n_values * sizeof(double));
    memcpy(kept.velocities + i * n_values, tracks->velocities + i * step * n_values, n_values * sizeof(double));
    kept.times[i] = tracks->times[i * step];
  }
  if (status == FCAST_OK) {
    status = fcast_order_params_compute(&kept, options->box_x, options->box_y, options->boundary, &order, err);
  }
  if (status == FCAST_OK) {
    const fcast_fields grid = {
        .n_frames = n, .nx = 1, .ny = 1, .times = kept.times, .x_edges = edges_x, .y_edges = edges_y};
    const fcast_scores scores = {.n_known = 1, .n_forecast = n - 1};
    const fcast_run_view view = {
        .run_name = name, .ic_type = ic_type, .truth = &grid, .scores = &scores, .tracks = &kept, .order = &order};
    status = fcast_film_tracks(path, &view, err);
  }
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&kept);
  return status;
}

static fcast_status add_regime(const char *docs, const char *path, fcast_buffer *page, fcast_error *err) {
  char name[MAX_NAME];
  char about[MAX_LINE];
  fcast_config config;
  const char *ic_type = "";
  fcast_tracks tracks = {0};
  fcast_order_params order = {0};
  name_of(path, name);
  char *const picture = fcast_format("%s/images/gallery_%s.png", docs, name);
  char *const film = fcast_format("%s/images/gallery_%s.mp4", docs, name);
  fcast_status status =
      picture == NULL || film == NULL ? fcast_fail(err, FCAST_E_NOMEM, "out of memory") : read_about(path, about, err);
  if (status == FCAST_OK) {
    status = simulate(path, &config, &tracks, &ic_type, err);
  }
  const fcast_simulate_options *const options = &config.simulate;
  if (status == FCAST_OK) {
    status = fcast_order_params_compute(&tracks, options->box_x, options->box_y, options->boundary, &order, err);
  }
  if (status == FCAST_OK) {
    put_entry(name, about, &order, page);
    status = fcast_figure_tracks(picture, FCAST_FIGURE_PNG, &tracks, tracks.n_frames - 1, options->box_x,
                                 options->box_y, err);
  }
  if (status == FCAST_OK) {
    status = film_beginning(film, name, ic_type, &tracks, options, err);
  }
  fcast_order_params_clear(&order);
  fcast_tracks_clear(&tracks);
  fcast_free(picture);
  fcast_free(film);
  return status;
}

int main(int n_arguments, char **arguments) {
  fcast_error err = {FCAST_OK, ""};
  fcast_buffer page = {0};
  fcast_status status = FCAST_OK;
  fcast_buffer_put_text(&page, intro);
  for (int i = 2; status == FCAST_OK && i < n_arguments; i++) {
    status = add_regime(arguments[1], arguments[i], &page, &err);
  }
  char *const path = fcast_format("%s/gallery.md", n_arguments > 1 ? arguments[1] : ".");
  if (status == FCAST_OK && (page.has_failed || path == NULL)) {
    status = fcast_fail(&err, FCAST_E_NOMEM, "out of memory for the page");
  }
  if (status == FCAST_OK) {
    status = fcast_file_write(path, page.bytes, page.n - 1, &err); /* one empty line less at the end */
  }
  fcast_free(path);
  fcast_free(page.bytes);
  if (status != FCAST_OK) {
    (void)fprintf(stderr, "flockcast_gallery: %s\n", err.text);
  }
  return status == FCAST_OK ? 0 : 1;
}
