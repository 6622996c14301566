/* SPDX-License-Identifier: MIT
 *
 * The field model by its properties: mass, signs, walls, rigid motion, symmetries, refusals, and the spread of its
 * ensembles. What a step is, is in test_field_step.c.
 */
#include "field.h"

#include "forecast/field_rollout.h"

#include <math.h>
#include <string.h>

static const double bandwidth = 1.5; /* of the density; cells */

/* A box of some cells of this size. */
static fcast_density_options box_of(int64_t nx, int64_t ny, double hx, double hy, fcast_boundary boundary) {
  return (fcast_density_options){.nx = nx,
                                 .ny = ny,
                                 .bandwidth = bandwidth,
                                 .box_x = hx * (double)nx,
                                 .box_y = hy * (double)ny,
                                 .boundary = boundary};
}

static size_t n_cells(const fcast_field_model *model) {
  return (size_t)(model->density.nx * model->density.ny);
}

/* A forecast of `n` frames from the only one; the caller frees it. */
static double *forecast(const fcast_field_model *model, const fcast_tracks *tracks, size_t n, double *polarization) {
  fcast_error err;
  fcast_field_plan *plan = NULL;
  double *out = fcast_alloc_array(n * n_cells(model), sizeof *out);
  assert_non_null(out);
  check_ok(fcast_field_plan_create(model, &plan, &err), &err);
  check_ok(fcast_field_forecast(plan, tracks, 0, n, out, polarization, &err), &err);
  fcast_field_plan_destroy(plan);
  return out;
}

static double *reconstruct(const fcast_field_model *model, const fcast_tracks *tracks) {
  fcast_error err;
  fcast_field_plan *plan = NULL;
  double *out = fcast_alloc_array(n_cells(model), sizeof *out);
  assert_non_null(out);
  check_ok(fcast_field_plan_create(model, &plan, &err), &err);
  check_ok(fcast_field_reconstruct(plan, tracks, 0, out, &err), &err);
  fcast_field_plan_destroy(plan);
  return out;
}

/* --- mass and signs --- */

enum { N_FRAMES = 6 };

/* Every frame holds N agents and nothing negative, and so does what the state shows with no step taken. */
static void check_mass(const fcast_field_model *model, const fcast_tracks *tracks) {
  const double area =
      model->density.box_x / (double)model->density.nx * model->density.box_y / (double)model->density.ny;
  double polarization[N_FRAMES];
  double *frames[2] = {forecast(model, tracks, N_FRAMES, polarization), reconstruct(model, tracks)};
  for (size_t kind = 0; kind < 2; kind++) {
    for (size_t frame = 0; frame < (kind == 0 ? N_FRAMES : 1); frame++) {
      double mass = 0.0;
      for (size_t i = 0; i < n_cells(model); i++) {
        const double rho = frames[kind][frame * n_cells(model) + i];
        assert_true(rho >= 0.0);
        mass += rho * area;
      }
      check_close(mass, (double)tracks->n_agents, 0.0, 1e-12);
      assert_true(kind == 1 || (polarization[frame] >= 0.0 && polarization[frame] <= 1.0 + 1e-12));
    }
    fcast_free(frames[kind]);
  }
}

static void mass_is_kept_and_nothing_is_negative(void **state) {
  (void)state;
  const struct {
    fcast_density_options density;
    int64_t parts;
    double state_bandwidth, reach;
    size_t n_agents;
  } cases[] = {
      {box_of(16, 16, 0.9, 0.9, FCAST_PERIODIC), 2, 0.8, 2.0, 40},
      {box_of(24, 10, 0.5, 0.5, FCAST_PERIODIC), 2, 0.4, 1.5, 25}, /* an oblong box */
      {box_of(8, 20, 1.3, 0.4, FCAST_PERIODIC), 1, 0.5, 2.0, 25},  /* oblong cells */
      {box_of(16, 16, 0.9, 0.9, FCAST_PERIODIC), 2, 0.8, 2.0, 1},
      {box_of(16, 16, 0.9, 0.9, FCAST_PERIODIC), 2, 0.0, 2.0, 7},   /* agents in one cell each */
      {box_of(1, 1, 9.0, 9.0, FCAST_PERIODIC), 1, 0.8, 2.0, 9},     /* one cell */
      {box_of(5, 1, 2.0, 9.0, FCAST_PERIODIC), 1, 0.8, 2.0, 9},     /* one row */
      {box_of(3, 4, 1.0, 1.0, FCAST_PERIODIC), 1, 0.9, 4.0, 9},     /* kernels wider than the box */
      {box_of(4, 4, 1.0, 1.0, FCAST_PERIODIC), 2, 3.9, 1.0, 5},     /* a state as wide as the box */
      {box_of(7, 7, 1.0, 1.0, FCAST_PERIODIC), 3, 0.001, 0.1, 300}, /* a kernel in one cell */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int kind = 0; kind < 3; kind++) {
      fcast_field_model model =
          field_model_make(&cases[i].density, cases[i].parts, cases[i].state_bandwidth, cases[i].reach);
      if (kind > 0) {
        field_model_push(&model, (fcast_field_force)kind, cases[i].reach, kind == 1 ? 1.0 : 0.05);
      }
      fcast_tracks tracks = field_tracks_make(&model.density, cases[i].n_agents, 1.0, i);
      check_mass(&model, &tracks);
      fcast_tracks_clear(&tracks);
      fcast_field_model_clear(&model);
    }
  }
}

/* All agents at one point, at corners and edges of the box, and at rest. */
static void agents_at_odd_places_count_too(void **state) {
  (void)state;
  const fcast_density_options density = box_of(12, 9, 0.75, 1.0, FCAST_PERIODIC);
  const double places[][2] = {{0.0, 0.0}, {9.0, 9.0}, {9.0, 0.0}, {4.5, 9.0}, {0.0, 3.3}, {1.125, 1.5}, {2.0, 2.0}};
  for (int kind = 0; kind < 3; kind++) {
    fcast_field_model model = field_model_make(&density, 2, 0.7, 2.0);
    if (kind > 0) {
      field_model_push(&model, (fcast_field_force)kind, 2.0, 0.05);
    }
    for (size_t place = 0; place < sizeof places / sizeof places[0]; place++) {
      for (int at_rest = 0; at_rest < 2; at_rest++) {
        fcast_tracks tracks = field_tracks_make(&density, 20, 0.3, place);
        for (size_t i = 0; i < tracks.n_agents; i++) {
          memcpy(tracks.positions + 2 * i, places[place], sizeof places[place]);
        }
        if (at_rest == 1) {
          memset(tracks.velocities, 0, 2 * tracks.n_agents * sizeof *tracks.velocities);
        }
        check_mass(&model, &tracks);
        fcast_tracks_clear(&tracks);
      }
    }
    fcast_field_model_clear(&model);
  }
}

/* Agents that have no heading and see none stay where they are. */
static void a_flock_at_rest_stays(void **state) {
  (void)state;
  const fcast_density_options density = box_of(14, 14, 1.0, 1.0, FCAST_PERIODIC);
  fcast_field_model model = field_model_make(&density, 2, 0.7, 2.0);
  fcast_tracks tracks = field_tracks_make(&density, 15, 1.0, 4);
  memset(tracks.velocities, 0, 2 * tracks.n_agents * sizeof *tracks.velocities);
  double *found = forecast(&model, &tracks, N_FRAMES, NULL);
  double *expected = reconstruct(&model, &tracks);
  for (size_t frame = 0; frame < N_FRAMES; frame++) {
    assert_memory_equal(found + frame * n_cells(&model), expected, n_cells(&model) * sizeof *expected);
  }
  fcast_free(found);
  fcast_free(expected);
  fcast_tracks_clear(&tracks);
  fcast_field_model_clear(&model);
}

/* --- walls --- */

static double mass_of(const fcast_parcels *parcels) {
  double mass = 0.0;
  for (size_t i = 0; i < parcels->n; i++) {
    mass += parcels->mass[i];
  }
  return mass;
}

/* Parcels stay inside, and their mass with them; so does the density, but where its own kernel repeats the edge. */
static void walls_keep_the_parcels(void **state) {
  (void)state;
  enum { STEPS = 60 };
  fcast_error err;
  for (int kind = 0; kind < 3; kind++) {
    const fcast_density_options density = box_of(10, 14, 0.6, 0.5, FCAST_REFLECTING);
    fcast_field_model model = field_model_make(&density, 2, 0.5, 1.5);
    if (kind > 0) {
      field_model_push(&model, (fcast_field_force)kind, 1.5, 0.05);
    }
    model.interval = 0.4; /* through the box in 15 steps */
    fcast_tracks tracks = field_tracks_make(&density, 30, 0.5, 6);
    fcast_field_plan *plan = NULL;
    fcast_rollout roll;
    double rho[10 * 14];
    check_ok(fcast_field_plan_create(&model, &plan, &err), &err);
    check_ok(fcast__rollout_create(plan, &tracks, 0, &roll, &err), &err);
    for (size_t step = 0; step < STEPS; step++) {
      fcast__rollout_place(&roll);
      check_ok(fcast__rollout_step(&roll, step, &err), &err);
      fcast__rollout_draw(&roll, rho);
      check_close(mass_of(&roll.parcels), 30.0, 0.0, 1e-12);
      for (size_t i = 0; i < roll.parcels.n; i++) {
        assert_true(roll.parcels.x[i] >= 0.0 && roll.parcels.x[i] <= density.box_x);
        assert_true(roll.parcels.y[i] >= 0.0 && roll.parcels.y[i] <= density.box_y);
      }
      for (size_t i = 0; i < 10 * 14; i++) {
        assert_true(rho[i] >= 0.0 && isfinite(rho[i]));
      }
    }
    fcast__rollout_clear(&roll);
    fcast_field_plan_destroy(plan);
    fcast_tracks_clear(&tracks);
    fcast_field_model_clear(&model);
  }
}

/* --- rigid motion --- */

/* A model under which agents of one heading move as one body: full order. */
static fcast_field_model rigid_model(const fcast_density_options *density, int64_t parts) {
  fcast_field_model model = field_model_make(density, parts, 0.8, 2.0);
  model.order = (fcast_estimate){1.0, 1.0, 1.0};
  return model;
}

static fcast_tracks one_heading(const fcast_density_options *density, double angle) {
  fcast_tracks tracks = field_tracks_make(density, 12, 0.0, 21);
  for (size_t i = 0; i < tracks.n_agents; i++) {
    tracks.velocities[2 * i] = cos(angle);
    tracks.velocities[2 * i + 1] = sin(angle);
  }
  return tracks;
}

/* In place; into the box again. */
static void move_all(fcast_tracks *tracks, const fcast_density_options *density, double dx, double dy) {
  for (size_t i = 0; i < tracks->n_agents; i++) {
    double *x = tracks->positions + 2 * i;
    x[0] -= density->box_x * floor((x[0] + dx) / density->box_x) - dx;
    x[1] -= density->box_y * floor((x[1] + dy) / density->box_y) - dy;
  }
}

/* The largest difference between the forecast of one step of (dx, dy) and the agents moved by as much. */
static double rigid_error(int64_t parts, double dx, double dy) {
  const fcast_density_options density = box_of(15, 15, 1.0, 1.0, FCAST_PERIODIC);
  fcast_field_model model = rigid_model(&density, parts);
  fcast_tracks tracks = one_heading(&density, atan2(dy, dx));
  model.speed.value = hypot(dx, dy) / model.interval;
  double *found = forecast(&model, &tracks, 1, NULL);
  move_all(&tracks, &density, dx, dy);
  double *expected = reconstruct(&model, &tracks);
  double most = 0.0;
  for (size_t i = 0; i < n_cells(&model); i++) {
    most = fmax(most, fabs(found[i] - expected[i]));
  }
  most /= field_largest(expected, n_cells(&model));
  fcast_free(found);
  fcast_free(expected);
  fcast_tracks_clear(&tracks);
  fcast_field_model_clear(&model);
  return most;
}

static void whole_cells_are_exact(void **state) {
  (void)state;
  for (int64_t parts = 1; parts <= 5; parts++) {
    check_close(rigid_error(parts, 3.0 / (double)parts, 0.0), 0.0, 1e-12, 0.0);
    check_close(rigid_error(parts, -2.0 / (double)parts, 5.0 / (double)parts), 0.0, 1e-12, 0.0);
  }
}

/* The largest such error over some directions. */
static double rigid_error_of(int64_t parts) {
  double most = 0.0;
  for (int i = 0; i < 8; i++) {
    most = fmax(most, rigid_error(parts, 0.47 * cos(0.3 + 0.8 * i), 0.47 * sin(0.3 + 0.8 * i)));
  }
  return most;
}

/* Between cells the error falls with the square of the state's cells: the bilinear weights. */
static void parts_of_cells_are_of_second_order(void **state) {
  (void)state;
  const double coarse = rigid_error_of(2);
  const double fine = rigid_error_of(16);
  assert_true(coarse < 0.02);
  assert_true(log(coarse / fine) / log(8.0) > 1.8);
}

/* --- symmetries --- */

/* (x, y) of agents and velocities under one of the symmetries of a square, or a shift. */
typedef enum symmetry { MIRROR_X, MIRROR_Y, TURN, SHIFT, N_SYMMETRIES } symmetry;

enum { SHIFT_X = 3, SHIFT_Y = 5 };

static void transform(symmetry kind, const fcast_density_options *density, fcast_tracks *tracks) {
  if (kind == SHIFT) {
    move_all(tracks, density, SHIFT_X * density->box_x / (double)density->nx,
             SHIFT_Y * density->box_y / (double)density->ny);
    return;
  }
  for (size_t i = 0; i < tracks->n_agents; i++) {
    double *x = tracks->positions + 2 * i;
    double *v = tracks->velocities + 2 * i;
    const double old[4] = {x[0], x[1], v[0], v[1]};
    x[0] = kind == MIRROR_X ? density->box_x - old[0] : kind == TURN ? density->box_y - old[1] : old[0];
    x[1] = kind == MIRROR_Y ? density->box_y - old[1] : kind == TURN ? old[0] : old[1];
    v[0] = kind == MIRROR_X ? -old[2] : kind == TURN ? -old[3] : old[2];
    v[1] = kind == MIRROR_Y ? -old[3] : kind == TURN ? old[2] : old[3];
  }
}

/* Where a cell goes. */
static size_t transform_cell(symmetry kind, const fcast_density_options *density, size_t row, size_t column) {
  const size_t nx = (size_t)density->nx;
  const size_t ny = (size_t)density->ny;
  return kind == MIRROR_X   ? row * nx + nx - 1 - column
         : kind == MIRROR_Y ? (ny - 1 - row) * nx + column
         : kind == TURN     ? column * ny + ny - 1 - row /* rows and columns of a box turned too */
                            : (row + SHIFT_Y) % ny * nx + (column + SHIFT_X) % nx;
}

static void check_symmetry(symmetry kind, const fcast_field_model *model, uint64_t seed) {
  fcast_tracks tracks = field_tracks_make(&model->density, 17, 0.4, seed);
  const size_t n = n_cells(model);
  fcast_field_model other = *model;
  double polarization[2][N_FRAMES];
  double *before = forecast(model, &tracks, N_FRAMES, polarization[0]);
  transform(kind, &model->density, &tracks);
  if (kind == TURN) {
    other.density = box_of(model->density.ny, model->density.nx, model->density.box_y / (double)model->density.ny,
                           model->density.box_x / (double)model->density.nx, model->density.boundary);
    other.state_nx = model->state_ny;
    other.state_ny = model->state_nx;
  }
  double *after = forecast(&other, &tracks, N_FRAMES, polarization[1]);
  const double most = field_largest(before, N_FRAMES * n);
  for (size_t i = 0; i < N_FRAMES * n; i++) {
    const size_t cell = i % n;
    const size_t to =
        transform_cell(kind, &model->density, cell / (size_t)model->density.nx, cell % (size_t)model->density.nx);
    check_close(after[i / n * n + to], before[i], 1e-11 * most, 0.0);
  }
  for (size_t i = 0; i < N_FRAMES; i++) {
    check_close(polarization[1][i], polarization[0][i], 1e-11, 0.0);
  }
  fcast_free(before);
  fcast_free(after);
  fcast_tracks_clear(&tracks);
}

static void forecasts_turn_with_the_flock(void **state) {
  (void)state;
  const struct {
    fcast_density_options density;
    int64_t parts;
    double state_bandwidth, reach;
  } cases[] = {
      {box_of(16, 16, 0.9, 0.9, FCAST_PERIODIC), 2, 0.8, 2.0},
      {box_of(18, 11, 0.6, 0.8, FCAST_PERIODIC), 1, 0.7, 1.9},
      {box_of(16, 12, 0.9, 0.9, FCAST_REFLECTING), 2, 0.8, 2.0},
      {box_of(8, 8, 1.0, 1.0, FCAST_PERIODIC), 1, 1.7, 3.0}, /* an agent's Gaussian reaches around the box */
      {box_of(9, 7, 1.0, 1.0, FCAST_PERIODIC), 1, 3.0, 3.0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int force = 0; force < 3; force++) {
      fcast_field_model model =
          field_model_make(&cases[i].density, cases[i].parts, cases[i].state_bandwidth, cases[i].reach);
      if (force > 0) {
        field_model_push(&model, (fcast_field_force)force, cases[i].reach, 0.05);
      }
      for (int kind = 0; kind < N_SYMMETRIES; kind++) {
        if (kind != SHIFT || cases[i].density.boundary == FCAST_PERIODIC) {
          check_symmetry((symmetry)kind, &model, i);
        }
      }
      fcast_field_model_clear(&model);
    }
  }
}

/* --- the density --- */

/* The density itself: a Gaussian about every agent, wherever it is in its cell. */
static void sum_gaussians(const fcast_tracks *tracks, const fcast_density_options *density, double *rho) {
  const double pi = 3.14159265358979323846;
  const double cell = density->box_x / (double)density->nx;
  const double variance = pow(density->bandwidth * cell, 2.0);
  for (int64_t i = 0; i < density->nx * density->ny; i++) {
    rho[i] = 0.0;
    for (size_t agent = 0; agent < tracks->n_agents; agent++) {
      const double x = ((double)(i % density->nx) + 0.5) * cell - tracks->positions[2 * agent];
      const double y = ((double)(i / density->nx) + 0.5) * cell - tracks->positions[2 * agent + 1];
      const double dx = x - density->box_x * nearbyint(x / density->box_x);
      const double dy = y - density->box_y * nearbyint(y / density->box_y);
      rho[i] += exp(-0.5 * (dx * dx + dy * dy) / variance) / (2.0 * pi * variance);
    }
  }
}

static double r2_of(const double *found, const double *truth, size_t n) {
  double mean = 0.0;
  double error = 0.0;
  double spread = 0.0;
  for (size_t i = 0; i < n; i++) {
    mean += truth[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    error += (found[i] - truth[i]) * (found[i] - truth[i]);
    spread += (truth[i] - mean) * (truth[i] - mean);
  }
  return 1.0 - error / spread;
}

/* Of a default run the state shows the density to a thousandth, and the histogram of it as well as anything can that
 * knows where in their cells the agents are. */
static void the_state_shows_the_density(void **state) {
  (void)state;
  fcast_error err;
  const fcast_simulate_options options = fcast_simulate_options_default();
  fcast_density_options density = box_of(64, 64, 15.0 / 64, 15.0 / 64, FCAST_PERIODIC);
  density.bandwidth = 2.0;
  for (int type = 0; type < FCAST_IC_COUNT; type++) {
    fcast_tracks tracks;
    fcast_fields histogram;
    check_ok(fcast_simulate(&options, (fcast_ic_type)type, 5, &tracks, &err), &err);
    check_ok(fcast_density_estimate(&tracks, &density, &histogram, &err), &err);
    fcast_field_model model = field_model_make(&density, 1, 15.0 / 64, 2.0);
    double *found = reconstruct(&model, &tracks);
    double *exact = fcast_alloc_array(n_cells(&model), sizeof *exact);
    assert_non_null(exact);
    sum_gaussians(&tracks, &density, exact);
    assert_true(r2_of(found, exact, n_cells(&model)) > 0.999);
    assert_true(r2_of(found, histogram.rho, n_cells(&model)) > 0.975);
    check_close(r2_of(found, histogram.rho, n_cells(&model)), r2_of(exact, histogram.rho, n_cells(&model)), 3e-3, 0.0);
    fcast_free(exact);
    fcast_free(found);
    fcast_field_model_clear(&model);
    fcast_fields_clear(&histogram);
    fcast_tracks_clear(&tracks);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mass_is_kept_and_nothing_is_negative),
      cmocka_unit_test(agents_at_odd_places_count_too),
      cmocka_unit_test(a_flock_at_rest_stays),
      cmocka_unit_test(walls_keep_the_parcels),
      cmocka_unit_test(whole_cells_are_exact),
      cmocka_unit_test(parts_of_cells_are_of_second_order),
      cmocka_unit_test(forecasts_turn_with_the_flock),
      cmocka_unit_test(the_state_shows_the_density),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
