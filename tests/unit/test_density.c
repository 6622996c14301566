/* SPDX-License-Identifier: MIT
 *
 * Density against the obvious version (a sum over cells and offsets), and by its properties.
 */
#include "check.h"

#include "base/cpu.h"
#include "density/taps.h"
#include "flockcast/density.h"

#include <math.h>
#include <string.h>

/* One frame of agents at random in the box; the caller clears it. */
static fcast_tracks scatter(size_t n_agents, const fcast_density_options *options, uint64_t *random) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_tracks_alloc(1, n_agents, &tracks, &err), &err);
  for (size_t i = 0; i < n_agents; i++) {
    tracks.positions[2 * i] = options->box_x * 0.5 * (1.0 + test_uniform(random));
    tracks.positions[2 * i + 1] = options->box_y * 0.5 * (1.0 + test_uniform(random));
  }
  return tracks;
}

static fcast_fields estimate(const fcast_tracks *tracks, const fcast_density_options *options) {
  fcast_error err;
  fcast_fields fields;
  check_ok(fcast_density_estimate(tracks, options, &fields, &err), &err);
  return fields;
}

static ptrdiff_t continued(ptrdiff_t index, ptrdiff_t n, fcast_boundary boundary) {
  if (boundary == FCAST_PERIODIC) {
    return ((index % n) + n) % n;
  }
  return index < 0 ? 0 : (index >= n ? n - 1 : index);
}

/* The judge: for every cell, every offset of the kernel, the count of the cell that stands there. */
static double direct(const double *counts, ptrdiff_t x, ptrdiff_t y, const fcast_density_options *options) {
  const ptrdiff_t radius = (ptrdiff_t)(4.0 * options->bandwidth + 0.5);
  double sum = 0.0;
  double weight_sum = 0.0;
  for (ptrdiff_t ky = -radius; ky <= radius; ky++) {
    for (ptrdiff_t kx = -radius; kx <= radius; kx++) {
      const double square = (double)(kx * kx + ky * ky);
      const double weight = radius == 0 ? 1.0 : exp(-0.5 * square / (options->bandwidth * options->bandwidth));
      const ptrdiff_t row = continued(y + ky, options->ny, options->boundary);
      const ptrdiff_t column = continued(x + kx, options->nx, options->boundary);
      sum += weight * counts[row * options->nx + column];
      weight_sum += weight;
    }
  }
  return sum / weight_sum;
}

static void test_equals_the_direct_sum(void **state) {
  (void)state;
  uint64_t random = 1;
  const fcast_density_options cases[] = {
      {16, 16, 2.0, 15.0, 15.0, FCAST_PERIODIC},  {16, 16, 2.0, 15.0, 15.0, FCAST_REFLECTING},
      {13, 7, 1.3, 9.0, 4.0, FCAST_PERIODIC},     {7, 13, 1.3, 9.0, 4.0, FCAST_REFLECTING},
      {3, 2, 5.0, 1.0, 1.0, FCAST_PERIODIC},      {3, 2, 5.0, 1.0, 1.0, FCAST_REFLECTING},
      {1, 1, 2.0, 1.0, 1.0, FCAST_PERIODIC},      {9, 9, 0.1, 1.0, 1.0, FCAST_PERIODIC},
      {20, 5, 0.0, 100.0, 3.0, FCAST_REFLECTING},
  };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    const fcast_density_options *options = &cases[c];
    fcast_tracks tracks = scatter(50, options, &random);
    fcast_density_options bare = *options;
    bare.bandwidth = 0.0;
    fcast_fields counts = estimate(&tracks, &bare);
    fcast_fields smooth = estimate(&tracks, options);
    for (size_t i = 0; i < smooth.ny * smooth.nx; i++) {
      const double expected = direct(counts.rho, (ptrdiff_t)(i % smooth.nx), (ptrdiff_t)(i / smooth.nx), options);
      check_close(smooth.rho[i], expected, 1e-12, 1e-12);
    }
    fcast_fields_clear(&counts);
    fcast_fields_clear(&smooth);
    fcast_tracks_clear(&tracks);
  }
}

/* Whatever vector instructions a machine has, the bits are those of the plain sum written out. */
static void test_levels_give_the_same_bits(void **state) {
  (void)state;
  enum { N = 83, MAX_TAPS = 23 };
  uint64_t random = 3;
  double rows[MAX_TAPS + 1][N];
  fcast_tap taps[MAX_TAPS];
  for (size_t i = 0; i < (size_t)(MAX_TAPS + 1) * N; i++) {
    rows[i / N][i % N] = fabs(test_uniform(&random));
  }
  for (size_t k = 0; k < MAX_TAPS; k++) {
    taps[k] = (fcast_tap){.weight = fabs(test_uniform(&random)), .before = rows[k], .behind = rows[k + 1]};
  }
  for (int level = FCAST_CPU_BASELINE; level <= (int)fcast__cpu_highest(); level++) {
    fcast__cpu_set_level((fcast_cpu_level)level);
    fcast_taps_sum *sum = fcast__taps_sum();
    for (size_t n_taps = 0; n_taps <= MAX_TAPS; n_taps++) {
      double found[N + 1] = {[N] = -1.0};
      sum(taps, n_taps, N, found);
      for (size_t i = 0; i < N; i++) {
        double expected = 0.0;
        for (size_t k = 0; k < n_taps; k++) {
          expected += taps[k].weight * (rows[k][i] + rows[k + 1][i]);
        }
        assert_memory_equal(&found[i], &expected, sizeof expected);
      }
      assert_true(found[N] == -1.0);
    }
  }
  fcast__cpu_set_level(FCAST_CPU_LEVELS);
}

/* A frame knows nothing of the frames before it: what is passed over as empty was cleared. */
static void test_frames_are_independent(void **state) {
  (void)state;
  enum { N_FRAMES = 5, N_AGENTS = 9 };
  uint64_t random = 5;
  fcast_error err;
  const fcast_density_options options = {24, 31, 1.5, 7.0, 11.0, FCAST_REFLECTING};
  fcast_tracks tracks;
  check_ok(fcast_tracks_alloc(N_FRAMES, N_AGENTS, &tracks, &err), &err);
  for (size_t i = 0; i < (size_t)N_FRAMES * N_AGENTS; i++) {
    tracks.positions[2 * i] = options.box_x * fabs(test_uniform(&random));
    tracks.positions[2 * i + 1] = options.box_y * fabs(test_uniform(&random));
  }
  fcast_fields together = estimate(&tracks, &options);
  const size_t n_space = together.ny * together.nx;
  for (size_t frame = 0; frame < N_FRAMES; frame++) {
    const fcast_tracks one = {.n_frames = 1,
                              .n_agents = N_AGENTS,
                              .positions = tracks.positions + 2 * frame * N_AGENTS,
                              .times = tracks.times + frame};
    fcast_fields alone = estimate(&one, &options);
    assert_memory_equal(alone.rho, together.rho + frame * n_space, n_space * sizeof *alone.rho);
    fcast_fields_clear(&alone);
  }
  fcast_fields_clear(&together);
  fcast_tracks_clear(&tracks);
}

/* Squeeze the agents into the middle, out of the kernel's reach of the walls; false where there is no such middle. */
static bool keep_off_the_walls(fcast_tracks *tracks, const fcast_density_options *options) {
  const double box[2] = {options->box_x, options->box_y};
  const double n_cells[2] = {(double)options->nx, (double)options->ny};
  for (size_t axis = 0; axis < 2; axis++) {
    const double margin = (floor(4.0 * options->bandwidth + 0.5) + 1.0) / n_cells[axis];
    if (margin >= 0.5) {
      return false;
    }
    for (size_t i = 0; i < tracks->n_agents; i++) {
      double *position = &tracks->positions[2 * i + axis];
      *position = box[axis] * margin + *position * (1.0 - 2.0 * margin);
    }
  }
  return true;
}

/* In a periodic box always; at walls, where the edge cell is repeated as SciPy's mode "nearest" does, for agents
 * farther from every wall than the kernel reaches. */
static void test_mass_is_the_number_of_agents(void **state) {
  (void)state;
  uint64_t random = 2;
  int n_checked[2] = {0, 0};
  for (int trial = 0; trial < 200; trial++) {
    const fcast_density_options options = {
        .nx = 1 + (int64_t)(80.0 * fabs(test_uniform(&random))),
        .ny = 1 + (int64_t)(80.0 * fabs(test_uniform(&random))),
        .bandwidth = 6.0 * fabs(test_uniform(&random)),
        .box_x = 1.0 + 20.0 * fabs(test_uniform(&random)),
        .box_y = 1.0 + 20.0 * fabs(test_uniform(&random)),
        .boundary = trial % 2 == 0 ? FCAST_PERIODIC : FCAST_REFLECTING,
    };
    const size_t n_agents = 1 + (size_t)(300.0 * fabs(test_uniform(&random)));
    fcast_tracks tracks = scatter(n_agents, &options, &random);
    if (options.boundary == FCAST_REFLECTING && !keep_off_the_walls(&tracks, &options)) {
      fcast_tracks_clear(&tracks);
      continue;
    }
    n_checked[options.boundary]++;
    fcast_fields fields = estimate(&tracks, &options);
    double mass = 0.0;
    for (size_t i = 0; i < fields.ny * fields.nx; i++) {
      mass += fields.rho[i] * (options.box_x / (double)options.nx) * (options.box_y / (double)options.ny);
      assert_true(fields.rho[i] >= 0.0);
    }
    check_close(mass, (double)n_agents, 0.0, 1e-12);
    fcast_fields_clear(&fields);
    fcast_tracks_clear(&tracks);
  }
  assert_true(n_checked[FCAST_PERIODIC] == 100 && n_checked[FCAST_REFLECTING] > 20);
}

/* One agent near the lower right corner: x is the column, y the row. */
static void test_orientation_and_edges(void **state) {
  (void)state;
  fcast_error err;
  const fcast_density_options options = {4, 2, 0.0, 8.0, 6.0, FCAST_PERIODIC};
  fcast_tracks tracks;
  check_ok(fcast_tracks_alloc(1, 1, &tracks, &err), &err);
  tracks.positions[0] = 7.9;
  tracks.positions[1] = 0.1;
  fcast_fields fields = estimate(&tracks, &options);
  check_close(fields.rho[3], 1.0 / 6.0, 1e-15, 0.0);
  check_close(fields.x_edges[3], 6.0, 0.0, 0.0);
  check_close(fields.y_edges[2], 6.0, 0.0, 0.0);
  fcast_fields_clear(&fields);
  /* exactly on an inner edge: the cell above it; on the last edge: the last cell; outside: nowhere */
  tracks.positions[0] = 2.0;
  tracks.positions[1] = 6.0;
  fields = estimate(&tracks, &options);
  check_close(fields.rho[4 + 1], 1.0 / 6.0, 1e-15, 0.0);
  fcast_fields_clear(&fields);
  tracks.positions[0] = -0.5;
  fields = estimate(&tracks, &options);
  for (size_t i = 0; i < 8; i++) {
    assert_true(fields.rho[i] == 0.0);
  }
  fcast_fields_clear(&fields);
  fcast_tracks_clear(&tracks);
}

/* In a periodic box, moving all agents by whole cells moves the field. */
static void test_shift(void **state) {
  (void)state;
  uint64_t random = 4;
  const fcast_density_options options = {32, 16, 2.0, 32.0, 16.0, FCAST_PERIODIC};
  fcast_tracks tracks = scatter(30, &options, &random);
  for (size_t i = 0; i < 60; i++) {
    tracks.positions[i] = floor(tracks.positions[i]) + 0.5; /* cell centres: no agent on an edge */
  }
  fcast_fields before = estimate(&tracks, &options);
  for (size_t i = 0; i < 30; i++) {
    tracks.positions[2 * i] = fmod(tracks.positions[2 * i] + 5.0, 32.0);
    tracks.positions[2 * i + 1] = fmod(tracks.positions[2 * i + 1] + 3.0, 16.0);
  }
  fcast_fields after = estimate(&tracks, &options);
  for (size_t y = 0; y < 16; y++) {
    for (size_t x = 0; x < 32; x++) {
      check_close(after.rho[(y + 3) % 16 * 32 + (x + 5) % 32], before.rho[y * 32 + x], 1e-15, 1e-14);
    }
  }
  fcast_fields_clear(&before);
  fcast_fields_clear(&after);
  fcast_tracks_clear(&tracks);
}

static void test_wrong_options_are_named(void **state) {
  (void)state;
  fcast_error err;
  fcast_density_options options = {0, 4, 1.0, 1.0, 1.0, FCAST_PERIODIC};
  assert_int_equal(fcast_density_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "density.nx"));
  options.nx = 4;
  options.bandwidth = -1.0;
  assert_int_equal(fcast_density_options_check(&options, &err), FCAST_E_CONFIG);
  assert_non_null(strstr(err.text, "density.bandwidth"));
}

/* --- moments of the headings --- */

/* Agents with velocities of any direction and speed. */
static fcast_tracks scatter_moving(size_t n_frames, size_t n_agents, const fcast_density_options *options,
                                   uint64_t *random) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_tracks_alloc(n_frames, n_agents, &tracks, &err), &err);
  for (size_t i = 0; i < n_frames * n_agents; i++) {
    tracks.positions[2 * i] = options->box_x * 0.5 * (1.0 + test_uniform(random));
    tracks.positions[2 * i + 1] = options->box_y * 0.5 * (1.0 + test_uniform(random));
    tracks.velocities[2 * i] = 3.0 * test_uniform(random);
    tracks.velocities[2 * i + 1] = 3.0 * test_uniform(random);
  }
  tracks.velocities[0] = tracks.velocities[1] = 0.0; /* one at rest */
  return tracks;
}

enum { MOMENT_NX = 12, MOMENT_NY = 9, N_MOMENTS = 3, MOMENT_FRAMES = 2 };

/* What one agent adds to a moment: |v| cos n theta or |v| sin n theta. */
static double moment_of(const double *velocity, size_t field) {
  const double n = (double)(field / 2 + 1);
  const double theta = atan2(velocity[1], velocity[0]);
  return hypot(velocity[0], velocity[1]) * (field % 2 == 0 ? cos(n * theta) : sin(n * theta));
}

/* Every moment against the histogram of its weights and the direct sum of the kernel over it; the total is that of the
 * agents, the momentum's of their velocities. */
static void test_moments_equal_the_direct_sum(void **state) {
  (void)state;
  enum { N_AGENTS = 17, CELLS = MOMENT_NX * MOMENT_NY };
  fcast_error err;
  uint64_t random = 11;
  const fcast_density_options options = {MOMENT_NX, MOMENT_NY, 1.3, 6.0, 4.5, FCAST_PERIODIC};
  double out[MOMENT_FRAMES * 2 * N_MOMENTS * CELLS];
  fcast_tracks tracks = scatter_moving(MOMENT_FRAMES, N_AGENTS, &options, &random);
  check_ok(fcast_density_moments(&tracks, &options, N_MOMENTS, out, &err), &err);
  for (size_t i = 0; i < MOMENT_FRAMES * 2 * N_MOMENTS; i++) {
    const double *positions = tracks.positions + i / (2 * N_MOMENTS) * 2 * N_AGENTS;
    const double *velocities = tracks.velocities + i / (2 * N_MOMENTS) * 2 * N_AGENTS;
    double counts[CELLS] = {0.0};
    double total = 0.0;
    double sum = 0.0;
    for (size_t a = 0; a < N_AGENTS; a++) {
      const size_t cell = (size_t)(positions[2 * a + 1] / 0.5) * MOMENT_NX + (size_t)(positions[2 * a] / 0.5);
      counts[cell] += moment_of(velocities + 2 * a, i % (2 * N_MOMENTS)) / 0.25;
      total += moment_of(velocities + 2 * a, i % (2 * N_MOMENTS));
    }
    for (ptrdiff_t cell = 0; cell < CELLS; cell++) {
      check_close(out[(ptrdiff_t)i * CELLS + cell], direct(counts, cell % MOMENT_NX, cell / MOMENT_NX, &options), 1e-12,
                  0.0);
      sum += 0.25 * out[(ptrdiff_t)i * CELLS + cell];
    }
    check_close(sum, total, 1e-11, 0.0);
  }
  for (size_t component = 0; component < 2; component++) {
    double momentum = 0.0;
    double velocity = 0.0;
    for (size_t cell = 0; cell < CELLS; cell++) {
      momentum += 0.25 * out[component * CELLS + cell];
    }
    for (size_t a = 0; a < N_AGENTS; a++) {
      velocity += tracks.velocities[2 * a + component];
    }
    check_close(momentum, velocity, 1e-12, 0.0);
  }
  fcast_tracks_clear(&tracks);
}

/* Agents that all move along x with speed 1: every cosine moment is the density, every sine moment nothing; at walls
 * too. Along y with speed 2, cos 2 theta = -1. */
static void test_moments_of_aligned_agents(void **state) {
  (void)state;
  enum { N_AGENTS = 30, CELLS = MOMENT_NX * MOMENT_NY };
  fcast_error err;
  uint64_t random = 12;
  for (int boundary = FCAST_PERIODIC; boundary <= FCAST_REFLECTING; boundary++) {
    const fcast_density_options options = {MOMENT_NX, MOMENT_NY, 2.0, 5.0, 7.0, (fcast_boundary)boundary};
    double out[2 * N_MOMENTS * CELLS];
    fcast_tracks tracks = scatter_moving(1, N_AGENTS, &options, &random);
    fcast_fields fields = estimate(&tracks, &options);
    for (size_t a = 0; a < N_AGENTS; a++) {
      tracks.velocities[2 * a] = 1.0;
      tracks.velocities[2 * a + 1] = 0.0;
    }
    check_ok(fcast_density_moments(&tracks, &options, N_MOMENTS, out, &err), &err);
    for (size_t i = 0; i < 2 * N_MOMENTS * CELLS; i++) {
      check_close(out[i], i / CELLS % 2 == 0 ? fields.rho[i % CELLS] : 0.0, 0.0, 1e-15);
    }
    for (size_t a = 0; a < N_AGENTS; a++) {
      tracks.velocities[2 * a] = 0.0;
      tracks.velocities[2 * a + 1] = 2.0;
    }
    check_ok(fcast_density_moments(&tracks, &options, 2, out, &err), &err);
    const double factor[] = {0.0, 2.0, -2.0, 0.0};
    for (size_t i = 0; i < 4 * CELLS; i++) {
      check_close(out[i], factor[i / CELLS] * fields.rho[i % CELLS], 1e-15, 1e-14);
    }
    fcast_fields_clear(&fields);
    fcast_tracks_clear(&tracks);
  }
}

static void test_moments_need_velocities(void **state) {
  (void)state;
  fcast_error err;
  const fcast_density_options options = {4, 4, 1.0, 1.0, 1.0, FCAST_PERIODIC};
  const fcast_density_options wrong = {0, 4, 1.0, 1.0, 1.0, FCAST_PERIODIC};
  double out[32];
  double velocity[2] = {1.0, 0.0};
  double position[2] = {0.5, 0.5};
  double time = 0.0;
  fcast_tracks tracks = {.n_frames = 1, .n_agents = 1, .positions = position, .times = &time};
  assert_int_equal(fcast_density_moments(&tracks, &options, 1, out, &err), FCAST_E_ARG);
  tracks.velocities = velocity;
  assert_int_equal(fcast_density_moments(&tracks, &wrong, 1, out, &err), FCAST_E_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equals_the_direct_sum),     cmocka_unit_test(test_levels_give_the_same_bits),
      cmocka_unit_test(test_frames_are_independent),    cmocka_unit_test(test_mass_is_the_number_of_agents),
      cmocka_unit_test(test_orientation_and_edges),     cmocka_unit_test(test_shift),
      cmocka_unit_test(test_wrong_options_are_named),   cmocka_unit_test(test_moments_equal_the_direct_sum),
      cmocka_unit_test(test_moments_of_aligned_agents), cmocka_unit_test(test_moments_need_velocities),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
