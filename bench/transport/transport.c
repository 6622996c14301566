/* SPDX-License-Identifier: MIT
 *
 * How much a blob is smeared by the field model's transport and by schemes on a grid, on rigid translation and
 * rotation.
 *
 * A Gaussian of 0.4 in a periodic box of 12.8 is carried 96 steps by a known map, and compared with where it should be.
 * Prints a table for docs/field-model.md.
 */
#include "forecast/field_rollout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double box = 12.8, sigma = 0.4, pi = 3.14159265358979323846;
enum { N_STEPS = 96 };

/* The displacement of a part of a step at a point; -1: a whole step back. */
typedef void (*step_map)(double x, double y, double part, double out[2]);

static void translate(double x, double y, double part, double out[2]) {
  (void)x;
  (void)y;
  out[0] = part * 0.0737;
  out[1] = part * 0.0411;
}

static void rotate(double x, double y, double part, double out[2]) {
  const double angle = part * 2.0 * pi / N_STEPS;
  const double rx = x - box / 2.0;
  const double ry = y - box / 2.0;
  out[0] = cos(angle) * rx - sin(angle) * ry - rx;
  out[1] = sin(angle) * rx + cos(angle) * ry - ry;
}

static double wrap(double x) {
  return x - box * floor(x / box);
}

static void blob(double cx, double cy, size_t n, double *out) {
  const double h = box / (double)n;
  for (size_t i = 0; i < n * n; i++) {
    const double x = ((double)(i % n) + 0.5) * h - cx;
    const double y = ((double)(i / n) + 0.5) * h - cy;
    const double dx = x - box * nearbyint(x / box);
    const double dy = y - box * nearbyint(y / box);
    out[i] = exp(-(dx * dx + dy * dy) / (2.0 * sigma * sigma)) / (2.0 * pi * sigma * sigma);
  }
}

/* --- the field model's parcels --- */

static int run_parcels(step_map map, double cx, double cy, size_t n, double state_bandwidth, double *out) {
  fcast_error err;
  double shell[1] = {1.0};
  fcast_field_model model = {
      .density = {(int64_t)n, (int64_t)n, sigma / (box / (double)n), box, box, FCAST_PERIODIC},
      .interval = 1.0,
      .alignment = {1, box / (double)n, shell, shell, shell},
      .order = {1.0, 1.0, 1.0},
      .state_bandwidth = state_bandwidth,
      .state_nx = (int64_t)n,
      .state_ny = (int64_t)n,
  };
  double position[2] = {cx, cy};
  double velocity[2] = {1.0, 0.0};
  double time = 0.0;
  const fcast_tracks tracks = {
      .n_frames = 1, .n_agents = 1, .positions = position, .velocities = velocity, .times = &time};
  fcast_field_plan *plan = NULL;
  fcast_rollout roll;
  if (fcast_field_plan_create(&model, &plan, &err) != FCAST_OK ||
      fcast__rollout_create(plan, &tracks, 0, &roll, &err) != FCAST_OK) {
    (void)fprintf(stderr, "%s\n", err.text);
    return 1;
  }
  for (int step = 0; step < N_STEPS; step++) {
    for (size_t i = 0; i < roll.parcels.n; i++) {
      double move[2];
      map(roll.parcels.x[i], roll.parcels.y[i], 1.0, move);
      roll.move[0][i] = move[0];
      roll.move[1][i] = move[1];
    }
    fcast__parcels_move(&plan->state, roll.move[0], roll.move[1], &roll.parcels);
  }
  fcast__rollout_draw(&roll, out);
  fcast__rollout_clear(&roll);
  fcast_field_plan_destroy(plan);
  return 0;
}

/* --- schemes on the grid --- */

static double at(const double *field, size_t n, long row, long column) {
  const long m = (long)n;
  return field[(size_t)(((row % m) + m) % m) * n + (size_t)(((column % m) + m) % m)];
}

static void cubic_weights(double t, double w[4]) {
  w[0] = t * (t - 1.0) * (t - 2.0) / -6.0;
  w[1] = (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0;
  w[2] = (t + 1.0) * t * (t - 2.0) / -2.0;
  w[3] = (t + 1.0) * t * (t - 1.0) / 6.0;
}

/* Backward semi-Lagrangian with cubic interpolation, then cut at zero and scaled to the mass. */
static void semi_lagrangian(step_map map, size_t n, double *field, double *next) {
  const double h = box / (double)n;
  double before = 0.0;
  double after = 0.0;
  for (size_t i = 0; i < n * n; i++) {
    double back[2];
    double wx[4];
    double wy[4];
    map(((double)(i % n) + 0.5) * h, ((double)(i / n) + 0.5) * h, -1.0, back);
    const double x = (double)(i % n) + back[0] / h;
    const double y = (double)(i / n) + back[1] / h;
    cubic_weights(x - floor(x), wx);
    cubic_weights(y - floor(y), wy);
    next[i] = 0.0;
    for (long a = 0; a < 16; a++) {
      next[i] += wy[a / 4] * wx[a % 4] * at(field, n, (long)floor(y) - 1 + a / 4, (long)floor(x) - 1 + a % 4);
    }
    next[i] = fmax(next[i], 0.0);
    before += field[i];
    after += next[i];
  }
  for (size_t i = 0; i < n * n; i++) {
    field[i] = next[i] * before / after;
  }
}

static double limited(double a, double b) {
  return a * b > 0.0 ? 2.0 * a * b / (a + b) : 0.0; /* van Leer 1974 */
}

/* Upwind finite volumes, dimension by dimension; `order` 2: with limited slopes. The velocity is the displacement. */
static void finite_volumes(step_map map, size_t n, int order, double part, double *field, double *next) {
  const double h = box / (double)n;
  for (int axis = 0; axis < 2; axis++) {
    memcpy(next, field, n * n * sizeof *field);
    for (size_t i = 0; i < n * n; i++) {
      const long row = (long)(i / n);
      const long column = (long)(i % n);
      double move[2];
      map((double)(column + (axis == 0 ? 1 : 0)) * h + (axis == 0 ? 0.0 : 0.5 * h),
          (double)(row + (axis == 1 ? 1 : 0)) * h + (axis == 1 ? 0.0 : 0.5 * h), part, move);
      const double courant = move[axis] / h;
      const long side = courant >= 0.0 ? 0 : 1;
      const long r = row + (axis == 1 ? side : 0);
      const long c = column + (axis == 0 ? side : 0);
      const double here = at(field, n, r, c);
      const double slope = limited(here - at(field, n, r - (axis == 1), c - (axis == 0)),
                                   at(field, n, r + (axis == 1), c + (axis == 0)) - here);
      const double edge = here + (order == 2 ? (courant >= 0.0 ? 0.5 : -0.5) * (1.0 - fabs(courant)) * slope : 0.0);
      const size_t to = (size_t)((row + (axis == 1)) % (long)n) * n + (size_t)((column + (axis == 0)) % (long)n);
      next[i] -= courant * edge;
      next[to] += courant * edge;
    }
    memcpy(field, next, n * n * sizeof *field);
  }
}

/* Cells that a step crosses at most: finite volumes need several steps for that. */
static double largest_courant(step_map map, size_t n) {
  double most = 0.0;
  for (int corner = 0; corner < 4; corner++) {
    double move[2];
    map(corner % 2 * box, corner / 2 * box, 1e-3, move);
    most = fmax(most, 1e3 * fmax(fabs(move[0]), fabs(move[1])) * (double)n / box);
  }
  return most;
}

/* --- the table --- */

enum { PARCELS_SHARP, PARCELS_DRAWN, SEMI_LAGRANGIAN, LIMITED, UPWIND, N_SCHEMES };
static const char *const names[N_SCHEMES] = {"parcels, state a quarter as wide", "parcels, state as wide",
                                             "semi-Lagrangian, cubic", "finite volumes, van Leer",
                                             "finite volumes, upwind"};

static int carry(int scheme, step_map map, double cx, double cy, size_t n, double *field, double *next) {
  if (scheme == PARCELS_SHARP || scheme == PARCELS_DRAWN) {
    return run_parcels(map, cx, cy, n, scheme == PARCELS_SHARP ? sigma / 4.0 : 0.9 * sigma, field);
  }
  blob(cx, cy, n, field);
  for (int step = 0; step < N_STEPS; step++) {
    if (scheme == SEMI_LAGRANGIAN) {
      semi_lagrangian(map, n, field, next);
    } else {
      const int n_parts = (int)ceil(1.1 * largest_courant(map, n));
      for (int part = 0; part < n_parts; part++) {
        finite_volumes(map, n, scheme == LIMITED ? 2 : 1, 1.0 / n_parts, field, next);
      }
    }
  }
  return 0;
}

static int measure(int scheme, step_map map, size_t n, double *error, double *peak, double *least, double *mass) {
  double *field = malloc(3 * n * n * sizeof *field);
  double cx = 0.31 * box;
  double cy = 0.52 * box;
  if (field == NULL || carry(scheme, map, cx, cy, n, field, field + n * n) != 0) {
    free(field);
    return 1;
  }
  for (int step = 0; step < N_STEPS; step++) {
    double move[2];
    map(cx, cy, 1.0, move);
    cx = wrap(cx + move[0]);
    cy = wrap(cy + move[1]);
  }
  double *truth = field + 2 * n * n;
  double square = 0.0;
  double norm = 0.0;
  double top = 0.0;
  double true_top = 0.0;
  *least = 0.0;
  *mass = 0.0;
  blob(cx, cy, n, truth);
  for (size_t i = 0; i < n * n; i++) {
    square += (field[i] - truth[i]) * (field[i] - truth[i]);
    norm += truth[i] * truth[i];
    top = fmax(top, field[i]);
    true_top = fmax(true_top, truth[i]);
    *least = fmin(*least, field[i]);
    *mass += field[i] * box * box / (double)(n * n);
  }
  *error = sqrt(square / norm);
  *peak = top / true_top;
  free(field);
  return 0;
}

int main(void) {
  static const size_t sizes[] = {32, 64, 128};
  static const step_map maps[] = {translate, rotate};
  static const char *const map_names[] = {"translation", "rotation"};
  printf("| carried by | motion | error, 32 cells | 64 | 128 | order | peak, 64 | least, 64 | mass - 1, 64 |\n"
         "|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
  for (int m = 0; m < 2; m++) {
    for (int scheme = 0; scheme < N_SCHEMES; scheme++) {
      double error[3];
      double peak[3];
      double least[3];
      double mass[3];
      for (int i = 0; i < 3; i++) {
        if (measure(scheme, maps[m], sizes[i], &error[i], &peak[i], &least[i], &mass[i]) != 0) {
          return 1;
        }
      }
      printf("| %s | %s | %.2g | %.2g | %.2g | %.1f | %.3f | %.1g | %.0e |\n", names[scheme], map_names[m], error[0],
             error[1], error[2], log2(error[1] / error[2]), peak[1], least[1], mass[1] - 1.0);
    }
  }
  return 0;
}
