/* SPDX-License-Identifier: MIT
 *
 * Configuration: files and --set onto the table, every complaint in the user's words, and the reference read back.
 */
#include "flockcast/array.h"
#include "io/config.h"
#include "io/file.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char config_path[SCRATCH_PATH];

static int make_directory(void **state) {
  const int status = scratch_set_up(state);
  scratch_path(scratch_directory, "config.yml", config_path);
  return status;
}

static fcast_status read_text(fcast_config *config, const char *text, fcast_error *err) {
  fcast_config_default(config);
  assert_int_equal(fcast_file_write(config_path, text, strlen(text), NULL), FCAST_OK);
  return fcast_config_read(config, config_path, err);
}

static fcast_config read_good(const char *text) {
  fcast_config config;
  fcast_error err = {0};
  if (read_text(&config, text, &err) != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  return config;
}

/* Both as JSON: padding in structs is nobody's business. */
static void assert_configs_equal(const fcast_config *a, const fcast_config *b) {
  json_t *a_json = fcast_config_json(a);
  json_t *b_json = fcast_config_json(b);
  assert_non_null(a_json);
  assert_true(json_equal(a_json, b_json));
  json_decref(a_json);
  json_decref(b_json);
}

static void expect_message(const char *found, const char *expected) {
  if (strstr(found, expected) == NULL) {
    fail_msg("found '%s', expected '%s' in it", found, expected);
  }
}

static void test_defaults_are_valid(void **state) {
  (void)state;
  fcast_config config;
  fcast_config_default(&config);
  assert_int_equal(fcast_config_check(&config, NULL), FCAST_OK);
  assert_int_equal(config.simulate.n_agents, 40);
  assert_true(config.density.box_x == 15.0 && config.density.box_y == 15.0);
  assert_true(config.rom.ridge_alpha == 1e-6);
  assert_false(config.n_train_given || config.m_test_given);
}

static void test_every_key_is_read(void **state) {
  (void)state;
  const fcast_config config = read_good(
      "sim:      {N: 41, Lx: 16.0, Ly: 17, bc: reflecting, T: 3.5, dt: 0.05, save_every: 2, neighbor_rebuild: 7, rng: "
      "philox}\n"
      "model:    {type: dorsogna, speed: 0.5, speed_mode: variable, alignment_rate: 4, angular_diffusion: 0.1, alpha: "
      "2, "
      "beta: 3}\n"
      "params:   {R: 2.5}\n"
      "noise:    {kind: uniform, eta: .25, match_variance: no}\n"
      "forces:   {enabled: on, type: morse, params: {Cr: 2.1, Ca: 1.1, lr: 0.6, la: 1.6, mu_t: 0.6, rcut_factor: "
      "5.1}}\n"
      "initial:  {centre_x: 1, centre_y: [2, -3.5], spread: 0.1..2, ring_radius: [], n_clusters: [4], test: "
      "{separation: "
      "1e-9..1e9}}\n"
      "ensemble: {ic_types: [ring, uniform, ring], n_train: 7, m_test: 3, train_seed: 5, test_seed: 77, test_T: 8}\n"
      "density:  {nx: 32, ny: 48, bandwidth: 1e0}\n"
      "rom:      {target_energy: 0.9, p_lag: 2, ridge_alpha: 1e-3, select: none, basis: fourier, state: nematic, lift: "
      "simplex, stable: yes, transform: sqrt, align: shift, field: no}\n");
  json_t *found = fcast_config_json(&config);
  json_t *expected = json_loads(
      "{\"sim\":{\"N\":41,\"Lx\":16.0,\"Ly\":17.0,\"bc\":\"reflecting\",\"T\":3.5,\"dt\":0.05,\"save_every\":2,"
      "\"neighbor_rebuild\":7,\"rng\":\"philox\"},\"model\":{\"type\":\"dorsogna\",\"speed\":0.5,"
      "\"speed_mode\":\"variable\",\"alignment_rate\":4.0,\"angular_diffusion\":0.1,\"alpha\":2.0,\"beta\":3.0},"
      "\"params\":{\"R\":2.5},\"noise\":{\"kind\":\"uniform\",\"eta\":0.25,\"match_variance\":false},"
      "\"forces\":{\"enabled\":true,\"type\":\"morse\",\"params\":{\"Cr\":2.1,\"Ca\":1.1,\"lr\":0.6,\"la\":1.6,"
      "\"mu_t\":0.6,\"rcut_factor\":5.1}},\"initial\":{\"centre_x\":1.0,\"centre_y\":[2.0,-3.5],\"spread\":\"0.1..2\","
      "\"ring_radius\":[],\"ring_width\":[],\"n_clusters\":4.0,\"separation\":[],\"test\":{\"centre_x\":[],"
      "\"centre_y\":[],\"spread\":[],\"ring_radius\":[],\"ring_width\":[],\"n_clusters\":[],"
      "\"separation\":\"1e-09..1e+09\"}},\"ensemble\":{\"ic_types\":[\"ring\",\"uniform\",\"ring\"],\"n_train\":7,"
      "\"m_test\":3,\"train_seed\":5,\"test_seed\":77,\"test_T\":8.0},\"density\":{\"nx\":32,\"ny\":48,\"bandwidth\":1."
      "0},"
      "\"rom\":{\"target_energy\":0.9,\"p_lag\":2,\"ridge_alpha\":0.001,\"select\":\"none\",\"basis\":\"fourier\","
      "\"state\":\"nematic\",\"lift\":\"simplex\",\"stable\":true,\"transform\":\"sqrt\",\"align\":\"shift\",\"field\":"
      "false}}",
      0, NULL);
  assert_non_null(expected);
  char *found_text = json_dumps(found, JSON_COMPACT);
  char *expected_text = json_dumps(expected, JSON_COMPACT);
  assert_string_equal(found_text, expected_text); /* the order, too */
  char *yaml = fcast_config_yaml(&config);
  assert_non_null(yaml);
  const fcast_config again = read_good(yaml);
  json_t *found_again = fcast_config_json(&again);
  assert_true(json_equal(found_again, found));
  json_decref(found_again);
  fcast_free(yaml);
  fcast_free(found_text);
  fcast_free(expected_text);
  json_decref(found);
  json_decref(expected);
  assert_true(config.n_train_given && config.m_test_given);
}

/* How files are written says nothing about runs: neither what is written about them nor their fingerprint knows. */
static void test_output_is_no_part_of_a_run(void **state) {
  (void)state;
  fcast_config defaults;
  char expected[17];
  char found[17];
  fcast_config_default(&defaults);
  const fcast_config config = read_good("output: {compress: true, float32: yes}\n");
  assert_true(config.output.compress && config.output.float32);
  assert_false(defaults.output.compress || defaults.output.float32);
  assert_configs_equal(&config, &defaults);
  assert_int_equal(fcast_config_fingerprint(&defaults, expected, NULL), FCAST_OK);
  assert_int_equal(fcast_config_fingerprint(&config, found, NULL), FCAST_OK);
  assert_string_equal(found, expected);
}

/* What changes no result leaves no mark, and the fingerprint of runs made long ago stays: else all are made again. */
static void test_neighbor_rebuild_is_no_part_of_a_run(void **state) {
  (void)state;
  char found[17];
  for (int k = 0; k < 2; k++) {
    const fcast_config config = read_good(k == 0 ? "sim: {neighbor_rebuild: 5}" : "sim: {neighbor_rebuild: 17}");
    assert_int_equal(fcast_config_fingerprint(&config, found, NULL), FCAST_OK);
    assert_string_equal(found, "1518e424c4022589");
  }
}

static void test_spellings_of_numbers(void **state) {
  (void)state;
  assert_true(read_good("rom: {ridge_alpha: 1e-6}").rom.ridge_alpha == 1e-6);
  assert_true(read_good("rom: {ridge_alpha: 1.0e-6}").rom.ridge_alpha == 1e-6);
  assert_true(read_good("rom: {ridge_alpha: 1E+2}").rom.ridge_alpha == 100.0);
  assert_true(read_good("rom: {ridge_alpha: 5.}").rom.ridge_alpha == 5.0);
  assert_true(read_good("rom: {ridge_alpha: +3}").rom.ridge_alpha == 3.0);
  assert_true(read_good("sim: {T: '2.5'}").simulate.total_time == 2.5);
  assert_true(read_good("sim: {T: !!float 2.5}").simulate.total_time == 2.5);
  assert_int_equal(read_good("sim: {N: 2e2}").simulate.n_agents, 200);
  assert_int_equal(read_good("sim: {N: 2.0}").simulate.n_agents, 2);
  assert_int_equal(read_good("ensemble: {train_seed: 0}").ensemble.train_seed, 0);
}

static void test_spellings_of_booleans(void **state) {
  (void)state;
  static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes", "on", "ON"};
  static const char *const no[] = {"false", "False", "no", "NO", "off", "Off"};
  char text[64];
  for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
    (void)snprintf(text, sizeof text, "forces: {enabled: %s}", yes[i]);
    assert_true(read_good(text).simulate.forces.enabled);
  }
  for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
    (void)snprintf(text, sizeof text, "noise: {match_variance: %s}", no[i]);
    assert_false(read_good(text).simulate.match_variance);
  }
}

static void test_little_in_the_file_is_fine(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "# nothing\n",
                                      "---\n",
                                      "~",
                                      "sim:\nnoise:\n",
                                      "sim: {}",
                                      "sim: ~\n",
                                      "---\nsim: {}\n...\n",
                                      "{}\n",
                                      "\xef\xbb\xbfsim: {N: 40}\n"};
  fcast_config defaults;
  fcast_config_default(&defaults);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const fcast_config config = read_good(texts[i]);
    assert_configs_equal(&config, &defaults);
  }
}

static void test_ic_types(void **state) {
  (void)state;
  const fcast_config one = read_good("ensemble: {ic_types: ring}");
  assert_int_equal(one.ensemble.n_ic_types, 1);
  assert_int_equal(one.ensemble.ic_types[0], FCAST_IC_RING);
  const fcast_config two = read_good("ensemble:\n  ic_types:\n    - two_clusters\n    - two_clusters\n");
  assert_int_equal(two.ensemble.n_ic_types, 2);
  assert_int_equal(two.ensemble.ic_types[1], FCAST_IC_TWO_CLUSTERS);
}

static void test_aliases_are_the_value_they_name(void **state) {
  (void)state;
  const fcast_config config = read_good("sim: {Lx: &length 20.0, Ly: *length}");
  assert_true(config.simulate.box_x == 20.0 && config.simulate.box_y == 20.0);
}

static const struct {
  const char *text;
  const char *message; /* behind the path */
} bad_files[] = {
    {"sim:\n  N: 40\n  neighbour_rebuild: 5\n",
     ":3: sim.neighbour_rebuild: unknown key, did you mean sim.neighbor_rebuild?"},
    {"\nsimm: {N: 3}\n", ":2: simm: unknown key, did you mean sim?"},
    {"xyzzy: {N: 3}\n",
     ":1: xyzzy: unknown key, expected one of sim, model, params, noise, forces, initial, ensemble, density, "
     "rom"},
    {"sim: {p_lag: 3}\n", ":1: sim.p_lag: unknown key, did you mean rom.p_lag?"},
    {"sim: {n: 3}\n", ":1: sim.n: unknown key, did you mean sim.N?"},
    {"N: 3\n", ":1: N: unknown key, did you mean sim.N?"},
    {"forces: {Cr: 3}\n", ":1: forces.Cr: unknown key, did you mean forces.params.Cr?"},
    {"rom: {qqqqqqq: 3}\n", ":1: rom.qqqqqqq: unknown key, expected one of target_energy, p_lag, ridge_alpha"},
    {"sim:\n  N: abc\n", ":2: sim.N: found 'abc', expected an integer of at least 1"},
    {"sim: {N: 2.5}\n", ":1: sim.N: found '2.5', expected an integer of at least 1"},
    {"sim: {N: 0}\n", ":1: sim.N: found '0', expected an integer of at least 1"},
    {"sim: {N: 010}\n", ":1: sim.N: found '010', expected an integer"},
    {"sim: {N: 0x10}\n", ":1: sim.N: found '0x10', expected an integer"},
    {"sim: {N: 1e300}\n", ":1: sim.N: found '1e300', expected an integer"},
    {"sim: {N: 99999999999999999999}\n", ":1: sim.N: found '99999999999999999999', expected an integer"},
    {"sim: {N: }\n", ":1: sim.N: found nothing, expected an integer of at least 1"},
    {"sim: {N: [4]}\n", ":1: sim.N: found 'a list', expected an integer"},
    {"sim: {N: {a: 4}}\n", ":1: sim.N: found a section, expected an integer"},
    {"sim: {dt: 0}\n", ":1: sim.dt: found '0', expected a number above 0"},
    {"sim: {dt: .inf}\n", ":1: sim.dt: found '.inf', expected a number"},
    {"sim: {dt: nan}\n", ":1: sim.dt: found 'nan', expected a number"},
    {"sim: {bc: open}\n", ":1: sim.bc: found 'open', expected one of periodic, reflecting"},
    {"noise: {kind: Gaussian}\n", ":1: noise.kind: found 'Gaussian', expected one of gaussian, uniform"},
    {"model: {speed_mode: fast}\n", "expected one of constant, constant_with_forces, variable"},
    {"noise: {match_variance: 1}\n", ":1: noise.match_variance: found '1', expected true or false"},
    {"initial: {spread: -1}\n",
     ":1: initial.spread: found '-1', expected a number of at least 0, a list of them, a range"},
    {"initial: {spread: [1, x]}\n", ":1: initial.spread: found 'x'"},
    {"initial: {spread: 3..2}\n", ":1: initial.spread: found '3..2'"},
    {"initial: {spread: -3..2}\n", ":1: initial.spread: found '-3..2'"},
    {"initial: {spread: 1...2}\n", ":1: initial.spread: found '1...2'"},
    {"initial: {centre_x: 1..inf}\n", ":1: initial.centre_x: found '1..inf'"},
    {"initial: {centre_y: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]}\n", "found 'a longer list'"},
    {"initial: {test: {sprad: 1}}\n", "did you mean initial.test.spread?"},
    {"forces: {type: lj}\n", ":1: forces.type: found 'lj', expected morse"},
    {"rom: {target_energy: 1.5}\n", ":1: rom.target_energy: found '1.5', expected a number above 0 and at most 1"},
    {"ensemble: {ic_types: []}\n", ":1: ensemble.ic_types: found '[]', expected 1 to 16 of uniform, gaussian_cluster"},
    {"ensemble: {ic_types: [rings]}\n", ":1: ensemble.ic_types: found 'rings', expected 1 to 16 of"},
    {"ensemble: {ic_types: [[ring]]}\n", ":1: ensemble.ic_types: expected a list of names"},
    {"ensemble: {ic_types: [ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring,ring]}\n",
     "found 'a longer list'"},
    {"ensemble: {train_seed: -1}\n", ":1: ensemble.train_seed: found '-1', expected an integer of at least 0"},
    {"sim:\n  N: 3\n  T: 2\n  N: 4\n", ":4: sim.N: given twice, first in line 2"},
    {"sim: {N: 3}\nsim: {T: 2}\n", ":2: sim: given twice, first in line 1"},
    {"sim: 3\n", ":1: sim: is a section, expected its keys"},
    {"sim: [N, 3]\n", ":1: sim: is a section, expected its keys"},
    {"- sim\n- model\n", ":1: expected sections with keys"},
    {"hello\n", ":1: expected sections with keys"},
    {"sim: {N: 3}\n---\nsim: {N: 4}\n", ":2: a second YAML document, expected one"},
    {"sim: {N: !!python/object:os.system 3}\n", ":1: sim.N: found the tag tag:yaml.org,2002:python/object:os.system"},
    {"sim: !thing {N: 3}\n", ":1: sim: is a section, expected its keys"},
    {"sim: &a {N: 3, <<: *a}\n", ":1: sim.<<: unknown key"},
    {"? [a, b]\n: 3\n", ":1: : a key must be a plain word"},
    {"sim: {N: 3\nmodel: ]\n", ": not YAML: "},
    {"sim: *nowhere\n", ":1: not YAML: found undefined alias"},
    {"sim:\n\tN: 3\n", ":2: not YAML: found a tab"},
    {"sim: {bc: \"a\\nb\"}\n", ":1: sim.bc: found 'a b', expected"},
};

static void test_bad_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad_files / sizeof bad_files[0]; i++) {
    fcast_config config;
    fcast_config defaults;
    fcast_error err = {0};
    if (read_text(&config, bad_files[i].text, &err) != FCAST_E_CONFIG) {
      fail_msg("not refused: %s", bad_files[i].text);
    }
    assert_int_equal(err.code, FCAST_E_CONFIG);
    assert_memory_equal(err.text, config_path, strlen(config_path));
    expect_message(err.text + strlen(config_path), bad_files[i].message);
    assert_null(strchr(err.text, '\n'));
    fcast_config_default(&defaults);
    assert_configs_equal(&config, &defaults); /* all of a file or nothing */
  }
}

static void test_missing_file(void **state) {
  (void)state;
  fcast_config config;
  fcast_error err = {0};
  fcast_config_default(&config);
  assert_int_equal(fcast_config_read(&config, "/nowhere/config.yml", &err), FCAST_E_MISSING);
  assert_string_equal(err.text, "/nowhere/config.yml: No such file or directory");
  assert_int_equal(fcast_config_read(&config, scratch_directory, &err), FCAST_E_IO);
  expect_message(err.text, scratch_directory);
  assert_int_equal(fcast_config_read(&config, "/nowhere/config.yml", NULL), FCAST_E_MISSING);
}

static void test_set(void **state) {
  (void)state;
  fcast_config config;
  fcast_config_default(&config);
  static const char *const good[] = {"sim.N=7",
                                     " sim.Lx = 3.5 ",
                                     "forces.params.Cr=9",
                                     "noise.kind=uniform",
                                     "ensemble.m_test=4",
                                     "ensemble.ic_types=[ring, uniform]"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_int_equal(fcast_config_set(&config, good[i], NULL), FCAST_OK);
  }
  assert_int_equal(config.simulate.n_agents, 7);
  assert_true(config.simulate.box_x == 3.5 && config.simulate.forces.repulsion_strength == 9.0);
  assert_int_equal(config.simulate.noise_kind, FCAST_NOISE_UNIFORM);
  assert_true(config.m_test_given && !config.n_train_given);
  assert_int_equal(config.ensemble.n_ic_types, 2);
  assert_int_equal(fcast_config_set(&config, "ensemble.ic_types=two_clusters,ring,ring", NULL), FCAST_OK);
  assert_int_equal(config.ensemble.n_ic_types, 3);
  assert_int_equal(config.ensemble.ic_types[0], FCAST_IC_TWO_CLUSTERS);
}

static void test_bad_set(void **state) {
  (void)state;
  static const struct {
    const char *assignment, *message;
  } bad[] = {
      {"sim.N=abc", "--set sim.N: found 'abc', expected an integer of at least 1"},
      {"sim.N=", "--set sim.N: found '', expected an integer of at least 1"},
      {"sim.N", "--set sim.N: expected section.key=value"},
      {"sim=3", "--set sim: is a section, expected section.key=value"},
      {"sim.neighbour_rebuild=3", "--set sim.neighbour_rebuild: unknown key, did you mean sim.neighbor_rebuild?"},
      {"smi.N=3", "--set smi.N: unknown key, did you mean sim.N?"},
      {"N=3", "--set N: unknown key, did you mean sim.N?"},
      {"=3", "--set : unknown key, expected one of sim, model"},
      {"ensemble.ic_types=", "--set ensemble.ic_types: found '[]', expected 1 to 16 of"},
      {"ensemble.ic_types=ring,,ring", "--set ensemble.ic_types: found '', expected 1 to 16 of"},
      {"ensemble.ic_types=[ring", "--set ensemble.ic_types: found '[ring', expected"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    fcast_config config;
    fcast_error err = {0};
    fcast_config_default(&config);
    assert_int_equal(fcast_config_set(&config, bad[i].assignment, &err), FCAST_E_CONFIG);
    expect_message(err.text, bad[i].message);
  }
}

static void expect_verdict(const char *const *assignments, const char *message) {
  fcast_config config;
  fcast_error err = {0};
  fcast_config_default(&config);
  for (size_t i = 0; assignments[i] != NULL; i++) {
    assert_int_equal(fcast_config_set(&config, assignments[i], NULL), FCAST_OK);
  }
  const fcast_status status = fcast_config_check(&config, &err);
  if (message == NULL && status != FCAST_OK) {
    fail_msg("%s", err.text);
  }
  if (message != NULL) {
    assert_int_equal(status, FCAST_E_CONFIG);
    expect_message(err.text, message);
  }
}

#define CHECK(message, ...) expect_verdict((const char *const[]){__VA_ARGS__, NULL}, message)

static void test_check(void **state) {
  (void)state;
  CHECK("forces.params.rcut_factor: found 1e+300", "forces.params.rcut_factor=1e300", "forces.params.la=1e300");
  CHECK("R / 2", "sim.dt=1", "model.speed=1.5");
  CHECK("initial.test.n_clusters: found 1.5, expected integers", "initial.test.n_clusters=1.5..3");
  CHECK("test runs (ensemble.test_T): sim.T: found 1e+30", "ensemble.test_T=1e30");
  CHECK("training seeds 1000 to 2000 overlap test seeds 2000 to 2019, so test runs would be trained on: set "
        "ensemble.train_seed to 2020",
        "ensemble.n_train=1001");
  CHECK(NULL, "ensemble.n_train=1001", "ensemble.train_seed=2020");
  CHECK(NULL, "ensemble.n_train=1000");
  CHECK(NULL, "ensemble.test_seed=980");
  CHECK("overlap", "ensemble.test_seed=981");
  CHECK("overlap", "ensemble.test_seed=1099");
  CHECK(NULL, "ensemble.test_seed=1100");
  CHECK("below 2^63", "ensemble.train_seed=9223372036854775807");
  CHECK("set ensemble.train_seed to 0", "ensemble.train_seed=9223372036854775700", "ensemble.n_train=100",
        "ensemble.test_seed=9223372036854775720", "ensemble.m_test=20");
  CHECK("training seeds 1000 to 1099 overlap test seeds 1000 to 1019", "ensemble.test_seed=1000");
  CHECK(NULL, "sim.T=0.1", "rom.p_lag=40");
  CHECK("density", "density.nx=9223372036854775807");
}

static void test_check_sees_what_a_program_set(void **state) {
  (void)state;
  fcast_config config;
  fcast_error err = {0};
  fcast_config_default(&config);
  config.ensemble.n_train = 0;
  assert_int_equal(fcast_config_check(&config, &err), FCAST_E_CONFIG);
  assert_string_equal(err.text, "ensemble.n_train: found '0', expected an integer of at least 1");
  fcast_config_default(&config);
  config.rom.ridge_alpha = -1.0;
  assert_int_equal(fcast_config_check(&config, NULL), FCAST_E_CONFIG);
  fcast_config_default(&config);
  config.ensemble.n_ic_types = 0;
  assert_int_equal(fcast_config_check(&config, NULL), FCAST_E_CONFIG);
}

static void test_check_fills_in_the_box(void **state) {
  (void)state;
  fcast_config config = read_good("sim: {Lx: 20, Ly: 30, bc: reflecting}");
  assert_int_equal(fcast_config_check(&config, NULL), FCAST_OK);
  assert_true(config.density.box_x == 20.0 && config.density.box_y == 30.0);
  assert_int_equal(config.density.boundary, FCAST_REFLECTING);
}

static void test_reference_gives_the_defaults(void **state) {
  (void)state;
  fcast_config defaults;
  fcast_config_default(&defaults);
  char *reference = fcast_config_yaml(&defaults);
  assert_non_null(reference);
  const fcast_config config = read_good(reference);
  assert_configs_equal(&config, &defaults);
  assert_non_null(strstr(reference, "ridge_alpha: 1.0e-06 "));
  assert_non_null(strstr(reference, "Lx: 15.0 "));
  assert_non_null(strstr(reference, "target_energy: 0.995 "));
  fcast_free(reference);
}

/* What users' Python scripts see in the reference is what we mean by it. */
static void test_pyyaml_agrees(void **state) {
  (void)state;
  char path[SCRATCH_PATH];
  fcast_config defaults;
  fcast_config_default(&defaults);
  char *reference = fcast_config_yaml(&defaults);
  json_t *json = fcast_config_json(&defaults);
  assert_int_equal(
      fcast_file_write(scratch_path(scratch_directory, "reference.yml", path), reference, strlen(reference), NULL),
      FCAST_OK);
  assert_int_equal(json_dump_file(json, scratch_path(scratch_directory, "reference.json", path), 0), 0);
  assert_int_equal(scratch_python(scratch_directory, "import sys, json\n"
                                                     "try: import yaml\n"
                                                     "except ImportError: sys.exit(0)\n"
                                                     "a = yaml.safe_load(open(sys.argv[1] + '/reference.yml'))\n"
                                                     "a.pop('cluster')\n"
                                                     "a['ensemble'].pop('keep_density')\n"
                                                     "assert a.pop('output') == {'compress': False, 'float32': False}\n"
                                                     "b = json.load(open(sys.argv[1] + '/reference.json'))\n"
                                                     "assert repr(a) == repr(b), (a, b)\n"),
                   0);
  fcast_free(reference);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults_are_valid),
      cmocka_unit_test(test_every_key_is_read),
      cmocka_unit_test(test_output_is_no_part_of_a_run),
      cmocka_unit_test(test_neighbor_rebuild_is_no_part_of_a_run),
      cmocka_unit_test(test_spellings_of_numbers),
      cmocka_unit_test(test_spellings_of_booleans),
      cmocka_unit_test(test_little_in_the_file_is_fine),
      cmocka_unit_test(test_ic_types),
      cmocka_unit_test(test_aliases_are_the_value_they_name),
      cmocka_unit_test(test_bad_files),
      cmocka_unit_test(test_missing_file),
      cmocka_unit_test(test_set),
      cmocka_unit_test(test_bad_set),
      cmocka_unit_test(test_check),
      cmocka_unit_test(test_check_sees_what_a_program_set),
      cmocka_unit_test(test_check_fills_in_the_box),
      cmocka_unit_test(test_reference_gives_the_defaults),
      cmocka_unit_test(test_pyyaml_agrees),
  };
  return cmocka_run_group_tests(tests, make_directory, scratch_tear_down);
}
