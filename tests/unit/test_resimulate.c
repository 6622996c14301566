/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "flockcast/simulate.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { START = 4 };

static fcast_tracks simulate(const fcast_simulate_options *options, fcast_ic_type type, uint64_t seed) {
  fcast_error err;
  fcast_tracks tracks;
  check_ok(fcast_simulate(options, type, seed, &tracks, &err), &err);
  return tracks;
}

static fcast_tracks resimulate(const fcast_simulate_options *options, const fcast_tracks *tracks, uint64_t seed,
                               uint64_t member) {
  fcast_error err;
  fcast_tracks again;
  check_ok(fcast_resimulate(options, tracks, START, seed, member, &again, &err), &err);
  assert_int_equal(again.n_frames, tracks->n_frames - START);
  assert_int_equal(again.n_agents, tracks->n_agents);
  assert_memory_equal(again.times, tracks->times + START, again.n_frames * sizeof(double));
  return again;
}

static size_t n_bytes(const fcast_tracks *tracks) {
  return tracks->n_frames * tracks->n_agents * 2 * sizeof(double);
}

/* Distance between two positions on a line of the given length, or on a ring. */
static double apart(double a, double b, double length, fcast_boundary boundary) {
  return boundary == FCAST_PERIODIC ? fabs(remainder(a - b, length)) : fabs(a - b);
}

/* Without noise there is one way on from a state: that of the run. */
static void test_without_noise_the_run_comes_again(void **state) {
  (void)state;
  for (int choice = 0; choice < 16; choice++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.eta = 0.0;
    options.box_y = 11.0;
    options.boundary = choice & 1 ? FCAST_REFLECTING : FCAST_PERIODIC;
    options.noise_kind = choice & 2 ? FCAST_NOISE_UNIFORM : FCAST_NOISE_GAUSSIAN;
    options.rng = choice & 4 ? FCAST_RANDOM_PHILOX : FCAST_RANDOM_PCG64;
    options.save_every = choice & 8 ? 3 : 1;
    options.total_time = 5.0; /* not a multiple of three steps */
    options.speed = 2.5;
    fcast_tracks tracks = simulate(&options, (fcast_ic_type)(choice % FCAST_IC_COUNT), 12);
    fcast_tracks again = resimulate(&options, &tracks, 12, 3);
    const size_t before = (size_t)START * 2 * tracks.n_agents;
    for (size_t i = 0; i < 2 * again.n_frames * again.n_agents; i++) {
      const double length = i % 2 == 0 ? options.box_x : options.box_y;
      check_close(apart(again.positions[i], tracks.positions[before + i], length, options.boundary), 0.0, 1e-12, 0.0);
      check_close(again.velocities[i], tracks.velocities[before + i], 1e-12, 0.0);
    }
    fcast_tracks_clear(&again);
    fcast_tracks_clear(&tracks);
  }
}

/* The angles that a lone agent turns by are its noise. */
static void test_noise_is_as_wide_as_that_of_runs(void **state) {
  (void)state;
  for (int choice = 0; choice < 4; choice++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = 1;
    options.total_time = 1000.0;
    options.match_variance = (choice & 1) != 0;
    options.noise_kind = choice & 2 ? FCAST_NOISE_UNIFORM : FCAST_NOISE_GAUSSIAN;
    fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 12);
    fcast_tracks again = resimulate(&options, &tracks, 12, 0);
    const size_t n = again.n_frames - 1;
    double sum = 0.0;
    double sum_of_squares = 0.0;
    for (size_t i = 0; i < n; i++) {
      const double *v = again.velocities + 2 * i;
      const double angle = atan2(v[0] * v[3] - v[1] * v[2], v[0] * v[2] + v[1] * v[3]);
      sum += angle;
      sum_of_squares += angle * angle;
    }
    const double width = options.noise_kind == FCAST_NOISE_GAUSSIAN && !options.match_variance ? 0.3 : 0.3 / sqrt(12.0);
    const double four_errors = 4.0 / sqrt((double)n); /* of a mean; a standard deviation is known better */
    check_close(sum / (double)n, 0.0, four_errors * width, 0.0);
    check_close(sqrt(sum_of_squares / (double)n), width, 0.0, four_errors);
    fcast_tracks_clear(&again);
    fcast_tracks_clear(&tracks);
  }
}

/* All from the same state, and no two alike behind it: members, seeds and the run itself, also where that is Philox's
 * own from the same seed. */
static void test_members_have_noise_of_their_own(void **state) {
  (void)state;
  enum { N_MEMBERS = 6 };
  const uint64_t members[N_MEMBERS] = {0, 1, 2, 255, 256, FCAST_MAX_MEMBERS - 1};
  fcast_simulate_options options = fcast_simulate_options_default();
  options.rng = FCAST_RANDOM_PHILOX;
  fcast_tracks tracks = simulate(&options, FCAST_IC_RING, 12);
  const size_t frame = 2 * tracks.n_agents;
  fcast_tracks made[N_MEMBERS + 1];
  for (size_t i = 0; i <= N_MEMBERS; i++) {
    made[i] = resimulate(&options, &tracks, i < N_MEMBERS ? 12 : 13, members[i % N_MEMBERS]);
    for (size_t k = 0; k < frame; k++) {
      check_close(made[i].positions[k], tracks.positions[START * frame + k], 0.0, 0.0);
    }
    for (size_t k = frame; k < 2 * frame; k++) {
      assert_true(made[i].positions[k] != tracks.positions[START * frame + k]);
      for (size_t j = 0; j < i; j++) {
        assert_true(made[i].positions[k] != made[j].positions[k]);
      }
    }
  }
  for (size_t i = 0; i <= N_MEMBERS; i++) {
    fcast_tracks_clear(&made[i]);
  }
  fcast_tracks_clear(&tracks);
}

static void test_results_depend_on_nothing_else(void **state) {
  (void)state;
  const int64_t n_agents[] = {40, 5000}; /* a thread's, and a team's */
  for (size_t size = 0; size < 2; size++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.n_agents = n_agents[size];
    options.total_time = 0.8;
    omp_set_num_threads(1);
    fcast_tracks tracks = simulate(&options, FCAST_IC_RING, 8);
    fcast_tracks one = resimulate(&options, &tracks, 8, 1);
    const int n_threads[] = {2, 3, 7};
    for (size_t i = 0; i < 3; i++) {
      omp_set_num_threads(n_threads[i]);
      options.total_time = 3.0 + n_threads[i]; /* the tracks say how long it goes on */
      options.rng = i % 2 == 0 ? FCAST_RANDOM_PHILOX : FCAST_RANDOM_PCG64;
      fcast_tracks many = resimulate(&options, &tracks, 8, 1);
      assert_memory_equal(one.positions, many.positions, n_bytes(&one));
      assert_memory_equal(one.velocities, many.velocities, n_bytes(&one));
      fcast_tracks_clear(&many);
    }
    fcast_tracks_clear(&one);
    fcast_tracks_clear(&tracks);
  }
}

/* Files may hold float32: headings a little off length one, positions on the far wall. */
static void test_rounded_states_are_put_right(void **state) {
  (void)state;
  for (int boundary = FCAST_PERIODIC; boundary <= FCAST_REFLECTING; boundary++) {
    fcast_simulate_options options = fcast_simulate_options_default();
    options.boundary = (fcast_boundary)boundary;
    options.box_x = 14.3;
    options.speed = 0.7;
    fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 4);
    for (size_t i = 0; i < 2 * tracks.n_frames * tracks.n_agents; i++) {
      tracks.velocities[i] = (double)(float)tracks.velocities[i];
    }
    tracks.positions[START * 2 * tracks.n_agents] = (double)14.3F;
    assert_true((double)14.3F > 14.3);
    fcast_tracks again = resimulate(&options, &tracks, 4, 0);
    check_close(again.positions[0], boundary == FCAST_PERIODIC ? 0.0 : 14.3, 1e-6, 0.0);
    for (size_t i = 0; i < again.n_frames * again.n_agents; i++) {
      check_close(hypot(again.velocities[2 * i], again.velocities[2 * i + 1]), 0.7, 1e-14, 0.0);
      assert_true(again.positions[2 * i] >= 0.0 && again.positions[2 * i] <= 14.3);
    }
    fcast_tracks_clear(&again);
    fcast_tracks_clear(&tracks);
  }
}

static void check_refused(const fcast_simulate_options *options, const fcast_tracks *tracks, size_t frame,
                          uint64_t member, fcast_status expected, const char *word) {
  fcast_error err;
  fcast_tracks out;
  assert_int_equal(fcast_resimulate(options, tracks, frame, 1, member, &out, &err), expected);
  assert_non_null(strstr(err.text, word));
  assert_null(out.positions);
}

static void test_what_does_not_fit_is_named(void **state) {
  (void)state;
  fcast_simulate_options options = fcast_simulate_options_default();
  fcast_tracks tracks = simulate(&options, FCAST_IC_UNIFORM, 1);
  fcast_tracks without = tracks;
  without.velocities = NULL;
  check_refused(&options, &without, 0, 0, FCAST_E_SHAPE, "without velocities");
  check_refused(&options, &tracks, tracks.n_frames, 0, FCAST_E_SHAPE, "21 frames");
  check_refused(&options, &tracks, 0, FCAST_MAX_MEMBERS, FCAST_E_ARG, "member");
  options.n_agents = 39;
  check_refused(&options, &tracks, 0, 0, FCAST_E_SHAPE, "40 agents");
  options = fcast_simulate_options_default();
  options.radius = -1.0;
  check_refused(&options, &tracks, 0, 0, FCAST_E_CONFIG, "params.R");
  options = fcast_simulate_options_default();
  tracks.velocities[2 * (2 * tracks.n_agents + 7)] = 0.0;
  tracks.velocities[2 * (2 * tracks.n_agents + 7) + 1] = 0.0;
  check_refused(&options, &tracks, 2, 0, FCAST_E_FORMAT, "agent 7 of frame 2");
  options.speed = 0.0; /* nobody moves, and nobody needs a heading */
  fcast_error err;
  fcast_tracks still;
  check_ok(fcast_resimulate(&options, &tracks, 2, 1, 0, &still, &err), &err);
  assert_memory_equal(still.positions, tracks.positions + 2 * 2 * tracks.n_agents,
                      2 * tracks.n_agents * sizeof(double));
  fcast_tracks_clear(&still);
  fcast_tracks_clear(&tracks);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_without_noise_the_run_comes_again), cmocka_unit_test(test_noise_is_as_wide_as_that_of_runs),
      cmocka_unit_test(test_members_have_noise_of_their_own),   cmocka_unit_test(test_results_depend_on_nothing_else),
      cmocka_unit_test(test_rounded_states_are_put_right),      cmocka_unit_test(test_what_does_not_fit_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
